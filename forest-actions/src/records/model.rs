//! The description of a collection: fields, key, relations, segments.

use super::filter::Filter;
use super::relation::RelationModel;
use super::value_type::ValueType;
use crate::schema::{FieldType, Validation};

/// A field: a column, or an expression over columns.
///
/// ```
/// use forest_actions::records::{FieldModel, Validation, ValueType};
///
/// let email = FieldModel::new("email", ValueType::Text)
///     .required(true)
///     .validation(Validation::new("is shorter than").value(255).message("Too long"));
/// let status = FieldModel::new("status", ValueType::Text).enum_values(["pending", "live"]).default_value("pending");
/// assert_eq!(status.value_type, ValueType::Enum);
/// # let _ = email;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FieldModel {
    /// The name, in filters, in answers and in the schema.
    pub name: String,
    /// The name in the store, where it is another; a source that computes the field keeps its expression here.
    pub stored_as: Option<String>,
    /// `stored_as` is an expression of the store's language, written in code.
    pub is_computed: bool,
    /// The type of its values.
    pub value_type: ValueType,
    /// The type in the schema, where it does not follow from `value_type`.
    pub schema_type: Option<FieldType>,
    /// The texts of an enumeration, or of the elements of a list of such.
    pub enum_values: Vec<String>,
    /// A record may lack it.
    pub is_nullable: bool,
    /// The store accepts values of other types, as most columns of SQLite do.
    pub(crate) is_dynamic: bool,
    /// A new record must be given it.
    pub is_required: bool,
    /// The store fills it.
    pub is_read_only: bool,
    /// The back office offers filters on it.
    pub is_filterable: bool,
    /// The back office offers to sort by it.
    pub is_sortable: bool,
    /// Computed by the program: the schema marks it as virtual.
    pub is_virtual: bool,
    /// The default value of a new record; null if absent or computed.
    pub default_value: serde_json::Value,
    /// Hidden from the back office: not in the schema, not in answers, and refused in filters, sorts and searches. Relations may
    /// still use it.
    pub is_hidden: bool,
    /// A foreign key: the schema has the relation that it makes instead. Filters may name it.
    pub is_foreign_key: bool,
    /// The checks that the back office makes before it sends a value.
    pub validations: Vec<Validation>,
    /// The column that the schema names, for a store whose columns have other names.
    pub column: Option<String>,
    /// The third party from which the value comes.
    pub integration: Option<String>,
    /// The widget with which the back office edits it.
    pub widget: Option<String>,
}

impl FieldModel {
    /// A plain column of that name and type, which may be null.
    pub fn new(name: impl Into<String>, value_type: ValueType) -> Self {
        Self {
            name: name.into(),
            stored_as: None,
            is_computed: false,
            value_type,
            schema_type: None,
            enum_values: Vec::new(),
            is_nullable: true,
            is_dynamic: false,
            is_required: false,
            is_read_only: false,
            is_filterable: true,
            is_sortable: true,
            is_virtual: false,
            default_value: serde_json::Value::Null,
            is_hidden: false,
            is_foreign_key: false,
            validations: Vec::new(),
            column: None,
            integration: None,
            widget: None,
        }
    }

    /// A field that the program computes, as those of a virtual collection: marked as virtual, read-only, and neither filterable nor
    /// sortable.
    pub fn virtual_(name: impl Into<String>, value_type: ValueType) -> Self {
        Self {
            is_virtual: true,
            is_filterable: false,
            is_sortable: false,
            is_read_only: true,
            ..Self::new(name, value_type)
        }
    }

    /// Returns whether the audit trail keeps its values: a stored field that is neither hidden nor a file.
    pub(crate) fn is_recorded(&self) -> bool {
        !self.is_hidden && !self.is_computed && !self.is_virtual && self.value_type != ValueType::Binary
    }

    /// The name in the store.
    #[must_use]
    pub fn stored_name(&self) -> &str {
        self.stored_as.as_deref().unwrap_or(&self.name)
    }

    /// Sets the texts of an enumeration, and makes the field one unless it is a list.
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

    /// Requires a value of every record.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.is_required = required;
        self
    }

    /// Offers no editing.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = read_only;
        self
    }

    /// Offers filters; default `true`, `false` for a virtual field.
    #[must_use]
    pub fn filterable(mut self, filterable: bool) -> Self {
        self.is_filterable = filterable;
        self
    }

    /// Offers to sort; default `true`, `false` for a virtual field.
    #[must_use]
    pub fn sortable(mut self, sortable: bool) -> Self {
        self.is_sortable = sortable;
        self
    }

    /// Hides the field from the back office. Relations may still use it.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.is_hidden = hidden;
        self
    }

    /// Makes it a foreign key, for which the schema has the relation that it makes.
    #[must_use]
    pub fn foreign_key(mut self, foreign_key: bool) -> Self {
        self.is_foreign_key = foreign_key;
        self
    }

    /// Sets the value of a new record that is not given one.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<serde_json::Value>) -> Self {
        self.default_value = value.into();
        self
    }

    /// Adds a check that the back office makes before it sends a value.
    #[must_use]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validations.push(validation);
        self
    }

    /// Sets the type in the schema, for types that no [`ValueType`] stands for: a [`FieldType`], a name, or JSON.
    ///
    /// ```
    /// use forest_actions::records::{FieldModel, ValueType};
    /// use forest_actions::schema::FieldType;
    ///
    /// let photo = FieldModel::new("photo", ValueType::Text).schema_type(FieldType::File);
    /// let plan = FieldModel::new("plan", ValueType::Json).schema_type("Hologram");
    /// # let _ = (photo, plan);
    /// ```
    #[must_use]
    pub fn schema_type(mut self, field_type: impl Into<FieldType>) -> Self {
        self.schema_type = Some(field_type.into());
        self
    }

    /// Names the column in the schema.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Names the third party from which the value comes.
    #[must_use]
    pub fn integration(mut self, integration: impl Into<String>) -> Self {
        self.integration = Some(integration.into());
        self
    }

    /// Names the widget with which the back office edits it.
    #[must_use]
    pub fn widget(mut self, widget: impl Into<String>) -> Self {
        self.widget = Some(widget.into());
        self
    }
}

