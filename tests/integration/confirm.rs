//! Questions before an action runs (`confirm`): in the form, and checked by the server.

use forest_actions::form::layout;
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, Filter, MemoryRecords, Operator, ValueType};
use forest_actions::testing::ApprovalRequest;
use forest_actions::{ActionDescriptor, Confirm, Forest, Selection};
use serde_json::{Value, json};

use crate::field::these;
use crate::support::connected::{OLGA, SAM, project};
use crate::support::records::{action, all_of};
use crate::support::{Agent, Answer, Call, Runs};

#[smart_action(
    collection = "customers",
    name = "Delete data",
    confirm = "Delete the data of {count} customers? <b>This cannot be undone.</b>"
)]
async fn delete_data(ids: RecordIds<i64>, values: Values, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    assert!(values.get("Confirm").is_none());
    Ok(success(format!("{} deleted", ids.len())))
}

fn is_open() -> Filter {
    Filter::leaf("open", Operator::Equal, true)
}

#[smart_action(collection = "customers", name = "Remove", can_run = filter(is_open(), "not open"),
    confirm(text = "Remove {count}?", type_word = "REMOVE", field = "Type the word"))]
async fn remove(ids: RecordIds<i64>, form: Form<Reason>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(format!("{} removed: {}", ids.len(), form.reason)))
}

#[derive(ActionForm)]
struct Reason {
    #[field(change = reason_changed)]
    reason: String,
}

/// Hooks see the fields of the program alone.
async fn reason_changed(mut form: FormState<Reason>) -> HookResult<Reason> {
    let names: Vec<String> = form.fields().map(|field| field.name().to_owned()).collect();
    form.field("reason").set_description(names.join(","));
    Ok(form)
}

#[smart_action(collection = "customers", name = "Count", confirm(type_count, over = 2))]
async fn count(ids: RecordIds<i64>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(ids.len().to_string()))
}

#[smart_action(collection = "customers", name = "Ask", confirm = unless_one, load = two_pages, form = Reason)]
async fn ask(runs: web::Data<Runs>) {
    runs.add();
}

async fn unless_one(selection: &Selection, caller: &Caller) -> ActionResult<Option<Confirm>> {
    let count = selection.count().await?;
    Ok((count > 1).then(|| Confirm::tick(format!("{} asks for {count}", caller.first_name))))
}

async fn two_pages(form: FormState) -> HookResult {
    Ok(form.layout([
        layout::page([layout::html("<p>first</p>")]),
        layout::page([layout::input("reason")]),
    ]))
}

#[smart_action(collection = "customers", name = "Everything", kind = "global", confirm = "Really?")]
async fn everything(runs: web::Data<Runs>) {
    runs.add();
}

fn customers() -> MemoryRecords {
    let model = CollectionModel::new("customers")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("open", ValueType::Boolean))
        .key(["id"]);
    let rows = (1..=5).map(|id| json!({"id": id, "open": id != 2}));
    MemoryRecords::new().collection(model, rows.collect())
}

async fn agent() -> Agent {
    Agent::with(|builder| {
        let actions = actions![delete_data, remove, count, ask, everything];
        builder.actions(actions).records(customers()).schema_file(false)
    })
    .await
}

async fn send(agent: &Agent, path: &str, mut attributes: Value, values: Value) -> Answer {
    attributes["values"] = values;
    Call::post(action(path))
        .attributes(attributes)
        .send(&agent.serve().await)
        .await
}

async fn opened(agent: &Agent, name: &str, attributes: Value) -> Value {
    let answer = send(agent, &format!("{name}/hooks/load"), attributes, json!({})).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()
}

