//! The trail of a started agent: its sink, with limits in time, and its settings.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::Utc;
use tokio::time::{sleep, timeout};

use super::row::{AuditRow, AuditUpdate};
use super::sink::{AuditPage, AuditQuery, AuditSink, AuditUser, SinkError, SinkFuture};
use super::values::Redaction;
use crate::declare::{ActionDescriptor, AuditMode};
#[cfg(feature = "sql")]
use crate::records::{HandlerConnection, WriteTx};
use crate::response::chain_of;

/// Maximum time of one write or read.
pub(super) const TIME: Duration = Duration::from_secs(5);
/// Maximum time of the first confirmation, for which the answer waits.
const CONFIRMATION: Duration = Duration::from_secs(1);
/// The pauses before a confirmation is repeated.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
];
/// Number of rows of one statement.
pub(super) const BATCH: usize = 500;
/// Number of rows that retention deletes in one statement.
const DELETED: u32 = 1_000;
/// The pause between two rounds of retention.
const RETENTION: Duration = Duration::from_secs(60 * 60);

/// The audit trail of a started agent.
pub(crate) struct AuditTrail {
    pub(super) sink: Arc<dyn AuditSink>,
    pub(super) strict: bool,
    pub(super) redaction: Redaction,
    pub(super) keep: Option<Duration>,
    /// Rows that could not be written since the start.
    pub(super) lost: AtomicU64,
    /// The record source writes to the database of the trail; unset before its first change.
    #[cfg(feature = "sql")]
    pub(super) is_shared: tokio::sync::OnceCell<bool>,
}

/// A run or change that cannot be recorded although it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditUnavailable;

impl AuditTrail {
    /// How the runs of an action are recorded.
    pub(crate) fn mode(&self, action: &ActionDescriptor) -> AuditMode {
        action.audit.unwrap_or(match self.strict {
            true => AuditMode::Strict,
            false => AuditMode::Normal,
        })
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.sink.is_readable()
    }

