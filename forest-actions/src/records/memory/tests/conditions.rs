//! The records that match each condition and test, with nulls.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{keys_of, now, records};
use crate::records::{
    Condition, Decimal, FieldPath, Key, LiveQuery, Parent, RecordError, RecordQuery, RecordSource as _, Test, TextTest,
    Value,
};

fn companies(field: &str, test: Test) -> Vec<String> {
    keys_of(&records(), "companies", Condition::Field(FieldPath::own(field), test))
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

#[test]
fn null_passes_is_null_only() {
    let text = || "x".to_owned();
    let value = || Value::from("x");
    let all = [
        Test::IsNotNull,
        Test::Equal(value()),
        Test::NotEqual(value()),
        Test::Less(value()),
        Test::LessOrEqual(value()),
        Test::Greater(value()),
        Test::GreaterOrEqual(value()),
        Test::In(vec![value()]),
        Test::In(Vec::new()),
        Test::NotIn(vec![value()]),
        Test::NotIn(Vec::new()),
        Test::LongerThan(0),
        Test::ShorterThan(9),
        Test::HasAll(Vec::new()),
        Test::HasNone(Vec::new()),
        Test::Text(TextTest::Contains {
            text: String::new(),
            ignores_case: false,
        }),
        Test::Text(TextTest::NotContains {
            text: text(),
            ignores_case: true,
        }),
        Test::Text(TextTest::StartsWith {
            text: String::new(),
            ignores_case: true,
        }),
        Test::Text(TextTest::EndsWith {
            text: String::new(),
            ignores_case: false,
        }),
        Test::Text(TextTest::Like {
            pattern: "%".to_owned(),
            ignores_case: false,
        }),
    ];
    for test in all {
        for field in ["name", "status", "revenue", "active", "created_at", "tags", "metadata"] {
            let found = companies(field, test.clone());
            assert!(!found.contains(&"1".to_owned()), "{field} {test:?}: {found:?}");
        }
    }
    assert_eq!(companies("active", Test::IsNull), ["1", "2"]);
    assert_eq!(companies("active", Test::IsNotNull), ["9", "10"]);
}

#[test]
fn values_are_compared_in_their_type() {
    assert_eq!(companies("revenue", Test::Equal(decimal("10.5"))), ["10"]);
    assert_eq!(companies("revenue", Test::Equal(10.into())), ["9"]);
    assert_eq!(companies("revenue", Test::NotEqual(decimal("10.0"))), ["2", "10"]);
    assert_eq!(companies("id", Test::Greater(decimal("2.5"))), ["9", "10"]);
    assert_eq!(companies("id", Test::GreaterOrEqual(9.into())), ["9", "10"]);
    assert_eq!(companies("id", Test::Less(2.into())), ["1"]);
    assert_eq!(companies("id", Test::LessOrEqual(2.into())), ["1", "2"]);
    assert_eq!(
        companies("revenue", Test::In(vec![decimal("-3.00"), 10.into()])),
        ["2", "9"]
    );
    assert_eq!(
        companies("revenue", Test::NotIn(vec![decimal("-3.00"), 10.into()])),
        ["10"]
    );
    assert_eq!(companies("revenue", Test::NotIn(Vec::new())), ["2", "9", "10"]);
    assert_eq!(companies("revenue", Test::In(Vec::new())), [""; 0]);
    assert_eq!(companies("status", Test::Equal("live".into())), ["10"]);
    assert_eq!(companies("active", Test::Equal(false.into())), ["9"]);
    let moment: DateTime<Utc> = "2024-05-15T12:30:00+02:00".parse().unwrap();
    assert_eq!(companies("created_at", Test::Equal(moment.into())), ["10"]);
    assert_eq!(companies("created_at", Test::Less(moment.into())), ["9"]);
    // values of another type are not equal, and not ordered
    assert_eq!(companies("name", Test::Equal(1.into())), [""; 0]);
    assert_eq!(companies("name", Test::Greater(1.into())), [""; 0]);
}

#[test]
fn texts_are_taken_literally_and_by_character() {
    let contains = |text: &str, ignores_case| {
        let text = text.to_owned();
        companies("name", Test::Text(TextTest::Contains { text, ignores_case }))
    };
    assert_eq!(contains("%_", false), ["2"]);
    assert_eq!(contains("\\", false), ["2"]);
    assert_eq!(contains("ÉC", false), [""; 0]);
    assert_eq!(contains("ÉC", true), ["10"]);
    assert_eq!(contains("", false), ["2", "9", "10"]);
    let like = |pattern: &str| {
        let pattern = pattern.to_owned();
        companies(
            "name",
            Test::Text(TextTest::Like {
                pattern,
                ignores_case: false,
            }),
        )
    };
    assert_eq!(like("_clair"), ["10"]);
    assert_eq!(like("100\\%%"), ["2"]);
    assert_eq!(companies("name", Test::LongerThan(5)), ["2", "10"]);
    assert_eq!(companies("name", Test::ShorterThan(6)), ["9"]);
}

#[test]
fn lists_and_json_are_tested_for_elements() {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    assert_eq!(companies("tags", Test::HasAll(texts(&["red"]))), ["2", "10"]);
    assert_eq!(companies("tags", Test::HasAll(texts(&["blue", "red"]))), ["10"]);
    assert_eq!(companies("tags", Test::HasAll(Vec::new())), ["2", "9", "10"]);
    assert_eq!(companies("tags", Test::HasNone(texts(&["blue"]))), ["2", "9"]);
    assert_eq!(companies("metadata", Test::HasAll(texts(&["a"]))), ["9"]);
    let object = Value::Json(json!({"b": 1}));
    assert_eq!(companies("metadata", Test::HasAll(vec![object])), ["9"]);
    assert_eq!(
        companies("metadata", Test::Equal(Value::Json(json!({"tier": "gold"})))),
        ["10"]
    );
    assert_eq!(
        companies("tags", Test::Equal(Value::List(texts(&["red", "blue"])))),
        ["10"]
    );
}

#[test]
fn conditions_combine_logically() {
    let is = |id: i32| Condition::Field(FieldPath::own("id"), Test::Equal(id.into()));
    let find = |condition| keys_of(&records(), "companies", condition);
    assert_eq!(find(Condition::always()).len(), 4);
    assert_eq!(find(Condition::never()), [""; 0]);
    assert_eq!(find(Condition::Any(vec![is(10), is(1)])), ["1", "10"]);
    assert_eq!(find(Condition::Any(vec![is(10), Condition::always()])).len(), 4);
    assert_eq!(find(Condition::All(vec![is(10), Condition::never()])), [""; 0]);
    let keys = || vec![Key::one(9), Key::one(404), Key::one(9), Key::one(2)];
    assert_eq!(find(Condition::KeyIn(keys())), ["2", "9"]);
    assert_eq!(find(Condition::KeyNotIn(keys())), ["1", "10"]);
    assert_eq!(find(Condition::KeyIn(keys()).and(is(9))), ["9"]);
    assert_eq!(find(Condition::KeyIn(Vec::new())), [""; 0]);
    assert_eq!(find(Condition::KeyIn(keys()).negated()), ["1", "10"]);
    assert_eq!(find(is(9).and(Condition::always()).negated().and(is(9))), [""; 0]);
    assert_eq!(find(Condition::never().negated()).len(), 4);
    assert_eq!(find(Condition::KeyNotIn(Vec::new())).len(), 4);
    assert_eq!(
        find(Condition::Any(vec![Condition::KeyIn(keys()), is(1)])),
        ["1", "2", "9"]
    );
}

#[test]
fn fields_of_a_missing_related_record_are_null() {
    let customers = |field: &str, test| {
        let path = FieldPath::of_relation("company", field);
        keys_of(&records(), "customers", Condition::Field(path, test))
    };
    assert_eq!(customers("name", Test::Equal("Éclair".into())), ["a", "b"]);
    assert_eq!(customers("name", Test::IsNull), ["d", "e"]);
    assert_eq!(customers("active", Test::IsNull), ["c", "d", "e"]);
    assert_eq!(customers("revenue", Test::NotEqual(0.into())), ["a", "b", "c"]);
    let path = FieldPath::of_relation("first_customer", "name");
    let of_first = Condition::Field(path, Test::Equal("Alice".into()));
    assert_eq!(
        keys_of(&records(), "companies", of_first),
        ["10"],
        "the first in key order"
    );
}

#[test]
fn sel_03_records_are_linked_to_a_parent_once() {
    let linked = |collection: &str, parent: &str, key: i32, relation: &str| {
        let parent = Parent::new(parent, Key::one(key), relation);
        keys_of(&records(), collection, Condition::LinkedTo(parent))
    };
    assert_eq!(linked("customers", "companies", 10, "customers"), ["a", "b"]);
    assert_eq!(linked("customers", "companies", 9, "customers"), [""; 0]);
    assert_eq!(
        linked("customers", "companies", 405, "customers"),
        [""; 0],
        "no such parent"
    );
    assert_eq!(linked("customers", "companies", 10, "advisors"), ["a", "b"]);
    assert_eq!(linked("customers", "companies", 9, "advisors"), ["a"]);
}

#[test]
fn per_09_composite_keys_keep_their_order() {
    let records = records();
    assert_eq!(
        keys_of(&records, "assignments", Condition::always()),
        ["a|9", "a|10", "b|10"],
        "numbers are ordered as numbers"
    );
    let pair = |customer: &str, company: i32| Key::from_parts(vec![customer.into(), company.into()]);
    let except = Condition::KeyNotIn(vec![pair("a", 9), Key::one("b")]);
    assert_eq!(keys_of(&records, "assignments", except), ["a|10", "b|10"]);
}

#[test]
fn live_queries_are_unsupported_and_unknown_names_fail() {
    let records = records();
    let ask = |collection: &str, condition| {
        let query = RecordQuery::new(collection, condition);
        now(records.count(&query, None)).unwrap_err()
    };
    let query = Condition::Query(LiveQuery::new(None, Vec::new()));
    assert!(matches!(ask("companies", query), RecordError::Unsupported(_)));
    assert!(!records.has_connection(None));
    let unknown = |path| Condition::Field(path, Test::IsNull);
    for (collection, condition) in [
        ("nothing", Condition::always()),
        ("companies", unknown(FieldPath::own("nothing"))),
        ("companies", unknown(FieldPath::of_relation("nothing", "id"))),
        ("companies", unknown(FieldPath::of_relation("customers", "id"))),
        (
            "companies",
            Condition::LinkedTo(Parent::new("companies", Key::one(1), "nothing")),
        ),
    ] {
        assert!(matches!(ask(collection, condition), RecordError::Failed(_)));
    }
}
