//! The types of fields.

/// The type of a field's values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number of any kind.
    Decimal,
    /// True or false.
    Boolean,
    /// A moment.
    Instant,
    /// A day.
    Day,
    /// A time of day.
    Time,
    /// One of the texts that the field lists.
    Enum,
    /// Any JSON.
    Json,
    /// A UUID.
    Uuid,
    /// A place: longitude and latitude.
    Point,
    /// Bytes.
    Binary,
    /// A list of values of one type.
    List(Box<ValueType>),
}

impl ValueType {
    /// False for lists and JSON, of which one value has many spellings, and for places, which have no order.
    pub(crate) fn can_be_in_an_id(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Json | Self::Point)
    }
}
