//! The settings of the trail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::sink::{AuditSink, SinkError};
use super::trail::AuditTrail;
use super::values::Redaction;
use crate::records::RecordSource;
#[cfg(feature = "sql")]
use crate::records::{Beside, RecordError, SqlRecords};
#[cfg(feature = "sql")]
use crate::response::chain_of;

/// The settings of the audit trail, for [`ForestBuilder::audit`](crate::ForestBuilder::audit).
#[derive(Clone)]
#[must_use]
pub struct Audit {
    store: Store,
    strict: bool,
    redaction: Redaction,
    keep: Option<Duration>,
    #[cfg(feature = "sql")]
    schema: String,
    #[cfg(feature = "sql")]
    table: String,
    #[cfg(feature = "sql")]
    browsed: Option<Arc<SqlRecords>>,
}

#[derive(Clone)]
enum Store {
    Sink(Arc<dyn AuditSink>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// The schema and table of the vendor's agents.
#[cfg(feature = "sql")]
const NAMES: (&str, &str) = ("forest", "audit_logs");

/// Number of connections of a pool of its own.
#[cfg(feature = "postgres")]
const CONNECTIONS: u32 = 2;
/// Maximum wait for one of them.
#[cfg(feature = "postgres")]
const CONNECTING: Duration = Duration::from_secs(4);

impl Audit {
    fn of(store: Store) -> Self {
        Self {
            store,
            strict: false,
            redaction: Redaction::default(),
            keep: None,
            #[cfg(feature = "sql")]
            schema: NAMES.0.to_owned(),
            #[cfg(feature = "sql")]
            table: NAMES.1.to_owned(),
            #[cfg(feature = "sql")]
            browsed: None,
        }
    }

    /// A trail in a table of an SQLite database, on this pool. Give it a file of its own: SQLite has one writer at a time, and a
    /// handler that holds a write transaction on the same file would make its own trail wait.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::of(Store::Sqlite(pool))
    }

    /// A trail in a table of a PostgreSQL database, in the schema `forest` unless [`schema`](Self::schema) names another.
    ///
    /// It is written over two connections of its own, with the options of the pool, so that a handler that uses up the pool, or
    /// holds a long transaction, does not stop it.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        Self::of(Store::Postgres(pool))
    }

    /// The schema of the table, in PostgreSQL. Default: `forest`. It is created if it does not exist.
    #[cfg(feature = "sql")]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// The table. Default: `audit_logs`, as in the vendor's agents, whose table is taken over: columns are added, and nothing is
    /// removed.
    #[cfg(feature = "sql")]
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = name.into();
        self
    }

    /// A trail in a store of the program.
    pub fn sink(sink: impl AuditSink) -> Self {
        Self::of(Store::Sink(Arc::new(sink)))
    }

    /// Refuses a run that cannot be recorded, before it has any effect: 503, and the user can try again. Otherwise such a run
    /// goes on, and an error is logged. An action has another mode with `audit` in its attribute.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Keeps the values of these fields out of the trail: fields of forms, by the collection of the action, and fields of
    /// records. A field of a form that is declared `secret` needs no entry.
    pub fn redact<I>(mut self, collection: &str, fields: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for field in fields {
            self.redaction.add(collection, field.as_ref());
        }
        self
    }

    /// Deletes rows after this time, in small batches, at start and every hour. Pending rows are kept. Without it all rows are.
    pub fn keep(mut self, time: Duration) -> Self {
        self.keep = Some(time);
        self
    }

    /// Adds the trail to the back office: a read-only collection `forest_audit`, with the ordinary rights and scopes, that has the
    /// rows about no single record as well. Connects to the store.
    ///
    /// # Errors
    /// The store cannot be used, or is a sink of the program.
    #[cfg(feature = "sql")]
    pub async fn browsable(mut self) -> Result<Self, RecordError> {
        self.connected()
            .open()
            .await
            .map_err(|error| RecordError::failed(chain_of(&error)))?;
        let records = match &self.store {
            Store::Sink(_) => return Err(RecordError::unsupported("only a trail in a table can be browsed")),
            #[cfg(feature = "sqlite")]
            Store::Sqlite(pool) => SqlRecords::sqlite(pool.clone()).await?,
            #[cfg(feature = "postgres")]
            Store::Postgres(pool) => SqlRecords::postgres_schema(pool.clone(), &self.schema).await?,
        };
        self.browsed = Some(Arc::new(super::browse::collection(records, &self.table)));
        Ok(self)
    }

    /// The record source of the agent: that of the program, with the collection of the trail.
    pub(crate) fn with_source(&self, host: Option<Arc<dyn RecordSource>>) -> Option<Arc<dyn RecordSource>> {
        #[cfg(feature = "sql")]
        if let Some(trail) = &self.browsed {
            return Some(Arc::new(Beside {
                host,
                own: Arc::clone(trail),
                names: &[super::browse::COLLECTION],
            }));
        }
        host
    }

    fn connected(&self) -> Arc<dyn AuditSink> {
        match &self.store {
            Store::Sink(sink) => Arc::clone(sink),
            #[cfg(feature = "sqlite")]
            Store::Sqlite(pool) => Arc::new(super::sql::sqlite::SqliteTrail {
                pool: pool.clone(),
                table: self.table.clone(),
                file: Default::default(),
            }),
            #[cfg(feature = "postgres")]
            Store::Postgres(pool) => {
                let own = sqlx::postgres::PgPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(CONNECTING)
                    .connect_lazy_with((*pool.connect_options()).clone());
                Arc::new(super::sql::postgres::PostgresTrail {
                    pool: own,
                    schema: self.schema.clone(),
                    table: self.table.clone(),
                })
            }
        }
    }

    /// Connects to the store, and creates what is missing.
    ///
    /// # Errors
    /// The store cannot be used.
    pub(crate) async fn open(self) -> Result<Arc<AuditTrail>, SinkError> {
        let sink = self.connected();
        sink.open().await?;
        Ok(Arc::new(AuditTrail {
            sink,
            strict: self.strict,
            redaction: self.redaction,
            keep: self.keep,
            lost: Default::default(),
            #[cfg(feature = "sql")]
            is_shared: Default::default(),
        }))
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("strict", &self.strict)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
