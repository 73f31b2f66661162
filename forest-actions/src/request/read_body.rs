//! The body of a request, read once, within the limit.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

use super::weight::check_weight;
use crate::request::RequestError;

/// Maximum wait for the next chunk of a body.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum capacity that is reserved for the announced length, in bytes.
const MAX_RESERVED: usize = 1024 * 1024;

/// Reads the whole body.
///
/// # Errors
/// A body of more than `limit` bytes (before it is read, if the length is announced), a compressed one, one that breaks off
/// or stalls, one that the host has read already (RTE-05), and one with too much structure.
pub(crate) async fn read_body(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, RequestError> {
    let body = received(req, payload, limit).await?;
    check_weight(&body).await?;
    Ok(body)
}

async fn received(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, RequestError> {
    if let Some(bytes) = req.extensions_mut().remove::<Bytes>() {
        // a host that reads the body itself passes it on this way
        return if bytes.len() > limit {
            Err(RequestError::BodyTooLarge { limit })
        } else {
            Ok(bytes)
        };
    }
    let header = |name| req.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(encoding) = header(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(RequestError::BodyEncoded {
            encoding: encoding.to_owned(),
        });
    }
    let announced = header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(RequestError::BodyTooLarge { limit });
    }
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    loop {
        // most bodies have arrived already, and a timer costs more than a poll
        let chunk = match payload.next().now_or_never() {
            Some(chunk) => chunk,
            None => timeout(CHUNK_TIMEOUT, payload.next())
                .await
                .map_err(|_| RequestError::BodyStalled)?,
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(RequestError::BodyBroken)?;
        if first.len() + body.len() + chunk.len() > limit {
            return Err(RequestError::BodyTooLarge { limit });
        }
        if first.is_empty() && body.is_empty() {
            // a small body arrives in one chunk, which is not copied
            first = chunk;
            continue;
        }
        if body.is_empty() {
            // the announced length is only a claim
            let announced = announced
                .and_then(|length| usize::try_from(length).ok())
                .unwrap_or_default();
            body.reserve(announced.min(MAX_RESERVED));
            body.extend_from_slice(&std::mem::take(&mut first));
        }
        body.extend_from_slice(&chunk);
    }
    if !first.is_empty() {
        return Ok(first);
    }
    if body.is_empty() && announced.is_some_and(|length| length > 0) {
        return Err(RequestError::BodyConsumed);
    }
    Ok(body.freeze())
}
