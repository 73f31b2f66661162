//! The state that all requests of the program share.

use std::fmt;
use std::sync::Arc;

use super::cors::Cors;
use super::running::Handlers;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::config::Config;
#[cfg(feature = "server")]
use crate::connection::Connection;
use crate::declare::Registry;
use crate::records::{RecordAccess, RecordStore};
use crate::request::{ApprovalKeys, Known, TokenKeys};
use crate::response::ActionError;
use crate::rights::Rights;
use crate::schema::Schema;

/// The state of the program: read-only after start.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) schema: Schema,
    pub(crate) tokens: TokenKeys,
    pub(crate) rights: Rights,
    pub(crate) cors: Cors,
    /// The record source, if there is one.
    pub(crate) records: Option<RecordStore>,
    /// What date filters take for now.
    pub(crate) clock: Clock,
    /// Opens approved requests; `None` in local mode, which has no approvals.
    pub(crate) approvals: Option<ApprovalKeys>,
    /// What belongs to the Forest server; `None` in local mode.
    #[cfg(feature = "server")]
    pub(crate) connection: Option<Connection>,
    /// `false` for a dry run, which writes and sends nothing by itself.
    pub(crate) has_effects: bool,
    /// What runs now.
    pub(crate) handlers: Arc<Handlers>,
    /// The lines that the local page asks for.
    #[cfg(feature = "playground")]
    pub(crate) told: super::recent_lines::Told,
}

impl Shared {
    /// What the program has, for the reader of a request.
    pub(super) fn known(&self) -> Known<'_> {
        Known {
            actions: self.registry.actions(),
            collections: &self.schema.collections,
        }
    }

    /// The records of a collection, and of the one that a relation of it leads to, as this caller may see them from this
    /// moment on. `None` for a collection that no record source knows.
    ///
    /// # Errors
    /// 503 when it cannot be told what the caller may see.
    pub(super) async fn access(
        &self,
        caller: &Caller,
        collection: &str,
        target: Option<&str>,
    ) -> Result<Option<RecordAccess>, ActionError> {
        let Some(store) = self
            .records
            .as_ref()
            .filter(|store| store.models.get(collection).is_some())
        else {
            return Ok(None);
        };
        let view = self.rights.view(caller, collection, target).await?;
        Ok(Some(RecordAccess {
            store: store.clone(),
            rules: view.rules,
            variables: view.variables,
            now: self.clock.now(),
            timezone: caller.timezone,
            caller: caller.clone(),
        }))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
