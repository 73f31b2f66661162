//! The types of form fields, each read from a JSON value.
//!
//! Conversions are exact and bounded. Explicit `false`, `0`, `""` and `null` are values; only a missing key is absence (FRM-10).

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::shape::{self, Listable, Shape};
use super::spec::FieldSpec;
use crate::json::{MAX_VALUES, is_too_large};
use crate::records::{RecordKey, number_text, part_text};

/// The reason for refusing a value, for instance "expected a number, found a text". The form adds the name of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue(String);

impl InvalidValue {
    /// An error with this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// "expected …, found …", with the found value shortened.
    pub fn expected(what: &str, found: &Value) -> Self {
        Self(format!("expected {what}, found {}", shown(found)))
    }

    /// The error of a secret, whose value no text may quote.
    pub(crate) fn without_value(self) -> Self {
        const MISSING: &str = "a value is required";
        if self.0 == MISSING {
            return self;
        }
        Self("the value is not accepted".to_owned())
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidValue {}

/// A value for a message: shortened, and without line breaks.
fn shown(value: &Value) -> String {
    const SHOWN: usize = 40;
    let (kind, text) = match value {
        Value::Null => return "null".to_owned(),
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        Value::String(text) => ("\"", Cow::Borrowed(text.as_str())),
        other => ("", Cow::Owned(other.to_string())),
    };
    let start: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let rest = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("{kind}{start}{rest}{kind}")
}

/// A submitted value, unparsed: a view into the request's body.
#[derive(Debug, Clone, Copy)]
pub struct FieldInput<'a> {
    raw: &'a RawValue,
    body: &'a Bytes,
    field: &'a FieldSpec,
}

impl<'a> FieldInput<'a> {
    pub(crate) fn new(raw: &'a RawValue, body: &'a Bytes, field: &'a FieldSpec) -> Self {
        Self { raw, body, field }
    }

    /// The JSON value.
    ///
    /// # Errors
    /// For JSON that cannot be parsed: nested too deeply, a number too large, half a surrogate pair, more than 50,000 values.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        if is_too_large(self.raw.get()) {
            return Err(too_large());
        }
        serde_json::from_str(self.raw.get()).map_err(|error| {
            let text = error.to_string();
            let reason = text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
            InvalidValue::new(format!("the value cannot be read: {reason}"))
        })
    }

    /// The JSON value. A reference may be a list of one part; its value is that part.
    pub(super) fn scalar(&self) -> Result<Value, InvalidValue> {
        match self.value()? {
            Value::Array(mut parts) if self.is_reference() && parts.len() == 1 => Ok(parts.pop().unwrap_or_default()),
            other => Ok(other),
        }
    }

    pub(super) fn json_text(&self) -> &'a str {
        self.raw.get()
    }

    /// Returns `true` when the field refers to a record.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.field.reference.is_some()
    }

    /// Returns `true` for an explicit `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.raw.get() == "null"
    }

    /// The elements of a list.
    pub(crate) fn elements(&self) -> Result<Vec<Self>, InvalidValue> {
        match serde_json::from_str::<Vec<&'a RawValue>>(self.raw.get()) {
            Ok(elements) => Ok(elements.into_iter().map(|raw| Self { raw, ..*self }).collect()),
            Err(_) => Err(InvalidValue::expected("a list", &self.value()?)),
        }
    }

    /// The bytes of a text, without copying when the text has no escapes and lies in the body.
    pub(crate) fn text_bytes(&self) -> Result<Bytes, InvalidValue> {
        let json = self.raw.get();
        let plain = json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'))
            .filter(|text| !text.contains('\\'));
        match plain {
            Some(text) if contains(self.body, text.as_bytes()) => Ok(self.body.slice_ref(text.as_bytes())),
            _ => match self.value()? {
                Value::String(text) => Ok(Bytes::from(text)),
                other => Err(InvalidValue::expected("a file", &other)),
            },
        }
    }
}

fn too_large() -> InvalidValue {
    InvalidValue::new(format!("the value cannot be read: more than {MAX_VALUES} values"))
}

