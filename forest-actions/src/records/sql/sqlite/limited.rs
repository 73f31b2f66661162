//! Statements with a time limit, which stop when their caller is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Sqlite, SqliteConnection};
use tokio::sync::oneshot;
use tokio::task::LocalKey;

use crate::records::sql::engine::{LIVE_QUERY_TIME, query, time_limit};
use crate::records::sql::error::Failure;
use crate::records::sql::lent::{Lend, Lent};
use crate::records::sql::limits::Limits;
use crate::records::sql::statement::Statement;

/// Number of instructions of SQLite's virtual machine between two looks at the clock.
const INSTRUCTIONS: i32 = 10_000;

/// The state of a statement, which SQLite asks for while it runs.
#[derive(Debug)]
struct Watch {
    end: Instant,
    has_no_caller: AtomicBool,
    /// The connection runs other statements now.
    is_over: AtomicBool,
}

impl Watch {
    fn until(limit: Duration) -> Arc<Self> {
        Arc::new(Self {
            end: Instant::now() + limit,
            has_no_caller: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        })
    }

    fn may_run(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
            || (!self.has_no_caller.load(Ordering::Acquire) && Instant::now() < self.end)
    }
}

/// Stops the statement when the caller stops waiting.
struct Caller(Arc<Watch>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.has_no_caller.store(true, Ordering::Release);
    }
}

/// Ends the watch, whether or not the statement has ended.
struct Over(Arc<Watch>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

/// Runs a statement within its limit, and read-only for a live query.
///
/// It has a task of its own, so that the watch ends with the statement even if the caller stops waiting.
pub(super) async fn fetch(
    mut connection: PoolConnection<Sqlite>,
    statement: Statement,
    limits: Limits,
) -> Result<Vec<SqliteRow>, Failure> {
    let watch = Watch::until(time_limit(&statement, limits));
    let _caller = Caller(watch.clone());
    let (answer, answered) = oneshot::channel();
    tokio::spawn(async move {
        let rows = match statement.has_live_query {
            true => fetch_read_only(&mut connection, statement, watch).await,
            false => fetch_watched(&mut connection, statement, watch).await,
        };
        // a caller that is gone needs no answer
        let _gone = answer.send(rows.map_err(Failure::from));
    });
    answered.await.unwrap_or(Err(Failure::Driver(Error::WorkerCrashed)))
}

tokio::task_local! {
    static LENT: Lent<Sqlite>;
}

impl Lend for Sqlite {
    fn lent() -> &'static LocalKey<Lent<Self>> {
        &LENT
    }

    async fn fetch_on(connection: &mut SqliteConnection, statement: Statement) -> Result<Vec<SqliteRow>, Failure> {
        let rows = match statement.has_live_query {
            true => fetch_read_only(connection, statement, Watch::until(LIVE_QUERY_TIME)).await,
            false => query(statement).fetch_all(connection).await,
        };
        Ok(rows?)
    }
}

/// Makes a connection writable again. The command is queued, so that it comes before any later statement.
struct Writable<'c>(&'c mut SqliteConnection);

impl Drop for Writable<'_> {
    fn drop(&mut self) {
        let queued = sqlx::query("PRAGMA query_only = 0").execute(&mut *self.0);
        let _outcome = queued.now_or_never();
    }
}

async fn fetch_read_only(
    connection: &mut SqliteConnection,
    statement: Statement,
    watch: Arc<Watch>,
) -> Result<Vec<SqliteRow>, Error> {
    let is_read_only: bool = sqlx::query_scalar("PRAGMA query_only")
        .fetch_one(&mut *connection)
        .await?;
    if is_read_only {
        return fetch_watched(connection, statement, watch).await;
    }
    let connection = Writable(connection);
    sqlx::query("PRAGMA query_only = 1").execute(&mut *connection.0).await?;
    fetch_watched(&mut *connection.0, statement, watch).await
}

async fn fetch_watched(
    connection: &mut SqliteConnection,
    statement: Statement,
    watch: Arc<Watch>,
) -> Result<Vec<SqliteRow>, Error> {
    // the handler stays, and lets everything pass when the watch is over: its removal would cost another lock
    let over = Over(watch.clone());
    connection
        .lock_handle()
        .await?
        .set_progress_handler(INSTRUCTIONS, move || watch.may_run());
    let rows = query(statement).fetch_all(connection).await;
    drop(over);
    rows
}
