//! Approval requests: filed by one user, decided by another, then signed for the agent to execute (protocol: approvals).
//! Every user may decide here; the agent checks the right to approve.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::server::{FakeForest, FakeForestError};
use super::state::State;
use super::token::{TestToken, now};

/// The content of an approval request.
///
/// ```
/// use forest_actions::testing::ApprovalRequest;
/// use serde_json::json;
///
/// let request = ApprovalRequest::new("customers", "Charge credit card").records(["7"]).value("amount", json!(42));
/// # let _ = request;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ApprovalRequest {
    collection: String,
    action: String,
    record_ids: Vec<String>,
    values: Map<String, Value>,
    attributes: Map<String, Value>,
}

impl ApprovalRequest {
    /// A request for an action, named by its collection and its label, without records.
    pub fn new(collection: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            collection: collection.into(),
            action: action.into(),
            record_ids: Vec::new(),
            values: Map::new(),
            attributes: Map::new(),
        }
    }

    /// Sets the ids of the records.
    pub fn records(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.record_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a value of the form.
    pub fn value(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.insert(field.into(), value.into());
        self
    }

    /// Sets another attribute of the action's request, such as `parent_collection_name`.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }
}

/// The status of an approval request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalStatus {
    /// Not decided yet.
    Pending,
    /// Approved; there is a signed request.
    Approved,
    /// Rejected.
    Rejected,
}

impl ApprovalStatus {
    /// The name in the protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// A comment on an approval request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalComment {
    /// The id of the author.
    pub author: u64,
    /// The text.
    pub text: String,
}

/// A kind of [`ApprovalEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalStep {
    /// The request was filed.
    Requested,
    /// A comment was added.
    Commented,
    /// The request was approved.
    Approved,
    /// The request was rejected.
    Rejected,
}

/// An event in the history of an approval request. Displayed as one line: `user 2 requested`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalEvent {
    /// The time of the event.
    pub at: SystemTime,
    /// The id of the user.
    pub by: u64,
    /// The kind of event.
    pub step: ApprovalStep,
}

impl ApprovalStep {
    /// A lower-case name, such as `requested`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Commented => "commented",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

impl ApprovalEvent {
    fn now(by: u64, step: ApprovalStep) -> Self {
        let at = SystemTime::now();
        Self { at, by, step }
    }
}

impl fmt::Display for ApprovalEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, step, .. } = self;
        write!(f, "user {by} {}", step.name())
    }
}

/// A filed approval request.
#[derive(Debug, Clone)]
pub struct Approval {
    id: u64,
    requester: u64,
    request: ApprovalRequest,
    status: ApprovalStatus,
    reviewer: Option<u64>,
    comments: Vec<ApprovalComment>,
    history: Vec<ApprovalEvent>,
    signed: Option<ApprovedRequest>,
}

impl Approval {
    /// The id of the request.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The id of the requester.
    #[must_use]
    pub fn requester(&self) -> u64 {
        self.requester
    }

