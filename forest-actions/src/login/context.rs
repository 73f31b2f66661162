//! The state that all logins share: secrets, the callback address, and the cached provider and client.
//!
//! The caches belong to one environment secret and one callback address, and live in memory only; a program with another secret
//! begins without them (AUT-02).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::CoreJsonWebKeySet;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::problem::{LoginRefusal, Problem, Secrets};
use super::provider::{OidcClient, Provider, register};
use super::state::{LoginStart, LoginState, StateKey};
use crate::config::Config;
use crate::error::Error;
use crate::request::TokenKeys;
use crate::server::{
    CacheOptions, Cached, FetchError, Freshness, Lifetime, RateLimit, Reading, ServerClient, ServerFailure,
};

/// Maximum number of callbacks that wait for the Forest server at the same time.
const MAX_CALLBACKS: usize = 64;
const SLOT_TIMEOUT: Duration = Duration::from_secs(2);
/// Lifetime of the provider, its keys and the client. A server that forgets a client tells the browser and not the agent, so
/// nothing else would replace it.
const SETUP_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Maximum length of a client id, which is a part of two addresses.
pub(super) const MAX_CLIENT_ID: usize = 2048;
const CALLBACK: [&str; 3] = ["forest", "authentication", "callback"];

/// The login of a connected program. One for all workers.
pub(crate) struct Login {
    pub(super) server: Arc<ServerClient>,
    pub(super) env_secret: SecretString,
    pub(super) tokens: TokenKeys,
    pub(super) states: StateKey,
    callback: String,
    fixed_client: Option<OidcClient>,
    provider: Cached<Provider, Problem>,
    keys: Cached<CoreJsonWebKeySet, ServerFailure>,
    client: Cached<OidcClient, Problem>,
    slots: Semaphore,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// The login of this program, or `None` in local mode. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Setting`] for an application URL that browsers cannot be sent back to, or an invalid client id.
    pub(crate) fn new(config: &Config, server: Arc<ServerClient>) -> Result<Option<Self>, Error> {
        let Some(env_secret) = config.env_secret.clone().filter(|_| !config.is_local()) else {
            return Ok(None);
        };
        let callback = callback_url(&config.application_url)?;
        let fixed_client = match &config.client_id {
            Some(id) if !is_client_id(id) => {
                return Err(Error::setting(
                    "FOREST_CLIENT_ID",
                    "is not a client id: it has visible ASCII characters, at most 2048 of them",
                ));
            }
            Some(id) => Some(OidcClient {
                id: id.clone(),
                redirect_uri: Some(callback.clone()),
            }),
            None => None,
        };
        let auth_secret = config.auth_secret.expose_secret();
        let options = |name| CacheOptions {
            name,
            lifetime: Arc::new(Lifetime::new(SETUP_LIFETIME)),
            limit: RateLimit::DEFAULT,
            runtime: server.runtime().clone(),
        };
        Ok(Some(Self {
            tokens: TokenKeys::new(auth_secret.as_bytes()),
            states: StateKey::new(auth_secret.as_bytes(), env_secret.expose_secret())?,
            env_secret,
            callback,
            fixed_client,
            provider: Cached::new(options("login provider")),
            keys: Cached::new(options("login keys")),
            client: Cached::new(options("login client")),
            slots: Semaphore::new(MAX_CALLBACKS),
            server,
        }))
    }

    /// The address that browsers are sent back to.
    pub(crate) fn callback(&self) -> &str {
        &self.callback
    }

    /// Prepares the first login. A failure is a warning, since the first login tries again (AUT-08).
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

