//! Aggregation of rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::aggregate::{Aggregation, Aggregator, Group, Grouping};
use super::super::condition::FieldPath;
use super::super::error::RecordError;
use super::super::model::CollectionModel;
use super::super::source::RecordQuery;
use super::super::value::{Decimal, Value};
use super::compare::{normal, order, total_order};
use super::evaluate::{Path, View, place, relation, value_at, values_at};
use super::json;
use super::rows::Row;
use super::sum::Sum;

/// The groups to which a row belongs.
enum Groups<'a> {
    One,
    Field(Path<'a>),
    Intervals(Path<'a>, &'a [Value]),
    /// The labels of the parents, by the values that refer to them.
    Parents(Vec<usize>, HashMap<Vec<Value>, Vec<Option<&'a Value>>>),
}

/// A key that is ordered and equal as the values of a field are.
#[derive(Debug, Clone)]
struct GroupKey(Option<Value>);

impl<'a> View<'a> {
    pub(super) fn aggregate(
        &self,
        query: &'a RecordQuery,
        aggregation: &'a Aggregation,
    ) -> Result<Vec<Group>, RecordError> {
        let (model, _) = self.find(&query.collection)?;
        let measured = aggregation.field.as_ref().map(|field| self.path(model, field));
        let measured = measured.transpose()?;
        let groups = self.groups(model, aggregation)?;
        let mut totals: BTreeMap<GroupKey, Total> = BTreeMap::new();
        if matches!(groups, Groups::One) {
            totals.insert(GroupKey(None), Total::default());
        }
        for (_, row) in self.select(query, None)? {
            // a value of another record may be missing
            let value = measured.as_ref().map(|path| path.value(row));
            for key in groups.of(row) {
                totals.entry(key).or_default().add(value);
            }
        }
        let mut found: Vec<_> = totals
            .into_iter()
            .map(|(key, total)| (key, total.value(aggregation.aggregator)))
            .collect();
        if !matches!(groups, Groups::Intervals(..)) {
            // stable, so that equal values stay in the order of their keys
            found.sort_by(|(_, left), (_, right)| by_value(right.as_ref(), left.as_ref()));
        }
        found.truncate(usize::try_from(aggregation.limit).unwrap_or(usize::MAX));
        let groups = found
            .into_iter()
            .map(|(key, value)| Group::new(json::write(key.0.as_ref()), value));
        Ok(groups.collect())
    }

    fn groups(&self, model: &'a CollectionModel, aggregation: &'a Aggregation) -> Result<Groups<'a>, RecordError> {
        Ok(match &aggregation.grouping {
            None => Groups::One,
            Some(Grouping::Field(field)) => Groups::Field(self.path(model, field)?),
            Some(Grouping::Intervals { field, bounds }) => Groups::Intervals(self.path(model, field)?, bounds),
            Some(Grouping::Parents {
                parents,
                relation: name,
                label,
            }) => self.parents(model, parents, name, label)?,
        })
    }

    fn parents(
        &self,
        model: &'a CollectionModel,
        parents: &'a RecordQuery,
        name: &str,
        label: &str,
    ) -> Result<Groups<'a>, RecordError> {
        let (owner, _) = self.find(&parents.collection)?;
        let relation = relation(owner, name)?;
        let (mut locals, mut targets) = (Vec::new(), Vec::new());
        for (local, target) in relation.pairs() {
            locals.push(place(owner, local)?);
            targets.push(place(model, target)?);
        }
        let label = self.path(owner, &FieldPath::own(label))?;
        let mut labels: HashMap<Vec<Value>, Vec<Option<&'a Value>>> = HashMap::new();
        for (_, row) in self.select(parents, None)? {
            if let Some(values) = values_at(row, &locals) {
                labels.entry(values).or_default().push(label.value(row));
            }
        }
        let Some(through) = &relation.through else {
            return Ok(Groups::Parents(targets, labels));
        };
        let (links, table) = self.find(&through.collection)?;
        let (here, there) = (place(links, &through.local_key)?, place(links, &through.target_key)?);
        let pairs = table.rows().values().filter_map(|row| {
            let (here, there) = (value_at(row, here)?, value_at(row, there)?);
            Some((vec![normal(here)], vec![normal(there)]))
        });
        let mut linked: HashMap<Vec<Value>, Vec<Option<&'a Value>>> = HashMap::new();
        // records that are linked twice are related once
        for (here, there) in pairs.collect::<HashSet<_>>() {
            let labels = labels.get(&here).into_iter().flatten().copied();
            linked.entry(there).or_default().extend(labels);
        }
        Ok(Groups::Parents(targets, linked))
    }
}

