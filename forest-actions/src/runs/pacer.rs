//! The pace of one attempt: counts what becomes of the records, and turns each request for the next chunk into a checkpoint.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::row::{Claimed, Counts, NotDoneRecord, Progress};
use super::store::RunStore;
use crate::observed::{Beginning, Halt, Outcome, Pace, RecordObserver, Unrecorded};
use crate::records::Judged;

/// Records that are kept between two checkpoints; more are counted only.
const MAX_RECORDS: usize = 10_000;
/// Minimum time between two writes of the words of a handler.
const WORDS: Duration = Duration::from_secs(1);

/// What the handler of a run asks its worker.
pub(crate) struct Ask {
    pub(crate) progress: Progress,
    /// No chunk was done since the last one: only the words are new.
    pub(crate) is_words: bool,
    /// The number of records that the handler asks for.
    pub(crate) size: usize,
    pub(crate) answer: oneshot::Sender<Go>,
}

/// The answer of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    /// With the maximum size of the next chunk.
    On(usize),
    /// The run was cancelled.
    End,
    Halt,
}

/// One attempt of a run.
pub(crate) struct Pacer {
    claimed: Claimed,
    asks: mpsc::Sender<Ask>,
    store: RunStore,
    lease: Duration,
    /// The audit trail, which learns of the same records.
    trail: OnceLock<Arc<dyn RecordObserver>>,
    /// The rule of the action, and the records that it refused without names.
    judged: OnceLock<(Judged, i64)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    has_begun: bool,
    last: Option<String>,
    handed: i64,
    done: i64,
    refused: i64,
    failed: i64,
    /// The handler reports the records that are done.
    reports: bool,
    records: Vec<NotDoneRecord>,
    words: Option<String>,
    words_written: Option<Instant>,
    is_cancelled: bool,
    is_halted: bool,
    /// Read as one chunk, which is done at the end.
    is_read_at_once: bool,
    /// The last record of the chunk that the handler has, and the number of its records.
    chunk: Option<(String, i64)>,
    /// The numbers at the last checkpoint.
    written: Option<Counts>,
}

impl Pacer {
    pub(crate) fn new(claimed: Claimed, asks: mpsc::Sender<Ask>, store: RunStore, lease: Duration) -> Self {
        Self {
            claimed,
            asks,
            store,
            lease,
            trail: OnceLock::new(),
            judged: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// No code panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn claimed(&self) -> &Claimed {
        &self.claimed
    }

    pub(crate) fn set_trail(&self, trail: Option<Arc<dyn RecordObserver>>) {
        if let Some(trail) = trail {
            let _ = self.trail.set(trail);
        }
    }

    /// `unnamed`: the rule has refused this many records whose ids are not known.
    pub(crate) fn set_judged(&self, judged: Judged, unnamed: u64) {
        let unnamed = i64::try_from(unnamed).unwrap_or(i64::MAX);
        let _ = self.judged.set((judged, unnamed));
    }

    pub(crate) fn cancel(&self) {
        self.state().is_cancelled = true;
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// The worker has refused to let the handler go on.
    pub(crate) fn is_halted(&self) -> bool {
        self.state().is_halted
    }

    /// Returns whether the handler has begun to read its selection.
    pub(crate) fn has_begun(&self) -> bool {
        let state = self.state();
        state.has_begun || state.is_read_at_once
    }

    /// The checkpoint that counts the only record of the current chunk as failed; `None` if it has several records.
    pub(crate) fn without_last(&self) -> Option<Progress> {
        let mut state = self.state();
        let (id, 1) = state.chunk.take()? else { return None };
        let counts = state.written.unwrap_or_else(|| self.claimed.run.counts());
        let one = Counts {
            processed: 1,
            failed: 1,
            ..Counts::default()
        };
        Some(Progress {
            cursor: Some(id.clone()),
            counts: counts.and(one),
            words: None,
            records: vec![NotDoneRecord {
                id,
                outcome: "failed",
                code: "unexpected_error".to_owned(),
                reason: "unexpected error".to_owned(),
            }],
        })
    }

    /// The numbers at the last checkpoint.
    pub(crate) fn written(&self) -> Counts {
        self.state().written.unwrap_or_else(|| self.claimed.run.counts())
    }

    /// The numbers of the run up to now, those of earlier attempts included.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.state();
        self.counts_of(&state)
    }

    /// The number of records that this attempt has done.
    pub(crate) fn done_now(&self) -> u64 {
        let earlier = self.claimed.run.counts().succeeded;
        u64::try_from(self.counts().succeeded - earlier).unwrap_or_default()
    }

    fn counts_of(&self, state: &State) -> Counts {
        let (by_rule, unnamed) = match self.judged.get() {
            Some((judged, unnamed)) => (i64::try_from(judged.refused_count()).unwrap_or(i64::MAX), *unnamed),
            None => (0, 0),
        };
        let refused = state.refused + unnamed;
        let by_handler = (refused - by_rule).max(0);
        let succeeded = match state.reports {
            true => state.done,
            false => (state.handed - by_handler - state.failed).max(0),
        };
        let earlier = self.claimed.run.counts();
        earlier.and(Counts {
            processed: (state.handed + by_rule).max(succeeded + refused + state.failed),
            succeeded,
            refused,
            failed: state.failed,
        })
    }

    /// The records since the last checkpoint, which are taken out.
    pub(crate) fn records(&self) -> Vec<NotDoneRecord> {
        std::mem::take(&mut self.state().records)
    }

    /// The checkpoint of all that the handler has got, or of its words alone.
    fn progress(&self, is_words: bool) -> Progress {
        let mut state = self.state();
        let words = state.words.take();
        if words.is_some() {
            state.words_written = Some(Instant::now());
        }
        if is_words {
            return Progress {
                cursor: None,
                counts: state.written.unwrap_or_else(|| self.claimed.run.counts()),
                words,
                records: Vec::new(),
            };
        }
        state.chunk = None;
        let counts = self.counts_of(&state);
        state.written = Some(counts);
        Progress {
            cursor: state.last.clone(),
            counts,
            words,
            records: std::mem::take(&mut state.records),
        }
    }

    async fn ask(&self, is_words: bool, size: usize) -> Go {
        let (answer, answered) = oneshot::channel();
        let ask = Ask {
            progress: self.progress(is_words),
            is_words,
            size,
            answer,
        };
        match self.asks.send(ask).await {
            Ok(()) => answered.await.unwrap_or(Go::Halt),
            Err(_) => Go::Halt,
        }
    }

    /// Keeps the words of the handler for the next checkpoint. Returns whether they should be written now.
    pub(crate) fn say(&self, words: String) -> bool {
        let mut state = self.state();
        state.words = Some(words);
        state.words_written.is_none_or(|written| written.elapsed() >= WORDS)
    }

    /// Tells the worker that the handler is alive, and writes its words. Returns `false` once the run is cancelled or lost.
    pub(crate) async fn heartbeat(&self) -> bool {
        matches!(self.ask(true, 0).await, Go::On(_))
    }

    /// Writes the checkpoint of what the handler has got in its own transaction.
    #[cfg(feature = "sql")]
    pub(crate) async fn checkpoint_in(
        &self,
        connection: crate::records::HandlerConnection<'_>,
    ) -> Result<super::row::Left, super::store::StoreError> {
        // the records stay for the next checkpoint too, as the transaction may be rolled back
        let progress = {
            let state = self.state();
            Progress {
                cursor: state.last.clone(),
                counts: self.counts_of(&state),
                words: None,
                records: state.records.clone(),
            }
        };
        let left = self
            .store
            .checkpoint_on(connection, &self.claimed, &progress, self.lease)
            .await?;
        if left == super::row::Left::Cancelled {
            self.cancel();
        }
        Ok(left)
    }
}

impl Pace for Pacer {
    fn begin(&self) -> Result<Beginning, Halt> {
        if std::mem::replace(&mut self.state().has_begun, true) {
            return Err(Halt::ReadTwice);
        }
        let inner = &self.claimed.run.inner;
        Ok(Beginning {
            after: inner.cursor.clone(),
            last: inner.last_key.clone(),
        })
    }

