//! Why a record source could not answer.

use std::fmt;

/// A refusal that the user may read, or a failure that is logged and hidden.
#[derive(Debug)]
pub enum RecordError {
    /// The store cannot do what was asked; the text goes to the user, with status 422.
    Unsupported(String),
    /// Reading failed; the cause goes to the log.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl RecordError {
    /// Something the store cannot do, in words for the user.
    pub fn unsupported(text: impl Into<String>) -> Self {
        Self::Unsupported(text.into())
    }

    /// A failure of the store.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(text) => f.write_str(text),
            Self::Failed(_) => f.write_str("the records cannot be read"),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unsupported(_) => None,
            Self::Failed(cause) => Some(&**cause),
        }
    }
}
