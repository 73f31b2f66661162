//! One field as the form's type declares it: const data and function pointers.
//!
//! [`FieldBuilder`] knows the Rust type while the declaration is written, so that a limit or widget that does not
//! fit is a compile error; [`FieldSpec`] is what remains.

use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;

use super::shape::{Counted, Filed, Optioned, Ranged, Shape, Worded};
use super::value::FieldValue;
use super::widget::WidgetEdit;
use crate::http::HookFn;
use crate::schema::{ActionField, FieldType};

/// A declared field.
#[derive(Clone, Copy)]
pub struct FieldSpec {
    pub(crate) name: &'static str,
    pub(crate) field_type: fn() -> FieldType,
    pub(crate) description: Option<&'static str>,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) reference: Option<&'static str>,
    pub(crate) default: Option<fn() -> Value>,
    pub(crate) options: Options,
    pub(crate) widget: Option<fn() -> WidgetEdit>,
    pub(crate) limits: Limits,
    pub(crate) hook: Option<&'static str>,
    pub(crate) change: Option<HookFn>,
    pub(crate) search: Option<HookFn>,
}

/// Where the options of a field come from.
#[derive(Clone, Copy)]
pub(crate) enum Options {
    /// It has none.
    None,
    /// From the type.
    Static(&'static [&'static str]),
    /// From a function, each time the form is described or checked.
    Computed(fn() -> Vec<Value>),
    /// From a hook: nothing can be checked when the form is submitted.
    FromHook,
}

/// What a value is checked against besides its type.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<&'static str>,
    pub(crate) max_size: Option<u64>,
    pub(crate) min_count: Option<usize>,
    pub(crate) max_count: Option<usize>,
    pub(crate) media_types: &'static [&'static str],
}

impl Limits {
    /// A smallest and a largest that exclude each other.
    pub(crate) fn contradiction(&self) -> Option<String> {
        fn crossed<T: PartialOrd + fmt::Display>(
            names: (&str, &str),
            low: Option<T>,
            high: Option<T>,
        ) -> Option<String> {
            match (low, high) {
                (Some(low), Some(high)) if low > high => Some(format!("`{}` {low} and `{}` {high}", names.0, names.1)),
                _ => None,
            }
        }
        crossed(("min", "max"), self.min, self.max)
            .or_else(|| crossed(("min_length", "max_length"), self.min_length, self.max_length))
            .or_else(|| crossed(("min_count", "max_count"), self.min_count, self.max_count))
    }
}

impl fmt::Debug for FieldSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldSpec")
            .field("name", &self.name)
            .field("type", &(self.field_type)())
            .field("required", &self.required)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl FieldSpec {
    /// Starts the declaration of a field of type `T`. The name is also the label that the UI shows.
    ///
    /// ```
    /// use forest_actions::form::FieldSpec;
    ///
    /// const AMOUNT: FieldSpec = FieldSpec::of::<f64>("amount").description("In dollars").min(0.5).build();
    /// ```
    pub const fn of<T: FieldValue>(name: &'static str) -> FieldBuilder<T> {
        FieldBuilder {
            spec: FieldSpec {
                name,
                field_type: <T::Shape as Shape>::field_type,
                description: None,
                required: T::REQUIRED,
                read_only: false,
                reference: None,
                default: None,
                options: match T::OPTIONS {
                    Some(options) => Options::Static(options),
                    None => Options::None,
                },
                widget: None,
                limits: Limits {
                    min: None,
                    max: None,
                    min_length: None,
                    max_length: None,
                    pattern: None,
                    max_size: None,
                    min_count: None,
                    max_count: None,
                    media_types: &[],
                },
                hook: None,
                change: None,
                search: None,
            },
            of: PhantomData,
        }
    }

    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type in the schema: an enum as soon as there are options.
    pub(crate) fn schema_type(&self) -> FieldType {
        let own = (self.field_type)();
        match (&self.options, &own) {
            (Options::None | Options::Static(_), _) => own,
            (Options::Computed(_) | Options::FromHook, FieldType::List(_)) => FieldType::list(FieldType::Enum),
            (Options::Computed(_) | Options::FromHook, _) => FieldType::Enum,
        }
    }

    /// The options that are known now.
    pub(crate) fn current_options(&self) -> Option<Vec<Value>> {
        match self.options {
            Options::None => None,
            Options::Static(options) => Some(options.iter().map(|option| Value::from(*option)).collect()),
            Options::Computed(options) => Some(options()),
            Options::FromHook => Some(Vec::new()),
        }
    }

    /// The field as the schema prints it.
    pub(crate) fn schema_field(&self) -> ActionField {
        let mut field = ActionField::new(self.name, self.schema_type()).required(self.required);
        field.description = self.description.map(str::to_owned);
        field.reference = self.reference.map(str::to_owned);
        field.enums = self.current_options();
        // a file has no place in the schema; it is there when the form opens (FRM-14)
        field.default_value = match self.default {
            Some(default) if !self.is_file() => default(),
            _ => Value::Null,
        };
        field.widget = self.widget.and_then(|widget| widget().schema_name());
        field.hook = self.hook.map(str::to_owned);
        field.is_read_only = self.read_only.then_some(true);
        field
    }

    /// Whether the field's type is an enum that lists nothing, so that no value could ever be chosen.
    pub(crate) fn has_no_option(&self) -> bool {
        matches!(self.options, Options::Static([]))
    }

    /// Whether options or default are only known when the form opens.
    pub(crate) fn is_computed(&self) -> bool {
        matches!(self.options, Options::Computed(_)) || (self.is_file() && self.default.is_some())
    }

    /// The default, when it is not one of these options.
    pub(crate) fn default_outside(&self, options: &[Value]) -> Option<Value> {
        if matches!(self.options, Options::None | Options::FromHook) {
            return None;
        }
        let default = self.default?();
        let offered = match &default {
            Value::Array(chosen) => chosen.iter().all(|value| options.contains(value)),
            single => options.contains(single),
        };
        (!offered).then_some(default)
    }

    pub(crate) fn is_file(&self) -> bool {
        match (self.field_type)() {
            FieldType::File => true,
            FieldType::List(element) => *element == FieldType::File,
            _ => false,
        }
    }
}

