//! Smart actions and their forms, as the schema file describes them.
//!
//! Owns the names, the meaning and the defaults of each property; reads itself from a committed file. How an
//! endpoint follows from a name, what a handler does and which widgets exist is none of its business: the step from
//! descriptors to the model gives finished values.

use super::FieldType;
use super::defaults::{http_method, or_default, or_http_method};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// On how many records an action runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionType {
    /// On one record or more; what an action is unless it says otherwise.
    #[default]
    Bulk,
    /// On exactly one record.
    Single,
    /// On no record: on the collection as a whole.
    Global,
}

impl ActionType {
    /// The wire's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Single => "single",
            Self::Global => "global",
        }
    }
}

/// A button of the back office that runs code.
///
/// ```
/// use forest_actions::schema::{Action, ActionField, ActionHooks, ActionType, FieldType};
///
/// let refund = Action::new("Refund", "/forest/actions/refund")
///     .kind(ActionType::Single)
///     .description("Gives the money back")
///     .field(ActionField::new("Reason", FieldType::Enum).enums(["fraud", "duplicate"]).required(true).hook("reason"))
///     .hooks(ActionHooks::new().load(true).change(["reason"]));
/// assert_eq!(refund.http_method, "POST");
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Action {
    /// The button's label, which is also the identity within the collection.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// On how many records it runs.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: ActionType,
    /// Another origin to send the request to, or `None` for the environment's own.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The path of the request, printed as given. A file must have it: this layer does not derive endpoints.
    pub endpoint: String,
    /// The verb of the request; anything but `POST` is deprecated.
    #[serde(default = "http_method", deserialize_with = "or_http_method")]
    pub http_method: String,
    /// The text above the form; printed only when given.
    #[serde(default)]
    pub description: Option<String>,
    /// The label of the form's button; printed only when given.
    #[serde(default)]
    pub submit_button_label: Option<String>,
    /// Kept for compatibility; the back office ignores it. Null when not given.
    #[serde(default)]
    pub redirect: Value,
    /// Whether the answer is a file.
    #[serde(default, deserialize_with = "or_default")]
    pub download: bool,
    /// The form, in the order in which it is shown. Fields without a name are left out of what is written.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<ActionField>,
    /// How the fields of a static form are arranged, as hook answers say it; printed only when given.
    #[serde(default)]
    pub layout: Option<Vec<Value>>,
    /// Which hooks make the form dynamic.
    #[serde(default, deserialize_with = "or_default")]
    pub hooks: ActionHooks,
}

impl Action {
    /// An action of that name and path: bulk, by POST, without form, hooks or file.
    #[must_use]
    pub fn new(name: impl Into<String>, endpoint: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: ActionType::default(),
            base_url: None,
            endpoint: endpoint.into(),
            http_method: http_method(),
            description: None,
            submit_button_label: None,
            redirect: Value::Null,
            download: false,
            fields: Vec::new(),
            layout: None,
            hooks: ActionHooks::default(),
        }
    }

    /// Says on how many records it runs.
    #[must_use]
    pub fn kind(mut self, kind: ActionType) -> Self {
        self.kind = kind;
        self
    }

    /// Gives another origin to send the request to.
    #[must_use]
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Gives another verb than `POST`.
    #[must_use]
    pub fn http_method(mut self, http_method: impl Into<String>) -> Self {
        self.http_method = http_method.into();
        self
    }

    /// Gives the text above the form.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Gives the label of the form's button.
    #[must_use]
    pub fn submit_button_label(mut self, label: impl Into<String>) -> Self {
        self.submit_button_label = Some(label.into());
        self
    }

    /// Sets the redirect that is kept for compatibility.
    #[must_use]
    pub fn redirect(mut self, redirect: impl Into<Value>) -> Self {
        self.redirect = redirect.into();
        self
    }

    /// Says whether the answer is a file.
    #[must_use]
    pub fn download(mut self, download: bool) -> Self {
        self.download = download;
        self
    }

    /// Adds a field at the end of the form.
    #[must_use]
    pub fn field(mut self, field: ActionField) -> Self {
        self.fields.push(field);
        self
    }

    /// Says which hooks there are.
    #[must_use]
    pub fn hooks(mut self, hooks: ActionHooks) -> Self {
        self.hooks = hooks;
        self
    }
}

