//! Runs whose workers die, stop, or lose their lease.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{rt, web};
use forest_actions::Forest;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::program::{Bench, CHUNK, Fault, LEASE, Pools, ended, eventually, run_id, run_when, seen};

/// Workers of programs of their own, which share the database of the runs.
struct Workers<'p> {
    pools: &'p Pools,
    bench: web::Data<Bench>,
}

impl Workers<'_> {
    async fn forest(&self) -> Forest {
        let runs = self.pools.runs().lease(LEASE);
        let builder = self.pools.builder(runs.retry_after(Duration::ZERO)).await;
        builder
            .auth_secret("a secret that all instances have")
            .start()
            .await
            .unwrap()
    }

    /// A worker; the end of its task is like the end of its process.
    fn start(&self, forest: &Forest) -> rt::task::JoinHandle<()> {
        let (app, forest) = (self.pools.app(forest, &self.bench), forest.clone());
        rt::spawn(async move { forest.carry_out(app).await })
    }
}

async fn submit(forest: &Forest, workers: &Workers<'_>, action: &str, values: Value) -> String {
    submit_to(forest, workers.pools, &workers.bench, action, values).await
}

/// Submits a run to an instance without workers, and gives its id.
pub(super) async fn submit_to(
    forest: &Forest,
    pools: &Pools,
    bench: &web::Data<Bench>,
    action: &str,
    values: Value,
) -> String {
    let app = actix_web::test::init_service(pools.app(forest, bench)).await;
    let body = json!({"data": {"attributes": {
        "collection_name": "accounts", "ids": [], "all_records": true, "all_records_subset_query": {"timezone": "UTC"}, "values": values,
    }}});
    let request = actix_web::test::TestRequest::post()
        .uri(&format!("/forest/actions/{action}?timezone=UTC"))
        .peer_addr(([127, 0, 0, 1], 4_000).into())
        .insert_header(("host", "localhost"))
        .insert_header(("authorization", format!("Bearer {}", forest.local_token(1).unwrap())))
        .set_json(body);
    let answer: Value = actix_web::test::call_and_read_body_json(&app, request.to_request()).await;
    answer["run"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

/// The run, once it has ended.
pub(super) fn end<'a>(forest: &'a Forest, id: &'a str) -> LocalBoxFuture<'a, forest_actions::runs::RunRow> {
    Box::pin(async move {
        let look = async || {
            let run = forest.find_run(id).await.unwrap().unwrap();
            (run.processed, run.status.is_final())
        };
        eventually(look, |(_, has_ended)| *has_ended).await;
        forest.find_run(id).await.unwrap().unwrap()
    })
}

#[actix_web::test]
async fn a_transaction_of_the_handler_may_hold_the_run() {
    for pools in Pools::each(30).await {
        let forest = pools.start_with(pools.runs().lease(LEASE), &web::Data::default()).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Hold").all().await);
        let run = ended(&ada, &id).await;
        assert_eq!((&run["status"], &run["attempt"]), (&json!("done"), &json!(1)), "{run}");
    }
}

#[actix_web::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let workers = Workers {
            pools: &pools,
            bench: bench.clone(),
        };
        let forest = workers.forest().await;
        submit(&forest, &workers, "close", json!({})).await;
        let worker = workers.start(&forest);
        seen(&bench, CHUNK).await;
        // as if the process had been stopped for long, and another one had taken the run over
        let table = match &pools {
            Pools::Sqlite(..) => "forest_runs",
            Pools::Postgres(..) => "forest.runs",
        };
        pools.execute(&format!("UPDATE {table} SET lease = 'of another'")).await;
        bench.allow(9);
        let processed = format!("SELECT processed FROM {table}");
        let statuses = format!("SELECT CAST(CASE status WHEN 'running' THEN 1 ELSE 0 END AS BIGINT) FROM {table}");
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            assert_eq!(pools.numbers(&processed).await, [0]);
        }
        assert_eq!(bench.seen().len(), CHUNK);
        assert_eq!(
            pools.numbers(&format!("{statuses} WHERE lease = 'of another'")).await,
            [1]
        );
        worker.abort();
    }
}

