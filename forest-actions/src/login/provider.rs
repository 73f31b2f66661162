//! The OpenID Connect provider, and the client of this program there: discovery, registration, signing keys (protocol:
//! authentication, calls to the Forest server).
//!
//! Responses are read leniently: an unused member may be missing or malformed.

use actix_web::http::StatusCode;
use openidconnect::core::CoreJsonWebKeySet;
use openidconnect::{AuthUrl, IssuerUrl, JsonWebKeySetUrl, RegistrationUrl, TokenUrl};
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::context::{MAX_CLIENT_ID, is_client_id};
use super::problem::{Problem, Secrets};
use crate::server::{FailureKind, ServerClient, ServerFailure};
use crate::setting::{UNKNOWN_SECRET_HINT, server_url};

/// Maximum size of a response of the provider.
pub(super) const MAX_RESPONSE: usize = 256 * 1024;
/// Maximum length of a redirect address.
const MAX_REDIRECT_URI: usize = 2048;
const DOCUMENT: [&str; 3] = ["oidc", ".well-known", "openid-configuration"];

/// The provider, as its discovery document describes it.
#[derive(Debug, PartialEq)]
pub(super) struct Provider {
    pub(super) issuer: IssuerUrl,
    pub(super) authorization: AuthUrl,
    pub(super) token: TokenUrl,
    registration: Option<RegistrationUrl>,
    keys_at: Option<JsonWebKeySetUrl>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    registration_endpoint: Option<String>,
    #[serde(default)]
    jwks_uri: Option<String>,
}

impl Provider {
    /// Fetches the discovery document with the environment secret.
    ///
    /// # Errors
    /// 403 when the Forest server does not know the secret (AUT-07), 500 without a usable response.
    pub(super) async fn discover(server: &ServerClient) -> Result<Self, Problem> {
        let (name, secret) = server.secret_header();
        let request = server
            .request(Method::GET, server.url(&DOCUMENT))
            .header(name, secret)
            .header(ACCEPT, "application/json")
            .build()
            .map_err(Problem::internal)?;
        let answer = server
            .exchange("login: discovery", request, MAX_RESPONSE)
            .await
            .map_err(|failure| Problem::outage(&failure))?;
        match answer.status {
            200 => Self::read(&answer.body, &server.url(&[])),
            404 => Err(Problem::errors(
                StatusCode::FORBIDDEN,
                "SecretNotFoundError",
                "Cannot retrieve the data from the Forest server. Can you check that you properly copied the Forest envSecret in the Liana initializer?",
                "discovery: status 404, the environment's secret is unknown",
            )
            .hinting(UNKNOWN_SECRET_HINT)),
            422 => Err(Problem::errors(
                StatusCode::FORBIDDEN,
                "InconsistentSecretAndRenderingError",
                "Cannot retrieve the project you're trying to unlock. The envSecret and renderingId seems to be missing or inconsistent.",
                "discovery: status 422, the environment's secret is not accepted",
            )
            .hinting(UNKNOWN_SECRET_HINT)),
            status => Err(Problem::server(&status_text(status), format!("discovery: status {status}"))),
        }
    }

