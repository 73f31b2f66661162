//! The routes of the local page. They answer this machine only.

use std::fmt;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::agent::Agent;
use super::log::Found;
use super::people::People;
use super::{assets, document, log, people, rights};
use crate::caller::Caller;
use crate::http::this_machine::require_this_machine;
use crate::response::{ActionError, ErrorKind};
use crate::text::one_line;

/// A mounted page.
pub(super) struct Page {
    pub(super) agent: Agent,
    pub(super) people: Arc<dyn People>,
    /// Without a slash at its end.
    pub(super) mount: String,
    pub(super) title: String,
    policy: HeaderValue,
}

impl Page {
    pub(super) fn new(
        agent: Agent,
        people: Arc<dyn People>,
        mount: String,
        title: String,
        webhook_origins: Vec<String>,
    ) -> Self {
        Self {
            agent,
            people,
            mount,
            title,
            // the origins are checked, so that this does not fail
            policy: HeaderValue::from_str(&document::policy(&webhook_origins))
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

/// Answers a request: 404 for other machines, otherwise by its path, always with the page's headers.
pub(super) async fn serve(page: &Page, req: &HttpRequest, payload: web::Payload) -> HttpResponse {
    if let Err(reason) = require_this_machine(req) {
        tracing::error!(
            status = 404,
            reason = one_line(&reason),
            "the local page only serves this machine, by a loopback address and name"
        );
        return HttpResponse::NotFound().finish();
    }
    let outcome = route(page, req, payload).await;
    let mut response = outcome.unwrap_or_else(|refusal| {
        let (status, error) = (refusal.kind().status().as_u16(), refusal.chain());
        tracing::warn!(
            method = req.method().as_str(),
            status,
            error,
            "the local page refused a request"
        );
        refusal.to_http("")
    });
    document::protect(&mut response, &page.policy);
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
    let agent = &page.agent;
    match tail.split('/').collect::<Vec<_>>().as_slice() {
        ["session"] if is_post => people::start_session(page, req, payload).await,
        ["session"] => Err(wrong_method("POST")),
        ["schema"] if is_read => {
            agent.reader(req).await?;
            Ok(HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .body(agent.schema_text()))
        }
        ["rights"] if is_read => {
            let caller = agent.reader(req).await?;
            rights::list(agent, &caller).await
        }
        ["calls", call] if is_read => {
            let caller = agent.reader(req).await?;
            line(call, &caller)
        }
        ["schema"] | ["rights"] | ["calls", _] => Err(wrong_method("GET, HEAD")),
        ["approvals", rest @ ..] => page.people.approvals(page, req, payload, rest).await,
        _ => match assets::at(tail) {
            Some((asset, is_pinned)) if is_read => Ok(asset.answer(req, is_pinned)),
            Some(_) => Err(wrong_method("GET, HEAD")),
            None => Err(not_found()),
        },
    }
}

/// Answers the log line of a call.
fn line(call: &str, caller: &Caller) -> Result<HttpResponse, ActionError> {
    match log::find(call, &caller.id) {
        Found::Line(line) => Ok(HttpResponse::Ok().json(json!({"line": line}))),
        Found::Nothing => Err(ActionError::not_found("the line of this call is not kept")),
        Found::NotInstalled => Err(ActionError::not_found(
            "the page shows log lines when `PlaygroundLog::layer()` is added to the program's `tracing` subscriber",
        )),
    }
}

pub(super) fn not_found() -> ActionError {
    ActionError::not_found("the local page has nothing there")
}

pub(super) fn wrong_method(allowed: &'static str) -> ActionError {
    ActionError::new(ErrorKind::MethodNotAllowed, format!("this route only takes {allowed}")).header("allow", allowed)
}
