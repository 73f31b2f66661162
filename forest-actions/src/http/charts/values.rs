//! The values of a chart, aggregated within the caller's scope.

use serde_json::{Map, Number, Value, json};

use super::error::ChartError;
use super::request::{ChartKind, ChartRequest, Measure};
use crate::records::Value as Aggregated;
use crate::records::{
    Aggregation, Aggregator, CollectionModel, Condition, FieldPath, Group, Grouping, QueryError, RecordAccess,
    RecordQuery, Timeline, TooManyPeriods,
};
use crate::response::ActionError;

/// Maximum number of slices of a pie. Without the others, the rest would show wrong shares.
const MAX_SLICES: u64 = 1_000;

/// Maximum number of points of a line: five years of days.
const MAX_POINTS: usize = 2_000;

/// The value of a chart (protocol: charts).
///
/// # Errors
/// 422 for too many groups or an operation that the store does not support, and failures of reading.
pub(super) async fn value(access: &RecordAccess, chart: &ChartRequest<'_>) -> Result<Value, ActionError> {
    let collection = chart.collection;
    let within = access.filtered(collection, chart.filter.as_ref())?;
    match &chart.kind {
        ChartKind::Value => {
            let mut value = Map::new();
            let current = total(access, collection, within, &chart.measure).await?;
            value.insert("countCurrent".to_owned(), current.into());
            if let Some(filter) = &chart.filter
                && let Some(before) = access.filtered_before(collection, filter)?
            {
                let previous = total(access, collection, before, &chart.measure).await?;
                value.insert("countPrevious".to_owned(), previous.into());
            }
            Ok(value.into())
        }
        ChartKind::Objective => {
            let value = total(access, collection, within, &chart.measure).await?;
            Ok(json!({ "value": value }))
        }
        ChartKind::Pie { field } => {
            let grouping = Grouping::Field(field.clone());
            let groups = groups(access, collection, within, chart.measure.by(grouping, MAX_SLICES + 1)).await?;
            if groups.len() as u64 > MAX_SLICES {
                let error = ChartError::TooManyGroups {
                    field: field.field.clone(),
                    at_most: MAX_SLICES,
                };
                return Err(error.into());
            }
            keyed(groups)
        }
        ChartKind::Line {
            field,
            is_of_days,
            range,
            zone,
        } => {
            let within = within.and(Timeline::condition(field, *is_of_days));
            let line = Line {
                access,
                collection,
                within,
                field,
            };
            let (Some(first), Some(last)) = (line.end(Aggregator::Min).await?, line.end(Aggregator::Max).await?) else {
                return Ok(json!([]));
            };
            let timeline = Timeline::new(*range, *zone, (&first, &last), MAX_POINTS);
            let timeline = timeline.ok_or_else(|| ActionError::internal("the ends of a line are not dates"))?;
            let timeline = timeline.map_err(|TooManyPeriods { first, last }| ChartError::TooManyPoints {
                at_most: MAX_POINTS,
                first,
                last,
            })?;
            line.points(&timeline, &chart.measure).await
        }
        ChartKind::Leaderboard {
            relation,
            target,
            label,
            rows,
        } => {
            let grouping = Grouping::Parents {
                parents: RecordQuery::new(&collection.name, within),
                relation: relation.clone(),
                label: label.clone(),
            };
            let related = access.scope(target)?;
            keyed(groups(access, target, related, chart.measure.by(grouping, *rows)).await?)
        }
    }
}

impl Measure {
    fn aggregation(&self) -> Aggregation {
        Aggregation::of(self.aggregator, self.field.clone())
    }

    fn by(&self, grouping: Grouping, limit: u64) -> Aggregation {
        self.aggregation().by(grouping, limit)
    }
}

/// The value of all records.
async fn total(
    access: &RecordAccess,
    collection: &CollectionModel,
    condition: Condition,
    measure: &Measure,
) -> Result<Number, ActionError> {
    let groups = groups(access, collection, condition, measure.aggregation()).await?;
    Ok(number(groups.first())?)
}

async fn groups(
    access: &RecordAccess,
    collection: &CollectionModel,
    condition: Condition,
    aggregation: Aggregation,
) -> Result<Vec<Group>, ActionError> {
    let query = RecordQuery::new(&collection.name, condition);
    let groups = access.store.source.aggregate(&query, &aggregation).await;
    Ok(groups.map_err(QueryError::from)?)
}

/// `[{"key", "value"}]`.
fn keyed(groups: Vec<Group>) -> Result<Value, ActionError> {
    let rows = groups.into_iter().map(|group| {
        let value = number(Some(&group))?;
        let key = match group.key {
            key @ (Value::Null | Value::String(_)) => key,
            other => other.to_string().into(),
        };
        Ok(json!({"key": key, "value": value}))
    });
    rows.collect()
}

/// The number of a group; a missing value is 0.
fn number(group: Option<&Group>) -> Result<Number, ChartError> {
    match group.and_then(|group| group.value.as_ref()) {
        None => Ok(0.into()),
        Some(Aggregated::Integer(number)) => Ok((*number).into()),
        Some(Aggregated::Decimal(number)) => match number.to_i64() {
            Some(number) => Ok(number.into()),
            None => Number::from_f64(number.to_f64()).ok_or(ChartError::NotFinite),
        },
        Some(_) => Err(ChartError::NotFinite),
    }
}

/// The records of a chart over time.
struct Line<'l> {
    access: &'l RecordAccess,
    collection: &'l CollectionModel,
    within: Condition,
    field: &'l FieldPath,
}

impl Line<'_> {
    /// The first or the last date.
    async fn end(&self, aggregator: Aggregator) -> Result<Option<Aggregated>, ActionError> {
        let aggregation = Aggregation::of(aggregator, Some(self.field.clone()));
        let found = groups(self.access, self.collection, self.within.clone(), aggregation).await?;
        Ok(found.into_iter().next().and_then(|group| group.value))
    }

    /// A point for each period, those without records included.
    async fn points(&self, timeline: &Timeline, measure: &Measure) -> Result<Value, ActionError> {
        let labels = timeline.labels();
        let periods = labels.len();
        let grouping = Grouping::Intervals {
            field: self.field.clone(),
            bounds: timeline.bounds(),
        };
        let aggregation = measure.by(grouping, periods as u64);
        let found = groups(self.access, self.collection, self.within.clone(), aggregation).await?;
        let mut values: Vec<Number> = vec![0.into(); periods];
        for group in &found {
            let index = group.key.as_u64().and_then(|index| usize::try_from(index).ok());
            if let Some(place) = index.and_then(|index| values.get_mut(index)) {
                *place = number(Some(group))?;
            }
        }
        let points = labels.zip(values);
        Ok(points
            .map(|(label, value)| json!({"label": label, "values": {"value": value}}))
            .collect())
    }
}
