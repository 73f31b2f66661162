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
    /// Confirmations that fail before one succeeds.
    failures: Arc<AtomicUsize>,
}

fn down<T>() -> Result<T, SinkError> {
    Err(SinkError::failed("the disk is full"))
}

impl AuditSink for Faulty {
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        match self.refuses_rows.load(Ordering::SeqCst) {
            true => Box::pin(async { down() }),
            false => self.trail.prepare(rows),
        }
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

async fn agent(sink: &Faulty) -> Agent {
    let audit = Audit::sink(sink.clone());
    Agent::with(|builder| {
        builder
            .actions(actions![normal, strict])
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
