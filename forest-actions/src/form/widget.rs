//! Widgets as typed constructors, so that the compiler checks their parameters and the fields that they can edit (protocol:
//! `widgetEdit` names and parameters).

use serde_json::{Map, Value, json};

use super::shape::{
    Boolean, Choice, ChoiceList, Date, Dateonly, Document, DocumentList, Json, Number, NumberList, Shape, Text,
    TextList, Time,
};

/// A widget: its name and parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct WidgetEdit {
    name: &'static str,
    parameters: Map<String, Value>,
}

impl WidgetEdit {
    /// `{"name", "parameters"}`.
    pub(crate) fn to_json(&self) -> Value {
        json!({"name": self.name, "parameters": self.parameters})
    }

    /// Returns `true` without parameters: the name in the schema file then says everything.
    pub(crate) fn is_plain(&self) -> bool {
        let given = |(key, value): (&String, &Value)| match key.as_str() {
            "static" => value
                .get("options")
                .and_then(Value::as_array)
                .is_some_and(|options| !options.is_empty()),
            "enableReorder" => *value == Value::Bool(false),
            "base" => value.as_str() != Some("Unit"),
            _ => !(value.is_null() || *value == Value::Bool(false)),
        };
        self.schema_name().is_some() && !self.parameters.iter().any(given)
    }

    /// The name in the schema file, which is older for some widgets; `None` for widgets that only hooks can set.
    pub(crate) fn schema_name(&self) -> Option<String> {
        let name = match self.name {
            "address editor" => "address",
            "belongsto dropdown" => "belongsto select",
            "color editor" => "color picker",
            "date editor" => "date picker",
            "price editor" => "price",
            "json code editor" => "JSON editor",
            "rich text" => "rich text editor",
            "text area editor" => "text area",
            "text editor" => "text input",
            "time editor" | "assignee editor" => return None,
            current => current,
        };
        Some(name.to_owned())
    }
}

/// The widget of a legacy name; `None` for unknown names (protocol: legacy `widget` strings).
pub(crate) fn legacy_widget_edit(legacy: &str) -> Option<Value> {
    let name = match legacy {
        "address" => "address editor",
        "belongsto select" => "belongsto dropdown",
        "color picker" => "color editor",
        "date picker" => "date editor",
        "price" => "price editor",
        "JSON editor" => "json code editor",
        "rich text editor" => "rich text",
        "text area" => "text area editor",
        "text input" => "text editor",
        "address editor"
        | "belongsto typeahead"
        | "belongsto dropdown"
        | "boolean editor"
        | "checkboxes"
        | "color editor"
        | "date editor"
        | "dropdown"
        | "embedded document editor"
        | "file picker"
        | "json code editor"
        | "input array"
        | "multiple select"
        | "number input"
        | "point editor"
        | "price editor"
        | "radio button"
        | "rich text"
        | "text area editor"
        | "text editor"
        | "time input" => legacy,
        _ => return None,
    };
    Some(json!({"name": name, "parameters": {}}))
}

/// A widget that fits fields of the shape `S`.
#[diagnostic::on_unimplemented(
    message = "the widget `{Self}` cannot edit a field of the kind `{S}`",
    label = "not a widget for this field",
    note = "the documentation of `ActionForm` has a table of the widgets and the types that each can edit"
)]
pub trait WidgetFor<S: Shape>: Into<WidgetEdit> {}

/// A shape that the widget `W` can edit.
pub trait Fits<W>: Shape {}

// so that the compiler names the widget and the field instead of all pairs that fit
#[diagnostic::do_not_recommend]
impl<S: Fits<W>, W: Into<WidgetEdit>> WidgetFor<S> for W {}

/// One option of a widget: a value, and the text that is shown for it.
#[derive(Debug, Clone, PartialEq)]
pub struct WidgetOption(Value);

impl<V: Into<Value>> From<V> for WidgetOption {
    fn from(value: V) -> Self {
        Self(value.into())
    }
}

/// An option whose text is not its value.
///
/// ```
/// use forest_actions::form::widgets::{dropdown, labelled};
///
/// let _ = dropdown().options([labelled("Small", 1), labelled("Large", 2)]);
/// ```
pub fn labelled(label: impl Into<String>, value: impl Into<Value>) -> WidgetOption {
    WidgetOption(json!({"label": label.into(), "value": value.into()}))
}

