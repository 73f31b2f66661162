//! A page with a fake Forest server: its users, and approvals from the request to the review.
//!
//! The fake server lets every user file and decide, so the rights of the agent are checked first. The agent checks the
//! records when the page posts the signed request to the action.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::{FutureExt as _, try_join_all};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::agent::{Agent, json_body};
use super::builder::Playground;
use super::people::{Answer, People, Person};
use super::serve::{Page, not_found, wrong_method};
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::http::admission::{BodyKind, admit};
use crate::records::Selection;
use crate::response::{ActionError, ErrorKind};
use crate::rights::Intent;
use crate::testing::{Approval, ApprovalRequest, ApprovalStatus, FakeForest, FakeForestError};

impl Playground {
    /// Takes the users, their sessions and the approvals from a fake Forest server, which the agent has to be connected
    /// to. Feature `testing`.
    pub fn fake_forest(mut self, fake: FakeForest) -> Self {
        self.is_mismatched = !self.agent.is_connected_to(fake.url(), &fake.env_secret());
        if !self.is_mismatched {
            self.people = std::sync::Arc::new(fake);
        }
        self
    }
}

/// The part of the page's view that only a fake Forest server needs.
impl Agent {
    /// Returns `true` if the agent is connected to the Forest server with this address and secret.
    pub(super) fn is_connected_to(&self, url: &str, env_secret: &str) -> bool {
        let config = self.shared().config();
        let secret = config.env_secret.as_ref().map(|secret| secret.expose_secret());
        !config.is_local() && secret == Some(env_secret) && config.server_url.trim_end_matches('/') == url
    }

    pub(super) fn auth_secret(&self) -> &str {
        self.shared().config().auth_secret.expose_secret()
    }

    /// Admits the caller of a request with a JSON body.
    ///
    /// # Errors
    /// The refusal of the agent's own admission.
    pub(super) async fn writer(&self, req: &HttpRequest) -> Result<Caller, ActionError> {
        admit(self.shared(), req, BodyKind::Json).await
    }

    pub(super) fn action(&self, collection: &str, name: &str) -> Option<&'static ActionDescriptor> {
        let mut actions = self.actions().iter().copied();
        actions.find(|action| action.collection == collection && action.name == name)
    }

    /// Checks the right to approve a request, as far as no record decides.
    ///
    /// # Errors
    /// 403 without the right, 503 if the rights cannot be read.
    pub(super) async fn may_approve(
        &self,
        action: &'static ActionDescriptor,
        caller: &Caller,
        requester: u64,
    ) -> Result<(), ActionError> {
        let requester = requester.to_string();
        let intent = Intent::Approve { requester: &requester };
        let permit = self.shared().rights().permit(action, caller, intent).await?;
        permit.finish(None, &Selection::unchecked(Vec::new()), false).await?;
        Ok(())
    }
}

impl People for FakeForest {
    fn mode(&self) -> &'static str {
        "fake"
    }

    fn list(&self, _: &Agent) -> Vec<Person> {
        let users = self.users();
        users
            .iter()
            .map(|user| Person {
                id: user.id(),
                name: user.full_name(),
                email: user.email().to_owned(),
                role: user.role_name().unwrap_or_default().to_owned(),
                team: user.team_name().unwrap_or_default().to_owned(),
            })
            .collect()
    }

    fn session(&self, agent: &Agent, id: u64) -> Result<String, ActionError> {
        // the agent may have another secret than the fake server's
        Ok(self.user_token(id).signed_with(agent.auth_secret()).sign())
    }

    fn has_approvals(&self) -> bool {
        true
    }

    fn approvals<'a>(
        &'a self,
        page: &'a Page,
        req: &'a HttpRequest,
        payload: web::Payload,
        path: &'a [&'a str],
    ) -> Answer<'a> {
        serve(page, self, req, payload, path).boxed_local()
    }
}

