//! The selected records of an action, not yet read: counted, streamed or cut into chunks.
//!
//! Explicit ids were checked before (they exist, within the caller's scope); "select all" stays a condition, and its keys
//! are paged by key, so that memory does not grow with the selection and an action that changes the filtered column
//! still meets each record once (SEL-11, SEL-12).

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use serde::de::DeserializeOwned;

use super::access::{RecordStore, shortened};
use super::condition::{Condition, FieldPath};
use super::error::RecordError;
use super::key::Key;
use super::models::Models;
use super::source::{Page, Projection, Record, RecordQuery, RecordSource, Sort};
use super::value::Value;
use crate::request::RecordKey;
use crate::response::{ActionError, ErrorKind};

/// The largest chunk; a larger one that is asked for is cut.
const MAX_CHUNK: usize = 50_000;

/// The selected records of an action; an extractor for handlers and hooks.
///
/// It is the way to a selection of any size: nothing is read before it is asked for, and never more than a chunk at a
/// time. A global action has an empty one.
///
/// Each record comes once, in key order ("select all") or in the order of the request (given ids), and only if it exists
/// within the caller's scope. The keys of "select all" are read page by page while the handler works, so the handler may
/// change the very column that the list was filtered by. Records that come to match while it works are met if their key
/// comes later.
///
/// ```
/// use forest_actions::{ActionResult, Selection, success};
/// use futures_util::TryStreamExt as _;
///
/// async fn archive(selection: Selection) -> ActionResult {
///     let mut archived = 0;
///     let mut chunks = selection.chunks::<i64>(500);
///     while let Some(ids) = chunks.try_next().await? {
///         // UPDATE … WHERE id = ANY(ids)
///         archived += ids.len();
///     }
///     Ok(success(format!("{archived} companies archived")))
/// }
/// ```
#[derive(Clone)]
pub struct Selection(Arc<Chosen>);

enum Chosen {
    /// Ids that no record source knows anything of.
    Unchecked(Vec<String>),
    /// Ids that were found, in the order of the request.
    Found {
        store: RecordStore,
        collection: String,
        keys: Vec<Key>,
        requested: usize,
        /// What the caller may see: it holds for the keys, and for whatever is read by them.
        scope: Condition,
    },
    /// Whatever the condition holds for.
    All { store: RecordStore, query: RecordQuery },
    /// "Select all" without a record source.
    Unknown,
}

impl Selection {
    /// A selection of these ids, for a unit test that calls a handler: nothing is checked.
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// use forest_actions::Selection;
    /// use futures_util::TryStreamExt as _;
    ///
    /// let ids: Vec<i64> = Selection::of([3, 1]).stream::<i64>().try_collect().await.unwrap();
    /// assert_eq!(ids, [3, 1]);
    /// # });
    /// ```
    pub fn of<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: fmt::Display,
    {
        Self::unchecked(ids.into_iter().map(|id| id.to_string()).collect())
    }

    /// All records of a query, for a unit test or a job outside a request: no scope applies.
    pub fn all(source: Arc<dyn RecordSource>, query: RecordQuery) -> Self {
        let models = Arc::new(Models::new(source.collections()));
        Self(Arc::new(Chosen::All {
            store: RecordStore { source, models },
            query,
        }))
    }

    pub(crate) fn unchecked(ids: Vec<String>) -> Self {
        Self(Arc::new(Chosen::Unchecked(ids)))
    }

    pub(crate) fn unknown() -> Self {
        Self(Arc::new(Chosen::Unknown))
    }

    pub(crate) fn found(
        store: RecordStore,
        collection: &str,
        keys: Vec<Key>,
        requested: usize,
        scope: Condition,
    ) -> Self {
        Self(Arc::new(Chosen::Found {
            store,
            collection: collection.to_owned(),
            keys,
            requested,
            scope,
        }))
    }

    pub(crate) fn matching(store: RecordStore, query: RecordQuery) -> Self {
        Self(Arc::new(Chosen::All { store, query }))
    }

