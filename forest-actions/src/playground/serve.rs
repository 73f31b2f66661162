//! The one way in: every request for the local page, step by step.
//!
//! Owns that the page only exists for this machine, the table of its routes, and how its refusals look. What a route answers is
//! its module's business; who calls is the agent's own admission's.

use std::fmt;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde_json::json;

#[cfg(feature = "testing")]
use super::approvals;
use super::people::People;
use super::{assets, document, headers, rights, session};
use crate::caller::Caller;
use crate::forest::Forest;
use crate::http::{BodyKind, admit, require_this_machine};
use crate::request::read_body;
use crate::response::{ActionError, ErrorKind};

/// A page that is mounted.
pub(super) struct Page {
    pub(super) forest: Forest,
    pub(super) people: People,
    /// Without a slash at its end.
    pub(super) mount: String,
    pub(super) title: String,
    policy: HeaderValue,
}

impl Page {
    pub(super) fn new(
        forest: Forest,
        people: People,
        mount: String,
        title: String,
        webhook_origins: Vec<String>,
    ) -> Self {
        Self {
            forest,
            people,
            mount,
            title,
            // origins are ASCII; without them the policy is one of this crate
            policy: HeaderValue::from_str(&headers::policy(&webhook_origins))
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("mount", &self.mount)
            .finish_non_exhaustive()
    }
}

/// Answers one request.
///
/// 1. nothing is there for a request that does not come from this machine;
/// 2. the path says what is asked, and whether it takes a session;
/// 3. every answer leaves with the page's headers.
pub(super) async fn serve(page: &Page, req: &HttpRequest, payload: web::Payload) -> HttpResponse {
    if let Err(why) = require_this_machine(req) {
        tracing::error!(status = 404, %why, "the local page only serves this machine, by a loopback address and name");
        return HttpResponse::NotFound().finish();
    }
    let outcome = route(page, req, payload).await;
    let mut response = outcome.unwrap_or_else(|refusal| {
        let (status, error) = (refusal.kind().status().as_u16(), refusal.chain());
        tracing::warn!(method = %req.method(), status, error, "the local page refused a request");
        refusal.to_http("")
    });
    headers::protect(&mut response, &page.policy);
    response
}

async fn route(page: &Page, req: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, ActionError> {
    let is_read = matches!(*req.method(), Method::GET | Method::HEAD);
    let is_post = *req.method() == Method::POST;
    let Some(tail) = req.match_info().get("tail") else {
        return if is_read {
            Ok(document::answer(page, req))
        } else {
            Err(wrong_method("GET, HEAD"))
        };
    };
    let shared = &page.forest.shared;
    match tail.split('/').collect::<Vec<_>>().as_slice() {
        ["session"] if is_post => session::start(page, req, payload).await,
        ["session"] => Err(wrong_method("POST")),
        ["schema"] if is_read => {
            admit(shared, req, BodyKind::Unread).await?;
            Ok(HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .body(shared.schema().to_file_text()))
        }
        ["rights"] if is_read => {
            let caller = admit(shared, req, BodyKind::Unread).await?;
            rights::list(shared, &caller).await
        }
        ["calls", call] if is_read => {
            let caller = admit(shared, req, BodyKind::Unread).await?;
            line(page, &caller, call)
        }
        ["schema"] | ["rights"] | ["calls", _] => Err(wrong_method("GET, HEAD")),
        #[cfg(feature = "testing")]
        ["approvals", rest @ ..] => match page.people.fake() {
            Some(fake) => approvals::serve(page, fake, req, payload, rest).await,
            None => Err(not_found()),
        },
        _ => match assets::at(tail) {
            Some((asset, is_pinned)) if is_read => Ok(asset.answer(req, is_pinned)),
            Some(_) => Err(wrong_method("GET, HEAD")),
            None => Err(not_found()),
        },
    }
}

/// The line of the log about a call of the page.
fn line(page: &Page, caller: &Caller, call: &str) -> Result<HttpResponse, ActionError> {
    let line = page.forest.shared.told().line(call, &caller.id);
    let line = line.ok_or_else(|| ActionError::not_found("there is no line of this call, or no longer"))?;
    Ok(HttpResponse::Ok().json(json!({"line": line})))
}

/// The JSON body of a request.
///
/// # Errors
/// 400 that names the place; those of reading.
pub(super) async fn json_body<T: DeserializeOwned>(req: &HttpRequest, payload: web::Payload) -> Result<T, ActionError> {
    /// What somebody types, or a form with some files.
    const LIMIT: usize = 50 * 1024 * 1024;
    let body = read_body(req, &mut payload.into_inner(), LIMIT).await?;
    let mut json = serde_json::Deserializer::from_slice(&body);
    let told = |problem: String| ActionError::bad_request(format!("the request body: {problem}"));
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| told(error.to_string()))?;
    json.end().map_err(|error| told(error.to_string()))?;
    Ok(read)
}

pub(super) fn not_found() -> ActionError {
    ActionError::not_found("the local page has nothing there")
}

pub(super) fn wrong_method(allowed: &'static str) -> ActionError {
    ActionError::new(ErrorKind::MethodNotAllowed, format!("this route only takes {allowed}")).header("allow", allowed)
}
