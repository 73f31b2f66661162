//! Comparison of values with a column of PostgreSQL.
//!
//! A value is bound with a type for which the comparison is exact, an index of the column can be used, and the database
//! cannot refuse the statement. A value that no column of the type can have is `None` and is not sent.

use chrono::{DateTime, NaiveDate, Utc};
use sea_query::{ArrayType, Expr, ExprTrait as _, Func};

use super::kind::{IntegerSize, Kind, at_utc, cast, operand};
use crate::records::distant;
use crate::records::sql::statement::{Column, StatementError};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

pub(super) struct Comparison<'a> {
    pub(super) left: Expr,
    column: &'a Column<'a>,
    bind: Bind,
    /// The cast of the bound value.
    cast: Option<String>,
}

enum Bind {
    Integer(IntegerSize),
    Numeric,
    Double,
    Real,
    Text,
    /// A text of an enumeration.
    Label,
    Boolean,
    Instant,
    LocalInstant,
    Day,
    Time,
    Uuid,
    Json,
    Bytes,
    List(Kind),
    Nothing,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(column: &'a Column<'a>) -> Self {
        let (left, bind, cast) = comparison(column);
        Self {
            left,
            column,
            bind,
            cast,
        }
    }

    /// One value.
    pub(super) fn scalar(&self, value: &Value) -> Result<Option<Expr>, StatementError> {
        // may exceed the range of the column, and is then smaller or larger than all of its values
        if let (Bind::Integer(_), Value::Integer(number)) = (&self.bind, value) {
            return Ok(Some(Expr::val(*number)));
        }
        if let (Bind::Integer(_), Value::Decimal(number)) = (&self.bind, value) {
            return Ok(Some(match number.to_i64() {
                Some(number) => Expr::val(number),
                None => cast(Expr::val(number.as_str()), "numeric"),
            }));
        }
        if let (Bind::List(_), Value::List(values)) = (&self.bind, value) {
            let texts: Option<Vec<String>> = values.iter().map(|value| self.list_element(value)).collect();
            return Ok(texts.map(|texts| self.list(texts)));
        }
        let Some(bound) = self.element(value)? else {
            return Ok(None);
        };
        let name = match (self.calendar_type(), &bound) {
            (Some(name), sea_query::Value::String(_)) => Some(name),
            _ => self.cast.as_deref(),
        };
        Ok(Some(match name {
            Some(name) => cast(Expr::val(bound), name),
            None => Expr::val(bound),
        }))
    }

