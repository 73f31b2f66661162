//! Attributes that are read later, and what is said of one that cannot be read.
//!
//! Owns the place that a refusal names, and that no value is quoted in it. Knows no attribute; called by the reader of the
//! body and by the check of the request.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::response::{ActionError, ErrorKind};

/// An attribute that is only read where it counts, since what is wrong in it is no mistake elsewhere.
pub(crate) struct Unread<'a, T> {
    place: &'static str,
    json: &'a RawValue,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Unread<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unread").field(&self.place).finish()
    }
}

impl<'a, T: Deserialize<'a>> Unread<'a, T> {
    pub(super) fn new(place: &'static str, json: &'a RawValue) -> Self {
        Self {
            place,
            json,
            of: PhantomData,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// 400 that names the place.
    pub(crate) fn read(self) -> Result<T, ActionError> {
        let text = self.json.get();
        serde_json::from_str(text).map_err(|_| {
            let mut reader = serde_json::Deserializer::from_str(text);
            match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) => invalid(self.place, &error),
                Ok(_) => ActionError::refused(ErrorKind::BadRequest, format!("`{}`: cannot be read", self.place)),
            }
        })
    }
}

/// What is wrong, and where: at this place of the body, and further in.
pub(super) fn invalid(place: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> ActionError {
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
    let text = if place.is_empty() && within.is_empty() {
        format!("invalid request body: {reason}")
    } else {
        format!("invalid request body: `{place}{dot}{within}`: {reason}")
    };
    ActionError::refused(ErrorKind::BadRequest, text)
}

/// What is wrong, without line and column, which say less than the path, and without the value that the reader quotes:
/// the text ends in the log, and a value may be a secret, or very long.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    }
}
