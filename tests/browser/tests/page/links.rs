//! Links that open an action.

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::stage::{Seen, Stage};

#[derive(ActionForm)]
struct Ticket {
    #[field(change = noted)]
    subject: String,
    note: Option<String>,
}

fn told(request: &ActionRequest, name: &str) -> Option<String> {
    request.intent_params()?.get(name)?.as_str().map(str::to_owned)
}

async fn prefilled(mut form: FormState, request: ActionRequest) -> HookResult {
    form.field("subject").set_value(told(&request, "subject"));
    Ok(form)
}

async fn noted(mut form: FormState, request: ActionRequest) -> HookResult {
    form.field("note").set_value(told(&request, "note"));
    Ok(form)
}

#[smart_action(collection = "companies", name = "Open a ticket", kind = "single", load = prefilled)]
async fn open_a_ticket(form: Form<Ticket>, id: RecordId<i64>, seen: web::Data<Seen>) -> &'static str {
    seen.keep(json!({"id": *id, "subject": form.subject, "note": form.note}));
    "Opened"
}

#[smart_action(collection = "companies", name = "Lead to a ticket", kind = "global")]
async fn lead_to_a_ticket() -> ActionResult {
    Ok(success("Led").redirect_to(
        "/project/environment/team/data/companies/index?actionIntent=Open%20a%20ticket&actionIntentIds=4\
         &actionIntentParams=%7B%22subject%22%3A%22Led%22%7D",
    ))
}

pub(crate) fn all() -> Vec<&'static ActionDescriptor> {
    actions![open_a_ticket, lead_to_a_ticket].to_vec()
}

/// The place of a link to an action.
fn link(action: &str, ids: &Value, params: &Value) -> String {
    let encoded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    format!(
        "/companies?size=30&actionIntent={}&actionIntentIds={}&actionIntentParams={}",
        encoded(action),
        encoded(&ids.to_string()),
        encoded(&params.to_string())
    )
}

#[test]
fn a_link_opens_its_action_with_its_parameters_and_leaves_the_address() {
    let Some(stage) = Stage::local("link") else { return };
    let page = stage.page(1);
    page.go(&link(
        "Open a ticket",
        &json!([2]),
        &json!({"subject": "Broken <b>", "note": "At night"}),
    ));
    page.until_value("subject", "Broken <b>");
    assert!(
        stage.browser.address().ends_with("#/companies?size=30"),
        "{}",
        stage.browser.address()
    );
    page.control("subject").type_text("!");
    page.until_value("note", "At night");
    page.submit();
    page.toast("success", "Opened");
    assert_eq!(
        stage.seen.last(),
        json!({"id": 2, "subject": "Broken <b>!", "note": "At night"})
    );
    page.until_form_closed();
    // an action leads there in the same way
    page.action("Lead to a ticket");
    page.until_value("subject", "Led");
    stage.browser.find_with("dialog#action-form", "#4");
}

#[test]
fn a_link_asks_before_it_runs_anything_and_says_where_it_leads_nowhere() {
    let Some(stage) = Stage::local("link_asks") else { return };
    let page = stage.page(1);
    for (action, ids, said) in [
        ("Unheard of", json!([2]), "has no such action"),
        ("Open a ticket", json!([2, 3]), "Runs on exactly one record"),
        ("Open a ticket", json!([{"a": 1}]), "Select one record first"),
    ] {
        page.go(&link(action, &ids, &json!(["no object"])));
        page.toast("error", said);
    }
    assert!(!stage.browser.shows("dialog"));
    page.go(&link("Call the hook", &json!("5"), &json!(null)));
    stage
        .browser
        .find_with("dialog#confirm", "This runs on #5 of Companies.");
    assert!(stage.seen.webhooks.lock().unwrap().is_empty());
    stage.browser.find("dialog#confirm footer button.primary").click();
    page.toast("success", "Called");
}
