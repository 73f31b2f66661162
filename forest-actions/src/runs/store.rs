//! The rows of runs. All that a worker writes is fenced by its lease; time is the time of the database.

use std::time::Duration;

use super::row::{
    Claimed, Counts, Ended, Left, NewRun, NotDoneRecord, Progress, Released, RunRow, RunStatus, Submitted,
};
use super::sql::{Arg, Dialect, Statement, bound, run_of};
use crate::records::HandlerConnection;

/// Maximum number of records that are kept of a run.
const MAX_RECORDS: i64 = 10_000;
/// Reasons that are listed.
const MAX_REASONS: u32 = 20;
/// Number of ended runs that are deleted at once.
const DELETED: u64 = 1_000;

/// The database of the runs does not do what it should.
#[derive(Debug, thiserror::Error)]
#[error("the database of the runs failed")]
pub(crate) struct StoreError(#[from] sqlx::Error);

#[derive(Debug, Clone)]
pub(super) enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// The tables of the runs.
#[derive(Debug, Clone)]
pub(crate) struct RunStore {
    pub(super) database: Database,
    pub(super) dialect: Dialect,
}

type Rows = Vec<(RunRow, Option<String>)>;

/// Runs the same code on the pool of either database.
macro_rules! on_pool {
    ($self:expr, |$pool:ident, $database:ident| $body:expr) => {
        match &$self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite($pool) => {
                type $database = sqlx::Sqlite;
                $body
            }
            #[cfg(feature = "postgres")]
            Database::Postgres($pool) => {
                type $database = sqlx::Postgres;
                $body
            }
        }
    };
}

fn millis(time: Duration) -> Arg {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX).into()
}

fn number(number: Option<u64>) -> Arg {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)).into()
}

impl RunStore {
    #[cfg(feature = "sqlite")]
    pub(super) fn sqlite(pool: sqlx::SqlitePool) -> Self {
        Self {
            database: Database::Sqlite(pool),
            dialect: super::sql::sqlite::dialect(),
        }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(pool: sqlx::PgPool, schema: &str) -> Self {
        Self {
            database: Database::Postgres(pool),
            dialect: super::sql::postgres::dialect(schema),
        }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn in_schema(self, schema: &str) -> Self {
        match self.database {
            Database::Postgres(pool) => Self::postgres(pool, schema),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => self,
        }
    }

    async fn rows(&self, statement: Statement) -> Result<Rows, StoreError> {
        let rows: Result<Rows, _> = on_pool!(self, |pool, Engine| bound!(statement)
            .fetch_all(pool)
            .await?
            .iter()
            .map(run_of::<Engine>)
            .collect());
        Ok(rows?)
    }

    async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        Ok(on_pool!(self, |pool, Engine| {
            let done: <Engine as sqlx::Database>::QueryResult = bound!(statement).execute(pool).await?;
            done.rows_affected()
        }))
    }

    /// Runs statements in one transaction; gives the rows of the first, and does nothing if it has none.
    async fn atomically(&self, first: Statement, then: Vec<Statement>) -> Result<Rows, StoreError> {
        on_pool!(self, |pool, Engine| {
            let mut transaction = crate::records::begin(pool, "BEGIN").await?;
            let rows = bound!(first).fetch_all(&mut *transaction).await?;
            let rows: Result<Rows, _> = rows.iter().map(run_of::<Engine>).collect();
            let rows = rows?;
            if !rows.is_empty() {
                for statement in then {
                    bound!(statement).execute(&mut *transaction).await?;
                }
                transaction.commit().await?;
            }
            Ok(rows)
        })
    }

    /// Creates the tables, or adds what is missing.
    pub(super) async fn open(&self, schema: &str) -> Result<(), StoreError> {
        let _ = schema;
        match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => super::sql::sqlite::migrate(pool).await?,
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => super::sql::postgres::migrate(pool, schema).await?,
        }
        Ok(())
    }

