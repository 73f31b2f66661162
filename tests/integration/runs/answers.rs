//! What a submission answers, and what a run comes to.

use actix_web::web;
use forest_actions::Forest;
use futures_util::future::join_all;
use serde_json::json;

use super::program::{Bench, CHUNK, Fault, Pools, ended, run_id, run_when, seen};

#[actix_web::test]
async fn a_run_goes_on_behind_its_request_and_tells_how_far_it_is() {
    for pools in Pools::each(25).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let answer = ada.trigger("accounts", "Close").all().await;
        assert_eq!(answer.success(), "Started: Close for 25 records");
        let id = run_id(&answer);
        let url = answer.json()["run"]["url"].as_str().unwrap();
        assert!(url.contains(&format!("/forest/_runs/{id}#t=")), "{url}");
        assert!(answer.html().contains("Follow it"));
        assert_eq!(answer.json()["run"]["total"], 25);
        bench.allow(1);
        let run = run_when(&ada, &id, |run| run["processed"] == 10).await;
        assert_eq!((&run["status"], &run["progress"]), (&json!("running"), &json!("at 1")));
        bench.allow(2);
        let run = ended(&ada, &id).await;
        assert_eq!((&run["status"], &run["message"]), (&json!("done"), &json!("closed")));
        assert_eq!((&run["processed"], &run["succeeded"]), (&json!(25), &json!(25)));
        assert_eq!(bench.seen(), (1..=25).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn a_run_that_ends_soon_answers_as_in_the_request() {
    for pools in Pools::each(40).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        for selection in ["all", "given", "none done"] {
            let trigger = |name: &str| {
                let trigger = ada.trigger("accounts", name);
                match selection {
                    "all" => trigger.all(),
                    "given" => trigger.ids([5, 3, 7, 40, 99]),
                    _ => trigger.ids([3, 13, 7]),
                }
            };
            let (at_once, mut run) = (trigger("Check at once").await, trigger("Check").await.json().clone());
            let member = run.as_object_mut().unwrap().remove("run").unwrap();
            if selection != "none done" {
                assert_eq!(run, *at_once.json());
                assert_eq!(member["status"], "partial");
            } else {
                assert_eq!(
                    (&run["error"], &run["results"]),
                    (&at_once.json()["error"], &at_once.json()["results"])
                );
                assert_eq!(member["status"], "failed");
            }
        }
    }
}

#[actix_web::test]
async fn the_answer_of_a_run_is_for_its_user_alone() {
    for pools in Pools::each(20).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start_with(pools.runs().browsable().await.unwrap(), &bench).await;
        let (ada, sam) = (forest.admin(), forest.user("Closer"));
        forest.fake().grant("Closer", "accounts", "Check");
        forest.fake().grant("Closer", "accounts", "Check at once");
        let id = run_id(&sam.trigger("accounts", "Check").all().await);
        let own = ended(&sam, &id).await;
        assert_eq!(own["answer"]["status"], 200, "{own}");
        let at_once = sam.trigger("accounts", "Check at once").all().await;
        assert_eq!(own["answer"]["body"], *at_once.json());
        let others = ended(&ada, &id).await;
        assert_eq!((&others["status"], others.get("answer")), (&own["status"], None));
        assert_eq!(others["reasons"], own["reasons"]);
    }
}

#[actix_web::test]
async fn few_records_stay_in_the_request() {
    for pools in Pools::each(25).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let few = ada.trigger("accounts", "Close many").ids(1..=20).await;
        assert_eq!((few.success(), few.json().get("run")), ("closed, false", None));
        let many = ada.trigger("accounts", "Close many").all().await;
        let run = ended(&ada, &run_id(&many)).await;
        assert_eq!(run["message"], "closed, true");
    }
}

#[actix_web::test]
async fn a_request_that_is_sent_fifty_times_is_one_run() {
    for pools in Pools::each(15).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let answers = join_all((0..50).map(|_| async { ada.trigger("accounts", "Close").all().await })).await;
        let ids: std::collections::BTreeSet<String> = answers.iter().map(run_id).collect();
        assert_eq!(ids.len(), 1);
        let new = answers.iter().filter(|answer| answer.success().starts_with("Started"));
        assert_eq!(new.count(), 1);
        bench.allow(2);
        let id = ids.first().unwrap();
        ended(&ada, id).await;
        assert_eq!(bench.seen().len(), 15);
        // another day
        let again = ada.trigger("accounts", "Close").all().await;
        assert_ne!(run_id(&again), *id);
        bench.allow(2);
        ended(&ada, &run_id(&again)).await;
    }
}

