//! What all logins of the program share: secrets, the address of the callback, and what is remembered of the Forest server.
//!
//! Owns the set-up, which is made by the first login that needs it and made again after a failure (AUT-02, AUT-08). It
//! belongs to one environment secret and one callback address, both fixed when it is built, and lives in
//! memory only; another process, or the same program under another secret, begins with nothing. Built by the start;
//! the steps read it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::client::{OidcClient, register};
use super::discovery::Provider;
use super::problem::Problem;
use super::redact::Secrets;
use super::set_up_once::SetUpOnce;
use super::state::{Begun, LoginStart, StateKey};
use crate::config::Config;
use crate::error::Error;
use crate::request::TokenKeys;
use crate::response::ActionError;
use crate::server::ServerClient;

/// How many steps wait for the Forest server at the same time. Anybody may start a login, so there is an end.
const ROOM: usize = 64;
/// How long somebody waits to be one of them.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest client id: it travels in addresses, twice.
pub(super) const LONGEST_CLIENT_ID: usize = 2048;
/// The agent's place below its address.
const CALLBACK: [&str; 3] = ["forest", "authentication", "callback"];

/// The login of a connected program. One for all workers.
pub(crate) struct Login {
    pub(super) server: Arc<ServerClient>,
    pub(super) env_secret: SecretString,
    pub(super) tokens: TokenKeys,
    pub(super) states: StateKey,
    callback: String,
    fixed_client: Option<Arc<OidcClient>>,
    provider: SetUpOnce<Provider>,
    client: SetUpOnce<OidcClient>,
    room: Semaphore,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// The login of this program, which talks to the Forest server through `server`; none in local mode. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Config`] for an address to which nobody can be sent back, or a client id that cannot be one.
    pub(crate) fn new(config: &Config, server: Arc<ServerClient>) -> Result<Option<Self>, Error> {
        let Some(env_secret) = config.env_secret.clone().filter(|_| !config.is_local()) else {
            return Ok(None);
        };
        let callback = callback_url(&config.application_url)?;
        let fixed_client = match &config.client_id {
            Some(id) if !is_client_id(id) => {
                return Err(Error::Config(
                    "FOREST_CLIENT_ID is no client id: it has visible ASCII characters, at most 2048 of them"
                        .to_owned(),
                ));
            }
            Some(id) => Some(Arc::new(OidcClient {
                id: id.clone(),
                redirect_uri: Some(callback.clone()),
            })),
            None => None,
        };
        let auth_secret = config.auth_secret.expose_secret();
        Ok(Some(Self {
            tokens: TokenKeys::new(auth_secret.as_bytes()),
            states: StateKey::new(auth_secret.as_bytes(), env_secret.expose_secret())?,
            env_secret,
            callback,
            fixed_client,
            provider: SetUpOnce::new("login provider", server.upstream().clone()),
            client: SetUpOnce::new("login client", server.upstream().clone()),
            room: Semaphore::new(ROOM),
            server,
        }))
    }

    /// The address to which people are sent back.
    pub(crate) fn callback(&self) -> &str {
        &self.callback
    }

    /// Prepares the first login, so that it need not wait. A failure is a warning: the first login tries again (AUT-08).
    pub(crate) async fn warm_up(&self) {
        let ready = async {
            let provider = self.provider().await?;
            self.client(&provider).await
        };
        match ready.await {
            Ok(_) => tracing::debug!("the login is set up"),
            Err(problem) => tracing::warn!(
                cause = problem.cause(),
                hint = problem.hint(),
                "the login could not be set up; the next login tries again"
            ),
        }
    }

    /// A place among the steps that wait for the Forest server.
    ///
    /// # Errors
    /// 429 when none gets free in time.
    pub(super) async fn enter(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let entered = tokio::time::timeout(PATIENCE, self.room.acquire()).await;
        entered.ok().and_then(Result::ok).ok_or_else(|| {
            let refusal = ActionError::too_many_requests("Too many people are logging in at once. Please try again.");
            Problem::refused(refusal.header("retry-after", "2"))
        })
    }

    /// What the Forest server says of its provider.
    pub(super) async fn provider(&self) -> Result<Arc<Provider>, Problem> {
        let server = Arc::clone(&self.server);
        self.provider
            .get(move || async move { Provider::discover(&server).await })
            .await
    }

    /// The client of this program: the fixed one, or one that is registered now.
    pub(super) async fn client(&self, provider: &Arc<Provider>) -> Result<Arc<OidcClient>, Problem> {
        if let Some(client) = &self.fixed_client {
            return Ok(Arc::clone(client));
        }
        let (server, secret) = (Arc::clone(&self.server), self.env_secret.clone());
        let (provider_used, callback) = (Arc::clone(provider), self.callback.clone());
        let fetched = self
            .client
            .get(move || async move { register(&server, &provider_used, &secret, &callback).await })
            .await;
        if fetched.is_err() {
            // what it was registered with may be out of date
            self.provider.forget(provider).await;
        }
        fetched
    }

    /// Drops what a failed login was made with, so that the next one begins from nothing (AUT-02). The client is dropped if
    /// it is this instance's; another instance drops its own.
    pub(super) async fn forget(&self, provider: &Arc<Provider>, client_id: &str) {
        self.provider.forget(provider).await;
        if let Some(client) = self.client.current().await.filter(|client| client.id == client_id) {
            self.client.forget(&client).await;
        }
    }

