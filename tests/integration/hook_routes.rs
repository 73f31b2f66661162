//! The routes of form hooks: every action has them, each call starts from the declaration and runs the requested hook,
//! and rights and validation apply.

use forest_actions::form::FieldState;
use forest_actions::prelude::*;
use forest_actions::{ActionDescriptor, Environment, LocalRole};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::connected::{OLGA, SAM, project};
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

#[smart_action(collection = "suppliers", name = "Defaults", kind = "single", form = SupplierInvoice)]
async fn defaults() {}

async fn of_suppliers(mut form: FormState) -> HookResult {
    form.field("Reference").set_value("suppliers");
    Ok(form)
}

#[allow(dead_code, reason = "the values are of no interest here, hooks see them untyped")]
#[derive(ActionForm)]
struct SupplierInvoice {
    #[field(label = "Reference")]
    reference: Option<String>,
    #[field(default = 3)]
    amount: Option<i64>,
    #[field(widget = text_area)]
    text: String,
}

#[smart_action(
    collection = "suppliers", name = "Send invoice", kind = "global", endpoint = "/forest/suppliers/invoice",
    form = SupplierInvoice, load = of_suppliers, change(amount = of_suppliers)
)]
async fn send_invoice_to_suppliers() {}

#[smart_action(
    collection = "suppliers", name = "Elsewhere", kind = "global", endpoint = "/api/erp/invoice", form = Invoice,
    load = of_suppliers
)]
async fn elsewhere() {}

const SEND: &str = "/forest/actions/send-invoice";

