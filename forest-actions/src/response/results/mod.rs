//! What became of each record of a run: [`Results`].
//!
//! `reasons` groups the records that were not acted on, in bounded memory; `render` writes the answer.

mod reasons;
mod refusal;
mod render;
mod rows;
mod texts;

use reasons::Reasons;

use super::answer::ActionResponse;
use super::error::{ActionError, ErrorKind};
use crate::observed::{self, Outcome};

pub use refusal::{NotDone, Refusal, refuse};
pub(crate) use render::{Listed, block};
pub(crate) use rows::RefusedFile;
pub(crate) use texts::Words;
pub use texts::{Count, English, Texts};

/// Causes of failures that are written to the log. The rest is counted.
const LOGGED_FAILURES: u64 = 20;

/// What became of each record: done, refused (a rule, so trying again changes nothing), failed (trouble, so trying again may help),
/// or not attempted.
///
/// Counts are exact. Reasons are grouped, with the ids of the first 1,000 refused and of the first 1,000 failed records.
/// A handler returns it as its answer:
///
/// | records | answer |
/// | --- | --- |
/// | all done | 200, `{"success": "45 records done"}` |
/// | some done | 200, the numbers in `success`, the reasons in an `html` panel and in `results` |
/// | none done | 400, the same with `error` instead of `success` |
/// | all failed unexpectedly | 500 with a reference |
///
/// ```
/// use forest_actions::{NotDone, Records, Results, failure, refuse};
///
/// #[derive(serde::Deserialize)]
/// struct Invoice {
///     paid: bool,
///     email: Option<String>,
/// }
///
/// async fn send_reminders(invoices: Records<Invoice>) -> Results {
///     let results = invoices.each(100, async |invoice| remind(invoice).await).await;
///     results.message(|results| format!("{} reminders sent", results.done_count()))
/// }
///
/// async fn remind(invoice: Invoice) -> Result<(), NotDone> {
///     if invoice.paid {
///         return refuse("already paid");
///     }
///     let Some(email) = invoice.email else {
///         return refuse("no address");
///     };
///     if email.is_empty() {
///         return Err(failure("the address is empty").into()); // failed, with a text for the user
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Default)]
#[must_use = "results are the answer of the action"]
pub struct Results {
    done: u64,
    refused: Reasons,
    failed: Reasons,
    /// Failures whose cause is only logged.
    unexpected: u64,
    /// The records of the selection, where it is known.
    found: Option<u64>,
    /// `found` includes the records that a rule refused.
    found_all: bool,
    stopped: Option<Stop>,
    message: Option<String>,
    nothing_done: Option<String>,
    /// Nothing of what was done stays.
    rolled_back: bool,
    /// The run was about one record.
    of_one: bool,
    /// Links the answer to the lines of the log.
    reference: Option<String>,
    /// The error that ended the reading of the records.
    broken: Option<ActionError>,
    /// They are about the rows of a file, whose ids are the numbers of their lines.
    rows: Option<rows::Rows>,
}

/// Why the rest of the records was not attempted.
#[derive(Debug)]
enum Stop {
    Reason(String),
    /// This many in a row.
    Failures(u64),
    Unreadable,
}

impl Results {
    /// No record yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No record yet, of this many selected. The records that are missing from the counts at the end were not attempted.
    /// Not needed for given ids, whose number the answer knows.
    pub fn of(found: u64) -> Self {
        Self {
            found: Some(found),
            ..Self::default()
        }
    }

    /// Counts a record as done.
    pub fn done(&mut self) {
        if let Some(records) = observed::records() {
            records.done();
        }
        self.done += 1;
    }

    /// Counts a record as refused, with the reason for the user. The parts of a composite `id` are joined by `|`.
    pub fn refused(&mut self, id: impl std::fmt::Display, reason: impl Into<Refusal>) {
        let reason = reason.into();
        observe(&id, || Outcome::Refused {
            code: reason.code().to_owned(),
            text: reason.text().to_owned(),
        });
        self.refused.add(&id, &reason);
    }

    /// Counts records as refused whose ids are not known.
    pub(crate) fn refused_many(&mut self, count: u64, reason: &Refusal) {
        self.refused.add_unnamed(count, reason);
    }

