//! Formats of values, as a part of a key and as the back office reads them (protocol: values in answers).
//!
//! A stored value that does not fit the type of its column does not fail the page: it is given as it is stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveTime, SecondsFormat};
use serde_json::{Number, Value as Json};
use uuid::Uuid;

use super::Storage;
use super::statement::ReadColumn;
use crate::records::value::{Decimal, Value};
use crate::records::value_type::ValueType;
use crate::records::{convert, distant, record_key};

/// A decoded value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    Null,
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
}

macro_rules! raw_from {
    ($($kind:ident($type:ty)),+ $(,)?) => {
        $(impl From<$type> for Raw {
            fn from(value: $type) -> Self {
                Self::$kind(value)
            }
        })+
    };
}

raw_from! { Integer(i64), Real(f64), Boolean(bool), Text(String), Uuid(Uuid), Bytes(Vec<u8>) }

/// A part of a key, with the type of its column if the value fits; `None` for null, and for a value whose id would not lead
/// back to it.
pub(super) fn key_part(column: &ReadColumn, raw: Raw) -> Option<Value> {
    let part = stored_part(column, raw)?;
    let leads_back = match (&column.value_type, &part) {
        (ValueType::Integer, Value::Integer(_))
        | (ValueType::Uuid, Value::Uuid { .. })
        | (ValueType::Boolean, Value::Boolean(_)) => true,
        (ValueType::Text | ValueType::Enum, Value::Text(text)) => !text.contains('\0'),
        (value_type, part) => {
            record_key::key_part(value_type, column.is_dynamic, &part.to_string()).is_ok_and(|parsed| parsed == *part)
        }
    };
    leads_back.then_some(part)
}

/// A value with the type of its column, or as a text if it does not fit; `None` for null.
pub(super) fn stored_part(column: &ReadColumn, raw: Raw) -> Option<Value> {
    Some(match (&column.value_type, raw) {
        (_, Raw::Null) => return None,
        (ValueType::Boolean, Raw::Integer(number @ (0 | 1))) => Value::Boolean(number == 1),
        (ValueType::Boolean, Raw::Integer(_)) => return None,
        (ValueType::Decimal, Raw::Integer(number)) => Value::Decimal(number.into()),
        (ValueType::Decimal, Raw::Real(number)) => match Decimal::parse(&number.to_string()) {
            Some(number) => Value::Decimal(number),
            // SQLite has no text that it compares with infinity
            None if column.is_dynamic => return None,
            None => Value::Text(special(number).to_owned()),
        },
        (ValueType::Integer, Raw::Real(number)) => whole(number).map_or_else(
            || Decimal::parse(&number.to_string()).map(Value::Decimal),
            |number| Some(Value::Integer(number)),
        )?,
        // without a declared type, SQLite does not compare the text with the number
        (ValueType::Text | ValueType::Enum, Raw::Integer(_) | Raw::Real(_)) if column.is_untyped => return None,
        (ValueType::Text | ValueType::Enum, Raw::Integer(number)) => Value::Text(number.to_string()),
        (_, Raw::Integer(number)) => Value::Integer(number),
        (_, Raw::Real(number)) => Value::Text(number.to_string()),
        (_, Raw::Boolean(flag)) => Value::Boolean(flag),
        (_, Raw::Uuid(value)) => Value::uuid(value),
        (ValueType::Uuid, Raw::Text(sent)) if column.storage != Storage::Bytes => match Uuid::try_parse(&sent) {
            // other spellings are texts, because ids have dashes
            Ok(value) if sent.len() == 36 => Value::Uuid { value, sent },
            _ => Value::Text(sent),
        },
        (ValueType::Uuid, Raw::Bytes(bytes)) if column.storage == Storage::Bytes => {
            Value::uuid(Uuid::from_slice(&bytes).ok()?)
        }
        (ValueType::Uuid | ValueType::Binary, Raw::Text(_)) => return None,
        (ValueType::Decimal | ValueType::Integer, Raw::Text(text)) => match Decimal::parse(&text) {
            Some(_) if column.is_untyped => return None,
            Some(number) => match (number.to_i64(), &column.value_type) {
                (Some(number), ValueType::Integer) => Value::Integer(number),
                _ => Value::Decimal(number),
            },
            None => Value::Text(text),
        },
        (ValueType::Instant, Raw::Text(text)) => instant(&text).unwrap_or(Value::Text(text)),
        (ValueType::Day, Raw::Text(text)) => day(&text).unwrap_or(Value::Text(text)),
        (ValueType::Time, Raw::Text(text)) => time(&text).map_or(Value::Text(text), Value::Time),
        (_, Raw::Text(text)) => Value::Text(text),
        (ValueType::Binary, Raw::Bytes(bytes)) => Value::Binary(bytes),
        (_, Raw::Bytes(_)) => return None,
    })
}

