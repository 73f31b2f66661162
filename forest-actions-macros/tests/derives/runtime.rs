//! A stand-in for the private module of the runtime: the names and shapes that the derives rely on.

use std::collections::BTreeMap;
use std::future::Future;

/// A value on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Trait of a form.
pub trait ActionForm: Sized + 'static {
    const FIELDS: &'static [FieldSpec];
    fn layout() -> Option<Layout> {
        None
    }
    fn into_values(self) -> Vec<(&'static str, Value)>;
    fn from_values(reader: &mut FormReader<'_>) -> Option<Self>;
}

/// The name of a field.
pub struct FieldName<F, T>(pub &'static str, std::marker::PhantomData<fn(F) -> T>);

impl<F, T> FieldName<F, T> {
    pub const fn new(name: &'static str) -> Self {
        Self(name, std::marker::PhantomData)
    }
}

/// Writes nothing: only the types matter here.
pub fn field_json<T: FieldValue>(_: T) -> Value {
    Value::Null
}

/// Trait of a choice.
pub trait ActionEnum: Sized + 'static {
    const OPTIONS: &'static [&'static str];
    fn from_index(index: usize) -> Option<Self>;
    fn index(&self) -> usize;
}

/// Trait of a field type.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be the type of a form's field")]
pub trait FieldValue: Sized + 'static {
    type Plain: FieldValue;
    const REQUIRED: bool = true;
    fn read(value: &Value) -> Option<Self>;
    fn write(plain: Self::Plain) -> Value;
}

macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl FieldValue for $type {
            type Plain = Self;
            fn read(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(inner) => Some(inner.clone()),
                    _ => None,
                }
            }
            fn write(plain: Self) -> Value {
                Value::$variant(plain)
            }
        }
    };
}

scalar!(bool, Bool);
scalar!(f64, Number);
scalar!(String, Text);

impl<T: FieldValue> FieldValue for Option<T> {
    type Plain = T::Plain;
    const REQUIRED: bool = false;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
    fn write(plain: T::Plain) -> Value {
        T::write(plain)
    }
}

impl<T: FieldValue<Plain = T>> FieldValue for Vec<T> {
    type Plain = Self;
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => items.iter().map(T::read).collect(),
            _ => None,
        }
    }
    fn write(plain: Self) -> Value {
        Value::List(plain.into_iter().map(T::write).collect())
    }
}

/// Stand-in for `enum_field!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __enum_field {
    ($type:ident) => {
        impl $crate::__private::FieldValue for $type {
            type Plain = Self;
            fn read(value: &$crate::__private::Value) -> ::core::option::Option<Self> {
                let $crate::__private::Value::Text(text) = value else {
                    return ::core::option::Option::None;
                };
                let index = $crate::__private::position(<Self as $crate::__private::ActionEnum>::OPTIONS, text)?;
                <Self as $crate::__private::ActionEnum>::from_index(index)
            }
            fn write(plain: Self) -> $crate::__private::Value {
                let index = $crate::__private::ActionEnum::index(&plain);
                $crate::__private::text(<Self as $crate::__private::ActionEnum>::OPTIONS, index)
            }
        }
    };
}
pub use __enum_field as enum_field;

/// The value that an option is.
pub fn text(options: &[&str], index: usize) -> Value {
    options[index].into()
}

/// Position of `text` in `options`.
pub fn position(options: &[&str], text: &str) -> Option<usize> {
    options.iter().position(|option| *option == text)
}

/// The bounds that the builder's methods have, so that an argument fits the type of its field.
pub trait Numeric: FieldValue {}
impl Numeric for f64 {}
impl Numeric for Option<f64> {}

/// A text.
pub trait Textual: FieldValue {}
impl Textual for String {}
impl Textual for Option<String> {}

/// A list.
pub trait Listed: FieldValue {}
impl<T: FieldValue> Listed for Vec<T> where Vec<T>: FieldValue {}

/// One field, as constant data.
pub struct FieldSpec {
    pub name: &'static str,
    pub is_required: bool,
    pub is_read_only: bool,
    pub rust_name: Option<&'static str>,
    pub description: Option<&'static str>,
    pub reference: Option<&'static str>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub min_length: Option<u32>,
    pub max_length: Option<u32>,
    pub pattern: Option<&'static str>,
    pub max_size: Option<u64>,
    pub min_count: Option<usize>,
    pub max_count: Option<usize>,
    pub media_types: &'static [&'static str],
    pub options: Option<fn() -> Vec<Value>>,
    pub has_dynamic_options: bool,
    pub widget: Option<fn() -> Widget>,
    pub default: Option<fn() -> Value>,
    pub change: Option<HookFn>,
}

/// A field that is being described; `T` is its type.
pub struct FieldBuilder<T>(FieldSpec, std::marker::PhantomData<fn() -> T>);

