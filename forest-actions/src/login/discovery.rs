//! What the Forest server says of its OpenID Connect provider: who it is, and where its endpoints are (protocol:
//! authentication, calls to the Forest server).
//!
//! Owns the document, the check of its addresses, and the provider's signing keys once they are asked for. An address is only
//! used if it is no step back from HTTPS, and the environment's secret only goes where the document came from. Called by
//! `context`; `client`, `authorize`, `exchange` and `identity` read it.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use openidconnect::core::CoreJsonWebKeySet;
use openidconnect::{AuthUrl, IssuerUrl, JsonWebKeySetUrl, RegistrationUrl, TokenUrl};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use super::problem::Problem;
use super::provider_answer::{LIMIT, status_text};
use crate::server::ServerClient;
use crate::setting::UNKNOWN_SECRET_HINT;

const DOCUMENT: [&str; 3] = ["oidc", ".well-known", "openid-configuration"];

/// The provider.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) issuer: IssuerUrl,
    pub(super) authorization: AuthUrl,
    pub(super) token: TokenUrl,
    registration: Option<RegistrationUrl>,
    keys_at: Option<JsonWebKeySetUrl>,
    keys: Mutex<Option<Arc<CoreJsonWebKeySet>>>,
}

/// The members that are used; there are many more.
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
    /// Asks the Forest server, with the environment's secret.
    ///
    /// # Errors
    /// 403 when it does not know the secret (AUT-07), 500 with the cause when there is no usable answer.
    pub(super) async fn discover(server: &ServerClient) -> Result<Self, Problem> {
        let (name, secret) = server.secret_header();
        let request = server
            .request(Method::GET, server.url(&DOCUMENT))
            .header(name, secret)
            .header(ACCEPT, "application/json")
            .build()
            .map_err(Problem::internal)?;
        let answer = server
            .exchange("login: discovery", request, LIMIT)
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

    /// Reads the document that came from `base`.
    fn read(body: &[u8], base: &Url) -> Result<Self, Problem> {
        let malformed =
            |cause: String| Problem::server("the discovery document is malformed", format!("discovery: {cause}"));
        let document: Document = serde_json::from_slice(body).map_err(|error| {
            // the error's own text may quote what it found
            malformed(format!(
                "the document is not as expected (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let endpoint = |name: &str, text: String| {
            if is_endpoint(&text, base) {
                Ok(text)
            } else {
                Err(malformed(format!("`{name}` is no address that could be used")))
            }
        };
        let parsed = |name: &str| {
            let cause = format!("discovery: `{name}` is no address that could be used");
            move |_| Problem::server("the discovery document is malformed", cause)
        };
        let registration = document
            .registration_endpoint
            .map(|text| endpoint("registration_endpoint", text))
            .transpose()?
            .map(RegistrationUrl::new)
            .transpose()
            .map_err(parsed("registration_endpoint"))?;
        let keys_at = document
            .jwks_uri
            .map(|text| endpoint("jwks_uri", text))
            .transpose()?
            .map(JsonWebKeySetUrl::new)
            .transpose()
            .map_err(parsed("jwks_uri"))?;
        let authorization = endpoint("authorization_endpoint", document.authorization_endpoint)?;
        let token = endpoint("token_endpoint", document.token_endpoint)?;
        Ok(Self {
            issuer: IssuerUrl::new(document.issuer).map_err(parsed("issuer"))?,
            authorization: AuthUrl::new(authorization).map_err(parsed("authorization_endpoint"))?,
            token: TokenUrl::new(token).map_err(parsed("token_endpoint"))?,
            registration,
            keys_at,
            keys: Mutex::new(None),
        })
    }

    /// Where to register, with the environment's secret.
    ///
    /// # Errors
    /// 500 when there is no such place, or it is elsewhere than the Forest server: the secret goes nowhere else.
    pub(super) fn registration(&self, server: &ServerClient) -> Result<&RegistrationUrl, Problem> {
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

    /// The signing keys that were fetched before.
    pub(super) fn known_keys(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The signing keys of now.
    ///
    /// # Errors
    /// Why they cannot be had, for the log.
    pub(super) async fn fetch_keys(&self, server: &ServerClient) -> Result<Arc<CoreJsonWebKeySet>, String> {
        let Some(address) = &self.keys_at else {
            return Err("the discovery document names no `jwks_uri`".to_owned());
        };
        let request = server
            .request(Method::GET, address.url().clone())
            .header(ACCEPT, "application/json")
            .build()
            .map_err(|error| error.to_string())?;
        let answer = server
            .exchange("login: keys", request, LIMIT)
            .await
            .map_err(|failure| format!("{}: {}", failure.kind().as_str(), failure.cause()))?;
        if answer.status != 200 {
            return Err(format!("status {}", answer.status));
        }
        let keys: CoreJsonWebKeySet =
            serde_json::from_slice(&answer.body).map_err(|_| "the answer is no key set".to_owned())?;
        let keys = Arc::new(keys);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(keys)
    }
}

/// Whether an address of the document may be used: a web address without a password, and HTTPS if the document came that way.
fn is_endpoint(text: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && base.scheme() == "http");
    is_safe && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
    fn a_document_needs_no_more_than_what_is_used() {
        assert!(read(&document()).is_ok());
        let mut short = document();
        short["registration_endpoint"] = Value::Null;
        short["jwks_uri"] = Value::Null;
        assert!(read(&short).is_ok_and(|provider| provider.registration.is_none() && provider.keys_at.is_none()));
    }

    #[test]
    fn addresses_that_would_give_something_away_are_refused() {
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
}
