//! Whether a caller may approve what somebody else, or they themselves, asked for.
//!
//! Owns the approve branch of the decision procedure (protocol: permissions, decision procedure) up to the point where
//! records have to be counted, and who counts as the same person. The trigger right plays no part here (APP-02). Pure;
//! `evaluate` counts. Called by the pipeline for requests whose verified payload names a requester (APP-03).

use super::actor::{ActionName, Actor, Known, rights_on};
use super::facts::{ActionRights, EnvironmentPermissions, RawFilter, RoleId};
use super::refusal::Cause;

/// What the role alone says about approving an action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Approve<'f> {
    /// No, whatever the records.
    Refused {
        /// Why.
        cause: Cause,
        /// Where the roles that may approve are looked up; `None` when nobody may.
        rights: Option<&'f ActionRights>,
    },
    /// Yes, whatever the records.
    Allowed,
    /// Yes, if this holds for every selected record.
    Depends {
        /// The caller's role.
        role: RoleId,
        /// The condition.
        all_must_match: &'f RawFilter,
        /// Where the roles that may approve are looked up.
        rights: &'f ActionRights,
    },
}

/// Decides about an approval. Requests of one's own need the right to approve these, and no other; the conditions of
/// approving apply to both. In a development environment everybody may (PER-08).
pub(crate) fn approve<'f>(
    permissions: &'f EnvironmentPermissions,
    name: ActionName<'_>,
    actor: Actor,
    requester_is_caller: bool,
) -> Approve<'f> {
    let rights = match rights_on(permissions, name) {
        Ok(Known::Development) => return Approve::Allowed,
        Ok(Known::Rights(rights)) => rights,
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
        .and_then(|role| Some((role, rights.user_approval_conditions.of(role)?)));
    match condition {
        None => Approve::Allowed,
        Some((role, all_must_match)) => Approve::Depends {
            role,
            all_must_match,
            rights,
        },
    }
}

/// Whether two ids are one person's. Tokens write a user's id as text, approvals as a number, so the decimal texts are
/// compared: taking them for two people would let somebody approve their own request.
pub(crate) fn is_same_person(one: &str, other: &str) -> bool {
    decimal(one) == decimal(other)
}

/// A number without the zeros in front of it; any other text as it is.
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
    fn app_03_people_are_told_apart_by_the_decimal_text_of_their_ids() {
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
