//! Lines of CSV that are safe to open in a spreadsheet.
//!
//! A *text* cell that a spreadsheet would run as a formula (it starts with `=`, `+`, `-`, `@`, a tab or a line break)
//! gets an apostrophe in front: otherwise the name of a company could run code on the machine that opens the export.
//! Numbers are the program's own and stay as they are.

use std::borrow::Cow;

use actix_web::web::Bytes;
use csv::{Terminator, Writer, WriterBuilder};

/// One cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// Text from a row: guarded against formulas.
    Text(&'a str),
    /// Formatted by the program itself, such as a number or a date.
    Own(&'a str),
}

/// Lines in memory.
pub(crate) struct Lines(Writer<Vec<u8>>);

impl Lines {
    pub(crate) fn new() -> Self {
        Self(
            WriterBuilder::new()
                .terminator(Terminator::CRLF)
                .from_writer(Vec::new()),
        )
    }

    /// The line of titles alone.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(crate) fn titles(titles: &[&str]) -> csv::Result<Bytes> {
        let mut lines = Self::new();
        lines.0.write_record(titles)?;
        lines.into_bytes()
    }

    /// Appends a line.
    ///
    /// # Errors
    /// A line with another number of cells than the first.
    pub(crate) fn push(&mut self, cells: &[Cell<'_>]) -> csv::Result<()> {
        self.0
            .write_record(cells.iter().map(|cell| cell.guarded().into_owned()))
    }

    /// All lines.
    ///
    /// # Errors
    /// None in memory; the writer's are passed on.
    pub(crate) fn into_bytes(self) -> csv::Result<Bytes> {
        let bytes = self.0.into_inner().map_err(|error| error.into_error())?;
        Ok(Bytes::from(bytes))
    }
}

impl<'a> Cell<'a> {
    fn guarded(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => format!("'{text}").into(),
            Self::Text(text) | Self::Own(text) => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Cell<'_>]) -> String {
        let mut lines = Lines::new();
        lines.push(cells).unwrap();
        String::from_utf8(lines.into_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn plain_cells_are_unchanged() {
        assert_eq!(line(&[Cell::Own("1"), Cell::Text("Zoë"), Cell::Text("")]), "1,Zoë,\r\n");
    }

    #[test]
    fn commas_quotes_and_line_breaks_are_quoted() {
        assert_eq!(
            line(&[Cell::Text("a,b"), Cell::Text("say \"hi\""), Cell::Text("two\nlines")]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn spreadsheet_formulas_are_neutralized() {
        assert_eq!(
            line(&[
                Cell::Text("=1+1"),
                Cell::Text("@x"),
                Cell::Text("-2"),
                Cell::Own("-2.00")
            ]),
            "'=1+1,'@x,'-2,-2.00\r\n"
        );
        assert_eq!(
            line(&[Cell::Text("=HYPERLINK(\"x\",\"y\")")]),
            "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n"
        );
    }
}
