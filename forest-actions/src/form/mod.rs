//! Forms: declarations, field types with their limits and widgets, the reading of submitted values, and the state that hooks
//! edit. `#[derive(ActionForm)]` writes the declarations.

mod answer_check;
mod choice;
mod date;
mod dynamic;
mod error;
mod field_state;
mod file;
mod frame;
pub mod layout;
mod limits;
mod name;
mod number;
mod reader;
pub mod shape;
mod spec;
mod state;
mod value;
mod widget;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

pub use choice::ActionEnum;
pub(crate) use choice::quoted;
pub(crate) use choice::same_option;
#[doc(hidden)]
pub use choice::{choice_json, read_choice};
pub(crate) use date::{INSTANT, instant, plain_time};
pub use dynamic::FormField;
pub(crate) use error::{FieldProblem, FormError, HookMistake};
pub use field_state::FieldState;
pub use file::FormFile;
pub(crate) use file::Pieces;
pub(crate) use frame::{Frame, PREVIEW_HOOK};
pub use layout::Layout;
pub(crate) use layout::LayoutProblem;
pub(crate) use limits::{check_range, check_text};
pub use name::FieldName;
pub use reader::FormReader;
pub(crate) use spec::Limits;
pub use spec::{FieldBuilder, FieldSpec};
pub use state::{FormState, Untyped};
pub use value::{FieldInput, FieldValue, InvalidValue, ListElement};
pub use widget::{WidgetEdit, WidgetFor};

use crate::call::ActionCall;
use crate::response::ActionError;

/// A hook after its arguments have been made uniform.
pub type HookFn = fn(ActionCall) -> LocalBoxFuture<'static, Result<FormState, ActionError>>;

/// The constructors of all widgets.
pub mod widgets {
    pub use super::widget::{
        AddressAutocomplete, BelongsToDropdown, BelongsToTypeahead, Checkbox, CheckboxGroup, ColorPicker,
        CurrencyInput, DatePicker, Dropdown, FilePicker, JsonEditor, NumberInput, NumberInputList, RadioGroup,
        RichText, TextArea, TextInput, TextInputList, TimePicker, UserDropdown, WidgetOption, address_autocomplete,
        belongs_to_dropdown, belongs_to_typeahead, checkbox, checkbox_group, color_picker, currency_input, date_picker,
        dropdown, file_picker, json_editor, labelled, number_input, number_input_list, radio_group, rich_text,
        text_area, text_input, text_input_list, time_picker, user_dropdown,
    };
}

/// A type that is the form of an action: a struct that derives `ActionForm`.
///
/// ```
/// use forest_actions::prelude::*;
///
/// #[derive(ActionForm)]
/// struct Refund {
///     /// In dollars
///     #[field(min = 0.5)]
///     amount: f64,
///     #[field(label = "Reason for the refund", widget = text_area(rows = 4))]
///     reason: Option<String>,
/// }
///
/// #[smart_action(collection = "orders", name = "Refund", kind = "single")]
/// async fn refund(id: RecordId<i64>, form: Form<Refund>) -> ActionResult {
///     Ok(success(format!("Refunded ${:.2} for order {}", form.amount, *id)))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the form of a smart action",
    label = "not a form",
    note = "derive `ActionForm` on a struct with named fields"
)]
pub trait ActionForm: Sized + 'static {
    /// The fields, in the order in which they are shown.
    const FIELDS: &'static [FieldSpec];

    /// The arrangement of the fields; `None` for one below the other.
    #[must_use]
    fn layout() -> Option<Layout> {
        None
    }

    /// The values as JSON, with the names of their fields.
    #[doc(hidden)]
    fn into_values(self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Reads every field of the submitted values; `None` when the reader has found problems.
    fn from_values(reader: &mut FormReader<'_>) -> Option<Self>;
}

/// A widget for a field of type `T`.
pub fn widget<T: FieldValue, W: WidgetFor<T::Shape>>(widget: W) -> WidgetEdit {
    widget.into()
}

/// The JSON of a field's value.
#[doc(hidden)]
pub fn field_json<T: FieldValue>(value: T) -> Value {
    value.into_plain().map_or(Value::Null, T::plain_json)
}

/// The default of a field of type `T`.
#[doc(hidden)]
pub fn default_value<T: FieldValue>(default: T::Plain) -> Value {
    T::plain_json(default)
}

/// The default that a text stands for.
#[doc(hidden)]
#[must_use]
pub fn text_default<T: TextDefault>(text: &'static str) -> T {
    T::from_text_default(text)
}

/// Types whose default can be written as a text: those that are made from one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a text is no default of a `{Self}`",
    label = "a text",
    note = "a default is a value of the field's type: a number without quotes, the path of a variant, a call"
)]
pub trait TextDefault {
    /// The value of this text.
    fn from_text_default(text: &'static str) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: From<&'static str>> TextDefault for T {
    fn from_text_default(text: &'static str) -> Self {
        text.into()
    }
}

/// The options of a field as JSON.
#[doc(hidden)]
pub fn options<L: OptionList>(options: L) -> Vec<Value> {
    options.into_values()
}

/// The results of a function for `options`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of options",
    label = "does not give a list of options",
    note = "a function for `options` gives a `Vec` or an array of texts or numbers"
)]
pub trait OptionList {
    /// The options as JSON.
    fn into_values(self) -> Vec<Value>;
}

#[diagnostic::do_not_recommend]
impl<I> OptionList for I
where
    I: IntoIterator,
    I::Item: Into<Value>,
{
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}
