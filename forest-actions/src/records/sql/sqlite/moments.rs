//! Moments and days, for which SQLite has no types.
//!
//! One expression reads each value by its own storage class and size, so that a column may mix texts with numbers of
//! several units, and a value that is written after the start is read as all others are. Lists, filters and orders use
//! this expression, so that they agree. What it cannot read is null, and matches no filter.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sea_query::{BinOper, Expr, ExprTrait as _, Func};

use crate::records::sql::Storage;
use crate::records::sql::statement::Column;
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// The format of comparisons, which sorts as text.
const COMPARED: &str = "%Y-%m-%d %H:%M:%f";

const SHOWN: &str = "%Y-%m-%dT%H:%M:%fZ";

const DAY: &str = "%Y-%m-%d";

/// The seconds of the years 0 to 9999, which SQLite can format.
const FIRST: i64 = -62_167_219_200;
const END: i64 = 253_402_300_800;

/// The Julian days of the same years.
const JULIAN: &str = "? >= 1721059.5 AND ? < 5373484.5";

/// Dates written as digits, such as 20240515 and 20240515103000: as a count of seconds they would be another moment.
const DIGITS: &str = "? BETWEEN 19000101 AND 21991231 OR ? BETWEEN 19000101000000 AND 21991231235959";

/// Numbers of days since 1970 or 1900, and seconds of the first day of 1970.
const SMALL: &str = "? BETWEEN -99999 AND 99999 AND ? % 86400 <> 0";

pub(super) fn is_moment_or_day(value_type: &ValueType) -> bool {
    matches!(value_type, ValueType::Instant | ValueType::Day)
}

/// The value in the format of comparisons.
pub(super) fn compared(column: Expr, value_type: &ValueType, storage: Storage) -> Expr {
    let is_day = *value_type == ValueType::Day;
    formatted(column, if is_day { DAY } else { COMPARED }, is_day, storage)
}

/// The value as the back office reads it; one that cannot be read stays as it is.
pub(super) fn shown(column: Expr, value_type: &ValueType, storage: Storage) -> Expr {
    let is_day = *value_type == ValueType::Day;
    let shown = formatted(column.clone(), if is_day { DAY } else { SHOWN }, is_day, storage);
    Func::coalesce([shown, column]).into()
}

fn formatted(column: Expr, format: &str, is_day: bool, storage: Storage) -> Expr {
    let sql = format!(
        "CASE WHEN typeof(?) = 'text' THEN {} WHEN typeof(?) IN ('integer', 'real') THEN {} END",
        of_text(format),
        of_number(format, is_day, storage)
    );
    of_column(&sql, &column)
}

/// Puts the column in each place of an expression.
pub(super) fn of_column(sql: &str, column: &Expr) -> Expr {
    let places = vec![column.clone(); sql.matches('?').count()];
    Expr::cust_with_exprs(sql.to_owned(), places)
}

/// `strftime` also reads `now`, times without a day and Julian days from texts, and reads neither a lower-case `t` nor offsets
/// without a colon.
fn of_text(format: &str) -> String {
    format!(
        "CASE WHEN ? GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' THEN coalesce(strftime('{format}', ?), CASE \
         WHEN ? GLOB '*:*[+-][0-9][0-9][0-9][0-9]' \
         THEN strftime('{format}', substr(?, 1, length(?) - 2) || ':' || substr(?, -2)) \
         WHEN ? GLOB '*:*[+-][0-9][0-9]' THEN strftime('{format}', ? || ':00') \
         WHEN substr(?, 11, 1) = 't' THEN strftime('{format}', upper(?)) \
         WHEN ? GLOB '* UTC' THEN strftime('{format}', substr(?, 1, length(?) - 4)) END) END"
    )
}

/// A number is in the first unit in which it lies in the years 0 to 9999.
fn of_number(format: &str, is_day: bool, storage: Storage) -> String {
    let mut sql = "CASE".to_owned();
    let mut when = |test: &str, value: &str| {
        sql.push_str(&format!(" WHEN {test} THEN {value}"));
    };
    let julian_day = format!("strftime('{format}', ?)");
    if storage == Storage::JulianDay {
        when(JULIAN, &julian_day);
    }
    when(DIGITS, "NULL");
    if is_day {
        when(SMALL, "NULL");
    }
    when(&format!("typeof(?) = 'real' AND {JULIAN}"), &julian_day);
    let units: &[i64] = match storage {
        Storage::Milliseconds => &[1_000, 1_000_000],
        _ => &[1, 1_000, 1_000_000],
    };
    for unit in units {
        let test = format!("? >= {} AND ? < {}", FIRST * unit, END * unit);
        when(&test, &format!("strftime('{format}', ? / {unit}.0, 'unixepoch')"));
    }
    // nanoseconds since 2000; smaller numbers may be ticks of .NET
    let nanoseconds = format!("strftime('{format}', ? / 1000000000.0, 'unixepoch')");
    when("? >= 946684800000000000", &nanoseconds);
    sql.push_str(" END");
    sql
}

/// A condition that all records meet which pass this comparison, and for which an index of a column of numbers can be used.
pub(super) fn index_hint(column: &Column<'_>, operator: BinOper, value: &Value) -> Option<Expr> {
    let unit = match column.stored.storage {
        Storage::Number => 1,
        Storage::Milliseconds => 1_000,
        _ => return None,
    };
    let (first, next) = match value {
        Value::Instant(instant) => (*instant, *instant),
        Value::Day(day) => (midnight(*day), midnight(day.succ_opt().unwrap_or(*day))),
        _ => return None,
    };
    // one second for what is rounded
    let from = (first.timestamp() - 1) * unit;
    let to = (next.timestamp() + 2) * unit;
    let plain = || column.expr.clone();
    let other_units = || plain().gte(END * unit);
    let in_unit = match operator {
        BinOper::Equal => plain().between(from, to).or(plain().lt(FIRST * unit)).or(other_units()),
        BinOper::GreaterThan | BinOper::GreaterThanOrEqual => plain().gte(from).or(plain().lt(FIRST * unit)),
        BinOper::SmallerThan | BinOper::SmallerThanOrEqual => plain().lte(to).or(other_units()),
        _ => return None,
    };
    Some(in_unit.or(of_column(JULIAN, &column.expr)))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Conditions on a column. Values of one of them are in the order of time, values of several are not.
pub(super) fn order_classes(column: &Column<'_>) -> Vec<Expr> {
    let unit = match column.stored.storage {
        Storage::Milliseconds => 1_000,
        _ => 1,
    };
    let (first, end) = (FIRST * unit, END * unit);
    [
        format!("? < {first}"),
        format!("? >= {first} AND ? < {end}"),
        format!("? >= {end} AND ? < ''"),
        "? >= ''".to_owned(),
    ]
    .iter()
    .map(|sql| of_column(sql, &column.expr))
    .collect()
}

/// `2024-05-15 10:30:00.000`, within the years that sort as texts.
pub(super) fn instant_text(instant: DateTime<Utc>) -> String {
    match instant.format("%Y").to_string().parse::<i64>() {
        Ok(0..=9999) => instant.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        Ok(..0) => "0000-01-01 00:00:00.000".to_owned(),
        // after every instant of that year
        _ => "9999-12-31 23:59:60.000".to_owned(),
    }
}

pub(super) fn day_text(day: NaiveDate) -> String {
    match day.format("%Y").to_string().parse::<i64>() {
        Ok(0..=9999) => day.format("%Y-%m-%d").to_string(),
        Ok(..0) => "0000-01-01".to_owned(),
        _ => "9999-12-31".to_owned(),
    }
}