    /// The type to which a moment or a day is cast that is bound as text, because the driver has no infinity.
    fn calendar_type(&self) -> Option<&'static str> {
        match &self.bind {
            Bind::Instant => Some("timestamptz"),
            Bind::LocalInstant => Some("timestamp"),
            Bind::Day => Some("date"),
            _ => None,
        }
    }

    /// Values as one array.
    pub(super) fn array(&self, elements: Vec<sea_query::Value>) -> Expr {
        if let Some(name) = self.calendar_type()
            && elements
                .iter()
                .any(|element| matches!(element, sea_query::Value::String(_)))
        {
            let texts = elements.into_iter().map(as_calendar_text).collect();
            let array = sea_query::Value::Array(ArrayType::String, Some(Box::new(texts)));
            return cast(Expr::val(array), &format!("{name}[]"));
        }
        let (array_type, name) = match &self.bind {
            Bind::Integer(IntegerSize::Small) => (ArrayType::BigInt, Some("int2")),
            Bind::Integer(IntegerSize::Medium) => (ArrayType::BigInt, Some("int4")),
            Bind::Integer(IntegerSize::Large) => (ArrayType::BigInt, None),
            Bind::Double => (ArrayType::Double, None),
            Bind::Real => (ArrayType::Float, None),
            Bind::Boolean => (ArrayType::Bool, None),
            Bind::Instant => (ArrayType::ChronoDateTimeUtc, None),
            Bind::LocalInstant => (ArrayType::ChronoDateTime, None),
            Bind::Day => (ArrayType::ChronoDate, None),
            Bind::Time => (ArrayType::ChronoTime, None),
            Bind::Uuid => (ArrayType::Uuid, None),
            Bind::Json => (ArrayType::Json, None),
            Bind::Bytes => (ArrayType::Bytes, None),
            Bind::Numeric | Bind::Text | Bind::Label | Bind::List(_) | Bind::Nothing => {
                (ArrayType::String, self.cast.as_deref())
            }
        };
        let array = Expr::val(sea_query::Value::Array(array_type, Some(Box::new(elements))));
        match name {
            Some(name) => cast(array, &format!("{name}[]")),
            None => array,
        }
    }

    /// Elements of a list column as one array.
    pub(super) fn list(&self, texts: Vec<String>) -> Expr {
        let elements = texts.into_iter().map(sea_query::Value::from).collect();
        let array = Expr::val(sea_query::Value::Array(ArrayType::String, Some(Box::new(elements))));
        match &self.cast {
            Some(name) => cast(array, name),
            None => array,
        }
    }

    /// The text of an element of a list column; `None` when no such list can have it.
    pub(super) fn list_element(&self, value: &Value) -> Option<String> {
        let Bind::List(kind) = &self.bind else {
            return None;
        };
        element_text(kind, &self.column.field.enum_values, value)
    }

    /// A value to bind, alone or as an element of an array.
    pub(super) fn element(&self, value: &Value) -> Result<Option<sea_query::Value>, StatementError> {
        use sea_query::Value as Bound;

        if self.calendar_type().is_some()
            && let Some(text) = distant_text(value)
        {
            return Ok(Some(Bound::from(text)));
        }
        Ok(match (&self.bind, value) {
            (Bind::Integer(size), Value::Integer(number)) => size.fits(*number).then(|| Bound::from(*number)),
            (Bind::Integer(size), Value::Decimal(number)) => {
                number.to_i64().filter(|number| size.fits(*number)).map(Bound::from)
            }
            (Bind::Numeric, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(value.to_string())),
            (Bind::Double, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(double(value))),
            // an overflow becomes infinity, which compares as the number would
            #[expect(clippy::cast_possible_truncation, reason = "the nearest number")]
            (Bind::Real, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(double(value) as f32)),
            // the key of a record that has no finite number
            (Bind::Numeric, Value::Text(text)) => special(text).map(|_| Bound::from(text.as_str())),
            (Bind::Double, Value::Text(text)) => special(text).map(Bound::from),
            #[expect(clippy::cast_possible_truncation, reason = "not finite")]
            (Bind::Real, Value::Text(text)) => special(text).map(|number| Bound::from(number as f32)),
            (Bind::Text, Value::Uuid { value, .. }) => Some(Bound::from(value.hyphenated().to_string())),
            (Bind::Text, Value::Text(text)) => (!text.contains('\0')).then(|| Bound::from(text.as_str())),
            (Bind::Label, Value::Text(text)) => self
                .column
                .field
                .enum_values
                .contains(text)
                .then(|| Bound::from(text.as_str())),
            (Bind::Boolean, Value::Boolean(flag)) => Some(Bound::from(*flag)),
            (Bind::Instant, Value::Instant(instant)) => Some(Bound::from(clamped(*instant))),
            (Bind::LocalInstant, Value::Instant(instant)) => Some(Bound::from(clamped(*instant).naive_utc())),
            (Bind::Day, Value::Day(day)) => Some(Bound::from(Ord::max(*day, first_day()))),
            (Bind::Time, Value::Time(time)) => Some(Bound::from(*time)),
            (Bind::Uuid, Value::Uuid { value, .. }) => Some(Bound::from(*value)),
            (Bind::Json, Value::Json(json)) => {
                let has_nul = json.to_string().contains("\\u0000");
                (!has_nul).then(|| Bound::from(json.clone()))
            }
            (Bind::Bytes, Value::Binary(bytes)) => Some(Bound::from(bytes.clone())),
            _ => return Err(mismatch(self.column)),
        })
    }
}

