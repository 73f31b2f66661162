//! The methods by which a test changes the project of a running server, makes it misbehave, and looks at what came.

use super::error::FakeForestError;
use super::events::ForestEvent;
use super::fault::Fault;
use super::ip::{IpRule, IpRules};
use super::rendering::FakeRendering;
use super::requests::RecordedRequest;
use super::rights::{ActionRight, Right};
use super::role::FakeRole;
use super::route::Route;
use super::schema::PublishedSchema;
use super::server::FakeForest;
use super::shared::Shared;
use super::user::FakeUser;

/// What an agent is configured with.
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

    /// An authentication secret for the agent, its `FOREST_AUTH_SECRET`: what [`user_token`](Self::user_token) signs with.
    #[must_use]
    pub fn auth_secret(&self) -> String {
        self.shared().state().auth_secret.clone()
    }

    /// Gives the environment another secret. Clients that registered under the old one, codes and access tokens are worth
    /// nothing any more; open event streams stay.
    pub fn change_env_secret(&self, secret: impl Into<String>) {
        let mut state = self.shared().state();
        state.env_secret = secret.into();
        state.provider.forget();
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

/// People, roles and rights.
impl FakeForest {
    /// Adds a user, or replaces the one with this id.
    pub fn add_user(&self, user: FakeUser) {
        self.shared().state().add_user(user);
        self.shared().users_changed();
    }

    /// Removes a user. Whether there was one.
    pub fn remove_user(&self, id: u64) -> bool {
        let is_removed = self.shared().state().users.remove(&id).is_some();
        self.shared().users_changed();
        is_removed
    }

    /// Gives a user another role, or none.
    ///
    /// # Errors
    /// There is no such user.
    pub fn set_role(&self, user: u64, role: Option<&str>) -> Result<(), FakeForestError> {
        let mut state = self.shared().state();
        if let Some(role) = role {
            state.role_id(role);
        }
        let entry = state.users.get_mut(&user).ok_or(FakeForestError::UnknownUser(user))?;
        entry.set_role(role.map(str::to_owned));
        drop(state);
        self.shared().users_changed();
        Ok(())
    }

    /// The users, by id.
    #[must_use]
    pub fn users(&self) -> Vec<FakeUser> {
        self.shared().state().users.values().cloned().collect()
    }

    /// A role, which is made when there is none of this name.
    pub fn role(&self, name: &str) -> FakeRole {
        FakeRole::new(self.0.shared.clone(), name)
    }

    /// Lets a role run an action.
    pub fn grant(&self, role: &str, collection: &str, action: &str) -> FakeRole {
        self.role(role).may_trigger(collection, action)
    }

    /// Lets a role no longer run an action.
    pub fn deny(&self, role: &str, collection: &str, action: &str) -> FakeRole {
        self.role(role).may_not_trigger(collection, action)
    }

    /// Replaces who has a right, for everybody, for nobody, or by the ids of roles.
    pub fn set_right(&self, right: ActionRight, collection: &str, action: &str, who: Right) {
        *self.shared().state().action(collection, action).right_mut(right) = who;
        self.shared().roles_changed();
    }

    /// Leaves an action out of the permissions, as if nobody had ever published it.
    pub fn forget_action(&self, collection: &str, action: &str) {
        self.shared().state().collection(collection).actions.remove(action);
        self.shared().roles_changed();
    }

    /// Leaves a collection out of the permissions.
    pub fn forget_collection(&self, collection: &str) {
        self.shared().state().collections.remove(collection);
        self.shared().roles_changed();
    }

    /// Whether this is a development environment, in which there are no permissions.
    pub fn set_development(&self, is_development: bool) {
        self.shared().state().is_development = is_development;
        self.shared().roles_changed();
    }

    /// A rendering. One that nobody describes belongs to a team that sees everything.
    pub fn rendering(&self, id: u64) -> FakeRendering {
        FakeRendering::new(self.0.shared.clone(), id)
    }

    /// Puts rules about client addresses in force. Without any rule they refuse everybody.
    pub fn set_ip_rules(&self, rules: impl IntoIterator<Item = IpRule>) {
        let rules = rules.into_iter().collect();
        self.shared().state().ip_rules = IpRules { enabled: true, rules };
        self.shared().count_change();
    }

    /// Lets every client address in; the rules stay, out of force.
    pub fn switch_ip_rules_off(&self) {
        self.shared().state().ip_rules.enabled = false;
        self.shared().count_change();
    }

    /// The schemas that were published and differed from the one before, oldest first.
    #[must_use]
    pub fn schemas(&self) -> Vec<PublishedSchema> {
        self.shared().state().schemas.clone()
    }

    /// Forgets the schemas: the next one is new. What roles may do stays.
    pub fn forget_schemas(&self) {
        self.shared().state().schemas.clear();
    }
}

/// Events.
impl FakeForest {
    /// Sends an event to every agent that listens; how many these are.
    pub fn push(&self, event: &ForestEvent) -> usize {
        self.shared().events.push(event)
    }

    /// Whether every change is told to the agents by its event.
    pub fn push_events(&self, are_pushed: bool) {
        self.shared().state().push_events = are_pushed;
    }

    /// Takes subscriptions and events without sending anything, heartbeats included, as a proxy that buffers does.
    pub fn silence_events(&self, is_silent: bool) {
        self.shared().events.set_silent(is_silent);
    }

    /// Closes every event stream in the middle; how many these were.
    pub fn cut_events(&self) -> usize {
        self.shared().events.close(true)
    }

    /// Ends every event stream properly; how many these were.
    pub fn end_events(&self) -> usize {
        self.shared().events.close(false)
    }

    /// How many agents listen.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.shared().events.count()
    }

    /// Waits until exactly so many agents listen: 0 for a stream that an agent has to close.
    ///
    /// # Errors
    /// It does not happen in time, or the server is offline.
    pub async fn wait_for_subscribers(&self, number: usize) -> Result<(), FakeForestError> {
        self.until(
            format!("{number} event subscribers"),
            move |shared| (shared.events.count() == number).then_some(()),
            |shared| format!("there are {}", shared.events.count()),
        )
        .await
    }
}

