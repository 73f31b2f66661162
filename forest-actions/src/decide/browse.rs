//! Whether a caller may look at the records of a collection.
//!
//! Owns the rights other than those on actions, as far as this agent serves them, and their refusal. Pure. Which records
//! are then seen is the scope's business. Called by the browsing routes.

use super::actor::Actor;
use super::facts::EnvironmentPermissions;
use super::refusal::Cause;
use crate::response::ActionError;

/// What a caller would do with the records of a collection, other than running an action on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrowseRight {
    /// List and count them.
    Browse,
    /// Open one.
    Read,
    /// Take them away as a file.
    Export,
}

impl BrowseRight {
    /// The word of the refusal.
    fn verb(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Read => "read",
            Self::Export => "export",
        }
    }

    /// 403: the caller may not.
    pub(crate) fn refused(self) -> ActionError {
        ActionError::forbidden(format!("You don't have permission to {} this collection.", self.verb()))
            .name("ForbiddenError")
    }
}

/// Whether the caller may look at the records of a collection. In a development environment everybody may.
///
/// # Errors
/// The cause, when they may not; [`BrowseRight::refused`] is its answer.
pub(crate) fn may_browse(
    permissions: &EnvironmentPermissions,
    collection: &str,
    actor: Actor,
    right: BrowseRight,
) -> Result<(), Cause> {
    if permissions.is_development() {
        return Ok(());
    }
    let rights = permissions.collection(collection).ok_or(Cause::UnknownCollection)?;
    actor.holds(match right {
        BrowseRight::Browse => &rights.browse,
        BrowseRight::Read => &rights.read,
        BrowseRight::Export => &rights.export,
    })
}
