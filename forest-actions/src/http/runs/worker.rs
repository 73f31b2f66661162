//! Workers: claim runs, send them through the application, and answer their handlers.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_web::HttpMessage as _;
use actix_web::test::TestRequest;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::super::context::Shared;
use super::Runs;
use super::end::{Interrupted, close};
use super::slice::{Slice, SliceEnd, caller_of};
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::response::{ActionError, Results, chain_of};
use crate::rights::Basis;
use crate::runs::{Ask, Claimed, Go, Left, Pacer, RunStore, StoreError};

/// Sends a request to the application of the program, and waits for the answer.
pub(crate) type Send<'a> = &'a dyn Fn(Request) -> LocalBoxFuture<'static, ()>;

/// The longest time between two looks for runs that no queue has announced.
const LOOK: Duration = Duration::from_secs(1);
/// Time between two cleanings of the table.
const SWEEP: Duration = Duration::from_secs(60);
/// The longest time between two tries while the database of the runs is away.
const MAX_BACK_OFF: Duration = Duration::from_secs(60);
/// Attempts to write a checkpoint, one second apart.
const CHECKPOINTS: u32 = 8;

/// Carries out runs until the program stops.
pub(crate) async fn work(shared: Arc<Shared>, send: Send<'_>) {
    let Some(runs) = shared.runs().cloned() else { return };
    let owner = format!("{}-{}", std::process::id(), Uuid::new_v4());
    // a lost run waits for its lease anyway
    let look = LOOK.min(runs.settings.lease / 2);
    let mut back_off = LOOK;
    let mut swept: Option<Instant> = None;
    while !shared.handlers.is_stopping() {
        let mut stopping = pin!(shared.handlers.stopping());
        let lease = Uuid::new_v4().to_string();
        let claimed = runs
            .settings
            .store
            .claim(&lease, &owner, runs.settings.lease, &runs.endpoints)
            .await;
        let wait = match claimed {
            Ok(Some(claimed)) => {
                back_off = LOOK;
                let _running = shared.handlers.begin();
                attempt(&shared, &runs, claimed, send).await;
                continue;
            }
            Ok(None) => {
                back_off = LOOK;
                if swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
                    swept = Some(Instant::now());
                    if let Err(error) = runs.settings.store.sweep(&runs.endpoints).await {
                        log_away(&error);
                    }
                }
                look
            }
            Err(error) => {
                log_away(&error);
                back_off = (back_off * 2).min(MAX_BACK_OFF);
                back_off
            }
        };
        tokio::select! {
            () = &mut stopping => return,
            announced = runs.settings.queue.next() => if let Err(error) = announced {
                tracing::warn!(error = chain_of(&error), "the queue of runs does not answer");
                sleep(LOOK).await;
            },
            () = sleep(wait) => {}
        }
    }
}

fn log_away(error: &StoreError) {
    tracing::warn!(
        error = chain_of(error),
        "the database of the runs does not answer, and is tried again"
    );
}

/// The attempt that a worker makes.
pub(super) struct Attempt<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) runs: &'a Arc<Runs>,
    pub(super) action: &'static ActionDescriptor,
    pub(super) pacer: Arc<Pacer>,
    pub(super) claimed: Claimed,
    /// An attempt at this place failed, so that the chunk is read record by record.
    pub(super) is_careful: bool,
    /// The records of it that are left; `None` before the handler has asked for them.
    careful: Option<usize>,
    /// A checkpoint was written.
    pub(super) has_progressed: bool,
}

