//! The members of a request for a chart, checked against the collections that the caller sees.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::error::ChartError;
use crate::json::{MAX_VALUES, is_too_large};
use crate::records::{
    Aggregator, CollectionModel, FieldModel, FieldPath, Filter, QueryError, RecordAccess, TimeRange, ValueType,
    Variables, substitute, substitute_value,
};
use crate::request::RequestError;
use crate::response::ActionError;

/// Maximum number of rows of a leaderboard.
const MAX_ROWS: u64 = 1_000;

const DEFAULT_ROWS: u64 = 10;

const TYPES: &str = "Value, Objective, Pie, Line, Leaderboard";
const AGGREGATORS: &str = "Count, Sum, Avg, Max, Min";
const TIME_RANGES: &str = "Day, Week, Month, Quarter, Year";

/// A checked request.
#[derive(Debug)]
pub(super) struct ChartRequest<'a> {
    pub(super) collection: &'a CollectionModel,
    pub(super) filter: Option<Filter>,
    pub(super) measure: Measure,
    pub(super) kind: ChartKind<'a>,
}

/// The values that are aggregated.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) aggregator: Aggregator,
    pub(super) field: Option<FieldPath>,
}

#[derive(Debug)]
pub(super) enum ChartKind<'a> {
    Value,
    Objective,
    Pie {
        field: FieldPath,
    },
    Line {
        field: FieldPath,
        is_of_days: bool,
        range: TimeRange,
        zone: Tz,
    },
    Leaderboard {
        relation: String,
        target: &'a CollectionModel,
        label: String,
        rows: u64,
    },
}

/// The members of a body.
///
/// # Errors
/// 400 for another shape.
pub(super) fn object_of(body: &[u8]) -> Result<Map<String, Value>, RequestError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let not_json = |reason: String| RequestError::NotJson { reason };
    let invalid = |reason: String| RequestError::InvalidBody { reason };
    let text = std::str::from_utf8(body).map_err(|error| not_json(error.to_string()))?;
    if is_too_large(text) {
        return Err(invalid(format!("it has more than {MAX_VALUES} values")));
    }
    match serde_json::from_str(text).map_err(|error| not_json(error.to_string()))? {
        Value::Object(members) => Ok(members),
        _ => Err(invalid(
            "it must be an object, such as {\"type\": \"Value\"}".to_owned(),
        )),
    }
}

impl<'a> ChartRequest<'a> {
    /// Checks the members, with the variables replaced.
    ///
    /// # Errors
    /// 400 for a member that is missing or does not fit the collection, 403 for a variable without a value.
    pub(super) fn read(
        members: &Map<String, Value>,
        variables: &dyn Variables,
        access: &'a RecordAccess,
        collection: &'a CollectionModel,
    ) -> Result<Self, ActionError> {
        let members = Members { members, variables };
        let kind = match members.required("type")?.as_str() {
            "Value" => ChartKind::Value,
            "Objective" => ChartKind::Objective,
            "Pie" => members.pie(access, collection)?,
            "Line" => members.line(access, collection)?,
            "Leaderboard" => members.leaderboard(access, collection)?,
            found => return Err(unknown("type", found, TYPES).into()),
        };
        let measured = match &kind {
            ChartKind::Leaderboard { target, .. } => target,
            _ => collection,
        };
        Ok(Self {
            collection,
            filter: members.filter()?,
            measure: members.measure(access, measured)?,
            kind,
        })
    }
}

struct Members<'m> {
    members: &'m Map<String, Value>,
    variables: &'m dyn Variables,
}

