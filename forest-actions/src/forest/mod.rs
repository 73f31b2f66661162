//! [`Forest`] and its builder: from configuration to routes.

mod builder;
mod plan;
mod report;
mod signals;
mod start;
#[cfg(all(feature = "server", feature = "testing"))]
mod under_test;
mod workers;

use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::ServiceConfig;
use tokio::time::timeout;

pub use builder::ForestBuilder;

use self::signals::Signals;

use crate::audit::{AuditPage, AuditQuery, SinkError};
use crate::config::Environment;
use crate::declare::ActionDescriptor;
use crate::doctor::{Diagnosis, Explanation};
use crate::error::Error;
use crate::http::{ForestRoutes, MountedLast, Shared};
use crate::local::{LocalUser, session_token};
use crate::schema::Schema;

/// The started agent: checked actions, a written or read schema, and routes to mount.
///
/// Cheap to clone; one value serves every worker of the server.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use forest_actions::Forest;
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let forest = Forest::from_env()?.start().await?;
///     HttpServer::new(move || App::new().configure(forest.routes())).bind(("127.0.0.1", 3310))?.run().await?;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Forest {
    pub(crate) shared: Arc<Shared>,
    local_users: Arc<[LocalUser]>,
}

impl Forest {
    /// A builder that reads its settings from the environment; settings in code win.
    ///
    /// # Errors
    /// [`Error::Setting`] for a malformed variable.
    pub fn from_env() -> Result<ForestBuilder, Error> {
        ForestBuilder::from_env()
    }

    /// A builder that ignores the environment.
    pub fn builder() -> ForestBuilder {
        ForestBuilder::default()
    }

