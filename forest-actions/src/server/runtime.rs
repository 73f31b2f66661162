//! The runtime that calls to the Forest server run on: one thread of their own.
//!
//! A fetch that many requests wait for must not run on the thread of one worker, where a blocking handler would hold up the
//! whole program.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

use crate::error::Error;

/// A handle to the runtime; cheap to clone. The thread ends with the last handle (EVT-01).
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    handle: Handle,
    _thread: Option<Arc<Thread>>,
}

#[derive(Debug)]
struct Thread(Option<tokio::runtime::Runtime>);

impl Runtime {
    /// Starts a thread for the runtime.
    ///
    /// # Errors
    /// [`Error::ServerClient`] when the system refuses the thread.
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("forest-server")
            .enable_all()
            .build()
            .map_err(|error| Error::ServerClient {
                problem: "no thread could be started for its calls",
                cause: error.into(),
            })?;
        Ok(Self {
            handle: runtime.handle().clone(),
            _thread: Some(Arc::new(Thread(Some(runtime)))),
        })
    }

    /// Uses the runtime of the caller, so that a test controls its clock. Starts a thread outside of a runtime.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn current() -> Result<Self, Error> {
        match Handle::try_current() {
            Ok(handle) => Ok(Self { handle, _thread: None }),
            Err(_) => Self::start(),
        }
    }

    /// Runs `work` to its end, even when the returned handle is dropped.
    pub(crate) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(work)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // dropping a runtime waits for blocking work such as name lookups, and panics inside a task
            runtime.shutdown_background();
        }
    }
}
