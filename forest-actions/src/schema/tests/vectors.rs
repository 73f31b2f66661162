//! The recorded vectors of the vendor's packages: a declaration, the file that it gives, and the document with its hash.
//!
//! Declarations are in the vendor's untyped form. Their collections are built as programs describe them.

use std::fs;

use serde_json::Value;

use crate::records::{CollectionModel, FieldModel, Filter, Models, RelationModel, Validation, ValueType, describe};
use crate::schema::collate::compare_collections;
use crate::schema::{Action, Collection, FieldType, Meta, Schema, Stack, read, write};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");

fn vector(path: &str) -> Value {
    let path = format!("{VECTORS}/{path}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// From the declaration to the file, from there to the document, and back.
fn check(name: &str) {
    let vector = vector(&format!("schema/{name}.json"));
    let (expected, apimap) = (text(&vector["expected"]), text(&vector["apimap"]));

    let schema = declared(&vector);
    assert_eq!(schema.to_file_text(), expected);
    let document = schema.document();
    assert_eq!(document.as_str(), apimap);
    assert_eq!(document.hash(), text(&vector["schemaFileHash"]));

    let read: Schema = serde_json::from_str(expected).unwrap();
    assert_eq!(read, schema);
    assert_eq!(read.to_file_text(), expected);
    assert_eq!(read.document(), document);
    assert!(schema.diff(&read).is_empty(), "{}", schema.diff(&read));
}

#[test]
fn schema_vector_01_minimal() {
    check("01-minimal");
}

#[test]
fn schema_vector_02_all_options() {
    check("02-all-options");
}

#[test]
fn schema_vector_03_forms() {
    check("03-forms");
}

#[test]
fn schema_vector_04_several_collections() {
    check("04-several-collections");
}

#[test]
fn schema_vector_05_unicode_and_escapes() {
    check("05-unicode-and-escapes");
}

#[test]
fn schema_vector_06_seed_document() {
    check("06-seed-document");
}

#[test]
fn schema_vector_x1_is_not_json_and_is_refused_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    write(&path, text(&vector("schema/x1-oddities.json")["expected"])).unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("line ") && message.contains("column "), "{message}");
}

