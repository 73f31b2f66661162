//! The error of a configuration or a start.

use std::fmt;

use crate::declare::{ActionProblem, ChartProblem};
use crate::records::SourceProblem;
use crate::response::{BoxError, chain_of};
use crate::schema::SchemaFileError;

/// An error of the configuration or of the start. `Display` says what to do, and never holds a secret.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or malformed.
    #[error("invalid configuration: {name} {problem}")]
    Setting {
        /// The environment variable, else the method of the builder.
        name: &'static str,
        /// The rest of a sentence about it, such as "is missing: …".
        problem: String,
    },
    /// Two collections have one name.
    #[error(
        "invalid configuration: collection `{name}` {}",
        if *in_source { "is declared in code, and the record source has it: correct the source's instead" }
        else { "is declared twice in code" }
    )]
    DuplicateCollection {
        /// The name.
        name: String,
        /// `true` when one of the two is the record source's.
        in_source: bool,
    },
    /// The collections that code describes have problems; all of them are listed.
    #[error("invalid configuration: {}", Joined(.0, "; "))]
    Collections(Vec<SourceProblem>),
    /// `records` was called twice.
    #[error("invalid configuration: `records` was called twice: an agent has one record source")]
    SeveralRecordSources,
    /// The collections of the record source, or its corrections, have problems; all of them are listed.
    #[error("invalid configuration: the record source: {}", Joined(.0, "; "))]
    RecordSource(Vec<SourceProblem>),
    /// A local role limits an action or collection that does not exist.
    #[error("invalid configuration: the local role `{role}` {problem}")]
    LocalRole {
        /// The name of the role.
        role: String,
        /// The rest of a sentence about it.
        problem: String,
    },
    /// Two local users have this id.
    #[error("invalid configuration: two local users have the id {0}")]
    DuplicateLocalUser(u64),
    /// The client of the Forest server cannot be set up: the system gives no thread, or has no CA certificates.
    #[error("the client of the Forest server cannot be set up: {problem}")]
    ServerClient {
        /// The part that failed.
        problem: &'static str,
        /// The error of the system.
        #[source]
        cause: BoxError,
    },
    /// The audit trail cannot be written.
    #[error("the audit trail cannot be used: {}", chain_of(&**.0))]
    Audit(#[source] BoxError),
    /// The database of the runs cannot be used.
    #[error("the database of the runs cannot be used: {}", chain_of(&**.0))]
    Runs(#[source] BoxError),
    /// The schema file cannot be written.
    #[error(transparent)]
    SchemaFile(#[from] SchemaFileError),
    /// Actions that cannot be served; all of them are listed.
    #[error("{} cannot be served:\n  - {}", count(ActionProblem::count_actions(.0), "action"), Joined(.0, "\n  - "))]
    Actions(Vec<ActionProblem>),
    /// Charts in code that cannot be served; all of them are listed.
    #[error("{} cannot be served:\n  - {}", count(.0.len(), "chart"), Joined(.0, "\n  - "))]
    Charts(Vec<ChartProblem>),
    /// No session token of local mode can be issued: the agent is connected, has no authentication secret, or has no such user.
    #[error("no local session: {0}")]
    LocalSession(String),
}

impl Error {
    pub(crate) fn setting(name: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            name,
            problem: problem.into(),
        }
    }
}

/// The same text as `Display`: a `main` that returns an error prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn count(number: usize, noun: &str) -> String {
    match (number, noun) {
        (1, "action") => "an action".to_owned(),
        (1, _) => format!("a {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

struct Joined<'a, T>(&'a [T], &'static str);

impl<T: fmt::Display> fmt::Display for Joined<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(self.1)?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}