/// Makes one attempt at a run.
async fn attempt(shared: &Arc<Shared>, runs: &Arc<Runs>, claimed: Claimed, send: Send<'_>) {
    let run = &claimed.run;
    let known = shared.actions().iter().find(|action| {
        action.endpoint == run.inner.endpoint && action.collection == run.collection && action.name == run.action
    });
    let (asks, mut asked) = mpsc::channel(1);
    let store = runs.settings.store.clone();
    let pacer = Arc::new(Pacer::new(claimed.clone(), asks, store, runs.settings.lease));
    let Some(action) = known.copied() else {
        // the same path, with another action
        let gone = "this action does not exist any more".to_owned();
        return super::end::fail(runs, &claimed, &pacer, gone).await;
    };
    let mut attempt = Attempt {
        shared,
        runs,
        action,
        pacer: Arc::clone(&pacer),
        is_careful: run.inner.stalled > 0,
        careful: None,
        has_progressed: false,
        claimed,
    };
    let run = &attempt.claimed.run;
    if run.inner.stalled >= action.background.map_or(1, |background| background.attempts).max(1) {
        let died = format!("the program ended {} times at this place of the run", run.inner.stalled);
        return super::end::fail(runs, &attempt.claimed, &pacer, died).await;
    }
    let sealed = run.inner.request.as_deref().unwrap_or_default();
    let body = match runs.seal.open(&run.id, sealed) {
        Ok(body) => Bytes::from(body),
        Err(changed) => return super::end::fail(runs, &attempt.claimed, &pacer, changed.to_string()).await,
    };
    let Some(caller) = caller_of(run) else {
        let unreadable = "its user cannot be read".to_owned();
        return super::end::fail(runs, &attempt.claimed, &pacer, unreadable).await;
    };
    // the rights may change as soon as they have been read
    let begin = async {
        let caller = shared.rights().current(caller).await?;
        let basis = attempt.basis(&caller).await?;
        Ok::<_, ActionError>((caller, basis))
    };
    let (caller, basis) = match begin.await {
        Ok(begun) => begun,
        Err(error) => return close(&attempt, None, Err(error)).await,
    };
    let earlier = match attempt.earlier().await {
        Ok(earlier) => earlier,
        Err(error) => return close(&attempt, Some(Interrupted::Away(chain_of(&error))), Ok(())).await,
    };
    let (end, mut ended) = oneshot::channel();
    let request = TestRequest::default()
        .method(
            action
                .http_method
                .as_str()
                .parse()
                .unwrap_or(actix_web::http::Method::POST),
        )
        .uri(&run.inner.path)
        .insert_header(("content-type", "application/json"))
        .to_request();
    request.extensions_mut().insert(Slice {
        pacer: Arc::clone(&pacer),
        action,
        caller: caller.clone(),
        body,
        earlier,
        end,
    });
    let interrupted = attempt.follow(send(request), &mut asked, &caller, &basis).await;
    let outcome = ended.try_recv();
    match outcome {
        Ok(end) => attempt.end(interrupted, end).await,
        Err(_) => {
            let unanswered = ActionError::internal(
                "the application did not pass the request of a run on to the agent: a middleware has answered it, or the run was cut",
            );
            close(&attempt, interrupted, Err(unanswered)).await;
        }
    }
}

/// What is seen of a handler while it works.
struct Watched {
    store: RunStore,
    claimed: Claimed,
    pacer: Arc<Pacer>,
    lease: Duration,
    stall: Duration,
    /// When the database last confirmed the lease.
    last_heard: Cell<Instant>,
    /// When the handler last asked for something.
    last_progress: Cell<Instant>,
    interrupted: RefCell<Option<Interrupted>>,
}

impl Watched {
    fn new(attempt: &Attempt<'_>) -> Self {
        let settings = &attempt.runs.settings;
        Self {
            store: settings.store.clone(),
            claimed: attempt.claimed.clone(),
            pacer: Arc::clone(&attempt.pacer),
            lease: settings.lease,
            stall: attempt
                .action
                .background
                .map_or(Duration::MAX, |background| background.stall),
            last_heard: Cell::new(Instant::now()),
            last_progress: Cell::new(Instant::now()),
            interrupted: RefCell::default(),
        }
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.borrow().is_some()
    }

    /// The first reason counts.
    fn interrupt(&self, reason: Interrupted) {
        self.interrupted.borrow_mut().get_or_insert(reason);
    }

    /// Extends the lease, for ever.
    async fn beat(&self) {
        let mut beats = interval(self.lease / 3);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            match self.store.heartbeat(&self.claimed, self.lease).await {
                Ok(Left::Go) => self.last_heard.set(Instant::now()),
                Ok(Left::Cancelled) => {
                    self.last_heard.set(Instant::now());
                    self.pacer.cancel();
                }
                Ok(Left::Lost) => self.interrupt(Interrupted::Lost),
                Err(error) => {
                    log_away(&error);
                    if self.last_heard.get().elapsed() >= self.lease * 2 / 3 {
                        self.interrupt(Interrupted::Lost);
                    }
                }
            }
        }
    }

    /// Ends once the handler has made no progress for too long.
    async fn stalled(&self) {
        while let Some(left) = self.stall.checked_sub(self.last_progress.get().elapsed()) {
            sleep(left).await;
        }
        self.interrupt(Interrupted::Stalled(self.stall));
    }
}

