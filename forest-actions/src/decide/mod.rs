//! Who may do what: pure functions from facts to a verdict.
//!
//! Owns the rules; knows no clock, no network and no request. Called from one place in the pipeline, which every
//! surface goes through (PER-19).

use std::collections::HashSet;

use crate::declare::ActionDescriptor;
use crate::request::Caller;
use crate::response::ActionError;

/// What is known about the rights of callers.
#[derive(Debug)]
pub(crate) enum Rights {
    /// Local mode: the roles given in code.
    Local(Vec<RoleRights>),
    /// The Forest server decides, and it has not been asked: nothing is allowed that needs a right.
    Unknown,
}

/// What a role of local mode may not do.
#[derive(Debug, Default, Clone)]
pub(crate) struct RoleRights {
    pub(crate) role: String,
    /// `(collection, action)`.
    pub(crate) denied: HashSet<(String, String)>,
}

/// The outcome of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Refused(Refusal),
}

/// Why a caller may not run an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The caller's role lacks the right.
    Trigger,
    /// The rights cannot be told; missing data never means allowed (PER-02).
    RightsUnknown,
}

impl From<Refusal> for ActionError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Trigger => ActionError::forbidden("You don't have permission to trigger this action.")
                .name("CustomActionTriggerForbiddenError"),
            Refusal::RightsUnknown => ActionError::forbidden(
                "The permissions of this action cannot be read, so it is refused. Please contact an administrator.",
            )
            .name("PermissionsUnavailableError"),
        }
    }
}

/// Whether this caller may trigger this action. An action is protected unless it says otherwise in code
/// (PER-18).
pub(crate) fn decide(rights: &Rights, action: &ActionDescriptor, caller: &Caller) -> Verdict {
    if !action.protected {
        return Verdict::Allowed;
    }
    match rights {
        Rights::Unknown => Verdict::Refused(Refusal::RightsUnknown),
        Rights::Local(roles) => {
            let denied = roles.iter().filter(|rights| rights.role == caller.role).any(|rights| {
                rights
                    .denied
                    .iter()
                    .any(|(collection, name)| collection == action.collection && name == action.name)
            });
            if denied {
                Verdict::Refused(Refusal::Trigger)
            } else {
                Verdict::Allowed
            }
        }
    }
}
