//! The selection of a request, before its records are looked up.

use std::cell::OnceCell;
use std::collections::HashSet;
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
        let found = if self.keys.is_empty() {
            Vec::new()
        } else {
            let spellings: Vec<Key> = self.keys.iter().cloned().flat_map(Key::spellings).collect();
            let limit = spellings.len();
            let condition = Condition::KeyIn(spellings).and(self.scope.clone());
            let query = RecordQuery::new(&self.collection, condition);
            self.in_order(self.store.source.keys(&query, None, limit).await?)
        };
        let missing = self.missing(&found);
        Ok(Selection::found(
            self.store.clone(),
            &self.collection,
            found,
            missing,
            self.scope.clone(),
        ))
    }

    fn missing(&self, found: &[Key]) -> Vec<Key> {
        if found.len() == self.keys.len() {
            return Vec::new();
        }
        let found: HashSet<&Key> = found.iter().collect();
        self.keys.iter().filter(|key| !found.contains(key)).cloned().collect()
    }

    /// The found keys in the order of the request, as the store writes them.
    fn in_order(&self, mut found: Vec<Key>) -> Vec<Key> {
        if let [key] = self.keys.as_slice() {
            // a store with UUIDs as texts may hold several spellings
            found.retain(|found| found == key);
            found.truncate(1);
            return found;
        }
        let found: HashSet<Key> = found.into_iter().collect();
        self.keys.iter().filter_map(|key| found.get(key).cloned()).collect()
    }
}
