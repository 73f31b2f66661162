//! The fields of a collection: their types, relations and validations.
//!
//! Owns the wire's names for types and relations, and reads them from a file without losing what it does not know,
//! because a file may come from another agent. Record sources and users build these; `encode` writes them. Fields of
//! an action's form are in `action`, though they share [`FieldType`].

use super::defaults::{or_default, or_yes, yes};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The type of a field: a scalar, or a list of one.
///
/// Names this library does not know are kept as they are, so that a schema file survives being read and written.
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
    /// Text, and what a field without a type is.
    #[default]
    String,
    /// A number, whole or not.
    Number,
    /// Yes or no.
    Boolean,
    /// A moment: date and time.
    Date,
    /// A day without a time.
    Dateonly,
    /// A time of day.
    Time,
    /// One of the options that the field lists.
    Enum,
    /// Any JSON value.
    Json,
    /// A place: longitude and latitude.
    Point,
    /// A UUID.
    Uuid,
    /// A file, carried as a data URI.
    File,
    /// Bytes.
    Binary,
    /// A list of values of one type.
    List(Box<FieldType>),
    /// A name that this library does not know.
    Other(String),
    /// Any other JSON, such as the nested fields by which agents of document databases describe a structure.
    Structure(Value),
}

impl FieldType {
    /// A list of `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// The wire's name, when the type is known by one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        Some(match self {
            Self::String => "String",
            Self::Number => "Number",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::Dateonly => "Dateonly",
            Self::Time => "Time",
            Self::Enum => "Enum",
            Self::Json => "Json",
            Self::Point => "Point",
            Self::Uuid => "Uuid",
            Self::File => "File",
            Self::Binary => "Binary",
            Self::Other(name) => name,
            Self::List(_) | Self::Structure(_) => return None,
        })
    }

    /// The type as JSON.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::List(element) => Value::Array(vec![element.to_json()]),
            Self::Structure(value) => value.clone(),
            named => named.name().into(),
        }
    }

    /// What the order of fields compares: JavaScript turns a list to text by joining its elements.
    pub(super) fn sort_key(&self) -> String {
        match self {
            Self::List(element) => element.sort_key(),
            Self::Structure(value) => super::print::compact(&value.into()),
            named => named.name().unwrap_or_default().to_owned(),
        }
    }
}

impl From<&str> for FieldType {
    /// The type of that name, or [`FieldType::Other`].
    fn from(name: &str) -> Self {
        match name {
            "String" => Self::String,
            "Number" => Self::Number,
            "Boolean" => Self::Boolean,
            "Date" => Self::Date,
            "Dateonly" => Self::Dateonly,
            "Time" => Self::Time,
            "Enum" => Self::Enum,
            "Json" => Self::Json,
            "Point" => Self::Point,
            "Uuid" => Self::Uuid,
            "File" => Self::File,
            "Binary" => Self::Binary,
            other => Self::Other(other.to_owned()),
        }
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

/// How a field leads to records of another collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relationship {
    /// This record holds the other's key.
    BelongsTo,
    /// One other record holds this one's key.
    HasOne,
    /// Any number of other records hold this one's key.
    HasMany,
    /// Both sides are many, through a third collection.
    BelongsToMany,
    /// A name that this library does not know.
    Other(String),
}

impl Relationship {
    /// The wire's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::BelongsTo => "BelongsTo",
            Self::HasOne => "HasOne",
            Self::HasMany => "HasMany",
            Self::BelongsToMany => "BelongsToMany",
            Self::Other(name) => name,
        }
    }

    /// Whether the field stands for any number of records.
    #[must_use]
    pub fn is_to_many(&self) -> bool {
        matches!(self, Self::HasMany | Self::BelongsToMany)
    }
}

