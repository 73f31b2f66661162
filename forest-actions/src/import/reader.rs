//! Reads the columns of one row, and collects all of its problems.

use std::fmt;

use serde_json::Value;

use super::column::ColumnSpec;
use super::header::Header;
use super::parser::{Fault, Line};
use super::value::{ImportCell, ImportValue};
use crate::form::{InvalidValue, check_range, check_text};
use crate::text::is_formula;

/// The problems of one row: of its columns, or of the line as a whole.
///
/// `Display` writes them in one line: `“status”: expected one of "live", "closed", found "x"; “name”: a value is required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblems(Vec<(Option<&'static str>, String)>);

impl RowProblems {
    /// The problems, each with the name of its column, or without one for the line as a whole.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&'static str>, &str)> {
        self.0.iter().map(|(column, problem)| (*column, problem.as_str()))
    }

    fn of_line(problem: String) -> Self {
        Self(vec![(None, problem)])
    }
}

impl fmt::Display for RowProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (column, problem)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            match column {
                Some(column) => write!(f, "“{column}”: {problem}")?,
                None => f.write_str(problem)?,
            }
        }
        Ok(())
    }
}

/// Reads the columns of one row.
#[derive(Debug)]
pub struct RowReader<'a> {
    line: &'a Line,
    header: &'a Header,
    columns: &'static [ColumnSpec],
    problems: Vec<(Option<&'static str>, String)>,
}

impl<'a> RowReader<'a> {
    /// A reader of a line whose cells stand below the header.
    ///
    /// # Errors
    /// A line with another number of cells, or one that cannot be split into cells.
    pub(super) fn new(line: &'a Line, header: &'a Header, columns: &'static [ColumnSpec]) -> Result<Self, RowProblems> {
        let name = |cell: u64| {
            let place = usize::try_from(cell - 1).unwrap_or(usize::MAX);
            header
                .names
                .get(place)
                .map_or_else(|| format!("cell {cell}"), |name| format!("“{name}”"))
        };
        match line.fault {
            Some(Fault::CellTooLong(cell)) => {
                return Err(RowProblems::of_line(format!("{}: the text is too long", name(cell))));
            }
            Some(Fault::TextAfterQuote(cell)) => {
                let problem = format!("{}: text behind the closing quotation mark", name(cell));
                return Err(RowProblems::of_line(problem));
            }
            None => {}
        }
        let width = header.names.len();
        let has_all = u64::try_from(width).is_ok_and(|width| line.count >= width);
        // spreadsheets write empty cells below formatted columns
        let has_more = line.has_more || line.cells().skip(width).any(|cell| !cell.trim().is_empty());
        if !has_all || has_more {
            let problem = format!("{} cells, and the header has {width}", line.count);
            return Err(RowProblems::of_line(problem));
        }
        Ok(Self {
            line,
            header,
            columns,
            problems: Vec::new(),
        })
    }

    /// Reads the column at this index of [`ImportRow::COLUMNS`](super::ImportRow::COLUMNS); `None` when it has a problem, which the
    /// reader keeps.
    pub fn read<T: ImportValue>(&mut self, column: usize) -> Option<T> {
        let empty = || T::empty().ok_or_else(|| InvalidValue::new("a value is required"));
        self.value(column, empty)
    }

    /// Reads a column as [`read`](Self::read) does, with a default for an empty cell.
    pub fn read_or<T: ImportValue>(&mut self, column: usize, default: impl FnOnce() -> T) -> Option<T> {
        self.value(column, || Ok(default()))
    }

    fn value<T: ImportValue>(&mut self, index: usize, empty: impl FnOnce() -> Result<T, InvalidValue>) -> Option<T> {
        let column = self.columns.get(index)?;
        let place = self.header.places.get(index).copied().flatten();
        let text = place.and_then(|place| self.line.cell(place)).unwrap_or_default();
        let value = match unguarded(text) {
            "" => empty(),
            text => checked(column, ImportCell::new(text, self.header.mark())),
        };
        value
            .map_err(|problem| self.problems.push((Some(column.name), problem.to_string())))
            .ok()
    }

    pub(super) fn into_problems(self) -> RowProblems {
        match self.problems.is_empty() {
            true => RowProblems::of_line("the row was refused without a problem".to_owned()),
            false => RowProblems(self.problems),
        }
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// The text of a cell without the apostrophe that exports put before a sign.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        // a tab or a line break is trimmed like any other
        Some(rest) if is_formula(rest) => rest.trim(),
        _ => text,
    }
}

fn checked<T: ImportValue>(column: &ColumnSpec, cell: ImportCell<'_>) -> Result<T, InvalidValue> {
    let value = T::read(cell)?;
    let limits = &column.limits;
    check_text(limits, cell.text())?;
    if (limits.min.is_some() || limits.max.is_some())
        && let Some(number) = cell.number().and_then(|digits| digits.parse().ok())
    {
        check_range(limits, number, &Value::from(cell.text()))?;
    }
    Ok(value)
}