    /// Adds a run, unless the same one or an exclusive one of its action has not ended.
    pub(crate) async fn submit(&self, run: &NewRun) -> Result<Submitted, StoreError> {
        let Dialect { runs, now, .. } = &self.dialect;
        let values: [(&str, Arg); 24] = [
            ("id", run.id.as_str().into()),
            ("collection", run.collection.as_str().into()),
            ("action", run.action.as_str().into()),
            ("endpoint", run.endpoint.as_str().into()),
            ("path", run.path.as_str().into()),
            ("form_version", run.form_version.as_str().into()),
            ("status", RunStatus::Queued.as_str().into()),
            ("user_id", run.user_id.as_str().into()),
            ("user_name", run.user_name.as_str().into()),
            ("caller", run.caller.as_str().into()),
            ("requester_id", run.requester_id.clone().into()),
            ("surface", run.surface.as_str().into()),
            ("correlation_id", run.correlation_id.as_str().into()),
            ("request", run.request.as_str().into()),
            ("is_all", i64::from(run.is_all).into()),
            ("last_key", run.last_key.clone().into()),
            ("cursor", run.cursor.clone().into()),
            ("total", number(run.total)),
            ("dedup_key", run.dedup_key.as_str().into()),
            ("exclusive_key", run.exclusive_key.clone().into()),
            ("approval_key", run.approval_key.clone().into()),
            ("retry_of", run.retry_of.clone().into()),
            ("keep_ms", millis(run.keep)),
            ("attempt", 0.into()),
        ];
        let (names, args): (Vec<&str>, Vec<Arg>) = values.into_iter().unzip();
        let places: Vec<String> = (1..=args.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "INSERT INTO {runs} ({}, not_before, created_at, updated_at) VALUES ({}, {now}, {now}, {now}) ON CONFLICT DO NOTHING",
            names.join(", "),
            places.join(", ")
        );
        // the other run may end between the two statements
        for _ in 0..3 {
            let statement = Statement {
                sql: sql.clone(),
                args: args.clone(),
            };
            if self.execute(statement).await? == 1 {
                return Ok(Submitted::New);
            }
            let columns = self.dialect.columns();
            let other = format!(
                "SELECT {columns} FROM {runs} WHERE (approval_key = $1) OR (finished_at IS NULL AND dedup_key = $2) OR \
                 (finished_at IS NULL AND exclusive_key = $3) ORDER BY CASE WHEN approval_key = $1 THEN 0 WHEN dedup_key = $2 \
                 THEN 1 ELSE 2 END LIMIT 1"
            );
            let args = vec![
                run.approval_key.clone().into(),
                run.dedup_key.as_str().into(),
                run.exclusive_key.clone().into(),
            ];
            let Some((other, _)) = self.rows(Statement { sql: other, args }).await?.pop() else {
                continue;
            };
            let keys = format!("SELECT {columns} FROM {runs} WHERE id = $1 AND (approval_key = $2 OR dedup_key = $3)");
            let args = vec![
                other.id.as_str().into(),
                run.approval_key.clone().into(),
                run.dedup_key.as_str().into(),
            ];
            let is_same = !self.rows(Statement { sql: keys, args }).await?.is_empty();
            let other = Box::new(other);
            return Ok(if is_same {
                Submitted::Same(other)
            } else {
                Submitted::Busy(other)
            });
        }
        Err(StoreError(sqlx::Error::Protocol(
            "a run was neither added nor found".to_owned(),
        )))
    }

    /// Claims the next run of these endpoints: one that waits, or one whose worker has not been heard of.
    pub(crate) async fn claim(
        &self,
        lease: &str,
        owner: &str,
        time: Duration,
        endpoints: &str,
    ) -> Result<Option<Claimed>, StoreError> {
        let Dialect {
            runs,
            now,
            after,
            elements,
            skip_locked,
            ..
        } = &self.dialect;
        let sql = format!(
            "UPDATE {runs} SET status = CASE WHEN status = 'stopping' THEN 'stopping' ELSE 'running' END, stalled = CASE WHEN \
             status = 'queued' THEN stalled ELSE stalled + 1 END, lease = $1, lease_owner = $2, lease_until = {until}, attempt = \
             attempt + 1, started_at = COALESCE(started_at, {now}), updated_at = {now} WHERE id = (SELECT id FROM {runs} WHERE \
             endpoint IN ({endpoints}) AND ((status = 'queued' AND not_before <= {now}) OR (status IN ('running', 'stopping') AND \
             lease_until < {now})) ORDER BY created_at, id LIMIT 1{skip_locked}) RETURNING {columns}",
            until = after("$3"),
            endpoints = elements("$4"),
            columns = self.dialect.columns(),
        );
        let args = vec![lease.into(), owner.into(), millis(time), endpoints.into()];
        let claimed = self.rows(Statement { sql, args }).await?.pop();
        Ok(claimed.map(|(run, _)| Claimed {
            run,
            lease: lease.to_owned(),
        }))
    }

