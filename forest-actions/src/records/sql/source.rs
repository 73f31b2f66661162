//! [`SqlRecords`] as a record source: one statement for each question.

use super::run::Rows;
use super::statement::{LiveColumns, Statement, Statements, find_live_query, probe};
use super::{Pool, SqlRecords};
use crate::records::error::RecordError;
use crate::records::key::Key;
use crate::records::model::CollectionModel;
use crate::records::source::{Page, Record, RecordQuery, RecordSource, SourceFuture};

impl RecordSource for SqlRecords {
    fn collections(&self) -> Vec<CollectionModel> {
        self.collections
            .iter()
            .map(|collection| collection.model.clone())
            .collect()
    }

    fn problems(&self) -> Vec<String> {
        self.problems.clone()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move {
            let made = self
                .made(query, |statements| {
                    Ok(statements.count(query, at_most)?.map(|statement| (statement, ())))
                })
                .await?;
            let Some((statement, ())) = made else { return Ok(0) };
            let count = self.pool.run(statement, "count records").await?.count()?;
            Ok(count)
        })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move {
            let made = self
                .made(query, |statements| statements.keys(query, after, limit))
                .await?;
            let Some((statement, rows)) = made else {
                return Ok(Vec::new());
            };
            self.pool.run(statement, "read keys").await?.keys(&rows)
        })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            let made = self.made(query, |statements| statements.records(query, page)).await?;
            let Some((statement, plan)) = made else {
                return Ok(Vec::new());
            };
            self.pool.run(statement, "read records").await?.records(&plan)
        })
    }

    /// SQLite is in the same process, so a question costs next to nothing there; PostgreSQL is a network away.
    fn batch_size(&self) -> usize {
        match &self.pool {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(_) => 1_000,
            #[cfg(feature = "postgres")]
            Pool::Postgres(_) => 4_000,
        }
    }

    /// A source without a name of its own answers to those that a single database goes by.
    fn has_connection(&self, name: Option<&str>) -> bool {
        match (name, self.connection_name.as_deref()) {
            (None, _) => true,
            (Some(name), Some(own)) => name == own,
            (Some(name), None) => matches!(name, "default" | "main"),
        }
    }
}

impl SqlRecords {
    /// A statement for a query, once the columns of its live queries are known.
    async fn made<P>(
        &self,
        query: &RecordQuery,
        make: impl Fn(&Statements<'_>) -> Result<Option<(Statement, P)>, RecordError> + Send,
    ) -> Result<Option<(Statement, P)>, RecordError> {
        let live_columns = self.live_columns(query).await?;
        make(&Statements {
            dialect: self.pool.dialect(),
            collections: &self.collections,
            live_columns: live_columns.as_ref(),
        })
    }

    /// The columns of the live queries, where it is open whether they name the key or `id`.
    async fn live_columns(&self, query: &RecordQuery) -> Result<Option<LiveColumns>, RecordError> {
        let live_queries = find_live_query(&query.condition);
        if live_queries.is_empty() || !self.has_key_of_another_name(&query.collection) {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for live_query in live_queries {
            let statement = probe(self.pool.dialect(), live_query)?;
            columns.push(self.pool.columns(statement).await?);
        }
        Ok(Some(LiveColumns(columns)))
    }

    fn has_key_of_another_name(&self, collection: &str) -> bool {
        self.collections
            .iter()
            .filter(|known| known.model.name == collection)
            .any(|known| {
                known.model.key.len() == 1 && known.model.key_fields().any(|field| field.stored_name() != "id")
            })
    }
}

impl Rows {
    fn count(self) -> Result<u64, RecordError> {
        let count = match &self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => first_number::<sqlx::Sqlite>(rows),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => first_number::<sqlx::Postgres>(rows),
        };
        let count = count.map_err(|error| super::run::unreadable(&error))?;
        // counts are not negative
        Ok(u64::try_from(count).unwrap_or(0))
    }

    fn keys(self, given: &super::statement::KeyRows) -> Result<Vec<Key>, RecordError> {
        match &self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => super::rows_sqlite::keys(given, rows),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => super::rows_postgres::keys(given, rows),
        }
        .map_err(|error| super::run::unreadable(&error))
    }

    fn records(self, plan: &super::statement::ReadPlan) -> Result<Vec<Record>, RecordError> {
        match &self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => super::rows_sqlite::records(plan, rows),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => super::rows_postgres::records(plan, rows),
        }
        .map_err(|error| super::run::unreadable(&error))
    }
}

fn first_number<D: sqlx::Database>(rows: &[D::Row]) -> Result<i64, sqlx::Error>
where
    i64: for<'r> sqlx::Decode<'r, D> + sqlx::Type<D>,
    usize: sqlx::ColumnIndex<D::Row>,
{
    use sqlx::Row as _;

    rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)
}

impl Pool {
    fn dialect(&self) -> super::statement::Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => super::statement::Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => super::statement::Dialect::Postgres,
        }
    }
}
