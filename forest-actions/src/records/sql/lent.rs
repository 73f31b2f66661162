//! Reading on a connection of the handler: [`read_on`].
//!
//! The statements of the source are handed to the owner of the connection through a channel that only the given future
//! sees. So a selection, a source that combines others, and the source itself need not know the connection.

use std::future::Future;
use std::pin::pin;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Database, Error, Executor, SqlSafeStr as _, Transaction};
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalKey;

use super::engine::names_of;
use super::error::Failure;
use super::statement::Statement;

/// A connection or transaction of a handler, for [`read_on`] and [`Trail::in_tx`](crate::Trail::in_tx): from `&mut` of a
/// connection, a connection of a pool, or a transaction of sqlx.
#[derive(Debug)]
pub struct HandlerConnection<'c>(Connection<'c>);

impl HandlerConnection<'_> {
    /// The same connection, for a shorter time.
    pub fn reborrow(&mut self) -> HandlerConnection<'_> {
        HandlerConnection(match &mut self.0 {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => Connection::Postgres(connection),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => Connection::Sqlite(connection),
        })
    }

    /// The connection, if it is one to PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        match &mut self.0 {
            Connection::Postgres(connection) => Some(connection),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => None,
        }
    }

    /// The connection, if it is one to SQLite.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        match &mut self.0 {
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => None,
            Connection::Sqlite(connection) => Some(connection),
        }
    }
}

#[derive(Debug)]
enum Connection<'c> {
    #[cfg(feature = "postgres")]
    Postgres(&'c mut sqlx::PgConnection),
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut sqlx::SqliteConnection),
}

macro_rules! from_connections {
    ($feature:literal, $database:ident, $connection:ident) => {
        #[cfg(feature = $feature)]
        impl<'c> From<&'c mut sqlx::$connection> for HandlerConnection<'c> {
            fn from(connection: &'c mut sqlx::$connection) -> Self {
                Self(Connection::$database(connection))
            }
        }

        #[cfg(feature = $feature)]
        impl<'c> From<&'c mut PoolConnection<sqlx::$database>> for HandlerConnection<'c> {
            fn from(connection: &'c mut PoolConnection<sqlx::$database>) -> Self {
                Self(Connection::$database(connection))
            }
        }

        #[cfg(feature = $feature)]
        impl<'c> From<&'c mut Transaction<'_, sqlx::$database>> for HandlerConnection<'c> {
            fn from(transaction: &'c mut Transaction<'_, sqlx::$database>) -> Self {
                Self(Connection::$database(transaction))
            }
        }
    };
}

from_connections!("postgres", Postgres, PgConnection);
from_connections!("sqlite", Sqlite, SqliteConnection);

/// Awaits a read of a selection, of records or of a count on a connection of the handler, which must be to the database of
/// the record source.
///
/// A handler that holds a connection, such as a transaction, needs this: otherwise each read takes a second one from the
/// pool, and a few requests at once wait for each other. What is read is part of the transaction. The time limits are those
/// of the connection; only live queries keep theirs.
///
/// ```
/// use forest_actions::records::read_on;
/// use forest_actions::{ActionResult, Selection, success};
/// use futures_util::TryStreamExt as _;
///
/// # #[cfg(feature = "sqlite")]
/// async fn archive(selection: Selection, pool: actix_web::web::Data<sqlx::SqlitePool>) -> ActionResult {
///     let mut transaction = pool.begin().await?;
///     let mut archived = 0;
///     let mut chunks = selection.chunks::<i64>(500);
///     while let Some(ids) = read_on(&mut transaction, chunks.try_next()).await? {
///         // UPDATE … WHERE id = ANY(ids), on the transaction
///         archived += ids.len();
///     }
///     transaction.commit().await?;
///     Ok(success(format!("{archived} companies archived")))
/// }
/// ```
pub async fn read_on<'c, F: Future>(connection: impl Into<HandlerConnection<'c>>, read: F) -> F::Output {
    match connection.into().0 {
        #[cfg(feature = "postgres")]
        Connection::Postgres(connection) => lend::<sqlx::Postgres, F>(connection, read).await,
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(connection) => lend::<sqlx::Sqlite, F>(connection, read).await,
    }
}

/// A database whose connections a handler can lend.
pub(super) trait Lend: Database {
    /// The connection that the current future reads on.
    fn lent() -> &'static LocalKey<Lent<Self>>;

    /// Runs a statement inside the transaction of the handler; a live query is read-only nevertheless.
    fn fetch_on(
        connection: &mut Self::Connection,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Failure>>;
}

/// The way to a lent connection.
pub(super) struct Lent<D: Database>(mpsc::Sender<Job<D>>);

type Answer<T> = oneshot::Sender<Result<T, Failure>>;

enum Job<D: Database> {
    Fetch(Statement, Answer<Vec<D::Row>>),
    ColumnNames(Statement, Answer<Vec<String>>),
}

async fn lend<D: Lend, F: Future>(connection: &mut D::Connection, read: F) -> F::Output
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let (jobs, mut next_job) = mpsc::channel(1);
    let mut read = pin!(D::lent().scope(Lent(jobs), read));
    loop {
        let job = tokio::select! {
            biased;
            output = &mut read => return output,
            Some(job) = next_job.recv() => job,
        };
        // the other side may be gone: a read that was given up
        match job {
            Job::Fetch(statement, answer) => {
                let _gone = answer.send(D::fetch_on(connection, statement).await);
            }
            Job::ColumnNames(statement, answer) => {
                let sql = AssertSqlSafe(statement.sql).into_sql_str();
                let prepared = connection.prepare(sql).await;
                let _gone = answer.send(prepared.map(|prepared| names_of::<D>(&prepared)).map_err(Failure::from));
            }
        }
    }
}

impl<D: Lend> Lent<D> {
    /// The connection that the handler lent for the current read.
    pub(super) fn current() -> Option<Self> {
        D::lent().try_with(|lent| Self(lent.0.clone())).ok()
    }

    pub(super) async fn fetch(&self, statement: Statement) -> Result<Vec<D::Row>, Failure> {
        self.run(|answer| Job::Fetch(statement, answer)).await
    }

    pub(super) async fn column_names(&self, statement: Statement) -> Result<Vec<String>, Failure> {
        self.run(|answer| Job::ColumnNames(statement, answer)).await
    }

    async fn run<T>(&self, job: impl FnOnce(Answer<T>) -> Job<D>) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(job(answer)).await.is_ok();
        let lost = || Err(Failure::Driver(Error::WorkerCrashed));
        match sent {
            true => answered.await.unwrap_or_else(|_| lost()),
            false => lost(),
        }
    }
}
