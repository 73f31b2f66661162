//! The first line of a file: its delimiter, and the column at each place.

use super::column::ColumnSpec;
use super::error::{HeaderProblems, ImportError};
use super::number::Mark;
use super::parser::{Bounds, Fault, Line, Parser};
use super::refused::ADDED;
use super::text::{Charset, Text};
use crate::form::FormFile;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How the rows of a file are read.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) charset: Charset,
    pub(super) delimiter: u8,
    /// The cells of the first line.
    pub(super) names: Vec<String>,
    /// The place of each declared column among the cells.
    pub(super) places: Vec<Option<usize>>,
    /// The file begins with the line `sep=`.
    has_separator_line: bool,
}

impl Header {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// An encoding that does not fit, a delimiter that is not read, columns that do not fit.
    pub(super) fn read(
        file: &FormFile,
        charset: Charset,
        columns: &'static [ColumnSpec],
        bounds: Bounds,
    ) -> Result<Self, ImportError> {
        let separator = separator_line(file, charset)?;
        let open = |delimiter| parser(file, charset, delimiter, separator.is_some(), bounds);
        let mut best: Option<(usize, u64, u8, Line)> = None;
        let mut problem = None;
        for delimiter in DELIMITERS {
            if separator.is_some_and(|separator| separator != delimiter) {
                continue;
            }
            let mut line = Line::default();
            match open(delimiter).and_then(|mut parser| parser.next(&mut line)) {
                Ok(true) => {}
                Ok(false) => return Err(ImportError::Empty),
                Err(error) => {
                    problem.get_or_insert(error);
                    continue;
                }
            }
            let known = line.cells().filter(|cell| find(columns, cell).is_some()).count();
            let is_better = best
                .as_ref()
                .is_none_or(|(most, cells, ..)| (known, line.count) > (*most, *cells));
            if is_better {
                best = Some((known, line.count, delimiter, line));
            }
        }
        let Some((_, count, delimiter, line)) = best else {
            return Err(problem.unwrap_or(ImportError::Empty));
        };
        let has_faults = line.fault.is_some_and(|fault| matches!(fault, Fault::CellTooLong(_)));
        if has_faults || usize::try_from(count).map_or(true, |count| count > bounds.columns) {
            return Err(ImportError::TooManyColumns { max: bounds.columns });
        }
        let mut names: Vec<String> = line.cells().map(|cell| cell.trim().to_owned()).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Ok(Self {
            charset,
            delimiter,
            places: places(columns, &names).map_err(ImportError::Header)?,
            names,
            has_separator_line: separator.is_some(),
        })
    }

    /// A parser behind the header.
    ///
    /// # Errors
    /// As for [`Parser::next`].
    pub(super) fn rows(&self, file: &FormFile, bounds: Bounds) -> Result<Parser, ImportError> {
        let mut parser = parser(file, self.charset, self.delimiter, self.has_separator_line, bounds)?;
        parser.next(&mut Line::default())?;
        Ok(parser)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark::of(self.delimiter)
    }
}

/// A parser at the header.
fn parser(
    file: &FormFile,
    charset: Charset,
    delimiter: u8,
    has_separator_line: bool,
    bounds: Bounds,
) -> Result<Parser, ImportError> {
    let mut parser = Parser::new(Text::new(file, charset), charset.name(), delimiter, bounds);
    if has_separator_line {
        parser.next(&mut Line::default())?;
    }
    Ok(parser)
}

/// The delimiter that the line `sep=;` names, which spreadsheets read and some programs write.
fn separator_line(file: &FormFile, charset: Charset) -> Result<Option<u8>, ImportError> {
    let mut chunk = String::new();
    let name = charset.name();
    Text::new(file, charset)
        .read(&mut chunk)
        .map_err(|_| ImportError::Encoding { name })?;
    let first = chunk.split(['\r', '\n']).next().unwrap_or_default();
    let Some((key, value)) = first.split_at_checked(4) else {
        return Ok(None);
    };
    if !key.eq_ignore_ascii_case("sep=") {
        return Ok(None);
    }
    let is_one = |delimiter: &u8| value.as_bytes() == [*delimiter];
    match DELIMITERS.into_iter().find(is_one) {
        Some(delimiter) => Ok(Some(delimiter)),
        None => Err(ImportError::Separator {
            found: value.chars().take(16).collect(),
        }),
    }
}

