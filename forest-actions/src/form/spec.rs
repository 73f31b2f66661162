//! The declaration of a field: const data and function pointers.
//!
//! [`FieldBuilder`] has the shape of the field's type, so that a limit that does not fit is a compile error; [`FieldSpec`] is erased.

use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;

use super::HookFn;
use super::choice::is_option;
use super::shape::{HasCount, HasFiles, HasLength, HasOptions, HasRange, Shape};
use super::value::FieldValue;
use super::widget::WidgetEdit;
use crate::schema::{ActionField, FieldType};

/// A declared field.
#[derive(Clone, Copy)]
pub struct FieldSpec {
    pub(crate) name: &'static str,
    /// The name of the struct's field, where it differs.
    pub(crate) rust_name: Option<&'static str>,
    pub(crate) field_type: fn() -> FieldType,
    pub(crate) description: Option<&'static str>,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    /// Its values are in no log, table, or text of an error.
    pub(crate) secret: bool,
    pub(crate) reference: Option<&'static str>,
    pub(crate) default: Option<fn() -> Value>,
    pub(crate) options: Options,
    pub(crate) widget: Option<fn() -> WidgetEdit>,
    pub(crate) limits: Limits,
    pub(crate) hook: Option<&'static str>,
    pub(crate) change: Option<HookFn>,
    pub(crate) search: Option<HookFn>,
}

/// The source of the options of a field.
#[derive(Clone, Copy)]
pub(crate) enum Options {
    None,
    /// From the type.
    Static(&'static [&'static str]),
    /// From a function, called each time the form is described or checked.
    Computed(fn() -> Vec<Value>),
    /// From a hook: submitted values cannot be checked.
    FromHook,
}

