//! Conversion of row values from and to JSON. Rows are written in code, so that one spelling of each value is enough.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::super::model::FieldModel;
use super::super::value::{Decimal, Value};
use super::super::value_type::ValueType;

/// The largest integer that JavaScript represents exactly.
const LARGEST_SAFE_INTEGER: u64 = 1 << 53;

/// A value that does not fit its field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: expected {expected}")]
pub(super) struct InvalidValue {
    field: String,
    expected: String,
}

impl InvalidValue {
    pub(super) fn field(&self) -> &str {
        &self.field
    }
}

/// The value of a field; `None` for null.
pub(super) fn read(field: &FieldModel, json: &Json) -> Result<Option<Value>, InvalidValue> {
    if json.is_null() {
        return Ok(None);
    }
    let invalid = |expected| InvalidValue {
        field: field.name.clone(),
        expected,
    };
    let value = typed(&field.value_type, json).ok_or_else(|| invalid(expected(&field.value_type)))?;
    let is_listed = |value: &Value| match value {
        Value::Text(text) => field.enum_values.is_empty() || field.enum_values.contains(text),
        _ => true,
    };
    let is_enum = |value_type: &ValueType| *value_type == ValueType::Enum;
    let is_allowed = match (&field.value_type, &value) {
        (ValueType::List(element), Value::List(values)) if is_enum(element) => values.iter().all(is_listed),
        (value_type, value) if is_enum(value_type) => is_listed(value),
        _ => true,
    };
    if is_allowed {
        Ok(Some(value))
    } else {
        Err(invalid(format!("one of {}", field.enum_values.join(", "))))
    }
}

fn typed(value_type: &ValueType, json: &Json) -> Option<Value> {
    let text = json.as_str();
    Some(match value_type {
        ValueType::Text | ValueType::Enum => Value::Text(text?.to_owned()),
        ValueType::Integer => Value::Integer(number(json)?.to_i64()?),
        ValueType::Decimal => Value::Decimal(number(json)?),
        ValueType::Boolean => Value::Boolean(json.as_bool()?),
        ValueType::Instant => Value::Instant(DateTime::parse_from_rfc3339(text?).ok()?.with_timezone(&Utc)),
        ValueType::Day => Value::Day(NaiveDate::parse_from_str(text?, "%Y-%m-%d").ok()?),
        ValueType::Time => {
            let time = |format| NaiveTime::parse_from_str(text?, format).ok();
            Value::Time(time("%H:%M:%S%.f").or_else(|| time("%H:%M"))?)
        }
        ValueType::Json => Value::Json(json.clone()),
        ValueType::Uuid => Value::uuid(Uuid::try_parse(text?).ok()?),
        ValueType::Point => match json.as_array()?.as_slice() {
            [x, y] if x.is_number() && y.is_number() => Value::Json(json.clone()),
            _ => return None,
        },
        ValueType::Binary => Value::Binary(BASE64.decode(text?).ok()?),
        ValueType::List(element) => {
            let values = json.as_array()?.iter().map(|value| typed(element, value));
            Value::List(values.collect::<Option<_>>()?)
        }
    })
}

/// A number, or the text of one.
fn number(json: &Json) -> Option<Decimal> {
    match json {
        Json::Number(number) => Decimal::parse(&number.to_string()),
        Json::String(text) => Decimal::parse(text),
        _ => None,
    }
}

fn expected(value_type: &ValueType) -> String {
    match value_type {
        ValueType::Text | ValueType::Enum => "a text".to_owned(),
        ValueType::Integer => "a whole number".to_owned(),
        ValueType::Decimal => "a number, or the text of one".to_owned(),
        ValueType::Boolean => "true or false".to_owned(),
        ValueType::Instant => "a moment such as 2024-05-15T10:30:00Z".to_owned(),
        ValueType::Day => "a day such as 2024-05-15".to_owned(),
        ValueType::Time => "a time of day such as 10:30:00".to_owned(),
        ValueType::Json => "a value".to_owned(),
        ValueType::Uuid => "a UUID".to_owned(),
        ValueType::Point => "a list of two numbers".to_owned(),
        ValueType::Binary => "bytes in base64".to_owned(),
        ValueType::List(element) => format!("a list, each element {}", expected(element)),
    }
}

