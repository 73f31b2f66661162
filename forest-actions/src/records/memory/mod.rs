//! [`MemoryRecords`]: a record source for tests, prototypes, and collections that exist nowhere else.
//!
//! It follows PostgreSQL's rules, so that a test that passes here is likely to pass with a database.

mod aggregate;
mod compare;
mod evaluate;
mod field_test;
mod json;
mod page;
mod rows;
mod sum;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value as Json;

use self::evaluate::View;
use self::rows::{InvalidRow, Table};
use self::write::MemoryTx;
use super::aggregate::{Aggregation, Group};
use super::error::{RecordError, SourceProblem};
use super::key::Key;
use super::model::CollectionModel;
use super::source::{Page, Record, RecordQuery, RecordSource, SourceFuture};
use super::write::WriteTx;

/// Records in the program's memory, as a source.
///
/// It follows PostgreSQL's rules: text tests are case-sensitive unless the test ignores case, and missing values come
/// last in ascending order and first in descending order. Live queries are refused. The
/// expression of a computed field is ignored: the rows give its values.
///
/// A clone shares the rows, so that a test can change the records of a running agent:
///
/// ```
/// use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
/// use serde_json::json;
///
/// let companies = CollectionModel::new("companies")
///     .field(FieldModel::new("id", ValueType::Integer))
///     .field(FieldModel::new("name", ValueType::Text))
///     .key(["id"]);
/// let records = MemoryRecords::new().collection(companies, vec![json!({"id": 1, "name": "Acme"})]);
/// // … give `records.clone()` to the agent …
/// records.insert("companies", &json!({"id": 2, "name": "Globex"}))?;
/// # Ok::<(), forest_actions::records::RecordError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryRecords(Arc<Store>);

/// All rows are behind one lock, so that each query sees one state of all collections.
#[derive(Debug, Default)]
struct Store {
    models: Vec<CollectionModel>,
    problems: Vec<SourceProblem>,
    tables: RwLock<Tables>,
    /// Held by a transaction: there is one at a time.
    writer: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default, Clone)]
struct Tables {
    rows: Vec<Table>,
    /// The number of changes so far.
    version: u64,
}

impl MemoryRecords {
    /// A source without collections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a collection and its rows, each a JSON object with a member for each field; a member that is left out is the
    /// field's default, or null. Moments are RFC 3339 texts, days `2024-05-15`, bytes base64; a number may be given as
    /// text, so that it stays exact.
    ///
    /// A row that does not fit is left out and reported by [`problems`](RecordSource::problems), so that the start is
    /// refused.
    #[must_use]
    pub fn collection(self, model: CollectionModel, rows: Vec<Json>) -> Self {
        // other handles keep their collections
        let mut store = Arc::try_unwrap(self.0).unwrap_or_else(|shared| shared.copy());
        if store.models.iter().any(|known| known.name == model.name) {
            let problem = format!("collection `{}` is given twice", model.name);
            store.problems.push(SourceProblem::new(problem));
            return Self(Arc::new(store));
        }
        let mut table = Table::new(&model);
        store.problems.extend(rows::model_problems(&model));
        for (index, row) in rows.iter().enumerate() {
            if let Err(problem) = table.insert(&model, row) {
                let problem = format!("collection `{}`, row {}: {problem}", model.name, index + 1);
                store.problems.push(SourceProblem::new(problem));
            }
        }
        store.models.push(model);
        let tables = store.tables.get_mut().unwrap_or_else(PoisonError::into_inner);
        tables.rows.push(table);
        Self(Arc::new(store))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The collection does not exist, the row does not fit, or its key exists already.
    pub fn insert(&self, collection: &str, row: &Json) -> Result<(), RecordError> {
        self.change(collection, |table, model| table.insert(model, row))
    }

    /// Replaces the row with the same key.
    ///
    /// # Errors
    /// The collection does not exist, the row does not fit, or its key does not exist.
    pub fn replace(&self, collection: &str, row: &Json) -> Result<(), RecordError> {
        self.change(collection, |table, model| table.replace(model, row))
    }

    /// Removes a row. Returns whether it existed.
    ///
    /// # Errors
    /// The collection does not exist.
    pub fn remove(&self, collection: &str, key: &Key) -> Result<bool, RecordError> {
        self.change(collection, |table, _| Ok(table.remove(key)))
    }

    fn change<T>(
        &self,
        collection: &str,
        change: impl FnOnce(&mut Table, &CollectionModel) -> Result<T, InvalidRow>,
    ) -> Result<T, RecordError> {
        let models = &self.0.models;
        let mut tables = self.0.tables_mut();
        tables.version += 1;
        let found = models
            .iter()
            .zip(tables.rows.iter_mut())
            .find(|(model, _)| model.name == collection);
        let Some((model, table)) = found else {
            return Err(RecordError::failed(format!("there is no collection `{collection}`")));
        };
        change(table, model).map_err(|problem| RecordError::failed(format!("collection `{collection}`: {problem}")))
    }

    fn read<T>(&self, query: impl FnOnce(&View<'_>) -> Result<T, RecordError>) -> Result<T, RecordError> {
        let tables = self.0.tables();
        query(&View::new(&self.0.models, &tables.rows))
    }
}

impl Store {
    /// A poisoned lock is ignored: each change is a single insertion or removal.
    fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tables_mut(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn copy(&self) -> Self {
        Self {
            models: self.models.clone(),
            problems: self.problems.clone(),
            tables: RwLock::new(self.tables().clone()),
            writer: Arc::default(),
        }
    }
}

/// The text of every source for a selection in a collection without a key.
const NO_ID: &str = "records of this collection have no id, and cannot be selected";

impl RecordSource for MemoryRecords {
    fn collections(&self) -> Vec<CollectionModel> {
        self.0.models.clone()
    }

    fn problems(&self) -> Vec<SourceProblem> {
        self.0.problems.clone()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            self.read(|view| {
                let limit = at_most.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
                let found = view.select(query, None)?.take(limit).count();
                Ok(u64::try_from(found).unwrap_or(u64::MAX))
            })
        })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move {
            self.read(|view| {
                let (model, _) = view.find(&query.collection)?;
                if model.key.is_empty() {
                    return Err(RecordError::unsupported(NO_ID));
                }
                let found = view.select(query, after)?;
                Ok(found.take(limit).map(|(key, _)| key.clone()).collect())
            })
        })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move { self.read(|view| view.page(query, page)) })
    }

    fn aggregate<'a>(&'a self, query: &'a RecordQuery, aggregation: &'a Aggregation) -> SourceFuture<'a, Vec<Group>> {
        Box::pin(async move { self.read(|view| view.aggregate(query, aggregation)) })
    }

    fn can_write(&self) -> bool {
        true
    }

    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        Box::pin(async move { Ok(Box::new(MemoryTx::begin(self).await) as Box<dyn WriteTx + 'a>) })
    }
}
