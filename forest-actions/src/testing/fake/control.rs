//! Commands over HTTP, for this machine only: `POST /control/…` with JSON, `GET /control/state`, and the page at `/` whose
//! script calls both.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::{Map, Value, json};

use super::activity_logs::ActivityLog;
use super::answer::Answer;
use super::approval::Approval;
use super::events::ForestEvent;
use super::facts::{FakeRendering, IpRule, IpRules};
use super::fault::Fault;
use super::requests::RecordedRequest;
use super::rights::{ActionRight, CollectionRight};
use super::role::FakeRole;
use super::state::{Shared, State};
use super::user::FakeUser;

/// Number of requests in the state, newest first.
const LAST_REQUESTS: usize = 50;

/// Answers a request for the control page; `None` for an unknown route.
pub(super) fn answer(shared: &Arc<Shared>, req: &HttpRequest, request: &RecordedRequest) -> Option<Answer> {
    if let Err(refusal) = require_this_machine(req, request) {
        return Some(refusal);
    }
    Some(match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => Answer::html(200, include_str!("control/page.html")),
        ("GET", "/control/page.js") => Answer::script(include_str!("control/page.js")),
        ("GET", "/control/state") => state(shared),
        ("POST", path) => match execute(shared, path.strip_prefix("/control/")?, &request.body) {
            Ok(result) => Answer::json(200, &result),
            Err(detail) => Answer::error(400, "BadRequestError", &detail),
        },
        _ => return None,
    })
}

/// Refuses requests of other machines, and of pages of other sites: by their origin, or by a name that resolves to this
/// machine.
fn require_this_machine(req: &HttpRequest, request: &RecordedRequest) -> Result<(), Answer> {
    let host = request.header("host").unwrap_or_default();
    let is_local = req.peer_addr().is_some_and(|peer| peer.ip().is_loopback()) && is_loopback(host);
    let origin = request.header("origin");
    let is_own = origin.is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    if is_local && is_own {
        return Ok(());
    }
    let detail = "the control page is for this machine only";
    Err(Answer::error(403, "ForbiddenError", detail))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn state(shared: &Shared) -> Answer {
    let subscribers = shared.events.count();
    let faults: Vec<String> = shared.faults().patterns().map(str::to_owned).collect();
    let requests: Vec<Value> = shared.requests().all().rev().take(LAST_REQUESTS).map(listed).collect();
    let state = shared.state();
    let roles = state.roles.iter();
    let body = json!({
        "url": shared.base_url(),
        "project": state.project,
        "agentUrl": state.agent_url,
        "development": state.is_development,
        "roles": roles.map(|role| json!({"id": role.id, "name": role.name})).collect::<Vec<_>>(),
        "users": state.user_list(),
        "environment": state.environment(),
        "ipRules": state.ip_rules.to_json(),
        "approvals": state.approvals.iter().map(|approval| decided(&state, approval)).collect::<Vec<_>>(),
        "activityLogs": state.activity_logs.iter().map(ActivityLog::to_json).collect::<Vec<_>>(),
        "schemas": state.schemas.iter().map(|schema| json!(schema.hash())).collect::<Vec<_>>(),
        "subscribers": subscribers,
        "faults": faults,
        "requests": requests,
    });
    Answer::json(200, &body)
}

/// A recorded request without its secrets.
fn listed(request: &RecordedRequest) -> Value {
    json!({
        "method": request.method,
        "path": request.path,
        "bytes": request.body.len(),
        "status": request.status,
    })
}

/// An approval request, with the call to the agent that an approved one leads to.
fn decided(state: &State, approval: &Approval) -> Value {
    let mut resource = approval.to_json();
    if let (Some(signed), Some(reviewer)) = (approval.approved_request(), approval.reviewer()) {
        let endpoint = state.endpoint(approval.collection(), approval.action());
        let endpoint = endpoint
            .as_deref()
            .unwrap_or("/forest/actions/…")
            .trim_start_matches('/');
        resource["call"] = json!({
            "url": format!("{}/{endpoint}?timezone=UTC", state.agent_url),
            "token": state.session(reviewer).sign(),
            "body": signed.body(),
        });
    }
    resource
}

/// Runs a command. A change always sends its event, so that an agent applies it at once.
fn execute(shared: &Arc<Shared>, command: &str, body: &[u8]) -> Result<Value, String> {
    match command.split('/').collect::<Vec<_>>().as_slice() {
        ["rights"] => set_right(shared, fields(body)?),
        ["collection-rights"] => set_collection_right(shared, fields(body)?),
        ["development"] => {
            let Development { on } = fields(body)?;
            shared.state().is_development = on;
            shared.events.push(&ForestEvent::RefreshRoles);
        }
        ["users"] => set_user(shared, fields(body)?)?,
        ["users", "remove"] => {
            let UserId { id } = fields(body)?;
            let removed = shared.state().users.remove(&id);
            shared.events.push(&ForestEvent::RefreshUsers);
            let _ = removed.ok_or("there is no such user")?;
        }
        ["scope"] => set_scope(shared, fields(body)?),
        ["charts"] => {
            let Chart { rendering, definition } = fields(body)?;
            let _ = FakeRendering::new(shared.clone(), rendering).chart(definition).push();
        }
        ["ip-rules"] => {
            let Addresses { enabled, rules } = fields(body)?;
            let rules = rules.unwrap_or_default().into_iter().map(IpRule::Raw).collect();
            shared.state().ip_rules = IpRules { enabled, rules };
        }
        ["events"] => return send_event(shared, fields(body)?),
        ["faults"] => add_fault(shared, fields(body)?)?,
        ["faults", "heal"] => match fields(body)? {
            Healed { route: Some(route) } => shared.faults().heal(&route),
            Healed { route: None } => shared.faults().clear(),
        },
        ["approvals", id, "approve"] => {
            let review: Review = fields(body)?;
            let approved = shared.state().approve(approval_id(id)?, review.reviewer);
            let approved = approved.map_err(|error| error.to_string())?;
            return Ok(json!({"signed_approval_request": approved.token(), "body": approved.body()}));
        }
        ["approvals", id, "reject"] => {
            let Review { reviewer, message } = fields(body)?;
            let rejected = shared.state().reject(approval_id(id)?, reviewer, &message);
            rejected.map_err(|error| error.to_string())?;
        }
        _ => return Err("there is no such command".to_owned()),
    }
    Ok(json!({"done": true}))
}

/// The fields of a command. An empty body has none.
fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    let fields = serde_json::from_slice::<Map<String, Value>>(body);
    let fields = fields.map_err(|error| format!("the body must be a JSON object: {error}"))?;
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| error.to_string())
}

