//! The state that all requests of the program share.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;
use secrecy::ExposeSecret as _;

use super::cors::Cors;
use super::executed::Executed;
use super::preview::PreviewKeys;
use super::readiness::Readiness;
use super::running::Handlers;
use super::runs::Runs;
use crate::audit::AuditTrail;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::config::{Config, Environment};
#[cfg(feature = "server")]
use crate::connection::Connection;
use crate::declare::{ActionDescriptor, ActionProblem, Charts, Registry};
use crate::records::{RecordAccess, RecordStore};
use crate::request::{ApprovalKeys, KnownActions, TokenKeys};
use crate::response::{ActionError, Words};
use crate::rights::Rights;
use crate::runs::RunSettings;
use crate::schema::Schema;

/// The parts of [`Shared`] that the start determines.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    /// The charts in code.
    pub(crate) charts: Charts,
    pub(crate) schema: Schema,
    pub(crate) rights: Rights,
    pub(crate) records: Option<RecordStore>,
    /// The names of the collections that the record source or the code describes.
    pub(crate) described: Vec<String>,
    /// Probable mistakes in actions.
    pub(crate) doubts: Vec<ActionProblem>,
    /// The time that date filters compare with.
    pub(crate) clock: Clock,
    /// The words in which results are reported.
    pub(crate) texts: Words,
    pub(crate) audit: Option<Arc<AuditTrail>>,
    pub(crate) runs: Option<RunSettings>,
    /// `None` in local mode.
    #[cfg(feature = "server")]
    pub(crate) connection: Option<Connection>,
    /// `false` for a dry run, which writes and sends nothing by itself.
    pub(crate) has_effects: bool,
}

/// The state of the program: read-only after the start.
pub(crate) struct Shared {
    pub(super) setup: Setup,
    pub(super) tokens: TokenKeys,
    pub(super) cors: Cors,
    /// Opens approved requests; `None` in local mode, which has no approvals.
    pub(super) approvals: Option<ApprovalKeys>,
    /// The approved requests that have run.
    pub(super) executed: Arc<Executed>,
    pub(super) handlers: Arc<Handlers>,
    pub(super) previews: PreviewKeys,
    runs: Option<Arc<Runs>>,
    readiness: Readiness,
}

impl Shared {
    pub(crate) fn new(mut setup: Setup) -> Self {
        let runs = setup.runs.take();
        let config = &setup.config;
        let secret = config.auth_secret.expose_secret().as_bytes();
        let runs = runs.map(|settings| Arc::new(Runs::new(settings, secret, setup.registry.actions())));
        let env_secret = config.env_secret.as_ref();
        Self {
            tokens: TokenKeys::new(config.auth_secret.expose_secret().as_bytes()),
            cors: Cors::new(config.cors_origins.clone()),
            approvals: env_secret.map(|secret| ApprovalKeys::new(secret.expose_secret().as_bytes(), config.body_limit)),
            executed: Arc::default(),
            handlers: Arc::new(Handlers::new(config.environment == Environment::Development)),
            previews: PreviewKeys::new(config.auth_secret.expose_secret().as_bytes()),
            readiness: Readiness::default(),
            runs,
            setup,
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.setup.config
    }

    /// The actions, by collection and name.
    pub(crate) fn actions(&self) -> &[&'static ActionDescriptor] {
        self.setup.registry.actions()
    }

    #[cfg(feature = "playground")]
    pub(crate) fn charts(&self) -> &Charts {
        &self.setup.charts
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.setup.schema
    }

    pub(crate) fn rights(&self) -> &Rights {
        &self.setup.rights
    }

    /// `None` in local mode.
    #[cfg(feature = "server")]
    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.setup.connection.as_ref()
    }

    /// `false` for a dry run.
    pub(crate) fn has_effects(&self) -> bool {
        self.setup.has_effects
    }

    /// Checks that this instance can do its work.
    ///
    /// # Errors
    /// 503 with the cause.
    pub(crate) async fn readiness(&self) -> Result<(), ActionError> {
        self.readiness.check(self).await
    }

    /// The record source, if any.
    pub(crate) fn records(&self) -> Option<&RecordStore> {
        self.setup.records.as_ref()
    }

    /// The names of the collections that the record source or the code describes.
    pub(crate) fn described(&self) -> &[String] {
        &self.setup.described
    }

    /// Probable mistakes in actions.
    pub(crate) fn doubts(&self) -> &[ActionProblem] {
        &self.setup.doubts
    }

    /// Closes connections with their next answer.
    pub(crate) fn stop(&self) {
        self.handlers.stop();
    }

    /// Waits until no handler and no hook runs.
    pub(crate) async fn until_idle(&self) {
        self.handlers.until_none().await;
    }

    /// The runs in the background, if the program has any.
    pub(crate) fn runs(&self) -> Option<&Arc<Runs>> {
        self.runs.as_ref()
    }

    /// The address of a run's status page, for one day and one user.
    pub(super) fn run_link(&self, run: &str, user: &str, name: &str) -> Option<String> {
        let token = self.runs()?.tokens.issue(run, user, name)?;
        let base = self.config().application_url.trim_end_matches('/');
        Some(format!("{base}/forest/_runs/{run}#t={token}"))
    }

    pub(crate) fn audit(&self) -> Option<&Arc<AuditTrail>> {
        self.setup.audit.as_ref()
    }

    /// Returns whether the back office may write records.
    pub(crate) fn writes_records(&self) -> bool {
        self.setup
            .records
            .as_ref()
            .is_some_and(|store| !store.writable.is_empty())
    }

    /// The record source, if it has this collection.
    pub(crate) fn store_of(&self, collection: &str) -> Option<&RecordStore> {
        let store = self.setup.records.as_ref()?;
        store.models.get(collection).map(|_| store)
    }

    /// The address of the client, when the project has IP rules.
    #[cfg(feature = "server")]
    pub(super) fn checked_address(&self, req: &HttpRequest) -> Option<String> {
        self.connection()?.checked_address(req)
    }

    /// The address of the client, when the project has IP rules; local mode has none.
    #[cfg(not(feature = "server"))]
    pub(super) fn checked_address(&self, _: &HttpRequest) -> Option<String> {
        None
    }

    /// The actions and collections that a request can name.
    pub(super) fn known(&self) -> KnownActions<'_> {
        KnownActions {
            actions: self.actions(),
            collections: &self.setup.schema.collections,
        }
    }

    /// The access of this caller, from now on, to the records of a collection and of `target`, to which a relation of it
    /// leads. `None` for a collection that is not in the record source.
    ///
    /// # Errors
    /// 503 when the scope of the caller cannot be fetched.
    pub(super) async fn access(
        &self,
        caller: &Caller,
        collection: &str,
        target: Option<&str>,
    ) -> Result<Option<RecordAccess>, ActionError> {
        let Some(store) = self.store_of(collection) else {
            return Ok(None);
        };
        let view = self.rights().view(caller, &store.models, collection, target).await?;
        Ok(Some(RecordAccess {
            store: store.clone(),
            rules: view.rules,
            variables: view.variables,
            now: self.setup.clock.now(),
            trusted_timezone: self.setup.config.trusted_timezone,
            caller: caller.clone(),
        }))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.setup.config)
            .finish_non_exhaustive()
    }
}
