//! The OpenID Connect client of this program: registered by itself, or known beforehand.
//!
//! Owns the registration (protocol: authentication, registration): with the environment's secret, a `201` or nothing. Knows
//! nothing of when it happens; `context` keeps what it gives.

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::context::{LONGEST_CLIENT_ID, is_client_id};
use super::discovery::Provider;
use super::problem::Problem;
use super::provider_answer::{LIMIT, ProviderError, status_text};
use super::redact::Secrets;
use crate::server::ServerClient;
use crate::setting::server_url;

/// The longest address that the provider may send people back to.
const LONGEST_ADDRESS: usize = 2048;
const HINT: &str = concat!("check FOREST_ENV_SECRET and ", server_url!());

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OidcClient {
    pub(super) id: String,
    /// Where people are sent back to; absent when that is left to the provider.
    pub(super) redirect_uri: Option<String>,
}

/// What is asked for.
#[derive(Serialize)]
struct Registration<'a> {
    redirect_uris: [&'a str; 1],
    token_endpoint_auth_method: &'static str,
}

/// Registers a client whose people are to be sent back to `callback`.
///
/// # Errors
/// The provider's error as the reference agent answers it (403 or 400), or 500 when there is no usable answer.
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
        .exchange("login: registration", request, LIMIT)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status != 201 {
        return Err(match ProviderError::read(&answer.body) {
            Some(error) => refused(&error, answer.status, Secrets(&[env_secret])),
            None => not_created(answer.status),
        });
    }
    let client = read(&answer.body, callback)?;
    tracing::info!(
        callback = client.redirect_uri.as_deref(),
        "a client for the login was registered"
    );
    Ok(client)
}

/// The client of an answer. Two members are looked at: the provider may say of the rest what it likes.
fn read(body: &[u8], callback: &str) -> Result<OidcClient, Problem> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let id = answer.get("client_id").and_then(Value::as_str).ok_or_else(malformed)?;
    if !is_client_id(id) {
        let cause = format!("registration: the client id is not 1 to {LONGEST_CLIENT_ID} visible ASCII characters");
        return Err(Problem::server("the registration's answer is malformed", cause));
    }
    let uris = answer.get("redirect_uris").and_then(Value::as_array);
    let uris: Vec<&str> = uris.into_iter().flatten().filter_map(Value::as_str).collect();
    Ok(OidcClient {
        id: id.to_owned(),
        redirect_uri: redirect_uri(&uris, callback)?,
    })
}

/// Which of the registered addresses is used: ours if it is among them, or the only one. Otherwise the parameter is left out,
/// and the provider chooses.
fn redirect_uri(registered: &[&str], callback: &str) -> Result<Option<String>, Problem> {
    let chosen = match registered {
        uris if uris.contains(&callback) => callback,
        [uri] => uri,
        _ => return Ok(None),
    };
    if chosen.len() > LONGEST_ADDRESS || Url::parse(chosen).is_err() {
        return Err(malformed());
    }
    Ok(Some(chosen.to_owned()))
}

fn refused(error: &ProviderError, status: u16, quoted: Secrets<'_>) -> Problem {
    let ProviderError { error, description } = error;
    let description = description.as_deref();
    let cause = format!(
        "registration: status {status}: {}: {}",
        quoted.logged(error),
        quoted.logged(description.unwrap_or("no description"))
    );
    let description = description.map(|text| quoted.shown(text));
    Problem::provider(quoted.shown(error), description, cause).hinting(HINT)
}

fn not_created(status: u16) -> Problem {
    let error = format!("expected 201 Created, got: {}", status_text(status));
    Problem::provider(error, None, format!("registration: status {status}")).hinting(HINT)
}

fn malformed() -> Problem {
    Problem::server(
        "the registration's answer is malformed",
        "registration: the answer is no registered client",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://a.example/forest/authentication/callback";

    #[test]
    fn ours_is_used_or_else_the_only_address() {
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
    fn an_answer_needs_a_client_id_and_nothing_else() {
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
            let client = read(body.as_bytes(), OURS).unwrap();
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
            assert!(read(body.as_bytes(), OURS).is_err(), "{body}");
        }
    }
}
