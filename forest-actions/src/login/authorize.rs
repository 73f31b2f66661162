//! `POST /forest/authentication`: where the browser goes to log in (protocol: authentication, sequence).
//!
//! Owns the authorization URL. It is written here and not by the `openidconnect` crate, which adds a nonce that no
//! callback could check without a memory shared by all instances (AUT-01), and has its own order. Called by
//! the module's `serve`.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::utf8_percent_encode;
use serde::Serialize;

use super::client::OidcClient;
use super::context::Login;
use super::problem::Problem;
use super::query::requested_rendering;
use super::state::LoginStart;
use super::step::{Outcome, Step};
use crate::clock::seconds_since_epoch;
use crate::request::read_body;
use crate::response::{ActionError, ErrorKind};
use crate::text::COMPONENT;

/// The most of a body that is read: it is one number.
const BODY: usize = 16 * 1024;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(30);
const SCOPES: &str = "openid email profile";
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    authorization_url: &'a str,
}

pub(super) async fn authorize(login: &Login, req: &HttpRequest, payload: Payload) -> HttpResponse {
    let log = Step::Start.log(req.method());
    let mut outcome = Outcome::default();
    let result = start(login, req, payload, &mut outcome).await;
    log.end(outcome, result)
}

async fn start(
    login: &Login,
    req: &HttpRequest,
    mut payload: Payload,
    outcome: &mut Outcome,
) -> Result<HttpResponse, Problem> {
    // anybody may send one, a byte at a time
    let Ok(body) = tokio::time::timeout(PATIENCE, read_body(req, &mut payload, BODY)).await else {
        let text = "the request body did not arrive in time";
        return Err(Problem::refused(ActionError::refused(ErrorKind::RequestTimeout, text)));
    };
    let rendering_id = requested_rendering(&body?)?;
    outcome.rendering = Some(rendering_id);
    // what is fetched for it is shared by all who start, so it takes none of the places of those who finish
    let provider = login.provider().await?;
    let client = login.client(&provider).await?;
    let start = LoginStart {
        rendering_id,
        client_id: client.id.clone(),
        redirect_uri: client.redirect_uri.clone(),
    };
    let state = login.states.issue(&start, seconds_since_epoch())?;
    let url = authorization_url(provider.authorization.as_str(), &client, &state);
    let answer = Answer {
        authorization_url: &url,
    };
    let body = serde_json::to_vec(&answer).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

/// The parameters in the reference agent's order.
fn authorization_url(endpoint: &str, client: &OidcClient, state: &str) -> String {
    let redirect_uri = client.redirect_uri.as_deref();
    let parameters = [
        ("client_id", Some(client.id.as_str())),
        ("scope", Some(SCOPES)),
        ("response_type", Some("code")),
        ("redirect_uri", redirect_uri),
        ("state", Some(state)),
    ];
    let mut url = endpoint.to_owned();
    let mut separator = if endpoint.contains('?') { '&' } else { '?' };
    for (name, value) in parameters {
        let Some(value) = value else { continue };
        url.push(separator);
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value, COMPONENT));
        separator = '&';
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_url_is_the_reference_agents() {
        let mut client = OidcClient {
            id: "client 1".to_owned(),
            redirect_uri: Some("https://a.example/forest/authentication/callback".to_owned()),
        };
        let state = r#"{"renderingId":42}"#;
        assert_eq!(
            authorization_url("https://f.example/oidc/auth", &client, state),
            "https://f.example/oidc/auth?client_id=client%201&scope=openid%20email%20profile&response_type=code\
             &redirect_uri=https%3A%2F%2Fa.example%2Fforest%2Fauthentication%2Fcallback&state=%7B%22renderingId%22%3A42%7D"
        );
        client.redirect_uri = None;
        assert_eq!(
            authorization_url("https://f.example/oidc/auth?tenant=1", &client, "x&y=#"),
            "https://f.example/oidc/auth?tenant=1&client_id=client%201&scope=openid%20email%20profile&response_type=code&state=x%26y%3D%23"
        );
    }
}
