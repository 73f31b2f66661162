//! Numbers: exact for integers, finite for floats. A text that holds a number is read too, since keys of
//! referenced records travel as text.

use serde_json::{Number, Value};

use super::shape;
use super::value::{FieldInput, FieldValue, InvalidValue};

/// The digits of a JSON number or of a text that holds one.
fn digits(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.len() <= 64 => Some(text.trim().to_owned()),
        _ => None,
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FieldValue for $integer {
            type Shape = shape::Number;
            type Plain = Self;

            fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
                let value = input.value()?;
                let Some(digits) = digits(&value) else { return Err(InvalidValue::expected("a whole number", &value)) };
                let is_integer = digits.strip_prefix('-').unwrap_or(&digits).bytes().all(|byte| byte.is_ascii_digit());
                if let (true, Ok(number)) = (is_integer, digits.parse()) {
                    return Ok(number);
                }
                // 5.0 and 1e3 are whole numbers as well, as long as a double holds them exactly
                let whole = digits.parse::<f64>().ok().filter(|float| float.fract() == 0.0 && float.abs() <= MAX_EXACT);
                match whole.map(|whole| whole as i64).and_then(|whole| Self::try_from(whole).ok()) {
                    Some(number) => Ok(number),
                    None if is_integer || whole.is_some() => {
                        let range = format!("a whole number from {} to {}", Self::MIN, Self::MAX);
                        Err(InvalidValue::expected(&range, &value))
                    }
                    None => Err(InvalidValue::expected("a whole number", &value)),
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

/// 2^53: every whole double up to here is exact.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl FieldValue for $float {
            type Shape = shape::Number;
            type Plain = Self;

            fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
                let value = input.value()?;
                let looks_like_one = |digits: &String| {
                    !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                };
                let number = digits(&value).filter(looks_like_one).and_then(|digits| digits.parse::<Self>().ok());
                match number {
                    Some(number) if number.is_finite() => Ok(number),
                    Some(_) => Err(InvalidValue::expected("a number that is not that large", &value)),
                    None => Err(InvalidValue::expected("a number", &value)),
                }
            }

            fn plain_json(number: Self) -> Value {
                Number::from_f64(f64::from(number)).map_or(Value::Null, Value::Number)
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
        let value = input.value()?;
        let parsed =
            digits(&value).and_then(|digits| digits.parse().ok().or_else(|| Self::from_scientific(&digits).ok()));
        parsed.ok_or_else(|| InvalidValue::expected("a decimal number", &value))
    }

    fn plain_json(number: Self) -> Value {
        number
            .to_string()
            .parse()
            .map_or_else(|_| Value::String(number.to_string()), Value::Number)
    }
}
