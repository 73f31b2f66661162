//! Evaluation of conditions.
//!
//! A condition is bound to the state of all collections first (names to indexes, parents and lists to sets), then checked
//! for each row.

use std::collections::{HashMap, HashSet};
use std::ops::Bound;

use super::super::condition::{Condition, FieldPath, Parent, Test};
use super::super::error::RecordError;
use super::super::key::Key;
use super::super::model::CollectionModel;
use super::super::relation::RelationModel;
use super::super::source::RecordQuery;
use super::super::value::Value;
use super::compare::{OrderedKey, normal, normal_key, same};
use super::field_test::passes;
use super::rows::{Row, Table};

/// One state of all collections.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    models: &'a [CollectionModel],
    tables: &'a [Table],
}

/// A condition, bound to a state.
enum Check<'a> {
    All(Vec<Check<'a>>),
    Any(Vec<Check<'a>>),
    Not(Box<Check<'a>>),
    Field(Path<'a>, FieldCheck<'a>),
    Keys { keys: HashSet<Key>, wanted: bool },
}

enum FieldCheck<'a> {
    Test(&'a Test),
    /// A set, for lists of any length.
    Among {
        values: HashSet<Value>,
        wanted: bool,
    },
}

/// The location of a value, starting at a row.
pub(super) struct Path<'a> {
    link: Option<Link<'a>>,
    field: usize,
}

/// A to-one relation.
pub(super) struct Link<'a> {
    locals: Vec<usize>,
    target: Target<'a>,
}

enum Target<'a> {
    /// The relation compares the key of the target, which is one field.
    Key(&'a Table),
    /// The first row in key order for the values of the compared fields.
    Fields(HashMap<Vec<Value>, (&'a OrderedKey, &'a Row)>),
}

impl<'a> View<'a> {
    pub(super) fn new(models: &'a [CollectionModel], tables: &'a [Table]) -> Self {
        Self { models, tables }
    }

    pub(super) fn find(&self, name: &str) -> Result<(&'a CollectionModel, &'a Table), RecordError> {
        let mut both = self.models.iter().zip(self.tables);
        both.find(|(model, _)| model.name == name)
            .ok_or_else(|| RecordError::failed(format!("there is no collection `{name}`")))
    }

    /// The rows of a query after a key, in key order.
    pub(super) fn select(
        &self,
        query: &'a RecordQuery,
        after: Option<&Key>,
    ) -> Result<impl Iterator<Item = (&'a Key, &'a Row)> + use<'a>, RecordError> {
        let (model, table) = self.find(&query.collection)?;
        let has_key = !model.key.is_empty();
        let check = self.check(model, &query.condition)?;
        let after = after.map(|key| OrderedKey(key.clone()));
        let rows: Box<dyn Iterator<Item = (&'a OrderedKey, &'a Row)> + 'a> = match few_keys(&query.condition) {
            // looks up a few keys instead of scanning all rows
            Some(keys) if has_key => {
                let mut keys: Vec<OrderedKey> = keys.iter().cloned().map(OrderedKey).collect();
                keys.sort_unstable();
                keys.dedup();
                let is_next = move |key: &OrderedKey| after.as_ref().is_none_or(|after| key > after);
                let keys = keys.into_iter().filter(is_next);
                Box::new(keys.filter_map(|key| table.rows().get_key_value(&key)))
            }
            _ => {
                let start = after.map_or(Bound::Unbounded, Bound::Excluded);
                Box::new(table.rows().range((start, Bound::Unbounded)))
            }
        };
        Ok(rows
            .map(|(key, row)| (&key.0, row))
            .filter(move |(key, row)| check.holds(key, row)))
    }

    fn check(&self, model: &'a CollectionModel, condition: &'a Condition) -> Result<Check<'a>, RecordError> {
        let each = |conditions: &'a [Condition]| -> Result<Vec<_>, RecordError> {
            conditions.iter().map(|one| self.check(model, one)).collect()
        };
        Ok(match condition {
            Condition::All(all) => Check::All(each(all)?),
            Condition::Any(any) => Check::Any(each(any)?),
            Condition::Field(path, test) => Check::Field(self.path(model, path)?, FieldCheck::of(test)),
            Condition::KeyIn(keys) => Check::keys(model, keys, true),
            Condition::KeyNotIn(keys) => Check::keys(model, keys, false),
            Condition::Not(condition) => Check::Not(Box::new(self.check(model, condition)?)),
            Condition::LinkedTo(parent) => self.linked(model, parent)?,
            Condition::Query(_) => {
                return Err(RecordError::unsupported("This collection has no query language"));
            }
        })
    }

    /// Checks that a row is linked to a parent, by the possible values of its key in the relation.
    fn linked(&self, model: &'a CollectionModel, parent: &Parent) -> Result<Check<'a>, RecordError> {
        let (parents, table) = self.find(&parent.collection)?;
        let relation = relation(parents, &parent.relation)?;
        let row = table.rows().get(&OrderedKey(parent.key.clone()));
        let value_of = |local: &str| -> Result<Option<Value>, RecordError> {
            let local = place(parents, local)?;
            Ok(row.and_then(|row| row.get(local)?.as_ref()).map(normal))
        };
        let among = |field: &str, values: HashSet<Value>| -> Result<Check<'a>, RecordError> {
            let field = place(model, field)?;
            Ok(Check::Field(
                Path { link: None, field },
                FieldCheck::Among { values, wanted: true },
            ))
        };
        if !relation.more_keys.is_empty() {
            let pairs = relation
                .pairs()
                .map(|(local, target)| among(target, value_of(local)?.into_iter().collect()));
            return Ok(Check::All(pairs.collect::<Result<_, _>>()?));
        }
        let values = match (&relation.through, value_of(&relation.local_key)?) {
            (_, None) => HashSet::new(),
            (None, Some(value)) => HashSet::from([value]),
            (Some(through), Some(value)) => {
                let (links, table) = self.find(&through.collection)?;
                let (here, there) = (place(links, &through.local_key)?, place(links, &through.target_key)?);
                let rows = table.rows().values();
                let rows = rows.filter(|row| value_at(row, here).is_some_and(|here| same(here, &value)));
                rows.filter_map(|row| value_at(row, there)).map(normal).collect()
            }
        };
        among(&relation.target_key, values)
    }

    pub(super) fn path(&self, model: &CollectionModel, path: &FieldPath) -> Result<Path<'a>, RecordError> {
        let Some(name) = &path.relation else {
            return Ok(Path {
                link: None,
                field: place(model, &path.field)?,
            });
        };
        let relation = relation(model, name)?;
        let (target, _) = self.find(&relation.target)?;
        Ok(Path {
            link: Some(self.link(model, relation)?),
            field: place(target, &path.field)?,
        })
    }

    pub(super) fn link(&self, model: &CollectionModel, relation: &RelationModel) -> Result<Link<'a>, RecordError> {
        if relation.is_to_many() {
            let text = format!("relation `{}` leads to many records", relation.name);
            return Err(RecordError::failed(text));
        }
        let (target, table) = self.find(&relation.target)?;
        let mut locals = Vec::new();
        let mut fields = Vec::new();
        for (local, compared) in relation.pairs() {
            locals.push(place(model, local)?);
            fields.push(place(target, compared)?);
        }
        let target = match fields.as_slice() {
            [only] if table.is_key(*only) => Target::Key(table),
            _ => {
                let mut first = HashMap::new();
                for (key, row) in table.rows() {
                    if let Some(values) = values_at(row, &fields) {
                        first.entry(values).or_insert((key, row));
                    }
                }
                Target::Fields(first)
            }
        };
        Ok(Link { locals, target })
    }
}

