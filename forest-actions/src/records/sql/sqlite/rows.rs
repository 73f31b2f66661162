//! Rows of SQLite, whose values have their storage class with them.

use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Error, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

use crate::records::key::Key;
use crate::records::sql::rows::Rows;
use crate::records::sql::statement::ReadColumn;
use crate::records::sql::values::{Raw, key_part};
use crate::records::value_type::ValueType;

pub(super) struct SqliteRows(pub(super) Vec<SqliteRow>);

impl Rows for SqliteRows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn value(&self, row: usize, index: usize) -> Result<Raw, Error> {
        let value = self.0.get(row).ok_or(Error::RowNotFound)?.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Raw::Null);
        }
        let class = value.type_info();
        Ok(match class.name() {
            "INTEGER" => decode::<i64>(value)?.into(),
            "REAL" => decode::<f64>(value)?.into(),
            // SQLite does not check that a text is valid
            "TEXT" => match String::from_utf8(decode(value)?) {
                Ok(text) => text.into(),
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
            },
            _ => decode::<Vec<u8>>(value)?.into(),
        })
    }

    fn key_list(&self, column: &ReadColumn) -> Result<Option<Vec<Key>>, Error> {
        let list: String = self.0.first().ok_or(Error::RowNotFound)?.try_get(column.index)?;
        if column.value_type == ValueType::Integer
            && let Ok(numbers) = serde_json::from_str::<Vec<i64>>(&list)
        {
            return Ok(Some(numbers.into_iter().map(Key::one).collect()));
        }
        // a column of SQLite may hold values of any type
        let values: Vec<serde_json::Value> =
            serde_json::from_str(&list).map_err(|error| Error::Decode(Box::new(error)))?;
        let raws = values.into_iter().map(|value| match value {
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => number.into(),
                None => number.as_f64().unwrap_or(f64::NAN).into(),
            },
            serde_json::Value::String(text) => text.into(),
            _ => Raw::Null,
        });
        Ok(raws.map(|raw| key_part(column, raw).map(Key::one)).collect())
    }
}

fn decode<'r, T: sqlx::Decode<'r, Sqlite>>(value: SqliteValueRef<'r>) -> Result<T, Error> {
    T::decode(value).map_err(Error::Decode)
}
