//! Records that change between the check of a right and the handler: none that needs an approval, or that the right does not
//! cover, reaches the handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, Key, MemoryRecords, Page, Record, RecordQuery, RecordSource, SourceFuture, ValueType,
};
use forest_actions::testing::{ActionRight, FakeForest};
use forest_actions::{ForestBuilder, Records, Selection};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::support::connected::{SAM, condition, project};
use crate::support::{Agent, Answer, Call};

/// Five pending orders. After a number of counts, the second and the third are live.
#[derive(Clone)]
struct Changing {
    before: MemoryRecords,
    after: MemoryRecords,
    counts: Arc<AtomicUsize>,
    changes_after: usize,
    is_changed: Arc<AtomicBool>,
}

fn orders(live: &[i64]) -> MemoryRecords {
    let model = CollectionModel::new("changing orders")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("status", ValueType::Text))
        .key(["id"]);
    let status = |id: i64| if live.contains(&id) { "live" } else { "pending" };
    let rows = (1..=5).map(|id| json!({"id": id, "status": status(id)})).collect();
    MemoryRecords::new().collection(model, rows)
}

impl Changing {
    fn after(counts: usize) -> Self {
        Self {
            before: orders(&[]),
            after: orders(&[2, 3]),
            counts: Arc::default(),
            changes_after: counts,
            is_changed: Arc::default(),
        }
    }

    fn now(&self) -> &MemoryRecords {
        match self.is_changed.load(Ordering::SeqCst) {
            true => &self.after,
            false => &self.before,
        }
    }
}

impl RecordSource for Changing {
    fn collections(&self) -> Vec<CollectionModel> {
        self.before.collections()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            let count = self.now().count(query, at_most).await;
            if self.counts.fetch_add(1, Ordering::SeqCst) + 1 >= self.changes_after {
                self.is_changed.store(true, Ordering::SeqCst);
            }
            count
        })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        self.now().keys(query, after, limit)
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        self.now().records(query, page)
    }
}

#[derive(serde::Deserialize)]
struct Order {
    id: i64,
}

fn joined(ids: &[i64]) -> ActionResult {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Ok(success(format!("[{}]", ids.join(","))))
}

#[smart_action(collection = "changing orders", name = "All ids", kind = "bulk")]
async fn all_ids(ids: RecordIds<i64>) -> ActionResult {
    joined(&ids)
}

#[smart_action(collection = "changing orders", name = "One id", kind = "bulk")]
async fn one_id(id: RecordId<i64>) -> ActionResult {
    joined(&[*id])
}

#[smart_action(collection = "changing orders", name = "Chunks of ids", kind = "bulk")]
async fn chunks_of_ids(selection: Selection) -> ActionResult {
    joined(&selection.chunks::<i64>(2).try_concat().await?)
}

#[smart_action(collection = "changing orders", name = "Stream of ids", kind = "bulk")]
async fn stream_of_ids(selection: Selection) -> ActionResult {
    joined(&selection.stream::<i64>().try_collect::<Vec<_>>().await?)
}

#[smart_action(collection = "changing orders", name = "Chunks of records", kind = "bulk")]
async fn chunks_of_records(orders: Records<Order>) -> ActionResult {
    let orders = orders.chunks(2).try_concat().await?;
    joined(&orders.iter().map(|order| order.id).collect::<Vec<_>>())
}

#[smart_action(collection = "changing orders", name = "Stream of records", kind = "bulk")]
async fn stream_of_records(orders: Records<Order>) -> ActionResult {
    let orders: Vec<Order> = orders.stream().try_collect().await?;
    joined(&orders.iter().map(|order| order.id).collect::<Vec<_>>())
}

#[smart_action(
    collection = "changing orders",
    name = "At most four",
    kind = "bulk",
    max_records = 4
)]
async fn at_most_four(selection: Selection) -> ActionResult {
    joined(&selection.chunks::<i64>(2).try_concat().await?)
}

#[smart_action(
    collection = "changing orders",
    name = "At most four records",
    kind = "bulk",
    max_records = 4
)]
async fn at_most_four_records(orders: Records<Order>) -> ActionResult {
    let orders = orders.chunks(2).try_concat().await?;
    joined(&orders.iter().map(|order| order.id).collect::<Vec<_>>())
}

const EXTRACTORS: [&str; 5] = [
    "All ids",
    "Chunks of ids",
    "Stream of ids",
    "Chunks of records",
    "Stream of records",
];

