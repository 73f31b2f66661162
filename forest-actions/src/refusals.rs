//! The answer to every refusal: status, name, text, data, and the part that only the log gets.
//!
//! The modules below this one refuse with types of their own, which know nothing of HTTP. Each such type has one list here,
//! and this file is the only one that turns them into an [`ActionError`]; `docs/errors.md` is tested against it.
//!
//! A line of a list reads
//!
//! ```text
//! pattern => Both BadRequest "ValidationError" "The {name} is wrong", log "…", because cause, data value, retry seconds;
//! ```
//!
//! with the members of the body ([`Members`]), the [`ErrorKind`], the name, and the text, which may use the variables of the
//! pattern. The rest is optional and comes in this order: another text for the log where the text quotes a user, a cause for
//! the log, `data` of the body, `Retry-After`. A variant that holds another refusal goes last: `via Self::Query(error) => error;`.
//!
//! A refusal must not implement `std::error::Error`: `?` would then take it for an unexpected error and answer 500. Without
//! that trait, a refusal that is missing here does not compile.

use std::fmt;

#[cfg(feature = "server")]
use serde::Serialize;

#[cfg(feature = "server")]
use crate::decide::{Refusal, facts::RoleId};
use crate::request::TokenError;
use crate::response::{ActionError, ErrorKind, Members, OwnError};
use crate::rights::DeniedInCode;

/// The name of the refusal that asks for an approval (APP-04).
#[cfg(all(feature = "playground", feature = "testing"))]
pub(crate) const REQUIRES_APPROVAL: &str = "CustomActionRequiresApprovalError";

macro_rules! refusals {
    ($error:ty {
        $($pattern:pat => $members:ident $kind:ident $name:literal $text:literal
            $(, log $log:literal)? $(, because $cause:expr)? $(, data $data:expr)? $(, retry $seconds:literal)?;)*
        $(via $outer:pat => $inner:ident;)*
    }) => {
        impl From<$error> for ActionError {
            fn from(error: $error) -> Self {
                error.into_answer()
            }
        }

        impl OwnError for $error {}

        /// The text for the user.
        impl fmt::Display for $error {
            #[allow(unused_variables)]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($pattern => write!(f, $text),)*
                    $($outer => fmt::Display::fmt($inner, f),)*
                }
            }
        }

        impl $error {
            #[allow(unused_variables)]
            fn into_answer(self) -> ActionError {
                let text = self.to_string();
                match self {
                    $($pattern => {
                        let answer = ActionError::refusal(Members::$members, ErrorKind::$kind, $name, text);
                        $(let answer = answer.logged_as(format!($log));)?
                        $(let answer = answer.because($cause);)?
                        $(let answer = match $data {
                            Some(data) => answer.data(data),
                            None => answer,
                        };)?
                        $(let answer = answer.header("retry-after", $seconds);)?
                        answer
                    })*
                    $($outer => $inner.into(),)*
                }
            }

            #[cfg(all(test, feature = "server"))]
            const LISTED: &'static [tests::Listed] = &[
                $(tests::Listed { members: Members::$members, kind: ErrorKind::$kind, name: $name, text: $text },)*
            ];
        }
    };
}

refusals! { TokenError {
    Self::Missing => Errors Unauthorized "Unauthorized" "Forest cannot authenticate the user for this request.";
    Self::Malformed => Errors Unauthorized "UnauthorizedError" "jwt malformed";
    Self::Algorithm => Errors Unauthorized "UnauthorizedError" "invalid algorithm";
    Self::Signature => Errors Unauthorized "UnauthorizedError" "invalid signature";
    Self::NotYet => Errors Unauthorized "UnauthorizedError" "jwt not active";
    Self::Expired => Errors Unauthorized "UnauthorizedError" "jwt expired";
    Self::OldFormat => Errors Unauthorized "Unauthorized" "Your token format is invalid, please login again.";
} }

refusals! { DeniedInCode {
    Self =>
        Errors Forbidden "CustomActionTriggerForbiddenError" "You don't have permission to trigger this action.",
        because DeniedInCode::CAUSE.to_owned();
} }