/// Declares a field of type `T`; see [`FieldSpec::of`].
#[derive(Debug)]
#[must_use]
pub struct FieldBuilder<T> {
    spec: FieldSpec,
    of: PhantomData<fn() -> T>,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) $(where $bound:path)? { $($place:tt).+ = $value:expr })*) => {$(
        $(#[$doc])*
        pub const fn $name(mut self, $($arg: $type),*) -> Self
        $(where T: FieldValue, T::Shape: $bound)?
        {
            self.spec.$($place).+ = $value;
            self
        }
    )*};
}

// the bound stands on the limits only: on the whole block, a type that is no field would be reported twice
impl<T> FieldBuilder<T> {
    setters! {
        /// The help text.
        description(text: &'static str) { description = Some(text) }
        /// Whether a value must be given; follows from the type when it is not said.
        required(required: bool) { required = required }
        /// Shown, but not editable. What comes back is still from outside.
        read_only() { read_only = true }
        /// The value is the key of a record: `"collection.key"`.
        reference(to: &'static str) { reference = Some(to) }
        /// The smallest number.
        min(min: f64) where Ranged { limits.min = Some(min) }
        /// The largest number.
        max(max: f64) where Ranged { limits.max = Some(max) }
        /// The fewest characters.
        min_length(characters: usize) where Worded { limits.min_length = Some(characters) }
        /// The most characters.
        max_length(characters: usize) where Worded { limits.max_length = Some(characters) }
        /// A regular expression that the text must match somewhere; anchor it to match the whole.
        pattern(pattern: &'static str) where Worded { limits.pattern = Some(pattern) }
        /// The largest file, in bytes.
        max_size(bytes: u64) where Filed { limits.max_size = Some(bytes) }
        /// The fewest elements.
        min_count(count: usize) where Counted { limits.min_count = Some(count) }
        /// The most elements.
        max_count(count: usize) where Counted { limits.max_count = Some(count) }
        /// The media types that are accepted; `image/*` stands for all of a kind.
        media_types(types: &'static [&'static str]) where Filed { limits.media_types = types }
        /// The options, asked for each time the form is described or checked.
        options(options: fn() -> Vec<Value>) where Optioned { options = Options::Computed(options) }
        /// The options are set by a hook.
        dynamic_options() where Optioned { options = Options::FromHook }
        /// The widget; `forest_actions::form::widget` builds one that fits the type.
        widget(widget: fn() -> WidgetEdit) { widget = Some(widget) }
        /// The value with which the form starts, as JSON.
        default_value(default: fn() -> Value) { default = Some(default) }
        /// The name of the change hook that runs when the field changes.
        hook(name: &'static str) { hook = Some(name) }
    }

    /// Runs this hook when the field changes.
    #[doc(hidden)]
    pub const fn change(mut self, hook: HookFn) -> Self {
        self.spec.hook = Some(self.spec.name);
        self.spec.change = Some(hook);
        self
    }

    /// Runs this hook while the user types in the field.
    #[doc(hidden)]
    pub const fn search(mut self, hook: HookFn) -> Self {
        self.spec.search = Some(hook);
        self
    }

    /// The declared field.
    #[must_use]
    pub const fn build(self) -> FieldSpec {
        self.spec
    }
}
