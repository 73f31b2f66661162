//! What a rule over records (`can_run`) costs an action that reads them anyway.
//!
//! Three actions do the same: without a rule, with a function, and with a filter that allows all records. They run in this
//! process, without sockets, in turns.

use std::time::Instant;

use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator, SqlRecords};
use forest_actions::{Forest, NotDone, refuse};
use forest_actions_benchmarks::{Args, Engine, Outcome, Spread, Table};
use futures_util::TryStreamExt as _;
use serde_json::json;

const HELP: &str = "rules: an action over records with and without a rule

  --rows N,N,…      numbers of records, each up to 100000 (1,1000)
  --engines NAMES   sqlite, postgres or both, comma separated (sqlite,postgres)
  --rounds N        rounds, 1 to 1000 (51)
  --markdown        a table for a document";

#[derive(serde::Deserialize)]
struct Item {
    state: String,
    price: i64,
}

fn is_open(item: &Item, _: &Caller) -> Result<(), NotDone> {
    match item.state.as_str() {
        "open" => Ok(()),
        _ => refuse("not open"),
    }
}

fn open() -> Filter {
    Filter::leaf("state", Operator::Equal, "open")
}

#[smart_action(collection = "rule_items", name = "Plain")]
async fn plain(items: Records<Item>) -> ActionResult {
    total(items).await
}

#[smart_action(collection = "rule_items", name = "Judged", can_run = is_open)]
async fn judged(items: Records<Item>) -> ActionResult {
    total(items).await
}

#[smart_action(collection = "rule_items", name = "Filtered", can_run = filter(open(), "not open"))]
async fn filtered(items: Records<Item>) -> ActionResult {
    total(items).await
}

async fn total(items: Records<Item>) -> ActionResult {
    let mut total = 0;
    let mut chunks = items.chunks(500);
    while let Some(chunk) = chunks.try_next().await? {
        total += chunk.iter().map(|item| item.price).sum::<i64>();
    }
    Ok(success(total.to_string()))
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["rows", "engines", "rounds"], &["markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let counts = args.counts("rows", &[1, 1_000], 100_000)?;
    let rounds = args.number("rounds", 51, 1..=1_000)?;
    let headings = [
        "engine",
        "records",
        "selection",
        "plain ms",
        "function, ratio",
        "filter, ratio",
    ];
    let mut table = Table::new(&headings, args.has("markdown"));
    let runtime = actix_web::rt::System::new();
    for engine in args.text("engines").unwrap_or("sqlite,postgres").split(',') {
        let engine = Engine::named(engine)?;
        for &rows in &counts {
            runtime.block_on(measure(engine, rows, rounds, &mut table))?;
        }
    }
    print!("{table}");
    Ok(())
}

async fn measure(engine: Engine, rows: usize, rounds: u64, table: &mut Table) -> Outcome {
    let fill = format!(
        "CREATE TABLE rule_items (id INTEGER PRIMARY KEY, state TEXT NOT NULL, price INTEGER NOT NULL);
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
         INSERT INTO rule_items SELECT n, 'open', n % 100 FROM numbers"
    );
    let fill = sqlx::raw_sql(sqlx::AssertSqlSafe(fill));
    // both have to outlive the agent
    let directory = tempfile::tempdir()?;
    let database;
    let records = match engine {
        Engine::Sqlite => {
            let file = directory.path().join("rules.db");
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(file)
                .create_if_missing(true);
            let pool = sqlx::SqlitePool::connect_with(options).await?;
            fill.execute(&pool).await?;
            SqlRecords::sqlite(pool).await?
        }
        Engine::Postgres => {
            database = forest_test_postgres::database()
                .await
                .ok_or("there is no PostgreSQL server")?;
            fill.execute(&*database).await?;
            SqlRecords::postgres((*database).clone()).await?
        }
    };
    let builder = Forest::builder()
        .actions(actions![plain, judged, filtered])
        .records(records);
    let forest = builder.schema_file(false).start().await?;
    let token = forest.local_token(1)?;
    let app = test::init_service(App::new().configure(forest.routes())).await;
    let ids: Vec<String> = (1..=rows).map(|id| id.to_string()).collect();
    for (selection, attributes) in [
        ("given ids", json!({"ids": ids})),
        (
            "select all",
            json!({"all_records": true, "all_records_subset_query": {}}),
        ),
    ] {
        let body = json!({"data": {"attributes": attributes}});
        let mut times = [const { Vec::new() }; 3];
        for round in 0..=rounds {
            for (name, times) in ["plain", "judged", "filtered"].iter().zip(&mut times) {
                let request = test::TestRequest::post()
                    .uri(&format!("/forest/actions/{name}"))
                    .peer_addr(([127, 0, 0, 1], 3310).into())
                    .insert_header(("authorization", format!("Bearer {token}")))
                    .set_json(&body);
                let began = Instant::now();
                let answer = test::call_service(&app, request.to_request()).await;
                let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
                if !answer.status().is_success() {
                    return Err(format!("`{name}` was answered with {}", answer.status()).into());
                }
                // the first one fills caches
                if round > 0 {
                    times.push(milliseconds);
                }
            }
        }
        let [plain, judged, filtered] = &times;
        let ratio = |times: &[f64]| {
            let ratios: Vec<f64> = times.iter().zip(plain).map(|(time, plain)| time / plain).collect();
            format!("{:.2}", Spread::of(&ratios).median)
        };
        table.row([
            engine.to_string(),
            rows.to_string(),
            selection.to_owned(),
            format!("{:.2}", Spread::of(plain).median),
            ratio(judged),
            ratio(filtered),
        ]);
    }
    Ok(())
}
