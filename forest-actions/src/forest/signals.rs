//! The signals by which a program is asked to end.

use std::io;

#[cfg(unix)]
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and, on Unix, `SIGTERM`.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) {
        if actix_web::rt::signal::ctrl_c().await.is_err() {
            // without signals the program ends when it is killed
            std::future::pending::<()>().await;
        }
    }
}
