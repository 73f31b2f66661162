//! The JSON of the Forest server, read into facts and rules.
//!
//! A part that does not follow the protocol denies the right, hides the records or omits the rule that it describes, and is
//! named in one log line; the rest of the document stays in force. Only a document of another shape is an error (PER-02).

mod ip_rules;
mod permissions;
#[cfg(test)]
mod tests;
mod wire;

use serde::Deserialize;

pub(crate) use ip_rules::ip_rules;
pub(crate) use permissions::{environment, rendering, users};

use crate::text::excerpt;

/// Maximum length of a quoted place or problem.
const SHOWN: usize = 200;
/// The place of a problem with the document as a whole.
const TOP: &str = "the top";

/// A document or a part of one that does not have the shape of the protocol. Both texts are shortened and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at {place})")]
pub(crate) struct Malformed {
    /// The path of the offending member.
    pub(crate) place: String,
    pub(crate) problem: String,
}

/// Reads a whole document.
///
/// # Errors
/// [`Malformed`], with the place of the first mismatch.
pub(super) fn from_json<'de, T: Deserialize<'de>>(payload: &'de [u8]) -> Result<T, Malformed> {
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        Malformed {
            place: if path == "." {
                TOP.to_owned()
            } else {
                excerpt(&path, SHOWN)
            },
            problem: excerpt(&error.inner().to_string(), SHOWN),
        }
    })?;
    reader.end().map_err(|error| Malformed {
        place: "the end".to_owned(),
        problem: excerpt(&error.to_string(), SHOWN),
    })?;
    Ok(value)
}
