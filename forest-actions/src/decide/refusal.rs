//! The refusals of a decision. `refusals` turns them into answers.

use super::facts::RoleId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The right to trigger the action is missing, or its condition does not hold for every selected record.
    Trigger(Cause),
    /// The action needs an approval first (APP-04).
    RequiresApproval {
        /// The roles that may approve it.
        roles: Vec<RoleId>,
        /// The packed ids behind "select all", which the approval covers exactly (APP-05).
        records: Option<Vec<String>>,
    },
    /// The action needs an approval first, and "select all" stands for more records than an approval covers (APP-06).
    ApprovalSelectionTooLarge { at_most: usize },
    /// The right to approve the action is missing, or its condition does not hold for every selected record.
    Approve {
        cause: Cause,
        /// The roles that may approve it.
        roles: Vec<RoleId>,
    },
    /// "Select all" of a list without records.
    NothingSelected,
    /// A condition of a collection without a record source.
    UnsupportedCondition,
    /// A condition cannot be evaluated, which counts as not met.
    InvalidCondition(InvalidCondition),
    /// The selected records cannot be counted at the moment.
    RecordsUnavailable {
        /// For the user.
        text: String,
        /// For the log.
        cause: String,
    },
}

/// The cause of a missing right, for the log and the doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    #[error("the permissions do not know the collection; it may not be published yet")]
    UnknownCollection,
    #[error("the permissions know the collection, but no action of this name; it may not be published yet")]
    UnknownAction,
    #[error("the caller is not among the users of the project")]
    UnknownUser,
    #[error("the caller has no role, and the right is not given to everybody")]
    NoRole,
    #[error("role {0} does not have the right")]
    RoleLacksRight(RoleId),
    #[error("the condition of role {0} does not hold for every selected record")]
    ConditionFails(RoleId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidCondition {
    /// For the log; never holds the value of a record or a request.
    pub(crate) cause: String,
    /// For the user: names an attribute that the condition needs and the user does not have (PER-16).
    pub(crate) reason: Option<String>,
}

impl InvalidCondition {
    /// A problem whose cause only the log shows.
    pub(crate) fn hidden(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            reason: None,
        }
    }
}

impl Refusal {
    /// Returns `true` when fresher facts may lift the refusal, so that they are fetched once before it is final (PER-01).
    pub(crate) fn depends_on_facts(&self) -> bool {
        match self {
            Self::Trigger(_) | Self::Approve { .. } | Self::UnsupportedCondition | Self::InvalidCondition(_) => true,
            // the need for an approval belongs to a right that the role has
            Self::RequiresApproval { .. } | Self::ApprovalSelectionTooLarge { .. } | Self::NothingSelected => false,
            Self::RecordsUnavailable { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_01_refusals_by_rights_and_conditions_depend_on_facts() {
        let roles = Vec::new;
        for (refusal, expected) in [
            (Refusal::Trigger(Cause::RoleLacksRight(RoleId(1))), true),
            (Refusal::Trigger(Cause::UnknownAction), true),
            (Refusal::Trigger(Cause::ConditionFails(RoleId(1))), true),
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
            (Refusal::NothingSelected, false),
            (Refusal::UnsupportedCondition, true),
            (Refusal::InvalidCondition(InvalidCondition::hidden("")), true),
        ] {
            assert_eq!(refusal.depends_on_facts(), expected, "{refusal:?}");
        }
    }
}
