//! The audit trail: what is recorded of runs, refusals and records, from the request to the row.

use forest_actions::audit::{Audit, AuditMemory, AuditOperation, AuditRow, AuditStatus};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use forest_actions::{ActionDescriptor, ForestBuilder};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::field::these;
use crate::server_approvals::{self, ORDERS, request, shop};
use crate::support::connected::{OLGA, SAM};
use crate::support::records::{action, all_of};
use crate::support::{Agent, Answer, Call, Log};

#[derive(serde::Deserialize)]
struct Ticket {
    id: i64,
    state: String,
}

#[derive(ActionForm)]
struct Close {
    why: String,
    #[field(secret)]
    #[allow(dead_code, reason = "only recorded")]
    pin: Option<String>,
    #[allow(dead_code, reason = "only recorded")]
    proof: Option<FormFile>,
}

#[smart_action(collection = "tickets", name = "Close", kind = "bulk")]
async fn close(tickets: Records<Ticket>, form: Form<Close>, trail: Trail) -> Results {
    trail.note(format!("because of {}", form.why));
    tickets
        .each(2, async |ticket| match ticket.state.as_str() {
            "closed" => refuse("already closed"),
            "broken" => Err(failure("the desk is away").into()),
            _ => {
                trail.changed(
                    ticket.id,
                    json!({"id": ticket.id, "state": ticket.state}),
                    json!({"id": ticket.id, "state": "closed"}),
                );
                Ok(())
            }
        })
        .await
}

#[smart_action(collection = "tickets", name = "Touch", kind = "bulk")]
async fn touch(selection: Selection) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(2);
    let mut count = 0;
    while let Some(ids) = chunks.try_next().await? {
        count += ids.len();
    }
    Ok(success(format!("{count} touched")))
}

#[smart_action(collection = "tickets", name = "Explode", kind = "bulk")]
async fn explode(ids: RecordIds<i64>) -> ActionResult {
    panic!("{} tickets", ids.len());
}

#[smart_action(collection = "tickets", name = "All or none", kind = "bulk")]
async fn all_or_none(tickets: Records<Ticket>) -> ActionResult<Results> {
    let results = tickets
        .each(10, async |ticket| {
            if ticket.state == "closed" {
                refuse("already closed")
            } else {
                Ok(())
            }
        })
        .await;
    results.all_or_nothing()
}

#[smart_action(collection = "tickets", name = "Report", kind = "global")]
async fn report(request: ActionRequest) -> ActionResult {
    Ok(success(request.correlation_id()))
}

/// A secret of every type.
#[derive(ActionForm)]
#[allow(dead_code, reason = "only recorded")]
struct Secrets {
    #[field(secret)]
    text: String,
    #[field(secret, max_length = 5)]
    short: Option<String>,
    #[field(secret, pattern = "^[0-9]+$")]
    digits: Option<String>,
    #[field(secret, widget = text_area(rows = 4))]
    area: Option<String>,
    #[field(secret, min = 0)]
    number: Option<i64>,
    #[field(secret)]
    decimal: Option<f64>,
    #[field(secret)]
    flag: Option<bool>,
    #[field(secret)]
    json: Option<Value>,
    #[field(secret, media_types = ["image/png"])]
    file: Option<FormFile>,
    #[field(secret)]
    list: Vec<String>,
    #[field(secret, max_count = 2)]
    numbers: Vec<i64>,
    #[field(secret)]
    files: Vec<FormFile>,
}

#[smart_action(collection = "tickets", name = "Keep", kind = "single")]
async fn keep(id: RecordId<i64>, _form: Form<Secrets>) -> ActionResult {
    if *id == 1 {
        return Err(failure("no"));
    }
    Err(std::io::Error::other("down").into())
}

#[smart_action(collection = "tickets", name = "Silent", kind = "global", audit = "off")]
async fn silent(trail: Trail) -> &'static str {
    trail.note("goes nowhere");
    "done"
}

fn tickets(states: &[&str]) -> MemoryRecords {
    let model = CollectionModel::new("tickets")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("state", ValueType::Text))
        .key(["id"]);
    let rows = states
        .iter()
        .zip(1..)
        .map(|(state, id)| json!({"id": id, "state": state}));
    MemoryRecords::new().collection(model, rows.collect())
}

fn all() -> [&'static ActionDescriptor; 7] {
    actions![close, touch, explode, all_or_none, report, silent, keep]
}

