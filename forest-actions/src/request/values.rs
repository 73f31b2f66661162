//! The raw values of a form, for what a type cannot say.

use std::ops::Deref;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::response::{ActionError, ErrorKind};

/// The form values as they were sent, by field name; an extractor for handlers.
///
/// Nothing is checked: a browser's checks protect nothing, so treat each value as coming from outside.
/// Absent and `null` are told apart by [`Deref`] to the JSON map; [`Values::get`] and [`Values::optional`] treat
/// both as "not given".
///
/// ```
/// use forest_actions::{ActionResult, Values, success};
///
/// async fn charge(values: Values) -> ActionResult {
///     let amount: f64 = values.required("amount")?;
///     let note: Option<String> = values.optional("note")?;
///     Ok(success(format!("Charged ${amount:.2} {}", note.unwrap_or_default())))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Values(pub(crate) Rc<Map<String, Value>>);

impl Values {
    /// The value of a field, unless it is absent or `null`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// The value of a field that must be there, as `T`.
    ///
    /// # Errors
    /// 400 naming the field when it is absent, `null`, or cannot be read as `T`.
    pub fn required<T: DeserializeOwned>(&self, field: &str) -> Result<T, ActionError> {
        self.optional(field)?.ok_or_else(|| refused(field, "is required"))
    }

    /// The value of a field as `T`; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// 400 naming the field when it cannot be read as `T`.
    pub fn optional<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, ActionError> {
        self.get(field)
            .map(T::deserialize)
            .transpose()
            .map_err(|error| refused(field, &without_value(&error)))
    }
}

/// What the reader expected, without the value that it quotes: the text ends in the log, and a value may be a secret.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text,
    }
}

/// For a unit test that calls a handler.
///
/// ```
/// use forest_actions::Values;
/// use serde_json::json;
///
/// let values = Values::from_iter([("amount", json!(42.5)), ("note", json!(null))]);
/// assert_eq!(values.required::<f64>("amount").ok(), Some(42.5));
/// ```
impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        Self(Rc::new(
            values
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        ))
    }
}

impl From<Map<String, Value>> for Values {
    fn from(values: Map<String, Value>) -> Self {
        Self(Rc::new(values))
    }
}

fn refused(field: &str, problem: &str) -> ActionError {
    ActionError::refused(ErrorKind::BadRequest, format!("field `{field}`: {problem}"))
}

impl Deref for Values {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}