    /// Whether "select all" was sent, so that the number of records is not known before it is counted.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(&*self.0, Chosen::All { .. } | Chosen::Unknown)
    }

    /// How many of the ids that were sent no longer exist, or are outside of the caller's scope; 0 for "select all".
    #[must_use]
    pub fn missing(&self) -> usize {
        match &*self.0 {
            Chosen::Found { keys, requested, .. } => requested.saturating_sub(keys.len()),
            _ => 0,
        }
    }

    /// How many of how many ids were found, unless all were.
    pub(crate) fn partly_found(&self) -> Option<(usize, usize)> {
        match &*self.0 {
            Chosen::Found { keys, requested, .. } if keys.len() < *requested => Some((keys.len(), *requested)),
            _ => None,
        }
    }

    /// How many records are selected, now.
    ///
    /// # Errors
    /// 422 for "select all" without a record source; unexpected when the store cannot be read.
    pub async fn count(&self) -> Result<u64, ActionError> {
        self.counted(None).await
    }

    /// The count, which may stop at `at_most`.
    pub(crate) async fn counted(&self, at_most: Option<u64>) -> Result<u64, ActionError> {
        match &*self.0 {
            Chosen::Unchecked(ids) => Ok(size(ids.len())),
            Chosen::Found { keys, .. } => Ok(size(keys.len())),
            Chosen::All { store, query } => Ok(store.source.count(query, at_most).await.map_err(of_source)?),
            Chosen::Unknown => Err(no_record_source()),
        }
    }

    /// The ids, one after the other. They are read in batches behind the scenes.
    ///
    /// # Errors
    /// 400 for an id that is no `K`, 422 for "select all" without a record source; unexpected when the store
    /// cannot be read. The stream ends with its first error.
    pub fn stream<K: RecordKey>(&self) -> impl Stream<Item = Result<K, ActionError>> + Unpin + use<K> {
        let ids = self
            .chunks::<K>(self.batch_size())
            .map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok)))
            .try_flatten();
        Box::pin(ids)
    }

    /// The ids, `size` at a time (at least 1, at most 50,000); the last chunk may be smaller, and none is empty. One
    /// statement is sent for each chunk, when it is asked for.
    ///
    /// # Errors
    /// As for [`stream`](Self::stream).
    pub fn chunks<K: RecordKey>(
        &self,
        size: usize,
    ) -> impl Stream<Item = Result<Vec<K>, ActionError>> + Unpin + use<K> {
        let pages = self.pages(size, |chosen, part| match (chosen, part) {
            (Chosen::Unchecked(ids), Part::Given(from, to)) => {
                let ids = ids.get(from..to).unwrap_or_default();
                ids.iter().map(|id| typed(id, K::from_packed(id))).collect()
            }
            (Chosen::Found { keys, .. }, Part::Given(from, to)) => {
                let keys = keys.get(from..to).unwrap_or_default();
                keys.iter().map(|key| typed(key, K::from_key(key))).collect()
            }
            (_, Part::Read(keys)) => keys.iter().map(|key| typed(key, K::from_key(key))).collect(),
            _ => Ok(Vec::new()),
        });
        Box::pin(pages)
    }

    /// All ids at once, if there are not too many to hold.
    pub(crate) async fn collected<K: RecordKey>(&self, at_most: usize) -> Result<Vec<K>, ActionError> {
        let mut ids = Vec::new();
        let mut chunks = self.chunks::<K>(self.batch_size());
        while let Some(chunk) = chunks.try_next().await? {
            if ids.len() + chunk.len() > at_most {
                return Err(too_many(size(at_most)));
            }
            ids.extend(chunk);
        }
        Ok(ids)
    }

    /// The ids of given records, when there is nothing to wait for.
    pub(crate) fn given<K: RecordKey>(&self) -> Option<Result<Vec<K>, ActionError>> {
        match &*self.0 {
            Chosen::Unchecked(ids) => Some(ids.iter().map(|id| typed(id, K::from_packed(id))).collect()),
            Chosen::Found { keys, .. } => Some(keys.iter().map(|key| typed(key, K::from_key(key))).collect()),
            Chosen::All { .. } => None,
            Chosen::Unknown => Some(Err(no_record_source())),
        }
    }

    /// How many ids are read at once where nobody says.
    fn batch_size(&self) -> usize {
        match &*self.0 {
            Chosen::All { store, .. } => store.source.batch_size(),
            _ => MAX_CHUNK,
        }
    }

    /// Reads parts of the selection, one after the other.
    fn pages<T, F>(&self, size: usize, convert: F) -> impl Stream<Item = Result<Vec<T>, ActionError>> + use<T, F>
    where
        F: Fn(&Chosen, Part) -> Result<Vec<T>, ActionError>,
    {
        let size = size.clamp(1, MAX_CHUNK);
        let chosen = self.0.clone();
        stream::try_unfold((Place::Start, convert), move |(place, convert)| {
            let chosen = chosen.clone();
            async move {
                let (part, next) = match &*chosen {
                    Chosen::Unchecked(ids) => given_part(place, size, ids.len()),
                    Chosen::Found { keys, .. } => given_part(place, size, keys.len()),
                    Chosen::All { store, query } => read_part(place, size, store, query).await?,
                    Chosen::Unknown => return Err(no_record_source()),
                };
                match part {
                    None => Ok(None),
                    Some(part) => Ok(Some((convert(&chosen, part)?, (next, convert)))),
                }
            }
        })
    }
}

