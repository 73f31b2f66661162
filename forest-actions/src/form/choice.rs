//! Enums and composite keys: field types made from other types.

use serde_json::Value;

use super::shape;
use super::value::{FieldInput, FieldValue, InvalidValue, key_part};
use crate::records::KeyPart;
use crate::text::listed;

/// An enum of unit variants whose texts are the options of a field; made by `#[derive(ActionEnum)]`.
///
/// ```
/// use forest_actions::ActionEnum;
///
/// #[derive(ActionEnum, Debug, Clone, Copy, PartialEq)]
/// enum Currency {
///     #[option("US dollar")]
///     Usd,
///     Euro,
/// }
///
/// assert_eq!(Currency::OPTIONS, ["US dollar", "Euro"]);
/// assert_eq!(Currency::from_text("Euro"), Some(Currency::Euro));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of options",
    label = "not an enum of options",
    note = "derive `ActionEnum` on an enum of unit variants"
)]
pub trait ActionEnum: Sized + 'static {
    /// The options, in the order of the variants; no text twice.
    const OPTIONS: &'static [&'static str];

    /// The variant at this index of [`ActionEnum::OPTIONS`].
    fn from_index(index: usize) -> Option<Self>;

    /// The index of this variant in [`ActionEnum::OPTIONS`].
    fn index(&self) -> usize;

    /// The variant with this text.
    #[must_use]
    fn from_text(text: &str) -> Option<Self> {
        Self::OPTIONS
            .iter()
            .position(|option| *option == text)
            .and_then(Self::from_index)
    }

    /// The text of this variant.
    #[must_use]
    fn text(&self) -> &'static str {
        Self::OPTIONS.get(self.index()).copied().unwrap_or_default()
    }
}

/// The variant that a value names.
#[doc(hidden)]
pub fn read_choice<E: ActionEnum>(input: FieldInput<'_>) -> Result<E, InvalidValue> {
    let value = input.value()?;
    value
        .as_str()
        .and_then(E::from_text)
        .ok_or_else(|| InvalidValue::expected(&format!("one of {}", quoted(E::OPTIONS.iter().copied())), &value))
}

/// Compares options. As for browsers, `1` equals `1.0`.
pub(crate) fn same_option(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => a.as_f64() == b.as_f64(),
        _ => one == other,
    }
}

pub(crate) fn is_option(options: &[Value], value: &Value) -> bool {
    options.iter().any(|option| same_option(option, value))
}

/// The options for a message, quoted and shortened.
pub(crate) fn quoted<'a>(options: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    listed(options.map(|option| format!("\"{option}\"")), SHOWN)
}

/// Makes a type that implements `ActionEnum` a field type. A blanket implementation would overlap with the others.
#[doc(hidden)]
#[macro_export]
macro_rules! __enum_field {
    ($type:ty) => {
        impl $crate::__private::FieldValue for $type {
            type Shape = $crate::__private::shape::Choice;
            type Plain = Self;
            const OPTIONS: ::core::option::Option<&'static [&'static ::core::primitive::str]> =
                ::core::option::Option::Some(<Self as $crate::__private::ActionEnum>::OPTIONS);

            fn read(
                input: $crate::__private::FieldInput<'_>,
            ) -> ::core::result::Result<Self, $crate::__private::InvalidValue> {
                $crate::__private::read_choice(input)
            }

            fn plain_json(plain: Self) -> $crate::__private::Value {
                $crate::__private::choice_json(&plain)
            }
        }
    };
}

/// The text of a variant as JSON.
#[doc(hidden)]
pub fn choice_json<E: ActionEnum>(choice: &E) -> Value {
    Value::String(choice.text().to_owned())
}

macro_rules! composite_keys {
    ($(($($part:ident),+);)*) => {$(
        impl<$($part: KeyPart + std::fmt::Display),+> FieldValue for ($($part,)+) {
            type Shape = shape::Text;
            type Plain = Self;

            fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
                key_part(&input.value()?)
            }

            #[allow(non_snake_case, reason = "the type parameters name the parts")]
            fn plain_json(($($part,)+): Self) -> Value {
                Value::String([$($part.to_string()),+].join("|"))
            }
        }
    )*};
}

composite_keys! {
    (A, B);
    (A, B, C);
    (A, B, C, D);
}
