//! From one JSON value to one Rust value: the types that a form's field may have.
//!
//! Values come from outside, so every conversion is exact, bounded and names what it refuses. Explicit
//! `false`, `0`, `""` and `null` are values; only a missing key is absence (FRM-10).

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::shape::{self, Listable, Shape};
use super::spec::FieldSpec;
use crate::records::{RecordKey, number_text, part_text};

/// Why a value was refused, e.g. "expected a number, found a text". The field is named by whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue(String);

impl InvalidValue {
    /// A value that is refused for this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// "expected …, found …", with the found value shortened.
    pub fn expected(what: &str, found: &Value) -> Self {
        Self(format!("expected {what}, found {}", shown(found)))
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidValue {}

/// A value from outside, short enough for a message and without line breaks.
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

/// One value as it was sent, not yet read: a view into the request's body.
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
    /// When it is JSON that cannot be read: nested too deeply, a number too large, half a surrogate pair.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        serde_json::from_str(self.raw.get()).map_err(|error| {
            let text = error.to_string();
            let reason = text.split_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
            InvalidValue::new(format!("the value cannot be read: {reason}"))
        })
    }

    /// The JSON value; of a reference that was sent as a list of one part, that part.
    pub(super) fn scalar(&self) -> Result<Value, InvalidValue> {
        match self.value()? {
            Value::Array(mut parts) if self.is_reference() && parts.len() == 1 => Ok(parts.pop().unwrap_or_default()),
            other => Ok(other),
        }
    }

    /// The JSON text as it was sent.
    pub(super) fn json_text(&self) -> &'a str {
        self.raw.get()
    }

    /// Whether the value is the text or key of another record.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.field.reference.is_some()
    }

    /// Whether the value is an explicit `null`.
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

    /// The text without copying it, when it needs no unescaping and lies in the body; its bytes otherwise.
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

/// Whether `part` is a view into `whole`, which a default value is not.
fn contains(whole: &Bytes, part: &[u8]) -> bool {
    let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// A type that a field of a form may have.
///
/// Implemented for all integers and floats, `bool`, `String`, chrono's dates, `serde_json::Value`, `uuid::Uuid`,
/// [`File`](crate::File), tuples of key columns (composite references), types that derive
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
    note = "fields are numbers, `bool`, `String`, chrono dates, `serde_json::Value`, `uuid::Uuid`, `File`, types that derive `ActionEnum`, `Vec` of these, and `Option` of all",
    note = "for a type of your own, derive `ActionEnum` when it is one of several texts, or implement `forest_actions::form::FieldValue`"
)]
pub trait FieldValue: Sized + 'static {
    /// The kind of value, which decides the limits and widgets that the field can have.
    type Shape: Shape;
    /// The type without its `Option`.
    type Plain;
    /// Whether the field must have a value unless the form says otherwise.
    const REQUIRED: bool = true;
    /// The texts that may be chosen, for an enum.
    const OPTIONS: Option<&'static [&'static str]> = None;
    /// Whether absence means an empty list, which the fewest elements of the field then apply to.
    #[doc(hidden)]
    const ABSENT_IS_EMPTY: bool = false;

    /// The value that was sent; never called for `null` unless the type has a value for it.
    ///
    /// # Errors
    /// [`InvalidValue`] saying what was expected.
    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue>;

    /// The value of a field that was not sent or is `null`, for types that have one.
    fn absent() -> Option<Self> {
        None
    }

    /// A value as JSON, for defaults and for hooks.
    fn plain_json(plain: Self::Plain) -> Value;
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
}

/// A type of which a field may have a list: one whose [`Shape`](FieldValue::Shape) has lists, and that is not an
/// `Option`.
#[diagnostic::on_unimplemented(
    message = "`Vec<{Self}>` cannot be a field of a form",
    label = "not a list that a form can have",
    note = "fields can be lists of texts, numbers, `DateTime`, files, and types that derive `ActionEnum`; no element is optional"
)]
pub trait ListElement: FieldValue<Plain = Self> {
    /// The list's shape.
    type List: Shape;
}

// the note above says more than what this implementation asks for
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
            // the key of a record may come as a number, or as its parts
            Value::Number(number) if input.is_reference() => Ok(number_text(&number)),
            Value::Array(parts) if input.is_reference() && !parts.is_empty() => packed(parts),
            other => Err(InvalidValue::expected("a text", &other)),
        }
    }

    fn plain_json(text: Self) -> Value {
        Value::String(text)
    }
}

/// The packed key of these parts, as records carry it: joined, or a JSON list where a part has the separator in it.
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

/// Any JSON; a text that holds JSON is read as well, because some clients send the editor's text.
impl FieldValue for Value {
    type Shape = shape::Json;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        match input.value()? {
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

/// A text that is read by the rules of record keys.
pub(super) fn key_part<K: RecordKey>(value: &Value) -> Result<K, InvalidValue> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number_text(number)),
        // a composite key may come as its parts
        Value::Array(_) => Cow::Owned(value.to_string()),
        other => return Err(InvalidValue::expected("a key", other)),
    };
    K::from_packed(&text).map_err(|problem| InvalidValue::new(format!("{problem}, found {}", shown(value))))
}
