//! One decision about one person and one action, put into words: why, and what to change where. The decision itself is made
//! by the functions that every request goes through; this module only talks. Pure: facts in, words out.

use std::fmt;

use super::screen::wrapped;
use crate::declare::ActionDescriptor;
use crate::rights::DeniedInCode;
use crate::text::{excerpt, nearest};

/// Whether a person can run an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Yes, whatever the records.
    Allowed,
    /// The selected records decide, or whether they need an approval.
    DependsOnRecords,
    /// Somebody has to approve it first, whatever the records.
    NeedsApproval,
    /// No, whatever the records.
    Refused,
    /// The code has no such action.
    NoSuchAction,
    /// The Forest server did not tell; requests are refused meanwhile.
    Unknown,
}

/// What [`Forest::explain_access`](crate::Forest::explain_access) found: the outcome, one cause, and what to change when it should be another.
///
/// Its `Display` is a few lines of plain text, at most 100 columns wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    outcome: Outcome,
    who: String,
    what: String,
    cause: String,
    advice: Option<String>,
}

impl Explanation {
    /// Whether the person can run the action.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What to change, and where; `None` when nothing stands in the way.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 100;
        let verb = match self.outcome {
            Outcome::Allowed => "may run",
            Outcome::DependsOnRecords => "may run, depending on the records,",
            Outcome::NeedsApproval => "needs an approval to run",
            Outcome::Refused | Outcome::NoSuchAction => "cannot run",
            Outcome::Unknown => "cannot, for now, run",
        };
        for line in wrapped(&format!("{} {verb} {}", self.who, self.what), WIDTH) {
            writeln!(f, "{line}")?;
        }
        for line in wrapped(&self.cause, WIDTH - 2) {
            writeln!(f, "  {line}")?;
        }
        let advice = self.advice.as_deref().map(|advice| wrapped(advice, WIDTH - 5));
        for (index, line) in advice.into_iter().flatten().enumerate() {
            writeln!(f, "  {}{line}", if index == 0 { "-> " } else { "   " })?;
        }
        Ok(())
    }
}

/// Whom and what an explanation is about.
pub(super) struct Question<'q> {
    pub(super) user_id: u64,
    /// For people to recognise them by.
    pub(super) user: Option<String>,
    pub(super) collection: &'q str,
    pub(super) action: &'q str,
}

impl Question<'_> {
    pub(super) fn answer(&self, outcome: Outcome, cause: impl Into<String>, advice: Option<String>) -> Explanation {
        let id = self.user_id;
        Explanation {
            outcome,
            who: match &self.user {
                Some(user) => format!("user {id} ({})", excerpt(user, 80)),
                None => format!("user {id}"),
            },
            what: format!("{}: {}", excerpt(self.collection, 80), excerpt(self.action, 80)),
            cause: cause.into(),
            advice,
        }
    }

    /// The code has no such action; `actions` are those that it has.
    pub(super) fn no_such_action(&self, actions: &[&'static ActionDescriptor]) -> Explanation {
        let asked = format!("{}: {}", self.collection, self.action);
        let names = actions
            .iter()
            .map(|action| format!("{}: {}", action.collection, action.name));
        let names: Vec<String> = names.collect();
        let nearest = nearest(&asked, names.iter().map(String::as_str));
        let advice = match nearest {
            Some(name) => format!("did you mean `{name}`? Names are compared exactly"),
            None => "check the collection and the label, and that the crate with the action is linked".to_owned(),
        };
        self.answer(Outcome::NoSuchAction, "the code has no such action", Some(advice))
    }

    pub(super) fn unprotected(&self, action: &ActionDescriptor) -> Explanation {
        let cause = format!(
            "the action is declared `unprotected` at {}:{}, so every logged-in user may run it",
            action.origin.file, action.origin.line
        );
        self.answer(Outcome::Allowed, cause, None)
    }

    /// Local mode has no user of this id.
    pub(super) fn no_local_user(&self) -> Explanation {
        self.answer(
            Outcome::Refused,
            "there is no local user of this id",
            Some("add one with `.local_user(LocalUser::new(…))`, or take an id that there is".to_owned()),
        )
    }

    /// What local mode decided about this role.
    pub(super) fn locally(&self, role: &str, decision: Result<(), DeniedInCode>) -> Explanation {
        match decision {
            Ok(()) => self.answer(
                Outcome::Allowed,
                format!("local mode: code denies the role `{role}` nothing of this action"),
                None,
            ),
            Err(DeniedInCode) => self.answer(
                Outcome::Refused,
                DeniedInCode::CAUSE,
                Some(format!(
                    "remove the `deny` of this action from `LocalRole::new({role:?})`"
                )),
            ),
        }
    }
}
