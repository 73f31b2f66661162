//! One line in the log for each call of an action or hook, however it ends (RES-07).
//!
//! The line has the method, route, collection, action or hook, caller, status, duration and, on an error, the
//! whole chain of causes. It never holds a token, a value of the form or a record's content.

use std::time::Instant;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use tracing::Span;

#[cfg(feature = "playground")]
use super::told::LineTo;
use crate::declare::ActionDescriptor;
use crate::response::{ActionError, ErrorKind};

/// A call that has begun.
pub(super) struct CallLog {
    method: Method,
    action: &'static ActionDescriptor,
    /// `load` or `change` for a hook.
    hook: Option<&'static str>,
    started: Instant,
    span: Span,
    #[cfg(feature = "playground")]
    told: LineTo,
}

impl CallLog {
    pub(super) fn begin(req: &HttpRequest, action: &'static ActionDescriptor, hook: Option<&'static str>) -> Self {
        let span = tracing::info_span!(
            "smart_action",
            collection = action.collection,
            action = action.name,
            hook,
            caller = tracing::field::Empty,
            requested = tracing::field::Empty,
            found = tracing::field::Empty,
        );
        Self {
            method: req.method().clone(),
            action,
            hook,
            started: Instant::now(),
            span,
            #[cfg(feature = "playground")]
            told: LineTo::of(req),
        }
    }

    /// The span of the call, for everything that happens inside it.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn caller(&self, id: &str) {
        self.span.record("caller", id);
        #[cfg(feature = "playground")]
        self.told.caller(id);
    }

    /// How many records were asked for by their ids, and how many are there: a file has no place to say it (SEL-09).
    pub(super) fn records(&self, found: usize, requested: usize) {
        self.span.record("requested", requested).record("found", found);
    }

    /// Turns the outcome into the answer and writes the line.
    pub(super) fn end(&self, outcome: Result<HttpResponse, ActionError>) -> HttpResponse {
        let reference = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Internal).then(reference);
        let (response, cause) = match outcome {
            Ok(response) => (response, None),
            Err(error) => (
                error.to_http(reference.as_deref().unwrap_or_default()),
                Some(error.chain()),
            ),
        };
        let status = response.status().as_u16();
        let duration = self.started.elapsed();
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let _inside = self.span.enter();
        let (method, route) = (self.method.as_str(), self.action.endpoint);
        let hook = self.hook;
        #[cfg(feature = "playground")]
        self.told.write(|| {
            let ended = Ended {
                status,
                duration_us,
                reference: reference.as_deref(),
                error: cause.as_deref(),
            };
            self.line(&ended)
        });
        match cause {
            None => tracing::info!(method, route, hook, status, duration_us, "smart action ended"),
            Some(error) if status >= 500 => {
                tracing::error!(
                    method,
                    route,
                    hook,
                    status,
                    duration_us,
                    reference,
                    error,
                    "smart action failed"
                );
            }
            Some(error) => tracing::warn!(method, route, hook, status, duration_us, error, "smart action refused"),
        }
        response
    }

    /// The line that is written, as text.
    #[cfg(feature = "playground")]
    fn line(&self, ended: &Ended<'_>) -> String {
        let (level, what) = match ended.error {
            None => ("INFO", "smart action ended"),
            Some(_) if ended.status >= 500 => ("ERROR", "smart action failed"),
            Some(_) => ("WARN", "smart action refused"),
        };
        let mut line = format!(
            "{level} {what} collection={:?} action={:?} method={} route={:?}",
            self.action.collection,
            self.action.name,
            self.method.as_str(),
            self.action.endpoint,
        );
        if let Some(hook) = self.hook {
            line.push_str(&format!(" hook={hook}"));
        }
        ended.append_to(&mut line);
        line
    }
}

/// How a call ended.
#[cfg(feature = "playground")]
pub(super) struct Ended<'a> {
    pub(super) status: u16,
    pub(super) duration_us: u64,
    pub(super) reference: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

#[cfg(feature = "playground")]
impl Ended<'_> {
    /// Adds what is known at the end to a line.
    pub(super) fn append_to(&self, line: &mut String) {
        line.push_str(&format!(" status={} duration_us={}", self.status, self.duration_us));
        if let Some(reference) = self.reference {
            line.push_str(&format!(" reference={reference}"));
        }
        if let Some(error) = self.error {
            line.push_str(&format!(" error={error:?}"));
        }
    }
}

/// A short random text that ties what the user saw to a line of the log.
pub(super) fn reference() -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(12);
    text
}
