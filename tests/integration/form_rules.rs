//! Rules of `garde`: violations are reported like the form's own problems.

use forest_actions::Validated;
use forest_actions::form::{FieldSpec, FormReader};
use forest_actions::prelude::*;
use garde::Validate;
use serde_json::json;

use crate::support::{Agent, Call, Log};

#[derive(ActionForm, Validate, Debug)]
struct Invite {
    #[field(max_length = 20)]
    #[garde(length(min = 3), ascii)]
    login: String,
    #[garde(range(min = 18))]
    age: u8,
}

#[smart_action(collection = "form tests", name = "Invite", kind = "bulk", form = Invite)]
async fn invite(form: Validated<Invite>) -> ActionResult {
    Ok(success(form.into_inner().login))
}

#[actix_web::test]
async fn garde_violations_are_reported_like_other_problems() {
    let agent = Agent::local(actions![invite]).await;
    let app = agent.serve().await;
    assert_eq!(
        Call::submit("invite", json!({"login": "ada", "age": 36}))
            .send(&app)
            .await
            .success(),
        "ada"
    );
    let answer = Call::submit("invite", json!({"login": "a", "age": 3})).send(&app).await;
    assert_eq!(answer.problems().keys().collect::<Vec<_>>(), ["age", "login"]);
    // the form's own validation runs first, and garde not at all
    let answer = Call::submit("invite", json!({"login": "x".repeat(21), "age": 3}))
        .send(&app)
        .await;
    assert_eq!(answer.problems().keys().collect::<Vec<_>>(), ["login"]);
}

#[derive(ActionForm, Validate, Debug)]
struct Account {
    #[field(label = "E-mail address")]
    #[garde(length(min = 6), contains("@"))]
    email: String,
    // the label of one field may be the name of another
    #[field(label = "Alias")]
    #[garde(length(min = 2))]
    r#type: String,
    #[field(label = "type", required = false)]
    #[garde(inner(length(min = 2)))]
    nicknames: Vec<String>,
}

#[smart_action(collection = "form tests", name = "Account", kind = "bulk", form = Account)]
async fn account(form: Validated<Account>) -> ActionResult {
    Ok(success(format!(
        "{} {} {}",
        form.email,
        form.r#type,
        form.nicknames.join(",")
    )))
}

#[actix_web::test]
async fn garde_violations_name_the_field_label() {
    let agent = Agent::local(actions![account]).await;
    let app = agent.serve().await;
    let good = json!({"E-mail address": "ada@example.com", "Alias": "ada", "type": ["al"]});
    let answer = Call::submit("account", good).send(&app).await;
    assert_eq!(answer.success(), "ada@example.com ada al");
    let log = Log::capture();
    let bad = json!({"E-mail address": "topsy", "Alias": "a", "type": ["al", "b"]});
    let answer = Call::submit("account", bad).send(&app).await;
    let problems = answer.problems();
    assert_eq!(
        problems.keys().collect::<Vec<_>>(),
        ["Alias", "E-mail address", "type"],
        "{problems:?}"
    );
    // a field with several problems has them all
    let email = problems["E-mail address"].as_str().unwrap();
    assert_eq!(email.split("; ").count(), 2, "{email}");
    let element = problems["type"].as_str().unwrap();
    assert!(element.starts_with("element 2: "), "{element}");
    assert_eq!(answer.detail(400).lines().count(), 3);
    // the log has the field names, but no values
    let text = log.text();
    assert!(text.contains("E-mail address") && !text.contains("topsy"), "{text}");
}

/// A hand-written form maps the field names of `garde`.
#[derive(Validate)]
struct ByHand {
    #[garde(length(min = 3))]
    first: String,
    #[garde(length(min = 3))]
    second: String,
}

impl ActionForm for ByHand {
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::builder::<String>("The first").rust_name("first").build(),
        FieldSpec::builder::<String>("The second").build(),
    ];

    fn from_values(reader: &mut FormReader<'_>) -> Option<Self> {
        let [first, second] = Self::FIELDS else { return None };
        let (first, second) = (reader.read(first), reader.read(second));
        Some(Self {
            first: first?,
            second: second?,
        })
    }
}

#[smart_action(collection = "form tests", name = "By hand", kind = "bulk", form = ByHand)]
async fn by_hand(form: Validated<ByHand>) -> ActionResult {
    Ok(success(format!("{} {}", form.first, form.second)))
}

#[actix_web::test]
async fn garde_violations_outside_the_form_keep_their_path() {
    let agent = Agent::local(actions![by_hand]).await;
    let app = agent.serve().await;
    let values = json!({"The first": "a", "The second": "b"});
    let answer = Call::submit("by-hand", values).send(&app).await;
    let problems = answer.problems();
    assert_eq!(problems.keys().collect::<Vec<_>>(), ["The first", "second"]);
}