/// The start of a description. The second parameter is inferred.
pub const fn field<T: FieldValue<Plain = P>, P>(name: &'static str) -> FieldBuilder<T> {
    FieldBuilder(
        FieldSpec {
            name,
            is_required: T::REQUIRED,
            is_read_only: false,
            rust_name: None,
            description: None,
            reference: None,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            pattern: None,
            max_size: None,
            min_count: None,
            max_count: None,
            media_types: &[],
            options: None,
            has_dynamic_options: false,
            widget: None,
            default: None,
            change: None,
        },
        std::marker::PhantomData,
    )
}

macro_rules! setters {
    ($($method:ident($argument:ty) -> $field:ident $(where $bound:ident)?;)*) => {$(
        // no bound here: `field` reports an invalid type once
        impl<T> FieldBuilder<T> {
            pub const fn $method(mut self, value: $argument) -> Self $(where T: $bound)? {
                self.0.$field = Some(value);
                self
            }
        }
    )*};
}

setters! {
    rust_name(&'static str) -> rust_name;
    description(&'static str) -> description;
    reference(&'static str) -> reference;
    min(f64) -> min where Numeric;
    max(f64) -> max where Numeric;
    min_length(u32) -> min_length where Textual;
    max_length(u32) -> max_length where Textual;
    pattern(&'static str) -> pattern where Textual;
    max_size(u64) -> max_size;
    min_count(usize) -> min_count where Listed;
    max_count(usize) -> max_count where Listed;
    options(fn() -> Vec<Value>) -> options;
    widget(fn() -> Widget) -> widget;
    default_value(fn() -> Value) -> default;
    change(HookFn) -> change;
}

impl<T> FieldBuilder<T> {
    pub const fn required(mut self, value: bool) -> Self {
        self.0.is_required = value;
        self
    }
    pub const fn read_only(mut self) -> Self {
        self.0.is_read_only = true;
        self
    }
    pub const fn secret(self) -> Self {
        self
    }
    pub const fn dynamic_options(mut self) -> Self {
        self.0.has_dynamic_options = true;
        self
    }
    pub const fn media_types(mut self, types: &'static [&'static str]) -> Self {
        self.0.media_types = types;
        self
    }
    pub const fn build(self) -> FieldSpec {
        self.0
    }
}

/// Takes the values of a form, and collects errors.
pub struct FormReader<'a> {
    pub values: &'a BTreeMap<&'static str, Value>,
    pub problems: Vec<&'static str>,
}

impl FormReader<'_> {
    pub fn read<T: FieldValue>(&mut self, field: &'static FieldSpec) -> Option<T> {
        let value = self.values.get(field.name).unwrap_or(&Value::Null);
        let read = T::read(value);
        if read.is_none() {
            self.problems.push(field.name);
        }
        read
    }
}

/// The arrangement of a form.
pub struct Layout(pub Vec<&'static str>);

/// The options of a function.
pub fn options<I: IntoIterator>(options: I) -> Vec<Value>
where
    I::Item: Into<Value>,
{
    options.into_iter().map(Into::into).collect()
}

/// A default that is written as a text.
pub fn text_default<T: From<&'static str>>(text: &'static str) -> T {
    text.into()
}

/// The default of a field of type `T`.
pub fn default_value<T: FieldValue>(value: T::Plain) -> Value {
    T::write(value)
}

/// A widget of any kind.
pub struct Widget(pub String);

/// A widget for fields of type `T`.
#[diagnostic::on_unimplemented(message = "the widget `{Self}` cannot edit a field of this type")]
pub trait WidgetFor<T>: Into<Widget> {}

/// A widget that fits the type of its field.
pub fn widget<T: FieldValue, W: WidgetFor<T>>(widget: W) -> Widget {
    widget.into()
}

/// The constructors of widgets.
pub mod widgets {
    use super::{Widget, WidgetFor};

    /// A text of several lines.
    #[derive(Default)]
    pub struct TextArea(u32);

    pub fn text_area() -> TextArea {
        TextArea::default()
    }

    impl TextArea {
        pub fn rows(mut self, rows: u32) -> Self {
            self.0 = rows;
            self
        }
    }

    impl From<TextArea> for Widget {
        fn from(area: TextArea) -> Self {
            Self(format!("text area of {}", area.0))
        }
    }

    impl WidgetFor<String> for TextArea {}
}

/// A call of a hook.
pub struct HookCall(pub &'static str);

/// A hook, ready to be called.
pub type HookFn = fn(HookCall) -> &'static str;

/// Calls a hook, which here is never awaited.
pub struct HookOf<T>(std::marker::PhantomData<T>);

impl<T> HookOf<T> {
    pub fn run<F: Future>(call: HookCall, hook: fn() -> F) -> &'static str {
        drop(hook());
        call.0
    }
}
