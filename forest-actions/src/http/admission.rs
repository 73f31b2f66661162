//! Who may come in: the session token, what a browser's cookie needs besides, and the caller's address.
//!
//! The one door of every route that is not public (AUT-11): actions, hooks, records, the invalidation of caches.
//! What the caller may then do is asked by each of them.

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono_tz::Tz;

use super::context::Shared;
use crate::caller::Caller;
use crate::clock::seconds_since_epoch;
use crate::records::zone_named;
use crate::request::{TokenError, TokenSource, token_of};
use crate::response::{ActionError, ErrorKind};

/// Whether the request has a body, which must then be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sends {
    /// It has.
    Json,
    /// It has none, or nobody reads it.
    Nothing,
}

/// Admits a caller.
///
/// 1. the token says who calls;
/// 2. a body says that it is JSON;
/// 3. a cookie is only good from a page that CORS trusts;
/// 4. the address is one that the IP rules let in.
///
/// # Errors
/// 401 without a valid session, 400 for a time zone that does not exist, 415 for another body, 403 for the address.
pub(crate) async fn admit(shared: &Shared, req: &HttpRequest, sends: Sends) -> Result<Caller, ActionError> {
    let (caller, source) = identify(shared, req)?;
    if sends == Sends::Json {
        demand_json(req, source)?;
    }
    demand_trust(shared, req, source)?;
    #[cfg(feature = "server")]
    if let Some(connection) = &shared.connection {
        connection.demand_address(req).await?;
    }
    Ok(caller)
}

/// Who calls, and where the token was (protocol: verification on requests).
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
    let timezone = timezone(req.query_string());
    // the zone is judged after the token: a stranger learns nothing but 401
    let caller = shared
        .tokens
        .verify(token, seconds_since_epoch(), timezone.clone().unwrap_or(Tz::UTC))?;
    timezone?;
    Ok((caller, source))
}

/// The body must say that it is JSON.
fn demand_json(req: &HttpRequest, source: TokenSource) -> Result<(), ActionError> {
    let media_type = text_of(req, header::CONTENT_TYPE);
    if is_json(media_type, source) {
        return Ok(());
    }
    let found = media_type.unwrap_or("no content type").escape_debug().to_string();
    Err(ActionError::refused(
        ErrorKind::UnsupportedMediaType,
        format!("the request body must be `application/json`, found `{found}`"),
    ))
}

/// A cookie travels with any page's request: only pages that CORS trusts may use it.
fn demand_trust(shared: &Shared, req: &HttpRequest, source: TokenSource) -> Result<(), ActionError> {
    if source == TokenSource::Cookie && !shared.cors.trusts(req.headers(), text_of(req, header::HOST)) {
        return Err(TokenError::Missing.into());
    }
    Ok(())
}

fn text_of(req: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    req.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether the body claims to be JSON. A request without a content type is fine when its token came in a
/// header, which no foreign page can set without a pre-flight.
fn is_json(media_type: Option<&str>, source: TokenSource) -> bool {
    let Some(media_type) = media_type else {
        return source == TokenSource::Header;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// The `timezone` of the query string; UTC when there is none, or an empty one.
fn timezone(query: &str) -> Result<Tz, ActionError> {
    let last = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "timezone")
        .last();
    match last {
        Some((_, name)) if !name.is_empty() => zone_named(&name).ok_or_else(|| {
            ActionError::refused(
                ErrorKind::BadRequest,
                format!("Invalid timezone: \"{}\"", name.escape_debug()),
            )
        }),
        _ => Ok(Tz::UTC),
    }
}
