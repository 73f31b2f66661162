//! Failures of the database: the answer to each, and its words that may be logged.
//!
//! The messages of a database may quote values of a statement. Only the code is kept, with the message for the classes
//! of errors that are about names and the server. The full error is logged at level `trace`.

use std::time::Duration;

use super::statement::StatementError;
use crate::records::error::{NoConnection, RecordError};
use crate::text::one_line;

/// A failure of the database. `purpose` completes "the database could not …".
#[derive(Debug, thiserror::Error)]
#[error("the database could not {purpose}: {reason}")]
pub(super) struct DatabaseError {
    purpose: &'static str,
    reason: String,
}

impl DatabaseError {
    pub(super) fn new(purpose: &'static str, error: &sqlx::Error) -> Self {
        tracing::trace!(purpose, error = one_line(error), "the database failed");
        Self {
            purpose,
            reason: reason(error),
        }
    }
}

impl From<DatabaseError> for RecordError {
    fn from(error: DatabaseError) -> Self {
        Self::failed(error)
    }
}

const AWAY: &str = "The records cannot be read at the moment. Please try again in a few seconds.";

const TOO_SLOW: &str =
    "Reading the records took too long, and was stopped. Please try again later, or select fewer records.";

/// The reason why a statement has no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection of the pool became free in time.
    NoConnection {
        connections: u32,
        waited: Duration,
    },
    /// The statement exceeded its time limit.
    TimedOut(Duration),
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl Failure {
    pub(super) fn of_driver(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Driver(error) => Some(error),
            Self::NoConnection { .. } | Self::TimedOut(_) => None,
        }
    }

    /// The words of the database about the text of a statement that is only prepared, so that they quote no value.
    ///
    /// # Errors
    /// The failure, when it is not about the text.
    pub(super) fn into_mistake(self) -> Result<String, Self> {
        match &self {
            Self::Driver(error @ sqlx::Error::Database(database)) if answer(error) != Answer::Away => {
                Ok(one_line(database.message()))
            }
            _ => Err(self),
        }
    }

    /// The error of a statement that reads `collection`. `purpose` completes "the database could not …".
    pub(super) fn into_error(self, purpose: &'static str, collection: &str) -> RecordError {
        let error = match self {
            Self::NoConnection { connections, waited } => {
                return RecordError::unavailable(AWAY, NoConnection { connections, waited });
            }
            Self::TimedOut(limit) => {
                let cause = format!("the database could not {purpose} within {limit:?}, and the statement was stopped");
                return RecordError::unavailable(TOO_SLOW, cause);
            }
            Self::Driver(error) => error,
        };
        let cause = DatabaseError::new(purpose, &error);
        match answer(&error) {
            Answer::Away => RecordError::unavailable(AWAY, cause),
            Answer::TooSlow => RecordError::unavailable(TOO_SLOW, cause),
            Answer::Refused(reason) => {
                tracing::warn!(cause = one_line(&cause), "the database refused a query");
                let code = code_of(&error);
                RecordError::unsupported(format!("the database cannot answer this query: {reason} (code {code})"))
            }
            Answer::Unavailable(reason) => {
                RecordError::unavailable(format!("`{collection}` cannot be read: {reason}"), cause)
            }
            Answer::Failed => cause.into(),
        }
    }

    /// The refusal of a live query that the database does not accept, or that takes too long.
    pub(super) fn into_live_query_error(self, purpose: &'static str) -> RecordError {
        let cause = match &self {
            Self::Driver(error @ sqlx::Error::Database(_)) if answer(error) != Answer::Away => {
                DatabaseError::new(purpose, error).to_string()
            }
            Self::TimedOut(limit) => format!("it did not end within {limit:?}"),
            _ => return self.into_error(purpose, ""),
        };
        tracing::warn!(cause = one_line(&cause), "a live query failed");
        StatementError::InvalidLiveQuery.into()
    }
}

