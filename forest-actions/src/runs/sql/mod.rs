//! The statements of runs. Both databases get the same texts, with the few differences of a [`Dialect`] filled in; every
//! parameter is a text or a whole number.

#[cfg(feature = "postgres")]
pub(super) mod postgres;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use chrono::{DateTime, Utc};
use sqlx::{Database, Row as _};

use super::row::{Inner, RunRow, RunStatus};

/// What differs between the databases.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    pub(super) runs: String,
    pub(super) records: String,
    /// The time of the database.
    pub(super) now: &'static str,
    /// A time as milliseconds since the epoch.
    pub(super) millis: fn(&str) -> String,
    /// The time after a number of milliseconds.
    pub(super) after: fn(&str) -> String,
    /// The texts of a JSON list that a parameter has.
    pub(super) elements: fn(&str) -> String,
    /// The records of a JSON list of `[id, outcome, code, reason]`.
    pub(super) rows: fn(&str) -> String,
    /// Lets workers pass over rows that others are taking.
    pub(super) skip_locked: &'static str,
    pub(super) moment: &'static str,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) enum Arg {
    Text(Option<String>),
    Number(Option<i64>),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Arg {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// A statement with its parameters.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) args: Vec<Arg>,
}

/// Binds the parameters of a statement.
macro_rules! bound {
    ($statement:expr) => {{
        let $crate::runs::sql::Statement { sql, args } = $statement;
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for arg in args {
            query = match arg {
                $crate::runs::sql::Arg::Text(text) => query.bind(text),
                $crate::runs::sql::Arg::Number(number) => query.bind(number),
            };
        }
        query
    }};
}
pub(super) use bound;

/// The columns of a run: name, type, constraint. `T` is a text, `N` a number, `M` a moment.
const COLUMNS: [(&str, char, &str); 45] = [
    ("id", 'T', "NOT NULL PRIMARY KEY"),
    ("collection", 'T', "NOT NULL"),
    ("action", 'T', "NOT NULL"),
    ("endpoint", 'T', "NOT NULL"),
    ("path", 'T', "NOT NULL"),
    ("form_version", 'T', "NOT NULL"),
    ("status", 'T', "NOT NULL"),
    ("user_id", 'T', "NOT NULL"),
    ("user_name", 'T', "NOT NULL"),
    ("caller", 'T', "NOT NULL"),
    ("requester_id", 'T', ""),
    ("surface", 'T', "NOT NULL"),
    ("correlation_id", 'T', "NOT NULL"),
    ("request", 'T', ""),
    ("is_all", 'N', "NOT NULL"),
    ("last_key", 'T', ""),
    ("total", 'N', ""),
    ("dedup_key", 'T', "NOT NULL"),
    ("exclusive_key", 'T', ""),
    ("approval_key", 'T', ""),
    ("cursor", 'T', ""),
    ("processed", 'N', "NOT NULL DEFAULT 0"),
    ("succeeded", 'N', "NOT NULL DEFAULT 0"),
    ("refused", 'N', "NOT NULL DEFAULT 0"),
    ("failed", 'N', "NOT NULL DEFAULT 0"),
    ("progress", 'T', ""),
    ("attempt", 'N', "NOT NULL DEFAULT 0"),
    ("stalled", 'N', "NOT NULL DEFAULT 0"),
    ("skipped", 'N', "NOT NULL DEFAULT 0"),
    ("not_before", 'M', "NOT NULL"),
    ("waits_since", 'M', ""),
    ("lease", 'T', ""),
    ("lease_owner", 'T', ""),
    ("lease_until", 'M', ""),
    ("cancelled_by", 'T', ""),
    ("cancelled_at", 'M', ""),
    ("message", 'T', ""),
    ("answer", 'T', ""),
    ("reference", 'T', ""),
    ("retry_of", 'T', ""),
    ("created_at", 'M', "NOT NULL"),
    ("started_at", 'M', ""),
    ("finished_at", 'M', ""),
    ("updated_at", 'M', "NOT NULL"),
    ("keep_ms", 'N', "NOT NULL DEFAULT 0"),
];

/// The columns that are read of a run. Moments are read as milliseconds.
const READ: [&str; 36] = [
    "id",
    "collection",
    "action",
    "endpoint",
    "path",
    "form_version",
    "status",
    "user_id",
    "user_name",
    "caller",
    "requester_id",
    "surface",
    "correlation_id",
    "request",
    "is_all",
    "last_key",
    "total",
    "cursor",
    "processed",
    "succeeded",
    "refused",
    "failed",
    "progress",
    "attempt",
    "stalled",
    "skipped",
    "cancelled_by",
    "message",
    "answer",
    "reference",
    "retry_of",
    "created_at",
    "started_at",
    "finished_at",
    "waits_since",
    "lease",
];

