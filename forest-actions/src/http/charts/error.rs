use chrono::NaiveDate;

/// A request for a chart that is refused. `refusals.rs` has the texts.
#[derive(Debug)]
pub(crate) enum ChartError {
    /// `sourceCollectionName` is missing, or not the collection of the path.
    OtherCollection {
        expected: String,
    },
    Missing {
        name: &'static str,
    },
    WrongMember {
        name: &'static str,
        expected: &'static str,
    },
    UnknownWord {
        name: &'static str,
        found: String,
        known: &'static str,
    },
    /// A function over values that are not numbers.
    NotNumbers {
        collection: String,
        field: String,
    },
    /// Groups of values that have no equality.
    NotGroupable {
        collection: String,
        field: String,
    },
    /// A chart over time of values that are not dates.
    NotDates {
        collection: String,
        field: String,
    },
    NoRelation {
        collection: String,
        relation: String,
        /// The to-many relations that the caller may see.
        available: Vec<String>,
    },
    TooManyGroups {
        field: String,
        at_most: u64,
    },
    TooManyPoints {
        at_most: usize,
        first: NaiveDate,
        last: NaiveDate,
    },
    /// A value that JSON has no number for, such as infinity.
    NotFinite,
}
