//! Begins transactions.

use sqlx::{AssertSqlSafe, Database, Error, Pool, Transaction};

/// Begins a transaction with this statement, in a task of its own.
///
/// Where the caller goes away while PostgreSQL begins, sqlx 0.9.0 gives the connection back with the transaction open (its issue
/// 4393), and what others then write on it is never committed.
pub(crate) async fn begin<D: Database>(
    pool: &Pool<D>,
    statement: impl Into<String>,
) -> Result<Transaction<'static, D>, Error> {
    let (pool, statement) = (pool.clone(), AssertSqlSafe(statement.into()));
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    begun.await.unwrap_or(Err(Error::WorkerCrashed))
}
