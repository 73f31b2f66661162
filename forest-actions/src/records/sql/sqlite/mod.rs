//! SQLite.

mod aggregates;
mod booleans;
mod catalogue;
mod comparison;
mod dialect;
mod limited;
mod moments;
mod rows;
mod sample;
mod stored;
mod types;

use sqlx::sqlite::SqliteRow;
use sqlx::{SqlitePool, Transaction};

use self::rows::SqliteRows;
use super::engine::{self, Dialect, Engine, EngineFuture, EngineTx, query};
use super::error::Failure;
use super::lent::{HandlerConnection, Lent};
use super::limits::{Limits, acquire};
use super::rows::Rows;
use super::statement::Statement;
use super::{OWN_TABLES, SqlRecords};
use crate::records::error::RecordError;

pub(super) use self::dialect::Sqlite;

impl SqlRecords {
    /// The tables and views of an SQLite database, read over the pool that the program uses itself.
    ///
    /// The catalogue is read once, here: a table that is created later is not part of it. Columns of types that the back
    /// office cannot show are left out with a warning.
    ///
    /// # Errors
    /// [`RecordError::Failed`] when the catalogue cannot be read.
    pub async fn sqlite(pool: SqlitePool) -> Result<Self, RecordError> {
        let tables = catalogue::read(&pool).await?;
        Ok(Self::new(SqlitePoolEngine(pool), tables).with_sqlite_keys())
    }

    /// The tables of the library's own runs.
    pub(crate) async fn sqlite_runs(pool: SqlitePool) -> Result<Self, RecordError> {
        let mut tables = catalogue::read(&pool).await?;
        tables.retain(|table| OWN_TABLES.contains(&&*table.name));
        Ok(Self::of_all(SqlitePoolEngine(pool), tables).with_sqlite_keys())
    }

    fn with_sqlite_keys(mut self) -> Self {
        for collection in &mut self.collections {
            let model = &mut collection.model;
            let key = &model.key;
            for field in model.fields.iter_mut().filter(|field| key.contains(&field.name)) {
                field.value_type = Sqlite.key_type(&field.value_type);
            }
        }
        self
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

    fn fetch(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Box<dyn Rows>> {
        Box::pin(async move {
            let rows = match Lent::<sqlx::Sqlite>::current() {
                Some(lent) => lent.fetch(statement).await?,
                None => self.rows(statement, limits).await?,
            };
            Ok(Box::new(SqliteRows(rows)) as Box<dyn Rows>)
        })
    }

    fn column_names(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Vec<String>> {
        Box::pin(engine::column_names(&self.0, statement, limits))
    }

    /// Takes the lock of writers at once: a transaction that reads first could not wait for it.
    fn begin(&self, limits: Limits) -> EngineFuture<'_, Box<dyn EngineTx>> {
        Box::pin(async move {
            let transaction = engine::begin(&self.0, limits, "BEGIN IMMEDIATE".to_owned()).await?;
            Ok(Box::new(SqliteTx(transaction)) as Box<dyn EngineTx>)
        })
    }
}

struct SqliteTx(Transaction<'static, sqlx::Sqlite>);

impl EngineTx for SqliteTx {
    fn fetch(&mut self, statement: Statement) -> EngineFuture<'_, Box<dyn Rows>> {
        Box::pin(async move {
            let rows = query(statement).fetch_all(&mut *self.0).await?;
            Ok(Box::new(SqliteRows(rows)) as Box<dyn Rows>)
        })
    }

    fn execute(&mut self, statement: Statement) -> EngineFuture<'_, u64> {
        Box::pin(async move { Ok(query(statement).execute(&mut *self.0).await?.rows_affected()) })
    }

    fn connection(&mut self) -> HandlerConnection<'_> {
        (&mut *self.0).into()
    }

    fn end<'a>(self: Box<Self>, keeps: bool) -> EngineFuture<'a, ()> {
        Box::pin(async move {
            let ended = match keeps {
                true => self.0.commit().await,
                false => self.0.rollback().await,
            };
            Ok(ended?)
        })
    }
}

impl SqlitePoolEngine {
    async fn rows(&self, statement: Statement, limits: Limits) -> Result<Vec<SqliteRow>, Failure> {
        let mut connection = acquire(&self.0, limits).await?;
        match limits.is_look_up && !statement.has_live_query {
            // it ends by itself, and a watch costs a lock
            true => Ok(query(statement).fetch_all(&mut *connection).await?),
            false => limited::fetch(connection, statement, limits).await,
        }
    }
}
