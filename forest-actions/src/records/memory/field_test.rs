//! Tests of a single value, by PostgreSQL's rules.

use std::cmp::Ordering;

use super::super::condition::Test;
use super::super::value::Value;
use super::compare::{normal_json, order, same};
use super::{json, text};

/// Tests a value that is not null.
pub(super) fn passes(value: &Value, test: &Test) -> bool {
    let is = |other: &Value, wanted: fn(Ordering) -> bool| order(value, other).is_some_and(wanted);
    match test {
        Test::IsNull => false,
        Test::IsNotNull => true,
        Test::Equal(other) => same(value, other),
        Test::NotEqual(other) => !same(value, other),
        Test::Less(other) => is(other, Ordering::is_lt),
        Test::LessOrEqual(other) => is(other, Ordering::is_le),
        Test::Greater(other) => is(other, Ordering::is_gt),
        Test::GreaterOrEqual(other) => is(other, Ordering::is_ge),
        // `FieldCheck::of` makes sets of lists at the top level
        Test::In(values) => values.iter().any(|other| same(value, other)),
        Test::NotIn(values) => !values.iter().any(|other| same(value, other)),
        Test::Text(test) => matches!(value, Value::Text(text) if text::passes(text, test)),
        Test::LongerThan(length) => characters(value).is_some_and(|found| found > u64::from(*length)),
        Test::ShorterThan(length) => characters(value).is_some_and(|found| found < u64::from(*length)),
        Test::HasAll(values) => is_list(value) && values.iter().all(|element| has(value, element)),
        Test::HasNone(values) => is_list(value) && !values.iter().any(|element| has(value, element)),
    }
}

fn characters(value: &Value) -> Option<u64> {
    match value {
        Value::Text(text) => u64::try_from(text.chars().count()).ok(),
        _ => None,
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Json(serde_json::Value::Array(_)))
}

fn has(list: &Value, element: &Value) -> bool {
    match list {
        Value::List(values) => values.iter().any(|value| same(value, element)),
        Value::Json(serde_json::Value::Array(values)) => {
            let element = match element {
                Value::Json(json) => normal_json(json),
                other => normal_json(&json::write(Some(other))),
            };
            values.iter().any(|value| json_has(&normal_json(value), &element))
        }
        _ => false,
    }
}

/// PostgreSQL's containment of JSON (`@>`), for normalized values.
fn json_has(whole: &serde_json::Value, part: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Object};
    match (whole, part) {
        (Array(whole), Array(part)) => part.iter().all(|part| whole.iter().any(|whole| json_has(whole, part))),
        (Object(whole), Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| json_has(whole, part))),
        (whole, part) => whole == part,
    }
}
