//! The fields of an open form as a browser keeps them. Pure: JSON in, JSON out.

use serde_json::{Map, Value};

use super::nearest::{hint, listed};
use crate::schema::Action;

/// The fields, in the order of the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<Map<String, Value>>);

impl Fields {
    /// The form that the schema declares, each field with its default: how the UI opens a form that has no load hook.
    pub(super) fn declared(action: &Action) -> Self {
        let action = serde_json::to_value(action).unwrap_or_default();
        let mut declared = Self::answered(&action).unwrap_or_default();
        for field in &mut declared.0 {
            let default = field.get("defaultValue").cloned().unwrap_or_default();
            field.insert("value".to_owned(), default);
        }
        declared
    }

    /// The fields of a hook's answer.
    pub(super) fn answered(answer: &Value) -> Option<Self> {
        let fields = answer.get("fields")?.as_array()?.iter();
        fields
            .map(|field| field.as_object().cloned())
            .collect::<Option<_>>()
            .map(Self)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(name).collect()
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&Map<String, Value>> {
        self.0.iter().find(|field| name(field) == wanted)
    }

    /// That there is no such field, for a message.
    pub(super) fn unknown(&self, wanted: &str) -> String {
        let names = self.names();
        let hint = hint(wanted, names.iter().copied());
        format!("the form has no field `{wanted}`{hint} (it has {})", listed(names))
    }

    /// Gives a field a value, and remembers the one before.
    pub(super) fn set(&mut self, wanted: &str, value: Value) {
        for field in self.0.iter_mut().filter(|field| name(field) == wanted) {
            let previous = field.insert("value".to_owned(), value.clone());
            field.insert("previousValue".to_owned(), previous.unwrap_or_default());
        }
    }

    /// Notes what was typed into a field that searches.
    pub(super) fn set_search(&mut self, wanted: &str, text: &str) {
        for field in self.0.iter_mut().filter(|field| name(field) == wanted) {
            field.insert("searchValue".to_owned(), text.into());
        }
    }

    /// Takes over the fields of an answer to a search, which are those that were searched in.
    pub(super) fn replace(&mut self, answered: Self) {
        for new in answered.0 {
            for field in self.0.iter_mut().filter(|field| name(field) == name(&new)) {
                field.clone_from(&new);
            }
        }
    }

    /// What is sent when the form is submitted: every field, those that are empty included.
    pub(super) fn values(&self) -> Map<String, Value> {
        let value = |field: &Map<String, Value>| field.get("value").cloned().unwrap_or_default();
        self.0
            .iter()
            .map(|field| (name(field).to_owned(), value(field)))
            .collect()
    }

    pub(super) fn to_json(&self) -> Value {
        self.0.iter().cloned().map(Value::Object).collect()
    }
}

/// Whether a field asks the server when it changes.
pub(super) fn has_hook(field: &Map<String, Value>) -> bool {
    field
        .get("hook")
        .and_then(Value::as_str)
        .is_some_and(|hook| !hook.is_empty())
}

fn name(field: &Map<String, Value>) -> &str {
    field.get("field").and_then(Value::as_str).unwrap_or_default()
}
