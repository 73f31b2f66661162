use crate::response::Refusal;

/// A request to write that is refused. `refusals.rs` has the texts.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// A field that exists, and that the back office may not write.
    NotWritable {
        collection: String,
        field: String,
        /// The fields that it may write.
        available: Vec<String>,
    },
    /// The caller could not see the record any more.
    OutOfScope,
    /// The change cannot be recorded in the audit trail, which requires it.
    Unrecorded,
    /// More records than one request changes.
    TooMany {
        at_most: u64,
    },
    /// A rule of the program.
    ByRule(Refusal),
    /// A value of `delete` that is neither true nor false.
    InvalidFlag,
    /// The record has no value that another one could refer to.
    NothingToReferTo {
        collection: String,
        field: String,
    },
    /// The only place of a relation to one record is taken by one that the caller may not see.
    PlaceTaken {
        relation: String,
    },
    /// A field that is not a list.
    NotAList {
        field: String,
    },
    IndexOutOfBounds {
        field: String,
        length: usize,
    },
}