/// The JSON of a value in an answer (protocol: attributes of a record). Numbers that JavaScript would round become texts.
pub(super) fn write(value: Option<&Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Text(text)) => text.as_str().into(),
        Some(Value::Integer(number)) => integer(*number),
        Some(Value::Decimal(number)) => decimal(number),
        Some(Value::Boolean(flag)) => (*flag).into(),
        Some(Value::Instant(moment)) => moment.to_rfc3339_opts(SecondsFormat::Millis, true).into(),
        Some(Value::Uuid { value, .. }) => value.hyphenated().to_string().into(),
        Some(Value::Json(json)) => json.clone(),
        Some(Value::Binary(bytes)) => BASE64.encode(bytes).into(),
        Some(Value::List(values)) => values.iter().map(|value| write(Some(value))).collect(),
        Some(other @ (Value::Day(_) | Value::Time(_))) => other.to_string().into(),
    }
}

fn integer(number: i64) -> Json {
    if number.unsigned_abs() <= LARGEST_SAFE_INTEGER {
        number.into()
    } else {
        number.to_string().into()
    }
}

fn decimal(number: &Decimal) -> Json {
    if let Some(whole) = number.to_i64() {
        return integer(whole);
    }
    let nearest = serde_json::Number::from_f64(number.to_f64());
    match nearest {
        Some(nearest) if Decimal::parse(&nearest.to_string()).as_ref() == Some(number) => Json::Number(nearest),
        _ => number.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(value_type: ValueType) -> FieldModel {
        FieldModel::new("f", value_type)
    }

    fn list(element: ValueType) -> ValueType {
        ValueType::List(Box::new(element))
    }

    #[test]
    fn every_type_is_parsed_and_written() {
        for (value_type, given, written) in [
            (ValueType::Text, json!(""), json!("")),
            (ValueType::Enum, json!("paid"), json!("paid")),
            (ValueType::Integer, json!(-7), json!(-7)),
            (ValueType::Integer, json!("42"), json!(42)),
            (
                ValueType::Integer,
                json!(9007199254740993_i64),
                json!("9007199254740993"),
            ),
            (ValueType::Decimal, json!("10.50"), json!(10.5)),
            (ValueType::Decimal, json!(10), json!(10)),
            (ValueType::Decimal, json!(0.1), json!(0.1)),
            (
                ValueType::Decimal,
                json!("0.1000000000000000000001"),
                json!("0.1000000000000000000001"),
            ),
            (ValueType::Boolean, json!(false), json!(false)),
            (
                ValueType::Instant,
                json!("2024-05-15T12:30:00.5+02:00"),
                json!("2024-05-15T10:30:00.500Z"),
            ),
            (ValueType::Day, json!("2024-02-29"), json!("2024-02-29")),
            (ValueType::Time, json!("10:30"), json!("10:30:00")),
            (ValueType::Json, json!({"a": [1, null]}), json!({"a": [1, null]})),
            (
                ValueType::Uuid,
                json!("C0000000-0000-4000-8000-000000000001"),
                json!("c0000000-0000-4000-8000-000000000001"),
            ),
            (ValueType::Point, json!([2.35, 48.85]), json!([2.35, 48.85])),
            (ValueType::Binary, json!("AAH/"), json!("AAH/")),
            (list(ValueType::Text), json!(["a", "b"]), json!(["a", "b"])),
        ] {
            let value = read(&field(value_type.clone()), &given).unwrap();
            assert_eq!(write(value.as_ref()), written, "{value_type:?}");
            assert_eq!(read(&field(value_type), &json!(null)), Ok(None));
        }
        assert_eq!(write(None), json!(null));
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_the_name_of_the_field() {
        for (value_type, given, problem) in [
            (ValueType::Text, json!(1), "field `f`: expected a text"),
            (ValueType::Integer, json!(1.5), "field `f`: expected a whole number"),
            (ValueType::Boolean, json!("true"), "field `f`: expected true or false"),
            (
                ValueType::Instant,
                json!("2024-05-15"),
                "field `f`: expected a moment such as 2024-05-15T10:30:00Z",
            ),
            (
                ValueType::Day,
                json!("2024-02-30"),
                "field `f`: expected a day such as 2024-05-15",
            ),
            (
                ValueType::Point,
                json!([1]),
                "field `f`: expected a list of two numbers",
            ),
            (
                list(ValueType::Text),
                json!(["a", null]),
                "field `f`: expected a list, each element a text",
            ),
        ] {
            assert_eq!(read(&field(value_type), &given).unwrap_err().to_string(), problem);
        }
        let status = field(ValueType::Text).enum_values(["paid", "pending"]);
        assert_eq!(
            read(&status, &json!("open")).unwrap_err().to_string(),
            "field `f`: expected one of paid, pending"
        );
    }
}
