//! The condition of each operator, also for records without a value, and refused leaves.

use serde_json::json;

use super::super::fixture::{models, number, on, resolver};
use super::super::operator::every_operator;
use super::*;
use crate::records::Filter;

fn resolved(field: &str, operator: &str, value: Json) -> Result<Condition, (u16, String)> {
    let models = models();
    let operator = Operator::parse(operator).unwrap();
    resolver(&models)
        .filter(models.get("companies").unwrap(), &Filter::leaf(field, operator, value))
        .map_err(QueryError::answered)
}

fn contains(text: &str, ignores_case: bool) -> TextTest {
    TextTest::Contains {
        text: text.to_owned(),
        ignores_case,
    }
}

fn integers(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().copied().map(Value::Integer).collect()
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().copied().map(Value::from).collect()
}

fn or_null(field: &str, test: Test) -> Condition {
    Condition::Any(vec![on(field, Test::IsNull), on(field, test)])
}

#[test]
fn equality_and_null() {
    let name = |test| on("name", test);
    for (operator, value, expected) in [
        ("equal", json!("a"), name(Test::Equal("a".into()))),
        ("equal", json!(""), name(Test::Equal("".into()))),
        ("equal", json!(null), name(Test::IsNull)),
        ("not_equal", json!("a"), name(Test::NotEqual("a".into()))),
        ("not_equal", json!(null), name(Test::IsNotNull)),
        ("not", json!("a"), name(Test::NotEqual("a".into()))),
        ("not", json!(null), name(Test::IsNotNull)),
        ("not", json!(["a", null]), name(Test::NotIn(texts(&["a"])))),
        ("not", json!([]), name(Test::IsNotNull)),
        ("present", json!("ignored"), name(Test::IsNotNull)),
        ("missing", json!(null), name(Test::IsNull)),
        ("blank", json!(null), or_null("name", Test::Equal("".into()))),
        ("greater_than", json!("m"), name(Test::Greater("m".into()))),
        ("greater_than", json!(null), Condition::never()),
        ("less_than_or_equal", json!(null), Condition::never()),
    ] {
        assert_eq!(
            resolved("name", operator, value.clone()),
            Ok(expected),
            "{operator} {value}"
        );
    }
    let active = |test| or_null("is_active", test);
    for flag in [true, false] {
        assert_eq!(
            resolved("is_active", "not", json!(flag)),
            Ok(active(Test::NotEqual(Value::Boolean(flag))))
        );
        let not_equal = on("is_active", Test::NotEqual(Value::Boolean(flag)));
        assert_eq!(resolved("is_active", "not_equal", json!(flag)), Ok(not_equal));
    }
    // the text of a flag is a value like any other
    let not_true = on("is_active", Test::NotEqual(Value::Boolean(true)));
    assert_eq!(resolved("is_active", "not", json!("true")), Ok(not_true));
    // only texts can be empty
    for field in ["is_active", "external_ref", "industry", "tags", "metadata", "place"] {
        assert_eq!(
            resolved(field, "blank", json!("x")),
            Ok(on(field, Test::IsNull)),
            "{field}"
        );
    }
    // every type supports the comparison with null
    for field in ["tags", "metadata", "place", "logo", "employees", "created_at"] {
        assert_eq!(
            resolved(field, "equal", json!(null)),
            Ok(on(field, Test::IsNull)),
            "{field}"
        );
        assert_eq!(
            resolved(field, "not_equal", json!(null)),
            Ok(on(field, Test::IsNotNull)),
            "{field}"
        );
    }
}

#[test]
fn sel_13_in_accepts_a_list_or_a_text_with_commas() {
    let employees = |numbers: &[i64]| on("employees", Test::In(integers(numbers)));
    let city = |values: &[&str]| on("city", Test::In(texts(values)));
    for (field, operator, value, expected) in [
        ("employees", "in", json!("15, 42"), employees(&[15, 42])),
        ("employees", "in", json!(["15", 42, null]), employees(&[15, 42])),
        ("city", "in", json!(""), city(&[""])),
        ("city", "in", json!(" a ,b,"), city(&["a", "b", ""])),
        ("city", "in", json!(["a,b", " c "]), city(&["a,b", " c "])),
        ("city", "in", json!([]), Condition::never()),
        ("city", "in", json!([null]), Condition::never()),
        ("city", "in", json!(5), Condition::never()),
        ("city", "not_in", json!([]), Condition::always()),
        ("city", "not_in", json!([null]), on("city", Test::IsNotNull)),
        (
            "city",
            "not_in",
            json!("a"),
            or_null("city", Test::NotIn(texts(&["a"]))),
        ),
        (
            "city",
            "not_in",
            json!(["a", null]),
            on("city", Test::NotIn(texts(&["a"]))),
        ),
    ] {
        assert_eq!(
            resolved(field, operator, value.clone()),
            Ok(expected),
            "{field} {operator} {value}"
        );
    }
    let days = resolved("founded_on", "in", json!("2024-05-15, 2024-05-16"));
    assert!(matches!(days, Ok(Condition::Field(_, Test::In(days))) if days.len() == 2));
    for value in [json!(null), json!(true), json!({"a": 1}), json!([["a"]]), json!([1])] {
        assert_eq!(resolved("city", "in", value.clone()).unwrap_err().0, 400, "{value}");
    }
    assert_eq!(resolved("employees", "in", json!("15,x")).unwrap_err().0, 400);
}

