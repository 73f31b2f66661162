//! The approvals of the local page, kept by a fake Forest server: asked for by one, reviewed by another.
//!
//! Owns the routes and the shapes that the page reads. Whether somebody may approve is asked of the agent's rights first, so that
//! a request that its reviewer may not approve stays one to be reviewed; the agent decides again, over the records, when the
//! page posts the signed request to the action. Called by `serve`; only there with a fake server.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::serve::{Page, json_body, not_found, wrong_method};
use crate::decide::Subject;
use crate::declare::ActionDescriptor;
use crate::http::{Sends, admit};
use crate::request::Caller;
use crate::response::ActionError;
use crate::rights::Intent;
use crate::testing::{Approval, ApprovalRequest, ApprovalStatus, FakeForest, FakeForestError};

/// What of an action's request is signed beside records and values.
const PASSED_ON: [&str; 3] = [
    "parent_collection_name",
    "parent_collection_id",
    "parent_association_name",
];

/// What the page files.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    collection: String,
    action: String,
    #[serde(default)]
    record_ids: Vec<String>,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Deserialize)]
struct Rejection {
    #[serde(default)]
    message: String,
}

/// Answers everything below `approvals`.
///
/// # Errors
/// 401 without a session, 403 for somebody who may not approve, 404 for what is not there, 409 for what was decided.
pub(super) async fn serve(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    payload: web::Payload,
    path: &[&str],
) -> Result<HttpResponse, ActionError> {
    let is_post = *req.method() == Method::POST;
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    let sends = if is_post { Sends::Json } else { Sends::Nothing };
    let caller = admit(&page.forest.shared, req, sends).await?;
    match path {
        [] if is_read => {
            let told = Telling::new(page, fake, req);
            let list: Vec<Value> = fake
                .approvals()
                .iter()
                .map(|approval| told.approval(approval))
                .collect();
            Ok(HttpResponse::Ok().json(list))
        }
        [] if is_post => file(page, fake, req, &caller, json_body(req, payload).await?),
        [id, "approve"] if is_post => approve(page, fake, req, &caller, number(id)?).await,
        [id, "reject"] if is_post => {
            let Rejection { message } = json_body(req, payload).await?;
            let id = number(id)?;
            fake.reject(id, person(&caller)?, message.trim()).map_err(refused)?;
            let approval = fake.approval(id).map_err(refused)?;
            Ok(HttpResponse::Ok().json(Telling::new(page, fake, req).approval(&approval)))
        }
        [] => Err(wrong_method("GET, HEAD, POST")),
        [_, "approve" | "reject"] => Err(wrong_method("POST")),
        _ => Err(not_found()),
    }
}

fn file(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    caller: &Caller,
    asked: Asked,
) -> Result<HttpResponse, ActionError> {
    if find(page, &asked.collection, &asked.action).is_none() {
        return Err(ActionError::not_found("there is no such action in this collection"));
    }
    let mut request = ApprovalRequest::new(asked.collection, asked.action).records(asked.record_ids);
    for (name, value) in asked.values {
        request = request.value(name, value);
    }
    for (name, value) in asked.attributes {
        if PASSED_ON.contains(&name.as_str()) {
            request = request.attribute(name, value);
        }
    }
    let requester = person(caller)?;
    let id = fake.file_approval(requester, request);
    let comment = asked.comment.as_deref().map(str::trim).unwrap_or_default();
    if !comment.is_empty() {
        fake.comment(id, requester, comment).map_err(refused)?;
    }
    let approval = fake.approval(id).map_err(refused)?;
    Ok(HttpResponse::Created().json(Telling::new(page, fake, req).approval(&approval)))
}

async fn approve(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    caller: &Caller,
    id: u64,
) -> Result<HttpResponse, ActionError> {
    let approval = fake.approval(id).map_err(refused)?;
    let action = find(page, approval.collection(), approval.action())
        .ok_or_else(|| ActionError::not_found("the action of this request is not served any more"))?;
    let requester = approval.requester().to_string();
    let intent = Intent::Approve { requester: &requester };
    let permit = page.forest.shared.rights.permit(action, caller, intent).await?;
    // as far as the role alone decides: the agent looks at the records when it is given the signed request
    permit.finish(Subject::Nothing).await?;
    let signed = fake.approve(id, person(caller)?).map_err(refused)?;
    let endpoint = Telling::new(page, fake, req).endpoint(action);
    Ok(HttpResponse::Ok().json(json!({"endpoint": endpoint, "body": signed.body()})))
}

fn find(page: &Page, collection: &str, name: &str) -> Option<&'static ActionDescriptor> {
    let mut actions = page.forest.shared.registry.actions().iter().copied();
    actions.find(|action| action.collection == collection && action.name == name)
}

fn number(text: &str) -> Result<u64, ActionError> {
    text.parse().map_err(|_| not_found())
}

/// The people of a fake server have numbers.
fn person(caller: &Caller) -> Result<u64, ActionError> {
    let id = caller.id.parse();
    id.map_err(|_| ActionError::forbidden("this session belongs to nobody of the fake Forest server"))
}

fn refused(error: FakeForestError) -> ActionError {
    match error {
        FakeForestError::UnknownApproval(_) => ActionError::not_found(error.to_string()),
        FakeForestError::UnknownUser(_) => ActionError::forbidden(error.to_string()),
        FakeForestError::AlreadyReviewed { .. } => ActionError::conflict(error.to_string()),
        _ => ActionError::internal(error),
    }
}

/// How approvals are told: with names instead of numbers.
struct Telling<'a> {
    page: &'a Page,
    names: BTreeMap<u64, String>,
    /// What stands in front of the agent.
    prefix: String,
}

impl<'a> Telling<'a> {
    fn new(page: &'a Page, fake: &FakeForest, req: &HttpRequest) -> Self {
        let users = fake.users();
        let below = format!("{}/playground/", page.mount);
        let prefix = req.path().rfind(&below).and_then(|start| req.path().get(..start));
        Self {
            page,
            names: users.iter().map(|user| (user.id(), user.full_name())).collect(),
            prefix: prefix.unwrap_or_default().to_owned(),
        }
    }

    /// Where the action is, as the page can call it: from the root, or at the origin that the action names.
    fn endpoint(&self, action: &ActionDescriptor) -> String {
        match action.base_url {
            Some(base) => format!("{}{}", base.trim_end_matches('/'), action.endpoint),
            None => format!("{}{}", self.prefix, action.endpoint),
        }
    }

    fn person(&self, id: u64) -> Value {
        let name = self.names.get(&id).cloned();
        json!({"id": id, "name": name.unwrap_or_else(|| format!("User {id}"))})
    }

    fn approval(&self, approval: &Approval) -> Value {
        let action = find(self.page, approval.collection(), approval.action());
        let comments = approval.comments().iter();
        let comments: Vec<Value> = comments
            .map(|comment| json!({"author": self.person(comment.author), "text": comment.text}))
            .collect();
        json!({
            "id": approval.id(),
            "collection": approval.collection(),
            "action": approval.action(),
            "kind": action.map(|action| action.kind.as_str()),
            "recordIds": approval.record_ids(),
            "values": approval.values(),
            "requester": self.person(approval.requester()),
            "status": match approval.status() {
                ApprovalStatus::Pending => "pending",
                ApprovalStatus::Approved => "approved",
                ApprovalStatus::Rejected => "rejected",
            },
            "reviewer": approval.reviewer().map(|id| self.person(id)),
            "comments": comments,
            "history": approval.history(),
            "endpoint": action.map(|action| self.endpoint(action)),
        })
    }
}
