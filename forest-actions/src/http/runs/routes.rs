//! Runs for programs and for status pages, below `/forest/_runs`: the row as JSON, and its cancellation.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::super::admission::{BodyKind, admit};
use super::super::call_log::{CallLog, Subject};
use super::super::context::Shared;
use super::actions::{CANCEL, RUNS_COLLECTION};
use super::answer::document;
use super::error::RunRefusal;
use super::page;
use crate::caller::Caller;
use crate::records::{Condition, Key, RecordQuery};
use crate::request::RequestError;
use crate::response::ActionError;
use crate::rights::{BrowseRight, Intent};
use crate::runs::RunRow;

/// The segment below `/forest`.
pub(in crate::http) const SEGMENT: &str = "/_runs";
/// The header with the token of a status page.
const PAGE_TOKEN: &str = "x-forest-run-token";
/// Runs of a list.
const LISTED: u32 = 20;

/// What a path asks for.
enum Asked<'p> {
    List,
    Run(&'p str),
    Cancel(&'p str),
}

fn asked(rest: &str) -> Option<Asked<'_>> {
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    let asked = match (segments.next(), segments.next()) {
        (None, _) => Asked::List,
        (Some(id), None) if is_id(id) => Asked::Run(id),
        (Some(id), Some("cancel")) if is_id(id) => Asked::Cancel(id),
        _ => return None,
    };
    segments.next().is_none().then_some(asked)
}

fn is_id(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Who asks.
enum Asker {
    Caller(Box<Caller>),
    /// The bearer of the token of a status page.
    Page {
        user: String,
        name: String,
    },
}

/// Answers a request about runs; `None` if the program has none, or the path is another. `rest` is the path behind
/// [`SEGMENT`].
pub(in crate::http) async fn serve(shared: &Arc<Shared>, req: &HttpRequest, rest: &str) -> Option<HttpResponse> {
    shared.runs()?;
    let asked = asked(rest)?;
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    if let (Asked::Run(_), true) = (&asked, is_read)
        && wants_page(req)
    {
        let log = CallLog::begin(req, Subject::Probe("/forest/_runs/:id"));
        return Some(log.end(Ok(page::answer())));
    }
    let pattern = match asked {
        Asked::List => "/forest/_runs",
        Asked::Run(_) => "/forest/_runs/:id",
        Asked::Cancel(_) => "/forest/_runs/:id/cancel",
    };
    let log = CallLog::begin(req, Subject::Records(pattern, None));
    let steps = async {
        let asker = asker(shared, req, &asked, &log).await?;
        let allowed = if matches!(asked, Asked::Cancel(_)) {
            "POST"
        } else {
            "GET"
        };
        let is_allowed = match asked {
            Asked::Cancel(_) => req.method() == Method::POST,
            _ => is_read,
        };
        if !is_allowed {
            let refusal = ActionError::from(RequestError::MethodNotAllowed { allowed });
            return Err(refusal.header("allow", format!("{allowed}, OPTIONS")));
        }
        match asked {
            Asked::List => list(shared, &asker).await,
            Asked::Run(id) => one(shared, &asker, id).await,
            Asked::Cancel(id) => cancel(shared, &asker, id).await,
        }
    };
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    Some(log.end(outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))))
}

/// A browser that follows the link, and not a program or the page itself.
fn wants_page(req: &HttpRequest) -> bool {
    let headers = req.headers();
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
        && !headers.contains_key(header::AUTHORIZATION)
        && !headers.contains_key(PAGE_TOKEN)
}

async fn asker(shared: &Shared, req: &HttpRequest, asked: &Asked<'_>, log: &CallLog) -> Result<Asker, ActionError> {
    let token = req.headers().get(PAGE_TOKEN).and_then(|token| token.to_str().ok());
    if let (Some(token), Asked::Run(id) | Asked::Cancel(id)) = (token, asked) {
        let reader = shared.runs().and_then(|runs| runs.tokens.reader(token, id));
        let reader = reader.ok_or(RunRefusal::PageExpired)?;
        log.caller(&reader.user);
        return Ok(Asker::Page {
            user: reader.user,
            name: reader.name,
        });
    }
    let caller = admit(shared, req, BodyKind::Unread).await?;
    log.caller(&caller.id);
    Ok(Asker::Caller(Box::new(caller)))
}

