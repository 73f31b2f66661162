//! The answers of handlers ([`ActionResponse`], [`Results`], [`Download`], [`Webhook`], [`RedirectTarget`]), their error
//! ([`ActionError`]), and the conversion to HTTP.

mod answer;
pub(crate) mod chart;
mod disposition;
mod download;
mod error;
mod into_response;
mod preview;
mod redirect;
mod results;
mod webhook;

pub use answer::{ActionResponse, html, no_content, success};
pub(crate) use chart::IntoChart;
pub use download::Download;
pub use error::{ActionError, ActionResult, ErrorKind, IntoActionError, failure};
pub use into_response::IntoActionResponse;
pub use preview::Preview;
pub use redirect::{InvalidRedirect, RedirectTarget};
pub use results::{Count, English, NotDone, Refusal, Results, Texts, refuse};
pub use webhook::{InvalidWebhook, Webhook};

pub(crate) use error::{BoxError, Members, OwnError, chain_of};
pub(crate) use results::{RefusedFile, Tally, Words, block};

/// The logged error of an answer, in the extensions of the response, where the client of tests finds it.
#[cfg(all(feature = "testing", feature = "server"))]
#[derive(Debug)]
pub(crate) struct LoggedCause(pub(crate) String);

#[cfg(all(feature = "testing", feature = "server"))]
impl LoggedCause {
    pub(crate) fn attach(mut answer: actix_web::HttpResponse, chain: &str) -> actix_web::HttpResponse {
        answer.extensions_mut().insert(Self(chain.to_owned()));
        answer
    }
}
