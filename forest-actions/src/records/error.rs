//! The errors of records: of a source that cannot answer, and of queries that are refused.

use serde_json::Value as Json;

use super::operator::Operator;
use super::write::Violation;
use crate::observed::Halt;
use crate::text::shortened;

/// The failure of a record source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The store does not support the query. The text is shown to the user, with status 422.
    #[error("{0}")]
    Unsupported(String),
    /// The records cannot be read at present, or until the store is set up otherwise. The answer is a 503 with
    /// `Retry-After`.
    #[error("{text}")]
    Unavailable {
        /// Shown to the user, with status 503.
        text: String,
        /// Only logged.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The change would break a rule of the store. The answer names it, with status 409 or 400.
    #[error("the change would break a rule of the store: {0:?}")]
    Violated(Violation),
    /// Reading or writing failed. The user sees a neutral text, and the cause is logged.
    #[error("the records cannot be read")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RecordError {
    /// A query that the store does not support, with a text for the user.
    pub fn unsupported(text: impl Into<String>) -> Self {
        Self::Unsupported(text.into())
    }

    /// A store that gives no records at present: it is away, too slow or too busy. With a text for the user and the cause for the log.
    pub fn unavailable(text: impl Into<String>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            text: text.into(),
            cause: cause.into(),
        }
    }

    /// A failure of the store, with its cause for the log.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

/// The cause of [`RecordError::Unavailable`] when no connection of a pool became free in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection of the pool, which has {connections}, became free within {waited:?}")]
pub(crate) struct NoConnection {
    pub(crate) connections: u32,
    pub(crate) waited: std::time::Duration,
}

/// A mistake in the setup of a record source, as a sentence that names the wrong item. The start is refused with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceProblem(String);

