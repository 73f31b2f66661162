//! Selections that are read while the handler holds a transaction of the same pool.

use std::task::Poll;
use std::time::Duration;

use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::records::{RecordSource, SqlRecords, read_on};
use forest_actions::{LocalRole, Records, Selection};
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::support::records::{action, all_of, excluding};
use crate::support::{Agent, Call, Log};

const ITEMS: &str = "CREATE TABLE items (id INTEGER PRIMARY KEY, runs INTEGER NOT NULL);";

#[derive(serde::Deserialize)]
struct Item {
    id: i64,
}

/// Counts, changes the keys chunk by chunk, and reads the records, in one transaction.
macro_rules! in_one_transaction {
    ($pool:ident, $selection:ident, $update:literal) => {{
        let mut transaction = $pool.begin().await?;
        let count = read_on(&mut transaction, $selection.count()).await?;
        let mut chunks = $selection.chunks::<i64>(3);
        let mut changed = 0;
        while let Some(ids) = read_on(&mut transaction, chunks.try_next()).await? {
            for id in ids {
                let update = sqlx::query($update).bind(id);
                changed += update.execute(&mut *transaction).await?.rows_affected();
            }
        }
        let records = Records::<Item>::new($selection);
        let mut records = records.chunks(4);
        let mut sum = 0;
        while let Some(items) = read_on(&mut *transaction, records.try_next()).await? {
            sum += items.iter().map(|item| item.id).sum::<i64>();
        }
        transaction.commit().await?;
        Ok(success(format!("{count} {changed} {sum}")))
    }};
}

#[smart_action(collection = "items", name = "Change on sqlite")]
async fn change_on_sqlite(selection: Selection, pool: web::Data<SqlitePool>) -> ActionResult {
    in_one_transaction!(pool, selection, "UPDATE items SET runs = runs + 1 WHERE id = ?")
}

#[smart_action(collection = "items", name = "Change on postgres")]
async fn change_on_postgres(selection: Selection, pool: web::Data<PgPool>) -> ActionResult {
    in_one_transaction!(pool, selection, "UPDATE items SET runs = runs + 1 WHERE id = $1")
}

/// Holds the only connection while it reads the selection on another one.
#[smart_action(collection = "items", name = "Starve")]
async fn starve(selection: Selection, pool: web::Data<SqlitePool>) -> ActionResult {
    let _transaction = pool.begin().await?;
    let ids: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success(format!("{}", ids.len())))
}

async fn agent(records: impl RecordSource) -> Agent {
    let role = LocalRole::new("Admin").live_query("items", LIVE);
    Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(actions![change_on_sqlite, change_on_postgres, starve])
            .local_role(role)
            .records(records)
    })
    .await
}

const LIVE: &str = "SELECT id FROM items WHERE id < 6";

async fn sqlite() -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(60))
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let rows =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10) INSERT INTO items SELECT i, 0 FROM n";
    sqlx::raw_sql(AssertSqlSafe(format!("{ITEMS} {rows}")))
        .execute(&pool)
        .await
        .unwrap();
    pool
}

async fn postgres(database: &PgPool) -> PgPool {
    let rows = "INSERT INTO items SELECT i, 0 FROM generate_series(1, 10) AS i";
    sqlx::raw_sql(AssertSqlSafe(format!("{ITEMS} {rows}")))
        .execute(database)
        .await
        .unwrap();
    PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(database.connect_options().as_ref().clone())
        .await
        .unwrap()
}

/// "Select all" but one, given ids, and a live query.
fn calls(name: &str) -> [(Call, &'static str); 3] {
    let live = json!({"segmentQuery": LIVE});
    [
        (all_of(json!({})), "9 9 45"),
        (json!({"ids": ["2", "3", "5", "7", "9"]}), "5 5 26"),
        (all_of(live), "5 5 15"),
    ]
    .map(|(attributes, expected)| match attributes.get("ids") {
        Some(_) => (Call::post(action(name)).attributes(attributes), expected),
        None => (
            Call::post(action(name)).attributes(excluding(attributes, json!(["10"]))),
            expected,
        ),
    })
}

const AT_ONCE: usize = 16;

/// Sixteen requests at once on a pool of one connection, which fails after a minute.
macro_rules! sixteen_at_once {
    ($pool:ident, $records:expr, $name:literal) => {
        let agent = agent($records).await;
        let app = App::new()
            .app_data(web::Data::new($pool.clone()))
            .configure(agent.forest.routes());
        let app = test::init_service(app).await;
        for (call, expected) in calls($name) {
            for answer in join_all((0..AT_ONCE).map(|_| call.send(&app))).await {
                assert_eq!(answer.success(), expected);
            }
        }
        let runs: i64 = sqlx::query_scalar("SELECT CAST(sum(runs) AS BIGINT) FROM items")
            .fetch_one(&$pool)
            .await
            .unwrap();
        assert_eq!(runs, (9 + 5 + 5) * AT_ONCE as i64);
        // a live query leaves the connection writable
        sqlx::query("DELETE FROM items").execute(&$pool).await.unwrap();
    };
}

#[actix_web::test]
async fn evt_08_sqlite_transactions_read_their_selection_on_their_only_connection() {
    let pool = sqlite().await;
    sixteen_at_once!(
        pool,
        SqlRecords::sqlite(pool.clone()).await.unwrap(),
        "change-on-sqlite"
    );
}

#[actix_web::test]
async fn evt_08_postgres_transactions_read_their_selection_on_their_only_connection() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let pool = postgres(&database).await;
    sixteen_at_once!(
        pool,
        SqlRecords::postgres(pool.clone()).await.unwrap(),
        "change-on-postgres"
    );
}

