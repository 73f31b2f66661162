//! A trail in memory, for tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::row::{AuditRow, AuditStatus, AuditUpdate};
use super::sink::{AuditPage, AuditQuery, AuditSink, AuditUser, SinkFuture};

/// A trail in memory, for tests; clones share their rows.
#[derive(Debug, Clone, Default)]
pub struct AuditMemory(Arc<Mutex<Vec<AuditRow>>>);

impl AuditMemory {
    /// An empty trail.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<AuditRow> {
        self.locked().clone()
    }

    /// No code panics while it holds the lock.
    fn locked(&self) -> MutexGuard<'_, Vec<AuditRow>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for AuditMemory {
    fn prepare(&self, rows: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        Box::pin(async move {
            let mut all = self.locked();
            let mut ids = Vec::with_capacity(rows.len());
            for mut row in rows {
                row.id = all.last().map_or(1, |last| last.id.saturating_add(1));
                ids.push(row.id);
                all.push(row);
            }
            Ok(ids)
        })
    }

    fn confirm(&self, updates: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async move {
            let mut all = self.locked();
            for update in updates {
                for id in &update.ids {
                    let Ok(place) = all.binary_search_by_key(id, |row| row.id) else {
                        continue;
                    };
                    if let Some(row) = all.get_mut(place) {
                        confirm(row, &update);
                    }
                }
            }
            Ok(())
        })
    }

    fn is_readable(&self) -> bool {
        true
    }

    fn query<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, AuditPage> {
        Box::pin(async move {
            let mut rows: Vec<AuditRow> = self.locked().iter().filter(|row| meets(row, query)).cloned().collect();
            rows.sort_by_key(|row| (row.timestamp, row.id));
            if !query.oldest_first {
                rows.reverse();
            }
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let [offset, limit] =
                [query.offset, query.limit].map(|number| usize::try_from(number).unwrap_or(usize::MAX));
            Ok(AuditPage {
                rows: rows.into_iter().skip(offset).take(limit).collect(),
                count,
            })
        })
    }

    fn users<'a>(&'a self, query: &'a AuditQuery) -> SinkFuture<'a, Vec<AuditUser>> {
        Box::pin(async move {
            let mut users: Vec<AuditUser> = Vec::new();
            for row in self.locked().iter().filter(|row| meets(row, query)) {
                if users.iter().all(|user| user.id != row.user_id) {
                    users.push(AuditUser {
                        id: row.user_id,
                        first_name: row.user_first_name.clone(),
                        last_name: row.user_last_name.clone(),
                        email: row.user_email.clone(),
                    });
                }
            }
            Ok(users)
        })
    }

    fn delete_before(&self, before: DateTime<Utc>, at_most: u32) -> SinkFuture<'_, u64> {
        Box::pin(async move {
            let mut deleted = 0;
            self.locked().retain(|row| {
                let is_old = row.timestamp < before && row.status == AuditStatus::Done && deleted < u64::from(at_most);
                deleted += u64::from(is_old);
                !is_old
            });
            Ok(deleted)
        })
    }
}

fn confirm(row: &mut AuditRow, update: &AuditUpdate) {
    row.operation = update.operation.clone();
    row.new_values = update.new_values.clone();
    row.status = AuditStatus::Done;
    if let Some(record_id) = &update.record_id {
        row.record_id = Some(record_id.clone());
    }
    if let Some(values) = &update.previous_values {
        row.previous_values = values.clone();
    }
    row.counts = update.counts.clone();
    row.reason = update.reason.clone();
    row.reference = update.reference.clone();
    row.duration_ms = update.duration_ms;
}

fn meets(row: &AuditRow, query: &AuditQuery) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
    let has = |values: &Map<String, Value>| query.fields.iter().any(|field| values.contains_key(field));
    is(&query.collection, Some(&row.collection))
        && is(&query.record_id, row.record_id.as_deref())
        && (query.user_ids.is_empty() || row.user_id.is_some_and(|id| query.user_ids.contains(&id)))
        && (query.operations.is_empty() || query.operations.contains(&row.operation))
        && query.status.is_none_or(|status| status == row.status)
        && (query.correlation_keys.is_empty()
            || row
                .correlation_key
                .as_ref()
                .is_some_and(|key| query.correlation_keys.contains(key)))
        && query.from.is_none_or(|from| row.timestamp >= from)
        && query.to.is_none_or(|to| row.timestamp <= to)
        && (query.fields.is_empty() || has(&row.previous_values) || has(&row.new_values))
        && query.search.as_ref().is_none_or(|text| is_found(row, text))
}

fn is_found(row: &AuditRow, text: &str) -> bool {
    let text = text.to_lowercase();
    let texts = [
        &row.action_name,
        &row.user_first_name,
        &row.user_last_name,
        &row.user_email,
    ];
    let values =
        [&row.previous_values, &row.new_values].map(|values| serde_json::to_string(values).unwrap_or_default());
    texts
        .into_iter()
        .flatten()
        .chain(&values)
        .any(|candidate| candidate.to_lowercase().contains(&text))
}
