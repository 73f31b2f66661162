//! Records one run of an action: what was refused, what begins, which records the handler takes, and how it ended.
//!
//! Rows are pending before the handler runs, or gets the records. A record whose outcome the handler reports is confirmed with
//! it, at the latest when the handler takes the next records; every other row gets the answer of the run, because only the
//! answer tells whether a transaction around all of them was committed.

mod ends;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::outcome::{MAX_REFUSED, ids_of_refusal, reason_of, refused_values};
use super::ranges::Ranges;
use super::row::{AuditOperation, AuditRow, AuditStatus, AuditUpdate, now};
#[cfg(feature = "sql")]
use super::sink::SinkError;
use super::trail::{AuditTrail, AuditUnavailable, TIME, within};
use super::values::{changed, plain, selection, submitted};
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, AuditMode};
use crate::observed::{Correlation, Outcome, RecordObserver, Unrecorded};
#[cfg(feature = "sql")]
use crate::records::HandlerConnection;
use crate::records::{Requested, Selection};
use crate::request::{ActionRequest, Selected};
use crate::response::{ActionError, ActionResponse, ErrorKind, Tally, chain_of};

/// Maximum number of pending rows whose ids are kept, to find the record that the handler reports on.
const FOUND_BY_ID: usize = 50_000;
/// Maximum number of records of a "select all" that are recognised when the handler reads them again.
const RECOGNISED: usize = 200_000;
/// Maximum number of reported outcomes and changes that wait for the next write.
const WAITING: usize = 200_000;
/// Number of rows of one confirmation.
const CONFIRMED: usize = 5_000;

/// The recorder of one run.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Run>);

struct Run {
    trail: Arc<AuditTrail>,
    action: &'static ActionDescriptor,
    mode: AuditMode,
    correlation: Correlation,
    started: Instant,
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Columns that all rows of the run have in common; `None` before the caller is known.
    common: Option<AuditRow>,
    /// The ids of a request that may be refused.
    ids: Vec<String>,
    is_invalid_approval: bool,
    /// Pending rows by the id of their record, and in the order in which they were written.
    open: HashMap<String, i64>,
    order: VecDeque<String>,
    /// Pending rows whose ids are forgotten.
    forgotten: Ranges,
    /// The pending row about the run as a whole.
    whole: Option<i64>,
    /// Rows that were confirmed as done.
    done: Ranges,
    /// Outcomes that the handler reported and that are not written: of rows, and of records without a row.
    reported: Vec<(i64, Outcome)>,
    unknown: Vec<(String, Outcome)>,
    /// Changes that the handler reported.
    changes: Vec<AuditRow>,
    /// Confirmations that failed, for the end.
    deferred: Vec<AuditUpdate>,
    notes: Vec<String>,
    /// Records of a "select all" that have a row.
    taken: HashSet<u64>,
    taken_count: u64,
    selected: Option<u64>,
    found: Option<u64>,
    has_ended: bool,
    overflowed: bool,
}

impl Recorder {
    /// The recorder of a run; `None` for an action that is not recorded.
    pub(crate) fn new(
        trail: Option<&Arc<AuditTrail>>,
        action: &'static ActionDescriptor,
        correlation: Correlation,
        started: Instant,
    ) -> Option<Self> {
        let trail = trail?;
        let mode = trail.mode(action);
        (mode != AuditMode::Off).then(|| {
            Self(Arc::new(Run {
                trail: Arc::clone(trail),
                action,
                mode,
                correlation,
                started,
                hasher: RandomState::new(),
                state: Mutex::default(),
            }))
        })
    }

    /// The caller is known. `ip` is given when the project has IP rules.
    pub(crate) fn caller(&self, caller: &Caller, surface: &'static str, ip: Option<String>) {
        let mut row = AuditRow::new(AuditOperation::Action, self.0.action.collection).by(caller);
        row.action_name = Some(self.0.action.name.to_owned());
        row.correlation_key = Some(self.0.correlation.as_str().to_owned());
        row.surface = Some(surface.to_owned());
        row.ip = ip;
        self.0.state().common = Some(row);
    }

    /// The request is an attempt of this run.
    pub(crate) fn run(&self, id: &str) {
        if let Some(row) = &mut self.0.state().common {
            row.run_id = Some(id.to_owned());
        }
    }

    /// The ids of a request that was not checked.
    pub(crate) fn sent(&self, ids: Vec<String>) {
        self.0.state().ids = ids;
    }

    /// The approval that the request carries is invalid.
    pub(crate) fn invalid_approval(&self) {
        self.0.state().is_invalid_approval = true;
    }

