//! What a fake Forest server is before it starts: its secrets, its place, its people. Everything here can be changed
//! later as well, by the methods of the running server.

use std::sync::Arc;
use std::time::Duration;

use super::error::FakeForestError;
use super::rendering::FakeRendering;
use super::role::FakeRole;
use super::server::FakeForest;
use super::shared::Shared;
use super::state::State;
use super::user::FakeUser;

/// Describes a [`FakeForest`]; made by [`FakeForest::builder`].
///
/// ```
/// use forest_actions::testing::{FakeForest, FakeUser};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fake = FakeForest::builder()
///     .project("Blumen Huber")
///     .user(FakeUser::new(1, "ada@example.com").role("Admin"))
///     .role("Admin", |role| role.may_do_everything())
///     .start()
///     .await?;
/// assert!(fake.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct FakeForestBuilder {
    shared: Arc<Shared>,
    port: u16,
    patience: Duration,
}

impl FakeForestBuilder {
    pub(super) fn new() -> Self {
        Self {
            shared: Arc::new(Shared::new(State::new())),
            port: 0,
            patience: Duration::from_secs(10),
        }
    }

    /// The environment secret. Without this it is random, in the form of a real one.
    pub fn env_secret(self, secret: impl Into<String>) -> Self {
        self.shared.state().env_secret = secret.into();
        self
    }

    /// The authentication secret that the agent is to use, for [`user_token`](FakeForest::user_token). Without this it is
    /// random. No route ever uses it: a Forest server does not know it.
    pub fn auth_secret(self, secret: impl Into<String>) -> Self {
        self.shared.state().auth_secret = secret.into();
        self
    }

    /// The port. Without this, or with 0, any that is free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The project's name, for the pages.
    pub fn project(self, name: impl Into<String>) -> Self {
        self.shared.state().project = name.into();
        self
    }

    /// The address of the agent, for clients that register without one of their own. Without this,
    /// `http://localhost:3310`.
    pub fn agent_url(self, url: impl Into<String>) -> Self {
        self.shared.state().set_agent_url(&url.into());
        self
    }

    /// Registers a client beforehand, for an agent with a fixed client id. It may send people back to the agent's address, so
    /// this comes after [`agent_url`](Self::agent_url).
    pub fn client_id(self, id: impl Into<String>) -> Self {
        let mut state = self.shared.state();
        let callback = state.callback();
        state.provider.register(id.into(), vec![callback]);
        drop(state);
        self
    }

    /// Adds a user. With the first one, the three people that are there otherwise are not.
    pub fn user(self, user: FakeUser) -> Self {
        self.shared.state().add_user(user);
        self
    }

    /// Adds a role, and says what it may do.
    pub fn role(self, name: &str, describe: impl FnOnce(FakeRole) -> FakeRole) -> Self {
        describe(FakeRole::new(self.shared.clone(), name));
        self
    }

    /// Describes a rendering.
    pub fn rendering(self, id: u64, describe: impl FnOnce(FakeRendering) -> FakeRendering) -> Self {
        describe(FakeRendering::new(self.shared.clone(), id));
        self
    }

    /// Whether this is a development environment, in which there are no permissions. Without this it is not.
    pub fn development(self, is_development: bool) -> Self {
        self.shared.state().is_development = is_development;
        self
    }

    /// Logs this user in without showing the page on which one is picked.
    pub fn login_as(self, user: u64) -> Self {
        self.shared.state().provider.login_as = Some(user);
        self
    }

    /// Whether every change is told to the agents by its event. Without this, only what is pushed.
    pub fn push_events(self, are_pushed: bool) -> Self {
        self.shared.state().push_events = are_pushed;
        self
    }

    /// How long a signed approval request is good for. Without this it carries no end.
    pub fn approval_lifetime(self, lifetime: Duration) -> Self {
        self.shared.state().approval_lifetime = Some(lifetime);
        self
    }

    /// How long [`wait_for`](FakeForest::wait_for) waits at most: 10 seconds without this.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub async fn start(self) -> Result<FakeForest, FakeForestError> {
        let has_users = !self.shared.state().users.is_empty();
        if !has_users {
            let mut state = self.shared.state();
            people().into_iter().for_each(|user| state.add_user(user));
            drop(state);
            FakeRole::new(self.shared.clone(), "Admin").may_do_everything();
        }
        FakeForest::launch(self.shared, self.port, self.patience).await
    }
}

/// Who is there when nobody is named: those of the live demo.
fn people() -> [FakeUser; 3] {
    [
        FakeUser::new(1, "ada@example.com")
            .name("Ada", "Lovelace")
            .role("Admin")
            .permission_level("admin"),
        FakeUser::new(2, "sam@example.com")
            .name("Sam", "Porter")
            .role("Support")
            .team("Support"),
        FakeUser::new(3, "olga@example.com")
            .name("Olga", "Marsh")
            .role("Operations")
            .permission_level("editor"),
    ]
}
