//! Writing to a record source: one transaction for each request.

use super::draft::Draft;
use super::error::RecordError;
use super::key::Key;
use super::source::{Page, Record, RecordQuery, SourceFuture};

/// A transaction of a record source, from [`RecordSource::begin`](super::RecordSource::begin). Dropped, it changes nothing.
///
/// Everything is checked before: the collection is writable, its fields exist, values have the types of their columns, and
/// keys come from [`lock`](Self::lock) of this transaction. So a source applies no scope here.
pub trait WriteTx: Send {
    /// As [`RecordSource::keys`](super::RecordSource::keys), inside the transaction.
    fn keys<'a>(
        &'a mut self,
        query: &'a RecordQuery,
        after: Option<&'a Key>,
        limit: usize,
    ) -> SourceFuture<'a, Vec<Key>>;

    /// As [`RecordSource::records`](super::RecordSource::records), inside the transaction.
    fn records<'a>(&'a mut self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>>;

    /// The keys of at most `limit` records of a query, which no other transaction changes until this one ends.
    fn lock<'a>(&'a mut self, query: &'a RecordQuery, limit: usize) -> SourceFuture<'a, Vec<Key>>;

    /// Adds a record, and returns its key. Fields that the draft lacks get their defaults.
    fn create<'a>(&'a mut self, collection: &'a str, draft: &'a Draft) -> SourceFuture<'a, Key>;

    /// Sets the fields of the draft on these records, and returns the number of records.
    fn update<'a>(&'a mut self, collection: &'a str, keys: &'a [Key], draft: &'a Draft) -> SourceFuture<'a, u64>;

    /// Deletes these records, and returns their number.
    fn delete<'a>(&'a mut self, collection: &'a str, keys: &'a [Key]) -> SourceFuture<'a, u64>;

    /// The connection of the transaction, if it is one of sqlx: an audit trail in the same database writes on it.
    #[cfg(feature = "sql")]
    fn connection(&mut self) -> Option<super::HandlerConnection<'_>> {
        None
    }

    /// Ends the transaction, and keeps its changes.
    fn commit<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a;

    /// Ends the transaction without its changes.
    fn rollback<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a;
}

/// A rule of the store that a change would break. Names are those of collections and fields that the back office knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Another record has the values of these fields. Without names, they are not known.
    Taken(Vec<String>),
    /// Records of this collection refer to a record that was to be deleted, or whose key was to change.
    StillUsed(Option<String>),
    /// The record that this field refers to does not exist.
    NoTarget(Option<String>),
    /// A field has to have a value.
    Required(Option<String>),
    /// A condition of the store does not hold, of this field if only one takes part in it.
    Unmet(Option<String>),
    /// A value cannot be stored: the reason completes "a value cannot be stored: …".
    Unstorable {
        /// The field, if it is known.
        field: Option<String>,
        /// The reason, such as "it is too long".
        reason: &'static str,
    },
}

impl From<Violation> for RecordError {
    fn from(violation: Violation) -> Self {
        Self::Violated(violation)
    }
}
