//! An import: opens a file, and reads, checks or handles its rows.

use std::fmt;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use futures_util::FutureExt as _;
use regex_lite::Regex;

use super::ImportRow;
use super::error::ImportError;
use super::header::Header;
use super::parser::{Bounds, Line, Parser};
use super::reader::{RowProblems, RowReader};
use super::refused::RefusedRows;
use super::report::ImportReport;
use super::text::{Charset, Start};
use crate::form::FormFile;
use crate::observed;
use crate::response::{ActionError, NotDone, Refusal, Results};

/// Rows, unless the program sets another number.
const MAX_ROWS: u64 = 100_000;
const MAX_COLUMNS: usize = 256;
/// Characters of a cell, as in spreadsheets.
const MAX_CELL: usize = 32_767;

/// Rows that are read between two chances for other requests of the worker.
const ROWS_AT_ONCE: u64 = 500;

/// Failures in a row that end an import: the trouble is not in the rows then.
const FAILURES_IN_A_ROW: u64 = 5;

/// The rows of an uploaded CSV file; made by [`FormFile::import`].
///
/// The file is UTF-8, UTF-16 with a byte order mark, or else Windows-1252. The delimiter is the comma, semicolon, tab or vertical bar that
/// shows the columns in the first line, or the one of a line `sep=;`. The first read scans the whole file, so that a file that cannot
/// be read to its end is refused before its first row.
pub struct Import<T> {
    file: FormFile,
    max_rows: u64,
    bounds: Bounds,
    /// Known once the file was scanned.
    opened: OnceLock<Opened>,
    of: PhantomData<fn() -> T>,
}

#[derive(Debug, Clone)]
struct Opened {
    header: Header,
    rows: u64,
}

impl<T: ImportRow> Import<T> {
    pub(super) fn new(file: FormFile) -> Self {
        Self {
            file,
            max_rows: MAX_ROWS,
            bounds: Bounds {
                columns: MAX_COLUMNS,
                cell: MAX_CELL,
            },
            opened: OnceLock::new(),
            of: PhantomData,
        }
    }

    /// The most rows of a file, 100,000 by default; a longer one is refused.
    #[must_use]
    pub fn max_rows(mut self, rows: u64) -> Self {
        self.max_rows = rows;
        self.opened = OnceLock::new();
        self
    }

    /// The most columns of a file, 256 by default; a wider one is refused.
    #[must_use]
    pub fn max_columns(mut self, columns: usize) -> Self {
        self.bounds.columns = columns;
        self.opened = OnceLock::new();
        self
    }

    /// The most characters of a cell, 32,767 by default; a row with a longer one is refused.
    #[must_use]
    pub fn max_cell_length(mut self, characters: usize) -> Self {
        self.bounds.cell = characters;
        self.opened = OnceLock::new();
        self
    }

    /// The number of rows. Empty lines and the header do not count.
    ///
    /// # Errors
    /// 400 for a file that is refused as a whole: empty, without rows, a workbook, in another encoding, with a NUL character, with a header
    /// that does not fit, with a quotation mark that is never closed, or above a limit.
    pub async fn count(&self) -> Result<u64, ActionError> {
        Ok(self.opened().await?.rows)
    }

