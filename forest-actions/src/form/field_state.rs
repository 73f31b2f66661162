//! A field of an open form.

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value};

use super::HookFn;
use super::choice::is_option;
use super::spec::FieldSpec;
use super::value::{FieldInput, FieldValue};
use super::widget::{WidgetEdit, legacy_widget_edit};
use crate::caller::is_truthy;

/// A field of an open form, with all its properties.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldState {
    /// Shared with the submitted form until the hook changes the field, since a value may be a large file.
    properties: Arc<Map<String, Value>>,
}

impl Serialize for FieldState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.properties.serialize(serializer)
    }
}

impl FieldState {
    pub(super) fn new(properties: Map<String, Value>) -> Self {
        Self {
            properties: Arc::new(properties),
        }
    }

    /// A field of an opening form: the properties of the schema, and those that the schema cannot hold.
    pub(super) fn opened(spec: &FieldSpec, position: usize, change: &[(&str, HookFn)]) -> Self {
        let mut properties = match serde_json::to_value(spec.schema_field(position, change)) {
            Ok(Value::Object(properties)) => properties,
            // a field is always an object
            _ => Map::new(),
        };
        if let Some(widget) = spec.widget {
            properties.remove("widget");
            properties.insert("widgetEdit".to_owned(), widget().to_json());
        }
        // the schema cannot hold a file, so its default is the value that the form opens with (FRM-14)
        if let Some(default) = spec.default.filter(|_| spec.is_file()) {
            properties.insert("value".to_owned(), default());
        }
        Self::received(properties)
    }

    /// Compares name and type.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        ["field", "type"]
            .iter()
            .all(|key| self.property(key) == other.property(key))
    }

    /// Takes over the user's entry in another field.
    pub(super) fn keep_entered(&mut self, from: &Self) {
        for key in ["value", "previousValue", "searchValue"] {
            if let Some(entered) = from.property(key) {
                self.set(key, entered.clone());
            }
        }
    }

    /// Sets an empty value to the default.
    pub(super) fn apply_default(&mut self) {
        if !self.json().is_null() {
            return;
        }
        if let Some(default) = self
            .properties
            .get("defaultValue")
            .filter(|default| !default.is_null())
            .cloned()
        {
            self.set_value(default);
        }
    }

    /// Replaces an older widget name by its newer form, and a missing value by `null`.
    pub(super) fn received(mut properties: Map<String, Value>) -> Self {
        if let Some(widget) = properties.get("widget").filter(|widget| is_truthy(widget)) {
            // anything but the name of a widget is removed
            let edit = widget.as_str().and_then(legacy_widget_edit).unwrap_or(Value::Null);
            properties.remove("widget");
            properties.insert("widgetEdit".to_owned(), edit);
        }
        properties.entry("value").or_insert(Value::Null);
        Self::new(properties)
    }

    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.properties.get("field").and_then(Value::as_str).unwrap_or_default()
    }

    /// The current value as `V`; `None` when it is empty or cannot be read as `V`.
    #[must_use]
    pub fn value<V: DeserializeOwned>(&self) -> Option<V> {
        V::deserialize(self.json()).ok().filter(|_| !self.json().is_null())
    }

    /// The current value as a field type: a date, an enum, a file, the key of a record; `None` when it is empty or
    /// cannot be read as `V`.
    #[must_use]
    pub fn typed_value<V: FieldValue>(&self) -> Option<V> {
        let raw = to_raw_value(Some(self.json()).filter(|value| !value.is_null())?).ok()?;
        let mut spec = FieldSpec::builder::<V>("").build();
        // keys of records are read more leniently
        spec.reference = self.properties.get("reference").and_then(Value::as_str).map(|_| "");
        V::read(FieldInput::new(&raw, &Bytes::new(), &spec)).ok()
    }

    /// The current value.
    #[must_use]
    pub fn json(&self) -> &Value {
        self.properties.get("value").unwrap_or(&Value::Null)
    }

    /// The value before this change, if the browser sent it.
    #[must_use]
    pub fn previous_value<V: DeserializeOwned>(&self) -> Option<V> {
        let previous = self.properties.get("previousValue").filter(|value| !value.is_null())?;
        V::deserialize(previous).ok()
    }

    /// The change hook of the field.
    pub(crate) fn hook(&self) -> Option<&str> {
        self.properties
            .get("hook")
            .and_then(Value::as_str)
            .filter(|hook| !hook.is_empty())
    }

    pub(super) fn set_hook(&mut self, hook: Option<&str>) {
        self.set("hook", hook);
    }

    pub(super) fn property(&self, key: &str) -> Option<&Value> {
        self.properties.get(key)
    }

    fn set(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        Arc::make_mut(&mut self.properties).insert(key.to_owned(), value.into());
        self
    }

    /// Sets the value.
    pub fn set_value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.set("value", value)
    }

    /// Sets the value from a field type: a date, an enum, a file.
    pub fn set_typed<V: FieldValue<Plain = V>>(&mut self, value: V) -> &mut Self {
        self.set("value", V::plain_json(value))
    }

    /// Empties the field.
    pub fn clear_value(&mut self) -> &mut Self {
        self.set("value", Value::Null)
    }

    /// Replaces the options of an enum. A value outside of them is reset.
    pub fn set_options<I>(&mut self, options: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Into<Value>,
    {
        let options: Vec<Value> = options.into_iter().map(Into::into).collect();
        // a dropdown has its options in its parameters as well
        if let Some(Value::Object(fixed)) = Arc::make_mut(&mut self.properties)
            .get_mut("widgetEdit")
            .and_then(|widget| widget.get_mut("parameters"))
            .and_then(|parameters| parameters.get_mut("static"))
        {
            fixed.insert("options".to_owned(), Value::Array(options.clone()));
        }
        self.set("enums", options)
    }

    /// Requires a value.
    pub fn set_required(&mut self, required: bool) -> &mut Self {
        self.set("isRequired", required)
    }

    /// Shows the field without letting the user edit it.
    pub fn set_read_only(&mut self, read_only: bool) -> &mut Self {
        self.set("isReadOnly", read_only)
    }

    /// Sets the help text.
    pub fn set_description(&mut self, text: impl Into<String>) -> &mut Self {
        self.set("description", text.into())
    }

    /// Sets the widget; any constructor of [`widgets`](super::widgets).
    pub fn set_widget(&mut self, widget: impl Into<WidgetEdit>) -> &mut Self {
        let widget: WidgetEdit = widget.into();
        self.set("widgetEdit", widget.to_json())
    }

    /// Resets a value, or a list with an element, that is not among the options to `null` (FRM-07).
    pub(super) fn reset_unoffered_value(&mut self) {
        let Some(Value::Array(options)) = self.properties.get("enums") else {
            return;
        };
        let is_list = self.properties.get("type").is_some_and(Value::is_array);
        let offered = match (is_list, self.json()) {
            (true, Value::Array(chosen)) => chosen.iter().all(|value| is_option(options, value)),
            (true, _) => true,
            (false, value) => is_option(options, value),
        };
        if !offered {
            self.clear_value();
        }
    }
}
