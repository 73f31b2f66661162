//! The rights of local mode. A role that is not named in code may do everything.

use std::collections::HashSet;
use std::sync::Arc;

use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::RecordRules;

use super::BrowseRight;

/// The refusal of an action that code denies to the caller's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeniedInCode;

impl DeniedInCode {
    /// For the log and the doctor.
    pub(crate) const CAUSE: &'static str = "code denies this action to the caller's role";
}

/// The roles of local mode.
#[derive(Debug, Default)]
pub(crate) struct LocalRights(pub(crate) Vec<RoleRights>);

/// The limits of a role of local mode.
#[derive(Debug, Default, Clone)]
pub(crate) struct RoleRights {
    pub(crate) role: String,
    /// Pairs of collection and action.
    pub(crate) denied: HashSet<(String, String)>,
    pub(crate) records: Arc<RecordRules>,
    /// The denied rights to write, by collection.
    pub(crate) not_written: HashSet<(String, BrowseRight)>,
}

impl LocalRights {
    /// Checks that a role may run an action.
    pub(crate) fn may_trigger(&self, action: &ActionDescriptor, role: &str) -> Result<(), DeniedInCode> {
        let is_denied = self.0.iter().filter(|rights| rights.role == role).any(|rights| {
            let mut denied = rights.denied.iter();
            denied.any(|(collection, name)| collection == action.collection && name == action.name)
        });
        if is_denied { Err(DeniedInCode) } else { Ok(()) }
    }

    /// Returns the roles that may not run an action, sorted.
    pub(crate) fn denied_roles(&self, action: &ActionDescriptor) -> Vec<&str> {
        let roles = self.0.iter().map(|rights| rights.role.as_str());
        let mut denied: Vec<&str> = roles.filter(|role| self.may_trigger(action, role).is_err()).collect();
        denied.sort_unstable();
        denied.dedup();
        denied
    }

    /// Returns `true` if the caller's role has a right on the records of a collection. Records that it may not see cannot be
    /// written either.
    pub(super) fn may(&self, caller: &Caller, collection: &str, right: BrowseRight) -> bool {
        let is_denied = |role: &RoleRights| {
            role.records.not_browsed.contains(collection)
                || role
                    .not_written
                    .iter()
                    .any(|(name, denied)| name == collection && *denied == right)
        };
        !self.roles(caller).any(is_denied)
    }

    /// Returns the scopes and live queries of the caller's role.
    pub(super) fn record_rules(&self, caller: &Caller) -> Arc<RecordRules> {
        self.roles(caller)
            .next()
            .map(|role| Arc::clone(&role.records))
            .unwrap_or_default()
    }

    fn roles<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a RoleRights> {
        self.0.iter().filter(|rights| rights.role == caller.role)
    }
}