#[test]
fn every_schema_vector_has_a_test() {
    let mut names: Vec<_> = fs::read_dir(format!("{VECTORS}/schema"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let prefixes: Vec<_> = names.iter().map(|name| name.split('-').next().unwrap()).collect();
    assert_eq!(prefixes, ["01", "02", "03", "04", "05", "06", "x1"]);
}

#[test]
fn collections_are_ordered_as_javascript_orders_them() {
    let vector = vector("collation.json");
    let names = |key: &str| -> Vec<String> { serde_json::from_value(vector[key].clone()).unwrap() };
    let mut sorted = names("given");
    sorted.sort_by(|a, b| compare_collections(a, b));
    assert_eq!(sorted, names("sorted"));
}

#[test]
fn sch_01_same_input_gives_the_same_bytes() {
    let schema = declared(&vector("schema/04-several-collections.json"));
    let mut reversed = schema.collections.clone();
    reversed.reverse();
    for collection in &mut reversed {
        collection.fields.reverse();
        collection.segments.reverse();
        collection.actions.reverse();
    }
    assert_ne!(reversed, schema.collections);
    let reversed = Schema::new(schema.meta.clone(), reversed);
    assert_eq!(reversed.to_file_text(), schema.to_file_text());
    assert_eq!(reversed.document(), schema.document());
}

#[test]
fn sch_03_a_partial_schema_is_an_error_and_never_a_smaller_schema() {
    let text = text(&vector("schema/06-seed-document.json")["expected"]).to_owned();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(serde_json::from_str::<Schema>(&text[..end]).is_err(), "cut at {end}");
    }
}

// --- from the vendor's declarations to the model

fn declared(vector: &Value) -> Schema {
    let declaration = &vector["declaration"];
    let endpoints = endpoints(text(&vector["expected"]));
    let meta = &declaration["meta"];
    // the order of the stack's keys is that of the vectors, all of which were made with the same one
    let stack = |key: &str| text(&meta["stack"][key]);
    let stack = Stack::new()
        .database_type(stack("database_type"))
        .engine(stack("engine"))
        .engine_version(stack("engine_version"))
        .orm_version(stack("orm_version"));
    let meta = Meta {
        liana: text(&meta["liana"]).to_owned(),
        liana_version: text(&meta["liana_version"]).to_owned(),
        stack: Some(stack),
    };
    let collections: Vec<&Value> = list(&declaration["collections"])
        .iter()
        // the vendor drops a collection that has neither a model nor fields
        .filter(|value| value["kind"] != "smart" || !list(&value["fields"]).is_empty())
        .collect();
    let models = Models::new(collections.iter().map(|value| collection(value)).collect());
    let described = models.iter().zip(collections).map(|(model, value)| {
        let mut described: Collection = describe(model, &models);
        for field in &mut described.fields {
            // programs can neither contradict the key and the relations nor give two fields one name
            let is_same = |value: &&Value| value["field"] == field.field && value["type"] == field.field_type.to_json();
            if let Some(value) = list(&value["fields"]).iter().find(is_same) {
                field.is_primary_key = flag(value, "isPrimaryKey", false);
                field.foreign_and_primary_key = value["foreignAndPrimaryKey"].as_bool();
            }
        }
        described.actions = list(&value["actions"])
            .iter()
            .map(|value| action(value, &endpoints))
            .collect();
        described
    });
    Schema::new(meta, described.collect())
}

/// The endpoints that the vector expects, by action. They are derived from names elsewhere.
fn endpoints(expected: &str) -> Vec<(String, String)> {
    let expected: Value = serde_json::from_str(expected).unwrap();
    let actions = list(&expected["collections"])
        .iter()
        .flat_map(|collection| list(&collection["actions"]));
    actions
        .map(|action| (text(&action["name"]).to_owned(), text(&action["endpoint"]).to_owned()))
        .collect()
}

fn collection(value: &Value) -> CollectionModel {
    let (name, is_smart) = (text(&value["name"]), value["kind"] == "smart");
    let mut model = match is_smart {
        true => CollectionModel::virtual_(name),
        false => CollectionModel::new(name),
    };
    model = model
        .read_only(flag(value, "isReadOnly", false))
        .searchable(flag(value, "isSearchable", !is_smart))
        .only_for_relationships(flag(value, "onlyForRelationships", false));
    if let Some(icon) = value["icon"].as_str() {
        model = model.icon(icon);
    }
    if let Some(integration) = value["integration"].as_str() {
        model = model.integration(integration);
    }
    if let Some(pagination_type) = value["paginationType"].as_str() {
        model = model.pagination_type(pagination_type);
    }
    let stored = list(&value["fields"]).iter().map(|field| (field, is_smart));
    let smart = list(&value["smartFields"]).iter().map(|field| (field, true));
    let mut key = Vec::new();
    for (value, is_virtual) in stored.chain(smart) {
        if value["isPrimaryKey"] == true {
            key.push(text(&value["field"]));
        }
        model = match relation(value) {
            Some((relation, foreign_key)) => model.field(foreign_key).relation(relation),
            None => model.field(field(value, is_virtual)),
        };
    }
    for (index, segment) in list(&value["segments"]).iter().enumerate() {
        let name = text(&segment["name"]);
        model = match index {
            0 => model.segment(name, Filter::and([])),
            _ => model.external_segment(name),
        };
    }
    model.key(key)
}

/// A relation with the hidden field that it compares, as the vendor's declarations have only the relation.
fn relation(value: &Value) -> Option<(RelationModel, FieldModel)> {
    let (target, target_key) = text(value.get("reference")?).split_once('.')?;
    let (name, local_key) = (text(&value["field"]), format!("{} key", text(&value["field"])));
    let mut relation = match text(&value["relationship"]) {
        "BelongsTo" => RelationModel::belongs_to(name, target, &local_key, target_key),
        "HasMany" => RelationModel::has_many(name, target, &local_key, target_key),
        other => panic!("{other}"),
    };
    relation.inverse_of = value["inverseOf"].as_str().map(str::to_owned);
    let mut foreign_key = FieldModel::new(local_key, ValueType::Integer);
    foreign_key.is_hidden = true;
    Some((relation, foreign_key))
}

fn field(value: &Value, is_virtual: bool) -> FieldModel {
    let name = text(&value["field"]);
    let mut field = match is_virtual {
        true => FieldModel::virtual_(name, ValueType::Text),
        false => FieldModel::new(name, ValueType::Text),
    };
    if let Some(options) = value["enums"].as_array() {
        field = field.enum_values(options.iter().map(text));
    }
    field = field
        .schema_type(value.get("type").cloned().map(FieldType::from).unwrap_or_default())
        .default_value(value["defaultValue"].clone())
        .filterable(flag(value, "isFilterable", !is_virtual))
        .sortable(flag(value, "isSortable", !is_virtual))
        .read_only(flag(value, "isReadOnly", is_virtual && value["set"] != true))
        .required(flag(value, "isRequired", false));
    if let Some(column) = value["column"].as_str() {
        field = field.column(column);
    }
    list(&value["validations"]).iter().fold(field, |field, check| {
        let validation = Validation::new(text(&check["type"])).value(check["value"].clone());
        field.validation(match check["message"].as_str() {
            Some(message) => validation.message(message),
            None => validation,
        })
    })
}

/// The vendor's declaration with the keys that it leaves to its writer.
fn action(value: &Value, endpoints: &[(String, String)]) -> Action {
    let name = text(&value["name"]);
    let (_, endpoint) = endpoints
        .iter()
        .find(|(action, _)| action == name)
        .unwrap_or_else(|| panic!("{name} is not in the expected text"));
    let mut value = value.clone();
    value["endpoint"] = endpoint.as_str().into();
    let change = value["hooks"]["change"].as_array();
    let change = change.map(|names| names.iter().map(|name| text(name).to_owned()).collect());
    let load = flag(&value["hooks"], "load", false);
    let mut action: Action = serde_json::from_value(value).unwrap();
    action.hooks.load = load;
    action.hooks.change = change;
    action
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn flag(value: &Value, key: &str, default: bool) -> bool {
    value[key].as_bool().unwrap_or(default)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
