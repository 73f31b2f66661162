//! The operators of the filter language: their names, and the types of fields that support them.

use Operator as O;

use super::value_type::ValueType;

/// Declares the operators with their names on the wire.
macro_rules! operators {
    ($($(#[$doc:meta])* $operator:ident = $name:literal,)*) => {
        /// The test that a leaf of a filter applies to its field. Names are those of the protocol, in snake case or in
        /// Pascal case (protocol: operators).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operator {
            $($(#[$doc])* $operator,)*
        }

        const ALL: &[Operator] = &[$(Operator::$operator),*];

        impl Operator {
            /// The name, in snake case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$operator => $name,)*
                }
            }
        }
    };
}

operators! {
    /// Equal to the value; `null` matches a missing one.
    Equal = "equal",
    /// Another value; `null` matches one that is present.
    NotEqual = "not_equal",
    /// Not the value. `true` and `false` also match a missing one.
    Not = "not",
    /// Larger, or later.
    GreaterThan = "greater_than",
    /// At least as large.
    GreaterThanOrEqual = "greater_than_or_equal",
    /// Smaller, or earlier.
    LessThan = "less_than",
    /// At most as large.
    LessThanOrEqual = "less_than_or_equal",
    /// Later.
    After = "after",
    /// Earlier.
    Before = "before",
    /// Contains the text.
    Contains = "contains",
    /// Does not contain the text.
    NotContains = "not_contains",
    /// Starts with the text.
    StartsWith = "starts_with",
    /// Ends with the text.
    EndsWith = "ends_with",
    /// Like `Contains`, ignoring case.
    IContains = "i_contains",
    /// Like `NotContains`, ignoring case.
    NotIContains = "not_i_contains",
    /// Like `StartsWith`, ignoring case.
    IStartsWith = "i_starts_with",
    /// Like `EndsWith`, ignoring case.
    IEndsWith = "i_ends_with",
    /// Matches a pattern in which `%` and `_` stand for any text and any character.
    Like = "like",
    /// Like `Like`, ignoring case.
    ILike = "i_like",
    /// Has more characters than the value.
    LongerThan = "longer_than",
    /// Has fewer characters than the value.
    ShorterThan = "shorter_than",
    /// Not missing; an empty text counts as present.
    Present = "present",
    /// Missing, or an empty text.
    Blank = "blank",
    /// Missing.
    Missing = "missing",
    /// One of the values.
    In = "in",
    /// None of the values.
    NotIn = "not_in",
    /// A list that includes all of the values.
    IncludesAll = "includes_all",
    /// A list that includes none of the values.
    IncludesNone = "includes_none",
    /// This day.
    Today = "today",
    /// The day before.
    Yesterday = "yesterday",
    /// The week before this one; weeks start on Monday.
    PreviousWeek = "previous_week",
    /// The month before this one.
    PreviousMonth = "previous_month",
    /// The quarter before this one.
    PreviousQuarter = "previous_quarter",
    /// The year before this one.
    PreviousYear = "previous_year",
    /// This week, until now.
    PreviousWeekToDate = "previous_week_to_date",
    /// This month, until now.
    PreviousMonthToDate = "previous_month_to_date",
    /// This quarter, until now.
    PreviousQuarterToDate = "previous_quarter_to_date",
    /// This year, until now.
    PreviousYearToDate = "previous_year_to_date",
    /// The X days before today.
    PreviousXDays = "previous_x_days",
    /// The last X days, including today, until now.
    PreviousXDaysToDate = "previous_x_days_to_date",
    /// Until now.
    Past = "past",
    /// From now on.
    Future = "future",
    /// More than X hours ago.
    BeforeXHoursAgo = "before_x_hours_ago",
    /// Less than X hours ago, or later.
    AfterXHoursAgo = "after_x_hours_ago",
}

impl Operator {
    /// The operator of that name, in snake case (`previous_x_days`) or in Pascal case (`PreviousXDays`). Names are
    /// case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|operator| {
            let snake = operator.as_str();
            snake == name || is_pascal_of(name, snake)
        })
    }

    /// The operators that fields of this type support, always in the same order (protocol: capabilities).
    ///
    /// `equal`, `not_equal` and `not` also compare with null, for every type.
    pub fn allowed_for(value_type: &ValueType) -> impl Iterator<Item = Self> + Clone + use<> {
        groups(value_type).iter().copied().flatten().copied()
    }

    /// `false` for operators that a filter may leave without a value.
    pub(super) fn needs_value(self) -> bool {
        self.needs_x() || ![EXISTENCE, DATE].iter().any(|group| group.contains(&self))
    }

    /// `true` for a period with a start and an end, which has one before it.
    pub(super) fn is_period(self) -> bool {
        let has_no_start = matches!(self, O::Past | O::Future | O::BeforeXHoursAgo | O::AfterXHoursAgo);
        DATE.contains(&self) && !has_no_start
    }

    /// `true` for a day or period of the calendar, and for now, which is compared with days as well.
    pub(super) fn depends_on_zone(self) -> bool {
        DATE.contains(&self) && !matches!(self, O::BeforeXHoursAgo | O::AfterXHoursAgo)
    }

    /// `true` for dates with a number of days or hours.
    pub(super) fn needs_x(self) -> bool {
        matches!(
            self,
            O::PreviousXDays | O::PreviousXDaysToDate | O::BeforeXHoursAgo | O::AfterXHoursAgo
        )
    }

    /// Returns whether fields of this type support the operator.
    #[must_use]
    pub fn fits(self, value_type: &ValueType) -> bool {
        Self::allowed_for(value_type).any(|allowed| allowed == self)
    }
}

