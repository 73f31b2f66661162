//! The checks of a field in the answer of a hook (protocol: hooks, processing; field checks).

use serde_json::Value;

use super::error::HookMistake;
use super::field_state::FieldState;
use crate::caller::is_truthy;

const SCALARS: [&str; 9] = [
    "String", "Number", "Date", "Boolean", "File", "Enum", "Json", "Dateonly", "Time",
];

/// The types of list elements; the lower case is the vendor's.
const ELEMENTS: [&str; 6] = ["String", "Number", "Date", "boolean", "File", "Enum"];

const VALID_TYPE: &str = "a valid type. See the documentation for more information. \
    https://docs.forestadmin.com/documentation/reference-guide/fields/create-and-manage-smart-fields#available-field-options";

/// Checks a field, in the order of the vendor's checks.
pub(super) fn check(
    field: &FieldState,
    action: &'static str,
    is_hook: impl Fn(&str) -> bool,
) -> Result<(), HookMistake> {
    let given = |key: &str| field.property(key).filter(|value| is_truthy(value));
    let name = match given("field") {
        Some(Value::String(name)) => name,
        Some(_) => return Err(HookMistake::FieldNameNotText { action }),
        None => return Err(HookMistake::FieldWithoutName { action }),
    };
    let wrong = |property, expected| HookMistake::WrongProperty {
        action,
        field: name.clone(),
        property,
        expected,
    };
    let require = |property, expected, fits: fn(&Value) -> bool| match given(property) {
        Some(value) if !fits(value) => Err(wrong(property, expected)),
        _ => Ok(()),
    };
    require("description", "a string", Value::is_string)?;
    require("enums", "an array", Value::is_array)?;
    let options = given("enums").and_then(Value::as_array);
    if options.is_some_and(|options| options.iter().any(Value::is_null)) {
        return Err(HookMistake::NullOption {
            action,
            field: name.clone(),
        });
    }
    require("isRequired", "a boolean", Value::is_boolean)?;
    require("isReadOnly", "a boolean", Value::is_boolean)?;
    require("reference", "a string", Value::is_string)?;
    if field.property("type").is_some_and(|declared| !is_type(declared)) {
        return Err(wrong("type", VALID_TYPE));
    }
    match field.hook().filter(|hook| !is_hook(hook)) {
        Some(hook) => Err(HookMistake::UnknownHook {
            action,
            field: name.clone(),
            hook: hook.to_owned(),
        }),
        None => Ok(()),
    }
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
