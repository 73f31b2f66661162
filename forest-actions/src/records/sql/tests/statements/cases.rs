//! Conditions on the dataset, and the keys of the records that they hold for on every engine.

use chrono::{DateTime, NaiveDate, Utc};

use super::engines::{
    contains, customer, day, ends_with, like, moment, not_contains, number, of, own, starts_with, uuid,
};
use crate::records::condition::{Condition, Parent, Test};
use crate::records::key::Key;
use crate::records::value::Value;

pub(super) type Case = (&'static str, Condition, &'static [&'static str]);

pub(super) fn cases() -> Vec<Case> {
    let text = |text: &str| Value::Text(text.to_owned());
    let linked = |collection: &str, key: Value, relation: &str| {
        Condition::LinkedTo(Parent::new(collection, Key::one(key), relation))
    };
    vec![
        (
            "companies",
            Condition::always(),
            &[
                "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
            ],
        ),
        ("companies", Condition::never(), &[]),
        (
            "companies",
            Condition::Any(vec![Condition::never(), own("id", Test::Equal(1.into()))]),
            &["1"],
        ),
        (
            "companies",
            Condition::All(vec![Condition::always(), own("id", Test::Equal(1.into()))]),
            &["1"],
        ),
        // texts, taken literally
        (
            "companies",
            own("name", Test::Equal(text("O'Reilly \"Quotes\""))),
            &["7"],
        ),
        ("companies", own("name", contains("100%")), &["4"]),
        ("companies", own("name", contains("under_")), &["5"]),
        ("companies", own("name", contains("k\\s")), &["6"]),
        ("companies", own("name", like("under_score%")), &["5", "10"]),
        ("companies", own("name", like("under\\_score%")), &["5"]),
        ("companies", own("name", like("%\\")), &[]),
        ("companies", own("name", starts_with("ACME", true)), &["1", "2"]),
        ("companies", own("name", ends_with("inc", true)), &["6", "14"]),
        (
            "companies",
            own("name", not_contains("c", true)),
            &["4", "7", "8", "11", "13"],
        ),
        (
            "companies",
            own("name", contains("")),
            &["1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14"],
        ),
        ("companies", own("name", Test::LongerThan(16)), &["7", "12"]),
        ("companies", own("name", Test::ShorterThan(7)), &["8", "13"]),
        ("companies", own("name", Test::IsNull), &["9"]),
        (
            "companies",
            own("name", Test::NotEqual(text("Acme Corp"))),
            &["2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14"],
        ),
        // numbers
        ("companies", own("employees", Test::Equal(15.into())), &["2", "5"]),
        ("companies", own("employees", Test::Equal(number("15.0"))), &["2", "5"]),
        ("companies", own("employees", Test::Equal(number("15.5"))), &[]),
        (
            "companies",
            own("employees", Test::Greater(number("119.5"))),
            &["1", "7", "10"],
        ),
        (
            "companies",
            own("employees", Test::Less(Value::Integer(i64::MAX))),
            &["1", "2", "3", "4", "5", "7", "8", "9", "10", "11", "12", "13", "14"],
        ),
        (
            "companies",
            own("employees", Test::Equal(Value::Integer(i64::MAX))),
            &[],
        ),
        (
            "companies",
            own("employees", Test::NotEqual(number("99999999999999999999999"))),
            &["1", "2", "3", "4", "5", "7", "8", "9", "10", "11", "12", "13", "14"],
        ),
        (
            "companies",
            own(
                "employees",
                Test::In(vec![15.into(), Value::Integer(i64::MAX), number("42"), number("7.5")]),
            ),
            &["2", "3", "5", "12"],
        ),
        (
            "companies",
            own(
                "employees",
                Test::NotIn(vec![15.into(), 42.into(), Value::Integer(i64::MIN)]),
            ),
            &["1", "4", "7", "8", "9", "10", "11", "13", "14"],
        ),
        ("companies", own("employees", Test::In(Vec::new())), &[]),
        (
            "companies",
            own("employees", Test::NotIn(Vec::new())),
            &["1", "2", "3", "4", "5", "7", "8", "9", "10", "11", "12", "13", "14"],
        ),
        ("companies", own("revenue", Test::Equal(number("12.50"))), &["9", "10"]),
        (
            "companies",
            own("revenue", Test::In(vec![number("99999.99"), 42.into()])),
            &["3", "12"],
        ),
        ("companies", own("revenue", Test::LessOrEqual(0.into())), &["5", "7"]),
        (
            "customers",
            own("score", Test::Equal(number("3.14159"))),
            &["c0000000-0000-4000-8000-000000000006"],
        ),
        (
            "customers",
            own("score", Test::Greater(number(&format!("1{}", "0".repeat(390))))),
            &[],
        ),
        (
            "transactions",
            own("reference_number", Test::Equal(Value::Integer(9_007_199_254_740_993))),
            &["4"],
        ),
        (
            "transactions",
            own("reference_number", Test::Equal(Value::Integer(9_007_199_254_740_992))),
            &[],
        ),
        // yes and no
        (
            "companies",
            own("is_active", Test::Equal(false.into())),
            &["3", "5", "8", "11"],
        ),
        (
            "companies",
            own("is_active", Test::In(vec![true.into(), false.into()])),
            &["1", "2", "3", "4", "5", "7", "8", "10", "11", "12", "14"],
        ),
        // moments and days
        (
            "transactions",
            own("created_at", Test::Equal(moment("2024-05-15T10:30:00Z"))),
            &["1"],
        ),
        (
            "transactions",
            own(
                "created_at",
                Test::In(vec![moment("2024-05-15T10:30:00Z"), moment("2024-05-15T10:30:00.001Z")]),
            ),
            &["1", "3"],
        ),
        (
            "transactions",
            Condition::All(vec![
                own("created_at", Test::GreaterOrEqual(moment("2024-05-15T10:29:59.999Z"))),
                own("created_at", Test::Less(moment("2024-05-15T10:30:00.001Z"))),
            ]),
            &["1", "2"],
        ),
        (
            "transactions",
            own("created_at", Test::Less(moment("2022-12-31T23:59:59.999Z"))),
            &[],
        ),
        (
            "transactions",
            own("created_at", Test::Less(Value::Instant(DateTime::<Utc>::MIN_UTC))),
            &[],
        ),
        (
            "transactions",
            own("created_at", Test::Greater(Value::Instant(DateTime::<Utc>::MAX_UTC))),
            &[],
        ),
        ("companies", own("founded_on", Test::Equal(day("2024-05-15"))), &["4"]),
        (
            "companies",
            own("founded_on", Test::In(vec![day("2024-05-15"), day("1970-01-01")])),
            &["4", "13"],
        ),
        (
            "companies",
            own("founded_on", Test::Less(Value::Day(NaiveDate::MIN))),
            &[],
        ),
        ("companies", own("founded_on", Test::Less(day("1970-01-02"))), &["13"]),
        // UUIDs
        (
            "companies",
            own(
                "external_ref",
                Test::Equal(uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
            ),
            &["1"],
        ),
        (
            "companies",
            own(
                "external_ref",
                Test::NotEqual(uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
            ),
            &["2", "7"],
        ),
        // keys
        (
            "companies",
            Condition::KeyIn(vec![
                Key::one(3),
                Key::one(1),
                Key::one(99),
                Key::one(3),
                Key::one(i64::MAX),
            ]),
            &["1", "3"],
        ),
        ("companies", Condition::KeyIn(Vec::new()), &[]),
        (
            "companies",
            Condition::KeyNotIn((2..=13).map(Key::one).chain([Key::one(i64::MAX)]).collect()),
            &["1", "14"],
        ),
        (
            "companies",
            Condition::All(vec![Condition::KeyNotIn(Vec::new()), own("id", Test::Less(2.into()))]),
            &["1"],
        ),
        (
            "customers",
            Condition::KeyIn(vec![Key::one(customer(1)), Key::one(customer(7))]),
            &[
                "c0000000-0000-4000-8000-000000000001",
                "c0000000-0000-4000-8000-000000000007",
            ],
        ),
        (
            "customers",
            Condition::KeyNotIn(
                (1..=9)
                    .map(|number| Key::one(uuid(&customer(number).to_string().to_uppercase())))
                    .collect(),
            ),
            &["c0000000-0000-4000-8000-000000000010"],
        ),
        (
            "assignments",
            Condition::KeyIn(vec![
                Key::from_parts(vec![customer(1), 2.into()]),
                Key::from_parts(vec![customer(1), 1.into()]),
                Key::from_parts(vec![customer(9), 13.into()]),
            ]),
            &[
                "c0000000-0000-4000-8000-000000000001|2",
                "c0000000-0000-4000-8000-000000000009|13",
            ],
        ),
        (
            "assignments",
            Condition::All(vec![
                Condition::KeyNotIn(vec![Key::from_parts(vec![
                    uuid("C0000000-0000-4000-8000-000000000001"),
                    2.into(),
                ])]),
                own("role", Test::Equal(text("lead"))),
            ]),
            &[
                "c0000000-0000-4000-8000-000000000003|1",
                "c0000000-0000-4000-8000-000000000004|4",
                "c0000000-0000-4000-8000-000000000009|13",
            ],
        ),
        (
            "assignments",
            Condition::always(),
            &[
                "c0000000-0000-4000-8000-000000000001|2",
                "c0000000-0000-4000-8000-000000000001|3",
                "c0000000-0000-4000-8000-000000000002|1",
                "c0000000-0000-4000-8000-000000000003|1",
                "c0000000-0000-4000-8000-000000000004|1",
                "c0000000-0000-4000-8000-000000000004|4",
                "c0000000-0000-4000-8000-000000000006|2",
                "c0000000-0000-4000-8000-000000000009|13",
            ],
        ),
        // to-one relations: without the related record, its fields are null
        (
            "customers",
            of("company", "name", Test::Equal(text("Acme Corp"))),
            &[
                "c0000000-0000-4000-8000-000000000001",
                "c0000000-0000-4000-8000-000000000002",
            ],
        ),
        (
            "customers",
            of("company", "name", Test::IsNull),
            &[
                "c0000000-0000-4000-8000-000000000005",
                "c0000000-0000-4000-8000-000000000007",
            ],
        ),
        (
            "customers",
            of("company", "created_at", Test::Greater(moment("2024-05-15T00:00:00Z"))),
            &["c0000000-0000-4000-8000-000000000008"],
        ),
        (
            "customers",
            of("company", "shout", Test::Equal(text("ACME LABS?"))),
            &["c0000000-0000-4000-8000-000000000003"],
        ),
        (
            "transactions",
            Condition::All(vec![
                of("emitter", "id", Test::Equal(1.into())),
                of("beneficiary", "city", Test::Equal(text("Paris"))),
                of("customer", "first_name", contains("lic")),
            ]),
            &["2"],
        ),
        (
            "transactions",
            Condition::Any(vec![
                of("beneficiary", "id", Test::Equal(12.into())),
                of("emitter", "id", Test::Equal(6.into())),
            ]),
            &["11", "17", "40"],
        ),
        // at most one related record
        (
            "companies",
            of("first_emitted", "id", Test::IsNotNull),
            &["1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "13", "14"],
        ),
        (
            "companies",
            of("first_emitted", "label", Test::Equal(text("invoice 002"))),
            &[],
        ),
        (
            "companies",
            of("first_emitted", "label", Test::Equal(text("Invoice 001"))),
            &["1"],
        ),
        ("companies", of("sibling", "id", Test::Equal(2.into())), &["2", "5"]),
        (
            "customers",
            of("assignment", "company_id", Test::Equal(2.into())),
            &[
                "c0000000-0000-4000-8000-000000000001",
                "c0000000-0000-4000-8000-000000000006",
            ],
        ),
        // parents
        (
            "transactions",
            linked("companies", 13.into(), "emitted"),
            &["15", "36", "37", "38", "39"],
        ),
        ("transactions", linked("customers", customer(7), "purchases"), &["14"]),
        (
            "customers",
            linked("companies", 1.into(), "advisors"),
            &[
                "c0000000-0000-4000-8000-000000000002",
                "c0000000-0000-4000-8000-000000000003",
                "c0000000-0000-4000-8000-000000000004",
            ],
        ),
        ("companies", linked("customers", customer(4), "advised"), &["1", "4"]),
        ("companies", linked("companies", 2.into(), "namesakes"), &["2", "5"]),
        ("companies", linked("companies", 99.into(), "namesakes"), &[]),
        // computed fields
        ("companies", own("shout", Test::Equal(text("ACME CORP?"))), &["1"]),
        ("companies", own("doubled", Test::Equal(30.into())), &["2", "5"]),
        (
            "companies",
            Condition::All(vec![
                own("shout", contains("?")),
                of("sibling", "shout", Test::Equal(text("ACME LABS?"))),
                own("doubled", Test::Greater(29.into())),
            ]),
            &["2", "5"],
        ),
    ]
}
