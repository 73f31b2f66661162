//! Smart actions and their forms, as the schema file describes them.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::FieldType;
use super::defaults::{Named, form_fields, http_method, or_default, or_http_method};
use super::tree::with_sorted_keys;

/// The number of records that an action runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// Exactly one record.
    Single,
    /// One or more records, or "select all".
    #[default]
    Bulk,
    /// No record: the selection on screen is ignored.
    Global,
}

impl ActionKind {
    /// The word of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Bulk => "bulk",
            Self::Global => "global",
        }
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A smart action of a [`Collection`](super::Collection), for reading. Its other properties are in its JSON: it implements
/// `Serialize`.
// the members are the keys of the schema file, in their order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// The button's label, and the identity within the collection.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: ActionKind,
    /// Another origin than the environment's.
    #[serde(default)]
    pub(crate) base_url: Option<String>,
    pub(crate) endpoint: String,
    #[serde(default = "http_method", deserialize_with = "or_http_method")]
    pub(crate) http_method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) submit_button_label: Option<String>,
    /// Ignored by the back office, kept for compatibility.
    #[serde(default, serialize_with = "with_sorted_keys")]
    pub(crate) redirect: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) download: bool,
    #[serde(default, deserialize_with = "form_fields")]
    pub(crate) fields: Vec<ActionField>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) hooks: ActionHooks,
    /// The arrangement of a static form.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "with_sorted_keys"
    )]
    pub(crate) layout: Option<Vec<Value>>,
}

impl Action {
    /// The button's label, which identifies the action within its collection.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of records that the action runs on.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        self.kind
    }

    /// The path of the action's request.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns `true` when the action answers with a file.
    #[must_use]
    pub fn is_download(&self) -> bool {
        self.download
    }

    /// Returns `true` when the UI requests the form before it opens it.
    #[must_use]
    pub fn has_load_hook(&self) -> bool {
        self.hooks.load
    }

    /// The fields of the form, in order.
    #[must_use]
    pub fn fields(&self) -> &[ActionField] {
        &self.fields
    }
}

impl Named for Action {
    fn name(&self) -> &str {
        &self.name
    }
}

/// A field of an [`Action`]'s form, for reading. Its other properties are in its JSON: it implements `Serialize`.
// the members are the keys of the schema file and of hook answers, in their order
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionField {
    #[serde(deserialize_with = "or_default")]
    pub(crate) field: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub(crate) field_type: FieldType,
    #[serde(serialize_with = "with_sorted_keys")]
    pub(crate) default_value: Value,
    #[serde(serialize_with = "with_sorted_keys")]
    pub(crate) enums: Option<Vec<Value>>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_read_only: Option<bool>,
    /// `collection.key` of the records among which the user chooses.
    pub(crate) reference: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(skip_deserializing)]
    pub(crate) position: usize,
    pub(crate) widget: Option<String>,
    /// The change hook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hook: Option<String>,
}

impl ActionField {
    /// The name, which is also the label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.field
    }

    /// The type.
    #[must_use]
    pub fn field_type(&self) -> &FieldType {
        &self.field_type
    }

    /// Returns `true` when a value must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.is_required
    }

    /// The help text.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The value with which the form opens, or null.
    #[must_use]
    pub fn default_value(&self) -> &Value {
        &self.default_value
    }

    /// The options of an enumeration.
    #[must_use]
    pub fn options(&self) -> Option<&[Value]> {
        self.enums.as_deref()
    }

    /// The name of the change hook.
    #[must_use]
    pub fn hook(&self) -> Option<&str> {
        self.hook.as_deref()
    }
}

impl Named for ActionField {
    fn name(&self) -> &str {
        &self.field
    }
}

/// The hooks of an action.
///
/// The vendor's agents write `change` before `load` when change hooks were declared and after it otherwise; hence the difference
/// between `None` and an empty list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ActionHooks {
    pub(crate) load: bool,
    pub(crate) change: Option<Vec<String>>,
}

const LOAD: &str = "load";
const CHANGE: &str = "change";

impl Serialize for ActionHooks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hooks = serializer.serialize_map(Some(2))?;
        if let Some(names) = &self.change {
            hooks.serialize_entry(CHANGE, names)?;
        }
        hooks.serialize_entry(LOAD, &self.load)?;
        if self.change.is_none() {
            hooks.serialize_entry(CHANGE, &[(); 0])?;
        }
        hooks.end()
    }
}

impl<'de> Deserialize<'de> for ActionHooks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hooks;

        impl<'de> Visitor<'de> for Hooks {
            type Value = ActionHooks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object with `{LOAD}` and `{CHANGE}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ActionHooks, A::Error> {
                let mut hooks = ActionHooks::default();
                let mut load_came_first = false;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        LOAD => {
                            hooks.load = map.next_value::<Option<bool>>()?.unwrap_or_default();
                            load_came_first = hooks.change.is_none();
                        }
                        CHANGE => {
                            let names = map.next_value::<Option<Vec<String>>>()?.unwrap_or_default();
                            hooks.change = (!names.is_empty() || !load_came_first).then_some(names);
                        }
                        _ => _ = map.next_value::<IgnoredAny>()?,
                    }
                }
                Ok(hooks)
            }
        }

        deserializer.deserialize_map(Hooks)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(action: Value) -> Action {
        serde_json::from_value(action).unwrap()
    }

    #[test]
    fn hooks_read_from_a_file_are_written_back_in_the_same_order() {
        for text in [
            r#"{"load":false,"change":[]}"#,
            r#"{"change":[],"load":true}"#,
            r#"{"change":["a","b"],"load":false}"#,
        ] {
            let hooks: ActionHooks = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&hooks).unwrap(), text);
        }
        let null: ActionHooks = serde_json::from_str(r#"{"load": null, "change": null, "other": [1]}"#).unwrap();
        assert_eq!(null, ActionHooks::default());
    }

    #[test]
    fn sch_11_an_action_without_form_and_hooks_has_every_key_with_a_neutral_value() {
        let expected =
            r#"{"name":"Ban","type":"bulk","baseUrl":null,"endpoint":"/ban","httpMethod":"POST","redirect":null,"#
                .to_owned()
                + r#""download":false,"fields":[],"hooks":{"load":false,"change":[]}}"#;
        for action in [
            json!({"name": "Ban", "endpoint": "/ban"}),
            json!({"name": "Ban", "endpoint": "/ban", "type": null, "httpMethod": null, "fields": null, "hooks": null}),
        ] {
            assert_eq!(serde_json::to_string(&read(action)).unwrap(), expected);
        }
    }

    #[test]
    fn positions_are_counted_over_the_fields_that_have_a_name() {
        let fields = json!([{"field": "x", "position": 9}, {"type": "Number"}, {"field": "y"}]);
        let written = serde_json::to_value(read(json!({"name": "A", "endpoint": "/a", "fields": fields}))).unwrap();
        let positions: Vec<_> = written["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| (&field["field"], &field["position"]))
            .collect();
        assert_eq!(positions, [(&"x".into(), &0.into()), (&"y".into(), &1.into())]);
    }

    #[test]
    fn an_unknown_action_type_is_refused_by_name() {
        let error =
            serde_json::from_str::<Action>(r#"{"name": "A", "endpoint": "/a", "type": "multiple"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown variant `multiple`"), "{error}");
    }
}
