//! The right to trigger an action (protocol: permissions, decision procedure). Applies to requests without a signed
//! approval (APP-02), and to form hooks.

use std::sync::Arc;

use super::actor::{ActionName, Actor, rights_on};
use super::facts::{ActionRights, EnvironmentPermissions, RawFilter, RoleId};
use super::refusal::Cause;

/// A trigger that the role does not refuse.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trigger {
    Allowed,
    /// The selected records decide, or an approval is needed in any case.
    Depends(TriggerConditions),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TriggerConditions {
    /// Must hold for every selected record; checked first.
    pub(crate) all_must_match: Option<(RoleId, RawFilter)>,
    pub(crate) approval: Approval,
    /// The rights that name the approvers.
    pub(crate) rights: Arc<ActionRights>,
}

/// The need for an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Approval {
    Never,
    Always,
    /// When the condition holds for one of the selected records.
    WhenAny(RawFilter),
}

/// Decides a trigger by the caller's role. A development environment allows every action without an approval (PER-08).
///
/// # Errors
/// The cause, when the role lacks the right.
pub(crate) fn trigger(
    permissions: &EnvironmentPermissions,
    name: ActionName<'_>,
    actor: Actor,
) -> Result<Trigger, Cause> {
    let Some(rights) = rights_on(permissions, name)? else {
        return Ok(Trigger::Allowed);
    };
    actor.holds(&rights.trigger)?;
    // only conditions of the caller's own role count (PER-07)
    let role = actor.role();
    let all_must_match = role.and_then(|role| Some((role, rights.trigger_conditions.of(role)?.clone())));
    let approval = if rights.approval_required.allows(role) {
        match role.and_then(|role| rights.approval_required_conditions.of(role)) {
            None => Approval::Always,
            Some(filter) => Approval::WhenAny(filter.clone()),
        }
    } else {
        Approval::Never
    };
    if all_must_match.is_none() && approval == Approval::Never {
        return Ok(Trigger::Allowed);
    }
    Ok(Trigger::Depends(TriggerConditions {
        all_must_match,
        approval,
        rights: Arc::clone(rights),
    }))
}
