//! What a database said when it failed, in words that may be logged.
//!
//! The texts of a database may quote the values of a statement, so that only its code is kept, and its text for the
//! kinds of errors that speak of names and of the server. All of it goes to the log at the level `trace`.

use std::fmt;

/// A failure of the database.
pub(super) struct DatabaseError {
    purpose: &'static str,
    reason: String,
}

impl DatabaseError {
    /// What could not be done, and why.
    pub(super) fn new(purpose: &'static str, error: &sqlx::Error) -> Self {
        tracing::trace!(purpose, error = %error, "the database failed");
        Self {
            purpose,
            reason: reason(error),
        }
    }
}

fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match database.code() {
            Some(code) if speaks_of_names(&code) => format!("{} (code {code})", database.message()),
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

/// SQLSTATE classes whose texts have no values of a statement in them: connections, rights, names and grammar, limits,
/// operators' interventions. SQLite has one code for all that is wrong with a statement, and several for its file.
fn speaks_of_names(code: &str) -> bool {
    match code.len() {
        5 => ["08", "25", "28", "42", "53", "54", "55", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)),
        _ => matches!(code, "1" | "5" | "6" | "8" | "9" | "10" | "11" | "13" | "14" | "26"),
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database could not {}: {}", self.purpose, self.reason)
    }
}

impl fmt::Debug for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseError({self})")
    }
}

impl std::error::Error for DatabaseError {}
