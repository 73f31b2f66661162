//! How a decision says no: the protocol's names, statuses, texts and data, and the cause, which only the log sees.
//!
//! Owns every refusal of a role's rights and conditions (protocol: errors as sent to the browser). What leads to one is
//! decided by its siblings; nothing here looks at facts. Called by the pipeline, which turns a refusal into its answer.

use std::fmt;

use serde::Serialize;

use super::facts::RoleId;
use crate::response::ActionError;

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

/// `data` of the answers about approvals.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalData {
    role_ids_allowed_to_approve: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_ids: Option<Vec<String>>,
}

fn approval_data(roles: &[RoleId], record_ids: Option<Vec<String>>) -> ApprovalData {
    ApprovalData {
        role_ids_allowed_to_approve: roles.iter().map(|role| role.0).collect(),
        record_ids,
    }
}

impl From<Refusal> for ActionError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Trigger(cause) => ActionError::forbidden("You don't have permission to trigger this action.")
                .name("CustomActionTriggerForbiddenError")
                .because(cause.to_string()),
            Refusal::RequiresApproval { roles, records } => {
                ActionError::forbidden("This action requires to be approved.")
                    .name(REQUIRES_APPROVAL)
                    .data(approval_data(&roles, records))
            }
            Refusal::ApprovalSelectionTooLarge { at_most } => ActionError::unprocessable(format!(
                "This action requires to be approved, and an approval covers at most {at_most} records. Please select fewer."
            ))
            .name("ApprovalSelectionTooLargeError"),
            Refusal::Approve { cause, roles } => {
                ActionError::forbidden("You don't have permission to approve this action.")
                    .name("ApprovalNotAllowedError")
                    .data(approval_data(&roles, None))
                    .because(cause.to_string())
            }
            Refusal::InvalidCondition(problem) => {
                let error = ActionError::unprocessable(
                    "The conditions to trigger this action cannot be verified. Please contact an administrator.",
                )
                .name("InvalidActionConditionError")
                .because(problem.cause);
                match problem.reason {
                    Some(reason) => error.data(InvalidData { reason }),
                    None => error,
                }
            }
        }
    }
}

/// `data` of a condition that the user's own attributes cannot satisfy.
#[derive(Serialize)]
struct InvalidData {
    reason: String,
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use futures_util::FutureExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn answer(refusal: Refusal) -> (u16, Value) {
        let response = ActionError::from(refusal).to_http("ref");
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body()).now_or_never().unwrap().ok().unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn entry(status: u16, name: &str, detail: &str, data: Option<Value>) -> (u16, Value) {
        let mut entry = json!({"status": status, "name": name, "detail": detail});
        if let Some(data) = data {
            entry["data"] = data;
        }
        (status, json!({"errors": [entry]}))
    }

    #[test]
    fn app_04_the_answers_have_the_protocols_names_statuses_texts_and_data() {
        let roles = vec![RoleId(20), RoleId(30)];
        let both = json!({"roleIdsAllowedToApprove": [20, 30]});
        for (refusal, expected) in [
            (
                Refusal::Trigger(Cause::NoRole),
                entry(
                    403,
                    "CustomActionTriggerForbiddenError",
                    "You don't have permission to trigger this action.",
                    None,
                ),
            ),
            (
                Refusal::RequiresApproval {
                    roles: roles.clone(),
                    records: None,
                },
                entry(
                    403,
                    "CustomActionRequiresApprovalError",
                    "This action requires to be approved.",
                    Some(both.clone()),
                ),
            ),
            (
                Refusal::RequiresApproval {
                    roles: Vec::new(),
                    records: Some(vec!["1|a".to_owned(), "2".to_owned()]),
                },
                entry(
                    403,
                    "CustomActionRequiresApprovalError",
                    "This action requires to be approved.",
                    Some(json!({"roleIdsAllowedToApprove": [], "recordIds": ["1|a", "2"]})),
                ),
            ),
            (
                Refusal::Approve {
                    cause: Cause::NoRole,
                    roles,
                },
                entry(
                    403,
                    "ApprovalNotAllowedError",
                    "You don't have permission to approve this action.",
                    Some(both),
                ),
            ),
            (
                Refusal::InvalidCondition(Problem::hidden("why")),
                entry(
                    422,
                    "InvalidActionConditionError",
                    "The conditions to trigger this action cannot be verified. Please contact an administrator.",
                    None,
                ),
            ),
            (
                Refusal::ApprovalSelectionTooLarge { at_most: 500 },
                entry(
                    422,
                    "ApprovalSelectionTooLargeError",
                    "This action requires to be approved, and an approval covers at most 500 records. Please select fewer.",
                    None,
                ),
            ),
        ] {
            assert_eq!(answer(refusal), expected);
        }
    }

    #[test]
    fn per_02_the_cause_is_logged_and_not_shown() {
        for cause in [
            Cause::DeniedInCode,
            Cause::UnknownCollection,
            Cause::UnknownAction,
            Cause::UnknownUser,
            Cause::NoRole,
            Cause::RoleLacksRight(RoleId(7)),
            Cause::ConditionFails(RoleId(7)),
        ] {
            let approve = Refusal::Approve {
                cause,
                roles: Vec::new(),
            };
            for refusal in [Refusal::Trigger(cause), approve] {
                let error = ActionError::from(refusal);
                assert!(error.chain().ends_with(&format!(": {cause}")), "{}", error.chain());
                assert!(!error.message().contains(&cause.to_string()));
            }
        }
    }

    #[test]
    fn per_16_a_missing_variable_is_named_to_the_user_beside_the_protocols_text() {
        let (status, body) = answer(Refusal::InvalidCondition(Problem {
            cause: "the log".to_owned(),
            reason: Some("The variable 'x' does not exist".to_owned()),
        }));
        assert_eq!(status, 422);
        assert_eq!(body["errors"][0]["data"]["reason"], "The variable 'x' does not exist");
        assert!(!body.to_string().contains("the log"));
    }

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