    /// Extends a lease.
    pub(crate) async fn heartbeat(&self, claimed: &Claimed, time: Duration) -> Result<Left, StoreError> {
        let sql = format!(
            "UPDATE {} SET lease_until = {} WHERE id = $1 AND lease = $2 RETURNING {}",
            self.dialect.runs,
            (self.dialect.after)("$3"),
            self.dialect.columns()
        );
        let args = vec![
            claimed.run.id.as_str().into(),
            claimed.lease.as_str().into(),
            millis(time),
        ];
        Ok(left(&self.rows(Statement { sql, args }).await?))
    }

    /// Writes a checkpoint.
    pub(crate) async fn checkpoint(
        &self,
        claimed: &Claimed,
        progress: &Progress,
        time: Duration,
    ) -> Result<Left, StoreError> {
        let update = self.checkpoint_statement(claimed, progress, time);
        let rows = match self.records_statement(&claimed.run.id, &progress.records) {
            None => self.rows(update).await?,
            Some(records) => self.atomically(update, vec![records]).await?,
        };
        Ok(left(&rows))
    }

    /// Writes a checkpoint on a connection of the handler.
    pub(crate) async fn checkpoint_on(
        &self,
        mut connection: HandlerConnection<'_>,
        claimed: &Claimed,
        progress: &Progress,
        time: Duration,
    ) -> Result<Left, StoreError> {
        let update = self.checkpoint_statement(claimed, progress, time);
        let records = self.records_statement(&claimed.run.id, &progress.records);
        #[cfg(feature = "sqlite")]
        if let (Database::Sqlite(_), Some(connection)) = (&self.database, connection.sqlite()) {
            let rows = bound!(update).fetch_all(&mut *connection).await?;
            let rows: Result<Rows, _> = rows.iter().map(run_of::<sqlx::Sqlite>).collect();
            if let Some(records) = records {
                bound!(records).execute(connection).await?;
            }
            return Ok(left(&rows?));
        }
        #[cfg(feature = "postgres")]
        if let (Database::Postgres(_), Some(connection)) = (&self.database, connection.postgres()) {
            let rows = bound!(update).fetch_all(&mut *connection).await?;
            let rows: Result<Rows, _> = rows.iter().map(run_of::<sqlx::Postgres>).collect();
            if let Some(records) = records {
                bound!(records).execute(connection).await?;
            }
            return Ok(left(&rows?));
        }
        Ok(Left::Lost)
    }

    fn checkpoint_statement(&self, claimed: &Claimed, progress: &Progress, time: Duration) -> Statement {
        let Dialect { runs, now, after, .. } = &self.dialect;
        let Counts {
            processed,
            succeeded,
            refused,
            failed,
        } = progress.counts;
        Statement {
            sql: format!(
                "UPDATE {runs} SET cursor = COALESCE($3, cursor), stalled = CASE WHEN $3 IS NULL THEN stalled ELSE 0 END, \
                 skipped = CASE WHEN $3 IS NULL THEN skipped ELSE 0 END, \
                 processed = $4, succeeded = $5, refused = $6, failed = $7, progress = COALESCE($8, progress), lease_until = {}, \
                 waits_since = NULL, updated_at = {now} WHERE id = $1 AND lease = $2 RETURNING {}",
                after("$9"),
                self.dialect.columns()
            ),
            args: vec![
                claimed.run.id.as_str().into(),
                claimed.lease.as_str().into(),
                progress.cursor.clone().into(),
                processed.into(),
                succeeded.into(),
                refused.into(),
                failed.into(),
                progress.words.clone().into(),
                millis(time),
            ],
        }
    }

