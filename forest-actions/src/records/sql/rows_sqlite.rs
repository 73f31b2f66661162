//! Rows of SQLite: each value says by itself how it is stored.

use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Error, Row as _, TypeInfo as _, ValueRef as _};

use super::rows::{Raw, key, key_part, record, unreadable_key};
use super::statement::{KeyRows, ReadColumn, ReadPlan};
use crate::records::key::Key;
use crate::records::model::ValueType;
use crate::records::source::Record;

/// The keys of these rows.
pub(super) fn keys(given: &KeyRows, rows: &[SqliteRow]) -> Result<Vec<Key>, Error> {
    match given {
        KeyRows::Each(columns) => rows
            .iter()
            .map(|row| key(columns, |column| raw(row, column))?.ok_or_else(unreadable_key))
            .collect(),
        KeyRows::Listed(column) => {
            let list: String = rows.first().ok_or(Error::RowNotFound)?.try_get(0)?;
            listed(column, &list)
        }
    }
}

/// Keys of a JSON list.
fn listed(column: &ReadColumn, list: &str) -> Result<Vec<Key>, Error> {
    if column.value_type == ValueType::Integer
        && let Ok(numbers) = serde_json::from_str::<Vec<i64>>(list)
    {
        return Ok(numbers.into_iter().map(Key::one).collect());
    }
    // a column of SQLite may hold values of any type
    let values: Vec<serde_json::Value> = serde_json::from_str(list).map_err(|error| Error::Decode(Box::new(error)))?;
    let raws = values.into_iter().map(|value| match value {
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Raw::Integer(number),
            None => Raw::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Raw::Text(text),
        _ => Raw::Null,
    });
    raws.map(|raw| key_part(column, raw).map(Key::one).ok_or_else(unreadable_key))
        .collect()
}

/// The records of these rows.
pub(super) fn records(plan: &ReadPlan, rows: &[SqliteRow]) -> Result<Vec<Record>, Error> {
    rows.iter().map(|row| record(plan, |column| raw(row, column))).collect()
}

fn raw(row: &SqliteRow, column: &ReadColumn) -> Result<Raw, Error> {
    let value = row.try_get_raw(column.index)?;
    if value.is_null() {
        return Ok(Raw::Null);
    }
    let class = value.type_info();
    Ok(match class.name() {
        "INTEGER" => Raw::Integer(decode(value)?),
        "REAL" => Raw::Real(decode(value)?),
        "TEXT" => {
            // SQLite does not check that a text is one
            Raw::Text(match String::from_utf8(decode(value)?) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })
        }
        _ => Raw::Bytes(decode(value)?),
    })
}

fn decode<'r, T>(value: SqliteValueRef<'r>) -> Result<T, Error>
where
    T: sqlx::Decode<'r, sqlx::Sqlite>,
{
    T::decode(value).map_err(Error::Decode)
}
