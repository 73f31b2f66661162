//! Hostile values in every position find nothing, and the database accepts them.

use super::dataset;
use super::engines::{contains, ends_with, ids, like, not_contains, of, own, starts_with, uuid};
use crate::records::condition::{Condition, LiveQuery, Parent, QueryPiece, Test, TextTest};
use crate::records::error::RecordError;
use crate::records::key::Key;
use crate::records::source::{RecordQuery, RecordSource as _};
use crate::records::sql::SqlRecords;
use crate::records::value::Value;

const HOSTILE: [&str; 9] = [
    "'; DROP TABLE companies; --",
    "' OR '1'='1",
    "\\' OR 1=1 --",
    "\"; DELETE FROM companies; --",
    "$1",
    "?1 ?? ?",
    "%' ESCAPE '!' OR 1=1 --",
    "a\0b",
    "{1,2}'::int[]",
];

on_each_engine!(hostile_values_find_nothing);

async fn hostile_values_find_nothing(source: &SqlRecords) {
    for text in HOSTILE {
        let value = || Value::Text(text.to_owned());
        let mut conditions = vec![
            own("name", Test::Equal(value())),
            own("name", Test::In(vec![value(), value()])),
            own("shout", Test::Equal(value())),
            of("sibling", "name", Test::Equal(value())),
            of("first_emitted", "label", contains(text)),
        ];
        for ignores_case in [true, false] {
            conditions.push(own("name", starts_with(text, ignores_case)));
            conditions.push(own("name", ends_with(text, ignores_case)));
            let text = text.to_owned();
            conditions.push(own("name", Test::Text(TextTest::Contains { text, ignores_case })));
        }
        for condition in conditions {
            let label = format!("{condition:?}");
            assert!(ids(source, "companies", condition).await.unwrap().is_empty(), "{label}");
        }
        for test in [
            Test::NotEqual(value()),
            Test::NotIn(vec![value(), value()]),
            not_contains(text, true),
        ] {
            let label = format!("{test:?}");
            let found = ids(source, "companies", own("name", test)).await.unwrap();
            assert_eq!(found.len(), 13, "{label}");
        }
        ids(source, "companies", own("name", like(text))).await.unwrap();
        hostile_names_are_unknown(source, text).await;
        hostile_variables_find_nothing(source, text).await;
    }
    // a spelling that only PostgreSQL would read
    let spelled = own(
        "external_ref",
        Test::Equal(uuid("{7c9e6679-7425-40de-944b-e07fc1f90ae7}")),
    );
    ids(source, "companies", spelled).await.unwrap();
    let all = RecordQuery::new("companies", Condition::always());
    assert_eq!(source.count(&all, None).await.unwrap(), 14);
}

async fn hostile_names_are_unknown(source: &SqlRecords, text: &str) {
    for condition in [
        Condition::LinkedTo(Parent::new(text, Key::one(1), "emitted")),
        Condition::LinkedTo(Parent::new("companies", Key::one(1), text)),
        own(text, Test::IsNull),
        of(text, "id", Test::IsNull),
        of("sibling", text, Test::IsNull),
    ] {
        assert!(ids(source, "companies", condition).await.is_err(), "{text}");
    }
    assert!(ids(source, text, Condition::always()).await.is_err(), "{text}");
}

async fn hostile_variables_find_nothing(source: &SqlRecords, text: &str) {
    let live = Condition::Query(LiveQuery::new(
        None,
        vec![
            QueryPiece::Text("SELECT id FROM companies WHERE name = ".to_owned()),
            QueryPiece::Value(Value::Text(text.to_owned())),
        ],
    ));
    match ids(source, "companies", live).await {
        Ok(found) => assert!(found.is_empty()),
        Err(error) => assert!(matches!(error, RecordError::Unsupported(_)), "{error:?}"),
    }
}

/// The logged text of a failure contains no value of the statement.
#[tokio::test]
async fn postgres_failures_do_not_quote_values() {
    let Some(mut source) = dataset::postgres("statements_failures").await else {
        return;
    };
    for (expression, expected, shown) in [
        // fails for the stored values
        (
            "CAST(CAST(name AS integer) AS text)",
            "code 22P02",
            "not a value of its type",
        ),
        ("no_such_column", "code 42703", "no_such_column"),
    ] {
        for field in &mut source.collections[0].model.fields {
            if field.name == "shout" {
                field.stored_as = Some(expression.to_owned());
            }
        }
        let condition = own("shout", Test::Equal("secret".into()));
        let error = ids(&source, "companies", condition).await.unwrap_err();
        // the text for the user, or the cause for the log
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        assert!(cause.contains(expected) && cause.contains(shown), "{cause}");
        for all in [cause, format!("{error:?}")] {
            assert!(!all.contains("secret") && !all.contains("Acme"), "{all}");
        }
    }
}
