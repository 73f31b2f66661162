//! What the caller may do, for a page that shows buttons before they are pressed.
//!
//! Asks [`Rights`](crate::rights::Rights) what the requests themselves ask, as far as no record is selected. Decides nothing.

use actix_web::HttpResponse;
use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::http::Shared;
use crate::response::{ActionError, ErrorKind};
use crate::rights::{BrowseRight, Intent};

/// Answers `GET rights`.
///
/// # Errors
/// 503 when the rights cannot be read, which says nothing about any of them.
pub(super) async fn list(shared: &Shared, caller: &Caller) -> Result<HttpResponse, ActionError> {
    // all at once, so that those which are refused share the one look at fresher facts
    let actions = shared.actions().iter();
    let actions = try_join_all(actions.map(|action| of_action(shared, caller, action))).await?;
    let collections = shared.schema().collections.iter();
    let collections =
        try_join_all(collections.map(|collection| of_collection(shared, caller, &collection.name))).await?;
    Ok(HttpResponse::Ok().json(json!({"actions": actions, "collections": collections})))
}

async fn of_action(shared: &Shared, caller: &Caller, action: &'static ActionDescriptor) -> Result<Value, ActionError> {
    let permit = shared.rights().permit(action, caller, Intent::Trigger).await.map(drop);
    let mut told = json!({"collection": action.collection, "name": action.name, "allowed": permit.is_ok()});
    if let Some(refusal) = refused(permit)?
        && let Some(told) = told.as_object_mut()
    {
        told.insert("reason".to_owned(), refusal.message().into());
    }
    Ok(told)
}

async fn of_collection(shared: &Shared, caller: &Caller, name: &str) -> Result<Value, ActionError> {
    let has_records = shared.has_records(name);
    let rights = [BrowseRight::Browse, BrowseRight::Read, BrowseRight::Export];
    let mut allowed = Vec::new();
    for outcome in join_all(rights.map(|right| shared.rights().browse(caller, name, right))).await {
        allowed.push(has_records && refused(outcome)?.is_none());
    }
    Ok(match allowed.as_slice() {
        [browse, read, export] => {
            json!({"name": name, "records": has_records, "browse": browse, "read": read, "export": export})
        }
        _ => json!({"name": name, "records": false}),
    })
}

/// The refusal, if there is one; whatever else went wrong is no answer to the question.
fn refused(outcome: Result<(), ActionError>) -> Result<Option<ActionError>, ActionError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
