//! The outcome of a record or a run, as the columns of a row.

use serde_json::{Map, Value};

use super::row::AuditOperation;
use super::values::{beginning, cut, plain};
use crate::observed::Outcome;
use crate::response::ActionError;

/// Maximum length of a reason, in bytes.
const MAX_REASON: usize = 1_000;

/// A refusal gets one row for each record up to this number of ids, and one row above.
pub(super) const MAX_REFUSED: usize = 20;
/// Maximum length of an id of a refusal, in bytes: it was not checked.
const MAX_REFUSED_ID: usize = 255;

/// The ids of the rows about a refusal: those of the request, or an empty one.
pub(super) fn ids_of_refusal(ids: Vec<String>) -> Vec<String> {
    let fits = !ids.is_empty() && ids.len() <= MAX_REFUSED && ids.iter().all(|id| id.len() <= MAX_REFUSED_ID);
    match fits {
        true => ids,
        false => vec![String::new()],
    }
}

pub(super) fn operation_of(outcome: &Outcome) -> AuditOperation {
    match outcome {
        Outcome::Done => AuditOperation::Action,
        Outcome::Refused { .. } => AuditOperation::ActionRefused,
        Outcome::Failed { .. } => AuditOperation::ActionFailed,
    }
}

pub(super) fn values_of(outcome: &Outcome) -> Map<String, Value> {
    match outcome {
        Outcome::Done => Map::from_iter([("type".to_owned(), "Success".into())]),
        Outcome::Refused { text, .. } => refused_values(text),
        Outcome::Failed { text, .. } => failed_values(text),
    }
}

pub(super) fn refused_values(text: &str) -> Map<String, Value> {
    with_message("Refused", text)
}

pub(super) fn failed_values(text: &str) -> Map<String, Value> {
    with_message("Error", text)
}

fn with_message(kind: &str, text: &str) -> Map<String, Value> {
    let mut values = Map::from_iter([("type".to_owned(), kind.into())]);
    if !text.is_empty() {
        values.insert("message".to_owned(), cut(text.into()));
    }
    values
}

pub(super) fn record_reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Done => None,
        Outcome::Refused { code, text } | Outcome::Failed { code, text } => Some(bounded(&format!("{code}: {text}"))),
    }
}

pub(super) fn reason_of(error: &ActionError) -> String {
    match error.kept_text() {
        Some(text) => bounded(&format!("{}: {text}", error.code())),
        None => error.code().to_owned(),
    }
}

fn bounded(text: &str) -> String {
    plain(beginning(text, MAX_REASON))
}
