//! PostgreSQL.

mod aggregates;
mod catalogue;
mod comparison;
mod dialect;
mod kind;
mod limited;
mod lists;
mod rows;
mod stored;
mod types;

use sqlx::postgres::PgRow;
use sqlx::{Connection as _, Error, PgConnection, PgPool, Transaction};

use self::rows::PgRows;
use super::SqlRecords;
use super::engine::{self, Dialect, Engine, EngineFuture, EngineTx, query};
use super::error::Failure;
use super::lent::{HandlerConnection, Lent};
use super::limits::{Limits, acquire, within};
use super::rows::Rows;
use super::statement::Statement;
use crate::records::error::RecordError;

pub(super) use self::dialect::Postgres;

impl SqlRecords {
    /// The tables and views of the schema `public` of a PostgreSQL database that the pool's role may read; see
    /// [`SqlRecords::postgres_schema`].
    ///
    /// # Errors
    /// [`RecordError::Failed`] when the catalogue cannot be read.
    pub async fn postgres(pool: PgPool) -> Result<Self, RecordError> {
        Self::postgres_schema(pool, "public").await
    }

    /// The tables and views of one schema of a PostgreSQL database that the pool's role may read, over the pool that the
    /// program uses itself.
    ///
    /// The catalogue is read once, here: a table that is created later is not part of it. Columns of types that the back
    /// office cannot show are left out with a warning; code can show one as a text with
    /// [`CollectionSetup::computed`](super::CollectionSetup::computed). Foreign keys into another schema make no
    /// relation, with a warning too. Partitions are left out: their records are those of the parent.
    ///
    /// # Errors
    /// [`RecordError::Unsupported`] when the schema does not exist, [`RecordError::Failed`] when the catalogue cannot be
    /// read.
    pub async fn postgres_schema(pool: PgPool, schema: &str) -> Result<Self, RecordError> {
        let tables = catalogue::read(&pool, schema).await?;
        Ok(Self::new(PostgresPoolEngine(pool), tables))
    }
}

#[derive(Debug)]
pub(super) struct PostgresPoolEngine(pub(super) PgPool);

impl Engine for PostgresPoolEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        &Postgres
    }

    /// The database is behind a network, so fewer and larger batches pay.
    fn batch_size(&self) -> usize {
        16_000
    }

    fn fetch(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Box<dyn Rows>> {
        Box::pin(async move {
            let rows = match Lent::<sqlx::Postgres>::current() {
                Some(lent) => lent.fetch(statement).await?,
                None => self.rows(statement, limits).await?,
            };
            Ok(Box::new(PgRows::new(rows)) as Box<dyn Rows>)
        })
    }

    fn column_names(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Vec<String>> {
        Box::pin(engine::column_names(&self.0, statement, limits))
    }

    fn begin(&self, limits: Limits) -> EngineFuture<'_, Box<dyn EngineTx>> {
        let milliseconds = i32::try_from(limits.statement.as_millis()).unwrap_or(i32::MAX);
        // one message; the setting ends with the transaction
        let begin = format!("BEGIN; SET LOCAL statement_timeout = {milliseconds}");
        Box::pin(async move {
            let transaction = engine::begin(&self.0, limits, begin).await?;
            Ok(Box::new(PostgresTx(transaction)) as Box<dyn EngineTx>)
        })
    }
}

struct PostgresTx(Transaction<'static, sqlx::Postgres>);

impl EngineTx for PostgresTx {
    fn fetch(&mut self, statement: Statement) -> EngineFuture<'_, Box<dyn Rows>> {
        Box::pin(async move {
            let rows = query(statement).fetch_all(&mut *self.0).await?;
            Ok(Box::new(PgRows::new(rows)) as Box<dyn Rows>)
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

impl PostgresPoolEngine {
    async fn rows(&self, statement: Statement, limits: Limits) -> Result<Vec<PgRow>, Failure> {
        let mut connection = acquire(&self.0, limits).await?;
        if !limits.is_look_up || statement.has_live_query {
            return limited::fetch(&self.0, connection, statement, limits).await;
        }
        let run = async |connection: &mut PgConnection| fetch(connection, statement).await;
        within(&mut connection, limits.statement, run).await
    }
}

/// Runs a statement, again if the connection has to prepare it anew.
async fn fetch(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, Error> {
    match query(statement.clone()).fetch_all(&mut *connection).await {
        Err(error) if is_outdated(&error) => {
            connection.clear_cached_statements().await?;
            // in a transaction of the handler, the first error has ended it
            query(statement).fetch_all(connection).await.map_err(|_| error)
        }
        outcome => outcome,
    }
}

/// Recognises the errors of a statement that the connection has prepared before: the types of its result have changed
/// since, or the statement was discarded.
fn is_outdated(error: &Error) -> bool {
    matches!(error, Error::Database(database)
        if database.code().is_some_and(|code| matches!(&*code, "0A000" | "22P03" | "26000")))
}
