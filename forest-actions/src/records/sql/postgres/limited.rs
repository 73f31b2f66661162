//! Statements whose time the database watches, and which are cancelled when their caller is gone.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Error, PgConnection, PgPool, Postgres, Row as _};
use tokio::sync::oneshot;
use tokio::task::LocalKey;
use tokio::time::{sleep, timeout};

use super::is_outdated;
use crate::records::sql::engine::{LIVE_QUERY_TIME, query, time_limit};
use crate::records::sql::error::Failure;
use crate::records::sql::lent::{Lend, Lent};
use crate::records::sql::limits::{Limits, within};
use crate::records::sql::statement::Statement;
use crate::text::one_line;

/// How long a statement runs on without a caller. Most end by themselves, and a cancellation costs a connection.
const WITHOUT_CALLER: Duration = Duration::from_secs(1);

/// How long the database may take to answer beyond the limit, before it counts as unreachable.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a statement in a transaction with a `statement_timeout`, read-only for a live query.
///
/// The transaction has a task of its own, so that it ends even if the caller stops waiting.
pub(super) async fn fetch(
    pool: &PgPool,
    mut connection: PoolConnection<Postgres>,
    statement: Statement,
    limits: Limits,
) -> Result<Vec<PgRow>, Failure> {
    let (mut answer, answered) = oneshot::channel();
    let pool = pool.clone();
    tokio::spawn(async move {
        let is_live = statement.has_live_query;
        let limit = time_limit(&statement, limits);
        let mut outcome = run(&pool, &mut connection, statement.clone(), limit, &mut answer).await;
        if outcome
            .as_ref()
            .is_err_and(|failure| failure.of_driver().is_some_and(is_outdated))
            && rollback(&mut connection).await.is_ok()
        {
            outcome = run(&pool, &mut connection, statement, limit, &mut answer).await;
        }
        let end = match outcome.is_ok() && !is_live {
            true => "COMMIT",
            false => "ROLLBACK",
        };
        // a caller that is gone needs no answer
        let _gone = answer.send(outcome);
        let ended = within(&mut connection, GRACE, async |connection| {
            sqlx::raw_sql(end).execute(connection).await
        });
        if ended.await.is_err() {
            connection.close_on_drop();
        }
    });
    answered.await.unwrap_or(Err(Failure::Driver(Error::WorkerCrashed)))
}

/// Ends the transaction of an outdated statement, which the connection has to prepare anew.
async fn rollback(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await?;
    connection.clear_cached_statements().await
}

type Answer = oneshot::Sender<Result<Vec<PgRow>, Failure>>;

async fn run(
    pool: &PgPool,
    connection: &mut PoolConnection<Postgres>,
    statement: Statement,
    limit: Duration,
    answer: &mut Answer,
) -> Result<Vec<PgRow>, Failure> {
    let mode = if statement.has_live_query { " READ ONLY" } else { "" };
    let milliseconds = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // one message; the setting ends with the transaction
    let begin = format!("BEGIN{mode}; SET LOCAL statement_timeout = {milliseconds}; SELECT pg_backend_pid()");
    let begun = within(connection, GRACE, async |connection| {
        sqlx::raw_sql(AssertSqlSafe(begin)).fetch_one(connection).await
    });
    let process: i32 = begun.await?.try_get(0)?;
    let rows = within(connection, limit.saturating_add(GRACE), async |connection| {
        query(statement).fetch_all(connection).await
    });
    tokio::select! {
        rows = rows => rows,
        never = cancel_without_caller(pool, process, answer) => match never {},
    }
}

/// Cancels the statement of a process when the caller has been gone for a while.
async fn cancel_without_caller(pool: &PgPool, process: i32, answer: &mut Answer) -> Infallible {
    answer.closed().await;
    sleep(WITHOUT_CALLER).await;
    let cancelled = async {
        // beside the pool, which may be full of such statements
        let mut connection = pool.connect_options().connect().await?;
        let cancel = sqlx::query("SELECT pg_cancel_backend($1)").bind(process);
        cancel.execute(&mut connection).await?;
        connection.close().await
    };
    if let Ok(Err(error)) = timeout(GRACE, cancelled).await {
        // its limit ends it later
        tracing::debug!(
            error = one_line(&error),
            "a statement without a caller was not cancelled"
        );
    }
    std::future::pending().await
}

tokio::task_local! {
    static LENT: Lent<Postgres>;
}

impl Lend for Postgres {
    fn lent() -> &'static LocalKey<Lent<Self>> {
        &LENT
    }

    async fn fetch_on(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, Failure> {
        match statement.has_live_query {
            true => fetch_live_query_on(connection, statement).await,
            false => Ok(super::fetch(connection, statement).await?),
        }
    }
}

/// The settings end with the savepoint, or with a transaction where the handler has none.
async fn fetch_live_query_on(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, Failure> {
    const OUTSIDE_OF_A_TRANSACTION: &str = "25P01";

    let limit = LIVE_QUERY_TIME.as_millis();
    let settings = format!("SET LOCAL transaction_read_only = on; SET LOCAL statement_timeout = {limit}");
    let (begin, end) = (
        format!("SAVEPOINT live_query; {settings}"),
        "ROLLBACK TO SAVEPOINT live_query; RELEASE SAVEPOINT live_query",
    );
    match sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await {
        Ok(_) => {
            let rows = query(statement).fetch_all(&mut *connection).await;
            sqlx::raw_sql(end).execute(connection).await?;
            Ok(rows?)
        }
        Err(Error::Database(error)) if error.code().is_some_and(|code| code == OUTSIDE_OF_A_TRANSACTION) => {
            let begin = format!("BEGIN; {settings}");
            let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await?;
            let rows = query(statement).fetch_all(&mut *transaction).await;
            transaction.rollback().await?;
            Ok(rows?)
        }
        Err(error) => Err(error.into()),
    }
}
