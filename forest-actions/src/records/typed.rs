//! The selected records of an action, deserialized to a type of the program.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::condition::Condition;
use super::decode::Field;
use super::error::QueryError;
use super::key::Key;
use super::paging::{Paced, Part, Place, given_part, next_place, position};
use super::rule::Passed;
use super::selection::{Chosen, MAX_CHUNK, Selection, size as size_of, taken};
use super::source::{Page, Projection, Record, RecordQuery};
use super::store::RecordStore;
use crate::observed;

/// The selected records, deserialized to `T`; an extractor for handlers and hooks.
///
/// `T` is deserialized from an object with the names of the fields, in the formats of the back office: a moment is a text
/// such as `2024-05-15T10:30:00.000Z`. A number fits a type of numbers and a type of texts, although PostgreSQL's `numeric`
/// and `bigint` are texts there. Hidden fields are included. Fields that `T` does not have are ignored.
///
/// ```
/// use forest_actions::{ActionResult, Records, success};
/// use futures_util::TryStreamExt as _;
///
/// #[derive(serde::Deserialize)]
/// struct Company {
///     name: String,
/// }
///
/// async fn greet(companies: Records<Company>) -> ActionResult {
///     let mut chunks = companies.chunks(100);
///     let mut names = Vec::new();
///     while let Some(chunk) = chunks.try_next().await? {
///         names.extend(chunk.into_iter().map(|company| company.name));
///     }
///     Ok(success(format!("Hello {}", names.join(", "))))
/// }
/// ```
pub struct Records<T> {
    selection: Selection,
    of: PhantomData<fn() -> T>,
}

/// A record with its key, or the reason why it does not fit.
type Keyed<T> = (Key, Result<T, QueryError>);

impl<T> Clone for Records<T> {
    fn clone(&self) -> Self {
        Self::new(self.selection.clone())
    }
}

impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Records").field(&self.selection).finish()
    }
}

impl<T> Records<T> {
    /// The records of a selection.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            of: PhantomData,
        }
    }

    /// The selection itself: its ids and its count.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl<T: DeserializeOwned> Records<T> {
    /// The records in chunks of `size` (1 to 50,000), in the order of the [selection](Selection). No chunk is empty. Each
    /// chunk is read with one statement when the stream is polled for it. Records that are removed meanwhile are left out.
    ///
    /// # Errors
    /// A collection without a record source or without a key, or whose key is not unique (422), a store that cannot be
    /// read, or a record that does not fit `T`. The stream ends with its first error.
    pub fn chunks(&self, size: usize) -> impl Stream<Item = Result<Vec<T>, QueryError>> + Unpin + use<T> {
        self.keyed_chunks(size)
            .and_then(|chunk| std::future::ready(chunk.into_iter().map(|(_, record)| record).collect()))
    }

    /// The records with their keys, in chunks; a record that does not fit `T` does not end the stream.
    pub(crate) fn keyed_chunks(
        &self,
        size: usize,
    ) -> impl Stream<Item = Result<Vec<Keyed<T>>, QueryError>> + Unpin + use<T> {
        let size = size.clamp(1, MAX_CHUNK);
        let chosen = self.selection.chosen();
        let observer = observed::records();
        let paced = Paced::current();
        let start = (Place::Start(None), 0, Passed::default());
        let pages = stream::try_unfold(start, move |(place, handed_over, mut passed)| {
            let (chosen, observer, paced) = (chosen.clone(), observer.clone(), paced.clone());
            async move {
                let paced_place = paced.next(&chosen, place, size).await?;
                let Some((place, size)) = paced_place else {
                    return Ok(None);
                };
                match &*chosen {
                    Chosen::All { store, query, rule, .. } => {
                        let (records, next) = read_page(place, size, store, query).await?;
                        let Some(mut records) = records else { return Ok(None) };
                        let last = match (&next, records.last()) {
                            (Place::After(key, _), _) => Some(key.to_string()),
                            (_, Some(record)) => Some(record.key.to_string()),
                            _ => None,
                        };
                        if let Some(rule) = rule {
                            records = rule.allowed(&query.collection, records, &mut passed)?;
                        }
                        let handed_over = chosen.handed_over(handed_over, records.len())?;
                        if let Some(observer) = &observer {
                            taken(&**observer, records.iter().map(|record| &record.key)).await?;
                        }
                        paced.hand(last, handed_over);
                        let records = decoded(&query.collection, records);
                        Ok::<_, QueryError>(Some((records, (next, handed_over, passed))))
                    }
                    Chosen::Found {
                        store,
                        collection,
                        keys,
                        scope,
                        held,
                        read,
                        ..
                    } => {
                        let (part, next) = given_part(place, size, keys.len());
                        let Some(Part::Given(from, to)) = part else {
                            return Ok(None);
                        };
                        let keys = keys.get(from..to).unwrap_or_default();
                        let last = keys.last().map(Key::to_string);
                        let records = match read.take(keys) {
                            Some(records) => records,
                            None => read_given(store, collection, keys, &scope.clone().and(held.clone())).await?,
                        };
                        let handed_over = handed_over.saturating_add(size_of(records.len()));
                        paced.hand(last, handed_over);
                        Ok(Some((decoded(collection, records), (next, handed_over, passed))))
                    }
                    Chosen::Unchecked(ids) if ids.is_empty() => Ok(None),
                    Chosen::Unchecked(_) | Chosen::Unknown => Err(QueryError::NoRecordSource),
                }
            }
        });
        Box::pin(pages.try_filter(|chunk: &Vec<_>| std::future::ready(!chunk.is_empty())))
    }

    /// The records one by one, which are read in chunks of 500.
    ///
    /// # Errors
    /// As for [`chunks`](Self::chunks).
    pub fn stream(&self) -> impl Stream<Item = Result<T, QueryError>> + Unpin + use<T> {
        const CHUNK: usize = 500;
        let records = self
            .chunks(CHUNK)
            .map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok)))
            .try_flatten();
        Box::pin(records)
    }
}

