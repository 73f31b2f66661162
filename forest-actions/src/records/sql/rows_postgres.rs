//! Rows of PostgreSQL: the statement has turned all but a few types into text.

use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Column as _, Error, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::rows::{Raw, key, record, unreadable_key};
use super::statement::{KeyRows, ReadColumn, ReadPlan};
use crate::records::key::Key;
use crate::records::source::Record;

/// How a column is taken from a row. Found once for all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    Small,
    Medium,
    Large,
    Real,
    Double,
    Boolean,
    Uuid,
    Bytes,
    Text,
}

/// The keys of these rows.
pub(super) fn keys(given: &KeyRows, rows: &[PgRow]) -> Result<Vec<Key>, Error> {
    let takes = takes(rows);
    match given {
        KeyRows::Each(columns) => rows
            .iter()
            .map(|row| key(columns, |column| raw(row, column, &takes))?.ok_or_else(unreadable_key))
            .collect(),
        KeyRows::Listed(column) => {
            let row = rows.first().ok_or(Error::RowNotFound)?;
            let value = row.try_get_raw(column.index)?;
            match row.column(column.index).type_info().name() {
                "INT2[]" => listed(value, |number: i16| Key::one(i64::from(number))),
                "INT4[]" => listed(value, |number: i32| Key::one(i64::from(number))),
                "INT8[]" => listed(value, |number: i64| Key::one(number)),
                "UUID[]" => listed(value, |value: Uuid| Key::one(value)),
                _ => listed(value, |text: String| Key::one(text)),
            }
        }
    }
}

/// Keys of an array.
fn listed<'r, T>(value: PgValueRef<'r>, key: fn(T) -> Key) -> Result<Vec<Key>, Error>
where
    Vec<T>: sqlx::Decode<'r, sqlx::Postgres>,
{
    Ok(decode::<Vec<T>>(value)?.into_iter().map(key).collect())
}

/// The records of these rows.
pub(super) fn records(plan: &ReadPlan, rows: &[PgRow]) -> Result<Vec<Record>, Error> {
    let takes = takes(rows);
    rows.iter()
        .map(|row| record(plan, |column| raw(row, column, &takes)))
        .collect()
}

fn takes(rows: &[PgRow]) -> Vec<Take> {
    let columns = rows.first().map(|row| row.columns()).unwrap_or_default();
    columns
        .iter()
        .map(|column| match column.type_info().name() {
            "INT2" => Take::Small,
            "INT4" => Take::Medium,
            "INT8" => Take::Large,
            "FLOAT4" => Take::Real,
            "FLOAT8" => Take::Double,
            "BOOL" => Take::Boolean,
            "UUID" => Take::Uuid,
            "BYTEA" => Take::Bytes,
            _ => Take::Text,
        })
        .collect()
}

fn raw(row: &PgRow, column: &ReadColumn, takes: &[Take]) -> Result<Raw, Error> {
    let value = row.try_get_raw(column.index)?;
    if value.is_null() {
        return Ok(Raw::Null);
    }
    Ok(match takes.get(column.index).copied().unwrap_or(Take::Text) {
        Take::Small => Raw::Integer(decode::<i16>(value)?.into()),
        Take::Medium => Raw::Integer(decode::<i32>(value)?.into()),
        Take::Large => Raw::Integer(decode(value)?),
        // its shortest text, and not the digits of the next larger type
        Take::Real => {
            let number: f32 = decode(value)?;
            Raw::Real(number.to_string().parse().unwrap_or(f64::from(number)))
        }
        Take::Double => Raw::Real(decode(value)?),
        Take::Boolean => Raw::Boolean(decode(value)?),
        Take::Uuid => Raw::Uuid(decode::<Uuid>(value)?),
        Take::Bytes => Raw::Bytes(decode(value)?),
        Take::Text => Raw::Text(decode(value)?),
    })
}

fn decode<'r, T>(value: PgValueRef<'r>) -> Result<T, Error>
where
    T: sqlx::Decode<'r, sqlx::Postgres>,
{
    T::decode(value).map_err(Error::Decode)
}
