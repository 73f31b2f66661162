//! The table that all sides work on, and its statements, which the smart action and the handler by hand share.

use forest_actions::records::SqlRecords;
use forest_actions_benchmarks::{Engine, Outcome};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tempfile::TempDir;

/// The table, which is the benchmark's own, as the source names it.
const TABLE: &str = "forest_actions_accounts";

const ROWS: u32 = 10_000;

/// Number of connections to PostgreSQL, which has to be larger than its number of processors.
const CONNECTIONS: u32 = 8;

/// A filled table that is removed at the end.
pub(crate) struct Table {
    pub(crate) url: String,
    _directory: TempDir,
}

impl Table {
    /// Makes the table, on a temporary PostgreSQL server unless one is given.
    pub(crate) async fn create(engine: Engine, url: Option<&str>) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let url = match (engine, url) {
            (Engine::Sqlite, _) => format!("sqlite://{}", directory.path().join("rows.sqlite").display()),
            (Engine::Postgres, Some(url)) => url.to_owned(),
            (Engine::Postgres, None) => forest_test_postgres::url()
                .ok_or("there is no PostgreSQL server")?
                .to_owned(),
        };
        let columns = "name TEXT NOT NULL, status TEXT NOT NULL, balance DOUBLE PRECISION NOT NULL";
        let values = "n, 'Account ' || n, CASE n % 2 WHEN 0 THEN 'live' ELSE 'pending' END, 0";
        if engine == Engine::Sqlite {
            let pool = SqlitePool::connect(&format!("{url}?mode=rwc")).await?;
            let sql = format!(
                "PRAGMA journal_mode = WAL; CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, {columns}); \
                 INSERT INTO {TABLE} WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number \
                 WHERE n < {ROWS}) SELECT {values} FROM number"
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await?;
            pool.close().await;
        } else {
            let pool = PgPool::connect(&url).await?;
            for sql in [
                format!("DROP TABLE IF EXISTS {TABLE}"),
                format!("CREATE TABLE {TABLE} (id BIGINT PRIMARY KEY, {columns})"),
                format!("INSERT INTO {TABLE} SELECT {values} FROM generate_series(1, {ROWS}) AS n"),
                format!("VACUUM ANALYZE {TABLE}"),
            ] {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await?;
            }
            pool.close().await;
        }
        Ok(Self {
            url,
            _directory: directory,
        })
    }

    pub(crate) async fn remove(self) -> Outcome {
        if self.url.starts_with("postgres") {
            let pool = PgPool::connect(&self.url).await?;
            sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE {TABLE}")))
                .execute(&pool)
                .await?;
        }
        Ok(())
    }
}

/// The pool of a server.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Id, name and status of a row of the list.
pub(crate) type Account = (i64, String, String);

impl Database {
    pub(crate) async fn open(url: &str) -> Outcome<Self> {
        Ok(if url.starts_with("sqlite:") {
            // SQLite has one writer, and a second one would wait in its sleep
            let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>()?;
            let options = options.synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
            Self::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_with(options)
                    .await?,
            )
        } else {
            Self::Postgres(PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?)
        })
    }

    pub(crate) async fn records(&self) -> Outcome<SqlRecords> {
        let records = match self {
            Self::Sqlite(pool) => SqlRecords::sqlite(pool.clone()).await?,
            Self::Postgres(pool) => SqlRecords::postgres(pool.clone()).await?,
        };
        Ok(records
            .only([TABLE])
            .collection(TABLE, |accounts| accounts.rename("accounts")))
    }

    /// The look-up by hand.
    pub(crate) async fn has(&self, id: i64) -> sqlx::Result<bool> {
        const ONE: &str = "SELECT id FROM forest_actions_accounts WHERE id = $1";
        let found: Option<i64> = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(ONE).bind(id).fetch_optional(pool).await?,
            Self::Postgres(pool) => sqlx::query_scalar(ONE).bind(id).fetch_optional(pool).await?,
        };
        Ok(found.is_some())
    }

    /// The work of the action.
    pub(crate) async fn charge(&self, id: i64, amount: f64) -> sqlx::Result<()> {
        const CHARGE: &str = "UPDATE forest_actions_accounts SET balance = balance + $2 WHERE id = $1";
        match self {
            Self::Sqlite(pool) => {
                sqlx::query(CHARGE).bind(id).bind(amount).execute(pool).await?;
            }
            Self::Postgres(pool) => {
                sqlx::query(CHARGE).bind(id).bind(amount).execute(pool).await?;
            }
        }
        Ok(())
    }

    /// The list by hand.
    pub(crate) async fn page(&self, limit: i64, offset: i64) -> sqlx::Result<Vec<Account>> {
        const PAGE: &str = "SELECT id, name, status FROM forest_actions_accounts WHERE status = $1 \
                            ORDER BY id DESC LIMIT $2 OFFSET $3";
        match self {
            Self::Sqlite(pool) => {
                let query = sqlx::query_as(PAGE).bind("live").bind(limit).bind(offset);
                query.fetch_all(pool).await
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_as(PAGE).bind("live").bind(limit).bind(offset);
                query.fetch_all(pool).await
            }
        }
    }
}
