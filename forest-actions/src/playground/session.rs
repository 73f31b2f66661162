//! The route by which somebody at this machine becomes one of the people: the only one that needs no session.
//!
//! Owns what keeps a page of another site from asking for it, since a browser sends that page's requests from this machine
//! too. Called by `serve`, which has made sure of the machine.

use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::serve::{Page, json_body};
use crate::response::{ActionError, ErrorKind};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    user_id: u64,
}

/// Answers `POST session`.
///
/// # Errors
/// 403 for another site's page, 415 for a body that any form could send, 404 for somebody who is not there.
pub(super) async fn start(page: &Page, req: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, ActionError> {
    demand_own_page(req.headers())?;
    let media_type = text_of(req.headers(), header::CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    // what a form can send needs no pre-flight
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ActionError::new(
            ErrorKind::UnsupportedMediaType,
            "the request body must be `application/json`",
        ));
    }
    let Asked { user_id } = json_body(req, payload).await?;
    let (token, person) = page.people.session(&page.forest, user_id)?;
    Ok(HttpResponse::Ok().json(json!({"token": token, "person": person})))
}

/// A browser says which page asks. Whoever says nothing gets nothing: what passes a request on may leave headers out.
fn demand_own_page(headers: &HeaderMap) -> Result<(), ActionError> {
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