    /// Adds records that were not done; `None` without one. A record that is known already is not added.
    fn records_statement(&self, run: &str, records: &[NotDoneRecord]) -> Option<Statement> {
        if records.is_empty() {
            return None;
        }
        let list: Vec<[&str; 4]> = records
            .iter()
            .map(|record| [&*record.id, record.outcome, &*record.code, &*record.reason])
            .collect();
        let list = serde_json::to_string(&list).ok()?.replace("\\u0000", "\\ufffd");
        let Dialect { records, now, rows, .. } = &self.dialect;
        Some(Statement {
            sql: format!(
                "INSERT INTO {records} (run_id, record_id, outcome, code, reason, at) SELECT $1, record_id, outcome, code, reason, \
                 {now} FROM ({}) AS added WHERE (SELECT count(*) FROM {records} WHERE run_id = $1) < {MAX_RECORDS} ON CONFLICT \
                 (run_id, record_id) DO NOTHING",
                rows("$2")
            ),
            args: vec![run.into(), list.into()],
        })
    }

    /// Gives a run back. One that was cancelled meanwhile ends.
    pub(crate) async fn release(&self, claimed: &Claimed, released: Released<'_>) -> Result<(), StoreError> {
        let Dialect { runs, now, after, .. } = &self.dialect;
        let sql = format!(
            "UPDATE {runs} SET status = CASE WHEN cancelled_at IS NULL THEN 'queued' ELSE 'cancelled' END, finished_at = CASE WHEN \
             cancelled_at IS NULL THEN NULL ELSE {now} END, lease = NULL, lease_owner = NULL, lease_until = NULL, not_before = \
             {after}, stalled = $4, attempt = attempt - $5, progress = COALESCE($6, progress), waits_since = CASE WHEN $6 IS NULL \
             THEN NULL ELSE COALESCE(waits_since, {now}) END, skipped = $7, updated_at = {now} WHERE id = $1 AND lease = $2",
            after = after("$3")
        );
        let args = vec![
            claimed.run.id.as_str().into(),
            claimed.lease.as_str().into(),
            millis(released.wait),
            i64::from(released.stalled).into(),
            i64::from(!released.counts).into(),
            released.waiting_for.map(str::to_owned).into(),
            i64::from(released.skipped).into(),
        ];
        self.execute(Statement { sql, args }).await.map(drop)
    }

    /// Ends a run. Returns `false` if the lease was lost.
    pub(crate) async fn finish(&self, claimed: &Claimed, ended: &Ended) -> Result<bool, StoreError> {
        let Dialect { runs, now, .. } = &self.dialect;
        let sql = format!(
            "UPDATE {runs} SET status = $3, processed = $4, succeeded = $5, refused = $6, failed = $7, message = $8, answer = $9, \
             reference = $10, request = CASE WHEN $11 = 1 THEN request ELSE NULL END, lease = NULL, lease_owner = NULL, \
             lease_until = NULL, waits_since = NULL, finished_at = {now}, updated_at = {now} WHERE id = $1 AND lease = $2 \
             RETURNING {}",
            self.dialect.columns()
        );
        let Counts {
            processed,
            succeeded,
            refused,
            failed,
        } = ended.counts;
        let answer = ended
            .answer
            .as_ref()
            .and_then(|answer| serde_json::to_string(answer).ok());
        let args = vec![
            claimed.run.id.as_str().into(),
            claimed.lease.as_str().into(),
            ended.status.as_str().into(),
            processed.into(),
            succeeded.into(),
            refused.into(),
            failed.into(),
            ended.message.clone().map(without_nul).into(),
            answer.map(|answer| answer.replace("\\u0000", "\\ufffd")).into(),
            ended.reference.clone().into(),
            i64::from(ended.keeps_request).into(),
        ];
        let records = self.records_statement(&claimed.run.id, &ended.records);
        let rows = self
            .atomically(Statement { sql, args }, records.into_iter().collect())
            .await?;
        Ok(!rows.is_empty())
    }

    /// Cancels a run that has not ended; `None` for one that has, or that does not exist.
    pub(crate) async fn cancel(&self, id: &str, who: &str) -> Result<Option<RunRow>, StoreError> {
        let Dialect { runs, now, .. } = &self.dialect;
        let sql = format!(
            "UPDATE {runs} SET cancelled_by = COALESCE(cancelled_by, $2), cancelled_at = COALESCE(cancelled_at, {now}), finished_at = \
             CASE WHEN status = 'queued' THEN {now} ELSE NULL END, message = CASE WHEN status = 'queued' THEN 'Cancelled before it \
             began' ELSE message END, status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE 'stopping' END, updated_at = {now} \
             WHERE id = $1 AND status IN ('queued', 'running', 'stopping') RETURNING {}",
            self.dialect.columns()
        );
        let args = vec![id.into(), who.into()];
        Ok(self.rows(Statement { sql, args }).await?.pop().map(|(run, _)| run))
    }

