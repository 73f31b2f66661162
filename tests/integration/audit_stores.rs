//! The audit trail in a database that is full, stopped or slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, test};
use forest_actions::audit::{Audit, AuditRow, AuditSink, AuditUpdate, SinkFuture};
use forest_actions::prelude::*;
use futures_util::future::join;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};
use tokio::sync::Notify;

use crate::field::these;
use crate::support::records::action;
use crate::support::{Agent, Call, Log, Runs};

#[smart_action(collection = "vaults", name = "Open", kind = "bulk")]
async fn open(_ids: RecordIds<i64>, runs: web::Data<Runs>) -> &'static str {
    runs.add();
    "opened"
}

#[smart_action(collection = "vaults", name = "Open on record", kind = "bulk", audit = "strict")]
async fn open_on_record(_ids: RecordIds<i64>, runs: web::Data<Runs>) -> &'static str {
    runs.add();
    "opened"
}

#[smart_action(collection = "vaults", name = "Count", kind = "global")]
async fn count(pool: web::Data<SqlitePool>) -> ActionResult {
    let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&**pool).await?;
    Ok(success(one.to_string()))
}

#[smart_action(collection = "vaults", name = "Count quietly", kind = "global", audit = "off")]
async fn count_quietly(pool: web::Data<SqlitePool>) -> ActionResult {
    let two: i64 = sqlx::query_scalar("SELECT 2").fetch_one(&**pool).await?;
    Ok(success(two.to_string()))
}

async fn agent(audit: Audit) -> Agent {
    Agent::with(|builder| {
        builder
            .actions(actions![open, open_on_record, count, count_quietly])
            .schema_file(false)
            .audit(audit)
    })
    .await
}

fn opened(name: &str, count: i64) -> Call {
    Call::post(action(name)).attributes(these(1..=count))
}

/// Runs are refused in strict mode and go on otherwise, because the store takes no row.
async fn assert_unrecorded(agent: &Agent, count: i64) {
    let app = agent.serve().await;
    let log = Log::capture();
    let before = agent.runs.count();
    let refused = opened("open-on-record", count).send(&app).await;
    assert_eq!(
        (refused.status(), &*refused.name()),
        (503, "AuditUnavailableError"),
        "{refused:?}"
    );
    assert_eq!(agent.runs.count(), before);
    assert_eq!(opened("open", count).send(&app).await.success(), "opened");
    let lines = log.lines();
    let lost = lines
        .iter()
        .filter(|line| line.message() == "a run cannot be recorded in the audit trail");
    assert!(lost.count() >= 2);
}

#[actix_web::test]
async fn a_full_disk_refuses_strict_runs() {
    let directory = tempfile::tempdir().unwrap();
    // the pages that are left are too few for the rows
    let file = SqliteConnectOptions::new()
        .filename(directory.path().join("audit.sqlite"))
        .create_if_missing(true)
        .pragma("max_page_count", "40");
    let agent = agent(Audit::sqlite(SqlitePool::connect_with(file).await.unwrap())).await;
    assert_eq!(
        opened("open-on-record", 1).send(&agent.serve().await).await.success(),
        "opened"
    );
    assert_unrecorded(&agent, 1_000).await;
    // what was too much has left no part
    assert_eq!(
        opened("open-on-record", 1).send(&agent.serve().await).await.success(),
        "opened"
    );
}

#[actix_web::test]
async fn a_server_that_stops_refuses_strict_runs_until_it_is_back() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let agent = agent(Audit::postgres(PgPool::clone(&database))).await;
    let app = agent.serve().await;
    assert_eq!(opened("open-on-record", 1).send(&app).await.success(), "opened");
    // as if it was gone: connections are refused, and those of the trail are ended
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&*database)
        .await
        .unwrap();
    let allow = |allowed: bool| {
        sqlx::query("UPDATE pg_database SET datallowconn = $2 WHERE datname = $1")
            .bind(name.clone())
            .bind(allowed)
    };
    let mut own = database.acquire().await.unwrap();
    allow(false).execute(&mut *own).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(end).execute(&mut *own).await.unwrap();
    assert_unrecorded(&agent, 1).await;
    allow(true).execute(&mut *own).await.unwrap();
    assert_eq!(opened("open-on-record", 1).send(&app).await.success(), "opened");
}

/// Takes rows only when the test allows it.
#[derive(Clone, Default)]
struct Slow {
    asked: Arc<Notify>,
    allowed: Arc<Notify>,
    rows: Arc<AtomicUsize>,
}

impl AuditSink for Slow {
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        Box::pin(async move {
            self.asked.notify_one();
            self.allowed.notified().await;
            self.rows.fetch_add(rows.len(), Ordering::SeqCst);
            Ok(vec![1; rows.len()])
        })
    }

    fn confirm(&self, _: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[actix_web::test]
async fn a_run_that_waits_for_a_slow_store_holds_no_connection_of_the_program() {
    let slow = Slow::default();
    let agent = agent(Audit::sink(slow.clone())).await;
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let app = App::new().app_data(web::Data::new(pool));
    let app = test::init_service(app.configure(agent.forest.routes())).await;
    let call = Call::post(action("count")).attributes(json!({}));
    let waiting = call.send(&app);
    let other = async {
        slow.asked.notified().await;
        let other = Call::post(action("count-quietly"))
            .attributes(json!({}))
            .send(&app)
            .await;
        assert_eq!(other.success(), "2");
        assert_eq!(slow.rows.load(Ordering::SeqCst), 0, "the first run still waits");
        slow.allowed.notify_one();
    };
    let (first, ()) = join(waiting, other).await;
    assert_eq!((first.success(), slow.rows.load(Ordering::SeqCst)), ("1".to_owned(), 1));
}