/// Where a stream of parts is.
enum Place {
    Start,
    /// This many given ids were taken.
    Taken(usize),
    /// The keys up to this one were read.
    After(Key, Bound),
    End,
}

/// The last key there was when a selection of several pages was begun; `None` when it cannot be told. What an action adds
/// behind it is not met, or an action that copies records would never end.
type Bound = Option<Key>;

/// A part of a selection.
enum Part {
    /// The given ids from one index to another.
    Given(usize, usize),
    /// Keys that were read.
    Read(Vec<Key>),
}

fn given_part(place: Place, size: usize, count: usize) -> (Option<Part>, Place) {
    let from = match place {
        Place::Start => 0,
        Place::Taken(taken) => taken,
        Place::After(..) | Place::End => count,
    };
    let to = from.saturating_add(size).min(count);
    ((from < to).then_some(Part::Given(from, to)), Place::Taken(to))
}

async fn read_part(
    place: Place,
    size: usize,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<(Option<Part>, Place), ActionError> {
    let (after, bound) = match place {
        Place::Start => (None, None),
        Place::After(key, bound) => (Some(key), bound),
        Place::Taken(_) | Place::End => return Ok((None, Place::End)),
    };
    let mut keys = store
        .source
        .keys(query, after.as_ref(), size)
        .await
        .map_err(of_source)?;
    let next = next_place(after, bound, size, &mut keys, |key| key, store, query).await?;
    Ok(((!keys.is_empty()).then_some(Part::Read(keys)), next))
}

/// Where to go on after a page, which is cut where the selection ends.
async fn next_place<T>(
    after: Option<Key>,
    bound: Bound,
    size: usize,
    page: &mut Vec<T>,
    key_of: fn(&T) -> &Key,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<Place, ActionError> {
    // a full page may be followed by another; a shorter one is the last
    let Some(last) = page.last().map(key_of).filter(|_| page.len() == size).cloned() else {
        cut(page, bound.as_ref(), key_of);
        return Ok(Place::End);
    };
    if after.as_ref() == Some(&last) {
        return Err(ActionError::internal(format!(
            "the keys of `{}` do not go on: its record source does not page by key",
            query.collection
        )));
    }
    let bound = match after {
        // asked once, before the first record is handed over
        None => {
            let bound = last_key(store, query).await?;
            // it lies behind a full page, or at its end; a source that says otherwise does not know how to sort
            let before = page.get(..page.len().saturating_sub(1)).unwrap_or_default();
            let is_before = |bound: &Key| before.iter().any(|entry| key_of(entry) == bound);
            bound.filter(|bound| !is_before(bound) && !is_behind(&last, bound))
        }
        Some(_) => bound,
    };
    Ok(if cut(page, bound.as_ref(), key_of) {
        Place::End
    } else {
        Place::After(last, bound)
    })
}

/// The largest key of a query; `None` when the source cannot order by it.
async fn last_key(store: &RecordStore, query: &RecordQuery) -> Result<Bound, ActionError> {
    let collection = store.models.get(&query.collection).ok_or_else(no_records)?;
    let descending = |name: &String| Sort {
        field: FieldPath::own(name),
        descending: true,
    };
    let page = Page {
        sort: collection.key.iter().map(descending).collect(),
        limit: 1,
        ..Page::default()
    };
    match store.source.records(query, &page).await {
        Ok(records) => Ok(records.into_iter().next().map(|record| record.key)),
        Err(RecordError::Unsupported(_)) => Ok(None),
        Err(error) => Err(of_source(error)),
    }
}

/// Whether a key is surely the larger one: texts have an order that only their store knows.
fn is_behind(key: &Key, bound: &Key) -> bool {
    match (key.parts(), bound.parts()) {
        ([Value::Integer(key)], [Value::Integer(bound)]) => key > bound,
        _ => false,
    }
}

/// Leaves out what lies behind the last key; whether that is reached.
fn cut<T>(page: &mut Vec<T>, bound: Option<&Key>, key_of: fn(&T) -> &Key) -> bool {
    let Some(bound) = bound else { return false };
    // the usual case, without a look at each: keys ascend
    if page.last().is_none_or(|last| is_behind(bound, key_of(last))) {
        return false;
    }
    if let Some(place) = page.iter().position(|entry| key_of(entry) == bound) {
        page.truncate(place + 1);
        return true;
    }
    // the last record may be gone by now; of numbers it can still be told what lies behind it
    match page.iter().position(|entry| is_behind(key_of(entry), bound)) {
        Some(place) => {
            page.truncate(place);
            true
        }
        None => false,
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Chosen::Unchecked(ids) => f.debug_tuple("Selection").field(&ids.len()).finish(),
            Chosen::Found { keys, .. } => f.debug_tuple("Selection").field(&keys.len()).finish(),
            Chosen::All { .. } | Chosen::Unknown => f.write_str("Selection(all)"),
        }
    }
}

/// The selected records, read as `T`; an extractor for handlers and hooks.
///
/// `T` is anything that serde can read from the record: an object with the names of the fields, in the formats of the
/// back office (a moment is a text such as `2024-05-15T10:30:00.000Z`; PostgreSQL's `numeric` and `bigint` are texts as
/// well). Fields that `T` does not have are ignored, fields that the back office may not see are there.
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
    /// The records, `size` at a time (at least 1, at most 50,000), in the order of their keys; none is empty. One
    /// statement is sent for each chunk, when it is asked for. A record that disappears in between is left out.
    ///
    /// # Errors
    /// 422 without a record source for the collection; unexpected when the store cannot be read, or a record is no `T`.
    /// The stream ends with its first error.
    pub fn chunks(&self, size: usize) -> impl Stream<Item = Result<Vec<T>, ActionError>> + Unpin + use<T> {
        let size = size.clamp(1, MAX_CHUNK);
        let chosen = self.selection.0.clone();
        let pages = stream::try_unfold(Place::Start, move |place| {
            let chosen = chosen.clone();
            async move {
                match &*chosen {
                    Chosen::All { store, query } => {
                        let (after, bound) = match place {
                            Place::Start => (None, None),
                            Place::After(key, bound) => (Some(key), bound),
                            Place::Taken(_) | Place::End => return Ok(None),
                        };
                        let mut records = read(store, query, after.clone(), size).await?;
                        let next =
                            next_place(after, bound, size, &mut records, |record| &record.key, store, query).await?;
                        Ok::<_, ActionError>(Some((decoded(query, records)?, next)))
                    }
                    Chosen::Found {
                        store,
                        collection,
                        keys,
                        scope,
                        ..
                    } => {
                        let (part, next) = given_part(place, size, keys.len());
                        let Some(Part::Given(from, to)) = part else {
                            return Ok(None);
                        };
                        let keys = keys.get(from..to).unwrap_or_default().to_vec();
                        let query = RecordQuery::new(collection, Condition::KeyIn(keys).and(scope.clone()));
                        let records = read(store, &query, None, size).await?;
                        Ok(Some((decoded(&query, records)?, next)))
                    }
                    Chosen::Unchecked(ids) if ids.is_empty() => Ok(None),
                    Chosen::Unchecked(_) | Chosen::Unknown => Err(no_records()),
                }
            }
        });
        Box::pin(pages.try_filter(|chunk| std::future::ready(!chunk.is_empty())))
    }

    /// The records, one after the other, read in chunks of 500 behind the scenes.
    ///
    /// # Errors
    /// As for [`chunks`](Self::chunks).
    pub fn stream(&self) -> impl Stream<Item = Result<T, ActionError>> + Unpin + use<T> {
        const CHUNK: usize = 500;
        let records = self
            .chunks(CHUNK)
            .map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok)))
            .try_flatten();
        Box::pin(records)
    }
}

