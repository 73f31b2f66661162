//! Failures of the database, in words that may be logged.
//!
//! The messages of a database may quote values of a statement. Only the code is kept, with the message for the classes
//! of errors that are about names and the server. The full error is logged at level `trace`.

use super::statement::StatementError;
use crate::records::error::RecordError;
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

/// The refusal of a live query that the database does not accept; other failures stay failures.
pub(super) fn live_query_error(purpose: &'static str, error: &sqlx::Error) -> RecordError {
    let cause = DatabaseError::new(purpose, error);
    if !matches!(error, sqlx::Error::Database(_)) {
        return cause.into();
    }
    tracing::warn!(cause = one_line(&cause), "a live query failed");
    StatementError::InvalidLiveQuery.into()
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
