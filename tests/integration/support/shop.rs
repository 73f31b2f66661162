//! Browsing support: a shop of companies, transactions, customers and documents, its agent, and a source of one large
//! collection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use forest_actions::records::{
    CollectionModel, FieldModel, Filter, Key, MemoryRecords, Operator, Page, Record, RecordError, RecordQuery,
    RecordSource, RelationModel, SourceFuture, ValueType,
};
use forest_actions::{ForestBuilder, LocalRole};
use serde_json::{Value, json};

use super::{Agent, Answer, Call, TestService, companies, query_string};

pub(crate) const ALICE: &str = "c0000000-0000-4000-8000-000000000001";
pub(crate) const BOB: &str = "c0000000-0000-4000-8000-000000000002";

fn field(name: &str, value_type: ValueType) -> FieldModel {
    FieldModel::new(name, value_type)
}

fn foreign_key(name: &str, value_type: ValueType) -> FieldModel {
    let mut field = FieldModel::new(name, value_type);
    field.is_foreign_key = true;
    field
}

fn hidden(name: &str) -> FieldModel {
    let mut field = FieldModel::new(name, ValueType::Text);
    field.is_hidden = true;
    field
}

/// Companies, their transactions, the customers of these, and documents with ids of any kind.
pub(crate) fn records() -> MemoryRecords {
    let companies = CollectionModel::new("companies")
        .field(field("id", ValueType::Integer))
        .field(field("name", ValueType::Text))
        .field(hidden("secret"))
        .key(["id"])
        .relation(RelationModel::has_many("emitted", "transactions", "id", "emitter_id"));
    let customers = CollectionModel::new("customers")
        .field(field("id", ValueType::Uuid))
        .field(field("first_name", ValueType::Text))
        .field(field("country", ValueType::Text))
        .key(["id"])
        .relation(RelationModel::has_many(
            "purchases",
            "transactions",
            "id",
            "customer_id",
        ));
    let transactions = CollectionModel::new("transactions")
        .field(field("id", ValueType::Integer))
        .field(field("label", ValueType::Text))
        .field(field("amount", ValueType::Integer))
        .field(field("is_paid", ValueType::Boolean))
        .field(field("created_at", ValueType::Instant))
        .field(field("due_on", ValueType::Day))
        .field(foreign_key("customer_id", ValueType::Uuid))
        .field(foreign_key("emitter_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("customer", "customers", "customer_id", "id"))
        .relation(RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"))
        .segment("Large", Filter::leaf("amount", Operator::GreaterThanOrEqual, 20));
    let documents = CollectionModel::new("documents")
        .field(field("path", ValueType::Text))
        .field(field("version", ValueType::Integer))
        .key(["path", "version"])
        .relation(RelationModel::has_many("notes", "notes", "version", "document_version"))
        .countable(false);
    let notes = CollectionModel::new("notes")
        .field(field("id", ValueType::Integer))
        .field(foreign_key("document_version", ValueType::Integer))
        .key(["id"]);
    let row = |id: i64, label: &str, amount: i64, customer: Option<&str>, emitter: i64| {
        json!({
            "id": id, "label": label, "amount": amount, "is_paid": amount == 0, "created_at": "2024-05-15T22:30:00Z",
            "due_on": "2024-05-15", "customer_id": customer, "emitter_id": emitter,
        })
    };
    MemoryRecords::new()
        .collection(
            companies,
            vec![
                json!({"id": 1, "name": "Acme Corp", "secret": "classified"}),
                json!({"id": 2, "name": "Globex", "secret": "classified"}),
            ],
        )
        .collection(
            customers,
            vec![
                json!({"id": ALICE, "first_name": "Alice", "country": "UK"}),
                json!({"id": BOB, "first_name": "Bob", "country": "FR"}),
            ],
        )
        .collection(
            transactions,
            vec![
                row(1, "Invoice 001", 10, Some(ALICE), 1),
                row(2, "=1+1", 0, None, 1),
                row(3, "Invoice, \"003\"", 30, Some(BOB), 2),
            ],
        )
        .collection(
            documents,
            ODD_IDS
                .iter()
                .enumerate()
                .map(|(version, path)| json!({"path": path, "version": version}))
                .collect(),
        )
        .collection(
            notes,
            (0..ODD_IDS.len())
                .map(|version| json!({"id": version, "document_version": version}))
                .collect(),
        )
}

/// Ids that mean something to a path, a query, a list of ids or a file name.
pub(crate) const ODD_IDS: [&str; 9] = [
    "a/b",
    "a b+c",
    "a|b",
    "50% é 🍺",
    "%2F",
    "?x=1#y",
    "[\"x\"]",
    "count",
    "x.csv",
];

/// An agent of the shop whose user may do everything.
pub(crate) async fn agent() -> Agent {
    Agent::with(|builder| builder.actions(companies()).records(records())).await
}

/// An agent of the shop whose role `Admin`, which the user has, is this one.
pub(crate) async fn agent_with_role(role: LocalRole) -> Agent {
    let settings = |builder: ForestBuilder| builder.actions(companies()).records(records()).local_role(role);
    Agent::with(settings).await
}

/// Sends a request like the UI.
pub(crate) async fn ask(app: &impl TestService, uri: impl Into<String>) -> Answer {
    Call::read(uri).send(app).await
}

/// The ids of a list, in its order.
pub(crate) fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let document = answer.json();
    let data = document["data"].as_array().unwrap().iter();
    data.map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

/// The parameter of a list that has this one condition.
pub(crate) fn filters(field: &str, operator: &str, value: Value) -> String {
    let filter = json!({"field": field, "operator": operator, "value": value});
    query_string(&[("filters", filter.to_string())])
}

/// A source of one large collection that counts reads, and fails or panics on request.
#[derive(Clone)]
pub(crate) struct Large {
    size: i64,
    fault: Option<&'static str>,
    pub(crate) reads: Arc<AtomicUsize>,
}

impl Large {
    pub(crate) fn new(size: i64, fault: Option<&'static str>) -> Self {
        Self {
            size,
            fault,
            reads: Arc::default(),
        }
    }

    pub(crate) async fn agent(&self) -> Agent {
        Agent::with(|builder| builder.actions(companies()).records(self.clone())).await
    }
}

impl RecordSource for Large {
    fn collections(&self) -> Vec<CollectionModel> {
        let id = field("id", ValueType::Integer);
        vec![
            CollectionModel::new("companies").field(id.clone()).key(["id"]),
            CollectionModel::new("rows").field(id).key(["id"]),
        ]
    }

    fn count<'a>(&'a self, _: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async { Ok(self.size.unsigned_abs()) })
    }

    fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn records<'a>(&'a self, _: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            self.reads.fetch_add(1, Ordering::SeqCst);
            match self.fault {
                Some("panic") => panic!("the source fell over"),
                Some(told) => return Err(RecordError::unsupported(told)),
                None => {}
            }
            let after = page.after.as_ref().map_or(0, |key| key.to_string().parse().unwrap());
            let limit = i64::try_from(page.limit).unwrap();
            let row = |id: i64| {
                let attributes = json!({ "id": id }).as_object().unwrap().clone();
                Record::new(Key::one(id), attributes)
            };
            Ok((after + 1..=self.size.min(after + limit)).map(row).collect())
        })
    }
}
