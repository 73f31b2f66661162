//! The running server, its builder and its errors.
//!
//! The server has a thread with an actix system of its own: it works under every runtime, answers while a test blocks, and
//! keeps the wall clock while a test pauses its own.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::facts::FakeRendering;
use super::role::FakeRole;
use super::serve::serve;
use super::state::{Shared, State, lock};
use super::user::FakeUser;

/// A Forest server on this machine that a test controls: the login, permissions, approvals, schema, IP rules and events
/// of a project that exists only in memory.
///
/// It listens on 127.0.0.1 only and stops when its last clone is dropped. Configure an agent with its
/// [`url`](Self::url) and [`env_secret`](Self::env_secret), change the project with the methods, and inspect the requests
/// of the agent. Rights are closed by default: a role may do only what it was given.
///
/// Its address also serves a page that shows the users, rights and approvals, and changes them.
///
/// ```
/// use forest_actions::testing::{FakeForest, FakeUser, Fault};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), forest_actions::testing::FakeForestError> {
/// let fake = FakeForest::builder()
///     .user(FakeUser::new(7, "sam@example.com").name("Sam", "Porter").role("Support"))
///     .role("Support", |role| role.may_trigger("customers", "Generate invoice"))
///     .start()
///     .await?;
///
/// // the settings of the agent under test
/// let _settings = (fake.url(), fake.env_secret(), fake.auth_secret());
/// // the session of user 7
/// let _session = fake.user_token(7).sign();
///
/// // while it runs: another right, with an event for the agent, and an outage
/// fake.grant("Support", "customers", "Charge credit card").push();
/// fake.fault("GET /liana/v4/permissions/environment", Fault::Status(503));
///
/// assert_eq!(fake.count("GET /liana/v4/permissions/environment"), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeForest(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    patience: Duration,
    port: OnceLock<u16>,
    server: Mutex<Option<Server>>,
}

/// The thread of the server.
struct Server {
    handle: ServerHandle,
    runtime: Handle,
    ended: oneshot::Receiver<()>,
}

/// An error of a [`FakeForest`] method. Errors of its HTTP routes are answers instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FakeForestError {
    /// The port cannot be listened on.
    #[error("the fake Forest server cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port; 0 for any free one.
        port: u16,
        /// The cause.
        source: io::Error,
    },
    /// The method needs a running server, and this one is offline.
    #[error("the fake Forest server does not run")]
    Stopped,
    /// A condition did not come true in time.
    #[error("waited {seconds} s for {expected}; {seen}")]
    Timeout {
        /// The time waited, in seconds.
        seconds: u64,
        /// The condition.
        expected: String,
        /// The state at the end of the wait.
        seen: String,
    },
    /// No user has this id.
    #[error("the fake Forest server has no user {0}")]
    UnknownUser(u64),
    /// No approval request has this id.
    #[error("the fake Forest server has no approval request {0}")]
    UnknownApproval(u64),
    /// The approval request has been decided.
    #[error("approval request {id} is already {status}")]
    AlreadyReviewed {
        /// The id of the request.
        id: u64,
        /// `approved` or `rejected`.
        status: &'static str,
    },
}

