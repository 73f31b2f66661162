//! The rows that a run confirms: with the outcomes that the handler reported, and at its end.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::super::outcome::{failed_values, operation_of, reason_of, record_reason, refused_values, values_of};
#[cfg(feature = "sql")]
use super::super::row::AuditRow;
use super::super::row::{AuditOperation, AuditStatus, AuditUpdate};
use super::super::trail::Settlement;
use super::super::values::cut;
use super::{CONFIRMED, Run, State};
use crate::observed::Outcome;
use crate::response::{ActionError, ActionResponse, ErrorKind, Tally};

impl Run {
    /// The confirmation of the rows of a run that is refused because the rest could not be written.
    pub(super) fn unrecorded(&self) -> Settlement {
        let mut state = self.state();
        let state = &mut *state;
        state.order.clear();
        let mut rows = std::mem::take(&mut state.forgotten);
        let open = std::mem::take(&mut state.open).into_values();
        open.chain(state.whole.take()).for_each(|id| rows.push(id));
        let mut end = AuditUpdate::new(Vec::new(), AuditOperation::ActionRefused);
        end.reason = Some("AuditUnavailableError: the run could not be recorded".to_owned());
        end.duration_ms = self.duration();
        let updates = rows.pieces(CONFIRMED).map(|ids| with_ids(&end, ids)).collect();
        Settlement {
            updates,
            ..Settlement::default()
        }
    }

    /// The confirmation of all pending rows as done, and the reported changes. The state stays as it is.
    #[cfg(feature = "sql")]
    pub(super) fn success(&self) -> (Vec<AuditUpdate>, Vec<AuditRow>) {
        let state = self.state();
        let mut updates = self.updates_of(state.reported.clone(), None);
        let mut end = AuditUpdate::new(Vec::new(), AuditOperation::Action);
        end.new_values = values_of(&Outcome::Done);
        end.duration_ms = self.duration();
        let mut rest = state.forgotten.clone();
        let open = state.order.iter().filter_map(|record| state.open.get(record));
        open.chain(&state.whole).for_each(|id| rest.push(*id));
        updates.extend(rest.pieces(CONFIRMED).map(|ids| with_ids(&end, ids)));
        (updates, state.changes.clone())
    }

    /// The confirmations of rows whose outcome is known, few for many rows.
    pub(super) fn updates_of(&self, reported: Vec<(i64, Outcome)>, counts: Option<&Value>) -> Vec<AuditUpdate> {
        let mut groups: HashMap<Outcome, Vec<i64>> = HashMap::new();
        let mut order = Vec::new();
        for (id, outcome) in reported {
            let group = groups.entry(outcome).or_insert_with_key(|outcome| {
                order.push(outcome.clone());
                Vec::new()
            });
            group.push(id);
        }
        let mut updates = Vec::new();
        for outcome in order {
            for ids in groups.remove(&outcome).unwrap_or_default().chunks(CONFIRMED) {
                let mut update = AuditUpdate::new(ids.to_vec(), operation_of(&outcome));
                update.new_values = values_of(&outcome);
                update.reason = record_reason(&outcome);
                update.counts = counts.cloned();
                update.duration_ms = self.duration();
                updates.push(update);
            }
        }
        updates
    }

    /// Takes the reported outcomes and changes, as writes.
    pub(super) fn reported(&self, state: &mut State, counts: Option<&Value>) -> Settlement {
        let mut settlement = Settlement::default();
        let reported = std::mem::take(&mut state.reported);
        for (id, _) in reported.iter().filter(|(_, outcome)| *outcome == Outcome::Done) {
            state.done.push(*id);
        }
        settlement.updates = self.updates_of(reported, counts);
        if let Some(common) = &state.common {
            for (record, outcome) in std::mem::take(&mut state.unknown) {
                let mut row = common.clone();
                row.status = AuditStatus::Done;
                row.record_id = Some(record);
                row.operation = operation_of(&outcome);
                row.new_values = values_of(&outcome);
                row.reason = record_reason(&outcome);
                row.counts = counts.cloned();
                row.duration_ms = self.duration();
                settlement.rows.push(row);
            }
        }
        settlement.rows.append(&mut state.changes);
        settlement
    }

