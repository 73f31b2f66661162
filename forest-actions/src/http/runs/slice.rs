//! One attempt of a run, inside of the application: the stored request behind the checks of any other, and its handler.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono_tz::Tz;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::super::call_log::{CallLog, Subject};
use super::super::context::Shared;
use super::super::execute::{Called, prepared, tally_of};
use super::super::record::recorder;
use crate::audit::Recorder;
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::handler::CallContext;
use crate::observed::{Correlation, Observed, Pace, RecordObserver};
use crate::response::{ActionError, ActionResponse, Results, Tally};
use crate::runs::{Pacer, RunRow};

/// What a worker sends with the stored request of a run; no client can.
pub(in crate::http) struct Slice {
    pub(super) pacer: Arc<Pacer>,
    pub(super) action: &'static ActionDescriptor,
    pub(super) caller: Caller,
    pub(super) body: Bytes,
    /// The records that earlier attempts did not do.
    pub(super) earlier: Option<Results>,
    pub(super) end: oneshot::Sender<SliceEnd>,
}

/// The end of an attempt.
pub(super) struct SliceEnd {
    /// In words.
    pub(super) answer: Result<ActionResponse, ActionError>,
    /// The numbers that the handler reported, with those of earlier attempts.
    pub(super) tally: Option<Tally>,
}

/// The parts of a slice that the checks of its request need.
#[derive(Clone, Copy)]
pub(in crate::http) struct Stored<'s> {
    pub(in crate::http) caller: &'s Caller,
    pub(in crate::http) body: &'s Bytes,
    pub(in crate::http) requester: Option<&'s str>,
    /// The last record of an earlier attempt.
    pub(in crate::http) cursor: Option<&'s str>,
}

/// Carries out an attempt.
pub(in crate::http) async fn run_slice(shared: &Arc<Shared>, mut slice: Slice, req: &HttpRequest) -> HttpResponse {
    let (pacer, action) = (Arc::clone(&slice.pacer), slice.action);
    let run = &pacer.claimed().run;
    let correlation = Correlation::of(&run.correlation_id);
    let log = CallLog::begin_as(req, Subject::Action(action, None), correlation);
    log.caller(&slice.caller.id);
    log.span().record("run", &*run.id);
    let recorder = recorder(shared, action, &log);
    if let Some(recorder) = &recorder {
        recorder.caller(&slice.caller, "run", None);
        recorder.run(&run.id);
    }
    pacer.set_trail(recorder.as_ref().map(Recorder::observer));
    let earlier = slice.earlier.take();
    let steps = attempt(shared, &slice, run, req, earlier, &log, recorder.as_ref());
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    let end = outcome.unwrap_or_else(|panic| SliceEnd {
        answer: Err(ActionError::panicked(panic.as_ref())),
        tally: None,
    });
    let logged = match &end.answer {
        // the worker logs an interruption
        Err(_) if pacer.is_halted() => Ok(HttpResponse::Ok().finish()),
        Err(error) => Err(error.clone()),
        Ok(_) => Ok(HttpResponse::Ok().finish()),
    };
    let answer = log.end(logged);
    // the worker may have ended
    let _ = slice.end.send(end);
    answer
}

