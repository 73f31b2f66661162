//! The code of a callback becomes an access token and, when the provider sends one, an identity token.
//!
//! Owns the call to the token endpoint (protocol: authentication, token exchange), as a public client: no secret goes
//! there. A code is good once, so the call is never repeated. Of the answer only the access token is needed; the identity
//! token is handed on unread, and the rest is ignored. Called by `callback`.

use openidconnect::AccessToken;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::context::Login;
use super::discovery::Provider;
use super::problem::Problem;
use super::provider_answer::{LIMIT, ProviderError, status_text};
use super::redact::Secrets;
use super::state::LoginStart;

/// What a code was good for.
pub(super) struct Tokens {
    pub(super) access: AccessToken,
    /// As it came, and null when there is none: `identity` reads it.
    pub(super) identity: Value,
}

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
) -> Result<Tokens, Problem> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code);
    if let Some(address) = &start.redirect_uri {
        form.append_pair("redirect_uri", address);
    }
    form.append_pair("client_id", &start.client_id);
    let request = login
        .server
        .request(Method::POST, provider.token.url().clone())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish())
        .build()
        .map_err(Problem::internal)?;
    let answer = login
        .server
        .exchange("login: token exchange", request, LIMIT)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status == 200 {
        return read(&answer.body).ok_or_else(|| {
            Problem::server(
                "the answer of the token endpoint is malformed",
                "token exchange: the answer holds no access token",
            )
        });
    }
    let status = answer.status;
    Err(match ProviderError::read(&answer.body) {
        Some(error) => login.secrets(secrets, |quoted| refused(&error, status, quoted)),
        None => Problem::server(&status_text(status), format!("token exchange: status {status}")),
    })
}

/// The tokens of an answer; none without an access token.
fn read(body: &[u8]) -> Option<Tokens> {
    let Value::Object(mut members) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    let Value::String(access) = members.remove("access_token")? else {
        return None;
    };
    Some(Tokens {
        access: AccessToken::new(Some(access).filter(|token| !token.is_empty())?),
        identity: members.remove("id_token").unwrap_or(Value::Null),
    })
}

fn refused(error: &ProviderError, status: u16, quoted: Secrets<'_>) -> Problem {
    let ProviderError { error, description } = error;
    let description = description.as_deref();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_an_access_token_and_nothing_else() {
        let identity = |body: &str| {
            let tokens = read(body.as_bytes())?;
            assert_eq!(tokens.access.secret(), "a");
            Some(tokens.identity)
        };
        assert_eq!(identity(r#"{"access_token":"a"}"#), Some(Value::Null));
        let odd = r#"{"access_token":"a","id_token":7,"token_type":null,"expires_in":"x","scope":{}}"#;
        assert_eq!(identity(odd), Some(7.into()));
        for body in [
            "",
            "<html>",
            "{}",
            r#"["a"]"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":7}"#,
            r#"{"id_token":"a"}"#,
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
