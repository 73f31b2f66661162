//! The project under test: the agent, its application, its Forest server, and the people who are added to it.
//!
//! Owns that what a test changes on the fake server holds for the next request, without events and without waiting.

use std::cell::Cell;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::Location;
use std::rc::Rc;

use actix_web::test::TestRequest;

use super::nearest::{hint, listed};
use super::received::{Application, Received};
use super::user::TestUser;
use crate::declare::ActionDescriptor;
use crate::forest::Forest;
use crate::schema::{self, Schema};
use crate::testing::{FakeForest, FakeUser};

/// An agent under test, connected to a Forest server that the test controls.
///
/// Cheap to clone. Use it under `#[actix_web::test]`. Whatever a test expects and does not get is a panic that shows the
/// answer; a test never sees a mistake of its own as a refusal of the agent.
///
/// ```
/// use actix_web::{App, web};
/// use forest_actions::prelude::*;
/// use forest_actions::testing::TestForest;
///
/// struct Shop(&'static str);
///
/// #[derive(ActionForm)]
/// struct Refund {
///     #[field(min = 1)]
///     amount: i64,
///     #[field(default = "damaged")]
///     reason: String,
/// }
///
/// #[smart_action(collection = "orders", name = "Refund order", kind = "single")]
/// async fn refund(id: RecordId<i64>, form: Form<Refund>, shop: web::Data<Shop>) -> ActionResult {
///     Ok(success(format!("{}: {} for order {}, {}", shop.0, form.amount, *id, form.reason)))
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let agent = Forest::builder().actions(actions![refund]);
/// let shop = web::Data::new(Shop("Blumen Huber"));
/// let forest = TestForest::start(agent, |forest| App::new().app_data(shop).configure(forest.routes())).await?;
///
/// // somebody who may do everything
/// let ada = forest.admin();
/// let answer = ada.trigger("orders", "Refund order").ids([7]).value("amount", 5).await;
/// assert_eq!(answer.success(), "Blumen Huber: 5 for order 7, damaged");
///
/// // somebody who may do what their role was given, which is nothing
/// let sam = forest.user("Support");
/// let answer = sam.trigger("orders", "Refund order").ids([7]).value("amount", 5).await;
/// assert_eq!((answer.status(), answer.error_name()), (403, "CustomActionTriggerForbiddenError"));
///
/// forest.fake().grant("Support", "orders", "Refund order");
/// let answer = sam.trigger("orders", "Refund order").ids([7]).value("amount", 0).await;
/// assert_eq!(answer.problems(), [("amount", "expected a number of at least 1, found 0")]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestForest(Rc<Project>);

struct Project {
    fake: FakeForest,
    forest: Forest,
    app: Application,
    /// What stands in front of the agent's paths, without a slash at its end.
    prefix: String,
    /// The state of the fake server that the agent has been told about.
    known: Cell<u64>,
}

impl TestForest {
    pub(super) fn new(fake: FakeForest, forest: Forest, app: Application) -> Self {
        Self(Rc::new(Project {
            prefix: forest.path_prefix(),
            known: Cell::new(fake.revision()),
            fake,
            forest,
            app,
        }))
    }

    /// Waits until what the agent does at its start has been done, so that no test depends on how long it takes. A server that is
    /// told to misbehave is not waited for.
    pub(super) async fn settle(&self, subscribers: usize) {
        if self.fake().is_faulty() {
            return;
        }
        if let Some(hash) = self.forest().publishes() {
            // a publication that fails is not this client's to judge
            let _ = self.fake().wait_for_schema(hash).await;
        }
        if self.forest().listens() {
            let _ = self.fake().wait_for_more_subscribers(subscribers).await;
        }
    }

    /// The Forest server: roles, rights, approvals, faults, and what the agent asked it.
    ///
    /// What is changed on it holds for the next request of this client: the agent then forgets the permissions that it keeps, as
    /// it does upon an event. Not so for an agent with [`events`](crate::ForestBuilder::events): it learns of a change as in
    /// production, by the event that is sent.
    #[must_use]
    pub fn fake(&self) -> &FakeForest {
        &self.0.fake
    }

