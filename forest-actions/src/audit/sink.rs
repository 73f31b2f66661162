//! The contract of stores of the trail, and the queries that they answer.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Utc};

use super::row::{AuditOperation, AuditRow, AuditStatus, AuditUpdate};
#[cfg(feature = "sql")]
use crate::records::HandlerConnection;

/// The future of a sink: `Box::pin(async { … })`.
pub type SinkFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SinkError>> + Send + 'a>>;

/// The failure of a sink.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The agent has no audit trail.
    #[error("no audit trail is set up: see `ForestBuilder::audit`")]
    NoTrail,
    /// The sink only writes.
    #[error("this sink cannot be read")]
    WriteOnly,
    /// The store cannot be used: the table has another layout, or belongs to something else.
    #[error("{0}")]
    Layout(String),
    /// A transaction of another database than that of the store, or one in which the rows of the run are not visible.
    #[error("the transaction is not one of the database of the audit trail")]
    OtherDatabase,
    /// The store failed.
    #[error("the audit trail cannot be reached")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store did not answer in time.
    #[error("the audit trail did not answer in {0:?}")]
    TimedOut(std::time::Duration),
}

impl SinkError {
    /// The failure of a store.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

/// A store of the trail. Two methods make a sink; the others make it readable.
///
/// ```
/// use forest_actions::audit::{AuditRow, AuditSink, AuditUpdate, SinkFuture};
///
/// /// Sends each row to the log.
/// struct Log;
///
/// impl AuditSink for Log {
///     fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
///         Box::pin(async move {
///             for row in &rows {
///                 tracing::info!(operation = %row.operation, record = row.record_id, "audit");
///             }
///             Ok(vec![0; rows.len()])
///         })
///     }
///
///     fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
///         Box::pin(async move {
///             for update in updates {
///                 tracing::info!(operation = %update.operation, "audit");
///             }
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Connects, and creates what is missing. The agent does not start if it fails.
    fn open(&self) -> SinkFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Stores rows, all or none, and returns their numbers in their order. A row may be pending or done.
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>>;

    /// Makes rows done. Repeating an update changes nothing.
    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()>;

    /// Returns whether a connection is one to the database of the store, so that [`write_on`](Self::write_on) can be used.
    #[cfg(feature = "sql")]
    fn is_database_of<'a>(&'a self, connection: HandlerConnection<'a>) -> SinkFuture<'a, bool> {
        let _ = connection;
        Box::pin(async { Ok(false) })
    }

    /// Makes rows done and stores others in the transaction of a connection, so that they are kept when it is committed. Returns
    /// the number of rows that were made done. A failure changes nothing of the transaction.
    #[cfg(feature = "sql")]
    fn write_on<'a>(
        &'a self,
        connection: HandlerConnection<'a>,
        updates: Vec<AuditUpdate>,
        rows: Vec<AuditRow>,
    ) -> SinkFuture<'a, u64> {
        let _ = (connection, updates, rows);
        Box::pin(async { Err(SinkError::OtherDatabase) })
    }

    /// Returns whether rows can be read. Without it the back office has no history.
    fn is_readable(&self) -> bool {
        false
    }

    /// Reads the rows that meet a query.
    fn query<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, AuditPage> {
        let _ = query;
        Box::pin(async { Err(SinkError::WriteOnly) })
    }

    /// The users of all rows that meet a query, each once; its page does not count.
    fn users<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, Vec<AuditUser>> {
        let _ = query;
        Box::pin(async { Err(SinkError::WriteOnly) })
    }

    /// Deletes at most `at_most` rows that are older than `before` and not pending, and returns their number.
    fn delete_before(&self, before: DateTime<Utc>, at_most: u32) -> SinkFuture<'_, u64> {
        let _ = (before, at_most);
        Box::pin(async { Ok(0) })
    }

    /// Sentences about what is wrong with the store, for the doctor.
    fn findings(&self) -> SinkFuture<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The rows to read. Empty lists and `None` do not restrict it.
///
/// ```
/// use forest_actions::audit::{AuditOperation, AuditQuery};
///
/// let refused = AuditQuery {
///     collection: Some("customers".to_owned()),
///     operations: vec![AuditOperation::ActionRefused],
///     ..AuditQuery::default()
/// };
/// assert_eq!(refused.limit, 100);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AuditQuery {
    /// The collection.
    pub collection: Option<String>,
    /// The packed id of the record; the empty text for rows about no single record.
    pub record_id: Option<String>,
    /// Any of these users.
    pub user_ids: Vec<i32>,
    /// Any of these operations.
    pub operations: Vec<AuditOperation>,
    /// Pending rows, or those that are done.
    pub status: Option<AuditStatus>,
    /// The ids of the requests.
    pub correlation_keys: Vec<String>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Not after this time.
    pub to: Option<DateTime<Utc>>,
    /// Any of these is a top-level key of one of the two values.
    pub fields: Vec<String>,
    /// A part of the name of the action or the user, or of the values as text; capitals do not count.
    pub search: Option<String>,
    /// Begins with the oldest row; otherwise with the newest.
    pub oldest_first: bool,
    /// Number of rows to skip.
    pub offset: u64,
    /// Maximum number of rows; default 100.
    pub limit: u64,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            collection: None,
            record_id: None,
            user_ids: Vec::new(),
            operations: Vec::new(),
            status: None,
            correlation_keys: Vec::new(),
            from: None,
            to: None,
            fields: Vec::new(),
            search: None,
            oldest_first: false,
            offset: 0,
            limit: 100,
        }
    }
}

/// A page of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditPage {
    /// The rows, ordered by time, then by number.
    pub rows: Vec<AuditRow>,
    /// The number of rows of all pages.
    pub count: u64,
}

/// A user of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditUser {
    /// The id, if it is a 32-bit number.
    pub id: Option<i32>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}
