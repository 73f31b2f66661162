//! The fields to read for an answer: the requested ones that the model shows.
//!
//! Hidden fields, and foreign keys that the request does not name, are left out here, and again when documents are written.

use super::parameters::Parameters;
use crate::records::{CollectionModel, FieldModel, Models, Projection, RelationModel, ValueType};

/// `false` for hidden fields, and for foreign keys that are not part of the key: without being named, a relation stands for them.
pub(super) fn is_shown(collection: &CollectionModel, field: &FieldModel) -> bool {
    !field.is_hidden && (!field.is_foreign_key || collection.key.contains(&field.name))
}

/// The visible fields without files, of which a page of records may hold gigabytes.
pub(super) fn shown_unasked(collection: &CollectionModel) -> impl Iterator<Item = &FieldModel> {
    let fields = collection.fields.iter();
    fields.filter(|field| is_shown(collection, field) && field.value_type != ValueType::Binary)
}

/// The field of that name, which a request may name. Foreign keys are among them.
pub(super) fn find_nameable<'a>(collection: &'a CollectionModel, name: &str) -> Option<&'a FieldModel> {
    collection.find_field(name).filter(|field| !field.is_hidden)
}

/// The to-one relation of that name, with its target.
pub(super) fn find_to_one<'a>(
    models: &'a Models,
    collection: &'a CollectionModel,
    name: &str,
) -> Option<(&'a RelationModel, &'a CollectionModel)> {
    let relation = collection
        .find_relation(name)
        .filter(|relation| !relation.is_to_many())?;
    Some((relation, models.get(&relation.target)?))
}

/// The projection of a list (protocol: fields). Without `fields[collection]` all fields and no relation; with it the key,
/// the named fields, and the to-one relations that are named or have `fields` of their own. Unknown names are dropped.
pub(super) fn of_list(models: &Models, collection: &CollectionModel, parameters: &Parameters) -> Projection {
    let mut projection = Projection::default();
    let Some(asked) = parameters.fields_of(&collection.name, collection) else {
        projection.fields = shown_unasked(collection).map(|field| field.name.clone()).collect();
        return projection;
    };
    projection.fields = named(collection, &asked);
    for relation in &collection.relations {
        let Some((_, target)) = find_to_one(models, collection, &relation.name) else {
            continue;
        };
        let fields = parameters.fields_of(&relation.name, target);
        if fields.is_some() || asked.contains(&relation.name) {
            let fields = named(target, &fields.unwrap_or_default());
            projection.relations.push((relation.name.clone(), fields));
        }
    }
    projection
}

/// The projection of a single record: all visible fields, also of its to-one relations. Files and foreign keys are read only
/// when named.
pub(super) fn of_one(models: &Models, collection: &CollectionModel, parameters: &Parameters) -> Projection {
    let names = |collection: &CollectionModel, asked_as: &str| {
        let asked = parameters.fields_of(asked_as, collection).unwrap_or_default();
        let named = asked.iter().filter_map(|name| find_nameable(collection, name));
        let mut fields: Vec<String> = Vec::new();
        for field in shown_unasked(collection).chain(named) {
            if !fields.contains(&field.name) {
                fields.push(field.name.clone());
            }
        }
        fields
    };
    let mut projection = Projection {
        fields: names(collection, &collection.name),
        relations: Vec::new(),
    };
    for relation in &collection.relations {
        if let Some((_, target)) = find_to_one(models, collection, &relation.name) {
            let fields = names(target, &relation.name);
            projection.relations.push((relation.name.clone(), fields));
        }
    }
    projection
}

/// The key and the named fields, each once.
fn named(collection: &CollectionModel, names: &[String]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for name in collection.key.iter().chain(names) {
        if find_nameable(collection, name).is_some() && !fields.contains(name) {
            fields.push(name.clone());
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::testing::models;
    use super::*;

    fn list(collection: &str, query: &str) -> Projection {
        let models = models();
        let parameters = Parameters::parse(query).unwrap();
        of_list(&models, models.get(collection).unwrap(), &parameters)
    }

    fn relations(projection: &Projection) -> Vec<(&str, Vec<&str>)> {
        let relations = projection.relations.iter();
        relations
            .map(|(name, fields)| (name.as_str(), fields.iter().map(String::as_str).collect()))
            .collect()
    }

    #[test]
    fn without_fields_a_list_has_all_that_are_shown_and_no_relation() {
        for query in ["", "fields[customer]=first_name", "fields[orders]=id"] {
            let read = list("transactions", query);
            assert_eq!(
                read.fields,
                ["id", "label", "amount", "created_at", "due_on"],
                "{query}"
            );
            assert!(read.relations.is_empty(), "{query}");
        }
        // a foreign key that is part of the key is shown
        assert_eq!(list("assignments", "").fields, ["customer_id", "company_id", "role"]);
    }

    #[test]
    fn a_list_reads_what_is_named_and_always_the_key() {
        let read = list(
            "transactions",
            "fields[transactions]=label,customer,label&fields[customer]=first_name,nope,id&fields[emitter]=name",
        );
        assert_eq!(read.fields, ["id", "label"]);
        assert_eq!(
            relations(&read),
            [("customer", vec!["id", "first_name"]), ("emitter", vec!["id", "name"])]
        );
        // named without fields of its own: the key alone
        let read = list("transactions", "fields[transactions]=label,emitter");
        assert_eq!(relations(&read), [("emitter", vec!["id"])]);
    }

    #[test]
    fn names_that_are_unknown_hidden_or_to_many_are_dropped() {
        let read = list(
            "transactions",
            "fields[transactions]=nope,secret,__proto__,notes&fields[notes]=id&fields[emitter]=emitted,secret",
        );
        assert_eq!(read.fields, ["id"]);
        assert_eq!(relations(&read), [("emitter", vec!["id"])]);
    }

    #[test]
    fn foreign_keys_are_read_when_they_are_named() {
        let query = "fields[transactions]=customer_id,customer_id";
        assert_eq!(list("transactions", query).fields, ["id", "customer_id"]);
        let behind = list("notes", "fields[notes]=id&fields[transaction]=emitter_id");
        assert_eq!(relations(&behind), [("transaction", vec!["id", "emitter_id"])]);
        let models = models();
        let parameters = Parameters::parse(query).unwrap();
        let one = of_one(&models, models.get("transactions").unwrap(), &parameters);
        assert_eq!(
            one.fields,
            ["id", "label", "amount", "created_at", "due_on", "customer_id"]
        );
    }

    #[test]
    fn one_record_is_read_with_all_that_it_leads_to() {
        let models = models();
        let read = of_one(
            &models,
            models.get("transactions").unwrap(),
            &Parameters::parse("").unwrap(),
        );
        assert_eq!(read.fields, ["id", "label", "amount", "created_at", "due_on"]);
        assert_eq!(
            relations(&read),
            [
                ("customer", vec!["id", "first_name"]),
                ("emitter", vec!["id", "name", "is_active", "meta"])
            ]
        );
    }
}
