//! The rule of an action over single records (`can_run`), and its application to a selection.
//!
//! Given records are judged once, before the handler runs. Those of "select all" are judged page by page as they are read,
//! since there may be millions of them.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::condition::Condition;
use super::error::QueryError;
use super::key::Key;
use super::selection::{Chosen, Selection, size};
use super::source::{Record, RecordQuery};
use super::typed::read_given;
use crate::caller::Caller;
use crate::response::{ActionError, Refusal, Results, Texts};

/// Judges a record, given its collection and the object of its fields: allowed, or the reason of a refusal.
///
/// # Errors
/// The record does not fit the type of the rule, or the rule failed.
pub(crate) type Judge = fn(&str, &Value, &Caller) -> Result<Option<Refusal>, ActionError>;

/// Given records that are read at once to be judged, and kept for [`Records`](super::Records).
const CHUNK: usize = 1_000;

/// The records of one request that its rule refuses; shared by the clones of its selection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    allowed: u64,
    refused: Results,
    /// Refused records whose ids are not known.
    unnamed: u64,
}

impl Judged {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        // a panic between two counts leaves both usable
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn refused_count(&self) -> u64 {
        self.lock().refused.refused_count()
    }

    /// The number of refused records whose ids are not known: those of "select all" that a filter leaves out.
    pub(crate) fn unnamed_count(&self) -> u64 {
        self.lock().unnamed
    }

    pub(crate) fn allowed_count(&self) -> u64 {
        self.lock().allowed
    }

    /// The panel about the records that would be refused.
    pub(crate) fn panel(&self, texts: &dyn Texts, selected: u64) -> String {
        self.lock().refused.foreseen_panel(texts, selected)
    }

    /// The number of allowed records, and the refused ones, which are taken out.
    pub(crate) fn take(&self) -> (u64, Results) {
        let mut counts = self.lock();
        (counts.allowed, std::mem::take(&mut counts.refused))
    }
}

/// A rule that judges records as they are read.
#[derive(Clone)]
pub(super) struct Rule {
    judge: Judge,
    caller: Arc<Caller>,
    judged: Judged,
}

/// The records that one pass over a selection has judged. Passes read the same records in the same order, so that each
/// record is counted by the pass that reaches it first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passed {
    allowed: u64,
    refused: u64,
}

impl Rule {
    /// The allowed records, in their order.
    pub(super) fn allowed(
        &self,
        collection: &str,
        records: Vec<Record>,
        passed: &mut Passed,
    ) -> Result<Vec<Record>, QueryError> {
        let mut allowed = Vec::with_capacity(records.len());
        for mut record in records {
            let fields = Value::Object(std::mem::take(&mut record.attributes));
            let outcome = self.outcome(collection, &fields)?;
            if let Value::Object(fields) = fields {
                record.attributes = fields;
            }
            let mut counts = self.judged.lock();
            let Some(refusal) = outcome else {
                passed.allowed += 1;
                counts.allowed = counts.allowed.max(passed.allowed);
                allowed.push(record);
                continue;
            };
            passed.refused += 1;
            if passed.refused > counts.refused.refused_count() {
                counts.refused.refused(&record.key, refusal);
            }
        }
        Ok(allowed)
    }

    fn outcome(&self, collection: &str, fields: &Value) -> Result<Option<Refusal>, QueryError> {
        let judge = || (self.judge)(collection, fields, &self.caller);
        // a rule is a pure function of its arguments, which are only read
        let outcome = catch_unwind(AssertUnwindSafe(judge));
        let outcome = outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())));
        outcome.map_err(|error| QueryError::RuleFailed(error.chain()))
    }
}

impl Selection {
    /// The selection without the records that `judge` refuses.
    ///
    /// # Errors
    /// The records cannot be read, or the rule fails.
    pub(crate) async fn judged(self, judge: Judge, caller: &Caller) -> Result<(Self, Judged), QueryError> {
        let rule = Rule {
            judge,
            caller: Arc::new(caller.clone()),
            judged: Judged::default(),
        };
        let judged = rule.judged.clone();
        let mut chosen = Arc::unwrap_or_clone(self.chosen());
        match &mut chosen {
            Chosen::All { rule: of_all, .. } => *of_all = Some(rule),
            Chosen::Found {
                store,
                collection,
                keys,
                scope,
                held,
                read,
                ..
            } => {
                let condition = scope.clone().and(held.clone());
                let mut allowed = Vec::with_capacity(keys.len());
                let mut kept = HashMap::new();
                let mut passed = Passed::default();
                for chunk in keys.chunks(CHUNK) {
                    let records = read_given(store, collection, chunk, &condition).await?;
                    let records = rule.allowed(collection, records, &mut passed)?;
                    allowed.extend(records.iter().map(|record| record.key.clone()));
                    if keys.len() <= CHUNK {
                        kept = records
                            .into_iter()
                            .map(|record| (record.key.to_string(), record))
                            .collect();
                    }
                }
                *keys = allowed;
                *read = Kept(Arc::new(Mutex::new(kept)));
            }
            Chosen::Unchecked(ids) if ids.is_empty() => {}
            Chosen::Unchecked(_) | Chosen::Unknown => return Err(QueryError::NoRecordSource),
        }
        Ok((Self::of(chosen), judged))
    }

    /// The selection without the records for which `condition` does not hold; these are refused for one reason.
    ///
    /// # Errors
    /// The records cannot be read.
    pub(crate) async fn judged_by(self, condition: Condition, reason: &Refusal) -> Result<(Self, Judged), QueryError> {
        let mut chosen = Arc::unwrap_or_clone(self.chosen());
        let mut counts = Counts::default();
        match &mut chosen {
            Chosen::All { store, query, .. } => {
                let refused = query.condition.clone().and(condition.clone().negated());
                let refused = RecordQuery::new(&query.collection, refused);
                counts.unnamed = store.source.count(&refused, None).await?;
                counts.refused.refused_many(counts.unnamed, reason);
                query.condition = query.condition.clone().and(condition);
                counts.allowed = store.source.count(query, None).await?;
            }
            Chosen::Found {
                store,
                collection,
                keys,
                scope,
                held,
                ..
            } => {
                let condition = Condition::KeyIn(keys.clone())
                    .and(scope.clone())
                    .and(held.clone())
                    .and(condition);
                let query = RecordQuery::new(collection.as_str(), condition);
                let allowed = store.source.keys(&query, None, keys.len()).await?;
                let allowed: HashSet<Key> = allowed.into_iter().collect();
                keys.retain(|key| {
                    let is_allowed = allowed.contains(key);
                    if !is_allowed {
                        counts.refused.refused(key, reason.clone());
                    }
                    is_allowed
                });
                counts.allowed = size(keys.len());
            }
            Chosen::Unchecked(ids) if ids.is_empty() => {}
            Chosen::Unchecked(_) | Chosen::Unknown => return Err(QueryError::NoRecordSource),
        }
        Ok((Self::of(chosen), Judged(Arc::new(Mutex::new(counts)))))
    }
}

/// The given records that were read to be judged, by key. The handler takes each of them once instead of reading it again.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<HashMap<String, Record>>>);

impl Kept {
    /// The records of these keys, in their order; `None` unless all of them are kept.
    pub(super) fn take(&self, keys: &[Key]) -> Option<Vec<Record>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return None;
        }
        let names: Vec<String> = keys.iter().map(Key::to_string).collect();
        if !names.iter().all(|name| kept.contains_key(name)) {
            return None;
        }
        Some(names.iter().filter_map(|name| kept.remove(name)).collect())
    }
}
