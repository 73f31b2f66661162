//! What must hold for a record, in terms that a store understands.
//!
//! Resolved and checked: every field exists, every value has the type of its field, every date is a moment. This is all
//! that a [`RecordSource`](super::RecordSource) ever has to evaluate.

use super::key::Key;
use super::value::Value;

/// A condition on the records of one collection.
///
/// A field that is null holds for [`Test::IsNull`] only; there is no third truth value to negate.
///
/// ```
/// use forest_actions::records::{Condition, FieldPath, Test, Value};
///
/// /// The text by which a store of one's own is asked.
/// fn filter(condition: &Condition) -> Option<String> {
///     Some(match condition {
///         Condition::All(all) => all.iter().map(filter).collect::<Option<Vec<_>>>()?.join("&"),
///         Condition::Field(field, Test::Equal(Value::Text(text))) => format!("{}={text}", field.field),
///         // what the store cannot do is refused: `RecordError::unsupported`
///         _ => return None,
///     })
/// }
///
/// let is = |field, text: &str| Condition::Field(FieldPath::own(field), Test::Equal(Value::Text(text.to_owned())));
/// let both = is("country", "UK").and(is("status", "live"));
/// assert_eq!(filter(&both).as_deref(), Some("country=UK&status=live"));
/// assert_eq!(filter(&Condition::never()), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// All of these hold; the empty list always does.
    All(Vec<Condition>),
    /// One of these holds; the empty list never does.
    Any(Vec<Condition>),
    /// A field passes a test.
    Field(FieldPath, Test),
    /// The key is one of these. The keys have as many parts as the collection's.
    KeyIn(Vec<Key>),
    /// The key is none of these.
    KeyNotIn(Vec<Key>),
    /// The record is linked to a parent.
    LinkedTo(Parent),
    /// The key is in the result of a query of the store's own language.
    Query(LiveQuery),
}

impl Condition {
    /// The condition that always holds.
    #[must_use]
    pub fn always() -> Self {
        Self::All(Vec::new())
    }

    /// The condition that never holds.
    #[must_use]
    pub fn never() -> Self {
        Self::Any(Vec::new())
    }

    /// Both this and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut all), Self::All(others)) => {
                all.extend(others);
                Self::All(all)
            }
            (Self::All(mut all), other) => {
                all.push(other);
                Self::All(all)
            }
            (first, Self::All(mut all)) => {
                all.insert(0, first);
                Self::All(all)
            }
            (first, second) => Self::All(vec![first, second]),
        }
    }
}

/// A field of the collection, or of the record that a to-one relation leads to. A record without the related one has
/// null there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath {
    /// The to-one relation, if the field is not the collection's own.
    pub relation: Option<String>,
    /// The field.
    pub field: String,
}

impl FieldPath {
    /// A field of the collection itself.
    pub fn own(field: impl Into<String>) -> Self {
        Self {
            relation: None,
            field: field.into(),
        }
    }

    /// A field behind a to-one relation.
    pub fn of_relation(relation: impl Into<String>, field: impl Into<String>) -> Self {
        Self {
            relation: Some(relation.into()),
            field: field.into(),
        }
    }
}

/// A test of one field. Only `IsNull` holds for null.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Test {
    /// There is no value.
    IsNull,
    /// There is a value.
    IsNotNull,
    /// The value is this.
    Equal(Value),
    /// The value is not this.
    NotEqual(Value),
    /// The value is smaller than this, or earlier.
    Less(Value),
    /// The value is at most this.
    LessOrEqual(Value),
    /// The value is larger than this, or later.
    Greater(Value),
    /// The value is at least this.
    GreaterOrEqual(Value),
    /// The value is one of these.
    In(Vec<Value>),
    /// The value is none of these.
    NotIn(Vec<Value>),
    /// The text passes a test.
    Text(TextTest),
    /// The text has more characters than this.
    LongerThan(u32),
    /// The text has fewer characters than this.
    ShorterThan(u32),
    /// The list has all of these in it.
    HasAll(Vec<Value>),
    /// The list has none of these in it.
    HasNone(Vec<Value>),
}

/// A test of a text. Whether an exact case is told apart where `ignores_case` is off is the store's rule: PostgreSQL
/// does, SQLite does not for ASCII letters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextTest {
    /// Has this text in it, taken literally.
    Contains {
        /// The text.
        text: String,
        /// Whether upper and lower case are the same.
        ignores_case: bool,
    },
    /// Does not have this text in it.
    NotContains {
        /// The text.
        text: String,
        /// Whether upper and lower case are the same.
        ignores_case: bool,
    },
    /// Begins with this text.
    StartsWith {
        /// The text.
        text: String,
        /// Whether upper and lower case are the same.
        ignores_case: bool,
    },
    /// Ends with this text.
    EndsWith {
        /// The text.
        text: String,
        /// Whether upper and lower case are the same.
        ignores_case: bool,
    },
    /// Matches a pattern: `%` stands for any text, `_` for any character, and `\` makes the next one literal.
    Like {
        /// The pattern.
        pattern: String,
        /// Whether upper and lower case are the same.
        ignores_case: bool,
    },
}

/// A record and one of its to-many relations.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parent {
    /// The parent's collection.
    pub collection: String,
    /// The parent's key.
    pub key: Key,
    /// The relation of the parent's collection.
    pub relation: String,
}

impl Parent {
    /// The record of `collection` with that key, and its relation.
    pub fn new(collection: impl Into<String>, key: Key, relation: impl Into<String>) -> Self {
        Self {
            collection: collection.into(),
            key,
            relation: relation.into(),
        }
    }
}

/// A query of the store's own language that somebody granted; it selects the key, or a column `id`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LiveQuery {
    /// The connection that it names, if it names one.
    pub connection: Option<String>,
    /// Its text, with values where the text has variables.
    pub pieces: Vec<QueryPiece>,
}

impl LiveQuery {
    /// A query made of these pieces.
    #[must_use]
    pub fn new(connection: Option<String>, pieces: Vec<QueryPiece>) -> Self {
        Self { connection, pieces }
    }
}

/// A part of a live query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum QueryPiece {
    /// Text of the query.
    Text(String),
    /// The value of a variable, which a source binds.
    Value(Value),
}
