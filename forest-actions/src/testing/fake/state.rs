//! The state of the fake project, and the locks, events and counters that the server's thread and the handles of tests
//! share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::activity_logs::ActivityLog;
use super::approval::Approval;
use super::events::{EventHub, ForestEvent};
use super::facts::{IpRules, RenderingEntry};
use super::fault::FaultPlan;
use super::provider::{Provider, SigningKey};
use super::requests::RequestLog;
use super::rights::{ActionEntry, ActionRight, CollectionEntry, CollectionRight};
use super::schema::PublishedSchema;
use super::server::FakeForest;
use super::user::FakeUser;

/// The server's shared data. Each lock is held for moments, never across an await, and never together with another.
pub(super) struct Shared {
    state: Mutex<State>,
    faults: Mutex<FaultPlan>,
    requests: Mutex<RequestLog>,
    pub(super) events: EventHub,
    pub(super) changed: Arc<Notify>,
    base_url: OnceLock<String>,
    /// Number of changes of data that agents cache.
    revision: AtomicU64,
    key: Mutex<Option<Arc<SigningKey>>>,
}

/// Without the state, which is large and holds secrets.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// Locks, also after a panic of another holder: the data is changed in single steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        let changed = Arc::new(Notify::new());
        Self {
            state: Mutex::new(state),
            faults: Mutex::default(),
            requests: Mutex::default(),
            events: EventHub::new(changed.clone()),
            changed,
            base_url: OnceLock::new(),
            revision: AtomicU64::new(0),
            key: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        lock(&self.faults)
    }

    pub(super) fn requests(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.requests)
    }

    /// The address of the server, without a slash at its end; empty before the first start.
    pub(super) fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }

    pub(super) fn set_base_url(&self, url: String) {
        // a restart happens at the same address
        let _ = self.base_url.set(url);
    }

    /// The key of the identity tokens. Made on first use: most tests need no login, and it is slow.
    pub(super) fn signing_key(&self) -> Option<Arc<SigningKey>> {
        let mut key = lock(&self.key);
        if key.is_none() {
            *key = SigningKey::generate().map(Arc::new);
        }
        key.clone()
    }

    /// Drops the key; the next use makes another.
    pub(super) fn drop_signing_key(&self) {
        *lock(&self.key) = None;
    }

    pub(super) fn roles_changed(&self) {
        self.changed(&ForestEvent::RefreshRoles);
    }

    pub(super) fn users_changed(&self) {
        self.changed(&ForestEvent::RefreshUsers);
    }

    pub(super) fn rendering_changed(&self, id: u64) {
        self.changed(&ForestEvent::RefreshRenderings(vec![id]));
    }

    /// Counts a change, and sends its event if that is switched on.
    fn changed(&self, event: &ForestEvent) {
        self.count_change();
        let is_pushed = self.state().push_events;
        if is_pushed {
            self.events.push(event);
        }
    }

    pub(super) fn count_change(&self) {
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    #[cfg(feature = "server")]
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
pub(super) struct RoleEntry {
    pub(super) id: u64,
    pub(super) name: String,
    /// Gets every collection right and the trigger right on every action that appears later.
    pub(super) is_given_everything: bool,
}

/// The fake project.
pub(super) struct State {
    pub(super) env_secret: String,
    pub(super) auth_secret: String,
    pub(super) project: String,
    /// Without a slash at its end.
    pub(super) agent_url: String,
    pub(super) is_development: bool,
    /// Sends an event to the agents for every change.
    pub(super) push_events: bool,
    pub(super) users: BTreeMap<u64, FakeUser>,
    pub(super) roles: Vec<RoleEntry>,
    pub(super) collections: BTreeMap<String, CollectionEntry>,
    pub(super) renderings: BTreeMap<u64, RenderingEntry>,
    pub(super) ip_rules: IpRules,
    pub(super) schemas: Vec<PublishedSchema>,
    pub(super) approvals: Vec<Approval>,
    pub(super) activity_logs: Vec<ActivityLog>,
    /// The id of the last entry of the activity log.
    pub(super) last_activity_log: u64,
    /// Lifetime of a signed approval request; `None` for one that does not expire.
    pub(super) approval_lifetime: Option<Duration>,
    pub(super) provider: Provider,
}

impl State {
    pub(super) fn new() -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            // in the form of a real one, and different for each server, so that a mix-up fails
            env_secret: random() + &random(),
            auth_secret: random() + &random(),
            project: "Fake project".to_owned(),
            agent_url: "http://localhost:3310".to_owned(),
            is_development: false,
            push_events: false,
            users: BTreeMap::new(),
            roles: Vec::new(),
            collections: BTreeMap::new(),
            renderings: BTreeMap::new(),
            ip_rules: IpRules::default(),
            schemas: Vec::new(),
            approvals: Vec::new(),
            activity_logs: Vec::new(),
            last_activity_log: 0,
            approval_lifetime: None,
            provider: Provider::default(),
        }
    }

    pub(super) fn set_agent_url(&mut self, url: &str) {
        self.agent_url = url.trim_end_matches('/').to_owned();
    }

    /// The redirect address of clients that register without one.
    pub(super) fn callback(&self) -> String {
        format!("{}/forest/authentication/callback", self.agent_url)
    }

    /// The id of the role with this name, which is added if it does not exist.
    pub(super) fn role_id(&mut self, name: &str) -> u64 {
        if let Some(id) = self.known_role_id(name) {
            return id;
        }
        let id = self.roles.iter().map(|role| role.id).max().unwrap_or(0) + 10;
        self.roles.push(RoleEntry {
            id,
            name: name.to_owned(),
            is_given_everything: false,
        });
        id
    }

    pub(super) fn known_role_id(&self, name: &str) -> Option<u64> {
        self.roles.iter().find(|role| role.name == name).map(|role| role.id)
    }

    pub(super) fn add_user(&mut self, user: FakeUser) {
        if let Some(role) = user.role_name() {
            self.role_id(role);
        }
        self.users.insert(user.id(), user);
    }

    /// The user with this id, or an invented one: tokens may name any id.
    pub(super) fn user_or_stranger(&self, id: u64) -> FakeUser {
        let known = self.users.get(&id).cloned();
        known.unwrap_or_else(|| FakeUser::new(id, format!("stranger-{id}@example.com")))
    }

    fn all_roles(&self) -> Vec<u64> {
        self.roles.iter().map(|role| role.id).collect()
    }

    fn roles_given_everything(&self) -> Vec<u64> {
        let roles = self.roles.iter().filter(|role| role.is_given_everything);
        roles.map(|role| role.id).collect()
    }

    /// The entry of a collection, which is added if it does not exist.
    pub(super) fn collection(&mut self, name: &str) -> &mut CollectionEntry {
        let roles = self.roles_given_everything();
        self.collections.entry(name.to_owned()).or_insert_with(|| {
            let mut entry = CollectionEntry::default();
            for role in roles {
                entry.give_all(role);
            }
            entry
        })
    }

    /// The entry of an action, which is added if it does not exist.
    pub(super) fn action(&mut self, collection: &str, action: &str) -> &mut ActionEntry {
        let roles = self.roles_given_everything();
        let actions = &mut self.collection(collection).actions;
        actions.entry(action.to_owned()).or_insert_with(|| {
            let mut entry = ActionEntry::default();
            for role in roles {
                entry.right_mut(ActionRight::Trigger).set(role, true, &[]);
            }
            entry
        })
    }

    pub(super) fn set_action_right(&mut self, role: u64, right: ActionRight, place: (&str, &str), allowed: bool) {
        let all = self.all_roles();
        self.action(place.0, place.1).right_mut(right).set(role, allowed, &all);
    }

    pub(super) fn set_collection_right(&mut self, role: u64, right: CollectionRight, collection: &str, allowed: bool) {
        let all = self.all_roles();
        self.collection(collection).right_mut(right).set(role, allowed, &all);
    }

    /// Gives a role every right on everything, present and future.
    pub(super) fn give_everything(&mut self, role: u64) {
        for entry in self.roles.iter_mut().filter(|entry| entry.id == role) {
            entry.is_given_everything = true;
        }
        for collection in self.collections.values_mut() {
            collection.give_all(role);
            for action in collection.actions.values_mut() {
                action.right_mut(ActionRight::Trigger).set(role, true, &[]);
            }
        }
    }

    /// The answer of the environment permissions route.
    pub(super) fn environment(&self) -> Value {
        if self.is_development {
            return Value::Bool(true);
        }
        let collections = self.collections.iter();
        let collections: Map<String, Value> = collections
            .map(|(name, entry)| (name.clone(), entry.to_json()))
            .collect();
        serde_json::json!({"collections": collections})
    }

    /// The answer of the users route.
    pub(super) fn user_list(&self) -> Value {
        let users = self.users.values();
        users
            .map(|user| user.listed(user.role_name().and_then(|role| self.known_role_id(role))))
            .collect()
    }
}

/// The settings of the agent.
impl FakeForest {
    /// The address, without a slash at its end: an agent's `FOREST_SERVER_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared().base_url()
    }

    /// The environment secret: an agent's `FOREST_ENV_SECRET`.
    #[must_use]
    pub fn env_secret(&self) -> String {
        self.shared().state().env_secret.clone()
    }

    /// An authentication secret for the agent, its `FOREST_AUTH_SECRET`: [`user_token`](Self::user_token) signs with it.
    #[must_use]
    pub fn auth_secret(&self) -> String {
        self.shared().state().auth_secret.clone()
    }

    /// Replaces the environment secret. Clients that registered under the old one, login codes and access tokens become
    /// invalid; open event streams stay.
    pub fn change_env_secret(&self, secret: impl Into<String>) {
        let mut state = self.shared().state();
        state.env_secret = secret.into();
        state.provider.forget();
    }

    /// Sets the address of the agent, for clients that register without a redirect address.
    pub fn set_agent_url(&self, url: &str) {
        self.shared().state().set_agent_url(url);
    }

    /// Makes this a development environment, in which no permissions apply, or ends that.
    pub fn set_development(&self, is_development: bool) {
        self.shared().state().is_development = is_development;
        self.shared().roles_changed();
    }
}