fn options<I>(options: I) -> Value
where
    I: IntoIterator,
    I::Item: Into<WidgetOption>,
{
    json!({"options": options.into_iter().map(|option| option.into().0).collect::<Vec<_>>()})
}

/// Declares a widget: its constructor, its parameters with their defaults, the shapes it fits.
macro_rules! widgets {
    ($(
        $(#[$doc:meta])*
        $function:ident -> $type:ident = $name:literal for [$($shape:ident),*] {
            $($key:literal: $default:expr),* $(,)?
        } {
            $($(#[$setter_doc:meta])* $setter:ident $(<$generic:ident>)? ($($arg:ident: $arg_type:ty)?) $key2:literal = $value:expr;)*
        }
    )*) => {$(
        $(#[$doc])*
        pub fn $function() -> $type {
            $type(WidgetEdit {
                name: $name,
                parameters: [$(($key.to_owned(), Value::from($default))),*].into_iter().collect(),
            })
        }

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[must_use]
        pub struct $type(WidgetEdit);

        impl $type {
            $(
                $(#[$setter_doc])*
                pub fn $setter(mut self, $($arg: $arg_type)?) -> Self {
                    self.0.parameters.insert($key2.to_owned(), Value::from($value));
                    self
                }
            )*
        }

        impl From<$type> for WidgetEdit {
            fn from(widget: $type) -> Self {
                widget.0
            }
        }

        $(impl Fits<$type> for $shape {})*
    )*};
}

/// `null`, for parameters that are not set.
const NONE: Option<String> = None;

widgets! {
    /// A list to choose from.
    dropdown -> Dropdown = "dropdown" for [Text, Number, Date, Dateonly, Time, TextList, NumberList, Choice, ChoiceList] {
        "searchType": NONE, "isSearchable": false, "placeholder": NONE, "static": json!({"options": []})
    } {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// Lets the user filter the options by typing.
        searchable() "isSearchable" = true;
    }
    /// Options side by side, one of which is chosen.
    radio_group -> RadioGroup = "radio button" for [Text, Number, Date, Dateonly, Choice] {
        "static": json!({"options": []})
    } {}
    /// Options side by side, any of which are chosen.
    checkbox_group -> CheckboxGroup = "checkboxes" for [TextList, NumberList, ChoiceList] {
        "static": json!({"options": []})
    } {}
    /// A checkbox.
    checkbox -> Checkbox = "boolean editor" for [Boolean] {} {}
    /// One line of text.
    text_input -> TextInput = "text editor" for [Text] {"placeholder": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
    }
    /// Several lines of text.
    text_area -> TextArea = "text area editor" for [Text] {"placeholder": NONE, "rows": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// Number of visible lines.
        rows(rows: u32) "rows" = rows.max(1);
    }
    /// Formatted text.
    rich_text -> RichText = "rich text" for [Text] {"placeholder": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
    }
    /// A number.
    number_input -> NumberInput = "number input" for [Number] {"placeholder": NONE, "min": NONE, "max": NONE, "step": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// The smallest number that the browser accepts; `#[field(min)]` is what the server checks.
        min(min: f64) "min" = min;
        /// The largest number that the browser accepts.
        max(max: f64) "max" = max;
        /// The step of the arrows.
        step(step: f64) "step" = step;
    }
    /// A list of texts.
    text_input_list -> TextInputList = "input array" for [TextList] {
        "placeholder": NONE, "allowDuplicate": false, "allowEmptyValue": false, "enableReorder": true
    } {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// Allows a text to occur twice.
        allow_duplicates(allow: bool) "allowDuplicate" = allow;
        /// Allows empty texts.
        allow_empty_values(allow: bool) "allowEmptyValue" = allow;
        /// Lets the user reorder the texts.
        enable_reorder(enable: bool) "enableReorder" = enable;
    }
    /// A list of numbers.
    number_input_list -> NumberInputList = "input array" for [NumberList] {
        "placeholder": NONE, "allowDuplicate": false, "enableReorder": true, "min": NONE, "max": NONE, "step": NONE
    } {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// Allows a number to occur twice.
        allow_duplicates(allow: bool) "allowDuplicate" = allow;
        /// Lets the user reorder the numbers.
        enable_reorder(enable: bool) "enableReorder" = enable;
        /// The smallest number that the browser accepts.
        min(min: f64) "min" = min;
        /// The largest number that the browser accepts.
        max(max: f64) "max" = max;
        /// The step of the arrows.
        step(step: f64) "step" = step;
    }
    /// An amount of money.
    currency_input -> CurrencyInput = "price editor" for [Number] {
        "placeholder": NONE, "min": NONE, "max": NONE, "step": NONE, "currency": NONE, "base": "Unit"
    } {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// The smallest amount that the browser accepts.
        min(min: f64) "min" = min;
        /// The largest amount that the browser accepts.
        max(max: f64) "max" = max;
        /// The step of the arrows.
        step(step: f64) "step" = step;
        /// The currency, by its three letters; anything else shows none.
        currency(code: impl AsRef<str>) "currency" = currency_code(code.as_ref());
        /// The value counts cents instead of units.
        cents() "base" = "Cents";
    }
    /// A color.
    color_picker -> ColorPicker = "color editor" for [Text] {"placeholder": NONE, "enableOpacity": false, "quickPalette": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// Allows transparent colors.
        enable_opacity(enable: bool) "enableOpacity" = enable;
        /// Colors to choose from with one click.
        quick_palette(colors: impl IntoIterator<Item = impl Into<String>>) "quickPalette" = colors.into_iter().map(Into::into).collect::<Vec<String>>();
    }
    /// A date, with or without a time.
    date_picker -> DatePicker = "date editor" for [Date, Dateonly, Text] {
        "format": NONE, "placeholder": NONE, "minDate": NONE, "maxDate": NONE
    } {
        /// Format of the date, for instance `DD/MM/YYYY`.
        format(format: impl Into<String>) "format" = format.into();
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
        /// The earliest date that the browser accepts.
        min_date(date: chrono::NaiveDate) "minDate" = date.to_string();
        /// The latest date that the browser accepts.
        max_date(date: chrono::NaiveDate) "maxDate" = date.to_string();
    }
    /// A time of day.
    time_picker -> TimePicker = "time editor" for [Time] {} {}
    /// Files.
    file_picker -> FilePicker = "file picker" for [Document, DocumentList] {
        "prefix": NONE, "filesExtensions": NONE, "filesSizeLimit": NONE, "filesCountLimit": NONE
    } {
        /// The extensions that the browser offers, e.g. `pdf`.
        extensions(extensions: impl IntoIterator<Item = impl Into<String>>) "filesExtensions" = extensions.into_iter().map(Into::into).collect::<Vec<String>>();
        /// The largest file that the browser accepts, in megabytes; `#[field(max_size)]` is what the server checks.
        max_size_mb(megabytes: u32) "filesSizeLimit" = megabytes;
        /// The most files that the browser accepts.
        max_count(count: u32) "filesCountLimit" = count;
    }
    /// JSON.
    json_editor -> JsonEditor = "json code editor" for [Json] {} {}
    /// A person of the project.
    user_dropdown -> UserDropdown = "assignee editor" for [Text] {"placeholder": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
    }
    /// A postal address, completed while typing.
    address_autocomplete -> AddressAutocomplete = "address editor" for [Text] {"placeholder": NONE} {
        /// The text shown while the field is empty.
        placeholder(text: impl Into<String>) "placeholder" = text.into();
    }
    /// A record of another collection, from a list. For fields with a `reference`.
    belongs_to_dropdown -> BelongsToDropdown = "belongsto dropdown" for [Text, Number] {} {}
    /// A record of another collection, by typing. For fields with a `reference`.
    belongs_to_typeahead -> BelongsToTypeahead = "belongsto typeahead" for [Text, Number] {} {}
}

/// Options are shared by three widgets.
macro_rules! with_options {
    ($($type:ident),*) => {$(
        impl $type {
            /// The options, as values or as [`labelled`] ones. The widget only offers them: what the server
            /// accepts is the business of the field's type or `options`.
            pub fn options<I>(mut self, values: I) -> Self
            where
                I: IntoIterator,
                I::Item: Into<WidgetOption>,
            {
                self.0.parameters.insert("static".to_owned(), options(values));
                self
            }
        }
    )*};
}

with_options!(Dropdown, RadioGroup, CheckboxGroup);

impl Dropdown {
    /// The options are searched by the field's search hook while the user types.
    pub fn dynamic_search(mut self) -> Self {
        self.0
            .parameters
            .insert("searchType".to_owned(), Value::from("dynamic"));
        self.0.parameters.insert("isSearchable".to_owned(), Value::from(true));
        self
    }
}

fn currency_code(code: &str) -> Option<String> {
    (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| code.to_ascii_uppercase())
}
