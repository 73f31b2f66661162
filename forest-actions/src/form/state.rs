//! The form of one request, as hooks see and change it.
//!
//! Each request has its own copy, made from the declaration (load) or from what the browser sent (change), so nothing
//! a hook does is seen by anybody else (FRM-01). Properties that this crate does not know are kept as they came
//! (FRM-08).

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::dynamic::Field;
use super::layout::Layout;
use super::spec::FieldSpec;
use super::value::FieldValue;
use super::widget::{WidgetEdit, legacy_widget_edit};

/// Stands for "no form type in particular" in [`FormState`].
#[derive(Debug, Clone, Copy)]
pub enum Untyped {}

/// The form as it stands: an extractor for hooks, and what they return. `T` is the form's type, if it has one.
///
/// ```
/// use forest_actions::form::FormState;
/// use forest_actions::{HookResult, RecordId};
///
/// async fn prefill(mut form: FormState, id: RecordId<i64>) -> HookResult {
///     form.field("stripe id").set_value(format!("cus_{}", *id)).set_read_only(true);
///     Ok(form)
/// }
/// ```
pub struct FormState<T = Untyped> {
    fields: Vec<FieldState>,
    layout: Option<Layout>,
    changed_field: Option<String>,
    searched_field: Option<String>,
    /// Stands in for a field that does not exist, so that a chain of setters has something to write to.
    nowhere: FieldState,
    /// The first mistake of the hook; it becomes the answer.
    problem: Option<String>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for FormState<T> {
    fn clone(&self) -> Self {
        self.clone_as()
    }
}

impl<T> fmt::Debug for FormState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormState")
            .field("fields", &self.fields.iter().map(FieldState::name).collect::<Vec<_>>())
            .field("changed_field", &self.changed_field)
            .finish_non_exhaustive()
    }
}

impl FormState {
    /// The form as it opens: the declared fields, each with its properties as the schema has them.
    pub(crate) fn opened(specs: &[FieldSpec], declared: Vec<Map<String, Value>>, layout: Option<Layout>) -> Self {
        let fields = declared
            .into_iter()
            .map(|mut properties| {
                let spec = specs
                    .iter()
                    .find(|spec| properties.get("field").and_then(Value::as_str) == Some(spec.name));
                if let Some(widget) = spec.and_then(|spec| spec.widget) {
                    properties.remove("widget");
                    properties.insert("widgetEdit".to_owned(), widget().to_json());
                }
                // the schema cannot carry a file, so its default is the value that the form opens with (FRM-14)
                if let Some(default) = spec.filter(|spec| spec.is_file()).and_then(|spec| spec.default) {
                    properties.insert("value".to_owned(), default());
                }
                FieldState::received(properties)
            })
            .collect();
        Self {
            layout,
            ..Self::of(fields)
        }
    }

    /// The form as the browser has it.
    pub(crate) fn sent(fields: Vec<Map<String, Value>>) -> Self {
        Self::of(fields.into_iter().map(FieldState::received).collect())
    }

    fn of(fields: Vec<FieldState>) -> Self {
        Self {
            fields,
            layout: None,
            changed_field: None,
            searched_field: None,
            nowhere: FieldState::new(Map::new()),
            problem: None,
            of: PhantomData,
        }
    }

    pub(crate) fn with_changed_field(self, field: String) -> Self {
        Self {
            changed_field: Some(field),
            ..self
        }
    }

    pub(crate) fn with_searched_field(self, field: String) -> Self {
        Self {
            searched_field: Some(field),
            ..self
        }
    }
}

impl<T> FormState<T> {
    /// The same form for another type.
    pub(crate) fn clone_as<U>(&self) -> FormState<U> {
        FormState {
            fields: self.fields.clone(),
            layout: self.layout.clone(),
            changed_field: self.changed_field.clone(),
            searched_field: self.searched_field.clone(),
            nowhere: self.nowhere.clone(),
            problem: self.problem.clone(),
            of: PhantomData,
        }
    }

    /// The form without its type, for hooks that several actions share.
    #[must_use]
    pub fn untyped(self) -> FormState {
        FormState {
            fields: self.fields,
            layout: self.layout,
            changed_field: self.changed_field,
            searched_field: self.searched_field,
            nowhere: self.nowhere,
            problem: self.problem,
            of: PhantomData,
        }
    }

    /// The name of the field that the user has just changed; `None` in other hooks.
    #[must_use]
    pub fn changed_field(&self) -> Option<&str> {
        self.changed_field.as_deref()
    }

    /// The field in which the user is typing, and the text so far; `None` in other hooks.
    #[must_use]
    pub fn search(&self) -> Option<(&str, &str)> {
        let name = self.searched_field.as_deref()?;
        let text = self
            .get(name)?
            .properties
            .get("searchValue")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some((name, text))
    }

    /// The fields, in the order in which they are shown.
    pub fn fields(&self) -> impl Iterator<Item = &FieldState> {
        self.fields.iter()
    }

