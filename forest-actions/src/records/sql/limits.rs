//! Limits in time: of the wait for a connection, and of the run of a statement.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Error, Pool};
use tokio::time::timeout;

use super::error::Failure;

/// The limits of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Maximum wait for a connection of the pool.
    pub(super) connection: Duration,
    /// Maximum run time of a statement.
    pub(super) statement: Duration,
    /// The statement looks keys of a table up. The database is not told its limit, which would cost a round trip.
    pub(super) is_look_up: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connection: Duration::from_secs(5),
            statement: Duration::from_secs(30),
            is_look_up: false,
        }
    }
}

/// Waits for a connection of the pool.
pub(super) async fn acquire<D: Database>(pool: &Pool<D>, limits: Limits) -> Result<PoolConnection<D>, Failure> {
    match timeout(limits.connection, pool.acquire()).await {
        // the pool may have a shorter limit of its own
        Err(_) | Ok(Err(Error::PoolTimedOut)) => Err(no_connection(pool, limits)),
        Ok(outcome) => Ok(outcome?),
    }
}

pub(super) fn no_connection<D: Database>(pool: &Pool<D>, limits: Limits) -> Failure {
    Failure::NoConnection {
        connections: pool.size(),
        waited: limits.connection.min(pool.options().get_acquire_timeout()),
    }
}

/// Waits for an answer on the connection. The connection is closed if it does not come in time, because its statement may
/// still run.
pub(super) async fn within<D: Database, T>(
    connection: &mut PoolConnection<D>,
    limit: Duration,
    run: impl AsyncFnOnce(&mut D::Connection) -> Result<T, Error>,
) -> Result<T, Failure> {
    match timeout(limit, run(connection)).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => {
            connection.close_on_drop();
            Err(Failure::TimedOut(limit))
        }
    }
}
