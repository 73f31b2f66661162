//! The rows of one collection, typed and in key order.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::draft::Draft;
use super::super::error::SourceProblem;
use super::super::key::Key;
use super::super::model::CollectionModel;
use super::super::value::Value;
use super::super::value_type::ValueType;
use super::compare::OrderedKey;
use super::json::{self, InvalidValue};
use super::write::next_key;

/// The values of a record, in the order of the collection's fields.
pub(super) type Row = Vec<Option<Value>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    rows: BTreeMap<OrderedKey, Row>,
    /// The indexes of the key's fields in a row.
    key: Vec<usize>,
    /// The number of rows that were ever added; it is the key of a row in a collection without one.
    added: i64,
}

/// The reason why a row is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRow {
    #[error("expected a JSON object")]
    NotAnObject,
    #[error("there is no field `{0}`")]
    UnknownField(String),
    #[error(transparent)]
    Value(#[from] InvalidValue),
    #[error("field `{0}`: it cannot be null")]
    Null(String),
    #[error("field `{0}`: the key cannot be null")]
    NullKey(String),
    #[error("there is a record `{0}` already")]
    Duplicate(Key),
    #[error("its records have no key")]
    NoKey,
    #[error("there is no record `{0}`")]
    UnknownKey(Key),
}

impl Table {
    pub(super) fn new(model: &CollectionModel) -> Self {
        let place = |name: &String| model.fields.iter().position(|field| field.name == *name);
        Self {
            key: model.key.iter().filter_map(place).collect(),
            ..Self::default()
        }
    }

    /// The rows in key order; without a key, in the order of insertion.
    pub(super) fn rows(&self) -> &BTreeMap<OrderedKey, Row> {
        &self.rows
    }

    /// Returns whether the key consists of this field.
    pub(super) fn is_key(&self, field: usize) -> bool {
        self.key == [field]
    }

    pub(super) fn insert(&mut self, model: &CollectionModel, row: &Json) -> Result<(), InvalidRow> {
        let row = typed(model, row)?;
        let key = match self.key_of(model, &row)? {
            Some(key) => key,
            None => OrderedKey(Key::one(self.added)),
        };
        if self.rows.contains_key(&key) {
            return Err(InvalidRow::Duplicate(key.0));
        }
        self.rows.insert(key, row);
        self.added += 1;
        Ok(())
    }

    pub(super) fn replace(&mut self, model: &CollectionModel, row: &Json) -> Result<(), InvalidRow> {
        let row = typed(model, row)?;
        let key = self.key_of(model, &row)?.ok_or(InvalidRow::NoKey)?;
        match self.rows.get_mut(&key) {
            Some(known) => *known = row,
            None => return Err(InvalidRow::UnknownKey(key.0)),
        }
        Ok(())
    }

    /// Adds a row, whose key may be given by the table.
    pub(super) fn create(&mut self, model: &CollectionModel, draft: &Draft) -> Result<Key, InvalidRow> {
        let mut row: Row = model
            .fields
            .iter()
            .map(|field| match draft.has(&field.name) {
                true => Ok(draft.get(&field.name).cloned()),
                false => json::read(field, &field.default_value),
            })
            .collect::<Result<_, _>>()?;
        if let [place] = self.key.as_slice()
            && let (Some(value @ None), Some(field)) = (row.get_mut(*place), model.fields.get(*place))
            && let is_uuid = field.value_type == ValueType::Uuid
            && (is_uuid || field.value_type == ValueType::Integer)
        {
            *value = next_key(self.rows.keys().next_back().map(|key| &key.0), is_uuid);
        }
        not_null(model, &row)?;
        let key = self.key_of(model, &row)?.ok_or(InvalidRow::NoKey)?;
        if self.rows.contains_key(&key) {
            return Err(InvalidRow::Duplicate(key.0));
        }
        self.rows.insert(key.clone(), row);
        self.added += 1;
        Ok(key.0)
    }

    /// Sets the fields of a draft on a row, whose key may change. Returns whether the row exists.
    pub(super) fn update(&mut self, model: &CollectionModel, key: &Key, draft: &Draft) -> Result<bool, InvalidRow> {
        let old = OrderedKey(key.clone());
        let Some(mut row) = self.rows.get(&old).cloned() else {
            return Ok(false);
        };
        for (field, value) in model.fields.iter().zip(&mut row) {
            if draft.has(&field.name) {
                *value = draft.get(&field.name).cloned();
            }
        }
        not_null(model, &row)?;
        let new = self.key_of(model, &row)?.ok_or(InvalidRow::NoKey)?;
        if new != old && self.rows.contains_key(&new) {
            return Err(InvalidRow::Duplicate(new.0));
        }
        self.rows.remove(&old);
        self.rows.insert(new, row);
        Ok(true)
    }

    pub(super) fn remove(&mut self, key: &Key) -> bool {
        !self.key.is_empty() && self.rows.remove(&OrderedKey(key.clone())).is_some()
    }

    /// The key of a row; `None` in a collection without a key.
    fn key_of(&self, model: &CollectionModel, row: &Row) -> Result<Option<OrderedKey>, InvalidRow> {
        if self.key.is_empty() {
            return Ok(None);
        }
        let part = |place: &usize| {
            let value = row.get(*place).cloned().flatten();
            value.ok_or_else(|| {
                let field = model.fields.get(*place);
                InvalidRow::NullKey(field.map_or_else(String::new, |field| field.name.clone()))
            })
        };
        let parts = self.key.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Some(OrderedKey(Key::from_parts(parts))))
    }
}

fn not_null(model: &CollectionModel, row: &Row) -> Result<(), InvalidRow> {
    let mut both = model.fields.iter().zip(row);
    match both.find(|(field, value)| !field.is_nullable && value.is_none()) {
        Some((field, _)) => Err(InvalidRow::Null(field.name.clone())),
        None => Ok(()),
    }
}

/// The values of a JSON object.
fn typed(model: &CollectionModel, row: &Json) -> Result<Row, InvalidRow> {
    let members = row.as_object().ok_or(InvalidRow::NotAnObject)?;
    if let Some(unknown) = members.keys().find(|name| model.find_field(name).is_none()) {
        return Err(InvalidRow::UnknownField(unknown.clone()));
    }
    let fields = model.fields.iter();
    let values = fields.map(|field| {
        let value = json::read(field, members.get(&field.name).unwrap_or(&field.default_value))?;
        match value {
            None if !field.is_nullable => Err(InvalidRow::Null(field.name.clone())),
            value => Ok(value),
        }
    });
    values.collect()
}

/// The mistakes in a model on its own. References between collections are checked at start, for every source alike.
pub(super) fn model_problems(model: &CollectionModel) -> impl Iterator<Item = SourceProblem> {
    let unknown = model.key.iter().filter(|name| model.find_field(name).is_none());
    unknown.map(|name| SourceProblem::new(format!("collection `{}`: its key names no field: `{name}`", model.name)))
}