#[test]
fn comparisons_convert_to_the_type_of_the_field() {
    for (field, operator, value, expected) in [
        ("revenue", "greater_than", json!("38"), Test::Greater(number("38"))),
        ("revenue", "equal", json!("10.00"), Test::Equal(number("10"))),
        ("employees", "less_than", json!(2.5), Test::Less(number("2.5"))),
        ("employees", "after", json!(2), Test::Greater(Value::Integer(2))),
        ("employees", "before", json!(2), Test::Less(Value::Integer(2))),
        (
            "employees",
            "greater_than_or_equal",
            json!(2),
            Test::GreaterOrEqual(Value::Integer(2)),
        ),
        (
            "employees",
            "less_than_or_equal",
            json!(2),
            Test::LessOrEqual(Value::Integer(2)),
        ),
        ("industry", "equal", json!("tech"), Test::Equal("tech".into())),
        // the declared values may be outdated
        ("industry", "equal", json!("mining"), Test::Equal("mining".into())),
        ("is_active", "equal", json!("true"), Test::Equal(Value::Boolean(true))),
        (
            "founded_on",
            "after",
            json!("1991-12-12"),
            Test::Greater(Value::Day("1991-12-12".parse().unwrap())),
        ),
        (
            "created_at",
            "before",
            json!("2024-01-01T01:00:00+01:00"),
            Test::Less(Value::Instant("2024-01-01T00:00:00Z".parse().unwrap())),
        ),
        (
            "opens_at",
            "less_than",
            json!("09:30"),
            Test::Less(Value::Time("09:30:00".parse().unwrap())),
        ),
        (
            "tags",
            "equal",
            json!(["a", "b"]),
            Test::Equal(Value::List(texts(&["a", "b"]))),
        ),
    ] {
        assert_eq!(
            resolved(field, operator, value.clone()),
            Ok(on(field, expected)),
            "{field} {operator} {value}"
        );
    }
}

#[test]
fn texts_are_taken_literally_except_by_like() {
    let name = |test| on("name", Test::Text(test));
    let text = "50%_\\".to_owned();
    let like = |pattern: &str, ignores_case| TextTest::Like {
        pattern: pattern.to_owned(),
        ignores_case,
    };
    let not_contains = |ignores_case| TextTest::NotContains {
        text: text.clone(),
        ignores_case,
    };
    let starts_with = |ignores_case| TextTest::StartsWith {
        text: text.clone(),
        ignores_case,
    };
    let ends_with = |ignores_case| TextTest::EndsWith {
        text: text.clone(),
        ignores_case,
    };
    for (operator, expected) in [
        ("contains", contains(&text, false)),
        ("i_contains", contains(&text, true)),
        ("not_contains", not_contains(false)),
        ("not_i_contains", not_contains(true)),
        ("starts_with", starts_with(false)),
        ("i_starts_with", starts_with(true)),
        ("ends_with", ends_with(false)),
        ("i_ends_with", ends_with(true)),
        // a trailing `\` that escapes nothing is literal
        ("like", like("50%_\\\\", false)),
        ("i_like", like("50%_\\\\", true)),
    ] {
        assert_eq!(
            resolved("name", operator, json!(text)),
            Ok(name(expected)),
            "{operator}"
        );
    }
    assert_eq!(resolved("name", "like", json!("a\\\\")), Ok(name(like("a\\\\", false))));
    assert_eq!(resolved("name", "contains", json!(42)), Ok(name(contains("42", false))));
    for operator in ["contains", "i_contains", "starts_with", "i_ends_with"] {
        assert_eq!(
            resolved("name", operator, json!("")),
            Ok(on("name", Test::IsNotNull)),
            "{operator}"
        );
    }
    for operator in ["not_contains", "not_i_contains"] {
        assert_eq!(
            resolved("name", operator, json!("")),
            Ok(Condition::never()),
            "{operator}"
        );
    }
    for (operator, value, expected) in [
        ("longer_than", json!(3), on("name", Test::LongerThan(3))),
        ("shorter_than", json!("3"), on("name", Test::ShorterThan(3))),
        ("longer_than", json!(-1), on("name", Test::IsNotNull)),
        ("shorter_than", json!(-1), Condition::never()),
    ] {
        assert_eq!(resolved("name", operator, value), Ok(expected), "{operator}");
    }
    for (operator, value) in [
        ("contains", json!(null)),
        ("contains", json!(["a"])),
        ("like", json!({})),
        ("like", json!("%a".repeat(501))),
        ("longer_than", json!("many")),
        ("longer_than", json!(null)),
    ] {
        assert_eq!(resolved("name", operator, value).unwrap_err().0, 400, "{operator}");
    }
}

