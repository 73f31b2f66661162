//! The users of the project under test.

use std::fmt;
use std::net::IpAddr;
use std::panic::Location;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use actix_web::test::TestRequest;
use futures_util::future::LocalBoxFuture;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::answer::TestAnswer;
use super::approval::TestApproval;
use super::form::TestOpening;
use super::project::TestForest;
use super::request::{Received, Sent};
use super::trigger::TestTrigger;
use crate::testing::{ApprovalStatus, FakeUser, TestToken};

/// Origin of the vendor's UI.
const UI: &str = "https://app.forestadmin.com";

/// A user with a session, as after a login.
///
/// Made by [`TestForest::user`] and its companions. The session is signed with the agent's own secret; the login itself is
/// tested against [`FakeForest`](crate::testing::FakeForest).
///
/// ```
/// use actix_web::App;
/// use forest_actions::prelude::*;
/// use forest_actions::testing::TestForest;
///
/// #[smart_action(collection = "orders", name = "Ship", kind = "single")]
/// async fn ship(caller: Caller) -> String {
///     format!("shipped for {}", caller.id)
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agent = Forest::builder().actions(actions![ship]);
/// let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes())).await?;
/// let ada = forest.admin();
/// let answer = ada.trigger("orders", "Ship").ids([7]).await;
/// assert_eq!(answer.success(), format!("shipped for {}", ada.id()));
/// let stranger = ada.with_token("no token at all");
/// assert_eq!(stranger.trigger("orders", "Ship").ids([7]).await.status(), 401);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestUser {
    forest: TestForest,
    id: u64,
    rendering: u64,
    address: Option<IpAddr>,
    token: Option<String>,
}

impl TestUser {
    pub(super) fn new(forest: TestForest, id: u64) -> Self {
        Self {
            forest,
            id,
            rendering: 1,
            address: None,
            token: None,
        }
    }

    /// The id of the user.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Sets the rendering. Default: 1.
    #[must_use]
    pub fn in_rendering(mut self, id: u64) -> Self {
        self.rendering = id;
        self
    }

    /// Sets the client address, for IP rules. Default: this machine.
    #[must_use]
    pub fn from_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sends this token instead of the session: an expired or forged one, or one of a login.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The session; change it before signing, for [`with_token`](Self::with_token).
    pub fn session(&self) -> TestToken {
        self.forest.fake().user_token(self.id).rendering(self.rendering)
    }

    /// Triggers an action, named by its collection and its label. Set records and values, and await it.
    ///
    /// # Panics
    /// There is no such action: the message names the nearest one.
    #[track_caller]
    pub fn trigger(&self, collection: &str, action: &str) -> TestTrigger {
        let at = Location::caller();
        let action = self.forest.action(collection, action, at);
        TestTrigger::new(Sent::new(self.clone(), action, at))
    }

    /// Opens the form of an action, as the button in the back office does. Select records, and await it.
    ///
    /// # Panics
    /// There is no such action: the message names the nearest one.
    #[track_caller]
    pub fn open(&self, collection: &str, action: &str) -> TestOpening {
        let at = Location::caller();
        let action = self.forest.action(collection, action, at);
        TestOpening::new(Sent::new(self.clone(), action, at))
    }

