//! The login through Forest Admin (protocol: authentication): three public routes.
//!
//! A login may start on one instance and end on another, so nothing is kept between its two requests (AUT-01). No route reads a
//! token or cookie of the request (AUT-05).

mod context;
mod problem;
mod provider;
mod query;
mod routes;
mod session;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod tokens;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

pub(crate) use context::Login;
pub(crate) use problem::LoginRefusal;

use crate::request::RequestError;
use crate::response::ActionError;
use problem::Problem;
use step::{Outcome, Step};

/// Answers a request below `/forest/authentication`; `rest` is the remainder of the canonical path. `login` is `None` in local
/// mode, which has no login.
pub(crate) async fn serve(login: Option<&Login>, req: &HttpRequest, payload: Payload, rest: &str) -> HttpResponse {
    let Some(login) = login else {
        return refuse(req, LoginRefusal::LocalMode.into());
    };
    match (rest, req.method()) {
        ("", &Method::POST) => routes::start(login, req, payload).await,
        ("/callback", &Method::GET) => routes::callback(login, req).await,
        ("/logout", &Method::POST) => routes::logout(req),
        ("" | "/logout", _) => refuse(req, not_allowed("POST")),
        ("/callback", _) => refuse(req, not_allowed("GET")),
        _ => refuse(req, LoginRefusal::NoRoute.into()),
    }
}

fn refuse(req: &HttpRequest, problem: Problem) -> HttpResponse {
    Step::Elsewhere.log(req.method()).end(Outcome::default(), Err(problem))
}

fn not_allowed(allowed: &'static str) -> Problem {
    let refusal = ActionError::from(RequestError::MethodNotAllowed { allowed });
    Problem::refused(refusal.header(header::ALLOW.as_str(), format!("{allowed}, OPTIONS")))
}
