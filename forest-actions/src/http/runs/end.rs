//! The end of an attempt: the end of the run, its next attempt, or its handover.

use std::time::Duration;

use actix_web::body::to_bytes;
use chrono::{TimeDelta, Utc};

use super::Runs;
use super::slice::SliceEnd;
use super::submit::form_version;
use super::worker::Attempt;
use crate::response::{ActionError, ActionResponse, ErrorKind, Tally};
use crate::runs::{Claimed, Counts, Ended, Pacer, Released, RunStatus, StoredAnswer};

/// The longest wait for the next attempt.
const MAX_WAIT: Duration = Duration::from_secs(5 * 60);
/// The wait for something that does not answer, such as the Forest server.
const AWAY: Duration = Duration::from_secs(30);
/// A run that has waited this long for something ends.
const MAX_AWAY: TimeDelta = TimeDelta::hours(24);
/// Records in a row that cannot be done end a run: the trouble is not in them.
const MAX_SKIPPED: u32 = 5;
/// Requests above this size are not kept after the end.
const KEPT_REQUEST: usize = 1024 * 1024;

/// Why a handler could not go on.
pub(super) enum Interrupted {
    /// The lease is lost: another worker may have the run.
    Lost,
    /// The program stops.
    Stopping,
    /// Rights or scopes have changed.
    RightsChanged,
    /// It cannot be decided whether the run may go on.
    Unknown(ActionError),
    /// The database of the runs does not answer.
    Away(String),
    /// No progress for this long.
    Stalled(Duration),
}

/// Ends a run that cannot be attempted.
pub(super) async fn fail(runs: &Runs, claimed: &Claimed, pacer: &Pacer, text: String) {
    let error = crate::response::failure(text);
    let counts = pacer.counts();
    let status = if counts.succeeded > 0 {
        RunStatus::Partial
    } else {
        RunStatus::Failed
    };
    let ended = Ended {
        status,
        counts,
        records: pacer.records(),
        message: Some(error.message().to_owned()),
        answer: stored(Err(error), "").await,
        reference: None,
        keeps_request: false,
    };
    finish(runs, claimed, &ended).await;
}

/// Closes an attempt without an answer of its handler.
pub(super) async fn close(attempt: &Attempt<'_>, interrupted: Option<Interrupted>, outcome: Result<(), ActionError>) {
    let answer = outcome.map(|()| crate::response::no_content());
    let end = SliceEnd { answer, tally: None };
    conclude(attempt, interrupted, end).await;
}

/// Decides what follows an attempt.
pub(super) async fn conclude(attempt: &Attempt<'_>, interrupted: Option<Interrupted>, end: SliceEnd) {
    let run = &attempt.claimed.run;
    let id = &*run.id;
    match interrupted {
        Some(Interrupted::Lost) => tracing::warn!(run = id, "the lease of a run was lost, and another worker goes on"),
        Some(Interrupted::Stopping) => {
            tracing::info!(run = id, "the program stops, and hands a run over");
            release(attempt, handed_over(attempt)).await;
        }
        Some(Interrupted::RightsChanged) => release(attempt, handed_over(attempt)).await,
        Some(Interrupted::Unknown(error)) => wait(attempt, &error).await,
        Some(Interrupted::Away(cause)) => {
            tracing::warn!(run = id, cause, "a run waits for its database");
            let wait = AWAY;
            release(
                attempt,
                Released {
                    wait,
                    ..handed_over(attempt)
                },
            )
            .await;
        }
        Some(Interrupted::Stalled(time)) => {
            let stalled = ActionError::internal(format!("the handler made no progress for {time:?}, and was cut"));
            again(attempt, stalled).await;
        }
        None => match end.answer {
            Ok(answer) => done(attempt, answer, end.tally).await,
            Err(error) => match error.kind() {
                _ if attempt.pacer.is_cancelled() => refused(attempt, error, end.tally).await,
                ErrorKind::Unavailable => wait(attempt, &error).await,
                ErrorKind::Internal => again(attempt, error).await,
                _ => refused(attempt, error, end.tally).await,
            },
        },
    }
}

