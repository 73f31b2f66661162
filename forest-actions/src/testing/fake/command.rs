//! Commands over HTTP: what the control page's buttons do, and what a program in another language can do. Each is a
//! `POST /control/…` with JSON or a form, and only from this machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::approval::Approval;
use super::command_fields::Fields;
use super::events::ForestEvent;
use super::fault::Fault;
use super::ip::{IpRule, IpRules};
use super::rendering::FakeRendering;
use super::requests::RecordedRequest;
use super::rights::{ActionRight, CollectionRight};
use super::role::FakeRole;
use super::shared::Shared;
use super::user::FakeUser;

/// Lets nobody in but this machine, and no page of another site that a browser on it shows: neither by its own address
/// nor by a name that leads here.
pub(super) fn only_from_here(req: &HttpRequest, request: &RecordedRequest) -> Result<(), Answer> {
    let host = request.header("host").unwrap_or_default();
    let is_local = req.peer_addr().is_some_and(|peer| peer.ip().is_loopback()) && is_loopback(host);
    let origin = request.header("origin");
    let is_own = origin.is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    if is_local && is_own {
        return Ok(());
    }
    Err(Answer::error(
        403,
        "ForbiddenError",
        "the control page is for this machine only",
    ))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// `GET /control/state`: what there is, for programs.
pub(super) fn state(shared: &Shared) -> Answer {
    let subscribers = shared.events.count();
    let faults: Vec<String> = shared.faults().patterns().map(str::to_owned).collect();
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
        "approvals": state.approvals.iter().map(Approval::to_json).collect::<Vec<_>>(),
        "schemas": state.schemas.iter().map(|schema| json!(schema.hash())).collect::<Vec<_>>(),
        "subscribers": subscribers,
        "faults": faults,
    });
    Answer::json(200, &body)
}

/// Runs a command. A form is answered with the way back to the page.
pub(super) fn run(shared: &Arc<Shared>, request: &RecordedRequest, command: &str) -> Answer {
    let done = Fields::read(request).and_then(|fields| execute(shared, command, &fields));
    match done {
        Ok(_) if request.is_form() => Answer::redirect(303, "/"),
        Ok(result) => Answer::json(200, &result),
        Err(detail) => Answer::error(400, "BadRequestError", &detail),
    }
}

fn execute(shared: &Arc<Shared>, command: &str, fields: &Fields) -> Result<Value, String> {
    let parts: Vec<&str> = command.split('/').collect();
    let done = json!({"done": true});
    match parts.as_slice() {
        ["rights"] => set_right(shared, fields).map(|()| done),
        ["collection-rights"] => set_collection_right(shared, fields).map(|()| done),
        ["development"] => {
            shared.state().is_development = fields.boolean("on")?;
            tell(shared, &ForestEvent::RefreshRoles);
            Ok(done)
        }
        ["users"] => set_user(shared, fields).map(|()| done),
        ["users", "remove"] => {
            let removed = shared.state().users.remove(&fields.number("id")?);
            tell(shared, &ForestEvent::RefreshUsers);
            removed.map(|_| done).ok_or_else(|| "there is no such user".to_owned())
        }
        ["scope"] => set_scope(shared, fields).map(|()| done),
        ["ip-rules"] => set_ip_rules(shared, fields).map(|()| done),
        ["events"] => send_event(shared, fields),
        ["faults"] => set_fault(shared, fields).map(|()| done),
        ["faults", "heal"] => {
            match fields.optional_text("route") {
                Some(route) => shared.faults().heal(route),
                None => shared.faults().clear(),
            }
            Ok(done)
        }
        ["approvals", id, "approve"] => {
            let (id, reviewer) = (number(id)?, fields.number("reviewer")?);
            let approved = shared.state().approve(id, reviewer);
            let approved = approved.map_err(|error| error.to_string())?;
            Ok(json!({"signed_approval_request": approved.token(), "body": approved.body()}))
        }
        ["approvals", id, "reject"] => {
            let (id, reviewer) = (number(id)?, fields.number("reviewer")?);
            let message = fields.optional_text("message").unwrap_or_default();
            let rejected = shared.state().reject(id, reviewer, message);
            rejected.map(|()| done).map_err(|error| error.to_string())
        }
        _ => Err("there is no such command".to_owned()),
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "the number of the approval request is no number".to_owned())
}

/// A person who changes something by hand expects it to work at once, so that commands always tell the agents.
fn tell(shared: &Shared, event: &ForestEvent) {
    shared.events.push(event);
}

fn set_right(shared: &Arc<Shared>, fields: &Fields) -> Result<(), String> {
    let (collection, action) = (fields.text("collection")?, fields.text("action")?);
    let name = fields.text("right")?;
    let right = ActionRight::ALL.into_iter().find(|right| right.name() == name);
    let right = right.ok_or("right must be trigger, approval_required, approve or self_approve")?;
    let allowed = fields.boolean("allowed")?;
    let condition = fields.json("condition")?;
    let role = FakeRole::new(shared.clone(), fields.text("role")?).id();
    let mut state = shared.state();
    state.set_action_right(role, right, (collection, action), allowed);
    if fields.has("condition") {
        state.action(collection, action).set_condition(right, role, condition);
    }
    drop(state);
    tell(shared, &ForestEvent::RefreshRoles);
    Ok(())
}

