//! The approval routes that the UI and other programs call with a user's own token (protocol: approvals).

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::approval::{Approval, ApprovalRequest};
use super::requests::RecordedRequest;
use super::state::{Shared, State};

/// Attributes of an action's request that are signed too.
const PASSED_ON: [&str; 7] = [
    "smart_action_id",
    "parent_collection_name",
    "parent_collection_id",
    "parent_association_name",
    "all_records",
    "all_records_ids_excluded",
    "all_records_subset_query",
];

/// The user of the access token in the request.
pub(super) fn user(shared: &Shared, request: &RecordedRequest) -> Result<u64, Answer> {
    let user = request
        .bearer()
        .and_then(|token| shared.state().provider.user_of(token));
    user.ok_or_else(|| Answer::error(401, "UnauthorizedError", "the token is missing, unknown or expired"))
}

pub(super) fn bad_request(detail: &str) -> Answer {
    Answer::error(400, "BadRequestError", detail)
}

/// `POST /api/action-approvals`.
pub(super) fn file(shared: &Shared, request: &RecordedRequest) -> Result<Answer, Answer> {
    let requester = user(shared, request)?;
    let rendering = request.header("forest-rendering-id");
    if rendering.is_some_and(|id| id.parse::<u64>().is_err()) {
        return Err(bad_request("forest-rendering-id must be a number"));
    }
    let body = request.json();
    let attributes = body
        .as_ref()
        .and_then(|body| body.pointer("/data/attributes")?.as_object());
    let Some(attributes) = attributes else {
        return Err(bad_request("data.attributes is missing"));
    };
    let request = read(attributes).map_err(bad_request)?;
    let approval = shared.state().file_approval(requester, request);
    Ok(Answer::json(201, &json!({"data": approval.to_json()})))
}

fn read(attributes: &Map<String, Value>) -> Result<ApprovalRequest, &'static str> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let collection = text("collection_name").ok_or("collection_name must be a text")?;
    let action = text("action_name").ok_or("action_name must be a text")?;
    let list = |name: &str| match attributes.get(name) {
        None | Some(Value::Null) => Some(&[] as &[Value]),
        Some(value) => value.as_array().map(Vec::as_slice),
    };

    let mut ids = Vec::new();
    for id in list("record_ids").ok_or("record_ids must be a list")? {
        ids.push(match id {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return Err("record_ids must hold texts or numbers"),
        });
    }
    let mut request = ApprovalRequest::new(collection, action).records(ids);
    for input in list("inputs").ok_or("inputs must be a list")? {
        let name = input.get("name").and_then(Value::as_str);
        let name = name.ok_or("each of inputs must have a name")?;
        request = request.value(name, input.get("value").cloned().unwrap_or_default());
    }
    for name in PASSED_ON {
        if let Some(value) = attributes.get(name) {
            request = request.attribute(name, value.clone());
        }
    }
    Ok(request)
}

/// `GET /api/action-approvals`.
pub(super) fn list(shared: &Shared, request: &RecordedRequest) -> Result<Answer, Answer> {
    user(shared, request)?;
    let approvals: Vec<Value> = shared.state().approvals.iter().map(Approval::to_json).collect();
    Ok(Answer::json(200, &json!({"data": approvals})))
}

/// `GET /api/action-approvals/:id`.
pub(super) fn one(shared: &Shared, request: &RecordedRequest, id: &str) -> Result<Answer, Answer> {
    user(shared, request)?;
    let mut state = shared.state();
    let approval = find(&mut state, id)?;
    Ok(Answer::json(200, &json!({"data": approval.to_json()})))
}

/// `POST /api/action-approvals/:id/comments`.
pub(super) fn comment(shared: &Shared, request: &RecordedRequest, id: &str) -> Result<Answer, Answer> {
    let author = user(shared, request)?;
    let body = request.json();
    let text = body
        .as_ref()
        .and_then(|body| body.pointer("/data/attributes/comment")?.as_str());
    let Some(text) = text else {
        return Err(bad_request("data.attributes.comment must be a text"));
    };
    let mut state = shared.state();
    let approval = find(&mut state, id)?;
    approval.comment(author, text.to_owned());
    let number = approval.comments().len();
    let comment = json!({"type": "comments", "id": format!("{id}-{number}"), "attributes": {"comment": text}});
    Ok(Answer::json(201, &json!({"data": comment})))
}

fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Approval, Answer> {
    let found = id.parse().ok().and_then(|id| state.approval(id).ok());
    found.ok_or_else(|| Answer::error(404, "NotFoundError", "approval request not found"))
}
