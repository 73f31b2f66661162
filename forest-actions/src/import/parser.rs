//! Splits the text of a CSV file into lines of cells, one at a time and in bounded memory.
//!
//! A cell may be quoted, with line breaks and doubled quotes inside. Lines end with LF, CR LF or CR, and are counted as editors count
//! them. Mistakes inside a line are kept with the line; only the file as a whole can end the reading.

use super::error::ImportError;
use super::text::Text;

/// Bounds of one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Cells that are kept; others are counted.
    pub(super) columns: usize,
    /// Characters of a cell.
    pub(super) cell: usize,
}

/// A mistake by which the cells of a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The number of the cell, from 1.
    CellTooLong(u64),
    TextAfterQuote(u64),
}

/// One line of cells, reused for the next one.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The number of the line, or of the first of several when a cell holds line breaks.
    pub(super) number: u64,
    text: String,
    /// The end of each kept cell in `text`.
    ends: Vec<usize>,
    /// All cells, also those that were not kept.
    pub(super) count: u64,
    /// A cell that was not kept has more than white space.
    pub(super) has_more: bool,
    pub(super) fault: Option<Fault>,
    /// Characters of the current cell.
    length: usize,
    /// A cell was too long: nothing more is kept.
    is_full: bool,
}

impl Line {
    /// The text of a cell, trimmed.
    pub(super) fn cell(&self, index: usize) -> Option<&str> {
        self.raw(index).map(str::trim)
    }

    fn raw(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(start.copied().unwrap_or(0)..end)
    }

