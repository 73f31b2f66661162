//! What the audit trail costs the runs of actions.
//!
//! Two agents do the same on the same rows, one of them with a trail: in a file of its own on SQLite, in the same database on
//! PostgreSQL. They run in this process, without sockets, in turns.

use std::time::Instant;

use actix_web::{App, test};
use forest_actions::Forest;
use forest_actions::audit::Audit;
use forest_actions::prelude::*;
use forest_actions::records::SqlRecords;
use forest_actions_benchmarks::{Args, Engine, Outcome, Spread, Table, memory};
use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool};

const HELP: &str = "audit: actions with and without an audit trail

  --rows N          rows of \"select all\", 1000 to 1000000 (100000)
  --engines NAMES   sqlite, postgres or both, comma separated (sqlite,postgres)
  --rounds N        rounds, 1 to 10000 (301); \"select all\" has one for a hundred of them
  --markdown        a table for a document";

#[derive(serde::Deserialize)]
struct Item {
    id: i64,
}

/// The pool of the handlers.
#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[smart_action(collection = "audited_items", name = "Touch", kind = "single")]
async fn touch(id: RecordId<i64>, pool: web::Data<Pool>) -> ActionResult {
    const TOUCH: &str = "UPDATE audited_items SET runs = runs + 1 WHERE id = $1";
    let _ = match &**pool {
        Pool::Sqlite(pool) => sqlx::query(TOUCH).bind(*id).execute(pool).await?.rows_affected(),
        Pool::Postgres(pool) => sqlx::query(TOUCH).bind(*id).execute(pool).await?.rows_affected(),
    };
    Ok(success("touched"))
}

#[smart_action(collection = "audited_items", name = "Judge", kind = "bulk")]
async fn judge(items: Records<Item>) -> Results {
    items
        .each(500, async |item| match item.id % 10 {
            0 => refuse("divisible by ten"),
            _ => Ok(()),
        })
        .await
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["rows", "engines", "rounds"], &["markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let rows = args.number("rows", 100_000, 1_000..=1_000_000)?;
    let rounds = args.number("rounds", 301, 1..=10_000)?;
    let headings = [
        "engine",
        "run",
        "without ms",
        "with ms",
        "ratio (lowest to highest)",
        "records/s with",
        "peak grew by, MiB",
    ];
    let mut table = Table::new(&headings, args.has("markdown"));
    let runtime = actix_web::rt::System::new();
    for engine in args.text("engines").unwrap_or("sqlite,postgres").split(',') {
        runtime.block_on(measure(Engine::named(engine)?, rows, rounds, &mut table))?;
    }
    print!("{table}");
    Ok(())
}

async fn measure(engine: Engine, rows: u64, rounds: u64, table: &mut Table) -> Outcome {
    let fill = format!(
        "CREATE TABLE audited_items (id INTEGER PRIMARY KEY, runs INTEGER NOT NULL);
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
         INSERT INTO audited_items SELECT n, 0 FROM numbers"
    );
    let fill = sqlx::raw_sql(sqlx::AssertSqlSafe(fill));
    // both have to outlive the agents
    let directory = tempfile::tempdir()?;
    let database;
    let file = |name: &str| {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(directory.path().join(name))
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
            .create_if_missing(true);
        SqlitePool::connect_with(options)
    };
    let (pool, audit) = match engine {
        Engine::Sqlite => {
            let pool = file("rows.sqlite").await?;
            fill.execute(&pool).await?;
            (Pool::Sqlite(pool), Audit::sqlite(file("audit.sqlite").await?))
        }
        Engine::Postgres => {
            database = forest_test_postgres::database()
                .await
                .ok_or("there is no PostgreSQL server")?;
            fill.execute(&*database).await?;
            let pool = PgPool::clone(&database);
            (Pool::Postgres(pool.clone()), Audit::postgres(pool))
        }
    };
    let without = agent(&pool, None).await?;
    let with = agent(&pool, Some(audit)).await?;
    let ids: Vec<String> = (1..=1_000).map(|id| id.to_string()).collect();
    let all = json!({"all_records": true, "all_records_subset_query": {}});
    let tenth = json!({"field": "id", "operator": "less_than", "value": rows / 10}).to_string();
    let tenth = json!({"all_records": true, "all_records_subset_query": {"filters": tenth}});
    for (name, action, count, attributes, rounds) in [
        ("one record, one update", "touch", 1, json!({"ids": ["7"]}), rounds),
        (
            "1,000 given records",
            "judge",
            1_000,
            json!({"ids": ids}),
            rounds.div_ceil(10),
        ),
        ("select all", "judge", rows, all, rounds.div_ceil(100)),
    ] {
        let first = if name == "select all" { &tenth } else { &attributes };
        let first = json!({"data": {"attributes": first}});
        let body = json!({"data": {"attributes": attributes}});
        let (mut plain, mut recorded) = (Vec::new(), Vec::new());
        let mut before = 0.0;
        for round in 0..=rounds {
            // the first one fills caches, with a tenth of "select all"
            let body = if round == 0 { &first } else { &body };
            let times = (
                run(&without, &pool, action, body).await?,
                run(&with, &pool, action, body).await?,
            );
            if round == 0 {
                before = memory("VmHWM")?;
                continue;
            }
            plain.push(times.0);
            recorded.push(times.1);
        }
        let grown = memory("VmHWM")? - before;
        let ratios: Vec<f64> = recorded
            .iter()
            .zip(&plain)
            .map(|(with, without)| with / without)
            .collect();
        let with = Spread::of(&recorded).median;
        table.row([
            engine.to_string(),
            name.to_owned(),
            format!("{:.2}", Spread::of(&plain).median),
            format!("{with:.2}"),
            Spread::of(&ratios).to_string(),
            format!("{:.0}", count as f64 / with * 1_000.0),
            format!("{grown:.1}"),
        ]);
    }
    Ok(())
}

async fn agent(pool: &Pool, audit: Option<Audit>) -> Outcome<Forest> {
    let records = match pool {
        Pool::Sqlite(pool) => SqlRecords::sqlite(pool.clone()).await?,
        Pool::Postgres(pool) => SqlRecords::postgres(pool.clone()).await?,
    };
    let builder = Forest::builder()
        .actions(actions![touch, judge])
        .records(records.only(["audited_items"]))
        .schema_file(false);
    let builder = match audit {
        Some(audit) => builder.audit(audit),
        None => builder,
    };
    Ok(builder.start().await?)
}

/// Runs an action, and returns the milliseconds.
async fn run(forest: &Forest, pool: &Pool, action: &str, body: &Value) -> Outcome<f64> {
    let app = App::new()
        .app_data(web::Data::new(pool.clone()))
        .configure(forest.routes());
    let app = test::init_service(app).await;
    let request = test::TestRequest::post()
        .uri(&format!("/forest/actions/{action}"))
        .peer_addr(([127, 0, 0, 1], 3310).into())
        .insert_header(("authorization", format!("Bearer {}", forest.local_token(1)?)))
        .set_json(body)
        .to_request();
    let began = Instant::now();
    let answer = test::call_service(&app, request).await;
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    match answer.status().is_success() {
        true => Ok(milliseconds),
        false => Err(format!("`{action}` was answered with {}", answer.status()).into()),
    }
}
