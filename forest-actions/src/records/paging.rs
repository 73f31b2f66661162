//! Paging by key, for the keys of [`Selection`](super::Selection) and the records of [`Records`](super::Records).
//!
//! The last key is determined before the first page is returned, so that an action that adds records ends (SEL-12).

use super::condition::FieldPath;
use super::error::{QueryError, RecordError};
use super::key::Key;
use super::source::{Page, RecordQuery, Sort};
use super::store::RecordStore;
use super::value::Value;

/// The position of a stream of pages.
pub(super) enum Place {
    Start,
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
        Place::Start => 0,
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
    let (after, bound) = match place {
        Place::Start => (None, None),
        Place::After(key, bound) => (Some(key), bound),
        Place::Taken(_) | Place::End => return Ok((None, Place::End)),
    };
    let mut keys = store
        .source
        .keys(query, after.as_ref(), size)
        .await
        .map_err(QueryError::in_handler)?;
    let next = next_place(after, bound, size, &mut keys, |key| key, store, query).await?;
    Ok(((!keys.is_empty()).then_some(Part::Read(keys)), next))
}

/// The position after a page, which is truncated at the end of the selection.
pub(super) async fn next_place<T>(
    after: Option<Key>,
    bound: Bound,
    size: usize,
    page: &mut Vec<T>,
    key_of: fn(&T) -> &Key,
    store: &RecordStore,
    query: &RecordQuery,
) -> Result<Place, QueryError> {
    // a full page may be followed by another; a shorter one is the last
    let Some(last) = page.last().map(key_of).filter(|_| page.len() == size).cloned() else {
        cut(page, bound.as_ref(), key_of);
        return Ok(Place::End);
    };
    if after.as_ref() == Some(&last) {
        return Err(QueryError::NotPagedByKey(query.collection.clone()));
    }
    let bound = match after {
        None => {
            let bound = last_key(store, query).await?;
            // a bound before the end of a full page means that the source does not sort by key
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

/// The largest key of a query; `None` if the source cannot sort by key.
async fn last_key(store: &RecordStore, query: &RecordQuery) -> Result<Bound, QueryError> {
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
