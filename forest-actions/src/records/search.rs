//! Resolution of a search text to a condition, with a rule for each type of field (protocol: search).
//!
//! Unlike in the reference agent, the text is trimmed, wildcards are literal, numbers are plain decimals, and UUIDs are
//! found in every UUID field.

use super::condition::{Condition, FieldPath, Test, TextTest};
use super::convert;
use super::error::QueryError;
use super::model::{CollectionModel, FieldModel};
use super::relation::RelationModel;
use super::resolve::Resolver;
use super::value::{Decimal, Value};
use super::value_type::ValueType;

/// Maximum number of characters of a search.
const MAX_TEXT: usize = 1_000;

/// The largest integer that the reference agent compares with decimal columns.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    pub(crate) condition: Condition,
    /// The searched fields of the collection itself, in their order. Lists highlight the text in them.
    pub(crate) fields: Vec<String>,
}

/// A search text, parsed in each way in which a field can be compared with it.
struct Needle<'t> {
    text: &'t str,
    lower: String,
    number: Option<Decimal>,
    uuid: Option<Value>,
}

impl Resolver<'_> {
    /// The condition of a search. Every record matches a blank text, and no record a text that fits none of the fields.
    pub(crate) fn search(
        &self,
        collection: &CollectionModel,
        text: &str,
        extended: bool,
    ) -> Result<Search, QueryError> {
        if text.chars().count() > MAX_TEXT {
            return Err(QueryError::SearchTooLong(MAX_TEXT));
        }
        if text.contains('\0') {
            return Err(QueryError::NulInSearch);
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(Search {
                condition: Condition::always(),
                fields: Vec::new(),
            });
        }
        let needle = Needle {
            text,
            lower: text.to_lowercase(),
            number: plain_number(text),
            uuid: convert::uuid(text),
        };
        let mut conditions = Vec::new();
        let mut fields = Vec::new();
        for field in searchable(collection, |name| is_declared(collection, name)) {
            let before = conditions.len();
            conditions.extend(
                needle
                    .tests(field)
                    .into_iter()
                    .map(|test| Condition::Field(FieldPath::own(&field.name), test)),
            );
            if conditions.len() > before {
                fields.push(field.name.clone());
            }
        }
        if extended {
            for relation in collection.relations.iter().filter(|relation| !relation.is_to_many()) {
                self.search_relation(collection, relation, &needle, &mut conditions);
            }
        }
        Ok(Search {
            condition: Condition::Any(conditions),
            fields,
        })
    }

    /// Searches the texts of the related record, and its key if that is a number. Fields that the collection declares as
    /// search fields are searched like its own.
    fn search_relation(
        &self,
        collection: &CollectionModel,
        relation: &RelationModel,
        needle: &Needle<'_>,
        conditions: &mut Vec<Condition>,
    ) {
        let Some(target) = self.models.get(&relation.target) else {
            return;
        };
        let is_wanted = |name: &str| {
            collection.search_fields.as_ref().is_none_or(|declared| {
                declared
                    .iter()
                    .filter_map(|entry| entry.strip_prefix(relation.name.as_str())?.strip_prefix(['.', ':']))
                    .any(|field| field == name)
            })
        };
        for field in searchable(target, is_wanted) {
            let is_number_key = || target.key.contains(&field.name) && field.value_type == ValueType::Integer;
            let tests = match (&collection.search_fields, &field.value_type) {
                (Some(_), _) | (None, ValueType::Text) => needle.tests(field),
                (None, _) if is_number_key() => needle.key_tests(),
                _ => Vec::new(),
            };
            conditions.extend(
                tests
                    .into_iter()
                    .map(|test| Condition::Field(FieldPath::of_relation(&relation.name, &field.name), test)),
            );
        }
    }
}

/// The fields without hidden ones, and without foreign keys that the schema shows as relations.
fn searchable(collection: &CollectionModel, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &FieldModel> {
    collection
        .fields
        .iter()
        .filter(|field| !field.is_hidden && (!field.is_foreign_key || collection.key.contains(&field.name)))
        .filter(move |field| is_wanted(&field.name))
}

fn is_declared(collection: &CollectionModel, name: &str) -> bool {
    match &collection.search_fields {
        Some(declared) => declared.iter().any(|entry| entry == name),
        None => true,
    }
}

/// A decimal number without an exponent.
fn plain_number(text: &str) -> Option<Decimal> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    Decimal::parse(text).filter(|_| is_plain)
}

impl Needle<'_> {
    /// The alternative tests of a field; empty if its type cannot hold the text.
    fn tests(&self, field: &FieldModel) -> Vec<Test> {
        match &field.value_type {
            ValueType::Text => vec![Test::Text(TextTest::Contains {
                text: self.text.to_owned(),
                ignores_case: true,
            })],
            ValueType::Integer => self
                .integer()
                .map(Value::Integer)
                .map(Test::Equal)
                .into_iter()
                .collect(),
            ValueType::Decimal => self
                .number
                .clone()
                .filter(|number| match number.to_i64() {
                    Some(whole) => whole.unsigned_abs() <= MAX_SAFE_INTEGER,
                    None => number.to_f64().abs() <= MAX_SAFE_INTEGER as f64,
                })
                .map(Value::Decimal)
                .map(Test::Equal)
                .into_iter()
                .collect(),
            ValueType::Enum => field
                .enum_values
                .iter()
                .filter(|value| value.to_lowercase() == self.lower)
                .map(|value| Test::Equal(Value::Text(value.clone())))
                .collect(),
            ValueType::Uuid => self.uuid.clone().map(Test::Equal).into_iter().collect(),
            ValueType::Boolean
            | ValueType::Instant
            | ValueType::Day
            | ValueType::Time
            | ValueType::Json
            | ValueType::Point
            | ValueType::Binary
            | ValueType::List(_) => Vec::new(),
        }
    }

    fn key_tests(&self) -> Vec<Test> {
        self.integer()
            .filter(|number| *number != 0)
            .map(|number| Test::Equal(Value::Integer(number)))
            .into_iter()
            .collect()
    }

    fn integer(&self) -> Option<i64> {
        self.number.as_ref().and_then(Decimal::to_i64)
    }
}

#[cfg(test)]
mod tests;
