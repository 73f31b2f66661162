//! [`SqlRecords`]: a database as a record source. The only SQL of this crate is written below this module.
//!
//! Owns the catalogue (which tables there are, and how their columns are stored) and the statements. What a request
//! means is decided before: here arrive conditions that are checked and typed.
//!
//! ```text
//! database ── catalogue_sqlite, catalogue_postgres ──► catalogue::Table ── build, keys, relations ──► SqlCollection
//!                                                                    code ── setup, corrections ──► SqlCollection
//! ```

mod database_error;
mod live_text;
mod rows;
#[cfg(feature = "postgres")]
mod rows_postgres;
#[cfg(feature = "sqlite")]
mod rows_sqlite;
mod run;
mod source;
mod statement;
#[cfg(test)]
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod statement_tests;

use std::collections::HashMap;

use super::model::CollectionModel;

mod build;
mod catalogue;
#[cfg(feature = "postgres")]
mod catalogue_postgres;
#[cfg(feature = "sqlite")]
mod catalogue_sqlite;
#[cfg(test)]
mod catalogue_tests;
mod constructors;
mod corrections;
mod defaults;
mod keys;
mod naming;
mod relations;
mod setup;
mod types;

pub use setup::CollectionSetup;

/// A database, as a record source over the host's own pool.
///
/// The catalogue is read once: each table becomes a collection, each view one that cannot be written, and each foreign
/// key of one column a relation on both sides. What the database does not say, or says otherwise than the back office
/// should see it, is corrected in code; a correction that names something unknown refuses the start.
///
/// ```no_run
/// use forest_actions::records::{Filter, Operator, RelationModel, SqlRecords, ValueType};
///
/// # #[cfg(feature = "sqlite")]
/// # async fn records(pool: sqlx::SqlitePool) -> Result<SqlRecords, forest_actions::records::RecordError> {
/// let records = SqlRecords::sqlite(pool)
///     .await?
///     .collection("companies", |companies| {
///         companies
///             .hide("password_digest")
///             .enum_values("status", ["live", "pending", "refused"])
///             .computed("full_address", ValueType::Text, "street || ', ' || city")
///             .segment("Live ones", Filter::leaf("status", Operator::Equal, "live"))
///     })
///     .collection("orders", |orders| {
///         orders.relation(RelationModel::belongs_to("company", "companies", "company_ref", "reference"))
///     })
///     .only(["companies", "orders"]);
/// # Ok(records)
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqlRecords {
    pub(super) pool: Pool,
    pub(super) collections: Vec<SqlCollection>,
    pub(super) problems: Vec<String>,
    /// The name by which a live query may ask for this database.
    pub(super) connection_name: Option<String>,
}

/// The host's pool, which says the dialect.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// A collection, and what only SQL has to know of it.
#[derive(Debug, Clone)]
pub(super) struct SqlCollection {
    pub(super) model: CollectionModel,
    /// The schema of the database in which the table lies; `None` for the default one.
    pub(super) schema: Option<String>,
    /// By the name of the field.
    pub(super) columns: HashMap<String, SqlColumn>,
}

/// How a column is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SqlColumn {
    /// The type to which PostgreSQL casts a bound text before it compares, without length or precision: `uuid`,
    /// `numeric`, `int4[]`, `"public"."status"`. Ready to stand in a statement. Empty for SQLite.
    pub(super) cast: String,
    /// How SQLite keeps it.
    pub(super) storage: Storage,
}

/// How SQLite, which has no such types, keeps a moment, a day or a UUID.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// As text.
    #[default]
    Text,
    /// As a number: seconds since 1970 for a moment.
    Number,
    /// As bytes: the sixteen of a UUID.
    Bytes,
}
