//! The conditions that a [`RecordSource`](super::RecordSource) evaluates.
//!
//! They are resolved and checked: every field exists, every value has the type of its field, every date is a moment.

use super::key::Key;
use super::value::Value;

/// A condition on the records of one collection.
///
/// A null field passes [`Test::IsNull`] only: unlike in SQL, tests are two-valued.
///
/// ```
/// use forest_actions::records::{Condition, FieldPath, Test, Value};
///
/// /// Translates a condition to the query language of a store.
/// fn filter(condition: &Condition) -> Option<String> {
///     Some(match condition {
///         Condition::All(all) => all.iter().map(filter).collect::<Option<Vec<_>>>()?.join("&"),
///         Condition::Field(field, Test::Equal(Value::Text(text))) => format!("{}={text}", field.field),
///         // refuse the rest with `RecordError::unsupported`
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
    /// All of these hold; the empty list always holds.
    All(Vec<Condition>),
    /// At least one of these holds; the empty list never holds.
    Any(Vec<Condition>),
    /// A field passes a test.
    Field(FieldPath, Test),
    /// The key is one of these. They have as many parts as the collection's key.
    KeyIn(Vec<Key>),
    /// The key differs from all of these.
    KeyNotIn(Vec<Key>),
    /// The record is linked to a parent.
    LinkedTo(Parent),
    /// The condition does not hold.
    Not(Box<Condition>),
    /// The key is in the result of a query in the store's own language.
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

    /// The opposite of this condition: exactly one of the two holds for each record.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Both this and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(all), other) if all.is_empty() => other,
            (first, Self::All(all)) if all.is_empty() => first,
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

/// A field of the collection, or of the related record of a to-one relation. Without a related record, the field is null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FieldPath {
    /// The to-one relation; `None` for a field of the collection itself.
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

    /// A field of the related record of a to-one relation.
    pub fn of_relation(relation: impl Into<String>, field: impl Into<String>) -> Self {
        Self {
            relation: Some(relation.into()),
            field: field.into(),
        }
    }
}

/// A test of one field. Null passes `IsNull` only.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Test {
    /// The value is missing.
    IsNull,
    /// The value is present.
    IsNotNull,
    /// The value equals this.
    Equal(Value),
    /// The value differs from this.
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
    /// The value differs from all of these.
    NotIn(Vec<Value>),
    /// The text passes a test.
    Text(TextTest),
    /// The text has more characters than this.
    LongerThan(u32),
    /// The text has fewer characters than this.
    ShorterThan(u32),
    /// The list includes all of these.
    HasAll(Vec<Value>),
    /// The list includes none of these.
    HasNone(Vec<Value>),
}

/// A test of a text. Without `ignores_case`, the store decides whether case matters: it does in PostgreSQL, and does not
/// for ASCII letters in SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextTest {
    /// Contains this text, taken literally.
    Contains {
        /// The text.
        text: String,
        /// Ignores the difference between upper and lower case.
        ignores_case: bool,
    },
    /// Does not contain this text.
    NotContains {
        /// The text.
        text: String,
        /// Ignores the difference between upper and lower case.
        ignores_case: bool,
    },
    /// Starts with this text.
    StartsWith {
        /// The text.
        text: String,
        /// Ignores the difference between upper and lower case.
        ignores_case: bool,
    },
    /// Ends with this text.
    EndsWith {
        /// The text.
        text: String,
        /// Ignores the difference between upper and lower case.
        ignores_case: bool,
    },
    /// Matches a pattern: `%` stands for any text, `_` for any character, and `\` escapes the next character.
    Like {
        /// The pattern.
        pattern: String,
        /// Ignores the difference between upper and lower case.
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
    /// The record of `collection` with this key, and one of its relations.
    pub fn new(collection: impl Into<String>, key: Key, relation: impl Into<String>) -> Self {
        Self {
            collection: collection.into(),
            key,
            relation: relation.into(),
        }
    }
}

/// A granted query in the store's own language. It selects the key, or a column `id`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LiveQuery {
    /// The name of the connection; `None` for the default one.
    pub connection: Option<String>,
    /// The text, with values in place of its variables.
    pub pieces: Vec<QueryPiece>,
}

impl LiveQuery {
    /// A query that consists of these pieces.
    #[must_use]
    pub fn new(connection: Option<String>, pieces: Vec<QueryPiece>) -> Self {
        Self { connection, pieces }
    }
}

/// A part of a live query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum QueryPiece {
    /// A part of the text.
    Text(String),
    /// The value of a variable, as a bound parameter.
    Value(Value),
}
