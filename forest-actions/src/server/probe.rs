//! Calls of the doctor, which bypass the caches and change nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use tokio::time::Instant;
use url::Url;

use super::client::{LARGE, SMALL, ServerClient};
use super::facts;
use super::failure::{FailureKind, ServerFailure};
use super::permissions;
use super::schema_upload::must_be_sent;
use crate::decide::facts::{EnvironmentPermissions, Users};

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Probe<T> {
    pub(crate) outcome: Result<T, ServerFailure>,
    /// Duration until the last byte.
    pub(crate) took: Duration,
    /// The lead of the server's clock over this machine's, if the response has a date.
    pub(crate) clock: Option<TimeDelta>,
}

/// Fetches the rights of the environment. An error response shows the server's clock as well.
pub(crate) async fn probe_environment(client: &ServerClient) -> Probe<EnvironmentPermissions> {
    const NAME: &str = "permissions of the environment";
    let url = client.url(&["liana", "v4", "permissions", "environment"]);
    let (name, secret) = client.secret_header();
    let request = client.request(Method::GET, url).header(name, secret);
    let (asked, began) = (Utc::now(), Instant::now());
    let answer = match exchange(client, NAME, request.header(header::ACCEPT, "application/json"), LARGE).await {
        Ok(answer) => answer,
        Err(failure) => {
            return Probe {
                outcome: Err(failure),
                took: began.elapsed(),
                clock: None,
            };
        }
    };
    let took = began.elapsed();
    let clock = date_of(&answer.headers).map(|date| ahead_by(date, asked, Utc::now()));
    let outcome = if answer.status == 200 {
        permissions::read(NAME, answer.body, facts::environment).await
    } else {
        Err(ServerFailure::status(NAME, answer.status, &answer.body))
    };
    Probe { outcome, took, clock }
}

/// Fetches the users of the project.
///
/// # Errors
/// [`ServerFailure`] when they cannot be read.
pub(crate) async fn probe_users(client: &ServerClient) -> Result<Users, ServerFailure> {
    permissions::users(client).await
}

/// Returns `true` if the server has the schema with this hash. Uses the regular timeout, unlike a publication.
///
/// # Errors
/// [`ServerFailure`] without a valid response.
pub(crate) async fn probe_schema(client: &ServerClient, hash: &str) -> Result<bool, ServerFailure> {
    const NAME: &str = "schema hash check";
    let (name, secret) = client.secret_header();
    let request = client
        .request(Method::POST, client.url(&["forest", "apimaps", "hashcheck"]))
        .header(name, secret)
        .header(header::CONTENT_TYPE, "application/json")
        .body(serde_json::json!({ "schemaFileHash": hash }).to_string());
    let answer = exchange(client, NAME, request, SMALL).await?;
    if answer.status != 200 {
        return Err(ServerFailure::status(NAME, answer.status, &answer.body));
    }
    let must_be_sent = must_be_sent(&answer.body).map_err(|problem| ServerFailure::malformed(NAME, &problem))?;
    Ok(!must_be_sent)
}

async fn exchange(
    client: &ServerClient,
    name: &'static str,
    request: RequestBuilder,
    limit: usize,
) -> Result<super::client::Answer, ServerFailure> {
    let request = request
        .build()
        .map_err(|error| ServerFailure::new(FailureKind::NotAsked, name, error.to_string()))?;
    client.exchange(name, request, limit).await
}

fn date_of(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// The lead of a clock that showed `date` between `asked` and `answered`; negative if it is behind. A `Date` header has no
/// fraction, so it stands for any moment of its second.
pub(super) fn ahead_by(date: DateTime<Utc>, asked: DateTime<Utc>, answered: DateTime<Utc>) -> TimeDelta {
    let until = date + TimeDelta::seconds(1);
    if date > answered {
        date - answered
    } else if until < asked {
        until - asked
    } else {
        TimeDelta::zero()
    }
}

/// The response at the program's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnAddress {
    Agent,
    /// Another server, with this status.
    Other(u16),
    /// No response, for this reason.
    Nothing(String),
}

