//! The question that an action asks before it runs: `confirm`.

use std::borrow::Cow;
use std::fmt;

use futures_util::future::LocalBoxFuture;

use crate::caller::Caller;
use crate::records::Selection;
use crate::response::ActionError;

/// A question that the user has to answer before an action runs. The server checks the answer.
///
/// The text may hold `{count}`, the number of records that would run; it is shown above the form. A function that
/// decides whether to ask is given as `confirm = path`:
///
/// ```
/// use forest_actions::{ActionResult, Caller, Confirm, Selection};
///
/// async fn warning(selection: &Selection, caller: &Caller) -> ActionResult<Option<Confirm>> {
///     let is_harmless = caller.role == "Admin" && selection.count().await? < 10;
///     Ok((!is_harmless).then(|| Confirm::tick("Delete the data of {count} customers? This cannot be undone.")))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    pub(crate) text: Cow<'static, str>,
    pub(crate) answer: Expected,
    pub(crate) over: u64,
}

/// The answer that lets the action run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A ticked box.
    Tick,
    /// This word.
    Word(Cow<'static, str>),
    /// The number of records.
    Count,
}

impl Confirm {
    /// Asks for a ticked box.
    #[must_use]
    pub fn tick(text: impl Into<Cow<'static, str>>) -> Self {
        Self::asking(text, Expected::Tick)
    }

    /// Asks for a word to be typed, with the same letters.
    #[must_use]
    pub fn type_word(word: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self::asking(text, Expected::Word(word.into()))
    }

    /// Asks for the number of records to be typed.
    #[must_use]
    pub fn type_count(text: impl Into<Cow<'static, str>>) -> Self {
        Self::asking(text, Expected::Count)
    }

    /// Asks only when more than this many records would run.
    #[must_use]
    pub fn over(mut self, records: u64) -> Self {
        self.over = records;
        self
    }

    fn asking(text: impl Into<Cow<'static, str>>, answer: Expected) -> Self {
        Self {
            text: text.into(),
            answer,
            over: 0,
        }
    }

    /// Returns whether the question depends on the number of records. A text alone does not.
    pub(crate) fn needs_count(&self) -> bool {
        self.over > 0 || self.answer == Expected::Count
    }
}

/// A function that decides what to ask.
pub(crate) type AskFn = fn(Selection, Caller) -> LocalBoxFuture<'static, Result<Option<Confirm>, ActionError>>;

/// The question of an action, as the attribute declares it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Confirmation {
    /// The name of the form's field for the answer.
    pub(crate) field: &'static str,
    pub(crate) ask: Ask,
}

#[derive(Clone, Copy)]
pub(crate) enum Ask {
    Always(fn() -> Confirm),
    Depends(AskFn),
}

#[doc(hidden)]
impl Confirmation {
    #[must_use]
    pub const fn always(field: &'static str, confirm: fn() -> Confirm) -> Self {
        Self {
            field,
            ask: Ask::Always(confirm),
        }
    }

    #[must_use]
    pub const fn depends(field: &'static str, ask: AskFn) -> Self {
        Self {
            field,
            ask: Ask::Depends(ask),
        }
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}