/// A name without regard to case; spaces, hyphens and underscores are alike.
fn folded(name: &str) -> String {
    let is_space = |character: char| character.is_whitespace() || matches!(character, '_' | '-');
    let words = name.split(is_space).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// The position of the column with this name.
fn find(columns: &[ColumnSpec], name: &str) -> Option<usize> {
    let name = folded(name);
    columns.iter().position(|column| {
        let mut names = std::iter::once(&column.name).chain(column.aliases);
        !name.is_empty() && names.any(|known| folded(known) == name)
    })
}

/// The place of each column, or all problems of the header.
fn places(columns: &'static [ColumnSpec], names: &[String]) -> Result<Vec<Option<usize>>, HeaderProblems> {
    let mut places = vec![None; columns.len()];
    let mut problems = HeaderProblems::default();
    for (place, name) in names.iter().enumerate() {
        let slot = find(columns, name).and_then(|column| places.get_mut(column));
        match slot {
            Some(Some(_)) => problems.twice.push(name.clone()),
            Some(slot) => *slot = Some(place),
            None if name.is_empty() => problems.unknown.push(Err(place + 1)),
            // the library's own columns of a file of refused rows
            None if ADDED.iter().any(|added| folded(added) == folded(name)) => {}
            None => problems.unknown.push(Ok(name.clone())),
        }
    }
    let missing = columns
        .iter()
        .zip(&places)
        .filter(|(column, place)| place.is_none() && !column.is_optional);
    problems.missing = missing.map(|(column, _)| column.name).collect();
    if problems.missing.is_empty() && problems.twice.is_empty() && problems.unknown.is_empty() {
        return Ok(places);
    }
    problems.known = columns.iter().map(|column| column.name).collect();
    Err(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[ColumnSpec] = &[
        ColumnSpec::builder::<String>("name").build(),
        ColumnSpec::builder::<String>("head_office")
            .aliases(&["Head-Quarters"])
            .build(),
        ColumnSpec::builder::<Option<String>>("note").build(),
    ];
    const BOUNDS: Bounds = Bounds { columns: 6, cell: 100 };

    fn header(text: &str) -> Result<Header, ImportError> {
        Header::read(
            &FormFile::new("a.csv", "text/csv", text),
            Charset::Utf8,
            COLUMNS,
            BOUNDS,
        )
    }

    fn problems(text: &str) -> HeaderProblems {
        match header(text) {
            Err(ImportError::Header(problems)) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_shows_the_columns() {
        for (text, delimiter) in [
            ("name,head office", b','),
            ("name;head office\n1,5;2,5", b';'),
            ("name\thead office", b'\t'),
            ("name|head office", b'|'),
            ("\"name\";\"head office\"", b';'),
            ("sep=;\r\nname;head office", b';'),
            ("SEP=|\nname|head office", b'|'),
            ("sep=\t\nname\thead office", b'\t'),
        ] {
            let header = header(text).unwrap();
            assert_eq!(
                (header.delimiter, header.places),
                (delimiter, vec![Some(0), Some(1), None]),
                "{text}"
            );
        }
        let found = ":".to_owned();
        assert_eq!(header("sep=:\nname:x").unwrap_err(), ImportError::Separator { found });
    }

    #[test]
    fn names_are_matched_without_regard_to_case_and_spaces() {
        for text in [
            "NOTE, Name ,HEAD  OFFICE,,",
            "note,name,head-quarters",
            "Note,NAME,head_office,refused_line",
        ] {
            assert_eq!(header(text).unwrap().places, [Some(1), Some(2), Some(0)], "{text}");
        }
    }

    #[test]
    fn all_problems_of_a_header_are_found_at_once() {
        let found = problems("name,Name,,staff");
        assert_eq!(found.missing, ["head_office"]);
        assert_eq!(found.twice, ["Name"]);
        assert_eq!(found.unknown, [Err(3), Ok("staff".to_owned())]);
        assert_eq!(found.known, ["name", "head_office", "note"]);
        assert_eq!(problems("1;Acme").missing, ["name", "head_office"]);
    }

    #[test]
    fn a_header_is_bounded() {
        let max = BOUNDS.columns;
        assert_eq!(
            header("name,a,b,c,d,e,f").unwrap_err(),
            ImportError::TooManyColumns { max }
        );
        assert_eq!(
            header(&"x".repeat(101)).unwrap_err(),
            ImportError::TooManyColumns { max }
        );
        assert_eq!(header(&",".repeat(100_000)).unwrap_err(), ImportError::Empty);
        for text in ["", "\n\n", " , \r\n"] {
            assert_eq!(header(text).unwrap_err(), ImportError::Empty, "{text:?}");
        }
        assert_eq!(header("\"name").unwrap_err(), ImportError::UnclosedQuote { line: 1 });
    }
}
