//! [`SqlRecords`]: a database as a record source. All SQL of this crate is below this module.
//!
//! ```text
//! database ── sqlite, postgres ──► catalogue::Table ── catalogue ──► SqlCollection ◄── setup, corrections ── code
//! RecordQuery ── statement ──► Statement ── sqlite, postgres ──► Rows ── values ──► keys, records
//! ```
//!
//! An engine is a folder that implements [`Dialect`](engine::Dialect), [`Engine`](engine::Engine) and
//! [`Rows`](rows::Rows), and adds its constructors to [`SqlRecords`].

mod begin;
mod cascades;
mod catalogue;
mod corrections;
mod encoding;
mod engine;
mod error;
mod lent;
mod limits;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
mod setup;
mod source;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod values;
mod violation;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use self::cascades::Cascade;
use self::catalogue::{Table, collections_of};
use self::corrections::CorrectionError;
use self::engine::Engine;
use self::limits::Limits;
use self::statement::LookUps;
use super::model::CollectionModel;

pub(crate) use self::begin::begin;
pub use self::lent::{HandlerConnection, read_on};
pub use self::setup::CollectionSetup;

/// A database, as a record source over the host's own pool.
///
/// The catalogue is read once: each table becomes a collection, each view a read-only collection, and each foreign key
/// of one column a relation on both sides. Code corrects what the database does not declare, or declares otherwise than
/// the back office should see it; a correction that names something unknown refuses the start.
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
    engine: Arc<dyn Engine>,
    collections: Vec<SqlCollection>,
    problems: Vec<CorrectionError>,
    /// The name by which live queries refer to this database.
    connection_name: Option<String>,
    /// Depends on the collections, and is emptied where they change.
    look_ups: Arc<LookUps>,
    limits: Limits,
}

/// The tables of the library's own runs in an SQLite database, which has no schemas to keep them apart.
const OWN_TABLES: [&str; 2] = ["forest_runs", "forest_run_records"];

impl SqlRecords {
    fn new(engine: impl Engine + 'static, mut tables: Vec<Table>) -> Self {
        tables.retain(|table| !OWN_TABLES.contains(&&*table.name));
        Self::of_all(engine, tables)
    }

    fn of_all(engine: impl Engine + 'static, tables: Vec<Table>) -> Self {
        let mut omissions = Vec::new();
        let collections = collections_of(tables, &mut omissions);
        for omission in omissions {
            tracing::warn!("{omission}");
        }
        Self {
            engine: Arc::new(engine),
            collections,
            problems: Vec::new(),
            connection_name: None,
            look_ups: Arc::default(),
            limits: Limits::default(),
        }
    }
}

/// A collection and where the database stores it.
#[derive(Debug, Clone)]
struct SqlCollection {
    model: CollectionModel,
    /// The schema of the database that contains the table; `None` for the default schema.
    schema: Option<String>,
    /// By the name of the field.
    columns: HashMap<String, SqlColumn>,
    /// The rows of other tables that the database changes with a deletion; empty where code allows that.
    cascades: Vec<Cascade>,
}

/// The storage of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SqlColumn {
    /// The type to which a bound text is cast before a comparison, without length or precision: `uuid`, `numeric`,
    /// `int4[]`, `"public"."status"`. Quoted where necessary. Empty for an engine without casts.
    cast: String,
    /// The type to which the column itself is cast before a comparison: operators of enumerations and lists do not accept
    /// a domain, and no statement can name a type in a schema that the role may not use.
    base: Option<String>,
    /// `None` for a type without collations, and in SQLite unless the table declares one.
    collation: Option<Collation>,
    /// The representation of instants, days and UUIDs by an engine without such types.
    storage: Storage,
    /// No two records have the same value, which the database enforces.
    is_unique: bool,
    /// Declared without a type, so that SQLite does not convert values before it compares them.
    is_untyped: bool,
}

/// The rule by which the texts of a column are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collation {
    /// Its name in a statement; `None` if it is not known.
    name: Option<String>,
    /// Different texts are never equal.
    is_deterministic: bool,
}

/// The representation of instants, days and UUIDs in SQLite, which has no types for them. An instant or a day is read from a
/// text or a number in any column; this only decides between the units of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// As text.
    #[default]
    Text,
    /// As a number, which is in the first of these units in which it lies in the years 0 to 9999: seconds, milliseconds,
    /// microseconds or nanoseconds since 1970. A fraction that is a Julian day of these years is one.
    Number,
    /// As a number of milliseconds since 1970, also where it could be one of seconds.
    Milliseconds,
    /// As a number of Julian days.
    JulianDay,
    /// As bytes: the sixteen of a UUID.
    Bytes,
}
