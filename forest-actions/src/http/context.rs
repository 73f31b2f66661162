//! What the steps of one request share, and what all requests of the program share.

use std::fmt;

use actix_web::{HttpMessage as _, HttpRequest};

use super::cors::Cors;
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::{Rights, record_rules};
use crate::declare::Registry;
use crate::records::{RecordAccess, RecordStore, Selection};
use crate::request::{ActionRequest, Caller, TokenKeys};
use crate::response::ActionError;
use crate::schema::Schema;

/// The state of the program: read-only after start.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    /// The collections of all actions, each once.
    pub(crate) collections: Vec<&'static str>,
    pub(crate) schema: Schema,
    pub(crate) tokens: TokenKeys,
    pub(crate) rights: Rights,
    pub(crate) cors: Cors,
    /// The record source, if there is one.
    pub(crate) records: Option<RecordStore>,
    /// What date filters take for now.
    pub(crate) clock: Clock,
}

impl Shared {
    /// The records, as this caller may see them from this moment on.
    pub(super) fn access(&self, caller: &Caller) -> Option<RecordAccess> {
        Some(RecordAccess {
            store: self.records.clone()?,
            rules: record_rules(&self.rights, caller),
            now: self.clock.now(),
            timezone: caller.timezone,
            caller: caller.clone(),
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// What extractors read: put into the request's extensions when every check has passed.
#[derive(Clone)]
pub(super) struct CallContext {
    pub(super) caller: Caller,
    pub(super) request: ActionRequest,
    pub(super) selection: Selection,
    /// The state of the form, for hooks.
    pub(super) form: Option<crate::form::FormState>,
}

impl CallContext {
    /// Runs `read` on the context of a request.
    ///
    /// # Errors
    /// Unexpected when the request did not come through the pipeline: an extractor of this crate used in a
    /// plain actix-web handler.
    pub(super) fn read<T>(
        req: &HttpRequest,
        read: impl FnOnce(&CallContext) -> Result<T, ActionError>,
    ) -> Result<T, ActionError> {
        match req.extensions().get::<CallContext>() {
            Some(context) => read(context),
            None => Err(ActionError::internal(
                "this extractor only works in a smart action or hook, behind the routes of `forest.routes()`",
            )),
        }
    }
}
