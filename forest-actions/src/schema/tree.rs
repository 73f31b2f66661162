//! The small ordered JSON tree that every text of this layer is made from.
//!
//! It exists because both texts (the file and the published document) prescribe the order of their keys, which
//! `serde_json::Value` forgets unless the program that links it happens to switch a feature on. `encode` builds
//! trees, `print` writes them, `document` reorders them, `diff` compares them. It knows nothing of schemas.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};

/// One JSON value whose object members keep the order in which they were put.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// An object from pairs, in the order given.
    pub(super) fn object<const N: usize>(members: [(&str, Node); N]) -> Self {
        Self::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// Whether the value has an inside: the printer lays out lists by this question.
    pub(super) fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// The text, when the value is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `key`, when the node is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The members of an object, or none for anything else.
    pub(super) fn into_members(self) -> Vec<(String, Node)> {
        match self {
            Self::Object(members) => members,
            _ => Vec::new(),
        }
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Node {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<usize> for Node {
    fn from(value: usize) -> Self {
        Self::Number(Number::from(value))
    }
}

impl<T: Into<Node>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl FromIterator<Node> for Node {
    fn from_iter<I: IntoIterator<Item = Node>>(values: I) -> Self {
        Self::Array(values.into_iter().collect())
    }
}

/// Free JSON values (defaults, options, validation arguments). Their keys are sorted here, so that the text does not
/// depend on `serde_json/preserve_order` being enabled by some other crate of the program.
impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(value) => Self::Number(value.clone()),
            Value::String(value) => Self::String(value.clone()),
            Value::Array(values) => values.iter().map(Self::from).collect(),
            Value::Object(members) => {
                let mut members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from(value)))
                    .collect();
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                Self::Object(members)
            }
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
