//! Counts running handlers and hooks, and marks the end of the program, so that it can wait for them before it stops.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The running handlers of all workers.
#[derive(Debug, Default)]
pub(crate) struct Handlers {
    running: AtomicUsize,
    none_left: Notify,
    is_stopping: AtomicBool,
    stops: Notify,
    /// Warns of a handler that blocks its worker.
    warns_of_blocking: bool,
}

impl Handlers {
    pub(super) fn new(warns_of_blocking: bool) -> Self {
        Self {
            warns_of_blocking,
            ..Self::default()
        }
    }

    /// Counts a running handler until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(self.clone())
    }

    /// From now on each answer closes its connection, or clients that keep them alive would start handlers for ever.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.stops.notify_waiters();
    }

    /// Waits until the program stops.
    pub(super) async fn stopping(&self) {
        let mut stops = pin!(self.stops.notified());
        // registered before the check, so that a stop in between is not missed
        stops.as_mut().enable();
        if !self.is_stopping() {
            stops.await;
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Waits until no handler runs.
    pub(crate) async fn until_none(&self) {
        loop {
            let mut none_left = pin!(self.none_left.notified());
            // registered before the check, so that an end in between is not missed
            none_left.as_mut().enable();
            if self.running.load(Ordering::Acquire) == 0 {
                return;
            }
            none_left.await;
        }
    }
}

/// The guard of a running handler.
pub(super) struct Running(Arc<Handlers>);

impl Running {
    pub(super) fn warns_of_blocking(&self) -> bool {
        self.0.warns_of_blocking
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    #[test]
    fn waiting_ends_with_the_last_handler_and_not_before() {
        actix_web::rt::System::new().block_on(async {
            let handlers = Arc::new(Handlers::default());
            handlers.until_none().await;
            let (one, two) = (handlers.begin(), handlers.begin());
            let mut none_left = pin!(handlers.until_none());
            for running in [one, two] {
                let waits = poll_fn(|context| Poll::Ready(none_left.as_mut().poll(context).is_pending())).await;
                assert!(waits);
                drop(running);
            }
            none_left.await;
        });
    }
}
