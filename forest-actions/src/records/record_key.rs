//! Parsing of packed record ids to the type of a key.
//!
//! The id of a key with one part is its text. Several parts are joined by `|` in key order, or given as a JSON list; a dash
//! does not separate (SEL-05). Each value has one spelling (SEL-07).

use std::fmt;
use std::hash::Hash;

use chrono::{DateTime, Timelike as _, Utc};

use super::distant;
use super::error::InvalidKey;
use super::key::Key;
use super::key_fit::{self, KeyFit, KeyKind};
use super::model::{CollectionModel, FieldModel};
use super::value::{Decimal, Value};
use super::value_type::ValueType;

/// An id as it was sent: a text, or the JSON text of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PackedId(pub(crate) String);

impl fmt::Display for PackedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The type of a collection's key: a [`KeyPart`], or a tuple of up to six for a composite key.
///
/// This trait is sealed: implement [`KeyPart`] for a type of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a record's key",
    label = "not a key type",
    note = "keys are integers, `String`, `uuid::Uuid`, `chrono::NaiveDate`, `bool`, or a tuple of these for a composite key; implement `KeyPart` for a type of your own"
)]
pub trait RecordKey: sealed::Sealed + Sized + Eq + Hash + 'static {
    /// Parses a packed id.
    ///
    /// # Errors
    /// A text that does not fit.
    fn from_packed(packed: &str) -> Result<Self, InvalidKey>;

    /// Converts a key from a record source.
    ///
    /// # Errors
    /// A key of another type.
    fn from_key(key: &Key) -> Result<Self, InvalidKey> {
        Self::from_packed(&key.to_string())
    }

    /// Compares the type with the key of a collection.
    #[doc(hidden)]
    fn fit(collection: &CollectionModel) -> KeyFit;
}

/// One column of a key, which is parsed from text.
///
/// ```
/// use forest_actions::{InvalidKey, KeyPart};
///
/// #[derive(PartialEq, Eq, Hash)]
/// struct Sku(String);
///
/// impl KeyPart for Sku {
///     fn from_text(text: &str) -> Result<Self, InvalidKey> {
///         match text.strip_prefix("SKU-") {
///             Some(rest) => Ok(Sku(rest.to_owned())),
///             None => Err(InvalidKey::new("expected a SKU")),
///         }
///     }
/// }
/// # assert!(Sku::from_text("SKU-1").is_ok_and(|sku| sku.0 == "1"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a record's key",
    label = "not a key type",
    note = "key columns are integers, `String`, `uuid::Uuid`, `chrono::NaiveDate` or `bool`; implement `KeyPart` for a type of your own"
)]
pub trait KeyPart: Sized + Eq + Hash + 'static {
    /// Parses a text.
    ///
    /// # Errors
    /// A text that does not fit.
    fn from_text(text: &str) -> Result<Self, InvalidKey>;

    /// Converts a value from a record source. The default parses its text.
    ///
    /// # Errors
    /// A value of another type.
    fn from_value(value: &Value) -> Result<Self, InvalidKey> {
        Self::from_text(&value.to_string())
    }

    /// The values that it is read from, as far as the library knows the type.
    #[doc(hidden)]
    fn kind() -> KeyKind {
        KeyKind::Own
    }
}

mod sealed {
    pub trait Sealed {}
}

impl<K: KeyPart> sealed::Sealed for K {}

impl<K: KeyPart> RecordKey for K {
    fn from_packed(packed: &str) -> Result<Self, InvalidKey> {
        K::from_text(packed)
    }

    fn from_key(key: &Key) -> Result<Self, InvalidKey> {
        match key.parts() {
            [part] => K::from_value(part),
            // a text can hold a packed key
            _ => K::from_text(&key.to_string()),
        }
    }

    fn fit(collection: &CollectionModel) -> KeyFit {
        key_fit::single(K::kind(), collection)
    }
}

impl KeyPart for String {
    fn kind() -> KeyKind {
        KeyKind::Text
    }

    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        Ok(text.to_owned())
    }
}

