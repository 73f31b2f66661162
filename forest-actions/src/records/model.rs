//! A collection as a record source describes it: fields, key, relations, segments.
//!
//! Owns what can be known of a store without reading its records, and how code corrects it. Printing it into the
//! schema file is `schema`'s business; reading a database's catalogue is the source's.

use super::filter::Filter;
use super::value_type::ValueType;
use crate::schema::{Relationship, Validation};

/// A field: a column, or an expression over columns.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FieldModel {
    /// The name, in filters, in answers and in the schema.
    pub name: String,
    /// The name in the store, where it is another; a source that computes the field keeps its expression here.
    pub stored_as: Option<String>,
    /// Whether `stored_as` is an expression of the store's language, written in code.
    pub is_computed: bool,
    /// The type.
    pub value_type: ValueType,
    /// The texts of an enumeration, or of the elements of a list of such.
    pub enum_values: Vec<String>,
    /// Whether a record may lack it.
    pub is_nullable: bool,
    /// Whether a new record must be given it.
    pub is_required: bool,
    /// Whether the store fills it.
    pub is_read_only: bool,
    /// The value of a new record that is not given it; null when there is none, or it is computed.
    pub default_value: serde_json::Value,
    /// A field of which the back office learns nothing: it is not in the schema, not in answers, and no filter, sort or
    /// search may name it. Relations may still be made of it.
    pub is_hidden: bool,
    /// A foreign key, for which the schema prints the relation that it makes. Filters may name it.
    pub is_foreign_key: bool,
    /// What the back office checks before it sends a value.
    pub validations: Vec<Validation>,
}

impl FieldModel {
    /// A plain column of that name and type, which may be null.
    pub fn new(name: impl Into<String>, value_type: ValueType) -> Self {
        Self {
            name: name.into(),
            stored_as: None,
            is_computed: false,
            value_type,
            enum_values: Vec::new(),
            is_nullable: true,
            is_required: false,
            is_read_only: false,
            default_value: serde_json::Value::Null,
            is_hidden: false,
            is_foreign_key: false,
            validations: Vec::new(),
        }
    }

    /// The name in the store.
    #[must_use]
    pub fn stored_name(&self) -> &str {
        self.stored_as.as_deref().unwrap_or(&self.name)
    }

    /// Gives the texts of an enumeration, and makes the field one unless it is a list.
    #[must_use]
    pub fn enum_values<I>(mut self, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.enum_values = values.into_iter().map(Into::into).collect();
        match &mut self.value_type {
            ValueType::List(element) => **element = ValueType::Enum,
            other => *other = ValueType::Enum,
        }
        self
    }
}

/// A relation: the records of `target` whose `target_key` equals this record's `local_key`, directly or through a
/// third collection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RelationModel {
    /// The name, in filters, in routes and in the schema.
    pub name: String,
    /// To one, or to many.
    pub kind: Relationship,
    /// The collection it leads to.
    pub target: String,
    /// The field of this collection that is compared.
    pub local_key: String,
    /// The field of the target that is compared.
    pub target_key: String,
    /// The collection in between, for many to many.
    pub through: Option<Through>,
    /// The relation of the target that leads back.
    pub inverse_of: Option<String>,
}

/// The collection between two others that are many to many.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Through {
    /// Its name.
    pub collection: String,
    /// Its field that equals the `local_key`.
    pub local_key: String,
    /// Its field that equals the `target_key`.
    pub target_key: String,
}

impl RelationModel {
    /// This record holds the other's key: `local_key` here equals `target_key` there.
    pub fn belongs_to(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::BelongsTo, target, local_key, target_key)
    }

    /// One other record holds this one's key.
    pub fn has_one(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::HasOne, target, local_key, target_key)
    }

    /// Any number of other records hold this one's key.
    pub fn has_many(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::HasMany, target, local_key, target_key)
    }

    /// Both sides are many: `through.local_key` equals `local_key` here, `through.target_key` equals `target_key` there.
    pub fn belongs_to_many(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
        through: Through,
    ) -> Self {
        Self {
            through: Some(through),
            ..Self::new(name, Relationship::BelongsToMany, target, local_key, target_key)
        }
    }

    fn new(
        name: impl Into<String>,
        kind: Relationship,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            target: target.into(),
            local_key: local_key.into(),
            target_key: target_key.into(),
            through: None,
            inverse_of: None,
        }
    }

    /// Names the relation of the target that leads back.
    #[must_use]
    pub fn inverse_of(mut self, name: impl Into<String>) -> Self {
        self.inverse_of = Some(name.into());
        self
    }

    /// Whether it leads to any number of records.
    #[must_use]
    pub fn is_to_many(&self) -> bool {
        self.kind.is_to_many()
    }
}

