//! Records the changes of one request that writes records.
//!
//! Where the trail is a table of the same database, its rows are written in the transaction of the changes. Otherwise they are
//! pending before the commit, and done after it; a commit that fails leaves them pending.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::outcome::{ids_of_refusal, reason_of, refused_values};
use super::row::{AuditOperation, AuditRow, AuditStatus, AuditUpdate, now};
use super::trail::{AuditTrail, AuditUnavailable, Settlement};
use super::values::{changed, plain, summary_of_bytes};
use crate::caller::Caller;
use crate::observed::Correlation;
use crate::records::{CollectionModel, Draft, FieldModel, Key, Record, Value as Stored, WriteTx};
use crate::response::{ActionError, ErrorKind};

/// The recorder of one request.
pub(crate) struct ChangeRecorder {
    trail: Arc<AuditTrail>,
    /// The columns that all rows have in common.
    common: AuditRow,
    started: Instant,
    rows: Vec<AuditRow>,
    /// The numbers of the pending rows, in their order.
    pending: Vec<i64>,
}

impl ChangeRecorder {
    /// `ip` is given when the project has IP rules.
    pub(crate) fn new(
        trail: &Arc<AuditTrail>,
        caller: &Caller,
        correlation: Correlation,
        started: Instant,
        surface: &'static str,
        ip: Option<String>,
    ) -> Self {
        let mut common = AuditRow::new(AuditOperation::Update, "").by(caller);
        common.correlation_key = Some(correlation.as_str().to_owned());
        common.surface = Some(surface.to_owned());
        common.ip = ip;
        Self {
            trail: Arc::clone(trail),
            common,
            started,
            rows: Vec::new(),
            pending: Vec::new(),
        }
    }

    pub(crate) fn created(&mut self, collection: &CollectionModel, record: &Record, draft: &Draft) {
        let mut values = kept(collection, record);
        values.extend(files(collection, draft));
        self.add(AuditOperation::Create, collection, &record.key, Map::new(), values);
    }

    /// A change, unless both states are the same. Fields that the trail does not keep are taken as changed.
    pub(crate) fn updated(&mut self, collection: &CollectionModel, before: &Record, after: &Record, draft: &Draft) {
        let (old, mut new) = changed(kept(collection, before).into(), kept(collection, after).into());
        new.extend(files(collection, draft));
        let is_kept = |field: &FieldModel| field.is_recorded() || !draft.has(&field.name);
        if old.is_empty() && new.is_empty() && collection.fields.iter().all(is_kept) {
            return;
        }
        self.add(AuditOperation::Update, collection, &after.key, old, new);
        let former = before.key.to_string();
        if let Some(row) = self.rows.last_mut().filter(|_| former != after.key.to_string()) {
            row.previous_record_id = Some(plain(&former));
        }
    }

    pub(crate) fn deleted(&mut self, collection: &CollectionModel, record: &Record) {
        let values = kept(collection, record);
        self.add(AuditOperation::Delete, collection, &record.key, values, Map::new());
    }

    /// A link that is a record of another collection: `change` is `added` or `removed`.
    pub(crate) fn linked(
        &mut self,
        collection: &CollectionModel,
        key: &Key,
        relation: &str,
        change: &str,
        others: &[Key],
    ) {
        let ids: Vec<String> = others.iter().map(ToString::to_string).collect();
        let values = Map::from_iter([(relation.to_owned(), json!({ change: ids }))]);
        self.add(AuditOperation::Update, collection, key, Map::new(), values);
    }

    fn add(
        &mut self,
        operation: AuditOperation,
        collection: &CollectionModel,
        key: &Key,
        before: Map<String, Value>,
        after: Map<String, Value>,
    ) {
        let redaction = self.trail.redaction();
        let mut row = self.common.clone();
        row.timestamp = now();
        row.operation = operation;
        row.collection.clone_from(&collection.name);
        row.record_id = Some(plain(&key.to_string()));
        row.previous_values = redaction.of_record(&collection.name, before);
        row.new_values = redaction.of_record(&collection.name, after);
        self.rows.push(row);
    }

    /// Writes the rows before the changes are committed.
    ///
    /// # Errors
    /// They cannot be written, and have to be; the transaction must not be committed.
    pub(crate) async fn before_commit(&mut self, transaction: &mut dyn WriteTx) -> Result<(), AuditUnavailable> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let duration = i64::try_from(self.started.elapsed().as_millis()).ok();
        self.rows.iter_mut().for_each(|row| row.duration_ms = duration);
        #[cfg(feature = "sql")]
        if self.trail.is_database_of(transaction).await? {
            return self.trail.append_in(transaction, std::mem::take(&mut self.rows)).await;
        }
        let _ = transaction;
        self.rows.iter_mut().for_each(|row| row.status = AuditStatus::Pending);
        self.pending = self.trail.append(self.rows.clone()).await?;
        Ok(())
    }

    /// Makes the rows done after the commit.
    pub(crate) async fn committed(self) {
        if self.pending.is_empty() {
            return;
        }
        let mut updates: Vec<AuditUpdate> = Vec::new();
        for (row, id) in self.rows.into_iter().zip(self.pending) {
            match updates.last_mut() {
                Some(last) if last.operation == row.operation && last.new_values == row.new_values => last.ids.push(id),
                _ => {
                    let mut update = AuditUpdate::new(vec![id], row.operation);
                    update.new_values = row.new_values;
                    update.duration_ms = row.duration_ms;
                    updates.push(update);
                }
            }
        }
        let settlement = Settlement {
            updates,
            ..Settlement::default()
        };
        let trail = self.trail;
        // in a task of its own, because the client may disconnect and end the request
        let settled = tokio::spawn(async move { trail.settle(settlement, ()).await });
        let _ = settled.await;
    }

    /// Records a refusal. Requests that are malformed, or cannot be decided, are no refusals of a change.
    pub(crate) async fn refused(
        self,
        operation: AuditOperation,
        collection: &str,
        ids: Vec<String>,
        refusal: &ActionError,
    ) {
        let is_refused = matches!(
            refusal.kind(),
            ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Unprocessable
        );
        if !is_refused {
            return;
        }
        let mut row = self.common;
        row.timestamp = now();
        row.operation = operation;
        row.collection = collection.to_owned();
        row.reason = Some(reason_of(refusal));
        row.new_values = refused_values(refusal.kept_text().unwrap_or_default());
        row.duration_ms = i64::try_from(self.started.elapsed().as_millis()).ok();
        // logged if it fails: the change is refused in any case
        let _ = self.trail.append(row.of_each(ids_of_refusal(ids))).await;
    }
}

/// Files that a draft writes: their size and digest.
fn files(collection: &CollectionModel, draft: &Draft) -> Map<String, Value> {
    let fields = collection.fields.iter().filter(|field| !field.is_hidden);
    fields
        .filter_map(|field| match draft.get(&field.name)? {
            Stored::Binary(bytes) => Some((field.name.clone(), summary_of_bytes(bytes).into())),
            _ => None,
        })
        .collect()
}

/// The values that the trail keeps of a record: those of stored fields that the back office can show.
fn kept(collection: &CollectionModel, record: &Record) -> Map<String, Value> {
    let fields = collection.fields.iter().filter(|field| field.is_recorded());
    fields
        .filter_map(|field| Some((field.name.clone(), record.attributes.get(&field.name)?.clone())))
        .collect()
}
