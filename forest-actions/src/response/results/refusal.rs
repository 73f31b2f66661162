//! Why a record was not acted on.

use std::borrow::Cow;
use std::fmt;

use crate::response::ActionError;

/// Maximum length of the text of a reason, in characters.
pub(super) const MAX_TEXT: usize = 200;
/// Maximum length of the code of a reason, in characters.
const MAX_CODE: usize = 64;

/// The reason why a rule refuses a record: a text for people, and a code for programs.
///
/// A text alone is its own code, in lower case with underscores: "already paid" is `already_paid`.
/// The text is cut to 200 characters and the code to 64.
///
/// ```
/// use forest_actions::Refusal;
///
/// assert_eq!(Refusal::from("Already paid!").code(), "already_paid");
/// assert_eq!(Refusal::new("paid", "paid on 3 May").code(), "paid");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    code: Cow<'static, str>,
    text: Cow<'static, str>,
}

impl Refusal {
    /// A reason with a code of its own, for texts that hold values or are translated.
    pub fn new(code: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        let (code, text) = (code.into(), text.into());
        Self {
            code: cut(code, MAX_CODE),
            text: cut(text, MAX_TEXT),
        }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self::new(code_of(&text), text)
    }
}

/// The words of a text in lower case, joined by underscores.
fn code_of(text: &str) -> String {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("_")
}

fn cut(text: Cow<'static, str>, at: usize) -> Cow<'static, str> {
    match text.char_indices().nth(at) {
        Some(_) => bounded(text.into_owned(), at).into(),
        None => text,
    }
}

/// The text, with an ellipsis as its last character if it has more than `at`.
pub(super) fn bounded(mut text: String, at: usize) -> String {
    if text.char_indices().nth(at).is_none() {
        return text;
    }
    let end = text
        .char_indices()
        .nth(at.saturating_sub(1))
        .map_or(0, |(place, _)| place);
    text.truncate(end);
    text.push('…');
    text
}

/// Why a record was not acted on: refused by a rule, or failed.
///
/// Every error that `?` converts is a failure. [`refuse`] makes a refusal.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotDone {
    /// A rule refuses it; trying again changes nothing.
    Refused(Refusal),
    /// Trouble; trying again may help.
    Failed(ActionError),
}

/// Refuses a record with a reason for the user.
///
/// # Errors
/// Always.
///
/// ```
/// use forest_actions::{NotDone, refuse};
///
/// fn check(paid: bool) -> Result<(), NotDone> {
///     if paid {
///         return refuse("already paid");
///     }
///     Ok(())
/// }
/// # assert!(check(false).is_ok() && check(true).is_err());
/// ```
pub fn refuse<T>(reason: impl Into<Refusal>) -> Result<T, NotDone> {
    Err(NotDone::Refused(reason.into()))
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ActionError> for NotDone {
    fn from(error: ActionError) -> Self {
        Self::Failed(error)
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for NotDone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
