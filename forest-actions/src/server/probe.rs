//! Questions that a diagnosis asks, each once and past every cache: what the Forest server answers now, how long it takes,
//! what time it has, and what answers at the program's own address.
//!
//! Owns the asking and the bounds of it. Nothing is kept and nothing is changed, here or there. What an answer means for
//! the program is the business of `doctor`, the only caller.

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

/// What a question to the Forest server gave.
#[derive(Debug)]
pub(crate) struct Probe<T> {
    /// The facts, or why there are none.
    pub(crate) outcome: Result<T, ServerFailure>,
    /// How long it took, to the last byte.
    pub(crate) took: Duration,
    /// How far the server's clock is ahead of this machine's, as far as its answer tells.
    pub(crate) clock: Option<TimeDelta>,
}

/// Asks for the rights of the environment. An error of the server tells its time as well.
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

/// Asks for the users of the project.
///
/// # Errors
/// [`ServerFailure`] when they cannot be read now.
pub(crate) async fn probe_users(client: &ServerClient) -> Result<Users, ServerFailure> {
    permissions::users(client).await
}

/// Asks whether the server has the schema with this hash. In the time of an ordinary call, unlike before a publication.
///
/// # Errors
/// [`ServerFailure`] when it does not tell.
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

/// The `Date` of an answer.
fn date_of(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// How far a clock is ahead that said `date` somewhere between `asked` and `answered`; behind when it is negative. A date
/// has no fractions of a second, so it may stand for any moment of its second.
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

/// What answers at the program's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnAddress {
    /// An agent.
    Agent,
    /// Something else, with this status.
    Other(u16),
    /// Nothing, for this reason.
    Nothing(String),
}

/// What a pre-flight of the vendor's UI got, as far as browsers look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preflight {
    pub(crate) status: u16,
    /// Every value of `Access-Control-Allow-Origin`: two are as bad as none.
    pub(crate) origins: Vec<String>,
    pub(crate) credentials: bool,
    /// The lower-case entries of `Access-Control-Allow-Methods`.
    pub(crate) methods: Vec<String>,
    /// The lower-case entries of `Access-Control-Allow-Headers`.
    pub(crate) headers: Vec<String>,
}

/// The page that browsers show the back office from.
pub(crate) const UI: &str = "https://app.forestadmin.com";

/// Asks at the program's own address, `<prefix>/forest`, the way a browser does: without any secret, and without
/// following redirects. The pre-flight is only sent where an agent answers.
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

/// Another client than the Forest server's: it has no secret to lose, and another idea of which proxy to use.
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
    const MOST: usize = 4 * 1024;
    let failed = |error: &reqwest::Error| ServerFailure::of_client(OWN, mount, error);
    let response = client.get(mount.clone()).send().await.map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Ok(OwnAddress::Other(status));
    }
    // a page that is longer than the agent's words is something else
    let body = super::client::read(OWN, mount, response, MOST)
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
