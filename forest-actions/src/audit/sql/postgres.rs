//! The trail in PostgreSQL, in a schema of its own.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor, PgPool, Row as _};

use super::query::{Bound, Syntax, condition, order};
use super::{ADDITIONAL, INDEXED, Kind, MIGRATIONS, check_layout, column_list, columns, decode, encoded, quoted};
use crate::audit::row::{AuditRow, AuditUpdate};
use crate::audit::sink::{AuditPage, AuditQuery, AuditSink, AuditUser, SinkError, SinkFuture};
use crate::audit::trail::BATCH;
use crate::records::{HandlerConnection, begin};

/// The lock under which the vendor's agents create the table.
const LOCK: (i32, i32) = (0x464f, 0x5254);

/// A table of a PostgreSQL database.
#[derive(Debug, Clone)]
pub(in crate::audit) struct PostgresTrail {
    pub(in crate::audit) pool: PgPool,
    pub(in crate::audit) schema: String,
    pub(in crate::audit) table: String,
}

fn failed(error: sqlx::Error) -> SinkError {
    SinkError::failed(error)
}

fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Moment => "TIMESTAMP WITH TIME ZONE",
        Kind::Name => "VARCHAR(255)",
        Kind::Text => "TEXT",
        Kind::Integer => "INTEGER",
        Kind::Number => "BIGINT",
        Kind::Values | Kind::Document => "JSON",
    }
}

struct PostgresSyntax;

impl Syntax for PostgresSyntax {
    fn placeholder(&self, position: usize) -> String {
        format!("${position}")
    }

    fn elements(&self, placeholder: &str) -> String {
        format!("SELECT json_array_elements_text({placeholder}::json)")
    }

    fn keys(&self, column: &str) -> String {
        format!("SELECT json_object_keys({column}) AS key")
    }

    fn text(&self, column: &str) -> String {
        format!("{column}::text")
    }
}

/// The columns to select, with JSON documents as texts.
fn selected() -> String {
    let texts = columns().map(|(name, kind, _)| match kind {
        Kind::Values | Kind::Document => format!("{0}::text AS {0}", quoted(name)),
        _ => quoted(name),
    });
    let texts: Vec<String> = texts.collect();
    format!("id, {}", texts.join(", "))
}

impl PostgresTrail {
    fn table(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }

    async fn migrate(&self) -> Result<(), SinkError> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
            .bind(LOCK.0)
            .bind(LOCK.1)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let (schema, table) = (quoted(&self.schema), self.table());
        let tracking = format!("{schema}.{}", quoted(&format!("{}_migration", self.table)));
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)")
            .bind(&self.schema)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        let present: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
        )
        .bind(&self.schema)
        .bind(&self.table)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let mut run = async |sql: String| {
            let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await;
            done.map_err(failed)
        };
        if !exists {
            // the right to create schemas is only needed where there is none
            run(format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        }
        run(format!(
            "CREATE TABLE IF NOT EXISTS {tracking} (name VARCHAR(255) NOT NULL UNIQUE, PRIMARY KEY (name))"
        ))
        .await?;
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
            run(format!(
                "CREATE TABLE IF NOT EXISTS {table} (id BIGSERIAL PRIMARY KEY, {})",
                columns.join(", ")
            ))
            .await?;
        } else {
            check_layout(&self.table, &present)?;
            for (name, kind, _) in ADDITIONAL {
                if !present.iter().any(|column| column == name) {
                    run(format!(
                        "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {} {}",
                        quoted(name),
                        declared(kind)
                    ))
                    .await?;
                }
            }
        }
        for column in INDEXED {
            let index = quoted(&format!("{}_{column}", self.table));
            run(format!("CREATE INDEX IF NOT EXISTS {index} ON {table} ({column})")).await?;
        }
        for migration in MIGRATIONS {
            let insert = format!("INSERT INTO {tracking} (name) VALUES ($1) ON CONFLICT DO NOTHING");
            let name = format!("{}.{}:{migration}", self.schema, self.table);
            sqlx::query(AssertSqlSafe(insert))
                .bind(name)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    /// The server and the database of a connection, and whether its role may write the table.
    async fn identity<'e>(&self, executor: impl PgExecutor<'e>) -> Result<(String, bool), sqlx::Error> {
        let identity = "SELECT concat_ws(' ', pg_postmaster_start_time(), inet_server_port(), current_database()), \
             COALESCE((SELECT CASE WHEN has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT') AND has_column_privilege(c.oid, 'id', 'SELECT') \
             THEN COALESCE(has_sequence_privilege(pg_get_serial_sequence(format('%I.%I', $1, $2), 'id'), 'USAGE'), true) END \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2), false)";
        sqlx::query_as(identity)
            .bind(&self.schema)
            .bind(&self.table)
            .fetch_one(executor)
            .await
    }

    /// Inserts rows, and returns their numbers in their order.
    async fn insert<'e>(&self, executor: impl PgExecutor<'e>, rows: &[AuditRow]) -> Result<Vec<i64>, sqlx::Error> {
        let typed: Vec<String> = columns()
            .map(|(name, kind, _)| format!("{} {}", quoted(name), declared(kind)))
            .collect();
        let list = column_list();
        let insert = format!(
            "INSERT INTO {} ({list}) SELECT {list} FROM json_to_recordset($1::json) AS r({}) RETURNING id",
            self.table(),
            typed.join(", ")
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
    async fn update(&self, connection: &mut PgConnection, updates: Vec<AuditUpdate>) -> Result<u64, sqlx::Error> {
        let update = format!(
            "UPDATE {} SET status = 'done', operation = $2, new_values = $3::json, record_id = COALESCE($4, record_id), \
             previous_values = COALESCE($5::json, previous_values), counts = $6::json, reason = $7, reference = $8, \
             duration_ms = $9 WHERE id = ANY($1)",
            self.table()
        );
        let json = |value: Map<String, Value>| super::without_nul(&Value::from(value).to_string());
        let mut updated = 0;
        for end in updates {
            // planned each time: the plan of an empty table would be kept, and read the whole of a large one
            let done = sqlx::query(AssertSqlSafe(update.clone()))
                .persistent(false)
                .bind(end.ids)
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

    fn decoded(row: &PgRow) -> Result<AuditRow, sqlx::Error> {
        let timestamp: DateTime<Utc> = row.try_get("timestamp")?;
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
                Bound::Moment(time) => query.bind(time),
            };
        }
        query
    }};
}