/// Describes a [`FakeForest`]; made by [`FakeForest::builder`].
///
/// Everything described here can also be changed later, by the methods of the running server.
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
    /// Sets the environment secret. Default: random, in the form of a real one.
    pub fn env_secret(self, secret: impl Into<String>) -> Self {
        self.shared.state().env_secret = secret.into();
        self
    }

    /// Sets the authentication secret of the agent, which [`user_token`](FakeForest::user_token) signs with. Default: random.
    /// No route uses it, since a Forest server does not have it.
    pub fn auth_secret(self, secret: impl Into<String>) -> Self {
        self.shared.state().auth_secret = secret.into();
        self
    }

    /// Sets the port. Default: 0, any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the project name that the pages show.
    pub fn project(self, name: impl Into<String>) -> Self {
        self.shared.state().project = name.into();
        self
    }

    /// Sets the address of the agent, for clients that register without a redirect address. Default:
    /// `http://localhost:3310`.
    pub fn agent_url(self, url: impl Into<String>) -> Self {
        self.shared.state().set_agent_url(&url.into());
        self
    }

    /// Registers a client beforehand, for an agent with a fixed client id. Its redirect address belongs to the agent's
    /// address, so call this after [`agent_url`](Self::agent_url).
    pub fn client_id(self, id: impl Into<String>) -> Self {
        let mut state = self.shared.state();
        let callback = state.callback();
        state.provider.register(id.into(), vec![callback]);
        drop(state);
        self
    }

    /// Adds a user. The first one replaces the three default users.
    pub fn user(self, user: impl Into<FakeUser>) -> Self {
        self.shared.state().add_user(user.into());
        self
    }

    /// Adds a role and describes its rights.
    pub fn role(self, name: &str, describe: impl FnOnce(FakeRole) -> FakeRole) -> Self {
        describe(FakeRole::new(self.shared.clone(), name));
        self
    }

    /// Describes a rendering.
    pub fn rendering(self, id: u64, describe: impl FnOnce(FakeRendering) -> FakeRendering) -> Self {
        describe(FakeRendering::new(self.shared.clone(), id));
        self
    }

    /// Makes this a development environment, in which no permissions apply. Default: `false`.
    pub fn development(self, is_development: bool) -> Self {
        self.shared.state().is_development = is_development;
        self
    }

    /// Logs this user in without showing the page on which a user is picked.
    pub fn login_as(self, user: u64) -> Self {
        self.shared.state().provider.login_as = Some(user);
        self
    }

    /// Sends an event to the agents for every change. Default: `false`, only explicit pushes.
    pub fn push_events(self, are_pushed: bool) -> Self {
        self.shared.state().push_events = are_pushed;
        self
    }

    /// Sets the lifetime of signed approval requests. Default: they do not expire.
    pub fn approval_lifetime(self, lifetime: Duration) -> Self {
        self.shared.state().approval_lifetime = Some(lifetime);
        self
    }

    /// Sets the time limit of [`wait_for`](FakeForest::wait_for). Default: 10 seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub async fn start(self) -> Result<FakeForest, FakeForestError> {
        let has_users = !self.shared.state().users.is_empty();
        if !has_users {
            let mut state = self.shared.state();
            default_users().into_iter().for_each(|user| state.add_user(user));
            drop(state);
            FakeRole::new(self.shared.clone(), "Admin").may_do_everything();
        }
        let fake = FakeForest(Arc::new(Running {
            shared: self.shared,
            patience: self.patience,
            port: OnceLock::new(),
            server: Mutex::new(None),
        }));
        fake.listen(self.port).await?;
        Ok(fake)
    }
}