/// Returns `true` when `part` is a view into `whole`, unlike a default value.
fn contains(whole: &Bytes, part: &[u8]) -> bool {
    let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// A type of form fields.
///
/// Implemented for all integers and floats, `bool`, `String`, chrono's dates, `serde_json::Value`, `uuid::Uuid`,
/// [`FormFile`](crate::FormFile), tuples of key columns (composite references), types that derive
/// [`ActionEnum`](crate::ActionEnum), `Vec` of these and `Option` of all. For a type of your own, name a
/// [`Shape`](shape) and read the JSON value.
///
/// ```
/// use forest_actions::form::{FieldInput, FieldValue, InvalidValue, shape};
/// use serde_json::Value;
///
/// struct Iban(String);
///
/// impl FieldValue for Iban {
///     type Shape = shape::Text;
///     type Plain = Self;
///
///     fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
///         match input.value()? {
///             Value::String(text) if text.len() <= 34 => Ok(Iban(text)),
///             other => Err(InvalidValue::expected("an IBAN", &other)),
///         }
///     }
///
///     fn plain_json(iban: Self) -> Value {
///         Value::String(iban.0)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a form",
    label = "not a field type",
    note = "fields are numbers, `bool`, `String`, chrono dates, `serde_json::Value`, `uuid::Uuid`, `rust_decimal::Decimal`, `FormFile`, types that derive `ActionEnum`, tuples for a key of several columns, `Vec` of these, and `Option` of all",
    note = "for a type of your own, derive `ActionEnum` when it is one of several texts, or implement `forest_actions::form::FieldValue`"
)]
pub trait FieldValue: Sized + 'static {
    /// The kind of field, which decides the limits and widgets that it can have.
    type Shape: Shape;
    /// The type without its `Option`.
    type Plain: 'static;
    /// Fields of this type are required by default.
    const REQUIRED: bool = true;
    /// The options of an enum.
    const OPTIONS: Option<&'static [&'static str]> = None;
    /// An absent value is an empty list, to which the minimum count applies.
    #[doc(hidden)]
    const ABSENT_IS_EMPTY: bool = false;

    /// Reads the submitted value. Not called for `null`, unless the type has a value for it.
    ///
    /// # Errors
    /// [`InvalidValue`] with the expected kind of value.
    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue>;

    /// The value of a field that is missing or `null`, for types that have one.
    fn absent() -> Option<Self> {
        None
    }

    /// The JSON of a value, for defaults and hooks.
    fn plain_json(plain: Self::Plain) -> Value;

    /// The value without its `Option`.
    #[doc(hidden)]
    fn into_plain(self) -> Option<Self::Plain> {
        let mut own = Some(self);
        let own: &mut dyn std::any::Any = &mut own;
        own.downcast_mut::<Option<Self::Plain>>()?.take()
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    type Shape = T::Shape;
    type Plain = T::Plain;
    const REQUIRED: bool = false;
    const OPTIONS: Option<&'static [&'static str]> = T::OPTIONS;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        T::read(input).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn plain_json(plain: T::Plain) -> Value {
        T::plain_json(plain)
    }

    fn into_plain(self) -> Option<T::Plain> {
        self.and_then(T::into_plain)
    }
}

/// A type of list elements: its [`Shape`](FieldValue::Shape) has lists, and it is not an `Option`.
#[diagnostic::on_unimplemented(
    message = "`Vec<{Self}>` cannot be a field of a form",
    label = "not a list that a form can have",
    note = "fields can be lists of texts, numbers, `DateTime`, files, and types that derive `ActionEnum`; no element is optional"
)]
pub trait ListElement: FieldValue<Plain = Self> {
    /// The list's shape.
    type List: Shape;
}

// the note above says more than these bounds
#[diagnostic::do_not_recommend]
impl<T> ListElement for T
where
    T: FieldValue<Plain = T>,
    T::Shape: Listable,
{
    type List = <T::Shape as Listable>::List;
}

impl<T: ListElement> FieldValue for Vec<T> {
    type Shape = T::List;
    type Plain = Self;
    const REQUIRED: bool = false;
    const OPTIONS: Option<&'static [&'static str]> = T::OPTIONS;
    const ABSENT_IS_EMPTY: bool = true;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        input
            .elements()?
            .into_iter()
            .enumerate()
            .map(|(index, element)| {
                T::read(element).map_err(|problem| InvalidValue::new(format!("element {}: {problem}", index + 1)))
            })
            .collect()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn plain_json(list: Self) -> Value {
        Value::Array(list.into_iter().map(T::plain_json).collect())
    }
}

impl FieldValue for String {
    type Shape = shape::Text;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        match input.scalar()? {
            Value::String(text) => Ok(text),
            // the key of a record may be a number, or a list of its parts
            Value::Number(number) if input.is_reference() => Ok(number_text(&number)),
            Value::Array(parts) if input.is_reference() && !parts.is_empty() => packed(parts),
            other => Err(InvalidValue::expected("a text", &other)),
        }
    }

    fn plain_json(text: Self) -> Value {
        Value::String(text)
    }
}

/// The packed key of these parts: joined, or a JSON list when a part contains the separator.
fn packed(parts: Vec<Value>) -> Result<String, InvalidValue> {
    let texts: Option<Vec<String>> = parts.into_iter().map(part_text).collect();
    let texts = texts.ok_or_else(|| InvalidValue::new("a part of a key is a text or a number"))?;
    if texts.iter().any(|text| text.contains('|')) {
        return Ok(Value::from(texts).to_string());
    }
    Ok(texts.join("|"))
}

impl FieldValue for bool {
    type Shape = shape::Boolean;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        match input.scalar()? {
            Value::Bool(flag) => Ok(flag),
            other => Err(InvalidValue::expected("true or false", &other)),
        }
    }

    fn plain_json(flag: Self) -> Value {
        Value::Bool(flag)
    }
}

/// Any JSON. A text that holds JSON is parsed, because some clients send the editor's text.
impl FieldValue for Value {
    type Shape = shape::Json;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        match input.value()? {
            Value::String(text) if is_too_large(&text) => Err(too_large()),
            Value::String(text) => Ok(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            other => Ok(other),
        }
    }

    fn plain_json(value: Self) -> Value {
        value
    }
}

impl FieldValue for uuid::Uuid {
    type Shape = shape::Text;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        key_part(&input.scalar()?)
    }

    fn plain_json(uuid: Self) -> Value {
        Value::String(uuid.to_string())
    }
}

/// Reads a text by the rules of record keys.
pub(super) fn key_part<K: RecordKey>(value: &Value) -> Result<K, InvalidValue> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number_text(number)),
        // a composite key may be a list of its parts
        Value::Array(_) => Cow::Owned(value.to_string()),
        other => return Err(InvalidValue::expected("a key", other)),
    };
    K::from_packed(&text).map_err(|problem| InvalidValue::new(format!("{problem}, found {}", shown(value))))
}