impl Attempt<'_> {
    async fn basis(&self, caller: &Caller) -> Result<Basis, ActionError> {
        let models = self.shared.store_of(self.action.collection).map(|store| &*store.models);
        Ok(self
            .shared
            .rights()
            .basis(caller, models, self.action.collection)
            .await?)
    }

    /// What earlier attempts did, if there were any.
    async fn earlier(&self) -> Result<Option<Results>, StoreError> {
        let run = &self.claimed.run;
        if run.inner.cursor.is_none() {
            return Ok(None);
        }
        let records = self.runs.settings.store.records(&run.id).await?;
        let mut results = Results::earlier(run.succeeded);
        for record in records {
            results.add_earlier(&record.id, record.outcome == "refused", &record.code, &record.reason);
        }
        results.complete_earlier(run.refused, run.failed);
        Ok(Some(results))
    }

    /// Waits for the end of the handler, and answers what it asks. Returns why it was interrupted.
    ///
    /// All of it goes on side by side: a handler may hold the lock for which a heartbeat waits.
    async fn follow(
        &mut self,
        call: LocalBoxFuture<'static, ()>,
        asked: &mut mpsc::Receiver<Ask>,
        caller: &Caller,
        basis: &Basis,
    ) -> Option<Interrupted> {
        let watched = Watched::new(self);
        let answering = async {
            while let Some(ask) = asked.recv().await {
                watched.last_progress.set(Instant::now());
                let go = match watched.is_interrupted() {
                    true => Go::Halt,
                    false => match self.step(&ask, caller, basis).await {
                        Ok(go) => {
                            watched.last_heard.set(Instant::now());
                            go
                        }
                        Err(reason) => {
                            watched.interrupt(reason);
                            Go::Halt
                        }
                    },
                };
                // the handler may be gone
                let _ = ask.answer.send(go);
            }
        };
        tokio::select! {
            biased;
            () = call => {}
            () = async { tokio::join!(answering, watched.beat()); } => {}
            () = watched.stalled() => {}
        }
        watched.interrupted.into_inner()
    }

    /// One step of the handler: the checkpoint of what it has done, and whether it may go on.
    async fn step(&mut self, ask: &Ask, caller: &Caller, basis: &Basis) -> Result<Go, Interrupted> {
        let (store, lease) = (&self.runs.settings.store, self.runs.settings.lease);
        if ask.is_words {
            let written = timeout(LOOK, store.checkpoint(&self.claimed, &ask.progress, lease)).await;
            return match written {
                Ok(Ok(Left::Lost)) => Err(Interrupted::Lost),
                Ok(Ok(Left::Cancelled)) => {
                    self.pacer.cancel();
                    Ok(Go::End)
                }
                // a transaction of the handler may hold the row
                Ok(Ok(Left::Go) | Err(_)) | Err(_) => Ok(Go::On(usize::MAX)),
            };
        }
        let mut tries = 0;
        let left = loop {
            let written = store.checkpoint(&self.claimed, &ask.progress, lease).await;
            match written {
                Ok(left) => break left,
                Err(error) => {
                    log_away(&error);
                    tries += 1;
                    if tries >= CHECKPOINTS {
                        return Err(Interrupted::Away(chain_of(&error)));
                    }
                    sleep(LOOK).await;
                }
            }
        };
        self.has_progressed |= ask.progress.cursor.is_some();
        match left {
            Left::Lost => return Err(Interrupted::Lost),
            Left::Cancelled => {
                self.pacer.cancel();
                return Ok(Go::End);
            }
            Left::Go => {}
        }
        if self.shared.handlers.is_stopping() {
            return Err(Interrupted::Stopping);
        }
        match self.basis(caller).await {
            Ok(now) if now == *basis => {}
            // all is decided anew, from this place
            Ok(_) => return Err(Interrupted::RightsChanged),
            Err(error) => return Err(Interrupted::Unknown(error)),
        }
        let left = self.careful.map_or(ask.size, |left| left.saturating_sub(1));
        self.careful = Some(left);
        self.is_careful &= left > 0;
        Ok(Go::On(if self.is_careful { 1 } else { usize::MAX }))
    }

    async fn end(&self, interrupted: Option<Interrupted>, end: SliceEnd) {
        super::end::conclude(self, interrupted, end).await;
    }
}
