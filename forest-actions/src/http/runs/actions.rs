//! The actions on the list of runs.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use serde_json::{Value, json};
use std::future::{Ready, ready};

use super::super::browse::csv_line;
use super::super::context::Shared;
use super::error::RunRefusal;
use super::submit::Again;
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, ActionKind, Origin};
use crate::handler::{answer, extract, invoke};
use crate::request::{RecordId, RecordIds};
use crate::response::{ActionError, ActionResult, Download, Results};
use crate::rights::Intent;
use crate::runs::RunRow;

/// The collection of the runs.
pub(super) const RUNS_COLLECTION: &str = "forest_runs";

/// Runs that one request may act on.
const MAX_RUNS: u64 = 100;

const fn origin() -> Origin {
    Origin::new("forest-actions", module_path!(), file!(), line!())
}

pub(super) static CANCEL: ActionDescriptor = ActionDescriptor::new(
    RUNS_COLLECTION,
    "Cancel",
    "/forest/_runs/actions/cancel",
    origin(),
    |invocation| {
        invoke::invoke3(
            invocation,
            extract::<RecordIds<String>, _>(),
            extract::<Caller, _>(),
            extract::<Agent, _>(),
            answer::<ActionResult<Results>, _>(),
            |ids, caller, agent| Box::pin(cancel(ids, caller, agent)),
        )
    },
)
.max_records(MAX_RUNS);

static RETRY: ActionDescriptor = ActionDescriptor::new(
    RUNS_COLLECTION,
    "Retry failed",
    "/forest/_runs/actions/retry-failed",
    origin(),
    |invocation| {
        invoke::invoke3(
            invocation,
            extract::<RecordIds<String>, _>(),
            extract::<Caller, _>(),
            extract::<Agent, _>(),
            answer::<ActionResult<Results>, _>(),
            |ids, caller, agent| Box::pin(retry(ids, caller, agent)),
        )
    },
)
.max_records(MAX_RUNS);

static REST: ActionDescriptor = ActionDescriptor::new(
    RUNS_COLLECTION,
    "Run the rest",
    "/forest/_runs/actions/run-the-rest",
    origin(),
    |invocation| {
        invoke::invoke3(
            invocation,
            extract::<RecordIds<String>, _>(),
            extract::<Caller, _>(),
            extract::<Agent, _>(),
            answer::<ActionResult<Results>, _>(),
            |ids, caller, agent| Box::pin(rest(ids, caller, agent)),
        )
    },
)
.max_records(MAX_RUNS);

static REFUSED: ActionDescriptor = ActionDescriptor::new(
    RUNS_COLLECTION,
    "Download refused",
    "/forest/_runs/actions/download-refused",
    origin(),
    |invocation| {
        invoke::invoke2(
            invocation,
            extract::<RecordId<String>, _>(),
            extract::<Agent, _>(),
            answer::<ActionResult<Download>, _>(),
            |id, agent| Box::pin(refused(id, agent)),
        )
    },
)
.kind(ActionKind::Single)
.download(true);

/// The actions of the library itself.
pub(crate) fn own_actions() -> [&'static ActionDescriptor; 4] {
    [&CANCEL, &RETRY, &REST, &REFUSED]
}

/// Returns whether an action is one of the library's own.
pub(in crate::http) fn is_own(action: &ActionDescriptor) -> bool {
    action.collection == RUNS_COLLECTION && own_actions().iter().any(|own| std::ptr::eq(*own, action))
}

/// The agent of a request, for its own actions.
#[derive(Clone)]
pub(in crate::http) struct Agent(pub(in crate::http) Arc<Shared>);

impl FromRequest for Agent {
    type Error = ActionError;
    type Future = Ready<Result<Self, ActionError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = req.extensions().get::<Self>().cloned();
        ready(agent.ok_or_else(|| ActionError::internal("this action is not of the agent itself")))
    }
}

async fn run_of(agent: &Agent, id: &str) -> Result<RunRow, ActionError> {
    let runs = agent.0.runs().ok_or(RunRefusal::Unknown)?;
    Ok(runs
        .get(id)
        .await
        .map_err(RunRefusal::from)?
        .ok_or(RunRefusal::Unknown)?)
}

async fn cancel(ids: RecordIds<String>, caller: Caller, agent: Agent) -> ActionResult<Results> {
    let runs = agent.0.runs().ok_or(RunRefusal::Unknown)?;
    let mut results = Results::new();
    for id in &*ids {
        match runs.settings.store.cancel(id, &caller.full_name()).await {
            Ok(Some(_)) => results.record(id, Ok(())),
            Ok(None) => results.refused(id, "it has ended"),
            Err(error) => results.failed(id, ActionError::from(RunRefusal::from(error))),
        }
    }
    Ok(results.message(|results| format!("{} runs cancelled", results.done_count())))
}

