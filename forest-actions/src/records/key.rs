//! The typed key of a record, and its packed text.

use std::fmt;
use std::slice;

use super::value::Value;

/// The values of the key's columns, in key order.
///
/// `Display` gives the record's id in the back office: a single value as it is, several joined by `|`, or a JSON list if
/// one of them contains `|` (protocol: packed ids).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Parts);

/// Most keys have one part, which needs no allocation of a list.
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
    pub fn from_parts(parts: Vec<Value>) -> Self {
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

    /// Equal, and written in the same way: a store that keeps UUIDs as texts may have one in two spellings.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self == other && self.to_string() == other.to_string()
    }

    /// The key as it was sent, and with UUIDs in lower case if that differs: a store that keeps UUIDs as texts may have
    /// either.
    pub(crate) fn spellings(self) -> Vec<Self> {
        let usual = self.usual_spelling();
        std::iter::once(self).chain(usual).collect()
    }

    /// The key with UUIDs in lower case; `None` if they already are.
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
            .then(|| Self::from_parts(parts.iter().map(usual).collect()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = match &self.0 {
            Parts::One(part) => return write!(f, "{part}"),
            Parts::Many(parts) => parts,
        };
        let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let is_ambiguous =
            texts.iter().any(|text| text.contains('|')) || texts.first().is_some_and(|text| text.starts_with('['));
        match serde_json::to_string(&texts) {
            Ok(list) if is_ambiguous => f.write_str(&list),
            _ => f.write_str(&texts.join("|")),
        }
    }
}
