//! The product's front door: [`Forest`] and its builder, from configuration to routes.

mod builder;
mod plan;
mod report;
mod start;
#[cfg(all(feature = "server", feature = "testing"))]
mod under_test;

use std::path::Path;
use std::sync::Arc;

use actix_web::web::ServiceConfig;

pub use builder::ForestBuilder;

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
    /// A builder that takes its settings from the environment; what is set on it in code wins.
    ///
    /// # Errors
    /// [`Error::Config`] for a variable that cannot be read as what it should be.
    pub fn from_env() -> Result<ForestBuilder, Error> {
        ForestBuilder::from_env()
    }

    /// A builder that ignores the environment.
    pub fn builder() -> ForestBuilder {
        ForestBuilder::default()
    }

    /// Everything to mount: the argument of [`App::configure`](actix_web::App::configure), or of a scope's, for
    /// an agent below a path prefix.
    ///
    /// The agent only answers below `/forest` and at the endpoints that actions declare elsewhere. Mounting it
    /// twice in one application changes nothing. Of two agents in one place the first is served, and the log has an error; below
    /// prefixes of their own both are.
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

    /// Whether the agent runs in local mode: no account, no network, loopback only.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.shared.config().is_local()
    }

    /// Whether the schema file is written or read.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.shared.config().environment
    }

    /// The users of local mode, in the order in which they were given; empty when connected.
    pub fn local_users(&self) -> &[LocalUser] {
        &self.local_users
    }

    /// Looks at everything that can keep the agent from working: the settings, the schema, the Forest server and its clock,
    /// the program's own address as browsers see it, the IP rules, the events, and each action. Nothing is changed: no
    /// publication, no login, no action is run.
    ///
    /// It asks the Forest server anew, a few calls at once, so it ends within about the
    /// [request timeout](ForestBuilder::request_timeout). What cannot be found out is a finding and never an error. Print the
    /// result for one screen of text; for a health check see [`Diagnosis::is_healthy`], and ask no more than once a minute.
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

    /// Why a user can or cannot run an action, with one cause. It is the decision that a request of this user would meet,
    /// up to the point where the selected records decide. Both names are compared exactly, the action by its label.
    ///
    /// In local mode it asks the roles that are given in code, else the Forest server, anew. What cannot be found out is
    /// said in the explanation.
    pub async fn why(&self, user_id: u64, collection: &str, action: &str) -> Explanation {
        crate::doctor::explain(&self.shared, &self.local_users, user_id, collection, action).await
    }

    /// Waits until no handler and no hook runs.
    ///
    /// A server that stops waits for its connections. A handler whose browser has gone runs on and has none, so a program that
    /// must not cut one in half stops in this order: pause the server, wait for this, and stop. Put a time limit around it. New
    /// calls are not kept out: without a pause the wait may be long.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use actix_web::dev::ServerHandle;
    /// use actix_web::rt::time::timeout;
    /// use forest_actions::Forest;
    ///
    /// async fn stop(server: ServerHandle, forest: Forest) {
    ///     server.pause().await;
    ///     let _ = timeout(Duration::from_secs(30), forest.until_idle()).await;
    ///     server.stop(true).await;
    /// }
    /// ```
    pub async fn until_idle(&self) {
        self.shared.until_idle().await;
    }

    /// A session token of local mode for one of its users, valid for one hour.
    ///
    /// # Errors
    /// [`Error::LocalSession`] when the agent is connected, or knows no such user.
    pub fn local_token(&self, user_id: u64) -> Result<String, Error> {
        session_token(self.shared.config(), &self.local_users, user_id)
    }
}