/// Faults. A route is a text such as `GET /liana/v4/permissions/renderings/:id`; without a method it means every
/// method, `*` or `:name` stands for a segment, `**` for all that follow.
impl FakeForest {
    /// Something goes wrong with every request of the route, from now on.
    pub fn fault(&self, route: &str, fault: Fault) {
        self.shared().faults().always(route, fault);
    }

    /// Something goes wrong with the next requests of the route, one after the other; then they succeed again.
    /// [`Fault::None`] stands for one that succeeds in between.
    pub fn fault_next(&self, route: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared().faults().next(route, faults);
    }

    /// Something goes wrong with one request of the route: with the next one for 1, with the one after it for 2, and so on.
    pub fn fault_call(&self, route: &str, number: usize, fault: Fault) {
        let before = std::iter::repeat_n(Fault::None, number.saturating_sub(1));
        self.fault_next(route, before.chain([fault]));
    }

    /// Ends the faults that were asked for with this very text.
    pub fn heal(&self, route: &str) {
        self.shared().faults().heal(route);
    }

    /// Ends all faults.
    pub fn heal_all(&self) {
        self.shared().faults().clear();
    }
}

/// What came: every request but those of the control page, the oldest of ten thousand first.
impl FakeForest {
    /// All requests.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared().requests().all().cloned().collect()
    }

    /// The requests of a route.
    #[must_use]
    pub fn requests_to(&self, route: &str) -> Vec<RecordedRequest> {
        self.shared().requests().of(&Route::new(route)).cloned().collect()
    }

    /// How many requests of a route there were, those with faults included.
    #[must_use]
    pub fn count(&self, route: &str) -> usize {
        self.shared().requests().of(&Route::new(route)).count()
    }

    /// Forgets the requests; counts start at 0 again.
    pub fn forget_requests(&self) {
        self.shared().requests().clear();
    }

    /// Waits until a route has had at least so many requests, and gives them. What they do to the server has been done by
    /// then; their answers may be on their way.
    ///
    /// # Errors
    /// It does not happen in time, or the server is offline.
    pub async fn wait_for(&self, route: &str, number: usize) -> Result<Vec<RecordedRequest>, FakeForestError> {
        let pattern = Route::new(route);
        self.until(
            format!("{number} requests to {route}"),
            move |shared| {
                let requests = shared.requests();
                let is_enough = requests.of(&pattern).count() >= number;
                is_enough.then(|| requests.of(&pattern).cloned().collect())
            },
            |shared| {
                let requests = shared.requests();
                let lines: Vec<String> = requests
                    .all()
                    .rev()
                    .take(20)
                    .map(|request| format!("{} {}", request.method, request.path))
                    .collect();
                format!("the last requests, newest first, were [{}]", lines.join(", "))
            },
        )
        .await
    }
}
