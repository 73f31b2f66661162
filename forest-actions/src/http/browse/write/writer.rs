//! The changes of one request, in one transaction.
//!
//! It begins with the first statement, so that a request that is refused before has cost the database nothing. Rows are only
//! changed by keys that [`Writer::some`] has found within the caller's scope and locked.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::error::WriteError;
use super::links::Link;
use super::selected::with_keys;
use crate::audit::ChangeRecorder;
use crate::http::browse::error::BrowseError;
use crate::http::browse::handlers::key_of;
use crate::http::context::Shared;
use crate::records::{
    CollectionModel, Condition, Draft, FieldPath, Key, PackedId, Page, Projection, QueryError, Record, RecordAccess,
    RecordQuery, Test, Value, Writable, WriteTx, written,
};
use crate::response::{ActionError, NotDone};
use crate::schema::Relationship;
use crate::text::one_line;

/// Number of records of one statement.
const CHUNK: usize = 500;

pub(super) struct Writer<'r> {
    shared: &'r Shared,
    pub(super) access: &'r RecordAccess,
    /// `None` before the first statement.
    begun: Option<Box<dyn WriteTx + 'r>>,
    /// `None` without an audit trail.
    recorder: Option<ChangeRecorder>,
}

impl<'r> Writer<'r> {
    pub(super) fn new(shared: &'r Shared, access: &'r RecordAccess, recorder: Option<ChangeRecorder>) -> Self {
        Self {
            shared,
            access,
            begun: None,
            recorder,
        }
    }

    async fn transaction(&mut self) -> Result<&mut (dyn WriteTx + 'r), QueryError> {
        let begun = match self.begun.take() {
            Some(begun) => begun,
            None => self.access.store.source.begin().await?,
        };
        Ok(&mut **self.begun.insert(begun))
    }

    /// Keeps the changes, unless they cannot be recorded although they have to be.
    ///
    /// # Errors
    /// Nothing is changed, or it is not known; with the recorder, for the refusal.
    pub(super) async fn commit(mut self) -> Result<(), (ActionError, Option<ChangeRecorder>)> {
        let Some(mut begun) = self.begun.take() else {
            return Ok(());
        };
        if let Some(recorder) = &mut self.recorder
            && recorder.before_commit(&mut *begun).await.is_err()
        {
            self.begun = Some(begun);
            return Err((WriteError::Unrecorded.into(), self.rollback().await));
        }
        if let Err(error) = begun.commit().await {
            return Err((QueryError::from(error).into(), self.recorder));
        }
        if let Some(recorder) = self.recorder {
            recorder.committed().await;
        }
        Ok(())
    }

    /// Undoes the changes, and returns the recorder, for the refusal.
    pub(super) async fn rollback(self) -> Option<ChangeRecorder> {
        if let Some(begun) = self.begun
            && let Err(error) = begun.rollback().await
        {
            // the database undoes it when the connection is closed
            tracing::warn!(error = one_line(&error), "a transaction could not be rolled back");
        }
        self.recorder
    }

    pub(super) async fn records(&mut self, query: &RecordQuery, page: &Page) -> Result<Vec<Record>, QueryError> {
        Ok(self.transaction().await?.records(query, page).await?)
    }

    pub(super) async fn keys(&mut self, query: &RecordQuery, limit: usize) -> Result<Vec<Key>, QueryError> {
        Ok(self.transaction().await?.keys(query, None, limit).await?)
    }

    /// The scope of the caller on a collection, which may be one that the request only links to.
    async fn scope(&self, collection: &CollectionModel) -> Result<Condition, ActionError> {
        let fresh = self.shared.access(&self.access.caller, &collection.name, None).await?;
        Ok(fresh.as_ref().unwrap_or(self.access).scope(collection)?)
    }