fn comparison(column: &Column<'_>) -> (Expr, Bind, Option<String>) {
    let plain = || operand(column);
    let as_type = |name: &str| cast(column.expr.clone(), name);
    match (&column.field.value_type, Kind::of(column)) {
        (ValueType::Integer | ValueType::Decimal, kind) => match kind {
            Kind::Integer(size) => (plain(), Bind::Integer(size), None),
            Kind::Double => (plain(), Bind::Double, None),
            Kind::Real => (plain(), Bind::Real, None),
            Kind::Numeric => (plain(), Bind::Numeric, Some("numeric".to_owned())),
            _ => (as_type("numeric"), Bind::Numeric, Some("numeric".to_owned())),
        },
        (ValueType::Text | ValueType::Enum, kind) => match kind {
            Kind::Text => (plain(), Bind::Text, None),
            Kind::Padded => (plain(), Bind::Text, Some("bpchar".to_owned())),
            Kind::CaseIgnoring => (plain(), Bind::Text, Some(column.stored.cast.clone())),
            Kind::Other if column.field.value_type == ValueType::Enum && !column.field.enum_values.is_empty() => {
                (plain(), Bind::Label, Some(column.stored.cast.clone()))
            }
            _ => (as_type("text"), Bind::Text, None),
        },
        (ValueType::Boolean, Kind::Boolean) => (plain(), Bind::Boolean, None),
        (ValueType::Boolean, Kind::Integer(_)) => (plain().ne(Expr::cust("0")), Bind::Boolean, None),
        (ValueType::Boolean, _) => (as_type("bool"), Bind::Boolean, None),
        (ValueType::Instant, kind) => match kind {
            Kind::Instant => (plain(), Bind::Instant, None),
            // without a time zone: UTC
            Kind::LocalInstant => (plain(), Bind::LocalInstant, None),
            Kind::Day => (as_type("timestamp"), Bind::LocalInstant, None),
            Kind::Integer(_) | Kind::Double => (Func::cust("to_timestamp").arg(plain()).into(), Bind::Instant, None),
            _ => (as_type("timestamptz"), Bind::Instant, None),
        },
        (ValueType::Day, Kind::Day) => (plain(), Bind::Day, None),
        (ValueType::Day, Kind::Instant) => (cast(at_utc(plain()), "date"), Bind::Day, None),
        (ValueType::Day, _) => (as_type("date"), Bind::Day, None),
        (ValueType::Time, Kind::Time) => (plain(), Bind::Time, None),
        (ValueType::Time, _) => (as_type("time"), Bind::Time, None),
        (ValueType::Json, Kind::BinaryJson) => (plain(), Bind::Json, None),
        (ValueType::Json, _) => (as_type("jsonb"), Bind::Json, None),
        (ValueType::Uuid, Kind::Uuid) => (plain(), Bind::Uuid, None),
        (ValueType::Uuid, _) => (Func::lower(as_type("text")).into(), Bind::Text, None),
        (ValueType::Binary, Kind::Bytes) => (plain(), Bind::Bytes, None),
        (ValueType::List(_), Kind::List(kind)) => (plain(), Bind::List(*kind), Some(column.stored.cast.clone())),
        (ValueType::Binary | ValueType::Point | ValueType::List(_), _) => (as_type("text"), Bind::Nothing, None),
    }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Decimal(number) => number.to_f64(),
        // the nearest number
        other => other.to_string().parse().unwrap_or(f64::NAN),
    }
}

fn special(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The calendar of PostgreSQL begins in November 4713 BC.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(-4712, 11, 24).unwrap_or(NaiveDate::MIN)
}