impl AuditSink for PostgresTrail {
    fn open(&self) -> SinkFuture<'_, ()> {
        Box::pin(self.migrate())
    }

    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        Box::pin(async move { self.insert(&self.pool, &rows).await.map_err(failed) })
    }

    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async move {
            let mut transaction = begin(&self.pool, "BEGIN").await.map_err(failed)?;
            self.update(&mut transaction, updates).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)
        })
    }

    fn is_database_of<'a>(&'a self, mut connection: HandlerConnection<'a>) -> SinkFuture<'a, bool> {
        Box::pin(async move {
            let Some(connection) = connection.postgres() else {
                return Ok(false);
            };
            let (theirs, may_write) = self.identity(connection).await.map_err(failed)?;
            let (ours, _) = self.identity(&self.pool).await.map_err(failed)?;
            Ok(may_write && theirs == ours)
        })
    }

    fn write_on<'a>(
        &'a self,
        mut connection: HandlerConnection<'a>,
        updates: Vec<AuditUpdate>,
        rows: Vec<AuditRow>,
    ) -> SinkFuture<'a, u64> {
        Box::pin(async move {
            let connection = connection.postgres().ok_or(SinkError::OtherDatabase)?;
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
            let (condition, bound) = condition(query, &PostgresSyntax);
            let table = self.table();
            let count = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
            let count: i64 = bind!(sqlx::query_scalar(AssertSqlSafe(count)), bound.clone())
                .fetch_one(&self.pool)
                .await
                .map_err(failed)?;
            let page = format!(
                "SELECT {} FROM {table} WHERE {condition} ORDER BY {} LIMIT {} OFFSET {}",
                selected(),
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
            let (condition, bound) = condition(query, &PostgresSyntax);
            let users = format!(
                "SELECT user_id, MAX(user_first_name), MAX(user_last_name), MAX(user_email) FROM {} WHERE {condition} \
                 GROUP BY user_id ORDER BY user_id",
                self.table()
            );
            let rows = bind!(sqlx::query(AssertSqlSafe(users)), bound)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
            let user = |row: &PgRow| {
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
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE \"timestamp\" < $1 AND status <> 'pending' \
                 ORDER BY id LIMIT {at_most})"
            );
            let deleted = sqlx::query(AssertSqlSafe(delete))
                .bind(before)
                .execute(&self.pool)
                .await;
            deleted.map(|outcome| outcome.rows_affected()).map_err(failed)
        })
    }

    fn findings(&self) -> SinkFuture<'_, Vec<String>> {
        Box::pin(async move {
            let may_delete: bool =
                sqlx::query_scalar("SELECT has_table_privilege(current_user, $1::regclass, 'DELETE')")
                    .bind(self.table())
                    .fetch_one(&self.pool)
                    .await
                    .map_err(failed)?;
            let finding =
                "the database role may delete rows of the trail, which it only needs where rows are kept for a time";
            Ok(may_delete.then(|| finding.to_owned()).into_iter().collect())
        })
    }
}