fn approval_id(text: &str) -> Result<u64, String> {
    let id = text.parse();
    id.map_err(|_| format!("the id of an approval request must be a number, found {text:?}"))
}

/// Distinguishes `null` from a missing field.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

#[derive(serde::Deserialize)]
struct ActionRightOf {
    role: String,
    collection: String,
    action: String,
    right: ActionRight,
    allowed: bool,
    #[serde(default, deserialize_with = "given")]
    condition: Option<Option<Value>>,
}

fn set_right(shared: &Arc<Shared>, fields: ActionRightOf) {
    let role = FakeRole::new(shared.clone(), &fields.role).id();
    let place = (fields.collection.as_str(), fields.action.as_str());
    let mut state = shared.state();
    state.set_action_right(role, fields.right, place, fields.allowed);
    if let Some(condition) = fields.condition {
        let action = state.action(place.0, place.1);
        action.set_condition(fields.right, role, condition);
    }
    drop(state);
    shared.events.push(&ForestEvent::RefreshRoles);
}

#[derive(serde::Deserialize)]
struct CollectionRightOf {
    role: String,
    collection: String,
    right: CollectionRight,
    allowed: bool,
}

fn set_collection_right(shared: &Arc<Shared>, fields: CollectionRightOf) {
    let role = FakeRole::new(shared.clone(), &fields.role).id();
    let mut state = shared.state();
    state.set_collection_right(role, fields.right, &fields.collection, fields.allowed);
    drop(state);
    shared.events.push(&ForestEvent::RefreshRoles);
}

#[derive(serde::Deserialize)]
struct Development {
    on: bool,
}

#[derive(serde::Deserialize)]
struct UserId {
    id: u64,
}

#[derive(serde::Deserialize)]
struct UserFields {
    id: u64,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: Option<String>,
    team: Option<String>,
    permission_level: Option<String>,
}