#[cfg(feature = "server")]
refusals! { Refusal {
    Self::Trigger(cause) =>
        Errors Forbidden "CustomActionTriggerForbiddenError" "You don't have permission to trigger this action.",
        because cause.to_string();
    Self::RequiresApproval { roles, records } =>
        Errors Forbidden "CustomActionRequiresApprovalError" "This action requires to be approved.",
        data Some(ApprovalData::new(&roles, records));
    Self::Approve { cause, roles } =>
        Errors Forbidden "ApprovalNotAllowedError" "You don't have permission to approve this action.",
        because cause.to_string(), data Some(ApprovalData::new(&roles, None));
    Self::ApprovalSelectionTooLarge { at_most } =>
        Errors Unprocessable "ApprovalSelectionTooLargeError"
        "This action requires to be approved, and an approval covers at most {at_most} records. Please select fewer.";
    Self::InvalidCondition(problem) =>
        Errors Unprocessable "InvalidActionConditionError"
        "The conditions to trigger this action cannot be verified. Please contact an administrator.",
        because problem.cause, data problem.reason.map(|reason| ConditionData { reason });
} }

/// `data` of the answers about approvals.
#[cfg(feature = "server")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalData {
    role_ids_allowed_to_approve: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_ids: Option<Vec<String>>,
}

#[cfg(feature = "server")]
impl ApprovalData {
    fn new(roles: &[RoleId], record_ids: Option<Vec<String>>) -> Self {
        Self {
            role_ids_allowed_to_approve: roles.iter().map(|role| role.0).collect(),
            record_ids,
        }
    }
}

/// `data` of a condition that the attributes of the user cannot satisfy.
#[cfg(feature = "server")]
#[derive(Serialize)]
struct ConditionData {
    reason: String,
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use actix_web::body::to_bytes;
    use futures_util::FutureExt as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::decide::{Cause, InvalidCondition};

    /// One line of a list, as far as `docs/errors.md` has it.
    pub(super) struct Listed {
        pub(super) members: Members,
        pub(super) kind: ErrorKind,
        pub(super) name: &'static str,
        pub(super) text: &'static str,
    }

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

    /// All lists.
    fn listed() -> impl Iterator<Item = &'static Listed> {
        [TokenError::LISTED, DeniedInCode::LISTED, Refusal::LISTED]
            .into_iter()
            .flatten()
    }

    /// A row of the tables of `docs/errors.md`.
    struct Documented {
        /// The status and the name, such as ``400 `ValidationError` ``, with a star for [`Members::Errors`].
        key: String,
        texts: String,
    }

    fn documented() -> Vec<Documented> {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).unwrap();
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let key = cells
                .next()
                .filter(|key| key.as_bytes().first().is_some_and(u8::is_ascii_digit))?;
            let texts = without_variables(cells.next()?, "*", "*");
            Some(Documented {
                key: key.to_owned(),
                texts,
            })
        });
        rows.collect()
    }

    /// A text with a star for each variable, and without code marks.
    fn without_variables(text: &str, open: &str, close: &str) -> String {
        let mut parts = text.split(open);
        let mut plain = parts.next().unwrap_or_default().to_owned();
        while let Some(part) = parts.next() {
            plain.push('*');
            plain.push_str(match part.split_once(close) {
                Some((_, rest)) => rest,
                None => parts.next().unwrap_or_default(),
            });
        }
        plain.replace('`', "")
    }

    #[test]
    fn each_refusal_is_documented() {
        let documented = documented();
        for entry in listed() {
            let star = if entry.members == Members::Errors { " *" } else { "" };
            let key = format!("{} `{}`{star}", entry.kind.status().as_u16(), entry.name);
            let text = without_variables(entry.text, "{", "}");
            let is_documented = documented.iter().any(|row| row.key == key && row.texts.contains(&text));
            assert!(is_documented, "docs/errors.md has no row {key} with the text {text:?}");
        }
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
                Refusal::InvalidCondition(InvalidCondition::hidden("why")),
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
        let error = ActionError::from(DeniedInCode);
        assert!(
            error
                .chain()
                .ends_with(": code denies this action to the caller's role")
        );
        assert_eq!(error.message(), "You don't have permission to trigger this action.");
    }

    #[test]
    fn per_16_a_missing_variable_is_named_to_the_user_beside_the_protocols_text() {
        let (status, body) = answer(Refusal::InvalidCondition(InvalidCondition {
            cause: "the log".to_owned(),
            reason: Some("The variable 'x' does not exist".to_owned()),
        }));
        assert_eq!(status, 422);
        assert_eq!(body["errors"][0]["data"]["reason"], "The variable 'x' does not exist");
        assert!(!body.to_string().contains("the log"));
    }
}