    /// The routes to mount: the argument of [`App::configure`](actix_web::App::configure), or of the `configure` of a scope
    /// for an agent below a path prefix.
    ///
    /// The agent answers below `/forest` and at the endpoints that actions declare elsewhere, and nowhere else. Mounting it
    /// twice in one application changes nothing. Of two agents in one place only the first is served, and an error is logged;
    /// below different prefixes both are served.
    pub fn routes(&self) -> impl FnOnce(&mut ServiceConfig) + 'static + use<> {
        let shared = self.shared.clone();
        move |config| {
            config.app_data(MountedLast(shared.clone()));
            config.service(ForestRoutes(shared));
        }
    }

    /// The schema of the code: its collections and actions.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        self.shared.schema()
    }

    /// The schema file that is written or read.
    #[must_use]
    pub fn schema_path(&self) -> &Path {
        &self.shared.config().schema_path
    }

    /// The actions that are served, by collection and name.
    #[must_use]
    pub fn actions(&self) -> &[&'static ActionDescriptor] {
        self.shared.actions()
    }

    /// `true` in local mode: no account, no network, loopback only.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.shared.config().is_local()
    }

    /// The environment, which decides whether the schema file is written or read.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.shared.config().environment
    }

    /// The users of local mode, in the order in which they were given; empty when connected.
    pub fn local_users(&self) -> &[LocalUser] {
        &self.local_users
    }

    /// Checks everything that can keep the agent from working: the settings, the schema, the Forest server and its clock,
    /// the program's own address as browsers see it, the IP rules, the events, and each action. Nothing is changed: it does
    /// not publish, log in or run an action.
    ///
    /// The Forest server is called again, a few calls at once, so it ends within about the
    /// [request timeout](ForestBuilder::request_timeout). A check that cannot be made is a finding, never an error. Print the
    /// result for one screen of text; for a health check see [`Diagnosis::is_healthy`], at most once a minute.
    ///
    /// ```
    /// # use forest_actions::Forest;
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), forest_actions::Error> {
    /// let forest = Forest::builder().dry_run().await?;
    /// let diagnosis = forest.doctor().await;
    /// println!("{diagnosis}");
    /// assert!(diagnosis.is_healthy());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Diagnosis {
        crate::doctor::diagnose(&self.shared).await
    }

    /// Returns whether this instance can do its work: it is not stopping, and its record source answers, which is asked at most
    /// once a second. The Forest server is not part of it, as all instances would be out of service with it.
    ///
    /// `GET /forest/healthcheck/ready` gives the same as 200 or 503, for a load balancer.
    pub async fn is_ready(&self) -> bool {
        self.shared.readiness().await.is_ok()
    }

    /// Explains with one cause why a user can or cannot run an action. It is the decision that a request of this user would
    /// meet, up to the point where the selected records decide. Both names are compared exactly, the action by its label.
    ///
    /// Local mode reads the roles given in code; a connected agent fetches the rights from the Forest server again. The
    /// explanation names what cannot be fetched.
    pub async fn explain_access(&self, user_id: u64, collection: &str, action: &str) -> Explanation {
        crate::doctor::explain(&self.shared, &self.local_users, user_id, collection, action).await
    }

    /// Reads the audit trail, for reports of the program's own. Scopes and rights of users do not apply.
    ///
    /// ```
    /// use forest_actions::Forest;
    /// use forest_actions::audit::{Audit, AuditMemory, AuditQuery, AuditOperation};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let forest = Forest::builder().audit(Audit::sink(AuditMemory::new())).dry_run().await?;
    /// let refused = AuditQuery { operations: vec![AuditOperation::ActionRefused], ..AuditQuery::default() };
    /// for row in forest.audit(&refused).await?.rows {
    ///     println!("{} {:?}", row.timestamp, row.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The agent has no trail, its sink only writes, or the store does not answer.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, SinkError> {
        match self.shared.audit() {
            Some(trail) => trail.query(query).await,
            None => Err(SinkError::NoTrail),
        }
    }

    /// Stops a server gracefully: it accepts no more connections, each answer closes its connection, and the handlers and
    /// hooks that run may take `at_most` to end. Then the server itself stops gracefully, within its `shutdown_timeout`.
    ///
    /// A server that is stopped directly waits for its connections, and so cuts handlers short whose browser has
    /// disconnected.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use actix_web::dev::ServerHandle;
    /// use forest_actions::Forest;
    ///
    /// async fn stop_on_interrupt(server: ServerHandle, forest: Forest) -> std::io::Result<()> {
    ///     actix_web::rt::signal::ctrl_c().await?;
    ///     forest.stop(&server, Duration::from_secs(30)).await;
    ///     Ok(())
    /// }
    /// ```
    pub async fn stop(&self, server: &ServerHandle, at_most: Duration) {
        self.shared.stop();
        server.pause().await;
        if timeout(at_most, self.until_idle()).await.is_err() {
            tracing::warn!(?at_most, "handlers still run, and are cut short");
        }
        server.stop(true).await;
    }

    /// Runs a server until Ctrl-C or `SIGTERM`, and then [stops](Self::stop) it gracefully. A second signal stops it at once.
    ///
    /// Build the server with `disable_signals()`, or it stops by itself without waiting for handlers. Works in the runtimes of
    /// `#[actix_web::main]` and `#[tokio::main]`.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use actix_web::{App, HttpServer};
    /// use forest_actions::Forest;
    ///
    /// #[actix_web::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let forest = Forest::from_env()?.start().await?;
    ///     let routes = forest.clone();
    ///     let server = HttpServer::new(move || App::new().configure(routes.routes())).disable_signals();
    ///     forest.run(server.bind(("127.0.0.1", 3310))?.run(), Duration::from_secs(30)).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of the server, and of the system when signals cannot be received.
    pub async fn run(&self, server: Server, at_most: Duration) -> io::Result<()> {
        let handle = server.handle();
        let mut server = pin!(server);
        let mut signal = Signals::new()?;
        tokio::select! {
            ended = &mut server => return ended,
            () = signal.next() => {}
        }
        let mut stop = pin!(self.stop(&handle, at_most));
        tokio::select! {
            ended = &mut server => return ended,
            () = &mut stop => return server.await,
            () = signal.next() => {}
        }
        // the server stops while it is polled
        let (ended, ()) = tokio::join!(server, handle.stop(false));
        ended
    }

    /// Waits until no handler and no hook runs. [`stop`](Self::stop) uses it; without that, new calls keep arriving.
    pub async fn until_idle(&self) {
        self.shared.until_idle().await;
    }

    /// A session token of local mode for one of its users, valid for one hour.
    ///
    /// # Errors
    /// [`Error::LocalSession`] when the agent is connected, or the user does not exist.
    pub fn local_token(&self, user_id: u64) -> Result<String, Error> {
        session_token(self.shared.config(), &self.local_users, user_id)
    }
}
