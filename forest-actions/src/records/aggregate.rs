//! Aggregations, from which charts are made.

use serde_json::Value as Json;

use super::condition::FieldPath;
use super::source::RecordQuery;
use super::value::Value;

/// A function over the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aggregator {
    /// The number of records, or of the values of a field that are not null.
    Count,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The largest value, or the latest.
    Max,
    /// The smallest value, or the earliest.
    Min,
}

impl Aggregator {
    /// The function of that name in the protocol, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Count, Self::Sum, Self::Avg, Self::Max, Self::Min];
        all.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }

    /// The name in the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Sum => "Sum",
            Self::Avg => "Avg",
            Self::Max => "Max",
            Self::Min => "Min",
        }
    }
}

/// One value of a query, or one of each group of its records.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Aggregation {
    /// The function.
    pub aggregator: Aggregator,
    /// The field of the values: a number, except for [`Aggregator::Count`], and for [`Aggregator::Max`] and
    /// [`Aggregator::Min`] also a moment or a day. `None` only counts.
    pub field: Option<FieldPath>,
    /// The groups. Without it, all records are one group.
    pub grouping: Option<Grouping>,
    /// The maximum number of groups. Those with the largest values come first, where a missing value counts as zero; the groups
    /// of [`Grouping::Intervals`] are in the order of time.
    pub limit: u64,
}

impl Aggregation {
    /// One value of all records.
    #[must_use]
    pub fn of(aggregator: Aggregator, field: Option<FieldPath>) -> Self {
        Self {
            aggregator,
            field,
            grouping: None,
            limit: 1,
        }
    }

    /// One value of each of the first `limit` groups.
    #[must_use]
    pub fn by(mut self, grouping: Grouping, limit: u64) -> Self {
        self.grouping = Some(grouping);
        self.limit = limit;
        self
    }
}

/// The groups of an [`Aggregation`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Grouping {
    /// A group for each value of a field, null included. Its key is the value as in [`Record::attributes`](super::Record).
    Field(FieldPath),
    /// A group for each interval between two of these bounds that has records. Its key is the index of the interval, from 0.
    /// A record on a bound is in the interval after it; those before the first bound, from the last one on, or without a value
    /// are left out.
    Intervals {
        /// A field of moments or days.
        field: FieldPath,
        /// At least two moments or days, in ascending order.
        bounds: Vec<Value>,
    },
    /// A group for each value of a field of the records that have the aggregated ones in a to-many relation. Its key is that
    /// value.
    Parents {
        /// The records with the relation.
        parents: RecordQuery,
        /// Their relation, whose target is the aggregated collection.
        relation: String,
        /// Their field.
        label: String,
    },
}

/// A group of an [`Aggregation`], with its value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Group {
    /// The key; null for all records.
    pub key: Json,
    /// A number, moment or day. `None` without values.
    pub value: Option<Value>,
}

impl Group {
    /// A group.
    #[must_use]
    pub fn new(key: Json, value: Option<Value>) -> Self {
        Self { key, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregators_are_parsed_in_any_case() {
        for name in ["Count", "Sum", "Avg", "Max", "Min"] {
            assert_eq!(Aggregator::parse(name).map(Aggregator::as_str), Some(name));
            assert!(Aggregator::parse(&name.to_lowercase()).is_some());
        }
        for name in ["", "Median", "Count(*)", "sum "] {
            assert_eq!(Aggregator::parse(name), None);
        }
    }
}
