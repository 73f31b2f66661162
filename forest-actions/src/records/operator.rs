//! The operators of the filter language: their names, and the types of fields that have them.
//!
//! Owns both tables, and nothing of what an operator means. Filters are read with the names; the resolver refuses an
//! operator that a field has not, and the capabilities that the back office asks for are the same table.

use Operator as O;

use super::model::ValueType;

/// What a leaf of a filter asks of its field. Names are those of the protocol, in snake case or in Pascal case
/// (protocol: operators).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// The same value; `null` asks for a missing one.
    Equal,
    /// Another value; `null` asks for one that is there.
    NotEqual,
    /// Not this, where a missing value is not `true` and not `false` either.
    Not,
    /// Larger, or later.
    GreaterThan,
    /// As large, or larger.
    GreaterThanOrEqual,
    /// Smaller, or earlier.
    LessThan,
    /// As small, or smaller.
    LessThanOrEqual,
    /// Later.
    After,
    /// Earlier.
    Before,
    /// Has the text in it.
    Contains,
    /// Does not have the text in it.
    NotContains,
    /// Begins with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
    /// Like `Contains`, whatever the case.
    IContains,
    /// Like `NotContains`, whatever the case.
    NotIContains,
    /// Like `StartsWith`, whatever the case.
    IStartsWith,
    /// Like `EndsWith`, whatever the case.
    IEndsWith,
    /// Matches a pattern in which `%` and `_` stand for any text and any character.
    Like,
    /// Like `Like`, whatever the case.
    ILike,
    /// Has more characters.
    LongerThan,
    /// Has fewer characters.
    ShorterThan,
    /// Is there, be it empty.
    Present,
    /// Is missing, or an empty text.
    Blank,
    /// Is missing.
    Missing,
    /// One of these.
    In,
    /// None of these.
    NotIn,
    /// A list with all of these in it.
    IncludesAll,
    /// A list with none of these in it.
    IncludesNone,
    /// This day.
    Today,
    /// The day before.
    Yesterday,
    /// The week before this one; weeks start on Monday.
    PreviousWeek,
    /// The month before this one.
    PreviousMonth,
    /// The quarter before this one.
    PreviousQuarter,
    /// The year before this one.
    PreviousYear,
    /// This week, until now.
    PreviousWeekToDate,
    /// This month, until now.
    PreviousMonthToDate,
    /// This quarter, until now.
    PreviousQuarterToDate,
    /// This year, until now.
    PreviousYearToDate,
    /// The X days before today.
    PreviousXDays,
    /// The last X days, today among them, until now.
    PreviousXDaysToDate,
    /// Until now.
    Past,
    /// From now.
    Future,
    /// More than X hours ago.
    BeforeXHoursAgo,
    /// Less than X hours ago, or later.
    AfterXHoursAgo,
}

/// Every operator, with its name.
const NAMES: &[(Operator, &str)] = &[
    (Operator::Equal, "equal"),
    (Operator::NotEqual, "not_equal"),
    (Operator::Not, "not"),
    (Operator::GreaterThan, "greater_than"),
    (Operator::GreaterThanOrEqual, "greater_than_or_equal"),
    (Operator::LessThan, "less_than"),
    (Operator::LessThanOrEqual, "less_than_or_equal"),
    (Operator::After, "after"),
    (Operator::Before, "before"),
    (Operator::Contains, "contains"),
    (Operator::NotContains, "not_contains"),
    (Operator::StartsWith, "starts_with"),
    (Operator::EndsWith, "ends_with"),
    (Operator::IContains, "i_contains"),
    (Operator::NotIContains, "not_i_contains"),
    (Operator::IStartsWith, "i_starts_with"),
    (Operator::IEndsWith, "i_ends_with"),
    (Operator::Like, "like"),
    (Operator::ILike, "i_like"),
    (Operator::LongerThan, "longer_than"),
    (Operator::ShorterThan, "shorter_than"),
    (Operator::Present, "present"),
    (Operator::Blank, "blank"),
    (Operator::Missing, "missing"),
    (Operator::In, "in"),
    (Operator::NotIn, "not_in"),
    (Operator::IncludesAll, "includes_all"),
    (Operator::IncludesNone, "includes_none"),
    (Operator::Today, "today"),
    (Operator::Yesterday, "yesterday"),
    (Operator::PreviousWeek, "previous_week"),
    (Operator::PreviousMonth, "previous_month"),
    (Operator::PreviousQuarter, "previous_quarter"),
    (Operator::PreviousYear, "previous_year"),
    (Operator::PreviousWeekToDate, "previous_week_to_date"),
    (Operator::PreviousMonthToDate, "previous_month_to_date"),
    (Operator::PreviousQuarterToDate, "previous_quarter_to_date"),
    (Operator::PreviousYearToDate, "previous_year_to_date"),
    (Operator::PreviousXDays, "previous_x_days"),
    (Operator::PreviousXDaysToDate, "previous_x_days_to_date"),
    (Operator::Past, "past"),
    (Operator::Future, "future"),
    (Operator::BeforeXHoursAgo, "before_x_hours_ago"),
    (Operator::AfterXHoursAgo, "after_x_hours_ago"),
];