fn code_of(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    code.map(|code| code.into_owned()).unwrap_or_default()
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The statement fails with the values of this query, or of these records.
    Refused(&'static str),
    /// Each statement fails until the database is changed, or the program is restarted.
    Unavailable(String),
    /// The database cannot be reached, or is too busy: the same statement may succeed later.
    Away,
    /// The statement was cancelled, also by a limit of the role or the database.
    TooSlow,
    Failed,
}

fn answer(error: &sqlx::Error) -> Answer {
    match error {
        sqlx::Error::Database(database) => answer_of(&database.code().unwrap_or_default(), database.message()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Answer::Away,
        _ => Answer::Failed,
    }
}

/// By an SQLSTATE of PostgreSQL, or a result code of SQLite.
fn answer_of(code: &str, message: &str) -> Answer {
    const CHANGED: &str = "its table is not as this program found it at its start: restart the program";

    match code {
        "57014" => Answer::TooSlow,
        // a deadlock, a conflict with a recovery, a lock that was not free in time
        "40P01" | "40001" | "55P03" => Answer::Away,
        "21000" => Answer::Refused("a computed field has several values"),
        "22003" => Answer::Refused("a number is out of range"),
        "22007" | "22008" => Answer::Refused("a date or time is out of range"),
        "22012" => Answer::Refused("a computed field divides by zero"),
        "22021" | "22P05" => Answer::Refused("a text has a character that the encoding of the database lacks"),
        "22P02" => Answer::Refused("a text is not a value of its type"),
        "0A000" => Answer::Refused("it does not support it"),
        "42501" => Answer::Unavailable("the role of this program in the database may not".to_owned()),
        "3F000" | "42703" | "42704" | "42804" | "42809" | "42846" | "42883" | "42P01" => {
            Answer::Unavailable(CHANGED.to_owned())
        }
        // the server stops or starts
        _ if code.len() == 5 && code.starts_with("57P") => Answer::Away,
        _ if code.len() == 5 => match code.get(..2) {
            // connections, and resources such as the number of connections
            Some("08" | "53") => Answer::Away,
            Some("22") => Answer::Refused("a value cannot be computed"),
            Some("54") => Answer::Refused("it is too large"),
            Some("2F" | "38" | "39" | "P0") => Answer::Refused("a function of the database raised an error"),
            Some("55") => Answer::Unavailable(message.to_owned()),
            _ => Answer::Failed,
        },
        // SQLite has one code for all errors of a statement
        "1" if message.starts_with("no such column") || message.starts_with("no such table") => {
            Answer::Unavailable(CHANGED.to_owned())
        }
        "1" if matches!(message, "integer overflow" | "malformed JSON") => {
            Answer::Refused("a value cannot be computed")
        }
        "18" => Answer::Refused("it is too large"),
        _ => match code.parse::<u32>().map(|extended| extended & 0xff) {
            // busy, locked, and a file that cannot be opened
            Ok(5 | 6 | 14) => Answer::Away,
            Ok(9) => Answer::TooSlow,
            _ => Answer::Failed,
        },
    }
}

fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match database.code() {
            Some(code) if has_no_values(&code) => format!("{} (code {code})", database.message()),
            Some(code) => format!("code {code}"),
            None => "an error without a code".to_owned(),
        },
        sqlx::Error::Io(cause) => format!("the connection failed: {}", cause.kind()),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
            error.to_string()
        }
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} of the result cannot be read"),
        sqlx::Error::Tls(_) => "the connection could not be encrypted".to_owned(),
        _ => "the driver failed".to_owned(),
    }
}

/// Recognises classes of errors whose messages contain no values: SQLSTATE classes of connections, privileges, names and syntax,
/// limits and interventions. SQLite has one code for all errors of a statement, and several for its file.
fn has_no_values(code: &str) -> bool {
    match code.len() {
        5 => ["08", "25", "28", "42", "53", "54", "55", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)),
        _ => matches!(code, "1" | "5" | "6" | "8" | "9" | "10" | "11" | "13" | "14" | "26"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_data_exception_of_postgresql_is_a_failure() {
        // Appendix A of its manual, class 22
        for code in [
            "22000", "2202E", "22021", "22008", "22012", "22005", "2200B", "22022", "22015", "2201E", "22014", "22016",
            "2201F", "2201G", "22018", "22007", "22019", "2200D", "22025", "22P06", "22010", "22023", "22013", "2201B",
            "2201W", "2201X", "2202H", "2202G", "22009", "2200C", "2200G", "22004", "22002", "22003", "2200H", "22026",
            "22001", "22011", "22027", "22024", "2200F", "22P01", "22P02", "22P03", "22P04", "22P05", "2200L", "2200M",
            "2200N", "2200S", "2200T", "22030", "22031", "22032", "22033", "22034", "22035", "22036", "22037", "22038",
            "22039", "2203A", "2203B", "2203C", "2203D", "2203E", "2203F", "2203G",
        ] {
            assert!(matches!(answer_of(code, ""), Answer::Refused(_)), "{code}");
        }
    }

    #[test]
    fn defects_of_statements_are_failures() {
        for (code, message) in [
            ("42601", "syntax error at or near \"SELEC\""),
            ("XX000", "cache lookup failed"),
            ("1", "near \"SELEC\": syntax error"),
            ("11", "database disk image is malformed"),
            ("", ""),
        ] {
            assert_eq!(answer_of(code, message), Answer::Failed, "{code}");
        }
    }

    #[test]
    fn codes_of_a_database_that_cannot_answer_now() {
        for code in [
            "08006", "53300", "53200", "57P01", "57P02", "57P03", "40P01", "40001", "55P03", "5", "6", "14", "261",
            "262", "517", "773",
        ] {
            assert_eq!(answer_of(code, ""), Answer::Away, "{code}");
        }
        for code in ["57014", "9"] {
            assert_eq!(answer_of(code, ""), Answer::TooSlow, "{code}");
        }
    }
}
