//! The code of a callback becomes an access token and, when the provider sends one, an identity token.
//!
//! Owns the call to the token endpoint (protocol: authentication, token exchange), as a public client: no secret goes
//! there. A code is good once, so the call is never repeated. Called by `callback`.

use std::borrow::Cow;

use openidconnect::core::{CoreClient, CoreJsonWebKeySet, CoreTokenResponse};
use openidconnect::{AuthType, AuthorizationCode, ClientId, RedirectUrl, RequestTokenError};

use super::context::Login;
use super::discovery::Provider;
use super::problem::Problem;
use super::provider_http::{ProviderHttp, status_text};
use super::redact::Secrets;
use super::state::LoginStart;

/// Exchanges `code`, which belongs to the client and the address of `start`. `secrets` are what an error may quote.
///
/// # Errors
/// 401 with the provider's `error` and `error_description`, or 500 when there is no usable answer.
pub(super) async fn exchange(
    login: &Login,
    provider: &Provider,
    start: &LoginStart,
    code: &str,
    secrets: &[&str],
) -> Result<CoreTokenResponse, Problem> {
    // the keys are looked at when the identity token is
    let client = CoreClient::new(
        ClientId::new(start.client_id.clone()),
        provider.issuer.clone(),
        CoreJsonWebKeySet::default(),
    )
    .set_auth_type(AuthType::RequestBody)
    .set_token_uri(provider.token.clone());
    let mut request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    if let Some(address) = &start.redirect_uri {
        let address = RedirectUrl::new(address.clone()).map_err(Problem::internal)?;
        request = request.set_redirect_uri(Cow::Owned(address));
    }
    let http = ProviderHttp::new(&login.server, "login: token exchange");
    let answered = request.request_async(&http).await;
    answered.map_err(|error| match error {
        RequestTokenError::Request(failure) => Problem::outage(&failure),
        RequestTokenError::ServerResponse(error) => {
            let description = error.error_description().map(String::as_str);
            login.secrets(secrets, |quoted| {
                refused(error.error().as_ref(), description, http.status(), quoted)
            })
        }
        // the crate's own texts may quote what they found, and that may be a token
        _ if http.status() == 200 => Problem::server(
            "the answer of the token endpoint is malformed",
            "token exchange: the answer holds no tokens",
        ),
        _ => {
            let status = http.status();
            Problem::server(&status_text(status), format!("token exchange: status {status}"))
        }
    })
}

fn refused(error: &str, description: Option<&str>, status: u16, quoted: Secrets<'_>) -> Problem {
    let cause = format!(
        "token exchange: status {status}: {}: {}",
        quoted.logged(error),
        quoted.logged(description.unwrap_or("no description"))
    );
    let description = description.map(|text| quoted.shown(text));
    let problem = Problem::returned(quoted.shown(error), description, cause);
    if error == "invalid_grant" {
        // the code is worth nothing: used before, too old, or never given out
        problem
    } else {
        problem.blaming_setup()
    }
}
