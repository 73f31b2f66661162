//! The sum of numbers, exact as far as 38 digits reach.

use super::super::value::{Decimal, Value};

/// Numbers with more digits after the point are added as floating-point numbers.
const MAX_SCALE: u32 = 18;

/// A sum so far.
#[derive(Debug, Default)]
pub(super) struct Sum {
    exact: Exact,
    /// The numbers that `exact` cannot hold.
    rest: f64,
}

/// A number of units of `10^-scale`.
#[derive(Debug, Default, Clone, Copy)]
struct Exact {
    units: i128,
    scale: u32,
}

impl Sum {
    /// Adds a number; other values count as zero.
    pub(super) fn add(&mut self, value: &Value) {
        let number = match value {
            Value::Integer(number) => Decimal::from(*number),
            Value::Decimal(number) => number.clone(),
            _ => return,
        };
        match Exact::of(&number).and_then(|number| self.exact.plus(number)) {
            Some(exact) => self.exact = exact,
            None => self.rest += number.to_f64(),
        }
    }

    pub(super) fn total(&self) -> Value {
        let exact = self.exact.text();
        let total = if self.rest == 0.0 {
            exact
        } else {
            self.to_f64().to_string()
        };
        match Decimal::parse(&total) {
            Some(total) => Value::Decimal(total),
            // infinite
            None => Value::Text(total),
        }
    }

    pub(super) fn to_f64(&self) -> f64 {
        self.exact.text().parse().unwrap_or(0.0) + self.rest
    }
}

impl Exact {
    fn of(number: &Decimal) -> Option<Self> {
        let text = number.as_str();
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_SCALE)?;
        let units = text.replace('.', "").parse().ok()?;
        Some(Self { units, scale })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let units = self.scaled(scale)?.checked_add(other.scaled(scale)?)?;
        Some(Self { units, scale })
    }

    /// The units of a larger scale.
    fn scaled(self, scale: u32) -> Option<i128> {
        self.units.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }

    fn text(self) -> String {
        format!("{}e-{}", self.units, self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[&str]) -> String {
        let mut sum = Sum::default();
        for number in numbers {
            sum.add(&Value::Decimal(Decimal::parse(number).unwrap()));
        }
        sum.total().to_string()
    }

    #[test]
    fn sums_of_decimals_are_exact() {
        assert_eq!(sum(&[]), "0");
        assert_eq!(sum(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum(&["-10.50", "10.5"]), "0.00");
        assert_eq!(sum(&["9007199254740993", "0.01"]), "9007199254740993.01");
        assert_eq!(
            sum(&["99999999999999999999999999999999999999999", "1"]),
            "100000000000000000000000000000000000000000"
        );
    }
}