impl Members<'_> {
    /// A member with its variables replaced; `None` for null.
    fn value(&self, name: &str) -> Result<Option<Value>, QueryError> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => substitute_value(value, self.variables).map(Some),
        }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, ActionError> {
        match self.value(name)? {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text").into()),
        }
    }

    fn required(&self, name: &'static str) -> Result<String, ActionError> {
        Ok(self.text(name)?.ok_or(ChartError::Missing { name })?)
    }

    fn filter(&self) -> Result<Option<Filter>, QueryError> {
        let filter = match self.members.get("filter") {
            None => None,
            // some clients send the text of the tree
            Some(Value::String(text)) => Filter::parse_text(text)?,
            Some(tree) => Filter::parse(tree)?,
        };
        filter.map(|filter| substitute(&filter, self.variables)).transpose()
    }

    fn measure(&self, access: &RecordAccess, collection: &CollectionModel) -> Result<Measure, ActionError> {
        let name = self.required("aggregator")?;
        let Some(aggregator) = Aggregator::parse(&name) else {
            return Err(unknown("aggregator", &name, AGGREGATORS).into());
        };
        let field = match self.text("aggregateFieldName")? {
            None if aggregator == Aggregator::Count => None,
            None => {
                let name = "aggregateFieldName";
                return Err(ChartError::Missing { name }.into());
            }
            Some(name) => {
                let (path, field) = self.field(access, collection, &name)?;
                let is_number = matches!(field.value_type, ValueType::Integer | ValueType::Decimal);
                if !is_number && aggregator != Aggregator::Count {
                    let collection = collection.name.clone();
                    return Err(ChartError::NotNumbers {
                        collection,
                        field: name,
                    }
                    .into());
                }
                Some(path)
            }
        };
        Ok(Measure { aggregator, field })
    }

    fn pie<'a>(&self, access: &RecordAccess, collection: &CollectionModel) -> Result<ChartKind<'a>, ActionError> {
        let name = self.required("groupByFieldName")?;
        let (path, field) = self.field(access, collection, &name)?;
        require_groupable(collection, &name, &field)?;
        Ok(ChartKind::Pie { field: path })
    }

    fn line<'a>(&self, access: &RecordAccess, collection: &CollectionModel) -> Result<ChartKind<'a>, ActionError> {
        let name = self.required("groupByFieldName")?;
        let (path, field) = self.field(access, collection, &name)?;
        let is_of_days = field.value_type == ValueType::Day;
        if !is_of_days && field.value_type != ValueType::Instant {
            let collection = collection.name.clone();
            return Err(ChartError::NotDates {
                collection,
                field: name,
            }
            .into());
        }
        let range = self.required("timeRange")?;
        let range = TimeRange::parse(&range).ok_or_else(|| unknown("timeRange", &range, TIME_RANGES))?;
        Ok(ChartKind::Line {
            field: path,
            is_of_days,
            range,
            zone: access.caller.zone().map_err(QueryError::unknown_zone)?,
        })
    }

    fn leaderboard<'a>(
        &self,
        access: &'a RecordAccess,
        collection: &CollectionModel,
    ) -> Result<ChartKind<'a>, ActionError> {
        let name = self.required("relationshipFieldName")?;
        let Some(relation) = collection.find_relation(&name).filter(|relation| relation.is_to_many()) else {
            let to_many = collection.relations.iter().filter(|relation| relation.is_to_many());
            let error = ChartError::NoRelation {
                collection: collection.name.clone(),
                relation: name,
                available: to_many.map(|relation| relation.name.clone()).collect(),
            };
            return Err(error.into());
        };
        let label = self.required("labelFieldName")?;
        let resolver = access.resolver();
        let (path, field) = resolver.field(collection, &label)?;
        require_groupable(collection, &label, field)?;
        if path.relation.is_some() {
            let expected = "a field of the collection itself";
            return Err(wrong("labelFieldName", expected).into());
        }
        let expected = "a whole number from 1 to 1000";
        let rows = match self.value("limit")? {
            None => DEFAULT_ROWS,
            Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
            Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
            Some(_) => 0,
        };
        if !(1..=MAX_ROWS).contains(&rows) {
            return Err(wrong("limit", expected).into());
        }
        Ok(ChartKind::Leaderboard {
            relation: name,
            target: access.collection(&relation.target)?,
            label,
            rows,
        })
    }

    fn field(
        &self,
        access: &RecordAccess,
        collection: &CollectionModel,
        name: &str,
    ) -> Result<(FieldPath, FieldModel), QueryError> {
        let resolver = access.resolver();
        let (path, field) = resolver.field(collection, name)?;
        Ok((path, field.clone()))
    }
}

/// Lists, JSON, places and bytes have no equality that every store agrees on.
fn require_groupable(collection: &CollectionModel, name: &str, field: &FieldModel) -> Result<(), ChartError> {
    match field.value_type {
        ValueType::Json | ValueType::Point | ValueType::Binary | ValueType::List(_) => Err(ChartError::NotGroupable {
            collection: collection.name.clone(),
            field: name.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn unknown(name: &'static str, found: &str, known: &'static str) -> ChartError {
    ChartError::UnknownWord {
        name,
        found: found.to_owned(),
        known,
    }
}

fn wrong(name: &'static str, expected: &'static str) -> ChartError {
    ChartError::WrongMember { name, expected }
}