    fn writable(&self, collection: &CollectionModel) -> Result<&'r Writable, ActionError> {
        let writable = self.access.store.writable.get(&collection.name);
        writable.ok_or_else(|| BrowseError::ReadOnly.into())
    }

    /// The record of a key within the scope, locked.
    ///
    /// # Errors
    /// 404 if there is none.
    pub(super) async fn one(&mut self, collection: &CollectionModel, key: Key) -> Result<Key, ActionError> {
        let id = key.to_string();
        let found = self.some(collection, vec![key]).await?;
        match <[Key; 1]>::try_from(found) {
            Ok([only]) => Ok(only),
            Err(found) => match found.into_iter().find(|known| known.to_string() == id) {
                Some(same) => Ok(same),
                None => Err(gone(collection, id).into()),
            },
        }
    }

    /// The records of these keys within the scope, locked.
    ///
    /// A key that is given twice is found once.
    pub(super) async fn some(
        &mut self,
        collection: &CollectionModel,
        mut keys: Vec<Key>,
    ) -> Result<Vec<Key>, ActionError> {
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(key.clone()));
        let scope = self.scope(collection).await?;
        let mut found: Vec<Key> = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(CHUNK) {
            let condition = with_keys(chunk.to_vec()).and(scope.clone());
            let query = RecordQuery::new(&collection.name, condition);
            let limit = chunk.len().saturating_mul(2).saturating_add(1);
            let locked = self
                .transaction()
                .await?
                .lock(&query, limit)
                .await
                .map_err(QueryError::from)?;
            if locked.len() >= limit {
                return Err(QueryError::KeyNotUnique(collection.name.clone()).into());
            }
            found.extend(locked);
        }
        Ok(found)
    }

    /// All records of these ids within the scope, locked.
    ///
    /// # Errors
    /// 404 with the first one that does not exist.
    pub(super) async fn all(
        &mut self,
        collection: &CollectionModel,
        ids: &[PackedId],
    ) -> Result<Vec<Key>, ActionError> {
        let keys = ids.iter().map(|id| key_of(collection, &id.0));
        let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
        let found = self.some(collection, keys.clone()).await?;
        match keys.iter().find(|key| !found.contains(key)) {
            None => Ok(found),
            Some(missing) => Err(gone(collection, missing.to_string()).into()),
        }
    }

    /// The attribute of a record, as the back office reads it.
    pub(super) async fn attribute(
        &mut self,
        collection: &CollectionModel,
        key: &Key,
        field: &str,
    ) -> Result<Json, ActionError> {
        let page = Page {
            limit: 1,
            projection: Projection {
                fields: vec![field.to_owned()],
                ..Projection::default()
            },
            ..Page::default()
        };
        let query = RecordQuery::new(&collection.name, Condition::KeyIn(vec![key.clone()]));
        let record = self.records(&query, &page).await?.into_iter().next();
        let mut record = record.ok_or_else(|| gone(collection, key.to_string()))?;
        Ok(record.attributes.remove(field).unwrap_or_default())
    }

    /// The value of a field, by which other records refer to a record.
    ///
    /// # Errors
    /// 409 if it is null.
    pub(super) async fn value(
        &mut self,
        collection: &CollectionModel,
        key: &Key,
        field: &str,
    ) -> Result<Value, ActionError> {
        if let ([name], [part]) = (collection.key.as_slice(), key.parts())
            && name == field
        {
            return Ok(part.clone());
        }
        let json = self.attribute(collection, key, field).await?;
        let model = collection.find_field(field);
        let value = model.and_then(|model| written(model, &json).ok().flatten());
        value.ok_or_else(|| {
            WriteError::NothingToReferTo {
                collection: collection.name.clone(),
                field: field.to_owned(),
            }
            .into()
        })
    }

    /// The value by which a record refers to the one with this id, which has to be within its scope.
    pub(super) async fn referred(&mut self, link: Link<'r>, id: &PackedId) -> Result<Value, ActionError> {
        let target = link.target;
        let key = self.one(target, key_of(target, &id.0)?).await?;
        self.value(target, &key, &link.relation.target_key).await
    }

    /// Requires that the records to which the foreign keys of a draft refer are within their scope. A foreign key of several
    /// columns of which the draft has some is checked for each of the records `keys`, which have the others.
    async fn check_references(
        &mut self,
        collection: &CollectionModel,
        draft: &Draft,
        keys: &[Key],
    ) -> Result<(), ActionError> {
        let models = &self.access.store.models;
        let known = models.get(&collection.name).unwrap_or(collection);
        let references = known
            .relations
            .iter()
            .filter(|relation| relation.kind == Relationship::BelongsTo);
        for relation in references {
            let pairs: Vec<(&str, &str)> = relation.pairs().collect();
            let written = pairs
                .iter()
                .filter_map(|(local, compared)| Some((*compared, draft.get(local)?.clone())));
            let written: Vec<(&str, Value)> = written.collect();
            let Some(target) = models.get(&relation.target).filter(|_| !written.is_empty()) else {
                continue;
            };
            if written.len() == pairs.len() {
                self.check_reference(target, written).await?;
                continue;
            }
            for key in keys {
                if let Some(whole) = self.reference_after(collection, key, draft, &pairs).await? {
                    self.check_reference(target, whole).await?;
                }
            }
        }
        Ok(())
    }

    /// Returns whether the draft has some columns of a foreign key, and the new record the others.
    fn has_partial_reference(&self, collection: &CollectionModel, draft: &Draft) -> bool {
        collection.relations.iter().any(|relation| {
            let has = |(local, _): (&str, &str)| draft.get(local).is_some();
            relation.kind == Relationship::BelongsTo && relation.pairs().any(has) && !relation.pairs().all(has)
        })
    }

    /// The values of a foreign key of several columns after a change of some; `None` if one of them is null, which refers to
    /// nothing.
    async fn reference_after<'p>(
        &mut self,
        collection: &CollectionModel,
        key: &Key,
        draft: &Draft,
        pairs: &[(&'p str, &'p str)],
    ) -> Result<Option<Vec<(&'p str, Value)>>, ActionError> {
        let mut values = Vec::with_capacity(pairs.len());
        for (local, compared) in pairs {
            let value = match draft.get(local) {
                Some(value) => Some(value.clone()),
                None if draft.has(local) => None,
                None => {
                    let json = self.attribute(collection, key, local).await?;
                    let model = collection.find_field(local).filter(|_| !json.is_null());
                    let value = model.map(|model| written(model, &json)).transpose();
                    let unfit = |_| ActionError::internal("a stored foreign key cannot be read");
                    value.map_err(unfit)?.flatten()
                }
            };
            let Some(value) = value else { return Ok(None) };
            values.push((*compared, value));
        }
        Ok(Some(values))
    }

    /// Requires that a record with these values is within the scope of its collection.
    async fn check_reference(
        &mut self,
        target: &CollectionModel,
        values: Vec<(&str, Value)>,
    ) -> Result<(), ActionError> {
        let texts: Vec<String> = values.iter().map(|(_, value)| value.to_string()).collect();
        let missing = || gone(target, texts.join("|")).into();
        if self.access.rules.not_browsed.contains(&target.name) {
            return Err(missing());
        }
        let refers = values
            .into_iter()
            .map(|(field, value)| Condition::Field(FieldPath::own(field), Test::Equal(value)));
        let condition = Condition::All(refers.collect()).and(self.scope(target).await?);
        let query = RecordQuery::new(&target.name, condition);
        let one = Page {
            limit: 1,
            ..Page::default()
        };
        let is_found = match target.key.is_empty() {
            true => !self.records(&query, &one).await?.is_empty(),
            false => !self.keys(&query, 1).await?.is_empty(),
        };
        match is_found {
            true => Ok(()),
            false => Err(missing()),
        }
    }

    /// Creates a record.
    pub(super) async fn create(&mut self, collection: &CollectionModel, mut draft: Draft) -> Result<Key, ActionError> {
        let writable = self.writable(collection)?;
        self.check_references(collection, &draft, &[]).await?;
        ruled(writable.check_create(&mut draft, &self.access.caller).await)?;
        let created = self.transaction().await?.create(&collection.name, &draft).await;
        let key = created.map_err(QueryError::from)?;
        if self.has_partial_reference(collection, &draft) {
            self.check_references(collection, &draft, std::slice::from_ref(&key))
                .await?;
        }
        self.require_in_scope(collection, std::slice::from_ref(&key)).await?;
        if self.recorder.is_some() {
            let created = self.whole(collection, std::slice::from_ref(&key), false).await?;
            if let Some(recorder) = &mut self.recorder {
                created
                    .iter()
                    .for_each(|record| recorder.created(collection, record, &draft));
            }
        }
        Ok(key)
    }

    /// Changes locked records, and returns their keys, which may have changed.
    pub(super) async fn update(
        &mut self,
        collection: &CollectionModel,
        keys: &[Key],
        draft: Draft,
    ) -> Result<Vec<Key>, ActionError> {
        let writable = self.writable(collection)?;
        self.check_references(collection, &draft, keys).await?;
        let mut changed = Vec::with_capacity(keys.len());
        // of each record, where a rule may complete them
        let mut drafts = Vec::new();
        let has_rule = writable.has_update_rule();
        let before = match has_rule || self.recorder.is_some() {
            true => self.whole(collection, keys, has_rule).await?,
            false => Vec::new(),
        };
        if has_rule {
            for record in &before {
                let mut own = draft.clone();
                ruled(writable.check_update(&mut own, record, &self.access.caller).await)?;
                self.update_chunk(collection, std::slice::from_ref(&record.key), &own, &mut changed)
                    .await?;
                drafts.push(own);
            }
        } else {
            for chunk in keys.chunks(CHUNK) {
                self.update_chunk(collection, chunk, &draft, &mut changed).await?;
            }
        }
        self.require_in_scope(collection, &changed).await?;
        if self.recorder.is_some() {
            self.record_updates(collection, &before, &changed, |index| {
                drafts.get(index).unwrap_or(&draft)
            })
            .await?;
        }
        Ok(changed)
    }

    /// Records changed records, whose keys have the order of `keys`.
    async fn record_updates<'d>(
        &mut self,
        collection: &CollectionModel,
        before: &[Record],
        keys: &[Key],
        draft: impl Fn(usize) -> &'d Draft,
    ) -> Result<(), ActionError> {
        let after = self.whole(collection, keys, false).await?;
        if let Some(recorder) = &mut self.recorder {
            for (index, (before, after)) in before.iter().zip(&after).enumerate() {
                recorder.updated(collection, before, after, draft(index));
            }
        }
        Ok(())
    }

    async fn update_chunk(
        &mut self,
        collection: &CollectionModel,
        keys: &[Key],
        draft: &Draft,
        changed: &mut Vec<Key>,
    ) -> Result<(), ActionError> {
        if !draft.is_empty() {
            let updated = self.transaction().await?.update(&collection.name, keys, draft).await;
            let updated = updated.map_err(QueryError::from)?;
            // locked rows do not vanish, unless the database swallows the change
            if usize::try_from(updated) != Ok(keys.len()) {
                return Err(ActionError::internal("the database changed another number of records"));
            }
        }
        changed.extend(keys.iter().map(|key| key_after(collection, key, draft)));
        Ok(())
    }

    /// Deletes locked records, and returns their number.
    pub(super) async fn delete(&mut self, collection: &CollectionModel, keys: &[Key]) -> Result<u64, ActionError> {
        let writable = self.writable(collection)?;
        let has_rule = writable.has_delete_rule();
        if has_rule || self.recorder.is_some() {
            for record in self.whole(collection, keys, has_rule).await? {
                ruled(writable.check_delete(&record, &self.access.caller).await)?;
                if let Some(recorder) = &mut self.recorder {
                    recorder.deleted(collection, &record);
                }
            }
        }
        let mut deleted = 0;
        for chunk in keys.chunks(CHUNK) {
            let done = self.transaction().await?.delete(&collection.name, chunk).await;
            deleted += done.map_err(QueryError::from)?;
        }
        Ok(deleted)
    }

    /// A link that is a record of a collection in between: records it for the records on both sides.
    pub(super) fn record_link(&mut self, link: Link<'r>, change: &str, key: &Key, others: &[Key]) {
        let Some(recorder) = &mut self.recorder else { return };
        recorder.linked(link.owner, key, &link.relation.name, change, others);
        if let Some(inverse) = link.inverse() {
            for other in others {
                recorder.linked(link.target, other, &inverse.name, change, std::slice::from_ref(key));
            }
        }
    }

    /// The records in the order of the keys: with all of their fields for a rule of the program, otherwise with those that the
    /// audit trail keeps.
    ///
    /// # Errors
    /// One of them does not exist.
    async fn whole(
        &mut self,
        collection: &CollectionModel,
        keys: &[Key],
        for_rule: bool,
    ) -> Result<Vec<Record>, ActionError> {
        let fields = collection.fields.iter().filter(|field| for_rule || field.is_recorded());
        let page = Page {
            limit: CHUNK as u64,
            projection: Projection {
                fields: fields.map(|field| field.name.clone()).collect(),
                ..Projection::default()
            },
            ..Page::default()
        };
        let of = |keys: Vec<Key>| RecordQuery::new(&collection.name, Condition::KeyIn(keys));
        let mut records = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(CHUNK) {
            let found = self.records(&of(chunk.to_vec()), &page).await?;
            records.extend(found.into_iter().map(|record| (record.key.to_string(), record)));
        }
        let mut ordered = Vec::with_capacity(keys.len());
        for key in keys {
            let id = key.to_string();
            let record = match records.remove(&id) {
                Some(record) => Some(record),
                // a new key may be spelled otherwise than it is stored
                None => self.records(&of(vec![key.clone()]), &page).await?.into_iter().next(),
            };
            ordered.push(record.ok_or_else(|| gone(collection, id))?);
        }
        Ok(ordered)
    }

    /// Requires that the caller can still see changed records.
    async fn require_in_scope(&mut self, collection: &CollectionModel, keys: &[Key]) -> Result<(), ActionError> {
        if self.writable(collection)?.allow_out_of_scope {
            return Ok(());
        }
        let scope = self.scope(collection).await?;
        if scope == Condition::always() {
            return Ok(());
        }
        for chunk in keys.chunks(CHUNK) {
            let condition = Condition::KeyIn(chunk.to_vec()).and(scope.clone());
            let query = RecordQuery::new(&collection.name, condition);
            if self.keys(&query, chunk.len()).await?.len() < chunk.len() {
                return Err(WriteError::OutOfScope.into());
            }
        }
        Ok(())
    }
}

/// The 404 of a record that does not exist, or is outside of the scope.
pub(super) fn gone(collection: &CollectionModel, id: String) -> BrowseError {
    BrowseError::NoRecord {
        collection: collection.name.clone(),
        id,
    }
}

/// The key of a record after a change.
fn key_after(collection: &CollectionModel, key: &Key, draft: &Draft) -> Key {
    let parts = collection.key.iter().zip(key.parts());
    let parts = parts.map(|(name, part)| draft.get(name).unwrap_or(part).clone());
    Key::from_parts(parts.collect())
}

/// The outcome of a rule of the program.
fn ruled(outcome: Result<(), NotDone>) -> Result<(), ActionError> {
    match outcome {
        Ok(()) => Ok(()),
        Err(NotDone::Refused(refusal)) => Err(WriteError::ByRule(refusal).into()),
        Err(NotDone::Failed(error)) => Err(error),
    }
}
