//! The errors of a file as a whole. `refusals.rs` has their texts.

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
