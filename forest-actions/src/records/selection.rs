//! The selected records of an action, not yet read: counted, streamed or cut into chunks.
//!
//! Explicit ids were checked before (they exist, within the caller's scope); "select all" stays a condition, and its keys
//! are paged by key, so that memory does not grow with the selection and an action that changes the filtered column
//! still meets each record once (SEL-11, SEL-12).

use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, Stream, TryStreamExt as _};

use super::access::RecordStore;
use super::condition::Condition;
use super::error::RecordError;
use super::key::Key;
use super::models::Models;
use super::paging::{Part, Place, given_part, read_part};
use super::record_key::{InvalidKey, RecordKey};
use super::source::{RecordQuery, RecordSource};
use crate::response::{ActionError, ErrorKind};
use crate::text::shortened;

/// The largest chunk; a larger one that is asked for is cut.
pub(super) const MAX_CHUNK: usize = 50_000;

/// The selected records of an action; an extractor for handlers and hooks.
///
/// It is the way to a selection of any size: nothing is read before it is asked for, and never more than a chunk at a
/// time. A global action has an empty one.
///
/// Each record comes once, in key order ("select all") or in the order of the request (given ids), and only if it exists
/// within the caller's scope. The keys of "select all" are read page by page while the handler works, so the handler may
/// change the very column that the list was filtered by. Records that come to match while it works are met if their key
/// lies between; what is added behind the last key of the beginning is not.
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

pub(super) enum Chosen {
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

/// The records of a selection, for decisions that count them.
#[cfg(feature = "server")]
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChosenRecords<'a> {
    None,
    /// Ids that were not looked up.
    Unchecked,
    Given(&'a [Key]),
    All(&'a RecordQuery),
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

    /// What it is made of.
    pub(super) fn chosen(&self) -> Arc<Chosen> {
        self.0.clone()
    }

    /// The same, of whose records only those are read that meet the condition. Given records were checked one by one when
    /// they were counted, so only "select all" is narrowed.
    pub(crate) fn narrowed(self, condition: Condition) -> Self {
        match &*self.0 {
            Chosen::All { store, query } if condition != Condition::always() => {
                let narrower = query.condition.clone().and(condition);
                Self::matching(store.clone(), RecordQuery::new(&query.collection, narrower))
            }
            _ => self,
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn chosen_records(&self) -> ChosenRecords<'_> {
        match &*self.0 {
            Chosen::Unchecked(ids) if ids.is_empty() => ChosenRecords::None,
            Chosen::Unchecked(_) | Chosen::Unknown => ChosenRecords::Unchecked,
            Chosen::Found { keys, .. } => ChosenRecords::Given(keys),
            Chosen::All { query, .. } => ChosenRecords::All(query),
        }
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

    /// How many of how many ids were found, where a record source was asked.
    pub(crate) fn found_of(&self) -> Option<(usize, usize)> {
        match &*self.0 {
            Chosen::Found { keys, requested, .. } => Some((keys.len(), *requested)),
            _ => None,
        }
    }

    /// How many of how many ids were found, unless all were.
    pub(crate) fn partly_found(&self) -> Option<(usize, usize)> {
        self.found_of().filter(|(found, requested)| found < requested)
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
impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Chosen::Unchecked(ids) => f.debug_tuple("Selection").field(&ids.len()).finish(),
            Chosen::Found { keys, .. } => f.debug_tuple("Selection").field(&keys.len()).finish(),
            Chosen::All { .. } | Chosen::Unknown => f.write_str("Selection(all)"),
        }
    }
}
fn typed<K>(id: impl fmt::Display, key: Result<K, InvalidKey>) -> Result<K, ActionError> {
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

pub(super) fn no_records() -> ActionError {
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

/// A failure of the store: told when it is meant for the user, hidden and logged otherwise.
pub(crate) fn of_source(error: RecordError) -> ActionError {
    match error {
        RecordError::Unsupported(text) => ActionError::refused(ErrorKind::Unprocessable, text),
        RecordError::Failed(cause) => ActionError::internal(cause),
    }
}

/// A number of things in memory, which always fits.
pub(super) fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
