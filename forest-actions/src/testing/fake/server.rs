//! The running server: a thread with an actix system of its own, so that it works under every runtime, answers while
//! a test blocks, and stays on the wall clock while a test pauses its own.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::builder::FakeForestBuilder;
use super::error::FakeForestError;
use super::serve::serve;
use super::shared::{Shared, lock};

/// A Forest server on this machine that a test controls: the login, permissions, approvals, schema, IP rules and events
/// of a project that exists only in memory.
///
/// It listens on 127.0.0.1 only and is stopped when the last clone of it is dropped. Point an agent at it with its
/// [`url`](Self::url) and [`env_secret`](Self::env_secret), change the project with the methods, and look at what the agent sent.
/// Nothing is allowed that was not given: a role that is not told otherwise may do nothing.
///
/// A person can look at it too: its address shows a page with the users, the rights and the approvals, to be changed
/// by hand.
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
/// // what the agent under test is configured with
/// let _settings = (fake.url(), fake.env_secret(), fake.auth_secret());
/// // what the browser of user 7 sends it
/// let _session = fake.user_token(7).sign();
///
/// // while it runs: another right, told to the agent at once, and an outage
/// fake.grant("Support", "customers", "Charge credit card").push();
/// fake.fault("GET /liana/v4/permissions/environment", Fault::Status(503));
///
/// assert_eq!(fake.count("GET /liana/v4/permissions/environment"), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeForest(pub(super) Arc<Running>);

/// The server and what it shares with its handles.
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    patience: Duration,
    port: OnceLock<u16>,
    server: Mutex<Option<Server>>,
}

/// The thread that serves.
struct Server {
    handle: ServerHandle,
    runtime: Handle,
    ended: oneshot::Receiver<()>,
}

impl FakeForest {
    /// A server with three people and no rights but those of the first: Ada (1, role `Admin`, may do everything), Sam (2, role
    /// `Support`) and Olga (3, role `Operations`).
    ///
    /// # Errors
    /// No port can be listened on.
    pub async fn start() -> Result<Self, FakeForestError> {
        Self::builder().start().await
    }

    /// A server to be described first.
    pub fn builder() -> FakeForestBuilder {
        FakeForestBuilder::new()
    }

    pub(super) async fn launch(shared: Arc<Shared>, port: u16, patience: Duration) -> Result<Self, FakeForestError> {
        let fake = Self(Arc::new(Running {
            shared,
            patience,
            port: OnceLock::new(),
            server: Mutex::new(None),
        }));
        fake.listen(port).await?;
        Ok(fake)
    }

    async fn listen(&self, port: u16) -> Result<(), FakeForestError> {
        let listen = |source| FakeForestError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        self.0.shared.set_base_url(format!("http://127.0.0.1:{port}"));
        let server = Server::spawn(listener, self.0.shared.clone(), port).await?;
        // it starts again on the port of the first time
        let _ = self.0.port.set(port);
        *lock(&self.0.server) = Some(server);
        Ok(())
    }

    /// Stops listening, and keeps everything else: connections are refused until [`go_online`](Self::go_online).
    pub async fn go_offline(&self) {
        let server = lock(&self.0.server).take();
        if let Some(server) = server {
            server.handle.stop(false).await;
            // an error says that the thread is gone, too
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

    /// Waits for something to come true, for as long as this server is told to be patient.
    ///
    /// The wait happens on the server's own thread, so that a test with a paused clock does not skip it.
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
                    // listening starts before looking, so that nothing falls in between
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
                // nobody may be waiting
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

type Started = oneshot::Sender<std::io::Result<(ServerHandle, Handle)>>;

async fn run(listener: TcpListener, shared: Arc<Shared>, started: Started) {
    let shared = web::Data::from(shared);
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(serve)))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        // a pooled connection of a client is not closed under its hands
        .keep_alive(Duration::from_secs(75))
        // a client that goes away is noticed at once, also while it is answered by an event stream
        .h1_allow_half_closed(false)
        .listen(listener);
    match server {
        Ok(server) => {
            let server = server.run();
            let is_awaited = started.send(Ok((server.handle(), Handle::current()))).is_ok();
            // a test that was cancelled during the start wants no server
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
            // told at once; the answer is not waited for
            drop(server.handle.stop(false));
        }
    }
}

impl fmt::Debug for FakeForest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FakeForest").field(&self.0.shared.base_url()).finish()
    }
}
