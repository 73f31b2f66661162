//! The methods by which a test decides about logins and approvals, and makes tokens.

use serde_json::{Map, Value};

use super::approval::{Approval, ApprovalRequest, ApprovedRequest, approval_token, signed_attributes};
use super::error::FakeForestError;
use super::provider::{LoginRefusal, RegisteredClient};
use super::server::FakeForest;
use super::state::State;
use super::token::{TestToken, now};

/// How long a session lasts, as agents make them.
const SESSION: u64 = 3600;

impl State {
    pub(super) fn set_agent_url(&mut self, url: &str) {
        self.agent_url = url.trim_end_matches('/').to_owned();
    }

    /// Where people are sent back to when a client names no place.
    pub(super) fn callback(&self) -> String {
        format!("{}/forest/authentication/callback", self.agent_url)
    }

    /// The session of a user, as the agent would make it.
    pub(super) fn session(&self, user: u64) -> TestToken {
        let claims = self.user_or_stranger(user).session(1, now(), SESSION);
        TestToken::new(claims, &self.auth_secret)
    }
}

/// Logins.
impl FakeForest {
    /// Where the agent is, for clients that register without an address of their own.
    pub fn set_agent_url(&self, url: &str) {
        self.shared().state().set_agent_url(url);
    }

    /// Logs this user in without showing the page, or shows the page again.
    pub fn login_as(&self, user: Option<u64>) {
        self.shared().state().provider.login_as = user;
    }

    /// Sends everybody who logs in back to the agent with this error and description.
    pub fn fail_logins(&self, error: &str, description: &str) {
        self.shared().state().provider.login_error = Some((error.to_owned(), description.to_owned()));
    }

    /// Refuses a user when the agent asks who logged in.
    pub fn refuse_login(&self, user: u64, refusal: LoginRefusal) {
        self.shared().state().provider.refusals.insert(user, refusal);
    }

    /// Refuses everybody when the agent asks who logged in.
    pub fn refuse_logins(&self, refusal: LoginRefusal) {
        self.shared().state().provider.refusal_for_all = Some(refusal);
    }

    /// Ends what `fail_logins`, `refuse_login` and `refuse_logins` began.
    pub fn accept_logins(&self) {
        let mut state = self.shared().state();
        state.provider.login_error = None;
        state.provider.refusal_for_all = None;
        state.provider.refusals.clear();
    }

    /// The clients that have registered, oldest first.
    #[must_use]
    pub fn clients(&self) -> Vec<RegisteredClient> {
        self.shared().state().provider.clients.clone()
    }

    /// Registers a client, or changes its addresses.
    pub fn register_client(&self, id: &str, redirect_uris: impl IntoIterator<Item = impl Into<String>>) {
        let uris = redirect_uris.into_iter().map(Into::into).collect();
        self.shared().state().provider.register(id.to_owned(), uris);
    }

    /// Forgets the clients, so that agents have to register again.
    pub fn forget_clients(&self) {
        self.shared().state().provider.clients.clear();
    }

    /// Makes the access tokens that were given out worth nothing.
    pub fn revoke_access_tokens(&self) {
        self.shared().state().provider.revoke_all();
    }

    /// Signs identity tokens with another key from now on. The old one is no longer published.
    pub fn rotate_signing_key(&self) {
        self.shared().drop_signing_key();
    }
}

/// Tokens.
impl FakeForest {
    /// The session of a user as the agent would make it, for rendering 1 and an hour; to be changed before it is signed. A
    /// user who is not in the project gets one too.
    pub fn user_token(&self, user: u64) -> TestToken {
        self.shared().state().session(user)
    }

    /// A signed approval request that nobody filed or approved; to be changed before it is signed.
    pub fn approval_token(&self, requester: u64, request: &ApprovalRequest) -> TestToken {
        let state = self.shared().state();
        let attributes: Map<String, Value> = signed_attributes(requester, request);
        approval_token(attributes, state.approval_lifetime, &state.env_secret)
    }

    /// An access token of a user, as a login gives it out: what the UI calls the Forest server with.
    pub fn access_token(&self, user: u64) -> String {
        self.shared().state().provider.issue_token(user)
    }
}

/// Approvals.
impl FakeForest {
    /// Files an approval request; its number.
    pub fn file_approval(&self, requester: u64, request: ApprovalRequest) -> u64 {
        self.shared().state().file_approval(requester, request).id()
    }

    /// The approval requests, oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<Approval> {
        self.shared().state().approvals.clone()
    }

    /// One approval request.
    ///
    /// # Errors
    /// There is none with this number.
    pub fn approval(&self, id: u64) -> Result<Approval, FakeForestError> {
        self.shared().state().approval(id).cloned()
    }

    /// Approves a request, and gives what the reviewer's browser then sends to the agent.
    ///
    /// Everybody may approve here, the requester included: whether that is right is for the agent to say.
    ///
    /// # Errors
    /// There is no such request or user, or the request has been decided.
    pub fn approve(&self, id: u64, reviewer: u64) -> Result<ApprovedRequest, FakeForestError> {
        self.shared().state().approve(id, reviewer)
    }

    /// Rejects a request. The message is added to its comments when there is one.
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
}