    /// The kept cells.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.raw(index))
    }

    /// Returns whether every cell is empty.
    pub(super) fn is_blank(&self) -> bool {
        !self.has_more && self.fault.is_none() && self.text.trim().is_empty()
    }

    fn clear(&mut self, number: u64) {
        self.number = number;
        self.text.clear();
        self.ends.clear();
        (self.count, self.has_more, self.fault) = (0, false, None);
        (self.length, self.is_full) = (0, false);
    }

    fn push(&mut self, text: &str, bounds: Bounds) {
        if self.ends.len() >= bounds.columns {
            self.has_more |= !text.trim().is_empty();
            return;
        }
        if self.is_full {
            return;
        }
        // counted on the way: counting the whole cell again for each doubled quote would take the square of its length
        self.length += text.chars().count();
        if self.length > bounds.cell {
            // the rest of the line is not kept
            self.text.truncate(self.ends.last().copied().unwrap_or(0));
            self.is_full = true;
            self.fault.get_or_insert(Fault::CellTooLong(self.count + 1));
            return;
        }
        self.text.push_str(text);
    }

    fn end_cell(&mut self, bounds: Bounds) {
        self.count += 1;
        self.length = 0;
        if self.ends.len() < bounds.columns {
            self.ends.push(self.text.len());
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quotation mark in a quoted cell: the end of the quotes, or the first of two marks.
    Quote,
    /// Behind the end of the quotes and a space.
    Closed,
}

/// Reads the lines of a file.
pub(super) struct Parser {
    text: Text,
    chunk: String,
    at: usize,
    /// The character before was the CR of a line break.
    after_cr: bool,
    delimiter: u8,
    bounds: Bounds,
    /// The line at `at`, from 1.
    number: u64,
    /// The line on which the quotes of the current cell were opened.
    opened: u64,
    charset: &'static str,
}

impl Parser {
    /// `charset` is the name of the encoding of `text`, for messages.
    pub(super) fn new(text: Text, charset: &'static str, delimiter: u8, bounds: Bounds) -> Self {
        Self {
            text,
            chunk: String::new(),
            at: 0,
            after_cr: false,
            delimiter,
            bounds,
            number: 1,
            opened: 1,
            charset,
        }
    }

    /// Reads the next line that is not empty; `false` at the end of the file.
    ///
    /// # Errors
    /// Bytes that do not fit the encoding, a NUL character, a quotation mark that is never closed.
    pub(super) fn next(&mut self, line: &mut Line) -> Result<bool, ImportError> {
        loop {
            let is_there = self.next_line(line)?;
            if !is_there || !line.is_blank() {
                return Ok(is_there);
            }
        }
    }

    fn next_line(&mut self, line: &mut Line) -> Result<bool, ImportError> {
        let mut state = State::CellStart;
        let mut has_begun = false;
        line.clear(self.number);
        loop {
            let Some(byte) = self.peek()? else {
                if state == State::Quoted {
                    return Err(ImportError::UnclosedQuote { line: self.opened });
                }
                if has_begun {
                    line.end_cell(self.bounds);
                }
                return Ok(has_begun);
            };
            if self.after_cr && byte == b'\n' && !has_begun {
                // the second half of the line break before this line
                self.after_cr = false;
                self.at += 1;
                continue;
            }
            has_begun = true;
            match (state, byte) {
                (State::Quoted, b'"') => {
                    state = State::Quote;
                    self.step();
                }
                (State::Quoted, _) => self.take_quoted(line),
                (State::Quote, b'"') => {
                    line.push("\"", self.bounds);
                    state = State::Quoted;
                    self.step();
                }
                (_, b'\r' | b'\n') => {
                    line.end_cell(self.bounds);
                    self.number += 1;
                    self.step();
                    self.after_cr = byte == b'\r';
                    return Ok(true);
                }
                (_, byte) if byte == self.delimiter => {
                    line.end_cell(self.bounds);
                    state = State::CellStart;
                    self.step();
                }
                (State::CellStart, b'"') => {
                    state = State::Quoted;
                    self.opened = self.number;
                    self.step();
                }
                (State::Quote | State::Closed, b' ') => {
                    state = State::Closed;
                    self.step();
                }
                (State::Quote | State::Closed, _) => {
                    line.fault.get_or_insert(Fault::TextAfterQuote(line.count + 1));
                    state = State::Plain;
                }
                (State::CellStart | State::Plain, _) => {
                    state = State::Plain;
                    let delimiter = self.delimiter;
                    self.take_until(line, |byte| byte == delimiter || matches!(byte, b'\r' | b'\n'));
                }
            }
        }
    }

    fn step(&mut self) {
        self.at += 1;
        self.after_cr = false;
    }

    /// Takes one line break inside of quotes, or the text up to it.
    fn take_quoted(&mut self, line: &mut Line) {
        match self.chunk.as_bytes().get(self.at) {
            Some(b'\r') => {
                line.push("\r", self.bounds);
                self.number += 1;
                self.step();
                self.after_cr = true;
            }
            Some(b'\n') => {
                line.push("\n", self.bounds);
                self.number += u64::from(!self.after_cr);
                self.step();
            }
            _ => self.take_until(line, |byte| matches!(byte, b'"' | b'\r' | b'\n')),
        }
    }

    /// Takes the text up to a byte of ASCII, or to the end of the chunk.
    fn take_until(&mut self, line: &mut Line, is_end: impl Fn(u8) -> bool) {
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let length = rest.bytes().position(is_end).unwrap_or(rest.len());
        line.push(rest.get(..length).unwrap_or_default(), self.bounds);
        self.at += length;
        self.after_cr = false;
    }

    /// The next byte; `None` at the end of the file.
    fn peek(&mut self) -> Result<Option<u8>, ImportError> {
        if self.at >= self.chunk.len() {
            self.at = 0;
            if !self
                .text
                .read(&mut self.chunk)
                .map_err(|_| ImportError::Encoding { name: self.charset })?
            {
                self.chunk.clear();
                return Ok(None);
            }
            if let Some(place) = self.chunk.bytes().position(|byte| byte == 0) {
                let before = self.chunk.get(..place).unwrap_or_default();
                let is_counted = self.after_cr && before.starts_with('\n');
                let line = self.number + breaks_in(before) - u64::from(is_counted);
                return Err(ImportError::Nul { line });
            }
        }
        Ok(self.chunk.as_bytes().get(self.at).copied())
    }
}

/// The number of line breaks of a text.
fn breaks_in(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let is_break =
        |at: usize, byte: u8| byte == b'\r' || (byte == b'\n' && (at == 0 || bytes.get(at - 1) != Some(&b'\r')));
    let breaks = bytes.iter().enumerate().filter(|(at, byte)| is_break(*at, **byte));
    u64::try_from(breaks.count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::text::Charset;
    use super::*;
    use crate::form::FormFile;

    const BOUNDS: Bounds = Bounds { columns: 4, cell: 10 };

    fn parser(text: &str) -> Parser {
        let file = FormFile::new("a.csv", "text/csv", text);
        Parser::new(Text::new(&file, Charset::Utf8), "UTF-8", b',', BOUNDS)
    }

    type Read = (u64, Vec<String>, Option<Fault>);

    fn lines(text: &str) -> Result<Vec<Read>, ImportError> {
        let (mut parser, mut line, mut lines) = (parser(text), Line::default(), Vec::new());
        while parser.next(&mut line)? {
            lines.push((line.number, line.cells().map(str::to_owned).collect(), line.fault));
        }
        Ok(lines)
    }

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        let lines = lines(text).unwrap();
        assert!(lines.iter().all(|(_, _, fault)| fault.is_none()), "{lines:?}");
        lines.into_iter().map(|(number, cells, _)| (number, cells)).collect()
    }

    fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn every_kind_of_line_break_ends_a_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "c,", ",,", "\"d", "e\",f"].join(end);
            let expected = [
                row(1, &["a", "b"]),
                row(3, &["c", ""]),
                row(5, &[&format!("d{end}e"), "f"]),
            ];
            assert_eq!(cells(&text), expected, "{end:?}");
            assert_eq!(cells(&format!("{text}{end}")), expected, "{end:?}");
            assert_eq!(
                cells(&format!("{text}{end}{end}x")).last(),
                Some(&row(8, &["x"])),
                "{end:?}"
            );
        }
    }

    #[test]
    fn quotes_protect_delimiters_and_double_inside() {
        assert_eq!(cells("\"a,b\",\"say \"\"x\"\"\""), [row(1, &["a,b", "say \"x\""])]);
        assert_eq!(cells("\"\",\"\"\"\",x"), [row(1, &["", "\"", "x"])]);
        assert_eq!(cells("a\"b\",c"), [row(1, &["a\"b\"", "c"])]);
        assert_eq!(cells("\"a\" ,b"), [row(1, &["a", "b"])]);
    }

    #[test]
    fn mistakes_stay_with_their_line() {
        assert!(
            lines("\"a\" \"b\"")
                .unwrap()
                .iter()
                .all(|(_, _, fault)| fault.is_some())
        );
        let lines = lines("\"a\"b,c\n1,2,3,4,5\n1,12345678901,3\nok").unwrap();
        let faults: Vec<_> = lines.iter().map(|(number, _, fault)| (*number, *fault)).collect();
        assert_eq!(
            faults,
            [
                (1, Some(Fault::TextAfterQuote(1))),
                (2, None),
                (3, Some(Fault::CellTooLong(2))),
                (4, None)
            ]
        );
        let mut line = Line::default();
        assert!(parser("1,2,3,4,5, ").next(&mut line).unwrap());
        assert_eq!((line.count, line.cells().count(), line.has_more), (6, 4, true));
        assert!(parser("1,2,3,4, ,").next(&mut line).unwrap());
        assert!(!line.has_more);
    }

    #[test]
    fn the_length_of_a_cell_is_counted_in_characters() {
        assert_eq!(cells("éééééééééé"), [row(1, &["éééééééééé"])]);
        assert!(
            lines("ééééééééééé")
                .unwrap()
                .iter()
                .all(|(_, _, fault)| fault.is_some())
        );
    }

    #[test]
    fn an_open_quote_and_a_nul_end_the_reading() {
        assert_eq!(lines("a\n\n\"b\nc"), Err(ImportError::UnclosedQuote { line: 3 }));
        assert_eq!(lines("a\r\nb\r\nc\0"), Err(ImportError::Nul { line: 3 }));
    }
}
