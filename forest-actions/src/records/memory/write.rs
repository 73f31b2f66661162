//! Transactions: changes of a copy of the rows, which takes their place at the end.

use tokio::sync::OwnedMutexGuard;

use super::super::draft::Draft;
use super::super::error::RecordError;
use super::super::key::Key;
use super::super::source::{Page, Record, RecordQuery, SourceFuture};
use super::super::value::Value;
use super::super::write::{Violation, WriteTx};
use super::evaluate::View;
use super::rows::{InvalidRow, Table};
use super::{MemoryRecords, NO_ID};

pub(super) struct MemoryTx {
    records: MemoryRecords,
    tables: Vec<Table>,
    /// The number of changes before this transaction.
    version: u64,
    _only: OwnedMutexGuard<()>,
}

impl MemoryTx {
    /// Waits for the end of other transactions.
    pub(super) async fn begin(records: &MemoryRecords) -> Self {
        let only = records.0.writer.clone().lock_owned().await;
        let tables = records.0.tables();
        Self {
            tables: tables.rows.clone(),
            version: tables.version,
            records: records.clone(),
            _only: only,
        }
    }

    fn view(&self) -> View<'_> {
        View::new(&self.records.0.models, &self.tables)
    }

    /// The keys of a query.
    fn found(&self, query: &RecordQuery, after: Option<&Key>, limit: usize) -> Result<Vec<Key>, RecordError> {
        let view = self.view();
        let (model, _) = view.find(&query.collection)?;
        if model.key.is_empty() {
            return Err(RecordError::unsupported(NO_ID));
        }
        let found = view.select(query, after)?;
        Ok(found.take(limit).map(|(key, _)| key.clone()).collect())
    }

    fn change<T>(
        &mut self,
        collection: &str,
        change: impl FnOnce(&mut Table, &super::CollectionModel) -> Result<T, InvalidRow>,
    ) -> Result<T, RecordError> {
        let mut both = self.records.0.models.iter().zip(&mut self.tables);
        let Some((model, table)) = both.find(|(model, _)| model.name == collection) else {
            return Err(RecordError::failed(format!("there is no collection `{collection}`")));
        };
        change(table, model).map_err(|problem| match problem {
            InvalidRow::Duplicate(_) => Violation::Taken(model.key.clone()).into(),
            InvalidRow::Null(field) | InvalidRow::NullKey(field) => Violation::Required(Some(field)).into(),
            InvalidRow::Value(problem) => Violation::Unstorable {
                field: Some(problem.field().to_owned()),
                reason: "it is not a value of its field",
            }
            .into(),
            other => RecordError::failed(format!("collection `{collection}`: {other}")),
        })
    }
}

impl WriteTx for MemoryTx {
    fn keys<'a>(
        &'a mut self,
        query: &'a RecordQuery,
        after: Option<&'a Key>,
        limit: usize,
    ) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move { self.found(query, after, limit) })
    }

    fn records<'a>(&'a mut self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move { self.view().page(query, page) })
    }

    fn lock<'a>(&'a mut self, query: &'a RecordQuery, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move { self.found(query, None, limit) })
    }

    fn create<'a>(&'a mut self, collection: &'a str, draft: &'a Draft) -> SourceFuture<'a, Key> {
        Box::pin(async move { self.change(collection, |table, model| table.create(model, draft)) })
    }

    fn update<'a>(&'a mut self, collection: &'a str, keys: &'a [Key], draft: &'a Draft) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            self.change(collection, |table, model| {
                let mut changed = 0;
                for key in keys {
                    changed += u64::from(table.update(model, key, draft)?);
                }
                Ok(changed)
            })
        })
    }

    fn delete<'a>(&'a mut self, collection: &'a str, keys: &'a [Key]) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            self.change(collection, |table, _| {
                Ok(keys.iter().map(|key| u64::from(table.remove(key))).sum())
            })
        })
    }

    fn commit<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let mut tables = self.records.0.tables_mut();
            if tables.version != self.version {
                let cause = "the program changed the rows during the transaction";
                return Err(RecordError::unavailable(
                    "The records have changed meanwhile. Please try again.",
                    cause,
                ));
            }
            tables.rows = self.tables;
            tables.version += 1;
            Ok(())
        })
    }

    fn rollback<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(async { Ok(()) })
    }
}

/// The value of a key that a new record is not given: the next number, or a new UUID.
pub(super) fn next_key(last: Option<&Key>, is_uuid: bool) -> Option<Value> {
    if is_uuid {
        return Some(Value::uuid(uuid::Uuid::new_v4()));
    }
    match last.map(Key::parts) {
        None => Some(Value::Integer(1)),
        Some([Value::Integer(last)]) => last.checked_add(1).map(Value::Integer),
        Some(_) => None,
    }
}
