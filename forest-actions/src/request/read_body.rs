//! The body of a request, read once, within the limit.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

use crate::response::{ActionError, ErrorKind};

/// How long the next piece of a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much room is made for a body before it has arrived, in bytes.
const RESERVED: usize = 1024 * 1024;

/// Reads the whole body.
///
/// # Errors
/// 413 beyond `limit` bytes (before reading, when the length is announced), 415 for a compressed body, 400
/// for one that breaks off, and unexpected for one that the host has read already (RTE-05).
pub(crate) async fn read_body(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, ActionError> {
    if let Some(bytes) = req.extensions_mut().remove::<Bytes>() {
        // a host that had to read the body itself hands it on this way
        return if bytes.len() > limit {
            Err(too_large(limit))
        } else {
            Ok(bytes)
        };
    }
    let header = |name| req.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(encoding) = header(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let text = format!(
            "the request body is encoded as `{}`; send it plain",
            encoding.escape_debug()
        );
        return Err(ActionError::refused(ErrorKind::UnsupportedMediaType, text));
    }
    let announced = header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large(limit));
    }
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    loop {
        // nearly every body is there already, and a timer costs more than looking
        let chunk = match payload.next().now_or_never() {
            Some(chunk) => chunk,
            None => timeout(PATIENCE, payload.next())
                .await
                .map_err(|_| ActionError::refused(ErrorKind::RequestTimeout, "the request body stopped arriving"))?,
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|error| {
            ActionError::refused(ErrorKind::BadRequest, "the request body could not be read").because(error)
        })?;
        if first.len() + body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && body.is_empty() {
            // a small body arrives in one piece, which is used as it is
            first = chunk;
            continue;
        }
        if body.is_empty() {
            // what is announced is a claim: room is made for what has arrived
            let announced = announced
                .and_then(|length| usize::try_from(length).ok())
                .unwrap_or_default();
            body.reserve(announced.min(RESERVED));
            body.extend_from_slice(&std::mem::take(&mut first));
        }
        body.extend_from_slice(&chunk);
    }
    if !first.is_empty() {
        return Ok(first);
    }
    if body.is_empty() && announced.is_some_and(|length| length > 0) {
        return Err(ActionError::internal(
            "the body was read by a middleware in front of forest-actions; let it pass, or put its `Bytes` into the request's extensions",
        ));
    }
    Ok(body.freeze())
}

fn too_large(limit: usize) -> ActionError {
    ActionError::refused(
        ErrorKind::PayloadTooLarge,
        format!("the request body is larger than the limit of {limit} bytes"),
    )
}
