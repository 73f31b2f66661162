//! Amounts: whole cents inside, dollars outside, never a fraction of a cent.

use forest_actions::form::{FieldInput, FieldValue, InvalidValue, shape};
use serde_json::Value;

/// An amount of money in cents. In a form it is a number of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cents(pub(crate) i64);

/// Far above every amount of the demo, far below where sums could overflow.
const LARGEST: f64 = 1_000_000_000.0;

/// A custom field type: declares its kind of field and its conversion from JSON.
impl FieldValue for Cents {
    // a number, and so the field can have `min`, `max` and the widgets of numbers
    type Shape = shape::Number;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        let value = input.value()?;
        let dollars = match &value {
            Value::Number(number) => number.as_f64(),
            // some clients send numbers as text
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let dollars = dollars.ok_or_else(|| InvalidValue::expected("an amount such as 42.50", &value))?;
        Self::from_dollars(dollars).map_err(|what| InvalidValue::expected(what, &value))
    }

    fn plain_json(cents: Self) -> Value {
        // `plain` writes a JSON number
        cents.plain().parse().map_or(Value::Null, Value::Number)
    }
}

impl Cents {
    fn from_dollars(dollars: f64) -> Result<Self, &'static str> {
        if !(dollars > 0.0 && dollars <= LARGEST) {
            return Err("an amount above zero and at most a billion");
        }
        let cents = (dollars * 100.0).round();
        // 42.50 has no exact binary form, so the nearest whole cent is compared
        if (dollars * 100.0 - cents).abs() > 1e-4 {
            return Err("an amount with at most two decimals");
        }
        // in range, as checked above
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a whole number far inside the range of i64"
        )]
        Ok(Self(cents as i64))
    }

    /// `-1234.50`: for machines.
    pub(crate) fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", size / 100, size % 100)
    }

    /// `-$1,234.50`: for people.
    pub(crate) fn shown(self) -> String {
        let size = self.0.unsigned_abs();
        let whole = (size / 100).to_string();
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}${grouped}.{:02}", size % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_converted_to_whole_cents() {
        for (dollars, cents) in [
            (42.0, 4200),
            (42.5, 4250),
            (0.01, 1),
            (1.1, 110),
            (999_999_999.99, 99_999_999_999),
        ] {
            assert_eq!(Cents::from_dollars(dollars), Ok(Cents(cents)), "{dollars}");
        }
    }

    #[test]
    fn invalid_amounts_are_rejected() {
        for dollars in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12, 0.001, 42.505] {
            assert!(Cents::from_dollars(dollars).is_err(), "{dollars}");
        }
    }

    #[test]
    fn amounts_are_formatted_with_two_decimals_and_grouping() {
        assert_eq!(Cents(4200).shown(), "$42.00");
        assert_eq!(Cents(123_456_789).shown(), "$1,234,567.89");
        assert_eq!(Cents(-100_005).shown(), "-$1,000.05");
        assert_eq!(Cents(100_000).plain(), "1000.00");
        assert_eq!(Cents(-5).plain(), "-0.05");
        assert_eq!(Cents::plain_json(Cents(4250)), serde_json::json!(42.50));
    }
}
