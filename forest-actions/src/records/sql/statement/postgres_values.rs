//! How a value is compared with a column of PostgreSQL.
//!
//! Owns the types of bound values: each is bound so that the comparison is exact, an index of the column is used, and no
//! value that was accepted can make the database refuse the statement. A value that no column of the type can have is
//! `None`, and never sent.

use chrono::{DateTime, NaiveDate, Utc};
use sea_query::{ArrayType, Expr, ExprTrait as _, Func};

use super::names::Column;
use super::postgres_types::{IntegerSize, Kind, at_utc, cast};
use crate::records::error::RecordError;
use crate::records::model::ValueType;
use crate::records::value::Value;

/// What a column is compared as.
pub(super) struct Form<'a> {
    pub(super) left: Expr,
    column: &'a Column<'a>,
    bind: Bind,
    /// The type that the bound value is cast to.
    cast: Option<String>,
}

/// How a value is bound.
enum Bind {
    Integer(IntegerSize),
    Numeric,
    Double,
    Real,
    Text,
    /// One of the texts of an enumeration.
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

impl<'a> Form<'a> {
    pub(super) fn of(column: &'a Column<'a>) -> Self {
        let kind = Kind::of(&column.cast);
        let (left, bind, bound_cast) = form(column, kind);
        Self {
            left,
            column,
            bind,
            cast: bound_cast,
        }
    }

    /// One value.
    pub(super) fn scalar(&self, value: &Value) -> Result<Option<Expr>, RecordError> {
        // beyond the range of the column, yet smaller or larger than all of its values
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
        Ok(Some(match &self.cast {
            Some(name) => cast(Expr::val(bound), name),
            None => Expr::val(bound),
        }))
    }

    /// Any number of values, as one array.
    pub(super) fn array(&self, elements: Vec<sea_query::Value>) -> Expr {
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

    /// A list of a list column, to compare it with as a whole or in part.
    pub(super) fn list(&self, texts: Vec<String>) -> Expr {
        let elements = texts.into_iter().map(sea_query::Value::from).collect();
        let array = Expr::val(sea_query::Value::Array(ArrayType::String, Some(Box::new(elements))));
        match &self.cast {
            Some(name) => cast(array, name),
            None => array,
        }
    }

    /// The text of an element of a list column; `None` when no such list has it.
    pub(super) fn list_element(&self, value: &Value) -> Option<String> {
        let Bind::List(kind) = &self.bind else {
            return None;
        };
        element_text(kind, &self.column.field.enum_values, value)
    }

    /// One value of an array, or by itself.
    pub(super) fn element(&self, value: &Value) -> Result<Option<sea_query::Value>, RecordError> {
        use sea_query::Value as Bound;

        Ok(match (&self.bind, value) {
            (Bind::Integer(size), Value::Integer(number)) => size.fits(*number).then(|| Bound::from(*number)),
            (Bind::Integer(size), Value::Decimal(number)) => {
                number.to_i64().filter(|number| size.fits(*number)).map(Bound::from)
            }
            (Bind::Numeric, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(value.to_string())),
            (Bind::Double, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(double(value))),
            // an overflow becomes infinity, which compares as the number would
            #[expect(clippy::cast_possible_truncation, reason = "the nearest one is meant")]
            (Bind::Real, Value::Integer(_) | Value::Decimal(_)) => Some(Bound::from(double(value) as f32)),
            (Bind::Text, Value::Uuid { value, .. }) => Some(Bound::from(value.hyphenated().to_string())),
            (Bind::Text, Value::Text(text)) => (!text.contains('\0')).then(|| Bound::from(text.as_str())),
            (Bind::Label, Value::Text(text)) => self
                .column
                .field
                .enum_values
                .contains(text)
                .then(|| Bound::from(text.as_str())),
            (Bind::Boolean, Value::Boolean(flag)) => Some(Bound::from(*flag)),
            (Bind::Instant, Value::Instant(moment)) => Some(Bound::from(clamped(*moment))),
            (Bind::LocalInstant, Value::Instant(moment)) => Some(Bound::from(clamped(*moment).naive_utc())),
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

fn form(column: &Column<'_>, kind: Kind) -> (Expr, Bind, Option<String>) {
    let plain = || column.expr.clone();
    let as_type = |name: &str| cast(column.expr.clone(), name);
    match (&column.field.value_type, kind) {
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
            Kind::CaseIgnoring => (plain(), Bind::Text, Some(column.cast.to_string())),
            Kind::Other if column.field.value_type == ValueType::Enum && !column.field.enum_values.is_empty() => {
                (plain(), Bind::Label, Some(column.cast.to_string()))
            }
            _ => (as_type("text"), Bind::Text, None),
        },
        (ValueType::Boolean, Kind::Boolean) => (plain(), Bind::Boolean, None),
        (ValueType::Boolean, Kind::Integer(_)) => (plain().ne(Expr::cust("0")), Bind::Boolean, None),
        (ValueType::Boolean, _) => (as_type("bool"), Bind::Boolean, None),
        (ValueType::Instant, kind) => match kind {
            Kind::Instant => (plain(), Bind::Instant, None),
            // without a time zone, it is UTC
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
        (ValueType::List(_), Kind::List(kind, _)) => (plain(), Bind::List(*kind), Some(column.cast.to_string())),
        (ValueType::Binary | ValueType::Point | ValueType::List(_), _) => (as_type("text"), Bind::Nothing, None),
    }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Decimal(number) => number.to_f64(),
        // the nearest one is meant
        other => other.to_string().parse().unwrap_or(f64::NAN),
    }
}

/// PostgreSQL's calendar begins in 4713 BC, and refuses what is before.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(-4711, 1, 1).unwrap_or(NaiveDate::MIN)
}

fn clamped(moment: DateTime<Utc>) -> DateTime<Utc> {
    Ord::max(moment, first_day().and_time(chrono::NaiveTime::MIN).and_utc())
}

/// The text that PostgreSQL reads as an element; `None` when no list of that type has it.
fn element_text(kind: &Kind, labels: &[String], value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Integer(size), Value::Integer(number)) => size.fits(*number).then(|| number.to_string()),
        (Kind::Integer(size), Value::Decimal(number)) => number
            .to_i64()
            .filter(|number| size.fits(*number))
            .map(|number| number.to_string()),
        (Kind::Double, Value::Integer(_) | Value::Decimal(_)) => Some(double(value).to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "the nearest one is meant")]
        (Kind::Real, Value::Integer(_) | Value::Decimal(_)) => Some((double(value) as f32).to_string()),
        (Kind::Other, Value::Text(text)) => labels.contains(text).then(|| text.clone()),
        (Kind::Instant | Kind::LocalInstant, Value::Instant(moment)) => {
            let moment = clamped(*moment);
            let (is_common, year) = chrono::Datelike::year_ce(&moment);
            Some(format!(
                "{year:04}-{}+00{}",
                moment.format("%m-%d %H:%M:%S%.6f"),
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

/// Values are typed before, so the type is one that cannot be compared.
pub(super) fn mismatch(column: &Column<'_>) -> RecordError {
    RecordError::unsupported(format!(
        "\"{}\" cannot be compared with a value of this kind",
        column.field.name
    ))
}
