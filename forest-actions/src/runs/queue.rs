//! The queue of runs: what wakes a worker.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Notify;

/// The future that the methods of a queue return: `Box::pin(async { … })`.
pub type QueueFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, QueueError>> + Send + 'a>>;

/// The failure of a queue. It is logged, and workers look for runs by themselves.
#[derive(Debug, thiserror::Error)]
#[error("the queue of runs failed")]
pub struct QueueError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl QueueError {
    /// A failure with its cause.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// A queue that tells the workers of all instances about new runs.
///
/// It need not be reliable: the rows of the runs decide, and every worker looks for forgotten runs each second. A delivery that
/// is doubled, late or lost does no harm.
pub trait RunQueue: Send + Sync + 'static {
    /// Announces a run that can be taken on.
    fn push<'a>(&'a self, run: &'a str) -> QueueFuture<'a, ()>;

    /// Waits for the next announcement. Cancelled and called again at any time.
    fn next(&self) -> QueueFuture<'_, ()>;
}

/// Wakes the workers of this process.
#[derive(Debug, Default, Clone)]
pub(crate) struct InProcess {
    bell: Arc<Notify>,
}

impl RunQueue for InProcess {
    fn push<'a>(&'a self, _: &'a str) -> QueueFuture<'a, ()> {
        self.bell.notify_one();
        Box::pin(async { Ok(()) })
    }

    fn next(&self) -> QueueFuture<'_, ()> {
        Box::pin(async {
            self.bell.notified().await;
            Ok(())
        })
    }
}

impl fmt::Debug for dyn RunQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunQueue")
    }
}