    /// The number of rows that could not be written since the start.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Stores rows in batches, and returns their numbers.
    ///
    /// # Errors
    /// The failure of the sink, with the numbers of the batches before it.
    pub(super) async fn insert(&self, rows: Vec<AuditRow>) -> Result<Vec<i64>, (Vec<i64>, SinkError)> {
        let mut ids = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter();
        loop {
            let batch: Vec<AuditRow> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(ids);
            }
            let count = batch.len();
            match within(TIME, self.sink.prepare(batch)).await {
                Ok(more) if more.len() == count => ids.extend(more),
                Ok(_) => return Err((ids, SinkError::failed("the sink returned another number of rows"))),
                Err(error) => return Err((ids, error)),
            }
        }
    }

    /// Stores rows about changes of records, before or after them. Where [strict](Self::is_strict), a failure must refuse the
    /// change; otherwise it is logged, and the numbers of the first rows are returned.
    ///
    /// # Errors
    /// The rows cannot be stored, in strict mode.
    pub(crate) async fn append(&self, rows: Vec<AuditRow>) -> Result<Vec<i64>, AuditUnavailable> {
        let count = rows.len();
        match self.insert(rows).await {
            Ok(ids) => Ok(ids),
            Err((ids, error)) => {
                self.lose(
                    count - ids.len(),
                    &error,
                    "a change cannot be recorded in the audit trail",
                );
                match self.strict {
                    true => Err(AuditUnavailable),
                    false => Ok(ids),
                }
            }
        }
    }

    /// Returns whether a transaction that writes records is one of the database of the trail.
    ///
    /// # Errors
    /// The question failed, so that nothing further can be done in the transaction.
    #[cfg(feature = "sql")]
    pub(super) async fn is_database_of(&self, transaction: &mut dyn WriteTx) -> Result<bool, AuditUnavailable> {
        // all transactions of a record source are of one database
        let asked = self.is_shared.get_or_try_init(async || match transaction.connection() {
            Some(connection) => within(TIME, self.sink.is_database_of(connection)).await,
            None => Ok(false),
        });
        asked.await.copied().map_err(|error| {
            tracing::error!(
                error = chain_of(&error),
                "the database of the audit trail cannot be identified"
            );
            AuditUnavailable
        })
    }

    /// Stores rows in the transaction of the changes that they are about, which has to be of the database of the trail.
    ///
    /// # Errors
    /// The rows cannot be stored, in strict mode, or not in time.
    #[cfg(feature = "sql")]
    pub(super) async fn append_in(
        &self,
        transaction: &mut dyn WriteTx,
        rows: Vec<AuditRow>,
    ) -> Result<(), AuditUnavailable> {
        let count = rows.len();
        let written = match transaction.connection() {
            Some(connection) => within(TIME, self.sink.write_on(connection, Vec::new(), rows)).await,
            None => Err(SinkError::OtherDatabase),
        };
        let Err(error) = written else { return Ok(()) };
        self.lose(count, &error, "a change cannot be recorded in the audit trail");
        match self.strict || matches!(error, SinkError::TimedOut(_)) {
            true => Err(AuditUnavailable),
            false => Ok(()),
        }
    }

    /// Confirms rows, and stores further ones. The first attempt is waited for; further ones are made in the background while
    /// `alive` is kept.
    pub(crate) async fn settle(self: &Arc<Self>, settlement: Settlement, alive: impl Send + 'static) {
        let mut settlement = settlement;
        let outcome = timeout(CONFIRMATION, settlement.attempt(&*self.sink)).await;
        let Err(error) = outcome.unwrap_or(Err(SinkError::TimedOut(CONFIRMATION))) else {
            return;
        };
        tracing::warn!(
            error = chain_of(&error),
            "the audit trail could not be confirmed, and is tried again"
        );
        let trail = Arc::clone(self);
        tokio::spawn(async move {
            let _alive = alive;
            let mut last = error;
            for pause in PAUSES {
                sleep(pause).await;
                match within(TIME, settlement.attempt(&*trail.sink)).await {
                    Ok(()) => return,
                    Err(error) => last = error,
                }
            }
            trail.lose(settlement.len(), &last, "rows of the audit trail stay pending");
        });
    }

    pub(super) fn lose(&self, rows: usize, error: &SinkError, text: &'static str) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.lost.fetch_add(rows, Ordering::Relaxed);
        tracing::error!(rows, error = chain_of(error), "{text}");
    }

    /// # Errors
    /// The store cannot be read, or not in time.
    pub(crate) async fn query(&self, query: &AuditQuery) -> Result<AuditPage, SinkError> {
        within(TIME, self.sink.query(query)).await
    }

    /// # Errors
    /// As [`query`](Self::query).
    pub(crate) async fn users(&self, query: &AuditQuery) -> Result<Vec<AuditUser>, SinkError> {
        within(TIME, self.sink.users(query)).await
    }

    /// # Errors
    /// As [`query`](Self::query).
    pub(crate) async fn findings(&self) -> Result<Vec<String>, SinkError> {
        within(TIME, self.sink.findings()).await
    }

    /// Deletes rows that are older than they are kept, now and every hour, until the trail is dropped.
    pub(crate) fn retain(self: &Arc<Self>) {
        let Some(keep) = self.keep else { return };
        let trail = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(trail) = trail.upgrade() {
                let deleted = trail.delete_old(keep).await;
                if deleted > 0 {
                    tracing::info!(deleted, "old rows of the audit trail were deleted");
                }
                drop(trail);
                sleep(RETENTION).await;
            }
        });
    }

    async fn delete_old(&self, keep: Duration) -> u64 {
        let Some(before) = chrono::Duration::from_std(keep)
            .ok()
            .and_then(|keep| Utc::now().checked_sub_signed(keep))
        else {
            return 0;
        };
        let mut deleted = 0;
        loop {
            match within(TIME, self.sink.delete_before(before, DELETED)).await {
                Ok(0) => return deleted,
                Ok(more) => deleted += more,
                Err(error) => {
                    tracing::warn!(
                        error = chain_of(&error),
                        "old rows of the audit trail cannot be deleted"
                    );
                    return deleted;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

pub(super) async fn within<T>(
    limit: Duration,
    future: impl Future<Output = Result<T, SinkError>>,
) -> Result<T, SinkError> {
    timeout(limit, future).await.unwrap_or(Err(SinkError::TimedOut(limit)))
}

impl fmt::Debug for AuditTrail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditTrail")
            .field("strict", &self.strict)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// The writes at the end of an operation. What has been written is not repeated.
#[derive(Debug, Default)]
pub(crate) struct Settlement {
    pub(crate) rows: Vec<AuditRow>,
    pub(crate) updates: Vec<AuditUpdate>,
}

impl Settlement {
    fn len(&self) -> usize {
        let updated: usize = self.updates.iter().map(|update| update.ids.len()).sum();
        self.rows.len() + updated
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.updates.is_empty()
    }

    pub(super) async fn attempt(&mut self, sink: &dyn AuditSink) -> Result<(), SinkError> {
        while !self.updates.is_empty() {
            let end = BATCH.min(self.updates.len());
            let batch = self.updates.get(..end).unwrap_or_default().to_vec();
            sink.confirm(batch).await?;
            self.updates.drain(..end);
        }
        while !self.rows.is_empty() {
            let end = BATCH.min(self.rows.len());
            let batch = self.rows.get(..end).unwrap_or_default().to_vec();
            sink.prepare(batch).await?;
            self.rows.drain(..end);
        }
        Ok(())
    }
}

/// A sink behind a reference.
impl<S: AuditSink + ?Sized> AuditSink for Arc<S> {
    fn open(&self) -> SinkFuture<'_, ()> {
        (**self).open()
    }

    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        (**self).prepare(rows)
    }

    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        (**self).confirm(updates)
    }

    #[cfg(feature = "sql")]
    fn is_database_of<'a>(&'a self, connection: HandlerConnection<'a>) -> SinkFuture<'a, bool> {
        (**self).is_database_of(connection)
    }

    #[cfg(feature = "sql")]
    fn write_on<'a>(
        &'a self,
        connection: HandlerConnection<'a>,
        updates: Vec<AuditUpdate>,
        rows: Vec<AuditRow>,
    ) -> SinkFuture<'a, u64> {
        (**self).write_on(connection, updates, rows)
    }

    fn is_readable(&self) -> bool {
        (**self).is_readable()
    }

    fn query<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, AuditPage> {
        (**self).query(query)
    }

    fn users<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, Vec<AuditUser>> {
        (**self).users(query)
    }

    fn delete_before(&self, before: chrono::DateTime<Utc>, at_most: u32) -> SinkFuture<'_, u64> {
        (**self).delete_before(before, at_most)
    }

    fn findings(&self) -> SinkFuture<'_, Vec<String>> {
        (**self).findings()
    }
}