fn names(form: &Value) -> Vec<&str> {
    let fields = form["fields"].as_array().unwrap();
    fields.iter().map(|field| field["field"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn an_action_runs_once_its_box_is_ticked() {
    let agent = agent().await;
    let form = opened(&agent, "delete-data", these(1..=3)).await;
    let field = json!({"field": "Confirm", "type": "Boolean", "isRequired": true, "defaultValue": false, "value": false,
        "widgetEdit": {"name": "boolean editor", "parameters": {}}});
    assert_eq!(form["fields"], json!([field]));
    let text = "<div class=\"c-clr-1-4 l-mt l-mb\"><p>Delete the data of 3 customers? \
        &lt;b&gt;This cannot be undone.&lt;/b&gt;</p></div>";
    let layout = json!([
        {"type": "Layout", "component": "htmlBlock", "content": text},
        {"type": "Layout", "component": "input", "fieldId": "Confirm"},
    ]);
    assert_eq!(form["layout"], layout);
    for values in [
        json!({}),
        json!({"Confirm": false}),
        json!({"Confirm": null}),
        json!({"Confirm": "true"}),
        json!({"Confirm": 1}),
    ] {
        let answer = send(&agent, "delete-data", these(1..=3), values.clone()).await;
        assert_eq!(answer.status(), 400, "{values}");
        assert_eq!(answer.json(), json!({"error": "Tick \"Confirm\" to go on."}));
    }
    assert_eq!(agent.runs.take(), 0);
    let answer = send(&agent, "delete-data", these(1..=3), json!({"Confirm": true})).await;
    assert_eq!(answer.success(), "3 deleted");
    let all = opened(&agent, "delete-data", all_of(json!({}))).await;
    assert!(all["layout"].to_string().contains("data of 5 customers"), "{all}");
}

#[actix_web::test]
async fn a_word_is_typed_and_only_allowed_records_are_counted() {
    let agent = agent().await;
    for (selected, attributes) in [(3, these(1..=3)), (5, all_of(json!({})))] {
        let form = opened(&agent, "remove", attributes.clone()).await;
        assert_eq!(names(&form), ["reason", "Type the word"]);
        let layout = form["layout"].to_string();
        assert!(
            layout.contains(&format!(
                "<b>1</b> of the <b>{selected}</b> selected records would be refused"
            )),
            "{layout}"
        );
        assert!(layout.contains(&format!("Remove {}?", selected - 1)), "{layout}");
        for typed in [json!("remove"), json!(""), json!(true), json!(null)] {
            let answer = send(
                &agent,
                "remove",
                attributes.clone(),
                json!({"reason": "x", "Type the word": typed}),
            )
            .await;
            assert_eq!(answer.json()["error"], "Type REMOVE to go on.");
        }
        assert_eq!(agent.runs.take(), 0);
        let values = json!({"reason": "x", "Type the word": " REMOVE "});
        let answer = send(&agent, "remove", attributes, values).await;
        assert_eq!(
            answer.json()["success"],
            format!("{} removed: x, 1 refused", selected - 1)
        );
        agent.runs.take();
    }
}

#[actix_web::test]
async fn a_change_hook_keeps_the_question_and_does_not_see_its_field() {
    let agent = agent().await;
    let form = opened(&agent, "remove", these([1])).await;
    let mut attributes = these([1]);
    let mut fields = form["fields"].clone();
    fields[1]["value"] = json!("REM");
    attributes["fields"] = fields;
    attributes["changed_field"] = json!("reason");
    let form = opened_by(&agent, "remove/hooks/change", attributes).await;
    assert_eq!(form["fields"][0]["description"], "reason");
    assert_eq!(names(&form), ["reason", "Type the word"]);
    assert_eq!(form["fields"][1]["value"], "REM");
    assert!(form["layout"].to_string().contains("Remove 1?"), "{form}");
}

async fn opened_by(agent: &Agent, path: &str, attributes: Value) -> Value {
    let answer = Call::post(action(path))
        .attributes(attributes)
        .send(&agent.serve().await)
        .await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()
}

#[actix_web::test]
async fn the_number_is_typed_above_a_threshold() {
    let agent = agent().await;
    assert_eq!(opened(&agent, "count", these([1, 2])).await["fields"], json!([]));
    assert_eq!(send(&agent, "count", these([1, 2]), json!({})).await.success(), "2");
    for (attributes, number) in [(these(1..=3), 3), (all_of(json!({})), 5)] {
        let form = opened(&agent, "count", attributes.clone()).await;
        assert_eq!(form["fields"][0]["description"], format!("Type {number} to go on."));
        for typed in [json!("2"), json!(2), json!("+x"), json!(null)] {
            let answer = send(&agent, "count", attributes.clone(), json!({"Confirm": typed})).await;
            assert_eq!(answer.json()["error"], format!("Type {number} to go on."));
        }
        for typed in [json!(number.to_string()), json!(number)] {
            let answer = send(&agent, "count", attributes.clone(), json!({"Confirm": typed})).await;
            assert_eq!(answer.success(), number.to_string());
        }
    }
}

#[actix_web::test]
async fn a_function_decides_whether_to_ask() {
    let agent = agent().await;
    let form = opened(&agent, "ask", these([1])).await;
    assert_eq!(names(&form), ["reason"]);
    assert_eq!(send(&agent, "ask", these([1]), json!({})).await.status(), 204);
    let form = opened(&agent, "ask", these([1, 3])).await;
    assert_eq!(names(&form), ["reason", "Confirm"]);
    let pages = form["layout"].as_array().unwrap();
    assert!(
        pages[0]["elements"][0]["content"]
            .as_str()
            .unwrap()
            .contains("asks for 2"),
        "{form}"
    );
    assert_eq!(pages[1]["elements"][1]["fieldId"], "Confirm");
    assert_eq!(send(&agent, "ask", these([1, 3]), json!({})).await.status(), 400);
    assert_eq!(
        send(&agent, "ask", these([1, 3]), json!({"Confirm": true}))
            .await
            .status(),
        204
    );
}

#[actix_web::test]
async fn a_global_action_can_ask() {
    let agent = agent().await;
    assert_eq!(names(&opened(&agent, "everything", json!({})).await), ["Confirm"]);
    assert_eq!(send(&agent, "everything", json!({}), json!({})).await.status(), 400);
    assert_eq!(
        send(&agent, "everything", json!({}), json!({"Confirm": true}))
            .await
            .status(),
        204
    );
}

#[actix_web::test]
async fn the_schema_loads_the_form_and_does_not_hold_the_question() {
    let agent = agent().await;
    let schema = agent.forest.schema();
    let customers = schema
        .collections()
        .iter()
        .find(|collection| collection.name() == "customers");
    for action in customers.unwrap().actions() {
        assert!(action.has_load_hook(), "{}", action.name());
        assert!(
            action.fields().iter().all(|field| field.name() == "reason"),
            "{}",
            action.name()
        );
    }
}

#[actix_web::test]
async fn an_approved_run_needs_the_answer_in_its_signed_values() {
    let fake = project().await;
    fake.role("Operations").may_approve("companies", "Close");
    let agent = Agent::of_with(&fake, |builder| builder.actions(actions![close])).await;
    let app = agent.serve().await;
    let request = ApprovalRequest::new("companies", "Close").records(["1", "2"]);
    let send = async |values: Value| -> Answer {
        let token = fake.approval_token(SAM, &request).attribute("values", values).sign();
        let call = Call::post("/forest/actions/close").by(&fake, OLGA);
        let attributes = json!({"signed_approval_request": token, "values": {"Confirm": "2"}});
        call.attributes(attributes).send(&app).await
    };
    assert_eq!(send(json!({})).await.json()["error"], "Type 2 to go on.");
    assert_eq!(agent.runs.count(), 0);
    // one of them may be gone by now
    assert_eq!(send(json!({"Confirm": "3"})).await.status(), 204);
}

#[smart_action(collection = "companies", name = "Close", confirm(type_count))]
async fn close(runs: web::Data<Runs>) {
    runs.add();
}

#[smart_action(
    collection = "customers",
    name = "Twice",
    confirm(text = "Really?", field = "reason")
)]
async fn twice(_form: Form<Reason>) {}

#[actix_web::test]
async fn a_field_of_the_form_with_the_name_of_the_question_stops_the_start() {
    let start = async |action: &'static ActionDescriptor| {
        let builder = Forest::builder()
            .actions([action])
            .records(customers())
            .schema_file(false);
        builder.start().await.unwrap_err().to_string()
    };
    let problem = start(actions![twice][0]).await;
    assert!(
        problem.contains("add a field named `reason` to its form, which has one"),
        "{problem}"
    );
}
