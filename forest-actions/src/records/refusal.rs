//! How what a request asks of the records is refused: the texts, and how they quote what came from outside.
//!
//! Owns the wording that several readers share. What is refused, and when, is decided by those who call it.

use crate::response::{ActionError, ErrorKind};

/// How many characters of a text from outside a message shows.
const SHOWN: usize = 64;

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

/// The start of a text from outside, escaped.
pub(super) fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut start: String = characters.by_ref().take(SHOWN).flat_map(char::escape_debug).collect();
    if characters.next().is_some() {
        start.push('…');
    }
    start
}

/// The start of a JSON value from outside, escaped.
fn shown_value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => format!("\"{}\"", shown(text)),
        // printing what nobody will read could take long
        serde_json::Value::Array(_) => "a list".to_owned(),
        serde_json::Value::Object(_) => "an object".to_owned(),
        other => shown(&other.to_string()),
    }
}

/// Names as a list, cut after so many.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>, most: usize) -> String {
    let mut text = String::new();
    for (index, name) in names.enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        if index == most {
            text.push('…');
            break;
        }
        text.push_str(name);
    }
    text
}

/// The name that was probably meant, as a sentence with a blank before it; nothing when none is near.
pub(super) fn did_you_mean<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> String {
    // the distance takes the product of both lengths
    if wrong.len() > SHOWN {
        return String::new();
    }
    let wrong_lower = wrong.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &wrong_lower), name))
        .filter(|(distance, name)| *distance <= 3 && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| format!(" Did you mean '{name}'?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_from_outside_are_shortened_and_escaped() {
        assert_eq!(shown("a\n\"b\u{1b}"), "a\\n\\\"b\\u{1b}");
        assert_eq!(shown(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(shown(&"é".repeat(65)), format!("{}…", "é".repeat(64)));
        assert_eq!(shown_value(&json!(["x"])), "a list");
    }

    #[test]
    fn a_value_is_shown_and_not_logged() {
        let error = invalid_value("field 'pin': expected a number", &json!("secret"));
        assert_eq!(error.message(), "field 'pin': expected a number, found \"secret\"");
        assert_eq!(error.chain(), "field 'pin': expected a number");
    }

    #[test]
    fn the_nearest_name_is_offered_and_long_ones_are_not_compared() {
        let names = || ["name", "city", "employees"].into_iter();
        assert_eq!(did_you_mean("nmae", names()), " Did you mean 'name'?");
        assert_eq!(did_you_mean("Employee", names()), " Did you mean 'employees'?");
        assert_eq!(did_you_mean("turnover", names()), "");
        assert_eq!(did_you_mean(&"x".repeat(100_000), names()), "");
        assert_eq!(listed(names(), LISTED), "name, city, employees");
        assert!(listed(std::iter::repeat_n("x", 100), LISTED).ends_with("x, …"));
    }
}