impl KeyPart for uuid::Uuid {
    fn kind() -> KeyKind {
        KeyKind::Uuid
    }

    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        // the crate also parses braces, URNs and bare hex, which databases do not print
        match text.len() {
            36 => Self::try_parse(text).map_err(|_| InvalidKey::new("expected a UUID")),
            _ => Err(InvalidKey::new("expected a UUID")),
        }
    }

    fn from_value(value: &Value) -> Result<Self, InvalidKey> {
        match value {
            Value::Uuid { value, .. } => Ok(*value),
            other => Self::from_text(&other.to_string()),
        }
    }
}

impl KeyPart for chrono::NaiveDate {
    fn kind() -> KeyKind {
        KeyKind::Day
    }

    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        let day = match distant::day(text) {
            Some(Value::Day(day)) if !distant::is_infinite_day(day) => Some(day),
            Some(_) => None,
            None => Self::parse_from_str(text, "%Y-%m-%d").ok(),
        };
        day.ok_or_else(|| InvalidKey::new("expected a date such as 2024-05-15"))
    }
}

impl KeyPart for bool {
    fn kind() -> KeyKind {
        KeyKind::Truth
    }

    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(InvalidKey::new("expected true or false")),
        }
    }
}

/// Digits with an optional minus sign, as databases print them; Rust's parser would also accept `+1`.
macro_rules! integer_keys {
    ($($integer:ty),*) => {$(
        impl KeyPart for $integer {
            fn kind() -> KeyKind {
                KeyKind::Whole
            }

            fn from_text(text: &str) -> Result<Self, InvalidKey> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(InvalidKey::new("expected a whole number"));
                }
                // `007` would be a second id of record `7`
                if text != "0" && digits.starts_with('0') {
                    return Err(InvalidKey::new("expected a whole number without leading zeros"));
                }
                text.parse().map_err(|_| {
                    InvalidKey::new(format!("expected a whole number from {} to {}", <$integer>::MIN, <$integer>::MAX))
                })
            }

            fn from_value(value: &Value) -> Result<Self, InvalidKey> {
                if let Value::Integer(number) = value
                    && let Ok(number) = Self::try_from(*number)
                {
                    return Ok(number);
                }
                Self::from_text(&value.to_string())
            }
        }
    )*};
}

integer_keys!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

/// Splits a packed id into exactly `N` parts.
fn parts<const N: usize>(packed: &str) -> Result<[String; N], InvalidKey> {
    let list = split_packed(packed, N)?;
    let found = list.len();
    list.try_into().map_err(|_| wrong_count(N, found))
}

/// Splits a packed id into this many parts, without NUL characters.
pub(crate) fn split_packed(packed: &str, count: usize) -> Result<Vec<String>, InvalidKey> {
    let list: Vec<String> = match json_list(packed) {
        Some(list) => list,
        None => packed.split('|').map(str::to_owned).collect(),
    };
    if list.iter().any(|part| part.contains('\0')) {
        return Err(InvalidKey::new("expected values without NUL characters"));
    }
    if list.len() == count {
        Ok(list)
    } else {
        Err(wrong_count(count, list.len()))
    }
}

fn wrong_count(expected: usize, found: usize) -> InvalidKey {
    InvalidKey::new(format!("expected {expected} values joined by `|`, found {found}"))
}

/// Parses a packed id that is a JSON list.
fn json_list(packed: &str) -> Option<Vec<String>> {
    if !packed.starts_with('[') {
        return None;
    }
    serde_json::from_str::<Vec<serde_json::Value>>(packed)
        .ok()?
        .into_iter()
        .map(part_text)
        .collect()
}

/// The text of a part of an id in JSON.
pub(crate) fn part_text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number_text(&number)),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The text of a number in an id; `3.0` and `3e0` become `3`.
pub(crate) fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
        Some(whole) => whole.to_string(),
        None => number.to_string(),
    }
}

/// Converts an integral double up to 2^53, beyond which doubles are not exact.
pub(crate) fn whole(double: f64) -> Option<i64> {
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
    (double.fract() == 0.0 && double.abs() <= MAX_EXACT).then_some(double as i64)
}