    /// The request was checked.
    pub(crate) fn request(&self, request: &ActionRequest) {
        let values = submitted(request, self.0.action, self.0.trail.redaction());
        let mut state = self.0.state();
        if let Selected::Given(ids) = request.selected() {
            state.selected = u64::try_from(ids.len()).ok();
            state.ids = ids.iter().map(|id| id.0.clone()).take(MAX_REFUSED + 1).collect();
        }
        if let Some(row) = &mut state.common {
            row.previous_values = values;
            row.selection = selection(request);
            row.requester_id = request.requester_id().map(plain);
        }
    }

    /// Records a refusal before the handler. Requests that are malformed, or cannot be decided, are not runs that were refused.
    pub(crate) async fn refused(&self, refusal: &ActionError) {
        let rows = self.0.refused_rows(refusal);
        if !rows.is_empty() {
            self.0.append(rows).await;
        }
    }

    /// Writes the pending rows.
    ///
    /// # Errors
    /// They cannot be written, and the action requires them.
    pub(crate) async fn begin(
        &self,
        requested: &Requested,
        found: Option<(usize, usize)>,
    ) -> Result<(), AuditUnavailable> {
        let selection = requested.selection();
        let ids = selection.map(Selection::given_ids).unwrap_or_default();
        let rows = {
            let mut state = self.0.state();
            state.found = found.and_then(|(found, _)| u64::try_from(found).ok());
            let Some(row) = &mut state.common else { return Ok(()) };
            row.status = AuditStatus::Pending;
            row.timestamp = now();
            row.of_each(if ids.is_empty() { vec![String::new()] } else { ids })
        };
        if self.0.write(rows).await.is_ok() {
            return Ok(());
        }
        let settlement = self.0.unrecorded();
        if !settlement.is_empty() {
            self.0.trail.settle(settlement, ()).await;
        }
        Err(AuditUnavailable)
    }

    /// What the records of the run are reported to.
    pub(crate) fn observer(&self) -> Arc<dyn RecordObserver> {
        self.0.clone()
    }

    /// A change that the handler made to a record of the action's collection.
    pub(crate) fn changed(&self, record_id: String, before: Value, after: Value) {
        let (before, after) = changed(before, after);
        let (run, mut state) = (&self.0, self.0.state());
        let Some(common) = &state.common else { return };
        let mut row = common.clone();
        row.operation = AuditOperation::Update;
        row.status = AuditStatus::Done;
        row.timestamp = now();
        row.record_id = Some(plain(&record_id));
        row.action_name = None;
        row.selection = None;
        row.previous_values = run.trail.redaction().of_record(&row.collection, before);
        row.new_values = run.trail.redaction().of_record(&row.collection, after);
        if state.changes.len() < WAITING {
            state.changes.push(row);
        } else {
            state.overflow();
        }
    }

    /// A note of the handler about the run.
    pub(crate) fn note(&self, text: &str) {
        const MAX_NOTES: usize = 100;
        let mut state = self.0.state();
        if state.notes.len() < MAX_NOTES {
            state.notes.push(text.to_owned());
        }
    }

    /// Makes the rows of the run done in a transaction of the handler, with its changes. They are confirmed again at the end.
    ///
    /// # Errors
    /// The rows are not visible in the transaction, or it cannot be written.
    #[cfg(feature = "sql")]
    pub(crate) async fn confirm_in(&self, transaction: HandlerConnection<'_>) -> Result<(), SinkError> {
        let (updates, changes) = self.0.success();
        let expected: u64 = updates.iter().map(|update| update.ids.len() as u64).sum();
        let count = changes.len();
        let updated = within(TIME, self.0.trail.sink.write_on(transaction, updates, changes)).await;
        // those that came meanwhile wait for the end; after an error the changes are rolled back
        self.0.state().changes.drain(..count);
        match updated? == expected {
            true => Ok(()),
            false => Err(SinkError::OtherDatabase),
        }
    }

    /// Records the end of the run. `tally` has the numbers of records that a handler reported.
    pub(crate) async fn finished(
        &self,
        outcome: &Result<ActionResponse, ActionError>,
        tally: Option<Tally>,
        alive: impl Send + 'static,
    ) {
        let settlement = self.0.settlement(outcome, tally);
        if !settlement.is_empty() {
            self.0.trail.settle(settlement, alive).await;
        }
    }
}

impl State {
    fn overflow(&mut self) {
        if !std::mem::replace(&mut self.overflowed, true) {
            tracing::error!(
                "a handler reported more than {WAITING} records without reading one, and the rest is not recorded"
            );
        }
    }
}

