//! The technical stack of a program.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The stack on which a program runs: database, engine and their versions, printed in the order in which they were set.
///
/// The Forest server's tools refuse keys other than the five that have a method here.
///
/// ```
/// use forest_actions::schema::Stack;
///
/// let stack = Stack::new().database_type("postgres").engine("rust");
/// assert_eq!(serde_json::to_string(&stack)?, r#"{"database_type":"postgres","engine":"rust"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
// not a map type: that would lose the order, which is part of the hash
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    entries: Vec<(String, Option<String>)>,
}

impl Stack {
    /// An empty stack.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the kind of database, for instance `postgres`.
    #[must_use]
    pub fn database_type(self, value: impl Into<String>) -> Self {
        self.with("database_type", Some(value.into()))
    }

    /// Sets the language or engine, for instance `rust`.
    #[must_use]
    pub fn engine(self, value: impl Into<String>) -> Self {
        self.with("engine", Some(value.into()))
    }

    /// Sets the version of the engine.
    #[must_use]
    pub fn engine_version(self, value: impl Into<String>) -> Self {
        self.with("engine_version", Some(value.into()))
    }

    /// Sets the version of the web framework.
    #[must_use]
    pub fn framework_version(self, value: impl Into<String>) -> Self {
        self.with("framework_version", Some(value.into()))
    }

    /// Sets the version of the data layer.
    #[must_use]
    pub fn orm_version(self, value: impl Into<String>) -> Self {
        self.with("orm_version", Some(value.into()))
    }

    /// A key that is set already keeps its place.
    fn with(mut self, key: &str, value: Option<String>) -> Self {
        match self.entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.entries.push((key.to_owned(), value)),
        }
        self
    }
}

impl Serialize for Stack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Stack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Stack;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts and nulls")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stack, A::Error> {
                let mut stack = Stack::new();
                while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                    stack = stack.with(&key, value);
                }
                Ok(stack)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_keeps_the_order_in_which_it_was_set_or_read() {
        let text = |stack: &Stack| serde_json::to_string(stack).unwrap();
        let stack = Stack::new().orm_version("1").database_type("postgres").orm_version("2");
        assert_eq!(text(&stack), r#"{"orm_version":"2","database_type":"postgres"}"#);
        let read: Stack = serde_json::from_str(r#"{"z": "1", "engine_version": null, "a": "2"}"#).unwrap();
        assert_eq!(text(&read), r#"{"z":"1","engine_version":null,"a":"2"}"#);
    }
}