    /// What a login was started with: as its state says, or else as this instance would start one now.
    pub(super) async fn start_of(&self, provider: &Arc<Provider>, begun: Begun) -> Result<LoginStart, Problem> {
        match begun {
            Begun::Proven(start) => Ok(start),
            Begun::Bare { rendering_id } => {
                let client = self.client(provider).await?;
                Ok(LoginStart {
                    rendering_id,
                    client_id: client.id.clone(),
                    redirect_uri: client.redirect_uri.clone(),
                })
            }
        }
    }

    /// Drops the client of a login that came back with an error that blames it (AUT-02).
    ///
    /// Anybody can come back like that. What it costs is a registration, of which there is one a second at most; logins that
    /// are under way go on, as they carry their client, and those that begin wait for the new one.
    pub(super) async fn doubt(&self, begun: &Begun) {
        let is_it = |client: &OidcClient| match begun {
            Begun::Proven(start) => client.id == start.client_id,
            Begun::Bare { .. } => true,
        };
        if let Some(client) = self.client.current().await.filter(|client| is_it(client)) {
            self.client.forget(&client).await;
        }
    }

    /// Runs `quote` with what must not be repeated: the environment's secret, and these.
    pub(super) fn secrets<T>(&self, more: &[&str], quote: impl FnOnce(Secrets<'_>) -> T) -> T {
        let all: Vec<&str> = std::iter::once(self.env_secret.expose_secret())
            .chain(more.iter().copied())
            .collect();
        quote(Secrets(&all))
    }
}

/// Whether this can travel as a client id.
pub(super) fn is_client_id(id: &str) -> bool {
    (1..=LONGEST_CLIENT_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Where the provider sends people back to: below the program's address, with its prefix once and `/forest` once
/// (AUT-03). An address that ends in `/forest` already is taken for the agent's own.
fn callback_url(application_url: &str) -> Result<String, Error> {
    let refused = |text: &str| Error::Config(format!("APPLICATION_URL: {text}"));
    let mut url = Url::parse(application_url.trim()).map_err(|_| refused("that is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refused("an absolute http or https URL is needed"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("it is sent to browsers: leave user and password out"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it cannot have a query or a fragment"));
    }
    // the parser has resolved `.` and `..`; what is left of repeated slashes is one each
    let mut prefix: Vec<String> = url
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect();
    if prefix.last().is_some_and(|last| last == "forest") {
        prefix.pop();
    }
    let path: Vec<&str> = prefix.iter().map(String::as_str).chain(CALLBACK).collect();
    // the segments are encoded already
    url.set_path(&path.join("/"));
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aut_03_the_callback_has_the_prefix_and_the_mount_exactly_once() {
        for (address, expected) in [
            ("https://a.example", "https://a.example/forest/authentication/callback"),
            ("https://a.example/", "https://a.example/forest/authentication/callback"),
            (
                " https://a.example:8443// ",
                "https://a.example:8443/forest/authentication/callback",
            ),
            (
                "http://localhost:3310",
                "http://localhost:3310/forest/authentication/callback",
            ),
            (
                "https://a.example/api",
                "https://a.example/api/forest/authentication/callback",
            ),
            (
                "https://a.example/api/",
                "https://a.example/api/forest/authentication/callback",
            ),
            (
                "https://a.example//api//v1/",
                "https://a.example/api/v1/forest/authentication/callback",
            ),
            (
                "https://a.example/x/../api",
                "https://a.example/api/forest/authentication/callback",
            ),
            (
                "https://a.example/forest",
                "https://a.example/forest/authentication/callback",
            ),
            (
                "https://a.example/api/forest/",
                "https://a.example/api/forest/authentication/callback",
            ),
            (
                "https://a.example/forest/forest",
                "https://a.example/forest/forest/authentication/callback",
            ),
            (
                "https://a.example/rain-forest",
                "https://a.example/rain-forest/forest/authentication/callback",
            ),
            (
                "https://a.example/a%2Fb/é",
                "https://a.example/a%2Fb/%C3%A9/forest/authentication/callback",
            ),
            (
                "https://[::1]:3310",
                "https://[::1]:3310/forest/authentication/callback",
            ),
            (
                "https://bücher.example",
                "https://xn--bcher-kva.example/forest/authentication/callback",
            ),
        ] {
            assert_eq!(callback_url(address).unwrap(), expected, "{address}");
        }
    }

    #[test]
    fn an_address_that_no_browser_can_be_sent_to_is_refused() {
        for address in [
            "",
            "a.example",
            "ftp://a.example",
            "https://user:password@a.example",
            "https://a.example?x=1",
            "https://a.example/#x",
            "javascript:alert(1)",
        ] {
            let text = callback_url(address).unwrap_err().to_string();
            assert!(
                text.contains("APPLICATION_URL") && !text.contains("password@"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_client_id_is_visible_ascii() {
        assert!(is_client_id("client-1") && is_client_id(&"e".repeat(LONGEST_CLIENT_ID)));
        for bad in ["", "a b", "é", "a\n", &"e".repeat(LONGEST_CLIENT_ID + 1)] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }
}