/// The integer that SQLite takes for equal to this number.
fn whole(number: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within the bounds")]
    (number.fract() == 0.0 && number.abs() < BEYOND).then_some(number as i64)
}

fn special(number: f64) -> &'static str {
    match number {
        _ if number.is_nan() => "NaN",
        _ if number > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// A value as the back office reads it.
pub(super) fn attribute(column: &ReadColumn, raw: Raw) -> Json {
    match (&column.value_type, raw) {
        (_, Raw::Null) => Json::Null,
        (_, Raw::Boolean(flag)) => flag.into(),
        (_, Raw::Uuid(value)) => value.hyphenated().to_string().into(),
        (ValueType::Boolean, Raw::Integer(number @ (0 | 1))) => (number == 1).into(),
        (_, Raw::Integer(number)) if column.is_wide => number.to_string().into(),
        (_, Raw::Integer(number)) => number.into(),
        (_, Raw::Real(number)) => real(number),
        (ValueType::Uuid, Raw::Bytes(bytes)) if bytes.len() == 16 => match Uuid::from_slice(&bytes) {
            Ok(value) => value.hyphenated().to_string().into(),
            Err(_) => STANDARD.encode(bytes).into(),
        },
        (ValueType::Text | ValueType::Enum, Raw::Bytes(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => STANDARD.encode(error.as_bytes()).into(),
        },
        (_, Raw::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (value_type, Raw::Text(text)) => text_attribute(value_type, text),
    }
}

fn text_attribute(value_type: &ValueType, text: String) -> Json {
    let formatted = match value_type {
        ValueType::Instant => instant(&text).map(|instant| iso(&instant).into()),
        ValueType::Day => day(&text).map(|day| day.to_string().into()),
        ValueType::Json => serde_json::from_str(&text).ok(),
        ValueType::Point => point(&text),
        ValueType::List(element) => match serde_json::from_str(&text) {
            Ok(Json::Array(elements)) => Some(elements.into_iter().map(|json| element_of(element, json)).collect()),
            _ => None,
        },
        _ => None,
    };
    formatted.unwrap_or_else(|| text.into())
}

/// An element of a list that was read as JSON.
fn element_of(value_type: &ValueType, json: Json) -> Json {
    match (value_type, json) {
        (ValueType::Instant | ValueType::Day, Json::String(text)) => text_attribute(value_type, text),
        (ValueType::Binary, Json::String(text)) => match hexadecimal(&text) {
            Some(bytes) => STANDARD.encode(bytes).into(),
            None => text.into(),
        },
        (_, json) => json,
    }
}

/// `\x00ff`.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// A number of JSON, which has no infinity.
fn real(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within the bounds")]
    if number.fract() == 0.0 && number.abs() < EXACT && !(number == 0.0 && number.is_sign_negative()) {
        return (number as i64).into();
    }
    match Number::from_f64(number) {
        Some(number) => number.into(),
        None => special(number).into(),
    }
}

/// A moment to the millisecond.
fn iso(instant: &Value) -> String {
    match instant {
        Value::Instant(instant) => distant::moment_text(*instant, SecondsFormat::Millis),
        // a year that `chrono` does not have, with six digits of a second
        other => match other.to_string().rsplit_once('.') {
            Some((seconds, fraction)) => format!("{seconds}.{}Z", fraction.get(..3).unwrap_or("000")),
            None => other.to_string(),
        },
    }
}

/// Reads a moment as statements print it.
fn instant(text: &str) -> Option<Value> {
    let usual = convert::instant(text).map(Value::Instant);
    usual.or_else(|| distant::moment(text))
}

/// A day, or the day of a moment.
fn day(text: &str) -> Option<Value> {
    let usual = convert::day(text).map(Value::Day);
    usual.or_else(|| distant::day(text))
}

fn time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"))
        .ok()
}

/// `(1.5,2)`, as `[1.5, 2]`.
fn point(text: &str) -> Option<Json> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let (x, y) = inner.split_once(',')?;
    let coordinate = |text: &str| text.trim().parse::<f64>().ok().map(real);
    Some(Json::Array(vec![coordinate(x)?, coordinate(y)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(value_type: ValueType) -> ReadColumn {
        ReadColumn {
            index: 0,
            name: "field".to_owned(),
            value_type,
            storage: Storage::Text,
            is_dynamic: false,
            is_untyped: false,
            is_wide: false,
        }
    }

    #[test]
    fn instants_are_read_in_every_spelling() {
        for text in [
            "2024-05-15 10:30:00.000 +00:00",
            "2024-05-15T10:30:00.000Z",
            "2024-05-15T10:30:00Z",
            "2024-05-15T12:30:00+02:00",
            "2024-05-15 10:30:00",
            "2024-05-15 10:30",
            "2024-05-15T10:30",
            "2024-05-15 12:30:00+02",
            "2024-05-15T10:30:00.000000Z",
        ] {
            assert_eq!(
                instant(text).map(|instant| iso(&instant)).as_deref(),
                Some("2024-05-15T10:30:00.000Z"),
                "{text}"
            );
        }
        for text in ["", "yesterday", "2024-13-01", "1715769000"] {
            assert!(instant(text).is_none(), "{text}");
        }
    }

    #[test]
    fn values_have_the_formats_of_the_protocol() {
        let text = |text: &str| Raw::Text(text.to_owned());
        for (value_type, raw, expected) in [
            (ValueType::Boolean, Raw::Integer(1), serde_json::json!(true)),
            (ValueType::Boolean, Raw::Integer(7), serde_json::json!(7)),
            (ValueType::Integer, Raw::Real(42.0), serde_json::json!(42)),
            (ValueType::Integer, text("many"), serde_json::json!("many")),
            (ValueType::Decimal, Raw::Real(f64::NAN), serde_json::json!("NaN")),
            (
                ValueType::Decimal,
                Raw::Real(f64::NEG_INFINITY),
                serde_json::json!("-Infinity"),
            ),
            (ValueType::Decimal, Raw::Real(1.5), serde_json::json!(1.5)),
            (ValueType::Instant, Raw::Integer(5), serde_json::json!(5)),
            (ValueType::Instant, text("soon"), serde_json::json!("soon")),
            (
                ValueType::Day,
                text("2024-05-15 00:00:00"),
                serde_json::json!("2024-05-15"),
            ),
            (
                ValueType::Uuid,
                text("C0000000-0000-4000-8000-00000000000A"),
                serde_json::json!("C0000000-0000-4000-8000-00000000000A"),
            ),
            (ValueType::Json, text("{\"a\":[1]}"), serde_json::json!({"a": [1]})),
            (ValueType::Json, text("{"), serde_json::json!("{")),
            (ValueType::Binary, Raw::Bytes(vec![0, 255]), serde_json::json!("AP8=")),
            (ValueType::Text, Raw::Bytes(b"abc".to_vec()), serde_json::json!("abc")),
            (ValueType::Text, Raw::Integer(7), serde_json::json!(7)),
            (ValueType::Point, text("(1.5,2)"), serde_json::json!([1.5, 2])),
            (
                ValueType::List(Box::new(ValueType::Instant)),
                text("[\"2024-05-15T10:30:00+00:00\"]"),
                serde_json::json!(["2024-05-15T10:30:00.000Z"]),
            ),
            (
                ValueType::List(Box::new(ValueType::Binary)),
                text("[\"\\\\x00ff\"]"),
                serde_json::json!(["AP8="]),
            ),
        ] {
            let label = format!("{value_type:?} {raw:?}");
            assert_eq!(attribute(&column(value_type), raw), expected, "{label}");
        }
    }

    #[test]
    fn wide_integers_are_given_as_text() {
        let wide = ReadColumn {
            is_wide: true,
            ..column(ValueType::Integer)
        };
        assert_eq!(attribute(&wide, Raw::Integer(42)), serde_json::json!("42"));
        assert_eq!(key_part(&wide, Raw::Integer(42)), Some(Value::Integer(42)));
    }
}
