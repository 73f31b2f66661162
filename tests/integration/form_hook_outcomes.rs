//! How hooks end: their failures, and the files that open or change with a form.

use forest_actions::prelude::*;
use forest_actions::{ActionError, LocalRole, failure};
use serde_json::{Value, json};

use crate::support::forms::edited;
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
async fn a_hook_fails_as_the_protocol_says() {
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
    assert!(
        change("unknown")
            .await
            .hook_failure()
            .starts_with("the form has no field `unknwon`; it has `forbidden`")
    );
    // who may not run the action may not see its form either
    let support = token_of("Support");
    assert_eq!(Call::load("failing").bearer(&support).send(&app).await.status(), 403);
}

fn logo() -> File {
    File::new("logo.png", "image/png", [0, 1, 2])
}

#[derive(ActionForm)]
struct WithFile {
    #[field(default = logo())]
    logo: Option<File>,
    #[field(change = file_changed)]
    contract: Option<File>,
}

async fn file_changed(mut form: FormState<WithFile>) -> HookResult<WithFile> {
    let name = form
        .typed_value::<File>("contract")
        .and_then(|file| file.name().map(str::to_owned));
    form.field("contract").set_description(name.unwrap_or_default());
    Ok(form)
}

#[smart_action(collection = "form tests", name = "With file", kind = "single")]
async fn with_file(form: Form<WithFile>) -> ActionResult {
    Ok(success(format!("{:?} {}", form.logo, form.contract.is_some())))
}

#[actix_web::test]
async fn frm_14_a_default_file_opens_with_the_form_and_never_enters_the_schema() {
    let agent = Agent::local(actions![with_file]).await;
    let app = agent.serve().await;
    let schema: Value = serde_json::from_str(&agent.schema_file()).unwrap();
    let action = &schema["collections"][0]["actions"][0];
    assert_eq!(action["fields"][0]["defaultValue"], Value::Null);
    assert_eq!(action["hooks"]["load"], true);
    assert!(!agent.schema_file().contains("data:"));
    let load = Call::load("with-file").send(&app).await;
    assert_eq!(load.field("logo")["value"], logo().to_data_uri());
    let fields = edited(
        &load,
        "contract",
        json!("data:application/pdf;name=a%20b.pdf;base64,AAAA"),
    );
    let change = Call::change("with-file", "contract", fields).send(&app).await;
    assert_eq!(change.field("contract")["description"], "a b.pdf");
    assert_eq!(change.field("logo")["value"], logo().to_data_uri());
    assert!(
        Call::submit("with-file", json!({}))
            .send(&app)
            .await
            .success()
            .contains("logo.png")
    );
    assert_eq!(
        Call::submit("with-file", json!({"logo": null}))
            .send(&app)
            .await
            .success(),
        "None false"
    );
}
