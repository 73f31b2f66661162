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
use super::confirm::question;
use super::context::Shared;
use super::executed::Execution;
use super::form::Opened;
use super::hook::{Around, form_state, run_hook};
use super::isolation::isolated;
use super::preview;
use super::record::{recorder, surface};
use super::refresh::warn_of_unknown_relations;
use super::rules::{require_allowed, ruled};
use super::runs::{Agent, Stored, Submission, is_own, submission};
use super::select::{SelectedFor, require_found, select};
use crate::audit::Recorder;
use crate::call::ActionCall;
use crate::caller::Caller;
use crate::clock::seconds_since_epoch;
use crate::declare::{ActionDescriptor, HookKind, PREVIEW_FIELD};
use crate::form::Frame;
use crate::handler::CallContext;
use crate::observed::{Observed, unwatched};
use crate::records::{Condition, Judged, RecordAccess, Requested, Selection};
use crate::request::{
    ActionRequest, Attributes, Purpose, RequestError, Selected, SignedRequest, SignedRequestProblem, parse_body,
    read_body, signed_in, with_whole_characters,
};
use crate::response::{ActionError, ActionResponse, Tally};
use crate::rights::{Intent, Permit};

/// Runs an action.
pub(super) async fn execute(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, Subject::Action(action, None));
    let recorder = recorder(shared, action, &log);
    let observed = Observed {
        correlation: log.correlation(),
        records: recorder.as_ref().map(Recorder::observer),
        pace: None,
    };
    let checks = prepared(shared, action, Called::Run, req, payload, &log, recorder.as_ref());
    match observed.clone().scope(checks).await {
        Ok(prepared) => {
            let (texts, here) = (shared.setup.texts.clone(), Arc::clone(shared));
            // confirmations of the trail may go on after the answer
            let alive = recorder.as_ref().map(|_| shared.handlers.begin());
            isolated(log, shared.handlers.begin(), async move {
                if let Some(submission) = prepared.submission {
                    return Box::pin(submitted(&here, action, submission, recorder.as_ref(), alive)).await;
                }
                if let Some(recorder) = &recorder {
                    recorder.begin(&prepared.requested, prepared.found).await?;
                }
                let handler = AssertUnwindSafe(action.run(prepared.call)).catch_unwind();
                let answer = observed.scope(handler).await;
                let mut answer = answer.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())));
                if let Some(judged) = &prepared.judged {
                    let (allowed, refused) = judged.take();
                    answer = match answer {
                        Ok(answer) => Ok(answer.with_refused(allowed, refused)),
                        Err(error) => Err(error.with_refused(refused)),
                    };
                }
                // the user learns that some of the selected records were gone (SEL-09)
                if let Some((found, requested)) = prepared.found {
                    answer = answer.map(|answer| answer.selected(found, requested));
                }
                let tally = tally_of(&answer);
                let answer = match answer {
                    Ok(answer) => answer.in_words(&*texts).and_then(ActionResponse::checked),
                    Err(error) => Err(error.in_words(&*texts)),
                };
                if let Some(recorder) = &recorder {
                    recorder.finished(&answer, tally, alive).await;
                }
                let answer = answer?;
                warn_of_unknown_relations(&here, action, &answer);
                if let Some(execution) = prepared.execution {
                    execution.succeeded();
                }
                answer.into_http()
            })
            .await
        }
        Err(refusal) => {
            if let Some(recorder) = &recorder {
                recorder.refused(&refusal).await;
            }
            log.end(Err(refusal))
        }
    }
}

/// Submits a run. The trail has a row about the submission; those about records follow with the attempts.
async fn submitted(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    submission: Submission,
    recorder: Option<&Recorder>,
    alive: impl Send + 'static,
) -> Result<HttpResponse, ActionError> {
    let none = Requested::from(Selection::unchecked(Vec::new()));
    if let Some(recorder) = recorder {
        recorder.begin(&none, None).await?;
    }
    let (summary, http) = match submission.submit(shared, action).await {
        Ok(answered) => (Ok(answered.summary), Ok(answered.http)),
        Err(error) => (Err(error.clone()), Err(error)),
    };
    if let Some(recorder) = recorder {
        recorder.finished(&summary, None, alive).await;
    }
    http
}

