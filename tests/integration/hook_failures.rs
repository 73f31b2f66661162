//! Failures of hooks: errors returned by a hook, errors of the library, and missing records.

use forest_actions::prelude::*;
use forest_actions::{ActionError, LocalRole, failure};
use serde_json::json;

use crate::support::{Agent, Call, token_of};

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Failing {
    #[field(change = forbidden)]
    forbidden: Option<bool>,
    #[field(change = unexpected)]
    unexpected: Option<bool>,
    #[field(change = unknown_field)]
    unknown: Option<bool>,
    #[field(change = panics)]
    panics: Option<bool>,
}

async fn forbidden(_: FormState) -> HookResult {
    Err(ActionError::forbidden("Not on Sundays"))
}

async fn unexpected(form: FormState) -> HookResult {
    let _: u8 = "no number".parse()?;
    Ok(form)
}

async fn unknown_field(mut form: FormState) -> HookResult {
    form.field("unknwon").set_value(1).set_read_only(true);
    Ok(form)
}

async fn panics(_: FormState) -> HookResult {
    panic!("a secret")
}

async fn refuses(_: FormState) -> HookResult {
    Err(failure("No such customer"))
}

#[smart_action(collection = "form tests", name = "Failing", kind = "single", load = refuses)]
async fn failing(_form: Form<Failing>) {}

#[actix_web::test]
async fn hook_failures_follow_the_protocol() {
    let denied = LocalRole::new("Support").deny("form tests", "Failing");
    let agent = Agent::with(|builder| builder.actions(actions![failing]).local_role(denied)).await;
    let app = agent.serve().await;
    assert_eq!(
        Call::load("failing").send(&app).await.hook_failure(),
        "No such customer"
    );
    let fields = json!([{"field": "forbidden", "hook": "forbidden"}, {"field": "unexpected", "hook": "unexpected"},
        {"field": "unknown", "hook": "unknown"}, {"field": "panics", "hook": "panics"}]);
    let change = async |field: &str| Call::change("failing", field, fields.clone()).send(&app).await;
    let answer = change("forbidden").await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.json()["errors"][0]["detail"], "Not on Sundays");
    for field in ["unexpected", "panics"] {
        let answer = change(field).await;
        let text = answer.hook_failure();
        assert!(
            text.starts_with("Unexpected error. Please contact your administrator with the reference "),
            "{text}"
        );
    }
    // the request decides which fields a change hook finds
    let unknown = change("unknown").await.detail(400);
    assert!(
        unknown.starts_with("invalid request body: `fields`: the form has no field `unknwon`; it has `forbidden`"),
        "{unknown}"
    );
    // callers who may not run the action may not see its form
    let support = token_of("Support");
    assert_eq!(Call::load("failing").bearer(&support).send(&app).await.status(), 403);
}

#[smart_action(collection = "form tests", name = "Misspelt", kind = "global", form = Failing, load = unknown_field)]
async fn misspelt() {}

#[actix_web::test]
async fn a_hook_naming_an_unknown_field_gets_the_known_fields() {
    let agent = Agent::local(actions![misspelt]).await;
    let answer = Call::load("misspelt").send(&agent.serve().await).await;
    let message = "the form has no field `unknwon`; it has `forbidden`, `unexpected`, `unknown`, `panics`";
    assert_eq!((answer.status(), answer.json()), (500, json!({"message": message})));
}

async fn locked(_: FormState, id: RecordId<i64>) -> HookResult {
    Err(failure(format!("Record {} is locked", *id)))
}

#[smart_action(collection = "form tests", name = "Locked", kind = "single", load = locked)]
async fn locked_record() {}

#[smart_action(collection = "form tests", name = "Locked globally", kind = "global", load = locked)]
async fn locked_globally() {}

#[actix_web::test]
async fn frm_17_a_single_record_hook_without_records_is_an_error() {
    let agent = Agent::local(actions![locked_record, locked_globally]).await;
    let app = agent.serve().await;
    let answer = Call::load("locked").send(&app).await;
    let locked = json!({"message": "Record 7 is locked"});
    assert_eq!((answer.status(), answer.json()), (500, locked));
    let none = Call::hook("locked", "load", json!({"ids": []}));
    // a global action has no records, regardless of the request
    for call in [none, Call::load("locked-globally")] {
        let answer = call.send(&app).await;
        let text = "`ids`: a record is needed, none was sent";
        assert_eq!(answer.detail(400), text, "nothing indexes the first id blindly");
        assert_eq!(answer.json()["error"], text);
    }
}
