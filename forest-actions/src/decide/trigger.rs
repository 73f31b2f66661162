//! Whether a caller may trigger an action: what is settled by the role alone, and what its records decide.
//!
//! Owns the trigger branch of the decision procedure (protocol: permissions, decision procedure) up to the point where
//! records have to be counted. Pure: facts in, decision out; `evaluate` counts. Called by the pipeline for requests that
//! carry no signed approval (APP-02), and for form hooks.

use super::actor::{ActionName, Actor, Known, rights_on};
use super::facts::{ActionRights, EnvironmentPermissions, RawFilter, RoleId};
use super::refusal::{Cause, Refusal};

/// What the role alone says about triggering an action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trigger<'f> {
    /// No, whatever the records.
    Refused(Cause),
    /// Yes, whatever the records.
    Allowed,
    /// The selected records decide, or an approval is needed in any case.
    Depends(TriggerConditions<'f>),
}

/// What is still to be found out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TriggerConditions<'f> {
    /// Has to hold for every selected record; comes first.
    pub(crate) all_must_match: Option<(RoleId, &'f RawFilter)>,
    /// Whether an approval is needed; comes second.
    pub(crate) approval: Approval<'f>,
    /// Where the roles that may approve are looked up.
    pub(crate) rights: &'f ActionRights,
}

/// When a trigger needs an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval<'f> {
    /// It needs none.
    Never,
    /// In any case.
    Always,
    /// When this holds for one of the selected records.
    WhenAny(&'f RawFilter),
}

/// Decides about a trigger. In a development environment every action runs, without an approval (PER-08).
pub(crate) fn trigger<'f>(permissions: &'f EnvironmentPermissions, name: ActionName<'_>, actor: Actor) -> Trigger<'f> {
    let rights = match rights_on(permissions, name) {
        Ok(Known::Development) => return Trigger::Allowed,
        Ok(Known::Rights(rights)) => rights,
        Err(cause) => return Trigger::Refused(cause),
    };
    if let Err(cause) = actor.holds(&rights.trigger) {
        return Trigger::Refused(cause);
    }
    // only the caller's own role counts, and a role without a condition has none to meet (PER-07)
    let role = actor.role();
    let all_must_match = role.and_then(|role| Some((role, rights.trigger_conditions.of(role)?)));
    let approval = if rights.approval_required.allows(role) {
        match role.and_then(|role| rights.approval_required_conditions.of(role)) {
            None => Approval::Always,
            Some(filter) => Approval::WhenAny(filter),
        }
    } else {
        Approval::Never
    };
    if all_must_match.is_none() && approval == Approval::Never {
        return Trigger::Allowed;
    }
    Trigger::Depends(TriggerConditions {
        all_must_match,
        approval,
        rights,
    })
}

/// Whether the caller may see the action's form: whoever may trigger it, also where an approval will be needed (PER-12).
/// Conditions are not looked at, as a form may open before anything is selected.
///
/// # Errors
/// The refusal of the action itself.
pub(crate) fn may_open_form(
    permissions: &EnvironmentPermissions,
    name: ActionName<'_>,
    actor: Actor,
) -> Result<(), Refusal> {
    match rights_on(permissions, name) {
        Ok(Known::Development) => Ok(()),
        Ok(Known::Rights(rights)) => actor.holds(&rights.trigger).map_err(Refusal::Trigger),
        Err(cause) => Err(Refusal::Trigger(cause)),
    }
}