impl Key {
    /// Parses the packed id of a record of `collection`.
    ///
    /// # Errors
    /// Another number of parts, or a part that does not fit the type of its column.
    pub fn from_packed(collection: &CollectionModel, packed: &str) -> Result<Self, InvalidKey> {
        let fields: Vec<&FieldModel> = collection.key_fields().collect();
        match fields.as_slice() {
            [] => Err(InvalidKey::new("records of this collection have no id")),
            [one] => key_part(&one.value_type, one.is_dynamic, packed).map(Self::one),
            several => split_packed(packed, several.len())?
                .iter()
                .zip(several)
                .map(|(text, field)| key_part(&field.value_type, field.is_dynamic, text))
                .collect::<Result<_, _>>()
                .map(Self::from_parts),
        }
    }
}

/// A number that is neither finite nor has digits, as PostgreSQL prints it.
pub(super) fn is_special_number(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
}

/// Parses a part of a key. Only one spelling is accepted for each value, so that a record has one id. A dynamic column may
/// have another value than its type says.
pub(super) fn key_part(value_type: &ValueType, is_dynamic: bool, text: &str) -> Result<Value, InvalidKey> {
    if text.contains('\0') {
        return Err(InvalidKey::new("expected values without NUL characters"));
    }
    typed_part(value_type, text).or_else(|problem| match value_type {
        ValueType::Integer | ValueType::Decimal if is_dynamic => other_than_a_number(text).ok_or(problem),
        _ => Err(problem),
    })
}

/// A fraction, or a text that no store takes for a number: `007` would be a second id of record `7`.
fn other_than_a_number(text: &str) -> Option<Value> {
    let is_usual = |number: &Decimal| number.as_str() == text && number.to_i64().is_none() && !has_needless_zeros(text);
    if let Some(number) = Decimal::parse(text).filter(is_usual) {
        return Some(Value::Decimal(number));
    }
    let is_of_a_number =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    (!text.bytes().all(is_of_a_number)).then(|| Value::Text(text.to_owned()))
}

fn has_needless_zeros(number: &str) -> bool {
    number.contains('.') && number.ends_with('0')
}

fn typed_part(value_type: &ValueType, text: &str) -> Result<Value, InvalidKey> {
    match value_type {
        ValueType::Integer => i64::from_text(text).map(Value::Integer),
        ValueType::Uuid => uuid::Uuid::from_text(text).map(|value| Value::Uuid {
            value,
            sent: text.to_owned(),
        }),
        ValueType::Day => match distant::day(text) {
            Some(day) => Ok(day),
            None => chrono::NaiveDate::from_text(text).map(Value::Day),
        },
        ValueType::Boolean => bool::from_text(text).map(Value::Boolean),
        ValueType::Decimal if is_special_number(text) => Ok(Value::Text(text.to_owned())),
        ValueType::Decimal => Decimal::parse(text)
            .map(Value::Decimal)
            .ok_or_else(|| InvalidKey::new("expected a number")),
        ValueType::Time => chrono::NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
            .ok()
            // not every store supports leap seconds
            .filter(|time| time.nanosecond() < 1_000_000_000 && time.to_string() == text)
            .map(Value::Time)
            .ok_or_else(|| InvalidKey::new("expected a time such as 10:30:00")),
        ValueType::Binary => bytes_of(text)
            .map(Value::Binary)
            .ok_or_else(|| InvalidKey::new("expected bytes as hexadecimal digits in lower case")),
        ValueType::Instant => DateTime::parse_from_rfc3339(text)
            .map(|moment| Value::Instant(moment.with_timezone(&Utc)))
            .ok()
            .or_else(|| distant::moment(text).filter(|moment| moment.to_string() == text))
            .ok_or_else(|| InvalidKey::new("expected a moment such as 2024-05-15T10:30:00Z")),
        ValueType::Text | ValueType::Enum => Ok(Value::Text(text.to_owned())),
        _ => Err(InvalidKey::new("a value of this type cannot be part of an id")),
    }
}

/// The bytes of hexadecimal digits in lower case.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

