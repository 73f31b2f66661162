//! The checked request that the pipeline hands to extractors.

use std::sync::Arc;

use actix_web::{HttpMessage as _, HttpRequest};

use super::reading::Reading;
use crate::audit::Recorder;
use crate::caller::Caller;
use crate::form::FormState;
use crate::records::Requested;
use crate::request::ActionRequest;
use crate::response::ActionError;
use crate::runs::Pacer;

/// The checked request, which the pipeline puts into the extensions for extractors.
#[derive(Clone)]
pub(crate) struct CallContext {
    pub(crate) caller: Caller,
    /// `None` for a chart, which has no form and no selection.
    pub(crate) request: Option<ActionRequest>,
    pub(crate) requested: Requested,
    /// `None` for a hook, and for an action that is not recorded.
    pub(crate) recorder: Option<Recorder>,
    /// Set for hooks only.
    pub(crate) form: Option<FormState>,
    /// Set for the handler of a run in the background.
    pub(crate) pacer: Option<Arc<Pacer>>,
}

impl CallContext {
    /// The request of an action or hook.
    ///
    /// # Errors
    /// Internal for a chart.
    pub(crate) fn request(&self) -> Result<&ActionRequest, ActionError> {
        let request = self.request.as_ref();
        request.ok_or_else(|| {
            ActionError::internal("this extractor only works in a smart action or hook, and this is a chart")
        })
    }

    /// Runs `read` on the context of a request.
    ///
    /// # Errors
    /// Internal when the request did not pass the pipeline: an extractor of this crate in a plain actix-web handler.
    pub(crate) fn read<T>(
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

    /// The same for an extractor.
    pub(super) fn reading<A>(req: &HttpRequest, read: impl FnOnce(&CallContext) -> Reading<A>) -> Reading<A> {
        Self::read(req, |context| Ok(read(context))).unwrap_or_else(|error| Err(error).into())
    }
}
