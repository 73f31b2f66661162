//! Whether an action would ask the caller for an approval, found out without running it.
//!
//! Owns no check: a request is read and judged by the functions that judge one to run. Called by the local page, which files
//! only what needs an approval.

use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

use super::context::Shared;
use super::execute::granted;
use super::select::SelectedFor;
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::refusals::REQUIRES_APPROVAL;
use crate::request::{ActionRequest, Purpose, parse_body};
use crate::response::ActionError;
use crate::rights::Intent;

/// Passes when the caller may run the action once somebody has approved it, for a request with these attributes.
///
/// # Errors
/// The refusal that running it would get; 409 when it would run as it is.
pub(crate) async fn demand_needs_approval(
    shared: &Shared,
    action: &'static ActionDescriptor,
    caller: &Caller,
    attributes: &Map<String, Value>,
) -> Result<(), ActionError> {
    let body = Bytes::from(json!({"data": {"attributes": attributes}}).to_string());
    let sent = parse_body(&body)?;
    let request = ActionRequest::check(sent, &body, action, shared.known(), Purpose::Execution)?;
    let purpose = SelectedFor::Execution;
    match granted(shared, action, caller, Intent::Trigger, &request, purpose, "").await {
        Err(refusal) if refusal.is_named(REQUIRES_APPROVAL) => Ok(()),
        Err(refusal) => Err(refusal),
        Ok(_) => Err(ActionError::conflict("this needs no approval: run the action itself")),
    }
}
