//! SQLite or PostgreSQL, by the URL. The statements of the actions run on both: placeholders are `$1`, `$2`, …

use forest_actions::records::SqlRecords;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, PgPool, SqlitePool};

/// The key of a loan: branch and number.
pub(crate) type LoanKey = (String, i64);

#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) pool: AnyPool,
    pub(crate) records: SqlRecords,
}

impl Database {
    /// Opens the database, and makes and fills the tables where they are missing.
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(5).connect(url).await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        let records = match url.starts_with("sqlite") {
            true => SqlRecords::sqlite(SqlitePool::connect(url).await?).await?,
            false => SqlRecords::postgres(PgPool::connect(url).await?).await?,
        };
        let records = records.collection("loans", |loans| {
            loans.enum_values("status", ["pending", "approved", "rejected", "written_off"])
        });
        Ok(Self { pool, records })
    }
}

/// An id for a new row.
pub(crate) fn new_id(of: &str, number: u64) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{of}-{}-{number}", now.as_nanos())
}
