//! Attributes that are deserialized where they are used, and the errors of those that do not fit.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::body::with_whole_characters;
use super::error::RequestError;
use crate::json::{MAX_VALUES, is_too_large};

/// An attribute that is deserialized on use: clients send attributes of any content where they do not count.
pub(crate) struct Lazy<'a, T> {
    place: &'static str,
    json: &'a RawValue,
    target: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Lazy<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lazy").field(&self.place).finish()
    }
}

impl<'a, T: Deserialize<'a>> Lazy<'a, T> {
    pub(super) fn new(place: &'static str, json: &'a RawValue) -> Self {
        Self {
            place,
            json,
            target: PhantomData,
        }
    }

    /// # Errors
    /// [`RequestError::InvalidAttribute`] with the place inside the attribute.
    pub(crate) fn read(self) -> Result<T, RequestError> {
        let text = self.json.get();
        serde_json::from_str(text).map_err(|error| {
            // only a failure needs the path
            let mut reader = serde_json::Deserializer::from_str(text);
            match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) => invalid(self.place, &error),
                Ok(_) => RequestError::InvalidAttribute {
                    place: self.place.to_owned(),
                    reason: without_value(&error),
                },
            }
        })
    }
}

impl<T: DeserializeOwned> Lazy<'_, T> {
    /// Reads an attribute that becomes a tree of values. Halves of characters are replaced.
    ///
    /// # Errors
    /// [`RequestError::InvalidAttribute`] for more than [`MAX_VALUES`] values, and as [`read`](Self::read).
    pub(crate) fn read_tree(self) -> Result<T, RequestError> {
        let text = self.json.get();
        if is_too_large(text) {
            return Err(RequestError::InvalidAttribute {
                place: self.place.to_owned(),
                reason: format!("expected at most {MAX_VALUES} values"),
            });
        }
        self.read().or_else(|error| {
            let whole = with_whole_characters(text.as_bytes());
            whole.and_then(|whole| serde_json::from_slice(&whole).ok()).ok_or(error)
        })
    }
}

/// The error at a path below this place; the whole body is the empty place.
pub(super) fn invalid(place: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> RequestError {
    let within = match error.path().iter().next() {
        Some(_) => error.path().to_string(),
        None => String::new(),
    };
    let dot = if place.is_empty() || within.is_empty() || within.starts_with('[') {
        ""
    } else {
        "."
    };
    let reason = without_value(error.inner());
    if place.is_empty() && within.is_empty() {
        return RequestError::InvalidBody { reason };
    }
    RequestError::InvalidAttribute {
        place: format!("{place}{dot}{within}"),
        reason,
    }
}

/// The text of an error without line and column, which say less than the path, and without the value that it quotes:
/// the text is logged, and the value may be a secret, or very long.
pub(super) fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    }
}
