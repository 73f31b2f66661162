//! The actions that most tests use: one of each kind, and an unprotected one. Each run is counted.

use std::sync::atomic::{AtomicUsize, Ordering};

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;

/// Number of completed handlers.
#[derive(Debug, Default)]
pub(crate) struct Runs(AtomicUsize);

impl Runs {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// The count, which starts again.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
pub(crate) async fn mark_as_live(id: RecordId<i64>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(format!("Company {} is now live!", *id)))
}

/// Answers with the ids as it got them, joined by commas.
#[smart_action(collection = "companies", name = "Archive", kind = "bulk")]
pub(crate) async fn archive(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(ids.into_inner().join(",")))
}

#[smart_action(collection = "companies", name = "Recount", kind = "global")]
pub(crate) async fn recount(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(format!("{} ids", ids.len())))
}

#[smart_action(collection = "companies", name = "Ping", kind = "global", unprotected)]
pub(crate) async fn ping(runs: web::Data<Runs>) -> &'static str {
    runs.add();
    "pong"
}

/// All of them.
pub(crate) fn companies() -> [&'static ActionDescriptor; 4] {
    actions![mark_as_live, archive, recount, ping]
}
