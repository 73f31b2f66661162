//! The columns of the book's page: each failure as a fault of the fake server, and its outcome for the user and in the
//! log.

use std::time::Duration;

use forest_actions::ForestBuilder;
use forest_actions::testing::Fault;
use tracing::Level;

use crate::support::Answer;

/// Request timeout of the agents.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

pub(super) const UNREACHABLE: &str = "Failed to reach Forest Admin server. Are you online?";
pub(super) const TIMED_OUT: &str = "The request to Forest Admin server has timed out";
pub(super) const UNKNOWN_SECRET: &str = "failed to find the project related to the envSecret";
pub(super) const MAINTENANCE: &str = "Forest is in maintenance for a few minutes.";
pub(super) const UNEXPECTED: &str = "An unexpected error occurred while contacting the Forest Admin server.";
/// Body of the fake server's 500.
pub(super) const REASON: &str = "the test asked for this answer";

/// The columns of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Refused,
    Hung,
    Error500,
    Unknown404,
    Maintenance503,
    Garbage,
    HalfBody,
    SlowDrip,
    Endless,
}

pub(super) use Failure::{Endless, Error500, Garbage, HalfBody, Hung, Maintenance503, Refused, SlowDrip, Unknown404};

impl Failure {
    pub(super) fn fault(self) -> Fault {
        match self {
            // a connection that is refused and one that is closed at once are one and the same to a client; a whole
            // server that is gone has a test of its own
            Refused => Fault::Close,
            Hung => Fault::Hang,
            Error500 => Fault::Status(500),
            Unknown404 => Fault::Status(404),
            Maintenance503 => Fault::Status(503),
            Garbage => Fault::Garbage,
            HalfBody => Fault::HalfBody,
            SlowDrip => Fault::SlowDrip {
                bytes: 1,
                every: Duration::from_millis(100),
            },
            Endless => Fault::Endless,
        }
    }
}

/// The outcome for the user.
pub(super) type Seen = (u16, &'static str, &'static str);

/// A row: failures with the same outcome; status, name and text for the user; kind or cause in the log.
pub(super) type Row = (&'static [Failure], Seen, &'static str);

/// A row of the publication or the event stream: failures with the same outcome; level, text and kind in the log.
pub(super) type Logged = (&'static [Failure], Level, &'static str, &'static str);

pub(super) fn impatient(builder: ForestBuilder) -> ForestBuilder {
    builder.request_timeout(PATIENCE).schema_timeout(PATIENCE)
}

/// An endless answer ends when it is too large or too late, whichever comes first.
pub(super) fn is_either(failure: Failure, found: &str, expected: &str, too_late: &str) -> bool {
    found.contains(expected) || (failure == Endless && found.contains(too_late))
}

pub(super) fn assert_seen(route: &str, failure: Failure, answer: &Answer, (status, name, text): Seen) {
    let body = answer.text();
    assert_eq!(answer.status(), status, "{route} {failure:?}: {body}");
    assert!(body.contains(name), "{route} {failure:?}: {body}");
    assert!(is_either(failure, body, text, TIMED_OUT), "{route} {failure:?}: {body}");
}
