//! Results about the rows of an uploaded file.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::texts::{Count, Texts};
use super::{LOGGED_FAILURES, NotDone, Refusal, Results};
use crate::response::error::ErrorKind;

/// What the answer adds for the rows of a file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    file: Option<RefusedFile>,
}

/// The rows that were not done, as a file.
#[derive(Debug, Clone)]
pub(crate) struct RefusedFile {
    pub(crate) csv: String,
    /// The rows in the file.
    pub(crate) rows: u64,
    /// All rows that were not done.
    pub(crate) of: u64,
}

impl Results {
    /// No row yet, of this many in a file.
    pub(crate) fn of_rows(found: u64) -> Self {
        Self {
            rows: Some(Rows::default()),
            ..Self::of(found)
        }
    }

    /// Counts a row by the outcome of acting on it. Rows are no records: the audit trail has their numbers only.
    pub(crate) fn row(&mut self, line: u64, outcome: Result<(), NotDone>) -> Option<Refusal> {
        match outcome {
            Ok(()) => {
                self.done();
                None
            }
            Err(NotDone::Refused(refusal)) => {
                self.refused.add(&line, &refusal);
                Some(refusal)
            }
            Err(NotDone::Failed(error)) if error.kind() != ErrorKind::Internal => {
                let reason = Refusal::from(error.message());
                self.failed.add(&line, &reason);
                Some(reason)
            }
            Err(NotDone::Failed(error)) => {
                self.unexpected += 1;
                if self.unexpected <= LOGGED_FAILURES {
                    let cause = error.chain();
                    let reference = self.reference();
                    tracing::warn!(reference, line, error = cause, "a row failed");
                }
                let reason = Refusal::new("unexpected_error", "unexpected error");
                self.failed.add(&line, &reason);
                Some(reason)
            }
        }
    }

    /// Adds the rows that were not done to the answer, as a link.
    pub(crate) fn attach(&mut self, file: Option<RefusedFile>) {
        self.rows.get_or_insert_default().file = file;
    }

    /// The file that was added.
    pub(crate) fn attached(&self) -> Option<&RefusedFile> {
        self.rows.as_ref()?.file.as_ref()
    }

    /// The default text about what was done.
    pub(super) fn done_in_words(&self, texts: &dyn Texts) -> String {
        match self.rows {
            Some(_) => texts.rows_imported(Count::plain(self.done)),
            None => texts.records_done(Count::plain(self.done)),
        }
    }

    /// Ids in the list of reasons.
    pub(super) fn named(&self, ids: &str, texts: &dyn Texts) -> String {
        match self.rows {
            Some(_) => texts.lines(ids),
            None => ids.to_owned(),
        }
    }

    /// The link to the rows that were not done; empty without one.
    pub(super) fn link(&self, texts: &dyn Texts) -> String {
        self.attached().map_or_else(String::new, |file| {
            let text = texts.refused_rows(Count::plain(file.rows), Count::plain(file.of));
            format!(
                "<p><a href=\"data:text/csv;charset=utf-8;base64,{}\" download=\"refused-rows.csv\">{}</a></p>",
                BASE64_STANDARD.encode(&file.csv),
                text
            )
        })
    }
}