macro_rules! composite_keys {
    ($($count:literal: $($part:ident $name:ident),+;)*) => {$(
        impl<$($part: KeyPart),+> sealed::Sealed for ($($part,)+) {}

        impl<$($part: KeyPart),+> RecordKey for ($($part,)+) {
            fn from_packed(packed: &str) -> Result<Self, InvalidKey> {
                let [$($name),+] = parts::<$count>(packed)?;
                Ok(($($part::from_text(&$name)?,)+))
            }

            fn from_key(key: &Key) -> Result<Self, InvalidKey> {
                match key.parts() {
                    [$($name),+] => Ok(($($part::from_value($name)?,)+)),
                    parts => Err(wrong_count($count, parts.len())),
                }
            }

            fn fit(collection: &CollectionModel) -> KeyFit {
                key_fit::composite(&[$($part::kind()),+], collection)
            }
        }
    )*};
}

composite_keys! {
    1: A a;
    2: A a, B b;
    3: A a, B b, C c;
    4: A a, B b, C c, D d;
    5: A a, B b, C c, D d, E e;
    6: A a, B b, C c, D d, E e, F f;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sel_05_parts_are_joined_by_a_pipe_or_listed_never_by_a_dash() {
        assert_eq!(<(i64, String)>::from_packed("12|a-b"), Ok((12, "a-b".to_owned())));
        assert_eq!(
            <(i64, String)>::from_packed("[12, \"a|b\"]"),
            Ok((12, "a|b".to_owned()))
        );
        assert!(<(i64, String)>::from_packed("12-a").is_err());
        assert_eq!(
            <(i64, i64)>::from_packed("1|2|3").map_err(|error| error.to_string()),
            Err("expected 2 values joined by `|`, found 3".to_owned())
        );
    }

    #[test]
    fn sel_06_a_single_text_key_is_the_text_itself() {
        for text in ["a/b c", "a|b", "[1]", "é%20", "日本", "\"q\""] {
            assert_eq!(String::from_packed(text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn sel_07_keys_are_converted_exactly() {
        assert_eq!(i64::from_packed("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(bool::from_packed("1"), Ok(true));
        assert!(uuid::Uuid::from_packed("C0000000-0000-4000-8000-000000000001").is_ok());
        for bad in [
            "",
            " 1",
            "1 ",
            "+1",
            "1.0",
            "0x1",
            "1e3",
            "9223372036854775808",
            "٣",
            "one",
            "-",
        ] {
            assert!(i64::from_packed(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "{c0000000-0000-4000-8000-000000000001}",
            "c0000000000040008000000000000001",
            "x",
        ] {
            assert!(uuid::Uuid::from_packed(bad).is_err(), "{bad:?}");
        }
        assert!(u8::from_packed("256").is_err());
        assert!(chrono::NaiveDate::from_packed("2024-02-30").is_err());
    }

    #[test]
    fn sel_07_each_value_of_a_key_has_one_spelling() {
        for (value_type, good, bad) in [
            (
                ValueType::Binary,
                ["", "00ff", "abab"].as_slice(),
                ["a", "ABAB", "\\xab", "é0"].as_slice(),
            ),
            (
                ValueType::Time,
                &["10:30:00", "23:59:59.500"],
                &["10:30", "24:00:00", "10:30:00.5", "10:30:60"],
            ),
            (ValueType::Decimal, &["NaN", "-Infinity", "1.50"], &["nan", "inf", "+1"]),
            (ValueType::Text, &["", "a|b"], &["a\0b"]),
            (ValueType::Json, &[], &["1", "{}"]),
        ] {
            for text in good {
                let part = key_part(&value_type, false, text).unwrap();
                assert_eq!(part.to_string(), *text, "{value_type:?}");
            }
            for text in bad {
                assert!(key_part(&value_type, false, text).is_err(), "{value_type:?} {text}");
            }
        }
        for text in ["abc", "1.5", "", "a|b"] {
            let part = key_part(&ValueType::Integer, true, text);
            assert_eq!(part.is_ok(), !text.is_empty(), "{text}");
        }
        for text in ["007", "+7", " 7", "7.0", "7e0", "1e", "1.50", "-"] {
            assert!(key_part(&ValueType::Integer, true, text).is_err(), "{text}");
        }
    }
}
