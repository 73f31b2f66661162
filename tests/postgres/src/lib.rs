//! PostgreSQL for tests: a real server, and a database for each test. The packages of this workspace share it.
//!
//! The server is that of `FOREST_TEST_POSTGRES_URL`, or else a temporary one, removed when the process ends. Without
//! either, tests are skipped with instructions to get a server; with `FOREST_TEST_NO_SKIP` they fail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "it only runs in tests, where a panic is a failure that says why"
)]

#[cfg(unix)]
mod binaries;
#[cfg(unix)]
mod cluster;

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};

/// Address and user of a server, and its owner.
#[derive(Debug)]
struct Server {
    url: String,
    options: PgConnectOptions,
    is_temporary: bool,
}

/// The URL of the server, for tests with their own connections; prints a note and returns `None` without a server.
///
/// # Panics
/// When there is none and `FOREST_TEST_NO_SKIP` is set.
#[must_use]
pub fn url() -> Option<&'static str> {
    server().map(|server| server.url.as_str())
}

/// The server of this process, started on first use; prints a note and returns `None` without a server.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(find) {
        Ok(server) => Some(server),
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

fn find() -> Result<Server, String> {
    if let Ok(url) = std::env::var("FOREST_TEST_POSTGRES_URL") {
        // without the parser's error: the URL may hold a password
        let Ok(options) = url.parse() else {
            panic!("FOREST_TEST_POSTGRES_URL is not the URL of a PostgreSQL database");
        };
        return Ok(Server {
            url,
            options,
            is_temporary: false,
        });
    }
    let url = temporary()?;
    let Ok(options) = url.parse() else {
        panic!("the URL of the temporary server cannot be read: {url}");
    };
    Ok(Server {
        url,
        options,
        is_temporary: true,
    })
}

#[cfg(unix)]
fn temporary() -> Result<String, String> {
    let programs = binaries::find().ok_or("`initdb` and `pg_ctl` are not installed")?;
    let port = cluster::start(&programs)?;
    Ok(format!(
        "postgres://{}@127.0.0.1:{port}/postgres?sslmode=disable",
        cluster::SUPERUSER
    ))
}

#[cfg(not(unix))]
fn temporary() -> Result<String, String> {
    Err("a temporary server is only started on Unix".to_owned())
}

/// Prints why a test is skipped; panics where skipping is forbidden.
#[allow(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
fn skip(reason: &str) {
    let text = format!(
        "PostgreSQL: {reason}. Install it (`apt-get install postgresql`, `brew install postgresql@17`), \
         or set FOREST_TEST_POSTGRES_URL to the URL of a server on which databases may be created."
    );
    assert!(std::env::var_os("FOREST_TEST_NO_SKIP").is_none(), "{text}");
    eprintln!("skipped. {text}");
}

/// A pool on a database of its own, which is dropped with this.
#[derive(Debug)]
pub struct Database {
    pool: PgPool,
    name: String,
    server: &'static Server,
}

/// A new, empty database in UTF-8, ordered by code point; prints a note and returns `None` without a server.
///
/// # Panics
/// When there is no server and `FOREST_TEST_NO_SKIP` is set, or the server refuses.
pub async fn database() -> Option<Database> {
    // only `template0` allows another locale, and it accepts no connections
    let exact = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'";
    // without such a locale in the operating system, the temporary server has one of its own
    create(&[exact, ""]).await
}

/// The same in another encoding, such as `LATIN1`.
///
/// # Panics
/// As [`database`].
pub async fn database_in(encoding: &str) -> Option<Database> {
    let settings = format!("TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
    create(&[&settings]).await
}

/// A new database with the first of these settings that the server accepts.
async fn create(settings: &[&str]) -> Option<Database> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let name = format!(
        "forest_test_{}_{}_{}",
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = server.connect().await;
    let mut created = Ok(());
    for settings in settings {
        created = run(&mut connection, format!("CREATE DATABASE {name} {settings}")).await;
        if created.is_ok() {
            break;
        }
    }
    created.unwrap();
    connection.close().await.unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(5)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(server.options.clone().database(&name))
        .await
        .unwrap();
    Some(Database { pool, name, server })
}

impl Server {
    async fn connect(&self) -> PgConnection {
        let connection = self.options.connect().await;
        // the error may hold the URL's host, and no password
        connection.unwrap_or_else(|error| panic!("the PostgreSQL server cannot be reached: {error}"))
    }
}

async fn run(connection: &mut PgConnection, statement: String) -> sqlx::Result<()> {
    // made of constants and numbers
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

impl Deref for Database {
    type Target = PgPool;

    fn deref(&self) -> &PgPool {
        &self.pool
    }
}

impl Drop for Database {
    /// Also when the test panics. A temporary server takes its databases with it.
    fn drop(&mut self) {
        if self.server.is_temporary {
            return;
        }
        let (server, statement) = (self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name));
        // the runtime of the test cannot wait here
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = server.options.connect().await?;
                run(&mut connection, statement).await
            })
        });
        // a database that cannot be dropped does not fail the test
        let _outcome = dropped.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_its_own_unicode_database() {
        let (Some(first), Some(second)) = (database().await, database().await) else {
            return;
        };
        sqlx::query("CREATE TABLE t (id INTEGER)")
            .execute(&*first)
            .await
            .unwrap();
        sqlx::query("CREATE TABLE t (id INTEGER)")
            .execute(&*second)
            .await
            .unwrap();
        let lower: String = sqlx::query_scalar("SELECT lower('ÉCLAIR ПРИВЕТ')")
            .fetch_one(&*first)
            .await
            .unwrap();
        assert_eq!(lower, "éclair привет");
        let upper_is_first: bool = sqlx::query_scalar("SELECT 'B' < 'a'").fetch_one(&*first).await.unwrap();
        assert!(upper_is_first, "by code point");
    }
}
