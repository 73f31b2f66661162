//! The project under test: the agent, its application, its Forest server and its users.

use std::cell::Cell;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::Location;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use actix_web::{App, Error};

use super::request::{Application, Received};
use super::user::TestUser;
use crate::audit::{AuditQuery, AuditRow};
use crate::declare::ActionDescriptor;
use crate::forest::{Forest, ForestBuilder};
use crate::http::work;
use crate::schema::{self, Schema};
use crate::testing::{FakeForest, FakeForestError, FakeUser};
use crate::text::{self, nearest};

/// An agent under test, connected to a Forest server that the test controls.
///
/// Cheap to clone. Use it under `#[actix_web::test]`. An unmet expectation is a panic that shows the answer, and so is a
/// mistake of the test itself, such as an unknown action: it never looks like a refusal of the agent.
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
/// // a user who may do everything
/// let ada = forest.admin();
/// let answer = ada.trigger("orders", "Refund order").ids([7]).value("amount", 5).await;
/// assert_eq!(answer.success(), "Blumen Huber: 5 for order 7, damaged");
///
/// // a user with a role without rights
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
    /// The path in front of the agent's paths, without a slash at its end.
    prefix: String,
    /// The revision of the fake server that the agent has seen.
    seen: Cell<u64>,
}

/// An error at the start of a [`TestForest`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestForestError {
    /// The fake Forest server did not start.
    #[error("the fake Forest server did not start")]
    Fake(#[from] FakeForestError),
    /// The agent refused to start.
    #[error("the agent did not start")]
    Agent(#[from] crate::error::Error),
}

impl TestForest {
    /// Starts an agent that is connected to a [`FakeForest`] of its own, inside the application of the test.
    ///
    /// `agent` has the actions and records of the program. The secrets, the address of the Forest server and the environment
    /// are set here, and no schema file is read or written. `app` builds the application around [`Forest::routes`], with its
    /// data, middleware and scopes. It runs in this thread without a port, so that a test can share values that are not `Send`
    /// with its handlers, and a paused clock stays paused.
    ///
    /// For an agent below a path prefix, set [`application_url`](ForestBuilder::application_url), as in production.
    ///
    /// # Errors
    /// The agent refuses its settings or an action; the fake server finds no port.
    pub async fn start<T, B>(agent: ForestBuilder, app: impl FnOnce(&Forest) -> App<T>) -> Result<Self, TestForestError>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        Self::connect(FakeForest::start().await?, agent, app).await
    }

    /// Starts an agent that is connected to this fake server: for a project that is described beforehand, or one with two
    /// agents. Otherwise like [`start`](Self::start).
    ///
    /// # Errors
    /// The agent refuses its settings or an action.
    pub async fn connect<T, B>(
        fake: FakeForest,
        agent: ForestBuilder,
        app: impl FnOnce(&Forest) -> App<T>,
    ) -> Result<Self, TestForestError>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        let subscribers = fake.subscribers();
        let agent = agent.for_a_test(fake.url(), fake.env_secret(), fake.auth_secret());
        let forest = agent.start().await?;
        let started = Self(Rc::new(Project {
            prefix: forest.path_prefix(),
            seen: Cell::new(fake.revision()),
            app: Application::new(app(&forest)).await,
            fake,
            forest,
        }));
        started.settle(subscribers).await;
        started.work();
        Ok(started)
    }

    /// Carries out runs in this thread, as one worker, until the end of the test.
    fn work(&self) {
        let (app, forest) = (self.0.app.clone(), self.0.forest.clone());
        actix_web::rt::spawn(async move { work(forest.shared, &move |request| app.send(request)).await });
    }

    /// Waits for the publication and the event subscription of the agent's start, unless the server has faults.
    async fn settle(&self, subscribers: usize) {
        if self.fake().has_faults() {
            return;
        }
        if let Some(hash) = self.forest().publishes() {
            // the test decides if a failed publication matters
            let _ = self.fake().wait_for_schema(hash).await;
        }
        if self.forest().listens() {
            let _ = self.fake().wait_for_more_subscribers(subscribers).await;
        }
    }

    /// The Forest server: roles, rights, approvals, faults, and the requests of the agent.
    ///
    /// A change takes effect with the next request of this client, before which the agent drops its cached permissions. An agent
    /// with [`events`](crate::ForestBuilder::events) learns of a change as in production, by an event.
    #[must_use]
    pub fn fake(&self) -> &FakeForest {
        &self.0.fake
    }

    /// The agent under test.
    #[must_use]
    pub fn forest(&self) -> &Forest {
        &self.0.forest
    }

    /// All rows of the audit trail, oldest first.
    ///
    /// # Panics
    /// The agent has no trail that can be read.
    pub async fn audit(&self) -> Vec<AuditRow> {
        self.rows(AuditQuery::default()).await
    }

    pub(super) async fn rows(&self, query: AuditQuery) -> Vec<AuditRow> {
        let query = AuditQuery {
            oldest_first: true,
            limit: u64::from(u32::MAX),
            ..query
        };
        // confirmations may go on after an answer
        self.forest().until_idle().await;
        match self.forest().audit(&query).await {
            Ok(page) => page.rows,
            Err(error) => panic!("the audit trail cannot be read: {error}"),
        }
    }

    /// Adds a user with this role. Its rights are those of the role on the [`fake`](Self::fake) server: none, at first.
    pub fn user(&self, role: &str) -> TestUser {
        let id = self.fake().users().iter().map(FakeUser::id).max().unwrap_or_default() + 1;
        self.add(
            FakeUser::new(id, format!("person-{id}@example.com"))
                .name("Person", id.to_string())
                .role(role),
        )
    }

    /// Adds a user with the role `Admin`, which may do everything unless the test defines the role itself.
    pub fn admin(&self) -> TestUser {
        const ADMIN: &str = "Admin";
        if !self.fake().has_role(ADMIN) {
            self.fake().role(ADMIN).may_do_everything();
        }
        self.user(ADMIN)
    }

    /// Adds a user, or replaces the one with this id.
    pub fn add(&self, user: impl Into<FakeUser>) -> TestUser {
        let user = user.into();
        let id = user.id();
        self.fake().add_user(user);
        TestUser::new(self.clone(), id)
    }

    /// The user with this id, which need not exist: a session can outlive its user.
    #[must_use]
    pub fn user_with_id(&self, id: u64) -> TestUser {
        TestUser::new(self.clone(), id)
    }

    /// Makes the agent drop its cached permissions, as after their lifetime: for tests in which the Forest server fails.
    pub async fn forget_permissions(&self) {
        self.0.seen.set(self.fake().revision());
        if let Some(connection) = self.forest().connection() {
            connection.cache.invalidate_all();
            connection.ip.refresh_at_once().await;
        }
    }

    /// The action with this name; panics with the nearest one if there is none.
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

    /// The action in the schema.
    pub(super) fn declared(&self, action: &ActionDescriptor) -> Option<&schema::Action> {
        let schema: &Schema = self.forest().schema();
        schema.find_action(action.collection, action.name)
    }

    /// The path of an action, or of a hook `below` it.
    pub(super) fn path(&self, action: &ActionDescriptor, below: &str) -> String {
        let endpoint = action.endpoint.trim_start_matches('/');
        format!("/{endpoint}{below}")
    }

    /// Sends a request, after applying the changes of the test. `path` is relative to the mount of the agent.
    pub(super) async fn send(&self, path: &str, from: Option<IpAddr>, request: TestRequest) -> Received {
        let listens = self.forest().listens();
        if !listens && self.fake().revision() != self.0.seen.get() {
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

/// The end of a message that suggests the nearest name; empty if no name is near.
pub(super) fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// A list of names for a message.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    match text::listed(names.into_iter().map(|name| format!("`{name}`")), usize::MAX) {
        none if none.is_empty() => "none".to_owned(),
        names => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["Refund order", "Archive"];
        assert_eq!(hint("refund orders", names), "; did you mean `Refund order`?");
        assert_eq!(hint("Something else", names), "");
        assert_eq!(listed(names), "`Refund order`, `Archive`");
        assert_eq!(listed([]), "none");
    }
}