impl Run {
    /// No code panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn duration(&self) -> Option<i64> {
        i64::try_from(self.started.elapsed().as_millis()).ok()
    }

    /// Writes rows, and keeps the numbers of pending ones.
    async fn write(&self, rows: Vec<AuditRow>) -> Result<(), Unrecorded> {
        let records: Vec<(String, AuditStatus)> = rows
            .iter()
            .map(|row| (row.record_id.clone().unwrap_or_default(), row.status))
            .collect();
        let (ids, error) = match self.trail.insert(rows).await {
            Ok(ids) => (ids, None),
            Err((ids, error)) => (ids, Some(error)),
        };
        let lost = records.len() - ids.len().min(records.len());
        let mut state = self.state();
        for ((record, status), id) in records.into_iter().zip(ids) {
            if status == AuditStatus::Done {
                continue;
            }
            if record.is_empty() {
                state.whole = Some(id);
                continue;
            }
            if let Some(earlier) = state.open.insert(record.clone(), id) {
                state.forgotten.push(earlier);
            } else {
                state.order.push_back(record);
            }
        }
        while state.order.len() > FOUND_BY_ID {
            let oldest = state.order.pop_front();
            if let Some(id) = oldest.and_then(|oldest| state.open.remove(&oldest)) {
                state.forgotten.push(id);
            }
        }
        drop(state);
        match error {
            None => Ok(()),
            Some(error) => {
                self.trail
                    .lose(lost, &error, "a run cannot be recorded in the audit trail");
                match self.mode {
                    AuditMode::Strict => Err(Unrecorded),
                    AuditMode::Normal | AuditMode::Off => Ok(()),
                }
            }
        }
    }

    /// The rows about a refusal; none about one that is no refusal of a run.
    fn refused_rows(&self, refusal: &ActionError) -> Vec<AuditRow> {
        let mut state = self.state();
        // a rule has refused records, each for a reason of its own
        let mut rows = self.reported(&mut state, None).rows;
        let by_rule = !rows.is_empty();
        let is_refused = match refusal.kind() {
            ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Unprocessable
            | ErrorKind::TooManyRequests => true,
            ErrorKind::BadRequest => state.is_invalid_approval || by_rule,
            _ => false,
        };
        let Some(mut row) = state.common.clone().filter(|_| is_refused) else {
            return rows;
        };
        row.operation = AuditOperation::ActionRefused;
        row.reason = Some(reason_of(refusal));
        row.new_values = refused_values(refusal.kept_text().unwrap_or_default());
        row.duration_ms = self.duration();
        let mut ids = ids_of_refusal(std::mem::take(&mut state.ids));
        ids.retain(|id| rows.iter().all(|row| row.record_id.as_ref() != Some(id)));
        rows.extend(row.of_each(ids));
        rows
    }

    /// Writes rows about what was refused.
    async fn append(&self, rows: Vec<AuditRow>) {
        let count = rows.len();
        if let Err((ids, error)) = self.trail.insert(rows).await {
            let lost = count - ids.len().min(count);
            self.trail
                .lose(lost, &error, "a refused run cannot be recorded in the audit trail");
        }
    }
}

impl RecordObserver for Run {
    fn taken(&self, ids: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>> {
        Box::pin(async move {
            let (mut settlement, rows) = {
                let mut state = self.state();
                let settlement = self.reported(&mut state, None);
                let mut new = Vec::with_capacity(ids.len());
                for id in ids {
                    let hash = self.hasher.hash_one(&id);
                    if state.taken.contains(&hash) {
                        continue;
                    }
                    if state.taken.len() < RECOGNISED {
                        state.taken.insert(hash);
                    }
                    state.taken_count += 1;
                    new.push(id);
                }
                let rows = match &state.common {
                    Some(common) => {
                        let mut row = common.clone();
                        row.timestamp = now();
                        // the row of the run has it
                        row.selection = None;
                        if state.has_ended {
                            row.status = AuditStatus::Done;
                        }
                        row.of_each(new)
                    }
                    None => Vec::new(),
                };
                (settlement, rows)
            };
            if !settlement.is_empty()
                && let Err(error) = within(TIME, settlement.attempt(&*self.trail.sink)).await
            {
                // tried again at the end: a confirmation never turns a done run into a failure
                tracing::warn!(error = chain_of(&error), "outcomes could not be recorded yet");
                let mut state = self.state();
                state.changes.append(&mut settlement.rows);
                state.deferred.append(&mut settlement.updates);
            }
            self.write(rows).await
        })
    }

    fn became(&self, id: String, outcome: Outcome) {
        let mut state = self.state();
        if state.reported.len() + state.unknown.len() >= WAITING {
            state.overflow();
            return;
        }
        match state.open.remove(&id) {
            Some(row) => state.reported.push((row, outcome)),
            None => state.unknown.push((plain(&id), outcome)),
        }
    }
}
