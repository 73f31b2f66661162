//! The fields of a collection: types, relations and validations.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::defaults::{Named, or_default, or_yes};
use super::tree::with_sorted_keys;

/// The type of a field: a scalar, or a list of one.
///
/// Unknown names are kept, so that a schema file survives being read and written.
///
/// ```
/// use forest_actions::schema::FieldType;
///
/// let list = FieldType::list(FieldType::Enum);
/// assert_eq!(serde_json::to_string(&list)?, r#"["Enum"]"#);
/// assert_eq!(FieldType::from("Number"), FieldType::Number);
/// assert_eq!(serde_json::from_str::<FieldType>(r#""Hologram""#)?, FieldType::Other("Hologram".into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum FieldType {
    /// Text; the default.
    #[default]
    String,
    /// A whole or decimal number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An instant: date and time.
    Date,
    /// A day without a time.
    Dateonly,
    /// A time of day.
    Time,
    /// One of the options that the field lists.
    Enum,
    /// Any JSON value.
    Json,
    /// Longitude and latitude.
    Point,
    /// A UUID.
    Uuid,
    /// A file, carried as a data URI.
    File,
    /// Bytes.
    Binary,
    /// A list of values of one type.
    List(Box<FieldType>),
    /// A name unknown to this library.
    Other(String),
    /// Any other JSON, such as the nested fields by which agents of document databases describe a structure.
    Structure(Value),
}

static TYPES: [(&str, FieldType); 12] = [
    ("String", FieldType::String),
    ("Number", FieldType::Number),
    ("Boolean", FieldType::Boolean),
    ("Date", FieldType::Date),
    ("Dateonly", FieldType::Dateonly),
    ("Time", FieldType::Time),
    ("Enum", FieldType::Enum),
    ("Json", FieldType::Json),
    ("Point", FieldType::Point),
    ("Uuid", FieldType::Uuid),
    ("File", FieldType::File),
    ("Binary", FieldType::Binary),
];

impl FieldType {
    /// A list of `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// The name in the protocol; `None` for lists and structures.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Other(name) => Some(name),
            known => TYPES.iter().find(|(_, named)| named == known).map(|(name, _)| *name),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::List(element) => Value::Array(vec![element.to_json()]),
            Self::Structure(value) => value.clone(),
            named => named.name().into(),
        }
    }

    /// The text that the order of fields compares: JavaScript turns a list to text by joining its elements.
    pub(super) fn sort_key(&self) -> String {
        match self {
            Self::List(element) => element.sort_key(),
            Self::Structure(_) => super::print::compact(&super::tree::Node::of(self)),
            named => named.name().unwrap_or_default().to_owned(),
        }
    }
}

impl From<&str> for FieldType {
    /// The type of that name, or [`FieldType::Other`].
    fn from(name: &str) -> Self {
        let known = TYPES.iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(name.to_owned()), |(_, field_type)| field_type.clone())
    }
}

impl From<Value> for FieldType {
    fn from(value: Value) -> Self {
        match value {
            Value::String(name) => Self::from(name.as_str()),
            Value::Array(mut elements) if elements.len() == 1 => elements
                .pop()
                .map_or_else(Self::default, |element| Self::list(Self::from(element))),
            other => Self::Structure(other),
        }
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_sorted_keys(&self.to_json(), serializer)
    }
}

/// The kind of a relation to records of another collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relationship {
    /// This record holds the other's key.
    BelongsTo,
    /// One other record holds this one's key.
    HasOne,
    /// Any number of other records hold this one's key.
    HasMany,
    /// Many to many, through a third collection.
    BelongsToMany,
    /// A name unknown to this library.
    Other(String),
}

static RELATIONSHIPS: [(&str, Relationship); 4] = [
    ("BelongsTo", Relationship::BelongsTo),
    ("HasOne", Relationship::HasOne),
    ("HasMany", Relationship::HasMany),
    ("BelongsToMany", Relationship::BelongsToMany),
];

impl Relationship {
    /// The name in the protocol.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => RELATIONSHIPS
                .iter()
                .find(|(_, named)| named == known)
                .map_or("", |(name, _)| name),
        }
    }

    /// Returns `true` for relations to any number of records.
    #[must_use]
    pub fn is_to_many(&self) -> bool {
        matches!(self, Self::HasMany | Self::BelongsToMany)
    }
}