/// A field of an action's form.
///
/// Its `position` on the wire is not kept here: it is the place among the named fields of the action, counted when
/// the action is written, and whatever a file says is overwritten by it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActionField {
    /// Name and label, unique in the form.
    #[serde(default, deserialize_with = "or_default")]
    pub field: String,
    /// The type.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub field_type: FieldType,
    /// The value the form starts with, or null.
    #[serde(default)]
    pub default_value: Value,
    /// The options of an enumeration, or `None`.
    #[serde(default)]
    pub enums: Option<Vec<Value>>,
    /// Whether the form cannot be sent without a value.
    #[serde(default, deserialize_with = "or_default")]
    pub is_required: bool,
    /// Whether the user cannot change it; printed only when given.
    #[serde(default)]
    pub is_read_only: Option<bool>,
    /// `collection.key` of the records among which the user chooses, or `None`.
    #[serde(default)]
    pub reference: Option<String>,
    /// The help text, or `None`.
    #[serde(default)]
    pub description: Option<String>,
    /// The name of a widget, or `None`.
    #[serde(default)]
    pub widget: Option<String>,
    /// The change hook that runs when the user changes the field; printed only when given.
    #[serde(default)]
    pub hook: Option<String>,
}

impl ActionField {
    /// An optional field without options, help or hook.
    #[must_use]
    pub fn new(field: impl Into<String>, field_type: FieldType) -> Self {
        Self {
            field: field.into(),
            field_type,
            default_value: Value::Null,
            enums: None,
            is_required: false,
            is_read_only: None,
            reference: None,
            description: None,
            widget: None,
            hook: None,
        }
    }

    /// Gives the value the form starts with.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default_value = value.into();
        self
    }

    /// Gives the options of an enumeration.
    #[must_use]
    pub fn enums<T: Into<Value>>(mut self, options: impl IntoIterator<Item = T>) -> Self {
        self.enums = Some(options.into_iter().map(Into::into).collect());
        self
    }

    /// Whether the form cannot be sent without a value.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.is_required = required;
        self
    }

    /// Whether the user cannot change it.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = Some(read_only);
        self
    }

    /// Makes it a choice among the records of `reference`, which is `collection.key`.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Gives the help text.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Names a widget.
    #[must_use]
    pub fn widget(mut self, widget: impl Into<String>) -> Self {
        self.widget = Some(widget.into());
        self
    }

    /// Names the change hook that runs when the user changes the field.
    #[must_use]
    pub fn hook(mut self, hook: impl Into<String>) -> Self {
        self.hook = Some(hook.into());
        self
    }
}

/// Which hooks an action has.
///
/// On the wire `change` stands before `load` when change hooks were declared, after it when they were not; hence the
/// difference between none declared and an empty list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionHooks {
    /// Whether a load hook was given.
    pub load: bool,
    /// The names of the change hooks in the order of declaration, or `None` when none were declared.
    pub change: Option<Vec<String>>,
}

impl ActionHooks {
    /// No hooks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether there is a load hook.
    #[must_use]
    pub fn load(mut self, load: bool) -> Self {
        self.load = load;
        self
    }

    /// Names the change hooks, in the order of declaration.
    #[must_use]
    pub fn change<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.change = Some(names.into_iter().map(Into::into).collect());
        self
    }
}

/// Written by hand because the order of the keys tells whether change hooks were declared.
impl<'de> Deserialize<'de> for ActionHooks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hooks;

        impl<'de> Visitor<'de> for Hooks {
            type Value = ActionHooks;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with `load` and `change`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ActionHooks, A::Error> {
                let mut hooks = ActionHooks::new();
                let mut load_came_first = false;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "load" => {
                            hooks.load = map.next_value::<Option<bool>>()?.unwrap_or_default();
                            load_came_first = hooks.change.is_none();
                        }
                        "change" => {
                            let names = map.next_value::<Option<Vec<String>>>()?.unwrap_or_default();
                            hooks.change = (!names.is_empty() || !load_came_first).then_some(names);
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
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
    use super::*;

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
        assert_eq!(null, ActionHooks::new());
    }

    #[test]
    fn sch_11_an_action_without_form_and_hooks_has_every_key_with_a_neutral_value() {
        assert_eq!(
            serde_json::to_string(&Action::new("Ban", "/ban")).unwrap(),
            r#"{"name":"Ban","type":"bulk","baseUrl":null,"endpoint":"/ban","httpMethod":"POST","redirect":null,"#
                .to_owned()
                + r#""download":false,"fields":[],"hooks":{"load":false,"change":[]}}"#
        );
        let read: Action = serde_json::from_str(r#"{"name": "Ban", "endpoint": "/ban", "type": null}"#).unwrap();
        assert_eq!(read, Action::new("Ban", "/ban"));
    }

    #[test]
    fn positions_are_counted_over_the_fields_that_have_a_name() {
        let read: Action = serde_json::from_str(
            r#"{"name": "A", "endpoint": "/a", "fields": [{"field": "x", "position": 9}, {"type": "Number"}, {"field": "y"}]}"#,
        )
        .unwrap();
        let written = serde_json::to_value(&read).unwrap();
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
