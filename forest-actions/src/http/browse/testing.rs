//! Models, records and a source for the unit tests of this module.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{TimeZone as _, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::records::{
    CollectionModel, Condition, FieldModel, Key, Models, Page, Record, RecordAccess, RecordError, RecordQuery,
    RecordSource, RecordStore, RelationModel, SourceFuture, ValueType,
};

fn hidden(name: &str) -> FieldModel {
    let mut field = FieldModel::new(name, ValueType::Text);
    field.is_hidden = true;
    field
}

fn foreign_key(name: &str, value_type: ValueType) -> FieldModel {
    let mut field = FieldModel::new(name, value_type);
    field.is_foreign_key = true;
    field
}

fn collections() -> Vec<CollectionModel> {
    let field = FieldModel::new;
    vec![
        CollectionModel::new("transactions")
            .field(field("id", ValueType::Integer))
            .field(field("label", ValueType::Text))
            .field(field("amount", ValueType::Decimal))
            .field(field("created_at", ValueType::Instant))
            .field(field("due_on", ValueType::Day))
            .field(foreign_key("customer_id", ValueType::Uuid))
            .field(foreign_key("emitter_id", ValueType::Integer))
            .field(hidden("secret"))
            .key(["id"])
            .relation(RelationModel::belongs_to("customer", "customers", "customer_id", "id"))
            .relation(RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"))
            .relation(RelationModel::has_many("notes", "notes", "id", "transaction_id")),
        CollectionModel::new("customers")
            .field(field("id", ValueType::Uuid))
            .field(field("first_name", ValueType::Text))
            .key(["id"]),
        CollectionModel::new("companies")
            .field(field("id", ValueType::Integer))
            .field(field("name", ValueType::Text))
            .field(field("is_active", ValueType::Boolean))
            .field(field("meta", ValueType::Json))
            .field(hidden("secret"))
            .key(["id"])
            .relation(RelationModel::has_many("emitted", "transactions", "id", "emitter_id")),
        CollectionModel::new("assignments")
            .field(foreign_key("customer_id", ValueType::Text))
            .field(foreign_key("company_id", ValueType::Integer))
            .field(field("role", ValueType::Text))
            .key(["customer_id", "company_id"]),
        CollectionModel::new("notes")
            .field(field("id", ValueType::Integer))
            .field(foreign_key("transaction_id", ValueType::Integer))
            .field(field("text", ValueType::Text))
            .key(["id"])
            .relation(RelationModel::belongs_to(
                "transaction",
                "transactions",
                "transaction_id",
                "id",
            ))
            .countable(false),
        CollectionModel::new("totals").field(field("sum", ValueType::Decimal)),
    ]
}

pub(super) fn models() -> Models {
    Models::new(collections())
}

/// A record with an integer key.
pub(super) fn record(id: i64, attributes: Value) -> Record {
    let Value::Object(attributes) = attributes else {
        panic!("attributes are an object")
    };
    Record::new(Key::one(id), attributes)
}

pub(super) fn transaction(id: i64) -> Record {
    record(
        id,
        json!({
            "id": id, "label": format!("Invoice {id:03}"), "amount": "10.00",
            "created_at": "2024-05-15T10:30:00.000Z", "due_on": "2024-05-15",
        }),
    )
}

pub(super) fn acme() -> Record {
    record(1, json!({"id": 1, "name": "Acme Corp"}))
}

pub(super) fn alice() -> Record {
    let id = "c0000000-0000-4000-8000-000000000001";
    let mut alice = record(0, json!({"id": id, "first_name": "Alice"}));
    alice.key = Key::one(uuid::Uuid::parse_str(id).unwrap());
    alice
}

/// A source of records in key order that records its calls.
#[derive(Default)]
pub(super) struct Shelf {
    rows: HashMap<String, Vec<Record>>,
    pub(super) pages: Mutex<Vec<(RecordQuery, Page)>>,
    pub(super) counts: Mutex<Vec<RecordQuery>>,
    /// From the page of this number on, reading fails.
    fails_from: Option<usize>,
    error: Option<fn() -> RecordError>,
    read: AtomicUsize,
}

impl Shelf {
    pub(super) fn with(mut self, collection: &str, rows: Vec<Record>) -> Self {
        self.rows.insert(collection.to_owned(), rows);
        self
    }

    pub(super) fn failing(mut self, from: usize, error: fn() -> RecordError) -> Self {
        self.fails_from = Some(from);
        self.error = Some(error);
        self
    }

    pub(super) fn access(self) -> (Arc<Self>, RecordAccess) {
        let source = Arc::new(self);
        let mut caller = Caller::new("172", "ada@example.com");
        caller.timezone = Tz::Europe__Paris;
        let access = RecordAccess {
            store: RecordStore {
                source: source.clone(),
                models: Arc::new(models()),
                writable: Arc::default(),
            },
            rules: Arc::default(),
            variables: Arc::new(caller.clone()),
            now: Utc.with_ymd_and_hms(2024, 5, 15, 10, 30, 0).unwrap(),
            trusted_timezone: None,
            caller,
        };
        (source, access)
    }

    fn matching<'a>(&'a self, query: &'a RecordQuery) -> impl Iterator<Item = &'a Record> {
        let rows = self.rows.get(&query.collection).into_iter().flatten();
        rows.filter(|record| holds(&query.condition, record))
    }

    fn failure(&self) -> Result<(), RecordError> {
        let number = self.read.fetch_add(1, Ordering::SeqCst);
        match self.error {
            Some(error) if self.fails_from.is_some_and(|from| number >= from) => Err(error()),
            _ => Ok(()),
        }
    }
}

fn holds(condition: &Condition, record: &Record) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|condition| holds(condition, record)),
        Condition::Any(any) => any.iter().any(|condition| holds(condition, record)),
        Condition::KeyIn(keys) => keys.contains(&record.key),
        // the records of these tests name their parent in an attribute
        Condition::LinkedTo(parent) => {
            let link = format!("{}/{}/{}", parent.collection, parent.key, parent.relation);
            record.attributes.get("linked_to") == Some(&json!(link))
        }
        // what a search resolves to is tested where it is resolved
        Condition::Field(..) => true,
        other => panic!("not expected here: {other:?}"),
    }
}

impl RecordSource for Shelf {
    fn collections(&self) -> Vec<CollectionModel> {
        collections()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            self.failure()?;
            self.counts.lock().unwrap().push(query.clone());
            Ok(self.matching(query).count() as u64)
        })
    }

    fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async { panic!("browsing reads records") })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            self.failure()?;
            self.pages.lock().unwrap().push((query.clone(), page.clone()));
            let rows: Vec<&Record> = self.matching(query).collect();
            let after = page
                .after
                .as_ref()
                .and_then(|key| rows.iter().position(|row| row.key == *key));
            let begin = after.map_or(0, |index| index + 1) + usize::try_from(page.offset).unwrap_or(usize::MAX / 2);
            let rows = rows.into_iter().skip(begin).take(page.limit as usize);
            let read = |record: &Record| {
                let mut read = Record::new(record.key.clone(), record.attributes.clone());
                read.attributes.retain(|name, _| page.projection.fields.contains(name));
                let related = record.related.iter();
                let asked = |name: &String| page.projection.relations.iter().any(|(asked, _)| asked == name);
                read.related = related.filter(|(name, _)| asked(name)).cloned().collect();
                read
            };
            Ok(rows.map(read).collect())
        })
    }
}
