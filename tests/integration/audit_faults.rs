//! The audit trail when its store fails, and what strict mode refuses then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use forest_actions::audit::{Audit, AuditMemory, AuditRow, AuditSink, AuditStatus, AuditUpdate, SinkError, SinkFuture};
use forest_actions::prelude::*;
use serde_json::json;

use crate::support::records::action;
use crate::support::{Agent, Call, Log, Runs};

/// A trail whose writes can be made to fail.
#[derive(Clone, Default)]
struct Faulty {
    trail: AuditMemory,
    refuses_rows: Arc<AtomicBool>,
    /// Refuses rows after this many batches; 0 for never.
    full_after: Arc<AtomicUsize>,
    /// Confirmations that fail before one succeeds.
    failures: Arc<AtomicUsize>,
}

fn down<T>() -> Result<T, SinkError> {
    Err(SinkError::failed("the disk is full"))
}

impl AuditSink for Faulty {
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        if self.refuses_rows.load(Ordering::SeqCst) {
            return Box::pin(async { down() });
        }
        let count = |left: usize| left.checked_sub(1);
        if self.full_after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) == Ok(1) {
            self.refuses_rows.store(true, Ordering::SeqCst);
        }
        self.trail.prepare(rows)
    }

    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        let left = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Box::pin(async { down() }),
            Err(_) => self.trail.confirm(updates),
        }
    }
}

#[smart_action(collection = "audited", name = "Normal", kind = "global")]
async fn normal(runs: web::Data<Runs>) -> &'static str {
    runs.add();
    "done"
}

#[smart_action(collection = "audited", name = "Strict", kind = "global", audit = "strict")]
async fn strict(runs: web::Data<Runs>) -> &'static str {
    runs.add();
    "done"
}

#[smart_action(collection = "audited", name = "Many", kind = "bulk", audit = "strict")]
async fn many(_ids: RecordIds<i64>, runs: web::Data<Runs>) {
    runs.add();
}

async fn agent(sink: &Faulty) -> Agent {
    let audit = Audit::sink(sink.clone());
    Agent::with(|builder| {
        builder
            .actions(actions![normal, strict, many])
            .schema_file(false)
            .audit(audit)
    })
    .await
}

#[actix_web::test]
async fn a_run_that_cannot_be_recorded_is_refused_in_strict_mode_and_goes_on_otherwise() {
    let sink = Faulty::default();
    let agent = agent(&sink).await;
    let app = agent.serve().await;
    sink.refuses_rows.store(true, Ordering::SeqCst);
    let log = Log::capture();
    let refused = Call::post(action("strict")).send(&app).await;
    assert_eq!((refused.status(), refused.header("retry-after")), (503, Some("5")));
    let text = "This action was not run because it could not be recorded. Try again.";
    assert_eq!(
        refused.json(),
        json!({"error": text, "errors": [{"status": 503, "detail": text, "name": "AuditUnavailableError"}]})
    );
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(Call::post(action("normal")).send(&app).await.success(), "done");
    assert_eq!(agent.runs.count(), 1);
    let lines = log.lines();
    let lost = lines
        .iter()
        .filter(|line| line.message() == "a run cannot be recorded in the audit trail");
    assert_eq!(lost.count(), 2);
}

#[actix_web::test]
async fn a_confirmation_is_repeated_after_the_answer_and_never_fails_a_run() {
    let sink = Faulty::default();
    let agent = agent(&sink).await;
    let app = agent.serve().await;
    sink.failures.store(2, Ordering::SeqCst);
    assert_eq!(Call::post(action("strict")).send(&app).await.success(), "done");
    assert_eq!(sink.trail.rows()[0].status, AuditStatus::Pending);
    // a program that stops waits for it
    agent.forest.until_idle().await;
    assert_eq!(sink.trail.rows()[0].status, AuditStatus::Done);
    // a row that cannot be confirmed stays pending
    sink.failures.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(Call::post(action("strict")).send(&app).await.success(), "done");
    agent.forest.until_idle().await;
    assert_eq!(sink.trail.rows()[1].status, AuditStatus::Pending);
}

#[actix_web::test]
async fn a_run_whose_rows_fit_only_partly_leaves_none_pending() {
    let sink = Faulty::default();
    let agent = agent(&sink).await;
    sink.full_after.store(1, Ordering::SeqCst);
    let ids: Vec<String> = (1..=700).map(|id| id.to_string()).collect();
    let call = Call::post(action("many")).attributes(json!({"ids": ids}));
    let refused = call.send(&agent.serve().await).await;
    assert_eq!((refused.status(), agent.runs.count()), (503, 0), "{refused:?}");
    agent.forest.until_idle().await;
    let rows = sink.trail.rows();
    assert_eq!(rows.len(), 500);
    for row in rows {
        assert_eq!(
            (row.status, row.operation.to_string().as_str()),
            (AuditStatus::Done, "action_refused")
        );
    }
}
