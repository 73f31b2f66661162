//! The right to approve a request (protocol: permissions, decision procedure). Applies to requests whose verified payload
//! names a requester (APP-03); the trigger right plays no part (APP-02).

use std::sync::Arc;

use super::actor::{ActionName, Actor, rights_on};
use super::facts::{ActionRights, EnvironmentPermissions, RawFilter, RoleId};
use super::refusal::Cause;

/// A decision about an approval by the caller's role.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Approve {
    Allowed,
    Refused {
        cause: Cause,
        /// The rights that name the approvers; `None` for an unknown action, which has no approvers.
        rights: Option<Arc<ActionRights>>,
    },
    /// The condition of the role must hold for every selected record.
    Depends {
        role: RoleId,
        all_must_match: RawFilter,
        rights: Arc<ActionRights>,
    },
}

/// Decides an approval by the caller's role. A request of one's own needs only the right of self-approval; the conditions
/// of approving apply to it as well. A development environment allows every approval (PER-08).
pub(crate) fn approve(
    permissions: &EnvironmentPermissions,
    name: ActionName<'_>,
    actor: Actor,
    requester_is_caller: bool,
) -> Approve {
    let rights = match rights_on(permissions, name) {
        Ok(None) => return Approve::Allowed,
        Ok(Some(rights)) => Arc::clone(rights),
        Err(cause) => return Approve::Refused { cause, rights: None },
    };
    let right = if requester_is_caller {
        &rights.self_approval
    } else {
        &rights.user_approval
    };
    if let Err(cause) = actor.holds(right) {
        return Approve::Refused {
            cause,
            rights: Some(rights),
        };
    }
    let condition = actor
        .role()
        .and_then(|role| Some((role, rights.user_approval_conditions.of(role)?.clone())));
    match condition {
        None => Approve::Allowed,
        Some((role, all_must_match)) => Approve::Depends {
            role,
            all_must_match,
            rights,
        },
    }
}

/// Compares the ids of two users by their decimal text: tokens write an id as text, approvals as a number, and a difference
/// would let users approve their own requests.
pub(crate) fn is_same_person(one: &str, other: &str) -> bool {
    decimal(one) == decimal(other)
}

/// Removes leading zeros from a number; returns any other text as it is.
fn decimal(id: &str) -> &str {
    let id = id.trim();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return id;
    }
    match id.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::is_same_person;

    #[test]
    fn app_03_user_ids_are_compared_by_their_decimal_text() {
        for (one, other, same) in [
            ("172", "172", true),
            ("172", "0172", true),
            (" 172", "172", true),
            ("0", "00", true),
            ("172", "17", false),
            ("172", "1720", false),
            ("172", "-172", false),
            ("", "0", false),
            ("ada", "ada", true),
            ("ada", "Ada", false),
            ("0ada", "ada", false),
        ] {
            assert_eq!(is_same_person(one, other), same, "{one:?} {other:?}");
            assert_eq!(is_same_person(other, one), same, "{other:?} {one:?}");
        }
    }
}
