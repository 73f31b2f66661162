//! The selection of a request, before its records are looked up.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::condition::Condition;
use super::error::QueryError;
use super::key::Key;
use super::selection::Selection;
use super::source::RecordQuery;
use super::store::RecordStore;

/// The selection of a request. Given ids are looked up on first use, because a form hook may need none of its records.
#[derive(Clone)]
pub(crate) struct Requested(Rc<Inner>);

struct Inner {
    selection: OnceCell<Selection>,
    given: Option<Given>,
}

/// Given ids of a collection with a record source, each once.
pub(crate) struct Given {
    pub(crate) store: RecordStore,
    pub(crate) collection: String,
    pub(crate) keys: Vec<Key>,
    /// The caller's scope.
    pub(crate) scope: Condition,
}

impl Requested {
    pub(crate) fn given(given: Given) -> Self {
        Self(Rc::new(Inner {
            selection: OnceCell::new(),
            given: Some(given),
        }))
    }

    /// The selection, unless its records have not been looked up.
    pub(crate) fn selection(&self) -> Option<&Selection> {
        self.0.selection.get()
    }

    /// Looks the records up, if that has not been done.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn resolve(&self) -> Result<&Selection, QueryError> {
        if let (None, Some(given)) = (self.0.selection.get(), &self.0.given) {
            let found = given.look_up().await?;
            return Ok(self.0.selection.get_or_init(|| found));
        }
        // one of both is set
        Ok(self.0.selection.get_or_init(|| Selection::unchecked(Vec::new())))
    }
}

impl From<Selection> for Requested {
    fn from(selection: Selection) -> Self {
        Self(Rc::new(Inner {
            selection: selection.into(),
            given: None,
        }))
    }
}

impl Given {
    /// Looks the ids up within the scope, with one query.
    async fn look_up(&self) -> Result<Selection, QueryError> {
        let (keys, missing) = if self.keys.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let spellings: Vec<Key> = self.keys.iter().cloned().flat_map(Key::spellings).collect();
            let limit = spellings.len();
            let condition = Condition::KeyIn(spellings).and(self.scope.clone());
            let query = RecordQuery::new(&self.collection, condition);
            // one more reveals an id with several records
            let found = self.store.source.keys(&query, None, limit.saturating_add(1)).await?;
            if found.len() > limit {
                return Err(self.not_unique());
            }
            self.in_order(found)?
        };
        Ok(Selection::found(
            self.store.clone(),
            &self.collection,
            keys,
            missing,
            self.scope.clone(),
        ))
    }

    fn not_unique(&self) -> QueryError {
        QueryError::KeyNotUnique(self.collection.clone())
    }

    /// The found keys in the order of the request, as the store writes them, and the keys without a record.
    ///
    /// Distinct texts can be one key, such as a UUID in two cases, and a store may have both as records.
    fn in_order(&self, found: Vec<Key>) -> Result<(Vec<Key>, Vec<Key>), QueryError> {
        if let ([key], [] | [_]) = (self.keys.as_slice(), found.as_slice()) {
            return Ok(match found.contains(key) {
                true => (found, Vec::new()),
                false => (Vec::new(), self.keys.clone()),
            });
        }
        let mut by_key: HashMap<Key, Vec<Key>> = HashMap::with_capacity(found.len());
        for key in found {
            let same = by_key.entry(key.clone()).or_default();
            if same.iter().any(|other| other.is_same(&key)) {
                return Err(self.not_unique());
            }
            same.push(key);
        }
        let (mut keys, mut missing) = (Vec::new(), Vec::new());
        let (mut seen, mut unknown) = (HashSet::new(), HashSet::new());
        for key in &self.keys {
            let stored = match by_key.get(key).map(Vec::as_slice) {
                None => {
                    if unknown.insert(key) {
                        missing.push(key.clone());
                    }
                    continue;
                }
                Some([only]) => only,
                Some(several) => several
                    .iter()
                    .find(|other| other.is_same(key))
                    .ok_or_else(|| self.not_unique())?,
            };
            if seen.insert(stored.to_string()) {
                keys.push(stored.clone());
            }
        }
        Ok((keys, missing))
    }
}
