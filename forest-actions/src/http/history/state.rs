//! The record as it was at a moment: its current fields, with the later changes of the trail undone.

use actix_web::HttpResponse;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{HistoryError, Parameters, answered, moment};
use crate::audit::{AuditOperation, AuditQuery, AuditRow, AuditStatus, AuditTrail, undone};
use crate::caller::Caller;
use crate::http::browse::BrowseError;
use crate::http::context::Shared;
use crate::records::{
    CollectionModel, Condition, FieldModel, Key, Page, Projection, QueryError, RecordAccess, RecordError, RecordQuery,
};
use crate::response::ActionError;
use crate::rights::BrowseRight;

/// Maximum number of changes that are undone.
const MAX_CHANGES: u64 = 10_000;
/// Number of rows of one query.
const PAGE: u64 = 500;
/// Number of attempts to read the record and its rows without a change in between.
const ATTEMPTS: usize = 3;

/// Answers with the fields that the trail keeps. A record that is gone is not shown to a caller with a scope, which cannot be
/// judged any more.
pub(super) async fn answer(
    shared: &Shared,
    trail: &AuditTrail,
    caller: &Caller,
    collection: &str,
    id: &str,
    parameters: &Parameters,
) -> Result<HttpResponse, ActionError> {
    let at = parameters.text("at").or_else(|| parameters.text("timestamp"));
    let at = moment(at.ok_or(HistoryError::MissingMoment)?, caller.zone(), false)?;
    shared.rights().browse(caller, collection, BrowseRight::Read).await?;
    let Some(access) = shared.access(caller, collection, None).await? else {
        return Err(QueryError::UnknownCollection(collection.to_owned()).into());
    };
    let model = access.collection(collection)?;
    let key = Key::from_packed(model, id).map_err(|_| BrowseError::NoRecord {
        collection: collection.to_owned(),
        id: id.to_owned(),
    })?;
    for _ in 0..ATTEMPTS {
        let (found, current) = current(&access, model, &key).await?;
        let id = found.map_or_else(|| id.to_owned(), |key| key.to_string());
        if current.is_none() && access.scope(model)? != Condition::always() {
            return answered(serde_json::to_vec(&json!({ "data": null })));
        }
        let rows = changes_after(trail, collection, &id, at).await?;
        if changed_meanwhile(&access, model, &key, current.as_ref()).await? {
            continue;
        }
        let mut state = undone(current, rows.iter().rev()).ok_or(HistoryError::NotYet)?;
        // handlers report changes with names of their own, and links are named by their relation
        state.retain(|name, _| model.find_field(name).is_some_and(FieldModel::is_recorded));
        return answered(serde_json::to_vec(&json!({ "data": state })));
    }
    let error = RecordError::unavailable(
        "The record has changed meanwhile. Please try again.",
        "a record changed again and again while its history was read",
    );
    Err(QueryError::from(error).into())
}

/// The changes after a moment, oldest first.
async fn changes_after(
    trail: &AuditTrail,
    collection: &str,
    id: &str,
    at: DateTime<Utc>,
) -> Result<Vec<AuditRow>, HistoryError> {
    let mut query = AuditQuery {
        collection: Some(collection.to_owned()),
        record_id: Some(id.to_owned()),
        operations: vec![AuditOperation::Create, AuditOperation::Update, AuditOperation::Delete],
        status: Some(AuditStatus::Done),
        from: Some(at.checked_add_signed(TimeDelta::milliseconds(1)).unwrap_or(at)),
        oldest_first: true,
        limit: PAGE,
        ..AuditQuery::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = trail.query(&query).await.map_err(HistoryError::Unreadable)?;
        if page.count > MAX_CHANGES {
            return Err(HistoryError::TooManyChanges { at_most: MAX_CHANGES });
        }
        let read = page.rows.len();
        rows.extend(page.rows);
        query.offset += PAGE;
        if read == 0 || query.offset >= page.count {
            return Ok(rows);
        }
    }
}

/// Returns whether the record has changed since it was read, so that its rows may be those of another state.
async fn changed_meanwhile(
    access: &RecordAccess,
    model: &CollectionModel,
    key: &Key,
    before: Option<&Map<String, Value>>,
) -> Result<bool, ActionError> {
    let (_, after) = current(access, model, key).await?;
    Ok(after.as_ref() != before)
}

/// The key of the record as it is stored, and its fields that the trail keeps; `None` if it does not exist.
///
/// # Errors
/// 404 if it exists outside of the scope.
async fn current(
    access: &RecordAccess,
    model: &CollectionModel,
    key: &Key,
) -> Result<(Option<Key>, Option<Map<String, Value>>), ActionError> {
    let spelled = Condition::KeyIn(key.clone().spellings());
    let fields = model.fields.iter().filter(|field| field.is_recorded());
    let page = Page {
        limit: 1,
        projection: Projection {
            fields: fields.map(|field| field.name.clone()).collect(),
            ..Projection::default()
        },
        ..Page::default()
    };
    let source = &access.store.source;
    let visible = RecordQuery::new(&model.name, spelled.clone().and(access.scope(model)?));
    let found = source.records(&visible, &page).await.map_err(QueryError::from)?;
    if let Some(record) = found.into_iter().next() {
        return Ok((Some(record.key), Some(record.attributes)));
    }
    let any = RecordQuery::new(&model.name, spelled);
    match source.count(&any, Some(1)).await.map_err(QueryError::from)? {
        0 => Ok((None, None)),
        _ => Err(HistoryError::Hidden.into()),
    }
}
