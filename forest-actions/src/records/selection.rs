//! The selected records of an action, which are counted, streamed or read in chunks on demand.
//!
//! "Select all" stays a condition, whose keys are paged by key: memory does not grow with the selection, and an action that
//! changes the filtered column gets each record once (SEL-11, SEL-12).

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, Stream, TryStreamExt as _};

use super::condition::Condition;
use super::error::{InvalidKey, QueryError};
use super::key::Key;
use super::models::Models;
use super::paging::{Paced, Part, Place, given_part, last_key, read_part};
use super::record_key::RecordKey;
use super::rule::{Kept, Passed, Rule};
use super::source::{RecordQuery, RecordSource};
use super::store::RecordStore;
use super::typed::read_page;
use crate::observed::{self, Beginning, RecordObserver};

/// Maximum size of a chunk; larger sizes are reduced to it.
pub(super) const MAX_CHUNK: usize = 50_000;

/// Maximum number of whole records that are read at once to be judged.
const JUDGED_PAGE: usize = 1_000;

/// The selected records of an action; an extractor for handlers and hooks.
///
/// It suits selections of any size, because it reads on demand and one chunk at a time. The selection of a global action is
/// empty.
///
/// Each record is returned once, if it exists within the caller's scope: given ids in the order of the request, "select
/// all" in ascending order of the key, as the store compares it. The keys of "select all" are read page by page while the handler runs, so that the handler may
/// change the column that the list was filtered by. Records that start to match meanwhile are included if their key is still
/// ahead, up to the last key at the start.
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

#[derive(Clone)]
pub(super) enum Chosen {
    /// Ids of a collection without a record source.
    Unchecked(Vec<String>),
    /// Ids that exist, in the order of the request.
    Found {
        store: RecordStore,
        collection: String,
        keys: Vec<Key>,
        /// The requested ids that do not exist, or are outside of the scope.
        missing: Vec<Key>,
        /// The caller's scope, which applies again when the records are read.
        scope: Condition,
        /// The condition of the caller's right, which the records must still meet when they are handed over.
        held: Condition,
        /// Records that were read to be judged.
        read: Kept,
    },
    /// "Select all".
    All {
        store: RecordStore,
        query: RecordQuery,
        /// Maximum number of records that are handed over.
        at_most: Option<u64>,
        /// Judges the records as they are read.
        rule: Option<Rule>,
    },
    /// "Select all" without a record source.
    Unknown,
}

/// The content of a selection, for the conditions of roles.
#[cfg(feature = "server")]
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChosenRecords<'a> {
    None,
    /// Ids that were not looked up.
    Unchecked,
    Given {
        found: &'a [Key],
        missing: &'a [Key],
    },
    All(&'a RecordQuery),
}

impl Selection {
    /// A selection of these ids, for unit tests that call a handler. The ids are not checked.
    ///
    /// ```
    /// # futures_util::FutureExt::now_or_never(async {
    /// use forest_actions::Selection;
    /// use futures_util::TryStreamExt as _;
    ///
    /// let ids: Vec<i64> = Selection::from_ids([3, 1]).stream::<i64>().try_collect().await.unwrap();
    /// assert_eq!(ids, [3, 1]);
    /// # });
    /// ```
    pub fn from_ids<I>(ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: fmt::Display,
    {
        Self::unchecked(ids.into_iter().map(|id| id.to_string()).collect())
    }

    /// All records of a query, without a scope, for unit tests and for jobs outside of a request.
    pub fn all(source: Arc<dyn RecordSource>, query: RecordQuery) -> Self {
        let models = Arc::new(Models::new(source.collections()));
        Self(Arc::new(Chosen::All {
            store: RecordStore {
                source,
                models,
                writable: Arc::default(),
            },
            query,
            at_most: None,
            rule: None,
        }))
    }

    pub(super) fn chosen(&self) -> Arc<Chosen> {
        self.0.clone()
    }

    pub(super) fn of(chosen: Chosen) -> Self {
        Self(Arc::new(chosen))
    }

    /// Limits the selection to the records that meet a condition when they are handed over.
    pub(crate) fn narrowed(self, condition: Condition) -> Self {
        if condition == Condition::always() {
            return self;
        }
        let mut chosen = Arc::unwrap_or_clone(self.0);
        match &mut chosen {
            Chosen::All { query, .. } => query.condition = query.condition.clone().and(condition),
            Chosen::Found { held, .. } => *held = held.clone().and(condition),
            Chosen::Unchecked(_) | Chosen::Unknown => {}
        }
        Self::of(chosen)
    }

    #[cfg(feature = "server")]
    pub(crate) fn chosen_records(&self) -> ChosenRecords<'_> {
        match &*self.0 {
            Chosen::Unchecked(ids) if ids.is_empty() => ChosenRecords::None,
            Chosen::Unchecked(_) | Chosen::Unknown => ChosenRecords::Unchecked,
            Chosen::Found { keys, missing, .. } => ChosenRecords::Given { found: keys, missing },
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
        missing: Vec<Key>,
        scope: Condition,
    ) -> Self {
        Self(Arc::new(Chosen::Found {
            store,
            collection: collection.to_owned(),
            keys,
            missing,
            scope,
            held: Condition::always(),
            read: Kept::default(),
        }))
    }

    /// All records of a query; handing over more than `at_most` of them is an error.
    pub(crate) fn matching(store: RecordStore, query: RecordQuery, at_most: Option<u64>) -> Self {
        Self::of(Chosen::All {
            store,
            query,
            at_most,
            rule: None,
        })
    }

    /// Returns whether the user chose "select all", so that the number of records is unknown before [`count`](Self::count).
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(&*self.0, Chosen::All { .. } | Chosen::Unknown)
    }