#[test]
fn lists_include_all_or_none() {
    for (operator, value, expected) in [
        (
            "includes_all",
            json!(["red", "blue"]),
            on("tags", Test::HasAll(texts(&["red", "blue"]))),
        ),
        ("includes_all", json!([]), on("tags", Test::IsNotNull)),
        ("includes_all", json!(["red", null]), Condition::never()),
        (
            "includes_none",
            json!(["red", null]),
            or_null("tags", Test::HasNone(texts(&["red"]))),
        ),
        ("includes_none", json!([]), Condition::always()),
    ] {
        assert_eq!(
            resolved("tags", operator, value.clone()),
            Ok(expected),
            "{operator} {value}"
        );
    }
    let gold = resolved("metadata", "includes_all", json!([{"tier": "gold"}]));
    assert_eq!(
        gold,
        Ok(on("metadata", Test::HasAll(vec![Value::Json(json!({"tier": "gold"}))])))
    );
    for value in [json!("red"), json!(1), json!(null), json!([["red"]])] {
        assert_eq!(
            resolved("tags", "includes_all", value.clone()).unwrap_err().0,
            400,
            "{value}"
        );
    }
}

#[test]
fn sel_14_a_moment_stands_for_its_millisecond() {
    let moment = |text: &str| Value::Instant(text.parse().unwrap());
    // also beyond the range of nanosecond timestamps
    for (sent, first, next) in [
        (
            "2024-05-15T10:30:00.1239Z",
            "2024-05-15T10:30:00.123Z",
            "2024-05-15T10:30:00.124Z",
        ),
        (
            "1500-01-01T00:00:00.9999Z",
            "1500-01-01T00:00:00.999Z",
            "1500-01-01T00:00:01Z",
        ),
        (
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59.999Z",
            "+10000-01-01T00:00:00Z",
        ),
    ] {
        let test = |test: Test| on("created_at", test);
        let (first, next) = (moment(first), moment(next));
        let span = Condition::All(vec![
            test(Test::GreaterOrEqual(first.clone())),
            test(Test::Less(next.clone())),
        ]);
        let others = Condition::Any(vec![
            test(Test::Less(first.clone())),
            test(Test::GreaterOrEqual(next.clone())),
        ]);
        for (operator, value, expected) in [
            ("equal", json!(sent), span.clone()),
            ("in", json!([sent]), span),
            ("not_equal", json!(sent), others.clone()),
            ("not", json!(sent), others),
            ("before", json!(sent), test(Test::Less(first.clone()))),
            ("less_than_or_equal", json!(sent), test(Test::Less(next.clone()))),
            ("after", json!(sent), test(Test::GreaterOrEqual(next))),
            ("greater_than_or_equal", json!(sent), test(Test::GreaterOrEqual(first))),
        ] {
            assert_eq!(
                resolved("created_at", operator, value),
                Ok(expected),
                "{operator} {sent}"
            );
        }
    }
}

