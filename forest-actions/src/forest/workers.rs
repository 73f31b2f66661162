//! The workers of runs: threads of this process, each with an application of its own.

use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::rt::System;
use actix_web::test::init_service;
use actix_web::{App, Error};
use futures_util::future::LocalBoxFuture;
use tokio::time::timeout;

use super::Forest;
use super::signals::Signals;
use crate::config::Role;
use crate::error;
use crate::http::{Within, work};
use crate::runs::RunRow;

impl Forest {
    /// The role of this process: `FOREST_ROLE`, which is `web` or `worker`.
    #[must_use]
    pub fn role(&self) -> Role {
        self.shared.config().role
    }

    /// Starts the workers of this process, each on a thread of its own: as many as
    /// [`worker_count`](crate::ForestBuilder::worker_count) says, which may be none. They carry out the runs of actions that are
    /// declared `background`, until [`stop`](Self::stop), which lets each of them end its chunk.
    ///
    /// `app` is the closure that the server gets as well, so that handlers have the same data, extractors and middleware. A
    /// middleware sees the request of a run too, without the headers of the browser.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use actix_web::{App, HttpServer};
    /// use forest_actions::{Forest, Role};
    ///
    /// #[actix_web::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let forest = Forest::from_env()?.start().await?;
    ///     let routes = forest.clone();
    ///     let app = move || App::new().configure(routes.routes());
    ///     forest.workers(app.clone());
    ///     if forest.role() == Role::Worker {
    ///         return Ok(forest.run_workers(Duration::from_secs(30)).await?);
    ///     }
    ///     let server = HttpServer::new(app).disable_signals().bind(("127.0.0.1", 3310))?;
    ///     forest.run(server.run(), Duration::from_secs(30)).await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn workers<F, T, B>(&self, app: F)
    where
        F: Fn() -> App<T> + Send + Clone + 'static,
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        if self.shared.runs().is_none() {
            return;
        }
        let count = match (self.role(), self.shared.config().workers) {
            // such a process would do nothing
            (Role::Worker, 0) => 1,
            (_, count) => count,
        };
        for number in 1..=count {
            let (forest, app) = (self.clone(), app.clone());
            let thread = thread::Builder::new().name(format!("forest-worker-{number}"));
            let spawned = thread.spawn(move || System::new().block_on(forest.carry_out(app())));
            if let Err(error) = spawned {
                tracing::error!(
                    error = crate::response::chain_of(&error),
                    "a worker of runs cannot be started"
                );
            }
        }
        tracing::info!(workers = count, "workers carry out runs in the background");
    }

    /// Carries out runs in this thread until the agent stops: for a runtime of the program's own. [`workers`](Self::workers) starts
    /// threads.
    pub async fn carry_out<T, B>(&self, app: App<T>)
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        let shared = self.shared.clone();
        Within::current(async move {
            let service = Rc::new(init_service(app).await);
            let send = move |request: Request| -> LocalBoxFuture<'static, ()> {
                let service = Rc::clone(&service);
                Box::pin(async move {
                    // what came of it is the agent's to say
                    let _ = service.call(request).await;
                })
            };
            work(shared, &send).await;
        })
        .await;
    }

    /// Waits for Ctrl-C or `SIGTERM`, and lets the workers end their chunks, which may take `at_most`: for a process that only
    /// carries out runs.
    ///
    /// # Errors
    /// Signals cannot be received.
    pub async fn run_workers(&self, at_most: Duration) -> io::Result<()> {
        Signals::new()?.next().await;
        self.shared.stop();
        if timeout(at_most, self.until_idle()).await.is_err() {
            tracing::warn!(
                ?at_most,
                "runs are cut short, and other workers repeat their last chunk"
            );
        }
        Ok(())
    }

    /// The run of this id; `None` if there is none.
    ///
    /// # Errors
    /// The database of the runs does not answer.
    pub async fn find_run(&self, id: &str) -> Result<Option<RunRow>, error::Error> {
        match self.shared.runs() {
            Some(runs) => runs.get(id).await.map_err(|error| error::Error::Runs(Box::new(error))),
            None => Ok(None),
        }
    }
}
