//! Look-ups by a text that was made before.

use std::sync::Arc;

use super::dataset;
use super::engines::{contains, customer, number, of, own, uuid};
use super::sqlite::things;
use crate::records::condition::{Condition, Test};
use crate::records::key::Key;
use crate::records::source::{RecordQuery, RecordSource as _};
use crate::records::sql::{SqlRecords, Storage};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// The keys of a query, which are the same by a text that is made anew.
async fn found(source: &SqlRecords, query: &RecordQuery, limit: usize) -> Vec<String> {
    let known = source.keys(query, None, limit).await.unwrap();
    let mut fresh = source.clone();
    fresh.look_ups = Arc::default();
    assert_eq!(known, fresh.keys(query, None, limit).await.unwrap(), "{query:?}");
    known.iter().map(ToString::to_string).collect()
}

fn is_kept(source: &SqlRecords, query: &RecordQuery, limit: usize) -> bool {
    source.look_ups.find(query, limit).is_some()
}

on_each_engine!(look_ups_with_a_known_text_find_the_same_records);

async fn look_ups_with_a_known_text_find_the_same_records(source: &SqlRecords) {
    let integers = |keys: &[i64]| Condition::KeyIn(keys.iter().map(|key| Key::one(*key)).collect());
    let pair = |number: u8, company: i64| Key::from_parts(vec![customer(number), company.into()]);
    let small = || own("employees", Test::Less(100.into()));
    let named = || Condition::Any(vec![own("name", contains("a")), own("city", Test::IsNull)]);
    for (collection, others, first, second) in [
        ("companies", Condition::always(), integers(&[1]), integers(&[2])),
        ("companies", Condition::always(), integers(&[99]), integers(&[3])),
        (
            "companies",
            Condition::always(),
            integers(&[3, 1, 2]),
            integers(&[2, 99, 5]),
        ),
        (
            "companies",
            small(),
            integers(&[1, 2, 3, 4, 5]),
            integers(&[5, 6, 7, 8, 9]),
        ),
        (
            "companies",
            small().and(named()),
            integers(&[1, 2]),
            integers(&[i64::MAX, 4]),
        ),
        (
            "customers",
            of("company", "name", Test::IsNotNull),
            Condition::KeyIn(vec![Key::one(customer(1))]),
            Condition::KeyIn(vec![Key::one(customer(5))]),
        ),
        (
            "assignments",
            Condition::always(),
            Condition::KeyIn(vec![pair(1, 2)]),
            Condition::KeyIn(vec![pair(1, 99)]),
        ),
        (
            "assignments",
            own("role", Test::Equal("lead".into())),
            Condition::KeyIn(vec![pair(1, 2), pair(1, 99), pair(2, 2)]),
            Condition::KeyIn(vec![pair(9, 1), pair(1, 2), pair(1, 2)]),
        ),
    ] {
        let first = RecordQuery::new(collection, first.and(others.clone()));
        let second = RecordQuery::new(collection, second.and(others));
        found(source, &first, 5).await;
        assert!(is_kept(source, &second, 5), "{second:?}");
        found(source, &second, 5).await;
        // as after a page, a limit may be smaller
        assert_eq!(
            found(source, &second, 1).await.len().min(1),
            found(source, &second, 5).await.len().min(1)
        );
    }
    let query = RecordQuery::new("companies", integers(&[2, 1, 99]));
    assert_eq!(found(source, &query, 3).await, ["1", "2"]);
}

#[tokio::test]
async fn look_ups_whose_text_may_differ_are_made_anew() {
    let source = dataset::sqlite().await;
    let one = |others: Condition| RecordQuery::new("companies", Condition::KeyIn(vec![Key::one(1)]).and(others));
    for others in [
        own("revenue", Test::Greater(number("1.50"))),
        own("external_ref", Test::NotEqual(customer(1))),
        Condition::KeyNotIn(vec![Key::one(2)]),
    ] {
        source.keys(&one(others.clone()), None, 1).await.unwrap();
        assert!(!is_kept(&source, &one(others), 1));
    }
    // a text in a column of numbers
    let query = RecordQuery::new("companies", Condition::KeyIn(vec![Key::one("one")]));
    source.keys(&one(Condition::always()), None, 1).await.unwrap();
    assert!(!is_kept(&source, &query, 1));
    assert!(is_kept(&source, &one(Condition::always()), 1));
    // other collections
    assert!(!is_kept(&source.only(["companies"]), &one(Condition::always()), 1));
}

/// Equal UUIDs may be spelled differently, and SQLite compares the texts.
#[tokio::test]
async fn look_ups_keep_the_spelling_of_a_uuid() {
    let upper = "C0000000-0000-4000-8000-00000000000A";
    let sql = format!(
        "CREATE TABLE things (id UUID PRIMARY KEY, other UUID); INSERT INTO things VALUES ('{upper}', '{upper}');"
    );
    let columns = [
        ("id", ValueType::Uuid, Storage::Text),
        ("other", ValueType::Uuid, Storage::Text),
    ];
    let source = things(&sql, &columns).await;
    let query = |id: &str, other: &str| {
        let id: Value = uuid(id);
        RecordQuery::new(
            "things",
            Condition::KeyIn(vec![Key::one(id)]).and(own("other", Test::Equal(uuid(other)))),
        )
    };
    let lower = upper.to_ascii_lowercase();
    for (id, other, expected) in [
        (upper, upper, 1),
        (upper, &lower, 0),
        (&lower, upper, 0),
        (upper, upper, 1),
    ] {
        assert_eq!(
            found(&source, &query(id, other), 1).await.len(),
            expected,
            "{id} {other}"
        );
    }
}
