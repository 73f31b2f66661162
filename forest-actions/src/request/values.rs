//! The values of a form as JSON, by field name.

use std::ops::Deref;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lazy::without_value;

/// The form values as they were sent, by field name; an extractor for handlers.
///
/// The values are not checked against the form: treat each as untrusted. [`Values::get`] and [`Values::optional`] do not
/// distinguish `null` from an absent field; the JSON map behind [`Deref`] does.
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
    /// Returns the value of a field, unless it is absent or `null`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// Deserializes the value of a field that is required.
    ///
    /// # Errors
    /// [`ValueError`], a 400 that names the field, if it is absent, `null`, or cannot be read as `T`.
    pub fn required<T: DeserializeOwned>(&self, field: &str) -> Result<T, ValueError> {
        self.optional(field)?.ok_or_else(|| ValueError::Missing {
            field: field.to_owned(),
        })
    }

    /// Deserializes the value of a field; `None` if it is absent or `null`.
    ///
    /// # Errors
    /// [`ValueError::Invalid`], a 400 that names the field, if it cannot be read as `T`.
    pub fn optional<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, ValueError> {
        self.get(field)
            .map(T::deserialize)
            .transpose()
            .map_err(|error| ValueError::Invalid {
                field: field.to_owned(),
                reason: without_value(&error),
            })
    }
}

/// A field of [`Values`] that is missing or has another type.
///
/// In a handler, `?` turns it into an [`ActionError`](crate::ActionError) with status 400 and the text that `Display` gives.
/// For that, it does not implement `std::error::Error`: errors that do are hidden from the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The field is absent or `null`.
    Missing {
        /// The name of the field.
        field: String,
    },
    /// The value of the field cannot be read as the requested type.
    Invalid {
        /// The name of the field.
        field: String,
        /// The expected type, such as "expected f64".
        reason: String,
    },
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

impl Deref for Values {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}