    /// Adds the records that a rule refused before the handler got the others.
    pub(crate) fn absorb(&mut self, refused: Self) {
        if !self.found_all
            && let Some(found) = &mut self.found
        {
            *found += refused.refused.count();
        }
        self.refused.absorb(refused.refused);
    }

    /// Counts a record as failed. The text of a [`failure`](crate::failure), or of another error for the user, becomes the
    /// reason. Everything else is unexpected: the user sees a reference, and the cause is logged (the first 20 of a run).
    pub fn failed(&mut self, id: impl std::fmt::Display, error: impl Into<ActionError>) {
        let error = error.into();
        if error.kind() != ErrorKind::Internal {
            let reason = Refusal::from(error.message());
            observe_failure(&id, &reason);
            self.failed.add(&id, &reason);
            return;
        }
        self.unexpected += 1;
        if self.unexpected <= LOGGED_FAILURES {
            let cause = error.chain();
            let reference = self.reference();
            tracing::warn!(reference, error = cause, "a record failed");
        }
        let reason = Refusal::new("unexpected_error", "unexpected error");
        observe_failure(&id, &reason);
        self.failed.add(&id, &reason);
    }

    /// Counts a record by the outcome of acting on it.
    pub fn record(&mut self, id: impl std::fmt::Display, outcome: Result<(), NotDone>) {
        match outcome {
            Ok(()) => {
                observe(&id, || Outcome::Done);
                self.done += 1;
            }
            Err(NotDone::Refused(refusal)) => self.refused(id, refusal),
            Err(NotDone::Failed(error)) => self.failed(id, error),
        }
    }

    /// Ends the run early: the rest of the records was not attempted, for this reason.
    pub fn stop(&mut self, reason: impl Into<String>) {
        self.stopped = Some(Stop::Reason(refusal::bounded(reason.into(), refusal::MAX_TEXT)));
    }

    /// The text about the records that were done; "45 records done" without one.
    pub fn message(mut self, text: impl FnOnce(&Self) -> String) -> Self {
        // the text is about the whole run, also about what earlier attempts did
        let [done, refused, failed] = observed::pace().map_or([0; 3], |pace| pace.earlier());
        self.done += done;
        self.refused.shift(|count| count + refused);
        self.failed.shift(|count| count + failed);
        let message = text(&self);
        self.done -= done;
        self.refused.shift(|count| count - refused);
        self.failed.shift(|count| count - failed);
        self.message = Some(message);
        self
    }

    /// The text when no record was done; "Nothing was done" without one.
    pub fn nothing_done(mut self, text: impl Into<String>) -> Self {
        self.nothing_done = Some(text.into());
        self
    }

    /// Accepts the results only if every record was done. Otherwise the error says that nothing was changed, so its transaction
    /// must be rolled back; `?` does so before a commit.
    ///
    /// ```no_run
    /// # use forest_actions::{ActionResult, NotDone, Records, Results};
    /// # async fn pay(_: &mut sqlx::PgConnection, _: i64) -> Result<(), NotDone> { Ok(()) }
    /// async fn pay_all(ids: Vec<i64>, pool: sqlx::PgPool) -> ActionResult<Results> {
    ///     let mut tx = pool.begin().await?;
    ///     let mut results = Results::new();
    ///     for id in ids {
    ///         let outcome = pay(&mut tx, id).await;
    ///         results.record(id, outcome);
    ///     }
    ///     let results = results.all_or_nothing()?;
    ///     tx.commit().await?;
    ///     Ok(results)
    /// }
    /// ```
    ///
    /// # Errors
    /// 400, if a record was refused, failed or not attempted.
    pub fn all_or_nothing(mut self) -> Result<Self, ActionError> {
        if self.is_complete() {
            return Ok(self);
        }
        self.rolled_back = true;
        Err(ActionError::of_results(self, &English))
    }

    /// The answer, to add a list to refresh, a header or another member.
    pub fn answer(self) -> ActionResponse {
        self.into()
    }

    /// The number of records that were done.
    #[must_use]
    pub fn done_count(&self) -> u64 {
        self.done
    }

