//! How what a request asks of the records is refused: the texts, and how they quote what came from outside.
//!
//! Owns the wording that several readers share. What is refused, and when, is decided by those who call it.

use crate::response::{ActionError, ErrorKind};
use crate::text::{nearest, shortened};

/// How many names of fields, segments and the like a message lists.
pub(super) const LISTED: usize = 20;

/// 400: what was asked does not fit the collection.
pub(super) fn invalid(text: impl Into<String>) -> ActionError {
    ActionError::refused(ErrorKind::BadRequest, text).name("ValidationError")
}

/// 400 whose text ends with a value that a user typed; the log gets the text without it.
pub(super) fn invalid_value(problem: &str, value: &serde_json::Value) -> ActionError {
    invalid(format!("{problem}, found {}", shown_value(value))).logged_as(problem)
}

/// The start of a JSON value from outside, escaped.
fn shown_value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => format!("\"{}\"", shortened(text)),
        // printing what nobody will read could take long
        serde_json::Value::Array(_) => "a list".to_owned(),
        serde_json::Value::Object(_) => "an object".to_owned(),
        other => shortened(&other.to_string()),
    }
}

/// The name that was probably meant, as a sentence with a blank before it; nothing when none is near.
pub(super) fn did_you_mean<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!(" Did you mean '{name}'?"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_from_outside_are_shortened_and_escaped() {
        assert_eq!(shown_value(&json!("a\n\u{1b}")), "\"a\\n\\u{1b}\"");
        assert_eq!(shown_value(&json!(["x"])), "a list");
    }

    #[test]
    fn a_value_is_shown_and_not_logged() {
        let error = invalid_value("field 'pin': expected a number", &json!("secret"));
        assert_eq!(error.message(), "field 'pin': expected a number, found \"secret\"");
        assert_eq!(error.chain(), "field 'pin': expected a number");
    }

    #[test]
    fn the_nearest_name_is_offered() {
        let names = || ["name", "city", "employees"].into_iter();
        assert_eq!(did_you_mean("nmae", names()), " Did you mean 'name'?");
        assert_eq!(did_you_mean("turnover", names()), "");
    }
}
