//! Rows of PostgreSQL. Statements convert all but a few types to text.

use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Column as _, Error, Postgres, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use crate::records::key::Key;
use crate::records::sql::rows::Rows;
use crate::records::sql::statement::ReadColumn;
use crate::records::sql::values::Raw;

pub(super) struct PgRows {
    rows: Vec<PgRow>,
    /// The encoding of each column, found once for all rows.
    encodings: Vec<Encoding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
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

impl PgRows {
    pub(super) fn new(rows: Vec<PgRow>) -> Self {
        let columns = rows.first().map(|row| row.columns()).unwrap_or_default();
        let encoding = |name: &str| match name {
            "INT2" => Encoding::Small,
            "INT4" => Encoding::Medium,
            "INT8" => Encoding::Large,
            "FLOAT4" => Encoding::Real,
            "FLOAT8" => Encoding::Double,
            "BOOL" => Encoding::Boolean,
            "UUID" => Encoding::Uuid,
            "BYTEA" => Encoding::Bytes,
            _ => Encoding::Text,
        };
        let encodings = columns
            .iter()
            .map(|column| encoding(column.type_info().name()))
            .collect();
        Self { rows, encodings }
    }
}

impl Rows for PgRows {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, index: usize) -> Result<Raw, Error> {
        let value = self.rows.get(row).ok_or(Error::RowNotFound)?.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Raw::Null);
        }
        Ok(match self.encodings.get(index).copied().unwrap_or(Encoding::Text) {
            Encoding::Small => i64::from(decode::<i16>(value)?).into(),
            Encoding::Medium => i64::from(decode::<i32>(value)?).into(),
            Encoding::Large => decode::<i64>(value)?.into(),
            // its shortest text, not the digits of the wider type
            Encoding::Real => {
                let number: f32 = decode(value)?;
                number.to_string().parse().unwrap_or(f64::from(number)).into()
            }
            Encoding::Double => decode::<f64>(value)?.into(),
            Encoding::Boolean => decode::<bool>(value)?.into(),
            Encoding::Uuid => decode::<Uuid>(value)?.into(),
            Encoding::Bytes => decode::<Vec<u8>>(value)?.into(),
            Encoding::Text => decode::<String>(value)?.into(),
        })
    }

    fn key_list(&self, column: &ReadColumn) -> Result<Option<Vec<Key>>, Error> {
        let row = self.rows.first().ok_or(Error::RowNotFound)?;
        let value = row.try_get_raw(column.index)?;
        let keys = match row.column(column.index).type_info().name() {
            "INT2[]" => keys(value, |number: i16| Key::one(i64::from(number))),
            "INT4[]" => keys(value, |number: i32| Key::one(i64::from(number))),
            "INT8[]" => keys(value, |number: i64| Key::one(number)),
            "UUID[]" => keys(value, |value: Uuid| Key::one(value)),
            _ => keys(value, |text: String| Key::one(text)),
        };
        keys.map(Some)
    }
}

fn keys<'r, T>(value: PgValueRef<'r>, key: fn(T) -> Key) -> Result<Vec<Key>, Error>
where
    Vec<T>: sqlx::Decode<'r, Postgres>,
{
    Ok(decode::<Vec<T>>(value)?.into_iter().map(key).collect())
}

fn decode<'r, T: sqlx::Decode<'r, Postgres>>(value: PgValueRef<'r>) -> Result<T, Error> {
    T::decode(value).map_err(Error::Decode)
}
