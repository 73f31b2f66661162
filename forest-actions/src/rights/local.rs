//! The rights of local mode: what code takes from its roles.
//!
//! Owns the roles that were given in code. A role that code does not name may do everything, because local mode is a
//! developer's machine; that it stays there is enforced by the pipeline.

use std::collections::HashSet;
use std::sync::Arc;

use super::BrowseRight;
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::RecordRules;
use crate::response::ActionError;

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

/// What a role of local mode may not do.
#[derive(Debug, Default, Clone)]
pub(crate) struct RoleRights {
    pub(crate) role: String,
    /// `(collection, action)`.
    pub(crate) denied: HashSet<(String, String)>,
    /// What the role sees of the records.
    pub(crate) records: Arc<RecordRules>,
}

impl LocalRights {
    /// Whether the caller may run an action.
    ///
    /// # Errors
    /// 403 when code denies it to the role.
    pub(super) fn check(&self, action: &ActionDescriptor, caller: &Caller) -> Result<(), ActionError> {
        self.may_trigger(action, &caller.role).map_err(ActionError::from)
    }

    /// Whether a role may run an action.
    ///
    /// # Errors
    /// [`DeniedInCode`].
    pub(crate) fn may_trigger(&self, action: &ActionDescriptor, role: &str) -> Result<(), DeniedInCode> {
        let is_denied = self.0.iter().filter(|rights| rights.role == role).any(|rights| {
            let mut denied = rights.denied.iter();
            denied.any(|(collection, name)| collection == action.collection && name == action.name)
        });
        if is_denied { Err(DeniedInCode) } else { Ok(()) }
    }

    /// The roles to which code denies an action, sorted.
    pub(crate) fn denied_roles(&self, action: &ActionDescriptor) -> Vec<&str> {
        let roles = self.0.iter().map(|rights| rights.role.as_str());
        let mut denied: Vec<&str> = roles.filter(|role| self.may_trigger(action, role).is_err()).collect();
        denied.sort_unstable();
        denied.dedup();
        denied
    }

    /// Whether the caller may look at the records of a collection.
    ///
    /// # Errors
    /// 403 when code denies it to the role.
    pub(super) fn browse(&self, caller: &Caller, collection: &str, right: BrowseRight) -> Result<(), ActionError> {
        if self
            .roles(caller)
            .any(|role| role.records.not_browsed.contains(collection))
        {
            Err(right.refused())
        } else {
            Ok(())
        }
    }

    /// The scopes and live queries of the caller's role.
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
