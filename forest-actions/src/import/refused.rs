//! The rows that were not imported, as a file to correct and upload again.

use super::header::Header;
use super::number::decimal;
use super::parser::Line;
use crate::response::RefusedFile;
use crate::text::{harmless, harmless_after, write_cell};

/// Columns that are added to those of the upload. The header of an upload may have them; they are not read.
pub(super) const ADDED: [&str; 2] = ["refused_line", "refused_reason"];

/// Rows that are kept.
const MOST_ROWS: u64 = 1_000;
/// Maximum size of the file, in bytes.
const MOST_BYTES: usize = 256 * 1024;
/// Where spreadsheets may begin a cell.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Collects rows in bounded memory, spelt as in the upload.
#[derive(Debug)]
pub(super) struct RefusedRows {
    csv: String,
    rows: u64,
    all: u64,
    /// A row was left out, and all behind it are.
    is_full: bool,
}

impl RefusedRows {
    pub(super) fn new() -> Self {
        Self {
            csv: String::new(),
            rows: 0,
            all: 0,
            is_full: false,
        }
    }

    pub(super) fn add(&mut self, header: &Header, line: &Line, reason: &str) {
        self.all += 1;
        if self.is_full {
            return;
        }
        if self.csv.is_empty() {
            // spreadsheets take a file without a mark for another encoding
            self.csv.push('\u{FEFF}');
            self.write(header, header.names.iter().map(String::as_str), ADDED);
        }
        let before = self.csv.len();
        let number = line.number.to_string();
        let width = header.names.len();
        let cells = line.cells().chain(std::iter::repeat("")).take(width);
        self.write(header, cells, [&number, reason]);
        self.rows += 1;
        if self.rows > MOST_ROWS || self.csv.len() > MOST_BYTES {
            self.csv.truncate(before);
            self.rows -= 1;
            self.is_full = true;
        }
    }

    /// The file; `None` without a row.
    pub(super) fn into_file(self) -> Option<RefusedFile> {
        (self.rows > 0).then_some(RefusedFile {
            csv: self.csv,
            rows: self.rows,
            of: self.all,
        })
    }

    /// Writes the cells below columns that are not added ones, then the added ones.
    fn write<'a>(&mut self, header: &Header, cells: impl Iterator<Item = &'a str>, added: [&str; 2]) {
        let delimiter = char::from(header.delimiter);
        let is_own = |(place, _): &(usize, &str)| header.places.contains(&Some(*place));
        let own = cells.enumerate().filter(is_own).map(|(_, cell)| cell);
        for (index, cell) in own.chain(added).enumerate() {
            if index > 0 {
                self.csv.push(delimiter);
            }
            // a negative number is no formula
            match decimal(cell.trim(), header.mark()) {
                Ok(_) => write_cell(&mut self.csv, cell, delimiter),
                Err(_) => {
                    let cell = harmless_after(&SEPARATORS, harmless(cell.into()));
                    write_cell(&mut self.csv, &cell, delimiter);
                }
            }
        }
        self.csv.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::column::ColumnSpec;
    use super::super::parser::Bounds;
    use super::super::text::Charset;
    use super::*;
    use crate::form::FormFile;

    const COLUMNS: &[ColumnSpec] = &[
        ColumnSpec::builder::<String>("name").build(),
        ColumnSpec::builder::<f64>("amount").build(),
    ];
    const BOUNDS: Bounds = Bounds {
        columns: 9,
        cell: 1_000_000,
    };

    fn refused(text: &str) -> Option<RefusedFile> {
        let file = FormFile::new("a.csv", "text/csv", text);
        let header = Header::read(&file, Charset::Utf8, COLUMNS, BOUNDS).unwrap();
        let (mut parser, mut line) = (header.rows(&file, BOUNDS).unwrap(), Line::default());
        let mut rows = RefusedRows::new();
        while parser.next(&mut line).unwrap() {
            rows.add(&header, &line, "no; bad");
        }
        rows.into_file()
    }

    #[test]
    fn rows_are_spelt_as_in_the_upload_and_safe() {
        let file = refused("amount;Name;refused_line\n-1,5;=cmd;7\nx;\"a\"\"b,-c\";8\n\"two\nlines\";;9\n").unwrap();
        assert_eq!(
            file.csv,
            "\u{FEFF}amount;Name;refused_line;refused_reason\r\n-1,5;'=cmd;2;\"no; bad\"\r\nx;\"a\"\"b,'-c\";3;\"no; bad\"\r\n\
             \"two\nlines\";;4;\"no; bad\"\r\n"
        );
        assert_eq!((file.rows, file.of), (3, 3));
    }

    #[test]
    fn the_file_is_bounded_in_rows_and_bytes() {
        let file = refused(&format!("name,amount\n{}", "a,1\n".repeat(1_500))).unwrap();
        assert_eq!((file.rows, file.of, file.csv.lines().count()), (1_000, 1_500, 1_001));
        let long = "x".repeat(100_000);
        let file = refused(&format!("name,amount\n{long},1\n{long},2\n{long},3\na,4\n")).unwrap();
        assert_eq!((file.rows, file.of), (2, 4));
        assert!(refused("name,amount\n").is_none());
        assert!(refused(&format!("name,amount\n{long}{long}{long},1\n")).is_none());
    }
}
