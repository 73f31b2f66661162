//! The schema of a collection.

use serde_json::Value;

use super::model::{CollectionModel, FieldModel};
use super::models::Models;
use super::relation::RelationModel;
use super::value_type::ValueType;
use crate::schema::{Collection, CollectionField, FieldType, Relationship, Segment, pagination_type};

/// The schema has neither hidden fields nor foreign keys outside of the key, for which their relations stand.
pub(crate) fn describe(collection: &CollectionModel, models: &Models) -> Collection {
    let has_search_fields = collection
        .search_fields
        .as_ref()
        .is_none_or(|fields| !fields.is_empty());
    let fields = collection
        .fields
        .iter()
        .filter(|field| !field.is_hidden && !field.is_foreign_key)
        .map(|field| describe_field(collection, field));
    let relations = collection.relations.iter();
    let segments = collection.segments.iter().map(|(name, _)| name);
    Collection {
        name: collection.name.clone(),
        name_old: collection.name_old.as_ref().unwrap_or(&collection.name).clone(),
        icon: collection.icon.clone(),
        integration: collection.integration.clone(),
        is_read_only: collection.is_read_only,
        is_searchable: collection.is_searchable && has_search_fields,
        is_virtual: collection.is_virtual,
        only_for_relationships: collection.only_for_relationships,
        pagination_type: collection.pagination_type.clone().unwrap_or_else(pagination_type),
        fields: fields
            .chain(relations.map(|relation| describe_relation(collection, relation, models)))
            .collect(),
        segments: segments
            .chain(&collection.external_segments)
            .map(|name| Segment { name: name.clone() })
            .collect(),
        actions: Vec::new(),
    }
}

fn describe_field(collection: &CollectionModel, field: &FieldModel) -> CollectionField {
    let is_key = collection.key.contains(&field.name);
    let is_reference = collection
        .relations
        .iter()
        .filter(|relation| relation.kind == Relationship::BelongsTo)
        .any(|relation| relation.only_local_key() == Some(&field.name));
    let options = || {
        field
            .enum_values
            .iter()
            .map(|value| Value::from(value.as_str()))
            .collect()
    };
    CollectionField {
        field: field.name.clone(),
        field_type: schema_type(field),
        column: field.column.clone(),
        default_value: if is_key {
            Value::Null
        } else {
            field.default_value.clone()
        },
        enums: (!field.enum_values.is_empty()).then(options),
        integration: field.integration.clone(),
        is_filterable: field.is_filterable,
        is_primary_key: is_key,
        is_read_only: field.is_read_only,
        is_required: field.is_required,
        is_sortable: field.is_sortable,
        is_virtual: field.is_virtual,
        widget: field.widget.clone(),
        validations: field.validations.clone(),
        foreign_and_primary_key: (is_key && is_reference).then_some(true),
        ..CollectionField::default()
    }
}

/// Refers to the key of the target, by which the back office finds the other record, whichever fields the relation compares. Of a
/// target that is not described, only the compared field is known.
fn describe_relation(collection: &CollectionModel, relation: &RelationModel, models: &Models) -> CollectionField {
    let target = models.get(&relation.target);
    let reference = target
        .and_then(|target| target.key.first())
        .unwrap_or(&relation.target_key);
    let key = target
        .and_then(|target| target.find_field(reference))
        .or_else(|| collection.find_field(&relation.local_key));
    let key_type = key.map(schema_type).unwrap_or_default();
    let is_to_many = relation.is_to_many();
    let mut described = CollectionField {
        field: relation.name.clone(),
        field_type: match is_to_many {
            true => FieldType::list(key_type),
            false => key_type,
        },
        is_filterable: !is_to_many,
        is_sortable: !is_to_many,
        reference: Some(format!("{}.{reference}", relation.target)),
        inverse_of: relation.inverse_of.clone(),
        relationship: Some(relation.kind.clone()),
        ..CollectionField::default()
    };
    if relation.kind == Relationship::BelongsTo {
        // the fields of several stay fields, and are written as such
        described.is_read_only = relation.is_read_only;
        if let Some(foreign_key) = relation.only_local_key().and_then(|key| collection.find_field(key)) {
            described.is_required = foreign_key.is_required;
            described.is_read_only = foreign_key.is_read_only || relation.is_read_only;
            described.validations = foreign_key.validations.clone();
        }
    } else {
        // the records that would have to change are on the other side
        let between = relation
            .through
            .as_ref()
            .and_then(|through| models.get(&through.collection));
        described.is_read_only = relation.is_read_only || between.or(target).is_some_and(|holder| holder.is_read_only);
    }
    described
}

fn schema_type(field: &FieldModel) -> FieldType {
    let own = field.schema_type.clone();
    own.unwrap_or_else(|| field_type(&field.value_type))
}

