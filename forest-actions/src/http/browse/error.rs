use crate::records::InvalidKey;

/// A browsing request that is refused. `refusals.rs` has the texts.
#[derive(Debug)]
pub(crate) enum BrowseError {
    InvalidPath,
    QueryTooLong {
        bytes: usize,
        at_most: usize,
    },
    TooManyFields {
        at_most: usize,
    },
    /// An export names a field twice.
    FieldTwice {
        collection: String,
        field: String,
    },
    PageTooLarge {
        at_most: u64,
    },
    InvalidBody,
    InvalidCollectionNames,
    InvalidId {
        collection: String,
        id: String,
        problem: InvalidKey,
    },
    NoRecord {
        collection: String,
        id: String,
    },
    NoRelation {
        collection: String,
        relation: String,
        /// The to-many relations that the caller may see.
        available: Vec<String>,
    },
    ReadOnly,
    OtherMethod {
        allowed: String,
    },
}