    pub(super) fn settlement(&self, outcome: &Result<ActionResponse, ActionError>, tally: Option<Tally>) -> Settlement {
        let mut state = self.state();
        let state = &mut *state;
        state.has_ended = true;
        let counts = counts(state, outcome, tally);
        let mut settlement = self.reported(state, counts.as_ref());
        let mut end = self.end(outcome, tally, &state.notes);
        end.counts = counts;

        settlement.updates.append(&mut state.deferred);

        // records without an outcome of their own
        let mut rest = std::mem::take(&mut state.forgotten);
        for record in std::mem::take(&mut state.order) {
            if let Some(id) = state.open.remove(&record) {
                rest.push(id);
            }
        }
        // a handler that counts records as done without naming them has a rest that is partly done
        let is_left_out =
            tally.is_some_and(|tally| tally.not_attempted > 0 && (tally.done == 0 || !state.done.is_empty()));
        let mut rest_end = end.clone();
        if is_left_out {
            rest_end.operation = AuditOperation::ActionCancelled;
            rest_end.new_values = Map::new();
            rest_end.reason = Some("not_attempted: the run ended before this record".to_owned());
        }
        settlement
            .updates
            .extend(rest.pieces(CONFIRMED).map(|ids| with_ids(&rest_end, ids)));
        if tally.is_some_and(|tally| tally.rolled_back) {
            let mut rolled_back = end.clone();
            rolled_back.operation = AuditOperation::ActionFailed;
            rolled_back.reason =
                Some("rolled_back: nothing was changed, because another record was not done".to_owned());
            let done = std::mem::take(&mut state.done);
            settlement
                .updates
                .extend(done.pieces(CONFIRMED).map(|ids| with_ids(&rolled_back, ids)));
        }
        settlement
            .updates
            .extend(state.whole.take().map(|id| with_ids(&end, vec![id])));
        settlement
    }

    /// The end of the run, for every row without an outcome of its own.
    pub(super) fn end(
        &self,
        outcome: &Result<ActionResponse, ActionError>,
        tally: Option<Tally>,
        notes: &[String],
    ) -> AuditUpdate {
        let mut end = AuditUpdate::new(Vec::new(), AuditOperation::Action);
        match outcome {
            Ok(answer) => {
                end.new_values = answer
                    .digest()
                    .into_iter()
                    .map(|(name, value)| (name, cut(value)))
                    .collect()
            }
            Err(error) => {
                let is_internal = matches!(error.kind(), ErrorKind::Internal);
                let is_unavailable = matches!(error.kind(), ErrorKind::Unavailable);
                let only_refused = tally.is_some_and(|tally| tally.done == 0 && tally.failed == 0 && tally.refused > 0);
                let is_refused = (error.is_refusal() && !is_internal && !is_unavailable) || only_refused;
                end.operation = match is_refused && !tally.is_some_and(|tally| tally.rolled_back) {
                    true => AuditOperation::ActionRefused,
                    false => AuditOperation::ActionFailed,
                };
                end.reason = Some(reason_of(error));
                end.new_values = match is_refused {
                    true => refused_values(error.kept_text().unwrap_or_default()),
                    false => failed_values(error.kept_text().unwrap_or_default()),
                };
                if is_internal {
                    let own = error.reference().map(str::to_owned);
                    end.reference = Some(own.unwrap_or_else(|| self.correlation.reference()));
                }
            }
        }
        if let Some(tally) = tally {
            let results = json!({ "succeeded": tally.done, "refused": tally.refused, "failed": tally.failed });
            end.new_values.insert("results".to_owned(), results);
        }
        if !notes.is_empty() {
            end.new_values.insert("note".to_owned(), cut(notes.join("\n").into()));
        }
        end.duration_ms = self.duration();
        end
    }
}

fn with_ids(end: &AuditUpdate, ids: Vec<i64>) -> AuditUpdate {
    AuditUpdate { ids, ..end.clone() }
}

fn counts(state: &State, outcome: &Result<ActionResponse, ActionError>, tally: Option<Tally>) -> Option<Value> {
    let mut counts = Map::new();
    let mut set =
        |name: &str, number: Option<u64>| counts.extend(number.map(|number| (name.to_owned(), number.into())));
    set("selected", state.selected);
    let found = state.found.or(Some(state.taken_count).filter(|taken| *taken > 0));
    set("found", found);
    if let Some(tally) = tally {
        set("succeeded", Some(tally.done));
        set("refused", Some(tally.refused));
        set("failed", Some(tally.failed));
        set("notAttempted", Some(tally.not_attempted).filter(|number| *number > 0));
    } else if outcome.is_ok() {
        set("succeeded", found);
    }
    (!counts.is_empty()).then_some(counts.into())
}
