//! Runs in PostgreSQL, in a schema of their own.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::Dialect;

/// The lock under which instances that start at once create the tables.
const LOCK: (i32, i32) = (0x464f, 0x5255);

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(in crate::runs) fn dialect(schema: &str) -> Dialect {
    let schema = quoted(schema);
    Dialect {
        runs: format!("{schema}.runs"),
        records: format!("{schema}.run_records"),
        now: "clock_timestamp()",
        millis: |column| format!("(extract(epoch FROM {column}) * 1000)::bigint"),
        after: |millis| format!("(clock_timestamp() + {millis}::bigint * interval '1 millisecond')"),
        elements: |list| format!("SELECT json_array_elements_text({list}::json)"),
        rows: |list| {
            format!(
                "SELECT value ->> 0 AS record_id, value ->> 1 AS outcome, value ->> 2 AS code, value ->> 3 AS reason FROM \
                 json_array_elements({list}::json)"
            )
        },
        skip_locked: " FOR UPDATE SKIP LOCKED",
        moment: "TIMESTAMP WITH TIME ZONE",
    }
}

/// Creates what is missing.
pub(in crate::runs) async fn migrate(pool: &PgPool, schema: &str) -> Result<(), sqlx::Error> {
    let dialect = dialect(schema);
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind(LOCK.0)
        .bind(LOCK.1)
        .execute(&mut *transaction)
        .await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await?;
    if !exists {
        run(
            &mut transaction,
            format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema)),
        )
        .await?;
    }
    let present: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'runs'",
    )
    .bind(schema)
    .fetch_all(&mut *transaction)
    .await?;
    for statement in dialect.migration(&present) {
        run(&mut transaction, statement).await?;
    }
    transaction.commit().await
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(drop)
}