    /// The collection of the action.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.request.collection
    }

    /// The label of the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.request.action
    }

    /// The ids of the records.
    #[must_use]
    pub fn record_ids(&self) -> &[String] {
        &self.request.record_ids
    }

    /// The values of the form.
    #[must_use]
    pub fn values(&self) -> &Map<String, Value> {
        &self.request.values
    }

    /// The current status.
    #[must_use]
    pub fn status(&self) -> ApprovalStatus {
        self.status
    }

    /// The id of the reviewer who decided.
    #[must_use]
    pub fn reviewer(&self) -> Option<u64> {
        self.reviewer
    }

    /// The comments, oldest first; the message of a rejection is the last one.
    #[must_use]
    pub fn comments(&self) -> &[ApprovalComment] {
        &self.comments
    }

    /// The events, oldest first.
    #[must_use]
    pub fn history(&self) -> &[ApprovalEvent] {
        &self.history
    }

    /// The signed request of an approved one.
    #[must_use]
    pub fn approved_request(&self) -> Option<&ApprovedRequest> {
        self.signed.as_ref()
    }

    pub(super) fn comment(&mut self, author: u64, text: String) {
        self.history.push(ApprovalEvent::now(author, ApprovalStep::Commented));
        self.comments.push(ApprovalComment { author, text });
    }

    fn decide(&mut self, status: ApprovalStatus, step: ApprovalStep, reviewer: u64) -> Result<(), FakeForestError> {
        if self.status != ApprovalStatus::Pending {
            return Err(FakeForestError::AlreadyReviewed {
                id: self.id,
                status: self.status.name(),
            });
        }
        self.status = status;
        self.reviewer = Some(reviewer);
        self.history.push(ApprovalEvent::now(reviewer, step));
        Ok(())
    }

    /// The JSON:API resource of the approval routes.
    pub(super) fn to_json(&self) -> Value {
        let inputs = self.request.values.iter();
        let inputs: Vec<Value> = inputs
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let comments = self.comments.iter();
        let comments: Vec<Value> = comments
            .map(|comment| json!({"author_id": comment.author, "comment": comment.text}))
            .collect();
        json!({"type": "action-approvals", "id": self.id.to_string(), "attributes": {
            "status": self.status.name(),
            "requester_id": self.requester,
            "reviewer_id": self.reviewer,
            "collection_name": self.request.collection,
            "action_name": self.request.action,
            "record_ids": self.request.record_ids,
            "inputs": inputs,
            "comments": comments,
            "history": self.history.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "signed_approval_request": self.signed.as_ref().map(|signed| signed.token.as_str()),
        }})
    }
}

/// An approved request, as the reviewer's browser sends it to the action's endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovedRequest {
    token: String,
    body: Value,
}

impl ApprovedRequest {
    /// The signed request.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The body to post, which contains the signed request.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }
}

/// Number of approval requests that are kept.
const KEPT: usize = 10_000;

impl State {
    pub(super) fn file_approval(&mut self, requester: u64, request: ApprovalRequest) -> Approval {
        let id = self.approvals.last().map_or(0, |last| last.id) + 1;
        if self.approvals.len() >= KEPT {
            self.approvals.remove(0);
        }
        let approval = Approval {
            id,
            requester,
            request,
            status: ApprovalStatus::Pending,
            reviewer: None,
            comments: Vec::new(),
            history: vec![ApprovalEvent::now(requester, ApprovalStep::Requested)],
            signed: None,
        };
        self.approvals.push(approval.clone());
        approval
    }

    pub(super) fn approval(&mut self, id: u64) -> Result<&mut Approval, FakeForestError> {
        let found = self.approvals.iter_mut().find(|approval| approval.id == id);
        found.ok_or(FakeForestError::UnknownApproval(id))
    }

    fn reviewer(&self, id: u64) -> Result<u64, FakeForestError> {
        let is_known = self.users.contains_key(&id);
        is_known.then_some(id).ok_or(FakeForestError::UnknownUser(id))
    }

    pub(super) fn approve(&mut self, id: u64, reviewer: u64) -> Result<ApprovedRequest, FakeForestError> {
        let (secret, lifetime) = (self.env_secret.clone(), self.approval_lifetime);
        let reviewer = self.reviewer(reviewer)?;
        let approval = self.approval(id)?;
        approval.decide(ApprovalStatus::Approved, ApprovalStep::Approved, reviewer)?;
        let attributes = signed_attributes(approval.requester, &approval.request);
        let token = approval_token(attributes.clone(), lifetime, &secret).sign();
        let signed = ApprovedRequest {
            body: outer_body(attributes, &token),
            token,
        };
        approval.signed = Some(signed.clone());
        Ok(signed)
    }

    pub(super) fn reject(&mut self, id: u64, reviewer: u64, message: &str) -> Result<(), FakeForestError> {
        let reviewer = self.reviewer(reviewer)?;
        let approval = self.approval(id)?;
        approval.decide(ApprovalStatus::Rejected, ApprovalStep::Rejected, reviewer)?;
        if !message.is_empty() {
            approval.comment(reviewer, message.to_owned());
        }
        Ok(())
    }
}

