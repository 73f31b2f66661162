//! The rows of one collection, typed and in key order.
//!
//! Owns how a JSON object becomes a row, and that each key is there once. Finding rows is `evaluate`'s.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::key::Key;
use super::super::model::CollectionModel;
use super::super::value::Value;
use super::compare::OrderedKey;
use super::json;

/// The values of a record, in the order of the collection's fields.
pub(super) type Row = Vec<Option<Value>>;

/// The rows of a collection.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    rows: BTreeMap<OrderedKey, Row>,
    /// Where the fields of the key are in a row.
    key: Vec<usize>,
    /// How many rows were ever added: the place of a row in a collection without a key.
    added: i64,
}

impl Table {
    pub(super) fn new(model: &CollectionModel) -> Self {
        let place = |name: &String| model.fields.iter().position(|field| field.name == *name);
        Self {
            key: model.key.iter().filter_map(place).collect(),
            ..Self::default()
        }
    }

    /// The rows in key order, or in the order in which they came when there is no key.
    pub(super) fn rows(&self) -> &BTreeMap<OrderedKey, Row> {
        &self.rows
    }

    /// Whether one value in this field is the whole key.
    pub(super) fn is_key(&self, field: usize) -> bool {
        self.key == [field]
    }

    pub(super) fn insert(&mut self, model: &CollectionModel, row: &Json) -> Result<(), String> {
        let row = typed(model, row)?;
        let key = match self.key_of(model, &row)? {
            Some(key) => key,
            None => OrderedKey(Key::one(self.added)),
        };
        if self.rows.contains_key(&key) {
            return Err(format!("there is a record `{}` already", key.0));
        }
        self.rows.insert(key, row);
        self.added += 1;
        Ok(())
    }

    pub(super) fn replace(&mut self, model: &CollectionModel, row: &Json) -> Result<(), String> {
        let row = typed(model, row)?;
        let key = self.key_of(model, &row)?.ok_or("its records have no key")?;
        match self.rows.get_mut(&key) {
            Some(known) => *known = row,
            None => return Err(format!("there is no record `{}`", key.0)),
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &Key) -> bool {
        !self.key.is_empty() && self.rows.remove(&OrderedKey(key.clone())).is_some()
    }

    /// The key of a row; `None` when the collection has none.
    fn key_of(&self, model: &CollectionModel, row: &Row) -> Result<Option<OrderedKey>, String> {
        if self.key.is_empty() {
            return Ok(None);
        }
        let part = |place: &usize| {
            let value = row.get(*place).cloned().flatten();
            value.ok_or_else(|| {
                let name = model.fields.get(*place).map_or("", |field| field.name.as_str());
                format!("field `{name}`: the key cannot be null")
            })
        };
        let parts = self.key.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Some(OrderedKey(Key::of(parts))))
    }
}

/// The values of a JSON object.
fn typed(model: &CollectionModel, row: &Json) -> Result<Row, String> {
    let members = row.as_object().ok_or("expected a JSON object")?;
    if let Some(unknown) = members.keys().find(|name| model.find_field(name).is_none()) {
        return Err(format!("there is no field `{unknown}`"));
    }
    let fields = model.fields.iter();
    let values = fields.map(|field| {
        let value = json::read(field, members.get(&field.name).unwrap_or(&field.default_value))?;
        match value {
            None if !field.is_nullable => Err(format!("field `{}`: it cannot be null", field.name)),
            value => Ok(value),
        }
    });
    values.collect()
}

/// What is wrong with a model on its own, apart from its rows. What it says about others is checked at start, for every
/// source alike.
pub(super) fn model_problems(model: &CollectionModel) -> Vec<String> {
    let unknown = model.key.iter().filter(|name| model.find_field(name).is_none());
    unknown
        .map(|name| format!("collection `{}`: its key names no field: `{name}`", model.name))
        .collect()
}
