//! The three routes of a login (protocol: authentication, sequence): start, callback, logout.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::utf8_percent_encode;
use serde::Serialize;

use super::context::Login;
use super::problem::{LoginRefusal, Problem};
use super::provider::{OidcClient, Provider};
use super::query::{CallbackQuery, requested_rendering};
use super::session::{fetch_user, open_session};
use super::state::{LoginStart, LoginState};
use super::step::{Outcome, Step};
use super::tokens::{check_identity, exchange};
use crate::clock::seconds_since_epoch;
use crate::request::read_body;
use crate::server::Reading;
use crate::text::COMPONENT;

/// Maximum size of the body of a start, which holds one number.
const MAX_BODY: usize = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const SCOPES: &str = "openid email profile";
/// Maximum length of a code that is sent to the token endpoint.
const MAX_CODE: usize = 4096;
/// No current agent sets this cookie, but all read it. It expires with the attributes that older agents set it with.
const EXPIRED_COOKIE: &str =
    "forest_session_token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=None";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    authorization_url: &'a str,
}

/// `POST /forest/authentication`: returns the address that the browser logs in at.
pub(super) async fn start(login: &Login, req: &HttpRequest, payload: Payload) -> HttpResponse {
    let log = Step::Start.log(req.method());
    let mut outcome = Outcome::default();
    let result = try_start(login, req, payload, &mut outcome).await;
    log.end(outcome, result)
}

async fn try_start(
    login: &Login,
    req: &HttpRequest,
    mut payload: Payload,
    outcome: &mut Outcome,
) -> Result<HttpResponse, Problem> {
    let Ok(body) = tokio::time::timeout(BODY_TIMEOUT, read_body(req, &mut payload, MAX_BODY)).await else {
        return Err(LoginRefusal::BodyLate.into());
    };
    let rendering_id = requested_rendering(&body?)?;
    outcome.rendering = Some(rendering_id);
    // starts share their fetches, so they need no slot
    let provider = login.provider().await?;
    let client = login.client(&provider).await?;
    let start = LoginStart {
        rendering_id,
        client_id: client.id.clone(),
        redirect_uri: client.redirect_uri.clone(),
    };
    let state = login.states.issue(&start, seconds_since_epoch())?;
    let url = authorization_url(provider.authorization.as_str(), &client, &state);
    json(&Started {
        authorization_url: &url,
    })
}

/// Builds the address with its parameters in the reference agent's order. The `openidconnect` crate has another order and adds
/// a nonce, which no instance could check without shared storage (AUT-01).
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

/// `GET /forest/authentication/callback`: returns a session for the browser that comes back from the provider (protocol:
/// authentication, callback).
pub(super) async fn callback(login: &Login, req: &HttpRequest) -> HttpResponse {
    let log = Step::Callback.log(req.method());
    let mut outcome = Outcome::default();
    let result = try_callback(login, req.query_string(), &mut outcome).await;
    log.end(outcome, result)
}

async fn try_callback(login: &Login, query: &str, outcome: &mut Outcome) -> Result<HttpResponse, Problem> {
    let query = CallbackQuery::parse(query)?;
    outcome.state = query.state.as_deref().map(str::to_owned);
    let state = login.states.verify(query.state.as_deref(), seconds_since_epoch());
    outcome.rendering = state.as_ref().ok().map(LoginState::rendering_id);
    if let Some(error) = query.error.as_deref() {
        let problem = provider_error(login, error, &query);
        if let (true, Ok(state)) = (problem.blames_setup(), &state) {
            login.invalidate_if_stale(state);
        }
        return Err(problem);
    }
    let state = state?;
    let code = match query.code.as_deref() {
        Some(code) if code.len() <= MAX_CODE => code,
        Some(_) => return Err(Problem::request("BadRequestError", "the code is longer than any code")),
        None => {
            let text = "Invalid response from the authentication server: the code parameter is missing";
            return Err(Problem::request("BadRequestError", text));
        }
    };
    let _slot = login.acquire_slot().await?;
    let provider = login.provider().await?;
    let start = login.start_of(&provider, state).await?;
    let secrets = [code, query.state.as_deref().unwrap_or_default()];
    let opened = open(login, &provider, &start, code, &secrets, outcome).await;
    if let Err(problem) = &opened
        && problem.blames_setup()
    {
        login.invalidate(&provider, &start.client_id);
    }
    opened
}

async fn open(
    login: &Login,
    provider: &Reading<Provider>,
    start: &LoginStart,
    code: &str,
    secrets: &[&str],
    outcome: &mut Outcome,
) -> Result<HttpResponse, Problem> {
    let tokens = exchange(login, provider, start, code, secrets).await?;
    outcome.identity = Some(check_identity(login, provider, &start.client_id, &tokens, seconds_since_epoch()).await?);
    let access_token = tokens.access.secret();
    let secrets: Vec<&str> = secrets.iter().copied().chain([access_token.as_str()]).collect();
    let user = fetch_user(login, start.rendering_id, access_token, &secrets).await?;
    outcome.user = Some(user.id_text());
    let body = open_session(&login.tokens, &user, start.rendering_id, seconds_since_epoch())?;
    Ok(json_body(body))
}

/// The problem of a browser that comes back with an error instead of a code.
fn provider_error(login: &Login, error: &str, query: &CallbackQuery<'_>) -> Problem {
    let description = query.error_description.as_deref();
    let secrets = login.secrets(query.code.as_deref().into_iter().chain(query.state.as_deref()));
    let cause = format!(
        "the provider returned {}: {}",
        secrets.logged(error),
        secrets.logged(description.unwrap_or("no description"))
    );
    let problem = Problem::returned(secrets.shown(error), description.map(|text| secrets.shown(text)), cause);
    if matches!(error, "invalid_client" | "unauthorized_client" | "invalid_redirect_uri") {
        problem.blaming_setup()
    } else {
        problem
    }
}

/// `POST /forest/authentication/logout`: removes the session cookie. A session token stays valid until it expires, since no
/// agent keeps a list of sessions.
pub(super) fn logout(req: &HttpRequest) -> HttpResponse {
    let response = HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, EXPIRED_COOKIE))
        .finish();
    Step::Logout.log(req.method()).end(Outcome::default(), Ok(response))
}

fn json(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    serde_json::to_vec(body).map(json_body).map_err(Problem::internal)
}

fn json_body(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_url_equals_the_reference_agents() {
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
