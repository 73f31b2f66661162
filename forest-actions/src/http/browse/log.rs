//! One line in the log for each browsing request, however it ends (RES-07).
//!
//! The line has the method, the shape of the route, the collection, the caller, status and duration; on a failure also
//! the chain of causes. It never has an id, a filter, a search text or anything of a record: what a refusal quotes of
//! them is only written at `trace`.

use std::time::Instant;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use tracing::Span;

use super::super::call_log::reference;
#[cfg(feature = "playground")]
use super::super::{call_log::Ended, told::LineTo};
use super::route::Browse;
use crate::response::{ActionError, ErrorKind};

/// A request that has begun.
pub(super) struct BrowseLog {
    method: Method,
    route: &'static str,
    started: Instant,
    span: Span,
    #[cfg(feature = "playground")]
    told: LineTo,
}

impl BrowseLog {
    pub(super) fn begin(req: &HttpRequest, browse: &Browse) -> Self {
        Self {
            method: req.method().clone(),
            route: browse.pattern(),
            started: Instant::now(),
            span: tracing::info_span!(
                "browse",
                collection = browse.collection(),
                caller = tracing::field::Empty
            ),
            #[cfg(feature = "playground")]
            told: LineTo::of(req),
        }
    }

    /// The span of the request, for everything that happens inside it.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn caller(&self, id: &str) {
        self.span.record("caller", id);
        #[cfg(feature = "playground")]
        self.told.caller(id);
    }

    /// Turns the outcome into the answer and writes the line.
    pub(super) fn end(&self, outcome: Result<HttpResponse, ActionError>) -> HttpResponse {
        let _inside = self.span.enter();
        let (method, route) = (self.method.as_str(), self.route);
        let duration = self.started.elapsed();
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        match outcome {
            Ok(response) => {
                let status = response.status().as_u16();
                tracing::info!(method, route, status, duration_us, "records answered");
                #[cfg(feature = "playground")]
                self.tell("INFO records answered", status, duration_us, None, None);
                response
            }
            Err(error) if error.kind() == ErrorKind::Internal => {
                let reference = reference();
                let response = error.to_http(&reference);
                let status = response.status().as_u16();
                let error = error.chain();
                #[cfg(feature = "playground")]
                self.tell(
                    "ERROR records failed",
                    status,
                    duration_us,
                    Some(&reference),
                    Some(&error),
                );
                tracing::error!(method, route, status, duration_us, reference, error, "records failed");
                response
            }
            Err(error) => {
                let response = error.to_http("");
                let status = response.status().as_u16();
                let kind = error.kind();
                tracing::warn!(method, route, status, duration_us, ?kind, "records refused");
                #[cfg(feature = "playground")]
                self.tell("WARN records refused", status, duration_us, None, None);
                tracing::trace!(error = error.chain(), "records refused");
                response
            }
        }
    }
    /// Keeps the line for the local page.
    #[cfg(feature = "playground")]
    fn tell(&self, what: &str, status: u16, duration_us: u64, reference: Option<&str>, error: Option<&str>) {
        self.told.write(|| {
            let mut line = format!("{what} method={} route={:?}", self.method.as_str(), self.route);
            let ended = Ended {
                status,
                duration_us,
                reference,
                error,
            };
            ended.append_to(&mut line);
            line
        });
    }
}
