//! Numbers: exact for integers, finite for floats. Texts of numbers are read too, since keys of referenced records are sent as text.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::shape;
use super::value::{FieldInput, FieldValue, InvalidValue};

/// The digits of a JSON number or of a text that holds one, as they were sent: the JSON parser would round them to a double.
fn digits<'a>(input: &FieldInput<'a>) -> Result<Option<Cow<'a, str>>, InvalidValue> {
    let json = input.json_text();
    if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(Some(Cow::Borrowed(json)));
    }
    Ok(match input.scalar()? {
        Value::String(text) => digits_in(&text).map(|digits| Cow::Owned(digits.to_owned())),
        // the one part of a key
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    })
}

fn digits_in(text: &str) -> Option<&str> {
    let digits = text.trim();
    (text.len() <= 64 && looks_like_a_number(digits)).then_some(digits)
}

pub(super) fn number_in(text: &str) -> Option<Number> {
    let digits = digits_in(text)?;
    let integer = digits.parse::<i64>().map(Number::from).ok();
    integer.or_else(|| digits.parse().ok().and_then(Number::from_f64))
}

/// Excludes `inf`, `nan` and underscores, which Rust's parsers accept.
fn looks_like_a_number(digits: &str) -> bool {
    !digits.is_empty()
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FieldValue for $integer {
            type Shape = shape::Number;
            type Plain = Self;

            fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
                let Some(digits) = digits(&input)? else {
                    return Err(InvalidValue::expected("a whole number", &input.value()?));
                };
                let is_integer = digits.strip_prefix('-').unwrap_or(&digits).bytes().all(|byte| byte.is_ascii_digit());
                if let (true, Ok(number)) = (is_integer, digits.parse()) {
                    return Ok(number);
                }
                // 5.0 and 1e3 are whole numbers, as long as a double is exact
                let whole = digits.parse::<f64>().ok().filter(|float| float.fract() == 0.0);
                let exact = whole.filter(|whole| whole.abs() <= MAX_EXACT).map(|whole| whole as i64);
                match exact.and_then(|exact| Self::try_from(exact).ok()) {
                    Some(number) => Ok(number),
                    None if whole.is_some() => {
                        let range = format!("a whole number from {} to {}", Self::MIN, Self::MAX);
                        Err(InvalidValue::expected(&range, &input.value()?))
                    }
                    None => Err(InvalidValue::expected("a whole number", &input.value()?)),
                }
            }

            fn plain_json(number: Self) -> Value {
                // beyond 64 bits only text is exact
                i64::try_from(number)
                    .map(Number::from)
                    .or_else(|_| u64::try_from(number).map(Number::from))
                    .map_or_else(|_| Value::String(number.to_string()), Value::Number)
            }
        }
    )*};
}

/// 2^53: whole doubles up to here are exact.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl FieldValue for $float {
            type Shape = shape::Number;
            type Plain = Self;

            fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
                match digits(&input)?.and_then(|digits| digits.parse::<Self>().ok()) {
                    Some(number) if number.is_finite() => Ok(number),
                    Some(_) => Err(InvalidValue::expected("a number that is not that large", &input.value()?)),
                    None => Err(InvalidValue::expected("a number", &input.value()?)),
                }
            }

            fn plain_json(number: Self) -> Value {
                // by way of the digits: 0.1 as an `f32` is not the `f64` that prints as 0.1
                let double = number.to_string().parse().unwrap_or(f64::NAN);
                Number::from_f64(double).map_or(Value::Null, Value::Number)
            }
        }
    )*};
}

floats!(f32, f64);

#[cfg(feature = "rust_decimal")]
impl FieldValue for rust_decimal::Decimal {
    type Shape = shape::Number;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        let digits = digits(&input)?;
        // exact or refused: the other parser rounds what has more digits than a decimal holds
        let parsed = digits.and_then(|digits| match digits.contains(['e', 'E']) {
            true => Self::from_scientific(&digits).ok(),
            false => Self::from_str_exact(&digits).ok(),
        });
        match parsed {
            Some(decimal) => Ok(decimal),
            None => Err(InvalidValue::expected(
                "a decimal number of at most 28 digits",
                &input.value()?,
            )),
        }
    }

    fn plain_json(number: Self) -> Value {
        number
            .to_string()
            .parse()
            .map_or_else(|_| Value::String(number.to_string()), Value::Number)
    }
}
