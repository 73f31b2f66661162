//! `GET /forest/authentication/callback`: the browser comes back from the provider, and gets a session (protocol:
//! authentication, callback).
//!
//! The steps are a list: what the provider says, the state, the code for tokens, the identity token, who that is, the
//! session. Any of them may end it, each with its own answer (AUT-07). Called by the module's `serve`.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::context::Login;
use super::discovery::Provider;
use super::exchange::exchange;
use super::identity::check_identity;
use super::problem::Problem;
use super::query::Returned;
use super::session::open_session;
use super::state::{Begun, LoginStart};
use super::step::{Outcome, Step};
use super::user::who;
use crate::clock::seconds_since_epoch;

/// The longest code that is sent on.
const LONGEST_CODE: usize = 4096;

pub(super) async fn callback(login: &Login, req: &HttpRequest) -> HttpResponse {
    let log = Step::Callback.log(req.method());
    let mut outcome = Outcome::default();
    let result = finish(login, req.query_string(), &mut outcome).await;
    log.end(outcome, result)
}

async fn finish(login: &Login, query: &str, outcome: &mut Outcome) -> Result<HttpResponse, Problem> {
    let returned = Returned::parse(query)?;
    outcome.state = returned.state.as_deref().map(str::to_owned);
    let begun = login.states.verify(returned.state.as_deref(), seconds_since_epoch());
    outcome.rendering = begun.as_ref().ok().map(Begun::rendering_id);
    if let Some(error) = returned.error.as_deref() {
        let problem = returned_error(login, error, &returned);
        if let (true, Ok(begun)) = (problem.blames_setup(), &begun) {
            login.doubt(begun).await;
        }
        return Err(problem);
    }
    let begun = begun?;
    let code = match returned.code.as_deref() {
        Some(code) if code.len() <= LONGEST_CODE => code,
        Some(_) => return Err(Problem::request("BadRequestError", "the code is longer than any code")),
        None => {
            let text = "Invalid response from the authentication server: the code parameter is missing";
            return Err(Problem::request("BadRequestError", text));
        }
    };
    let _place = login.enter().await?;
    let provider = login.provider().await?;
    let start = login.start_of(&provider, begun).await?;
    let secrets = [code, returned.state.as_deref().unwrap_or_default()];
    let opened = open(login, &provider, &start, code, &secrets, outcome).await;
    if let Err(problem) = &opened
        && problem.blames_setup()
    {
        login.forget(&provider, &start.client_id).await;
    }
    let body = opened?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

/// What needs the Forest server.
async fn open(
    login: &Login,
    provider: &Arc<Provider>,
    start: &LoginStart,
    code: &str,
    secrets: &[&str],
    outcome: &mut Outcome,
) -> Result<Vec<u8>, Problem> {
    let tokens = exchange(login, provider, start, code, secrets).await?;
    outcome.identity = Some(check_identity(login, provider, &start.client_id, &tokens, seconds_since_epoch()).await?);
    let access_token = tokens.access.secret();
    let secrets: Vec<&str> = secrets.iter().copied().chain([access_token.as_str()]).collect();
    let user = who(login, start.rendering_id, access_token, &secrets).await?;
    outcome.user = Some(user.id_text());
    open_session(&login.tokens, &user, start.rendering_id, seconds_since_epoch())
}

/// The provider sent the browser back with an error instead of a code.
fn returned_error(login: &Login, error: &str, returned: &Returned<'_>) -> Problem {
    let description = returned.error_description.as_deref();
    let secrets: Vec<&str> = returned
        .code
        .as_deref()
        .into_iter()
        .chain(returned.state.as_deref())
        .collect();
    login.secrets(&secrets, |quoted| {
        let cause = format!(
            "the provider returned {}: {}",
            quoted.logged(error),
            quoted.logged(description.unwrap_or("no description"))
        );
        let problem = Problem::returned(quoted.shown(error), description.map(|text| quoted.shown(text)), cause);
        if matches!(error, "invalid_client" | "unauthorized_client" | "invalid_redirect_uri") {
            problem.blaming_setup()
        } else {
            problem
        }
    })
}
