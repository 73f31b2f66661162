//! A collection of a record source, as the schema prints it.
//!
//! Owns which fields and relations the back office is told of, and how. The wire's names and order are `schema`'s. Pure;
//! the start calls it for each collection.

use super::model::{CollectionModel, FieldModel, RelationModel};
use super::models::Models;
use super::value_type::ValueType;
use crate::schema::{Collection, CollectionField, FieldType, Relationship};

/// The schema of a collection: its fields without the hidden ones and without foreign keys, which their relations stand
/// for unless they are part of the key; then its relations and segments.
pub(crate) fn describe(collection: &CollectionModel, models: &Models) -> Collection {
    let is_searchable = collection
        .search_fields
        .as_ref()
        .is_none_or(|fields| !fields.is_empty());
    let mut described = Collection::new(&collection.name)
        .read_only(collection.is_read_only)
        .searchable(is_searchable);
    described.fields = collection
        .fields
        .iter()
        .filter(|field| !field.is_hidden && !field.is_foreign_key)
        .map(|field| describe_field(collection, field))
        .chain(
            collection
                .relations
                .iter()
                .filter_map(|relation| describe_relation(collection, relation, models)),
        )
        .collect();
    collection
        .segments
        .iter()
        .fold(described, |described, (name, _)| described.segment(name))
}

fn describe_field(collection: &CollectionModel, field: &FieldModel) -> CollectionField {
    let is_key = collection.key.contains(&field.name);
    let mut described = CollectionField::new(&field.name, field_type(&field.value_type))
        .required(field.is_required)
        .read_only(field.is_read_only);
    described.is_primary_key = is_key;
    described.validations = field.validations.clone();
    if !is_key {
        described.default_value = field.default_value.clone();
    }
    if !field.enum_values.is_empty() {
        described = described.enums(field.enum_values.iter().map(String::as_str));
    }
    let is_reference = collection
        .relations
        .iter()
        .any(|relation| relation.kind == Relationship::BelongsTo && relation.local_key == field.name);
    if is_key && is_reference {
        described = described.foreign_and_primary_key(true);
    }
    described
}

/// `None` for a relation whose target does not exist, which the check of the models reports.
fn describe_relation(
    collection: &CollectionModel,
    relation: &RelationModel,
    models: &Models,
) -> Option<CollectionField> {
    let target = models.get(&relation.target)?;
    // the back office finds the other record by its key, whatever the relation compares
    let reference = target.key.first().unwrap_or(&relation.target_key);
    let key_type = target
        .find_field(reference)
        .map_or(FieldType::String, |field| field_type(&field.value_type));
    let is_to_many = relation.is_to_many();
    let mut described = CollectionField::new(
        &relation.name,
        if is_to_many {
            FieldType::list(key_type)
        } else {
            key_type
        },
    )
    .reference(format!("{}.{reference}", target.name), relation.kind.clone())
    .filterable(!is_to_many)
    .sortable(!is_to_many);
    described.inverse_of.clone_from(&relation.inverse_of);
    if relation.kind == Relationship::BelongsTo {
        if let Some(foreign_key) = collection.find_field(&relation.local_key) {
            described.is_required = foreign_key.is_required;
            described.is_read_only = foreign_key.is_read_only;
            described.validations = foreign_key.validations.clone();
        }
    } else {
        // the records that would have to change are the other side's
        let holder = match &relation.through {
            Some(through) => models.get(&through.collection).unwrap_or(target),
            None => target,
        };
        described.is_read_only = holder.is_read_only;
    }
    Some(described)
}

/// The type in the terms of the protocol.
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
    use crate::records::model::Through;
    use crate::schema::Validation;

    fn models() -> Models {
        let mut name = FieldModel::new("name", ValueType::Text);
        name.is_required = true;
        name.default_value = json!("Acme");
        name.validations
            .push(Validation::new("is present").message("Field is required"));
        let mut secret = FieldModel::new("secret", ValueType::Text);
        secret.is_hidden = true;
        let mut company_id = FieldModel::new("company_id", ValueType::Integer);
        company_id.is_foreign_key = true;
        company_id.is_required = true;
        let mut id = FieldModel::new("id", ValueType::Uuid);
        id.default_value = json!("never printed");
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
                .relation(RelationModel::has_one("gone", "nowhere", "id", "id")),
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
        assert_eq!(names("customers"), ["id", "company"]);
        assert_eq!(names("advices"), ["company_id", "customer_id", "company"]);
    }

    #[test]
    fn fields_carry_what_the_back_office_needs_of_them() {
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
    fn a_foreign_key_in_the_key_is_printed_as_both() {
        let advices = described("advices");
        assert_eq!(advices.fields[0].foreign_and_primary_key, Some(true));
        assert!(advices.fields[0].is_primary_key);
        assert_eq!(advices.fields[1].foreign_and_primary_key, None);
    }
}
