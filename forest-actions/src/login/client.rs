//! The OpenID Connect client of this program: registered by itself, or known beforehand.
//!
//! Owns the registration (protocol: authentication, registration): with the environment's secret, a `201` or nothing. Knows
//! nothing of when it happens; `context` keeps what it gives.

use openidconnect::core::{CoreClientAuthMethod, CoreClientRegistrationRequest};
use openidconnect::registration::{ClientRegistrationError, EmptyAdditionalClientMetadata};
use openidconnect::{AccessToken, RedirectUrl};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::context::{LONGEST_CLIENT_ID, is_client_id};
use super::discovery::Provider;
use super::problem::Problem;
use super::provider_http::{ProviderHttp, status_text};
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

/// An error in the shape of OAuth, whatever its status.
#[derive(Debug, Deserialize)]
struct ProviderError {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
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
    let address = provider.registration(server)?;
    let redirect = RedirectUrl::new(callback.to_owned()).map_err(Problem::internal)?;
    let metadata = EmptyAdditionalClientMetadata {};
    let request = CoreClientRegistrationRequest::new(vec![redirect], metadata)
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::None))
        .set_initial_access_token(Some(AccessToken::new(env_secret.to_owned())));
    let http = ProviderHttp::new(server, "login: registration");
    let registered = request.register_async(address, &http).await;
    let secrets = [env_secret];
    let quoted = Secrets(&secrets);
    let registered = registered.map_err(|error| match error {
        ClientRegistrationError::Request(failure) => Problem::outage(&failure),
        ClientRegistrationError::ServerResponse(error) => {
            let description = error.error_description().map(String::as_str);
            refused(error.error().as_ref(), description, http.status(), quoted)
        }
        ClientRegistrationError::Response(_, body, _) => match serde_json::from_slice(&body) {
            Ok(ProviderError {
                error,
                error_description,
            }) => refused(&error, error_description.as_deref(), http.status(), quoted),
            Err(_) => not_created(http.status()),
        },
        // the crate's own texts may quote what they found
        _ if http.status() == 201 => malformed(),
        _ => not_created(http.status()),
    })?;
    let id = registered.client_id().as_str();
    if !is_client_id(id) {
        let cause = format!("registration: the client id is not 1 to {LONGEST_CLIENT_ID} visible ASCII characters");
        return Err(Problem::server("the registration's answer is malformed", cause));
    }
    let uris: Vec<&str> = registered.redirect_uris().iter().map(|uri| uri.as_str()).collect();
    let redirect_uri = redirect_uri(&uris, callback)?;
    tracing::info!(
        callback = redirect_uri.as_deref(),
        "a client for the login was registered"
    );
    Ok(OidcClient {
        id: id.to_owned(),
        redirect_uri,
    })
}

/// Which of the registered addresses is used: ours if it is among them, else the provider's own choice. Without any, the
/// parameter is left out.
fn redirect_uri(registered: &[&str], callback: &str) -> Result<Option<String>, Problem> {
    let chosen = registered
        .iter()
        .find(|uri| **uri == callback)
        .or_else(|| registered.first());
    match chosen {
        Some(uri) if uri.len() > LONGEST_ADDRESS => Err(malformed()),
        Some(uri) => Ok(Some((*uri).to_owned())),
        None => Ok(None),
    }
}

fn refused(error: &str, description: Option<&str>, status: u16, quoted: Secrets<'_>) -> Problem {
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

    #[test]
    fn the_providers_address_is_used_when_it_is_another() {
        let ours = "https://a.example/forest/authentication/callback";
        for (registered, expected) in [
            (vec![ours], Some(ours)),
            (vec!["https://b.example/"], Some("https://b.example/")),
            (vec!["https://b.example/", ours], Some(ours)),
            (
                vec!["https://b.example/", "https://c.example/"],
                Some("https://b.example/"),
            ),
            (vec![], None),
        ] {
            let chosen = redirect_uri(&registered, ours).unwrap();
            assert_eq!(chosen.as_deref(), expected, "{registered:?}");
        }
        assert!(redirect_uri(&[&format!("https://b.example/{}", "a".repeat(3000))], ours).is_err());
    }
}