impl<'a> Groups<'a> {
    fn of(&self, row: &'a Row) -> Vec<GroupKey> {
        match self {
            Self::One => vec![GroupKey(None)],
            Self::Field(path) => vec![GroupKey(path.value(row).map(normal))],
            Self::Intervals(path, bounds) => {
                let index = path.value(row).and_then(|value| interval(value, bounds));
                index
                    .map(|index| GroupKey(Some(Value::Integer(index))))
                    .into_iter()
                    .collect()
            }
            Self::Parents(targets, labels) => {
                let labels = values_at(row, targets).and_then(|values| labels.get(&values));
                let labels = labels.into_iter().flatten();
                labels.map(|label| GroupKey(label.map(normal))).collect()
            }
        }
    }
}

/// The interval of a value, which has a bound after it.
fn interval(value: &Value, bounds: &[Value]) -> Option<i64> {
    let after = bounds.partition_point(|bound| order(bound, value).is_some_and(Ordering::is_le));
    let index = after.checked_sub(1).filter(|_| after < bounds.len())?;
    i64::try_from(index).ok()
}

/// Missing values count as zero.
fn by_value(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    let zero = Value::Integer(0);
    total_order(left.unwrap_or(&zero), right.unwrap_or(&zero))
}

/// The values of one group.
#[derive(Debug, Default)]
struct Total<'a> {
    count: i64,
    sum: Sum,
    least: Option<&'a Value>,
    largest: Option<&'a Value>,
}

impl<'a> Total<'a> {
    /// Adds a record; `None` if there is no field, and `Some(None)` if its value is missing.
    fn add(&mut self, value: Option<Option<&'a Value>>) {
        let value = match value {
            None => {
                self.count += 1;
                return;
            }
            Some(None) => return,
            Some(Some(value)) => value,
        };
        self.count += 1;
        self.sum.add(value);
        let is = |one: Option<&Value>, wanted: fn(Ordering) -> bool| {
            one.is_none_or(|one| order(value, one).is_some_and(wanted))
        };
        if is(self.least, Ordering::is_lt) {
            self.least = Some(value);
        }
        if is(self.largest, Ordering::is_gt) {
            self.largest = Some(value);
        }
    }

    fn value(&self, aggregator: Aggregator) -> Option<Value> {
        match aggregator {
            Aggregator::Count => Some(Value::Integer(self.count)),
            _ if self.count == 0 => None,
            Aggregator::Sum => Some(self.sum.total()),
            Aggregator::Avg => {
                #[expect(clippy::cast_precision_loss, reason = "more rows do not fit in memory")]
                let mean = self.sum.to_f64() / self.count as f64;
                Decimal::parse(&mean.to_string()).map(Value::Decimal)
            }
            Aggregator::Max => self.largest.cloned(),
            Aggregator::Min => self.least.cloned(),
        }
    }
}

/// Missing values come last.
impl Ord for GroupKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Some(left), Some(right)) => total_order(left, right),
            (left, right) => left.is_none().cmp(&right.is_none()),
        }
    }
}

impl PartialOrd for GroupKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for GroupKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for GroupKey {}
