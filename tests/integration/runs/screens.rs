//! Runs as people see them: the collections, their actions, and the status page.

use actix_web::web;
use serde_json::{Value, json};

use super::program::{Bench, CHUNK, Fault, Pools, ended, run_id, seen};

async fn listed(user: &forest_actions::testing::TestUser, collection: &str) -> Vec<Value> {
    let list = user.get(&format!("/forest/{collection}?timezone=UTC")).await;
    assert_eq!(list.status(), 200, "{}", list.json());
    list.json()["data"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn runs_and_their_records_are_collections() {
    for pools in Pools::each(20).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start_with(pools.runs().browsable().await.unwrap(), &bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Check").all().await);
        let runs = listed(&ada, "forest_runs").await;
        assert_eq!(runs.len(), 1);
        let run = &runs[0]["attributes"];
        assert_eq!((&run["action"], &run["status"]), (&json!("Check"), &json!("partial")));
        // PostgreSQL's bigint is a text in lists
        assert_eq!(run["succeeded"].to_string().trim_matches('"'), "16");
        for hidden in ["request", "caller", "lease", "answer", "cursor"] {
            assert_eq!(run.get(hidden), None, "{hidden}");
        }
        assert!(run["created_at"].as_str().unwrap().ends_with('Z'), "{run}");
        let records = listed(&ada, "forest_run_records").await;
        let mut shown: Vec<String> = records
            .iter()
            .map(|record| {
                format!(
                    "{} {}",
                    record["attributes"]["record_id"], record["attributes"]["outcome"]
                )
            })
            .collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                "\"13\" \"refused\"",
                "\"17\" \"failed\"",
                "\"3\" \"refused\"",
                "\"7\" \"failed\""
            ]
        );
        let failed = ada
            .get("/forest/forest_runs/count?timezone=UTC&segmentName=Failed")
            .await;
        assert_eq!(failed.json()["count"], 1);
        let written = ada.delete("forest_runs", [&id]).await;
        assert_eq!(written.status(), 405);
        // they are not among the program's own collections
        assert_eq!(
            ada.get("/forest/forest_runs/count?timezone=UTC").await.json()["count"],
            1
        );
    }
}

#[actix_web::test]
async fn failed_records_run_again_and_refused_ones_are_downloaded() {
    for pools in Pools::each(20).await {
        let bench = web::Data::new(Bench::default());
        let forest = pools.start_with(pools.runs().browsable().await.unwrap(), &bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Check").all().await);
        let file = ada.trigger("forest_runs", "Download refused").ids([&id]).await.file();
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        assert!(text.starts_with("record,outcome,code,reason\n"), "{text}");
        assert!(text.contains("\n13,refused,not_due,not due\n"), "{text}");
        let answer = ada.trigger("forest_runs", "Retry failed").ids([&id]).await;
        assert_eq!(answer.success(), "1 runs started again");
        let runs = ada.get("/forest/_runs").await;
        let again = runs.json()["runs"][0].clone();
        assert_eq!((&again["retryOf"], &again["total"]), (&json!(id), &json!(2)));
        let again = ended(&ada, again["id"].as_str().unwrap()).await;
        assert_eq!(
            (&again["failed"], &again["status"]),
            (&json!(2), &json!("failed")),
            "{again}"
        );
        assert_eq!(bench.seen().split_off(20), [7, 17]);
        // nothing is left of it
        let nothing = ada.trigger("forest_runs", "Run the rest").ids([&id]).await;
        assert_eq!(nothing.status(), 400, "{}", nothing.json());
    }
}

#[actix_web::test]
async fn the_rest_of_a_cancelled_run_runs_later() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start_with(pools.runs().browsable().await.unwrap(), &bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        let answer = ada.trigger("forest_runs", "Cancel").ids([&id]).await;
        assert_eq!(answer.success(), "1 runs cancelled");
        bench.allow(1);
        assert_eq!(ended(&ada, &id).await["status"], "cancelled");
        let again = ada.trigger("forest_runs", "Cancel").ids([&id]).await;
        assert_eq!(again.status(), 400);
        let begun = ada.trigger("forest_runs", "Run the rest").ids([&id]).await;
        assert_eq!(begun.success(), "1 runs started again");
        bench.allow(9);
        let rest = ada.get("/forest/_runs").await.json()["runs"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let rest = ended(&ada, &rest).await;
        assert_eq!(
            (&rest["status"], &rest["total"], &rest["succeeded"]),
            (&json!("done"), &json!(20), &json!(20))
        );
        assert_eq!(bench.seen(), (1..=30).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn runs_of_others_are_not_seen_without_a_right() {
    for pools in Pools::each(20).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start_with(pools.runs().browsable().await.unwrap(), &bench).await;
        let (ada, sam) = (forest.admin(), forest.user("Support"));
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        for path in [
            format!("/forest/_runs/{id}"),
            "/forest/_runs/01a22e85-78f8-72bb-ad9e-000000000000".to_owned(),
        ] {
            assert_eq!(sam.get(&path).await.status(), 404, "{path}");
        }
        assert_eq!(sam.cancel_run(&id).await.status(), 404);
        assert_eq!(sam.get("/forest/_runs").await.json()["runs"], json!([]));
        let denied = sam.trigger("forest_runs", "Cancel").ids([&id]).await;
        assert_eq!(denied.status(), 403);
        let nobody = ada
            .clone()
            .with_token("no token")
            .get(&format!("/forest/_runs/{id}"))
            .await;
        assert_eq!(nobody.status(), 401);
        bench.allow(9);
        ended(&ada, &id).await;
    }
}

#[actix_web::test]
async fn the_status_page_says_nothing_by_itself_and_is_read_with_its_token() {
    let pools = &Pools::each(20).await[0];
    let bench = web::Data::new(Bench::default());
    bench.faults.lock().unwrap().push((3, Fault::Fails));
    let forest = pools.start(&bench).await;
    let ada = forest.admin();
    let answer = ada.trigger("accounts", "Close").all().await;
    let url = answer.json()["run"]["url"].as_str().unwrap().to_owned();
    let (address, token) = url.split_once("#t=").unwrap();
    let path = address.strip_prefix("http://localhost:3310").unwrap();
    let app = actix_web::test::init_service(pools.app(forest.forest(), &bench)).await;
    let get = |accept: &'static str, token: Option<&str>| {
        let request = actix_web::test::TestRequest::get()
            .uri(path)
            .insert_header(("accept", accept));
        match token {
            Some(token) => request.insert_header(("x-forest-run-token", token)).to_request(),
            None => request.to_request(),
        }
    };
    let page = actix_web::test::call_service(&app, get("text/html,*/*", None)).await;
    assert_eq!(page.status(), 200);
    let policy = page
        .headers()
        .get("content-security-policy")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    let text = actix_web::test::read_body(page).await;
    assert!(!String::from_utf8_lossy(&text).contains("Close"));
    let run: Value = actix_web::test::call_and_read_body_json(&app, get("application/json", Some(token))).await;
    assert_eq!(run["action"], "Close");
    assert_eq!(run.get("url"), None);
    for wrong in [Some("no token"), None] {
        let refused = actix_web::test::call_service(&app, get("application/json", wrong)).await;
        assert_eq!(refused.status(), 401);
    }
    // a token of a session is none of a page, and the other way round
    let session = ada.clone().with_token(token).get("/forest/_runs").await;
    assert_eq!(session.status(), 401);
}