/// The protocol's name for the type.
pub(crate) fn field_type(value_type: &ValueType) -> FieldType {
    match value_type {
        ValueType::Text => FieldType::String,
        ValueType::Integer | ValueType::Decimal => FieldType::Number,
        ValueType::Boolean => FieldType::Boolean,
        ValueType::Instant => FieldType::Date,
        ValueType::Day => FieldType::Dateonly,
        ValueType::Time => FieldType::Time,
        ValueType::Enum => FieldType::Enum,
        ValueType::Json => FieldType::Json,
        ValueType::Uuid => FieldType::Uuid,
        ValueType::Point => FieldType::Point,
        ValueType::Binary => FieldType::Binary,
        ValueType::List(element) => FieldType::list(field_type(element)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::filter::Filter;
    use crate::records::relation::Through;
    use crate::schema::Validation;

    fn models() -> Models {
        let name = FieldModel::new("name", ValueType::Text)
            .required(true)
            .default_value("Acme")
            .validation(Validation::new("is present").message("Field is required"));
        let mut secret = FieldModel::new("secret", ValueType::Text);
        secret.is_hidden = true;
        let mut company_id = FieldModel::new("company_id", ValueType::Integer).required(true);
        company_id.is_foreign_key = true;
        let id = FieldModel::new("id", ValueType::Uuid).default_value("never printed");
        Models::new(vec![
            CollectionModel::new("companies")
                .field(FieldModel::new("id", ValueType::Integer))
                .field(name)
                .field(secret)
                .field(FieldModel::new("status", ValueType::Text).enum_values(["pending", "live"]))
                .field(FieldModel::new("tags", ValueType::List(Box::new(ValueType::Text))))
                .key(["id"])
                .relation(RelationModel::has_many("customers", "customers", "id", "company_id").inverse_of("company"))
                .relation(RelationModel::belongs_to_many(
                    "advisors",
                    "customers",
                    "id",
                    "id",
                    Through::new("advices", "company_id", "customer_id"),
                ))
                .segment("Live", Filter::and([])),
            CollectionModel::new("customers")
                .field(id)
                .field(company_id)
                .key(["id"])
                .search_fields(Vec::<String>::new())
                .relation(RelationModel::belongs_to("company", "companies", "company_id", "id").inverse_of("customers"))
                .relation(RelationModel::has_one("abroad", "elsewhere", "id", "customer_id")),
            CollectionModel::new("advices")
                .field(FieldModel::new("company_id", ValueType::Integer))
                .field(FieldModel::new("customer_id", ValueType::Uuid))
                .key(["company_id", "customer_id"])
                .relation(RelationModel::belongs_to("company", "companies", "company_id", "id")),
        ])
    }

    fn described(name: &str) -> Collection {
        let models = models();
        describe(models.get(name).unwrap(), &models)
    }

    #[test]
    fn hidden_fields_and_foreign_keys_are_left_out_and_relations_are_fields() {
        let names =
            |name: &str| -> Vec<String> { described(name).fields.iter().map(|field| field.field.clone()).collect() };
        assert_eq!(
            names("companies"),
            ["id", "name", "status", "tags", "customers", "advisors"]
        );
        assert_eq!(names("customers"), ["id", "company", "abroad"]);
        assert_eq!(names("advices"), ["company_id", "customer_id", "company"]);
    }

    #[test]
    fn properties_of_fields_are_in_the_schema() {
        let companies = described("companies");
        let field = |name: &str| companies.fields.iter().find(|field| field.field == name).unwrap();
        assert!(field("id").is_primary_key && !field("name").is_primary_key);
        assert!(field("name").is_required);
        assert_eq!(field("name").default_value, json!("Acme"));
        assert_eq!(field("name").validations.len(), 1);
        assert_eq!(field("status").field_type, FieldType::Enum);
        assert_eq!(field("status").enums, Some(vec![json!("pending"), json!("live")]));
        assert_eq!(field("tags").field_type, FieldType::list(FieldType::String));
        assert_eq!(companies.segments.len(), 1);
        assert!(companies.is_searchable);
        let customers = described("customers");
        assert!(!customers.is_searchable);
        assert_eq!(customers.fields[0].default_value, json!(null));
    }

    #[test]
    fn relations_refer_to_the_key_of_the_other_collection() {
        let companies = described("companies");
        let many = &companies.fields[4];
        assert_eq!(many.reference.as_deref(), Some("customers.id"));
        assert_eq!(many.field_type, FieldType::list(FieldType::Uuid));
        assert_eq!(many.relationship, Some(Relationship::HasMany));
        assert_eq!(many.inverse_of.as_deref(), Some("company"));
        assert!(!many.is_filterable && !many.is_sortable);
        let one = &described("customers").fields[1];
        assert_eq!(one.reference.as_deref(), Some("companies.id"));
        assert_eq!(one.field_type, FieldType::Number);
        assert!(one.is_filterable && one.is_sortable && one.is_required);
    }

    #[test]
    fn a_relation_to_a_collection_that_is_not_described_refers_to_the_compared_field() {
        let abroad = &described("customers").fields[2];
        assert_eq!(abroad.reference.as_deref(), Some("elsewhere.customer_id"));
        assert_eq!(abroad.field_type, FieldType::Uuid);
    }

    #[test]
    fn a_foreign_key_in_the_key_is_printed_as_both() {
        let advices = described("advices");
        assert_eq!(advices.fields[0].foreign_and_primary_key, Some(true));
        assert!(advices.fields[0].is_primary_key);
        assert_eq!(advices.fields[1].foreign_and_primary_key, None);
    }
}