#[test]
fn date_operators_test_moments_and_days() {
    let instant = |text: &str| Value::Instant(text.parse().unwrap());
    let day = |text: &str| Value::Day(text.parse().unwrap());
    assert_eq!(
        resolved("created_at", "today", json!(null)),
        Ok(Condition::All(vec![
            on("created_at", Test::GreaterOrEqual(instant("2024-05-14T22:00:00Z"))),
            on("created_at", Test::Less(instant("2024-05-15T22:00:00Z"))),
        ]))
    );
    assert_eq!(
        resolved("founded_on", "PreviousXDays", json!("2")),
        Ok(Condition::All(vec![
            on("founded_on", Test::GreaterOrEqual(day("2024-05-13"))),
            on("founded_on", Test::Less(day("2024-05-15"))),
        ]))
    );
    assert_eq!(
        resolved("created_at", "before_x_hours_ago", json!(3)),
        Ok(on("created_at", Test::LessOrEqual(instant("2024-05-15T07:30:00Z"))))
    );
    assert_eq!(
        resolved("created_at", "past", json!({"any": "thing"})),
        Ok(on("created_at", Test::LessOrEqual(instant("2024-05-15T10:30:00Z"))))
    );
    for value in [json!(null), json!("soon"), json!([1]), json!(1_000_001)] {
        let (status, text) = resolved("created_at", "previous_x_days", value).unwrap_err();
        assert_eq!(status, 400);
        assert!(text.contains("'created_at'") && text.contains("whole number"), "{text}");
    }
}

#[test]
fn sel_15_an_unsupported_operator_is_refused_with_the_supported_ones() {
    for (field, operator, value) in [
        ("employees", "contains", json!("1")),
        ("name", "today", json!(null)),
        ("is_active", "greater_than", json!(true)),
        ("metadata", "equal", json!({})),
        ("tags", "in", json!(["a"])),
        ("logo", "equal", json!("a")),
        ("name", "includes_all", json!(["a"])),
    ] {
        let (status, text) = resolved(field, operator, value).unwrap_err();
        assert_eq!(status, 400);
        let start = format!("The given operator '{operator}' is not supported by the field '{field}'.");
        assert!(
            text.starts_with(&start) && text.contains("present, blank, missing"),
            "{text}"
        );
    }
}

#[test]
fn sel_15_a_value_of_another_type_is_refused_with_the_name_of_the_field() {
    for (field, value, expected) in [
        ("employees", json!("abc"), "expected a number, found \"abc\""),
        ("employees", json!(true), "expected a number, found true"),
        ("name", json!(42), "expected a text, found 42"),
        ("name", json!(["a"]), "expected a text, found a list"),
        ("is_active", json!(1), "expected true or false, found 1"),
        ("external_ref", json!("7"), "expected a UUID, found \"7\""),
        ("created_at", json!("not a date"), "found \"not a date\""),
        ("founded_on", json!({"a": 1}), "found an object"),
    ] {
        let (status, text) = resolved(field, "equal", value).unwrap_err();
        assert_eq!(status, 400);
        assert!(
            text.contains(&format!("'{field}'")) && text.ends_with(expected),
            "{text}"
        );
    }
    let (_, long) = resolved("employees", "equal", json!("x".repeat(100_000))).unwrap_err();
    assert!(long.len() < 300);
}

#[test]
fn nul_characters_and_long_lists_are_refused() {
    for value in [json!("a\0b"), json!(["a", "\0"]), json!({"\0": 1})] {
        for operator in ["equal", "present"] {
            let (status, text) = resolved("name", operator, value.clone()).unwrap_err();
            assert_eq!(status, 400);
            assert!(text.contains("NUL"), "{text}");
        }
    }
    for (value, is_held) in [
        (json!(vec![1; MAX_VALUES]), true),
        (json!(vec![1; MAX_VALUES + 1]), false),
        (json!("1,".repeat(MAX_VALUES)), false),
        (json!(",".repeat(1_000_000)), false),
    ] {
        assert_eq!(resolved("employees", "in", value).is_ok(), is_held);
    }
}

#[test]
fn sel_16_any_value_is_accepted_or_refused_with_400() {
    let long = "9".repeat(500);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e308),
        json!(-1e-308),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("-"),
        json!("'; DROP TABLE companies; --"),
        json!("%"),
        json!("\\"),
        json!("\u{202e}\u{feff}💥"),
        json!("99999-12-31"),
        json!("2024-02-30"),
        json!("0001-01-01T00:00:00-14:00"),
        json!("1e9999"),
        json!(long),
        json!([]),
        json!([null, 1, "a", [], {}]),
        json!({}),
        json!({"$gt": 1, "length": 3}),
    ];
    let models = models();
    let companies = models.get("companies").unwrap();
    let mut accepted = 0;
    for field in &companies.fields {
        for operator in every_operator() {
            for value in &values {
                match resolver(&models).filter(companies, &Filter::leaf(&field.name, operator, value.clone())) {
                    Ok(_) => accepted += 1,
                    Err(error) => assert_eq!(error.answered().0, 400, "{} {operator:?} {value}", field.name),
                }
            }
        }
    }
    assert!(accepted > 1_000);
}