impl Dialect {
    /// The list of the columns that are read.
    pub(super) fn columns(&self) -> String {
        let columns = READ.iter().map(|name| {
            let kind = COLUMNS.iter().find(|(column, ..)| column == name);
            match kind {
                Some((_, 'M', _)) => format!("{} AS {name}", (self.millis)(name)),
                _ => (*name).to_owned(),
            }
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    fn declared(&self, kind: char) -> &'static str {
        match kind {
            'N' => "BIGINT",
            'M' => self.moment,
            _ => "TEXT",
        }
    }

    /// The statements that create what is missing. `index` names an index of the table.
    pub(super) fn migration(&self, present: &[String]) -> Vec<String> {
        let (runs, records) = (&self.runs, &self.records);
        let mut statements = Vec::new();
        if present.is_empty() {
            let columns = COLUMNS.iter().map(|(name, kind, constraint)| {
                format!("{name} {} {constraint}", self.declared(*kind))
                    .trim_end()
                    .to_owned()
            });
            let columns: Vec<String> = columns.collect();
            statements.push(format!("CREATE TABLE IF NOT EXISTS {runs} ({})", columns.join(", ")));
        } else {
            for (name, kind, _) in COLUMNS {
                if !present.iter().any(|column| column == name) {
                    statements.push(format!("ALTER TABLE {runs} ADD COLUMN {name} {}", self.declared(kind)));
                }
            }
        }
        let moment = self.moment;
        statements.push(format!(
            "CREATE TABLE IF NOT EXISTS {records} (run_id TEXT NOT NULL REFERENCES {runs} (id) ON DELETE CASCADE, \
             record_id TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, at {moment} NOT NULL, \
             PRIMARY KEY (run_id, record_id))"
        ));
        for (name, columns, condition) in [
            ("forest_runs_status", "status, not_before", ""),
            ("forest_runs_user", "user_id, created_at", ""),
            ("forest_runs_finished", "finished_at", ""),
        ] {
            statements.push(format!(
                "CREATE INDEX IF NOT EXISTS {name} ON {runs} ({columns}){condition}"
            ));
        }
        for (name, column, condition) in [
            ("forest_runs_dedup", "dedup_key", " WHERE finished_at IS NULL"),
            (
                "forest_runs_exclusive",
                "exclusive_key",
                " WHERE finished_at IS NULL AND exclusive_key IS NOT NULL",
            ),
            (
                "forest_runs_approval",
                "approval_key",
                " WHERE approval_key IS NOT NULL",
            ),
        ] {
            statements.push(format!(
                "CREATE UNIQUE INDEX IF NOT EXISTS {name} ON {runs} ({column}){condition}"
            ));
        }
        statements
    }
}

/// A run from a row of either database.
pub(super) fn run_of<DB>(row: &DB::Row) -> Result<(RunRow, Option<String>), sqlx::Error>
where
    DB: Database,
    for<'c> &'c str: sqlx::ColumnIndex<DB::Row>,
    for<'c> Option<String>: sqlx::Decode<'c, DB> + sqlx::Type<DB>,
    for<'c> Option<i64>: sqlx::Decode<'c, DB> + sqlx::Type<DB>,
{
    let maybe = |name: &str| row.try_get::<Option<String>, _>(name);
    let text = |name: &str| maybe(name).map(Option::unwrap_or_default);
    let integer = |name: &str| row.try_get::<Option<i64>, _>(name);
    let count = |name: &str| integer(name).map(|number| u64::try_from(number.unwrap_or_default()).unwrap_or_default());
    let small = |name: &str| integer(name).map(|number| u32::try_from(number.unwrap_or_default()).unwrap_or(u32::MAX));
    let moment = |name: &str| integer(name).map(|millis| millis.and_then(DateTime::<Utc>::from_timestamp_millis));
    let status = text("status")?;
    let status = RunStatus::from_text(&status)
        .ok_or_else(|| sqlx::Error::Decode(format!("the run has the unknown status `{status}`").into()))?;
    let total = integer("total")?.map(|total| u64::try_from(total).unwrap_or_default());
    let mut processed = count("processed")?;
    if let Some(total) = total {
        processed = processed.min(total);
    }
    let run = RunRow {
        id: text("id")?,
        collection: text("collection")?,
        action: text("action")?,
        status,
        total,
        processed,
        succeeded: count("succeeded")?,
        refused: count("refused")?,
        failed: count("failed")?,
        progress: maybe("progress")?,
        message: maybe("message")?,
        attempt: small("attempt")?,
        user_id: text("user_id")?,
        user_name: text("user_name")?,
        requester_id: maybe("requester_id")?,
        retry_of: maybe("retry_of")?,
        correlation_id: text("correlation_id")?,
        reference: maybe("reference")?,
        cancelled_by: maybe("cancelled_by")?,
        created_at: moment("created_at")?,
        started_at: moment("started_at")?,
        finished_at: moment("finished_at")?,
        inner: Inner {
            endpoint: text("endpoint")?,
            path: text("path")?,
            form_version: text("form_version")?,
            caller: text("caller")?,
            surface: text("surface")?,
            request: maybe("request")?,
            is_all: count("is_all")? != 0,
            last_key: maybe("last_key")?,
            cursor: maybe("cursor")?,
            stalled: small("stalled")?,
            skipped: small("skipped")?,
            answer: maybe("answer")?,
            waits_since: moment("waits_since")?,
        },
    };
    Ok((run, maybe("lease")?))
}
