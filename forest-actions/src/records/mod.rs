//! Records: sources, and queries of the back office.
//!
//! A [`RecordSource`] describes the collections of a store, and counts and reads the records that match a [`Condition`].
//! Filters, search, segments, scopes, exclusions, parents and dates in the caller's time zone are resolved to a condition
//! first, and checked against the [`CollectionModel`], so that a source never handles text from a request.
//! [`MemoryRecords`] keeps records in memory; `SqlRecords` (features `sqlite` and `postgres`) reads a database.
//!
//! ```text
//! request ── filter, operator, search, calendar, scope ──► Condition ──► RecordSource ──► keys, counts, records
//! ```

mod access;
mod aggregate;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod beside;
mod calendar;
mod condition;
mod convert;
mod decode;
mod describe;
mod distant;
mod draft;
mod error;
mod filter;
#[cfg(test)]
mod fixture;
mod key;
mod key_fit;
mod leaf;
mod list_query;
mod live_query;
mod memory;
mod model;
mod models;
mod names;
mod operator;
mod paging;
mod record_key;
mod relation;
mod requested;
mod resolve;
mod rule;
mod scope;
mod search;
mod selection;
mod source;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod store;
mod timeline;
mod typed;
mod value;
mod value_type;
mod variables;
mod writable;
mod write;
mod written;

pub use aggregate::{Aggregation, Aggregator, Group, Grouping};
pub use condition::{Condition, FieldPath, LiveQuery, Parent, QueryPiece, Test, TextTest};
pub use draft::Draft;
pub use error::{FilterFormat, InvalidKey, QueryError, RecordError, SourceProblem};
pub use filter::Filter;
pub use key::Key;
#[doc(hidden)]
pub use key_fit::{KeyFit, KeyKind};
pub use memory::MemoryRecords;
pub use model::{CollectionModel, FieldModel};
pub use operator::Operator;
pub use record_key::{KeyPart, RecordKey};
pub use relation::{RelationModel, Through};
pub use selection::Selection;
pub use source::{Page, Projection, Record, RecordQuery, RecordSource, Sort, SourceFuture};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use sql::begin;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::{CollectionSetup, HandlerConnection, SqlRecords, Storage, read_on};
pub use typed::Records;
pub use value::{Decimal, Value};
pub use value_type::ValueType;
pub use writable::Writable;
pub use write::{Violation, WriteTx};

pub use crate::schema::field::{Relationship, Validation};

pub(crate) use access::{RecordAccess, RecordRules, Scope};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use beside::Beside;
pub(crate) use calendar::zone_named;
pub(crate) use describe::{describe, field_type};
pub(crate) use distant::moment_after_9999;
pub(crate) use list_query::ListQuery;
pub(crate) use live_query::GrantedQuery;
#[cfg(feature = "server")]
pub(crate) use live_query::LiveQueries;
pub(crate) use models::{Models, check_described};
pub(crate) use names::{split_names, unusual_names};
pub(crate) use paging::{have_a_common_key, null_key};
pub(crate) use record_key::{PackedId, number_text, part_text, split_packed, whole};
pub(crate) use requested::{Given, Requested};
#[cfg(feature = "server")]
pub(crate) use resolve::Resolver;
pub(crate) use rule::{Judge, Judged};
pub(crate) use scope::{substitute, substitute_value};
#[cfg(feature = "server")]
pub(crate) use selection::ChosenRecords;
pub(crate) use store::RecordStore;
pub(crate) use timeline::{TimeRange, Timeline, TooManyPeriods};
pub(crate) use typed::record_as;
pub(crate) use variables::Variables;
pub(crate) use written::written;
