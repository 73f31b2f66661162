//! Comparison of values with a column of SQLite.
//!
//! SQLite has no types for truth values, instants, days and UUIDs, so each program chooses a spelling. Both sides of a
//! comparison are brought to the same one.

use sea_query::{BinOper, Expr, Func};

use super::{booleans, moments};
use crate::records::sql::Storage;
use crate::records::sql::statement::{Column, StatementError};
use crate::records::value::{Decimal, Value};
use crate::records::value_type::ValueType;

pub(super) struct Comparison<'a> {
    pub(super) left: Expr,
    column: &'a Column<'a>,
    bind: Bind,
}

enum Bind {
    Text,
    Number,
    Boolean,
    Instant,
    Day,
    Time,
    /// As it was sent, because SQLite compares the text.
    UuidText,
    /// In lower case, with dashes.
    UuidFolded,
    UuidBytes,
    Json,
    Bytes,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(column: &'a Column<'a>) -> Result<Self, StatementError> {
        let plain = column.expr.clone();
        let (left, bind) = match (&column.field.value_type, column.stored.storage) {
            (ValueType::Text | ValueType::Enum, _) => (plain, Bind::Text),
            (ValueType::Integer | ValueType::Decimal, _) => (plain, Bind::Number),
            (ValueType::Boolean, _) => (booleans::compared(plain), Bind::Boolean),
            (value_type @ (ValueType::Instant | ValueType::Day), storage) => (
                moments::compared(plain, value_type, storage),
                if *value_type == ValueType::Day {
                    Bind::Day
                } else {
                    Bind::Instant
                },
            ),
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

    /// Compares texts of UUIDs without case.
    pub(super) fn folded(mut self) -> Self {
        if matches!(self.bind, Bind::UuidText) {
            self.left = Func::lower(self.left).into();
            self.bind = Bind::UuidFolded;
        }
        self
    }

    pub(super) fn scalar(&self, value: &Value) -> Result<Option<Expr>, StatementError> {
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

    /// A value of a JSON list; `None` when no column can have the value.
    pub(super) fn element(&self, value: &Value) -> Result<Option<serde_json::Value>, StatementError> {
        Ok(match (&self.bind, value) {
            // JSON of SQLite ends a text at a NUL
            (Bind::Text, Value::Text(text)) => (!text.contains('\0')).then(|| text.as_str().into()),
            (Bind::Number, Value::Integer(number)) => Some((*number).into()),
            (Bind::Number, Value::Decimal(number)) => json_number(number),
            (Bind::Boolean, Value::Boolean(flag)) => Some(i64::from(*flag).into()),
            (Bind::Instant, Value::Instant(instant)) => Some(moments::instant_text(*instant).into()),
            (Bind::Day, Value::Day(day)) => Some(moments::day_text(*day).into()),
            (Bind::Time, Value::Time(time)) => Some(time.format("%H:%M:%S%.3f").to_string().into()),
            (Bind::UuidText, Value::Uuid { sent, .. }) => (!sent.contains('\0')).then(|| sent.as_str().into()),
            (Bind::UuidFolded, Value::Uuid { value, .. }) => Some(value.hyphenated().to_string().into()),
            (Bind::UuidBytes, Value::Uuid { value, .. }) => Some(value.simple().to_string().into()),
            (Bind::Json, Value::Json(json)) => Some(json.to_string().into()),
            (Bind::Bytes, Value::Binary(_)) => Some(value.to_string().into()),
            // the key of a record that has a value of another form in this column
            (Bind::Boolean, Value::Integer(number)) => Some((*number).into()),
            (Bind::Number | Bind::Boolean | Bind::Instant | Bind::Day | Bind::Time, Value::Text(text)) => {
                (!text.contains('\0')).then(|| text.as_str().into())
            }
            (Bind::UuidText | Bind::UuidFolded, Value::Text(text)) => {
                (!text.contains('\0')).then(|| text.as_str().into())
            }
            _ => return Err(unsupported(self.column)),
        })
    }

    /// An element of a JSON list in the storage of the column.
    pub(super) fn extracted(&self, element: Expr) -> Expr {
        match self.bind {
            Bind::UuidBytes | Bind::Bytes => Func::cust("unhex").arg(element).into(),
            _ => element,
        }
    }
}

/// The expression to select. Truth values, instants and days are read as they are compared, so that a filter finds the shown
/// value: SQLite rounds instants to the millisecond by rules of its own.
pub(super) fn shown(column: &Column<'_>) -> Expr {
    match &column.field.value_type {
        value_type @ (ValueType::Instant | ValueType::Day) => {
            moments::shown(column.expr.clone(), value_type, column.stored.storage)
        }
        ValueType::Boolean => booleans::compared(column.expr.clone()),
        _ => column.expr.clone(),
    }
}

/// A condition that all records meet which pass a comparison, and for which an index of the column can be used.
pub(super) fn index_hint(column: &Column<'_>, operator: BinOper, value: &Value) -> Option<Expr> {
    match column.field.value_type {
        ValueType::Instant | ValueType::Day => moments::index_hint(column, operator, value),
        ValueType::Boolean => booleans::index_hint(column, operator, value),
        _ => None,
    }
}

/// See [`Dialect::order_classes`](crate::records::sql::engine::Dialect::order_classes).
pub(super) fn order_classes(column: &Column<'_>) -> Vec<Expr> {
    match column.field.value_type {
        ValueType::Instant | ValueType::Day => moments::order_classes(column),
        ValueType::Boolean => booleans::order_classes(column),
        _ => Vec::new(),
    }
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
        // an overflow is larger or smaller than all numbers
        None => serde_json::Number::from_f64(number.to_f64().clamp(f64::MIN, f64::MAX)).map(Into::into),
    }
}

fn unsupported(column: &Column<'_>) -> StatementError {
    StatementError::unsupported(column, "cannot be tested like this on SQLite")
}
