//! The trail in SQLite. Times are texts as the vendor's agents write them, and JSON documents are texts.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, SqliteExecutor, SqlitePool};

use super::query::{Bound, Syntax, condition, order};
use super::{ADDITIONAL, INDEXED, Kind, MIGRATIONS, check_layout, column_list, columns, decode, encoded, quoted};
use crate::audit::row::{AuditRow, AuditUpdate};
use crate::audit::sink::{AuditPage, AuditQuery, AuditSink, AuditUser, SinkError, SinkFuture};
use crate::audit::trail::BATCH;
use crate::records::HandlerConnection;

/// The format of a time, with milliseconds, which sorts as the times do.
const MOMENT: &str = "%Y-%m-%d %H:%M:%S%.3f +00:00";

/// A table of an SQLite database.
#[derive(Debug, Clone)]
pub(in crate::audit) struct SqliteTrail {
    pub(in crate::audit) pool: SqlitePool,
    pub(in crate::audit) table: String,
    /// The file of the database, set when the store is opened.
    pub(in crate::audit) file: OnceLock<String>,
}

fn failed(error: sqlx::Error) -> SinkError {
    SinkError::failed(error)
}

fn moment(time: DateTime<Utc>) -> String {
    time.format(MOMENT).to_string()
}

/// Reads a time as this crate, the vendor's agents and SQLite itself write it.
fn read_moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %:z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .map(|time| time.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()
}

fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Moment => "DATETIME",
        Kind::Name => "VARCHAR(255)",
        Kind::Text => "TEXT",
        Kind::Integer | Kind::Number => "INTEGER",
        Kind::Values | Kind::Document => "JSON",
    }
}

struct SqliteSyntax;

impl Syntax for SqliteSyntax {
    fn placeholder(&self, position: usize) -> String {
        format!("?{position}")
    }

    fn elements(&self, placeholder: &str) -> String {
        format!("SELECT value FROM json_each({placeholder})")
    }

    fn keys(&self, column: &str) -> String {
        format!("SELECT key FROM json_each({column})")
    }

    fn text(&self, column: &str) -> String {
        format!("CAST({column} AS TEXT)")
    }
}

/// The file of a connection's database; empty for one in memory.
async fn file_of(connection: &mut SqliteConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(file, '') FROM pragma_database_list WHERE name = 'main'")
        .fetch_one(connection)
        .await
}

impl SqliteTrail {
    fn table(&self) -> String {
        quoted(&self.table)
    }

    async fn columns(&self, connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
            .bind(&self.table)
            .fetch_all(connection)
            .await
    }

