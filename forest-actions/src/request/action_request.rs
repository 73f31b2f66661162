//! A request checked against the action that it triggers.
//!
//! The rules of the protocol that need both: the records that each kind of action takes, an id of the action or the collection that
//! contradicts the route, and a requester in a plain body.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::body::{Attributes, Members, parse_body};
use super::error::RequestError;
use super::lazy::Lazy;
use super::sent_ids::SentIds;
use super::signed_request::{SignedRequest, SignedRequestProblem, signed_in};
use super::smart_action_id::{Binding, KnownActions, binding, may_belong_to};
use super::values::Values;
use crate::declare::{ActionDescriptor, ActionKind};
use crate::form::{ActionForm, FormError, FormReader};
use crate::json::{MAX_VALUES, is_too_large};
use crate::observed::Correlation;
use crate::records::{ListQuery, PackedId};
use crate::text::excerpt;

/// The value of a run that names its preview.
pub(crate) const PREVIEW_TOKEN: &str = "$preview";

/// The parts of a request beyond its records, values and caller; an extractor for handlers and hooks.
#[derive(Debug, Clone)]
pub struct ActionRequest(Rc<Checked>);

/// The parts of a request that passed the checks.
#[derive(Debug)]
struct Checked {
    action: &'static ActionDescriptor,
    selected: Selected,
    /// The text of the JSON object, inside the body.
    values: Option<Bytes>,
    body: Bytes,
    parent: Option<ParentRecord>,
    smart_action_id: Option<String>,
    intent_params: Option<Map<String, Value>>,
    requester_id: Option<String>,
    correlation: Option<Correlation>,
}

/// The records that a request is about, as it names them.
#[derive(Debug)]
pub(crate) enum Selected {
    /// A global action takes none, regardless of the selection on screen (SEL-08).
    None,
    /// These, in the order of the request, each once.
    Given(Vec<PackedId>),
    /// "Select all": every record of the list on screen but those unticked, which only a record source can resolve.
    All(Box<SelectAll>),
}

/// The list on screen, and what was unticked in it.
#[derive(Debug)]
pub(crate) struct SelectAll {
    pub(crate) list: ListQuery,
    pub(crate) excluded: Vec<PackedId>,
}

/// The record from whose related data an action was run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParentRecord {
    /// The parent's collection.
    pub collection: String,
    /// The parent's id, packed.
    pub id: String,
    /// The relation field of the parent that lists the selected records.
    pub association: String,
}

/// Which checks apply: an execution must name its records, a hook may run before any is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Execution,
    Hook,
}

impl ActionRequest {
    /// Checks what a caller sent against the action at the route.
    ///
    /// # Errors
    /// 422 for a plain body that carries a `requester_id`, 400 for other input that does not fit. The content of
    /// a signed request is checked by [`Self::check_signed`].
    pub(crate) fn check(
        sent: Attributes<'_>,
        body: &Bytes,
        action: &'static ActionDescriptor,
        known: KnownActions<'_>,
        purpose: Purpose,
    ) -> Result<Self, RequestError> {
        match signed_in(&sent)? {
            Some(_) => Err(SignedRequestProblem::NotAccepted.into()),
            None => Self::checked(sent, body, action, known, purpose, None),
        }
    }

    /// Checks the content of a signed request, which takes the place of what the caller sent (APP-01). `sent` was
    /// read from its body. `strict` refuses an id of an unknown form.
    ///
    /// # Errors
    /// 400 for everything that does not fit.
    pub(crate) fn check_signed(
        sent: Attributes<'_>,
        signed: &SignedRequest,
        action: &'static ActionDescriptor,
        known: KnownActions<'_>,
        strict: bool,
    ) -> Result<Self, RequestError> {
        let requester = signed.requester_id.clone();
        let is_approval = requester.is_some();
        let request = Self::checked(sent, &signed.body, action, known, Purpose::Execution, requester)?;
        // nothing else says what was approved
        let id = request.smart_action_id().ok_or(SignedRequestProblem::NoAction)?;
        match binding(id, action, known) {
            Binding::This => {}
            Binding::Ambiguous => return Err(SignedRequestProblem::AmbiguousAction.into()),
            Binding::Unknown if strict => return Err(SignedRequestProblem::UnknownAction.into()),
            Binding::Unknown => tracing::warn!(
                collection = action.collection,
                action = action.name,
                smart_action_id = excerpt(id, 64),
                "the `smart_action_id` of a signed request has an unknown form, so the approval may be for another action"
            ),
        }
        // "all records" would be those that exist now, not those that were approved (APP-05)
        if is_approval && matches!(request.selected(), Selected::All(_)) {
            return Err(RequestError::ApprovalOfAllRecords);
        }
        Ok(request)
    }

    /// Checks the stored content of a run again. Its approval was checked at the submission.
    ///
    /// # Errors
    /// 400 for everything that does not fit any more.
    pub(crate) fn check_again(
        sent: Attributes<'_>,
        body: &Bytes,
        action: &'static ActionDescriptor,
        known: KnownActions<'_>,
        requester: Option<&str>,
    ) -> Result<Self, RequestError> {
        let requester = requester.map(str::to_owned);
        Self::checked(sent, body, action, known, Purpose::Execution, requester)
    }

