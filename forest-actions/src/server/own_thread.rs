//! Where work for the Forest server runs: on a thread of its own.
//!
//! Whoever asks first would otherwise run what all others wait for, on the thread of one worker: a handler that blocks that
//! thread would hold up the permissions of the whole program, and the connections that are kept open. One thread for the
//! program; it ends with the last of its owners and waits for nothing (EVT-01).

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::error::Error;

/// The thread. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    handle: Handle,
    /// Held for its end.
    _own: Option<Arc<Own>>,
}

#[derive(Debug)]
struct Own(Option<Runtime>);

impl Upstream {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`Error::Config`] when the system gives none.
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("forest-server")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::Config(format!(
                    "no thread could be started for the calls to the Forest server: {error}"
                ))
            })?;
        Ok(Self {
            handle: runtime.handle().clone(),
            _own: Some(Arc::new(Own(Some(runtime)))),
        })
    }

    /// The runtime of a test, whose clock it may stop; a thread where there is none.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn here() -> Result<Self, Error> {
        match Handle::try_current() {
            Ok(handle) => Ok(Self { handle, _own: None }),
            Err(_) => Self::start(),
        }
    }

    /// Runs something to its end, whether or not anybody waits for it.
    pub(crate) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(work)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // the ordinary end waits for a lookup of a name that never comes, and may not happen in a task
            runtime.shutdown_background();
        }
    }
}
