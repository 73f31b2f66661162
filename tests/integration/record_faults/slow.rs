//! Statements that take too long, or lose their caller, are stopped at the database.

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions};

use super::*;

const SOON: Duration = Duration::from_secs(1);

const NAP: &str = "CREATE VIEW items AS SELECT 1 AS id WHERE pg_sleep(600)::text = ''";

#[actix_web::test]
async fn evt_07_postgres_stops_statements_that_take_too_long() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(&database, NAP).await;
    let records = SqlRecords::postgres(database.clone()).await.unwrap();
    let agent = agent(records.statement_timeout(SOON)).await;
    let app = agent.serve().await;
    assert_all_unavailable(&app, TOO_SLOW).await;
    until_running(&database, "\"items\"", 0).await;
    // the limit does not stay on the connections of the pool
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut connection = database.acquire().await.unwrap();
        let limit: String = sqlx::query_scalar("SHOW statement_timeout")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(limit, "0");
        held.push(connection);
    }
}

#[actix_web::test]
async fn a_look_up_in_a_locked_table_is_a_503() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(
        &database,
        "CREATE TABLE items (id INTEGER PRIMARY KEY); INSERT INTO items VALUES (1), (2)",
    )
    .await;
    let records = SqlRecords::postgres(database.clone()).await.unwrap();
    let agent = agent(records.statement_timeout(SOON)).await;
    let app = agent.serve().await;
    let mut migration = database.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *migration)
        .await
        .unwrap();
    assert_all_unavailable(&app, TOO_SLOW).await;
    migration.rollback().await.unwrap();
    assert_all_readable(&app).await;
}

#[actix_web::test]
async fn evt_07_postgres_cancels_a_statement_whose_caller_is_gone() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(&database, NAP).await;
    let agent = agent(SqlRecords::postgres(database.clone()).await.unwrap()).await;
    let app = agent.serve().await;
    let list = list();
    tokio::select! {
        answer = list.send(&app) => panic!("{answer:?}"),
        () = until_running(&database, "\"items\"", 1) => {}
    }
    until_running(&database, "\"items\"", 0).await;
}

/// SQLite: a collection that takes hours to read.
const SLOW: &str = "CREATE TABLE rows (id INTEGER PRIMARY KEY);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) INSERT INTO rows SELECT i FROM n;
    CREATE VIEW items AS SELECT a.id FROM rows a, rows b, rows c, rows d WHERE a.id + b.id + c.id + d.id < 0";

/// An SQLite database in memory, on its only connection.
async fn slow_sqlite() -> sqlx::SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(SLOW).execute(&pool).await.unwrap();
    pool
}

async fn is_free(pool: &sqlx::SqlitePool) -> bool {
    let one = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM rows a, rows b").fetch_one(pool);
    let answered = actix_web::rt::time::timeout(Duration::from_secs(20), one).await;
    matches!(answered, Ok(Ok(1_000_000)))
}

#[actix_web::test]
async fn evt_07_sqlite_stops_statements_that_take_too_long() {
    let pool = slow_sqlite().await;
    // one after the other
    let records = SqlRecords::sqlite(pool.clone())
        .await
        .unwrap()
        .connection_timeout(Duration::from_secs(60));
    let agent = agent(records.statement_timeout(SOON)).await;
    assert_all_unavailable(&agent.serve().await, TOO_SLOW).await;
    assert!(is_free(&pool).await);
}

#[actix_web::test]
async fn evt_07_sqlite_stops_a_statement_whose_caller_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new()
        .filename(directory.path().join("slow.sqlite"))
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(file.clone()).await.unwrap();
    sqlx::raw_sql(SLOW).execute(&pool).await.unwrap();
    let agent = agent(SqlRecords::sqlite(pool).await.unwrap()).await;
    let app = agent.serve().await;
    let list = list();
    // a statement that reads keeps others from an exclusive transaction
    let mut other = file.busy_timeout(Duration::ZERO).connect().await.unwrap();
    tokio::select! {
        answer = list.send(&app) => panic!("{answer:?}"),
        () = until_readers(&mut other, true) => {}
    }
    let stopped = until_readers(&mut other, false);
    actix_web::rt::time::timeout(Duration::from_secs(20), stopped)
        .await
        .expect("the statement stops");
}

/// Waits until a statement of another connection reads the database, or until none does.
async fn until_readers(connection: &mut SqliteConnection, expected: bool) {
    let exclusively = "BEGIN EXCLUSIVE; ROLLBACK";
    while sqlx::raw_sql(exclusively).execute(&mut *connection).await.is_err() != expected {
        tokio::task::yield_now().await;
    }
}
