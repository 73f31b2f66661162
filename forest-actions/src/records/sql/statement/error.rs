//! Errors of making a statement.

use crate::records::error::RecordError;
use crate::records::write::Violation;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatementError {
    /// A test that the engine has no SQL for; `reason` completes a sentence about the field.
    #[error("\"{field}\" {reason}")]
    Unsupported { field: String, reason: &'static str },
    #[error("the text that \"{field}\" is compared with is too long")]
    PatternTooLong { field: String },
    #[error("records of this collection have no id, and cannot be selected")]
    NoKey,
    /// The reason is logged where it is found.
    #[error("Invalid SQL query for this Live Query segment")]
    InvalidLiveQuery,
    /// A value that the column cannot store; `reason` completes "it cannot be stored: …".
    #[error("\"{field}\" cannot be stored: {reason}")]
    Unstorable { field: String, reason: &'static str },

    // queries are checked before they reach a source, so these are defects
    #[error("there is no collection \"{}\"", .0.escape_debug())]
    UnknownCollection(String),
    #[error("\"{collection}\" has no {kind} \"{}\"", .name.escape_debug())]
    UnknownName {
        kind: &'static str,
        name: String,
        collection: String,
    },
    #[error("\"{relation}\" of \"{collection}\" does not lead to \"{target}\"")]
    OtherTarget {
        relation: String,
        collection: String,
        target: String,
    },
    #[error("a key of \"{collection}\" has {expected} parts, not {found}")]
    KeyParts {
        collection: String,
        expected: usize,
        found: usize,
    },
    #[error("\"{collection}\" has no record with the key to read on from")]
    ImpossibleKey { collection: String },
    #[error("a relation compares the computed field \"{field}\" of \"{collection}\", which is not a key")]
    ComputedKey { field: String, collection: String },
}

impl StatementError {
    pub(crate) fn unsupported(column: &super::Column<'_>, reason: &'static str) -> Self {
        Self::Unsupported {
            field: column.field.name.clone(),
            reason,
        }
    }
}

impl From<StatementError> for RecordError {
    fn from(error: StatementError) -> Self {
        use StatementError as E;

        match error {
            E::Unstorable { field, reason } => Violation::Unstorable {
                field: Some(field),
                reason,
            }
            .into(),
            E::Unsupported { .. } | E::PatternTooLong { .. } | E::NoKey | E::InvalidLiveQuery => {
                Self::unsupported(error.to_string())
            }
            _ => Self::failed(error),
        }
    }
}
