//! Paging by key, for the keys of [`Selection`](super::Selection) and the records of [`Records`](super::Records).
//!
//! The last key is determined before the first page is returned, so that an action that adds records ends (SEL-12).

use std::sync::Arc;

use super::condition::{Condition, FieldPath, Test};
use super::error::{QueryError, RecordError};
use super::key::Key;
use super::model::CollectionModel;
use super::selection::Chosen;
use super::source::{Page, RecordQuery, Sort};
use super::store::RecordStore;
use super::value::Value;
use crate::observed::{self, Pace};

/// The position of a stream of pages.
pub(super) enum Place {
    /// The last key is that of a run's submission; it is read without one.
    Start(Bound),
    /// After this many of the given ids.
    Taken(usize),
    /// After this key.
    After(Key, Bound),
    End,
}

/// The last key at the start of a selection of several pages; `None` if the source cannot sort by key. Records that an
/// action adds after it are left out, or an action that copies records would never end.
pub(super) type Bound = Option<Key>;

/// A part of a selection.
pub(super) enum Part {
    /// The given ids between two indexes.
    Given(usize, usize),
    Read(Vec<Key>),
}

pub(super) fn given_part(place: Place, size: usize, count: usize) -> (Option<Part>, Place) {
    let from = match place {
        Place::Start(_) => 0,
        Place::Taken(taken) => taken,
        Place::After(..) | Place::End => count,
    };
    let to = from.saturating_add(size).min(count);
    ((from < to).then_some(Part::Given(from, to)), Place::Taken(to))
}

