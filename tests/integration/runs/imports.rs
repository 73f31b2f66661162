//! Imports that run in the background.

use actix_web::web;
use forest_actions::prelude::*;
use serde_json::json;

use super::program::{Bench, LEASE, Pools, eventually, run_id, run_when, seen};

fn file(rows: u64) -> String {
    let rows: Vec<String> = (1..=rows).map(|id| id.to_string()).collect();
    FormFile::new("accounts.csv", "text/csv", format!("id\n{}", rows.join("\n"))).to_data_uri()
}

#[actix_web::test]
async fn a_short_import_answers_as_in_the_request() {
    for pools in Pools::each(1).await {
        let forest = pools.start(&web::Data::new(Bench::default())).await;
        let answer = forest
            .admin()
            .trigger("accounts", "Import")
            .value("file", file(4))
            .await;
        let answer = answer.json();
        assert_eq!(answer["success"], "3 rows imported, 1 refused", "{answer}");
        assert_eq!(answer["results"]["reasons"][0]["ids"], json!(["4"]));
        assert_eq!(answer["run"]["status"], "partial");
    }
}

#[actix_web::test]
async fn a_long_import_tells_its_row_and_ends_after_it_when_it_is_cancelled() {
    for pools in Pools::each(1).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start_with(pools.runs().lease(LEASE), &bench).await;
        let ada = forest.admin();
        let answer = ada.trigger("accounts", "Import later").value("file", file(2_000)).await;
        let id = run_id(&answer);
        seen(&bench, 1).await;
        let run = run_when(&ada, &id, |run| !run["progress"].is_null()).await;
        assert_eq!(run["progress"], "0 / 2000");
        ada.cancel_run(&id).await;
        let look = async || {
            bench.allow(1);
            ada.get(&format!("/forest/_runs/{id}")).await.json().clone()
        };
        let run = eventually(look, |run| !run["finishedAt"].is_null()).await;
        assert_eq!(run["status"], "cancelled", "{run}");
        let (done, text) = (run["succeeded"].as_u64().unwrap(), run["message"].as_str().unwrap());
        assert!((1..2_000).contains(&done) && text.contains("cancelled"), "{run}");
    }
}
