//! The selected records as a handler takes them: typed, and exactly as many as the type says.

use std::collections::HashSet;
use std::ops::Deref;

use futures_util::TryStreamExt as _;

use super::error::RequestError;
use crate::records::{RecordKey, Selection};

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
    /// The one id of a selection; two are read of "select all", to see whether there is one.
    pub(crate) async fn of(selection: &Selection) -> Result<Self, RequestError> {
        match selection.given() {
            Some(ids) => Self::only(ids?, selection.missing()),
            None => {
                let first = selection.chunks(2).try_next().await?;
                // a given record that is not handed over no longer meets the condition of the right
                Self::only(first.unwrap_or_default(), usize::from(!selection.is_all()))
            }
        }
    }

    /// The one id, when nothing has to be read.
    pub(crate) fn given(selection: &Selection) -> Option<Result<Self, RequestError>> {
        let ids = selection.given()?;
        Some(
            ids.map_err(RequestError::from)
                .and_then(|ids| Self::only(ids, selection.missing())),
        )
    }

    fn only(ids: Vec<K>, missing: usize) -> Result<Self, RequestError> {
        match <[K; 1]>::try_from(ids) {
            Ok([id]) => Ok(Self(id)),
            Err(ids) if ids.is_empty() && missing > 0 => Err(RequestError::RecordGone),
            Err(ids) if ids.is_empty() => Err(RequestError::RecordRequired),
            Err(ids) => Err(RequestError::SingleRecordRequired { sent: ids.len() }),
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

/// All selected ids, as `K`, each once; an extractor for handlers and hooks.
///
/// Given ids come in the order of the request, and with a record source only those that exist within the caller's scope.
/// "Select all" is resolved before the handler runs, in key order, up to a million ids; more are refused with a 422, and a
/// [`Selection`] takes them in chunks. Without a record source "select all" is refused. Empty for a global action.
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

/// Maximum number of ids of "select all"; a handler for more takes a [`Selection`].
const MAX_COLLECTED: usize = 1_000_000;

impl<K: RecordKey> RecordIds<K> {
    /// All ids of a selection.
    pub(crate) async fn of(selection: &Selection) -> Result<Self, RequestError> {
        match Self::given(selection) {
            Some(ids) => ids,
            None => Ok(Self(selection.collected(MAX_COLLECTED).await?)),
        }
    }

    /// The ids, when nothing has to be read.
    pub(crate) fn given(selection: &Selection) -> Option<Result<Self, RequestError>> {
        let ids = selection.given()?;
        Some(ids.map(|ids| Self(distinct(ids))).map_err(RequestError::from))
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

/// Each key once. The texts are distinct already, and two of them can still be one key, such as a UUID in two cases.
fn distinct<K: RecordKey>(keys: Vec<K>) -> Vec<K> {
    let mut seen = HashSet::with_capacity(keys.len());
    let is_first: Vec<bool> = keys.iter().map(|key| seen.insert(key)).collect();
    keys.into_iter()
        .zip(is_first)
        .filter_map(|(key, is_first)| is_first.then_some(key))
        .collect()
}