    /// Takes a slot among the callbacks that wait for the Forest server.
    ///
    /// # Errors
    /// 429 when none becomes free in time.
    pub(super) async fn acquire_slot(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let acquired = tokio::time::timeout(SLOT_TIMEOUT, self.slots.acquire()).await;
        acquired
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| LoginRefusal::TooManyLogins.into())
    }

    pub(super) async fn provider(&self) -> Result<Reading<Provider>, Problem> {
        let server = Arc::clone(&self.server);
        self.provider
            .get(Freshness::Cached, async move { Provider::discover(&server).await })
            .await
    }

    /// Returns the provider's signing keys in memory.
    pub(super) fn known_keys(&self) -> Option<Reading<CoreJsonWebKeySet>> {
        self.keys.peek()
    }

    /// Returns signing keys that are newer than `seen`.
    pub(super) async fn newer_keys(
        &self,
        provider: &Reading<Provider>,
        seen: Option<Reading<CoreJsonWebKeySet>>,
    ) -> Result<Reading<CoreJsonWebKeySet>, ServerFailure> {
        let freshness = seen.map_or(Freshness::Cached, |keys| Freshness::After(keys.token()));
        let (server, provider) = (Arc::clone(&self.server), Arc::clone(provider.value()));
        self.keys
            .get(freshness, async move { provider.fetch_keys(&server).await })
            .await
    }

    /// Returns the configured client, or the one that is registered with the provider.
    pub(super) async fn client(&self, provider: &Reading<Provider>) -> Result<OidcClient, Problem> {
        if let Some(client) = &self.fixed_client {
            return Ok(client.clone());
        }
        let (server, secret) = (Arc::clone(&self.server), self.env_secret.clone());
        let (used, callback) = (Arc::clone(provider.value()), self.callback.clone());
        let register = async move { register(&server, &used, &secret, &callback).await };
        match self.client.get(Freshness::Cached, register).await {
            Ok(client) => Ok(OidcClient::clone(&client)),
            Err(problem) => {
                self.invalidate_provider(provider);
                Err(problem)
            }
        }
    }

    /// Drops the provider and the client of a failed login, so that the next one starts from discovery (AUT-02). A client of
    /// another instance is dropped there.
    pub(super) fn invalidate(&self, provider: &Reading<Provider>, client_id: &str) {
        self.invalidate_provider(provider);
        if let Some(client) = self.client.peek().filter(|client| client.id == client_id) {
            self.client.invalidate_if(client.token());
        }
    }

    fn invalidate_provider(&self, provider: &Reading<Provider>) {
        self.provider.invalidate_if(provider.token());
        self.keys.invalidate();
    }

    /// Returns the start of a login: from its state, or as this instance would start it now.
    pub(super) async fn start_of(
        &self,
        provider: &Reading<Provider>,
        state: LoginState,
    ) -> Result<LoginStart, Problem> {
        match state {
            LoginState::Proven(start) => Ok(start),
            LoginState::Bare { rendering_id } => {
                let client = self.client(provider).await?;
                Ok(LoginStart {
                    rendering_id,
                    client_id: client.id,
                    redirect_uri: client.redirect_uri,
                })
            }
        }
    }

    /// Drops the client of a login that came back with an error about the client (AUT-02).
    ///
    /// Any visitor can send such a request. It costs one registration, which the rate limit bounds; running logins carry their
    /// client in their state and go on.
    pub(super) fn invalidate_if_stale(&self, state: &LoginState) {
        let is_used = |client: &OidcClient| match state {
            LoginState::Proven(start) => client.id == start.client_id,
            LoginState::Bare { .. } => true,
        };
        if let Some(client) = self.client.peek().filter(|client| is_used(client)) {
            self.client.invalidate_if(client.token());
        }
    }

    /// The texts that must not be repeated: the environment secret and `more`.
    pub(super) fn secrets<'a>(&'a self, more: impl IntoIterator<Item = &'a str>) -> Secrets<'a> {
        let own = std::iter::once(self.env_secret.expose_secret());
        Secrets(own.chain(more).collect())
    }
}

impl FetchError for Problem {
    fn interrupted(name: &'static str, error: &tokio::task::JoinError) -> Self {
        Self::internal(format!("{name}: {error}"))
    }
}

/// Returns `true` for 1 to [`MAX_CLIENT_ID`] visible ASCII characters.
pub(super) fn is_client_id(id: &str) -> bool {
    (1..=MAX_CLIENT_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The address of the callback: the application URL with its path prefix and `/forest` once each (AUT-03). An application URL
/// that ends in `/forest` is taken for the agent's own address.
fn callback_url(application_url: &str) -> Result<String, Error> {
    let refused = |problem: &str| Error::setting("APPLICATION_URL", problem);
    let mut url = Url::parse(application_url.trim()).map_err(|_| refused("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refused("must be an absolute http or https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "has a user or a password, and is sent to browsers: leave them out",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("cannot have a query or a fragment"));
    }
    // the parser has resolved `.` and `..`; repeated slashes remain
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
    fn aut_03_the_callback_contains_prefix_and_mount_once() {
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
    fn an_unusable_application_url_is_refused() {
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
        assert!(is_client_id("client-1") && is_client_id(&"e".repeat(MAX_CLIENT_ID)));
        for bad in ["", "a b", "é", "a\n", &"e".repeat(MAX_CLIENT_ID + 1)] {
            assert!(!is_client_id(bad), "{bad}");
        }
    }
}
