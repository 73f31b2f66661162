//! What several forms read: text with a limit, and a record chosen from another collection.

use forest_actions::prelude::*;
use serde_json::Value;

/// The text in `field`: not blank, not longer than `longest` characters.
///
/// # Errors
/// 400 in words for the user.
pub(super) fn text(values: &Values, field: &str, longest: usize) -> ActionResult<String> {
    let text: String = values.required(field)?;
    let text = text.trim();
    match text.chars().count() {
        0 => Err(ActionError::bad_request(format!("`{field}` is required"))),
        length if length > longest => Err(ActionError::bad_request(format!(
            "`{field}` is longer than {longest} characters"
        ))),
        _ => Ok(text.to_owned()),
    }
}

/// The id of the record chosen in `field`. Browsers send it as text, other clients as a number.
///
/// # Errors
/// 400 in words for the user.
pub(super) fn chosen_record(values: &Values, field: &str) -> ActionResult<i64> {
    let id = match values.get(field) {
        None => return Err(ActionError::bad_request(format!("`{field}` is required"))),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    id.ok_or_else(|| ActionError::bad_request(format!("`{field}` is not the id of a record")))
}