/// The limits of a value.
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
    pub(crate) const NONE: Self = Self {
        min: None,
        max: None,
        min_length: None,
        max_length: None,
        pattern: None,
        max_size: None,
        min_count: None,
        max_count: None,
        media_types: &[],
    };

    /// A minimum above its maximum, for a message.
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
    /// Starts the declaration of a field of type `T`. The name is also the label in the UI.
    ///
    /// ```
    /// use forest_actions::form::FieldSpec;
    ///
    /// const AMOUNT: FieldSpec = FieldSpec::builder::<f64>("amount").description("In dollars").min(0.5).build();
    /// ```
    pub const fn builder<T: FieldValue>(name: &'static str) -> FieldBuilder<T::Shape> {
        FieldBuilder {
            spec: FieldSpec {
                name,
                rust_name: None,
                field_type: <T::Shape as Shape>::field_type,
                description: None,
                required: T::REQUIRED,
                read_only: false,
                secret: false,
                reference: None,
                default: None,
                options: match T::OPTIONS {
                    Some(options) => Options::Static(options),
                    None => Options::None,
                },
                widget: None,
                limits: Limits::NONE,
                hook: None,
                change: None,
                search: None,
            },
            of: PhantomData,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns whether its values are kept out of the audit trail, of logs, and of the texts of errors.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The name of the struct's field, which differs when the field has a label.
    #[must_use]
    pub fn rust_name(&self) -> &'static str {
        self.rust_name.unwrap_or(self.name)
    }

    /// The type in the schema: an enum when the field has options.
    pub(crate) fn schema_type(&self) -> FieldType {
        let own = (self.field_type)();
        match (&self.options, &own) {
            (Options::None | Options::Static(_), _) => own,
            (Options::Computed(_) | Options::FromHook, FieldType::List(_)) => FieldType::list(FieldType::Enum),
            (Options::Computed(_) | Options::FromHook, _) => FieldType::Enum,
        }
    }

    pub(crate) fn current_options(&self) -> Option<Vec<Value>> {
        match self.options {
            Options::None => None,
            Options::Static(options) => Some(options.iter().map(|option| Value::from(*option)).collect()),
            Options::Computed(options) => Some(options()),
            Options::FromHook => Some(Vec::new()),
        }
    }

    /// The field in the schema, at this position of its form. A change hook that the action gives to the field has the name of the
    /// field.
    pub(crate) fn schema_field(&self, position: usize, change: &[(&str, HookFn)]) -> ActionField {
        let is_changed = change.iter().any(|(name, _)| *name == self.name);
        ActionField {
            field: self.name.to_owned(),
            field_type: self.schema_type(),
            // a file is not written to the schema; it is there when the form opens (FRM-14)
            default_value: match self.default {
                Some(default) if !self.is_file() => default(),
                _ => Value::Null,
            },
            enums: self.current_options(),
            is_required: self.required,
            is_read_only: self.read_only.then_some(true),
            reference: self.reference.map(str::to_owned),
            description: self.description.map(str::to_owned),
            position,
            widget: self.widget.and_then(|widget| widget().schema_name()),
            hook: is_changed.then_some(self.name).or(self.hook).map(str::to_owned),
        }
    }

    /// The type is an enum without variants, so that no value can be chosen.
    pub(crate) fn has_no_option(&self) -> bool {
        matches!(self.options, Options::Static([]))
    }

    /// The options come from a hook.
    pub(crate) fn needs_a_hook(&self) -> bool {
        matches!(self.options, Options::FromHook)
    }

    /// Options or default are computed when the form opens.
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
            Value::Array(chosen) => chosen.iter().all(|value| is_option(options, value)),
            single => is_option(options, single),
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

/// Declares a field of the shape `S`; see [`FieldSpec::builder`].
#[derive(Debug)]
#[must_use]
pub struct FieldBuilder<S> {
    spec: FieldSpec,
    of: PhantomData<fn() -> S>,
}

// Not made by a macro, because the compiler shows these lines for a limit that does not fit. The bounds are on the shape alone, so
// that a type that cannot be a field is reported once.
impl<S> FieldBuilder<S> {
    /// The name of the struct's field, where it differs. `Validated` finds the label of what `garde` refuses by it.
    pub const fn rust_name(mut self, name: &'static str) -> Self {
        self.spec.rust_name = Some(name);
        self
    }

    /// The help text.
    pub const fn description(mut self, text: &'static str) -> Self {
        self.spec.description = Some(text);
        self
    }

    /// Requires a value; the default follows from the type.
    pub const fn required(mut self, required: bool) -> Self {
        self.spec.required = required;
        self
    }

    /// Shows the field without letting the user edit it. The submitted value is still untrusted.
    pub const fn read_only(mut self) -> Self {
        self.spec.read_only = true;
        self
    }

    /// Keeps the submitted value out of the audit trail, of logs, and of the texts of errors.
    pub const fn secret(mut self) -> Self {
        self.spec.secret = true;
        self
    }

    /// The value is the key of a record: `"collection.key"`.
    pub const fn reference(mut self, to: &'static str) -> Self {
        self.spec.reference = Some(to);
        self
    }

    /// The smallest number.
    pub const fn min(mut self, min: f64) -> Self
    where
        S: HasRange,
    {
        self.spec.limits.min = Some(min);
        self
    }

    /// The largest number.
    pub const fn max(mut self, max: f64) -> Self
    where
        S: HasRange,
    {
        self.spec.limits.max = Some(max);
        self
    }

    /// The fewest characters.
    pub const fn min_length(mut self, characters: usize) -> Self
    where
        S: HasLength,
    {
        self.spec.limits.min_length = Some(characters);
        self
    }

    /// The most characters.
    pub const fn max_length(mut self, characters: usize) -> Self
    where
        S: HasLength,
    {
        self.spec.limits.max_length = Some(characters);
        self
    }

    /// A regular expression that a part of the text must match; anchor it to match the whole.
    pub const fn pattern(mut self, pattern: &'static str) -> Self
    where
        S: HasLength,
    {
        self.spec.limits.pattern = Some(pattern);
        self
    }

    /// The largest file, in bytes.
    pub const fn max_size(mut self, bytes: u64) -> Self
    where
        S: HasFiles,
    {
        self.spec.limits.max_size = Some(bytes);
        self
    }

    /// The fewest elements.
    pub const fn min_count(mut self, count: usize) -> Self
    where
        S: HasCount,
    {
        self.spec.limits.min_count = Some(count);
        self
    }

    /// The most elements.
    pub const fn max_count(mut self, count: usize) -> Self
    where
        S: HasCount,
    {
        self.spec.limits.max_count = Some(count);
        self
    }

    /// The accepted media types, and extensions of file names such as `.csv`; `image/*` stands for all of a kind.
    pub const fn media_types(mut self, types: &'static [&'static str]) -> Self
    where
        S: HasFiles,
    {
        self.spec.limits.media_types = types;
        self
    }

    /// A function for the options, called each time the form is described or checked.
    pub const fn options(mut self, options: fn() -> Vec<Value>) -> Self
    where
        S: HasOptions,
    {
        self.spec.options = Options::Computed(options);
        self
    }

    /// The options are set by a hook.
    pub const fn dynamic_options(mut self) -> Self
    where
        S: HasOptions,
    {
        self.spec.options = Options::FromHook;
        self
    }

    /// The widget; `forest_actions::form::widget` builds one that fits the type.
    pub const fn widget(mut self, widget: fn() -> WidgetEdit) -> Self {
        self.spec.widget = Some(widget);
        self
    }

    /// The value with which the form opens, as JSON.
    pub const fn default_value(mut self, default: fn() -> Value) -> Self {
        self.spec.default = Some(default);
        self
    }

    /// The name of the change hook that runs when the field changes.
    pub const fn hook(mut self, name: &'static str) -> Self {
        self.spec.hook = Some(name);
        self
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
