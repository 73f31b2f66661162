//! Values as SQLite stores them: numbers and texts in the spellings that `sqlx` writes, so that the program reads them as its own.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use sea_query::Expr;

use crate::records::sql::Storage;
use crate::records::sql::statement::Column;
use crate::records::value::{Decimal, Value};
use crate::records::value_type::ValueType;

/// The value to bind; `None` for one that the column cannot have.
pub(super) fn stored(column: &Column<'_>, value: &Value) -> Option<Expr> {
    let storage = column.stored.storage;
    Some(match (&column.field.value_type, value) {
        (ValueType::Text | ValueType::Enum, Value::Text(text)) => Expr::val(text.as_str()),
        (ValueType::Integer, Value::Integer(number)) => Expr::val(*number),
        (ValueType::Decimal, Value::Integer(number)) => Expr::val(*number),
        (ValueType::Decimal, Value::Decimal(number)) => decimal(number)?,
        (ValueType::Boolean, Value::Boolean(flag)) => Expr::val(i64::from(*flag)),
        (ValueType::Instant, Value::Instant(moment)) => instant(*moment, storage)?,
        (ValueType::Day, Value::Day(day)) => match storage {
            Storage::Text | Storage::Bytes => Expr::val(day.to_string()),
            _ => instant(midnight(*day), storage)?,
        },
        (ValueType::Time, Value::Time(time)) => Expr::val(time.to_string()),
        (ValueType::Uuid, Value::Uuid { value, .. }) => match storage {
            Storage::Bytes => Expr::val(value.as_bytes().to_vec()),
            _ => Expr::val(value.hyphenated().to_string()),
        },
        (ValueType::Json, Value::Json(json)) => Expr::val(json.to_string()),
        (ValueType::Binary, Value::Binary(bytes)) => Expr::val(bytes.clone()),
        _ => return None,
    })
}

fn decimal(number: &Decimal) -> Option<Expr> {
    match number.to_i64() {
        Some(number) => Some(Expr::val(number)),
        None => Some(number.to_f64()).filter(|number| number.is_finite()).map(Expr::val),
    }
}

fn instant(moment: DateTime<Utc>, storage: Storage) -> Option<Expr> {
    const UNIX_EPOCH: f64 = 2_440_587.5;
    const MILLISECONDS_OF_A_DAY: f64 = 86_400_000.0;

    // infinities, which SQLite does not have
    if !(0..=9999).contains(&chrono::Datelike::year(&moment)) {
        return None;
    }
    Some(match storage {
        Storage::Text | Storage::Bytes => Expr::val(moment.to_rfc3339_opts(SecondsFormat::AutoSi, false)),
        Storage::Number => Expr::val(moment.timestamp()),
        Storage::Milliseconds => Expr::val(moment.timestamp_millis()),
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of these years are exact")]
        Storage::JulianDay => Expr::val(UNIX_EPOCH + moment.timestamp_millis() as f64 / MILLISECONDS_OF_A_DAY),
    })
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