async fn agent(states: &[&str], settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> (Agent, AuditMemory) {
    let trail = AuditMemory::new();
    let audit = Audit::sink(trail.clone());
    let source = tickets(states);
    let agent =
        Agent::with(|builder| settings(builder.actions(all()).records(source).schema_file(false).audit(audit))).await;
    (agent, trail)
}

async fn run(states: &[&str], name: &str, attributes: Value) -> (Answer, Vec<AuditRow>) {
    let (agent, trail) = agent(states, |builder| builder).await;
    let answer = Call::post(action(name))
        .attributes(attributes)
        .send(&agent.serve().await)
        .await;
    (answer, trail.rows())
}

/// The operation and reason of each row of a record, in the order of the ids.
fn outcomes(rows: &[AuditRow]) -> Vec<(String, String, String)> {
    let about_records = rows
        .iter()
        .filter(|row| row.record_id.as_deref() != Some("") && row.operation != AuditOperation::Update);
    let mut outcomes: Vec<_> = about_records
        .map(|row| {
            assert_eq!(row.status, AuditStatus::Done, "{row:?}");
            let reason = row.reason.clone().unwrap_or_default();
            (row.record_id.clone().unwrap(), row.operation.to_string(), reason)
        })
        .collect();
    outcomes.sort();
    outcomes
}

fn texts(outcomes: &[(String, String, String)]) -> Vec<[&str; 3]> {
    outcomes
        .iter()
        .map(|(id, operation, reason)| [id.as_str(), operation, reason])
        .collect()
}

#[actix_web::test]
async fn every_record_has_the_outcome_that_the_handler_gave_it() {
    let values = json!({"why": "summer", "pin": "canary-7731", "proof": "data:text/plain;name=p.txt;base64,aGVsbG8="});
    let states = ["open", "closed", "broken", "open"];
    for selected in [these([1, 2, 3, 4]), all_of(json!({}))] {
        let mut attributes = selected.clone();
        attributes["values"] = values.clone();
        let (answer, rows) = run(&states, "close", attributes).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(
            texts(&outcomes(&rows)),
            [
                ["1", "action", ""],
                ["2", "action_refused", "already_closed: already closed"],
                ["3", "action_failed", "the_desk_is_away: the desk is away"],
                ["4", "action", ""],
            ]
        );
        let row = rows.iter().find(|row| row.record_id.as_deref() == Some("2")).unwrap();
        assert_eq!(row.action_name.as_deref(), Some("Close"));
        assert_eq!(row.surface.as_deref(), Some("ui"));
        assert_eq!(row.previous_values["why"], "summer");
        assert_eq!(row.previous_values["pin"], "[redacted]");
        assert_eq!(row.previous_values["proof"]["size"], 5);
        assert_eq!(row.user_email.as_deref(), Some("ada@example.com"));
        let changes: Vec<_> = rows
            .iter()
            .filter(|row| row.operation == AuditOperation::Update)
            .collect();
        assert_eq!(changes.len(), 2);
        assert_eq!(
            Value::from(changes[0].previous_values.clone()),
            json!({"state": "open"})
        );
        assert_eq!(Value::from(changes[0].new_values.clone()), json!({"state": "closed"}));
        assert_eq!(changes[0].correlation_key, row.correlation_key);
        assert!(!format!("{rows:?}").contains("canary"), "{rows:?}");
    }
}

#[actix_web::test]
async fn select_all_has_one_row_for_the_run_and_one_for_each_record_that_was_taken() {
    let (answer, rows) = run(&["open"; 5], "touch", all_of(json!({"search": "open"}))).await;
    assert_eq!(answer.success(), "5 touched");
    assert_eq!(rows.len(), 6);
    let whole = rows.iter().find(|row| row.record_id.as_deref() == Some("")).unwrap();
    assert_eq!(whole.selection.as_ref().unwrap()["search"], "open");
    assert_eq!(whole.selection.as_ref().unwrap()["all"], true);
    assert_eq!(whole.counts.as_ref().unwrap()["found"], 5);
    let ids: Vec<_> = outcomes(&rows)
        .into_iter()
        .map(|(id, operation, _)| (id, operation))
        .collect();
    let expected: Vec<_> = (1..=5).map(|id| (id.to_string(), "action".to_owned())).collect();
    assert_eq!(ids, expected);
    assert!(
        rows.iter().all(|row| row.new_values["message"] == "5 touched"),
        "{rows:?}"
    );
}

#[actix_web::test]
async fn a_panic_fails_every_record_with_the_reference_of_the_answer() {
    let (answer, rows) = run(&["open"; 2], "explode", these([1, 2])).await;
    assert_eq!(answer.status(), 500);
    let id = answer.header("x-forest-correlation-id").unwrap().to_owned();
    let reference = rows[0].reference.clone().unwrap();
    assert!(answer.text().contains(&reference));
    assert!(id.replace('-', "").starts_with(&reference));
    for row in &rows {
        assert_eq!(row.operation, AuditOperation::ActionFailed);
        assert_eq!(row.correlation_key.as_deref(), Some(id.as_str()));
        assert!(row.duration_ms.is_some() && row.status == AuditStatus::Done);
    }
}

#[actix_web::test]
async fn what_was_rolled_back_is_not_recorded_as_done() {
    for selected in [these([1, 2]), all_of(json!({}))] {
        let (answer, rows) = run(&["open", "closed"], "all-or-none", selected).await;
        assert_eq!(answer.status(), 400, "{answer:?}");
        let outcomes = outcomes(&rows);
        assert_eq!(outcomes[0].1, "action_failed");
        assert!(outcomes[0].2.starts_with("rolled_back: "), "{outcomes:?}");
        assert_eq!(outcomes[1].1, "action_refused");
    }
}

#[actix_web::test]
async fn one_id_leads_from_the_answer_to_the_log_and_the_row() {
    let log = Log::capture();
    let (answer, rows) = run(&[], "report", json!({})).await;
    let id = answer.header("x-forest-correlation-id").unwrap();
    assert_eq!(answer.success(), id);
    assert_eq!(rows[0].correlation_key.as_deref(), Some(id));
    assert_eq!(rows[0].record_id.as_deref(), Some(""));
    assert!(log.lines().iter().any(|line| line.get("correlation_id") == id));
    let refused = Call::post(action("report")).without("authorization");
    let (agent, _) = agent(&[], |builder| builder).await;
    let refused = refused.send(&agent.serve().await).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.header("x-forest-correlation-id").unwrap().len(), 36);
}

