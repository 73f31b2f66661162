//! The types of columns, each read from the text of a cell.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value;

use super::number::{Mark, decimal};
use crate::form::shape::{self, Shape};
use crate::form::{ActionEnum, INSTANT, InvalidValue, instant, plain_time, quoted};

/// The text of a cell, trimmed and not empty.
#[derive(Debug, Clone, Copy)]
pub struct ImportCell<'a> {
    text: &'a str,
    mark: Mark,
}

impl<'a> ImportCell<'a> {
    pub(super) fn new(text: &'a str, mark: Mark) -> Self {
        Self { text, mark }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The number with a point as its decimal mark, for any parser: `-1234.5`, `1e6`. `None` for text that is not a number, or
    /// whose mark may stand for thousands.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        decimal(self.text, self.mark).ok()
    }

    /// "expected …, found …", with the text of the cell.
    #[must_use]
    pub fn expected(&self, what: &str) -> InvalidValue {
        InvalidValue::expected(what, &Value::from(self.text))
    }

    /// The digits, or the error for a cell that should be `what`.
    fn digits(&self, what: &str) -> Result<String, InvalidValue> {
        decimal(self.text, self.mark).map_err(|problem| match problem.advice() {
            Some(advice) => self.expected(&format!("{what} {advice}")),
            None => self.expected(what),
        })
    }
}

/// A type of columns.
///
/// Implemented for `String`, all integers and floats, `bool`, chrono's dates and moments, `uuid::Uuid`, `rust_decimal::Decimal` (feature
/// `rust_decimal`), types that derive [`ActionEnum`](crate::ActionEnum), and `Option` of all. For a type of your own:
///
/// ```
/// use forest_actions::form::{InvalidValue, shape};
/// use forest_actions::import::{ImportCell, ImportValue};
///
/// struct Iban(String);
///
/// impl ImportValue for Iban {
///     type Shape = shape::Text;
///
///     fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
///         match cell.text().len() {
///             15..=34 => Ok(Iban(cell.text().to_owned())),
///             _ => Err(cell.expected("an IBAN")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of an import",
    label = "not a type of columns",
    note = "columns are `String`, numbers, `bool`, chrono dates, `uuid::Uuid`, `rust_decimal::Decimal`, types that derive `ActionEnum`, and `Option` of all",
    note = "for a type of your own, derive `ActionEnum` when it is one of several texts, or implement `forest_actions::import::ImportValue`"
)]
pub trait ImportValue: Sized + 'static {
    /// The kind of value, which decides the limits that the column can have.
    type Shape: Shape;
    /// The column may be missing from a file, and its cells may be empty.
    const OPTIONAL: bool = false;

    /// Reads a cell, which is not empty.
    ///
    /// # Errors
    /// [`InvalidValue`] with the expected kind of value.
    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue>;

    /// The value of an empty cell, for types that have one.
    fn empty() -> Option<Self> {
        None
    }
}

impl<T: ImportValue> ImportValue for Option<T> {
    type Shape = T::Shape;
    const OPTIONAL: bool = true;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        T::read(cell).map(Some)
    }

    fn empty() -> Option<Self> {
        Some(None)
    }
}

impl ImportValue for String {
    type Shape = shape::Text;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        Ok(cell.text.to_owned())
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ImportValue for $integer {
            type Shape = shape::Number;

            fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
                let digits = cell.digits("a whole number")?;
                // 5.00 is whole; an exponent is a spreadsheet's short form, which has lost digits
                let whole = match digits.split_once('.') {
                    Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
                    Some(_) => return Err(cell.expected("a whole number")),
                    None => &digits,
                };
                if whole.contains(['e', 'E']) {
                    return Err(cell.expected("a whole number with all of its digits"));
                }
                whole
                    .parse()
                    .map_err(|_| cell.expected(&format!("a whole number from {} to {}", Self::MIN, Self::MAX)))
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl ImportValue for $float {
            type Shape = shape::Number;

            fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
                match cell.digits("a number")?.parse::<Self>() {
                    Ok(number) if number.is_finite() => Ok(number),
                    Ok(_) => Err(cell.expected("a number that is not that large")),
                    Err(_) => Err(cell.expected("a number")),
                }
            }
        }
    )*};
}

floats!(f32, f64);

#[cfg(feature = "rust_decimal")]
impl ImportValue for rust_decimal::Decimal {
    type Shape = shape::Number;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        const WHAT: &str = "a decimal number of at most 28 digits";
        let digits = cell.digits(WHAT)?;
        // exact or refused: the other parser rounds
        let parsed = match digits.contains(['e', 'E']) {
            true => Self::from_scientific(&digits),
            false => Self::from_str_exact(&digits),
        };
        parsed.map_err(|_| cell.expected(WHAT))
    }
}

impl ImportValue for bool {
    type Shape = shape::Boolean;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        match cell.text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true),
            "false" | "no" | "0" => Ok(false),
            _ => Err(cell.expected("true, yes, 1, false, no or 0")),
        }
    }
}

/// A day in one of the spellings in which the order is certain: year first, or with points, day first.
fn day(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let separators: String = text.chars().filter(|character| !character.is_ascii_digit()).collect();
    let [year, month, day] = match (parts.as_slice(), separators.as_str()) {
        ([year, month, day], "--" | "//") => [*year, *month, *day],
        ([day, month, year], "..") => [*year, *month, *day],
        _ => return None,
    };
    let has_shape = year.len() == 4 && [month, day].iter().all(|part| matches!(part.len(), 1 | 2));
    let whole = |part: &str| part.parse().ok();
    NaiveDate::from_ymd_opt(year.parse().ok()?, whole(month)?, whole(day)?).filter(|_| has_shape)
}