#[actix_web::test]
async fn the_log_says_why_a_transaction_waits_for_its_own_connection() {
    let pool = sqlite().await;
    let records = SqlRecords::sqlite(pool.clone()).await.unwrap();
    let agent = agent(records.connection_timeout(Duration::from_millis(50))).await;
    let app = App::new()
        .app_data(web::Data::new(pool))
        .configure(agent.forest.routes());
    let app = test::init_service(app).await;
    let log = Log::capture();
    let answer = Call::post(action("starve"))
        .attributes(all_of(json!({})))
        .send(&app)
        .await;
    assert_eq!(
        answer.detail(503),
        "The records cannot be read at the moment. Please try again in a few seconds."
    );
    let error = log.end().get("error").to_owned();
    assert!(
        error.contains("holds a connection") && error.contains("read_on"),
        "{error}"
    );
}

#[actix_web::test]
async fn a_live_query_on_a_transaction_is_read_only_and_leaves_it_usable() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let pool = postgres(&database).await;
    let wipe = "CREATE FUNCTION wipe() RETURNS integer LANGUAGE sql AS 'DELETE FROM items; SELECT 1'";
    sqlx::raw_sql(wipe).execute(&pool).await.unwrap();
    let records = SqlRecords::postgres(pool.clone()).await.unwrap();
    let agent = Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(actions![insert_around])
            .local_role(LocalRole::new("Admin").live_query("items", WRITES))
            .records(records)
    })
    .await;
    let app = App::new()
        .app_data(web::Data::new(pool.clone()))
        .configure(agent.forest.routes());
    let app = test::init_service(app).await;
    let call = Call::post(action("insert-around")).attributes(all_of(json!({"segmentQuery": WRITES})));
    let text = call.send(&app).await.success();
    assert!(text.contains("Invalid SQL query"), "{text}");
    let ids: Vec<i32> = sqlx::query_scalar("SELECT id FROM items WHERE id > 9 ORDER BY id")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(ids, [10, 11, 12]);
}

const WRITES: &str = "SELECT wipe() AS id FROM items";

/// Writes before and after a read that fails.
#[smart_action(collection = "items", name = "Insert around")]
async fn insert_around(selection: Selection, pool: web::Data<PgPool>) -> ActionResult {
    let mut transaction = pool.begin().await?;
    let insert = "INSERT INTO items VALUES ($1, 0)";
    sqlx::query(insert).bind(11).execute(&mut *transaction).await?;
    let refused = read_on(&mut transaction, selection.count()).await.unwrap_err();
    sqlx::query(insert).bind(12).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(success(refused.to_string()))
}

#[actix_web::test]
async fn a_caller_that_goes_away_while_a_transaction_begins_leaves_none_open() {
    const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let records = SqlRecords::postgres(PgPool::clone(&database)).await.unwrap();
    let mut beside = database.acquire().await.unwrap();
    // one that need not be opened first
    drop(database.acquire().await.unwrap());
    for polls in 1..20 {
        let mut begin = records.begin();
        for _ in 0..polls {
            let begun = std::future::poll_fn(|context| Poll::Ready(begin.as_mut().poll(context))).await;
            if begun.is_ready() {
                break;
            }
            // often enough for the runtime to look at its sockets
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
        drop(begin);
        let returned = std::time::Instant::now();
        while database.num_idle() + 1 < database.size() as usize {
            assert!(returned.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // a rollback may still be on its way
        for last in [false, false, false, true] {
            let open: i64 = sqlx::query_scalar(OPEN).fetch_one(&mut *beside).await.unwrap();
            if open == 0 {
                break;
            }
            assert!(!last, "{open} are open after {polls}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