#[actix_web::test]
async fn an_action_that_is_not_recorded_leaves_no_row() {
    let (answer, rows) = run(&[], "silent", json!({})).await;
    assert_eq!((answer.success().as_str(), rows.len()), ("done", 0));
}

#[actix_web::test]
async fn records_that_are_gone_leave_a_refused_row() {
    let (answer, rows) = run(&["open"], "touch", these([7, 8])).await;
    assert_eq!(answer.status(), 404);
    let reason = "RecordNotFoundError: none of the 2 selected records exist any more, or you may not see them";
    assert_eq!(
        texts(&outcomes(&rows)),
        [["7", "action_refused", reason], ["8", "action_refused", reason]]
    );
    // some are gone: the others are recorded
    let (_, rows) = run(&["open"], "touch", these([1, 8])).await;
    assert_eq!(texts(&outcomes(&rows)), [["1", "action", ""]]);
    assert_eq!(
        Value::from(rows[0].counts.clone()),
        json!({"selected": 2, "found": 1, "succeeded": 1})
    );
    // more than twenty have one row
    let (_, rows) = run(&["open"], "touch", these(100..121)).await;
    assert_eq!((rows.len(), rows[0].record_id.as_deref()), (1, Some("")));
}

#[actix_web::test]
async fn malformed_requests_are_not_runs_that_were_refused() {
    for attributes in [json!({"ids": {}}), json!({"ids": ["x"]}), json!({"ids": []})] {
        let (answer, rows) = run(&["open"], "touch", attributes).await;
        assert_eq!((answer.status(), rows.len()), (400, 0));
    }
    // the form is read when the rows are pending
    let mut attributes = these([1]);
    attributes["values"] = json!({"why": 7, "pin": {"canary": 1}});
    let (answer, rows) = run(&["open"], "close", attributes).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().contains("“pin”: the value is not accepted"), "{answer:?}");
    assert_eq!(rows[0].operation, AuditOperation::ActionRefused);
    assert!(!format!("{rows:?}").contains("canary"));
}

