//! Logs one line for each request (RES-07).
//!
//! The line has the method, route, collection, action or hook, caller, status, duration and, on an error, the chain of
//! causes. A request whose client has disconnected is logged without a status. No line holds a token, a value of a form or a
//! filter, or anything of a record: an error whose text quotes one has a separate text for the log. The steps of the login
//! log their own lines.

use std::cell::Cell;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use tracing::Span;

use crate::declare::ActionDescriptor;
use crate::observed::Correlation;
use crate::records::{Requested, Selection};
use crate::response::{ActionError, ErrorKind};
use crate::text::one_line;

/// Logged for a handler that did not end: its work may be half done.
const CUT_SHORT: &str = "the program stopped while the handler ran, and cut it short";

/// The header of the answer with the id of the request.
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-forest-correlation-id");

#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// An action, or its hook of that name.
    Action(&'static ActionDescriptor, Option<&'static str>),
    /// Records: the pattern of the path, because ids are not logged, and the collection.
    Records(&'static str, Option<&'a str>),
    /// A route of the agent itself.
    #[cfg(feature = "server")]
    Agent(&'static str),
    /// A route without effects that is called often: its successes are logged at `debug`.
    Probe(&'static str),
    /// An unknown path, shortened, with the most similar endpoint.
    Nothing(&'a str, Option<&'a str>),
}

/// A request that is being answered.
pub(super) struct CallLog {
    method: Method,
    what: &'static str,
    route: Option<&'static str>,
    hook: Option<&'static str>,
    is_probe: bool,
    #[cfg(feature = "metrics")]
    action: Option<&'static ActionDescriptor>,
    /// The answer has the correlation id.
    is_protected: bool,
    correlation: Correlation,
    started: Instant,
    has_ended: Cell<bool>,
    /// Once the handler has started, only the end of the program stops it.
    is_in_handler: Cell<bool>,
    span: Span,
}

struct Ended<'a> {
    /// `None` when the client has disconnected.
    status: Option<u16>,
    duration_us: u64,
    reference: Option<&'a str>,
    error: Option<&'a str>,
}

impl CallLog {
    pub(super) fn begin(req: &HttpRequest, subject: Subject<'_>) -> Self {
        Self::begin_as(req, subject, Correlation::new())
    }

    /// Begins a request that belongs to an earlier one.
    pub(super) fn begin_as(req: &HttpRequest, subject: Subject<'_>, correlation: Correlation) -> Self {
        let (what, route, action, hook) = match subject {
            Subject::Action(action, hook) => ("smart action", Some(action.endpoint), Some(action), hook),
            Subject::Records(route, _) => ("records", Some(route), None, None),
            #[cfg(feature = "server")]
            Subject::Agent(route) => ("request", Some(route), None, None),
            Subject::Probe(route) => ("request", Some(route), None, None),
            Subject::Nothing(..) => ("request", None, None, None),
        };
        let collection = match subject {
            Subject::Action(action, _) => Some(action.collection),
            Subject::Records(_, collection) => collection,
            _ => None,
        };
        let (path, nearest) = match subject {
            Subject::Nothing(path, nearest) => (Some(path), nearest),
            _ => (None, None),
        };
        let span = tracing::info_span!(
            "call",
            correlation_id = correlation.as_str(),
            request_id = request_id(req),
            collection,
            action = action.map(|action| action.name),
            hook,
            path,
            nearest,
            caller = tracing::field::Empty,
            rendering = tracing::field::Empty,
            run = tracing::field::Empty,
            requested = tracing::field::Empty,
            found = tracing::field::Empty,
        );
        Self {
            method: req.method().clone(),
            what,
            route,
            hook,
            is_probe: matches!(subject, Subject::Probe(_)),
            #[cfg(feature = "metrics")]
            action,
            is_protected: !matches!(subject, Subject::Probe(_) | Subject::Nothing(..)),
            correlation,
            started: Instant::now(),
            has_ended: Cell::new(false),
            is_in_handler: Cell::new(false),
            span,
        }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// The id of the request.
    pub(super) fn correlation(&self) -> Correlation {
        self.correlation
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn caller(&self, id: &str) {
        // a number, unless the Forest server signs something else
        match id.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => self.span.record("caller", id),
            false => self.span.record("caller", one_line(id)),
        };
    }

    #[cfg(feature = "server")]
    pub(super) fn rendering(&self, id: &str) {
        self.span.record("rendering", id);
    }

    pub(super) fn handler_begins(&self) {
        self.is_in_handler.set(true);
    }

    /// Converts the outcome into the answer and logs the line.
    pub(super) fn end(&self, outcome: Result<HttpResponse, ActionError>) -> HttpResponse {
        let reference = match &outcome {
            Err(error) if error.kind() == ErrorKind::Internal => {
                let own = error.reference().map(str::to_owned);
                Some(own.unwrap_or_else(|| self.correlation.reference()))
            }
            _ => None,
        };
        let (mut response, error) = match outcome {
            Ok(response) => (response, None),
            Err(error) => {
                let reference = reference.as_deref().unwrap_or_default();
                let answer = match self.hook {
                    Some(_) => error.to_hook_http(reference),
                    None => error.to_http(reference),
                };
                let chain = error.chain();
                #[cfg(all(feature = "testing", feature = "server"))]
                let answer = crate::response::LoggedCause::attach(answer, &chain);
                (answer, Some(chain))
            }
        };
        if self.is_protected
            && let Ok(id) = HeaderValue::from_str(self.correlation.as_str())
        {
            response.headers_mut().insert(CORRELATION_ID, id);
        }
        self.write(&Ended {
            status: Some(response.status().as_u16()),
            duration_us: self.duration_us(),
            reference: reference.as_deref(),
            error: error.as_deref(),
        });
        response
    }

    fn duration_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Logs the line. `tracing` needs a constant level, so there is one event for each.
    fn write(&self, ended: &Ended<'_>) {
        self.has_ended.set(true);
        #[cfg(feature = "metrics")]
        self.measure(ended);
        let _inside = self.span.enter();
        let (method, route, hook) = (self.method.as_str(), self.route, self.hook);
        let Ended {
            status,
            duration_us,
            reference,
            error,
        } = *ended;
        let (what, how) = (self.what, ended.how());
        // an instance that is not ready is a state, which its probes would report again and again
        let level = match ended.level() {
            tracing::Level::ERROR if self.is_probe => tracing::Level::WARN,
            level => level,
        };
        match level {
            tracing::Level::ERROR => {
                tracing::error!(
                    method,
                    route,
                    hook,
                    status,
                    duration_us,
                    reference,
                    error,
                    "{what} {how}"
                );
            }
            tracing::Level::WARN => tracing::warn!(method, route, hook, status, duration_us, error, "{what} {how}"),
            _ if self.is_probe => tracing::debug!(method, route, status, duration_us, error, "{what} {how}"),
            _ => tracing::info!(method, route, hook, status, duration_us, error, "{what} {how}"),
        }
    }
}

#[cfg(feature = "metrics")]
impl CallLog {
    /// Counts the call and measures its duration. The labels come from the code alone, so their number is bounded.
    fn measure(&self, ended: &Ended<'_>) {
        let labels = [
            ("route", self.route.unwrap_or("unknown")),
            ("collection", self.action.map_or("", |action| action.collection)),
            ("action", self.action.map_or("", |action| action.name)),
            ("hook", self.hook.unwrap_or("")),
            ("outcome", ended.how()),
        ];
        metrics::counter!("forest_calls_total", &labels).increment(1);
        let seconds = std::time::Duration::from_micros(ended.duration_us).as_secs_f64();
        metrics::histogram!("forest_call_duration_seconds", &labels).record(seconds);
    }
}

/// Records the numbers of requested and found ids: a file has no place for them (SEL-09).
pub(super) fn record_found(span: &Span, requested: &Requested) {
    if let Some((found, requested)) = requested.selection().and_then(Selection::found_of) {
        span.record("requested", requested).record("found", found);
    }
}

impl Ended<'_> {
    fn level(&self) -> tracing::Level {
        match (self.status, self.error) {
            (Some(500..), _) | (None, Some(CUT_SHORT)) => tracing::Level::ERROR,
            (Some(_), Some(_)) => tracing::Level::WARN,
            // a status that a handler chose is an answer, and a client that disconnects is not an error
            _ => tracing::Level::INFO,
        }
    }