/// The token of a request with these attributes.
fn approval_token(attributes: Map<String, Value>, lifetime: Option<Duration>, secret: &str) -> TestToken {
    let mut claims = Map::new();
    claims.insert(
        "data".to_owned(),
        json!({
            "id": uuid::Uuid::new_v4().to_string(),
            "type": "custom-action-requests",
            "attributes": attributes,
        }),
    );
    if let Some(lifetime) = lifetime {
        claims.insert("iat".to_owned(), now().into());
        claims.insert("exp".to_owned(), (now() + lifetime.as_secs()).into());
    }
    TestToken::new(claims, secret)
}

/// The signed attributes.
fn signed_attributes(requester: u64, request: &ApprovalRequest) -> Map<String, Value> {
    let mut attributes = Map::new();
    for (name, value) in [
        ("requester_id", json!(requester)),
        ("ids", json!(request.record_ids)),
        ("collection_name", json!(request.collection)),
        ("smart_action_id", json!(smart_action_id(request))),
        ("values", json!(request.values)),
        ("parent_collection_name", Value::Null),
        ("parent_collection_id", Value::Null),
        ("parent_association_name", Value::Null),
        ("all_records", json!(false)),
        ("all_records_subset_query", Value::Null),
    ] {
        attributes.insert(name.to_owned(), value);
    }
    attributes.extend(request.attributes.clone());
    attributes
}

/// The id that the UI sends. Agents do not read it.
fn smart_action_id(request: &ApprovalRequest) -> String {
    let words = request.action.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    format!("{}-{}", request.collection, words.join("-"))
}

/// The body of the reviewer's browser. The requester is only in the signed part.
fn outer_body(mut attributes: Map<String, Value>, token: &str) -> Value {
    let sent: BTreeSet<&str> = ["collection_name", "ids", "values", "smart_action_id"].into();
    attributes.retain(|name, _| sent.contains(name.as_str()));
    attributes.insert("signed_approval_request".to_owned(), token.into());
    json!({"data": {"type": "custom-action-requests", "attributes": attributes}})
}

/// Approvals.
impl FakeForest {
    /// Files an approval request and returns its id.
    pub fn file_approval(&self, requester: u64, request: ApprovalRequest) -> u64 {
        self.shared().state().file_approval(requester, request).id()
    }

    /// The approval requests, oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<Approval> {
        self.shared().state().approvals.clone()
    }

    /// The approval request with this id.
    ///
    /// # Errors
    /// There is no such request.
    pub fn approval(&self, id: u64) -> Result<Approval, FakeForestError> {
        self.shared().state().approval(id).cloned()
    }

    /// Approves a request, and returns the body that the reviewer's browser then sends to the agent.
    ///
    /// Every user may approve here, the requester included: the agent checks the right.
    ///
    /// # Errors
    /// There is no such request or user, or the request has been decided.
    pub fn approve(&self, id: u64, reviewer: u64) -> Result<ApprovedRequest, FakeForestError> {
        self.shared().state().approve(id, reviewer)
    }

    /// Rejects a request. A non-empty message is added to its comments.
    ///
    /// # Errors
    /// There is no such request or user, or the request has been decided.
    pub fn reject(&self, id: u64, reviewer: u64, message: &str) -> Result<(), FakeForestError> {
        self.shared().state().reject(id, reviewer, message)
    }

    /// Adds a comment to a request.
    ///
    /// # Errors
    /// There is no such request.
    pub fn comment(&self, id: u64, author: u64, text: impl Into<String>) -> Result<(), FakeForestError> {
        self.shared().state().approval(id)?.comment(author, text.into());
        Ok(())
    }

    /// A signed approval request that was never filed or approved; change it before signing.
    pub fn approval_token(&self, requester: u64, request: &ApprovalRequest) -> TestToken {
        let state = self.shared().state();
        let attributes = signed_attributes(requester, request);
        approval_token(attributes, state.approval_lifetime, &state.env_secret)
    }
}