const EXISTENCE: &[Operator] = &[O::Present, O::Blank, O::Missing];
const EQUALITY: &[Operator] = &[O::Equal, O::NotEqual, O::Not, O::In, O::NotIn];
const ORDER: &[Operator] = &[
    O::GreaterThan,
    O::LessThan,
    O::GreaterThanOrEqual,
    O::LessThanOrEqual,
    O::After,
    O::Before,
];
const TEXT: &[Operator] = &[
    O::Contains,
    O::NotContains,
    O::StartsWith,
    O::EndsWith,
    O::IContains,
    O::NotIContains,
    O::IStartsWith,
    O::IEndsWith,
    O::Like,
    O::ILike,
];
const LENGTH: &[Operator] = &[O::LongerThan, O::ShorterThan];
const LIST: &[Operator] = &[O::Equal, O::NotEqual, O::IncludesAll, O::IncludesNone];
const DATE: &[Operator] = &[
    O::Today,
    O::Yesterday,
    O::PreviousWeek,
    O::PreviousMonth,
    O::PreviousQuarter,
    O::PreviousYear,
    O::PreviousWeekToDate,
    O::PreviousMonthToDate,
    O::PreviousQuarterToDate,
    O::PreviousYearToDate,
    O::PreviousXDays,
    O::PreviousXDaysToDate,
    O::Past,
    O::Future,
    O::BeforeXHoursAgo,
    O::AfterXHoursAgo,
];

fn groups(value_type: &ValueType) -> &'static [&'static [Operator]] {
    match value_type {
        ValueType::Text => &[EXISTENCE, EQUALITY, ORDER, TEXT, LENGTH],
        ValueType::Enum => &[EXISTENCE, EQUALITY, TEXT],
        ValueType::Integer | ValueType::Decimal | ValueType::Time => &[EXISTENCE, EQUALITY, ORDER],
        ValueType::Boolean | ValueType::Uuid => &[EXISTENCE, EQUALITY],
        ValueType::Instant | ValueType::Day => &[EXISTENCE, EQUALITY, ORDER, DATE],
        ValueType::List(_) => &[EXISTENCE, LIST],
        // not every store can compare JSON for equality
        ValueType::Json => &[EXISTENCE, &[O::IncludesAll]],
        ValueType::Point | ValueType::Binary => &[EXISTENCE],
    }
}

/// `PreviousXDays` is `previous_x_days` without underscores, each word with a capital letter.
fn is_pascal_of(name: &str, snake: &str) -> bool {
    let mut given = name.bytes();
    let mut starts_word = true;
    for byte in snake.bytes() {
        if byte == b'_' {
            starts_word = true;
            continue;
        }
        let expected = if starts_word { byte.to_ascii_uppercase() } else { byte };
        if given.next() != Some(expected) {
            return false;
        }
        starts_word = false;
    }
    given.next().is_none()
}

/// Every operator, for the tests of other modules.
#[cfg(test)]
pub(super) fn every_operator() -> impl Iterator<Item = Operator> {
    ALL.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sel_13_operators_are_parsed_in_snake_case_and_in_pascal_case() {
        for operator in every_operator() {
            let pascal = format!("{operator:?}");
            assert_eq!(Operator::parse(operator.as_str()), Some(operator));
            assert_eq!(Operator::parse(&pascal), Some(operator), "{pascal}");
            assert!(!operator.as_str().is_empty());
        }
        for (name, operator) in [
            ("previous_x_days", O::PreviousXDays),
            ("PreviousXDays", O::PreviousXDays),
            ("i_contains", O::IContains),
            ("IContains", O::IContains),
            ("NotIContains", O::NotIContains),
            ("greater_than_or_equal", O::GreaterThanOrEqual),
        ] {
            assert_eq!(Operator::parse(name), Some(operator), "{name}");
        }
        for unknown in [
            "",
            "_",
            "match",
            "Match",
            "is_equal",
            "EQUAL",
            "equal ",
            "equal_",
            "Greater_Than",
            "greaterThan",
            "equal\0",
        ] {
            assert_eq!(Operator::parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn every_operator_fits_a_type_and_every_type_supports_the_existence_operators() {
        let types = [
            ValueType::Text,
            ValueType::Integer,
            ValueType::Decimal,
            ValueType::Boolean,
            ValueType::Instant,
            ValueType::Day,
            ValueType::Time,
            ValueType::Enum,
            ValueType::Json,
            ValueType::Uuid,
            ValueType::Point,
            ValueType::Binary,
            ValueType::List(Box::new(ValueType::Text)),
        ];
        for operator in every_operator() {
            assert!(types.iter().any(|value_type| operator.fits(value_type)), "{operator:?}");
        }
        for value_type in &types {
            let allowed: Vec<Operator> = Operator::allowed_for(value_type).collect();
            assert!(
                EXISTENCE.iter().all(|operator| allowed.contains(operator)),
                "{value_type:?}"
            );
            let mut names: Vec<&str> = allowed.iter().map(|operator| operator.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), allowed.len(), "{value_type:?} lists one twice");
        }
    }

    #[test]
    fn sel_15_operators_fit_meaningful_types() {
        assert!(!O::Contains.fits(&ValueType::Integer));
        assert!(!O::Today.fits(&ValueType::Text));
        assert!(!O::GreaterThan.fits(&ValueType::Boolean));
        assert!(O::GreaterThan.fits(&ValueType::Instant));
        assert!(O::After.fits(&ValueType::Integer));
        assert!(O::In.fits(&ValueType::Day));
        assert!(O::BeforeXHoursAgo.fits(&ValueType::Day));
        assert!(O::IncludesAll.fits(&ValueType::List(Box::new(ValueType::Enum))));
        assert!(!O::IncludesAll.fits(&ValueType::Text));
    }
}
