//! Declared forms: refusals at start, and the schema.

use forest_actions::Forest;
use forest_actions::form::{FieldSpec, FormReader};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, ValueType};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::forms::{action, leak, schema_refusal};
use crate::support::{Agent, Call};

/// A form with these fields, without values.
macro_rules! form {
    ($name:ident: $($field:expr),* $(,)?) => {
        struct $name;

        impl ActionForm for $name {
            const FIELDS: &'static [FieldSpec] = &[$($field.build()),*];

            fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
                Some(Self)
            }
        }
    };
}

form!(TwoOfOneName: FieldSpec::builder::<String>("a"), FieldSpec::builder::<i32>("b"), FieldSpec::builder::<i32>("a"));
form!(NoName: FieldSpec::builder::<String>(" "));
form!(OptionTwice: FieldSpec::builder::<String>("a").options(|| vec![json!("x"), json!("y"), json!("x")]));
form!(EmptyOption: FieldSpec::builder::<String>("a").options(|| vec![json!("x"), json!(" ")]));
form!(NullOption: FieldSpec::builder::<String>("a").options(|| vec![json!("x"), Value::Null]));
form!(ObjectOption: FieldSpec::builder::<String>("a").options(|| vec![json!({"label": "x"})]));
form!(BooleanOption: FieldSpec::builder::<String>("a").options(|| vec![json!(true)]));
form!(DefaultOutside: FieldSpec::builder::<String>("a").options(|| vec![json!("x")]).default_value(|| json!("y")));
form!(BadPattern: FieldSpec::builder::<String>("a").pattern("[a-"));
form!(NoKey: FieldSpec::builder::<String>("a").reference("companies"));
form!(CrossedRange: FieldSpec::builder::<f64>("a").min(2.0).max(1.0));
form!(CrossedLength: FieldSpec::builder::<String>("a").min_length(2).max_length(1));
form!(CrossedCount: FieldSpec::builder::<Vec<String>>("a").min_count(2).max_count(1));
form!(GhostHook: FieldSpec::builder::<String>("a").hook("ghost"));
form!(NoOptions: FieldSpec::builder::<Nothing>("a"));
form!(NobodysOptions: FieldSpec::builder::<Option<String>>("a").dynamic_options());
form!(Several: FieldSpec::builder::<String>("a").pattern("("), FieldSpec::builder::<String>("a").reference(".id"));

/// An enum that is written by hand can be wrong in ways that the derive refuses.
enum Nothing {}

impl ActionEnum for Nothing {
    const OPTIONS: &'static [&'static str] = &[];

    fn from_index(_: usize) -> Option<Self> {
        None
    }

    fn index(&self) -> usize {
        match *self {}
    }
}

forest_actions::__private::enum_field!(Nothing);