async fn retry(ids: RecordIds<String>, caller: Caller, agent: Agent) -> ActionResult<Results> {
    let mut results = Results::new();
    for id in &*ids {
        let run = run_of(&agent, id).await?;
        match failed_again(&agent, &run).await {
            Ok(again) => begin(&agent, &caller, &run, again, &mut results).await,
            Err(error) => not_again(&mut results, id, error),
        }
    }
    Ok(results.message(|results| format!("{} runs started again", results.done_count())))
}

async fn rest(ids: RecordIds<String>, caller: Caller, agent: Agent) -> ActionResult<Results> {
    let mut results = Results::new();
    for id in &*ids {
        let run = run_of(&agent, id).await?;
        match rest_again(&agent, &run) {
            Ok(again) => begin(&agent, &caller, &run, again, &mut results).await,
            Err(error) => not_again(&mut results, id, error),
        }
    }
    Ok(results.message(|results| format!("{} runs started again", results.done_count())))
}

fn not_again(results: &mut Results, id: &str, error: RunRefusal) {
    let error = ActionError::from(error);
    match error.kind() {
        crate::response::ErrorKind::Conflict => results.refused(id, error.message()),
        _ => results.failed(id, error),
    }
}

/// Starts a run again, as the caller's own: the right to its action is checked now, and everything else by its attempts.
async fn begin(agent: &Agent, caller: &Caller, run: &RunRow, again: Again, results: &mut Results) {
    let begun = async {
        let actions = agent.0.actions().iter();
        let mut actions = actions.filter(|action| action.collection == run.collection && action.name == run.action);
        let action: &'static ActionDescriptor = actions.next().ok_or(RunRefusal::NothingToRetry)?;
        let _decided_by_its_attempts = agent.0.rights().permit(action, caller, Intent::Trigger).await?;
        again.submit(&agent.0, action, caller, run).await
    };
    match begun.await {
        Ok(()) => results.record(&run.id, Ok(())),
        Err(error) if error.kind() == crate::response::ErrorKind::Internal => results.failed(&run.id, error),
        Err(error) => results.refused(&run.id, error.message()),
    }
}

fn opened(agent: &Agent, run: &RunRow) -> Result<Vec<u8>, RunRefusal> {
    let sealed = run.inner.request.as_deref().ok_or(RunRefusal::NothingToRetry)?;
    let runs = agent.0.runs().ok_or(RunRefusal::Unknown)?;
    runs.seal.open(&run.id, sealed).map_err(|_| RunRefusal::Unreadable)
}

/// The request over the records that failed.
async fn failed_again(agent: &Agent, run: &RunRow) -> Result<Again, RunRefusal> {
    let runs = agent.0.runs().ok_or(RunRefusal::Unknown)?;
    let records = runs.settings.store.records(&run.id).await?;
    let ids: Vec<String> = records
        .into_iter()
        .filter(|record| record.outcome == "failed")
        .map(|record| record.id)
        .collect();
    if ids.is_empty() || !run.status.is_final() {
        return Err(RunRefusal::NothingToRetry);
    }
    let mut body: Value = serde_json::from_slice(&opened(agent, run)?).map_err(|_| RunRefusal::Unreadable)?;
    let attributes = body.pointer_mut("/data/attributes").and_then(Value::as_object_mut);
    let attributes = attributes.ok_or(RunRefusal::Unreadable)?;
    let total = u64::try_from(ids.len()).ok();
    attributes.insert("ids".to_owned(), json!(ids));
    attributes.insert("all_records".to_owned(), false.into());
    attributes.insert("all_records_ids_excluded".to_owned(), json!([]));
    Ok(Again {
        body: body.to_string().into(),
        is_all: false,
        last_key: None,
        cursor: None,
        total,
    })
}

/// The request over the records that no attempt has got to.
fn rest_again(agent: &Agent, run: &RunRow) -> Result<Again, RunRefusal> {
    let left = run
        .total
        .and_then(|total| total.checked_sub(run.processed))
        .unwrap_or_default();
    if left == 0 || !run.status.is_final() {
        return Err(RunRefusal::NothingToRetry);
    }
    Ok(Again {
        body: opened(agent, run)?.into(),
        is_all: run.inner.is_all,
        last_key: run.inner.last_key.clone(),
        cursor: run.inner.cursor.clone(),
        total: Some(left),
    })
}

async fn refused(id: RecordId<String>, agent: Agent) -> ActionResult<Download> {
    let run = run_of(&agent, &id).await?;
    let runs = agent.0.runs().ok_or(RunRefusal::Unknown)?;
    let records = runs.settings.store.records(&run.id).await.map_err(RunRefusal::from)?;
    let mut file = String::new();
    csv_line(&mut file, ["record", "outcome", "code", "reason"]);
    for record in &records {
        csv_line(&mut file, [&*record.id, record.outcome, &*record.code, &*record.reason]);
    }
    Ok(Download::new(format!("refused-{}.csv", run.id), file))
}