    /// The number of given ids that no longer exist or are outside of the caller's scope; 0 for "select all".
    #[must_use]
    pub fn missing(&self) -> usize {
        match &*self.0 {
            Chosen::Found { missing, .. } => missing.len(),
            _ => 0,
        }
    }

    /// The numbers of found and of given ids, if the collection has a record source.
    pub(crate) fn found_of(&self) -> Option<(usize, usize)> {
        match &*self.0 {
            Chosen::Found { keys, missing, .. } => Some((keys.len(), keys.len() + missing.len())),
            _ => None,
        }
    }

    /// The id of the last record of "select all" at present; `None` for given ids, and if the source cannot sort by key.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(crate) async fn last_id(&self) -> Result<Option<String>, QueryError> {
        match &*self.0 {
            Chosen::All { store, query, .. } => Ok(last_key(store, query).await?.map(|key| key.to_string())),
            _ => Ok(None),
        }
    }

    /// The packed ids of given records that exist; empty for "select all".
    pub(crate) fn given_ids(&self) -> Vec<String> {
        match &*self.0 {
            Chosen::Unchecked(ids) => ids.clone(),
            Chosen::Found { keys, .. } => keys.iter().map(Key::to_string).collect(),
            Chosen::All { .. } | Chosen::Unknown => Vec::new(),
        }
    }

    /// The numbers of found and of given ids, if some were not found.
    pub(crate) fn partly_found(&self) -> Option<(usize, usize)> {
        self.found_of().filter(|(found, requested)| found < requested)
    }

    /// Counts the selected records. "Select all" of an action whose `can_run` is a function reads them all.
    ///
    /// # Errors
    /// "Select all" without a record source (422), a store that cannot be read, or a rule that failed.
    pub async fn count(&self) -> Result<u64, QueryError> {
        if !self.is_judged_on_the_way() {
            return self.counted(None).await;
        }
        let mut count = 0;
        let mut pages = Box::pin(self.pages(JUDGED_PAGE, None, Paced::off(), |_, part| match part {
            Part::Read(keys) => Ok(keys),
            Part::Given(..) => Ok(Vec::new()),
        }));
        while let Some(page) = pages.try_next().await? {
            count += size(page.len());
        }
        Ok(count)
    }

    /// Returns whether a rule judges the records as they are read, so that [`counted`](Self::counted) includes those that it
    /// refuses.
    pub(crate) fn is_judged_on_the_way(&self) -> bool {
        matches!(&*self.0, Chosen::All { rule: Some(_), .. })
    }

    /// Returns whether the collection has a record source.
    pub(crate) fn has_records(&self) -> bool {
        matches!(&*self.0, Chosen::Found { .. } | Chosen::All { .. })
    }

    /// Counts the selected records, also those that a rule will refuse; counting may stop at `at_most`.
    pub(crate) async fn counted(&self, at_most: Option<u64>) -> Result<u64, QueryError> {
        match &*self.0 {
            Chosen::Unchecked(ids) => Ok(size(ids.len())),
            Chosen::Found { keys, .. } => Ok(size(keys.len())),
            Chosen::All { store, query, .. } => {
                let count = store.source.count(query, at_most).await;
                count.map_err(QueryError::in_handler)
            }
            Chosen::Unknown => Err(QueryError::SelectAllWithoutSource),
        }
    }

    /// The ids one by one, which are read in batches.
    ///
    /// # Errors
    /// An id that is not a `K` (400), "select all" without a record source, without a key or with one that is not unique
    /// (422), or a store that cannot be read. The stream ends with its first error.
    pub fn stream<K: RecordKey>(&self) -> impl Stream<Item = Result<K, QueryError>> + Unpin + use<K> {
        let ids = self
            .chunks::<K>(self.batch_size())
            .map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok)))
            .try_flatten();
        Box::pin(ids)
    }

    /// The ids in chunks of `size` (1 to 50,000); the last chunk may be smaller, and no chunk is empty. Each chunk is read
    /// with one statement when the stream is polled for it.
    ///
    /// # Errors
    /// As for [`stream`](Self::stream).
    pub fn chunks<K: RecordKey>(&self, size: usize) -> impl Stream<Item = Result<Vec<K>, QueryError>> + Unpin + use<K> {
        self.paced_chunks(size, Paced::current())
    }

    fn paced_chunks<K: RecordKey>(
        &self,
        size: usize,
        paced: Paced,
    ) -> impl Stream<Item = Result<Vec<K>, QueryError>> + Unpin + use<K> {
        let pages = self.pages(size, observed::records(), paced, |chosen, part| match (chosen, part) {
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

    /// All ids, if there are at most `at_most`.
    pub(crate) async fn collected<K: RecordKey>(&self, at_most: usize) -> Result<Vec<K>, QueryError> {
        let mut ids = Vec::new();
        if let Some(pace) = observed::pace() {
            pace.read_at_once();
        }
        let mut chunks = self.paced_chunks::<K>(self.batch_size(), Paced::off());
        while let Some(chunk) = chunks.try_next().await? {
            if ids.len() + chunk.len() > at_most {
                return Err(QueryError::TooManyRecords(size(at_most)));
            }
            ids.extend(chunk);
        }
        Ok(ids)
    }

    /// The ids, if they are available without reading.
    pub(crate) fn given<K: RecordKey>(&self) -> Option<Result<Vec<K>, QueryError>> {
        match &*self.0 {
            Chosen::Unchecked(ids) => Some(ids.iter().map(|id| typed(id, K::from_packed(id))).collect()),
            Chosen::Found { keys, held, .. } if *held == Condition::always() => {
                Some(keys.iter().map(|key| typed(key, K::from_key(key))).collect())
            }
            Chosen::Found { .. } | Chosen::All { .. } => None,
            Chosen::Unknown => Some(Err(QueryError::SelectAllWithoutSource)),
        }
    }

    fn batch_size(&self) -> usize {
        match &*self.0 {
            Chosen::All { store, .. } => store.source.batch_size(),
            _ => MAX_CHUNK,
        }
    }

    /// Reads the pages of the selection.
    fn pages<T, F>(
        &self,
        size: usize,
        observer: Option<Arc<dyn RecordObserver>>,
        paced: Paced,
        convert: F,
    ) -> impl Stream<Item = Result<Vec<T>, QueryError>> + use<T, F>
    where
        F: Fn(&Chosen, Part) -> Result<Vec<T>, QueryError>,
    {
        let size = size.clamp(1, MAX_CHUNK);
        let chosen = self.0.clone();
        let start = (Place::Start(None), 0, Passed::default(), convert);
        stream::try_unfold(start, move |(mut place, handed_over, mut passed, convert)| {
            let (chosen, observer, paced) = (chosen.clone(), observer.clone(), paced.clone());
            async move {
                loop {
                    let paced_place = paced.next(&chosen, place, size).await?;
                    let Some((from, size)) = paced_place else {
                        return Ok(None);
                    };
                    let (part, next) = match &*chosen {
                        Chosen::Unchecked(ids) => given_part(from, size, ids.len()),
                        Chosen::Found { keys, .. } => given_part(from, size, keys.len()),
                        Chosen::All {
                            store,
                            query,
                            rule: Some(rule),
                            ..
                        } => read_judged(from, size.min(JUDGED_PAGE), store, query, rule, &mut passed).await?,
                        Chosen::All { store, query, .. } => read_part(from, size, store, query).await?,
                        Chosen::Unknown => return Err(QueryError::SelectAllWithoutSource),
                    };
                    let Some(part) = part else { return Ok(None) };
                    let last = paced.is_on().then(|| chosen.last_of(&part, &next)).flatten();
                    let part = chosen.still_held(part).await?;
                    // given records are recorded before the handler runs
                    let keys = match (&*chosen, &part) {
                        (Chosen::All { .. }, Part::Read(keys)) if observer.is_some() => keys.clone(),
                        _ => Vec::new(),
                    };
                    let items = convert(&chosen, part)?;
                    let handed_over = chosen.handed_over(handed_over, items.len())?;
                    if let (Some(observer), false) = (&observer, keys.is_empty()) {
                        taken(&**observer, keys.iter()).await?;
                    }
                    paced.hand(last, handed_over);
                    if !items.is_empty() {
                        return Ok(Some((items, (next, handed_over, passed, convert))));
                    }
                    place = next;
                }
            }
        })
    }
}

/// Reads a page of "select all" as records, and keeps the keys of those that the rule allows.
async fn read_judged(
    place: Place,
    size: usize,
    store: &RecordStore,
    query: &RecordQuery,
    rule: &Rule,
    passed: &mut Passed,
) -> Result<(Option<Part>, Place), QueryError> {
    let (records, next) = read_page(place, size, store, query).await?;
    let Some(records) = records else {
        return Ok((None, next));
    };
    let allowed = rule.allowed(&query.collection, records, passed)?;
    let keys = allowed.into_iter().map(|record| record.key).collect();
    Ok((Some(Part::Read(keys)), next))
}

/// Tells the observer which records the handler gets next.
pub(super) async fn taken(observer: &dyn RecordObserver, keys: impl Iterator<Item = &Key>) -> Result<(), QueryError> {
    let ids = keys.map(Key::to_string).collect();
    observer.taken(ids).await.map_err(|_| QueryError::Unrecorded)
}

impl Chosen {
    /// The place from which a run in the background reads. Given ids are those that are left.
    ///
    /// # Errors
    /// The ids no longer fit the collection.
    pub(super) fn place(&self, beginning: Beginning) -> Result<Place, QueryError> {
        let Self::All { store, query, .. } = self else {
            return Ok(Place::Start(None));
        };
        let collection = store.models.get(&query.collection).ok_or(QueryError::NoRecordSource)?;
        let key = |id: String| {
            Key::from_packed(collection, &id).map_err(|problem| QueryError::InvalidId {
                id: id.clone(),
                problem,
            })
        };
        let last = beginning.last.map(key).transpose()?;
        Ok(match beginning.after {
            Some(after) => Place::After(key(after)?, last),
            None => Place::Start(last),
        })
    }

    /// The id of the last record of a part, which ends at `next`.
    pub(super) fn last_of(&self, part: &Part, next: &Place) -> Option<String> {
        match (self, part, next) {
            (_, _, Place::After(key, _)) => Some(key.to_string()),
            (Self::Unchecked(ids), Part::Given(_, to), _) => ids.get(to.checked_sub(1)?).cloned(),
            (Self::Found { keys, .. }, Part::Given(_, to), _) => keys.get(to.checked_sub(1)?).map(Key::to_string),
            (_, Part::Read(keys), _) => keys.last().map(Key::to_string),
            _ => None,
        }
    }

    /// Leaves out the given records that no longer meet the condition of the right.
    async fn still_held(&self, part: Part) -> Result<Part, QueryError> {
        let (
            Self::Found {
                store,
                collection,
                keys,
                scope,
                held,
                ..
            },
            &Part::Given(from, to),
        ) = (self, &part)
        else {
            return Ok(part);
        };
        if *held == Condition::always() {
            return Ok(part);
        }
        let keys = keys.get(from..to).unwrap_or_default();
        let condition = Condition::KeyIn(keys.to_vec()).and(scope.clone()).and(held.clone());
        let query = RecordQuery::new(collection, condition);
        let found: HashSet<Key> = store
            .source
            .keys(&query, None, keys.len())
            .await
            .map_err(QueryError::in_handler)?
            .into_iter()
            .collect();
        let keys = keys.iter().filter(|key| found.contains(key)).cloned();
        Ok(Part::Read(keys.collect()))
    }

    /// Adds to the number of records that a stream has handed over.
    ///
    /// # Errors
    /// More records than the action takes.
    pub(super) fn handed_over(&self, before: u64, more: usize) -> Result<u64, QueryError> {
        let total = before.saturating_add(size(more));
        match self {
            Self::All {
                at_most: Some(at_most), ..
            } if total > *at_most => Err(QueryError::TooManyRecords(*at_most)),
            _ => Ok(total),
        }
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

fn typed<K>(id: impl fmt::Display, key: Result<K, InvalidKey>) -> Result<K, QueryError> {
    key.map_err(|problem| QueryError::InvalidId {
        id: id.to_string(),
        problem,
    })
}

pub(super) fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
