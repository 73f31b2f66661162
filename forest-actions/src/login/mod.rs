//! The login through Forest Admin (protocol: authentication): three public routes, and what they need of the server.
//!
//! Owns the OpenID Connect client, the `state` that travels with a login, the exchange of the code, the question who logged
//! in, and the session token that the browser gets. Every login can be started by one instance and finished by
//! another (AUT-01): nothing that a callback needs is kept between the two requests. Knows nothing of actions and
//! permissions; never reads a token or cookie of the request (AUT-05). Called by the dispatch of `http`, through [`serve`].

mod authorize;
mod callback;
mod client;
mod context;
mod discovery;
mod exchange;
mod identity;
mod logout;
mod problem;
mod provider_answer;
mod query;
mod redact;
mod session;
mod set_up_once;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod user;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

pub(crate) use context::Login;

use crate::response::{ActionError, ErrorKind};
use problem::Problem;
use step::{Outcome, Step};

/// Answers a request below `/forest/authentication`. `rest` is what follows that in the canonical path: nothing, `/callback` or
/// `/logout`; everything else is 404. `login` is absent in local mode, which has no login.
///
/// No answer may be stored by anything between here and the browser.
pub(crate) async fn serve(login: Option<&Login>, req: &HttpRequest, payload: Payload, rest: &str) -> HttpResponse {
    let Some(login) = login else {
        return refuse(req, local_mode());
    };
    match (rest, req.method()) {
        ("", &Method::POST) => authorize::authorize(login, req, payload).await,
        ("/callback", &Method::GET) => callback::callback(login, req).await,
        ("/logout", &Method::POST) => logout::logout(req),
        ("" | "/logout", _) => refuse(req, not_allowed("POST")),
        ("/callback", _) => refuse(req, not_allowed("GET")),
        _ => {
            let refusal = ActionError::refused(ErrorKind::NotFound, "nothing of the login is served here");
            refuse(req, Problem::refused(refusal))
        }
    }
}

fn refuse(req: &HttpRequest, problem: Problem) -> HttpResponse {
    Step::Elsewhere.log(req.method()).end(Outcome::default(), Err(problem))
}

fn local_mode() -> Problem {
    Problem::refused(ActionError::refused(
        ErrorKind::NotFound,
        "local mode has no login: open a session as one of its users, or set FOREST_ENV_SECRET to connect the program to Forest Admin",
    ))
}

fn not_allowed(method: &str) -> Problem {
    let text = format!("this route only takes {method}");
    let refusal = ActionError::refused(ErrorKind::MethodNotAllowed, text);
    Problem::refused(refusal.header(header::ALLOW.as_str(), format!("{method}, OPTIONS")))
}
