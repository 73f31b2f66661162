//! Fields that hooks add to an open form.

use serde_json::{Map, Value};

use super::field_state::FieldState;
use super::shape::Shape;
use super::value::FieldValue;
use super::widget::WidgetEdit;
use crate::schema::FieldType;

/// A field that a hook adds. Its value is submitted with the others: read it through
/// [`Values`](crate::Values) or a form type that has an optional field of this name.
///
/// ```
/// use forest_actions::form::{FormField, FormState};
/// use forest_actions::HookResult;
///
/// async fn load(mut form: FormState) -> HookResult {
///     form.push(FormField::boolean("Send a copy").on_change("Send a copy"));
///     form.push(FormField::new::<Vec<String>>("Labels").description("One per line").value(["urgent"]));
///     Ok(form)
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FormField(Map<String, Value>);

impl FormField {
    /// A field of type `T`; optional unless it is [`required`](FormField::required).
    pub fn new<T: FieldValue>(name: impl Into<String>) -> Self {
        let options = T::OPTIONS.map(|options| options.iter().map(|option| Value::from(*option)).collect::<Vec<_>>());
        let field = Self::with_type(name.into(), <T::Shape as Shape>::field_type());
        match options {
            Some(options) => field.options(options),
            None => field,
        }
    }

    /// A text.
    pub fn string(name: impl Into<String>) -> Self {
        Self::with_type(name.into(), FieldType::String)
    }

    /// A number.
    pub fn number(name: impl Into<String>) -> Self {
        Self::with_type(name.into(), FieldType::Number)
    }

    /// A checkbox.
    pub fn boolean(name: impl Into<String>) -> Self {
        Self::with_type(name.into(), FieldType::Boolean)
    }

    /// One of several options.
    pub fn choice<I>(name: impl Into<String>, options: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Value>,
    {
        Self::with_type(name.into(), FieldType::Enum).options(options)
    }

    fn with_type(name: String, field_type: FieldType) -> Self {
        Self(Map::new()).with("field", name).with("type", field_type.to_json())
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The help text.
    pub fn description(self, text: impl Into<String>) -> Self {
        self.with("description", text.into())
    }

    /// Requires a value. Only the browser checks it; the handler must check as well.
    pub fn required(self) -> Self {
        self.with("isRequired", true)
    }

    /// Shows the field without letting the user edit it.
    pub fn read_only(self) -> Self {
        self.with("isReadOnly", true)
    }

    /// Makes the value the key of a record: `"collection.key"`.
    pub fn reference(self, to: impl Into<String>) -> Self {
        self.with("reference", to.into())
    }

    /// Sets the options of an enum.
    pub fn options<I>(self, options: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Value>,
    {
        self.with("enums", options.into_iter().map(Into::into).collect::<Vec<Value>>())
    }

    /// Sets the current value.
    pub fn value(self, value: impl Into<Value>) -> Self {
        self.with("value", value)
    }

    /// Sets the value of a field without a current value (FRM-09).
    pub fn default_value(self, value: impl Into<Value>) -> Self {
        self.with("defaultValue", value)
    }

    /// Sets the widget: any constructor of [`widgets`](super::widgets).
    pub fn widget(self, widget: impl Into<WidgetEdit>) -> Self {
        let widget: WidgetEdit = widget.into();
        self.with("widgetEdit", widget.to_json())
    }

    /// Runs the change hook of this name when the field changes.
    pub fn on_change(self, hook: impl Into<String>) -> Self {
        self.with("hook", hook.into())
    }

    /// Keeps the user's entry in a field of the same name and type, unless this one has a value. The default only applies to a field
    /// that the browser did not send: a field that the user has emptied stays empty (FRM-10).
    pub(super) fn into_state(self, known: &[FieldState], sent: &[FieldState]) -> FieldState {
        let is_given = self.0.contains_key("value");
        let mut state = FieldState::received(self.0);
        let replaced = known.iter().find(|known| known.is_same(&state));
        let sent = sent.iter().find(|sent| sent.is_same(&state));
        if let Some(replaced) = replaced.or(sent).filter(|_| !is_given) {
            state.keep_entered(replaced);
        }
        if sent.is_none() {
            state.apply_default();
        }
        state
    }
}
