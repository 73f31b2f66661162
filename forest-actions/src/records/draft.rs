//! The values that a record is given when it is created or changed.

use super::value::Value;

/// The fields that a new record is given, or that a change sets, in the types of their columns.
///
/// A rule of a [`Writable`](super::Writable) may look at it and change it before it is written.
///
/// ```
/// use forest_actions::records::{Draft, Value};
///
/// let mut draft = Draft::new();
/// draft.set("name", "Acme");
/// draft.clear("tracking_number");
/// assert_eq!(draft.text("name"), Some("Acme"));
/// assert!(draft.has("tracking_number") && draft.get("tracking_number").is_none());
/// assert!(!draft.has("status"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft(Vec<(String, Option<Value>)>);

impl Draft {
    /// A draft without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if it names the field, with a value or null.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|(name, _)| name == field)
    }

    /// The value of a field; `None` for null, and for a field that it does not name.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == field)?.1.as_ref()
    }

    /// The value of a field that is a text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.get(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets a field. The value has to have the type of the column.
    pub fn set(&mut self, field: impl Into<String>, value: impl Into<Value>) {
        self.put(field.into(), Some(value.into()));
    }

    /// Sets a field to null.
    pub fn clear(&mut self, field: impl Into<String>) {
        self.put(field.into(), None);
    }

    /// Leaves a field out: a new record gets its default, and a change keeps the value.
    pub fn remove(&mut self, field: &str) {
        self.0.retain(|(name, _)| name != field);
    }

    /// Returns `true` if it names no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields, in the order in which they were first set; `None` for null.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    pub(crate) fn put(&mut self, field: String, value: Option<Value>) {
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, known)) => *known = value,
            None => self.0.push((field, value)),
        }
    }
}
