//! [`SqlRecords`] as a record source: one statement per call.

use std::borrow::Cow;
use std::sync::Arc;

use super::encoding::without_untranslatable;
use super::error::DatabaseError;
use super::limits::Limits;
use super::rows::Rows;
use super::statement::{LiveColumns, Statement, StatementError, Statements, find_live_queries, probe};
use super::values::Raw;
use super::write::SqlTx;
use super::{SqlCollection, SqlRecords};
use crate::records::aggregate::{Aggregation, Aggregator, Group};
use crate::records::condition::Condition;
use crate::records::error::{QueryError, RecordError, SourceProblem};
use crate::records::key::Key;
use crate::records::model::CollectionModel;
use crate::records::source::{Page, Projection, Record, RecordQuery, RecordSource, Sort, SourceFuture};
use crate::records::value::Value;
use crate::records::write::WriteTx;

impl RecordSource for SqlRecords {
    fn collections(&self) -> Vec<CollectionModel> {
        let models = self.collections.iter().map(|collection| collection.model.clone());
        models
            .map(|mut model| {
                let is_nullable = model.key_fields().any(|field| field.is_nullable);
                model.key_may_be_null = is_nullable;
                model
            })
            .collect()
    }

    fn problems(&self) -> Vec<SourceProblem> {
        let corrections = self.problems.iter().map(ToString::to_string);
        corrections
            .chain(self.ambiguous_relations())
            .map(SourceProblem::new)
            .collect()
    }

    /// Prepares a statement with the computed fields of each collection; none runs.
    fn check(&self) -> SourceFuture<'_, Vec<SourceProblem>> {
        Box::pin(async {
            let mut problems = Vec::new();
            for collection in &self.collections {
                let fields = collection.model.fields.iter();
                for field in fields.filter(|field| field.is_computed) {
                    if let Some(problem) = self.problem_of_computed(&collection.model.name, &field.name).await? {
                        problems.push(SourceProblem::new(problem));
                    }
                }
            }
            Ok(problems)
        })
    }

    fn ping(&self) -> SourceFuture<'_, ()> {
        Box::pin(async {
            let statement = Statement {
                sql: "SELECT 1".into(),
                values: sea_query::Values(Vec::new()),
                has_live_query: false,
            };
            match self.engine.fetch(statement, self.limits).await {
                Ok(_) => Ok(()),
                Err(failure) => Err(failure.into_error("answer a question", "")),
            }
        })
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            let read = self.read(query, "count records", self.limits, |statements, query| {
                Ok(statements.count(query, at_most)?.map(|statement| (statement, ())))
            });
            match read.await? {
                Some((rows, ())) => rows.count().map_err(unreadable),
                None => Ok(0),
            }
        })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move {
            let read = self.read(query, "read keys", self.look_up_limits(query), |statements, query| {
                if after.is_none()
                    && let Some(known) = self.look_ups.find(query, limit)
                {
                    return Ok(Some(known));
                }
                let Some((statement, plan)) = statements.keys(query, after, limit)? else {
                    return Ok(None);
                };
                let plan = Arc::new(plan);
                if after.is_none() {
                    self.look_ups.keep(statements, query, limit, &statement, &plan);
                }
                Ok(Some((statement, plan)))
            });
            match read.await? {
                Some((rows, plan)) => match rows.keys(&plan).map_err(unreadable)? {
                    Some(keys) => Ok(keys),
                    None => Err(record_without_id(&query.collection)),
                },
                None => Ok(Vec::new()),
            }
        })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            let by_meaning = &self.sorts_by_meaning(query, &page.sort).await?;
            let read = self.read(query, "read records", self.limits, |statements, query| {
                statements.records(query, page, by_meaning)
            });
            match read.await? {
                Some((rows, plan)) => rows.records(&plan).map_err(unreadable),
                None => Ok(Vec::new()),
            }
        })
    }

    fn batch_size(&self) -> usize {
        self.engine.batch_size()
    }

    /// A source without a name of its own answers to the usual names of a single database.
    fn has_connection(&self, name: Option<&str>) -> bool {
        match (name, self.connection_name.as_deref()) {
            (None, _) => true,
            (Some(name), Some(own)) => name == own,
            (Some(name), None) => matches!(name, "default" | "main"),
        }
    }

    fn aggregate<'a>(&'a self, query: &'a RecordQuery, aggregation: &'a Aggregation) -> SourceFuture<'a, Vec<Group>> {
        Box::pin(async move {
            let read = self.read(query, "aggregate records", self.limits, |statements, query| {
                statements.aggregate(query, aggregation)
            });
            match (read.await?, &aggregation.grouping) {
                (Some((rows, plan)), _) => rows.groups(&plan).map_err(unreadable),
                (None, Some(_)) => Ok(Vec::new()),
                (None, None) => {
                    let none = (aggregation.aggregator == Aggregator::Count).then_some(Value::Integer(0));
                    Ok(vec![Group::new(serde_json::Value::Null, none)])
                }
            }
        })
    }

    fn can_write(&self) -> bool {
        true
    }

    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        Box::pin(async move {
            let transaction = SqlTx::begin(self).await?;
            Ok(Box::new(transaction) as Box<dyn WriteTx + 'a>)
        })
    }
}