impl SourceProblem {
    /// A problem with this description.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// The reason why an id does not fit its key: the expected value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidKey(String);

impl InvalidKey {
    /// An error with this reason, such as "expected a whole number".
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The refusal or failure of a query for records: a filter, search, segment, sort, scope, live query or selection.
///
/// `Display` gives the text for the user. In a handler, `?` turns the error into an answer with that text, and with the
/// status and name of the refusal. For that, it does not implement `std::error::Error`: errors that do are hidden from the
/// user.
#[derive(Debug)]
#[non_exhaustive]
pub enum QueryError {
    /// A filter that does not follow the grammar.
    MalformedFilter(FilterFormat),
    /// An operator or aggregator that does not exist.
    UnknownOperator,
    /// Filters that are nested deeper than this many levels.
    FilterTooDeep(usize),
    /// A filter with more branches and leaves than this.
    FilterTooLarge(usize),
    /// A filter with more branches, leaves and values than this.
    TooManyFilterValues(usize),
    /// A field that does not exist, or that the caller may not name.
    UnknownField {
        /// The collection.
        collection: String,
        /// The requested name.
        field: String,
        /// The fields that the caller may name.
        available: Vec<String>,
    },
    /// A relation that does not exist.
    UnknownRelation {
        /// The collection.
        collection: String,
        /// The requested name.
        relation: String,
        /// The to-one relations of the collection.
        available: Vec<String>,
    },
    /// A to-many relation where a to-one relation is needed.
    ToManyRelation {
        /// The collection.
        collection: String,
        /// The relation.
        relation: String,
        /// The to-one relations of the collection.
        available: Vec<String>,
    },
    /// A relation where one of its fields is needed.
    RelationWithoutField {
        /// The collection.
        collection: String,
        /// The relation.
        relation: String,
    },
    /// A relation to a collection that does not exist.
    UnknownTarget {
        /// The collection.
        collection: String,
        /// The relation.
        relation: String,
        /// The collection that it leads to.
        target: String,
    },
    /// A path of more than one relation.
    PathTooLong(String),
    /// An operator that fields of this type do not support.
    UnsupportedOperator {
        /// The field, as it is named in the filter.
        field: String,
        /// The operator.
        operator: Operator,
        /// The operators that the field supports.
        allowed: Vec<Operator>,
    },
    /// A value that does not fit the field or the operator.
    WrongValue {
        /// The field, as it is named in the filter.
        field: String,
        /// The expected value.
        expected: &'static str,
        /// The start of the value that was sent, escaped. It is not logged.
        found: String,
    },
    /// A NUL character in the value for this field.
    NulInValue(String),
    /// A list of more values than a filter may have.
    ListTooLong {
        /// The field, as it is named in the filter.
        field: String,
        /// The maximum number of values.
        at_most: usize,
    },
    /// A pattern with too many characters.
    PatternTooLong {
        /// The field, as it is named in the filter.
        field: String,
        /// The maximum number of characters.
        at_most: usize,
    },
    /// A pattern with too many wildcards.
    TooManyWildcards {
        /// The field, as it is named in the filter.
        field: String,
        /// The maximum number of wildcards.
        at_most: usize,
    },
    /// A search text with more characters than this.
    SearchTooLong(usize),
    /// A NUL character in the search text.
    NulInSearch,
    /// A segment that the collection does not declare.
    UnknownSegment(String),
    /// An order of more fields than this.
    TooManySortFields(usize),
    /// A field whose values have no order.
    Unsortable(String),
    /// A name that is not an IANA time zone.
    UnknownTimeZone(String),
    /// A parameter of "select all" that is neither text, number nor boolean.
    InvalidParameter(String),
    /// A live query without text.
    EmptyLiveQuery,
    /// A live query of several statements.
    ChainedLiveQuery,
    /// A live query that is not a `SELECT`.
    NotASelect,
    /// A live query that is not granted.
    LiveQueryNotGranted {
        /// The e-mail address of the caller.
        user: String,
        /// The collection.
        collection: String,
    },
    /// A variable inside quotes or a comment of a live query.
    QuotedVariable(String),
    /// A variable of a live query that holds null, a list or an object.
    NotASingleValue(String),
    /// A connection that the record source does not have.
    UnknownConnection(String),
    /// A live query for a record source without a query language.
    NoLiveQueries,
    /// A variable without a value for the caller.
    UnknownVariable(String),
    /// A variable that holds a list or an object, inside a text.
    VariableInText(String),
    /// A scope that does not fit its collection. Its fields and values are logged, and not shown.
    InapplicableScope {
        /// The collection.
        collection: String,
        /// The mistake in the scope.
        cause: Box<QueryError>,
    },
    /// A scope that cannot be read.
    UnreadableScope {
        /// The collection.
        collection: String,
        /// The reason, for the log.
        cause: String,
    },
    /// A collection that does not exist, or that the caller may not see.
    UnknownCollection(String),
    /// An id that does not fit the key.
    InvalidId {
        /// The id.
        id: String,
        /// The reason.
        problem: InvalidKey,
    },
    /// "Select all" in a collection without a record source.
    SelectAllWithoutSource,
    /// Reading the records of a collection without a record source.
    NoRecordSource,
    /// A selection of more records than this.
    TooManyRecords(u64),
    /// A query that the record source does not support, with its text.
    Unsupported(String),
    /// A record source that gives no records at present.
    Unavailable {
        /// The text for the user.
        text: String,
        /// The cause, for the log.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A change that would break a rule of the store.
    Violated(Violation),
    /// A failure of the record source.
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// The next records cannot be recorded in the audit trail, which their action requires.
    Unrecorded,
    /// The run in the background was interrupted, and what it did up to the last chunk is kept: it goes on elsewhere, or has ended.
    Interrupted,
    /// The handler of a run in the background reads its selection a second time: a run that goes on elsewhere could not.
    ReadTwice,
    /// The keys of this collection were not given in ascending order.
    NotPagedByKey(String),
    /// A selection of records that have no id, because their collection has no key.
    NoKey,
    /// Several records of this collection have the same key.
    KeyNotUnique(String),
    /// A record of this collection has no id: its key is null, or cannot be written as one.
    RecordWithoutId(String),
    /// The rule of an action (`can_run`) failed, for this reason.
    RuleFailed(String),
    /// A record that does not fit the type of the program.
    UnfitRecord {
        /// The collection.
        collection: String,
        /// The type.
        type_name: &'static str,
        /// The field that does not fit.
        path: String,
        /// The type of the program.
        expected: String,
        /// The kind of the value.
        found: &'static str,
    },
}

/// The mistake in a filter that does not follow the grammar, with the protocol's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterFormat {
    /// The text is not JSON, or is nested too deeply to be read.
    NotJson,
    /// A text instead of an object.
    RawValue,
    /// A list instead of an object.
    RawArray,
    /// An empty object, or another value.
    Empty,
    /// A branch without a list of conditions.
    ConditionsNotAnArray,
    /// A leaf without a field, operator or value.
    InvalidLeaf,
}

impl QueryError {
    /// A value that does not fit.
    pub(crate) fn unknown_zone(name: &str) -> Self {
        Self::UnknownTimeZone(name.to_owned())
    }

    pub(crate) fn wrong_value(field: &str, expected: &'static str, found: &Json) -> Self {
        Self::WrongValue {
            field: field.to_owned(),
            expected,
            found: shown_value(found),
        }
    }
}

impl From<Halt> for QueryError {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Interrupted => Self::Interrupted,
            Halt::ReadTwice => Self::ReadTwice,
        }
    }
}

impl From<RecordError> for QueryError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Unsupported(text) => Self::Unsupported(text),
            RecordError::Unavailable { text, cause } => Self::Unavailable { text, cause },
            RecordError::Violated(violation) => Self::Violated(violation),
            RecordError::Failed(cause) => Self::Failed(cause),
        }
    }
}

impl QueryError {
    /// The error of a read during a handler, which may itself hold the connection that the read waited for.
    pub(crate) fn in_handler(error: RecordError) -> Self {
        match error {
            RecordError::Unavailable { text, cause } if cause.is::<NoConnection>() => Self::Unavailable {
                text,
                cause: format!(
                    "{cause}; a handler that holds a connection, such as a transaction, reads its selection on it with \
                     `forest_actions::records::read_on`"
                )
                .into(),
            },
            error => error.into(),
        }
    }
}

/// The start of a JSON value from outside, escaped.
fn shown_value(value: &Json) -> String {
    match value {
        Json::String(text) => format!("\"{}\"", shortened(text)),
        // these can be large
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        other => shortened(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_from_outside_are_shortened_and_escaped() {
        assert_eq!(shown_value(&json!("a\n\u{1b}")), "\"a\\n\\u{1b}\"");
        assert_eq!(shown_value(&json!(["x"])), "a list");
    }
}