    fn checked(
        sent: Attributes<'_>,
        body: &Bytes,
        action: &'static ActionDescriptor,
        known: KnownActions<'_>,
        purpose: Purpose,
        requester_id: Option<String>,
    ) -> Result<Self, RequestError> {
        if sent.collection_name.is_some_and(|name| name != action.collection) {
            return Err(RequestError::OtherCollection {
                expected: action.collection,
            });
        }
        let smart_action_id = sent.smart_action_id.and_then(|id| id.0).map(|id| id.0);
        if smart_action_id
            .as_deref()
            .is_some_and(|id| !may_belong_to(id, action, known))
        {
            // a hook changes nothing, and clients are known to send one action's id with the form of another
            match purpose {
                Purpose::Execution => return Err(RequestError::OtherAction),
                Purpose::Hook => tracing::warn!(
                    collection = action.collection,
                    action = action.name,
                    "the `smart_action_id` of a hook's request belongs to another action"
                ),
            }
        }
        let all_records = sent.all_records.unwrap_or(false);
        let parent = match (
            given(sent.parent_collection_name),
            sent.parent_collection_id.and_then(|id| id.0),
            given(sent.parent_association_name),
        ) {
            (Some(collection), Some(id), Some(association)) => Some(ParentRecord {
                collection,
                id: id.0,
                association,
            }),
            (None, None, None) => None,
            // a list inside a parent must never turn into the whole collection
            _ if all_records && action.kind != ActionKind::Global => {
                return Err(RequestError::IncompleteParent);
            }
            _ => None,
        };
        // ids that do not count are not read: the UI sends rows of the screen with "select all" and global actions
        let selected = match (action.kind, all_records, sent.ids) {
            (ActionKind::Global, ..) => Selected::None,
            (ActionKind::Single, true, _) => {
                return Err(RequestError::SelectAllOfSingle);
            }
            (ActionKind::Bulk, true, _) => Selected::All(Box::new(select_all(
                sent.all_records_subset_query,
                sent.all_records_ids_excluded,
            )?)),
            (_, false, Some(ids)) => Selected::Given(distinct(ids.read()?)),
            (_, false, None) if purpose == Purpose::Hook => Selected::Given(Vec::new()),
            (_, false, None) => return Err(RequestError::MissingIds),
        };
        if let (Purpose::Execution, Selected::Given(ids)) = (purpose, &selected) {
            match (action.kind, ids.len()) {
                (ActionKind::Single, 1) => {}
                (ActionKind::Single, sent) => return Err(RequestError::NotOneRecord { sent }),
                // every condition of a role would hold
                (_, 0) => return Err(RequestError::NoRecordSelected),
                _ => {}
            }
        }
        Ok(Self(Rc::new(Checked {
            action,
            selected,
            values: sent.values.map(|values| body.slice_ref(values.get().as_bytes())),
            body: body.clone(),
            parent,
            smart_action_id,
            intent_params: sent
                .action_intent_params
                .map(Lazy::read_tree)
                .transpose()?
                .map(|params| params.0),
            requester_id,
            correlation: None,
        })))
    }