#[actix_web::test]
async fn refusals_by_right_and_by_approval_are_recorded_and_an_approved_run_has_both_people() {
    let fake = shop().await;
    let trail = AuditMemory::new();
    let audit = Audit::sink(trail.clone());
    let agent = Agent::connected_to(fake.clone(), |builder| {
        builder
            .actions(actions![server_approvals::charge])
            .schema_upload(false)
            .schema_file(false)
            .audit(audit)
    })
    .await;
    let app = agent.serve().await;
    let charge = || Call::post(action("charge")).attributes(json!({"ids": ["7", "8"], "values": {"amount": 42}}));
    // Olga may approve, and not trigger; Sam needs an approval
    for (user, name) in [
        (OLGA, "CustomActionTriggerForbiddenError"),
        (SAM, "CustomActionRequiresApprovalError"),
    ] {
        let answer = charge().by(&fake, user).send(&app).await;
        assert_eq!((answer.status(), answer.name().as_str()), (403, name));
    }
    let rows = trail.rows();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.user_id, row.record_id.as_deref().unwrap(), row.operation.as_str()))
        .collect();
    let (sam, olga) = (Some(SAM as i32), Some(OLGA as i32));
    assert_eq!(
        seen,
        [
            (olga, "7", "action_refused"),
            (olga, "8", "action_refused"),
            (sam, "7", "action_refused"),
            (sam, "8", "action_refused")
        ]
    );
    assert_eq!(
        rows[0].reason.as_deref(),
        Some("CustomActionTriggerForbiddenError: You don't have permission to trigger this action.")
    );
    let number = fake.file_approval(SAM, request());
    let approved = fake.approve(number, OLGA).unwrap();
    let answer = Call::post(action("charge"))
        .by(&fake, OLGA)
        .json(approved.body())
        .send(&app)
        .await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let row = trail.rows().pop().unwrap();
    assert_eq!((row.user_id, row.requester_id.as_deref()), (olga, Some("2")));
    assert_eq!(row.collection, ORDERS);
    // an approval that is not one
    let before = trail.rows().len();
    let forged = Call::post(action("charge"))
        .by(&fake, OLGA)
        .attributes(json!({"signed_approval_request": "a.b.c"}));
    assert_eq!(forged.send(&app).await.status(), 400);
    let rows = trail.rows();
    assert_eq!(
        (rows.len(), rows.last().unwrap().operation.as_str()),
        (before + 1, "action_refused")
    );
}

#[actix_web::test]
async fn a_secret_of_any_type_is_in_no_row_log_header_or_text() {
    const NUMBER: i64 = 771_177_117_711;
    let file = |kind: &str| format!("data:{kind};name=canary.txt;base64,Y2FuYXJ5IGNhbmFyeQ==");
    let valid = json!({"text": "canary", "short": "canar", "digits": NUMBER.to_string(), "area": "canary", "number": NUMBER,
        "decimal": 771_177.117_711, "flag": true, "json": {"canary": "canary"}, "file": file("image/png"),
        "list": ["canary", "canary"], "numbers": [NUMBER], "files": [file("text/plain")], "undeclared": "kept"});
    let invalid = json!({"text": ["canary"], "short": "canary canary", "digits": "canary", "area": {"canary": 1}, "number": "canary",
        "decimal": "canary", "flag": "canary", "json": file("canary/canary"), "file": file("canary/canary"), "list": "canary",
        "numbers": [NUMBER, NUMBER, NUMBER], "files": ["canary"]});
    let log = Log::capture();
    let (agent, trail) = agent(&["open"; 2], |builder| builder).await;
    let app = agent.serve().await;
    for (values, id, status) in [
        (&valid, 1, 400),
        (&valid, 2, 500),
        (&invalid, 1, 400),
        (&json!("canary"), 1, 400),
    ] {
        let mut attributes = these([id]);
        attributes["values"] = values.clone();
        let answer = Call::post(action("keep")).attributes(attributes).send(&app).await;
        assert_eq!(answer.status(), status, "{answer:?}");
        let rows = trail.rows();
        let told = format!("{answer:?} {rows:?}");
        for secret in ["canary", "canar\"", "771177", "Y2FuYXJ5"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
    assert_eq!(trail.rows()[0].previous_values["undeclared"], "kept");
    assert_eq!(trail.rows()[0].previous_values["numbers"], "[redacted]");
    let lines = format!("{:?}", log.lines());
    assert!(!lines.contains("canary") && !lines.contains("771177"), "{lines}");
}
