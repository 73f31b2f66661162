//! Databases that are away, full or locked.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, SqlitePool};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::*;

const SOON: Duration = Duration::from_secs(1);

/// A way to a server that can be cut, and restored.
struct Line {
    port: u16,
    server: u16,
    tasks: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Line {
    async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Self {
            port: listener.local_addr().unwrap().port(),
            server,
            tasks: Arc::default(),
        };
        line.serve(listener);
        line
    }

    fn serve(&self, listener: TcpListener) {
        let (server, tasks) = (self.server, self.tasks.clone());
        let accepting = actix_web::rt::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let passing = actix_web::rt::spawn(async move {
                    let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                    let _end = copy_bidirectional(&mut client, &mut server).await;
                });
                tasks.lock().unwrap().push(passing.abort_handle());
            }
        });
        self.tasks.lock().unwrap().push(accepting.abort_handle());
    }

    /// Ends all connections and refuses further ones.
    async fn cut(&self) {
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    async fn restore(&self) {
        self.serve(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
    }
}

/// A pool of two connections over a line that can be cut.
async fn behind_a_line(database: &PgPool) -> (Line, PgPool) {
    let options = database.connect_options();
    let line = Line::to(options.get_port()).await;
    let options = options.as_ref().clone().host("127.0.0.1").port(line.port);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await;
    (line, pool.unwrap())
}

const ITEMS: &str = "CREATE TABLE items (id INTEGER PRIMARY KEY); INSERT INTO items VALUES (1), (2), (3)";

#[actix_web::test]
async fn evt_06_a_database_that_refuses_connections_is_a_503_until_it_is_back() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(&database, ITEMS).await;
    let (line, pool) = behind_a_line(&database).await;
    let records = SqlRecords::postgres(pool).await.unwrap().connection_timeout(SOON);
    let agent = agent(records).await;
    let app = agent.serve().await;
    assert_all_readable(&app).await;
    line.cut().await;
    assert_all_unavailable(&app, AWAY).await;
    line.restore().await;
    assert_all_readable(&app).await;
}

#[actix_web::test]
async fn evt_06_a_connection_that_ends_during_a_statement_is_a_503() {
    const NAP: &str = "CREATE VIEW items AS SELECT 1 AS id WHERE pg_sleep(600)::text = ''";
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(&database, NAP).await;
    let (line, pool) = behind_a_line(&database).await;
    let agent = agent(SqlRecords::postgres(pool).await.unwrap()).await;
    let app = agent.serve().await;
    // the administrator ends it, as a server that stops does
    let list = list();
    let ended = async {
        until_running(&database, "\"items\"", 1).await;
        run(
            &database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND strpos(query, '\"items\"') > 0 AND pid <> pg_backend_pid()",
        )
        .await;
    };
    let (answer, ()) = tokio::join!(list.send(&app), ended);
    assert_unavailable("terminated", &answer, AWAY);
    // the network fails
    let cut = async {
        until_running(&database, "\"items\"", 1).await;
        line.cut().await;
    };
    let (answer, ()) = tokio::join!(list.send(&app), cut);
    assert_unavailable("cut", &answer, AWAY);
}

async fn sqlite(options: SqliteConnectOptions) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    sqlx::raw_sql(ITEMS).execute(&pool).await.unwrap();
    pool
}

#[actix_web::test]
async fn evt_06_a_pool_without_a_free_connection_is_a_503_in_bounded_time() {
    let pool = sqlite(SqliteConnectOptions::new().in_memory(true)).await;
    let records = SqlRecords::sqlite(pool.clone()).await.unwrap().connection_timeout(SOON);
    let agent = agent(records).await;
    let app = agent.serve().await;
    let held = pool.acquire().await.unwrap();
    let begin = Instant::now();
    assert_all_unavailable(&app, AWAY).await;
    // the limit of the pool itself is half a minute
    assert!(begin.elapsed() < Duration::from_secs(20));
    drop(held);
    assert_all_readable(&app).await;

    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    run(&database, ITEMS).await;
    let options = database.connect_options().as_ref().clone();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    let records = SqlRecords::postgres(pool.clone())
        .await
        .unwrap()
        .connection_timeout(SOON);
    let agent = super::agent(records).await;
    let app = agent.serve().await;
    let held = pool.acquire().await.unwrap();
    assert_all_unavailable(&app, AWAY).await;
    drop(held);
    assert_all_readable(&app).await;
}

#[actix_web::test]
async fn evt_06_a_locked_sqlite_file_is_a_503() {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("items.db"))
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(10));
    let pool = sqlite(options.clone()).await;
    let agent = agent(SqlRecords::sqlite(pool).await.unwrap()).await;
    let app = agent.serve().await;
    let mut writer = options.connect().await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut writer).await.unwrap();
    assert_all_unavailable(&app, AWAY).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    assert_all_readable(&app).await;
}
