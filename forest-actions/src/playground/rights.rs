//! The rights of the caller, for a page that shows buttons before they are pressed. They are checked as for requests
//! without a selected record.

use actix_web::HttpResponse;
use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};

use super::agent::Agent;
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::response::{ActionError, ErrorKind};
use crate::rights::BrowseRight;

/// Answers `GET rights`.
///
/// # Errors
/// 503 if the rights cannot be read.
pub(super) async fn list(agent: &Agent, caller: &Caller) -> Result<HttpResponse, ActionError> {
    // all at once, so that the refused ones share one refresh of the facts
    let actions = agent.actions().iter();
    let actions = try_join_all(actions.map(|action| of_action(agent, caller, action))).await?;
    let collections = agent.collections();
    let collections = try_join_all(collections.map(|name| of_collection(agent, caller, name))).await?;
    Ok(HttpResponse::Ok().json(json!({"actions": actions, "collections": collections})))
}

async fn of_action(agent: &Agent, caller: &Caller, action: &'static ActionDescriptor) -> Result<Value, ActionError> {
    let refusal = refused(agent.may_trigger(action, caller).await)?;
    let mut entry = json!({"collection": action.collection, "name": action.name, "allowed": refusal.is_none()});
    if let Some(refusal) = refusal {
        entry["reason"] = refusal.message().into();
    }
    Ok(entry)
}

async fn of_collection(agent: &Agent, caller: &Caller, name: &str) -> Result<Value, ActionError> {
    let has_records = agent.has_records(name);
    let rights = [BrowseRight::Browse, BrowseRight::Read, BrowseRight::Export];
    let mut allowed = Vec::new();
    for outcome in join_all(rights.map(|right| agent.may_browse(name, caller, right))).await {
        allowed.push(has_records && refused(outcome)?.is_none());
    }
    Ok(match allowed.as_slice() {
        [browse, read, export] => {
            json!({"name": name, "records": has_records, "browse": browse, "read": read, "export": export})
        }
        _ => json!({"name": name, "records": false}),
    })
}

/// The refusal, if the outcome is one. Other errors stay errors.
fn refused(outcome: Result<(), ActionError>) -> Result<Option<ActionError>, ActionError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
