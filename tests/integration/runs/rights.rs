//! Rights, scopes, approvals and the trail of a run that starts later, or goes on for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web;
use forest_actions::audit::{Audit, AuditMemory, AuditRow, AuditSink, AuditStatus, AuditUpdate, SinkFuture};
use forest_actions::prelude::*;
use forest_actions::runs::RunStatus;
use forest_actions::testing::TestForest;
use futures_util::TryStreamExt as _;
use serde_json::json;

use super::program::{Bench, CHUNK, Pools, ended, eventually, run_id, run_when, seen};

#[actix_web::test]
async fn a_right_that_is_withdrawn_stops_the_run_at_its_chunk() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let sam = forest.user("Closer");
        forest.fake().grant("Closer", "accounts", "Close");
        let id = run_id(&sam.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        forest.fake().role("Closer").may_not_trigger("accounts", "Close");
        run_when(&sam, &id, |run| run["status"] == "running").await;
        bench.allow(9);
        let run = ended(&sam, &id).await;
        assert_eq!(
            (&run["status"], &run["succeeded"]),
            (&json!("partial"), &json!(10)),
            "{run}"
        );
        assert!(run["message"].as_str().unwrap().contains("permission"), "{run}");
        assert_eq!(bench.seen(), (1..=10).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn a_scope_that_changes_holds_from_the_next_chunk_on() {
    for pools in Pools::each(40).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        let scope = json!({"field": "id", "operator": "less_than", "value": 25});
        forest.fake().rendering(1).scope("accounts", scope);
        run_when(&ada, &id, |run| run["status"] == "running").await;
        bench.allow(9);
        let run = ended(&ada, &id).await;
        assert_eq!(run["status"], "done", "{run}");
        assert_eq!(bench.seen(), (1..25).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn an_approved_request_is_one_run_however_often_it_is_sent() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let sam = forest.user("Closer");
        forest
            .fake()
            .grant("Closer", "accounts", "Close")
            .requires_approval("accounts", "Close");
        forest.fake().role("Manager").may_approve("accounts", "Close");
        let maria = forest.user("Manager");
        let approval = sam.trigger("accounts", "Close").ids(1..=15).await.request_approval();
        let first = maria.approve(&approval).await;
        assert_eq!(first.success(), "Started: Close for 15 records");
        let second = maria.approve(&approval).await;
        assert_eq!(run_id(&first), run_id(&second));
        bench.allow(9);
        let run = ended(&maria, &run_id(&first)).await;
        assert_eq!(
            (&run["status"], &run["succeeded"]),
            (&json!("done"), &json!(15)),
            "{run}"
        );
        assert_eq!(run["requesterId"], json!(sam.id().to_string()));
        let third = maria.approve(&approval).await;
        assert_eq!((third.success(), run_id(&third)), ("closed", run_id(&first)));
        assert_eq!(bench.seen().len(), 15);
    }
}

#[actix_web::test]
async fn an_action_that_comes_to_need_an_approval_stops() {
    for pools in Pools::each(30).await {
        let bench = web::Data::new(Bench::gated());
        let forest = pools.start(&bench).await;
        let sam = forest.user("Closer");
        forest.fake().grant("Closer", "accounts", "Close");
        let id = run_id(&sam.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        forest.fake().role("Closer").requires_approval("accounts", "Close");
        run_when(&sam, &id, |run| run["status"] == "running").await;
        bench.allow(9);
        let run = ended(&sam, &id).await;
        assert_eq!(
            (&run["status"], &run["succeeded"]),
            (&json!("partial"), &json!(10)),
            "{run}"
        );
        assert_eq!(bench.seen().len(), 10);
    }
}

#[actix_web::test]
async fn a_forest_server_that_is_away_makes_the_run_wait() {
    let pools = &Pools::each(30).await[0];
    let bench = web::Data::new(Bench::gated());
    let forest = pools.start(&bench).await;
    let ada = forest.admin();
    let id = run_id(&ada.trigger("accounts", "Close").all().await);
    seen(&bench, CHUNK).await;
    let fault = forest_actions::testing::Fault::json(500, &json!({}));
    for route in [
        "/liana/v4/permissions/environment",
        "/liana/v4/permissions/users",
        "/liana/v4/permissions/renderings/*",
    ] {
        forest.fake().fault(route, fault.clone());
    }
    // its cached rights are gone
    forest.fake().role("Other");
    forest.admin();
    let _refused = ada.trigger("accounts", "Close alone").ids([1]).await;
    bench.allow(9);
    let look = async || {
        let run = forest.forest().find_run(&id).await.unwrap().unwrap();
        (run.status, run.progress)
    };
    let (_, progress) = eventually(look, |(status, _)| *status == RunStatus::Queued).await;
    assert!(progress.unwrap().starts_with("Waiting: "));
    assert_eq!(bench.seen().len(), CHUNK);
}

/// A store of the trail that can be away.
#[derive(Clone, Default)]
struct Away(Arc<AtomicBool>);

impl AuditSink for Away {
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        let away = self.0.load(Ordering::Relaxed);
        Box::pin(async move {
            match away {
                true => Err(forest_actions::audit::SinkError::failed("away")),
                false => Ok((1..).take(rows.len()).collect()),
            }
        })
    }

    fn confirm(&self, _: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[actix_web::test]
async fn a_strict_trail_that_is_away_refuses_runs_and_makes_others_wait() {
    for pools in Pools::each(30).await {
        let (bench, away) = (web::Data::new(Bench::gated()), Away::default());
        let builder = pools
            .builder(pools.runs())
            .await
            .audit(Audit::sink(away.clone()).strict());
        let forest = TestForest::start(builder, |forest| pools.app(forest, &bench))
            .await
            .unwrap();
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        seen(&bench, CHUNK).await;
        away.0.store(true, Ordering::Relaxed);
        bench.allow(9);
        let run = run_when(&ada, &id, |run| run["status"] == "queued").await;
        assert!(run["progress"].as_str().unwrap().starts_with("Waiting: "), "{run}");
        assert_eq!(bench.seen().len(), CHUNK);
        let refused = ada.trigger("accounts", "Close").ids([1]).await;
        assert_eq!((refused.status(), refused.error_name()), (503, "AuditUnavailableError"));
        let runs = ada.get("/forest/_runs").await;
        assert_eq!(runs.json()["runs"].as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn the_trail_has_the_submission_and_each_record_under_one_id() {
    for pools in Pools::each(25).await {
        let bench = web::Data::new(Bench::default());
        let builder = pools.builder(pools.runs()).await.audit(Audit::sink(AuditMemory::new()));
        let forest = TestForest::start(builder, |forest| pools.app(forest, &bench))
            .await
            .unwrap();
        let ada = forest.admin();
        let id = run_id(&ada.trigger("accounts", "Close").all().await);
        let run = ended(&ada, &id).await;
        let rows = forest.audit().await;
        assert!(
            rows.iter()
                .all(|row| row.correlation_key.as_deref() == run["correlationId"].as_str())
        );
        let of_run = rows.iter().filter(|row| row.run_id.as_deref() == Some(&id));
        let records: Vec<&str> = of_run
            .filter_map(|row| row.record_id.as_deref())
            .filter(|id| !id.is_empty())
            .collect();
        assert_eq!(records, (1..=25).map(|id| id.to_string()).collect::<Vec<_>>());
        assert!(rows.iter().all(|row| row.status == AuditStatus::Done), "{rows:?}");
    }
}

#[derive(ActionForm)]
struct Before {
    note: Option<String>,
}

#[derive(ActionForm)]
struct After {
    #[field(min = 1)]
    amount: i64,
}

#[smart_action(collection = "accounts", name = "Adjust", background, wait = "0ms")]
async fn adjust_before(selection: Selection, _form: Form<Before>) -> ActionResult {
    let _: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success("before"))
}

mod deployed {
    use super::*;

    #[smart_action(collection = "accounts", name = "Adjust", background, wait = "0ms")]
    pub(super) async fn adjust_after(selection: Selection, form: Form<After>) -> ActionResult {
        let _: Vec<i64> = selection.stream::<i64>().try_collect().await?;
        Ok(success(format!("after {}", form.amount)))
    }
}

#[actix_web::test]
async fn a_form_that_a_deploy_changed_ends_the_run_with_a_clear_text() {
    for pools in Pools::each(5).await {
        let bench = web::Data::new(Bench::default());
        let agent = async |actions: [&'static forest_actions::ActionDescriptor; 1]| {
            let forest = Forest::builder()
                .actions(actions)
                .records(pools.records().await)
                .runs(pools.runs());
            let forest = forest
                .schema_file(false)
                .auth_secret("a secret that all instances have");
            forest.start().await.unwrap()
        };
        let before = agent(actions![adjust_before]).await;
        let id = super::handover::submit_to(&before, &pools, &bench, "adjust", json!({})).await;
        let after = agent(actions![deployed::adjust_after]).await;
        let app = pools.app(&after, &bench);
        let worker = actix_web::rt::spawn({
            let after = after.clone();
            async move { after.carry_out(app).await }
        });
        let run = super::handover::end(&after, &id).await;
        worker.abort();
        assert_eq!(run.status.as_str(), "failed");
        let message = run.message.unwrap();
        assert!(
            message.contains("amount") && message.contains("has changed since this run was submitted"),
            "{message}"
        );
    }
}

#[actix_web::test]
async fn a_run_that_another_secret_sealed_ends_with_a_clear_text() {
    for pools in Pools::each(5).await {
        let bench = web::Data::new(Bench::default());
        let agent = async |secret: &'static str| {
            let builder = pools.builder(pools.runs()).await.auth_secret(secret);
            builder.start().await.unwrap()
        };
        let id = super::handover::submit_to(&agent("one secret").await, &pools, &bench, "close", json!({})).await;
        let other = agent("another secret").await;
        let app = pools.app(&other, &bench);
        let worker = actix_web::rt::spawn({
            let other = other.clone();
            async move { other.carry_out(app).await }
        });
        let run = super::handover::end(&other, &id).await;
        worker.abort();
        assert_eq!(
            run.message.as_deref(),
            Some("the secret that sealed this run has changed")
        );
        assert!(bench.seen().is_empty());
    }
}
