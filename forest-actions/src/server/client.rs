//! The HTTP client for the Forest server, with timeouts and size limits. Redirects are not followed, since the secret would
//! travel along.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::cached::FetchError as _;
use super::failure::{FailureKind, ServerFailure};
use super::runtime::Runtime;
use crate::error::Error;
use crate::setting::server_url;

/// Maximum size of a regular response body.
pub(super) const SMALL: usize = 1024 * 1024;
/// Maximum size of permissions: thousands of users, actions times roles.
pub(super) const LARGE: usize = 32 * 1024 * 1024;
/// Maximum size of an error response.
const ERROR_LIMIT: usize = 64 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(crate) struct ClientOptions {
    /// The address of the server; may have a path.
    pub(crate) base_url: String,
    pub(crate) env_secret: SecretString,
    /// Timeout of a regular call, from connecting to the last byte (SCH-09).
    pub(crate) request_timeout: Duration,
    /// Timeout of a call of the schema upload.
    pub(crate) schema_timeout: Duration,
    /// The runtime of the calls.
    pub(crate) runtime: Runtime,
}

/// One client for the whole program, shared by all workers.
pub(crate) struct ServerClient {
    http: reqwest::Client,
    base: Url,
    secret: HeaderValue,
    request_timeout: Duration,
    pub(super) schema_timeout: Duration,
    runtime: Runtime,
}

impl fmt::Debug for ServerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerClient")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// A call with the secret.
pub(super) struct Call<'a> {
    /// For the log.
    pub(super) name: &'static str,
    pub(super) method: Method,
    /// The path segments below the address, not encoded.
    pub(super) path: &'a [&'a str],
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    /// Maximum size of the response.
    pub(super) limit: usize,
    /// Overrides the regular timeout.
    pub(super) timeout: Option<Duration>,
}

