//! What a handler gives back, and how it becomes bytes on the wire.
//!
//! Owns the answer types ([`ActionResponse`], [`Download`], [`Webhook`], [`RedirectTarget`]), the
//! error type ([`ActionError`]) and the conversions between them and an HTTP answer. Knows nothing of
//! requests, callers or actions; called by the pipeline in `http`.

mod answer;
mod disposition;
mod download;
mod error;
mod into_response;
mod redirect;
mod webhook;

pub use answer::{ActionResponse, html, no_content, success};
pub use download::Download;
pub use error::{ActionError, ActionResult, ErrorKind, IntoActionError, failure};
pub use into_response::IntoActionResponse;
pub use redirect::{InvalidRedirect, RedirectTarget};
pub use webhook::{InvalidWebhook, Webhook};

pub(crate) use error::{BoxError, Members, OwnError, chain_of};