    /// The collection that the action belongs to.
    #[must_use]
    pub fn collection(&self) -> &'static str {
        self.0.action.collection
    }

    /// The action's name.
    #[must_use]
    pub fn action_name(&self) -> &'static str {
        self.0.action.name
    }

    /// The number of records that the action takes.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        self.0.action.kind
    }

    /// The record from whose related data the action was run, if it was.
    #[must_use]
    pub fn parent(&self) -> Option<&ParentRecord> {
        self.0.parent.as_ref()
    }

    /// The UI's opaque id of the action, for correlation only.
    #[must_use]
    pub fn smart_action_id(&self) -> Option<&str> {
        self.0.smart_action_id.as_deref()
    }

    /// The parameters of the link that opened the action, if one did. They come from outside and are
    /// untrusted.
    #[must_use]
    pub fn intent_params(&self) -> Option<&Map<String, Value>> {
        self.0.intent_params.as_ref()
    }

    /// The id of the user who requested an approved execution; the caller is then the approver. `None` for an execution
    /// without an approval.
    #[must_use]
    pub fn requester_id(&self) -> Option<&str> {
        self.0.requester_id.as_deref()
    }

    /// The id of the request, a UUID: in the header `x-forest-correlation-id` of the answer, in the log, and in the audit trail.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        self.0.correlation.as_ref().map_or("", Correlation::as_str)
    }

    /// The request with its id.
    pub(crate) fn correlated(mut self, correlation: Correlation) -> Self {
        if let Some(checked) = Rc::get_mut(&mut self.0) {
            checked.correlation = Some(correlation);
        }
        self
    }

    pub(crate) fn selected(&self) -> &Selected {
        &self.0.selected
    }

    /// The values of the program's own fields, read as JSON.
    pub(crate) fn values(&self) -> Result<Values, RequestError> {
        let mut values = self.all_values()?;
        self.0
            .action
            .added_fields()
            .for_each(|added| drop(values.remove(added)));
        if self.0.action.preview.is_some() {
            values.remove(PREVIEW_TOKEN);
        }
        Ok(Values(Rc::new(values)))
    }

    fn all_values(&self) -> Result<Map<String, Value>, RequestError> {
        if is_too_large(self.values_text()) {
            return Err(invalid_values(format!("expected at most {MAX_VALUES} values")));
        }
        serde_json::from_str(self.values_text()).map_err(|error| invalid_values(error.to_string()))
    }

    /// The values of the program's own fields without the empty ones, so that two requests with the same meaning have the same.
    pub(crate) fn plain_values(&self) -> Result<Map<String, Value>, RequestError> {
        let mut values = Rc::unwrap_or_clone(self.values()?.0);
        values.retain(|_, value| !value.is_null());
        Ok(values)
    }

    /// The value of one field; the others are not read.
    pub(crate) fn value_of(&self, name: &str) -> Result<Option<Value>, RequestError> {
        let invalid = |error: serde_json::Error| invalid_values(error.to_string());
        let values: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(self.values_text()).map_err(invalid)?;
        let Some(value) = values.get(name) else { return Ok(None) };
        if is_too_large(value.get()) {
            return Err(invalid_values(format!("expected at most {MAX_VALUES} values")));
        }
        serde_json::from_str(value.get()).map(Some).map_err(invalid)
    }

    /// The same request with the values of an open form, of which a preview is shown.
    pub(crate) fn with_values(self, values: &Map<String, Value>) -> Result<Self, RequestError> {
        let text = serde_json::to_vec(values).map_err(|error| invalid_values(error.to_string()))?;
        let text = Bytes::from(text);
        let mut checked = Rc::try_unwrap(self.0).map_err(|_| invalid_values("the request is shared".to_owned()))?;
        checked.values = Some(text.clone());
        // files are read out of the body that holds their text
        checked.body = text;
        Ok(Self(Rc::new(checked)))
    }

    /// The values as a form.
    pub(crate) fn form<T: ActionForm>(&self) -> Result<T, FormError> {
        let mut reader = FormReader::new(self.values_text(), &self.0.body)?;
        match T::from_values(&mut reader) {
            Some(form) if !reader.has_problems() => Ok(form),
            _ => Err(reader.into_error()),
        }
    }

    /// The values as members of an object that are not parsed, and the body that they are in.
    pub(crate) fn raw_values(&self) -> (&str, &Bytes) {
        (self.values_text(), &self.0.body)
    }

    fn values_text(&self) -> &str {
        let text = self
            .0
            .values
            .as_deref()
            .and_then(|values| std::str::from_utf8(values).ok());
        text.unwrap_or("{}")
    }
}

fn invalid_values(reason: String) -> RequestError {
    RequestError::InvalidAttribute {
        place: "values".to_owned(),
        reason,
    }
}

/// The records that a body without an action selects, and the parent in whose list they are.
///
/// # Errors
/// 400 for a body of another shape, for one that selects nothing, and for an incomplete parent of "select all".
pub(crate) fn selected_in(body: &[u8]) -> Result<(Selected, Option<ParentRecord>), RequestError> {
    let sent = parse_body(body)?;
    let parent = match (
        given(sent.parent_collection_name),
        sent.parent_collection_id.and_then(|id| id.0),
        given(sent.parent_association_name),
    ) {
        (Some(collection), Some(id), Some(association)) => Some(ParentRecord {
            collection,
            id: id.0,
            association,
        }),
        (None, None, None) => None,
        // a list inside a parent must never turn into the whole collection
        _ if sent.all_records == Some(true) => return Err(RequestError::IncompleteParent),
        _ => None,
    };
    let selected = match (sent.all_records, sent.ids) {
        (Some(true), _) => Selected::All(Box::new(select_all(
            sent.all_records_subset_query,
            sent.all_records_ids_excluded,
        )?)),
        (_, Some(ids)) => Selected::Given(distinct(ids.read()?)),
        (_, None) => return Err(RequestError::MissingIds),
    };
    Ok((selected, parent))
}

/// "Select all", read now that it counts.
fn select_all(
    subset: Option<Lazy<'_, Members>>,
    excluded: Option<Lazy<'_, SentIds>>,
) -> Result<SelectAll, RequestError> {
    let list = match subset {
        None => ListQuery::default(),
        Some(subset) => ListQuery::from_subset(&subset.read_tree()?.0)?,
    };
    let excluded = excluded.map(Lazy::read).transpose()?;
    Ok(SelectAll {
        list,
        excluded: excluded.map(|ids| ids.0).unwrap_or_default(),
    })
}

/// An optional name, which some clients send as an empty text.
fn given(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.is_empty())
}

/// Each id once, in the order in which they were sent.
fn distinct(ids: SentIds) -> Vec<PackedId> {
    if ids.0.len() < 2 {
        return ids.0;
    }
    let mut seen = HashSet::new();
    ids.0.into_iter().filter(|id| seen.insert(id.0.clone())).collect()
}