/// The handler has answered.
async fn done(attempt: &Attempt<'_>, answer: ActionResponse, tally: Option<Tally>) {
    let run = &attempt.claimed.run;
    let pacer = &attempt.pacer;
    let is_unread = !pacer.has_begun() && run.inner.is_all && run.total.is_some_and(|total| total > 0);
    if is_unread && !pacer.is_cancelled() {
        let text = "The handler did not read the selection, so nothing was done.".to_owned();
        return fail(attempt.runs, &attempt.claimed, pacer, text).await;
    }
    let counts = counts(attempt, tally);
    let is_whole = counts.refused == 0 && counts.failed == 0 && tally.is_none_or(|tally| tally.not_attempted == 0);
    let status = match () {
        () if pacer.is_cancelled() => RunStatus::Cancelled,
        () if is_whole => RunStatus::Done,
        () => RunStatus::Partial,
    };
    let message = answer.text().filter(|text| !text.is_empty()).map(str::to_owned);
    finish_with(attempt, status, counts, message, Ok(answer)).await;
}

/// The handler, or a check in front of it, has refused.
async fn refused(attempt: &Attempt<'_>, error: ActionError, tally: Option<Tally>) {
    let counts = counts(attempt, tally);
    let run = &attempt.claimed.run;
    let mut message = error.message().to_owned();
    if run.inner.form_version != form_version(attempt.shared, attempt.action) {
        message = format!("{message}. The form has changed since this run was submitted: submit it again");
    }
    let status = match () {
        () if attempt.pacer.is_cancelled() => RunStatus::Cancelled,
        () if counts.succeeded > 0 => RunStatus::Partial,
        () => RunStatus::Failed,
    };
    finish_with(attempt, status, counts, Some(message), Err(error)).await;
}

/// Waits for what does not answer.
async fn wait(attempt: &Attempt<'_>, error: &ActionError) {
    let run = &attempt.claimed.run;
    let is_late = run.inner.waits_since.is_some_and(|since| Utc::now() - since > MAX_AWAY);
    if is_late {
        return fail(
            attempt.runs,
            &attempt.claimed,
            &attempt.pacer,
            error.message().to_owned(),
        )
        .await;
    }
    tracing::warn!(run = &*run.id, error = error.chain(), "a run waits");
    let text = format!("Waiting: {}", error.message());
    let released = Released {
        wait: AWAY,
        waiting_for: Some(&text),
        ..handed_over(attempt)
    };
    release(attempt, released).await;
}

/// An unexpected error: another attempt, or the end.
async fn again(attempt: &Attempt<'_>, error: ActionError) {
    let run = &attempt.claimed.run;
    let attempts = attempt
        .action
        .background
        .map_or(1, |background| background.attempts)
        .max(1);
    let Released { stalled, skipped, .. } = handed_over(attempt);
    let (stalled, skipped) = (stalled + 1, skipped + 1);
    tracing::warn!(
        run = &*run.id,
        attempt = run.attempt,
        error = error.chain(),
        "an attempt at a run failed"
    );
    if stalled < attempts {
        let factor = 4u32.saturating_pow(stalled.saturating_sub(1));
        let released = Released {
            wait: attempt.runs.settings.retry.saturating_mul(factor).min(MAX_WAIT),
            stalled,
            skipped: skipped - 1,
            counts: true,
            waiting_for: None,
        };
        return release(attempt, released).await;
    }
    // the only record of the chunk cannot be done: the others can, unless many in a row cannot
    if attempt.is_careful
        && skipped < MAX_SKIPPED
        && let Some(progress) = attempt.pacer.without_last()
    {
        let store = &attempt.runs.settings.store;
        let released = Released {
            stalled: attempts - 1,
            skipped,
            counts: true,
            ..Released::default()
        };
        match store
            .checkpoint(&attempt.claimed, &progress, attempt.runs.settings.lease)
            .await
        {
            Ok(_) => return release(attempt, released).await,
            Err(failed) => {
                tracing::warn!(
                    run = &*run.id,
                    error = crate::response::chain_of(&failed),
                    "a record cannot be skipped"
                );
            }
        }
    }
    let counts = attempt.pacer.written();
    drop(attempt.pacer.records());
    let status = if counts.succeeded > 0 {
        RunStatus::Partial
    } else {
        RunStatus::Failed
    };
    finish_with(attempt, status, counts, None, Err(error)).await;
}

