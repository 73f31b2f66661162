//! The pipeline in front of every handler and hook.
//!
//! [`prepare`] is the list of checks, in order, with the conditions of the right in [`granted`]. The handler then runs in
//! isolation ([`isolated`]): a panic costs one answer, and a client that disconnects does not interrupt it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::FutureExt as _;

use super::admission::{BodyKind, admit};
use super::call_log::{CallLog, Subject, record_found};
use super::context::Shared;
use super::executed::Execution;
use super::hook::{form_state, run_hook};
use super::isolation::isolated;
use super::rules::{require_allowed, ruled};
use super::select::{SelectedFor, require_found, select};
use crate::call::ActionCall;
use crate::clock::seconds_since_epoch;
use crate::declare::{ActionDescriptor, ActionKind, HookKind};
use crate::handler::CallContext;
use crate::records::{Condition, Judged, RecordAccess, Requested};
use crate::request::{
    ActionRequest, Attributes, Purpose, RequestError, Selected, SignedRequest, SignedRequestProblem, parse_body,
    read_body, signed_in, with_whole_characters,
};
use crate::response::ActionError;
use crate::rights::{Intent, Permit};

/// Runs an action.
pub(super) async fn execute(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, Subject::Action(action, None));
    match prepared(shared, action, None, req, payload, &log).await {
        Ok(prepared) => {
            let texts = shared.setup.texts.clone();
            isolated(log, shared.handlers.begin(), async move {
                let mut answer = (action.invoke)(prepared.call).await;
                if let Some(judged) = &prepared.judged {
                    let (allowed, refused) = judged.take();
                    answer = match answer {
                        Ok(answer) => Ok(answer.with_refused(allowed, refused)),
                        Err(error) => Err(error.with_refused(refused)),
                    };
                }
                let mut answer = answer.map_err(|error| error.in_words(&*texts))?;
                // the user learns that some of the selected records were gone (SEL-09)
                if let Some((found, requested)) = prepared.found {
                    answer = answer.selected(found, requested);
                }
                let answer = answer.in_words(&*texts)?;
                if let Some(execution) = prepared.execution {
                    execution.succeeded();
                }
                answer.into_http()
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// Runs a form hook; without one the form is returned unchanged (FRM-04).
pub(super) async fn execute_hook(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    kind: HookKind,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, Subject::Action(action, Some(kind.as_str())));
    match prepared(shared, action, Some(kind), req, payload, &log).await {
        Ok(prepared) => {
            let span = log.span().clone();
            isolated(log, shared.handlers.begin(), async move {
                let answer = run_hook(action, kind, prepared.call).await;
                record_found(&span, &prepared.requested);
                answer
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// A call that has passed all checks.
struct Prepared {
    call: ActionCall,
    /// The selection, without the records that the rule of the action refuses.
    requested: Requested,
    /// The records that the rule judges; `None` without a rule.
    judged: Option<Judged>,
    /// The numbers of found and of given ids.
    found: Option<(usize, usize)>,
    /// Set for a signed request.
    execution: Option<Execution>,
}

/// [`prepare`], where a panic of the record source costs one answer.
async fn prepared(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    hook: Option<HookKind>,
    req: &HttpRequest,
    payload: Payload,
    log: &CallLog,
) -> Result<Prepared, ActionError> {
    // pinned in place: the future has some kilobytes, which each layer around it would move
    let prepare = pin!(prepare(shared, action, hook, req, payload, log));
    let outcome = AssertUnwindSafe(prepare).catch_unwind().await;
    outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))
}

/// The checks before a handler runs: admission, body, request, right, selection, the conditions of the right, and the rule of
/// the action.
async fn prepare(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    hook: Option<HookKind>,
    req: &HttpRequest,
    mut payload: Payload,
    log: &CallLog,
) -> Result<Prepared, ActionError> {
    let caller = admit(shared, req, BodyKind::Json).await?;
    log.caller(&caller.id);
    let received = read_body(req, &mut payload, shared.config().body_limit).await?;
    let whole;
    let (received, outer) = match parse_body(&received) {
        Ok(outer) => (&received, outer),
        Err(error) => {
            whole = with_whole_characters(&received).ok_or(error)?;
            (&whole, parse_body(&whole)?)
        }
    };
    let signed = signed_request(shared, action, hook, &outer)?;
    let intent = match (hook, signed.as_ref().and_then(|signed| signed.requester_id.as_deref())) {
        (Some(_), _) => Intent::OpenForm,
        (None, None) => Intent::Trigger,
        (None, Some(requester)) => Intent::Approve { requester },
    };
    // before lists and objects of the body are read
    let permit = shared.rights().permit(action, &caller, intent).await?;
    // an approved request takes the place of the whole body (APP-01)
    let (body, mut sent) = match &signed {
        Some(signed) => (signed.body.clone(), parse_body(&signed.body)?),
        None => (received.clone(), outer),
    };
    let form = hook.map(|kind| form_state(action, kind, &mut sent)).transpose()?;
    let known = shared.known();
    let request = match &signed {
        Some(signed) => ActionRequest::check_signed(sent, signed, action, known, shared.config().strict_approvals)?,
        None => {
            let purpose = hook.map_or(Purpose::Execution, |_| Purpose::Hook);
            ActionRequest::check(sent, &body, action, known, purpose)?
        }
    };
    let purpose = match hook {
        None => SelectedFor::Execution,
        Some(HookKind::Load) => SelectedFor::Opening,
        Some(HookKind::Change | HookKind::Search) => SelectedFor::Typing,
    };
    // the live query in the URL is not signed (APP-01)
    let query_string = if signed.is_some() { "" } else { req.query_string() };
    // a global action selects no records, so the scope is not fetched
    let access = match request.selected() {
        Selected::None => None,
        Selected::Given(_) | Selected::All(_) => shared.access(&caller, action.collection, None).await?,
    };
    let requested = select(access.as_ref(), action, purpose, &request, query_string).await?;
    let mut requested = granted(shared, action, access.as_ref(), permit, requested, purpose).await?;
    let mut found = None;
    let mut judged = None;
    if purpose == SelectedFor::Execution
        && let Some(selection) = requested.selection()
    {
        record_found(log.span(), &requested);
        require_found(selection)?;
        found = selection.found_of();
        // boxed, because most actions have no rule
        if let Some(rule) = &action.can_run
            && let Some(ruled) = Box::pin(ruled(action, access.as_ref(), &caller, &requested)).await?
        {
            // an approval is for all of its records
            let is_single = action.kind == ActionKind::Single;
            require_allowed(shared, &ruled, rule.stops || signed.is_some(), is_single).await?;
            requested = ruled.allowed.into();
            judged = Some(ruled.judged);
        }
    }
    let execution = signed.map(|signed| {
        let now = seconds_since_epoch();
        shared.executed.begin(signed.digest, signed.expires, now)
    });
    let execution = execution.transpose()?;
    req.extensions_mut().insert(CallContext {
        caller,
        request,
        requested: requested.clone(),
        form,
    });
    Ok(Prepared {
        call: ActionCall { req: req.clone(), body },
        requested,
        judged,
        found,
        execution,
    })
}

/// Checks the conditions of the right over the selection.
///
/// # Errors
/// The refusal of the right, or records that cannot be read.
async fn granted(
    shared: &Shared,
    action: &'static ActionDescriptor,
    access: Option<&RecordAccess>,
    permit: Permit<'_>,
    requested: Requested,
    purpose: SelectedFor,
) -> Result<Requested, ActionError> {
    // a hook looks up what its arguments need: neither its right nor an answer depends on the records
    if purpose != SelectedFor::Execution && permit.is_final() {
        return Ok(requested);
    }
    let selection = requested.resolve().await.map_err(ActionError::from)?;
    let is_virtual = shared.store_of(action.collection).is_none();
    let held = permit.finish(access, selection, is_virtual).await?;
    // records change, and the handler reads them later
    if held == Condition::always() {
        return Ok(requested);
    }
    Ok(selection.clone().narrowed(held).into())
}

/// The verified approval of a body.
///
/// # Errors
/// 422 for a plain body that names a requester (APP-03), 400 for an invalid signed request (APP-07), and for any in a hook or in
/// local mode.
fn signed_request(
    shared: &Shared,
    action: &'static ActionDescriptor,
    hook: Option<HookKind>,
    sent: &Attributes<'_>,
) -> Result<Option<SignedRequest>, RequestError> {
    let Some(text) = signed_in(sent)? else { return Ok(None) };
    match shared.approvals.as_ref().filter(|_| hook.is_none()) {
        Some(keys) => Ok(Some(keys.open(text, action.collection, seconds_since_epoch())?)),
        None => Err(SignedRequestProblem::NotAccepted.into()),
    }
}
