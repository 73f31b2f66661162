//! An ordered JSON tree: `serde_json::Value` forgets the order of keys unless some crate of the program enables
//! `preserve_order`, and both texts of a schema prescribe it.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};

/// A JSON value whose object members keep their order.
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
    /// The tree that `value` serializes to, with its keys in the order in which they are written.
    pub(super) fn of(value: &impl Serialize) -> Self {
        // plain data without maps: it always has a text
        to_raw_value(value).map_or(Self::Null, |json| Self::parse(&json))
    }

    /// Looks at the first byte instead of using `deserialize_any`, which reads a number as an object where some crate enables
    /// `serde_json/arbitrary_precision`.
    fn parse(json: &RawValue) -> Self {
        let json = json.get();
        let node = match json.as_bytes().first() {
            Some(b'{') => serde_json::from_str(json).map(|Members(members)| {
                let nodes = members.into_iter().map(|(key, value)| (key, Self::parse(value)));
                Self::Object(nodes.collect())
            }),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(json)
                .map(|elements| elements.into_iter().map(Self::parse).collect()),
            Some(b'"') => serde_json::from_str(json).map(Self::String),
            Some(b't' | b'f') => serde_json::from_str(json).map(Self::Bool),
            Some(b'n') | None => Ok(Self::Null),
            Some(_) => serde_json::from_str(json).map(Self::Number),
        };
        node.unwrap_or(Self::Null)
    }

    /// An object from pairs, in the order given.
    pub(super) fn object<const N: usize>(members: [(&str, Node); N]) -> Self {
        Self::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
    }

    pub(super) fn is_container(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }

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

    /// The members of an object; empty for anything else.
    pub(super) fn into_members(self) -> Vec<(String, Node)> {
        match self {
            Self::Object(members) => members,
            _ => Vec::new(),
        }
    }

    fn sort_keys(&mut self) {
        match self {
            Self::Array(elements) => elements.iter_mut().for_each(Self::sort_keys),
            Self::Object(members) => {
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                members.iter_mut().for_each(|(_, value)| value.sort_keys());
            }
            _ => {}
        }
    }
}

/// Serializes free JSON (defaults, options, arguments of validations) with sorted keys, whether `serde_json/preserve_order` is
/// enabled or not.
pub(super) fn with_sorted_keys<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut node = Node::of(value);
    node.sort_keys();
    node.serialize(serializer)
}

/// The members of an object in their order, each value still as text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

impl From<&str> for Node {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl FromIterator<Node> for Node {
    fn from_iter<I: IntoIterator<Item = Node>>(values: I) -> Self {
        Self::Array(values.into_iter().collect())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn free_json_is_written_with_sorted_keys() {
        #[derive(Serialize)]
        struct Free(#[serde(serialize_with = "with_sorted_keys")] serde_json::Value);

        let free = Free(json!({"b": [{"d": 1.5, "c": u64::MAX}], "a": null}));
        let text = serde_json::to_string(&Node::of(&free)).unwrap();
        assert_eq!(text, r#"{"a":null,"b":[{"c":18446744073709551615,"d":1.5}]}"#);
    }
}