#[test]
fn frm_16_undisplayable_fields_are_rejected_at_start_with_action_and_field() {
    for (action, expected) in [
        (action::<TwoOfOneName>(), "its form has two fields named `a`"),
        (action::<NoName>(), "its form has a field without a name"),
        (action::<OptionTwice>(), "its field `a` has an option twice"),
        (action::<EmptyOption>(), "its field `a` has an empty option"),
        (action::<NullOption>(), "its field `a` has an empty option"),
        (
            action::<ObjectOption>(),
            "its field `a` has an option that is neither a text nor a number",
        ),
        (
            action::<BooleanOption>(),
            "its field `a` has an option that is neither a text nor a number",
        ),
        (
            action::<DefaultOutside>(),
            "the default of its field `a` is \"y\", which is not among its options",
        ),
        (
            action::<BadPattern>(),
            "the pattern of its field `a` is no regular expression",
        ),
        (
            action::<NoKey>(),
            "the reference of its field `a` is `companies`, expected `collection.key`",
        ),
        (
            action::<CrossedRange>(),
            "its field `a` has limits that no value can meet: `min` 2 and `max` 1",
        ),
        (action::<CrossedLength>(), "`min_length` 2 and `max_length` 1"),
        (action::<CrossedCount>(), "`min_count` 2 and `max_count` 1"),
        (
            action::<GhostHook>(),
            "the hook \"ghost\" of its field `a` is not defined",
        ),
        (action::<NoOptions>(), "its field `a` is an enum without options"),
        (
            action::<NobodysOptions>(),
            "the options of its field `a` come from a hook, and it has none",
        ),
    ] {
        let text = schema_refusal(action, []);
        assert!(text.contains(expected), "{text}");
        assert!(
            text.contains("action \"Template\" at ") && text.contains("forms.rs:"),
            "{text}"
        );
    }
    let text = schema_refusal(action::<Several>(), []);
    for expected in [
        "two fields named `a`",
        "no regular expression",
        "expected `collection.key`",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

form!(City: FieldSpec::builder::<Option<String>>("city"));

async fn as_it_is(form: FormState) -> HookResult {
    Ok(form)
}

#[test]
fn frm_16_a_change_hook_for_an_unknown_field_is_rejected_at_start() {
    let mistaken = action::<City>().change(&[("citty", |call| forest_actions::__private::hook(call, as_it_is))]);
    let text = schema_refusal(mistaken.clone(), []);
    assert!(
        text.contains("a change hook for `citty`, and its form has no such field; did you mean `city`?"),
        "{text}"
    );
    // a hook that runs before it may add the field
    let with_load = mistaken
        .clone()
        .load(|call| forest_actions::__private::hook(call, as_it_is));
    assert!(Forest::builder().actions([leak(with_load)]).schema().is_ok());
    let with_change = mistaken.change(&[
        ("citty", |call| forest_actions::__private::hook(call, as_it_is)),
        ("city", |call| forest_actions::__private::hook(call, as_it_is)),
    ]);
    assert!(Forest::builder().actions([leak(with_change)]).schema().is_ok());
}

form!(ByNumber: FieldSpec::builder::<Option<i64>>("company").reference("companies.id"));
form!(ByText: FieldSpec::builder::<Option<String>>("company").reference("companies.id"));
form!(ByList: FieldSpec::builder::<Vec<i64>>("company").reference("companies.id"));
form!(Misspelt: FieldSpec::builder::<Option<i64>>("company").reference("company.id"));
form!(WrongKey: FieldSpec::builder::<Option<i64>>("company").reference("companies.key"));
form!(Composite: FieldSpec::builder::<Option<(i64, i64)>>("line").reference("order_lines.order_id"));
form!(HalfComposite: FieldSpec::builder::<Option<i64>>("line").reference("order_lines.order_id"));
form!(Virtual: FieldSpec::builder::<Option<i64>>("x").reference("form tests.id"));

fn collections() -> [CollectionModel; 2] {
    let number = |name| FieldModel::new(name, ValueType::Integer);
    [
        CollectionModel::new("companies").field(number("id")).key(["id"]),
        CollectionModel::new("order_lines")
            .field(number("order_id"))
            .field(number("position"))
            .key(["order_id", "position"]),
    ]
}

#[test]
fn frm_19_a_reference_is_checked_against_the_collections_at_start() {
    for (action, expected) in [
        (
            action::<Misspelt>(),
            "refers to the collection `company`, which does not exist",
        ),
        (
            action::<WrongKey>(),
            "refers to `companies.key`, and the collection `companies` has no field `key`",
        ),
        (
            action::<ByText>(),
            "refers to `companies.id`, whose type is Number, and is itself of type String",
        ),
        (
            action::<HalfComposite>(),
            "whose type is String because its key has several columns, and is itself of type Number",
        ),
    ] {
        let text = schema_refusal(action, collections());
        assert!(text.contains(expected) && text.contains("its field `"), "{text}");
    }
    let near = schema_refusal(action::<ByNumber>(), [CollectionModel::new("companie")]);
    assert!(near.contains("did you mean `companie`?"), "{near}");
    for action in [
        action::<ByNumber>(),
        action::<ByList>(),
        action::<Composite>(),
        action::<Virtual>(),
    ] {
        let builder = collections()
            .into_iter()
            .fold(Forest::builder(), forest_actions::ForestBuilder::collection);
        let built = builder.actions([leak(action)]).schema();
        assert!(built.is_ok(), "{built:?}");
    }
    // without described collections, references are not checked
    assert!(Forest::builder().actions([leak(action::<Misspelt>())]).schema().is_ok());
}

#[derive(ActionEnum, Clone, Copy)]
enum Plan {
    Free,
    Gold,
}

fn sizes() -> Vec<i64> {
    vec![1, 2]
}

#[derive(ActionForm)]
#[allow(dead_code)]
struct Whole {
    /// What it
    /// costs
    #[field(default = 10.0, widget = currency_input)]
    amount: f64,
    #[field(default = 0.1)]
    single: Option<f32>,
    #[field(default = f64::NAN)]
    not_json: Option<f64>,
    #[field(default = Decimal::new(1990, 2))]
    decimal: Option<Decimal>,
    #[field(label = "plan of the user", default = Plan::Gold, read_only, widget = dropdown)]
    plan: Plan,
    plans: Vec<Plan>,
    #[field(options = sizes)]
    size: Option<i64>,
    #[field(options)]
    later: Option<String>,
    day: Option<chrono::NaiveDate>,
    time: Option<chrono::NaiveTime>,
    instant: Option<chrono::DateTime<chrono::Utc>>,
    #[field(widget = text_area)]
    text: String,
    flag: Option<bool>,
    json: Value,
    id: Option<uuid::Uuid>,
    files: Vec<FormFile>,
    #[field(reference = "companies.id", change = as_it_is)]
    company: Option<i64>,
    #[field(change = as_it_is)]
    other: Option<i64>,
}

#[smart_action(collection = "form tests", name = "Whole", kind = "bulk", change("flag" = as_it_is))]
async fn whole(_form: Form<Whole>) {}

#[actix_web::test]
async fn sch_11_the_schema_of_a_form_has_every_key_with_defaults() {
    let agent = Agent::local(actions![whole]).await;
    let app = agent.serve().await;
    let schema: Value = serde_json::from_str(&agent.schema_file()).unwrap();
    let action = &schema["collections"][0]["actions"][0];
    let fields = action["fields"].as_array().unwrap();
    let keys = [
        "field",
        "type",
        "defaultValue",
        "enums",
        "isRequired",
        "reference",
        "description",
        "position",
        "widget",
    ];
    for (position, field) in fields.iter().enumerate() {
        for key in keys {
            assert!(field.get(key).is_some(), "{key} is missing in {field}");
        }
        assert_eq!(field["position"], position);
    }
    let shown: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!([
                field["field"],
                field["type"],
                field["defaultValue"],
                field["enums"],
                field["isRequired"],
                field["widget"]
            ])
        })
        .collect();
    let expected = json!([
        ["amount", "Number", 10, null, true, "price"],
        ["single", "Number", 0.1, null, false, null],
        ["not_json", "Number", null, null, false, null],
        ["decimal", "Number", 19.9, null, false, null],
        ["plan of the user", "Enum", "Gold", ["Free", "Gold"], true, "dropdown"],
        ["plans", ["Enum"], null, ["Free", "Gold"], false, null],
        ["size", "Enum", null, [1, 2], false, null],
        ["later", "Enum", null, [], false, null],
        ["day", "Dateonly", null, null, false, null],
        ["time", "Time", null, null, false, null],
        ["instant", "Date", null, null, false, null],
        ["text", "String", null, null, true, "text area"],
        ["flag", "Boolean", null, null, false, null],
        ["json", "Json", null, null, true, null],
        ["id", "String", null, null, false, null],
        ["files", ["File"], null, null, false, null],
        ["company", "Number", null, null, false, null],
        ["other", "Number", null, null, false, null],
    ]);
    for (shown, expected) in shown.iter().zip(expected.as_array().unwrap()) {
        assert_eq!(shown, expected);
    }
    assert_eq!(shown.len(), expected.as_array().unwrap().len());
    assert_eq!(fields[0]["description"], "What it\ncosts");
    assert_eq!(fields[4]["isReadOnly"], true);
    assert_eq!(fields[16]["reference"], "companies.id");
    assert_eq!(fields[16]["hook"], "company");
    // computed options are evaluated when the form opens
    assert_eq!(
        action["hooks"],
        json!({"load": true, "change": ["flag", "company", "other"]})
    );
    let load = Call::load("whole").send(&app).await;
    assert_eq!(load.field("size")["enums"], json!([1, 2]));
    assert_eq!(load.field("amount")["widgetEdit"]["name"], "price editor");
}

#[smart_action(collection = "form tests", name = "Bare", kind = "global")]
async fn bare() {}

#[actix_web::test]
async fn sch_11_an_action_without_form_and_hooks_has_both_in_the_schema() {
    let agent = Agent::local(actions![bare]).await;
    let schema: Value = serde_json::from_str(&agent.schema_file()).unwrap();
    let action = &schema["collections"][0]["actions"][0];
    assert_eq!(action["fields"], json!([]));
    assert_eq!(action["hooks"], json!({"load": false, "change": []}));
}

form!(SharedHook: FieldSpec::builder::<Option<i32>>("a").hook("both"), FieldSpec::builder::<Option<i32>>("b").hook("both"));

#[test]
fn a_hook_shared_by_two_fields_is_listed_once() {
    let shared = action::<SharedHook>().change(&[("both", |call| forest_actions::__private::hook(call, as_it_is))]);
    let schema = Forest::builder().actions([leak(shared)]).schema().unwrap();
    let schema: Value = serde_json::from_str(&schema.to_file_text()).unwrap();
    assert_eq!(
        schema["collections"][0]["actions"][0]["hooks"]["change"],
        json!(["both"])
    );
}
