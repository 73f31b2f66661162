//! Databases for tests, each alone in its own; the same tests run on both engines.
//!
//! Tests with a database from here run on SQLite. [`the_same_tests_pass_on_postgresql`] runs all of them again on
//! PostgreSQL, in a child process.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tempfile::TempDir;

use super::Database;

/// Variable with the server's URL for the child process.
const SERVER: &str = "FOREST_TEST_POSTGRES_URL";

/// Variable with the schema prefix for the child process.
const SCHEMAS: &str = "LIVE_DEMO_TEST_SCHEMAS";

pub(crate) struct Place {
    pub(crate) url: String,
    _directory: Option<TempDir>,
}

/// An empty place.
pub(crate) async fn place() -> Place {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(schemas) = std::env::var(SCHEMAS) else {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("sub/100%?#é.sqlite").display());
        let url = url.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        return Place {
            url,
            _directory: Some(directory),
        };
    };
    let server = std::env::var(SERVER).unwrap();
    let schema = format!("{schemas}{}", NEXT.fetch_add(1, Ordering::Relaxed));
    on_server(&server, &format!("CREATE SCHEMA {schema}")).await;
    let separator = if server.contains('?') { '&' } else { '?' };
    Place {
        url: format!("{server}{separator}options=-csearch_path%3D{schema}"),
        _directory: None,
    }
}

/// A new database, created and filled.
pub(crate) async fn fresh() -> Database {
    if std::env::var_os(SCHEMAS).is_none() {
        return Database::open("sqlite::memory:").await.unwrap();
    }
    Database::open(&place().await.url).await.unwrap()
}

/// Runs a statement.
pub(crate) async fn execute(database: &Database, statement: &'static str) {
    database.pool().execute(statement).await.unwrap();
}

/// The one number that a query gives.
pub(crate) async fn count(database: &Database, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(database.pool()).await.unwrap()
}

async fn on_server(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn the_same_tests_pass_on_postgresql() {
    if std::env::var_os(SCHEMAS).is_some() {
        return;
    }
    let Some(server) = forest_test_postgres::url() else {
        return;
    };
    let schemas = format!("live_demo_test_{}_", std::process::id());
    let child = Command::new(std::env::current_exe().unwrap())
        .env(SERVER, server)
        .env(SCHEMAS, &schemas)
        .output()
        .unwrap();
    let clear = format!(
        "DO $$ DECLARE name text; BEGIN \
         FOR name IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '{schemas}') LOOP \
         EXECUTE format('DROP SCHEMA %I CASCADE', name); COMMIT; END LOOP; END $$"
    );
    on_server(server, &clear).await;
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "on PostgreSQL:\n{told}");
}
