//! `POST /forest/scope-cache-invalidation`: a scope of a rendering has changed (protocol: utility routes).

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use super::admission::{BodyKind, admit_in_any_zone};
use super::call_log::{CallLog, Subject};
use super::context::Shared;
use crate::caller::text_or_number;
use crate::request::{InvalidRenderingId, RequestError, read_body};
use crate::response::ActionError;

/// Below `/forest`.
pub(super) const PATH: &str = "/scope-cache-invalidation";

/// For the log.
const ROUTE: &str = "/forest/scope-cache-invalidation";

/// The body holds the id of a rendering.
const BODY_LIMIT: usize = 4 * 1024;

/// Outdates the cached permissions of the rendering, the caller's own or another one; 204 also when none are cached.
pub(super) async fn serve(shared: &Shared, req: &HttpRequest, payload: Payload) -> HttpResponse {
    let log = CallLog::begin(req, Subject::Agent(ROUTE));
    let outcome = steps(shared, req, payload, &log).instrument(log.span().clone()).await;
    log.end(outcome)
}

async fn steps(
    shared: &Shared,
    req: &HttpRequest,
    mut payload: Payload,
    log: &CallLog,
) -> Result<HttpResponse, ActionError> {
    if req.method() != Method::POST {
        let caller = admit_in_any_zone(shared, req, BodyKind::Unread).await?;
        log.caller(&caller.id);
        let refusal = ActionError::from(RequestError::MethodNotAllowed { allowed: "POST" });
        return Err(refusal.header("allow", "POST, OPTIONS"));
    }
    let caller = admit_in_any_zone(shared, req, BodyKind::Json).await?;
    log.caller(&caller.id);
    let body = read_body(req, &mut payload, shared.config().body_limit.min(BODY_LIMIT)).await?;
    let id = rendering_id(&body).ok_or(InvalidRenderingId)?;
    log.rendering(&id);
    if let Some(connection) = shared.connection() {
        connection.cache.outdate_rendering(&id);
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The id, a number that some clients send as text.
fn rendering_id(body: &[u8]) -> Option<String> {
    let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let id = text_or_number(body.get("renderingId")?)?;
    (!id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::rendering_id;

    #[test]
    fn per_04_an_invalidation_names_a_rendering_by_number_or_text() {
        for (body, expected) in [
            (r#"{"renderingId": 42}"#, Some("42")),
            (r#"{"renderingId": "42", "more": 1}"#, Some("42")),
            (r#"{"renderingId": 42.0}"#, Some("42")),
            (r#"{"renderingId": 0}"#, Some("0")),
            (r#"{"renderingId": 1e300}"#, None),
            (r#"{"renderingId": -1}"#, None),
            (r#"{"renderingId": 1.5}"#, None),
            (r#"{"renderingId": "4x"}"#, None),
            (r#"{"renderingId": ""}"#, None),
            (r#"{"renderingId": "999999999999999999999"}"#, None),
            (r#"{"renderingId": null}"#, None),
            (r#"{"renderingId": [42]}"#, None),
            (r#"{"rendering_id": 42}"#, None),
            ("{}", None),
            ("[42]", None),
            ("", None),
        ] {
            assert_eq!(rendering_id(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
