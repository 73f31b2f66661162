//! The demo's database, on SQLite or PostgreSQL.
//!
//! [`connect`] opens it, [`prepare`] creates and fills the tables, [`grow`] adds up to a million rows. Actions write
//! SQL for both engines and run it on [`Database::pool`].

mod connect;
mod grow;
mod insert;
mod prepare;
pub(crate) mod seed;
#[cfg(test)]
pub(crate) mod testing;

use sqlx::{Any, AnyPool, PgPool, SqlitePool, Transaction};
use tempfile::TempDir;

pub(crate) use grow::MOST_ROWS;
pub(crate) use prepare::without_rows;

/// The database of a start without any configuration, from the working directory.
pub(crate) const DEFAULT_URL: &str = "sqlite://target/live-demo.sqlite";

/// The company that runs this back office: customers' payments go to it, invoices come from it.
pub(crate) const OPERATOR_ID: i64 = 1;

/// An open database, whole and of this version.
pub(crate) struct Database {
    pool: AnyPool,
    engine: Engine,
    /// Location for display, without the password.
    place: String,
    /// Instructions for a fresh database.
    hint: &'static str,
    /// A database "in memory" is a file in a directory that goes when the database does.
    _directory: Option<TempDir>,
}

/// The engine with its typed pool, for engine-specific statements.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(SqlitePool),
    /// The tables lie in this schema of the database.
    Postgres {
        pool: PgPool,
        schema: String,
    },
}

impl Database {
    /// Opens the database at `url`; creates and fills its tables when it has none.
    ///
    /// # Errors
    /// When the URL is of neither engine, the database cannot be reached, or it belongs to another program or version.
    /// No message repeats the URL: it may hold a password.
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        let database = connect::to(url).await?;
        prepare::tables(&database).await?;
        Ok(database)
    }

    /// The pool of the actions; placeholders are `$1`, `$2`, … on both engines.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// The engine, for engine-specific statements.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Location for display, and instructions for a fresh database.
    pub(crate) fn described(&self) -> String {
        format!("{}   ({})", self.place, self.hint)
    }

    /// Begins a transaction that has the filling of the tables for itself: of several that were begun so, by however
    /// many processes, one runs and the others wait.
    async fn begin_alone(&self) -> sqlx::Result<Transaction<'static, Any>> {
        match &self.engine {
            Engine::Sqlite(_) => self.pool.begin_with("BEGIN IMMEDIATE").await,
            Engine::Postgres { .. } => {
                let mut transaction = self.pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock(hashtext('live-demo in ' || current_schema()))")
                    .execute(&mut *transaction)
                    .await?;
                Ok(transaction)
            }
        }
    }

    /// Waits until every connection is closed.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
        match &self.engine {
            Engine::Sqlite(pool) => pool.close().await,
            Engine::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// `$1, $2, …` for a list of values of variable length.
pub(crate) fn placeholders(count: usize) -> String {
    let placeholders: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    placeholders.join(", ")
}