/// The next records of "select all", in key order, and the place after them; `None` at the end.
pub(super) async fn read_page(
    place: Place,
    size: usize,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<(Option<Vec<Record>>, Place), QueryError> {
    let Some((after, bound)) = position(place, store, query).await? else {
        return Ok((None, Place::End));
    };
    let mut records = read(store, query, after.clone(), size.saturating_add(1)).await?;
    let next = next_place(after, bound, size, &mut records, |record| &record.key, store, query).await?;
    Ok((Some(records), next))
}

/// The records of these keys that meet the condition, in the order of the keys.
pub(super) async fn read_given(
    store: &RecordStore,
    collection: &str,
    keys: &[Key],
    condition: &Condition,
) -> Result<Vec<Record>, QueryError> {
    let condition = Condition::KeyIn(keys.to_vec()).and(condition.clone());
    let query = RecordQuery::new(collection, condition);
    let records = read(store, &query, None, keys.len().saturating_add(1)).await?;
    in_order_of(keys, &query, records)
}

/// Reads all fields of the next records, in key order.
async fn read(
    store: &RecordStore,
    query: &RecordQuery,
    after: Option<Key>,
    limit: usize,
) -> Result<Vec<Record>, QueryError> {
    let collection = store.models.get(&query.collection).ok_or(QueryError::NoRecordSource)?;
    let page = Page {
        after,
        limit: size_of(limit),
        projection: Projection {
            fields: collection.fields.iter().map(|field| field.name.clone()).collect(),
            relations: Vec::new(),
        },
        ..Page::default()
    };
    store.source.records(query, &page).await.map_err(QueryError::in_handler)
}

/// The records of these keys, in their order.
fn in_order_of(keys: &[Key], query: &RecordQuery, records: Vec<Record>) -> Result<Vec<Record>, QueryError> {
    let mut by_key = HashMap::with_capacity(records.len());
    for record in records {
        if by_key.insert(record.key.to_string(), record).is_some() {
            return Err(QueryError::KeyNotUnique(query.collection.clone()));
        }
    }
    Ok(keys.iter().filter_map(|key| by_key.remove(&key.to_string())).collect())
}

fn decoded<T: DeserializeOwned>(collection: &str, records: Vec<Record>) -> Vec<Keyed<T>> {
    let keyed = |record: Record| (record.key, record_as(collection, &Value::Object(record.attributes)));
    records.into_iter().map(keyed).collect()
}

/// The fields of a record as a `T`.
///
/// # Errors
/// [`QueryError::UnfitRecord`], which names the field and the types, and not the value.
pub(crate) fn record_as<T: DeserializeOwned>(collection: &str, fields: &Value) -> Result<T, QueryError> {
    // the place is only found out for an error
    T::deserialize(Field(fields)).or_else(|_| {
        serde_path_to_error::deserialize(Field(fields)).map_err(|error| QueryError::UnfitRecord {
            collection: collection.to_owned(),
            type_name: std::any::type_name::<T>(),
            path: error.path().to_string(),
            expected: error.inner().expected.clone(),
            found: error.inner().found,
        })
    })
}