#[actix_web::test]
async fn a_program_that_stops_hands_its_run_over_after_the_chunk() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let workers = Workers {
            pools: &pools,
            bench: bench.clone(),
        };
        let (first, second) = (workers.forest().await, workers.forest().await);
        let id = submit(&first, &workers, "close", json!({})).await;
        let worker = workers.start(&first);
        seen(&bench, CHUNK).await;
        let server = actix_web::HttpServer::new(actix_web::App::new)
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap()
            .run();
        let handle = server.handle();
        let server = rt::spawn(server);
        let stop = rt::spawn({
            let first = first.clone();
            async move { first.stop(&handle, Duration::from_secs(10)).await }
        });
        bench.allow(1);
        stop.await.unwrap();
        worker.await.unwrap();
        server.await.unwrap().unwrap();
        let run = second.find_run(&id).await.unwrap().unwrap();
        assert_eq!(
            (run.status.as_str(), run.processed, run.attempt),
            ("queued", 10, 0),
            "{run:?}"
        );
        bench.allow(9);
        let worker = workers.start(&second);
        let run = end(&second, &id).await;
        worker.abort();
        assert_eq!((run.status.as_str(), run.succeeded), ("done", 30));
        assert_eq!(bench.seen(), (1..=30).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn a_run_that_ends_the_program_again_and_again_is_given_up() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let workers = Workers {
            pools: &pools,
            bench: bench.clone(),
        };
        let forest = workers.forest().await;
        let id = submit(&forest, &workers, "close", json!({})).await;
        for attempt in 1..=3 {
            let worker = workers.start(&forest);
            let look = async || forest.find_run(&id).await.unwrap().unwrap().attempt;
            eventually(look, |now| *now == attempt).await;
            worker.abort();
        }
        let worker = workers.start(&forest);
        let run = end(&forest, &id).await;
        worker.abort();
        assert_eq!(run.status.as_str(), "failed");
        assert!(run.message.unwrap().contains("ended 3 times"));
    }
}

#[actix_web::test]
async fn counts_and_reasons_of_all_attempts_are_in_the_answer() {
    for pools in Pools::each(40).await {
        let bench = web::Data::new(Bench::default());
        bench.faults.lock().unwrap().push((25, Fault::Fails));
        let forest = pools.start_with(pools.runs().retry_after(Duration::ZERO), &bench).await;
        let ada = forest.admin();
        let at_once = ada.trigger("accounts", "Check at once").ids(1..=24).await;
        assert_eq!(at_once.success(), "19 accounts checked, 3 refused, 2 failed");
        let answer = ada.trigger("accounts", "Check").all().await;
        assert_eq!(
            answer.success(),
            "32 accounts checked, 4 refused, 4 failed",
            "{}",
            answer.json()
        );
        let ids = answer.json()["results"]["reasons"][0]["ids"].clone();
        assert_eq!(ids, json!(["3", "13", "23", "33"]));
        let run = ended(&ada, &run_id(&answer)).await;
        assert_eq!((&run["attempt"], &run["status"]), (&json!(2), &json!("partial")));
        assert_eq!(
            [&run["succeeded"], &run["refused"], &run["failed"]],
            [&json!(32), &json!(4), &json!(4)]
        );
    }
}

#[actix_web::test]
async fn a_database_that_restarts_does_not_end_a_run() {
    for pools in Pools::each(30).await {
        let Pools::Postgres(database, _) = &pools else { continue };
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start_with(pools.runs().retry_after(Duration::ZERO), &bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(end).execute(database).await.unwrap();
        bench.allow(9);
        let run = run_when(&ada, &id, |run| run["status"] == "done").await;
        assert_eq!(run["succeeded"], 30);
        let bench: &Arc<Bench> = &bench;
        assert!(bench.seen().len() <= 40);
    }
}
