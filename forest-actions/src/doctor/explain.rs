//! The explanation of one decision: its cause, and the change that leads to another one.

use std::fmt;

use super::screen::wrapped;
use crate::declare::ActionDescriptor;
use crate::rights::DeniedInCode;
use crate::text::{excerpt, nearest};

/// The decision about a user and an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The user may run the action on all records.
    Allowed,
    /// The selected records decide about the right, or about the need for an approval.
    DependsOnRecords,
    /// Every run needs an approval first.
    NeedsApproval,
    /// The user may not run the action.
    Refused,
    /// The program does not declare the action.
    NoSuchAction,
    /// The Forest server sent no permissions. Requests are refused in the meantime.
    Unknown,
}

/// The result of [`Forest::explain_access`](crate::Forest::explain_access): the outcome, its cause, and the change that leads
/// to another outcome.
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
    /// The decision.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The cause of the decision.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The setting to change, and its place; `None` when the user may run the action.
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

/// The user and the action that an explanation is about.
pub(super) struct Question<'q> {
    pub(super) user_id: u64,
    /// The e-mail address, or the description of a local user.
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

    /// `actions` are the declared actions, for a suggestion.
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

    pub(super) fn no_local_user(&self) -> Explanation {
        self.answer(
            Outcome::Refused,
            "there is no local user of this id",
            Some("add one with `.local_user(LocalUser::new(…))`, or take an id that there is".to_owned()),
        )
    }

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
