//! Captures the log lines of the library during one test.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

type Fields = BTreeMap<&'static str, String>;

/// One line of the log, with the fields of the spans around it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: Level,
    fields: Fields,
}

impl Line {
    /// A field; empty when the line does not have it.
    pub(crate) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    pub(crate) fn message(&self) -> &str {
        self.get("message")
    }
}

/// The capture; it ends when this is dropped.
pub(crate) struct Log {
    lines: Arc<Mutex<Vec<Line>>>,
    written: Arc<Notify>,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn capture() -> Self {
        // with a single subscriber, `tracing` caches the current thread's interest, and a test without a capture would
        // disable a line for all; so there are always more
        static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [0, 1].map(|_| Dispatch::new(Registry::default())));
        let lines = Arc::<Mutex<Vec<Line>>>::default();
        let written = Arc::<Notify>::default();
        let subscriber = Registry::default()
            .with(Capture(lines.clone(), written.clone()))
            .with(forest_actions::PlaygroundLog::layer());
        Self {
            lines,
            written,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Everything that the library has logged so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines whose message holds this text.
    pub(crate) fn about(&self, message: &str) -> Vec<Line> {
        let mut lines = self.lines();
        lines.retain(|line| line.message().contains(message));
        lines
    }

    /// Waits until there is a line whose message holds this text; the last one.
    pub(crate) async fn wait_for(&self, message: &str) -> Line {
        self.wait_for_any(&[message]).await
    }

    /// Waits until there is a line whose message holds one of these texts; the last one.
    pub(crate) async fn wait_for_any(&self, messages: &[&str]) -> Line {
        let is_meant = |line: &Line| messages.iter().any(|message| line.message().contains(message));
        let found = self.until(|lines| lines.into_iter().rfind(is_meant)).await;
        found.unwrap_or_else(|| panic!("no line says {messages:?}: {:?}", self.lines()))
    }

    /// Waits until so many lines hold this text.
    pub(crate) async fn wait_for_number(&self, message: &str, number: usize) {
        let count = |lines: Vec<Line>| lines.iter().filter(|line| line.message().contains(message)).count();
        let found = self.until(|lines| (count(lines) >= number).then_some(())).await;
        found.unwrap_or_else(|| panic!("not {number} lines say `{message}`: {:?}", self.lines()));
    }

    /// Waits for the lines to be as expected; none when they are not in time.
    async fn until<T>(&self, expected: impl Fn(Vec<Line>) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                // subscribes before checking, to miss no line
                let mut written = std::pin::pin!(self.written.notified());
                written.as_mut().enable();
                if let Some(found) = expected(self.lines()) {
                    return found;
                }
                written.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found).await.ok()
    }

    /// The final line of a request.
    pub(crate) fn end(&self) -> Line {
        let mut ends = self.lines();
        ends.retain(|line| !line.get("status").is_empty());
        assert_eq!(ends.len(), 1, "one line says how the request ended: {ends:?}");
        ends.remove(0)
    }

    /// All lines as one text, to check for absent content.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.lines())
    }
}

struct Capture(Arc<Mutex<Vec<Line>>>, Arc<Notify>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut reader = Reader::default();
        attributes.record(&mut reader);
        context.span(id).unwrap().extensions_mut().insert(reader);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(reader) = context.span(id).unwrap().extensions_mut().get_mut::<Reader>() {
            values.record(reader);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !event.metadata().target().starts_with("forest_actions") {
            return;
        }
        let mut reader = Reader::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Reader>() {
                // the span's status does not count as part of the line
                let outer = outer
                    .0
                    .iter()
                    .filter(|(name, _)| !matches!(**name, "status" | "duration_us"));
                reader.0.extend(outer.map(|(name, value)| (*name, value.clone())));
            }
        }
        event.record(&mut reader);
        self.0.lock().unwrap().push(Line {
            level: *event.metadata().level(),
            fields: reader.0,
        });
        self.1.notify_waiters();
    }
}

#[derive(Default)]
struct Reader(Fields);

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}
