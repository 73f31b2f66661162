//! The words of the library in the answers about records, which a program can translate.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The words in which [`Results`](super::Results) and partly found selections are reported.
///
/// Each method has an English default. Texts are shown in messages and, with the numbers in bold, in HTML, where they are
/// not escaped. Set them with [`ForestBuilder::texts`](crate::ForestBuilder::texts).
///
/// ```
/// use forest_actions::{Count, Texts};
///
/// struct French;
///
/// impl Texts for French {
///     fn refused(&self, count: Count) -> String {
///         match count.number() {
///             1 => format!("{count} refusé"),
///             _ => format!("{count} refusés"),
///         }
///     }
/// }
/// ```
pub trait Texts: Send + Sync + 'static {
    /// All records were done, and the handler gave no text.
    fn records_done(&self, count: Count) -> String {
        match count.number() {
            1 => format!("{count} record done"),
            _ => format!("{count} records done"),
        }
    }

    /// The rows of a file that were imported, and the handler gave no text.
    fn rows_imported(&self, count: Count) -> String {
        match count.number() {
            1 => format!("{count} row imported"),
            _ => format!("{count} rows imported"),
        }
    }

    /// The lines of a file with the same reason, as a list of numbers.
    fn lines(&self, numbers: &str) -> String {
        match numbers.contains(',') {
            true => format!("lines {numbers}"),
            false => format!("line {numbers}"),
        }
    }

    /// The link to a file of the rows that were refused or failed, which may have the first of them only.
    fn refused_rows(&self, rows: Count, of: Count) -> String {
        match (rows.number(), of.number()) {
            (1, 1) => "Download the row that was not imported".to_owned(),
            (rows, of) if rows == of => format!("Download the {rows} rows that were not imported"),
            _ => format!("Download the first {rows} of the {of} rows that were not imported"),
        }
    }

    /// The part of the summary about records that were done.
    fn done(&self, count: Count) -> String {
        format!("{count} done")
    }

    /// The part about refused records.
    fn refused(&self, count: Count) -> String {
        format!("{count} refused")
    }

    /// The part about failed records; `reference` links to the log.
    fn failed(&self, count: Count, reference: Option<&str>) -> String {
        match reference {
            Some(reference) => format!("{count} failed (reference {reference})"),
            None => format!("{count} failed"),
        }
    }

    /// The part about records that were not attempted; `None` when their number is not known.
    fn not_attempted(&self, count: Option<Count>) -> String {
        match count {
            Some(count) => format!("{count} not attempted"),
            None => "the rest was not attempted".to_owned(),
        }
    }

    /// No record was done, and the handler gave no text.
    fn nothing_done(&self) -> String {
        "Nothing was done".to_owned()
    }

    /// All records or none, and it was none.
    fn nothing_changed(&self) -> String {
        "Nothing was changed".to_owned()
    }

    /// The reason why the rest was not attempted, when the records could not be read any more.
    fn unreadable(&self) -> String {
        "the records cannot be read".to_owned()
    }

    /// The reason why the rest was not attempted, after several failures in a row.
    fn failures_in_a_row(&self, count: Count) -> String {
        format!("{count} records in a row failed")
    }

    /// The end of a list that was shortened.
    fn and_more(&self, count: Count) -> String {
        format!("and {count} more")
    }

    /// Some of the selected records would be refused, before a run.
    fn cannot_run(&self, refused: Count, selected: Count) -> String {
        match (refused.number(), selected.number()) {
            (1, 1) => "The selected record would be refused".to_owned(),
            _ => format!("{refused} of the {selected} selected records would be refused"),
        }
    }

    /// A box is to be ticked before the action runs.
    fn tick_to_confirm(&self, field: &str) -> String {
        format!("Tick \"{field}\" to go on.")
    }

    /// A word or a number is to be typed before the action runs.
    fn type_to_confirm(&self, word: &str) -> String {
        format!("Type {word} to go on.")
    }

    /// The help of the box that shows a preview.
    fn show_preview(&self) -> String {
        "Show what will happen".to_owned()
    }

    /// Some of the selected records do not exist any more, or are outside of the user's scope.
    fn partly_found(&self, found: Count, selected: Count) -> String {
        format!("{found} of the {selected} selected records were found")
    }
}

/// The default [`Texts`].
#[derive(Debug, Clone, Copy, Default)]
pub struct English;

impl Texts for English {}

/// The texts of a program.
#[derive(Clone)]
pub(crate) struct Words(Arc<dyn Texts>);

impl Words {
    pub(crate) fn of(texts: impl Texts) -> Self {
        Self(Arc::new(texts))
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::of(English)
    }
}

impl Deref for Words {
    type Target = dyn Texts;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

/// A number in a text; in HTML `Display` writes it in bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    number: u64,
    is_bold: bool,
}

impl Count {
    pub(crate) fn plain(number: u64) -> Self {
        Self { number, is_bold: false }
    }

    pub(super) fn bold(number: u64) -> Self {
        Self { number, is_bold: true }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.number
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_bold {
            true => write!(f, "<b>{}</b>", self.number),
            false => write!(f, "{}", self.number),
        }
    }
}
