//! The rule of an action (`can_run`) over the records of a request.

use std::sync::Arc;

use super::context::Shared;
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, ActionKind, CanRun, Rule};
use crate::records::{Judged, QueryError, RecordAccess, Requested, Selection};
use crate::response::{ActionError, Refusal, Results};

/// The allowed records of a request, and the numbers of the others.
pub(super) struct Ruled {
    pub(super) allowed: Selection,
    pub(super) judged: Judged,
}

/// Applies the rule of an action to its selection; `None` without a rule.
///
/// # Errors
/// The records cannot be read, or the rule failed: nothing has run.
pub(super) async fn ruled(
    action: &ActionDescriptor,
    access: Option<&RecordAccess>,
    caller: &Caller,
    requested: &Requested,
) -> Result<Option<Ruled>, ActionError> {
    let Some(CanRun { rule, .. }) = &action.can_run else {
        return Ok(None);
    };
    let selection = requested.resolve().await?.clone();
    let (allowed, judged) = match rule {
        Rule::Records(judge) => selection.judged(*judge, caller).await?,
        Rule::Filter { filter, reason } => {
            let access = access.ok_or(QueryError::NoRecordSource)?;
            let condition = access.rule(action.collection, &filter())?;
            selection.judged_by(condition, &Refusal::from(*reason)).await?
        }
    };
    Ok(Some(Ruled { allowed, judged }))
}

/// Requires that the rule leaves something to do: all records if the action stops at a refusal, else one.
///
/// An approval was given for all of its records, so an approved run stops as well.
///
/// # Errors
/// 400 with the reasons.
pub(super) async fn require_allowed(
    shared: &Arc<Shared>,
    action: &ActionDescriptor,
    ruled: &Ruled,
    is_approved: bool,
) -> Result<(), ActionError> {
    let stops = is_approved || action.can_run.is_some_and(|rule| rule.stops);
    if stops && ruled.allowed.is_judged_on_the_way() {
        // reads all of them, so that nothing runs before the last one is judged
        ruled.allowed.count().await?;
    }
    let refused = ruled.judged.refused_count();
    let nothing_left = !ruled.allowed.is_judged_on_the_way() && ruled.judged.allowed_count() == 0;
    if refused == 0 || !(stops || nothing_left) {
        return Ok(());
    }
    let (_, refused) = ruled.judged.take();
    Err(ActionError::of_results(
        Results::refused_by_rule(refused, action.kind == ActionKind::Single),
        &*shared.setup.texts,
    ))
}