impl Operator {
    /// The operator of that name, in snake case (`previous_x_days`) or in Pascal case (`PreviousXDays`). Names are told
    /// apart by case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, snake)| *snake == name || is_pascal_of(name, snake))
            .map(|(operator, _)| *operator)
    }

    /// The name, in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES
            .iter()
            .find(|(operator, _)| *operator == self)
            .map_or("", |(_, name)| *name)
    }

    /// The operators that fields of this type have, always in the same order (protocol: capabilities).
    ///
    /// Whatever the type, `equal`, `not_equal` and `not` may ask for null.
    #[must_use]
    pub fn allowed_for(value_type: &ValueType) -> &'static [Self] {
        match value_type {
            ValueType::Text => TEXT,
            ValueType::Enum => ENUM,
            ValueType::Integer | ValueType::Decimal | ValueType::Time => ORDERED,
            ValueType::Boolean | ValueType::Uuid => PLAIN,
            ValueType::Instant | ValueType::Day => DATE,
            ValueType::List(_) => LIST,
            // equality of JSON is no operator of every store; what is in it can be asked for
            ValueType::Json => JSON,
            ValueType::Point | ValueType::Binary => EXISTENCE,
        }
    }

    /// Whether fields of this type have the operator.
    #[must_use]
    pub fn fits(self, value_type: &ValueType) -> bool {
        Self::allowed_for(value_type).contains(&self)
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

const EXISTENCE: &[Operator] = &[O::Present, O::Blank, O::Missing];

const JSON: &[Operator] = &[O::Present, O::Blank, O::Missing, O::IncludesAll];

const LIST: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::IncludesAll,
    O::IncludesNone,
];

const PLAIN: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::Not,
    O::In,
    O::NotIn,
];

const ORDERED: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::Not,
    O::In,
    O::NotIn,
    O::GreaterThan,
    O::LessThan,
    O::GreaterThanOrEqual,
    O::LessThanOrEqual,
    O::After,
    O::Before,
];

const ENUM: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::Not,
    O::In,
    O::NotIn,
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

const TEXT: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::Not,
    O::In,
    O::NotIn,
    O::GreaterThan,
    O::LessThan,
    O::GreaterThanOrEqual,
    O::LessThanOrEqual,
    O::After,
    O::Before,
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
    O::LongerThan,
    O::ShorterThan,
];

const DATE: &[Operator] = &[
    O::Present,
    O::Blank,
    O::Missing,
    O::Equal,
    O::NotEqual,
    O::Not,
    O::In,
    O::NotIn,
    O::GreaterThan,
    O::LessThan,
    O::GreaterThanOrEqual,
    O::LessThanOrEqual,
    O::After,
    O::Before,
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

/// Every operator, for the tests of the modules that use them.
#[cfg(test)]
pub(super) fn every_operator() -> impl Iterator<Item = Operator> {
    NAMES.iter().map(|(operator, _)| *operator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sel_13_operators_are_read_in_snake_case_and_in_pascal_case() {
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
    fn every_operator_fits_some_type_and_every_type_can_be_asked_for_missing_values() {
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
            let allowed = Operator::allowed_for(value_type);
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
    fn sel_15_operators_have_the_types_on_which_they_mean_something() {
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
