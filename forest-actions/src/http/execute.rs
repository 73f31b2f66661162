//! The pipeline in front of every handler and hook.
//!
//! [`prepare`] is the list of checks, in order; what passes it runs in isolation ([`isolated`]), so that a panic costs
//! one answer and a browser that goes away does not cut a handler in half.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono_tz::Tz;
use futures_util::FutureExt as _;

use super::args::ActionCall;
use super::body::read_body;
use super::call_log::CallLog;
use super::context::{CallContext, Shared};
use super::hook::{form_state, run_hook};
use super::isolation::{isolated, of_panic};
use super::select::{SelectedFor, select};
use crate::decide::{Verdict, decide};
use crate::declare::{ActionDescriptor, HookKind};
use crate::records::Selection;
use crate::request::{ActionRequest, Attributes, Caller, Purpose, TokenError, TokenSource, parse_body, token_of};
use crate::response::{ActionError, ErrorKind};

/// Runs an action.
pub(super) async fn execute(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, action, None);
    match prepare(shared, action, None, req, payload, &log).await {
        Ok((call, selection)) => {
            isolated(log, async move {
                let answer = (action.invoke)(call).await?;
                // whoever selected five records has to learn that two of them were gone (SEL-09)
                let answer = match selection.partly_found() {
                    Some((found, requested)) => answer.partly_found(found, requested),
                    None => answer,
                };
                answer.into_http()
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// Runs a form hook, or answers in place of one that does not exist (FRM-04).
pub(super) async fn execute_hook(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    kind: HookKind,
    req: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let log = CallLog::begin(req, action, Some(kind.as_str()));
    match prepare(shared, action, Some(kind), req, payload, &log).await {
        Ok((call, _)) => {
            isolated(log, async move {
                // a panic has the shape of the other failures of a hook
                let outcome = AssertUnwindSafe(run_hook(action, kind, call)).catch_unwind().await;
                outcome.unwrap_or_else(|panic| Err(of_panic(panic.as_ref()).into_hook_error()))
            })
            .await
        }
        Err(refusal) => log.end(Err(refusal)),
    }
}

/// Everything that must hold before a line of the handler runs:
/// token, body, request, permission, selection.
async fn prepare(
    shared: &Arc<Shared>,
    action: &'static ActionDescriptor,
    hook: Option<HookKind>,
    req: &HttpRequest,
    mut payload: Payload,
    log: &CallLog,
) -> Result<(ActionCall, Selection), ActionError> {
    let caller = authenticate(shared, req)?;
    log.caller(&caller.id);
    let body = read_body(req, &mut payload, shared.config.body_limit).await?;
    let mut sent = parse_body(&body)?;
    let form = hook.map(|kind| form_state(action, kind, &mut sent)).transpose()?;
    let request = check(shared, action, hook, sent, &body)?;
    match decide(&shared.rights, action, &caller) {
        Verdict::Allowed => {}
        Verdict::Refused(refusal) => return Err(refusal.into()),
    }
    let purpose = match hook {
        None => SelectedFor::Execution,
        Some(HookKind::Load) => SelectedFor::Opening,
        Some(HookKind::Change | HookKind::Search) => SelectedFor::Typing,
    };
    let access = shared.access(&caller);
    let selection = select(access.as_ref(), action, purpose, &request, req.query_string()).await?;
    req.extensions_mut().insert(CallContext {
        caller,
        request,
        selection: selection.clone(),
        form,
    });
    Ok((ActionCall { req: req.clone(), body }, selection))
}

fn check(
    shared: &Shared,
    action: &'static ActionDescriptor,
    hook: Option<HookKind>,
    sent: Attributes<'_>,
    body: &Bytes,
) -> Result<ActionRequest, ActionError> {
    let purpose = if hook.is_some() {
        Purpose::Hook
    } else {
        Purpose::Execution
    };
    ActionRequest::check(sent, body, action, &shared.collections, purpose)
}

/// Who calls, by a request with a body.
fn authenticate(shared: &Shared, req: &HttpRequest) -> Result<Caller, ActionError> {
    let (caller, source) = identify(shared, req)?;
    demand_json(req, source)?;
    demand_trust(shared, req, source)?;
    Ok(caller)
}

/// Who calls, and where the token was (protocol: verification on requests).
pub(super) fn identify(shared: &Shared, req: &HttpRequest) -> Result<(Caller, TokenSource), ActionError> {
    let headers = req.headers();
    // a token is long, and `to_str` looks at one byte after the other
    let authorization = headers
        .get(header::AUTHORIZATION)
        .filter(|value| value.as_bytes().is_ascii())
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let (token, source) = token_of(
        authorization,
        headers.get_all(header::COOKIE).map(|value| value.as_bytes()),
    )
    .ok_or(TokenError::Missing)?;
    let timezone = timezone(req.query_string());
    // the zone is judged after the token: a stranger learns nothing but 401
    let caller = shared
        .tokens
        .verify(token, now(), timezone.clone().unwrap_or(Tz::UTC))?;
    timezone?;
    Ok((caller, source))
}

/// The body must say that it is JSON.
pub(super) fn demand_json(req: &HttpRequest, source: TokenSource) -> Result<(), ActionError> {
    let media_type = text_of(req, header::CONTENT_TYPE);
    if is_json(media_type, source) {
        return Ok(());
    }
    let found = media_type.unwrap_or("no content type").escape_debug().to_string();
    Err(ActionError::refused(
        ErrorKind::UnsupportedMediaType,
        format!("the request body must be `application/json`, found `{found}`"),
    ))
}

/// A cookie travels with any page's request: only pages that CORS trusts may use it.
pub(super) fn demand_trust(shared: &Shared, req: &HttpRequest, source: TokenSource) -> Result<(), ActionError> {
    if source == TokenSource::Cookie && !shared.cors.trusts(req.headers(), text_of(req, header::HOST)) {
        return Err(TokenError::Missing.into());
    }
    Ok(())
}

fn text_of(req: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    req.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether the body claims to be JSON. A request without a content type is fine when its token came in a
/// header, which no foreign page can set without a pre-flight.
fn is_json(media_type: Option<&str>, source: TokenSource) -> bool {
    let Some(media_type) = media_type else {
        return source == TokenSource::Header;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// The `timezone` of the query string; UTC when there is none.
fn timezone(query: &str) -> Result<Tz, ActionError> {
    let Some((_, name)) = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "timezone")
        .last()
    else {
        return Ok(Tz::UTC);
    };
    name.parse().map_err(|_| {
        ActionError::refused(
            ErrorKind::BadRequest,
            format!("Invalid timezone: \"{}\"", name.escape_debug()),
        )
    })
}

/// Seconds since the epoch. A clock before it counts as the epoch, where no token is expired yet but none
/// is active either.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