    /// The rows, each with the number of its line. Reading one blocks for microseconds, as the file is in memory.
    ///
    /// ```
    /// # use forest_actions::prelude::*;
    /// # #[derive(ImportRow)]
    /// # struct NewCompany { name: String }
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), ActionError> {
    /// let file = FormFile::new("companies.csv", "text/csv", "name\nAcme\n\nBolt");
    /// for (line, row) in file.import::<NewCompany>().rows().await? {
    ///     match row {
    ///         Ok(company) => assert_eq!((line, company.name.as_str()), if line == 2 { (2, "Acme") } else { (4, "Bolt") }),
    ///         Err(problems) => println!("line {line}: {problems}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`count`](Self::count).
    pub async fn rows(&self) -> Result<ImportRows<T>, ActionError> {
        let opened = self.opened().await?;
        Ok(ImportRows {
            parser: Some(opened.header.rows(&self.file, self.bounds)?),
            header: opened.header.clone(),
            line: Line::default(),
            of: PhantomData,
        })
    }

    /// Reads every row, so that nothing has to be undone for a bad one that comes late.
    ///
    /// # Errors
    /// 400, "Nothing was changed", with the reasons and a file of the refused rows when there are some; else as for
    /// [`count`](Self::count).
    pub async fn check(&self) -> Result<(), ActionError> {
        let mut handled = Handled::of(self.count().await?);
        let mut rows = self.rows().await?;
        while let Some((line, row)) = rows.next() {
            match row {
                Ok(_) => handled.row(line, Ok(()), &rows),
                Err(problems) => handled.misfit(line, &problems, &rows),
            }
            handled.pause().await;
        }
        handled.report().all_or_nothing().map(drop)
    }

    /// Calls `act` with each row that fits, in the order of the file, and counts what became of the rows.
    ///
    /// The rows are isolated from each other, as [the records of a run](crate::Records::each): one whose call ends with an error or panics is
    /// counted as failed, and the next one follows. After five failures in a row the rest is not attempted.
    ///
    /// In a run in the background, the progress is the number of the row, and a cancellation ends it after the current row.
    ///
    /// # Errors
    /// As for [`count`](Self::count); then no row was handled.
    pub async fn each<F>(&self, mut act: F) -> Result<ImportReport, ActionError>
    where
        F: AsyncFnMut(T) -> Result<(), NotDone>,
    {
        let mut handled = Handled::of(self.count().await?);
        let mut rows = self.rows().await?;
        let (mut in_a_row, mut number) = (0, 0);
        let run = observed::pace();
        while let Some((line, row)) = rows.next() {
            if let Some(run) = &run {
                run.progress(format!("{number} / {}", self.count().await?)).await;
                if run.is_cancelled() {
                    handled.results.stop("the run was cancelled");
                    break;
                }
            }
            number += 1;
            in_a_row = match row {
                Ok(row) => {
                    let acted = AssertUnwindSafe(async { act(row).await }).catch_unwind().await;
                    let outcome = acted.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref()).into()));
                    let has_failed = matches!(outcome, Err(NotDone::Failed(_)));
                    handled.row(line, outcome, &rows);
                    if has_failed { in_a_row + 1 } else { 0 }
                }
                Err(problems) => {
                    handled.misfit(line, &problems, &rows);
                    0
                }
            };
            if in_a_row == FAILURES_IN_A_ROW {
                handled.results.failed_in_a_row(in_a_row);
                break;
            }
            handled.pause().await;
        }
        Ok(handled.report())
    }

    /// The header and the number of rows, after a scan of the whole file.
    async fn opened(&self) -> Result<&Opened, ActionError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = self.scan().await?;
        Ok(self.opened.get_or_init(|| opened))
    }

    async fn scan(&self) -> Result<Opened, ImportError> {
        for column in T::COLUMNS {
            if column
                .limits
                .pattern
                .is_some_and(|pattern| Regex::new(pattern).is_err())
            {
                return Err(ImportError::Pattern { column: column.name });
            }
        }
        let charset = match Start::of(&self.file) {
            Start::Empty => return Err(ImportError::Empty),
            Start::Workbook => return Err(ImportError::Workbook),
            Start::Text(charset) => charset,
        };
        match self.scan_as(charset).await {
            Err(ImportError::Encoding { .. }) if charset == Charset::Utf8 => self.scan_as(Charset::Windows).await,
            scanned => scanned,
        }
    }

    async fn scan_as(&self, charset: Charset) -> Result<Opened, ImportError> {
        let header = Header::read(&self.file, charset, T::COLUMNS, self.bounds)?;
        let (mut parser, mut line, mut rows) = (header.rows(&self.file, self.bounds)?, Line::default(), 0);
        while parser.next(&mut line)? {
            rows += 1;
            if rows > self.max_rows {
                return Err(ImportError::TooManyRows { max: self.max_rows });
            }
            if rows % ROWS_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        if rows == 0 {
            return Err(ImportError::NoRows);
        }
        Ok(Opened { header, rows })
    }
}

/// What became of the rows so far.
struct Handled {
    results: Results,
    refused: RefusedRows,
    since_pause: u64,
}

impl Handled {
    fn of(rows: u64) -> Self {
        Self {
            results: Results::of_rows(rows),
            refused: RefusedRows::new(),
            since_pause: 0,
        }
    }

    fn row<T>(&mut self, number: u64, outcome: Result<(), NotDone>, rows: &ImportRows<T>) {
        if let Some(reason) = self.results.row(number, outcome) {
            self.refused.add(&rows.header, &rows.line, reason.text());
        }
    }

    /// Counts a row that does not fit. The file has all of its problems, the panel as much as a reason may have.
    fn misfit<T>(&mut self, number: u64, problems: &RowProblems, rows: &ImportRows<T>) {
        let problems = problems.to_string();
        self.refused.add(&rows.header, &rows.line, &problems);
        let refusal = Refusal::new("invalid_row", problems);
        self.results.row(number, Err(NotDone::Refused(refusal)));
    }

    /// Lets other requests of the worker go on, since rows without a database call never wait.
    async fn pause(&mut self) {
        self.since_pause += 1;
        if self.since_pause == ROWS_AT_ONCE {
            self.since_pause = 0;
            tokio::task::yield_now().await;
        }
    }

    fn report(mut self) -> ImportReport {
        self.results.attach(self.refused.into_file());
        ImportReport::new(self.results)
    }
}

impl<T> fmt::Debug for Import<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("file", &self.file)
            .field("max_rows", &self.max_rows)
            .finish_non_exhaustive()
    }
}

/// The rows of a file: the number of each line with the row, or with its problems. Made by [`Import::rows`].
pub struct ImportRows<T> {
    /// `None` at the end.
    parser: Option<Parser>,
    header: Header,
    line: Line,
    of: PhantomData<fn() -> T>,
}

impl<T: ImportRow> Iterator for ImportRows<T> {
    type Item = (u64, Result<T, RowProblems>);

    fn next(&mut self) -> Option<Self::Item> {
        // the scan has read to the end without an error
        if !self.parser.as_mut()?.next(&mut self.line).unwrap_or(false) {
            self.parser = None;
            return None;
        }
        let row = RowReader::new(&self.line, &self.header, T::COLUMNS).and_then(|mut reader| {
            let row = T::from_row(&mut reader).filter(|_| !reader.has_problems());
            row.ok_or_else(|| reader.into_problems())
        });
        Some((self.line.number, row))
    }
}

impl<T> fmt::Debug for ImportRows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRows")
            .field("header", &self.header.names)
            .field("line", &self.line.number)
            .finish_non_exhaustive()
    }
}
