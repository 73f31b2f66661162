//! One call of a handler or hook.

use actix_web::HttpRequest;
use bytes::Bytes;

/// One call of an action or hook: the request and its whole body.
#[derive(Debug, Clone)]
pub struct ActionCall {
    pub(crate) req: HttpRequest,
    pub(crate) body: Bytes,
}