    /// Approves a request, and sends the signed request to the agent as the reviewer's browser does. The agent checks the right
    /// to approve. After its refusal, another user can approve the request.
    ///
    /// # Panics
    /// The request was rejected, or this user is not in the project.
    #[track_caller]
    pub fn approve(&self, approval: &TestApproval) -> LocalBoxFuture<'static, TestAnswer> {
        let at = Location::caller();
        let fake = self.forest.fake();
        let filed = approval.filed();
        let signed = match filed.status() {
            ApprovalStatus::Approved => filed.approved_request().cloned(),
            _ => match fake.approve(filed.id(), self.id) {
                Ok(signed) => Some(signed),
                Err(error) => panic!("{at}: {error}"),
            },
        };
        let body = signed.map_or(Value::Null, |signed| signed.body().clone());
        let attributes = body.pointer("/data/attributes").and_then(Value::as_object).cloned();
        let mut sent = Sent::new(self.clone(), approval.action(), at);
        sent.attributes = attributes.unwrap_or_default();
        Box::pin(async move {
            let received = sent.send("").await;
            TestAnswer::new(sent, received)
        })
    }

    /// Rejects a request, with a message for its comments. Nothing is sent to the agent.
    ///
    /// # Panics
    /// The request has been decided, or this user is not in the project.
    #[track_caller]
    pub fn reject(&self, approval: &TestApproval, message: &str) {
        if let Err(error) = self.forest.fake().reject(approval.filed().id(), self.id, message) {
            panic!("{error}")
        }
    }

    /// Sends another request of the back office, such as `GET /forest/companies?timezone=UTC`.
    pub async fn get(&self, path: &str) -> TestAnswer {
        let request = TestRequest::get();
        let received = self.send(path, request).await;
        TestAnswer::of_path(
            format!("GET {path} by {}", self.described()),
            self.forest.clone(),
            received,
        )
    }

    /// Asks for a chart of the records of a collection. The chart has the members of the protocol, and need not have
    /// `sourceCollectionName`. A user of the level `user` only sees the charts of the
    /// [rendering](crate::testing::FakeRendering::chart).
    pub async fn chart(&self, collection: &str, mut chart: Value) -> TestAnswer {
        if let Some(members) = chart.as_object_mut() {
            let own = members.entry("sourceCollectionName");
            own.or_insert_with(|| collection.into());
        }
        self.write(Method::POST, path(&["stats", collection]), chart).await
    }

    /// Cancels a run in the background, as the status page does.
    pub async fn cancel_run(&self, id: &str) -> TestAnswer {
        self.write(Method::POST, path(&["_runs", id, "cancel"]), json!({}))
            .await
    }

    /// Creates a record of a [writable](crate::ForestBuilder::writable) collection with these attributes.
    pub async fn create(&self, collection: &str, attributes: Value) -> TestAnswer {
        let body = json!({"data": {"type": collection, "attributes": attributes}});
        self.write(Method::POST, path(&[collection]), body).await
    }

    /// Changes these attributes of a record.
    pub async fn update(&self, collection: &str, id: impl ToString, attributes: Value) -> TestAnswer {
        let id = id.to_string();
        let body = json!({"data": {"type": collection, "id": id, "attributes": attributes}});
        self.write(Method::PUT, path(&[collection, &id]), body).await
    }

    /// Deletes records.
    pub async fn delete(&self, collection: &str, ids: impl IntoIterator<Item = impl ToString>) -> TestAnswer {
        self.write(Method::DELETE, path(&[collection]), selection(collection, ids))
            .await
    }

    /// Sets a relation to one record, or clears it.
    pub async fn set_link(
        &self,
        collection: &str,
        id: impl ToString,
        relation: &str,
        target: Option<impl ToString>,
    ) -> TestAnswer {
        let data = target.map_or(Value::Null, |id| json!({"type": relation, "id": id.to_string()}));
        let path = path(&[collection, &id.to_string(), "relationships", relation]);
        self.write(Method::PUT, path, json!({"data": data})).await
    }

    /// Links records to one by a relation to many.
    pub async fn link(
        &self,
        collection: &str,
        id: impl ToString,
        relation: &str,
        targets: impl IntoIterator<Item = impl ToString>,
    ) -> TestAnswer {
        let targets = targets
            .into_iter()
            .map(|id| json!({"type": relation, "id": id.to_string()}));
        let body = json!({"data": targets.collect::<Vec<_>>()});
        let path = path(&[collection, &id.to_string(), "relationships", relation]);
        self.write(Method::POST, path, body).await
    }

    /// Unlinks records from one.
    pub async fn unlink(
        &self,
        collection: &str,
        id: impl ToString,
        relation: &str,
        targets: impl IntoIterator<Item = impl ToString>,
    ) -> TestAnswer {
        let path = path(&[collection, &id.to_string(), "relationships", relation]);
        self.write(Method::DELETE, path, selection(relation, targets)).await
    }

    async fn write(&self, method: Method, path: String, body: Value) -> TestAnswer {
        let described = format!("{method} {path} by {}", self.described());
        let request = TestRequest::default().method(method);
        let request = request
            .insert_header((CONTENT_TYPE, "application/json"))
            .set_payload(body.to_string());
        let received = self.send(&path, request).await;
        TestAnswer::of_path(described, self.forest.clone(), received)
    }

    pub(super) async fn post(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        attributes: &Map<String, Value>,
    ) -> Received {
        let body = json!({"data": {"attributes": attributes, "type": kind}}).to_string();
        let request = TestRequest::default().method(method);
        let request = request
            .insert_header((CONTENT_TYPE, "application/json"))
            .set_payload(body);
        self.send(path, request).await
    }

    async fn send(&self, path: &str, request: TestRequest) -> Received {
        let token = self.token.clone().unwrap_or_else(|| self.session().sign());
        let request = request
            .insert_header((AUTHORIZATION, format!("Bearer {token}")))
            .insert_header((ORIGIN, UI));
        self.forest.send(path, self.address, request).await
    }

    pub(super) fn forest(&self) -> &TestForest {
        &self.forest
    }

    pub(super) fn role(&self) -> Option<String> {
        let users = self.forest.fake().users();
        let user = users.iter().find(|user| user.id() == self.id)?;
        user.role_name().map(str::to_owned)
    }

    /// A description for messages.
    pub(super) fn described(&self) -> String {
        let users = self.forest.fake().users();
        let user = users.iter().find(|user| user.id() == self.id);
        let name = user.map_or_else(|| "a stranger".to_owned(), FakeUser::full_name);
        let role = user.and_then(FakeUser::role_name);
        format!(
            "{name} (user {}, {})",
            self.id,
            role.map_or_else(|| "no role".to_owned(), |role| format!("role `{role}`"))
        )
    }
}

/// A path below `/forest` of these segments, in which any id can stand.
fn path(segments: &[&str]) -> String {
    let segments = segments
        .iter()
        .map(|segment| utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string());
    format!("/forest/{}?timezone=UTC", segments.collect::<Vec<_>>().join("/"))
}

/// The body in which the back office names records.
fn selection(collection: &str, ids: impl IntoIterator<Item = impl ToString>) -> Value {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    json!({"data": {"type": "action-requests", "attributes": {
        "ids": ids, "collection_name": collection, "all_records": false, "all_records_ids_excluded": [],
    }}})
}

impl fmt::Debug for TestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestUser").field(&self.described()).finish()
    }
}
