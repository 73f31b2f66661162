//! Medians and spreads of a handful of rounds.

use std::fmt;

/// The median; of an even number of values the mean of the middle two, of none 0.
///
/// ```
/// use forest_actions_benchmarks::median;
///
/// assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
/// assert_eq!(median(&[4.0, 1.0]), 2.5);
/// ```
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => at(count / 2),
        count => f64::midpoint(at(count / 2 - 1), at(count / 2)),
    }
}

/// The median of some rounds between the lowest and the highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The lowest round.
    pub lowest: f64,
    /// The median round.
    pub median: f64,
    /// The highest round.
    pub highest: f64,
}

impl Spread {
    /// The spread of these rounds; of none, all zero.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let pick = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or_default();
        Self {
            lowest: pick(f64::min),
            median: median(values),
            highest: pick(f64::max),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} ({:.3} to {:.3})", self.median, self.lowest, self.highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_median_between_the_extremes() {
        let spread = Spread::of(&[1.0, 9.0, 2.0]);
        assert_eq!((spread.lowest, spread.median, spread.highest), (1.0, 2.0, 9.0));
        assert_eq!(Spread::of(&[]).median, 0.0);
        assert_eq!(spread.to_string(), "2.000 (1.000 to 9.000)");
    }
}