    fn how(&self) -> &'static str {
        match (self.status, self.error) {
            (None, _) => "not answered",
            (Some(500..), _) => "failed",
            (Some(_), Some(_)) => "refused",
            (Some(_), None) => "ended",
        }
    }
}

/// A request is dropped early when its client disconnects before the handler has started, or when the program ends.
impl Drop for CallLog {
    fn drop(&mut self) {
        if self.has_ended.get() {
            return;
        }
        self.write(&Ended {
            status: None,
            duration_us: self.duration_us(),
            reference: None,
            error: Some(match self.is_in_handler.get() {
                true => CUT_SHORT,
                false => "the client went away, or the program is stopping",
            }),
        });
    }
}

/// The `X-Request-Id` of a request, by which a proxy or a client finds its line; ignored unless it is short and plain.
fn request_id(req: &HttpRequest) -> Option<&str> {
    let id = req.headers().get("x-request-id")?.to_str().ok()?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_plain && (8..=64).contains(&id.len())).then_some(id)
}

#[cfg(all(test, feature = "metrics"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    use actix_web::test::TestRequest;
    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;
    use crate::declare::ActionKind;

    static ACTION: ActionDescriptor =
        ActionDescriptor::for_test("loans", "Approve", ActionKind::Single, "/forest/actions/approve");

    /// Keeps the keys of metrics, and counts.
    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>, Arc<AtomicU64>);

    impl Recorder for Kept {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            self.0.lock().unwrap().push(key.to_string());
            Counter::from_arc(self.1.clone())
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            self.0.lock().unwrap().push(key.to_string());
            Histogram::noop()
        }
    }

    #[test]
    fn a_call_is_counted_with_its_action_and_outcome() {
        let kept = Kept::default();
        metrics::with_local_recorder(&kept, || {
            let begin = || {
                CallLog::begin(
                    &TestRequest::default().to_http_request(),
                    Subject::Action(&ACTION, None),
                )
            };
            begin().end(Ok(HttpResponse::Ok().finish()));
            begin().end(Err(ActionError::forbidden("No.")));
            drop(begin());
        });
        assert_eq!(kept.1.load(Ordering::Relaxed), 3);
        let keys = kept.0.lock().unwrap().join("\n");
        for outcome in ["ended", "refused", "not answered"] {
            assert!(keys.contains(&format!("outcome = {outcome}")), "{keys}");
        }
        assert!(
            keys.contains("action = Approve") && keys.contains("forest_call_duration_seconds"),
            "{keys}"
        );
    }
}
