//! The records that a deletion names: ids, or "select all" of a list.

use super::writer::Writer;
use super::{Request, WriteError};
use crate::http::select;
use crate::records::{CollectionModel, Condition, Key, Parent, RecordQuery};
use crate::request::{ParentRecord, RequestError, Selected, selected_in};
use crate::response::ActionError;

impl<'r> Request<'r> {
    /// The selected records within the scope, locked. Named ids that no longer exist are left out.
    pub(super) async fn selected(&self, writer: &mut Writer<'r>, body: &[u8]) -> Result<Vec<Key>, ActionError> {
        let at_most = self.limit(self.collection);
        self.select(writer, self.collection, selected_in(body)?, None, at_most)
            .await
    }

    /// The maximum number of records of a collection that one request changes.
    pub(super) fn limit(&self, collection: &CollectionModel) -> u64 {
        let writable = self.access.store.writable.get(&collection.name);
        let own = self.access.store.writable.get(&self.collection.name);
        writable.or(own).map_or(0, |writable| writable.max_records)
    }

    /// The selected records of a collection, inside of a parent if one is given.
    pub(super) async fn select(
        &self,
        writer: &mut Writer<'r>,
        collection: &CollectionModel,
        (selected, given_parent): (Selected, Option<ParentRecord>),
        parent: Option<Parent>,
        at_most: u64,
    ) -> Result<Vec<Key>, ActionError> {
        let count = usize::try_from(at_most).unwrap_or(usize::MAX);
        match selected {
            Selected::None => Err(RequestError::MissingIds.into()),
            Selected::Given(ids) => {
                if ids.is_empty() {
                    return Err(RequestError::NoRecordSelected.into());
                }
                if ids.len() > count {
                    return Err(WriteError::TooMany { at_most }.into());
                }
                let keys = ids.iter().map(|id| select::key_of(collection, "ids", &id.0));
                let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
                writer.some(collection, keys).await
            }
            Selected::All(all) => {
                let parent = match (parent, given_parent) {
                    (Some(parent), _) => Some(parent),
                    (None, Some(given)) => Some(select::linked_to(self.access, collection, &given)?),
                    (None, None) => None,
                };
                if let Some(parent) = &parent {
                    self.access.check_parent(parent).await?;
                }
                let condition = select::all_of(self.access, collection, &all, self.query_string, parent)?;
                let query = RecordQuery::new(&collection.name, condition);
                let keys = writer.keys(&query, count.saturating_add(1)).await?;
                if keys.len() > count {
                    return Err(WriteError::TooMany { at_most }.into());
                }
                writer.some(collection, keys).await
            }
        }
    }
}

/// The condition that a record has one of these keys.
pub(super) fn with_keys(keys: Vec<Key>) -> Condition {
    Condition::KeyIn(keys.into_iter().flat_map(Key::spellings).collect())
}
