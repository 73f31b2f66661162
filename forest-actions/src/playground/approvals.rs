//! The approvals of the local page, kept by a fake Forest server: asked for by one, reviewed by another.
//!
//! Owns the routes and the shapes that the page reads. The fake server lets everybody do everything, so the agent's rights are
//! asked first: a request is filed for what needs an approval, and decided by somebody who may approve it. Whether the
//! records let it pass the agent decides when the page posts the signed request to the action. Called by `serve`; only there
//! with a fake server.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::serve::{Page, json_body, not_found, wrong_method};
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::http::{BodyKind, admit, demand_needs_approval};
use crate::records::Selection;
use crate::response::{ActionError, ErrorKind};
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

/// What a reviewer has to say.
#[derive(Deserialize)]
struct Review {
    #[serde(default)]
    message: String,
}

/// Answers everything below `approvals`.
///
/// # Errors
/// 401 without a session, 403 for somebody who may not approve or ask, 404 for what is not there, 409 for what was decided or
/// needs no approval; 503 when the rights cannot be read.
pub(super) async fn serve(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    payload: web::Payload,
    path: &[&str],
) -> Result<HttpResponse, ActionError> {
    let is_post = *req.method() == Method::POST;
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    let sends = if is_post { BodyKind::Json } else { BodyKind::Unread };
    let caller = admit(&page.forest.shared, req, sends).await?;
    match path {
        [] if is_read => {
            let list = Telling::new(page, fake, req, &caller).all(&fake.approvals()).await?;
            Ok(HttpResponse::Ok().json(list))
        }
        [] if is_post => file(page, fake, req, &caller, json_body(req, payload).await?).await,
        [id, "approve"] if is_post => {
            let review = json_body(req, payload).await?;
            approve(page, fake, req, &caller, number(id)?, review).await
        }
        [id, "reject"] if is_post => {
            let review = json_body(req, payload).await?;
            reject(page, fake, req, &caller, number(id)?, review).await
        }
        [] => Err(wrong_method("GET, HEAD, POST")),
        [_, "approve" | "reject"] => Err(wrong_method("POST")),
        _ => Err(not_found()),
    }
}

async fn file(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    caller: &Caller,
    asked: Asked,
) -> Result<HttpResponse, ActionError> {
    let action = find(page, &asked.collection, &asked.action)
        .ok_or_else(|| ActionError::not_found("there is no such action in this collection"))?;
    let mut attributes = asked.attributes;
    attributes.retain(|name, _| PASSED_ON.contains(&name.as_str()));
    let mut judged = attributes.clone();
    judged.insert("collection_name".to_owned(), asked.collection.as_str().into());
    judged.insert("ids".to_owned(), asked.record_ids.clone().into());
    demand_needs_approval(&page.forest.shared, action, caller, &judged).await?;
    let mut request = ApprovalRequest::new(asked.collection, asked.action).records(asked.record_ids);
    for (name, value) in asked.values {
        request = request.value(name, value);
    }
    for (name, value) in attributes {
        request = request.attribute(name, value);
    }
    let requester = person(caller)?;
    let id = fake.file_approval(requester, request);
    if let Some(comment) = &asked.comment {
        remark(fake, id, requester, comment)?;
    }
    let approval = Telling::new(page, fake, req, caller).one(fake, id).await?;
    Ok(HttpResponse::Created().json(approval))
}

async fn approve(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    caller: &Caller,
    id: u64,
    review: Review,
) -> Result<HttpResponse, ActionError> {
    let action = demand_reviewer(page, caller, &fake.approval(id).map_err(refused)?).await?;
    let reviewer = person(caller)?;
    let signed = fake.approve(id, reviewer).map_err(refused)?;
    remark(fake, id, reviewer, &review.message)?;
    let endpoint = Telling::new(page, fake, req, caller).endpoint(action);
    Ok(HttpResponse::Ok().json(json!({"endpoint": endpoint, "body": signed.body()})))
}

async fn reject(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    caller: &Caller,
    id: u64,
    review: Review,
) -> Result<HttpResponse, ActionError> {
    demand_reviewer(page, caller, &fake.approval(id).map_err(refused)?).await?;
    fake.reject(id, person(caller)?, review.message.trim())
        .map_err(refused)?;
    let approval = Telling::new(page, fake, req, caller).one(fake, id).await?;
    Ok(HttpResponse::Ok().json(approval))
}

