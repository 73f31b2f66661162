//! Who may do what: pure functions from facts to a verdict.
//!
//! Owns the rules; knows no clock, no network and no request. Called from one place in the pipeline, which every
//! surface goes through (PER-19).

mod actor;
mod approve;
mod approvers;
mod browse;
#[cfg(test)]
mod decision_table;
mod evaluate;
mod excerpt;
pub(crate) mod facts;
pub(crate) mod ip;
mod refusal;
mod trigger;

use std::collections::HashSet;
use std::sync::Arc;

use crate::declare::ActionDescriptor;
use crate::records::RecordRules;
use crate::request::Caller;
use crate::response::ActionError;

pub(crate) use actor::{ActionName, Actor};
pub(crate) use approve::{Approve, approve, is_same_person};
pub(crate) use browse::{BrowseRight, may_browse};
pub(crate) use evaluate::{Counter, DEFAULT_APPROVAL_CAP, Subject, Uncountable, finish_approve, finish_trigger};
pub(crate) use excerpt::excerpt;
pub(crate) use refusal::{Cause, Refusal};
pub(crate) use trigger::{Trigger, may_open_form, trigger};

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
    /// What the role sees of the records.
    pub(crate) records: Arc<RecordRules>,
}

/// The outcome of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Refused(Refusal),
}

/// Whether this caller may look at the records of a collection.
///
/// # Errors
/// 403 when the role may not, or the rights cannot be told.
pub(crate) fn browse(
    rights: &Rights,
    caller: &Caller,
    collection: &str,
    right: BrowseRight,
) -> Result<(), ActionError> {
    let allowed = match rights {
        Rights::Unknown => false,
        Rights::Local(_) => record_rules(rights, caller).is_some_and(|rules| !rules.not_browsed.contains(collection)),
    };
    if allowed {
        return Ok(());
    }
    Err(right.refused())
}

/// The scopes and live queries of this caller; `None` when the rights are not known.
pub(crate) fn record_rules(rights: &Rights, caller: &Caller) -> Option<Arc<RecordRules>> {
    match rights {
        Rights::Unknown => None,
        Rights::Local(roles) => {
            let rules = roles.iter().find(|rights| rights.role == caller.role);
            Some(rules.map(|rights| rights.records.clone()).unwrap_or_default())
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
                Verdict::Refused(Refusal::Trigger(Cause::DeniedInCode))
            } else {
                Verdict::Allowed
            }
        }
    }
}
