//! Runs statements on the host's pool.
//!
//! Owns the difference between our own statements and those that have a live query in them: the latter run where
//! nothing can be written, and not for long.

use std::time::Duration;

use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _, Statement as _};

use super::Pool;
use super::database_error::DatabaseError;
use super::statement::{INVALID_LIVE_QUERY, Statement};
use crate::records::error::RecordError;

/// How long a live query may take.
const LIVE_QUERY_TIME: Duration = Duration::from_secs(10);

/// The result of a statement.
pub(super) enum Rows {
    #[cfg(feature = "sqlite")]
    Sqlite(Vec<sqlx::sqlite::SqliteRow>),
    #[cfg(feature = "postgres")]
    Postgres(Vec<sqlx::postgres::PgRow>),
}

impl Pool {
    /// Runs a statement to its end. `purpose` completes "the database could not …".
    pub(super) async fn run(&self, statement: Statement, purpose: &'static str) -> Result<Rows, RecordError> {
        let is_live = statement.has_live_query;
        let rows = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) if is_live => sqlite_read_only(pool.clone(), statement).await?.map(Rows::Sqlite),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => query(statement).fetch_all(pool).await.map(Rows::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) if is_live => postgres_read_only(pool, statement).await.map(Rows::Postgres),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => query(statement).fetch_all(pool).await.map(Rows::Postgres),
        };
        rows.map_err(|error| failure(purpose, is_live, &error))
    }

    /// The columns that a statement would have.
    pub(super) async fn columns(&self, statement: Statement) -> Result<Vec<String>, RecordError> {
        let sql = AssertSqlSafe(statement.sql).into_sql_str();
        let columns = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.prepare(sql).await.map(|prepared| names(prepared.columns())),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.prepare(sql).await.map(|prepared| names(prepared.columns())),
        };
        columns.map_err(|error| failure("prepare a live query", statement.has_live_query, &error))
    }
}

fn names<C: sqlx::Column>(columns: &[C]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

/// The values are bound, and all names in the text are quoted: it was made by `statement`.
fn query<D>(statement: Statement) -> sqlx::query::Query<'static, D, SqlxValues>
where
    D: sqlx::Database,
    SqlxValues: sqlx::IntoArguments<D>,
{
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(statement.values))
}

#[cfg(feature = "postgres")]
async fn postgres_read_only(
    pool: &sqlx::PgPool,
    statement: Statement,
) -> Result<Vec<sqlx::postgres::PgRow>, sqlx::Error> {
    // one message; the setting ends with the transaction
    let begin = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {}",
        LIVE_QUERY_TIME.as_millis()
    );
    let mut transaction = pool.begin_with(AssertSqlSafe(begin)).await?;
    let rows = query(statement).fetch_all(&mut *transaction).await;
    transaction.rollback().await?;
    rows
}

/// In a task of its own: the settings of the connection are put back even when nobody waits for the result any more.
#[cfg(feature = "sqlite")]
async fn sqlite_read_only(
    pool: sqlx::SqlitePool,
    statement: Statement,
) -> Result<Result<Vec<sqlx::sqlite::SqliteRow>, sqlx::Error>, RecordError> {
    tokio::spawn(async move {
        let mut connection = pool.acquire().await?;
        let was_read_only: bool = sqlx::query_scalar("PRAGMA query_only")
            .fetch_one(&mut *connection)
            .await?;
        let rows = read_only(&mut connection, statement).await;
        if !was_read_only && writable(&mut connection).await.is_err() {
            // it must not stay read-only for others
            connection.close_on_drop();
        }
        rows
    })
    .await
    .map_err(RecordError::failed)
}

#[cfg(feature = "sqlite")]
async fn read_only(
    connection: &mut sqlx::SqliteConnection,
    statement: Statement,
) -> Result<Vec<sqlx::sqlite::SqliteRow>, sqlx::Error> {
    /// How many instructions of SQLite's machine run between two looks at the clock.
    const INSTRUCTIONS: i32 = 10_000;

    sqlx::query("PRAGMA query_only = 1").execute(&mut *connection).await?;
    let end = std::time::Instant::now() + LIVE_QUERY_TIME;
    connection
        .lock_handle()
        .await?
        .set_progress_handler(INSTRUCTIONS, move || std::time::Instant::now() < end);
    let rows = query(statement).fetch_all(&mut *connection).await;
    connection.lock_handle().await?.remove_progress_handler();
    rows
}

#[cfg(feature = "sqlite")]
async fn writable(connection: &mut sqlx::SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA query_only = 0").execute(connection).await?;
    Ok(())
}

fn failure(purpose: &'static str, is_live: bool, error: &sqlx::Error) -> RecordError {
    let cause = DatabaseError::new(purpose, error);
    if is_live && matches!(error, sqlx::Error::Database(_)) {
        tracing::warn!(%cause, "a live query failed");
        return RecordError::unsupported(INVALID_LIVE_QUERY);
    }
    RecordError::failed(cause)
}

/// A result that is not what the statement asked for.
pub(super) fn unreadable(error: &sqlx::Error) -> RecordError {
    RecordError::failed(DatabaseError::new("give readable rows", error))
}
