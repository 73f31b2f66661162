//! The value of a field.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::distant;

/// A value that is not null, in the type of its column.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// Text, and the value of an enumeration.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number, or a whole one that `i64` cannot hold.
    Decimal(Decimal),
    /// True or false.
    Boolean(bool),
    /// A moment. The last one of `chrono` stands for PostgreSQL's infinity, and the first for its opposite.
    Instant(DateTime<Utc>),
    /// A day, with the same infinities.
    Day(NaiveDate),
    /// A time of day.
    Time(NaiveTime),
    /// A UUID. `sent` keeps the spelling, because SQLite compares UUIDs as texts.
    Uuid {
        /// The value.
        value: Uuid,
        /// Its text as it was sent or stored.
        sent: String,
    },
    /// Any JSON.
    Json(serde_json::Value),
    /// Bytes.
    Binary(Vec<u8>),
    /// A list of values of one type.
    List(Vec<Value>),
}

impl Value {
    /// A UUID in its usual text: lower case, with dashes.
    #[must_use]
    pub fn uuid(value: Uuid) -> Self {
        Self::Uuid {
            value,
            sent: value.hyphenated().to_string(),
        }
    }
}

/// Values of different types are not equal. UUIDs are compared regardless of their spelling.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Decimal(left), Self::Decimal(right)) => left == right,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Instant(left), Self::Instant(right)) => left == right,
            (Self::Day(left), Self::Day(right)) => left == right,
            (Self::Time(left), Self::Time(right)) => left == right,
            (Self::Uuid { value: left, .. }, Self::Uuid { value: right, .. }) => left == right,
            (Self::Json(left), Self::Json(right)) => left == right,
            (Self::Binary(left), Self::Binary(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Integer(number) => number.hash(state),
            Self::Uuid { value, .. } => value.hash(state),
            // equal numbers may differ in their trailing zeros
            Self::Decimal(number) => number.parts().hash(state),
            Self::List(values) => values.hash(state),
            other => other.to_string().hash(state),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::uuid(value)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::Instant(moment)
    }
}

/// The text of the value in an id.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => f.write_str(number.as_str()),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::Instant(moment) => f.write_str(&distant::moment_text(*moment, SecondsFormat::AutoSi)),
            Self::Day(day) => f.write_str(&distant::day_text(*day)),
            Self::Time(time) => write!(f, "{time}"),
            Self::Uuid { sent, .. } => f.write_str(sent),
            Self::Json(json) => write!(f, "{json}"),
            Self::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{value}")?;
                }
                Ok(())
            }
        }
    }
}

/// An exact decimal number: an optional minus sign, digits, and an optional fraction.
///
/// Kept as text, because no type of Rust holds every number of a database. Comparison is by value.
#[derive(Debug, Clone)]
pub struct Decimal(String);

/// Maximum number of digits, with the exponent written out.
const MAX_DIGITS: usize = 400;

impl Decimal {
    /// Parses a number such as `-12.50`, `42` or `1e3`, of at most 400 digits with the exponent written out. Returns
    /// `None` for anything else, such as `+1`, hexadecimal digits, blanks or infinity.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                (mantissa, exponent.parse::<i32>().ok()?)
            }
            None => (text, 0),
        };
        let (sign, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", mantissa),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) | Some(("", _)) => return None,
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
        if digits.len() > MAX_DIGITS || point.unsigned_abs() as usize > MAX_DIGITS {
            return None;
        }
        let (whole, fraction) = match usize::try_from(point) {
            Ok(point) if point >= digits.len() => {
                (format!("{digits}{}", "0".repeat(point - digits.len())), String::new())
            }
            Ok(point) => {
                let (whole, fraction) = digits.split_at(point);
                (whole.to_owned(), fraction.to_owned())
            }
            Err(_) => (
                String::new(),
                format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
            ),
        };
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        Some(Self(if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }))
    }

    /// The text of the number, without an exponent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as an `i64`; `None` for a fraction, or a number that does not fit.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        if fraction.bytes().any(|byte| byte != b'0') {
            return None;
        }
        whole.parse().ok()
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        // a text of digits always parses
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Sign, whole digits, and the fraction without trailing zeros.
    fn parts(&self) -> (bool, &str, &str) {
        let (is_negative, unsigned) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole == "0" && fraction.is_empty();
        (is_negative && !is_zero, whole, fraction)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left_negative, left_whole, left_fraction) = self.parts();
        let (right_negative, right_whole, right_fraction) = other.parts();
        // a longer whole part is a larger one, because it has no leading zeros
        let by_size = left_whole
            .len()
            .cmp(&right_whole.len())
            .then_with(|| left_whole.cmp(right_whole))
            .then_with(|| left_fraction.cmp(right_fraction));
        match (left_negative, right_negative) {
            (false, false) => by_size,
            (true, true) => by_size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_parsed_exactly_and_written_without_exponent() {
        for (text, written) in [
            ("0", "0"),
            ("-0", "-0"),
            ("007", "7"),
            ("10.50", "10.50"),
            ("1e3", "1000"),
            ("1.5e1", "15"),
            ("1.25e1", "12.5"),
            ("12e-3", "0.012"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(decimal(text).as_str(), written);
        }
        for bad in [
            "", "-", "+1", ".5", "5.", "0x1", "1e", "1e99999", "1_0", " 1", "NaN", "inf", "٣", "1e500",
        ] {
            assert!(Decimal::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(decimal("10.50"), decimal("10.5"));
        assert_eq!(decimal("-0"), decimal("0.00"));
        assert!(decimal("9") < decimal("10"));
        assert!(decimal("-9") > decimal("-10"));
        assert!(decimal("0.09") < decimal("0.1"));
        assert!(decimal("-0.1") < decimal("0"));
        assert_eq!(decimal("10.00").to_i64(), Some(10));
        assert_eq!(decimal("10.01").to_i64(), None);
        assert_eq!(decimal("99999999999999999999").to_i64(), None);
    }
}