/// A day and a time of day, with `T` or a space between them.
fn local_moment(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(['T', ' '])?;
    Some(NaiveDateTime::new(day(date)?, plain_time(time)?))
}

/// A moment with its offset, with `T` or a space between day and time.
fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    instant(text).or_else(|| {
        let (date, rest) = text.split_once(' ')?;
        instant(&format!("{date}T{}", rest.replacen(' ', "", 1)))
    })
}

impl ImportValue for NaiveDate {
    type Shape = shape::Dateonly;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        day(cell.text).ok_or_else(|| cell.expected("a day such as 2024-05-15"))
    }
}

impl ImportValue for NaiveTime {
    type Shape = shape::Time;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        plain_time(cell.text).ok_or_else(|| cell.expected("a time such as 10:30 or 10:30:00"))
    }
}

impl ImportValue for NaiveDateTime {
    type Shape = shape::Date;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        local_moment(cell.text).ok_or_else(|| cell.expected("a date and time such as 2024-05-15 10:30:00"))
    }
}

impl ImportValue for DateTime<FixedOffset> {
    type Shape = shape::Date;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        moment(cell.text).ok_or_else(|| cell.expected(INSTANT))
    }
}

impl ImportValue for DateTime<Utc> {
    type Shape = shape::Date;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        <DateTime<FixedOffset> as ImportValue>::read(cell).map(|moment| moment.with_timezone(&Utc))
    }
}

impl ImportValue for uuid::Uuid {
    type Shape = shape::Text;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        Self::parse_str(cell.text).map_err(|_| cell.expected("a UUID"))
    }
}

/// An option by its text, and where no option has exactly that, without regard to case.
#[diagnostic::do_not_recommend]
impl<E: ActionEnum> ImportValue for E {
    type Shape = shape::Choice;

    fn read(cell: ImportCell<'_>) -> Result<Self, InvalidValue> {
        let folded = || {
            let wanted = cell.text.to_lowercase();
            let mut same = E::OPTIONS.iter().filter(|option| option.to_lowercase() == wanted);
            // two options may differ in case only
            same.next()
                .filter(|_| same.next().is_none())
                .and_then(|option| E::from_text(option))
        };
        E::from_text(cell.text).or_else(folded).ok_or_else(|| {
            let options = quoted(E::OPTIONS.iter().copied());
            cell.expected(&format!("one of {options}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: ImportValue>(text: &str) -> Result<T, String> {
        T::read(ImportCell::new(text, Mark::of(b';'))).map_err(|problem| problem.to_string())
    }

    #[test]
    fn whole_numbers_keep_every_digit_or_are_refused() {
        assert_eq!(read::<i64>("-42"), Ok(-42));
        assert_eq!(read::<u8>("5,00"), Ok(5));
        assert_eq!(read::<u128>("340282366920938463463374607431768211455"), Ok(u128::MAX));
        assert_eq!(
            read::<i64>("1,5").unwrap_err(),
            "expected a whole number, found \"1,5\""
        );
        assert_eq!(
            read::<i64>("1,23E+11").unwrap_err(),
            "expected a whole number, found \"1,23E+11\""
        );
        assert_eq!(
            read::<i64>("1E+11").unwrap_err(),
            "expected a whole number with all of its digits, found \"1E+11\""
        );
        assert_eq!(
            read::<u8>("256").unwrap_err(),
            "expected a whole number from 0 to 255, found \"256\""
        );
    }

    #[test]
    fn truth_values_are_read_without_regard_to_case() {
        for (text, flag) in [
            ("TRUE", true),
            ("yes", true),
            ("1", true),
            ("False", false),
            ("NO", false),
            ("0", false),
        ] {
            assert_eq!(read::<bool>(text), Ok(flag), "{text}");
        }
        assert_eq!(
            read::<bool>("on").unwrap_err(),
            "expected true, yes, 1, false, no or 0, found \"on\""
        );
    }

    #[test]
    fn days_are_read_where_the_order_of_their_parts_is_certain() {
        for text in ["2024-05-03", "2024/5/3", "03.05.2024", "3.5.2024"] {
            assert_eq!(read::<NaiveDate>(text).unwrap().to_string(), "2024-05-03", "{text}");
        }
        for text in [
            "03/05/2024",
            "03-05-2024",
            "2024-02-30",
            "24-05-03",
            "2024-05/03",
            "+024-05-03",
            "2024-05-03T10:00",
        ] {
            let problem = read::<NaiveDate>(text).unwrap_err();
            assert_eq!(problem, format!("expected a day such as 2024-05-15, found \"{text}\""));
        }
    }

    #[test]
    fn a_moment_has_an_offset() {
        for text in [
            "2024-05-15T10:30:00Z",
            "2024-05-15 12:30:00+02:00",
            "2024-05-15 12:30 +02",
        ] {
            let moment = read::<DateTime<Utc>>(text).unwrap();
            assert_eq!(moment.to_rfc3339(), "2024-05-15T10:30:00+00:00", "{text}");
        }
        assert!(read::<DateTime<Utc>>("2024-05-15 10:30:00").is_err());
        let local = read::<NaiveDateTime>("15.05.2024 10:30").unwrap();
        assert_eq!(local.to_string(), "2024-05-15 10:30:00");
    }
}