pub(super) async fn read_part(
    place: Place,
    size: usize,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<(Option<Part>, Place), QueryError> {
    let Some((after, bound)) = position(place, store, query).await? else {
        return Ok((None, Place::End));
    };
    let mut keys = store
        .source
        .keys(query, after.as_ref(), size.saturating_add(1))
        .await
        .map_err(QueryError::in_handler)?;
    let next = next_place(after, bound, size, &mut keys, |key| key, store, query).await?;
    Ok(((!keys.is_empty()).then_some(Part::Read(keys)), next))
}

/// The readings of a selection by the handler of a run in the background; without effect elsewhere.
#[derive(Clone)]
pub(super) struct Paced(Option<Arc<dyn Pace>>);

impl Paced {
    pub(super) fn current() -> Self {
        Self(observed::pace())
    }

    pub(super) fn off() -> Self {
        Self(None)
    }

    /// The place and the size of the next chunk, once the one before is done. `None` if the selection ends here because the run
    /// was cancelled.
    ///
    /// # Errors
    /// The run was interrupted, or its selection is read twice.
    pub(super) async fn next(
        &self,
        chosen: &Chosen,
        place: Place,
        size: usize,
    ) -> Result<Option<(Place, usize)>, QueryError> {
        let Some(pace) = &self.0 else {
            return Ok(Some((place, size)));
        };
        let place = match place {
            Place::Start(_) => chosen.place(pace.begin()?)?,
            place => place,
        };
        let at_most = pace.next(size).await?;
        Ok(at_most.map(|at_most| (place, size.min(at_most.max(1)))))
    }

    /// The handler gets a chunk up to the record of this id; `handed` records in all.
    pub(super) fn hand(&self, last: Option<String>, handed: u64) {
        if let (Some(pace), Some(last)) = (&self.0, last) {
            pace.hand(&last, handed);
        }
    }

    /// Returns `true` in the handler of a run in the background.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

/// The key after which to read, and the last key; `None` at the end.
///
/// A selection with a record that has no id is refused at its start, because its pages would leave the record out.
pub(super) async fn position(
    place: Place,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<Option<(Option<Key>, Bound)>, QueryError> {
    let bound = match place {
        Place::Start(bound) => bound,
        Place::After(key, bound) => return Ok(Some((Some(key), bound))),
        Place::Taken(_) | Place::End => return Ok(None),
    };
    let collection = store.models.get(&query.collection).ok_or(QueryError::NoRecordSource)?;
    if collection.key.is_empty() {
        return Err(QueryError::NoKey);
    }
    if let Some((_, without_key)) = null_key(collection) {
        let without_key = RecordQuery::new(&query.collection, query.condition.clone().and(without_key));
        let found = store.source.count(&without_key, Some(1)).await;
        if found.map_err(QueryError::in_handler)? > 0 {
            return Err(QueryError::RecordWithoutId(query.collection.clone()));
        }
    }
    Ok(Some((None, bound)))
}

/// The conditions that the key is present, and that a part of it is null; `None` where it never is.
pub(crate) fn null_key(collection: &CollectionModel) -> Option<(Condition, Condition)> {
    let nullable: Vec<&str> = collection
        .key_fields()
        .filter(|field| collection.key_may_be_null && field.is_nullable)
        .map(|field| field.name.as_str())
        .collect();
    let each = |test: Test| {
        let tests = nullable
            .iter()
            .map(|name| Condition::Field(FieldPath::own(*name), test.clone()));
        tests.collect()
    };
    let is_possible = !nullable.is_empty();
    is_possible.then(|| {
        (
            Condition::All(each(Test::IsNotNull)),
            Condition::Any(each(Test::IsNull)),
        )
    })
}

/// The position after a page that was read with one entry more than its size, so that a record with the key of the last
/// one is not skipped. The page is truncated to its size, and at the end of the selection.
pub(super) async fn next_place<T>(
    after: Option<Key>,
    bound: Bound,
    size: usize,
    page: &mut Vec<T>,
    key_of: fn(&T) -> &Key,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<Place, QueryError> {
    if page.iter().any(|entry| key_of(entry).parts().is_empty()) {
        return Err(QueryError::RecordWithoutId(query.collection.clone()));
    }
    let has_more = page.len() > size;
    let last = size.checked_sub(1).and_then(|last| page.get(last)).map(key_of).cloned();
    if after.is_some() && after == last {
        return Err(QueryError::NotPagedByKey(query.collection.clone()));
    }
    if have_a_common_key(page, key_of) {
        return Err(QueryError::KeyNotUnique(query.collection.clone()));
    }
    page.truncate(size);
    let Some(last) = last.filter(|_| has_more) else {
        cut(page, bound.as_ref(), key_of);
        return Ok(Place::End);
    };
    let bound = match after {
        None if bound.is_none() => {
            let bound = last_key(store, query).await?;
            // a bound before the end of a full page means that the source does not sort by key
            let before = page.get(..page.len().saturating_sub(1)).unwrap_or_default();
            let is_before = |bound: &Key| before.iter().any(|entry| key_of(entry) == bound);
            bound.filter(|bound| !is_before(bound) && !is_behind(&last, bound))
        }
        _ => bound,
    };
    Ok(if cut(page, bound.as_ref(), key_of) {
        Place::End
    } else {
        Place::After(last, bound)
    })
}

/// True if neighbours of a page have the same key. Records without a key have none in common.
pub(crate) fn have_a_common_key<T>(page: &[T], key_of: fn(&T) -> &Key) -> bool {
    let pairs = page.iter().zip(page.iter().skip(1));
    let mut pairs = pairs.map(|(left, right)| (key_of(left), key_of(right)));
    pairs.any(|(left, right)| !left.parts().is_empty() && left.is_same(right))
}

/// The largest key of a query; `None` if the source cannot sort by key.
pub(super) async fn last_key(store: &RecordStore, query: &RecordQuery) -> Result<Bound, QueryError> {
    let collection = store.models.get(&query.collection).ok_or(QueryError::NoRecordSource)?;
    let page = Page {
        sort: collection
            .key
            .iter()
            .map(|name| Sort::descending(FieldPath::own(name)))
            .collect(),
        limit: 1,
        ..Page::default()
    };
    match store.source.records(query, &page).await {
        Ok(records) => Ok(records.into_iter().next().map(|record| record.key)),
        Err(RecordError::Unsupported(_)) => Ok(None),
        Err(error) => Err(QueryError::in_handler(error)),
    }
}

/// Compares integer keys; the order of texts depends on the store.
fn is_behind(key: &Key, bound: &Key) -> bool {
    match (key.parts(), bound.parts()) {
        ([Value::Integer(key)], [Value::Integer(bound)]) => key > bound,
        _ => false,
    }
}

/// Truncates a page after the bound. Returns whether the bound was reached.
fn cut<T>(page: &mut Vec<T>, bound: Option<&Key>, key_of: fn(&T) -> &Key) -> bool {
    let Some(bound) = bound else { return false };
    // fast path: keys ascend
    if page.last().is_none_or(|last| is_behind(bound, key_of(last))) {
        return false;
    }
    if let Some(place) = page.iter().position(|entry| key_of(entry) == bound) {
        page.truncate(place + 1);
        return true;
    }
    // the record of the bound may have been removed
    match page.iter().position(|entry| is_behind(key_of(entry), bound)) {
        Some(place) => {
            page.truncate(place);
            true
        }
        None => false,
    }
}
