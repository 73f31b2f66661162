//! The activity log, in which programs announce an operation before they begin it, and report its end.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::approval_routes::{bad_request, user};
use super::requests::RecordedRequest;
use super::state::Shared;

/// Number of entries that are kept.
const KEPT: usize = 10_000;

/// An entry: an operation of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityLog {
    id: u64,
    user: u64,
    action: String,
    collection: Option<String>,
    records: Vec<String>,
    label: Option<String>,
    status: String,
}

impl ActivityLog {
    /// The id of the user for whom the program acts.
    #[must_use]
    pub fn user(&self) -> u64 {
        self.user
    }

    /// The kind of the operation, such as `index` or `action`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The collection.
    #[must_use]
    pub fn collection(&self) -> Option<&str> {
        self.collection.as_deref()
    }

    /// The ids of the records.
    #[must_use]
    pub fn records(&self) -> &[String] {
        &self.records
    }

    /// The description by the program.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// `pending`, `completed` or `failed`.
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": "activity-logs-requests", "id": self.id.to_string(), "attributes": {
            "index": INDEX,
            "user": self.user,
            "action": self.action,
            "collection": self.collection,
            "records": self.records,
            "label": self.label,
            "status": self.status,
        }})
    }
}

/// The server stores entries in several indexes, and asks for the one of an entry when its status changes.
const INDEX: &str = "activity-logs";

/// `POST /api/activity-logs-requests/mcp`, with the attributes at the top of the body, and `POST
/// /api/activity-logs-requests`, with a JSON:API document.
pub(super) fn create(shared: &Shared, request: &RecordedRequest) -> Result<Answer, Answer> {
    let user = user(shared, request)?;
    let body = request.json().unwrap_or_default();
    let is_flat = body.get("data").is_none();
    let (attributes, collection) = match is_flat {
        true => (Some(&body), body.get("collectionModelName")),
        false => (
            body.pointer("/data/attributes"),
            body.pointer("/data/relationships/collection/data/id"),
        ),
    };
    let Some(attributes) = attributes.and_then(Value::as_object) else {
        return Err(bad_request("the attributes are missing"));
    };
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    if !matches!(text("type"), Some("read" | "write")) || text("status") != Some("pending") {
        return Err(bad_request("type must be read or write, and status pending"));
    }
    let action = text("action")
        .ok_or_else(|| bad_request("action must be a text"))?
        .to_owned();
    let records = records(attributes).ok_or_else(|| bad_request("records must be a list of texts"))?;
    let label = text("label").map(str::to_owned);
    let collection = collection.and_then(Value::as_str).map(str::to_owned);
    let mut state = shared.state();
    state.last_activity_log += 1;
    let entry = ActivityLog {
        id: state.last_activity_log,
        user,
        action,
        collection,
        records,
        label,
        status: "pending".to_owned(),
    };
    let answer = Answer::json(201, &json!({"data": entry.to_json()}));
    if state.activity_logs.len() >= KEPT {
        state.activity_logs.remove(0);
    }
    state.activity_logs.push(entry);
    Ok(answer)
}

fn records(attributes: &Map<String, Value>) -> Option<Vec<String>> {
    let records = attributes.get("records")?.as_array()?.iter();
    records.map(|id| id.as_str().map(str::to_owned)).collect()
}

/// `PATCH /api/activity-logs-requests/:index/:id/status`.
pub(super) fn update(shared: &Shared, request: &RecordedRequest, index: &str, id: &str) -> Result<Answer, Answer> {
    let user = user(shared, request)?;
    let body = request.json().unwrap_or_default();
    let status = body.get("status").and_then(Value::as_str);
    let Some(status @ ("completed" | "failed")) = status else {
        return Err(bad_request("status must be completed or failed"));
    };
    let mut state = shared.state();
    let mut entries = state.activity_logs.iter_mut();
    let entry = entries.find(|entry| index == INDEX && entry.id.to_string() == id && entry.user == user);
    let entry = entry.ok_or_else(|| Answer::error(404, "NotFoundError", "activity log not found"))?;
    status.clone_into(&mut entry.status);
    Ok(Answer::json(200, &json!({"data": entry.to_json()})))
}
