//! Properties: two interleaved users never see each other's form, and no value makes a form fail.

use forest_actions::ActionDescriptor;
use forest_actions::form::{FieldSpec, FormReader};
use forest_actions::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::forms::{action, leak};
use crate::support::{Agent, Call, TestService, token_of_user};

/// Runs an async property on one runtime.
fn check<S: Strategy>(cases: u32, strategy: &S, property: impl AsyncFn(S::Value)) {
    let system = actix_web::rt::System::new();
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(strategy, |value| {
        system.block_on(property(value));
        Ok(())
    });
    outcome.unwrap();
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Shared {
    #[field(change = take_note)]
    text: Option<String>,
    #[field(options, change = take_note)]
    choice: Option<String>,
    #[field(widget = number_input(min = 1.0))]
    number: Option<i32>,
}

async fn open(mut form: FormState<Shared>, caller: Caller) -> HookResult<Shared> {
    form.field("choice").set_options([caller.email.clone()]);
    form.push(FormField::string(format!("of {}", caller.id)).value(caller.email.clone()));
    form.field("number").set_read_only(true);
    Ok(form)
}

async fn take_note(mut form: FormState<Shared>, caller: Caller) -> HookResult<Shared> {
    let changed = form.changed_field().unwrap_or_default().to_owned();
    form.push(FormField::string(format!("{} of {}", changed, caller.id)));
    form.field("number").set_description(caller.email.clone());
    form.remove("nothing");
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Shared form", kind = "bulk", load = open)]
async fn shared_form(_form: Form<Shared>) {}

#[derive(Debug, Clone)]
enum Step {
    Load,
    Change(&'static str, String),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let change = (
        prop::sample::select(vec!["text", "choice", "number", "unknown"]),
        "[a-z]{0,3}",
    );
    let step = prop_oneof![
        Just(Step::Load),
        change.prop_map(|(field, text)| Step::Change(field, text))
    ];
    prop::collection::vec((1..=2_u64, step), 1..12)
}

fn token(user: u64) -> String {
    token_of_user(
        user,
        if user == 1 {
            "ada@example.com"
        } else {
            "bob@example.com"
        },
    )
}

/// One user's answers to a sequence of steps.
async fn answers(app: &impl TestService, steps: &[(u64, Step)]) -> Vec<(u64, Value)> {
    let mut forms = [json!([]), json!([])];
    let mut answers = Vec::new();
    for (user, step) in steps {
        let form = &mut forms[usize::try_from(*user).unwrap() - 1];
        let (hook, attributes) = match step {
            Step::Load => ("load", json!({"ids": []})),
            Step::Change(field, text) => {
                for known in form
                    .as_array_mut()
                    .unwrap()
                    .iter_mut()
                    .filter(|known| known["field"] == *field)
                {
                    known["value"] = json!(text);
                }
                ("change", json!({"ids": [], "changed_field": field, "fields": form}))
            }
        };
        let answer = Call::hook("shared-form", hook, attributes)
            .bearer(&token(*user))
            .send(app)
            .await;
        assert_eq!(answer.status(), 200, "{}", answer.json());
        *form = answer.fields().into();
        answers.push((*user, answer.json()));
    }
    answers
}

#[test]
fn frm_01_form_state_is_not_shared_between_users() {
    check(40, &steps(), async |steps| {
        let agent = Agent::local(actions![shared_form]).await;
        let app = agent.serve().await;
        let mixed = answers(&app, &steps).await;
        for user in [1, 2] {
            let own: Vec<_> = steps.iter().filter(|(of, _)| *of == user).cloned().collect();
            let alone = Agent::local(actions![shared_form]).await;
            let expected = answers(&alone.serve().await, &own).await;
            let seen: Vec<_> = mixed.iter().filter(|(of, _)| *of == user).cloned().collect();
            assert_eq!(seen, expected);
            let other = if user == 1 { "bob@" } else { "ada@" };
            assert!(
                !json!(seen.iter().map(|(_, body)| body).collect::<Vec<_>>())
                    .to_string()
                    .contains(other)
            );
        }
    });
}

/// Forms of every type, with and without limits, read by the types that they declare.
macro_rules! forms {
    ($($name:ident { $($type:ty => $spec:expr),* $(,)? })*) => {
        $(
            struct $name;

            impl ActionForm for $name {
                const FIELDS: &'static [FieldSpec] = &[$($spec.build()),*];

                fn from_values(reader: &mut FormReader<'_>) -> Option<Self> {
                    let mut fields = Self::FIELDS.iter();
                    $(let _ = fields.next().and_then(|field| reader.read::<$type>(field));)*
                    Some(Self)
                }
            }
        )*

        fn forms() -> Vec<ActionDescriptor> {
            vec![$(action::<$name>()),*]
        }
    };
}

#[derive(ActionEnum)]
enum Letter {
    #[option("a")]
    A,
    #[option("b")]
    B,
}

forms! {
    Numbers {
        i8 => FieldSpec::builder::<i8>("a"),
        Option<u64> => FieldSpec::builder::<Option<u64>>("b").min(1.0).max(5.0),
        f32 => FieldSpec::builder::<f32>("c").required(false),
        Vec<f64> => FieldSpec::builder::<Vec<f64>>("d").max(1.0).min_count(1),
        rust_decimal::Decimal => FieldSpec::builder::<rust_decimal::Decimal>("e").default_value(|| json!("1.50")),
    }
    Texts {
        String => FieldSpec::builder::<String>("a").pattern("^a+$").max_length(3),
        Option<String> => FieldSpec::builder::<Option<String>>("b").options(|| vec![json!("a"), json!("b")]),
        Vec<String> => FieldSpec::builder::<Vec<String>>("c").min_length(1).required(true),
        uuid::Uuid => FieldSpec::builder::<uuid::Uuid>("d"),
        (i64, String) => FieldSpec::builder::<(i64, String)>("e").reference("x.id"),
    }
    Rest {
        Letter => FieldSpec::builder::<Letter>("a"),
        Vec<Letter> => FieldSpec::builder::<Vec<Letter>>("b").max_count(2),
        serde_json::Value => FieldSpec::builder::<serde_json::Value>("c"),
        bool => FieldSpec::builder::<bool>("d"),
        Option<Option<i32>> => FieldSpec::builder::<Option<Option<i32>>>("e"),
    }
    Times {
        chrono::NaiveDate => FieldSpec::builder::<chrono::NaiveDate>("a"),
        chrono::NaiveTime => FieldSpec::builder::<chrono::NaiveTime>("b"),
        chrono::DateTime<chrono::Utc> => FieldSpec::builder::<chrono::DateTime<chrono::Utc>>("c"),
        Vec<chrono::DateTime<chrono::FixedOffset>> => FieldSpec::builder::<Vec<chrono::DateTime<chrono::FixedOffset>>>("d"),
    }
    Files {
        FormFile => FieldSpec::builder::<FormFile>("a").max_size(3).media_types(&["text/*"]),
        Vec<FormFile> => FieldSpec::builder::<Vec<FormFile>>("b").max_size(3),
        Option<FormFile> => FieldSpec::builder::<Option<FormFile>>("c"),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let telling = prop::sample::select(vec![
        "",
        "a",
        "5",
        "-0",
        "1e400",
        "NaN",
        "2024-02-29",
        "2024-02-30T10:00:00Z",
        "2024-02-29T10:00:00Z",
        "10:30",
        "1|2",
        "[1,2]",
        "data:",
        "data:,",
        "data:text/x;base64,AAAA",
        "data:text/x;name=%;base64,",
        "\u{0}",
        "é\u{2028}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3..9_i64).prop_map(Value::from),
        telling.prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-f]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_values() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-f]", any_json(), 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()))
}

#[test]
fn no_value_makes_a_form_fail() {
    let slugs: Vec<String> = (0..forms().len()).map(|index| format!("any-{index}")).collect();
    let actions: Vec<&'static ActionDescriptor> = forms()
        .into_iter()
        .zip(&slugs)
        .map(|(mut action, slug)| {
            action.name = Box::leak(slug.clone().into_boxed_str());
            action.endpoint = Box::leak(format!("/forest/actions/{slug}").into_boxed_str());
            leak(action)
        })
        .collect();
    check(150, &any_values(), async |values| {
        let agent = Agent::local(actions.iter().copied()).await;
        let app = agent.serve().await;
        for slug in &slugs {
            let answer = Call::submit(slug, values.clone()).send(&app).await;
            assert!(
                [200, 400].contains(&answer.status()),
                "{slug} {values}: {}",
                answer.json()
            );
            if answer.status() == 400 {
                assert!(!answer.problems().is_empty());
            }
        }
    });
}

#[test]
fn frm_16_arbitrary_client_forms_run_the_hook_or_report_the_field() {
    let field = (
        any_json(),
        any_json(),
        any_json(),
        any_json(),
        prop::sample::select(vec!["text", "choice", "x"]),
    );
    let fields = prop::collection::vec(field, 0..4);
    let changed = prop::sample::select(vec!["text", "choice", "x"]);
    let [action] = actions![tolerant];
    check(150, &(fields, changed), async |(fields, changed)| {
        let agent = Agent::local([action]).await;
        let app = agent.serve().await;
        let fields: Vec<Value> = fields
            .into_iter()
            .map(|(value, enums, kind, widget, name)| {
                json!({"field": name, "value": value, "enums": enums, "type": kind, "widget": widget, "widgetEdit": kind,
                    "hook": "text"})
            })
            .collect();
        for hook in ["change", "search"] {
            let attributes = json!({"ids": [], "changed_field": changed, "search_field": changed, "fields": fields});
            let answer = Call::hook("tolerant", hook, attributes).send(&app).await;
            if answer.status() != 200 {
                let text = answer.detail(400);
                let mistake = text
                    .strip_prefix("invalid request body: `fields`: ")
                    .unwrap_or_default();
                let known = ["type of ", "enums of ", "Invalid null"];
                assert!(known.iter().any(|known| mistake.starts_with(known)), "{text}");
            }
        }
    });
}

async fn touch_everything(mut form: FormState<Shared>) -> HookResult<Shared> {
    let names: Vec<String> = form.fields().map(|field| field.name().to_owned()).collect();
    for name in names {
        let _ = (
            form.value::<String>(&name),
            form.typed_value::<FormFile>(&name),
            form.typed_value::<Vec<i64>>(&name),
        );
        let _ = form.get(&name).and_then(|field| field.previous_value::<f64>());
        form.field(&name).set_options(["a", "b"]).set_required(true);
    }
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Tolerant", kind = "bulk", change("text" = touch_everything))]
async fn tolerant(_form: Form<Shared>) {}
