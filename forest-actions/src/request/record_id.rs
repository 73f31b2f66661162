//! The selected records as a handler takes them: typed, and exactly as many as the type says.

use std::collections::HashSet;
use std::ops::Deref;

use super::action_request::{ActionRequest, Selected};
use super::record_key::{PackedId, RecordKey};
use crate::response::{ActionError, ErrorKind};

/// The one selected record's id, as `K`; an extractor for handlers and hooks.
///
/// `K` is any [`RecordKey`]: integers, `String`, `Uuid`, dates, or a tuple for a composite key. In a bulk
/// action it accepts a selection of exactly one record.
///
/// ```
/// use forest_actions::{ActionResult, RecordId, success};
///
/// async fn mark_as_live(id: RecordId<i64>) -> ActionResult {
///     Ok(success(format!("Company {} is now live!", *id)))
/// }
/// async fn close_position(RecordId((account, line)): RecordId<(i64, String)>) -> ActionResult {
///     Ok(success(format!("Closed {line} of account {account}")))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId<K>(pub K);

impl<K: RecordKey> RecordId<K> {
    pub(crate) fn of(request: &ActionRequest) -> Result<Self, ActionError> {
        match given(request)? {
            [id] => typed(&id.0).map(Self),
            [] => Err(refused("`ids`: a record is needed, none was sent".to_owned())),
            ids => Err(refused(format!(
                "`ids`: exactly one record is needed, {} were sent",
                ids.len()
            ))),
        }
    }
}

impl<K> RecordId<K> {
    /// The id itself.
    pub fn into_inner(self) -> K {
        self.0
    }
}

impl<K> Deref for RecordId<K> {
    type Target = K;

    fn deref(&self) -> &K {
        &self.0
    }
}

/// All selected ids, as `K`, in the order of the request, each once; an extractor for handlers and hooks.
///
/// A global action has none. "Select all" is refused unless a record source can resolve it.
///
/// ```
/// use forest_actions::{ActionResult, RecordIds, success};
///
/// async fn archive(ids: RecordIds<i64>) -> ActionResult {
///     for id in &ids {
///         // …
///         let _: &i64 = id;
///     }
///     Ok(success(format!("{} companies archived", ids.len())))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordIds<K>(pub Vec<K>);

impl<K: RecordKey> RecordIds<K> {
    pub(crate) fn of(request: &ActionRequest) -> Result<Self, ActionError> {
        let typed = given(request)?.iter().map(|id| typed(&id.0));
        Ok(Self(distinct(typed.collect::<Result<_, _>>()?)))
    }
}

impl<K> RecordIds<K> {
    /// The ids themselves.
    pub fn into_inner(self) -> Vec<K> {
        self.0
    }
}

impl<K> Deref for RecordIds<K> {
    type Target = [K];

    fn deref(&self) -> &[K] {
        &self.0
    }
}

impl<K> IntoIterator for RecordIds<K> {
    type Item = K;
    type IntoIter = std::vec::IntoIter<K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a RecordIds<K> {
    type Item = &'a K;
    type IntoIter = std::slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The ids of the request; a global action has none.
fn given(request: &ActionRequest) -> Result<&[PackedId], ActionError> {
    match request.selected() {
        Selected::None => Ok(&[]),
        Selected::Given(ids) => Ok(ids),
        Selected::All => Err(no_record_source()),
    }
}

/// Each key once. The texts are distinct already, and two of them can still be one key, such as a UUID in two cases.
fn distinct<K: RecordKey>(keys: Vec<K>) -> Vec<K> {
    let mut seen = HashSet::with_capacity(keys.len());
    let is_first: Vec<bool> = keys.iter().map(|key| seen.insert(key)).collect();
    keys.into_iter()
        .zip(is_first)
        .filter_map(|(key, is_first)| is_first.then_some(key))
        .collect()
}

fn typed<K: RecordKey>(id: &str) -> Result<K, ActionError> {
    K::from_packed(id).map_err(|problem| refused(format!("`ids`: `{}` is not a valid id: {problem}", shortened(id))))
}

/// "Select all" names no records: only a record source can tell which they are (protocol: "select all").
pub(crate) fn no_record_source() -> ActionError {
    ActionError::refused(
        ErrorKind::Unprocessable,
        "“select all” needs a record source, and this program has none: select the records one by one",
    )
}

fn refused(text: String) -> ActionError {
    ActionError::refused(ErrorKind::BadRequest, text)
}

/// The start of an id that came from outside, fit for a message.
fn shortened(id: &str) -> String {
    const SHOWN: usize = 64;
    let start: String = id.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if id.chars().count() > SHOWN {
        format!("{start}…")
    } else {
        start
    }
}
