//! Form hooks: every action answers their routes, each call starts from the declaration, and rights gate them.

use forest_actions::form::FieldState;
use forest_actions::prelude::*;
use forest_actions::{ActionDescriptor, LocalRole};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Call, MARK_AS_LIVE, OFFICIAL, companies, token_of};

#[allow(dead_code, reason = "the values are of no interest here, hooks see them untyped")]
#[derive(ActionForm)]
struct Invoice {
    #[field(label = "Reference")]
    reference: String,
    #[field(default = 0, required = false)]
    amount: i64,
    /// To the customer
    #[field(label = "Send a copy", required = false)]
    copy: bool,
}

/// Writes down who opened the form, in a field of the form.
async fn prefill(mut form: FormState, caller: Caller, ids: RecordIds<String>) -> HookResult {
    let reference = form.field("Reference");
    let text = format!("{} {} {}", caller.email, ids.join(","), reference.json());
    reference.set_value(text);
    Ok(form)
}

async fn amount_changed(mut form: FormState, runs: web::Data<crate::support::Runs>) -> HookResult {
    runs.add();
    let text = format!(
        "{:?} is now {}",
        form.changed_field(),
        form.get("amount").map(FieldState::json).unwrap_or(&Value::Null)
    );
    form.field("Reference").set_value(text);
    Ok(form)
}

async fn copy_changed(mut form: FormState) -> HookResult {
    form.field("Reference").set_value("the copy");
    Ok(form)
}

#[smart_action(
    collection = "customers", name = "Send invoice", kind = "bulk", form = Invoice, load = prefill,
    change(amount = amount_changed, "Send a copy" = copy_changed)
)]
async fn send_invoice() {}

#[smart_action(collection = "customers", name = "Static", kind = "single", form = Invoice)]
async fn static_form() {}

async fn of_suppliers(mut form: FormState) -> HookResult {
    form.field("Reference").set_value("suppliers");
    Ok(form)
}

#[smart_action(
    collection = "suppliers", name = "Send invoice", kind = "global", endpoint = "/forest/suppliers/invoice",
    form = Invoice, load = of_suppliers, change(amount = of_suppliers)
)]
async fn send_invoice_to_suppliers() {}

#[smart_action(
    collection = "suppliers", name = "Elsewhere", kind = "global", endpoint = "/api/erp/invoice", form = Invoice,
    load = of_suppliers
)]
async fn elsewhere() {}

async fn misspells(mut form: FormState) -> HookResult {
    form.field("Referense").set_value(1).set_required(true);
    Ok(form)
}

#[smart_action(collection = "suppliers", name = "Misspelt", kind = "global", form = Invoice, load = misspells)]
async fn misspelt() {}

async fn refuses(_: FormState, id: RecordId<i64>) -> HookResult {
    Err(failure(format!("Record {} is locked", *id)))
}

#[smart_action(collection = "suppliers", name = "Refuses", kind = "single", load = refuses)]
async fn refusing() {}

const SEND: &str = "/forest/actions/send-invoice";

fn all() -> [&'static ActionDescriptor; 6] {
    actions![
        send_invoice,
        static_form,
        send_invoice_to_suppliers,
        elsewhere,
        refusing,
        misspelt
    ]
}

/// The value of a field in an answer.
fn value(answer: &Answer, field: &str) -> Value {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["layout"], json!([]));
    let fields = body["fields"].as_array().unwrap();
    fields.iter().find(|entry| entry["field"] == field).unwrap()["value"].clone()
}

/// The fields as the browser would have them.
fn fields(amount: Value) -> Value {
    json!([
        {"field": "Reference", "type": "String", "reference": null, "enums": null, "description": null,
         "isRequired": true, "value": "R-1", "previousValue": null, "isReadOnly": null, "hook": null,
         "widgetEdit": {"name": "text editor", "parameters": {"placeholder": "x"}}},
        {"field": "amount", "type": "Number", "value": amount, "previousValue": 1, "hook": "amount", "position": 1},
        {"field": "Send a copy", "type": "Boolean", "value": false, "hook": "Send a copy",
         "something": {"of": ["another", "agent"]}},
    ])
}

/// The same fields for an action whose change hooks are these.
fn fields_with_hooks(amount: Value, hooks: &[&str]) -> Value {
    let mut fields = fields(amount);
    for field in fields.as_array_mut().unwrap() {
        if !hooks.iter().any(|hook| field["hook"] == *hook) {
            field["hook"] = Value::Null;
        }
    }
    fields
}

fn change(path: &str, field: &str, fields: Value) -> Call {
    Call::post(path).attributes(json!({"ids": ["1"], "changed_field": field, "fields": fields}))
}