    /// The number of records that were refused.
    #[must_use]
    pub fn refused_count(&self) -> u64 {
        self.refused.count()
    }

    /// The number of records that failed.
    #[must_use]
    pub fn failed_count(&self) -> u64 {
        self.failed.count()
    }

    /// The number of records that were not attempted, of those that were found.
    #[must_use]
    pub fn not_attempted_count(&self) -> u64 {
        let attempted = self.attempted();
        self.found.map_or(0, |found| found.saturating_sub(attempted))
    }

    fn attempted(&self) -> u64 {
        self.done + self.refused.count() + self.failed.count()
    }

    fn is_complete(&self) -> bool {
        self.attempted() == self.done
            && self.not_attempted_count() == 0
            && self.stopped.is_none()
            && self.broken.is_none()
    }

    /// The number of found records, refused ones included, unless the handler has given another one.
    pub(crate) fn found(&mut self, found: u64) {
        if self.found.is_none() {
            self.found = Some(found);
            self.found_all = true;
        }
    }

    /// The results of a run that a rule has refused; `of_one` names the reason for the only record instead of its number.
    pub(crate) fn refused_by_rule(refused: Self, of_one: bool) -> Self {
        Self {
            refused: refused.refused,
            of_one,
            ..Self::default()
        }
    }

    /// The results of a handler that answered otherwise: all records that it got were done.
    pub(crate) fn all_done(done: u64, message: Option<String>) -> Self {
        Self {
            done,
            message,
            ..Self::default()
        }
    }

    /// The results of earlier attempts of a run, which did this many records.
    pub(crate) fn earlier(done: u64) -> Self {
        Self {
            done,
            ..Self::default()
        }
    }

    /// Adds a record that an earlier attempt did not do.
    pub(crate) fn add_earlier(&mut self, id: &str, is_refused: bool, code: &str, text: &str) {
        let reasons = if is_refused {
            &mut self.refused
        } else {
            &mut self.failed
        };
        reasons.add(&id, &Refusal::new(code.to_owned(), text.to_owned()));
    }

    /// Sets the numbers of records that earlier attempts did not do, more than were added.
    pub(crate) fn complete_earlier(&mut self, refused: u64, failed: u64) {
        self.refused.shift(|count| count.max(refused));
        self.failed.shift(|count| count.max(failed));
    }

    /// Puts the results of earlier attempts before these; `total` is the number of records of the run.
    pub(crate) fn after(&mut self, earlier: Self, total: Option<u64>) {
        self.done += earlier.done;
        for (own, mut earlier) in [(&mut self.refused, earlier.refused), (&mut self.failed, earlier.failed)] {
            earlier.absorb(std::mem::take(own));
            *own = earlier;
        }
        if self.found.is_some() {
            self.found = total.or(self.found);
        }
    }

    /// Ends the run because its records cannot be read any more.
    pub(crate) fn broke_off(&mut self, error: ActionError) {
        self.broken = Some(error);
    }

    /// Ends the run because this many records failed one after the other.
    pub(crate) fn failed_in_a_row(&mut self, count: u64) {
        self.stopped = Some(Stop::Failures(count));
    }

    fn reference(&mut self) -> String {
        self.reference.get_or_insert_with(observed::reference).clone()
    }
}

/// The numbers of records of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) refused: u64,
    pub(crate) failed: u64,
    pub(crate) not_attempted: u64,
    /// Nothing of what was done stays.
    pub(crate) rolled_back: bool,
}

impl Results {
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            done: self.done,
            refused: self.refused.count(),
            failed: self.failed.count(),
            not_attempted: self.not_attempted_count(),
            rolled_back: self.rolled_back,
        }
    }
}

fn observe(id: &dyn std::fmt::Display, outcome: impl FnOnce() -> Outcome) {
    if let Some(records) = observed::records() {
        records.became(id.to_string(), outcome());
    }
}

fn observe_failure(id: &dyn std::fmt::Display, reason: &Refusal) {
    observe(id, || Outcome::Failed {
        code: reason.code().to_owned(),
        text: reason.text().to_owned(),
    });
}

#[cfg(test)]
mod tests;
