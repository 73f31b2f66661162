//! The first step of every request: CORS, then the route of the path.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{ConnectionType, Method, StatusCode, Version, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::admission::{BodyKind, admit_in_any_zone};
use super::browse;
use super::call_log::{CallLog, Subject};
use super::charts;
use super::context::Shared;
use super::execute::{execute, execute_hook, execute_preview};
use super::history;
use super::routes::MOUNT;
use super::runs::{self, Slice, run_slice};
use super::this_machine::require_this_machine;
use crate::declare::{Target, requested_path};
use crate::request::RequestError;
use crate::response::ActionError;
use crate::text::excerpt;

/// The path of the readiness, below the mount.
const READY: &str = "/healthcheck/ready";

/// Maximum length of a requested path that is echoed or logged.
const MAX_ECHOED_PATH: usize = 200;

/// Answers one request. `path` is relative to the scope in which the host mounts the agent.
///
/// 1. local mode requires a request over loopback;
/// 2. pre-flights are answered without a token;
/// 3. the path leads to a public route, an action, a hook, a chart or records;
/// 4. every answer gets its CORS headers.
pub(super) async fn serve(shared: &Arc<Shared>, req: &HttpRequest, payload: Payload, path: &str) -> HttpResponse {
    // only a worker of this process can add it
    let slice = req.extensions_mut().remove::<Slice>();
    if let Some(slice) = slice {
        return Box::pin(run_slice(shared, slice, req)).await;
    }
    let decoded = path;
    let path = requested_path(path);
    let is_preflight =
        req.method() == Method::OPTIONS && req.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match refuse_remote(shared, req) {
        Some(refusal) => {
            let shown = excerpt(&path, MAX_ECHOED_PATH);
            let subject = match shared.setup.registry.find(&path) {
                Some(target) => subject(target),
                None => Subject::Nothing(&shown, None),
            };
            CallLog::begin(req, subject).end(Err(refusal))
        }
        None if req.method() == Method::OPTIONS => probed(req, "OPTIONS", HttpResponse::new(StatusCode::NO_CONTENT)),
        None => route(shared, req, payload, &path, decoded).await,
    };
    let is_login = login_path(shared, req, &path).is_some();
    shared
        .cors
        .write(req.headers(), is_login, is_preflight, response.headers_mut());
    if req.version() == Version::HTTP_10 {
        // such a client does not support chunks: a stream ends with the connection
        let head = response.head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    if shared.handlers.is_stopping() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

/// Local mode has no accounts, so it only serves this machine.
fn refuse_remote(shared: &Shared, req: &HttpRequest) -> Option<ActionError> {
    if !shared.config().is_local() {
        return None;
    }
    let reason = require_this_machine(req).err()?.to_string();
    Some(RequestError::NotThisMachine { reason }.into())
}

async fn route(
    shared: &Arc<Shared>,
    req: &HttpRequest,
    mut payload: Payload,
    path: &str,
    decoded: &str,
) -> HttpResponse {
    let is_read = is_read(req);
    let is_browsed = is_browsed(shared, req, path);
    match path.strip_prefix(MOUNT) {
        Some("") if is_read => return probed(req, MOUNT, health_document()),
        // a probe has no session
        Some("/healthcheck") if is_read && !(is_browsed && req.headers().contains_key(header::AUTHORIZATION)) => {
            let mut answer = HttpResponse::Ok();
            // open to every page, unless the host answers CORS (NET-05)
            if shared.config().cors_origins.is_some() {
                answer.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
            }
            return probed(req, "/forest/healthcheck", answer.finish());
        }
        Some(READY) if is_read && !(is_browsed && req.headers().contains_key(header::AUTHORIZATION)) => {
            let log = CallLog::begin(req, Subject::Probe("/forest/healthcheck/ready"));
            return log.end(shared.readiness().await.map(|()| super::readiness::document()));
        }
        #[cfg(feature = "server")]
        Some(super::invalidation::PATH) if !is_browsed => {
            return super::invalidation::serve(shared, req, payload).await;
        }
        _ => {}
    }
    #[cfg(feature = "server")]
    if let Some(rest) = login_path(shared, req, path) {
        let login = shared.connection().map(|connection| &*connection.login);
        // boxed, because it is rare and the future of every request would have room for it
        return Box::pin(crate::login::serve(login, req, payload, rest)).await;
    }
    if let Some(below) = path
        .strip_prefix(MOUNT)
        .and_then(|below| below.strip_prefix(runs::SEGMENT))
        && let Some(answer) = Box::pin(runs::serve(shared, req, below)).await
    {
        return answer;
    }
    if path
        .strip_prefix(MOUNT)
        .is_some_and(|below| below.starts_with(history::SEGMENT))
        && let Some(answer) = Box::pin(history::serve(shared, req, &mut payload)).await
    {
        return answer;
    }
    match shared.setup.registry.find(path) {
        Some(Target::Action(action)) if action.http_method.matches(req.method()) => {
            execute(shared, action, req, payload).await
        }
        Some(Target::Preview(action)) if req.method() == Method::POST => {
            execute_preview(shared, action, req, payload).await
        }
        Some(Target::Hook(action, kind)) if req.method() == Method::POST => {
            execute_hook(shared, action, kind, req, payload).await
        }
        Some(target) if !is_browsed => method_not_allowed(shared, req, target).await,
        _ if path.strip_prefix(MOUNT).is_some_and(charts::is_code)
            && let Some(answer) = Box::pin(charts::serve_code(shared, req, &mut payload, decoded)).await =>
        {
            answer
        }
        _ if path.strip_prefix(MOUNT).is_some_and(charts::is_below)
            && let Some(answer) = Box::pin(charts::serve(shared, req, &mut payload, decoded)).await =>
        {
            answer
        }
        _ => match browse::serve(shared, req, &mut payload, decoded).await {
            Some(answer) => answer,
            None => not_found(shared, req, path),
        },
    }
}

fn is_read(req: &HttpRequest) -> bool {
    matches!(*req.method(), Method::GET | Method::HEAD)
}

/// Returns whether this is a read of a collection, which may have the name of one of the agent's own paths.
fn is_browsed(shared: &Shared, req: &HttpRequest, path: &str) -> bool {
    let first = || path.strip_prefix(MOUNT)?.strip_prefix('/')?.split('/').next();
    let name = |segment: &str| segment.strip_suffix(".csv").unwrap_or(segment).to_owned();
    is_read(req)
        && shared.setup.records.as_ref().is_some_and(|records| {
            first().is_some_and(|first| {
                records
                    .models
                    .get(first)
                    .or_else(|| records.models.get(&name(first)))
                    .is_some()
            })
        })
}

/// The rest of a path of the login; `None` for other paths, and for reads of a collection of that name.
fn login_path<'p>(shared: &Shared, req: &HttpRequest, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(MOUNT)?.strip_prefix("/authentication")?;
    let is_login = rest.is_empty() || rest.starts_with('/');
    (is_login && (rest == "/callback" || !is_browsed(shared, req, path))).then_some(rest)
}

/// Logs and sends the answer of a health check or pre-flight.
fn probed(req: &HttpRequest, route: &'static str, answer: HttpResponse) -> HttpResponse {
    CallLog::begin(req, Subject::Probe(route)).end(Ok(answer))
}

/// The answer at `/forest`, by which clients detect an agent (NET-01).
fn health_document() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(r#"{"error":null,"message":"Agent is running"}"#)
}

async fn method_not_allowed(shared: &Shared, req: &HttpRequest, target: Target) -> HttpResponse {
    let allowed = match target {
        Target::Action(action) => action.http_method.as_str(),
        Target::Preview(_) | Target::Hook(..) => "POST",
    };
    let refusal = ActionError::from(RequestError::MethodNotAllowed { allowed });
    let refusal = refusal.header("allow", format!("{allowed}, OPTIONS"));
    let log = CallLog::begin(req, subject(target));
    // without a session every answer is 401
    let admitted = admit_in_any_zone(shared, req, BodyKind::Unread).await;
    if let Ok(caller) = &admitted {
        log.caller(&caller.id);
    }
    log.end(Err(admitted.err().unwrap_or(refusal)))
}

fn subject(target: Target) -> Subject<'static> {
    match target {
        Target::Action(action) => Subject::Action(action, None),
        Target::Preview(action) => Subject::Action(action, Some("preview")),
        Target::Hook(action, kind) => Subject::Action(action, Some(kind.as_str())),
    }
}

/// The likely causes are logged only, because the client may not be logged in.
fn not_found(shared: &Shared, req: &HttpRequest, path: &str) -> HttpResponse {
    let shown = excerpt(path, MAX_ECHOED_PATH);
    let refusal = RequestError::NotServed {
        method: req.method().to_string(),
        path: shown.to_string(),
    };
    CallLog::begin(req, Subject::Nothing(&shown, shared.setup.registry.nearest(path))).end(Err(refusal.into()))
}
