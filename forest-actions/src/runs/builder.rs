//! The settings of runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sql")]
use super::queue::InProcess;
use super::queue::RunQueue;
use super::row::RunRow;
use super::store::{RunStore, StoreError};
use crate::records::RecordSource;
#[cfg(feature = "sql")]
use crate::records::{Beside, RecordError, SqlRecords};
#[cfg(feature = "sql")]
use crate::response::chain_of;

/// Called with a run that has ended.
pub(crate) type Finished = Arc<dyn Fn(&RunRow) + Send + Sync>;

/// The settings of runs, for [`ForestBuilder::runs`](crate::ForestBuilder::runs): actions that are declared `background` go on
/// behind their request, and survive the end of the program.
#[derive(Clone)]
#[must_use]
pub struct Runs {
    store: RunStore,
    schema: String,
    queue: Arc<dyn RunQueue>,
    finished: Option<Finished>,
    lease: Duration,
    retry: Duration,
    #[cfg(feature = "sql")]
    browsed: Option<Arc<SqlRecords>>,
}

/// The opened runs of an agent.
#[derive(Debug)]
pub(crate) struct RunSettings {
    pub(crate) store: RunStore,
    pub(crate) queue: Arc<dyn RunQueue>,
    pub(crate) finished: HookOfEnd,
    /// A worker that has not been heard of for this long has lost its run.
    pub(crate) lease: Duration,
    /// The wait before the second attempt; each further one is four times as long.
    pub(crate) retry: Duration,
    pub(crate) is_browsed: bool,
}

#[derive(Clone)]
pub(crate) struct HookOfEnd(pub(crate) Option<Finished>);

impl fmt::Debug for HookOfEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HookOfEnd").field(&self.0.is_some()).finish()
    }
}

/// The schema of the tables in PostgreSQL.
#[cfg(feature = "sql")]
const SCHEMA: &str = "forest";
/// Connections of a pool of its own: two, and one for each of a few workers.
#[cfg(feature = "postgres")]
const CONNECTIONS: u32 = 6;
/// Maximum wait for one of them.
#[cfg(feature = "postgres")]
const CONNECTING: Duration = Duration::from_secs(4);
const LEASE: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_secs(5);

impl Runs {
    #[cfg(feature = "sql")]
    fn of(store: RunStore) -> Self {
        Self {
            store,
            schema: SCHEMA.to_owned(),
            queue: Arc::new(InProcess::default()),
            finished: None,
            lease: LEASE,
            retry: RETRY,
            browsed: None,
        }
    }

    /// Runs in two tables of an SQLite database, `forest_runs` and `forest_run_records`, for programs on one machine. They may be
    /// in the database of the records: then [`Run::checkpoint_in`](crate::Run::checkpoint_in) is part of a handler's own transaction.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self::of(RunStore::sqlite(pool))
    }

    /// Runs in two tables of a PostgreSQL database, `runs` and `run_records` of the schema `forest`, which any number of instances
    /// of the program share.
    ///
    /// They are written over connections of their own, at most six, with the options of the pool.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool) -> Self {
        let own = sqlx::postgres::PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECTING)
            .connect_lazy_with((*pool.connect_options()).clone());
        Self::of(RunStore::postgres(own, SCHEMA))
    }

    /// The schema of the tables, in PostgreSQL. Default: `forest`. It is created if it does not exist.
    #[cfg(feature = "postgres")]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self.store = self.store.in_schema(&self.schema);
        self
    }

    /// The queue that wakes the workers of other processes. Default: none, so that these look for runs each second.
    pub fn queue(mut self, queue: impl RunQueue) -> Self {
        self.queue = Arc::new(queue);
        self
    }

    /// Calls `hook` with each run that a worker of this process has ended: for a mail, or a message in a chat. It runs on the
    /// worker, so it should be quick, and start a task for the rest.
    pub fn on_finished(mut self, hook: impl Fn(&RunRow) + Send + Sync + 'static) -> Self {
        self.finished = Some(Arc::new(hook));
        self
    }

    /// How long a worker may not be heard of before another one takes its run over, at least 100 milliseconds. Default: 30 seconds. A
    /// worker is heard of three times as often.
    pub fn lease(mut self, time: Duration) -> Self {
        self.lease = time.max(Duration::from_millis(100));
        self
    }

    /// The wait after an unexpected error. Default: 5 seconds; four times as long after each further one, at most 5 minutes.
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.retry = time;
        self
    }

    /// Adds the runs to the back office: read-only collections `forest_runs` and `forest_run_records`, with the ordinary rights
    /// and scopes, and the actions Cancel, Retry failed, Run the rest and Download refused. Connects to the database.
    ///
    /// # Errors
    /// The database cannot be used.
    #[cfg(feature = "sql")]
    pub async fn browsable(mut self) -> Result<Self, RecordError> {
        self.store
            .open(&self.schema)
            .await
            .map_err(|error| RecordError::failed(chain_of(&error)))?;
        let records = super::browse::records(&self.store, &self.schema).await?;
        self.browsed = Some(Arc::new(records));
        Ok(self)
    }

    /// The record source of the agent: that of the program, with the collections of the runs.
    pub(crate) fn with_source(&self, host: Option<Arc<dyn RecordSource>>) -> Option<Arc<dyn RecordSource>> {
        #[cfg(feature = "sql")]
        if let Some(runs) = &self.browsed {
            return Some(Arc::new(Beside {
                host,
                own: Arc::clone(runs),
                names: &[super::browse::RUNS, super::browse::RECORDS],
            }));
        }
        host
    }

    pub(crate) fn is_browsable(&self) -> bool {
        #[cfg(feature = "sql")]
        return self.browsed.is_some();
        #[cfg(not(feature = "sql"))]
        false
    }

    /// Creates what is missing.
    ///
    /// # Errors
    /// The database cannot be used.
    pub(crate) async fn open(self) -> Result<RunSettings, StoreError> {
        self.store.open(&self.schema).await?;
        Ok(RunSettings {
            is_browsed: self.is_browsable(),
            store: self.store,
            queue: self.queue,
            finished: HookOfEnd(self.finished),
            lease: self.lease,
            retry: self.retry,
        })
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("lease", &self.lease)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
