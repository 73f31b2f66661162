//! What became of the rows of an import.

use crate::response::{ActionError, ActionResponse, Download, IntoActionResponse, Results};

/// What became of each row: imported, refused (the row does not fit, or a rule), failed, or not attempted.
///
/// A handler returns it as its answer. That is the answer of [`Results`], with the numbers of lines for the ids of records, and a link to
/// the rows that were not imported, with their lines and reasons: at most 1,000 rows and 256 KiB, to correct and upload again.
#[derive(Debug)]
#[must_use = "a report is the answer of the action"]
pub struct ImportReport(Results);

impl ImportReport {
    pub(super) fn new(results: Results) -> Self {
        Self(results)
    }

    /// The number of imported rows.
    #[must_use]
    pub fn done_count(&self) -> u64 {
        self.0.done_count()
    }

    /// The number of refused rows.
    #[must_use]
    pub fn refused_count(&self) -> u64 {
        self.0.refused_count()
    }

    /// The number of failed rows.
    #[must_use]
    pub fn failed_count(&self) -> u64 {
        self.0.failed_count()
    }

    /// The number of rows that were not attempted.
    #[must_use]
    pub fn not_attempted_count(&self) -> u64 {
        self.0.not_attempted_count()
    }

    /// The text about the rows that were imported; "45 rows imported" without one.
    pub fn message(self, text: impl FnOnce(&Self) -> String) -> Self {
        let text = text(&self);
        Self(self.0.message(|_| text))
    }

    /// Accepts the import only if every row was imported. Otherwise the error says that nothing was changed, so its transaction must be
    /// rolled back; `?` does so before a commit.
    ///
    /// # Errors
    /// 400, if a row was refused, failed or not attempted.
    pub fn all_or_nothing(self) -> Result<Self, ActionError> {
        self.0.all_or_nothing().map(Self)
    }

    /// The rows that were not imported, as the answer of an action with `download`; `None` when all were. It has the first 1,000 at most.
    #[must_use]
    pub fn refused_rows(&self) -> Option<Download> {
        let file = self.0.attached()?;
        Some(Download::new("refused-rows.csv", file.csv.clone()).media_type("text/csv; charset=utf-8"))
    }

    /// The answer, to add a header or another member.
    pub fn answer(self) -> ActionResponse {
        self.0.answer()
    }
}

// lists of candidates name the usual answers
#[diagnostic::do_not_recommend]
impl IntoActionResponse for ImportReport {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(self.answer())
    }
}
