//! Paging by key: which records come next, and where a selection ends.
//!
//! Owns the place of a stream, the bound that is set before the first record is handed over (SEL-12), and the check that a
//! source goes on. Used by [`Selection`](super::Selection) for keys and by [`Records`](super::Records) for records; knows nothing
//! of how either converts what it gets.

use super::access::RecordStore;
use super::condition::FieldPath;
use super::error::RecordError;
use super::key::Key;
use super::selection::{no_records, of_source};
use super::source::{Page, RecordQuery, Sort};
use super::value::Value;
use crate::response::ActionError;

/// Where a stream of parts is.
pub(super) enum Place {
    Start,
    /// This many given ids were taken.
    Taken(usize),
    /// The keys up to this one were read.
    After(Key, Bound),
    End,
}

/// The last key there was when a selection of several pages was begun; `None` when it cannot be told. What an action adds
/// behind it is not met, or an action that copies records would never end.
pub(super) type Bound = Option<Key>;

/// A part of a selection.
pub(super) enum Part {
    /// The given ids from one index to another.
    Given(usize, usize),
    /// Keys that were read.
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
pub(super) async fn next_place<T>(
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
