//! Records: what is selected, what is listed, and where both come from.
//!
//! A [`RecordSource`] knows a store: its collections, and how to count, key and read the records for which a
//! [`Condition`] holds. Everything that the back office may ask for (filters, search, segments, scopes, exclusions,
//! parents, dates in the caller's time zone) is resolved into such a condition first, checked and typed against the
//! [`CollectionModel`], so that a source meets no text of a request. [`MemoryRecords`] keeps records in the program;
//! `SqlRecords` (features `sqlite` and `postgres`) reads them from a database.
//!
//! ```text
//! request ── filter, operator, search, calendar, scope ──► Condition ──► RecordSource ──► keys, counts, records
//! ```

mod access;
mod calendar;
mod condition;
mod convert;
mod describe;
mod error;
mod filter;
#[cfg(test)]
mod fixture;
mod key;
mod leaf;
mod list_query;
mod live_query;
mod memory;
mod model;
mod models;
mod operator;
mod paging;
pub(crate) mod record_key;
mod refusal;
mod resolve;
mod scope;
mod search;
mod selection;
mod source;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod typed;
mod value;
mod variables;

pub use condition::{Condition, FieldPath, LiveQuery, Parent, QueryPiece, Test, TextTest};
pub use error::RecordError;
pub use filter::Filter;
pub use key::Key;
pub use memory::MemoryRecords;
pub use model::{CollectionModel, FieldModel, RelationModel, Through, ValueType};
pub use operator::Operator;
pub use selection::Selection;
pub use source::{Page, Projection, Record, RecordQuery, RecordSource, Sort, SourceFuture};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{CollectionSetup, SqlRecords, Storage};
pub use typed::Records;
pub use value::{Decimal, Value};

pub(crate) use access::{RecordAccess, RecordRules, RecordStore, Scope};
pub(crate) use calendar::zone_named;
pub(crate) use describe::{describe, field_type};
pub(crate) use list_query::ListQuery;
pub(crate) use live_query::GrantedQuery;
#[cfg(feature = "server")]
pub(crate) use live_query::LiveQueries;
pub(crate) use models::Models;
pub(crate) use record_key::{KeyPart, PackedId, RecordKey, number_text, part_text, split_packed, whole};
pub(crate) use resolve::Resolver;
#[cfg(feature = "server")]
pub(crate) use scope::substitute;
#[cfg(feature = "server")]
pub(crate) use selection::ChosenRecords;
pub(crate) use selection::{no_record_source, of_source, too_many};
pub(crate) use variables::Variables;
