//! Pages of records: fields, formats and order.

use serde_json::{Value as Json, json};

use super::dataset;
use super::engines::{customer, own};
use crate::records::condition::{Condition, FieldPath, Test};
use crate::records::key::Key;
use crate::records::source::{Page, Projection, Record, RecordQuery, RecordSource as _, Sort};
use crate::records::sql::SqlRecords;

pub(super) fn page(fields: &[&str], relations: &[(&str, &[&str])]) -> Page {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Page {
        limit: 100,
        projection: Projection {
            fields: names(fields),
            relations: relations
                .iter()
                .map(|(relation, fields)| ((*relation).to_owned(), names(fields)))
                .collect(),
        },
        ..Page::default()
    }
}

/// The attributes of all records, in the order of the key.
pub(super) async fn attributes(source: &SqlRecords, collection: &str, fields: &[&str]) -> Vec<Json> {
    let query = RecordQuery::new(collection, Condition::always());
    let records = source.records(&query, &page(fields, &[])).await.unwrap();
    records
        .into_iter()
        .map(|record| Json::Object(record.attributes))
        .collect()
}

fn sort(field: FieldPath, descending: bool) -> Sort {
    Sort { field, descending }
}

fn keys(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.key.to_string()).collect()
}

const FIELDS: [&str; 12] = [
    "id",
    "name",
    "employees",
    "revenue",
    "is_active",
    "external_ref",
    "founded_on",
    "created_at",
    "tags",
    "metadata",
    "shout",
    "doubled",
];

#[tokio::test]
async fn sqlite_values_have_the_formats_of_the_protocol() {
    let found = attributes(&dataset::sqlite().await, "companies", &FIELDS).await;
    assert_eq!(
        found[0],
        json!({
            "id": 1, "name": "Acme Corp", "employees": 120, "revenue": 1000000.5, "is_active": true,
            "external_ref": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "founded_on": "1999-12-31",
            "created_at": "2024-05-15T00:00:00.000Z", "tags": "{red,blue}", "metadata": {"tier": "gold"},
            "shout": "ACME CORP?", "doubled": 240,
        })
    );
}

#[tokio::test]
async fn postgres_values_have_the_formats_of_the_protocol() {
    let Some(source) = dataset::postgres("statements_formats").await else {
        return;
    };
    let found = attributes(&source, "companies", &FIELDS).await;
    assert_eq!(
        found[0],
        json!({
            "id": 1, "name": "Acme Corp", "employees": 120, "revenue": "1000000.50", "is_active": true,
            "external_ref": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "founded_on": "1999-12-31",
            "created_at": "2024-05-15T00:00:00.000Z", "tags": ["red", "blue"], "metadata": {"tier": "gold"},
            "shout": "ACME CORP?", "doubled": 240,
        })
    );
    let found = attributes(&source, "transactions", &["reference_number", "due_on", "amount"]).await;
    assert_eq!(
        found[3],
        json!({"reference_number": "9007199254740993", "due_on": "2024-05-13", "amount": "-10.00"})
    );
}

on_each_engine!(relations_are_read_with_the_page);

async fn relations_are_read_with_the_page(source: &SqlRecords) {
    let some = Condition::KeyIn(vec![Key::one(1), Key::one(4), Key::one(7)]);
    let relations: &[(&str, &[&str])] = &[
        ("customer", &["first_name"]),
        ("beneficiary", &["name", "shout"]),
        ("emitter", &["id"]),
    ];
    let query = RecordQuery::new("transactions", some);
    let records = source.records(&query, &page(&["id"], relations)).await.unwrap();
    assert_eq!(keys(&records), ["1", "4", "7"]);
    let related = |record: &Record| -> Json {
        let of = |related: &Record| json!([related.key.to_string(), related.attributes]);
        record
            .related
            .iter()
            .map(|(name, related)| json!([name, related.as_ref().map(of)]))
            .collect()
    };
    assert_eq!(
        records.iter().map(related).collect::<Vec<_>>(),
        [
            json!([
                ["customer", ["c0000000-0000-4000-8000-000000000001", {"first_name": "Alice"}]],
                ["beneficiary", ["2", {"name": "acme labs", "shout": "ACME LABS?"}]],
                ["emitter", ["1", {"id": 1}]],
            ]),
            json!([
                ["customer", ["c0000000-0000-4000-8000-000000000002", {"first_name": "Bob"}]],
                ["beneficiary", null],
                ["emitter", ["2", {"id": 2}]],
            ]),
            json!([["customer", null], ["beneficiary", null], ["emitter", null]]),
        ]
    );
    // of several related records with a key of two columns, the first
    let some = Condition::KeyIn(vec![Key::one(customer(1)), Key::one(customer(5))]);
    let query = RecordQuery::new("customers", some);
    let assignment: &[(&str, &[&str])] = &[("assignment", &["role"])];
    let records = source.records(&query, &page(&[], assignment)).await.unwrap();
    let (_, assignment) = &records[0].related[0];
    let assignment = assignment.as_ref().unwrap();
    assert_eq!(assignment.key, Key::from_parts(vec![customer(1), 2.into()]));
    assert_eq!(assignment.attributes["role"], "lead");
    assert_eq!(records[1].related, [("assignment".to_owned(), None)]);
}

/// `nulls_last`: in ascending order.
async fn pages_are_in_order(source: &SqlRecords, nulls_last: bool) {
    let sorted = |steps: Vec<Sort>| Page {
        sort: steps,
        limit: 3,
        ..page(&[], &[])
    };
    let id = |number: u8| customer(number).to_string();
    // two of the same age: the key decides
    let old = RecordQuery::new("customers", own("age", Test::Greater(40.into())));
    let by_age = sorted(vec![sort(FieldPath::own("age"), false)]);
    assert_eq!(
        keys(&source.records(&old, &by_age).await.unwrap()),
        [id(8), id(10), id(2)]
    );
    let second = Page { offset: 3, ..by_age };
    assert_eq!(keys(&source.records(&old, &second).await.unwrap()), [id(5)]);
    // by a field of a relation, which the fifth lacks
    let some = Condition::KeyIn(vec![
        Key::one(customer(1)),
        Key::one(customer(5)),
        Key::one(customer(10)),
    ]);
    let some = RecordQuery::new("customers", some);
    let by_company = sorted(vec![sort(FieldPath::of_relation("company", "name"), false)]);
    let expected = if nulls_last {
        [id(1), id(10), id(5)]
    } else {
        [id(5), id(1), id(10)]
    };
    assert_eq!(keys(&source.records(&some, &by_company).await.unwrap()), expected);
    // after a key
    let after = Page {
        after: Some(Key::one(customer(8))),
        ..sorted(Vec::new())
    };
    let all = RecordQuery::new("customers", Condition::always());
    assert_eq!(keys(&source.records(&all, &after).await.unwrap()), [id(9), id(10)]);
    // the largest numbers are accepted
    let nothing = Page {
        offset: u64::MAX,
        limit: u64::MAX,
        ..page(&[], &[])
    };
    assert!(source.records(&all, &nothing).await.unwrap().is_empty());
    assert_eq!(source.keys(&all, None, usize::MAX).await.unwrap().len(), 10);
    assert_eq!(source.count(&all, Some(u64::MAX)).await.unwrap(), 10);
}

#[tokio::test]
async fn sqlite_pages_are_in_order() {
    pages_are_in_order(&dataset::sqlite().await, false).await;
}

#[tokio::test]
async fn postgres_pages_are_in_order() {
    if let Some(source) = dataset::postgres("statements_pages").await {
        pages_are_in_order(&source, true).await;
    }
}