    /// Reads the document that came from `base`. An endpoint is refused if it is not HTTPS although `base` is.
    fn read(body: &[u8], base: &Url) -> Result<Self, Problem> {
        let malformed =
            |cause: String| Problem::server("the discovery document is malformed", format!("discovery: {cause}"));
        let document: Document = serde_json::from_slice(body).map_err(|error| {
            // the text of the error may quote the document
            malformed(format!(
                "the document is not as expected (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let unusable = |name: &str| malformed(format!("`{name}` is not a usable address"));
        let endpoint = |name: &str, text: String| {
            if is_endpoint(&text, base) {
                Ok(text)
            } else {
                Err(unusable(name))
            }
        };
        let optional = |name: &str, text: Option<String>| text.map(|text| endpoint(name, text)).transpose();
        let authorization = endpoint("authorization_endpoint", document.authorization_endpoint)?;
        let token = endpoint("token_endpoint", document.token_endpoint)?;
        let registration = optional("registration_endpoint", document.registration_endpoint)?;
        let keys_at = optional("jwks_uri", document.jwks_uri)?;
        Ok(Self {
            issuer: IssuerUrl::new(document.issuer).map_err(|_| unusable("issuer"))?,
            authorization: AuthUrl::new(authorization).map_err(|_| unusable("authorization_endpoint"))?,
            token: TokenUrl::new(token).map_err(|_| unusable("token_endpoint"))?,
            registration: registration
                .map(RegistrationUrl::new)
                .transpose()
                .map_err(|_| unusable("registration_endpoint"))?,
            keys_at: keys_at
                .map(JsonWebKeySetUrl::new)
                .transpose()
                .map_err(|_| unusable("jwks_uri"))?,
        })
    }

    /// Returns the registration endpoint.
    ///
    /// # Errors
    /// 500 without an endpoint, or with one that is not on the Forest server, since a registration carries the environment secret.
    fn registration(&self, server: &ServerClient) -> Result<&RegistrationUrl, Problem> {
        const HINT: &str = "set FOREST_CLIENT_ID to a client that is registered beforehand";
        let Some(registration) = &self.registration else {
            let text = "the discovery document names no registration endpoint";
            return Err(Problem::server(text, text).hinting(HINT));
        };
        if registration.url().origin() != server.url(&[]).origin() {
            let text = "the registration endpoint is on another server than the discovery document";
            return Err(Problem::server(text, text).hinting(HINT));
        }
        Ok(registration)
    }

    /// Fetches the signing keys.
    pub(super) async fn fetch_keys(&self, server: &ServerClient) -> Result<CoreJsonWebKeySet, ServerFailure> {
        const NAME: &str = "login: keys";
        let Some(address) = &self.keys_at else {
            let cause = "the discovery document names no `jwks_uri`";
            return Err(ServerFailure::new(FailureKind::NotAsked, NAME, cause));
        };
        let request = server
            .request(Method::GET, address.url().clone())
            .header(ACCEPT, "application/json")
            .build()
            .map_err(|error| ServerFailure::new(FailureKind::NotAsked, NAME, error.to_string()))?;
        let answer = server.exchange(NAME, request, MAX_RESPONSE).await?;
        if answer.status != 200 {
            return Err(ServerFailure::status(NAME, answer.status, &[]));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| ServerFailure::new(FailureKind::Malformed, NAME, "the response is not a key set"))
    }
}

/// Returns `true` for a web address without user and password that is HTTPS if the document came over HTTPS.
fn is_endpoint(text: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && base.scheme() == "http");
    is_safe && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// An OpenID Connect client: registered by this program, or configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OidcClient {
    pub(super) id: String,
    /// The address that browsers are sent back to; `None` leaves the choice to the provider.
    pub(super) redirect_uri: Option<String>,
}

#[derive(Serialize)]
struct Registration<'a> {
    redirect_uris: [&'a str; 1],
    token_endpoint_auth_method: &'static str,
}

/// Registers a client with this callback address (protocol: authentication, registration).
///
/// # Errors
/// The provider's error as the reference agent answers it (403 or 400), or 500 without a usable response.
pub(super) async fn register(
    server: &ServerClient,
    provider: &Provider,
    env_secret: &SecretString,
    callback: &str,
) -> Result<OidcClient, Problem> {
    let env_secret = env_secret.expose_secret();
    let registration = Registration {
        redirect_uris: [callback],
        token_endpoint_auth_method: "none",
    };
    let mut bearer = HeaderValue::from_str(&format!("Bearer {env_secret}")).map_err(Problem::internal)?;
    bearer.set_sensitive(true);
    let request = server
        .request(Method::POST, provider.registration(server)?.url().clone())
        .header(AUTHORIZATION, bearer)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&registration).map_err(Problem::internal)?)
        .build()
        .map_err(Problem::internal)?;
    let answer = server
        .exchange("login: registration", request, MAX_RESPONSE)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status != 201 {
        return Err(not_registered(&answer.body, answer.status, &Secrets(vec![env_secret])));
    }
    let client = read_client(&answer.body, callback)?;
    tracing::info!(
        callback = client.redirect_uri.as_deref(),
        "a client for the login was registered"
    );
    Ok(client)
}

fn read_client(body: &[u8], callback: &str) -> Result<OidcClient, Problem> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| malformed_registration())?;
    let id = answer.get("client_id").and_then(Value::as_str);
    let id = id.ok_or_else(malformed_registration)?;
    if !is_client_id(id) {
        let cause = format!("registration: the client id is not 1 to {MAX_CLIENT_ID} visible ASCII characters");
        return Err(Problem::server("the registration's answer is malformed", cause));
    }
    let uris = answer.get("redirect_uris").and_then(Value::as_array);
    let uris: Vec<&str> = uris.into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(OidcClient {
        id: id.to_owned(),
        redirect_uri: redirect_uri(&uris, callback)?,
    })
}

/// Selects one of the registered addresses: the own one, or the only one. Otherwise the parameter is left out, and the provider
/// chooses.
fn redirect_uri(registered: &[&str], callback: &str) -> Result<Option<String>, Problem> {
    let chosen = match registered {
        uris if uris.contains(&callback) => callback,
        [uri] => uri,
        _ => return Ok(None),
    };
    if chosen.len() > MAX_REDIRECT_URI || Url::parse(chosen).is_err() {
        return Err(malformed_registration());
    }
    Ok(Some(chosen.to_owned()))
}

fn not_registered(body: &[u8], status: u16, secrets: &Secrets<'_>) -> Problem {
    const HINT: &str = concat!("check FOREST_ENV_SECRET and ", server_url!());
    let Some(error) = OauthError::read(body) else {
        let error = format!("expected 201 Created, got: {}", status_text(status));
        return Problem::provider(error, None, format!("registration: status {status}")).hinting(HINT);
    };
    let cause = error.cause("registration", status, secrets);
    let description = error.description.map(|text| secrets.shown(&text));
    Problem::provider(secrets.shown(&error.error), description, cause).hinting(HINT)
}

