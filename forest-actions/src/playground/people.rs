//! The users that the page can sign in as, and the route that starts their sessions: the only one without a session.

use std::fmt;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::agent::{Agent, json_body};
use super::serve::{Page, not_found};
use crate::response::{ActionError, ErrorKind};
use crate::text::full_name;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A source of users.
pub(super) trait People: fmt::Debug + Send + Sync {
    /// The name of the source in the page's configuration.
    fn mode(&self) -> &'static str;

    fn list(&self, agent: &Agent) -> Vec<Person>;

    /// The token of a session that starts now, for a user of the list.
    fn session(&self, agent: &Agent, id: u64) -> Result<String, ActionError>;

    /// Returns `true` if approvals can be filed and reviewed.
    fn has_approvals(&self) -> bool {
        false
    }

    /// Answers a request for approvals.
    fn approvals<'a>(&'a self, _: &'a Page, _: &'a HttpRequest, _: web::Payload, _: &'a [&'a str]) -> Answer<'a> {
        async { Err(not_found()) }.boxed_local()
    }
}

pub(super) type Answer<'a> = LocalBoxFuture<'a, Result<HttpResponse, ActionError>>;

#[derive(Debug, Serialize)]
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) team: String,
}

/// The users of local mode.
#[derive(Debug)]
pub(super) struct LocalPeople;

impl People for LocalPeople {
    fn mode(&self) -> &'static str {
        "local"
    }

    fn list(&self, agent: &Agent) -> Vec<Person> {
        let users = agent.local_users().iter();
        users
            .map(|user| Person {
                id: user.id,
                name: full_name(&user.first_name, &user.last_name, &user.email),
                email: user.email.clone(),
                role: user.role.clone(),
                team: user.team.clone(),
            })
            .collect()
    }

    fn session(&self, agent: &Agent, id: u64) -> Result<String, ActionError> {
        agent.local_session(id)
    }
}

/// No users: the Forest server that the agent is connected to logs its own in.
#[derive(Debug)]
pub(super) struct NoPeople;

impl People for NoPeople {
    fn mode(&self) -> &'static str {
        "connected"
    }

    fn list(&self, _: &Agent) -> Vec<Person> {
        Vec::new()
    }

    fn session(&self, _: &Agent, _: u64) -> Result<String, ActionError> {
        Err(not_found())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionRequest {
    user_id: u64,
}

/// Answers `POST session`.
///
/// # Errors
/// 403 for a page of another site, 415 for a body that a form could send, 404 for an unknown user.
pub(super) async fn start_session(
    page: &Page,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ActionError> {
    require_own_page(req.headers())?;
    let media_type = text_of(req.headers(), header::CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    // a body that a form can send needs no pre-flight
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ActionError::new(
            ErrorKind::UnsupportedMediaType,
            "the request body must be `application/json`",
        ));
    }
    let SessionRequest { user_id } = json_body(req, payload).await?;
    let (people, agent) = (&page.people, &page.agent);
    let person = people.list(agent).into_iter().find(|person| person.id == user_id);
    let person = person.ok_or_else(|| ActionError::not_found(format!("the local page has no user {user_id}")))?;
    let token = people.session(agent, user_id)?;
    Ok(HttpResponse::Ok().json(json!({"token": token, "person": person})))
}

/// Refuses requests of other pages: a browser sends those from this machine, too. A request without either header is refused,
/// since a proxy may have removed them.
fn require_own_page(headers: &HeaderMap) -> Result<(), ActionError> {
    let host = text_of(headers, header::HOST);
    let is_own_origin = headers.get(header::ORIGIN).map(|origin| {
        let origin = origin.to_str().ok();
        let named = origin.and_then(|origin| origin.strip_prefix("http://").or(origin.strip_prefix("https://")));
        named.is_some() && named == host
    });
    let is_own_site = headers.get(SEC_FETCH_SITE).map(|site| site == "same-origin");
    match (is_own_origin, is_own_site) {
        (Some(true), None | Some(true)) | (None, Some(true)) => Ok(()),
        (None, None) => Err(ActionError::forbidden(
            "a session of the local page is only given to the local page: the request has no `Origin`",
        )),
        _ => Err(ActionError::forbidden(
            "a session of the local page is only given to the local page",
        )),
    }
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