    fn hand(&self, last: &str, handed: u64) {
        let mut state = self.state();
        let handed = i64::try_from(handed).unwrap_or(i64::MAX);
        state.chunk = Some((last.to_owned(), handed - state.handed));
        state.last = Some(last.to_owned());
        state.handed = handed;
    }

    fn read_at_once(&self) {
        self.state().is_read_at_once = true;
    }

    fn earlier(&self) -> [u64; 3] {
        let run = &self.claimed.run;
        [run.succeeded, run.refused, run.failed]
    }

    fn next(&self, size: usize) -> Pin<Box<dyn Future<Output = Result<Option<usize>, Halt>> + Send + '_>> {
        Box::pin(async move {
            match self.ask(false, size).await {
                Go::On(size) => Ok(Some(size)),
                Go::End => {
                    self.cancel();
                    Ok(None)
                }
                Go::Halt => {
                    self.state().is_halted = true;
                    Err(Halt::Interrupted)
                }
            }
        })
    }

    fn progress(&self, text: String) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            if self.say(text) {
                self.heartbeat().await;
            }
        })
    }

    fn is_cancelled(&self) -> bool {
        Self::is_cancelled(self)
    }
}

impl RecordObserver for Pacer {
    fn taken(&self, ids: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>> {
        match self.trail.get() {
            Some(trail) => trail.taken(ids),
            None => Box::pin(async { Ok(()) }),
        }
    }

    fn became(&self, id: String, outcome: Outcome) {
        {
            let mut state = self.state();
            let (name, code, reason) = match &outcome {
                Outcome::Done => {
                    state.reports = true;
                    state.done += 1;
                    ("", "", "")
                }
                Outcome::Refused { code, text } => {
                    state.refused += 1;
                    ("refused", &**code, &**text)
                }
                Outcome::Failed { code, text } => {
                    state.failed += 1;
                    ("failed", &**code, &**text)
                }
            };
            if !name.is_empty() && state.records.len() < MAX_RECORDS {
                let record = NotDoneRecord {
                    id: id.clone(),
                    outcome: name,
                    code: code.to_owned(),
                    reason: reason.to_owned(),
                };
                state.records.push(record);
            }
        }
        if let Some(trail) = self.trail.get() {
            trail.became(id, outcome);
        }
    }

    fn done(&self) {
        let mut state = self.state();
        state.reports = true;
        state.done += 1;
    }
}