impl Through {
    /// The collection in between, and its two fields.
    pub fn new(collection: impl Into<String>, local_key: impl Into<String>, target_key: impl Into<String>) -> Self {
        Self {
            collection: collection.into(),
            local_key: local_key.into(),
            target_key: target_key.into(),
        }
    }
}

/// A collection of a record source.
///
/// ```
/// use forest_actions::records::{CollectionModel, FieldModel, RelationModel, ValueType};
///
/// let companies = CollectionModel::new("companies")
///     .field(FieldModel::new("id", ValueType::Integer))
///     .field(FieldModel::new("status", ValueType::Enum).enum_values(["signed_up", "live"]))
///     .relation(RelationModel::has_many("invoices", "invoices", "id", "company_id"))
///     .key(["id"]);
/// assert!(companies.find_relation("invoices").is_some_and(RelationModel::is_to_many));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CollectionModel {
    /// The name, in actions, in routes and in the schema.
    pub name: String,
    /// The table, where its name is another.
    pub stored_as: Option<String>,
    /// The fields, foreign keys among them, in the order of the store.
    pub fields: Vec<FieldModel>,
    /// The names of the key's fields, in key order. Without any, records have no id: they can be listed by a relation's
    /// filter, but not selected.
    pub key: Vec<String>,
    /// The relations.
    pub relations: Vec<RelationModel>,
    /// The segments declared in code.
    pub segments: Vec<(String, Filter)>,
    /// The fields that a search looks at, `relation.field` among them; `None` for the rule of the protocol.
    pub search_fields: Option<Vec<String>>,
    /// Whether lists show their total.
    pub is_countable: bool,
    /// Whether the store cannot be written, as a view.
    pub is_read_only: bool,
}

impl CollectionModel {
    /// A collection of that name, with nothing in it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            stored_as: None,
            fields: Vec::new(),
            key: Vec::new(),
            relations: Vec::new(),
            segments: Vec::new(),
            search_fields: None,
            is_countable: true,
            is_read_only: false,
        }
    }

    /// The name in the store.
    #[must_use]
    pub fn stored_name(&self) -> &str {
        self.stored_as.as_deref().unwrap_or(&self.name)
    }

    /// The field of that name.
    #[must_use]
    pub fn find_field(&self, name: &str) -> Option<&FieldModel> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The relation of that name.
    #[must_use]
    pub fn find_relation(&self, name: &str) -> Option<&RelationModel> {
        self.relations.iter().find(|relation| relation.name == name)
    }

    /// The fields of the key, in key order.
    pub fn key_fields(&self) -> impl Iterator<Item = &FieldModel> {
        self.key.iter().filter_map(|name| self.find_field(name))
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: FieldModel) -> Self {
        self.fields.push(field);
        self
    }

    /// Names the key's fields, in key order.
    #[must_use]
    pub fn key<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.key = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a relation; one of the same name is replaced.
    #[must_use]
    pub fn relation(mut self, relation: RelationModel) -> Self {
        self.relations.retain(|known| known.name != relation.name);
        self.relations.push(relation);
        self
    }

    /// Adds a segment: the records for which `filter` holds.
    #[must_use]
    pub fn segment(mut self, name: impl Into<String>, filter: Filter) -> Self {
        self.segments.push((name.into(), filter));
        self
    }

    /// Searches these fields and no others; `relation.field` is looked at by an extended search.
    #[must_use]
    pub fn search_fields<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.search_fields = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// `false` answers counts with "deactivated", for tables on which a count takes too long.
    #[must_use]
    pub fn countable(mut self, countable: bool) -> Self {
        self.is_countable = countable;
        self
    }
}
