//! The log lines of the page's recent calls, kept by a layer of the program's `tracing` subscriber.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Target of the agent's request lines and their spans.
const TARGET: &str = "forest_actions::http";

/// Number of lines that are kept.
const KEPT: usize = 64;

/// Keeps the last log lines of requests, so that the local page can show the line of a call. Feature `playground`.
///
/// Add it to the subscriber of the program; the page finds it there. It keeps the last 64 lines of requests with a header
/// `X-Request-Id`, which the page sends, and shows a line only to the caller of that request. Other layers and their filters
/// do not change.
///
/// ```
/// use forest_actions::PlaygroundLog;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer())
///     .with(PlaygroundLog::layer());
/// # let _ = subscriber;
/// // tracing::subscriber::set_global_default(subscriber)
/// ```
#[derive(Debug, Default)]
pub struct PlaygroundLog(Mutex<VecDeque<Line>>);

#[derive(Debug)]
struct Line {
    request: String,
    caller: String,
    text: String,
}

/// The fields of a request's span, kept in its extensions.
#[derive(Default)]
struct Call {
    request: String,
    caller: String,
    /// The other fields, as text.
    fields: String,
}

/// The answer to a search for a line.
pub(super) enum Found {
    Line(String),
    /// Not logged yet, no longer kept, or of another caller.
    Nothing,
    /// The subscriber has no such layer.
    NotInstalled,
}

impl PlaygroundLog {
    /// A layer that keeps the lines.
    pub fn layer<S>() -> impl Layer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let is_request =
            filter_fn(|metadata| metadata.target().starts_with(TARGET) && *metadata.level() <= LevelFilter::INFO);
        Self::default().with_filter(is_request.with_max_level_hint(LevelFilter::INFO))
    }

    fn keep(&self, line: Line) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|other| other.request != line.request || other.caller != line.caller);
        if lines.len() >= KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn find(&self, request: &str, caller: &str) -> Option<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines
            .iter()
            .find(|line| line.request == request && line.caller == caller);
        line.map(|line| line.text.clone())
    }
}

/// The line of a request, if the current subscriber keeps it.
pub(super) fn find(request: &str, caller: &str) -> Found {
    let found = tracing::dispatcher::get_default(|subscriber| {
        let log = subscriber.downcast_ref::<PlaygroundLog>()?;
        Some(log.find(request, caller))
    });
    match found {
        Some(Some(line)) => Found::Line(line),
        Some(None) => Found::Nothing,
        None => Found::NotInstalled,
    }
}

impl<S> Layer<S> for PlaygroundLog
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut call = Call::default();
        attributes.record(&mut call);
        if call.request.is_empty() {
            return;
        }
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(call);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Call>()
        {
            values.record(call);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let extensions = span.extensions();
        // a caller that was not admitted cannot read its line
        let Some(call) = extensions.get::<Call>().filter(|call| !call.caller.is_empty()) else {
            return;
        };
        let mut text = EventText::default();
        event.record(&mut text);
        self.keep(Line {
            request: call.request.clone(),
            caller: call.caller.clone(),
            text: format!(
                "{} {}{}{}",
                event.metadata().level(),
                text.message,
                call.fields,
                text.fields
            ),
        });
    }
}

impl Visit for Call {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "request_id" => value.clone_into(&mut self.request),
            "caller" => value.clone_into(&mut self.caller),
            // the line of the event has it
            "hook" => {}
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // writing into a String cannot fail
        let _ = write!(self.fields, " {}={value:?}", field.name());
    }
}

#[derive(Default)]
struct EventText {
    message: String,
    fields: String,
}

impl Visit for EventText {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // writing into a String cannot fail
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn call(request: &str, caller: Option<&str>) {
        let span = tracing::info_span!(
            target: TARGET,
            "call",
            request_id = request,
            caller = tracing::field::Empty,
            action = "Ship"
        );
        if let Some(caller) = caller {
            span.record("caller", caller);
        }
        span.in_scope(|| tracing::info!(target: TARGET, status = 200, "smart action ended"));
    }

    fn line(request: &str, caller: &str) -> Option<String> {
        match find(request, caller) {
            Found::Line(line) => Some(line),
            Found::Nothing | Found::NotInstalled => None,
        }
    }

    fn with_layer(test: impl FnOnce()) {
        let subscriber = tracing_subscriber::registry().with(PlaygroundLog::layer());
        tracing::subscriber::with_default(subscriber, test);
    }

    #[test]
    fn line_is_found_by_its_caller_only() {
        with_layer(|| {
            call("call-0001", Some("1"));
            call("call-0002", None);
            let found = line("call-0001", "1");
            assert_eq!(
                found.as_deref(),
                Some(r#"INFO smart action ended action="Ship" status=200"#)
            );
            assert_eq!(line("call-0001", "2"), None);
            assert_eq!(line("call-0002", ""), None);
        });
    }

    #[test]
    fn only_recent_lines_of_requests_are_kept() {
        with_layer(|| {
            call("", Some("1"));
            assert_eq!(line("", "1"), None);
            for number in 0..=KEPT {
                call(&format!("call-{number:04}"), Some("1"));
            }
            assert_eq!(line("call-0000", "1"), None);
            assert!(line("call-0001", "1").is_some() && line("call-0064", "1").is_some());
        });
    }

    #[test]
    fn missing_layer_is_reported() {
        let subscriber = tracing_subscriber::registry();
        tracing::subscriber::with_default(subscriber, || {
            assert!(matches!(find("call-0001", "1"), Found::NotInstalled));
        });
    }
}