#[actix_web::test]
async fn frm_01_each_call_starts_from_the_declared_form() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let call = Call::post(format!("{SEND}/hooks/load")).ids(["7", "8"]);
    let first = call.send(&app).await;
    assert_eq!(value(&first, "Reference"), "ada@example.com 7,8 null");
    for _ in 0..3 {
        assert_eq!(call.send(&app).await.text(), first.text());
    }
    let at_once = join_all((0..40).map(|id| {
        let call = Call::post(format!("{SEND}/hooks/load")).ids([id]);
        let app = &app;
        async move { (id, value(&call.send(app).await, "Reference")) }
    }));
    for (id, reference) in at_once.await {
        assert_eq!(reference, format!("ada@example.com {id} null"));
    }
    let schema = agent.forest.schema().find_action("customers", "Send invoice").unwrap();
    assert!(!format!("{schema:?}").contains("ada@example.com"));
}

#[actix_web::test]
async fn frm_03_the_hooks_of_a_custom_endpoint_answer_below_it() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    for (endpoint, fields) in [
        ("/forest/suppliers/invoice", fields_with_hooks(json!(1), &["amount"])),
        ("/api/erp/invoice", fields_with_hooks(json!(1), &[])),
    ] {
        let answer = Call::post(format!("{endpoint}/hooks/load")).send(&app).await;
        assert_eq!(value(&answer, "Reference"), "suppliers", "{endpoint}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL));
        let answer = change(&format!("{endpoint}/hooks/change"), "Reference", fields)
            .send(&app)
            .await;
        assert_eq!(value(&answer, "Reference"), "R-1", "{endpoint}");
    }
    for nowhere in [
        "/forest/actions/elsewhere/hooks/load",
        "/forest/api/erp/invoice/hooks/load",
    ] {
        assert_eq!(Call::post(nowhere).send(&app).await.status(), 404, "{nowhere}");
    }
}

#[actix_web::test]
async fn frm_04_a_load_without_a_hook_answers_the_declared_form() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    for attributes in [
        json!({"ids": ["1"]}),
        json!({"ids": []}),
        json!({}),
        json!({"ids": ["1", "2"]}),
    ] {
        let call = Call::post("/forest/actions/static/hooks/load").attributes(attributes);
        let answer = call.send(&app).await;
        let body = answer.json();
        let names: Vec<_> = body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["field"].clone())
            .collect();
        assert_eq!(
            names,
            ["Reference", "amount", "Send a copy"],
            "the order of the declaration"
        );
        assert_eq!(body["fields"][0]["isRequired"], true);
        assert_eq!(body["fields"][2]["description"], "To the customer");
        assert_eq!(value(&answer, "Reference"), Value::Null);
    }
    let without = Agent::local(companies()).await;
    let answer = Call::post(format!("{MARK_AS_LIVE}/hooks/load"))
        .send(&without.serve().await)
        .await;
    assert_eq!(
        (answer.status(), answer.json()),
        (200, json!({"fields": [], "layout": []}))
    );
}

#[actix_web::test]
async fn frm_04_a_change_without_a_hook_answers_the_form_unchanged() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let with_hooks = fields(json!(12.5));
    for (path, field, sent) in [
        (format!("{SEND}/hooks/change"), "Reference", &with_hooks),
        (format!("{SEND}/hooks/change"), "not in the form", &with_hooks),
        (format!("{SEND}/hooks/change"), "", &with_hooks),
        (
            "/forest/actions/static/hooks/change".to_owned(),
            "amount",
            &fields_with_hooks(json!(12.5), &[]),
        ),
    ] {
        let answer = change(&path, field, sent.clone()).send(&app).await;
        assert_eq!(
            (answer.status(), answer.json()),
            (200, json!({"fields": sent, "layout": []})),
            "{field:?}"
        );
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn frm_05_actions_of_the_same_name_run_their_own_hooks() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let customers = change(&format!("{SEND}/hooks/change"), "amount", fields(json!(3)))
        .send(&app)
        .await;
    assert_eq!(value(&customers, "Reference"), "Some(\"amount\") is now 3");
    let sent = fields_with_hooks(json!(3), &["amount"]);
    let suppliers = change("/forest/suppliers/invoice/hooks/change", "amount", sent)
        .send(&app)
        .await;
    assert_eq!(value(&suppliers, "Reference"), "suppliers");
}