/// The numbers of records that the handler reported.
pub(super) fn tally_of(answer: &Result<ActionResponse, ActionError>) -> Option<Tally> {
    match answer {
        Ok(answer) => answer.tally(),
        Err(error) => error.tally(),
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
    match prepared(shared, action, Called::Hook(kind), req, payload, &log, None).await {
        Ok(prepared) => {
            let span = log.span().clone();
            let texts = shared.setup.texts.clone();
            isolated(log, shared.handlers.begin(), async move {
                let around = Around {
                    frame: prepared.frame,
                    previewed: prepared.judged,
                    texts,
                };
                let answer = run_hook(action, kind, prepared.call, around).await;
                record_found(&span, &prepared.requested);
                answer
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// Shows what a run would do, for programs.
pub(super) async fn execute_preview(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, Subject::Action(action, Some("preview")));
    match prepared(shared, action, Called::Preview, req, payload, &log, None).await {
        Ok(prepared) => {
            let shared = shared.clone();
            isolated(log, shared.handlers.begin(), async move {
                let judged = prepared.judged.unwrap_or_default();
                preview::answer(&shared.previews, action, prepared.call, &judged, &*shared.setup.texts).await
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// The route by which an action is called.
#[derive(Clone, Copy)]
pub(super) enum Called<'s> {
    Run,
    Preview,
    Hook(HookKind),
    /// An attempt of a run in the background.
    Slice(Stored<'s>),
}

/// A call that has passed all checks.
pub(super) struct Prepared {
    pub(super) call: ActionCall,
    /// The selection, without the records that the rule of the action refuses.
    pub(super) requested: Requested,
    /// The records that the rule judges. In a hook it is set if the form asks for a preview, with or without a rule.
    pub(super) judged: Option<Judged>,
    /// The parts around the form of a hook.
    frame: Frame,
    /// The numbers of found and of given ids.
    pub(super) found: Option<(usize, usize)>,
    /// Set for a signed request.
    execution: Option<Execution>,
    /// Set for a run that goes on in the background.
    submission: Option<Submission>,
}

/// [`prepare`], where a panic of the record source costs one answer.
pub(super) async fn prepared(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    called: Called<'_>,
    req: &HttpRequest,
    payload: Payload,
    log: &CallLog,
    recorder: Option<&Recorder>,
) -> Result<Prepared, ActionError> {
    // pinned in place: the future has some kilobytes, which each layer around it would move
    let prepare = pin!(prepare(shared, action, called, req, payload, log, recorder));
    let outcome = AssertUnwindSafe(prepare).catch_unwind().await;
    outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))
}

/// The checks before a handler runs: admission, body, request, right, selection, the conditions of the right, and the rule of
/// the action.
async fn prepare(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    called: Called<'_>,
    req: &HttpRequest,
    mut payload: Payload,
    log: &CallLog,
    recorder: Option<&Recorder>,
) -> Result<Prepared, ActionError> {
    let (caller, received) = match called {
        // admitted when it was submitted
        Called::Slice(stored) => (stored.caller.clone(), stored.body.clone()),
        _ => {
            let caller = admit(shared, req, BodyKind::Json).await?;
            log.caller(&caller.id);
            if let Some(recorder) = recorder {
                recorder.caller(&caller, surface(req), shared.checked_address(req));
            }
            let received = read_body(req, &mut payload, shared.config().body_limit).await?;
            (caller, received)
        }
    };
    let whole;
    let (received, outer) = match parse_body(&received) {
        Ok(outer) => (&received, outer),
        Err(error) => {
            whole = with_whole_characters(&received).ok_or(error)?;
            (&whole, parse_body(&whole)?)
        }
    };
    let signed = signed_request(shared, action, called, &outer);
    if let (Err(_), Some(recorder)) = (&signed, recorder) {
        recorder.invalid_approval();
    }
    let signed = signed?;
    let intent = match (
        called,
        signed.as_ref().and_then(|signed| signed.requester_id.as_deref()),
    ) {
        (Called::Hook(_), _) if asks_for_preview(action, &outer) => Intent::Preview,
        (Called::Hook(_), _) => Intent::OpenForm,
        (Called::Preview, _) => Intent::Preview,
        (Called::Slice(Stored { requester, .. }), _) => match requester {
            None => Intent::Trigger,
            Some(requester) => Intent::Approve { requester },
        },
        (Called::Run, None) => Intent::Trigger,
        (Called::Run, Some(requester)) => Intent::Approve { requester },
    };
    // before lists and objects of the body are read
    let permit = match shared.rights().permit(action, &caller, intent).await {
        Ok(permit) => permit,
        Err(denied) => {
            if let Some(recorder) = recorder {
                recorder.sent(match &signed {
                    Some(signed) => parse_body(&signed.body).map(Attributes::into_ids).unwrap_or_default(),
                    None => outer.into_ids(),
                });
            }
            return Err(denied.into());
        }
    };
    // an approved request takes the place of the whole body (APP-01)
    let (body, mut sent) = match &signed {
        Some(signed) => (signed.body.clone(), parse_body(&signed.body)?),
        None => (received.clone(), outer),
    };
    let mut form = match called {
        Called::Hook(kind) => Some(form_state(action, kind, &mut sent)?),
        Called::Run | Called::Preview | Called::Slice(_) => None,
    };
    let known = shared.known();
    let request = match (&signed, called) {
        (Some(signed), _) => {
            ActionRequest::check_signed(sent, signed, action, known, shared.config().strict_approvals)?
        }
        (None, Called::Slice(stored)) => ActionRequest::check_again(sent, &body, action, known, stored.requester)?,
        (None, Called::Hook(_)) => ActionRequest::check(sent, &body, action, known, Purpose::Hook)?,
        (None, _) => ActionRequest::check(sent, &body, action, known, Purpose::Execution)?,
    };
    let mut request = request.correlated(log.correlation());
    if let Some(recorder) = recorder {
        recorder.request(&request);
    }
    let purpose = match called {
        _ if matches!(intent, Intent::Preview) => SelectedFor::Execution,
        Called::Run | Called::Preview | Called::Slice(_) => SelectedFor::Execution,
        Called::Hook(HookKind::Load) => SelectedFor::Opening,
        Called::Hook(HookKind::Change | HookKind::Search) => SelectedFor::Typing,
    };
    // the live query in the URL is not signed (APP-01)
    let query_string = if signed.is_some() { "" } else { req.query_string() };
    // a global action selects no records, so the scope is not fetched
    let access = match request.selected() {
        Selected::None => None,
        Selected::Given(_) | Selected::All(_) => shared.access(&caller, action.collection, None).await?,
    };
    let cursor = match called {
        Called::Slice(stored) => stored.cursor,
        _ => None,
    };
    let requested = select(access.as_ref(), action, purpose, &request, query_string, cursor).await?;
    let mut requested = granted(shared, action, access.as_ref(), permit, requested, purpose).await?;
    let mut found = None;
    let mut judged = None;
    let mut frame = Frame::default();
    if purpose == SelectedFor::Execution
        && let Some(selection) = requested.selection()
    {
        record_found(log.span(), &requested);
        // the last records of a run may be gone
        if cursor.is_none() {
            require_found(selection)?;
        }
        found = selection.found_of();
    }
    // boxed, because most actions have none of this
    if let Called::Hook(kind) = called {
        if let Some(form) = &mut form
            && (action.can_run.is_some() || action.added_fields().next().is_some())
        {
            let opened = Opened {
                shared,
                action,
                access: access.as_ref(),
                caller: &caller,
                request: &request,
                requested: &requested,
            };
            let around = Box::pin(opened.frame(kind, form)).await?;
            frame = around.frame;
            if let Some(ruled) = around.previewed {
                request = request.with_values(&form.values())?;
                requested = ruled.allowed.into();
                judged = Some(ruled.judged);
            }
        }
    } else if action.can_run.is_some() {
        let ruled = ruled(action, access.as_ref(), &caller, &requested);
        if let Some(ruled) = Box::pin(ruled).await? {
            if !matches!(called, Called::Slice(_)) {
                require_allowed(shared, action, &ruled, signed.is_some()).await?;
            }
            requested = ruled.allowed.into();
            judged = Some(ruled.judged);
        }
    }
    if matches!(called, Called::Run) && (action.confirm.is_some() || action.preview.is_some()) {
        let agreed = require_agreed(shared, action, &caller, &request, &requested);
        Box::pin(unwatched(agreed)).await?;
    }
    req.extensions_mut().insert(CallContext {
        caller,
        request: Some(request),
        requested: requested.clone(),
        form,
        recorder: recorder.cloned(),
        pacer: None,
    });
    if is_own(action) {
        req.extensions_mut().insert(Agent(Arc::clone(shared)));
    }
    let submission = match called {
        Called::Run if action.background.is_some() => {
            let correlation = log.correlation();
            let approval = signed.as_ref().map(|signed| signed.digest);
            let submission = submission(action, req, &body, &requested, judged.as_ref(), correlation, approval);
            Box::pin(submission).await?
        }
        _ => None,
    };
    // a run in the background knows its approval itself, on all instances
    let execution = signed.filter(|_| submission.is_none()).map(|signed| {
        let now = seconds_since_epoch();
        shared.executed.begin(signed.digest, signed.expires, now)
    });
    let execution = execution.transpose()?;
    Ok(Prepared {
        call: ActionCall { req: req.clone(), body },
        requested,
        judged,
        frame,
        found,
        execution,
        submission,
    })
}

/// Returns whether a change hook is called for the box that shows a preview.
fn asks_for_preview(action: &ActionDescriptor, sent: &Attributes<'_>) -> bool {
    action.preview.is_some() && sent.changed_field.as_deref() == Some(PREVIEW_FIELD)
}

/// Checks that the user has answered the question of an action, and that its preview still holds.
///
/// # Errors
/// 400 without an answer or a required preview, 409 if the preview is out of date.
async fn require_agreed(
    shared: &Shared,
    action: &ActionDescriptor,
    caller: &Caller,
    request: &ActionRequest,
    requested: &Requested,
) -> Result<(), ActionError> {
    let allowed = requested.resolve().await?;
    if let Some(question) = question(action, allowed, caller, false).await? {
        question.check(request, &*shared.setup.texts)?;
    }
    shared.previews.check(action, caller, allowed, request).await
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
    called: Called<'_>,
    sent: &Attributes<'_>,
) -> Result<Option<SignedRequest>, RequestError> {
    // the stored request of a run is the opened one
    if matches!(called, Called::Slice(_)) {
        return Ok(None);
    }
    let Some(text) = signed_in(sent)? else { return Ok(None) };
    match shared.approvals.as_ref().filter(|_| matches!(called, Called::Run)) {
        Some(keys) => Ok(Some(keys.open(text, action.collection, seconds_since_epoch())?)),
        None => Err(SignedRequestProblem::NotAccepted.into()),
    }
}
