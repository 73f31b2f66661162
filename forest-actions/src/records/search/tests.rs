//! The searched fields for texts of each form.

use super::super::fixture::{models, models_searching, number, on, resolver};
use super::super::models::Models;
use super::*;

fn search(models: &Models, collection: &str, text: &str, extended: bool) -> Search {
    resolver(models)
        .search(models.get(collection).unwrap(), text, extended)
        .unwrap()
}

fn has(field: &str, text: &str) -> Condition {
    on(
        field,
        Test::Text(TextTest::Contains {
            text: text.to_owned(),
            ignores_case: true,
        }),
    )
}

fn is(field: &str, value: impl Into<Value>) -> Condition {
    on(field, Test::Equal(value.into()))
}

fn any(conditions: impl IntoIterator<Item = Condition>) -> Condition {
    Condition::Any(conditions.into_iter().collect())
}

#[test]
fn a_text_is_searched_in_fields_of_fitting_types() {
    let models = models();
    let texts = |text: &str| [has("name", text), has("city", text)];
    for (text, more) in [
        ("ACME", vec![]),
        ("50%_", vec![]),
        ("tech", vec![is("industry", "tech")]),
        ("TeCh", vec![is("industry", "tech")]),
        ("tec", vec![]),
        ("1999-12-31", vec![]),
        ("true", vec![]),
        ("1e2", vec![]),
        ("0x0f", vec![]),
        ("+5", vec![]),
        ("Infinity", vec![]),
    ] {
        let [name, city] = texts(text);
        let mut expected = vec![name];
        expected.extend(more);
        expected.push(city);
        assert_eq!(
            search(&models, "companies", text, false).condition,
            any(expected),
            "{text}"
        );
    }
}

#[test]
fn numbers_are_compared_where_they_are_exact() {
    let models = models();
    let found = |text: &str| {
        let Condition::Any(conditions) = search(&models, "companies", text, false).condition else {
            panic!("not one of several");
        };
        conditions
            .into_iter()
            .filter(|condition| !matches!(condition, Condition::Field(_, Test::Text(_))))
            .collect::<Vec<_>>()
    };
    let whole = |number: i64| [is("id", number), is("employees", number)];
    let [id, employees] = whole(15);
    assert_eq!(found("15"), [id, employees, on("revenue", Test::Equal(number("15")))]);
    let [id, employees] = whole(-5);
    assert_eq!(found("-5"), [id, employees, on("revenue", Test::Equal(number("-5")))]);
    assert_eq!(found("12.50"), [on("revenue", Test::Equal(number("12.5")))]);
    assert_eq!(found("9007199254740993"), whole(9_007_199_254_740_993));
    assert_eq!(found("99999999999999999999"), []);
    assert_eq!(found(&"9".repeat(999)), []);
}

#[test]
fn uuids_are_found_as_keys_and_as_plain_columns() {
    let models = models();
    let text = "C0000000-0000-4000-8000-000000000004";
    let uuid = || convert::uuid(text).unwrap();
    assert_eq!(
        search(&models, "customers", text, false).condition,
        any([is("id", uuid()), has("last_name", text)])
    );
    let found = search(&models, "companies", text, false);
    assert_eq!(
        found.condition,
        any([has("name", text), has("city", text), is("external_ref", uuid())])
    );
    assert_eq!(found.fields, ["name", "city", "external_ref"]);
    // a foreign key is a relation in the schema, unless it is a part of the key
    assert_eq!(
        search(&models, "transactions", text, false).condition,
        any([has("label", text)])
    );
    assert_eq!(
        search(&models, "assignments", text, false).condition,
        any([is("customer_id", uuid()), has("role", text)])
    );
}

#[test]
fn search_texts_are_trimmed_and_every_record_matches_a_blank_one() {
    let models = models();
    for text in ["", "   ", "\t\n"] {
        let search = search(&models, "companies", text, true);
        assert_eq!(search.condition, Condition::always());
        assert!(search.fields.is_empty());
    }
    assert_eq!(
        search(&models, "customers", "  a ", false),
        search(&models, "customers", "a", false)
    );
}

#[test]
fn sel_01_an_extended_search_includes_to_one_relations() {
    let models = models();
    assert_eq!(
        search(&models, "transactions", "acme", true),
        Search {
            condition: any([
                has("label", "acme"),
                has("customer:last_name", "acme"),
                has("emitter:name", "acme"),
                has("emitter:city", "acme"),
            ]),
            fields: vec!["label".to_owned()],
        }
    );
    // of a relation's numbers only the key is searched, and zero is never one
    assert_eq!(
        search(&models, "transactions", "7", true).condition,
        any([
            is("id", 7_i64),
            has("label", "7"),
            on("amount", Test::Equal(number("7"))),
            has("customer:last_name", "7"),
            is("emitter:id", 7_i64),
            has("emitter:name", "7"),
            has("emitter:city", "7"),
        ])
    );
    let zero = search(&models, "transactions", "0", true).condition;
    assert!(!format!("{zero:?}").contains("\"emitter\"), field: \"id\""));
    // to-many relations are not searched
    assert_eq!(
        search(&models, "companies", "acme", true),
        search(&models, "companies", "acme", false)
    );
}

#[test]
fn declared_search_fields_are_the_only_ones() {
    let models = models_searching(&["status", "emitter.city", "emitter:id", "unknown"]);
    assert_eq!(
        search(&models, "transactions", "a", false).condition,
        Condition::never()
    );
    assert_eq!(
        search(&models, "transactions", "a", true).condition,
        any([has("emitter:city", "a")])
    );
    assert_eq!(
        search(&models, "transactions", "PAID", true),
        Search {
            condition: any([is("status", "paid"), has("emitter:city", "PAID")]),
            fields: vec!["status".to_owned()],
        }
    );
    assert_eq!(
        search(&models, "transactions", "3", true).condition,
        any([is("emitter:id", 3_i64), has("emitter:city", "3")])
    );
    let none = models_searching(&[]);
    assert_eq!(search(&none, "transactions", "a", true).condition, Condition::never());
}

#[test]
fn hostile_texts_are_refused_or_searched() {
    let models = models();
    let resolver = resolver(&models);
    let companies = models.get("companies").unwrap();
    for text in ["a\0".to_owned(), "é".repeat(1_001)] {
        let error = resolver.search(companies, &text, true).unwrap_err();
        assert_eq!(error.answered().0, 400);
    }
    for text in [
        "é".repeat(1_000),
        "'; DROP TABLE a; --".to_owned(),
        "-".repeat(500),
        ".".to_owned(),
        "-.-1".to_owned(),
    ] {
        assert!(resolver.search(companies, &text, true).is_ok(), "{text}");
    }
}
