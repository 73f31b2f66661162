//! Runs in SQLite. Times are milliseconds since the epoch.

use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

use super::Dialect;

const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

pub(in crate::runs) fn dialect() -> Dialect {
    Dialect {
        runs: "forest_runs".to_owned(),
        records: "forest_run_records".to_owned(),
        now: NOW,
        millis: str::to_owned,
        after: |millis| format!("({NOW} + {millis})"),
        elements: |list| format!("SELECT value FROM json_each({list})"),
        rows: |list| {
            format!(
                "SELECT value ->> 0 AS record_id, value ->> 1 AS outcome, value ->> 2 AS code, value ->> 3 AS reason FROM \
                 json_each({list})"
            )
        },
        skip_locked: "",
        moment: "TIMESTAMP",
    }
}

/// Creates what is missing.
pub(in crate::runs) async fn migrate(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let dialect = dialect();
    let mut connection = pool.acquire().await?;
    // a write transaction from its first statement, or two programs that start at once refuse each other
    let mut transaction = sqlx::Connection::begin_with(&mut *connection, "BEGIN IMMEDIATE").await?;
    let present: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('forest_runs')")
        .fetch_all(&mut *transaction)
        .await?;
    for statement in dialect.migration(&present) {
        run(&mut transaction, statement).await?;
    }
    transaction.commit().await
}

async fn run(connection: &mut SqliteConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(drop)
}
