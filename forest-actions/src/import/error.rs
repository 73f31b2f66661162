//! The errors of a file as a whole. `refusals.rs` has their texts.

use std::fmt;

use crate::text::{listed, nearest, shortened};

/// A file that is refused before its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImportError {
    Empty,
    Workbook,
    /// Bytes that this encoding does not have.
    Encoding {
        name: &'static str,
    },
    Nul {
        line: u64,
    },
    /// The line `sep=` names a delimiter that is not read.
    Separator {
        found: String,
    },
    Header(HeaderProblems),
    TooManyColumns {
        max: usize,
    },
    UnclosedQuote {
        line: u64,
    },
    NoRows,
    TooManyRows {
        max: u64,
    },
    /// A mistake of the declaration.
    Pattern {
        column: &'static str,
    },
}

/// The columns of a header that do not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeaderProblems {
    pub(crate) missing: Vec<&'static str>,
    pub(crate) twice: Vec<String>,
    /// As they are written in the file; the position, from 1, of one without a name.
    pub(crate) unknown: Vec<Result<String, usize>>,
    pub(crate) known: Vec<&'static str>,
}

/// All problems, and the columns that the header may have.
impl fmt::Display for HeaderProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| format!("“{}”", shortened(name).escape_debug());
        let missing = self.missing.iter().map(|name| format!("{} is missing", quoted(name)));
        let twice = self.twice.iter().map(|name| format!("{} is there twice", quoted(name)));
        let unknown = self.unknown.iter().map(|name| match name {
            Ok(name) => {
                let guess = nearest(name, self.missing.iter().copied());
                let guess = guess.map_or_else(String::new, |guess| format!(" (did you mean {}?)", quoted(guess)));
                format!("{} is unknown{guess}", quoted(name))
            }
            Err(place) => format!("column {place} has no name"),
        });
        let found = listed(missing.chain(twice).chain(unknown), 20);
        let known = listed(self.known.iter().map(|name| quoted(name)), 50);
        write!(f, "{found}; the columns are {known}")
    }
}
