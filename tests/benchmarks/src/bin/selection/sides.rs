//! The two ways to the ids: a statement by hand, and a [`Selection`].

use std::sync::Arc;
use std::time::Instant;

use forest_actions::Selection;
use forest_actions::records::{Condition, FieldPath, Key, RecordQuery, RecordSource, SqlRecords, Test, Value};
use forest_actions_benchmarks::Outcome;
use futures_util::TryStreamExt as _;

use crate::database::{Database, Pool, TABLE};

/// The ids that were unticked; all of them match the filter.
const EXCLUDED: [i64; 10] = [2, 4, 8, 16, 32, 64, 128, 256, 512, 900];

/// What was read, so that the sides can be compared and nothing is optimised away.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    sum: i64,
}

impl Seen {
    fn nothing() -> Self {
        Self { count: 0, sum: 0 }
    }

    fn see(mut self, id: i64) -> Self {
        self.count += 1;
        self.sum = self.sum.wrapping_add(id);
        self
    }
}

/// A streamed statement, as one would write it. Gives the milliseconds.
pub(crate) async fn plain(database: &Database) -> Outcome<(Seen, f64)> {
    let excluded = EXCLUDED.map(|id| id.to_string()).join(", ");
    let started = Instant::now();
    let seen = match &database.pool {
        Pool::Sqlite(pool) => {
            let sql = format!("SELECT id FROM {TABLE} WHERE status = ? AND id NOT IN ({excluded})");
            let ids = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
                .bind("live")
                .fetch(pool);
            ids.try_fold(Seen::nothing(), |seen, id| async move { Ok(seen.see(id)) })
                .await?
        }
        Pool::Postgres(pool) => {
            let sql = format!("SELECT id FROM {TABLE} WHERE status = $1 AND id NOT IN ({excluded})");
            let ids = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
                .bind("live")
                .fetch(pool);
            ids.try_fold(Seen::nothing(), |seen, id| async move { Ok(seen.see(id)) })
                .await?
        }
    };
    Ok((seen, started.elapsed().as_secs_f64() * 1_000.0))
}

/// The ids of "select all". Gives the milliseconds, without the reading of the catalogue, which a program does once.
pub(crate) async fn selection(database: &Database) -> Outcome<(Seen, f64)> {
    let source: Arc<dyn RecordSource> = match &database.pool {
        Pool::Sqlite(pool) => Arc::new(SqlRecords::sqlite(pool.clone()).await?),
        Pool::Postgres(pool) => Arc::new(SqlRecords::postgres(pool.clone()).await?),
    };
    let is_live = Condition::Field(FieldPath::own("status"), Test::Equal(Value::from("live")));
    let condition = is_live.and(Condition::KeyNotIn(EXCLUDED.into_iter().map(Key::one).collect()));
    let selection = Selection::all(source, RecordQuery::new(TABLE, condition));
    let started = Instant::now();
    let seen = selection
        .stream::<i64>()
        .try_fold(Seen::nothing(), |seen, id| async move { Ok(seen.see(id)) })
        .await
        .map_err(|error| error.to_string())?;
    Ok((seen, started.elapsed().as_secs_f64() * 1_000.0))
}