    /// The run of this id.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {} WHERE id = $1",
            self.dialect.columns(),
            self.dialect.runs
        );
        let args = vec![id.into()];
        Ok(self.rows(Statement { sql, args }).await?.pop().map(|(run, _)| run))
    }

    /// The last runs that a user submitted, newest first.
    pub(crate) async fn of_user(&self, user: &str, at_most: u32) -> Result<Vec<RunRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {} WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT {at_most}",
            self.dialect.columns(),
            self.dialect.runs
        );
        let args = vec![user.into()];
        Ok(self
            .rows(Statement { sql, args })
            .await?
            .into_iter()
            .map(|(run, _)| run)
            .collect())
    }

    /// The records of a run that were not done, in the order of their checkpoints.
    pub(crate) async fn records(&self, id: &str) -> Result<Vec<NotDoneRecord>, StoreError> {
        let sql = format!(
            "SELECT record_id, outcome, code, reason FROM {} WHERE run_id = $1 ORDER BY at, record_id",
            self.dialect.records
        );
        self.not_done(Statement {
            sql,
            args: vec![id.into()],
        })
        .await
    }

    async fn not_done(&self, statement: Statement) -> Result<Vec<NotDoneRecord>, StoreError> {
        let texts: Vec<(String, String, String, String)> = on_pool!(self, |pool, Engine| {
            let rows: Vec<<Engine as sqlx::Database>::Row> = bound!(statement).fetch_all(pool).await?;
            let texts: Result<_, sqlx::Error> = rows.iter().map(sqlx::FromRow::from_row).collect();
            texts?
        });
        let record = |(id, outcome, code, reason): (String, String, String, String)| NotDoneRecord {
            id,
            outcome: if outcome == "refused" { "refused" } else { "failed" },
            code,
            reason,
        };
        Ok(texts.into_iter().map(record).collect())
    }

    /// The reasons of the records of a run that were not done, with their numbers, most frequent first.
    pub(crate) async fn reasons(&self, id: &str) -> Result<Vec<(NotDoneRecord, String)>, StoreError> {
        let sql = format!(
            "SELECT CAST(count(*) AS TEXT) AS record_id, outcome, code, reason FROM {} WHERE run_id = $1 GROUP BY outcome, code, reason \
             ORDER BY count(*) DESC, reason LIMIT {MAX_REASONS}",
            self.dialect.records
        );
        let counted = self.not_done(Statement {
            sql,
            args: vec![id.into()],
        });
        Ok(counted
            .await?
            .into_iter()
            .map(|mut record| (record.clone(), std::mem::take(&mut record.id)))
            .collect())
    }

    /// Deletes runs that ended long enough ago, and ends those whose action no program has known for an hour.
    pub(crate) async fn sweep(&self, endpoints: &str) -> Result<(), StoreError> {
        let Dialect {
            runs,
            records,
            now,
            after,
            elements,
            ..
        } = &self.dialect;
        let unknown = format!(
            "UPDATE {runs} SET status = 'failed', finished_at = {now}, updated_at = {now}, message = 'No program knows this action \
             any more' WHERE status = 'queued' AND updated_at < {} AND not_before < {now} AND endpoint NOT IN ({})",
            after("$2"),
            elements("$1")
        );
        let args = vec![endpoints.into(), (-3_600_000).into()];
        self.execute(Statement { sql: unknown, args }).await?;
        let old = format!(
            "SELECT id FROM {runs} WHERE finished_at < {} ORDER BY finished_at LIMIT {DELETED}",
            after("-keep_ms")
        );
        for table in [
            format!("DELETE FROM {records} WHERE run_id IN ({old})"),
            format!("DELETE FROM {runs} WHERE id IN ({old})"),
        ] {
            self.execute(Statement {
                sql: table,
                args: Vec::new(),
            })
            .await?;
        }
        Ok(())
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

fn left(rows: &Rows) -> Left {
    match rows.first() {
        None => Left::Lost,
        Some((run, _)) if run.status == RunStatus::Stopping => Left::Cancelled,
        Some(_) => Left::Go,
    }
}
