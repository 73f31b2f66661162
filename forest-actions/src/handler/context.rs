//! The checked request that the pipeline hands to extractors.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::caller::Caller;
use crate::form::FormState;
use crate::records::Selection;
use crate::request::ActionRequest;
use crate::response::ActionError;

/// What extractors read: put into the request's extensions when every check has passed.
#[derive(Clone)]
pub(crate) struct CallContext {
    pub(crate) caller: Caller,
    pub(crate) request: ActionRequest,
    pub(crate) selection: Selection,
    /// The state of the form, for hooks.
    pub(crate) form: Option<FormState>,
}

impl CallContext {
    /// Runs `read` on the context of a request.
    ///
    /// # Errors
    /// Unexpected when the request did not come through the pipeline: an extractor of this crate used in a
    /// plain actix-web handler.
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
}
