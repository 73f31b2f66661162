//! The trait of record sources, and the types of their queries and answers.

use std::future::Future;
use std::pin::Pin;

use super::aggregate::{Aggregation, Group};
use super::condition::{Condition, FieldPath};
use super::error::{RecordError, SourceProblem};
use super::key::Key;
use super::model::CollectionModel;
use super::write::WriteTx;

/// The future that the methods of a source return: `Box::pin(async { … })`.
pub type SourceFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, RecordError>> + Send + 'a>>;

/// A store of records: a database, an API, a list in memory.
///
/// Queries are checked: the collection and the fields exist, values are typed, keys have the right number of parts. Each
/// method should take one round trip to the store.
///
/// ```
/// use forest_actions::records::{
///     CollectionModel, FieldModel, Key, Page, Record, RecordError, RecordQuery, RecordSource, SourceFuture, ValueType,
/// };
/// use serde_json::json;
///
/// /// The months of a year.
/// struct Months;
///
/// impl Months {
///     /// The months of a query. Conditions are not supported.
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
    /// The collections, in any order. Called once, at start.
    fn collections(&self) -> Vec<CollectionModel>;

    /// Mistakes in the setup of the source. The start is refused with them.
    fn problems(&self) -> Vec<SourceProblem> {
        Vec::new()
    }

    /// Checks at start what [`problems`](Self::problems) cannot, by asking the store. Mistakes stop the start.
    fn check(&self) -> SourceFuture<'_, Vec<SourceProblem>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Asks the store for a sign of life: for [`Forest::is_ready`](crate::Forest::is_ready) and the doctor. The default is a
    /// success.
    fn ping(&self) -> SourceFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The number of records of a query. Counting may stop at `at_most`.
    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64>;

    /// The next keys of a query after `after`, in ascending order, at most `limit`. Only key columns are read.
    ///
    /// The order must be total and independent of the columns that actions change, so that paging returns each record once.
    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>>;

    /// Reads a page of records.
    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>>;

    /// The default number of keys of one query: large enough that round trips are cheap, small enough for memory.
    fn batch_size(&self) -> usize {
        4_000
    }

    /// Returns whether live queries may use this connection; `None` is the default connection. A source without a query
    /// language returns `false`.
    fn has_connection(&self, name: Option<&str>) -> bool {
        let _ = name;
        false
    }

    /// Aggregates the records of a query, for charts. The fields exist and have types that fit.
    fn aggregate<'a>(&'a self, query: &'a RecordQuery, aggregation: &'a Aggregation) -> SourceFuture<'a, Vec<Group>> {
        let _ = (query, aggregation);
        Box::pin(async { Err(RecordError::unsupported("this record source has no charts")) })
    }

    /// Returns whether [`begin`](Self::begin) begins a transaction. Without it, a start that makes a collection writable is
    /// refused.
    fn can_write(&self) -> bool {
        false
    }

    /// Begins a transaction, in which the back office creates, changes and deletes records.
    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        Box::pin(async { Err(RecordError::unsupported("the records of this source are read only")) })
    }
}

/// The records of a collection for which a condition holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordQuery {
    /// The collection.
    pub collection: String,
    /// The condition.
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

/// The records of a query to read, with their order and fields.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The order; the source appends the key, so that it is total.
    pub sort: Vec<Sort>,
    /// The number of records to skip.
    pub offset: u64,
    /// The maximum number of records to read.
    pub limit: u64,
    /// Reads only records after this key. It is only set if `sort` is empty.
    pub after: Option<Key>,
    /// The fields to read.
    pub projection: Projection,
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sort {
    /// The field.
    pub field: FieldPath,
    /// Sorts the largest values first.
    pub descending: bool,
}

impl Sort {
    /// Sorts the smallest values first.
    #[must_use]
    pub fn ascending(field: FieldPath) -> Self {
        Self {
            field,
            descending: false,
        }
    }

    /// Sorts the largest values first.
    #[must_use]
    pub fn descending(field: FieldPath) -> Self {
        Self {
            field,
            descending: true,
        }
    }
}

/// The fields to read. The key is always read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Projection {
    /// The fields of the collection.
    pub fields: Vec<String>,
    /// The to-one relations, with the fields of the related record.
    pub relations: Vec<(String, Vec<String>)>,
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The key.
    pub key: Key,
    /// The requested fields in the formats of the back office: a moment is `2024-05-15T10:30:00.000Z`, a day `2024-05-15`,
    /// and a missing value null.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// The requested relations, with the related record if it exists.
    pub related: Vec<(String, Option<Record>)>,
}

impl Record {
    /// A record without related records.
    #[must_use]
    pub fn new(key: Key, attributes: serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            key,
            attributes,
            related: Vec::new(),
        }
    }
}
