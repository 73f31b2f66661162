//! The same conditions on both engines, with the same results.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::cases::cases;
use crate::records::condition::{Condition, FieldPath, Test, TextTest};
use crate::records::error::RecordError;
use crate::records::key::Key;
use crate::records::source::{RecordQuery, RecordSource as _};
use crate::records::sql::SqlRecords;
use crate::records::sql::error::Failure;
use crate::records::sql::limits::Limits;
use crate::records::sql::rows::Rows;
use crate::records::sql::statement::{Statement, Statements};
use crate::records::sql::values::Raw;
use crate::records::value::{Decimal, Value};

pub(super) fn own(field: &str, test: Test) -> Condition {
    Condition::Field(FieldPath::own(field), test)
}

pub(super) fn of(relation: &str, field: &str, test: Test) -> Condition {
    Condition::Field(FieldPath::of_relation(relation, field), test)
}

pub(super) fn number(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

pub(super) fn moment(text: &str) -> Value {
    Value::Instant(text.parse::<DateTime<Utc>>().unwrap())
}

pub(super) fn day(text: &str) -> Value {
    Value::Day(text.parse::<NaiveDate>().unwrap())
}

pub(super) fn uuid(text: &str) -> Value {
    Value::Uuid {
        value: Uuid::try_parse(text).unwrap(),
        sent: text.to_owned(),
    }
}

pub(super) fn customer(number: u8) -> Value {
    uuid(&format!("c0000000-0000-4000-8000-0000000000{number:02}"))
}

pub(super) fn contains(text: &str) -> Test {
    Test::Text(TextTest::Contains {
        text: text.to_owned(),
        ignores_case: false,
    })
}

pub(super) fn not_contains(text: &str, ignores_case: bool) -> Test {
    let text = text.to_owned();
    Test::Text(TextTest::NotContains { text, ignores_case })
}

pub(super) fn starts_with(text: &str, ignores_case: bool) -> Test {
    let text = text.to_owned();
    Test::Text(TextTest::StartsWith { text, ignores_case })
}

pub(super) fn ends_with(text: &str, ignores_case: bool) -> Test {
    let text = text.to_owned();
    Test::Text(TextTest::EndsWith { text, ignores_case })
}

pub(super) fn like(pattern: &str) -> Test {
    Test::Text(TextTest::Like {
        pattern: pattern.to_owned(),
        ignores_case: false,
    })
}

/// The keys as texts, read in pages of three. The count has to agree.
pub(super) async fn ids(
    source: &SqlRecords,
    collection: &str,
    condition: Condition,
) -> Result<Vec<String>, RecordError> {
    let query = RecordQuery::new(collection, condition);
    let mut ids = Vec::new();
    let mut after: Option<Key> = None;
    loop {
        let page = source.keys(&query, after.as_ref(), 3).await?;
        ids.extend(page.iter().map(ToString::to_string));
        if page.len() < 3 {
            break;
        }
        after = page.last().cloned();
    }
    let count = source.count(&query, None).await?;
    assert_eq!(count, ids.len() as u64, "{query:?}");
    assert_eq!(source.count(&query, Some(2)).await?, count.min(2), "{query:?}");
    Ok(ids)
}

pub(super) async fn assert_finds(source: &SqlRecords, collection: &str, condition: Condition, expected: &[&str]) {
    let label = format!("{condition:?}");
    let found = ids(source, collection, condition).await;
    assert_eq!(
        found.unwrap_or_else(|error| panic!("{label}: {error:?}")),
        expected,
        "{label}"
    );
}

/// Runs a statement of a test.
pub(super) async fn run(source: &SqlRecords, sql: impl Into<String>) -> Result<Box<dyn Rows>, Failure> {
    let statement = Statement {
        sql: sql.into().into(),
        values: sea_query::Values(Vec::new()),
        has_live_query: false,
    };
    // as a look-up, it runs outside of a transaction
    let limits = Limits {
        is_look_up: true,
        ..Limits::default()
    };
    source.engine.fetch(statement, limits).await
}

pub(super) fn text_of(rows: &dyn Rows, row: usize, index: usize) -> String {
    match rows.value(row, index) {
        Ok(Raw::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The plan of a page of keys, from column `index` of the output of `explain`.
pub(super) async fn plan(
    source: &SqlRecords,
    (explain, index): (&str, usize),
    (collection, condition, after): (&str, Condition, Key),
) -> String {
    let statements = Statements {
        dialect: source.engine.dialect(),
        collections: &source.collections,
        live_columns: None,
    };
    let query = RecordQuery::new(collection, condition);
    let (mut statement, _) = statements.keys(&query, Some(&after), 100).unwrap().unwrap();
    statement.sql = format!("{explain} {}", statement.sql).into();
    let rows = source.engine.fetch(statement, Limits::default()).await.unwrap();
    let lines: Vec<String> = (0..rows.len()).map(|row| text_of(&*rows, row, index)).collect();
    lines.join("\n")
}

on_each_engine!(conditions_find_the_same_records, large_trees_are_accepted);

async fn conditions_find_the_same_records(source: &SqlRecords) {
    for (collection, condition, expected) in cases() {
        assert_finds(source, collection, condition.clone(), expected).await;
        let mut others = ids(source, collection, Condition::always()).await.unwrap();
        others.retain(|id| !expected.contains(&id.as_str()));
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        assert_finds(source, collection, condition.negated(), &others).await;
    }
}

/// Trees as wide and deep as the largest filters.
async fn large_trees_are_accepted(source: &SqlRecords) {
    let leaves = |from: i64| (from..from + 2_000).map(|id| own("id", Test::Equal(id.into())));
    let wide = Condition::Any(leaves(3).collect());
    assert_eq!(ids(source, "companies", wide).await.unwrap().len(), 12);
    let all = Condition::All(
        leaves(1)
            .map(|leaf| Condition::Any(vec![leaf, Condition::always()]))
            .collect(),
    );
    assert_eq!(ids(source, "companies", all).await.unwrap().len(), 14);
    let mut deep = own("id", Test::Equal(1.into()));
    for step in 0..64 {
        let other = own("id", Test::Equal(2.into()));
        deep = match step % 2 {
            0 => Condition::Any(vec![other, deep]),
            _ => Condition::All(vec![own("id", Test::Less(9.into())), deep]),
        };
    }
    assert_eq!(ids(source, "companies", deep).await.unwrap(), ["1", "2"]);
    let many = Condition::KeyIn((1..=100_000).map(Key::one).collect());
    assert_eq!(ids(source, "companies", many).await.unwrap().len(), 14);
    let many = Condition::KeyNotIn((2..=100_000).map(Key::one).collect());
    assert_eq!(ids(source, "companies", many).await.unwrap(), ["1"]);
    let lists = Condition::Any(
        (0..500)
            .map(|_| own("employees", Test::In((0..60).map(Value::Integer).collect())))
            .collect(),
    );
    assert_eq!(ids(source, "companies", lists).await.unwrap().len(), 8);
}
