//! Who wants something, as far as the rights of roles go.
//!
//! Owns how a role is told from the users of the project, and whether a right is held. The token's own role and level
//! play no part: they say what was true at login (protocol: rights lookup). Asked by the rules beside it.

use super::facts::{ActionRights, EnvironmentPermissions, Right, RoleId, UserFacts};
use super::refusal::Cause;

/// What a person's rights depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Actor {
    /// Not among the users of the project.
    Unknown,
    /// A user without a role.
    WithoutRole,
    /// A user of this role.
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
    /// The role, if there is one.
    pub(crate) fn role(self) -> Option<RoleId> {
        match self {
            Self::Role(role) => Some(role),
            Self::Unknown | Self::WithoutRole => None,
        }
    }

    /// Whether this person holds a right. One that is given to everybody needs neither a role nor a known user.
    ///
    /// # Errors
    /// The cause, when it is not held.
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
}

/// An action, by the names under which rights are kept. Both are compared exactly (PER-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActionName<'n> {
    /// The collection that the action belongs to, whatever list it was run from (PER-14).
    pub(crate) collection: &'n str,
    /// The action's displayed name.
    pub(crate) action: &'n str,
}

/// The rights on an action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'f> {
    /// A development environment has no permission system: everything is allowed (PER-08).
    Development,
    /// These.
    Rights(&'f ActionRights),
}

/// Looks an action up.
///
/// # Errors
/// The cause, when the permissions lack it (PER-02).
pub(super) fn rights_on<'f>(permissions: &'f EnvironmentPermissions, name: ActionName<'_>) -> Result<Known<'f>, Cause> {
    if permissions.is_development() {
        return Ok(Known::Development);
    }
    let collection = permissions
        .collection(name.collection)
        .ok_or(Cause::UnknownCollection)?;
    let rights = collection.actions.get(name.action).ok_or(Cause::UnknownAction)?;
    Ok(Known::Rights(rights))
}