impl SqlRecords {
    /// The mistake in the SQL of a computed field.
    ///
    /// # Errors
    /// The database cannot be reached.
    async fn problem_of_computed(&self, collection: &str, field: &str) -> Result<Option<String>, RecordError> {
        let query = RecordQuery::new(collection, Condition::always());
        let page = Page {
            limit: 1,
            projection: Projection {
                fields: vec![field.to_owned()],
                relations: Vec::new(),
            },
            ..Page::default()
        };
        let made = self.statements(None).records(&query, &page, &[])?;
        let Some((statement, _)) = made else { return Ok(None) };
        match self.engine.column_names(statement, self.limits).await {
            Ok(_) => Ok(None),
            Err(failure) => match failure.into_mistake() {
                Ok(reason) => Ok(Some(format!(
                    "the SQL of the computed field `{collection}.{field}` does not work: {reason}"
                ))),
                Err(failure) => Err(failure.into_error("prepare a statement", collection)),
            },
        }
    }

    /// The relations to one record that may lead to several: joined, they would repeat the records that refer to them.
    fn ambiguous_relations(&self) -> Vec<String> {
        let find = |name: &str| self.collections.iter().find(|collection| collection.model.name == name);
        let mut problems = Vec::new();
        for collection in &self.collections {
            for relation in collection
                .model
                .relations
                .iter()
                .filter(|relation| !relation.is_to_many())
            {
                let Some(target) = find(&relation.target) else { continue };
                let key = &relation.target_key;
                // of several matches a join takes the one with the smallest key
                let is_certain = relation.compares_key_of(&target.model)
                    || (!relation.more_keys.is_empty() && !target.model.key.is_empty());
                if !is_certain && target.columns.get(key).is_some_and(|column| !column.is_unique) {
                    problems.push(format!(
                        "the relation `{}.{}` compares `{key}` of `{}`, which is neither its key nor unique",
                        collection.model.name, relation.name, relation.target
                    ));
                }
            }
        }
        problems
    }

