//! The schema layer against the recorded vectors of the vendor's own packages, and against arbitrary schemas.
//!
//! Each vector holds a declaration, the text of the file it gives, and the document with its hash. The declarations
//! are in the vendor's untyped form, so this file owns the adapter that builds the typed model from them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use forest_actions::schema::{
    Action, ActionField, ActionHooks, ActionType, Collection, CollectionField, FieldType, Meta, Relationship, Schema,
    Stack, Validation, compare_collections, read, write,
};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");

fn vector(path: &str) -> Value {
    let path = format!("{VECTORS}/{path}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Checks everything that a vector says: from the declaration to the file, from there to the document, and back.
fn check(name: &str) {
    let vector = vector(&format!("schema/{name}.json"));
    let (expected, apimap) = (text(&vector["expected"]), text(&vector["apimap"]));
    let slugs = endpoints(expected);

    let schema = declared(&vector["declaration"], &slugs);
    assert_eq!(schema.to_file_text(), expected);
    let document = schema.document();
    assert_eq!(document.as_str(), apimap);
    assert_eq!(document.hash(), text(&vector["schemaFileHash"]));

    let read: Schema = serde_json::from_str(expected).unwrap();
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
    let declaration = &vector("schema/03-forms.json")["declaration"];
    let schema = declared(
        declaration,
        &endpoints(text(&vector("schema/03-forms.json")["expected"])),
    );
    assert_eq!(
        schema.ignored(),
        [text(&vector("schema/03-forms.json")["logs"][0]["message"])]
    );
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
    let vector = vector("schema/04-several-collections.json");
    let schema = declared(&vector["declaration"], &endpoints(text(&vector["expected"])));
    let mut reversed = schema.clone();
    reversed.collections.reverse();
    for collection in &mut reversed.collections {
        collection.fields.reverse();
        collection.segments.reverse();
        collection.actions.reverse();
    }
    assert_ne!(reversed, schema);
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

#[test]
fn sch_11_a_default_that_json_cannot_hold_is_null() {
    let field = ActionField::new("ratio", FieldType::Number).default_value(f64::NAN);
    let action = Action::new("Odd", "/odd").field(field);
    let written = serde_json::to_value(&action).unwrap();
    assert_eq!(written["fields"][0]["defaultValue"], Value::Null);
    assert_eq!(written["hooks"], serde_json::json!({"load": false, "change": []}));
}

proptest! {
    #[test]
    fn sch_02_every_schema_is_valid_json_and_reads_back_equal(schema in any_schema()) {
        let text = schema.to_file_text();
        let read: Schema = serde_json::from_str(&text).unwrap();
        let mut sorted = schema.clone();
        sorted.sort();
        prop_assert_eq!(&read, &sorted);
        prop_assert_eq!(read.to_file_text(), text);
        prop_assert_eq!(read.document(), schema.document());
        prop_assert!(schema.diff(&read).is_empty());
        let document: Value = serde_json::from_str(schema.document().as_str()).unwrap();
        prop_assert_eq!(document["data"].as_array().unwrap().len(), schema.collections.len());
    }

    #[test]
    fn sch_02_compact_serde_and_the_printer_say_the_same(schema in any_schema()) {
        let mut sorted = schema;
        sorted.sort();
        let printed: Value = serde_json::from_str(&sorted.to_file_text()).unwrap();
        prop_assert_eq!(printed, serde_json::to_value(&sorted).unwrap());
    }
}

// --- arbitrary schemas

/// Texts that go wrong easily: quotes, controls, line separators, characters outside the basic plane.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[\\x00-\\x1f\"\\\\/\u{7f}\u{2028}\u{feff}🚀é]{0,8}",
        "[a-zA-Z _-]{1,12}"
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    any_text().prop_filter("a name is not empty", |name| !name.is_empty())
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Halves and their like: a whole float prints as an integer, as in JavaScript, and is read back as one.
        (-1_000_000..1_000_000_i32).prop_map(|number| Value::from(f64::from(number) + 0.125)),
        any_text().prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_type() -> impl Strategy<Value = FieldType> {
    let names = vec![
        "String", "Number", "Boolean", "Date", "Dateonly", "Time", "Enum", "Json", "Point", "Uuid", "File",
    ];
    let named = prop_oneof![
        prop::sample::select(names).prop_map(FieldType::from),
        any_name().prop_map(|name| FieldType::from(name.as_str()))
    ];
    named.prop_flat_map(|named| prop_oneof![Just(named.clone()), Just(FieldType::list(named))])
}

prop_compose! {
    fn any_action_field()(
        name in any_name(), field_type in any_type(), default in any_value(), required in any::<bool>(),
        enums in prop::option::of(prop::collection::vec(any_value(), 0..4)), read_only in any::<Option<bool>>(),
        [reference, description, widget, hook] in prop::array::uniform4(prop::option::of(any_text())),
    ) -> ActionField {
        let mut field = ActionField::new(name, field_type).default_value(default).required(required);
        field.enums = enums;
        field.is_read_only = read_only;
        field.reference = reference;
        field.description = description;
        field.widget = widget;
        field.hook = hook;
        field
    }
}

prop_compose! {
    fn any_action()(
        name in any_name(), endpoint in any_text(), redirect in any_value(), download in any::<bool>(),
        kind in prop::sample::select(vec![ActionType::Bulk, ActionType::Single, ActionType::Global]),
        [base_url, description, submit_button_label] in prop::array::uniform3(prop::option::of(any_text())),
        fields in prop::collection::vec(any_action_field(), 0..3),
        load in any::<bool>(), change in prop::option::of(prop::collection::vec(any_text(), 0..4)),
    ) -> Action {
        let mut action = Action::new(name, endpoint).kind(kind).redirect(redirect).download(download);
        action.base_url = base_url;
        action.description = description;
        action.submit_button_label = submit_button_label;
        action.fields = fields;
        action.hooks = ActionHooks::new().load(load);
        action.hooks.change = change;
        action
    }
}

prop_compose! {
    fn any_field()(
        name in any_name(), field_type in any_type(), default in any_value(), flags in any::<[bool; 4]>(),
        enums in prop::option::of(prop::collection::vec(any_value(), 0..4)),
        [reference, column, widget, inverse_of] in prop::array::uniform4(prop::option::of(any_text())),
        relationship in prop::option::of(any_text()), foreign in any::<Option<bool>>(),
        checks in prop::collection::vec((any_text(), any_value(), prop::option::of(any_text())), 0..2),
    ) -> CollectionField {
        let [filterable, sortable, required, read_only] = flags;
        let mut field = CollectionField::new(name, field_type).default_value(default).filterable(filterable)
            .sortable(sortable).required(required).read_only(read_only);
        field.enums = enums;
        field.reference = reference;
        field.column = column;
        field.widget = widget;
        field.inverse_of = inverse_of;
        field.relationship = relationship.map(|name| Relationship::from(name.as_str()));
        field.foreign_and_primary_key = foreign;
        for (rule, value, message) in checks {
            let mut check = Validation::new(rule).value(value);
            check.message = message;
            field = field.validation(check);
        }
        field
    }
}

prop_compose! {
    fn any_schema()(
        collections in prop::collection::vec((
            any_name(), any_text(), any::<[bool; 2]>(), prop::collection::vec(any_field(), 0..3),
            prop::collection::vec(any_name(), 0..3), prop::collection::vec(any_action(), 0..3),
        ), 0..4),
        liana in any_text(), version in any_text(), engine in prop::option::of(any_text()),
    ) -> Schema {
        let mut meta = Meta::new(liana, version);
        meta.stack = engine.map(|engine| Stack::new().orm_version("1").engine(engine));
        collections.into_iter().fold(Schema::new(meta), |schema, (name, icon, [virtual_, searchable], fields, segments, actions)| {
            let collection = if virtual_ { Collection::virtual_(name) } else { Collection::new(name) };
            let mut collection = collection.icon(icon).searchable(searchable);
            collection.fields = fields;
            collection.actions = actions;
            schema.collection(segments.into_iter().fold(collection, Collection::segment))
        })
    }
}

// --- from the vendor's declarations to the model

/// The endpoints that the vector expects, by action. Deriving them from names is another layer's work.
fn endpoints(expected: &str) -> Vec<(String, String)> {
    let expected: Value = serde_json::from_str(expected).unwrap();
    let actions = list(&expected["collections"])
        .iter()
        .flat_map(|collection| list(&collection["actions"]));
    actions
        .map(|action| (text(&action["name"]).to_owned(), text(&action["endpoint"]).to_owned()))
        .collect()
}

fn declared(declaration: &Value, endpoints: &[(String, String)]) -> Schema {
    let mut meta = Meta::new(
        text(&declaration["meta"]["liana"]),
        text(&declaration["meta"]["liana_version"]),
    );
    // The order of the stack's keys is that of the vectors, all of which were made with the same one.
    let stack = &declaration["meta"]["stack"];
    meta.stack = Some(
        Stack::new()
            .database_type(text(&stack["database_type"]))
            .engine(text(&stack["engine"]))
            .engine_version(text(&stack["engine_version"]))
            .orm_version(text(&stack["orm_version"])),
    );
    list(&declaration["collections"])
        .iter()
        .filter_map(|value| collection(value, endpoints))
        .fold(Schema::new(meta), Schema::collection)
}

fn collection(value: &Value, endpoints: &[(String, String)]) -> Option<Collection> {
    let is_smart = value["kind"] == "smart";
    if is_smart && list(&value["fields"]).is_empty() {
        // The vendor drops a collection that has neither a model nor fields.
        return None;
    }
    let mut collection = if is_smart {
        Collection::virtual_(text(&value["name"]))
    } else {
        Collection::new(text(&value["name"]))
    };
    collection.icon = optional(value, "icon");
    collection.integration = optional(value, "integration");
    collection = collection
        .read_only(flag(value, "isReadOnly", false))
        .searchable(flag(value, "isSearchable", !is_smart))
        .only_for_relationships(flag(value, "onlyForRelationships", false));
    if let Some(pagination_type) = value["paginationType"].as_str() {
        collection = collection.pagination_type(pagination_type);
    }
    for field in list(&value["fields"]) {
        collection = collection.field(collection_field(field, is_smart));
    }
    for field in list(&value["smartFields"]) {
        collection = collection.field(collection_field(field, true));
    }
    for segment in list(&value["segments"]) {
        collection = collection.segment(text(&segment["name"]));
    }
    Some(
        list(&value["actions"])
            .iter()
            .map(|value| action(value, endpoints))
            .fold(collection, Collection::action),
    )
}

fn collection_field(value: &Value, is_virtual: bool) -> CollectionField {
    let (name, field_type) = (text(&value["field"]), field_type(value));
    let mut field = if is_virtual {
        CollectionField::virtual_(name, field_type)
    } else {
        CollectionField::new(name, field_type)
    };
    field = field
        .default_value(value["defaultValue"].clone())
        .filterable(flag(value, "isFilterable", !is_virtual))
        .sortable(flag(value, "isSortable", !is_virtual))
        .read_only(flag(value, "isReadOnly", is_virtual && value["set"] != true))
        .required(flag(value, "isRequired", false));
    if value["isPrimaryKey"] == true {
        field = field.primary_key();
    }
    if let (Some(reference), Some(relationship)) = (value["reference"].as_str(), value["relationship"].as_str()) {
        field = field.reference(reference, Relationship::from(relationship));
    }
    if let Some(inverse_of) = value["inverseOf"].as_str() {
        field = field.inverse_of(inverse_of);
    }
    if let Some(column) = value["column"].as_str() {
        field = field.column(column);
    }
    if let Some(options) = value["enums"].as_array() {
        field = field.enums(options.clone());
    }
    if let Some(foreign) = value["foreignAndPrimaryKey"].as_bool() {
        field = field.foreign_and_primary_key(foreign);
    }
    list(&value["validations"]).iter().fold(field, |field, check| {
        let mut validation = Validation::new(text(&check["type"])).value(check["value"].clone());
        validation.message = optional(check, "message");
        field.validation(validation)
    })
}

fn action(value: &Value, endpoints: &[(String, String)]) -> Action {
    let name = text(&value["name"]);
    let (_, endpoint) = endpoints
        .iter()
        .find(|(action, _)| action == name)
        .unwrap_or_else(|| panic!("{name} is not in the expected text"));
    let mut action = Action::new(name, endpoint)
        .download(flag(value, "download", false))
        .redirect(value["redirect"].clone());
    if let Some(kind) = value.get("type") {
        action = action.kind(serde_json::from_value(kind.clone()).unwrap());
    }
    if let Some(http_method) = value["httpMethod"].as_str() {
        action = action.http_method(http_method);
    }
    action.base_url = optional(value, "baseUrl");
    action.description = optional(value, "description");
    action.submit_button_label = optional(value, "submitButtonLabel");
    let mut hooks = ActionHooks::new().load(flag(&value["hooks"], "load", false));
    if let Some(names) = value["hooks"]["change"].as_array() {
        hooks = hooks.change(names.iter().map(text));
    }
    list(&value["fields"])
        .iter()
        .map(action_field)
        .fold(action.hooks(hooks), Action::field)
}

fn action_field(value: &Value) -> ActionField {
    let mut field = ActionField::new(text(&value["field"]), field_type(value))
        .default_value(value["defaultValue"].clone())
        .required(flag(value, "isRequired", false));
    if let Some(options) = value["enums"].as_array() {
        field = field.enums(options.clone());
    }
    field.is_read_only = value["isReadOnly"].as_bool();
    field.reference = optional(value, "reference");
    field.description = optional(value, "description");
    field.widget = optional(value, "widget");
    field.hook = optional(value, "hook");
    field
}

fn field_type(value: &Value) -> FieldType {
    value.get("type").cloned().map(FieldType::from).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn optional(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

fn flag(value: &Value, key: &str, default: bool) -> bool {
    value[key].as_bool().unwrap_or(default)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