#[actix_web::test]
async fn an_exclusive_action_names_who_runs_it() {
    for pools in Pools::each(15).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let first = ada.trigger("accounts", "Close alone").all().await;
        let second = ada.trigger("accounts", "Close alone").ids([1]).await;
        assert_eq!((second.status(), second.error_name()), (409, "RunInProgressError"));
        assert!(second.error().contains("is running already"), "{}", second.error());
        bench.allow(2);
        ended(&ada, &run_id(&first)).await;
        let third = ada.trigger("accounts", "Close alone").ids([1]).await;
        bench.allow(1);
        ended(&ada, &run_id(&third)).await;
    }
}

#[actix_web::test]
async fn a_cancelled_run_ends_with_its_chunk() {
    for pools in Pools::each(50).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        let cancelled = ada.cancel_run(&id).await;
        assert_eq!(cancelled.json()["status"], "stopping");
        bench.allow(1);
        let run = ended(&ada, &id).await;
        assert_eq!(
            (&run["status"], &run["message"]),
            (&json!("cancelled"), &json!("stopped"))
        );
        assert_eq!((&run["processed"], bench.seen().len()), (&json!(10), 10));
        let late = ada.cancel_run(&id).await;
        assert_eq!((late.status(), late.error_name()), (409, "RunEndedError"));
    }
}

#[actix_web::test]
async fn an_error_is_tried_again_from_the_last_chunk() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::default());
        bench.faults.lock().unwrap().push((15, Fault::Fails));
        let forest = pools
            .start_with(pools.runs().retry_after(std::time::Duration::ZERO), &bench)
            .await;
        let ada = forest.admin();
        let run = ended(&ada, &run_id(&ada.trigger("accounts", "Close").all().await)).await;
        assert_eq!(
            (&run["status"], &run["attempt"], &run["succeeded"]),
            (&json!("done"), &json!(2), &json!(30))
        );
        let expected: Vec<i64> = (1..=15).chain(11..=30).collect();
        assert_eq!(bench.seen(), expected);
    }
}

#[actix_web::test]
async fn a_record_that_always_panics_is_found_and_skipped() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::default());
        bench.faults.lock().unwrap().extend([(15, Fault::Panics); 9]);
        let forest = pools
            .start_with(pools.runs().retry_after(std::time::Duration::ZERO), &bench)
            .await;
        let ada = forest.admin();
        let run = ended(&ada, &run_id(&ada.trigger("accounts", "Close").all().await)).await;
        assert_eq!(
            (&run["status"], &run["failed"], &run["succeeded"]),
            (&json!("partial"), &json!(1), &json!(29)),
            "{run}"
        );
        assert_eq!(run["reasons"][0]["text"], "unexpected error");
        let others: Vec<i64> = bench.seen().into_iter().filter(|id| *id > 15).collect();
        assert_eq!(others.iter().collect::<std::collections::BTreeSet<_>>().len(), 15);
    }
}

#[actix_web::test]
async fn an_error_that_stays_ends_the_run_with_a_reference() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::default());
        let faults = (1..=30).flat_map(|id| [(id, Fault::Fails); 9]);
        bench.faults.lock().unwrap().extend(faults);
        let forest = pools
            .start_with(pools.runs().retry_after(std::time::Duration::ZERO), &bench)
            .await;
        let ada = forest.admin();
        let run = ended(&ada, &run_id(&ada.trigger("accounts", "Close").all().await)).await;
        assert_eq!(run["status"], "failed");
        assert!(run["reference"].is_string(), "{run}");
        assert!(!run["message"].as_str().unwrap().contains("no connection"), "{run}");
    }
}

#[actix_web::test]
async fn a_handler_that_reads_wrongly_is_told() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let forgot = ada.trigger("accounts", "Forget").all().await;
        assert_eq!(
            forgot.error(),
            "The handler did not read the selection, so nothing was done."
        );
        let twice = ada.trigger("accounts", "Read twice").all().await;
        assert_eq!(twice.status(), 500);
    }
}

#[actix_web::test]
async fn without_a_place_for_runs_the_start_is_refused() {
    let pools = &Pools::each(1).await[0];
    let builder = pools.builder(pools.runs()).await;
    assert!(builder.schema().is_ok());
    let refused = Forest::builder()
        .actions(forest_actions::actions![super::program::close])
        .records(pools.records().await)
        .schema();
    let text = refused.unwrap_err().to_string();
    assert!(text.contains(".runs(Runs::postgres(pool))"), "{text}");
}
