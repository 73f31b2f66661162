//! The trait behind which a store lies.

use std::future::Future;
use std::pin::Pin;

use super::condition::{Condition, FieldPath};
use super::error::RecordError;
use super::key::Key;
use super::model::CollectionModel;

/// What the methods of a source return; `async` blocks fit into it with [`Box::pin`].
pub type SourceFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, RecordError>> + Send + 'a>>;

/// A store of records: a database, an API, a list in memory.
///
/// Everything it is asked is checked before: the collection and the fields exist, values are typed, keys have the right
/// number of parts. Each method answers one question with one round trip, so that the number of statements of a request
/// is known.
///
/// ```
/// use forest_actions::records::{
///     CollectionModel, FieldModel, Key, Page, Record, RecordError, RecordQuery, RecordSource, SourceFuture, ValueType,
/// };
/// use serde_json::json;
///
/// /// The months of a year, which are in no database.
/// struct Months;
///
/// impl Months {
///     /// Those for which the condition holds. This store knows no conditions.
///     fn of(query: &RecordQuery) -> Result<std::ops::RangeInclusive<i64>, RecordError> {
///         match query.condition == forest_actions::records::Condition::always() {
///             true => Ok(1..=12),
///             false => Err(RecordError::unsupported("months cannot be filtered")),
///         }
///     }
/// }
///
/// impl RecordSource for Months {
///     fn collections(&self) -> Vec<CollectionModel> {
///         let number = FieldModel::new("number", ValueType::Integer);
///         vec![CollectionModel::new("months").field(number).key(["number"])]
///     }
///
///     fn count<'a>(&'a self, query: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
///         Box::pin(async { Ok(Self::of(query)?.count() as u64) })
///     }
///
///     fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
///         let number = |key: &Key| key.to_string().parse::<i64>().ok();
///         let is_next = move |key: &Key| after.is_none_or(|after| number(key) > number(after));
///         Box::pin(async move { Ok(Self::of(query)?.map(Key::one).filter(is_next).take(limit).collect()) })
///     }
///
///     fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
///         Box::pin(async {
///             let attributes = |number: i64| json!({"number": number}).as_object().cloned().unwrap_or_default();
///             let months = Self::of(query)?.skip(page.offset as usize).take(page.limit as usize);
///             Ok(months.map(|number| Record::new(Key::one(number), attributes(number))).collect())
///         })
///     }
/// }
/// # #[actix_web::main]
/// # async fn main() -> Result<(), RecordError> {
/// # let all = RecordQuery::new("months", forest_actions::records::Condition::always());
/// # assert_eq!(Months.keys(&all, Some(&Key::one(10)), 5).await?, [Key::one(11), Key::one(12)]);
/// # Ok(())
/// # }
/// ```
pub trait RecordSource: Send + Sync + 'static {
    /// The collections, in any order. Asked once, at start.
    fn collections(&self) -> Vec<CollectionModel>;

    /// Mistakes in how the source was set up, each a sentence that names what is wrong. The start is refused with them.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many records there are for the query; a count that reaches `at_most` may stop there.
    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64>;

    /// The next keys for the query, at most `limit`, in ascending key order, after `after`. Only key columns are read.
    ///
    /// The order is total and does not depend on anything an action changes, so that paging by it meets each record
    /// once.
    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>>;

    /// A page of records.
    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>>;

    /// How many keys a question asks for where nobody says: enough to make the way there and back cheap, few enough to
    /// keep memory small.
    fn batch_size(&self) -> usize {
        4_000
    }

    /// Whether a live query may name this connection; `None` is the default connection. A source without a query
    /// language has none.
    fn has_connection(&self, name: Option<&str>) -> bool {
        let _ = name;
        false
    }
}

/// The records of a collection for which a condition holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordQuery {
    /// The collection.
    pub collection: String,
    /// What must hold.
    pub condition: Condition,
}

impl RecordQuery {
    /// The records of `collection` for which `condition` holds.
    pub fn new(collection: impl Into<String>, condition: Condition) -> Self {
        Self {
            collection: collection.into(),
            condition,
        }
    }
}

/// Which records of a query to read, in which order, and what of them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The order; the source appends the key, so that it is total.
    pub sort: Vec<Sort>,
    /// How many records to leave out at the start.
    pub offset: u64,
    /// How many records to read.
    pub limit: u64,
    /// Only those after this key; only given when `sort` is empty.
    pub after: Option<Key>,
    /// What to read.
    pub projection: Projection,
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The field.
    pub field: FieldPath,
    /// Whether the largest come first.
    pub descending: bool,
}

/// The fields to read. The key is always read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Projection {
    /// The fields of the collection.
    pub fields: Vec<String>,
    /// The to-one relations, each with the fields of the related record.
    pub relations: Vec<(String, Vec<String>)>,
}

/// A record as it was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The key.
    pub key: Key,
    /// The fields that were asked for, as the back office reads them: a moment is `2024-05-15T10:30:00.000Z`, a day
    /// `2024-05-15`, and a missing value null.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// The related records that were asked for; `None` where there is none.
    pub related: Vec<(String, Option<Record>)>,
}

impl Record {
    /// A record without related ones.
    #[must_use]
    pub fn new(key: Key, attributes: serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            key,
            attributes,
            related: Vec::new(),
        }
    }
}
