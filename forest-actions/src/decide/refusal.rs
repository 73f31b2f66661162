//! Refusals for a missing right or an unmet condition (protocol: errors as sent to the browser), and their causes for the log.

use std::fmt;

use super::facts::RoleId;

/// The name by which everybody tells that an action has to be approved first (APP-04).
pub(crate) const REQUIRES_APPROVAL: &str = "CustomActionRequiresApprovalError";

/// Why a caller may not run an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The right to trigger it is missing, or its condition does not hold for every selected record.
    Trigger(Cause),
    /// It has to be approved first (APP-04).
    RequiresApproval {
        /// The roles that may approve it.
        roles: Vec<RoleId>,
        /// What "select all" stands for, as packed ids, so that the approval covers exactly these (APP-05).
        records: Option<Vec<String>>,
    },
    /// It has to be approved first, and "select all" stands for more records than an approval covers (APP-06).
    ApprovalSelectionTooLarge {
        /// How many an approval covers.
        at_most: usize,
    },
    /// The right to approve it is missing, or its condition does not hold for every selected record.
    Approve {
        /// Why.
        cause: Cause,
        /// The roles that may approve it.
        roles: Vec<RoleId>,
    },
    /// A condition cannot be evaluated, so it counts as one that does not hold.
    InvalidCondition(Problem),
}

/// What is behind a missing right, for the log and for whoever asks why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Local mode: code denies the role this action.
    DeniedInCode,
    /// The permissions have no such collection.
    UnknownCollection,
    /// The permissions have the collection, and no action of this name in it.
    UnknownAction,
    /// The caller is not among the users of the project.
    UnknownUser,
    /// The caller has no role.
    NoRole,
    /// The caller's role lacks the right.
    RoleLacksRight(RoleId),
    /// The role has the right under a condition, which does not hold for every selected record.
    ConditionFails(RoleId),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeniedInCode => f.write_str("code denies this action to the caller's role"),
            Self::UnknownCollection => {
                f.write_str("the permissions do not know the collection; it may not be published yet")
            }
            Self::UnknownAction => f.write_str(
                "the permissions know the collection, but no action of this name; it may not be published yet",
            ),
            Self::UnknownUser => f.write_str("the caller is not among the users of the project"),
            Self::NoRole => f.write_str("the caller has no role, and the right is not given to everybody"),
            Self::RoleLacksRight(role) => write!(f, "role {role} does not have the right"),
            Self::ConditionFails(role) => write!(
                f,
                "the condition of role {role} does not hold for every selected record"
            ),
        }
    }
}

/// Why a condition cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// For the log; never holds the value of a record or a request.
    pub(crate) cause: String,
    /// For the user, where the condition needs something of the user that is not there (PER-16).
    pub(crate) reason: Option<String>,
}

impl Problem {
    /// A problem whose cause is only logged.
    pub(crate) fn hidden(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            reason: None,
        }
    }
}

impl Refusal {
    /// Whether fresher facts could turn it into a yes, so that they are worth one more look before it is final (PER-01).
    ///
    /// A call for approval is a right that the role has, not one that it lacks.
    pub(crate) fn depends_on_facts(&self) -> bool {
        match self {
            Self::Trigger(cause) | Self::Approve { cause, .. } => *cause != Cause::DeniedInCode,
            // somebody may just have put it right
            Self::InvalidCondition(_) => true,
            Self::RequiresApproval { .. } | Self::ApprovalSelectionTooLarge { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_01_only_what_the_facts_refuse_is_worth_another_look_at_them() {
        let roles = Vec::new;
        for (refusal, expected) in [
            (Refusal::Trigger(Cause::RoleLacksRight(RoleId(1))), true),
            (Refusal::Trigger(Cause::UnknownAction), true),
            (Refusal::Trigger(Cause::ConditionFails(RoleId(1))), true),
            (Refusal::Trigger(Cause::DeniedInCode), false),
            (
                Refusal::Approve {
                    cause: Cause::NoRole,
                    roles: roles(),
                },
                true,
            ),
            (
                Refusal::RequiresApproval {
                    roles: roles(),
                    records: None,
                },
                false,
            ),
            (Refusal::ApprovalSelectionTooLarge { at_most: 1 }, false),
            (Refusal::InvalidCondition(Problem::hidden("")), true),
        ] {
            assert_eq!(refusal.depends_on_facts(), expected, "{refusal:?}");
        }
    }
}
