//! An action that takes a minute: it starts a run, a second one shows how far it is, a third one stops it.
//!
//! The run belongs to this process: with several instances, keep it in a table. A stop of the program ends it between two loans.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use forest_actions::prelude::*;
use futures_util::TryStreamExt as _;
use sqlx::AnyPool;

use crate::database::LoanKey;

#[derive(Default)]
pub(crate) struct Run {
    is_running: AtomicBool,
    is_cancelled: AtomicBool,
    done: AtomicU64,
}

/// 8. Answers at once, and works on.
#[smart_action(collection = "loans", name = "Recalculate interest")]
async fn recalculate_interest(loans: Selection, run: web::Data<Run>, db: web::Data<AnyPool>) -> ActionResult {
    if run.is_running.swap(true, Ordering::AcqRel) {
        return Err(ActionError::conflict("A run is going on already."));
    }
    run.is_cancelled.store(false, Ordering::Release);
    run.done.store(0, Ordering::Release);
    let count = loans.count().await;
    actix_web::rt::spawn(async move {
        if let Err(error) = recalculate(loans, &run, &db).await {
            tracing::error!(%error, "the interest could not be recalculated");
        }
        run.is_running.store(false, Ordering::Release);
    });
    Ok(success(format!("Recalculating the interest of {} loans", count?)))
}

async fn recalculate(loans: Selection, run: &Run, db: &AnyPool) -> ActionResult<()> {
    let mut keys = loans.stream::<LoanKey>();
    while let Some((branch, number)) = keys.try_next().await? {
        if run.is_cancelled.load(Ordering::Acquire) {
            break;
        }
        let update = "UPDATE loans SET interest_cents = principal_cents * 4 / 100 WHERE branch = $1 AND number = $2";
        sqlx::query(update).bind(branch).bind(number).execute(db).await?;
        run.done.fetch_add(1, Ordering::AcqRel);
    }
    Ok(())
}

/// 9. Shows the state.
#[smart_action(collection = "loans", name = "Interest run", kind = "global")]
async fn interest_run(run: web::Data<Run>) -> ActionResult {
    let state = if run.is_running.load(Ordering::Acquire) {
        "runs"
    } else {
        "has ended"
    };
    Ok(html(format!(
        "<p>The run {state}: {} loans done</p>",
        run.done.load(Ordering::Acquire)
    )))
}

/// 10. Ends a run after the current loan.
#[smart_action(collection = "loans", name = "Cancel the interest run", kind = "global")]
async fn cancel_the_interest_run(run: web::Data<Run>) -> &'static str {
    run.is_cancelled.store(true, Ordering::Release);
    "The run ends after the current loan"
}
