//! The demo's database: where it lies, how it is opened, and that it is whole.
//!
//! Owns the tables (`schema.sql`) and the moment at which they are created and filled. What fills them is [`seed`]'s
//! business, what the rows mean is the actions'. Called once at the start, and by every test.

mod insert;
pub(crate) mod seed;

use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// The database of a start without any configuration, from the working directory.
pub(crate) const DEFAULT_URL: &str = "sqlite://target/live-demo.sqlite";

/// The company that runs this back office: customers' payments go to it, invoices come from it.
pub(crate) const OPERATOR_ID: i64 = 1;

/// Kept in the file's `user_version`. Raise it together with `schema.sql`, so that a file of an older demo is
/// recognised instead of failing in the middle of an action.
const VERSION: i64 = 1;

const TABLES: &str = include_str!("schema.sql");

/// Opens the database at `url`; creates and fills it when it has no tables yet.
///
/// # Errors
/// When the URL is not SQLite's, the file cannot be opened, or it belongs to another program or version.
pub(crate) async fn open(url: &str) -> anyhow::Result<SqlitePool> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        bail!(
            "this version of the demo only speaks SQLite, PostgreSQL comes with a later one: \
             set DATABASE_URL to sqlite://path/to/file.sqlite, or leave it out"
        );
    }
    // the URL itself is not repeated in messages: one with a typo may hold a password
    if !url.starts_with("sqlite:") {
        bail!("DATABASE_URL must start with sqlite://, such as {DEFAULT_URL}");
    }
    let options = SqliteConnectOptions::from_str(url)
        .context("DATABASE_URL is not a SQLite URL")?
        .create_if_missing(true)
        .foreign_keys(true)
        // The journal stays SQLite's default, which keeps everything in one file that can simply be deleted; readers
        // and writers then wait for each other, for instance while another process fills the tables.
        .busy_timeout(Duration::from_secs(30));
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if !in_memory && let Some(directory) = options.get_filename().parent() {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot create the directory {}", directory.display()))?;
    }
    let shown = options.get_filename().display().to_string();
    let pool = if in_memory {
        // each connection to memory would be a database of its own, gone when the connection closes
        SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
    } else {
        SqlitePoolOptions::new().max_connections(8)
    };
    let pool = pool
        .connect_with(options)
        .await
        .with_context(|| format!("cannot open the database {shown}"))?;
    prepare(&pool)
        .await
        .with_context(|| format!("cannot use the database {shown}"))?;
    Ok(pool)
}

/// Creates and fills the tables unless they are there.
///
/// One transaction that takes the write lock before it looks: of two processes that start at once one fills the tables
/// and the other waits and finds them; an interrupted start leaves nothing behind.
async fn prepare(pool: &SqlitePool) -> anyhow::Result<()> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    if version == VERSION {
        return Ok(transaction.rollback().await?);
    }
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(&mut *transaction)
        .await?;
    if version != 0 || tables != 0 {
        bail!("it was made by another program or another version of this demo; delete it, or set DATABASE_URL");
    }
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
    insert::all(&mut transaction, &seed::data()).await?;
    // a pragma takes no bound value; the assertion below keeps the two numbers together
    const { assert!(VERSION == 1) };
    sqlx::raw_sql("PRAGMA user_version = 1")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tracing::info!("created and filled the database");
    Ok(())
}

/// A fresh database in memory, for tests.
#[cfg(test)]
pub(crate) async fn in_memory() -> SqlitePool {
    open("sqlite::memory:").await.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(pool: &SqlitePool, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
    }

    fn url_in(directory: &tempfile::TempDir) -> String {
        format!("sqlite://{}", directory.path().join("sub/demo.sqlite").display())
    }

    #[actix_web::test]
    async fn a_second_start_keeps_the_data() {
        let directory = tempfile::tempdir().unwrap();
        let pool = open(&url_in(&directory)).await.unwrap();
        let before = count(&pool, "SELECT count(*) FROM transactions").await;
        sqlx::query("DELETE FROM transactions WHERE id = 1")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let pool = open(&url_in(&directory)).await.unwrap();
        assert_eq!(count(&pool, "SELECT count(*) FROM transactions").await, before - 1);
    }

    #[actix_web::test]
    async fn two_starts_at_once_fill_the_tables_once() {
        let directory = tempfile::tempdir().unwrap();
        let url = url_in(&directory);
        let (first, second) = futures_util::future::join(open(&url), open(&url)).await;
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(count(&first, "SELECT count(*) FROM companies").await, 40);
        assert_eq!(count(&second, "SELECT count(*) FROM companies").await, 40);
    }

    #[actix_web::test]
    async fn a_database_of_another_program_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.sqlite");
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let other = SqlitePool::connect(&url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE companies (x)")
            .execute(&other)
            .await
            .unwrap();
        other.close().await;
        let message = format!("{:#}", open(&url).await.unwrap_err());
        assert!(message.contains("another program"), "{message}");
    }

    #[actix_web::test]
    async fn other_databases_are_refused_in_words_that_do_not_repeat_the_url() {
        for url in [
            "postgres://user:hunter2@host/db",
            "postgresql://user:hunter2@host",
            "mysql://user:hunter2@host",
        ] {
            let message = format!("{:#}", open(url).await.unwrap_err());
            assert!(
                message.contains("sqlite://") && !message.contains("hunter2"),
                "{message}"
            );
        }
    }

    #[actix_web::test]
    async fn every_row_points_at_rows_that_exist_and_the_operator_is_live() {
        let pool = in_memory().await;
        let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&pool).await.unwrap();
        assert!(broken.is_empty());
        let operator = "SELECT count(*) FROM companies WHERE id = 1 AND status = 'live'";
        assert_eq!(count(&pool, operator).await, 1);
        assert!(count(&pool, "SELECT count(*) FROM companies WHERE status <> 'live'").await > 5);
    }
}