impl<'a> Link<'a> {
    pub(super) fn follow(&self, row: &Row) -> Option<(&'a OrderedKey, &'a Row)> {
        match &self.target {
            Target::Key(table) => {
                let value = value_at(row, *self.locals.first()?)?;
                table.rows().get_key_value(&OrderedKey(Key::one(value.clone())))
            }
            Target::Fields(first) => first.get(&values_at(row, &self.locals)?).copied(),
        }
    }
}

impl<'a> Path<'a> {
    pub(super) fn value(&self, row: &'a Row) -> Option<&'a Value> {
        match &self.link {
            None => value_at(row, self.field),
            Some(link) => value_at(link.follow(row)?.1, self.field),
        }
    }
}

impl<'a> Check<'a> {
    fn keys(model: &CollectionModel, keys: &[Key], wanted: bool) -> Self {
        // rows without a key are numbered, and the number must not match as an id
        let keys = if model.key.is_empty() { &[] } else { keys };
        Self::Keys {
            keys: keys.iter().map(normal_key).collect(),
            wanted,
        }
    }

    fn holds(&self, key: &Key, row: &'a Row) -> bool {
        match self {
            Self::All(checks) => checks.iter().all(|check| check.holds(key, row)),
            Self::Any(checks) => checks.iter().any(|check| check.holds(key, row)),
            Self::Not(check) => !check.holds(key, row),
            Self::Field(path, check) => check.holds(path.value(row)),
            Self::Keys { keys, wanted } => keys.contains(&normal_key(key)) == *wanted,
        }
    }
}

impl<'a> FieldCheck<'a> {
    fn of(test: &'a Test) -> Self {
        match test {
            Test::In(values) => Self::Among {
                values: values.iter().map(normal).collect(),
                wanted: true,
            },
            Test::NotIn(values) => Self::Among {
                values: values.iter().map(normal).collect(),
                wanted: false,
            },
            test => Self::Test(test),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return matches!(self, Self::Test(Test::IsNull));
        };
        match self {
            Self::Among { values, wanted } => values.contains(&normal(value)) == *wanted,
            Self::Test(test) => passes(value, test),
        }
    }
}

/// The keys to which the top level of a condition limits the records.
fn few_keys(condition: &Condition) -> Option<&[Key]> {
    match condition {
        Condition::KeyIn(keys) => Some(keys),
        Condition::All(all) => all.iter().filter_map(few_keys).min_by_key(|keys| keys.len()),
        _ => None,
    }
}

pub(super) fn value_at(row: &Row, place: usize) -> Option<&Value> {
    row.get(place)?.as_ref()
}

/// The comparable values at these places; `None` if one is missing.
pub(super) fn values_at(row: &Row, places: &[usize]) -> Option<Vec<Value>> {
    places.iter().map(|place| value_at(row, *place).map(normal)).collect()
}

pub(super) fn place(model: &CollectionModel, field: &str) -> Result<usize, RecordError> {
    let mut fields = model.fields.iter();
    fields
        .position(|known| known.name == field)
        .ok_or_else(|| RecordError::failed(format!("collection `{}` has no field `{field}`", model.name)))
}

pub(super) fn relation<'m>(model: &'m CollectionModel, name: &str) -> Result<&'m RelationModel, RecordError> {
    model
        .find_relation(name)
        .ok_or_else(|| RecordError::failed(format!("collection `{}` has no relation `{name}`", model.name)))
}