fn default_users() -> [FakeUser; 3] {
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

/// Start and stop.
impl FakeForest {
    /// Starts a server with three users: Ada (1, role `Admin`, may do everything), Sam (2, role `Support`) and Olga (3, role
    /// `Operations`), the last two without rights.
    ///
    /// # Errors
    /// No port can be listened on.
    pub async fn start() -> Result<Self, FakeForestError> {
        Self::builder().start().await
    }

    /// A builder for a server with other users, roles and settings.
    pub fn builder() -> FakeForestBuilder {
        FakeForestBuilder {
            shared: Arc::new(Shared::new(State::new())),
            port: 0,
            patience: Duration::from_secs(10),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    async fn listen(&self, port: u16) -> Result<(), FakeForestError> {
        let listen = |source| FakeForestError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        self.0.shared.set_base_url(format!("http://127.0.0.1:{port}"));
        let server = Server::spawn(listener, self.0.shared.clone(), port).await?;
        // a restart uses the port of the first start
        let _ = self.0.port.set(port);
        *lock(&self.0.server) = Some(server);
        Ok(())
    }

    /// Stops listening and keeps the state: connections are refused until [`go_online`](Self::go_online).
    pub async fn go_offline(&self) {
        let server = lock(&self.0.server).take();
        if let Some(server) = server {
            server.handle.stop(false).await;
            // an error also means that the thread has ended
            let _ = server.ended.await;
        }
    }

    /// Listens again, at the same address and with the same state.
    ///
    /// # Errors
    /// Another program has taken the port.
    pub async fn go_online(&self) -> Result<(), FakeForestError> {
        if lock(&self.0.server).is_some() {
            return Ok(());
        }
        self.listen(self.0.port.get().copied().unwrap_or_default()).await
    }

    /// Waits until `check` returns a value, or the patience of this server ends.
    ///
    /// The wait runs on the thread of the server, so that a test with a paused clock does not skip it.
    pub(super) async fn until<T: Send + 'static>(
        &self,
        expected: String,
        check: impl Fn(&Shared) -> Option<T> + Send + Sync + 'static,
        seen: impl FnOnce(&Shared) -> String,
    ) -> Result<T, FakeForestError> {
        let runtime = lock(&self.0.server).as_ref().map(|server| server.runtime.clone());
        let runtime = runtime.ok_or(FakeForestError::Stopped)?;
        let (shared, patience) = (self.0.shared.clone(), self.0.patience);
        let wait = async move {
            let came_true = async {
                loop {
                    // registers before the check, so that no change is missed in between
                    let mut changed = std::pin::pin!(shared.changed.notified());
                    changed.as_mut().enable();
                    if let Some(found) = check(&shared) {
                        return found;
                    }
                    changed.await;
                }
            };
            tokio::time::timeout(patience, came_true).await
        };
        match runtime.spawn(wait).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(_)) => Err(FakeForestError::Timeout {
                seconds: patience.as_secs(),
                expected,
                seen: seen(&self.0.shared),
            }),
            Err(_) => Err(FakeForestError::Stopped),
        }
    }
}

impl Server {
    async fn spawn(listener: TcpListener, shared: Arc<Shared>, port: u16) -> Result<Self, FakeForestError> {
        let failed = |source| FakeForestError::Listen { port, source };
        let (started, is_started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(format!("fake-forest-{port}"));
        thread
            .spawn(move || {
                actix_web::rt::System::new().block_on(run(listener, shared, started));
                // the receiver may be gone
                let _ = end.send(());
            })
            .map_err(failed)?;
        match is_started.await {
            Ok(Ok((handle, runtime))) => Ok(Self { handle, runtime, ended }),
            Ok(Err(source)) => Err(failed(source)),
            Err(_) => Err(FakeForestError::Stopped),
        }
    }
}

type Started = oneshot::Sender<io::Result<(ServerHandle, Handle)>>;

async fn run(listener: TcpListener, shared: Arc<Shared>, started: Started) {
    let shared = web::Data::from(shared);
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(serve)))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        // longer than any client pools a connection
        .keep_alive(Duration::from_secs(75))
        // notices at once that a client went away, even during an event stream
        .h1_allow_half_closed(false)
        .listen(listener);
    match server {
        Ok(server) => {
            let server = server.run();
            let is_awaited = started.send(Ok((server.handle(), Handle::current()))).is_ok();
            // a test that was cancelled during the start needs no server
            if is_awaited && let Err(error) = server.await {
                tracing::error!(error = %error, "the fake Forest server stopped");
            }
        }
        Err(error) => {
            let _ = started.send(Err(error));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(server) = lock(&self.server).take() {
            // the stop signal is sent by the call; the future only waits for the end
            drop(server.handle.stop(false));
        }
    }
}

impl fmt::Debug for FakeForest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FakeForest").field(&self.0.shared.base_url()).finish()
    }
}
