//! The caller, reduced to the role that rights are given to.
//!
//! The role comes from the users of the project; the one in the session token may be outdated (protocol: rights lookup).

use std::sync::Arc;

use super::facts::{ActionRights, CollectionRights, EnvironmentPermissions, Right, RoleId, UserFacts};
use super::refusal::Cause;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Actor {
    /// Not a user of the project.
    Unknown,
    WithoutRole,
    Role(RoleId),
}

impl From<Option<&UserFacts>> for Actor {
    fn from(user: Option<&UserFacts>) -> Self {
        match user.map(|user| user.role) {
            None => Self::Unknown,
            Some(None) => Self::WithoutRole,
            Some(Some(role)) => Self::Role(role),
        }
    }
}

impl Actor {
    pub(crate) fn role(self) -> Option<RoleId> {
        match self {
            Self::Role(role) => Some(role),
            Self::Unknown | Self::WithoutRole => None,
        }
    }

    /// Checks a right.
    ///
    /// # Errors
    /// The cause of the refusal.
    pub(crate) fn holds(self, right: &Right) -> Result<(), Cause> {
        if right.allows(self.role()) {
            return Ok(());
        }
        Err(match self {
            Self::Unknown => Cause::UnknownUser,
            Self::WithoutRole => Cause::NoRole,
            Self::Role(role) => Cause::RoleLacksRight(role),
        })
    }

    /// Checks a right on the records of a collection. A development environment allows everything (PER-08).
    ///
    /// # Errors
    /// The cause of the refusal.
    pub(crate) fn holds_on(
        self,
        permissions: &EnvironmentPermissions,
        collection: &str,
        right: impl FnOnce(&CollectionRights) -> &Right,
    ) -> Result<(), Cause> {
        if permissions.is_development() {
            return Ok(());
        }
        let rights = permissions.collection(collection).ok_or(Cause::UnknownCollection)?;
        self.holds(right(rights))
    }
}

/// The names under which the rights on an action are kept, compared exactly (PER-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActionName<'n> {
    /// The collection that declares the action, even when it runs from the list of another one (PER-14).
    pub(crate) collection: &'n str,
    /// The displayed name.
    pub(crate) action: &'n str,
}

/// Looks up the rights on an action; `None` in a development environment, which allows everything (PER-08).
///
/// # Errors
/// The cause, when the permissions lack the action (PER-02).
pub(super) fn rights_on<'f>(
    permissions: &'f EnvironmentPermissions,
    name: ActionName<'_>,
) -> Result<Option<&'f Arc<ActionRights>>, Cause> {
    if permissions.is_development() {
        return Ok(None);
    }
    let collection = permissions
        .collection(name.collection)
        .ok_or(Cause::UnknownCollection)?;
    let rights = collection.actions.get(name.action).ok_or(Cause::UnknownAction)?;
    Ok(Some(rights))
}
