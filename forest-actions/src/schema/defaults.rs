//! Reading of a committed file: an absent key and `null`, which older and other agents write, both mean the default, and elements
//! without a name are left out (protocol: schema file).

use serde::{Deserialize, Deserializer};

use super::ActionField;

/// An element of a list that is known by its name.
pub(super) trait Named {
    fn name(&self) -> &str;
}

pub(super) fn yes() -> bool {
    true
}

pub(crate) fn pagination_type() -> String {
    "page".to_owned()
}

pub(super) fn http_method() -> String {
    "POST".to_owned()
}

fn or<'de, D, T>(deserializer: D, default: impl FnOnce() -> T) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(|value| value.unwrap_or_else(default))
}

pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    or(deserializer, T::default)
}

pub(super) fn or_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    or(deserializer, yes)
}

pub(super) fn or_pagination_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    or(deserializer, pagination_type)
}

pub(super) fn or_http_method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    or(deserializer, http_method)
}

/// The elements that have a name.
pub(super) fn named<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Named,
{
    let mut elements: Vec<T> = or_default(deserializer)?;
    elements.retain(|element| !element.name().is_empty());
    Ok(elements)
}

/// The fields of a form. A position in the file is ignored: it is the place among the fields that have a name.
pub(super) fn form_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ActionField>, D::Error> {
    let mut fields: Vec<ActionField> = named(deserializer)?;
    for (position, field) in fields.iter_mut().enumerate() {
        field.position = position;
    }
    Ok(fields)
}