    /// A field, if the form has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldState> {
        self.fields.iter().find(|field| field.name() == name)
    }

    /// The current value of a field as `V`; `None` when the form has no such field, it is empty, or it cannot be
    /// read as `V`.
    #[must_use]
    pub fn value<V: DeserializeOwned>(&self, name: &str) -> Option<V> {
        self.get(name)?.value()
    }

    /// A field to change. A name that the form does not have makes the hook fail, with the name in the log:
    /// look with [`FormState::get`] first when a field may be missing.
    pub fn field(&mut self, name: &str) -> &mut FieldState {
        match self.fields.iter().position(|field| field.name() == name) {
            Some(at) => &mut self.fields[at],
            None => {
                let known: Vec<&str> = self.fields.iter().map(FieldState::name).collect();
                let text = format!("the form has no field `{name}`; it has `{}`", known.join("`, `"));
                self.problem.get_or_insert(text);
                &mut self.nowhere
            }
        }
    }

    /// Adds a field at the end. A field of the same name is replaced, in its place.
    pub fn push(&mut self, field: Field) {
        let state = field.into_state();
        match self.fields.iter_mut().find(|known| known.name() == state.name()) {
            Some(known) => *known = state,
            None => self.fields.push(state),
        }
    }

    /// Adds a field after another one, or at the end when the form does not have that one.
    pub fn insert_after(&mut self, name: &str, field: Field) {
        let state = field.into_state();
        self.fields.retain(|known| known.name() != state.name());
        let at = self
            .fields
            .iter()
            .position(|known| known.name() == name)
            .map_or(self.fields.len(), |at| at + 1);
        self.fields.insert(at, state);
    }

    /// Removes a field; tells whether the form had it.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.fields.len();
        self.fields.retain(|field| field.name() != name);
        self.fields.len() < before
    }

    /// Puts these fields first, in this order; the others keep theirs.
    pub fn order<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let names: Vec<&str> = names.into_iter().collect();
        self.fields.sort_by_key(|field| {
            names
                .iter()
                .position(|name| *name == field.name())
                .unwrap_or(usize::MAX)
        });
    }

    /// Removes every field.
    pub fn clear(&mut self) {
        self.fields.clear();
    }

    /// Arranges the fields; the ones that are not placed are not shown. Nothing is remembered between calls: each
    /// hook arranges its own answer.
    #[must_use]
    pub fn layout(self, layout: impl Into<Layout>) -> FormState {
        FormState {
            layout: Some(layout.into()),
            ..self.untyped()
        }
    }

    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The fields that are shown and their arrangement, ready to be sent: values that are no longer offered are
    /// reset, and hooks that do not exist are refused (protocol: hooks, processing).
    pub(crate) fn into_answer(
        self,
        action: &str,
        is_hook: impl Fn(&str) -> bool,
    ) -> Result<(Vec<Map<String, Value>>, Vec<Value>), String> {
        let mut fields = self.fields;
        let layout = match &self.layout {
            Some(layout) => {
                if let Some(problem) = layout.problem(fields.iter().map(FieldState::name)) {
                    return Err(problem);
                }
                let placed: Vec<&str> = layout.fields().collect();
                fields.retain(|field| placed.contains(&field.name()));
                fields.sort_by_key(|field| placed.iter().position(|name| *name == field.name()));
                layout.to_json()
            }
            None => Vec::new(),
        };
        for field in &mut fields {
            if let Some(hook) = field.hook().filter(|hook| !is_hook(hook)) {
                return Err(format!(
                    "The hook \"{hook}\" of \"{}\" field on the smart action \"{action}\" is not defined.",
                    field.name()
                ));
            }
            field.reset_what_is_not_offered();
        }
        Ok((fields.into_iter().map(|field| field.properties).collect(), layout))
    }
}

/// One field of an open form, with everything that the browser knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldState {
    properties: Map<String, Value>,
}

impl FieldState {
    pub(super) fn new(properties: Map<String, Value>) -> Self {
        Self { properties }
    }

    /// A field as it was declared or sent: an older widget name becomes the newer form, a missing value `null`.
    fn received(mut properties: Map<String, Value>) -> Self {
        if let Some(widget) = properties
            .get("widget")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
        {
            let edit = legacy_widget_edit(widget).unwrap_or(Value::Null);
            properties.remove("widget");
            properties.insert("widgetEdit".to_owned(), edit);
        }
        properties.entry("value").or_insert(Value::Null);
        Self { properties }
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

    fn set(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.properties.insert(key.to_owned(), value.into());
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

    /// Replaces the options of an enum. A value that is no longer offered is reset.
    pub fn set_options<I>(&mut self, options: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Into<Value>,
    {
        let options: Vec<Value> = options.into_iter().map(Into::into).collect();
        // a dropdown has its options in its parameters as well
        if let Some(Value::Object(fixed)) = self
            .properties
            .get_mut("widgetEdit")
            .and_then(|widget| widget.get_mut("parameters"))
            .and_then(|parameters| parameters.get_mut("static"))
        {
            fixed.insert("options".to_owned(), Value::Array(options.clone()));
        }
        self.set("enums", options)
    }

    /// Says whether a value must be given.
    pub fn set_required(&mut self, required: bool) -> &mut Self {
        self.set("isRequired", required)
    }

    /// Says whether the field is shown without being editable.
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

    /// FRM-07: a value, or a list with an element, that is not among the options becomes `null`.
    fn reset_what_is_not_offered(&mut self) {
        self.properties.entry("value").or_insert(Value::Null);
        let Some(Value::Array(options)) = self.properties.get("enums") else {
            return;
        };
        let is_list = self.properties.get("type").is_some_and(Value::is_array);
        let offered = match (is_list, self.json()) {
            (true, Value::Array(chosen)) => chosen.iter().all(|value| options.contains(value)),
            (true, _) => true,
            (false, value) => options.contains(value),
        };
        if !offered {
            self.clear_value();
        }
    }
}
