//! The rights of the caller, for a page that shows buttons before they are pressed. They are checked as for requests
//! without a selected record.

use actix_web::HttpResponse;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::agent::Agent;
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, ChartDescriptor};
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
    let charts = try_join_all(agent.charts().map(|chart| of_chart(agent, caller, chart))).await?;
    let charts: Vec<Value> = charts.into_iter().flatten().collect();
    let rights = json!({"actions": actions, "collections": collections, "charts": charts});
    Ok(HttpResponse::Ok().json(rights))
}

async fn of_action(agent: &Agent, caller: &Caller, action: &'static ActionDescriptor) -> Result<Value, ActionError> {
    let refusal = refused(agent.may_trigger(action, caller).await)?;
    let mut entry = json!({"collection": action.collection, "name": action.name, "allowed": refusal.is_none()});
    if let Some(refusal) = refusal {
        entry["reason"] = refusal.message().into();
    }
    Ok(entry)
}

/// `None` for a chart of a collection that the caller may not browse.
async fn of_chart(agent: &Agent, caller: &Caller, chart: &ChartDescriptor) -> Result<Option<Value>, ActionError> {
    let given: Vec<_> = chart
        .collection
        .map(|name| (name, BrowseRight::Browse))
        .into_iter()
        .collect();
    let entry = json!({"collection": chart.collection, "name": chart.name, "type": chart.chart_type});
    Ok(has_all(agent, caller, &given).await?.then_some(entry))
}

async fn of_collection(agent: &Agent, caller: &Caller, name: &str) -> Result<Value, ActionError> {
    let has_records = agent.has_records(name);
    let reads = [BrowseRight::Browse, BrowseRight::Read, BrowseRight::Export].map(|right| (has_records, right));
    let writes = agent.writes(name);
    let writes =
        [BrowseRight::Add, BrowseRight::Edit, BrowseRight::Delete].map(|right| (writes.contains(&right), right));
    let given = reads.into_iter().chain(writes);
    let allowed = try_join_all(given.map(|(is_possible, right)| async move {
        Ok::<_, ActionError>(is_possible && has_all(agent, caller, &[(name, right)]).await?)
    }));
    let allowed = allowed.await?;
    let links = try_join_all(agent.links(name).into_iter().map(|linkable| async move {
        let links = has_all(agent, caller, &linkable.link).await?;
        let unlinks = match &linkable.unlink {
            Some(rights) => has_all(agent, caller, rights).await?,
            None => false,
        };
        Ok::<_, ActionError>(json!({"relation": linkable.relation, "link": links, "unlink": unlinks}))
    }));
    let mut entry = json!({"name": name, "records": has_records, "links": links.await?, "order": agent.order(name)});
    for (name, allowed) in ["browse", "read", "export", "add", "edit", "delete"]
        .into_iter()
        .zip(allowed)
    {
        entry[name] = allowed.into();
    }
    Ok(entry)
}

/// Returns `true` if the caller has each of the rights.
async fn has_all(agent: &Agent, caller: &Caller, rights: &[(&str, BrowseRight)]) -> Result<bool, ActionError> {
    for (collection, right) in rights {
        if refused(agent.may_browse(collection, caller, *right).await)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The refusal, if the outcome is one. Other errors stay errors.
fn refused(outcome: Result<(), ActionError>) -> Result<Option<ActionError>, ActionError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