async fn run(fake: &FakeForest, source: Changing, action: &str, attributes: Value) -> Answer {
    let ours = actions![
        all_ids,
        one_id,
        chunks_of_ids,
        stream_of_ids,
        chunks_of_records,
        stream_of_records,
        at_most_four,
        at_most_four_records
    ];
    let settings = |builder: ForestBuilder| {
        let builder = builder.actions(ours).records(source);
        builder.schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    let path = format!("/forest/actions/{}", action.to_lowercase().replace(' ', "-"));
    Call::post(path).by(fake, SAM).attributes(attributes).send(&app).await
}

fn all() -> Value {
    json!({"all_records": true, "all_records_subset_query": {}})
}

#[actix_web::test]
async fn app_02_records_that_need_an_approval_meanwhile_are_not_handed_over() {
    let fake = project().await;
    for action in EXTRACTORS {
        fake.role("Support")
            .may_trigger("changing orders", action)
            .requires_approval_if("changing orders", action, condition("status", "equal", "live"));
        for attributes in [all(), json!({"ids": ["5", "4", "3", "2", "1"]})] {
            let answer = run(&fake, Changing::after(1), action, attributes.clone()).await;
            let mut ids: Vec<i64> = serde_json::from_str(&answer.success()).unwrap();
            if attributes.get("ids").is_some() && !action.contains("records") {
                assert_eq!(ids, [5, 4, 1], "{action}: in the order of the request");
            }
            ids.sort_unstable();
            assert_eq!(ids, [1, 4, 5], "{action} {attributes}");
        }
        // without a change, all of them
        let answer = run(&fake, Changing::after(99), action, all()).await;
        assert_eq!(answer.success(), "[1,2,3,4,5]", "{action}");
    }
    fake.role("Support")
        .may_trigger("changing orders", "One id")
        .requires_approval_if("changing orders", "One id", condition("status", "equal", "live"));
    let answer = run(&fake, Changing::after(1), "One id", json!({"ids": ["2"]})).await;
    assert_eq!(answer.name(), "RecordNotFoundError", "{answer:?}");
}

#[actix_web::test]
async fn per_13_records_that_leave_the_condition_of_the_right_meanwhile_are_not_handed_over() {
    let fake = project().await;
    for action in EXTRACTORS {
        fake.role("Support")
            .may_trigger_if("changing orders", action, condition("status", "equal", "pending"));
        for (attributes, counts) in [(all(), 2), (json!({"ids": ["1", "2", "3", "4", "5"]}), 1)] {
            let answer = run(&fake, Changing::after(counts), action, attributes.clone()).await;
            assert_eq!(answer.success(), "[1,4,5]", "{action} {attributes}");
        }
    }
}

#[actix_web::test]
async fn the_maximum_number_of_records_holds_for_those_that_are_handed_over() {
    let fake = project().await;
    for action in ["At most four", "At most four records"] {
        fake.grant("Support", "changing orders", action);
        // none of the two live orders is counted, and both are there when the handler reads
        let filters = json!({"field": "status", "operator": "equal", "value": "pending"}).to_string();
        let source = Changing {
            before: orders(&[2, 3]),
            after: orders(&[]),
            ..Changing::after(1)
        };
        let attributes = json!({"all_records": true, "all_records_subset_query": {"filters": filters}});
        let answer = run(&fake, source, action, attributes).await;
        assert!(answer.detail(422).contains("at most 4 records"), "{action} {answer:?}");
    }
}

#[actix_web::test]
async fn select_all_without_a_record_meets_no_condition() {
    let fake = project().await;
    let none = json!({"field": "status", "operator": "equal", "value": "none"}).to_string();
    let nothing = json!({"all_records": true, "all_records_subset_query": {"filters": none}});
    let role = || fake.role("Support");
    let (collection, action) = ("changing orders", "All ids");
    let impossible = || condition("id", "equal", -5);
    role().may_trigger_if(collection, action, impossible());
    let answer = run(&fake, Changing::after(99), action, nothing.clone()).await;
    assert_eq!(answer.detail(400), "Select at least one record.");
    role()
        .no_condition(ActionRight::Trigger, collection, action)
        .requires_approval_if(collection, action, impossible());
    let answer = run(&fake, Changing::after(99), action, nothing.clone()).await;
    assert_eq!(answer.detail(400), "Select at least one record.");
    role().no_condition(ActionRight::ApprovalRequired, collection, action);
    let answer = run(&fake, Changing::after(99), action, nothing).await;
    assert_eq!(answer.detail(400), "Select at least one record.");
    let answer = run(&fake, Changing::after(99), action, json!({"ids": []})).await;
    assert_eq!(answer.detail(400), "Select at least one record.");
}
