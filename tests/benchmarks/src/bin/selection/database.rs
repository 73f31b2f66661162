//! The table that both sides read, on either engine.

use forest_actions_benchmarks::{Engine, Outcome};
use sqlx::{PgPool, SqlitePool};
use tempfile::TempDir;

/// The table, which is the benchmark's own.
pub(crate) const TABLE: &str = "forest_actions_benchmark";

/// A filled table, and the pool of its engine.
pub(crate) struct Database {
    pub(crate) pool: Pool,
    url: String,
    /// The directory of the SQLite file.
    _directory: Option<TempDir>,
}

pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    /// Makes the table with this many rows, of which every second is live.
    pub(crate) async fn create(engine: Engine, rows: usize) -> Outcome<Self> {
        let rows = i64::try_from(rows)?;
        let columns = "id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, note TEXT NOT NULL";
        let table = format!("CREATE TABLE {TABLE} ({columns})");
        let values = "n, 'Company ' || n, CASE n % 2 WHEN 0 THEN 'live' ELSE 'pending' END, 'A note that makes a row as wide as usual.'";
        match engine {
            Engine::Sqlite => {
                let directory = tempfile::tempdir()?;
                let url = format!("sqlite://{}", directory.path().join("rows.sqlite").display());
                let pool = SqlitePool::connect(&format!("{url}?mode=rwc")).await?;
                // as people write it on SQLite, where it is the row's own number
                let table = table.replace("BIGINT NOT NULL PRIMARY KEY", "INTEGER PRIMARY KEY");
                sqlx::raw_sql(sqlx::AssertSqlSafe(table)).execute(&pool).await?;
                let fill = format!(
                    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows}) \
                     INSERT INTO {TABLE} SELECT {values} FROM number"
                );
                sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&pool).await?;
                Ok(Self {
                    pool: Pool::Sqlite(pool),
                    url,
                    _directory: Some(directory),
                })
            }
            Engine::Postgres => {
                let url = std::env::var("FOREST_TEST_POSTGRES_URL")
                    .map_err(|_| "set FOREST_TEST_POSTGRES_URL to a PostgreSQL server, or --engines sqlite")?;
                let pool = PgPool::connect(&url).await?;
                let drop = format!("DROP TABLE IF EXISTS {TABLE}");
                sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&pool).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(table)).execute(&pool).await?;
                let fill = format!("INSERT INTO {TABLE} SELECT {values} FROM generate_series(1, {rows}) AS n");
                sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&pool).await?;
                let analyze = format!("VACUUM ANALYZE {TABLE}");
                sqlx::raw_sql(sqlx::AssertSqlSafe(analyze)).execute(&pool).await?;
                Ok(Self {
                    pool: Pool::Postgres(pool),
                    url,
                    _directory: None,
                })
            }
        }
    }

    /// The filled table at a URL, for a process of its own.
    pub(crate) async fn open(url: &str) -> Outcome<Self> {
        let pool = if url.starts_with("sqlite:") {
            Pool::Sqlite(
                sqlx::sqlite::SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect(url)
                    .await?,
            )
        } else {
            Pool::Postgres(PgPool::connect(url).await?)
        };
        Ok(Self {
            pool,
            url: url.to_owned(),
            _directory: None,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn remove(self) -> Outcome {
        if let Pool::Postgres(pool) = &self.pool {
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TABLE {TABLE}")))
                .execute(pool)
                .await?;
        }
        Ok(())
    }
}
