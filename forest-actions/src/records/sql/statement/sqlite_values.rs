//! How a value is compared with a column of SQLite.
//!
//! SQLite has five storage classes and no more: a moment, a day or a UUID is whatever the program that wrote it chose.
//! Owns how both sides of a comparison are brought to the same spelling.

use chrono::{DateTime, NaiveDate, Utc};
use sea_query::{Expr, Func};

use super::names::Column;
use crate::records::error::RecordError;
use crate::records::model::ValueType;
use crate::records::sql::Storage;
use crate::records::value::{Decimal, Value};

/// What a column is compared as.
pub(super) struct Form<'a> {
    pub(super) left: Expr,
    column: &'a Column<'a>,
    bind: Bind,
}

enum Bind {
    Text,
    Number,
    Boolean,
    InstantText,
    InstantNumber,
    Day,
    Time,
    /// As it was sent: SQLite compares the text.
    UuidText,
    /// In lower case, with dashes.
    UuidFolded,
    UuidBytes,
    Json,
    Bytes,
}

impl<'a> Form<'a> {
    pub(super) fn of(column: &'a Column<'a>) -> Result<Self, RecordError> {
        let plain = column.expr.clone();
        let (left, bind) = match (&column.field.value_type, column.storage) {
            (ValueType::Text | ValueType::Enum, _) => (plain, Bind::Text),
            (ValueType::Integer | ValueType::Decimal, _) => (plain, Bind::Number),
            (ValueType::Boolean, _) => (plain, Bind::Boolean),
            (ValueType::Instant, Storage::Number) => (plain, Bind::InstantNumber),
            // a column may hold several spellings of a moment
            (ValueType::Instant, _) => (strftime("%Y-%m-%d %H:%M:%f", plain), Bind::InstantText),
            (ValueType::Day, Storage::Number) => (
                Func::cust("date").arg(plain).arg(Expr::cust("'unixepoch'")).into(),
                Bind::Day,
            ),
            // a column may hold moments beside days
            (ValueType::Day, _) => (day_of(plain), Bind::Day),
            (ValueType::Time, _) => (strftime("%H:%M:%f", plain), Bind::Time),
            (ValueType::Uuid, Storage::Bytes) => (plain, Bind::UuidBytes),
            (ValueType::Uuid, _) => (plain, Bind::UuidText),
            (ValueType::Json, _) => (
                Expr::cust_with_exprs("CASE WHEN json_valid(?) THEN json(?) END", [plain.clone(), plain]),
                Bind::Json,
            ),
            (ValueType::Binary, _) => (plain, Bind::Bytes),
            (ValueType::Point | ValueType::List(_), _) => return Err(unsupported(column)),
        };
        Ok(Self { left, column, bind })
    }

    /// The same, but texts of UUIDs are compared whatever their case.
    pub(super) fn folded(mut self) -> Self {
        if matches!(self.bind, Bind::UuidText) {
            self.left = Func::lower(self.left).into();
            self.bind = Bind::UuidFolded;
        }
        self
    }

    /// One value.
    pub(super) fn scalar(&self, value: &Value) -> Result<Option<Expr>, RecordError> {
        Ok(Some(match (&self.bind, value) {
            (Bind::UuidBytes, Value::Uuid { value, .. }) => Expr::val(value.as_bytes().to_vec()),
            (Bind::Bytes, Value::Binary(bytes)) => Expr::val(bytes.clone()),
            (Bind::Text, Value::Text(text)) => Expr::val(text.as_str()),
            _ => match self.element(value)? {
                Some(serde_json::Value::String(text)) => Expr::val(text),
                Some(serde_json::Value::Number(number)) => match number.as_i64() {
                    Some(number) => Expr::val(number),
                    None => Expr::val(number.as_f64().unwrap_or(f64::NAN)),
                },
                _ => return Ok(None),
            },
        }))
    }

