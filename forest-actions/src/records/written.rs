//! Conversion of the JSON of an attribute to the value that a field stores, checked as the fields of forms are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::convert::convert;
use super::model::FieldModel;
use super::value::Value;
use super::value_type::ValueType;
use crate::schema::Validation;
use crate::text::listed;

/// Maximum number of options that a text lists.
const MAX_OPTIONS: usize = 20;

/// Converts the value of an attribute; `None` for null.
///
/// # Errors
/// The expected value, as the end of a sentence such as "expected a number".
pub(crate) fn written(field: &FieldModel, json: &Json) -> Result<Option<Value>, String> {
    if json.is_null() {
        return Ok(None);
    }
    let value = typed(&field.value_type, json)?;
    check(field, &value)?;
    for validation in &field.validations {
        validate(validation, &value)?;
    }
    Ok(Some(value))
}

fn typed(value_type: &ValueType, json: &Json) -> Result<Value, String> {
    match value_type {
        ValueType::Binary => json
            .as_str()
            .and_then(bytes_of)
            .map(Value::Binary)
            .ok_or_else(|| "expected a file, as a data URI, or bytes in base64".to_owned()),
        ValueType::List(element) => {
            let Json::Array(elements) = json else {
                return Err("expected a list".to_owned());
            };
            let elements = elements.iter().map(|json| typed(element, json));
            elements.collect::<Result<_, _>>().map(Value::List)
        }
        ValueType::Point => Err("expected no value, because points cannot be written".to_owned()),
        other => convert(other, json, false).map_err(|expected| format!("expected {expected}")),
    }
}

/// Bytes in base64, or in a data URI.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let encoded = match text.strip_prefix("data:") {
        Some(uri) => uri.split_once(";base64,")?.1,
        None => text,
    };
    STANDARD.decode(encoded).ok()
}

fn check(field: &FieldModel, value: &Value) -> Result<(), String> {
    match value {
        Value::List(values) => values.iter().try_for_each(|value| check(field, value)),
        Value::Text(text) if text.contains('\0') => Err("has a NUL character in it".to_owned()),
        Value::Text(text) if !field.enum_values.is_empty() && !field.enum_values.contains(text) => {
            Err(format!("expected one of {}", listed(&field.enum_values, MAX_OPTIONS)))
        }
        // a number that no integer column holds, or that it would round
        Value::Decimal(_) if is_integer(&field.value_type) => Err("expected a whole number".to_owned()),
        _ => Ok(()),
    }
}

fn is_integer(value_type: &ValueType) -> bool {
    match value_type {
        ValueType::List(element) => is_integer(element),
        other => *other == ValueType::Integer,
    }
}

/// Runs the checks of the back office that need nothing but the value.
fn validate(validation: &Validation, value: &Value) -> Result<(), String> {
    let refused = || Err(validation.message.clone().unwrap_or_else(|| describe(validation)));
    let limit = validation.value.as_f64();
    let number = match value {
        Value::Integer(number) => number.to_string().parse::<f64>().ok(),
        Value::Decimal(number) => Some(number.to_f64()),
        _ => None,
    };
    #[expect(clippy::cast_precision_loss, reason = "lengths of texts are exact")]
    let length = match value {
        Value::Text(text) => Some(text.chars().count() as f64),
        _ => None,
    };
    let holds = |left: Option<f64>, compare: fn(f64, f64) -> bool| match (left, limit) {
        (Some(left), Some(limit)) => compare(left, limit),
        _ => true,
    };
    let is_met = match validation.rule.as_str() {
        "is present" => length.is_none_or(|length| length > 0.0),
        "is longer than" => holds(length, |length, limit| length > limit),
        "is shorter than" => holds(length, |length, limit| length < limit),
        "is greater than" => holds(number, |number, limit| number > limit),
        "is less than" => holds(number, |number, limit| number < limit),
        _ => true,
    };
    if is_met { Ok(()) } else { refused() }
}

fn describe(validation: &Validation) -> String {
    match &validation.value {
        Json::Null => format!("expected a value that {}", validation.rule),
        value => format!("expected a value that {} {value}", validation.rule),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(value_type: ValueType) -> FieldModel {
        FieldModel::new("f", value_type)
    }

    #[test]
    fn values_take_the_type_of_their_field() {
        assert_eq!(written(&field(ValueType::Text), &json!(null)), Ok(None));
        assert_eq!(
            written(&field(ValueType::Integer), &json!("42")),
            Ok(Some(Value::Integer(42)))
        );
        let bytes = Ok(Some(Value::Binary(b"hello".to_vec())));
        for sent in ["aGVsbG8=", "data:text/plain;name=a.txt;base64,aGVsbG8="] {
            assert_eq!(written(&field(ValueType::Binary), &json!(sent)), bytes);
        }
    }

    #[test]
    fn values_of_other_types_are_refused_with_what_was_expected() {
        let plan = field(ValueType::Text).enum_values(["free", "paid"]);
        for (field, sent, expected) in [
            (field(ValueType::Integer), json!(1.5), "expected a whole number"),
            (
                field(ValueType::Integer),
                json!("99999999999999999999"),
                "expected a whole number",
            ),
            (field(ValueType::Integer), json!(true), "expected a number"),
            (field(ValueType::Text), json!(7), "expected a text"),
            (field(ValueType::Text), json!("a\0b"), "has a NUL character in it"),
            (plan, json!("gold"), "expected one of free, paid"),
            (field(ValueType::Uuid), json!("x' OR 1=1 --"), "expected a UUID"),
            (
                field(ValueType::List(Box::new(ValueType::Integer))),
                json!([1, "x"]),
                "expected a number",
            ),
            (
                field(ValueType::Binary),
                json!("not base64"),
                "expected a file, as a data URI, or bytes in base64",
            ),
        ] {
            assert_eq!(written(&field, &sent), Err(expected.to_owned()), "{sent}");
        }
    }

    #[test]
    fn the_checks_of_the_back_office_are_made_again() {
        let short = field(ValueType::Text).validation(Validation::new("is shorter than").value(3).message("Too long"));
        assert_eq!(written(&short, &json!("abc")), Err("Too long".to_owned()));
        assert!(written(&short, &json!("ab")).is_ok());
        let large = field(ValueType::Decimal).validation(Validation::new("is greater than").value(10));
        assert_eq!(
            written(&large, &json!("9.5")),
            Err("expected a value that is greater than 10".to_owned())
        );
        let present = field(ValueType::Text).validation(Validation::new("is present").message("Field is required"));
        assert_eq!(written(&present, &json!("")), Err("Field is required".to_owned()));
    }
}