/// A collection: of a record source, or described to
/// [`ForestBuilder::collection`](crate::ForestBuilder::collection) for records that the program serves itself.
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
///
/// // A collection without a table, to hang actions on.
/// let reports = CollectionModel::virtual_("reports")
///     .field(FieldModel::virtual_("id", ValueType::Text))
///     .external_segment("Late");
/// assert!(reports.is_virtual && !reports.is_searchable);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CollectionModel {
    /// The name, in actions, in routes and in the schema.
    pub name: String,
    /// The table, where its name is another.
    pub stored_as: Option<String>,
    /// The name before it was renamed, so that the Forest server can carry over the settings of the back office.
    pub name_old: Option<String>,
    /// The fields, foreign keys among them, in the order of the store.
    pub fields: Vec<FieldModel>,
    /// The names of the key's fields, in key order. Without any, records have no id: they can be listed and exported, but not
    /// selected. No two records may share a key.
    pub key: Vec<String>,
    /// The store may have records whose key is null. They have no id.
    pub(crate) key_may_be_null: bool,
    /// Nothing enforces that records have different keys, as in a view.
    pub(crate) key_may_repeat: bool,
    /// The relations.
    pub relations: Vec<RelationModel>,
    /// The segments declared in code.
    pub segments: Vec<(String, Filter)>,
    /// The names of segments without a filter. Only for collections without a record source.
    pub external_segments: Vec<String>,
    /// The fields that a search looks at, `relation.field` among them; `None` for the rule of the protocol.
    pub search_fields: Option<Vec<String>>,
    /// The back office shows a search field, unless `search_fields` is an empty list.
    pub is_searchable: bool,
    /// Lists show their total.
    pub is_countable: bool,
    /// The store cannot be written, as a view.
    pub is_read_only: bool,
    /// Without a table.
    pub is_virtual: bool,
    /// The back office reaches it through relations only.
    pub only_for_relationships: bool,
    /// The paging of lists in the schema; `None` for `page`.
    pub pagination_type: Option<String>,
    /// The name of an icon.
    pub icon: Option<String>,
    /// The third party whose records these are, for instance `stripe`.
    pub integration: Option<String>,
}

impl CollectionModel {
    /// An empty collection.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            stored_as: None,
            name_old: None,
            fields: Vec::new(),
            key: Vec::new(),
            key_may_be_null: false,
            key_may_repeat: false,
            relations: Vec::new(),
            segments: Vec::new(),
            external_segments: Vec::new(),
            search_fields: None,
            is_searchable: true,
            is_countable: true,
            is_read_only: false,
            is_virtual: false,
            only_for_relationships: false,
            pagination_type: None,
            icon: None,
            integration: None,
        }
    }

    /// A collection that exists in code only. It is not searchable, and the back office expects it to have a field `id`.
    pub fn virtual_(name: impl Into<String>) -> Self {
        Self {
            is_virtual: true,
            is_searchable: false,
            ..Self::new(name)
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

    /// Adds a segment whose records another program or a route of your own selects.
    #[must_use]
    pub fn external_segment(mut self, name: impl Into<String>) -> Self {
        self.external_segments.push(name.into());
        self
    }

    /// Names the collection as it was before it was renamed.
    #[must_use]
    pub fn name_old(mut self, name: impl Into<String>) -> Self {
        self.name_old = Some(name.into());
        self
    }

    /// Shows a search field; default `true`, `false` for a virtual collection.
    #[must_use]
    pub fn searchable(mut self, searchable: bool) -> Self {
        self.is_searchable = searchable;
        self
    }

    /// Offers no creation, update or deletion.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = read_only;
        self
    }

    /// Reaches the collection through relations only.
    #[must_use]
    pub fn only_for_relationships(mut self, only: bool) -> Self {
        self.only_for_relationships = only;
        self
    }

    /// Sets the paging of lists in the schema; default `page`.
    #[must_use]
    pub fn pagination_type(mut self, pagination_type: impl Into<String>) -> Self {
        self.pagination_type = Some(pagination_type.into());
        self
    }

    /// Names an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = Some(icon.into());
        self
    }

    /// Names the third party whose records these are.
    #[must_use]
    pub fn integration(mut self, integration: impl Into<String>) -> Self {
        self.integration = Some(integration.into());
        self
    }
}