/// The text of a moment or a day that is bound as text: an infinity, or a year that `chrono` does not have.
fn distant_text(value: &Value) -> Option<String> {
    match value {
        Value::Instant(instant) if distant::is_infinite(*instant) => Some(value.to_string()),
        Value::Day(day) if distant::is_infinite_day(*day) => Some(value.to_string()),
        Value::Text(text) => distant::moment(text)
            .or_else(|| distant::day(text))
            .map(|_| text.clone()),
        _ => None,
    }
}

/// A bound moment or day as text.
fn as_calendar_text(bound: sea_query::Value) -> sea_query::Value {
    use sea_query::Value as Bound;

    let text = match &bound {
        Bound::ChronoDateTimeUtc(Some(instant)) => element_text(&Kind::Instant, &[], &Value::Instant(*instant)),
        Bound::ChronoDateTime(Some(local)) => element_text(&Kind::LocalInstant, &[], &Value::Instant(local.and_utc())),
        Bound::ChronoDate(Some(day)) => element_text(&Kind::Day, &[], &Value::Day(*day)),
        _ => None,
    };
    text.map_or(bound, Bound::from)
}

fn clamped(instant: DateTime<Utc>) -> DateTime<Utc> {
    Ord::max(instant, first_day().and_time(chrono::NaiveTime::MIN).and_utc())
}

/// The text of a list element; `None` when no list of that type can have it.
fn element_text(kind: &Kind, labels: &[String], value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Integer(size), Value::Integer(number)) => size.fits(*number).then(|| number.to_string()),
        (Kind::Integer(size), Value::Decimal(number)) => number
            .to_i64()
            .filter(|number| size.fits(*number))
            .map(|number| number.to_string()),
        (Kind::Double, Value::Integer(_) | Value::Decimal(_)) => Some(double(value).to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "the nearest number")]
        (Kind::Real, Value::Integer(_) | Value::Decimal(_)) => Some((double(value) as f32).to_string()),
        (Kind::Other, Value::Text(text)) => labels.contains(text).then(|| text.clone()),
        (Kind::Instant | Kind::LocalInstant | Kind::Day, value) if distant_text(value).is_some() => distant_text(value),
        (Kind::Instant | Kind::LocalInstant, Value::Instant(instant)) => {
            let instant = clamped(*instant);
            let (is_common, year) = chrono::Datelike::year_ce(&instant);
            Some(format!(
                "{year:04}-{}+00{}",
                instant.format("%m-%d %H:%M:%S%.6f"),
                if is_common { "" } else { " BC" }
            ))
        }
        (Kind::Day, Value::Day(day)) => {
            let day = Ord::max(*day, first_day());
            let (is_common, year) = chrono::Datelike::year_ce(&day);
            Some(format!(
                "{year:04}-{}{}",
                day.format("%m-%d"),
                if is_common { "" } else { " BC" }
            ))
        }
        (Kind::Uuid, Value::Uuid { value, .. }) => Some(value.hyphenated().to_string()),
        (Kind::Bytes, Value::Binary(_)) => Some(format!("\\x{value}")),
        (Kind::Text | Kind::Padded | Kind::CaseIgnoring, Value::Text(text)) => {
            (!text.contains('\0')).then(|| text.clone())
        }
        (Kind::Numeric, Value::Integer(_) | Value::Decimal(_))
        | (Kind::Boolean, Value::Boolean(_))
        | (Kind::Time, Value::Time(_)) => Some(value.to_string()),
        (Kind::Json | Kind::BinaryJson, Value::Json(json)) => {
            let text = json.to_string();
            (!text.contains("\\u0000")).then_some(text)
        }
        _ => None,
    }
}

/// Values are typed before, so the type of the column is one that cannot be compared.
pub(super) fn mismatch(column: &Column<'_>) -> StatementError {
    StatementError::unsupported(column, "cannot be compared with a value of this kind")
}
