//! Counts the statements that run on a table, as the driver logs them.

use std::fmt;
use std::sync::{Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// The statements of this process on tables with the prefix.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Prefix of the tables whose statements are kept.
pub(crate) const PREFIX: &str = "counted_";

/// Starts to log. The driver of SQLite runs statements in a thread of its own, so the subscriber is that of the process.
pub(crate) fn watch() {
    static WATCHED: OnceLock<()> = OnceLock::new();
    WATCHED.get_or_init(|| tracing::subscriber::set_global_default(Registry::default().with(Statements)).unwrap());
}

/// The statements on a table since the last call.
pub(crate) fn take(table: &str) -> Vec<String> {
    let mut statements = STATEMENTS.lock().unwrap();
    statements
        .extract_if(.., |statement| statement.contains(table))
        .collect()
}

struct Statements;

impl<S: Subscriber> Layer<S> for Statements {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        if text.0.contains(PREFIX) {
            STATEMENTS.lock().unwrap().push(text.0);
        }
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        // the summary is the whole statement if that is short
        if ["summary", "db.statement"].contains(&field.name()) && !value.is_empty() {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
