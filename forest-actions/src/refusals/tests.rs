use actix_web::body::to_bytes;
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::*;
use crate::decide::{Cause, InvalidCondition};
use crate::records::RecordError;

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
    let lists = [
        TokenError::LISTED,
        RequestError::LISTED,
        InvalidRenderingId::LISTED,
        ValueError::LISTED,
        BrowseError::LISTED,
        ChartError::LISTED,
        WriteError::LISTED,
        LoginRefusal::LISTED,
        InvalidRenderingId::LISTED,
        FormError::LISTED,
        ImportError::LISTED,
        HookMistake::LISTED,
        QueryError::LISTED,
        AuditUnavailable::LISTED,
        HistoryError::LISTED,
        RunRefusal::LISTED,
        DeniedInCode::LISTED,
        Denied::LISTED,
        ServerDenied::LISTED,
        AddressDenied::LISTED,
        Refusal::LISTED,
    ];
    // the text of an unexpected error is only logged
    lists
        .into_iter()
        .flatten()
        .filter(|entry| entry.kind != ErrorKind::Internal)
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
    // escaped braces
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts = text.split(open);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        plain.push('*');
        plain.push_str(match part.split_once(close) {
            Some((_, rest)) => rest,
            None => parts.next().unwrap_or_default(),
        });
    }
    plain.replace('`', "").replace('\u{1}', "{").replace('\u{2}', "}")
}

fn key(entry: &Listed) -> String {
    match entry.members {
        // a hook answers these as 500 `{"message": …}`
        Members::Error => "500".to_owned(),
        Members::Errors => format!("{} `{}` *", entry.kind.status().as_u16(), entry.name),
        Members::Both => format!("{} `{}`", entry.kind.status().as_u16(), entry.name),
    }
}

#[test]
fn each_refusal_is_documented() {
    let documented = documented();
    let mut missing = Vec::new();
    for entry in listed() {
        let (key, text) = (key(entry), without_variables(entry.text, "{", "}"));
        if !documented.iter().any(|row| row.key == key && row.texts.contains(&text)) {
            missing.push(format!("{key}: {text}"));
        }
    }
    assert!(missing.is_empty(), "docs/errors.md lacks these texts: {missing:#?}");
}

#[test]
fn each_documented_refusal_exists() {
    let mut texts: Vec<(String, String)> = listed()
        .map(|entry| (key(entry), without_variables(entry.text, "{", "}")))
        .collect();
    // a text can be the beginning of another one
    texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let mut unknown = Vec::new();
    for row in documented() {
        let mut rest = row.texts.clone();
        for (_, text) in texts.iter().filter(|(key, _)| *key == row.key) {
            rest = rest.replace(text, "");
        }
        if rest.chars().any(|c| c != ';' && c != ' ') {
            unknown.push(format!("{}: {rest}", row.key));
        }
    }
    assert!(unknown.is_empty(), "no refusal has these texts: {unknown:#?}");
}

impl QueryError {
    /// The status and the text of the answer.
    pub(crate) fn answered(self) -> (u16, String) {
        let answer = ActionError::from(self);
        (answer.kind().status().as_u16(), answer.message().to_owned())
    }
}

#[test]
fn a_wrong_value_is_shown_and_not_logged() {
    let wrong = || QueryError::wrong_value("pin", "a number", &json!("secret"));
    let problem = "The given value has a wrong type for 'pin': expected a number";
    let answer = ActionError::from(wrong());
    assert_eq!(answer.message(), format!("{problem}, found \"secret\""));
    assert_eq!(answer.chain(), problem);
    let scope = QueryError::InapplicableScope {
        collection: "cards".to_owned(),
        cause: Box::new(wrong()),
    };
    let answer = ActionError::from(scope);
    assert!(!answer.message().contains("pin"));
    assert!(
        answer
            .chain()
            .ends_with(&format!(": the scope of `cards` cannot be applied: {problem}"))
    );
}

#[test]
fn the_failure_of_a_record_source_is_logged_with_its_causes() {
    let answer = ActionError::from(QueryError::from(RecordError::failed("the disk is full")));
    assert_eq!(
        (answer.kind(), answer.chain().as_str()),
        (ErrorKind::Internal, "the disk is full")
    );
    assert!(!answer.to_string().contains("disk"));
    let (status, text) = QueryError::from(RecordError::unsupported("not here")).answered();
    assert_eq!((status, text.as_str()), (422, "not here"));
}

#[test]
fn the_nearest_name_is_suggested() {
    let names = ["name", "city", "employees"].map(str::to_owned);
    assert_eq!(did_you_mean("nmae", &names), " Did you mean 'name'?");
    assert_eq!(did_you_mean("turnover", &names), "");
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
