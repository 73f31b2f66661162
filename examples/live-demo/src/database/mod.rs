//! The demo's database, on SQLite or PostgreSQL.
//!
//! Owns the tables, how they are opened ([`connect`]), the moment at which they are created and filled ([`prepare`]), and
//! how they grow to a million rows ([`grow`]). What the rows mean is the actions' business: they write SQL that both
//! engines take, and run it on [`Database::pool`]. Opened once at the start, and by every test.

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
    /// Where it lies, for people: never with a password.
    place: String,
    /// What to do for a new one.
    hint: &'static str,
    /// A database "in memory" is a file in a directory that goes when the database does.
    _directory: Option<TempDir>,
}

/// Which engine it is, with a pool of its own kind: what is not the same on both is written for each.
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

    /// The pool of the actions: whatever the engine, placeholders are `$1`, `$2`, …
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// The engine, for what is not the same on both.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where it lies, for people, and what to do for a new one.
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

/// `$1, $2, …`: for a list of values whose length only the request knows.
pub(crate) fn placeholders(count: usize) -> String {
    let placeholders: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    placeholders.join(", ")
}
