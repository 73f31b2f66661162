//! Equality and order of values, by PostgreSQL's rules. Values of different types are neither equal nor ordered, except for
//! numbers.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::super::key::Key;
use super::super::value::{Decimal, Value};

/// Normalizes a value, so that equal values are `==` and have the same hash, regardless of their type of number.
pub(super) fn normal(value: &Value) -> Value {
    match value {
        Value::Decimal(number) => number.to_i64().map_or_else(|| value.clone(), Value::Integer),
        Value::List(values) => Value::List(values.iter().map(normal).collect()),
        Value::Json(json) => Value::Json(normal_json(json)),
        other => other.clone(),
    }
}

/// Normalizes numbers, and sorts members.
pub(super) fn normal_json(json: &Json) -> Json {
    match json {
        Json::Number(number) => Decimal::parse(&number.to_string())
            .and_then(|number| number.to_i64())
            .map_or_else(|| json.clone(), Json::from),
        Json::Array(values) => values.iter().map(normal_json).collect(),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let members = members.into_iter();
            members
                .map(|(name, value)| (name.clone(), normal_json(value)))
                .collect()
        }
        other => other.clone(),
    }
}

pub(super) fn normal_key(key: &Key) -> Key {
    Key::from_parts(key.parts().iter().map(normal).collect())
}

pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Integer(_), Value::Decimal(_)) | (Value::Decimal(_), Value::Integer(_)) => {
            order(left, right) == Some(Ordering::Equal)
        }
        (Value::List(_), Value::List(_)) | (Value::Json(_), Value::Json(_)) => normal(left) == normal(right),
        _ => left == right,
    }
}

/// Compares two values; `None` if they have no order. Texts are ordered by their bytes.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
        (Value::Integer(left), Value::Decimal(right)) => Decimal::from(*left).cmp(right),
        (Value::Decimal(left), Value::Integer(right)) => left.cmp(&Decimal::from(*right)),
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Instant(left), Value::Instant(right)) => left.cmp(right),
        (Value::Day(left), Value::Day(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Uuid { value: left, .. }, Value::Uuid { value: right, .. }) => left.cmp(right),
        (Value::Binary(left), Value::Binary(right)) => left.cmp(right),
        (Value::List(left), Value::List(right)) => {
            for (left, right) in left.iter().zip(right) {
                match order(left, right)? {
                    Ordering::Equal => {}
                    decided => return Some(decided),
                }
            }
            left.len().cmp(&right.len())
        }
        _ => return None,
    })
}

/// A total order of values: by type, then by [`order`], then by text.
pub(super) fn total_order(left: &Value, right: &Value) -> Ordering {
    let by_type = rank(left).cmp(&rank(right));
    by_type.then_with(|| order(left, right).unwrap_or_else(|| left.to_string().cmp(&right.to_string())))
}

/// The rank of the value's type; all numbers have the same.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Text(_) => 0,
        Value::Integer(_) | Value::Decimal(_) => 1,
        Value::Boolean(_) => 2,
        Value::Instant(_) => 3,
        Value::Day(_) => 4,
        Value::Time(_) => 5,
        Value::Uuid { .. } => 6,
        Value::Json(_) => 7,
        Value::Binary(_) => 8,
        Value::List(_) => 9,
    }
}

/// A key that is ordered by [`total_order`].
#[derive(Debug, Clone)]
pub(super) struct OrderedKey(pub(super) Key);

impl Ord for OrderedKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.0.parts(), other.0.parts());
        left.iter()
            .zip(right)
            .map(|(left, right)| total_order(left, right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| left.len().cmp(&right.len()))
    }
}

impl PartialOrd for OrderedKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OrderedKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OrderedKey {}
