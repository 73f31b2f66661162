//! The checks of the fields that a hook returns (protocol: hooks, processing; field checks). The texts are the vendor's, since
//! authors of hooks search for those.

use serde_json::Value;

use super::field_state::FieldState;
use crate::caller::is_truthy;

const SCALARS: [&str; 9] = [
    "String", "Number", "Date", "Boolean", "File", "Enum", "Json", "Dateonly", "Time",
];

/// Types of list elements; the lower case is the vendor's.
const ELEMENTS: [&str; 6] = ["String", "Number", "Date", "boolean", "File", "Enum"];

/// The first problem of a field of this action.
pub(super) fn problem(field: &FieldState, action: &str, is_hook: impl Fn(&str) -> bool) -> Option<String> {
    let given = |key: &str| field.property(key).filter(|value| is_truthy(value));
    let name = match given("field") {
        Some(Value::String(name)) => name,
        Some(_) => {
            return Some(format!(
                "field attribute inside fields array on the smart action \"{action}\" must be a string."
            ));
        }
        None => {
            return Some(format!(
                "field attribute inside fields array on the smart action \"{action}\" must be defined."
            ));
        }
    };
    let must_be = |key: &str, what: &str, fits: fn(&Value) -> bool| {
        let is_wrong = given(key).is_some_and(|value| !fits(value));
        is_wrong.then(|| format!("{key} of \"{name}\" on the smart action \"{action}\" must be {what}."))
    };
    let has_empty_option = || {
        let options = given("enums").and_then(Value::as_array)?;
        let has_empty = options.iter().any(Value::is_null);
        has_empty
            .then(|| format!("Invalid null or undefined option inside \"{name}\" on the smart action \"{action}\"."))
    };
    let has_no_type = || {
        (!is_type(field.property("type")?)).then(|| {
            format!(
                "type of \"{name}\" on the smart action \"{action}\" must be a valid type. See the documentation for more \
                 information. https://docs.forestadmin.com/documentation/reference-guide/fields/create-and-manage-smart-fields#available-field-options"
            )
        })
    };
    let has_no_hook = || {
        let hook = field.hook().filter(|hook| !is_hook(hook))?;
        Some(format!(
            "The hook \"{hook}\" of \"{name}\" field on the smart action \"{action}\" is not defined."
        ))
    };
    must_be("description", "a string", Value::is_string)
        .or_else(|| must_be("enums", "an array", Value::is_array))
        .or_else(has_empty_option)
        .or_else(|| must_be("isRequired", "a boolean", Value::is_boolean))
        .or_else(|| must_be("isReadOnly", "a boolean", Value::is_boolean))
        .or_else(|| must_be("reference", "a string", Value::is_string))
        .or_else(has_no_type)
        .or_else(has_no_hook)
}

/// Accepts the types of the protocol. Of a list only the first element counts.
fn is_type(declared: &Value) -> bool {
    match declared {
        Value::Null => true,
        Value::String(name) => SCALARS.contains(&name.as_str()),
        Value::Array(elements) => elements
            .first()
            .and_then(Value::as_str)
            .is_some_and(|name| ELEMENTS.contains(&name)),
        _ => false,
    }
}
