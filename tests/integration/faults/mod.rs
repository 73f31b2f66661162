//! Faults of the Forest server: slow, down, wrong or malicious. The tests are the rows of the book's page on it.
//!
//! Each row is a dependency and a fault, tested on its own agent: the outcome for the user, the log line, and the
//! success of the next attempt after the fault. The text of the page is compared with the rows.

mod events;
mod login;
mod outage;
mod permissions;
mod publication;
mod rows;

use tracing::Level;

use events::{LISTENED, LISTENING};
use login::{DISCOVERED, EXCHANGED, LOOKED_UP, REGISTERED};
use permissions::{ADDRESSES, PERMISSIONS};
use publication::{MISREAD, PUBLISHED};
use rows::REASON;

/// The page that these rows are from.
const PAGE: &str = include_str!("../../../docs/production.md");

#[test]
fn the_failures_page_quotes_every_row() {
    // the server's own error text is untrusted
    let permissions = PERMISSIONS.iter().filter(|(_, (_, _, text), _)| *text != REASON);
    let permissions = permissions.flat_map(|(_, (_, name, text), kind)| [*name, text, kind]);
    let addresses = ADDRESSES.iter().map(|(_, kind)| *kind);
    let published = [PUBLISHED, MISREAD].concat();
    let published = published.into_iter().flat_map(|(_, _, text, kind)| [text, kind]);
    for text in permissions.chain(addresses).chain(published) {
        assert!(PAGE.contains(text), "{text}");
    }
    for (_, level, kind) in LISTENED {
        let level = match *level {
            Level::DEBUG => "debug: ",
            Level::WARN => "warning: ",
            _ => "error: ",
        };
        assert!(PAGE.contains(level) && PAGE.contains(kind), "{kind}");
    }
    for (_, _, text) in LISTENING {
        assert!(PAGE.contains(text), "{text}");
    }
    for (failures, (status, name, text), cause) in [DISCOVERED, REGISTERED, EXCHANGED, LOOKED_UP].concat() {
        let row = format!("| {status} `{name}` | ");
        let is_there = |line: &str| line.contains(&row) && line.contains(text) && line.contains(cause);
        assert!(PAGE.lines().any(is_there), "{failures:?}: {row}{text} | {cause}");
    }
}