    /// Runs the statement of a query; `None` when no record can match. `purpose` completes "the database could not …".
    async fn read<P>(
        &self,
        query: &RecordQuery,
        purpose: &'static str,
        limits: Limits,
        make: impl Fn(&Statements<'_>, &RecordQuery) -> Result<Option<(Statement, P)>, StatementError> + Send + Sync,
    ) -> Result<Option<(Box<dyn Rows>, P)>, RecordError> {
        /// Number of characters that the database lacks, of the texts of one query.
        const MAX_CHARACTERS: usize = 32;

        let mut query = Cow::Borrowed(query);
        for round in 0.. {
            let prepared = self.prepare(&query, |statements| make(statements, &query)).await?;
            let Some((statement, plan)) = prepared else { break };
            let is_live = statement.has_live_query;
            let failure = match self.engine.fetch(statement, limits).await {
                Ok(rows) => return Ok(Some((rows, plan))),
                Err(failure) => failure,
            };
            let known = failure
                .of_driver()
                .and_then(|error| without_untranslatable(&query, error));
            query = match known {
                Some(query) if round < MAX_CHARACTERS => Cow::Owned(query),
                _ if is_live => return Err(failure.into_live_query_error(purpose)),
                _ => return Err(failure.into_error(purpose, &query.collection)),
            };
        }
        Ok(None)
    }

    /// The limits of a query for keys. One that looks keys up in a table ends soon, unless the table is locked.
    fn look_up_limits(&self, query: &RecordQuery) -> Limits {
        let is_list_of_keys = |condition: &Condition| matches!(condition, Condition::KeyIn(_));
        let has_keys = match &query.condition {
            Condition::All(all) => all.iter().any(is_list_of_keys),
            one => is_list_of_keys(one),
        };
        let is_table = |known: &SqlCollection| known.model.name == query.collection && !known.model.is_read_only;
        Limits {
            is_look_up: has_keys && self.collections.iter().any(is_table),
            ..self.limits
        }
    }

    /// Makes a statement, after reading the column names of live queries if it depends on them.
    async fn prepare<P>(
        &self,
        query: &RecordQuery,
        make: impl Fn(&Statements<'_>) -> Result<Option<(Statement, P)>, StatementError> + Send,
    ) -> Result<Option<(Statement, P)>, RecordError> {
        let live_columns = self.live_columns(query).await?;
        Ok(make(&self.statements(live_columns.as_ref()))?)
    }

    /// For each step of an order, whether the values of its column are not in the order of their meaning.
    async fn sorts_by_meaning(&self, query: &RecordQuery, sort: &[Sort]) -> Result<Vec<bool>, RecordError> {
        let Some(check) = self.statements(None).order_check(&query.collection, sort)? else {
            return Ok(Vec::new());
        };
        let purpose = "look at the values of a column";
        let counts = self.engine.fetch(check, self.limits).await;
        let counts = counts.map_err(|failure| failure.into_error(purpose, &query.collection))?;
        (0..sort.len())
            .map(|index| match counts.value(0, index).map_err(unreadable)? {
                Raw::Integer(count) => Ok(count > 1),
                _ => Ok(false),
            })
            .collect()
    }

    pub(super) fn statements<'a>(&'a self, live_columns: Option<&'a LiveColumns>) -> Statements<'a> {
        Statements {
            dialect: self.engine.dialect(),
            collections: &self.collections,
            live_columns,
        }
    }

    /// The columns of the live queries, if they may name either the key or `id`.
    async fn live_columns(&self, query: &RecordQuery) -> Result<Option<LiveColumns>, RecordError> {
        let live_queries = find_live_queries(&query.condition);
        if live_queries.is_empty() || !self.has_key_of_another_name(&query.collection) {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for live_query in live_queries {
            let statement = probe(self.engine.dialect(), live_query)?;
            let names = self.engine.column_names(statement, self.limits).await;
            columns.push(names.map_err(|failure| failure.into_live_query_error("prepare a live query"))?);
        }
        Ok(Some(LiveColumns(columns)))
    }

    fn has_key_of_another_name(&self, collection: &str) -> bool {
        self.collections
            .iter()
            .map(|known| &known.model)
            .filter(|model| model.name == collection && model.key.len() == 1)
            .any(|model| model.key_fields().any(|field| field.stored_name() != "id"))
    }
}

/// A result that does not have the form of its statement.
pub(super) fn record_without_id(collection: &str) -> RecordError {
    RecordError::unsupported(QueryError::RecordWithoutId(collection.to_owned()).to_string())
}

pub(super) fn unreadable(error: sqlx::Error) -> RecordError {
    DatabaseError::new("give readable rows", &error).into()
}
