//! Opens connection pools from `DATABASE_URL`.

use std::future::Future;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use actix_web::rt::time::timeout;
use anyhow::{Context as _, anyhow, bail};
use sqlx::any::AnyPoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::{DEFAULT_URL, Database, Engine};

/// Of each of the two pools.
const CONNECTIONS: u32 = 8;

/// Timeout of a connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// Connects. The tables may still be missing.
pub(super) async fn to(url: &str) -> anyhow::Result<Database> {
    sqlx::any::install_default_drivers();
    match url.split_once(':') {
        Some(("sqlite", _)) => sqlite(url).await,
        Some(("postgres" | "postgresql", _)) => postgres(url).await,
        // the URL itself is not repeated: one with a typo may hold a password
        _ => bail!("DATABASE_URL must start with sqlite:// or postgres://, such as {DEFAULT_URL}"),
    }
}

async fn sqlite(url: &str) -> anyhow::Result<Database> {
    let mut options = SqliteConnectOptions::from_str(url).context("DATABASE_URL is not a SQLite URL")?;
    let mut directory = None;
    if url.contains(":memory:") || url.contains("mode=memory") {
        // in memory each connection would have a database of its own
        let temporary = tempfile::tempdir().context("cannot create a temporary directory")?;
        options = SqliteConnectOptions::new().filename(temporary.path().join("live-demo.sqlite"));
        directory = Some(temporary);
    } else if let Some(parent) = options.get_filename().parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create the directory {}", parent.display()))?;
    }
    // The journal stays SQLite's default, which keeps everything in one file that can simply be deleted; readers and
    // writers then wait for each other, for instance while another process fills the tables.
    let options = options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(30));
    let cannot_open = || format!("cannot open the database {}", options.get_filename().display());
    let own = SqlitePoolOptions::new().max_connections(CONNECTIONS);
    let own = own.connect_with(options.clone()).await.with_context(cannot_open)?;
    let path = std::fs::canonicalize(options.get_filename()).with_context(cannot_open)?;
    let pool = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        // what a URL cannot say; foreign keys are checked by default
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("PRAGMA busy_timeout = 30000").await?;
                Ok(())
            })
        });
    let pool = pool.connect(&url_of(&path)?).await.with_context(cannot_open)?;
    let hint = match directory {
        None => "delete it to start afresh",
        Some(_) => "it goes when this program stops",
    };
    Ok(Database {
        pool,
        engine: Engine::Sqlite(own),
        place: path.display().to_string(),
        hint,
        _directory: directory,
    })
}

/// The URL of a file whose whole path is known. `sqlite://` would take its first directory for a host.
fn url_of(path: &Path) -> anyhow::Result<String> {
    let path = path.to_str().context("the database's path is not UTF-8")?;
    let path = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Ok(format!("sqlite:{path}"))
}

async fn postgres(url: &str) -> anyhow::Result<Database> {
    // not even the driver's reason is repeated: it quotes parts of the URL
    let Ok(options) = PgConnectOptions::from_str(url) else {
        bail!(
            "DATABASE_URL is not a PostgreSQL URL, or its port or sslmode is wrong. It looks like \
             postgres://user:password@host:5432/database, and in a password / is %2F, @ is %40, # is %23, ? is %3F \
             and % is %25"
        );
    };
    if let PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull = options.get_ssl_mode() {
        bail!(
            "DATABASE_URL or PGSSLMODE asks for TLS, which this demo is built without: set sslmode=disable, and reach \
             a server on another machine through a private network or a tunnel"
        );
    }
    // one connection first, because a pool would go on trying where this fails at once
    let mut probe = in_time(options.connect()).await?;
    let schema: Option<String> = sqlx::query_scalar("SELECT CAST(current_schema() AS text)")
        .fetch_one(&mut probe)
        .await?;
    let schema = schema.context("the PostgreSQL user has no schema in its search_path to keep tables in")?;
    probe.close().await?;
    let place = format!(
        "PostgreSQL at {}:{}, database {}, schema {schema}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or(options.get_username())
    );
    Ok(Database {
        pool: AnyPoolOptions::new().max_connections(CONNECTIONS).connect_lazy(url)?,
        engine: Engine::Postgres {
            pool: PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .connect_lazy_with(options),
            schema,
        },
        place,
        hint: "drop its tables to start afresh",
        _directory: None,
    })
}

/// Waits for the server. Errors repeat nothing of the URL, because a malformed URL may have its password in any place.
async fn in_time<T>(connecting: impl Future<Output = sqlx::Result<T>>) -> anyhow::Result<T> {
    let Ok(connected) = timeout(PATIENCE, connecting).await else {
        bail!("the PostgreSQL server does not answer: are host and port of DATABASE_URL right?");
    };
    connected.map_err(|error| {
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .map(String::from);
        match code.as_deref() {
            Some("28000" | "28P01") => anyhow!("the PostgreSQL server refuses this user or password"),
            Some("3D000") => anyhow!("the PostgreSQL server has no such database: create it, the demo fills it"),
            Some(code) => anyhow!("the PostgreSQL server refuses the connection (SQLSTATE {code})"),
            None => anyhow::Error::new(error).context("cannot reach the PostgreSQL server"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{count, fresh};
    use super::*;

    #[actix_web::test]
    async fn unusable_urls_are_rejected_without_repeating_them() {
        for (url, word) in [
            ("mysql://user:hunter2@host/db", "sqlite:// or postgres://"),
            ("hunter2", "sqlite:// or postgres://"),
            // the port would be the beginning of the password
            ("postgres://user:hunter2#x@host/db", "%23"),
            ("postgres://localhost/db?sslmode=hunter2", "sslmode"),
            ("postgres://user:hunter2@localhost/db?sslmode=require", "TLS"),
            ("postgresql://user:hunter2@localhost/db?sslmode=verify-full", "TLS"),
            ("postgres://user:hunter2@127.0.0.1:1/db", "cannot reach"),
        ] {
            let message = format!("{:#}", Database::open(url).await.err().unwrap());
            assert!(message.contains(word) && !message.contains("hunter2"), "{message}");
        }
    }

    #[actix_web::test]
    async fn both_pools_open_the_same_file() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("a b")).unwrap();
        for name in ["x.sqlite", "a b/../y.sqlite", "é%25.sqlite", "a b/%3F%23.sqlite"] {
            let url = format!("sqlite://{}/{name}", directory.path().display());
            let database = Database::open(&url).await.unwrap();
            let Engine::Sqlite(own) = &database.engine else {
                panic!("{url} is no file")
            };
            let companies: i64 = sqlx::query_scalar("SELECT count(*) FROM companies")
                .fetch_one(own)
                .await
                .unwrap();
            assert_eq!(companies, 40, "{url}");
        }
    }

    #[actix_web::test]
    async fn foreign_keys_are_checked() {
        let database = fresh().await;
        let orphan = "UPDATE users SET company_id = 9999 WHERE id = 1";
        assert!(database.pool().execute(orphan).await.is_err());
        assert_eq!(count(&database, "SELECT company_id FROM users WHERE id = 1").await, 1);
    }

    #[actix_web::test]
    async fn an_in_memory_database_leaves_no_files() {
        let database = Database::open("sqlite::memory:").await.unwrap();
        let path = std::path::PathBuf::from(&database.place);
        assert!(path.exists());
        database.close().await;
        drop(database);
        assert!(!path.exists());
    }
}
