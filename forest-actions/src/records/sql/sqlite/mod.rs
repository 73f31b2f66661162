//! SQLite.

mod catalogue;
mod comparison;
mod dialect;
mod rows;
mod types;

use std::time::Instant;

use sqlx::sqlite::SqliteRow;
use sqlx::{Error, SqliteConnection, SqlitePool};

use self::rows::SqliteRows;
use super::SqlRecords;
use super::engine::{self, Dialect, Engine, EngineFuture, LIVE_QUERY_TIME, query};
use super::rows::Rows;
use super::statement::Statement;
use crate::records::error::RecordError;
use crate::records::value_type::ValueType;

pub(super) use self::dialect::Sqlite;

impl SqlRecords {
    /// The tables and views of an SQLite database, read over the pool that the program uses itself.
    ///
    /// The catalogue is read once, here: a table that is created later is not part of it. Columns of types that the back
    /// office cannot show are left out with a warning, and so are foreign keys of several columns.
    ///
    /// # Errors
    /// [`RecordError::Failed`] when the catalogue cannot be read.
    pub async fn sqlite(pool: SqlitePool) -> Result<Self, RecordError> {
        let tables = catalogue::read(&pool).await?;
        let mut records = Self::new(SqlitePoolEngine(pool), tables);
        for collection in &mut records.collections {
            let model = &mut collection.model;
            let key = &model.key;
            for field in model.fields.iter_mut().filter(|field| key.contains(&field.name)) {
                // an instant has many spellings in SQLite, and a key must be the stored one: two records within one
                // millisecond are two
                if matches!(field.value_type, ValueType::Instant | ValueType::Day | ValueType::Time) {
                    field.value_type = ValueType::Text;
                }
            }
        }
        Ok(records)
    }
}

#[derive(Debug)]
pub(super) struct SqlitePoolEngine(pub(super) SqlitePool);

impl Engine for SqlitePoolEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    /// SQLite runs in the same process, so a statement has almost no overhead.
    fn batch_size(&self) -> usize {
        1_000
    }

    fn fetch(&self, statement: Statement) -> EngineFuture<'_, Box<dyn Rows>> {
        Box::pin(async move {
            let rows = match statement.has_live_query {
                true => fetch_read_only(self.0.clone(), statement).await?,
                false => query(statement).fetch_all(&self.0).await?,
            };
            Ok(Box::new(SqliteRows(rows)) as Box<dyn Rows>)
        })
    }

    fn column_names(&self, statement: Statement) -> EngineFuture<'_, Vec<String>> {
        Box::pin(engine::column_names(&self.0, statement))
    }
}

/// Runs in a task of its own, so that the settings of the connection are restored even if the caller stops waiting.
async fn fetch_read_only(pool: SqlitePool, statement: Statement) -> Result<Vec<SqliteRow>, Error> {
    let task = tokio::spawn(async move {
        let mut connection = pool.acquire().await?;
        let was_read_only: bool = sqlx::query_scalar("PRAGMA query_only")
            .fetch_one(&mut *connection)
            .await?;
        let rows = fetch_in_time(&mut connection, statement).await;
        if !was_read_only
            && sqlx::query("PRAGMA query_only = 0")
                .execute(&mut *connection)
                .await
                .is_err()
        {
            // it must not stay read-only for others
            connection.close_on_drop();
        }
        rows
    });
    task.await.map_err(|_| Error::WorkerCrashed)?
}

async fn fetch_in_time(connection: &mut SqliteConnection, statement: Statement) -> Result<Vec<SqliteRow>, Error> {
    /// Number of instructions of SQLite's virtual machine between two looks at the clock.
    const INSTRUCTIONS: i32 = 10_000;

    sqlx::query("PRAGMA query_only = 1").execute(&mut *connection).await?;
    let end = Instant::now() + LIVE_QUERY_TIME;
    connection
        .lock_handle()
        .await?
        .set_progress_handler(INSTRUCTIONS, move || Instant::now() < end);
    let rows = query(statement).fetch_all(&mut *connection).await;
    connection.lock_handle().await?.remove_progress_handler();
    rows
}
