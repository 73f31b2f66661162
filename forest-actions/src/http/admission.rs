//! Admission of a caller to every route that is not public (AUT-11): the session token, the checks that a cookie needs
//! besides, and the caller's address.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono_tz::Tz;

use super::context::Shared;
use crate::caller::Caller;
use crate::clock::seconds_since_epoch;
use crate::records::{QueryError, zone_named};
use crate::request::{RequestError, TokenError, TokenSource, token_of};
use crate::response::ActionError;

/// The body that a route expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Json,
    /// No body, or one that is not read.
    Unread,
}

/// Admits a caller to a route that runs code of the program, which may read the time zone.
///
/// # Errors
/// As [`admit_in_any_zone`], and 400 for a time zone that does not exist.
pub(crate) async fn admit(shared: &Shared, req: &HttpRequest, body: BodyKind) -> Result<Caller, ActionError> {
    let caller = admit_in_any_zone(shared, req, body).await?;
    caller.zone().map_err(QueryError::unknown_zone)?;
    Ok(caller)
}

/// Admits a caller.
///
/// 1. the token identifies the caller;
/// 2. a body must be declared as JSON;
/// 3. a cookie must come from a page that CORS trusts;
/// 4. the IP rules must allow the address.
///
/// # Errors
/// 401 without a valid session, 415 for another body, 403 for the address.
pub(crate) async fn admit_in_any_zone(
    shared: &Shared,
    req: &HttpRequest,
    body: BodyKind,
) -> Result<Caller, ActionError> {
    let (caller, source) = identify(shared, req)?;
    if body == BodyKind::Json {
        require_json(req, source)?;
    }
    require_trusted_page(shared, req, source)?;
    #[cfg(feature = "server")]
    if let Some(connection) = shared.connection() {
        connection.require_allowed_address(req).await?;
    }
    Ok(caller)
}

/// Identifies the caller by the token (protocol: verification on requests).
fn identify(shared: &Shared, req: &HttpRequest) -> Result<(Caller, TokenSource), ActionError> {
    let headers = req.headers();
    // a token is long, and `to_str` looks at one byte after the other
    let authorization = headers
        .get(header::AUTHORIZATION)
        .filter(|value| value.as_bytes().is_ascii())
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let (token, source) = token_of(
        authorization,
        headers.get_all(header::COOKIE).map(|value| value.as_bytes()),
    )
    .ok_or(TokenError::Missing)?;
    let zone = timezone(req.query_string());
    let known = zone.as_ref().copied().unwrap_or(Tz::UTC);
    let mut caller = shared.tokens.verify(token, seconds_since_epoch(), known)?;
    caller.unknown_zone = zone.err();
    Ok((caller, source))
}

/// Requires a JSON content type.
fn require_json(req: &HttpRequest, source: TokenSource) -> Result<(), RequestError> {
    let media_type = text_of(req, header::CONTENT_TYPE);
    if is_json(media_type, source) {
        return Ok(());
    }
    let found = media_type.unwrap_or("no content type").to_owned();
    Err(RequestError::BodyNotJsonType { found })
}

/// Browsers send a cookie with the request of any page: only pages that CORS trusts may use it.
fn require_trusted_page(shared: &Shared, req: &HttpRequest, source: TokenSource) -> Result<(), TokenError> {
    if source == TokenSource::Cookie && !shared.cors.trusts(req.headers(), text_of(req, header::HOST)) {
        return Err(TokenError::Missing);
    }
    Ok(())
}

fn text_of(req: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    req.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Accepts a missing content type when the token came in a header, which a foreign page cannot set without a pre-flight.
fn is_json(media_type: Option<&str>, source: TokenSource) -> bool {
    let Some(media_type) = media_type else {
        return source == TokenSource::Header;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// The `timezone` of the query string; UTC when it is missing or empty, its text when it is unknown.
fn timezone(query: &str) -> Result<Tz, Arc<str>> {
    let last = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "timezone")
        .last();
    match last {
        Some((_, name)) if !name.is_empty() => zone_named(&name).ok_or_else(|| name.into()),
        _ => Ok(Tz::UTC),
    }
}
