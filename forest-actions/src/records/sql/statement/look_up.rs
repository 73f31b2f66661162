//! Look-ups of a few keys, which come before every action. The text depends on the collection, the number of keys and the
//! scope: it is made once for these, and only keys are bound. To make it takes a tenth of the time of the look-up.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use sea_query::Values;

use super::keys::{KeyPlan, looked_up};
use super::names::{column, find_collection, find_field};
use super::{Statement, Statements};
use crate::records::condition::{Condition, Test};
use crate::records::key::Key;
use crate::records::source::RecordQuery;
use crate::records::value::Value;

/// Maximum number of look-ups of a collection; the oldest one is replaced.
const CAPACITY: usize = 64;

/// The value that is bound for a part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    expect(dead_code, reason = "each database has UUIDs of its own")
)]
pub(crate) enum KeyValue {
    Integer,
    Text,
    /// The text of a UUID as it was sent.
    UuidText,
    UuidBytes,
    Uuid,
}

impl KeyValue {
    /// `None` for a value that is not bound like this, whose statement may have another text.
    fn of(self, value: &Value) -> Option<sea_query::Value> {
        Some(match (self, value) {
            (Self::Integer, Value::Integer(number)) => (*number).into(),
            // PostgreSQL has no NUL in a text
            (Self::Text, Value::Text(text)) if !text.contains('\0') => text.as_str().into(),
            (Self::UuidText, Value::Uuid { sent, .. }) => sent.as_str().into(),
            (Self::UuidBytes, Value::Uuid { value, .. }) => value.as_bytes().to_vec().into(),
            (Self::Uuid, Value::Uuid { value, .. }) => (*value).into(),
            _ => return None,
        })
    }
}

/// The look-ups of a database, by collection.
#[derive(Debug, Default)]
pub(crate) struct LookUps(RwLock<HashMap<String, Vec<LookUp>>>);

#[derive(Debug)]
struct LookUp {
    count: usize,
    limit: usize,
    /// The conditions besides the keys.
    others: Vec<Condition>,
    sql: Arc<str>,
    parts: Vec<KeyValue>,
    /// The values after those of the keys.
    other_values: Vec<sea_query::Value>,
    plan: Arc<KeyPlan>,
}

impl LookUps {
    /// The statement of a look-up like one before.
    pub(crate) fn find(&self, query: &RecordQuery, limit: usize) -> Option<(Statement, Arc<KeyPlan>)> {
        let (keys, others) = looked_up(&query.condition)?;
        let look_ups = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut look_ups = look_ups.get(&query.collection)?.iter();
        let look_up =
            look_ups.find(|known| known.count == keys.len() && known.limit == limit && known.others == others)?;
        let mut values = bound(&look_up.parts, keys)?;
        values.extend_from_slice(&look_up.other_values);
        let statement = Statement {
            sql: Arc::clone(&look_up.sql),
            values: Values(values),
            has_live_query: false,
        };
        Some((statement, Arc::clone(&look_up.plan)))
    }

    /// Keeps the statement of a query, if it is a look-up in which only the keys differ from one request to the next.
    pub(crate) fn keep(
        &self,
        statements: &Statements<'_>,
        query: &RecordQuery,
        limit: usize,
        statement: &Statement,
        plan: &Arc<KeyPlan>,
    ) {
        let Some((keys, others)) = looked_up(&query.condition) else {
            return;
        };
        if statement.has_live_query || !others.iter().all(is_exact) {
            return;
        }
        let Some(parts) = parts(statements, &query.collection) else {
            return;
        };
        let Some(values) = bound(&parts, keys) else { return };
        // the keys stand first
        let Some(other_values) = statement.values.0.strip_prefix(values.as_slice()) else {
            return;
        };
        let look_up = LookUp {
            count: keys.len(),
            limit,
            others: others.to_vec(),
            sql: Arc::clone(&statement.sql),
            parts,
            other_values: other_values.to_vec(),
            plan: Arc::clone(plan),
        };
        let mut look_ups = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let look_ups = look_ups.entry(query.collection.clone()).or_default();
        if look_ups.len() >= CAPACITY {
            look_ups.remove(0);
        }
        look_ups.push(look_up);
    }
}

fn parts(statements: &Statements<'_>, collection: &str) -> Option<Vec<KeyValue>> {
    let collection = find_collection(statements.collections, collection).ok()?;
    let part = |name: &String| {
        let column = column(collection, find_field(collection, name).ok()?).ok()?;
        statements.dialect.key_value(&column)
    };
    collection.model.key.iter().map(part).collect()
}

/// The values of the keys, of which the last one is repeated as in the statement.
fn bound(parts: &[KeyValue], keys: &[Key]) -> Option<Vec<sea_query::Value>> {
    let count = keys.len().next_power_of_two();
    // with the values of a limit and of a scope
    let mut values = Vec::with_capacity(count * parts.len() + 4);
    let repeated = keys.iter().chain(std::iter::repeat(keys.last()?)).take(count);
    for key in repeated {
        if key.parts().len() != parts.len() {
            return None;
        }
        for (part, value) in parts.iter().zip(key.parts()) {
            values.push(part.of(value)?);
        }
    }
    Some(values)
}

/// Returns whether an equal condition has the same values: equal UUIDs and numbers may be spelled differently.
fn is_exact(condition: &Condition) -> bool {
    let is_exact_value = |value: &Value| {
        matches!(
            value,
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::Day(_)
        )
    };
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().all(is_exact),
        Condition::Field(_, test) => match test {
            Test::IsNull | Test::IsNotNull | Test::Text(_) | Test::LongerThan(_) | Test::ShorterThan(_) => true,
            Test::Equal(value)
            | Test::NotEqual(value)
            | Test::Less(value)
            | Test::LessOrEqual(value)
            | Test::Greater(value)
            | Test::GreaterOrEqual(value) => is_exact_value(value),
            Test::In(values) | Test::NotIn(values) => values.iter().all(is_exact_value),
            Test::HasAll(_) | Test::HasNone(_) => false,
        },
        _ => false,
    }
}
