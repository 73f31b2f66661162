//! The runs as collections of the back office.

use super::store::{Database, RunStore};
use crate::records::{Filter, Operator, RecordError, SqlRecords};

/// The names of the collections.
pub(super) const RUNS: &str = "forest_runs";
pub(super) const RECORDS: &str = "forest_run_records";

/// Columns that are for the program alone.
const HIDDEN: [&str; 19] = [
    "endpoint",
    "path",
    "form_version",
    "caller",
    "request",
    "is_all",
    "last_key",
    "dedup_key",
    "exclusive_key",
    "approval_key",
    "cursor",
    "stalled",
    "skipped",
    "lease",
    "lease_until",
    "answer",
    "keep_ms",
    "waits_since",
    "cancelled_at",
];

/// The tables as read-only collections.
pub(super) async fn records(store: &RunStore, schema: &str) -> Result<SqlRecords, RecordError> {
    let _ = schema;
    let (records, runs, of_runs) = match &store.database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(pool) => (
            SqlRecords::sqlite_runs(pool.clone()).await?,
            "forest_runs",
            "forest_run_records",
        ),
        #[cfg(feature = "postgres")]
        Database::Postgres(pool) => (
            SqlRecords::postgres_schema(pool.clone(), schema).await?,
            "runs",
            "run_records",
        ),
    };
    let status = |name: &str| Filter::leaf("status", Operator::Equal, name);
    Ok(records
        .only([runs, of_runs])
        .collection(runs, |runs| {
            let runs = HIDDEN.into_iter().fold(runs, |runs, column| runs.hide(column));
            runs.segment("Running", Filter::or(["queued", "running", "stopping"].map(status)))
                .segment("Failed", Filter::or(["failed", "partial"].map(status)))
                .search_fields(["action", "collection", "user_name", "message", "correlation_id"])
                .read_only()
                .rename(RUNS)
        })
        .collection(of_runs, |records| {
            records
                .search_fields(["record_id", "reason"])
                .read_only()
                .rename(RECORDS)
        }))
}
