//! The routes: reads a request, applies a fault or finds its route, records it and answers. Requests of the control page are
//! not recorded.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use super::answer::{self, Answer};
use super::fault::Fault;
use super::requests::{RecordedRequest, segments};
use super::state::Shared;
use super::{activity_logs, approval_routes, control, facts, login, oauth, schema};

/// Maximum size of a body; a schema of a thousand actions with forms has some megabytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub(super) async fn serve(req: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let shared = shared.into_inner();
    let Some(body) = read(payload).await else {
        let text = "the body is too large or was cut";
        return Answer::error(413, "PayloadTooLargeError", text)
            .deliver(Fault::None)
            .await;
    };
    let request = describe(&req, body);
    if request.path == "/" || request.path.starts_with("/control/") {
        let answer = control::answer(&shared, &req, &request);
        let answer = answer.unwrap_or_else(|| not_found(&request));
        return answer.deliver(Fault::None).await;
    }
    let fault = shared.faults().take(&request.method, &request.path);
    let answer = if fault.keeps_the_answer() {
        Some(route(&shared, &request))
    } else {
        Answer::of_fault(&fault)
    };
    // recorded after its effects, so that a test that waits for the request sees them
    let status = answer.as_ref().map(|answer| answer.status);
    shared.requests().record(RecordedRequest { status, ..request });
    shared.changed.notify_waiters();
    match (answer, fault) {
        (Some(answer), fault) => answer.deliver(fault).await,
        (None, Fault::Hang) => answer::hang().await,
        (None, _) => answer::close(),
    }
}

async fn read(mut payload: web::Payload) -> Option<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > MAX_BODY {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body.freeze())
}

fn describe(req: &HttpRequest, body: Bytes) -> RecordedRequest {
    let headers = req.headers().iter();
    RecordedRequest {
        method: req.method().as_str().to_owned(),
        path: req.uri().path().to_owned(),
        query: req.query_string().to_owned(),
        headers: headers
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body,
        status: None,
    }
}

fn route(shared: &Shared, request: &RecordedRequest) -> Answer {
    let path: Vec<&str> = segments(&request.path).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["oidc", ".well-known", "openid-configuration"]) => login::discovery(shared, request),
        ("POST", ["oidc", "reg"]) => login::register(shared, request),
        ("GET", ["oidc", "auth"]) => login::authorize(shared, request, Some("openid")),
        ("POST", ["oidc", "token"]) => login::exchange(shared, request),
        ("GET", ["oidc", "jwks"]) => login::keys(shared),
        ("GET" | "POST", ["oidc", "me"]) => login::user_info(shared, request),
        ("POST", ["oauth", "register"]) => login::register_program(shared, request),
        ("GET", ["oauth", "register", client]) => oauth::client(shared, client),
        ("GET", ["oauth", "authorize"]) => login::authorize(shared, request, None),
        ("POST", ["api", "activity-logs-requests"] | ["api", "activity-logs-requests", "mcp"]) => {
            either(activity_logs::create(shared, request))
        }
        ("PATCH", ["api", "activity-logs-requests", index, id, "status"]) => {
            either(activity_logs::update(shared, request, index, id))
        }
        ("POST", ["api", "action-approvals"]) => either(approval_routes::file(shared, request)),
        ("GET", ["api", "action-approvals"]) => either(approval_routes::list(shared, request)),
        ("GET", ["api", "action-approvals", id]) => either(approval_routes::one(shared, request, id)),
        ("POST", ["api", "action-approvals", id, "comments"]) => either(approval_routes::comment(shared, request, id)),
        (method, path) => match for_agents(shared, request, method, path) {
            Some(_) if request.header("forest-secret-key") != Some(shared.state().env_secret.as_str()) => {
                Answer::unknown_environment()
            }
            Some(answer) => answer(),
            None => not_found(request),
        },
    }
}

/// The routes that need the environment secret.
fn for_agents<'a>(
    shared: &'a Shared,
    request: &'a RecordedRequest,
    method: &str,
    path: &[&'a str],
) -> Option<Box<dyn FnOnce() -> Answer + 'a>> {
    Some(match (method, path) {
        ("GET", ["liana", "v2", "renderings", id, "authorization"]) => {
            let id = *id;
            Box::new(move || facts::authorization(shared, request, id))
        }
        ("GET", ["liana", "environment"]) => Box::new(|| oauth::environment(shared)),
        ("GET", ["liana", "forest-schema"]) => Box::new(|| schema::published(shared)),
        ("POST", ["oauth", "token"]) => Box::new(|| oauth::exchange(shared, request)),
        ("GET", ["liana", "v4", "permissions", "environment"]) => Box::new(|| facts::environment(shared)),
        ("GET", ["liana", "v4", "permissions", "users"]) => Box::new(|| facts::users(shared)),
        ("GET", ["liana", "v4", "permissions", "renderings", id]) => {
            let id = *id;
            Box::new(move || facts::rendering(shared, id))
        }
        ("GET", ["liana", "v1", "ip-whitelist-rules"]) => Box::new(|| facts::ip_rules(shared)),
        ("GET", ["liana", "v4", "subscribe-to-events"]) => Box::new(|| Answer::events(shared.events.subscribe())),
        ("POST", ["forest", "apimaps", "hashcheck"]) => Box::new(|| schema::hash_check(shared, request)),
        ("POST", ["forest", "apimaps"]) => Box::new(|| schema::upload(shared, request)),
        _ => return None,
    })
}

fn not_found(request: &RecordedRequest) -> Answer {
    let detail = format!("no mock for {} {}", request.method, request.path);
    Answer::json(404, &serde_json::json!({"errors": [{"detail": detail}]}))
}

fn either(answer: Result<Answer, Answer>) -> Answer {
    answer.unwrap_or_else(|refusal| refusal)
}