/// Adds a user, or changes one without an `email`.
fn set_user(shared: &Shared, fields: UserFields) -> Result<(), String> {
    let mut state = shared.state();
    let known = state.users.get(&fields.id).cloned();
    let mut user = match (known, fields.email) {
        (Some(user), None) => user,
        (_, Some(email)) => FakeUser::new(fields.id, email),
        (None, None) => return Err("email: a new user needs one".to_owned()),
    };
    if let (Some(first), Some(last)) = (fields.first_name, fields.last_name) {
        user = user.name(first, last);
    }
    if let Some(role) = fields.role {
        user = user.role(role);
    }
    if let Some(team) = fields.team {
        user = user.team(team);
    }
    if let Some(level) = fields.permission_level {
        user = user.permission_level(level);
    }
    state.add_user(user);
    drop(state);
    shared.events.push(&ForestEvent::RefreshUsers);
    Ok(())
}

#[derive(serde::Deserialize)]
struct Scope {
    rendering: u64,
    collection: String,
    filter: Option<Value>,
}

fn set_scope(shared: &Arc<Shared>, fields: Scope) {
    let rendering = FakeRendering::new(shared.clone(), fields.rendering);
    match fields.filter {
        Some(filter) => rendering.scope(&fields.collection, filter),
        None => rendering.no_scope(&fields.collection),
    }
    .push();
}

#[derive(serde::Deserialize)]
struct Chart {
    rendering: u64,
    definition: Value,
}

#[derive(serde::Deserialize)]
struct Addresses {
    enabled: bool,
    rules: Option<Vec<Value>>,
}

#[derive(serde::Deserialize)]
struct EventFields {
    event: Option<String>,
    data: Option<Value>,
    close: Option<End>,
    silent: Option<bool>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Cut,
    End,
}

fn send_event(shared: &Shared, fields: EventFields) -> Result<Value, String> {
    let events = &shared.events;
    let subscribers = match fields {
        EventFields {
            silent: Some(silent), ..
        } => {
            events.set_silent(silent);
            return Ok(json!({"done": true}));
        }
        EventFields { close: Some(end), .. } => events.close(matches!(end, End::Cut)),
        EventFields {
            event: Some(event),
            data,
            ..
        } if !event.contains(['\r', '\n']) => {
            let data = data.unwrap_or_else(|| json!({})).to_string();
            events.push(&ForestEvent::Other { event, data })
        }
        _ => return Err("give event (one line), or close (cut or end), or silent".to_owned()),
    };
    Ok(json!({"subscribers": subscribers}))
}

#[derive(serde::Deserialize)]
struct FaultFields {
    route: String,
    times: Option<usize>,
    #[serde(flatten)]
    fault: FaultKind,
}

#[derive(serde::Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
enum FaultKind {
    Status {
        status: u16,
        body: Option<String>,
        content_type: Option<String>,
    },
    Redirect {
        location: String,
    },
    Garbage,
    HalfBody,
    SlowDrip {
        bytes: Option<usize>,
        milliseconds: u64,
    },
    Delay {
        milliseconds: u64,
    },
    Hang,
    Close,
    Endless,
}

#[derive(serde::Deserialize)]
struct Healed {
    route: Option<String>,
}

#[derive(serde::Deserialize)]
struct Review {
    reviewer: u64,
    #[serde(default)]
    message: String,
}

fn add_fault(shared: &Shared, fields: FaultFields) -> Result<(), String> {
    let fault = match fields.fault {
        FaultKind::Status { status, .. } if !(200..=599).contains(&status) => {
            return Err("status must be between 200 and 599".to_owned());
        }
        FaultKind::Status { status, body: None, .. } => Fault::Status(status),
        FaultKind::Status {
            status,
            body: Some(body),
            content_type,
        } => Fault::StatusWithBody {
            status,
            content_type: content_type.unwrap_or_else(|| "application/json".to_owned()),
            body,
        },
        FaultKind::Redirect { location } => Fault::Redirect(location),
        FaultKind::Garbage => Fault::Garbage,
        FaultKind::HalfBody => Fault::HalfBody,
        FaultKind::SlowDrip { bytes, milliseconds } => Fault::SlowDrip {
            bytes: bytes.unwrap_or(1),
            every: Duration::from_millis(milliseconds),
        },
        FaultKind::Delay { milliseconds } => Fault::Delay(Duration::from_millis(milliseconds)),
        FaultKind::Hang => Fault::Hang,
        FaultKind::Close => Fault::Close,
        FaultKind::Endless => Fault::Endless,
    };
    match fields.times {
        None => shared.faults().always(&fields.route, fault),
        Some(times @ 0..=1000) => shared.faults().next(&fields.route, std::iter::repeat_n(fault, times)),
        Some(_) => return Err("times must be 1000 at most".to_owned()),
    }
    Ok(())
}