fn set_collection_right(shared: &Arc<Shared>, fields: &Fields) -> Result<(), String> {
    let collection = fields.text("collection")?;
    let name = fields.text("right")?;
    let right = CollectionRight::ALL.into_iter().find(|right| right.name() == name);
    let right = right.ok_or("right must be browse, read, edit, add, delete or export")?;
    let allowed = fields.boolean("allowed")?;
    let role = FakeRole::new(shared.clone(), fields.text("role")?).id();
    shared.state().set_collection_right(role, right, collection, allowed);
    tell(shared, &ForestEvent::RefreshRoles);
    Ok(())
}

fn set_user(shared: &Shared, fields: &Fields) -> Result<(), String> {
    let text = |name: &str| fields.optional_text(name);
    let id = fields.number("id")?;
    let mut state = shared.state();
    let known = state.users.get(&id).cloned();
    let mut user = match (known, text("email")) {
        (Some(user), None) => user,
        (_, Some(email)) => FakeUser::new(id, email),
        (None, None) => return Err("email must be a text".to_owned()),
    };
    if let (Some(first), Some(last)) = (text("first_name"), text("last_name")) {
        user = user.name(first, last);
    }
    if let Some(role) = text("role") {
        user = user.role(role);
    }
    if let Some(team) = text("team") {
        user = user.team(team);
    }
    if let Some(level) = text("permission_level") {
        user = user.permission_level(level);
    }
    state.add_user(user);
    drop(state);
    tell(shared, &ForestEvent::RefreshUsers);
    Ok(())
}

fn set_scope(shared: &Arc<Shared>, fields: &Fields) -> Result<(), String> {
    let id = fields.number("rendering")?;
    let collection = fields.text("collection")?;
    let filter = fields.json("filter")?;
    let rendering = FakeRendering::new(shared.clone(), id);
    match filter {
        Some(filter) => rendering.scope(collection, filter),
        None => rendering.no_scope(collection),
    }
    .push();
    Ok(())
}

fn set_ip_rules(shared: &Shared, fields: &Fields) -> Result<(), String> {
    let enabled = fields.boolean("enabled")?;
    let rules = match fields.json("rules")? {
        None => Vec::new(),
        Some(Value::Array(rules)) => rules.into_iter().map(IpRule::Raw).collect(),
        Some(_) => return Err("rules must be a list".to_owned()),
    };
    shared.state().ip_rules = IpRules { enabled, rules };
    Ok(())
}

fn send_event(shared: &Shared, fields: &Fields) -> Result<Value, String> {
    let events = &shared.events;
    if fields.has("silent") {
        events.set_silent(fields.boolean("silent")?);
        return Ok(json!({"done": true}));
    }
    let listeners = match (fields.optional_text("close"), fields.optional_text("event")) {
        (Some("cut"), _) => events.close(true),
        (Some("end"), _) => events.close(false),
        (None, Some(event)) if !event.contains(['\r', '\n']) => {
            let data = fields.json("data")?.unwrap_or_else(|| Value::Object(Map::new()));
            let event = event.to_owned();
            events.push(&ForestEvent::Other {
                event,
                data: data.to_string(),
            })
        }
        _ => return Err("give event (one line), or close (cut or end), or silent".to_owned()),
    };
    Ok(json!({"subscribers": listeners}))
}

fn set_fault(shared: &Shared, fields: &Fields) -> Result<(), String> {
    let route = fields.text("route")?;
    let status = || match fields.optional_number("status")? {
        Some(status @ 200..=599) => u16::try_from(status).map_err(|error| error.to_string()),
        _ => Err("status must be between 200 and 599".to_owned()),
    };
    let time = || Ok::<_, String>(Duration::from_millis(fields.number("milliseconds")?));
    let fault = match fields.text("fault")? {
        "status" => match fields.optional_text("body") {
            Some(body) => Fault::StatusWithBody {
                status: status()?,
                content_type: fields
                    .optional_text("content_type")
                    .unwrap_or("application/json")
                    .to_owned(),
                body: body.to_owned(),
            },
            None => Fault::Status(status()?),
        },
        "redirect" => Fault::Redirect(fields.text("location")?.to_owned()),
        "garbage" => Fault::Garbage,
        "half_body" => Fault::HalfBody,
        "slow_drip" => Fault::SlowDrip {
            bytes: usize::try_from(fields.optional_number("bytes")?.unwrap_or(1)).unwrap_or(usize::MAX),
            every: time()?,
        },
        "delay" => Fault::Delay(time()?),
        "hang" => Fault::Hang,
        "close" => Fault::Close,
        "endless" => Fault::Endless,
        _ => {
            let known = "status, redirect, garbage, half_body, slow_drip, delay, hang, close, endless";
            return Err(format!("fault must be one of {known}"));
        }
    };
    match fields.optional_number("times")? {
        None => shared.faults().always(route, fault),
        Some(times @ 0..=1000) => {
            let times = usize::try_from(times).unwrap_or_default();
            shared.faults().next(route, std::iter::repeat_n(fault, times));
        }
        Some(_) => return Err("times must be 1000 at most".to_owned()),
    }
    Ok(())
}
