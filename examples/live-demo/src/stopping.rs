//! Graceful shutdown: no new requests are accepted, and running ones finish.

use std::io;
use std::pin::pin;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use forest_actions::Forest;
use futures_util::future::{Either, select};

/// Longer than the longest action of the demo.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for Ctrl-C or `SIGTERM`, and stops. A second one stops at once.
pub(crate) async fn when_told(server: ServerHandle, forest: Forest) {
    if let Err(problem) = told().await {
        // it still ends when it is killed
        tracing::error!(error = %problem, "signals cannot be received");
        return;
    }
    let gracefully = pin!(forest.stop(&server, PATIENCE));
    match select(gracefully, pin!(told())).await {
        Either::Left(((), _)) => {}
        Either::Right(_) => server.stop(false).await,
    }
}

async fn told() -> io::Result<()> {
    #[cfg(unix)]
    {
        use actix_web::rt::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate())?;
        let interrupted = pin!(actix_web::rt::signal::ctrl_c());
        match select(interrupted, pin!(terminate.recv())).await {
            Either::Left((interrupted, _)) => interrupted,
            Either::Right(_) => Ok(()),
        }
    }
    #[cfg(not(unix))]
    actix_web::rt::signal::ctrl_c().await
}
