//! The key of a record, typed, and its packed text.

use std::fmt;
use std::slice;

use chrono::{DateTime, Utc};

use super::model::{CollectionModel, ValueType};
use super::record_key::{InvalidKey, KeyPart as _, split_packed};
use super::value::{Decimal, Value};

/// The values of the key's columns, in key order.
///
/// Its text is the record's id in the back office: one value as it is, several joined by `|`, or a JSON list when one of
/// them has a `|` in it (protocol: packed ids).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Parts);

/// A key of one part needs no list; most keys are such.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Parts {
    One(Value),
    Many(Vec<Value>),
}

impl Key {
    /// A key of one column.
    pub fn one(value: impl Into<Value>) -> Self {
        Self(Parts::One(value.into()))
    }

    /// A key of these columns.
    #[must_use]
    pub fn of(parts: Vec<Value>) -> Self {
        match <[Value; 1]>::try_from(parts) {
            Ok([part]) => Self(Parts::One(part)),
            Err(parts) => Self(Parts::Many(parts)),
        }
    }

    /// The values, in key order.
    #[must_use]
    pub fn parts(&self) -> &[Value] {
        match &self.0 {
            Parts::One(part) => slice::from_ref(part),
            Parts::Many(parts) => parts,
        }
    }

    /// This key as it was written, and with UUIDs in lower case where they are not already: a store that keeps UUIDs as
    /// texts has them as somebody wrote them, which is mostly the usual way.
    pub(crate) fn spellings(self) -> Vec<Self> {
        let usual = self.usual_spelling();
        std::iter::once(self).chain(usual).collect()
    }

    /// The same key with UUIDs in lower case, unless they are already.
    fn usual_spelling(&self) -> Option<Self> {
        let is_unusual =
            |part: &Value| matches!(part, Value::Uuid { value, sent } if *sent != value.hyphenated().to_string());
        let usual = |part: &Value| match part {
            Value::Uuid { value, .. } => Value::uuid(*value),
            other => other.clone(),
        };
        let parts = self.parts();
        parts
            .iter()
            .any(is_unusual)
            .then(|| Self::of(parts.iter().map(usual).collect()))
    }

    /// The key of a record of `collection` for a packed id.
    ///
    /// # Errors
    /// [`InvalidKey`] when the id has another number of parts, or a part is not of its column's type.
    pub fn from_packed(collection: &CollectionModel, packed: &str) -> Result<Self, InvalidKey> {
        let types: Vec<&ValueType> = collection.key_fields().map(|field| &field.value_type).collect();
        match types.as_slice() {
            [] => Err(InvalidKey::new("records of this collection have no id")),
            [one] => key_value(one, packed).map(|value| Self(Parts::One(value))),
            several => split_packed(packed, several.len())?
                .iter()
                .zip(several)
                .map(|(text, value_type)| key_value(value_type, text))
                .collect::<Result<_, _>>()
                .map(|parts| Self(Parts::Many(parts))),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = match &self.0 {
            Parts::One(part) => return write!(f, "{part}"),
            Parts::Many(parts) => parts,
        };
        let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        // a list of texts always has a JSON text
        let is_ambiguous =
            texts.iter().any(|text| text.contains('|')) || texts.first().is_some_and(|text| text.starts_with('['));
        match serde_json::to_string(&texts) {
            Ok(list) if is_ambiguous => f.write_str(&list),
            _ => f.write_str(&texts.join("|")),
        }
    }
}

/// A part of a key from its text. One record has one id, so there is one text for each value.
fn key_value(value_type: &ValueType, text: &str) -> Result<Value, InvalidKey> {
    match value_type {
        ValueType::Integer => i64::from_text(text).map(Value::Integer),
        ValueType::Uuid => uuid::Uuid::from_text(text).map(|value| Value::Uuid {
            value,
            sent: text.to_owned(),
        }),
        ValueType::Day => chrono::NaiveDate::from_text(text).map(Value::Day),
        ValueType::Boolean => bool::from_text(text).map(Value::Boolean),
        ValueType::Decimal => Decimal::parse(text)
            .map(Value::Decimal)
            .ok_or_else(|| InvalidKey::new("expected a number")),
        ValueType::Instant => DateTime::parse_from_rfc3339(text)
            .map(|moment| Value::Instant(moment.with_timezone(&Utc)))
            .map_err(|_| InvalidKey::new("expected a moment such as 2024-05-15T10:30:00Z")),
        ValueType::Text | ValueType::Enum => Ok(Value::Text(text.to_owned())),
        _ => Err(InvalidKey::new("a value of this type cannot be part of an id")),
    }
}