/// All fields of the next records, by key.
async fn read(
    store: &RecordStore,
    query: &RecordQuery,
    after: Option<Key>,
    limit: usize,
) -> Result<Vec<Record>, ActionError> {
    let collection = store.models.get(&query.collection).ok_or_else(no_records)?;
    let page = Page {
        after,
        limit: size(limit),
        projection: Projection {
            fields: collection.fields.iter().map(|field| field.name.clone()).collect(),
            relations: Vec::new(),
        },
        ..Page::default()
    };
    store.source.records(query, &page).await.map_err(of_source)
}

/// The records as `T`. What the log says of one that is none names the field, never its value.
fn decoded<T: DeserializeOwned>(query: &RecordQuery, records: Vec<Record>) -> Result<Vec<T>, ActionError> {
    let decode = |record: Record| {
        serde_path_to_error::deserialize(serde_json::Value::Object(record.attributes)).map_err(|error| {
            tracing::trace!(%error, "a record could not be read");
            ActionError::internal(format!(
                "a record of `{}` does not fit `{}`: see `{}`",
                query.collection,
                std::any::type_name::<T>(),
                error.path()
            ))
        })
    };
    records.into_iter().map(decode).collect()
}

fn typed<K>(id: impl fmt::Display, key: Result<K, crate::request::InvalidKey>) -> Result<K, ActionError> {
    key.map_err(|problem| {
        let id = shortened(&id.to_string());
        ActionError::refused(
            ErrorKind::BadRequest,
            format!("`ids`: `{id}` is not a valid id: {problem}"),
        )
    })
}

/// "Select all" names no records: only a record source can tell which they are (protocol: "select all").
pub(crate) fn no_record_source() -> ActionError {
    ActionError::refused(
        ErrorKind::Unprocessable,
        "“select all” needs a record source, and this collection has none: select the records one by one",
    )
}

fn no_records() -> ActionError {
    ActionError::refused(
        ErrorKind::Unprocessable,
        "the records of this collection cannot be read: it has no record source",
    )
}

/// A selection that is larger than what the action, or memory, takes.
pub(crate) fn too_many(at_most: u64) -> ActionError {
    ActionError::refused(
        ErrorKind::Unprocessable,
        format!("this action takes at most {at_most} records, and more are selected"),
    )
}

/// A number of things in memory, which always fits.
fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A failure of the store: told when it is meant for the user, hidden and logged otherwise.
pub(crate) fn of_source(error: RecordError) -> ActionError {
    match error {
        RecordError::Unsupported(text) => ActionError::refused(ErrorKind::Unprocessable, text),
        RecordError::Failed(cause) => ActionError::internal(cause),
    }
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
