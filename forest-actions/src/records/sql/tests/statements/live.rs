//! Live queries: a granted text as a subquery, in a read-only transaction.

use super::dataset;
use super::engines::{assert_finds, customer, ids, own, run, text_of};
use crate::records::condition::{Condition, LiveQuery, QueryPiece, Test};
use crate::records::error::RecordError;
use crate::records::source::RecordSource as _;
use crate::records::sql::SqlRecords;
use crate::records::value::Value;

fn live(sql: &str) -> Condition {
    Condition::Query(LiveQuery::new(None, vec![QueryPiece::Text(sql.to_owned())]))
}

fn with(before: &str, value: impl Into<Value>, after: &str) -> Condition {
    Condition::Query(LiveQuery::new(
        None,
        vec![
            QueryPiece::Text(before.to_owned()),
            QueryPiece::Value(value.into()),
            QueryPiece::Text(after.to_owned()),
        ],
    ))
}

async fn live_queries_restrict(source: &SqlRecords) {
    let in_paris = "SELECT id FROM companies WHERE city = ";
    for (condition, expected) in [
        (
            live("SELECT id FROM companies WHERE city = 'Paris'"),
            vec!["1", "3", "7"],
        ),
        (
            live("SELECT id FROM companies WHERE city = 'Paris' -- ) OR 1=1"),
            vec!["1", "3", "7"],
        ),
        (live("SELECT id FROM companies WHERE name = '$1 ?1 ; )'"), vec![]),
        (
            live("SELECT emitter_id AS id FROM transactions WHERE id < 6"),
            vec!["1", "2", "3"],
        ),
        (
            live("SELECT id FROM companies WHERE id = 1 UNION SELECT id FROM companies WHERE id = 2"),
            vec!["1", "2"],
        ),
        (with(in_paris, "Paris", " AND id > 1"), vec!["3", "7"]),
        (
            with("SELECT id FROM companies WHERE employees = ", 15, ""),
            vec!["2", "5"],
        ),
        (
            Condition::All(vec![
                own("name", Test::NotEqual("Acme Corp".into())),
                with(in_paris, "Paris", ""),
                own("id", Test::Less(7.into())),
            ]),
            vec!["3"],
        ),
    ] {
        assert_finds(source, "companies", condition, &expected).await;
    }
    for bad in [
        "SELECT name FROM companies",
        "SELECT nothing FROM nowhere",
        "SELECT id FROM companies WHERE id = $1",
        "SELECT id FROM companies; DELETE FROM companies",
        "SELECT id FROM companies) OR (1 = 1",
        "DELETE FROM companies RETURNING id",
        "garbage",
        "",
    ] {
        let error = ids(source, "companies", live(bad)).await.unwrap_err();
        assert!(matches!(error, RecordError::Unsupported(_)), "{bad}: {error:?}");
        assert_eq!(error.to_string(), "Invalid SQL query for this Live Query segment");
    }
    // all key columns of a composite key
    let leads = live("SELECT customer_id, company_id FROM assignments WHERE role = 'lead' AND company_id = 2");
    let found = ids(source, "assignments", leads).await.unwrap();
    assert_eq!(found, [format!("{}|2", customer(1))]);
    let error = ids(source, "assignments", live("SELECT company_id AS id FROM assignments")).await;
    assert!(matches!(error, Err(RecordError::Unsupported(_))));
    assert_eq!(ids(source, "companies", Condition::always()).await.unwrap().len(), 14);
}

/// A key that is not called `id`: by its own name, else by `id`, and never by the table outside.
async fn keys_of_another_name(source: &SqlRecords) {
    let mut source = source.clone();
    for collection in &mut source.collections {
        if collection.model.name == "transactions" {
            collection.model.key = vec!["reference_number".to_owned()];
        }
    }
    for sql in [
        "SELECT reference_number FROM transactions WHERE label = 'Café'",
        "SELECT reference_number AS id FROM transactions WHERE label = 'Café'",
        "SELECT * FROM transactions WHERE label = 'Café'",
    ] {
        assert_eq!(ids(&source, "transactions", live(sql)).await.unwrap(), ["13"], "{sql}");
    }
    let error = ids(&source, "transactions", live("SELECT label FROM transactions")).await;
    assert!(matches!(error, Err(RecordError::Unsupported(_))));
}

async fn is_writable(source: &SqlRecords) -> bool {
    run(source, "UPDATE companies SET name = 'x'").await.is_ok()
}

#[tokio::test]
async fn sqlite_live_queries_restrict() {
    let source = dataset::sqlite().await;
    live_queries_restrict(&source).await;
    keys_of_another_name(&source).await;
    assert!(is_writable(&source).await);
}

#[tokio::test]
async fn sqlite_stays_writable_when_a_live_query_is_cancelled() {
    let source = dataset::sqlite().await;
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT i AS id FROM n";
    for steps in 0..6 {
        let mut found = Box::pin(ids(&source, "companies", live(long)));
        for _ in 0..steps {
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(found.as_mut().poll(context)));
            if polled.await.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        // dropped while it runs
        drop(found);
    }
    assert!(is_writable(&source).await);
}

#[tokio::test]
async fn postgres_live_queries_restrict() {
    let Some(source) = dataset::postgres("statements_live").await else {
        return;
    };
    live_queries_restrict(&source).await;
    keys_of_another_name(&source).await;
    for (sql, expected) in [
        (
            "SELECT id FROM companies WHERE metadata ? 'tier' AND metadata->>'tier' = 'gold'",
            vec!["1", "4"],
        ),
        ("SELECT id FROM companies WHERE name = $$Acme Corp$$", vec!["1"]),
        (
            "SELECT id FROM companies WHERE tags && ARRAY['green']::text[]",
            vec!["3", "7"],
        ),
    ] {
        assert_finds(&source, "companies", live(sql), &expected).await;
    }
    // a function that writes
    let function = "CREATE FUNCTION wipe() RETURNS integer LANGUAGE sql AS 'DELETE FROM assignments; SELECT 1'";
    run(&source, function).await.unwrap();
    let error = ids(&source, "companies", live("SELECT wipe() AS id FROM companies")).await;
    assert!(matches!(error, Err(RecordError::Unsupported(_))));
    let left = ids(&source, "assignments", Condition::always()).await.unwrap();
    assert_eq!(left.len(), 8);
    // the time limit ended with the transaction
    let limit = run(&source, "SHOW statement_timeout").await.unwrap();
    assert_eq!(text_of(&*limit, 0, 0), "0");
}

#[tokio::test]
async fn a_connection_is_known_by_its_name() {
    let mut source = dataset::sqlite().await;
    for (name, is_known) in [
        (None, true),
        (Some("main"), true),
        (Some("default"), true),
        (Some("other"), false),
    ] {
        assert_eq!(source.has_connection(name), is_known);
    }
    source.connection_name = Some("billing".to_owned());
    for (name, is_known) in [(None, true), (Some("billing"), true), (Some("main"), false)] {
        assert_eq!(source.has_connection(name), is_known);
    }
}
