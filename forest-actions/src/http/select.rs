//! Resolves the selection of a request to records that exist within the caller's scope.
//!
//! Explicit ids are parsed, and looked up before the handler, a form hook or a condition uses them (PER-13); "select all"
//! becomes a condition. Without a record source for the collection (a virtual one, PER-10) ids are not checked.

use std::collections::HashSet;

use crate::declare::ActionDescriptor;
use crate::records::{
    CollectionModel, Condition, Given, Key, Parent, QueryError, RecordAccess, RecordQuery, Requested, Selection,
    split_packed,
};
use crate::request::{ActionRequest, ParentRecord, RequestError, SelectAll, Selected};
use crate::response::ActionError;

/// The purpose of a selection: an execution must find records, a hook may run before any is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectedFor {
    Execution,
    /// A load hook, refused for the same reasons as an execution.
    Opening,
    /// Another hook: cheap, because it runs while the user types.
    Typing,
}

/// Resolves the selection of a request; the query string may hold the live query of the list on screen. Given ids up to the one
/// of a run's `cursor` are left out.
///
/// # Errors
/// 400 for an id, a filter or a parent that does not fit, 422 for more records than the action takes, or for "select all"
/// without a record source; the scope's 403.
pub(super) async fn select(
    access: Option<&RecordAccess>,
    action: &'static ActionDescriptor,
    purpose: SelectedFor,
    request: &ActionRequest,
    query_string: &str,
    cursor: Option<&str>,
) -> Result<Requested, ActionError> {
    let known = access.and_then(|access| Some((access, access.models().get(action.collection)?)));
    let selection = match (request.selected(), known) {
        (Selected::None, _) => Selection::unchecked(Vec::new()),
        (Selected::Given(ids), known) => {
            let limit = action.max_records.filter(|_| purpose != SelectedFor::Typing);
            if let Some(at_most) = limit
                && u64::try_from(ids.len()).is_ok_and(|count| count > at_most)
            {
                return Err(QueryError::TooManyRecords(at_most).into());
            }
            let packed = ids.iter().map(|id| id.0.as_str());
            return match known {
                None => {
                    let mut ids: Vec<String> = packed.map(str::to_owned).collect();
                    remove_through(&mut ids, |id| cursor == Some(id));
                    Ok(Selection::unchecked(ids).into())
                }
                Some((access, collection)) => {
                    let mut given = given(access, collection, "ids", packed)?;
                    let cursor = cursor.map(|id| key_of(collection, "cursor", id)).transpose()?;
                    remove_through(&mut given.keys, |key| cursor.as_ref() == Some(key));
                    Ok(Requested::given(given))
                }
            };
        }
        // a form may open before anything is selected; its hook is refused if it asks for the records
        (Selected::All(_), None) if purpose != SelectedFor::Execution => return Ok(Selection::unknown().into()),
        (Selected::All(_), None) => return Err(QueryError::SelectAllWithoutSource.into()),
        (Selected::All(all), Some((access, collection))) => {
            let parent = request.parent().map(|parent| linked_to(access, collection, parent));
            let parent = parent.transpose()?;
            if let Some(parent) = &parent {
                access.check_parent(parent).await?;
            }
            let condition = all_of(access, collection, all, query_string, parent)?;
            let query = RecordQuery::new(&collection.name, condition);
            Selection::matching(access.store.clone(), query, action.max_records)
        }
    };
    if let Some(at_most) = action.max_records.filter(|_| purpose != SelectedFor::Typing)
        && selection.counted(Some(at_most.saturating_add(1))).await? > at_most
    {
        return Err(QueryError::TooManyRecords(at_most).into());
    }
    Ok(selection.into())
}

/// Removes the ids that earlier attempts of a run have done: all up to the last one.
fn remove_through<T>(ids: &mut Vec<T>, is_last: impl Fn(&T) -> bool) {
    if let Some(last) = ids.iter().position(is_last) {
        ids.drain(..=last);
    }
}

/// Requires that an execution has found one of the requested records. Checked after the right, so that a caller without it
/// does not learn which records exist (protocol: scopes).
///
/// # Errors
/// [`RequestError::RecordGone`] or [`RequestError::RecordsGone`] when none of the selected records is left.
pub(super) fn require_found(selection: &Selection) -> Result<(), RequestError> {
    match selection.partly_found() {
        Some((0, 1)) => Err(RequestError::RecordGone),
        Some((0, requested)) => Err(RequestError::RecordsGone { requested }),
        _ => Ok(()),
    }
}

/// The ids that `place` of the request gives, each once, and the scope in which they are looked up.
pub(super) fn given<'a>(
    access: &RecordAccess,
    collection: &CollectionModel,
    place: &'static str,
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Result<Given, ActionError> {
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        keys.push(key_of(collection, place, id)?);
    }
    if keys.len() > 1 {
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(key.to_string()));
    }
    Ok(Given {
        store: access.store.clone(),
        collection: collection.name.clone(),
        keys,
        scope: access.scope(collection)?,
    })
}

/// "Select all": the list on screen, inside its parent, without the excluded ids.
pub(super) fn all_of(
    access: &RecordAccess,
    collection: &CollectionModel,
    all: &SelectAll,
    query_string: &str,
    parent: Option<Parent>,
) -> Result<Condition, ActionError> {
    let list = all.list.with_live_query_of(query_string);
    let mut condition = access.list(collection, &list)?.condition;
    if let Some(parent) = parent {
        condition = condition.and(Condition::LinkedTo(parent));
    }
    let mut excluded = Vec::new();
    for id in &all.excluded {
        // older agents join the parts of a key by dashes; such an id matches no record
        let is_joined_by_dashes = id.0.contains('-') && split_packed(&id.0, 1).is_ok();
        if collection.key.len() > 1 && is_joined_by_dashes {
            tracing::warn!(
                collection = collection.name,
                "the parts of an excluded id are joined by a dash, and it excludes nothing"
            );
            continue;
        }
        excluded.push(key_of(collection, "all_records_ids_excluded", &id.0)?);
    }
    Ok(if excluded.is_empty() {
        condition
    } else {
        condition.and(Condition::KeyNotIn(excluded))
    })
}

/// The record whose related list the selection was made in.
pub(super) fn linked_to(
    access: &RecordAccess,
    collection: &CollectionModel,
    parent: &ParentRecord,
) -> Result<Parent, RequestError> {
    let model = access
        .models()
        .get(&parent.collection)
        .ok_or_else(|| RequestError::UnknownParentCollection {
            name: parent.collection.clone(),
        })?;
    let relation = model
        .find_relation(&parent.association)
        .filter(|relation| relation.is_to_many() && relation.target == collection.name)
        .ok_or_else(|| RequestError::UnknownParentRelation {
            parent: model.name.clone(),
            name: parent.association.clone(),
            collection: collection.name.clone(),
        })?;
    let key = key_of(model, "parent_collection_id", &parent.id)?;
    Ok(Parent::new(&model.name, key, &relation.name))
}

pub(super) fn key_of(collection: &CollectionModel, place: &'static str, id: &str) -> Result<Key, RequestError> {
    Key::from_packed(collection, id).map_err(|problem| RequestError::InvalidId {
        place,
        id: id.to_owned(),
        problem,
    })
}