    /// One value of a JSON list; `None` when there is no such value.
    pub(super) fn element(&self, value: &Value) -> Result<Option<serde_json::Value>, RecordError> {
        Ok(match (&self.bind, value) {
            // JSON of SQLite ends a text at a NUL
            (Bind::Text, Value::Text(text)) => (!text.contains('\0')).then(|| text.as_str().into()),
            (Bind::Number, Value::Integer(number)) => Some((*number).into()),
            (Bind::Number, Value::Decimal(number)) => json_number(number),
            (Bind::Boolean, Value::Boolean(flag)) => Some(i64::from(*flag).into()),
            (Bind::InstantText, Value::Instant(moment)) => Some(instant_text(*moment).into()),
            (Bind::InstantNumber, Value::Instant(moment)) => Some(match moment.timestamp_subsec_nanos() {
                0 => moment.timestamp().into(),
                #[expect(clippy::cast_precision_loss, reason = "SQLite has no other type for a fraction")]
                _ => (moment.timestamp_millis() as f64 / 1000.0).into(),
            }),
            (Bind::Day, Value::Day(day)) => Some(day_text(*day).into()),
            (Bind::Time, Value::Time(time)) => Some(time.format("%H:%M:%S%.3f").to_string().into()),
            (Bind::UuidText, Value::Uuid { sent, .. }) => (!sent.contains('\0')).then(|| sent.as_str().into()),
            (Bind::UuidFolded, Value::Uuid { value, .. }) => Some(value.hyphenated().to_string().into()),
            (Bind::UuidBytes, Value::Uuid { value, .. }) => Some(value.simple().to_string().into()),
            (Bind::Json, Value::Json(json)) => Some(json.to_string().into()),
            (Bind::Bytes, Value::Binary(_)) => Some(value.to_string().into()),
            // what a record of another program has in a column of this type
            (Bind::Number | Bind::InstantText | Bind::Day | Bind::Time, Value::Text(text)) => {
                (!text.contains('\0')).then(|| text.as_str().into())
            }
            (Bind::UuidText | Bind::UuidFolded, Value::Text(text)) => {
                (!text.contains('\0')).then(|| text.as_str().into())
            }
            _ => return Err(unsupported(self.column)),
        })
    }

    /// An element of a JSON list as the column has it.
    pub(super) fn extracted(&self, element: Expr) -> Expr {
        match self.bind {
            Bind::UuidBytes | Bind::Bytes => Func::cust("unhex").arg(element).into(),
            _ => element,
        }
    }
}

/// What is read of a column: a moment or a day that is a text in the spelling in which it is compared, so that what is
/// shown is what a filter finds. SQLite rounds a moment to the millisecond, by rules of its own.
pub(super) fn read(column: &Column<'_>) -> Expr {
    let plain = || column.expr.clone();
    let shown = match (&column.field.value_type, column.storage) {
        (ValueType::Instant, Storage::Text) => strftime("%Y-%m-%dT%H:%M:%fZ", plain()),
        (ValueType::Day, Storage::Text) => Func::cust("date").arg(plain()).into(),
        _ => return plain(),
    };
    // a number would be taken for a Julian day
    Expr::cust_with_exprs(
        "CASE typeof(?) WHEN 'text' THEN coalesce(?, ?) ELSE ? END",
        [plain(), shown, plain(), plain()],
    )
}

/// The day of a text in UTC, and what is none as it is.
fn day_of(column: Expr) -> Expr {
    let day = Func::cust("date").arg(column.clone());
    Func::coalesce([day.into(), column]).into()
}

fn strftime(format: &'static str, column: Expr) -> Expr {
    Func::cust("strftime")
        .arg(Expr::Constant(format.into()))
        .arg(column)
        .into()
}

fn json_number(number: &Decimal) -> Option<serde_json::Value> {
    match number.to_i64() {
        Some(number) => Some(number.into()),
        // an overflow is larger than all numbers, or smaller
        None => serde_json::Number::from_f64(number.to_f64().clamp(f64::MIN, f64::MAX)).map(Into::into),
    }
}

/// `2024-05-15 10:30:00.000`, within the years that are in order as texts.
fn instant_text(moment: DateTime<Utc>) -> String {
    match moment.format("%Y").to_string().parse::<i64>() {
        Ok(0..=9999) => moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        Ok(..0) => "0000-01-01 00:00:00.000".to_owned(),
        // behind every moment of that year
        _ => "9999-12-31 23:59:60.000".to_owned(),
    }
}

fn day_text(day: NaiveDate) -> String {
    match day.format("%Y").to_string().parse::<i64>() {
        Ok(0..=9999) => day.format("%Y-%m-%d").to_string(),
        Ok(..0) => "0000-01-01".to_owned(),
        _ => "9999-12-31".to_owned(),
    }
}

fn unsupported(column: &Column<'_>) -> RecordError {
    RecordError::unsupported(format!(
        "\"{}\" cannot be tested like this on SQLite",
        column.field.name
    ))
}