async fn attempt(
    shared: &Arc<Shared>,
    slice: &Slice,
    run: &RunRow,
    req: &HttpRequest,
    earlier: Option<Results>,
    log: &CallLog,
    recorder: Option<&Recorder>,
) -> SliceEnd {
    let (pacer, action) = (&slice.pacer, slice.action);
    let observer: Arc<dyn RecordObserver> = pacer.clone();
    let pace: Arc<dyn Pace> = pacer.clone();
    let observed = Observed {
        correlation: log.correlation(),
        records: Some(observer),
        pace: None,
    };
    let stored = Stored {
        caller: &slice.caller,
        body: &slice.body,
        requester: run.requester_id.as_deref(),
        cursor: run.inner.cursor.as_deref(),
    };
    let checks = prepared(shared, action, Called::Slice(stored), req, Payload::None, log, recorder);
    let prepared = match observed.clone().scope(checks).await {
        Ok(prepared) => prepared,
        Err(refusal) => {
            if let Some(recorder) = recorder {
                recorder.refused(&refusal).await;
            }
            return SliceEnd {
                answer: Err(refusal),
                tally: None,
            };
        }
    };
    let is_first = run.inner.cursor.is_none();
    let judged = prepared.judged.clone();
    // a filter has counted all records that it refuses, also those that earlier attempts have counted
    let unnamed = judged.as_ref().map_or(0, |judged| judged.unnamed_count());
    if let Some(judged) = &judged {
        pacer.set_judged(judged.clone(), if is_first { unnamed } else { 0 });
    }
    if let Some(recorder) = recorder
        && let Err(unavailable) = recorder.begin(&prepared.requested, prepared.found).await
    {
        return SliceEnd {
            answer: Err(unavailable.into()),
            tally: None,
        };
    }
    if let Some(context) = req.extensions_mut().get_mut::<CallContext>() {
        context.pacer = Some(Arc::clone(pacer));
    }
    let observed = Observed {
        pace: Some(pace),
        ..observed
    };
    let handler = AssertUnwindSafe(action.run(prepared.call)).catch_unwind();
    let answer = observed.scope(handler).await;
    let mut answer = answer.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())));
    if let Some(judged) = &judged
        && (is_first || unnamed == 0)
    {
        let (allowed, refused) = judged.take();
        answer = match answer {
            Ok(answer) => Ok(answer.with_refused(allowed, refused)),
            Err(error) => Err(error.with_refused(refused)),
        };
    }
    if let Some((found, requested)) = prepared.found {
        answer = answer.map(|answer| answer.selected(found, requested));
    }
    if let Some(earlier) = earlier {
        answer = answer.map(|answer| answer.with_earlier(earlier, pacer.done_now(), run.total));
    }
    let tally = tally_of(&answer);
    let texts = shared.setup.texts.clone();
    let answer = match answer {
        Ok(answer) => answer.in_words(&*texts).and_then(ActionResponse::checked),
        Err(error) => Err(error.in_words(&*texts)),
    };
    if let Some(recorder) = recorder {
        recorder.finished(&answer, tally, ()).await;
    }
    SliceEnd { answer, tally }
}

/// A caller as the row of a run has it.
#[derive(Serialize, Deserialize)]
struct StoredCaller {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    team: String,
    role: String,
    permission_level: String,
    tags: std::collections::BTreeMap<String, String>,
    rendering_id: String,
    timezone: String,
}

/// A caller as JSON.
pub(super) fn stored(caller: &Caller) -> String {
    let caller = caller.clone();
    let stored = StoredCaller {
        id: caller.id,
        email: caller.email,
        first_name: caller.first_name,
        last_name: caller.last_name,
        team: caller.team,
        role: caller.role,
        permission_level: caller.permission_level,
        tags: caller.tags,
        rendering_id: caller.rendering_id,
        timezone: caller.timezone.name().to_owned(),
    };
    serde_json::to_string(&stored).unwrap_or_default()
}

/// The caller of a row; `None` for what another program has written.
pub(super) fn caller_of(run: &RunRow) -> Option<Caller> {
    let stored: StoredCaller = serde_json::from_str(&run.inner.caller).ok()?;
    Some(Caller {
        id: stored.id,
        email: stored.email,
        first_name: stored.first_name,
        last_name: stored.last_name,
        team: stored.team,
        role: stored.role,
        permission_level: stored.permission_level,
        tags: stored.tags,
        rendering_id: stored.rendering_id,
        timezone: stored.timezone.parse().unwrap_or(Tz::UTC),
        unknown_zone: None,
    })
}
