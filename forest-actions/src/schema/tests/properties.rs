//! Arbitrary schemas.

use proptest::prelude::*;
use serde_json::Value;

use crate::schema::{
    Action, ActionField, ActionHooks, ActionKind, Collection, CollectionField, FieldType, Meta, Relationship, Schema,
    Segment, Stack, Validation, pagination_type,
};

proptest! {
    #[test]
    fn sch_02_every_schema_is_valid_json_and_reads_back_equal(schema in any_schema()) {
        let text = schema.to_file_text();
        let read: Schema = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &schema);
        prop_assert_eq!(read.to_file_text(), text);
        prop_assert_eq!(read.document(), schema.document());
        prop_assert!(schema.diff(&read).is_empty());
        let document: Value = serde_json::from_str(schema.document().as_str()).unwrap();
        prop_assert_eq!(document["data"].as_array().unwrap().len(), schema.collections.len());
    }

    #[test]
    fn sch_02_compact_serde_and_the_printer_agree(schema in any_schema()) {
        let printed: Value = serde_json::from_str(&schema.to_file_text()).unwrap();
        prop_assert_eq!(printed, serde_json::to_value(&schema).unwrap());
    }
}

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
        // no whole floats: these print as integers, as in JavaScript, and are read back as such
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
        field in any_name(), field_type in any_type(), default_value in any_value(), is_required in any::<bool>(),
        enums in prop::option::of(prop::collection::vec(any_value(), 0..4)), is_read_only in any::<Option<bool>>(),
        [reference, description, widget, hook] in prop::array::uniform4(prop::option::of(any_text())),
    ) -> ActionField {
        ActionField {
            field, field_type, default_value, enums, is_required, is_read_only, reference, description, position: 0, widget, hook,
        }
    }
}

prop_compose! {
    fn any_action()(
        name in any_name(), endpoint in any_text(), redirect in any_value(), download in any::<bool>(),
        kind in prop::sample::select(vec![ActionKind::Bulk, ActionKind::Single, ActionKind::Global]),
        [base_url, description, submit_button_label] in prop::array::uniform3(prop::option::of(any_text())),
        mut fields in prop::collection::vec(any_action_field(), 0..3),
        load in any::<bool>(), change in prop::option::of(prop::collection::vec(any_text(), 0..4)),
    ) -> Action {
        for (position, field) in fields.iter_mut().enumerate() {
            field.position = position;
        }
        Action {
            name, kind, base_url, endpoint, http_method: "POST".to_owned(), description, submit_button_label, redirect, download,
            fields, hooks: ActionHooks { load, change }, layout: None,
        }
    }
}

prop_compose! {
    fn any_field()(
        field in any_name(), field_type in any_type(), default_value in any_value(), flags in any::<[bool; 4]>(),
        enums in prop::option::of(prop::collection::vec(any_value(), 0..4)),
        [reference, column, widget, inverse_of] in prop::array::uniform4(prop::option::of(any_text())),
        relationship in prop::option::of(any_text()), foreign_and_primary_key in any::<Option<bool>>(),
        checks in prop::collection::vec((any_text(), any_value(), prop::option::of(any_text())), 0..2),
    ) -> CollectionField {
        let [is_filterable, is_sortable, is_required, is_read_only] = flags;
        let check = |(rule, value, message)| Validation { rule, value, message };
        CollectionField {
            field, field_type, column, default_value, enums, is_filterable, is_read_only, is_required, is_sortable, reference,
            inverse_of, widget, foreign_and_primary_key,
            relationship: relationship.map(|name| Relationship::from(name.as_str())),
            validations: checks.into_iter().map(check).collect(),
            ..CollectionField::default()
        }
    }
}

prop_compose! {
    fn any_collection()(
        name in any_name(), icon in prop::option::of(any_text()), [is_virtual, is_searchable] in any::<[bool; 2]>(),
        fields in prop::collection::vec(any_field(), 0..3), segments in prop::collection::vec(any_name(), 0..3),
        actions in prop::collection::vec(any_action(), 0..3),
    ) -> Collection {
        Collection {
            name_old: name.clone(), name, icon, integration: None, is_read_only: false, is_searchable, is_virtual,
            only_for_relationships: false, pagination_type: pagination_type(), fields,
            segments: segments.into_iter().map(|name| Segment { name }).collect(), actions,
        }
    }
}

prop_compose! {
    fn any_schema()(
        collections in prop::collection::vec(any_collection(), 0..4),
        liana in any_text(), liana_version in any_text(), engine in prop::option::of(any_text()),
    ) -> Schema {
        let stack = engine.map(|engine| Stack::new().orm_version("1").engine(engine));
        Schema::new(Meta { liana, liana_version, stack }, collections)
    }
}