#[actix_web::test]
async fn frm_06_the_hook_is_chosen_by_the_field_that_the_request_names() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let path = format!("{SEND}/hooks/change");
    // `amount` differs from its previous value, and it is another field that has changed
    let answer = change(&path, "Send a copy", fields(json!(99))).send(&app).await;
    assert_eq!(
        (value(&answer, "Reference"), agent.runs.count()),
        (json!("the copy"), 0)
    );
    // nothing differs, and the field has changed nevertheless
    let answer = change(&path, "amount", fields(json!(1))).send(&app).await;
    assert_eq!(
        (value(&answer, "Reference"), agent.runs.count()),
        (json!("Some(\"amount\") is now 1"), 1)
    );
    // hooks see what the browser has, whatever keys it uses for it
    let flat = json!({"recordIds": ["70"], "collectionName": "customers", "fields": fields(json!(5)), "changedField": "amount"});
    let answer = Call::post(&path).json(&flat).send(&app).await;
    assert_eq!(value(&answer, "Reference"), "Some(\"amount\") is now 5");
    assert_eq!(value(&answer, "Send a copy"), false, "other fields stay as they were");
}

#[actix_web::test]
async fn a_change_that_says_nothing_is_400() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    for (attributes, missing) in [
        (json!({"ids": ["1"]}), "`fields`"),
        (json!({"ids": ["1"], "fields": []}), "`changed_field`"),
        (
            json!({"ids": ["1"], "fields": null, "changed_field": "amount"}),
            "`fields`",
        ),
        (
            json!({"ids": ["1"], "fields": {"amount": 1}, "changed_field": "amount"}),
            "fields`",
        ),
        (
            json!({"ids": ["1"], "fields": ["amount"], "changed_field": "amount"}),
            "fields[0]`",
        ),
        (
            json!({"ids": ["1"], "fields": [], "changed_field": 3}),
            "changed_field`",
        ),
    ] {
        let answer = Call::post(format!("{SEND}/hooks/change"))
            .attributes(attributes.clone())
            .send(&app)
            .await;
        assert!(answer.detail(400).contains(missing), "{attributes}: {answer:?}");
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn per_12_a_caller_without_the_right_gets_no_form() {
    let agent = Agent::with(|builder| {
        builder
            .actions(all())
            .local_role(LocalRole::new("Support").deny("customers", "Send invoice"))
    })
    .await;
    let app = agent.serve().await;
    let support = token_of("Support");
    let load = |path: &str| Call::post(format!("{path}/hooks/load")).bearer(&support);
    let refused = change(&format!("{SEND}/hooks/change"), "amount", fields(json!(1))).bearer(&support);
    for call in [load(SEND), refused, Call::post(SEND).bearer(&support)] {
        let answer = call.send(&app).await;
        assert_eq!(answer.detail(403), "You don't have permission to trigger this action.");
        assert_eq!(answer.name(), "CustomActionTriggerForbiddenError");
        assert!(answer.json().get("fields").is_none());
    }
    assert_eq!(agent.runs.count(), 0);
    // the right to the action of the same name in another collection is its own
    assert_eq!(load("/forest/suppliers/invoice").send(&app).await.status(), 200);
    assert_eq!(Call::post(format!("{SEND}/hooks/load")).send(&app).await.status(), 200);
}

#[actix_web::test]
async fn a_hook_that_fails_answers_500_with_its_message() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/refuses/hooks/load")
        .ids(["7"])
        .send(&app)
        .await;
    assert_eq!(
        (answer.status(), answer.json()),
        (500, json!({"message": "Record 7 is locked"}))
    );
    let answer = Call::post("/forest/actions/refuses/hooks/load")
        .ids([""; 0])
        .send(&app)
        .await;
    assert!(
        answer.detail(400).contains("a record is needed"),
        "nothing indexes the first id blindly"
    );
}

#[actix_web::test]
async fn a_hook_that_names_a_field_that_the_form_lacks_is_told_the_ones_it_has() {
    let agent = Agent::local(all()).await;
    let answer = Call::post("/forest/actions/misspelt/hooks/load")
        .send(&agent.serve().await)
        .await;
    let message = "the form has no field `Referense`; it has `Reference`, `amount`, `Send a copy`";
    assert_eq!((answer.status(), answer.json()), (500, json!({"message": message})));
}

#[actix_web::test]
async fn hooks_refuse_what_actions_refuse() {
    let agent = Agent::with(|builder| builder.actions(all()).body_limit(2_000)).await;
    let app = agent.serve().await;
    let load = || Call::post(format!("{SEND}/hooks/load"));
    for (status, call) in [
        (401, load().bearer("x")),
        (400, load().body("x")),
        (400, load().attributes(json!({"ids": "1"}))),
        (
            400,
            load().attributes(json!({"collection_name": "suppliers", "ids": []})),
        ),
        (413, load().body(vec![b' '; 2_001])),
        (415, load().header("content-type", "text/plain")),
        (422, load().attributes(json!({"ids": [], "requester_id": 1}))),
        (422, load().attributes(json!({"ids": [], "all_records": true}))),
    ] {
        assert_eq!(call.send(&app).await.status(), status);
    }
}