impl From<&str> for Relationship {
    /// The relationship of that name, or [`Relationship::Other`].
    fn from(name: &str) -> Self {
        let known = RELATIONSHIPS.iter().find(|(known, _)| *known == name);
        known.map_or_else(
            || Self::Other(name.to_owned()),
            |(_, relationship)| relationship.clone(),
        )
    }
}

impl<'de> Deserialize<'de> for Relationship {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

impl Serialize for Relationship {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A field or relation of a [`Collection`](super::Collection), for reading. Its other properties are in its JSON: it implements
/// `Serialize`.
// the members are the keys of the schema file, in their order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CollectionField {
    #[serde(deserialize_with = "or_default")]
    pub(crate) field: String,
    /// For a relation, the type of the other collection's key.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub(crate) field_type: FieldType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    #[serde(serialize_with = "with_sorted_keys")]
    pub(crate) default_value: Value,
    #[serde(serialize_with = "with_sorted_keys")]
    pub(crate) enums: Option<Vec<Value>>,
    pub(crate) integration: Option<String>,
    #[serde(deserialize_with = "or_yes")]
    pub(crate) is_filterable: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_primary_key: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_read_only: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_required: bool,
    #[serde(deserialize_with = "or_yes")]
    pub(crate) is_sortable: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_virtual: bool,
    pub(crate) reference: Option<String>,
    pub(crate) inverse_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relationship: Option<Relationship>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) widget: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) validations: Vec<Validation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) foreign_and_primary_key: Option<bool>,
}

impl Default for CollectionField {
    fn default() -> Self {
        Self {
            field: String::new(),
            field_type: FieldType::default(),
            column: None,
            default_value: Value::Null,
            enums: None,
            integration: None,
            is_filterable: true,
            is_primary_key: false,
            is_read_only: false,
            is_required: false,
            is_sortable: true,
            is_virtual: false,
            reference: None,
            inverse_of: None,
            relationship: None,
            widget: None,
            validations: Vec::new(),
            foreign_and_primary_key: None,
        }
    }
}

impl CollectionField {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.field
    }

    /// The type; for a relation, that of the other collection's key.
    #[must_use]
    pub fn field_type(&self) -> &FieldType {
        &self.field_type
    }

    /// `collection.key` of the records to which a relation leads.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// The relation of the other collection that leads back.
    #[must_use]
    pub fn inverse_of(&self) -> Option<&str> {
        self.inverse_of.as_deref()
    }
}

impl Named for CollectionField {
    fn name(&self) -> &str {
        &self.field
    }
}

/// A check that the back office makes before it sends the value of a field.
///
/// ```
/// use forest_actions::records::{FieldModel, Validation, ValueType};
///
/// let email = FieldModel::new("email", ValueType::Text)
///     .validation(Validation::new("is shorter than").value(255).message("Too long"));
/// # let _ = email;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Validation {
    /// The message for the user; `None` for the back office's own.
    #[serde(default)]
    pub message: Option<String>,
    /// The check's name in the protocol, for instance `is shorter than`.
    #[serde(rename = "type")]
    pub rule: String,
    /// The check's argument, or null.
    #[serde(default, serialize_with = "with_sorted_keys")]
    pub value: Value,
}

impl Validation {
    /// A check without an argument, for instance `is present`.
    #[must_use]
    pub fn new(rule: impl Into<String>) -> Self {
        Self {
            message: None,
            rule: rule.into(),
            value: Value::Null,
        }
    }

    /// Sets the check's argument.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.value = value.into();
        self
    }

    /// Sets the message for the user.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_survive_being_read_and_written() {
        for value in [
            json!("Number"),
            json!("Hologram"),
            json!(["File"]),
            json!(["boolean"]),
            json!([["String"]]),
            json!({"fields": [{"field": "street", "type": "String"}]}),
            json!([{"fields": []}]),
            json!(["String", "Number"]),
            json!([]),
        ] {
            let read: FieldType = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), value);
        }
    }

    #[test]
    fn absent_and_null_keys_of_a_field_take_the_defaults() {
        let expected = CollectionField {
            field: "a".to_owned(),
            ..CollectionField::default()
        };
        let read: CollectionField = serde_json::from_value(json!({"field": "a", "columnName": "unknown"})).unwrap();
        assert_eq!(read, expected);
        let nulls = json!({"field": "a", "type": null, "enums": null, "isFilterable": null, "isSortable": null,
            "isRequired": null, "validations": null, "relationship": null, "defaultValue": null});
        assert_eq!(serde_json::from_value::<CollectionField>(nulls).unwrap(), expected);
    }
}
