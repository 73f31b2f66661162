//! [`SqlTx`]: the transaction of a request that writes.

use super::SqlRecords;
use super::engine::EngineTx;
use super::error::Failure;
use super::lent::{HandlerConnection, read_on};
use super::source::{record_without_id, unreadable};
use super::statement::Statement;
use super::violation::{Change, violation};
use crate::records::draft::Draft;
use crate::records::error::RecordError;
use crate::records::key::Key;
use crate::records::source::{Page, Record, RecordQuery, RecordSource as _, SourceFuture};
use crate::records::write::{Violation, WriteTx};

pub(super) struct SqlTx<'s> {
    records: &'s SqlRecords,
    transaction: Box<dyn EngineTx>,
}

impl<'s> SqlTx<'s> {
    pub(super) async fn begin(records: &'s SqlRecords) -> Result<Self, RecordError> {
        let begun = records.engine.begin(records.limits).await;
        let transaction = begun.map_err(|failure| failure.into_error("begin a transaction", ""))?;
        Ok(Self { records, transaction })
    }

    async fn execute(&mut self, statement: Statement, change: Change<'_>) -> Result<u64, RecordError> {
        let done = self.transaction.execute(statement).await;
        done.map_err(|failure| self.error(failure, change))
    }

    /// The collection of a table, if the back office has it.
    fn name_of(&self, table: &str) -> Option<String> {
        let mut collections = self.records.collections.iter();
        let known = collections.find(|known| known.model.stored_name() == table)?;
        Some(known.model.name.clone())
    }

    /// The answer to a failed change.
    fn error(&self, failure: Failure, change: Change<'_>) -> RecordError {
        let broken = failure
            .of_driver()
            .and_then(|error| violation(&self.records.collections, change, error));
        match broken {
            Some(violation) => violation.into(),
            None => failure.into_error("change records", change.collection()),
        }
    }
}

impl WriteTx for SqlTx<'_> {
    fn keys<'a>(
        &'a mut self,
        query: &'a RecordQuery,
        after: Option<&'a Key>,
        limit: usize,
    ) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(read_on(
            self.transaction.connection(),
            self.records.keys(query, after, limit),
        ))
    }

    fn records<'a>(&'a mut self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(read_on(
            self.transaction.connection(),
            self.records.records(query, page),
        ))
    }

    fn lock<'a>(&'a mut self, query: &'a RecordQuery, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move {
            let Some((statement, plan)) = self.records.statements(None).lock(query, limit)? else {
                return Ok(Vec::new());
            };
            let rows = self.transaction.fetch(statement).await;
            let rows = rows.map_err(|failure| failure.into_error("lock records", &query.collection))?;
            let keys = rows.keys(&plan).map_err(unreadable)?;
            keys.ok_or_else(|| record_without_id(&query.collection))
        })
    }

    fn create<'a>(&'a mut self, collection: &'a str, draft: &'a Draft) -> SourceFuture<'a, Key> {
        Box::pin(async move {
            let (statement, plan) = self.records.statements(None).insert(collection, draft)?;
            let rows = self.transaction.fetch(statement).await;
            let rows = rows.map_err(|failure| self.error(failure, Change::Create(collection)))?;
            let keys = rows.keys(&plan).map_err(unreadable)?;
            let key = keys.and_then(|keys| keys.into_iter().next());
            key.ok_or_else(|| record_without_id(collection))
        })
    }

    fn update<'a>(&'a mut self, collection: &'a str, keys: &'a [Key], draft: &'a Draft) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            let statement = self.records.statements(None).update(collection, keys, draft)?;
            self.execute(statement, Change::Update(collection)).await
        })
    }

    fn delete<'a>(&'a mut self, collection: &'a str, keys: &'a [Key]) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            let statements = self.records.statements(None);
            let own = self
                .records
                .collections
                .iter()
                .find(|known| known.model.name == collection);
            for cascade in own.map(|own| own.cascades.as_slice()).unwrap_or_default() {
                let rows = self
                    .transaction
                    .fetch(statements.cascade(collection, keys, cascade)?)
                    .await;
                let rows = rows.map_err(|failure| failure.into_error("read referring rows", collection))?;
                if rows.len() > 0 {
                    return Err(Violation::StillUsed(self.name_of(&cascade.table)).into());
                }
            }
            let statement = statements.delete(collection, keys)?;
            self.execute(statement, Change::Delete(collection)).await
        })
    }

    fn connection(&mut self) -> Option<HandlerConnection<'_>> {
        Some(self.transaction.connection())
    }

    fn commit<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let Self { records, transaction } = *self;
            let ended = transaction.end(true).await;
            ended.map_err(|failure| {
                // constraints that are checked at the end
                let broken = failure
                    .of_driver()
                    .and_then(|error| violation(&records.collections, Change::Commit, error));
                match broken {
                    Some(violation) => violation.into(),
                    None => failure.into_error("keep the changes", ""),
                }
            })
        })
    }

    fn rollback<'a>(self: Box<Self>) -> SourceFuture<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let ended = self.transaction.end(false).await;
            ended.map_err(|failure| failure.into_error("undo the changes", ""))
        })
    }
}
