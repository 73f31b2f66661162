//! Making a [`SqlRecords`] of a pool.
//!
//! Owns the order: read the catalogue, make collections, log what was left out. Programs call it once, before the start.

use super::build::collections_of;
use super::catalogue::Table;
use super::{Pool, SqlRecords};
use crate::records::error::RecordError;
#[cfg(feature = "sqlite")]
use crate::records::model::ValueType;

impl SqlRecords {
    /// The tables and views of an SQLite database, read over the pool that the program uses itself.
    ///
    /// The catalogue is read once, here: a table that is made later is not seen. Columns whose type the back office
    /// cannot show are left out with a warning, and so are foreign keys of several columns.
    ///
    /// # Errors
    /// [`RecordError::Failed`] when the catalogue cannot be read.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(pool: sqlx::SqlitePool) -> Result<Self, RecordError> {
        let mut notes = Vec::new();
        let tables = super::catalogue_sqlite::read(&pool, &mut notes).await?;
        let mut records = Self::of(Pool::Sqlite(pool), tables, notes);
        for collection in &mut records.collections {
            let key = collection.model.key.clone();
            for field in collection
                .model
                .fields
                .iter_mut()
                .filter(|field| key.contains(&field.name))
            {
                // a moment has many spellings in SQLite, and a key must be the one that is stored: two records within
                // one millisecond are two
                if matches!(field.value_type, ValueType::Instant | ValueType::Day | ValueType::Time) {
                    field.value_type = ValueType::Text;
                }
            }
        }
        Ok(records)
    }

    /// The tables and views of the schema `public` of a PostgreSQL database that the pool's role may read; see
    /// [`SqlRecords::postgres_schema`].
    ///
    /// # Errors
    /// [`RecordError::Failed`] when the catalogue cannot be read.
    #[cfg(feature = "postgres")]
    pub async fn postgres(pool: sqlx::PgPool) -> Result<Self, RecordError> {
        Self::postgres_schema(pool, "public").await
    }

    /// The tables and views of one schema of a PostgreSQL database that the pool's role may read, over the pool that the
    /// program uses itself.
    ///
    /// The catalogue is read once, here: a table that is made later is not seen. Columns whose type the back office
    /// cannot show are left out with a warning; code can show one as a text with
    /// [`CollectionSetup::computed`](super::CollectionSetup::computed). Foreign keys of several columns or into another
    /// schema make no relation, with a warning too. Partitions are left out: their parent has their records.
    ///
    /// # Errors
    /// [`RecordError::Unsupported`] when there is no such schema, [`RecordError::Failed`] when the catalogue cannot be
    /// read.
    #[cfg(feature = "postgres")]
    pub async fn postgres_schema(pool: sqlx::PgPool, schema: &str) -> Result<Self, RecordError> {
        let tables = super::catalogue_postgres::read(&pool, schema).await?;
        Ok(Self::of(Pool::Postgres(pool), tables, Vec::new()))
    }

    fn of(pool: Pool, tables: Vec<Table>, mut notes: Vec<String>) -> Self {
        let collections = collections_of(tables, &mut notes);
        for note in notes {
            tracing::warn!("{note}");
        }
        Self {
            pool,
            collections,
            problems: Vec::new(),
            connection_name: None,
        }
    }
}