    async fn migrate(&self) -> Result<(), SinkError> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let file = file_of(&mut connection).await.map_err(failed)?;
        self.file.get_or_init(|| file);
        // a write transaction from its first statement, or two programs that start at once refuse each other
        let mut transaction = sqlx::Connection::begin_with(&mut *connection, "BEGIN IMMEDIATE")
            .await
            .map_err(failed)?;
        let (table, tracking) = (self.table(), quoted(&format!("{}_migration", self.table)));
        let create = format!("CREATE TABLE IF NOT EXISTS {tracking} (name VARCHAR(255) NOT NULL UNIQUE PRIMARY KEY)");
        sqlx::query(AssertSqlSafe(create))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let present = self.columns(&mut transaction).await.map_err(failed)?;
        if present.is_empty() {
            let columns: Vec<String> = columns()
                .map(|(name, kind, nullable)| {
                    let constraint = match (kind, nullable) {
                        (Kind::Values, _) => " NOT NULL DEFAULT '{}'",
                        _ if name == "status" => " NOT NULL DEFAULT 'done'",
                        (_, false) => " NOT NULL",
                        (_, true) => "",
                    };
                    format!("{} {}{constraint}", quoted(name), declared(kind))
                })
                .collect();
            let create = format!(
                "CREATE TABLE {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, {})",
                columns.join(", ")
            );
            sqlx::query(AssertSqlSafe(create))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        } else {
            check_layout(&self.table, &present)?;
            for (name, kind, _) in ADDITIONAL {
                if !present.iter().any(|column| column == name) {
                    let add = format!("ALTER TABLE {table} ADD COLUMN {} {}", quoted(name), declared(kind));
                    sqlx::query(AssertSqlSafe(add))
                        .execute(&mut *transaction)
                        .await
                        .map_err(failed)?;
                }
            }
        }
        for column in INDEXED {
            let index = quoted(&format!("{}_{column}", self.table));
            let create = format!("CREATE INDEX IF NOT EXISTS {index} ON {table} ({column})");
            sqlx::query(AssertSqlSafe(create))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        for migration in MIGRATIONS {
            let insert = format!("INSERT OR IGNORE INTO {tracking} (name) VALUES (?1)");
            let name = format!("{}:{migration}", self.table);
            sqlx::query(AssertSqlSafe(insert))
                .bind(name)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    /// Inserts rows, and returns their numbers in their order.
    async fn insert<'e>(&self, executor: impl SqliteExecutor<'e>, rows: &[AuditRow]) -> Result<Vec<i64>, sqlx::Error> {
        let values: Vec<String> = columns().map(|(name, ..)| format!("value ->> '$.{name}'")).collect();
        let insert = format!(
            "INSERT INTO {} ({}) SELECT {} FROM json_each(?1) WHERE true ORDER BY key RETURNING id",
            self.table(),
            column_list(),
            values.join(", ")
        );
        let mut ids: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(insert))
            .bind(encoded(rows, moment))
            .fetch_all(executor)
            .await?;
        // in the order of the rows, which their numbers have
        ids.sort_unstable();
        Ok(ids)
    }

    /// Makes rows done, and returns their number.
    async fn update(&self, connection: &mut SqliteConnection, updates: Vec<AuditUpdate>) -> Result<u64, sqlx::Error> {
        let update = format!(
            "UPDATE {} SET status = 'done', operation = ?2, new_values = ?3, record_id = COALESCE(?4, record_id), \
             previous_values = COALESCE(?5, previous_values), counts = ?6, reason = ?7, reference = ?8, duration_ms = ?9 \
             WHERE id IN (SELECT value FROM json_each(?1))",
            self.table()
        );
        let json = |value: Map<String, Value>| Value::from(value).to_string();
        let mut updated = 0;
        for end in updates {
            let done = sqlx::query(AssertSqlSafe(update.clone()))
                .bind(Value::from(end.ids).to_string())
                .bind(end.operation.as_str().to_owned())
                .bind(json(end.new_values))
                .bind(end.record_id)
                .bind(end.previous_values.map(json))
                .bind(end.counts.map(|counts| counts.to_string()))
                .bind(end.reason)
                .bind(end.reference)
                .bind(end.duration_ms)
                .execute(&mut *connection)
                .await?;
            updated += done.rows_affected();
        }
        Ok(updated)
    }

    fn decoded(row: &SqliteRow) -> Result<AuditRow, sqlx::Error> {
        let timestamp: String = row.try_get("timestamp")?;
        let timestamp = read_moment(&timestamp).unwrap_or(DateTime::UNIX_EPOCH);
        Ok(decode!(row, timestamp))
    }
}

/// Binds the values of a condition.
macro_rules! bind {
    ($query:expr, $bound:expr) => {{
        let mut query = $query;
        for value in $bound {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Moment(time) => query.bind(moment(time)),
            };
        }
        query
    }};
}