/// The response to a CORS pre-flight of the vendor's UI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preflight {
    pub(crate) status: u16,
    /// All values of `Access-Control-Allow-Origin`; browsers require exactly one.
    pub(crate) origins: Vec<String>,
    pub(crate) credentials: bool,
    /// The lower-case entries of `Access-Control-Allow-Methods`.
    pub(crate) methods: Vec<String>,
    /// The lower-case entries of `Access-Control-Allow-Headers`.
    pub(crate) headers: Vec<String>,
}

/// The origin of the vendor's UI.
pub(crate) const UI: &str = "https://app.forestadmin.com";

/// Calls the program's own address, `<prefix>/forest`, like a browser: without a secret, and without following redirects. The
/// pre-flight is only sent if an agent responds.
pub(crate) async fn probe_own_address(mount: &Url, timeout: Duration) -> (OwnAddress, Option<Preflight>) {
    let client = match own_client(timeout) {
        Ok(client) => client,
        Err(error) => return (OwnAddress::Nothing(error.cause().to_owned()), None),
    };
    let own = match own_answer(&client, mount).await {
        Ok(own) => own,
        Err(failure) => return (OwnAddress::Nothing(failure.cause().to_owned()), None),
    };
    if own != OwnAddress::Agent {
        return (own, None);
    }
    (own, preflight(&client, mount).await.ok())
}

const OWN: &str = "own address";

/// A client without the secret and without a proxy.
fn own_client(timeout: Duration) -> Result<reqwest::Client, ServerFailure> {
    reqwest::Client::builder()
        .user_agent(concat!("forest-actions-doctor/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .no_proxy()
        .referer(false)
        .build()
        .map_err(|error| ServerFailure::new(FailureKind::NotAsked, OWN, crate::response::chain_of(&error)))
}

async fn own_answer(client: &reqwest::Client, mount: &Url) -> Result<OwnAddress, ServerFailure> {
    const MAX_BODY: usize = 4 * 1024;
    let failed = |error: &reqwest::Error| ServerFailure::of_client(OWN, mount, error);
    let response = client.get(mount.clone()).send().await.map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Ok(OwnAddress::Other(status));
    }
    // a longer body is not the agent's
    let body = super::client::read(OWN, mount, response, MAX_BODY)
        .await
        .unwrap_or_default();
    let is_agent = serde_json::from_slice::<serde_json::Value>(&body)
        .is_ok_and(|document| document.get("message").and_then(|text| text.as_str()) == Some("Agent is running"));
    Ok(if is_agent {
        OwnAddress::Agent
    } else {
        OwnAddress::Other(status)
    })
}

async fn preflight(client: &reqwest::Client, mount: &Url) -> Result<Preflight, ServerFailure> {
    let mut url = mount.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push("authentication");
    }
    let response = client
        .request(Method::OPTIONS, url)
        .header(header::ORIGIN, UI)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
        .send()
        .await
        .map_err(|error| ServerFailure::of_client(OWN, mount, &error))?;
    let headers = response.headers();
    Ok(Preflight {
        status: response.status().as_u16(),
        origins: texts(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN),
        credentials: headers
            .get(header::ACCESS_CONTROL_ALLOW_CREDENTIALS)
            .is_some_and(|value| value == HeaderValue::from_static("true")),
        methods: entries(headers, header::ACCESS_CONTROL_ALLOW_METHODS),
        headers: entries(headers, header::ACCESS_CONTROL_ALLOW_HEADERS),
    })
}

fn texts(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

fn entries(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let texts = texts(headers, name);
    let entries = texts.iter().flat_map(|text| text.split(','));
    entries.map(|entry| entry.trim().to_ascii_lowercase()).collect()
}