    /// The agent.
    #[must_use]
    pub fn forest(&self) -> &Forest {
        &self.0.forest
    }

    /// A new person of this role, who may do what the role was given on the [`fake`](Self::fake) server: nothing, at first.
    pub fn user(&self, role: &str) -> TestUser {
        let id = self.fake().users().iter().map(FakeUser::id).max().unwrap_or_default() + 1;
        self.add(
            FakeUser::new(id, format!("person-{id}@example.com"))
                .name("Person", id.to_string())
                .role(role),
        )
    }

    /// A new person of the role `Admin`, which may do everything unless the test has said otherwise.
    pub fn admin(&self) -> TestUser {
        const ADMIN: &str = "Admin";
        if !self.fake().has_role(ADMIN) {
            self.fake().role(ADMIN).may_do_everything();
        }
        self.user(ADMIN)
    }

    /// Adds a person who is described in full, in place of the one with this id.
    pub fn add(&self, person: FakeUser) -> TestUser {
        let id = person.id();
        self.fake().add_user(person);
        TestUser::new(self.clone(), id)
    }

    /// Somebody by their id, whether the project has them or not: a session can outlive its user.
    #[must_use]
    pub fn user_with_id(&self, id: u64) -> TestUser {
        TestUser::new(self.clone(), id)
    }

    /// Makes the agent forget the permissions that it keeps, as after their lifetime: for tests in which the Forest server
    /// fails.
    pub async fn forget_permissions(&self) {
        self.0.known.set(self.fake().revision());
        if let Some(connection) = self.forest().connection() {
            connection.cache.invalidate_all();
            connection.ip.refresh_at_once().await;
        }
    }

    /// The action of this name.
    pub(super) fn action(&self, collection: &str, name: &str, at: &Location<'_>) -> &'static ActionDescriptor {
        let actions = self.forest().actions();
        if let Some(action) = actions
            .iter()
            .find(|action| (action.collection, action.name) == (collection, name))
        {
            return action;
        }
        let of = |collection: &str| -> Vec<&str> {
            let actions = actions.iter().filter(|action| action.collection == collection);
            actions.map(|action| action.name).collect()
        };
        let names = of(collection);
        if names.is_empty() {
            let collections = || actions.iter().map(|action| action.collection);
            let hint = hint(collection, collections());
            let mut known: Vec<&str> = collections().collect();
            known.dedup();
            panic!(
                "{at}: no action is served on the collection `{collection}`{hint} (collections with actions: {})",
                listed(known)
            )
        }
        let hint = hint(name, names.iter().copied());
        panic!(
            "{at}: the collection `{collection}` has no action `{name}`{hint} (it has {})",
            listed(names)
        )
    }

    /// The action as its schema declares it.
    pub(super) fn declared(&self, action: &ActionDescriptor) -> Option<&schema::Action> {
        let schema: &Schema = self.forest().schema();
        schema.find_action(action.collection, action.name)
    }

    /// The path of an action, or of what lies below it.
    pub(super) fn path(&self, action: &ActionDescriptor, below: &str) -> String {
        let endpoint = action.endpoint.trim_start_matches('/');
        format!("/{endpoint}{below}")
    }

    /// Sends a request, once the agent knows what the test has changed. `path` is as the agent declares it.
    pub(super) async fn send(&self, path: &str, from: Option<IpAddr>, request: TestRequest) -> Received {
        let listens = self.forest().listens();
        if !listens && self.fake().revision() != self.0.known.get() {
            self.forget_permissions().await;
        }
        let from = from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let request = request
            .uri(&format!("{}{path}", self.0.prefix))
            .peer_addr((from, 40_000).into());
        self.0.app.answer(request).await
    }
}

impl fmt::Debug for TestForest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestForest")
            .field("fake", self.fake())
            .finish_non_exhaustive()
    }
}