impl AuditSink for SqliteTrail {
    fn open(&self) -> SinkFuture<'_, ()> {
        Box::pin(self.migrate())
    }

    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        Box::pin(async move { self.insert(&self.pool, &rows).await.map_err(failed) })
    }

    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async move {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
            self.update(&mut transaction, updates).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)
        })
    }

    fn is_database_of<'a>(&'a self, mut connection: HandlerConnection<'a>) -> SinkFuture<'a, bool> {
        Box::pin(async move {
            let (Some(connection), Some(ours)) = (connection.sqlite(), self.file.get()) else {
                return Ok(false);
            };
            let theirs = file_of(connection).await.map_err(failed)?;
            // a database in memory has no name
            Ok(!ours.is_empty() && theirs == *ours)
        })
    }

    fn write_on<'a>(
        &'a self,
        mut connection: HandlerConnection<'a>,
        updates: Vec<AuditUpdate>,
        rows: Vec<AuditRow>,
    ) -> SinkFuture<'a, u64> {
        Box::pin(async move {
            let connection = connection.sqlite().ok_or(SinkError::OtherDatabase)?;
            sqlx::query("SAVEPOINT forest_audit")
                .execute(&mut *connection)
                .await
                .map_err(failed)?;
            let written = async {
                let updated = self.update(connection, updates).await?;
                for batch in rows.chunks(BATCH) {
                    self.insert(&mut *connection, batch).await?;
                }
                Ok(updated)
            };
            let written: Result<u64, sqlx::Error> = written.await;
            let end = match written {
                Ok(_) => "RELEASE SAVEPOINT forest_audit",
                Err(_) => "ROLLBACK TO SAVEPOINT forest_audit",
            };
            sqlx::query(end).execute(&mut *connection).await.map_err(failed)?;
            written.map_err(failed)
        })
    }

    fn is_readable(&self) -> bool {
        true
    }

    fn query<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, AuditPage> {
        Box::pin(async move {
            let (condition, bound) = condition(query, &SqliteSyntax);
            let table = self.table();
            let count = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
            let count: i64 = bind!(sqlx::query_scalar(AssertSqlSafe(count)), bound.clone())
                .fetch_one(&self.pool)
                .await
                .map_err(failed)?;
            let page = format!(
                "SELECT * FROM {table} WHERE {condition} ORDER BY {} LIMIT {} OFFSET {}",
                order(query),
                i64::try_from(query.limit).unwrap_or(i64::MAX),
                i64::try_from(query.offset).unwrap_or(i64::MAX)
            );
            let rows = bind!(sqlx::query(AssertSqlSafe(page)), bound)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
            let rows = rows
                .iter()
                .map(Self::decoded)
                .collect::<Result<_, _>>()
                .map_err(failed)?;
            Ok(AuditPage {
                rows,
                count: u64::try_from(count).unwrap_or_default(),
            })
        })
    }

    fn users<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, Vec<AuditUser>> {
        Box::pin(async move {
            let (condition, bound) = condition(query, &SqliteSyntax);
            let users = format!(
                "SELECT user_id, MAX(user_first_name) AS first, MAX(user_last_name) AS last, MAX(user_email) AS email \
                 FROM {} WHERE {condition} GROUP BY user_id ORDER BY user_id",
                self.table()
            );
            let rows = bind!(sqlx::query(AssertSqlSafe(users)), bound)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
            let user = |row: &SqliteRow| {
                Ok(AuditUser {
                    id: row.try_get(0)?,
                    first_name: row.try_get(1)?,
                    last_name: row.try_get(2)?,
                    email: row.try_get(3)?,
                })
            };
            rows.iter()
                .map(user)
                .collect::<Result<_, sqlx::Error>>()
                .map_err(failed)
        })
    }

    fn delete_before(&self, before: DateTime<Utc>, at_most: u32) -> SinkFuture<'_, u64> {
        Box::pin(async move {
            let table = self.table();
            let delete = format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE \"timestamp\" < ?1 AND status <> 'pending' \
                 ORDER BY id LIMIT {at_most})"
            );
            let deleted = sqlx::query(AssertSqlSafe(delete))
                .bind(moment(before))
                .execute(&self.pool)
                .await;
            deleted.map(|outcome| outcome.rows_affected()).map_err(failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_other_programs_are_read() {
        let expected = DateTime::from_timestamp_millis(1_787_220_000_250).unwrap();
        assert_eq!(moment(expected), "2026-08-20 10:00:00.250 +00:00");
        for text in [
            "2026-08-20 10:00:00.250 +00:00",
            "2026-08-20T10:00:00.250Z",
            "2026-08-20 10:00:00.250",
        ] {
            assert_eq!(read_moment(text), Some(expected), "{text}");
        }
        assert_eq!(read_moment("yesterday"), None);
    }
}