fn counts(attempt: &Attempt<'_>, tally: Option<Tally>) -> Counts {
    let counts = attempt.pacer.counts();
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match tally {
        None => counts,
        Some(tally) => Counts {
            processed: counts.processed,
            succeeded: if tally.rolled_back { 0 } else { number(tally.done) },
            refused: number(tally.refused),
            failed: number(tally.failed),
        },
    }
}

async fn finish_with(
    attempt: &Attempt<'_>,
    status: RunStatus,
    counts: Counts,
    message: Option<String>,
    answer: Result<ActionResponse, ActionError>,
) {
    let run = &attempt.claimed.run;
    let reference = match &answer {
        Err(error) if error.kind() == ErrorKind::Internal => {
            let own = error.reference().map(str::to_owned);
            Some(own.unwrap_or_else(|| crate::observed::Correlation::of(&run.correlation_id).reference()))
        }
        _ => None,
    };
    let answer = stored(answer, reference.as_deref().unwrap_or_default()).await;
    let message = message.or_else(|| {
        let body = answer.as_ref()?.body.as_ref()?;
        let text = body.get("error").or_else(|| body.pointer("/errors/0/detail"))?;
        text.as_str().map(str::to_owned)
    });
    let is_small = run
        .inner
        .request
        .as_ref()
        .is_some_and(|request| request.len() <= KEPT_REQUEST);
    let ended = Ended {
        status,
        counts,
        records: attempt.pacer.records(),
        message,
        answer,
        reference,
        keeps_request: is_small && status != RunStatus::Done,
    };
    finish(attempt.runs, &attempt.claimed, &ended).await;
}

async fn finish(runs: &Runs, claimed: &Claimed, ended: &Ended) {
    let id = &*claimed.run.id;
    match runs.settings.store.finish(claimed, ended).await {
        Ok(true) => {
            tracing::info!(run = id, status = ended.status.as_str(), "a run has ended");
            runs.ended.notify_waiters();
            if let Some(hook) = &runs.settings.finished.0
                && let Ok(Some(run)) = runs.get(id).await
            {
                let call = std::panic::AssertUnwindSafe(|| hook(&run));
                if std::panic::catch_unwind(call).is_err() {
                    tracing::error!(run = id, "the hook of ended runs panicked");
                }
            }
        }
        Ok(false) => tracing::warn!(
            run = id,
            "the lease of a run was lost at its end, and another worker repeats its last chunk"
        ),
        // its lease runs out, and another worker repeats the last chunk
        Err(error) => tracing::error!(
            run = id,
            error = crate::response::chain_of(&error),
            "the end of a run cannot be written"
        ),
    }
}

async fn release(attempt: &Attempt<'_>, released: Released<'_>) {
    let id = &*attempt.claimed.run.id;
    match attempt.runs.settings.store.release(&attempt.claimed, released).await {
        // workers of this process may be gone
        Ok(()) if released.wait.is_zero() => attempt.runs.announce(id).await,
        Ok(()) => {}
        Err(error) => tracing::warn!(
            run = id,
            error = crate::response::chain_of(&error),
            "a run cannot be given back, and its lease has to run out"
        ),
    }
}

/// A run that is handed over, as if nothing had happened.
fn handed_over<'a>(attempt: &Attempt<'_>) -> Released<'a> {
    let inner = &attempt.claimed.run.inner;
    let (stalled, skipped) = match attempt.has_progressed {
        true => (0, 0),
        false => (inner.stalled, inner.skipped),
    };
    Released {
        stalled,
        skipped,
        ..Released::default()
    }
}

/// The answer, as it would have been sent.
async fn stored(answer: Result<ActionResponse, ActionError>, reference: &str) -> Option<StoredAnswer> {
    let response = match answer.and_then(ActionResponse::into_http) {
        Ok(response) => response,
        Err(error) => error.to_http(reference),
    };
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.ok()?;
    Some(StoredAnswer {
        status,
        body: serde_json::from_slice(&body).ok(),
    })
}