/// Attributes of an action's request that are signed beside records and values.
const SIGNED_ALONG: [&str; 3] = [
    "parent_collection_name",
    "parent_collection_id",
    "parent_association_name",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRequest {
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
struct Review {
    #[serde(default)]
    message: String,
}

/// Answers everything below `approvals`.
///
/// # Errors
/// 401 without a session, 403 without the right to run or approve, 404 for an unknown request, 409 for a decided one; 503 if
/// the rights cannot be read.
async fn serve(
    page: &Page,
    fake: &FakeForest,
    req: &HttpRequest,
    payload: web::Payload,
    path: &[&str],
) -> Result<HttpResponse, ActionError> {
    let is_post = *req.method() == Method::POST;
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    let caller = match is_post {
        true => page.agent.writer(req).await?,
        false => page.agent.reader(req).await?,
    };
    match path {
        [] if is_read => {
            let list = Presenter::new(page, fake, req, &caller).all(&fake.approvals()).await?;
            Ok(HttpResponse::Ok().json(list))
        }
        [] if is_post => file(page, fake, req, &caller, json_body(req, payload).await?).await,
        [id, "approve"] if is_post => {
            let review = json_body(req, payload).await?;
            approve(page, fake, req, &caller, request_id(id)?, review).await
        }
        [id, "reject"] if is_post => {
            let review = json_body(req, payload).await?;
            reject(page, fake, req, &caller, request_id(id)?, review).await
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
    new: NewRequest,
) -> Result<HttpResponse, ActionError> {
    let action = page.agent.action(&new.collection, &new.action);
    let action = action.ok_or_else(|| ActionError::not_found("there is no such action in this collection"))?;
    page.agent.may_trigger(action, caller).await?;
    let mut request = ApprovalRequest::new(new.collection, new.action).records(new.record_ids);
    for (name, value) in new.values {
        request = request.value(name, value);
    }
    for (name, value) in new.attributes {
        if SIGNED_ALONG.contains(&name.as_str()) {
            request = request.attribute(name, value);
        }
    }
    let requester = user_id(caller)?;
    let id = fake.file_approval(requester, request);
    if let Some(text) = &new.comment {
        comment(fake, id, requester, text)?;
    }
    let approval = Presenter::new(page, fake, req, caller).one(fake, id).await?;
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
    let action = require_reviewer(page, caller, &fake.approval(id).map_err(refused)?).await?;
    let reviewer = user_id(caller)?;
    let signed = fake.approve(id, reviewer).map_err(refused)?;
    comment(fake, id, reviewer, &review.message)?;
    let endpoint = Presenter::new(page, fake, req, caller).endpoint(action);
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
    require_reviewer(page, caller, &fake.approval(id).map_err(refused)?).await?;
    fake.reject(id, user_id(caller)?, review.message.trim())
        .map_err(refused)?;
    let approval = Presenter::new(page, fake, req, caller).one(fake, id).await?;
    Ok(HttpResponse::Ok().json(approval))
}

/// Checks the right to review a request, as far as the role decides, and returns its action.
///
/// # Errors
/// 403 without the right, 404 for an action that was removed.
async fn require_reviewer(
    page: &Page,
    caller: &Caller,
    approval: &Approval,
) -> Result<&'static ActionDescriptor, ActionError> {
    let action = page.agent.action(approval.collection(), approval.action());
    let action = action.ok_or_else(|| ActionError::not_found("the action of this request is not served any more"))?;
    page.agent.may_approve(action, caller, approval.requester()).await?;
    Ok(action)
}

/// Adds a comment to a request, unless it is blank.
fn comment(fake: &FakeForest, id: u64, author: u64, text: &str) -> Result<(), ActionError> {
    match text.trim() {
        "" => Ok(()),
        text => fake.comment(id, author, text).map_err(refused),
    }
}

fn request_id(text: &str) -> Result<u64, ActionError> {
    text.parse().map_err(|_| not_found())
}

/// The id of the caller, which is a number at the fake server.
fn user_id(caller: &Caller) -> Result<u64, ActionError> {
    let id = caller.id.parse();
    id.map_err(|_| ActionError::forbidden("this session belongs to no user of the fake Forest server"))
}

fn refused(error: FakeForestError) -> ActionError {
    match error {
        FakeForestError::UnknownApproval(_) => ActionError::not_found(error.to_string()),
        FakeForestError::UnknownUser(_) => ActionError::forbidden(error.to_string()),
        FakeForestError::AlreadyReviewed { .. } => ActionError::conflict(error.to_string()),
        _ => ActionError::internal(error),
    }
}

/// Writes approvals for one caller: with names for ids, and the caller's right to decide.
struct Presenter<'a> {
    page: &'a Page,
    caller: &'a Caller,
    names: BTreeMap<u64, String>,
    /// The path in front of the agent.
    prefix: String,
}

/// The facts on which the right to review depends: collection, action and requester.
type Question<'a> = (&'a str, &'a str, u64);

fn question(approval: &Approval) -> Question<'_> {
    (approval.collection(), approval.action(), approval.requester())
}

impl<'a> Presenter<'a> {
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

    /// The address of the action: a path from the root, or a URL at the origin that the action names.
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
        let mut written = self.all(std::slice::from_ref(&approval)).await?;
        Ok(written.pop().unwrap_or_default())
    }

    async fn all(&self, approvals: &[Approval]) -> Result<Vec<Value>, ActionError> {
        let is_pending = |approval: &&Approval| approval.status() == ApprovalStatus::Pending;
        let pending = approvals.iter().filter(is_pending);
        let questions: BTreeMap<Question<'_>, &Approval> = pending.map(|one| (question(one), one)).collect();
        // all at once, so that the refused ones share one refresh of the facts
        let answers = questions.into_iter().map(|(question, approval)| async move {
            match require_reviewer(self.page, self.caller, approval).await {
                Ok(_) => Ok((question, None)),
                Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) => {
                    Ok((question, Some(error.message().to_owned())))
                }
                Err(error) => Err(error),
            }
        });
        let reasons: BTreeMap<Question<'_>, Option<String>> = try_join_all(answers).await?.into_iter().collect();
        let written = approvals.iter().map(|approval| {
            let reason = reasons.get(&question(approval)).filter(|_| is_pending(&approval));
            self.write(approval, reason)
        });
        Ok(written.collect())
    }

    /// `reason` is given for a pending request; it holds the refusal if the caller may not decide.
    fn write(&self, approval: &Approval, reason: Option<&Option<String>>) -> Value {
        let action = self.page.agent.action(approval.collection(), approval.action());
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
            "status": approval.status().name(),
            "reviewer": approval.reviewer().map(|id| self.person(id)),
            "mayDecide": reason.is_some_and(Option::is_none),
            "reason": reason.and_then(Option::as_deref),
            "comments": comments,
            "history": history,
            "endpoint": action.map(|action| self.endpoint(action)),
        })
    }
}