/// Passes for somebody who may approve the request, as far as the role alone decides; gives its action.
///
/// # Errors
/// 403 for others, 404 for an action that is gone.
async fn demand_reviewer(
    page: &Page,
    caller: &Caller,
    approval: &Approval,
) -> Result<&'static ActionDescriptor, ActionError> {
    let action = find(page, approval.collection(), approval.action())
        .ok_or_else(|| ActionError::not_found("the action of this request is not served any more"))?;
    let requester = approval.requester().to_string();
    let intent = Intent::Approve { requester: &requester };
    let permit = page.forest.shared.rights().permit(action, caller, intent).await?;
    permit.finish(None, &Selection::unchecked(Vec::new())).await?;
    Ok(action)
}

/// Adds what somebody said to a request, if they said anything.
fn remark(fake: &FakeForest, id: u64, author: u64, text: &str) -> Result<(), ActionError> {
    match text.trim() {
        "" => Ok(()),
        text => fake.comment(id, author, text).map_err(refused),
    }
}

fn find(page: &Page, collection: &str, name: &str) -> Option<&'static ActionDescriptor> {
    let mut actions = page.forest.shared.actions().iter().copied();
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

/// How approvals are told to somebody: with names instead of numbers, and whether they may decide.
struct Telling<'a> {
    page: &'a Page,
    caller: &'a Caller,
    names: BTreeMap<u64, String>,
    /// What stands in front of the agent.
    prefix: String,
}

/// What decides whether somebody may review a request: its collection, its action and its requester.
type Question<'a> = (&'a str, &'a str, u64);

fn question(approval: &Approval) -> Question<'_> {
    (approval.collection(), approval.action(), approval.requester())
}

impl<'a> Telling<'a> {
    fn new(page: &'a Page, fake: &FakeForest, req: &HttpRequest, caller: &'a Caller) -> Self {
        let users = fake.users();
        let below = format!("{}/playground/", page.mount);
        let prefix = req.path().rfind(&below).and_then(|start| req.path().get(..start));
        Self {
            page,
            caller,
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

    async fn one(&self, fake: &FakeForest, id: u64) -> Result<Value, ActionError> {
        let approval = fake.approval(id).map_err(refused)?;
        let mut told = self.all(std::slice::from_ref(&approval)).await?;
        Ok(told.pop().unwrap_or_default())
    }

    async fn all(&self, approvals: &[Approval]) -> Result<Vec<Value>, ActionError> {
        let is_pending = |approval: &&Approval| approval.status() == ApprovalStatus::Pending;
        let pending = approvals.iter().filter(is_pending);
        let asked: BTreeMap<Question<'_>, &Approval> = pending.map(|one| (question(one), one)).collect();
        // all at once, so that those which are refused share the one look at fresher facts
        let asked = asked.into_iter().map(|(question, approval)| async move {
            match demand_reviewer(self.page, self.caller, approval).await {
                Ok(_) => Ok((question, None)),
                Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) => {
                    Ok((question, Some(error.message().to_owned())))
                }
                Err(error) => Err(error),
            }
        });
        let reasons: BTreeMap<Question<'_>, Option<String>> = try_join_all(asked).await?.into_iter().collect();
        let told = approvals.iter().map(|approval| {
            let reason = reasons.get(&question(approval)).filter(|_| is_pending(&approval));
            self.told(approval, reason)
        });
        Ok(told.collect())
    }

    /// `reason` is there for a request that waits, and holds why the caller may not decide.
    fn told(&self, approval: &Approval, reason: Option<&Option<String>>) -> Value {
        let action = find(self.page, approval.collection(), approval.action());
        let comments = approval.comments().iter();
        let comments: Vec<Value> = comments
            .map(|comment| json!({"author": self.person(comment.author), "text": comment.text}))
            .collect();
        let history = approval.history().iter();
        let history: Vec<Value> = history
            .map(|event| {
                let at = DateTime::<Utc>::from(event.at).to_rfc3339_opts(SecondsFormat::Millis, true);
                json!({"at": at, "by": self.person(event.by), "step": event.step.name()})
            })
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
            "mayDecide": reason.is_some_and(Option::is_none),
            "reason": reason.and_then(Option::as_deref),
            "comments": comments,
            "history": history,
            "endpoint": action.map(|action| self.endpoint(action)),
        })
    }
}