/// A complete response of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl ServerClient {
    /// Checks the address and prepares the client. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Setting`] for an address with more than scheme, host, port and path, and a secret that is not a valid header;
    /// [`Error::ServerClient`] for a system without CA certificates.
    pub(crate) fn new(options: &ClientOptions) -> Result<Self, Error> {
        let refused = |problem: &str| Error::setting(server_url!(), problem);
        let base = Url::parse(options.base_url.trim()).map_err(|_| refused("is not a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(refused("must be an absolute http or https URL"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refused(
                "has a user or a password, which would appear in logs: leave them out",
            ));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refused("cannot have a query or a fragment"));
        }
        let mut secret = HeaderValue::from_str(options.env_secret.expose_secret())
            .map_err(|_| Error::setting("FOREST_ENV_SECRET", "cannot be sent as a header"))?;
        secret.set_sensitive(true);

        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("forest-actions/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(options.request_timeout))
            .tcp_keepalive(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .referer(false);
        if is_loopback(&base) {
            // a network proxy cannot reach this machine's loopback
            builder = builder.no_proxy();
        } else if base.scheme() == "http" {
            tracing::warn!(concat!(
                server_url!(),
                " is not HTTPS: the environment's secret travels unencrypted"
            ));
        }
        if base.scheme() == "http" {
            // without HTTPS, the CA certificates need not exist
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| Error::ServerClient {
            problem: "are the certificates of authorities installed (`ca-certificates`)?",
            cause: crate::response::chain_of(&error).into(),
        })?;
        Ok(Self {
            http,
            base,
            secret,
            request_timeout: options.request_timeout,
            schema_timeout: options.schema_timeout,
            runtime: options.runtime.clone(),
        })
    }

    /// The runtime of the calls, for work around them.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The address of an endpoint. Segments are encoded, so that none can change the path.
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // an http URL always has segments
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Starts a request without the secret, for [`Self::exchange`].
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// The header with the secret, for calls of the login that need it.
    pub(crate) fn secret_header(&self) -> (header::HeaderName, HeaderValue) {
        (SECRET, self.secret.clone())
    }

    /// Sends a request within the regular timeout and reads at most `limit` bytes of the response, which may have any status.
    ///
    /// # Errors
    /// [`ServerFailure`] without a complete response.
    pub(crate) async fn exchange(
        &self,
        name: &'static str,
        mut request: Request,
        limit: usize,
    ) -> Result<Answer, ServerFailure> {
        let url = request.url().clone();
        request.timeout_mut().get_or_insert(self.request_timeout);
        let http = self.http.clone();
        self.run(name, async move {
            let response = execute(name, &http, request).await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = read(name, &url, response, limit).await?;
            Ok(Answer { status, headers, body })
        })
        .await
    }

    /// Calls an endpoint.
    ///
    /// # Errors
    /// [`ServerFailure`] without a complete response, and for a status other than 2xx.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, ServerFailure> {
        let Call { name, limit, .. } = call;
        let url = self.url(call.path);
        let mut request = Request::new(call.method, url.clone());
        request.headers_mut().insert(SECRET, self.secret.clone());
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json.clone());
        *request.timeout_mut() = Some(call.timeout.unwrap_or(self.request_timeout));
        if let Some(body) = call.body {
            request.headers_mut().insert(header::CONTENT_TYPE, json);
            *request.body_mut() = Some(body.into());
        }
        let http = self.http.clone();
        self.run(name, async move {
            let response = execute(name, &http, request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if status.is_success() {
                let body = read(name, &url, response, limit).await?;
                return Ok(Answer {
                    status: status.as_u16(),
                    headers,
                    body,
                });
            }
            // the body only adds the reason
            let body = read(name, &url, response, ERROR_LIMIT).await.unwrap_or_default();
            Err(ServerFailure::status(name, status.as_u16(), &body))
        })
        .await
    }

    async fn run(
        &self,
        name: &'static str,
        exchange: impl Future<Output = Result<Answer, ServerFailure>> + Send + 'static,
    ) -> Result<Answer, ServerFailure> {
        self.runtime
            .spawn(exchange)
            .await
            .unwrap_or_else(|error| Err(ServerFailure::interrupted(name, &error)))
    }

    /// Opens the stream of events; returns after the headers. Without a timeout, since a stream has no end.
    ///
    /// # Errors
    /// [`ServerFailure`] without a connection, and for a status other than 200.
    pub(super) async fn open_events(&self, last_event_id: Option<&str>) -> Result<Response, ServerFailure> {
        const NAME: &str = "events";
        let url = self.url(&["liana", "v4", "subscribe-to-events"]);
        let mut request = self
            .http
            .get(url.clone())
            .header(SECRET, self.secret.clone())
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CACHE_CONTROL, "no-cache");
        if let Some(id) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            request = request.header("last-event-id", id);
        }
        let response = request
            .send()
            .await
            .map_err(|error| ServerFailure::of_client(NAME, &url, &error))?;
        let status = response.status().as_u16();
        if status != 200 {
            let body = tokio::time::timeout(self.request_timeout, read(NAME, &url, response, ERROR_LIMIT)).await;
            let body = body.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_default();
            return Err(ServerFailure::status(NAME, status, &body));
        }
        let is_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"));
        if !is_stream {
            return Err(ServerFailure::new(
                FailureKind::Malformed,
                NAME,
                "the response is not an event stream",
            ));
        }
        Ok(response)
    }
}

const SECRET: header::HeaderName = header::HeaderName::from_static("forest-secret-key");

async fn execute(name: &'static str, http: &reqwest::Client, request: Request) -> Result<Response, ServerFailure> {
    let url = request.url().clone();
    let response = http.execute(request).await;
    response.map_err(|error| ServerFailure::of_client(name, &url, &error))
}

/// Reads at most `limit` bytes of a body, counted on arrival, since the announced length may be missing or wrong.
pub(super) async fn read(
    name: &'static str,
    url: &Url,
    mut response: Response,
    limit: usize,
) -> Result<Vec<u8>, ServerFailure> {
    let too_large = || {
        ServerFailure::new(
            FailureKind::TooLarge,
            name,
            format!("the answer is larger than {limit} bytes"),
        )
    };
    if response
        .content_length()
        .is_some_and(|length| length > limit.try_into().unwrap_or(u64::MAX))
    {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| ServerFailure::of_client(name, url, &error))?
    {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
