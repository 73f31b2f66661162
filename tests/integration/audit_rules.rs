//! The audit trail of actions with a rule, a question or a preview.

use forest_actions::audit::{Audit, AuditMemory, AuditRow, AuditStatus};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::field::these;
use crate::support::records::{action, all_of};
use crate::support::{Agent, Answer, Call};

#[derive(serde::Deserialize)]
struct Order {
    state: String,
}

fn is_open(order: &Order, _: &Caller) -> Result<(), NotDone> {
    match order.state.as_str() {
        "open" => Ok(()),
        _ => refuse("already shipped"),
    }
}

#[smart_action(collection = "orders", name = "Ship", can_run = is_open, preview = what_is_shipped)]
async fn ship(selection: Selection) -> ActionResult {
    let ids: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success(format!("{} shipped", ids.len())))
}

async fn what_is_shipped(selection: Selection) -> ActionResult<Preview> {
    Ok(Preview::new(format!("{} will be shipped", selection.count().await?)))
}

#[smart_action(collection = "orders", name = "Ship alone", can_run = is_open, on_refusal = "stop", confirm = "Really?")]
async fn ship_alone(selection: Selection) -> ActionResult {
    Ok(success(selection.count().await?.to_string()))
}

async fn agent(states: &[&str]) -> (Agent, AuditMemory) {
    let model = CollectionModel::new("orders")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("state", ValueType::Text))
        .key(["id"]);
    let rows = states
        .iter()
        .zip(1..)
        .map(|(state, id)| json!({"id": id, "state": state}));
    let records = MemoryRecords::new().collection(model, rows.collect());
    let trail = AuditMemory::new();
    let audit = Audit::sink(trail.clone());
    let agent = Agent::with(|builder| {
        let builder = builder.actions(actions![ship, ship_alone]).records(records);
        builder.schema_file(false).audit(audit)
    });
    (agent.await, trail)
}

async fn send(agent: &Agent, path: &str, mut attributes: Value, values: Value) -> Answer {
    attributes["values"] = values;
    Call::post(action(path))
        .attributes(attributes)
        .send(&agent.serve().await)
        .await
}

/// Record, operation and reason of each row about a record.
fn outcomes(rows: &[AuditRow]) -> Vec<[String; 3]> {
    let mut outcomes: Vec<_> = rows
        .iter()
        .filter(|row| row.record_id.as_deref() != Some(""))
        .map(|row| {
            assert_eq!(row.status, AuditStatus::Done, "{row:?}");
            let (id, reason) = (row.record_id.clone().unwrap(), row.reason.clone().unwrap_or_default());
            [id, row.operation.to_string(), reason]
        })
        .collect();
    outcomes.sort();
    outcomes
}

#[actix_web::test]
async fn a_record_that_a_rule_refuses_has_a_row_with_its_reason() {
    for attributes in [these(1..=3), all_of(json!({}))] {
        let (agent, trail) = agent(&["open", "shipped", "open"]).await;
        let answer = send(&agent, "ship", attributes, json!({})).await;
        assert_eq!(answer.json()["success"], "2 shipped, 1 refused");
        let expected = [
            ["1", "action", ""],
            ["2", "action_refused", "already_shipped: already shipped"],
            ["3", "action", ""],
        ];
        assert_eq!(outcomes(&trail.rows()), expected);
    }
}

#[actix_web::test]
async fn a_run_that_a_rule_stops_has_the_reason_of_each_record() {
    let stopped = "BadRequestError: Nothing was done: 1 refused";
    let refused = ["2", "action_refused", "already_shipped: already shipped"];
    let rest = |id| [id, "action_refused", stopped];
    for (attributes, expected) in [
        (these(1..=3), vec![rest("1"), refused, rest("3")]),
        // the row of the run stands for the records that were not refused
        (all_of(json!({})), vec![refused]),
    ] {
        let (agent, trail) = agent(&["open", "shipped", "open"]).await;
        let answer = send(&agent, "ship-alone", attributes, json!({"Confirm": true})).await;
        assert_eq!(answer.status(), 400, "{answer:?}");
        let rows = trail.rows();
        assert_eq!(outcomes(&rows), expected);
        let whole = rows.iter().find(|row| row.record_id.as_deref() == Some(""));
        assert_eq!(whole.is_some(), expected.len() == 1, "{rows:?}");
    }
}

#[actix_web::test]
async fn an_unanswered_question_is_no_run() {
    let (agent, trail) = agent(&["open"]).await;
    let answer = send(&agent, "ship-alone", these([1]), json!({})).await;
    assert_eq!((answer.status(), trail.rows().len()), (400, 0));
}

#[actix_web::test]
async fn a_preview_leaves_no_row_and_its_token_is_not_kept() {
    let (agent, trail) = agent(&["open", "open"]).await;
    let mut seen = 0;
    let mut new_rows = || {
        let rows = trail.rows().split_off(seen);
        seen += rows.len();
        rows
    };
    for attributes in [these([1, 2]), all_of(json!({}))] {
        let shown = send(&agent, "ship/preview", attributes.clone(), json!({})).await;
        assert_eq!(shown.status(), 200, "{shown:?}");
        assert_eq!(new_rows().len(), 0);
        let token = shown.json()["previewToken"].as_str().unwrap().to_owned();
        // reading the records to compare them is not taking them
        let outdated = send(
            &agent,
            "ship",
            all_of(json!({"search": "1"})),
            json!({"$preview": token}),
        )
        .await;
        assert_eq!(outdated.status(), 409, "{outdated:?}");
        let rows = new_rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].operation.to_string(), "action_refused");
        assert!(!format!("{rows:?}").contains(&token), "{rows:?}");
        let answer = send(&agent, "ship", attributes, json!({"$preview": token})).await;
        assert_eq!(answer.success(), "2 shipped");
        let rows = new_rows();
        assert_eq!(outcomes(&rows), [["1", "action", ""], ["2", "action", ""]]);
        assert!(!format!("{rows:?}").contains(&token), "{rows:?}");
    }
}
