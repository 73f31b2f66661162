//! Why the library could not be configured or started.

use std::fmt;

use crate::declare::ActionProblem;

/// An error of configuration or start-up. Each text says what to do; none holds a secret.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or malformed.
    #[error("invalid configuration: {0}")]
    Config(String),
    /// Some actions cannot be served; all of them are listed.
    #[error("{} cannot be served:{}", count(.0.len()), Lines(.0))]
    Actions(Vec<ActionProblem>),
    /// A session token of local mode was asked for a user that does not exist, or outside local mode.
    #[error("no local session: {0}")]
    LocalSession(String),
}

/// The text that `Display` gives, because this is what a `main` that returns an error prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn count(problems: usize) -> String {
    if problems == 1 {
        "an action".to_owned()
    } else {
        format!("{problems} actions")
    }
}

/// Problems, one per line.
struct Lines<'a>(&'a [ActionProblem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}
