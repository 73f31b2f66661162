//! The source as a whole: conditions, relations, paging, and changes of rows.

mod conditions;
mod rows;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::json;

use super::super::model::FieldModel;
use super::super::relation::{RelationModel, Through};
use super::super::value_type::ValueType;
use super::*;
use crate::records::Condition;

/// The output of a future that is ready at once.
fn now<T>(future: SourceFuture<'_, T>) -> Result<T, RecordError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("memory does not wait"),
    }
}

fn field(name: &str, value_type: ValueType) -> FieldModel {
    FieldModel::new(name, value_type)
}

/// Companies, their customers and advisors.
fn records() -> MemoryRecords {
    let companies = CollectionModel::new("companies")
        .field(field("id", ValueType::Integer))
        .field(field("name", ValueType::Text))
        .field(field("status", ValueType::Text).enum_values(["live", "draft"]))
        .field(field("revenue", ValueType::Decimal))
        .field(field("active", ValueType::Boolean))
        .field(field("created_at", ValueType::Instant))
        .field(field("tags", ValueType::List(Box::new(ValueType::Text))))
        .field(field("metadata", ValueType::Json))
        .key(["id"])
        .relation(RelationModel::has_many("customers", "customers", "id", "company_id"))
        .relation(RelationModel::has_one(
            "first_customer",
            "customers",
            "id",
            "company_id",
        ))
        .relation(RelationModel::belongs_to_many(
            "advisors",
            "customers",
            "id",
            "id",
            Through::new("assignments", "company_id", "customer_id"),
        ));
    let customers = CollectionModel::new("customers")
        .field(field("id", ValueType::Text))
        .field(field("name", ValueType::Text))
        .field(field("company_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("company", "companies", "company_id", "id"));
    let assignments = CollectionModel::new("assignments")
        .field(field("company_id", ValueType::Integer))
        .field(field("customer_id", ValueType::Text))
        .field(field("role", ValueType::Text))
        .key(["customer_id", "company_id"]);
    MemoryRecords::new()
        .collection(
            companies,
            vec![
                json!({"id": 10, "name": "Éclair", "status": "live", "revenue": "10.50", "active": true,
                       "created_at": "2024-05-15T10:30:00Z", "tags": ["red", "blue"], "metadata": {"tier": "gold"}}),
                json!({"id": 9, "name": "", "status": "draft", "revenue": 10, "active": false,
                       "created_at": "2024-05-14T10:30:00Z", "tags": [], "metadata": ["a", {"b": 1.0, "c": 2}]}),
                json!({"id": 2, "name": "100%_\\", "revenue": -3, "tags": ["red"]}),
                json!({"id": 1}),
            ],
        )
        .collection(
            customers,
            vec![
                json!({"id": "a", "name": "Alice", "company_id": 10}),
                json!({"id": "b", "name": "Bob", "company_id": 10}),
                json!({"id": "c", "name": null, "company_id": 2}),
                json!({"id": "d", "name": "Dan", "company_id": 404}),
                json!({"id": "e"}),
            ],
        )
        .collection(
            assignments,
            vec![
                json!({"customer_id": "b", "company_id": 10, "role": "lead"}),
                json!({"customer_id": "a", "company_id": 9, "role": "lead"}),
                json!({"customer_id": "a", "company_id": 10, "role": null}),
            ],
        )
}

fn keys_of(records: &MemoryRecords, collection: &str, condition: Condition) -> Vec<String> {
    let query = RecordQuery::new(collection, condition);
    let keys: Vec<String> = now(records.keys(&query, None, usize::MAX))
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(now(records.count(&query, None)).unwrap(), keys.len() as u64);
    keys
}