fn malformed_registration() -> Problem {
    Problem::server(
        "the registration's answer is malformed",
        "registration: the response is not a registered client",
    )
}

/// An error response in the shape of OAuth.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OauthError {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

impl OauthError {
    /// Reads a body of any status; `None` without an `error` text.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| {
            let text = body.get(name)?.as_str()?;
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        Some(Self {
            error: text("error")?,
            description: text("error_description"),
        })
    }

    /// The cause for the log.
    pub(super) fn cause(&self, step: &str, status: u16, secrets: &Secrets<'_>) -> String {
        let description = self.description.as_deref().unwrap_or("no description");
        format!(
            "{step}: status {status}: {}: {}",
            secrets.logged(&self.error),
            secrets.logged(description)
        )
    }
}

/// `404 Not Found`.
pub(super) fn status_text(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "issuer": "https://forest.example",
            "authorization_endpoint": "https://forest.example/oidc/auth",
            "token_endpoint": "https://forest.example/oidc/token",
            "registration_endpoint": "https://forest.example/oidc/reg",
            "jwks_uri": "https://forest.example/oidc/jwks",
        })
    }

    fn read(document: &Value) -> Result<Provider, Problem> {
        Provider::read(
            document.to_string().as_bytes(),
            &Url::parse("https://forest.example").unwrap(),
        )
    }

    #[test]
    fn unused_members_of_the_document_are_optional() {
        assert!(read(&document()).is_ok());
        let mut short = document();
        short["registration_endpoint"] = Value::Null;
        short["jwks_uri"] = Value::Null;
        assert!(read(&short).is_ok_and(|provider| provider.registration.is_none() && provider.keys_at.is_none()));
    }

    #[test]
    fn unsafe_endpoints_are_refused() {
        for (member, value) in [
            ("token_endpoint", json!("http://forest.example/oidc/token")),
            ("token_endpoint", json!("https://user:pw@forest.example/oidc/token")),
            ("token_endpoint", json!("/oidc/token")),
            ("token_endpoint", json!(7)),
            ("token_endpoint", Value::Null),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!("https://forest.example/oidc/auth#x")),
            ("registration_endpoint", json!("file:///etc/passwd")),
            ("jwks_uri", json!("http://169.254.169.254/")),
            ("issuer", json!("no address")),
        ] {
            let mut document = document();
            document[member] = value.clone();
            let problem = read(&document).unwrap_err();
            assert!(problem.cause().starts_with("discovery: "), "{member} {value}");
        }
        for body in [&b"<html>"[..], b"", b"[]", &b"[".repeat(5000)] {
            let base = Url::parse("https://forest.example").unwrap();
            assert!(Provider::read(body, &base).unwrap_err().blames_setup());
        }
    }

    const OURS: &str = "https://a.example/forest/authentication/callback";

    #[test]
    fn the_own_redirect_uri_is_preferred_then_the_only_one() {
        for (registered, expected) in [
            (vec![OURS], Some(OURS)),
            (vec!["https://b.example/"], Some("https://b.example/")),
            (vec!["https://b.example/", OURS], Some(OURS)),
            (vec!["https://b.example/", "https://c.example/"], None),
            (vec![], None),
        ] {
            let chosen = redirect_uri(&registered, OURS).unwrap();
            assert_eq!(chosen.as_deref(), expected, "{registered:?}");
        }
        for bad in ["no address", &format!("https://b.example/{}", "a".repeat(3000))] {
            assert!(redirect_uri(&[bad], OURS).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_registration_needs_only_a_client_id() {
        for (body, expected) in [
            (r#"{"client_id":"c"}"#, None),
            (r#"{"client_id":"c","redirect_uris":null}"#, None),
            (r#"{"client_id":"c","redirect_uris":"https://b.example/"}"#, None),
            (
                r#"{"client_id":"c","redirect_uris":[7,"https://b.example/"]}"#,
                Some("https://b.example/"),
            ),
            (
                r#"{"client_id":"c","default_max_age":"x","contacts":7,"jwks":"y"}"#,
                None,
            ),
        ] {
            let client = read_client(body.as_bytes(), OURS).unwrap();
            assert_eq!(
                (client.id.as_str(), client.redirect_uri.as_deref()),
                ("c", expected),
                "{body}"
            );
        }
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"client_id":7}"#,
            r#"{"client_id":""}"#,
            r#"{"client_id":"a b"}"#,
        ] {
            assert!(read_client(body.as_bytes(), OURS).is_err(), "{body}");
        }
    }

    #[test]
    fn an_oauth_error_needs_only_a_name() {
        let error = |body: &str| OauthError::read(body.as_bytes()).map(|error| (error.error, error.description));
        let named = |description: Option<&str>| Some(("x".to_owned(), description.map(str::to_owned)));
        assert_eq!(error(r#"{"error":"x","error_description":"why"}"#), named(Some("why")));
        assert_eq!(
            error(r#"{"error":"x","error_description":7,"error_uri":[]}"#),
            named(None)
        );
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"error":""}"#,
            r#"{"error":{"a":1}}"#,
            r#""error""#,
        ] {
            assert_eq!(error(body), None, "{body}");
        }
    }
}