impl Asker {
    fn id(&self) -> &str {
        match self {
            Self::Caller(caller) => &caller.id,
            Self::Page { user, .. } => user,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Caller(caller) => caller.full_name(),
            Self::Page { name, .. } => name.clone(),
        }
    }
}

async fn list(shared: &Shared, asker: &Asker) -> Result<HttpResponse, ActionError> {
    let runs = shared.runs().ok_or(RunRefusal::Unknown)?;
    let listed = runs.settings.store.of_user(asker.id(), LISTED).await;
    let listed = listed.map_err(RunRefusal::from)?;
    let documents: Vec<Value> = listed.iter().map(|run| document(run, None)).collect();
    Ok(json_answer(&json!({ "runs": documents })))
}

async fn one(shared: &Shared, asker: &Asker, id: &str) -> Result<HttpResponse, ActionError> {
    let run = visible(shared, asker, id).await?;
    let runs = shared.runs().ok_or(RunRefusal::Unknown)?;
    let is_own = matches!(asker, Asker::Caller(_)) && run.user_id == asker.id();
    let link = is_own.then(|| shared.run_link(id, asker.id(), &asker.name())).flatten();
    let mut answer = document(&run, link.as_deref());
    // as the request would have got it, and nobody else
    if let (true, Some(stored), Some(answer)) = (is_own, run.answer(), answer.as_object_mut()) {
        answer.insert("answer".to_owned(), json!(stored));
    }
    if run.refused + run.failed > 0 {
        let reasons = runs.settings.store.reasons(id).await.map_err(RunRefusal::from)?;
        let reasons: Vec<Value> = reasons
            .into_iter()
            .map(|(record, count)| json!({"outcome": record.outcome, "code": record.code, "text": record.reason, "count": count}))
            .collect();
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("reasons".to_owned(), reasons.into());
        }
    }
    Ok(json_answer(&answer))
}

async fn cancel(shared: &Shared, asker: &Asker, id: &str) -> Result<HttpResponse, ActionError> {
    let run = visible(shared, asker, id).await?;
    if run.user_id != asker.id() {
        let Asker::Caller(caller) = asker else {
            return Err(RunRefusal::NotYours.into());
        };
        // as the action on the list of runs
        let permit = shared.rights().permit(&CANCEL, caller, Intent::Trigger).await?;
        if !permit.is_final() {
            return Err(RunRefusal::NotYours.into());
        }
    }
    let runs = shared.runs().ok_or(RunRefusal::Unknown)?;
    match runs
        .settings
        .store
        .cancel(id, &asker.name())
        .await
        .map_err(RunRefusal::from)?
    {
        Some(run) => {
            runs.ended.notify_waiters();
            Ok(json_answer(&document(&run, None)))
        }
        None => Err(RunRefusal::Ended {
            status: run.status.to_string(),
        }
        .into()),
    }
}

/// The run, if it is the user's own, or one that the user may see in the list of runs.
async fn visible(shared: &Shared, asker: &Asker, id: &str) -> Result<RunRow, ActionError> {
    let runs = shared.runs().ok_or(RunRefusal::Unknown)?;
    let run = runs
        .get(id)
        .await
        .map_err(RunRefusal::from)?
        .ok_or(RunRefusal::Unknown)?;
    if run.user_id == asker.id() {
        return Ok(run);
    }
    let Asker::Caller(caller) = asker else {
        return Err(RunRefusal::Unknown.into());
    };
    let is_granted = runs.settings.is_browsed
        && shared
            .rights()
            .browse(caller, RUNS_COLLECTION, BrowseRight::Read)
            .await
            .is_ok();
    if !is_granted {
        return Err(RunRefusal::Unknown.into());
    }
    let access = shared
        .access(caller, RUNS_COLLECTION, None)
        .await?
        .ok_or(RunRefusal::Unknown)?;
    let scope = access.scope(access.collection(RUNS_COLLECTION)?)?;
    let this = Condition::KeyIn(vec![Key::one(id)]).and(scope);
    let found = access
        .store
        .source
        .count(&RecordQuery::new(RUNS_COLLECTION, this), Some(1))
        .await;
    match found.map_err(crate::records::QueryError::from)? {
        0 => Err(RunRefusal::Unknown.into()),
        _ => Ok(run),
    }
}

fn json_answer(document: &Value) -> HttpResponse {
    HttpResponse::build(StatusCode::OK)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(document.to_string())
}