fn all() -> [&'static ActionDescriptor; 5] {
    actions![
        send_invoice,
        static_form,
        send_invoice_to_suppliers,
        elsewhere,
        defaults
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
    for amount in 0..3 {
        let changed = change(&format!("{SEND}/hooks/change"), "amount", fields(json!(amount)));
        let changed = changed.send(&app).await;
        let expected = format!("Some(\"amount\") is now {amount}");
        assert_eq!(value(&changed, "Reference"), expected);
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
async fn frm_03_hooks_of_a_custom_endpoint_are_served_below_it() {
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
    let attributes = json!({"ids": ["7"], "changed_field": "x", "search_field": "x", "fields": []});
    for hook in ["load", "change", "search"] {
        for (endpoint, status) in [
            ("/forest/suppliers/invoice", 200),
            ("/api/erp/invoice", 200),
            ("/forest/actions/elsewhere", 404),
            ("/forest/api/erp/invoice", 404),
        ] {
            let call = Call::post(format!("{endpoint}/hooks/{hook}")).attributes(attributes.clone());
            assert_eq!(call.send(&app).await.status(), status, "{endpoint} {hook}");
        }
    }
}

#[actix_web::test]
async fn frm_04_load_without_a_hook_returns_the_declared_form() {
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
        assert_eq!(
            answer.field_names(),
            ["Reference", "amount", "Send a copy"],
            "the order of the declaration"
        );
        assert_eq!(answer.field("Reference")["isRequired"], true);
        assert_eq!(answer.field("Send a copy")["description"], "To the customer");
        assert_eq!(value(&answer, "Reference"), Value::Null);
    }
    // without a load hook, the form opens with its defaults
    let load = Call::load("defaults").send(&app).await;
    assert_eq!(load.field_names(), ["Reference", "amount", "text"]);
    assert_eq!(load.field("amount")["defaultValue"], 3);
    assert_eq!(load.field("amount")["value"], 3);
    assert_eq!(load.field("text")["value"], Value::Null);
    assert_eq!(load.field("text")["widgetEdit"]["name"], "text area editor");
    assert_eq!(load.json()["layout"], json!([]));
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
async fn frm_04_change_without_a_hook_returns_the_form_unchanged() {
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
    // client values are returned, even those that a hook could not set
    let held = json!([{"field": "count", "type": "Number", "value": 1, "hook": "renamed since", "x": {"y": 1}},
        {"field": "plan", "type": "Enum", "enums": ["a"], "value": "b"}]);
    for changed in ["count", "plan", "unknown"] {
        let answer = Call::change("static", changed, held.clone()).send(&app).await;
        assert_eq!(answer.json(), json!({"fields": held, "layout": []}), "{changed}");
    }
    let search = json!({"search_field": "plan", "fields": held});
    let search = Call::hook("static", "search", search).send(&app).await;
    assert_eq!(search.field_names(), ["plan"]);
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
    let customers = Call::load("send-invoice").send(&app).await;
    assert_eq!(customers.field_names(), ["Reference", "amount", "Send a copy"]);
    let suppliers = Call::post("/forest/suppliers/invoice/hooks/load").send(&app).await;
    assert_eq!(suppliers.field_names(), ["Reference", "amount", "text"]);
}

#[actix_web::test]
async fn frm_06_the_hook_is_selected_by_the_changed_field() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let path = format!("{SEND}/hooks/change");
    // `amount` differs from its previous value, and it is another field that has changed
    let answer = change(&path, "Send a copy", fields(json!(99))).send(&app).await;
    assert_eq!(
        (value(&answer, "Reference"), agent.runs.count()),
        (json!("the copy"), 0)
    );
    // the values are equal, but the field is marked as changed
    let answer = change(&path, "amount", fields(json!(1))).send(&app).await;
    assert_eq!(
        (value(&answer, "Reference"), agent.runs.count()),
        (json!("Some(\"amount\") is now 1"), 1)
    );
}

#[actix_web::test]
async fn both_body_shapes_are_accepted() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let fields = fields(json!(5));
    let flat = json!({"recordIds": ["70"], "collectionName": "customers", "fields": fields, "changedField": "amount"});
    let nested = json!({"data": {"attributes": {"ids": [70], "collection_name": "customers", "fields": fields,
        "changed_field": "amount"}, "type": "custom-action-hook-requests"}});
    let call = Call::post(format!("{SEND}/hooks/change"));
    let answers = [call.clone().json(&flat), call.json(&nested)].map(async |call| call.send(&app).await);
    let [flat, nested] = join_all(answers).await.try_into().unwrap();
    assert_eq!(flat.json(), nested.json());
    assert_eq!(value(&flat, "Reference"), "Some(\"amount\") is now 5");
    assert_eq!(value(&flat, "Send a copy"), false, "other fields stay as they were");
}

#[actix_web::test]
async fn an_empty_change_is_400_with_the_missing_attribute() {
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
    for (body, expected) in [
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ("{}", "`data.attributes` is missing"),
        (r#"{"data":{"attributes":{}}}"#, "`fields` is missing"),
        (r#"{"data":{"attributes":{"fields":[]}}}"#, "`changed_field` is missing"),
        (r#"{"data":{"attributes":{"fields":{}}}}"#, "`data.attributes.fields`"),
        (
            r#"{"data":{"attributes":{"fields":[1]}}}"#,
            "`data.attributes.fields[0]`",
        ),
        (
            r#"{"data":{"attributes":{"fields":[],"changed_field":3}}}"#,
            "`data.attributes.changed_field`",
        ),
        (r#"{"fields":[],"changedField":[]}"#, "`changedField`"),
    ] {
        let answer = Call::post(format!("{SEND}/hooks/change")).body(body).send(&app).await;
        let detail = answer.detail(400);
        assert!(detail.contains(expected), "{body}: {detail}");
        assert_eq!(answer.json()["error"], detail);
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn per_12_a_caller_without_permission_gets_no_form() {
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
async fn hooks_reject_the_same_requests_as_actions() {
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

#[smart_action(
    collection = "suppliers", name = "In production", kind = "single", form = SupplierInvoice, load = of_suppliers,
    change(amount = amount_changed)
)]
async fn in_production() {}

/// The schema with its only action replaced.
fn stored(schema: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    change(&mut schema["collections"][0]["actions"][0]);
    serde_json::to_string_pretty(&schema).unwrap()
}

#[actix_web::test]
async fn frm_02_hooks_in_production_ignore_the_stored_schema() {
    let fake = project().await;
    fake.grant("Support", "suppliers", "In production");
    let development = Agent::of_actions(&fake, actions![in_production]).await;
    let written = Agent::local(actions![in_production]).await.schema_file();
    let identical = stored(&written, |_| {});
    let without_hooks = stored(&written, |action| {
        assert_eq!(action["hooks"]["load"], true);
        action["hooks"] = json!({"load": false, "change": []});
        for field in action["fields"].as_array_mut().unwrap() {
            field["hook"] = Value::Null;
        }
    });
    let other_fields = stored(&written, |action| {
        let mut field = action["fields"][0].clone();
        field["field"] = json!("Somebody else's");
        action["fields"] = json!([field]);
    });
    let no_action = stored(&written, |action| action["name"] = json!("Another"));
    assert!(written != without_hooks && written != other_fields);
    let files = [
        ("as written", Some(written)),
        ("identical", Some(identical)),
        ("without hooks", Some(without_hooks)),
        ("of other fields", Some(other_fields)),
        ("of another action", Some(no_action)),
        ("no JSON", Some("{".to_owned())),
        ("missing", None),
    ];
    for (name, file) in files {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("schema.json");
        if let Some(file) = &file {
            std::fs::write(&path, file).unwrap();
        }
        let production = Agent::connected_to(fake.clone(), |builder| {
            let builder = builder.actions(actions![in_production]);
            builder.environment(Environment::Production).schema_path(&path)
        })
        .await;
        assert!(!production.forest.is_local());
        let mut fields = json!([]);
        for (hook, expected) in [("load", "suppliers"), ("change", "Some(\"amount\") is now 9")] {
            let attributes = json!({"ids": ["7"], "changed_field": "amount", "fields": fields});
            let call = Call::hook("in-production", hook, attributes);
            let allowed = call.clone().by(&fake, SAM);
            let in_development = allowed.send(&development.serve().await).await;
            let answer = allowed.send(&production.serve().await).await;
            assert_eq!(answer.status(), 200, "{name}: {answer:?}");
            assert_eq!(answer.json(), in_development.json(), "{name}: {hook}");
            assert_eq!(value(&answer, "Reference"), expected, "{name}: {hook}");
            let refused = call.by(&fake, OLGA).send(&production.serve().await).await;
            assert_eq!(
                refused.name(),
                "CustomActionTriggerForbiddenError",
                "{name}: {refused:?}"
            );
            // the browser returns the form with the user's input
            fields = answer.json()["fields"].take();
            fields[1]["value"] = json!(9);
        }
        assert_eq!(std::fs::read_to_string(&path).ok(), file, "{name}: nothing is written");
    }
}