impl From<&str> for Relationship {
    /// The relationship of that name, or [`Relationship::Other`].
    fn from(name: &str) -> Self {
        match name {
            "BelongsTo" => Self::BelongsTo,
            "HasOne" => Self::HasOne,
            "HasMany" => Self::HasMany,
            "BelongsToMany" => Self::BelongsToMany,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Relationship {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

/// A field of a collection, or a relation to another.
///
/// ```
/// use forest_actions::schema::{CollectionField, FieldType, Relationship, Validation};
///
/// let email = CollectionField::new("email", FieldType::String)
///     .required(true)
///     .validation(Validation::new("is shorter than").value(255).message("Too long"));
/// let orders = CollectionField::new("orders", FieldType::list(FieldType::Number))
///     .reference("orders.id", Relationship::HasMany)
///     .inverse_of("customer");
/// assert_eq!(orders.reference.as_deref(), Some("orders.id"));
/// # let _ = email;
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CollectionField {
    /// The name.
    #[serde(default, deserialize_with = "or_default")]
    pub field: String,
    /// The type; for a relation, that of the other collection's key.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub field_type: FieldType,
    /// The column, where its name differs from the field's; printed only when given.
    #[serde(default)]
    pub column: Option<String>,
    /// The value of a new record, or null.
    #[serde(default)]
    pub default_value: Value,
    /// The options of an enumeration, or `None`.
    #[serde(default)]
    pub enums: Option<Vec<Value>>,
    /// The third party the value comes from, or `None`.
    #[serde(default)]
    pub integration: Option<String>,
    /// Whether the back office may filter by it; default `true`.
    #[serde(default = "yes", deserialize_with = "or_yes")]
    pub is_filterable: bool,
    /// Whether it is the primary key, or a part of it.
    #[serde(default, deserialize_with = "or_default")]
    pub is_primary_key: bool,
    /// Whether it cannot be written.
    #[serde(default, deserialize_with = "or_default")]
    pub is_read_only: bool,
    /// Whether a record must have a value.
    #[serde(default, deserialize_with = "or_default")]
    pub is_required: bool,
    /// Whether the back office may sort by it; default `true`.
    #[serde(default = "yes", deserialize_with = "or_yes")]
    pub is_sortable: bool,
    /// Whether it is computed in code.
    #[serde(default, deserialize_with = "or_default")]
    pub is_virtual: bool,
    /// `collection.key` of the records it leads to, or `None`.
    #[serde(default)]
    pub reference: Option<String>,
    /// The name of the relation that leads back, or `None`.
    #[serde(default)]
    pub inverse_of: Option<String>,
    /// The kind of relation; printed only when given.
    #[serde(default)]
    pub relationship: Option<Relationship>,
    /// The name of the widget; printed only when given.
    #[serde(default)]
    pub widget: Option<String>,
    /// What the back office checks before it sends a value.
    #[serde(default, deserialize_with = "or_default")]
    pub validations: Vec<Validation>,
    /// Whether a foreign key is part of the primary key; printed only when given.
    #[serde(default)]
    pub foreign_and_primary_key: Option<bool>,
}

impl CollectionField {
    /// A stored field: can be filtered, sorted and written, and is not required.
    #[must_use]
    pub fn new(field: impl Into<String>, field_type: FieldType) -> Self {
        Self {
            field: field.into(),
            field_type,
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

    /// A field that code computes, as all fields of a virtual collection are: cannot be filtered, sorted or written
    /// unless the builder says so afterwards.
    #[must_use]
    pub fn virtual_(field: impl Into<String>, field_type: FieldType) -> Self {
        Self {
            is_virtual: true,
            is_filterable: false,
            is_sortable: false,
            is_read_only: true,
            ..Self::new(field, field_type)
        }
    }

    /// Makes it the primary key, or a part of it.
    #[must_use]
    pub fn primary_key(mut self) -> Self {
        self.is_primary_key = true;
        self
    }

    /// Makes it a relation to `reference`, which is `collection.key`.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>, relationship: Relationship) -> Self {
        self.reference = Some(reference.into());
        self.relationship = Some(relationship);
        self
    }

    /// Names the relation of the other collection that leads back.
    #[must_use]
    pub fn inverse_of(mut self, inverse_of: impl Into<String>) -> Self {
        self.inverse_of = Some(inverse_of.into());
        self
    }

    /// Names the column.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Gives the value of a new record.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default_value = value.into();
        self
    }

    /// Gives the options of an enumeration.
    #[must_use]
    pub fn enums<T: Into<Value>>(mut self, options: impl IntoIterator<Item = T>) -> Self {
        self.enums = Some(options.into_iter().map(Into::into).collect());
        self
    }

    /// Names the third party the value comes from.
    #[must_use]
    pub fn integration(mut self, integration: impl Into<String>) -> Self {
        self.integration = Some(integration.into());
        self
    }

    /// Whether the back office may filter by it.
    #[must_use]
    pub fn filterable(mut self, filterable: bool) -> Self {
        self.is_filterable = filterable;
        self
    }

    /// Whether the back office may sort by it.
    #[must_use]
    pub fn sortable(mut self, sortable: bool) -> Self {
        self.is_sortable = sortable;
        self
    }

    /// Whether it cannot be written.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = read_only;
        self
    }

    /// Whether a record must have a value.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.is_required = required;
        self
    }

    /// Names a widget.
    #[must_use]
    pub fn widget(mut self, widget: impl Into<String>) -> Self {
        self.widget = Some(widget.into());
        self
    }

    /// Adds a check.
    #[must_use]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validations.push(validation);
        self
    }

    /// Says whether a foreign key is part of the primary key.
    #[must_use]
    pub fn foreign_and_primary_key(mut self, value: bool) -> Self {
        self.foreign_and_primary_key = Some(value);
        self
    }
}

/// What the back office checks before it sends a field's value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Validation {
    /// What the user is told, or `None` for the back office's own words.
    #[serde(default)]
    pub message: Option<String>,
    /// The check's name on the wire, for instance `is shorter than`.
    #[serde(rename = "type")]
    pub rule: String,
    /// The check's argument, or null.
    #[serde(default)]
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

    /// Gives the check's argument.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.value = value.into();
        self
    }

    /// Says what the user is told.
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
    fn types_survive_being_read_and_written_whatever_they_are() {
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
    fn absent_and_null_keys_of_a_field_take_the_documented_defaults() {
        let expected = CollectionField::new("a", FieldType::String);
        let read: CollectionField = serde_json::from_value(json!({"field": "a", "columnName": "unknown"})).unwrap();
        assert_eq!(read, expected);
        let nulls = json!({"field": "a", "type": null, "enums": null, "isFilterable": null, "isSortable": null,
            "isRequired": null, "validations": null, "relationship": null, "defaultValue": null});
        assert_eq!(serde_json::from_value::<CollectionField>(nulls).unwrap(), expected);
    }
}
