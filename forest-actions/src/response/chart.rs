//! The values of charts in code.

use serde_json::{Map, Number, Value, json};

use super::error::ActionError;

/// The result of a chart in code: `?` turns any error into an [`ActionError`].
pub type ChartResult<T> = Result<T, ActionError>;

/// A result that the function of a [`#[smart_chart]`](macro@crate::smart_chart) may have: a [`ValueChart`],
/// [`ObjectiveChart`], [`PercentageChart`], [`PieChart`], [`LineChart`], [`LeaderboardChart`] or any JSON, or a
/// [`ChartResult`] of one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the value of a chart",
    label = "not the value of a chart",
    note = "charts are `ValueChart`, `ObjectiveChart`, `PercentageChart`, `PieChart`, `LineChart`, `LeaderboardChart`, `serde_json::Value`, or a `ChartResult` of one of these"
)]
pub trait IntoChart {
    /// The type in the protocol; `None` for any JSON.
    #[doc(hidden)]
    const TYPE: Option<&'static str> = None;

    /// The value in the protocol.
    ///
    /// # Errors
    /// The error with which the chart ended, or a number that is not finite.
    fn into_chart(self) -> Result<Value, ActionError>;
}

impl IntoChart for Value {
    fn into_chart(self) -> Result<Value, ActionError> {
        Ok(self)
    }
}

impl<T: IntoChart> IntoChart for ChartResult<T> {
    const TYPE: Option<&'static str> = T::TYPE;

    fn into_chart(self) -> Result<Value, ActionError> {
        self?.into_chart()
    }
}

/// A number of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartNumber(Option<Number>);

impl ChartNumber {
    fn into_json(self) -> Result<Value, ActionError> {
        match self.0 {
            Some(number) => Ok(number.into()),
            None => Err(ActionError::internal("a number of a chart is not finite")),
        }
    }

    fn to_f64(&self) -> f64 {
        self.0.as_ref().and_then(Number::as_f64).unwrap_or(f64::NAN)
    }
}

macro_rules! chart_numbers {
    ($($type:ty),+) => {$(
        impl From<$type> for ChartNumber {
            fn from(number: $type) -> Self {
                Self(Some(number.into()))
            }
        }
    )+};
}

chart_numbers! { i8, i16, i32, i64, isize, u8, u16, u32, u64, usize }

impl From<f64> for ChartNumber {
    fn from(number: f64) -> Self {
        Self(Number::from_f64(number))
    }
}

/// One number, with that of the period before if there is one.
///
/// ```
/// use forest_actions::charts::ValueChart;
///
/// let orders = ValueChart::new(42).previous(40);
/// # let _ = orders;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ValueChart {
    current: ChartNumber,
    previous: Option<ChartNumber>,
}

impl ValueChart {
    /// The number.
    pub fn new(current: impl Into<ChartNumber>) -> Self {
        Self {
            current: current.into(),
            previous: None,
        }
    }

    /// Sets the number of the period before.
    #[must_use]
    pub fn previous(mut self, previous: impl Into<ChartNumber>) -> Self {
        self.previous = Some(previous.into());
        self
    }
}

impl IntoChart for ValueChart {
    const TYPE: Option<&'static str> = Some("Value");

    fn into_chart(self) -> Result<Value, ActionError> {
        let mut value = Map::new();
        value.insert("countCurrent".to_owned(), self.current.into_json()?);
        if let Some(previous) = self.previous {
            value.insert("countPrevious".to_owned(), previous.into_json()?);
        }
        Ok(value.into())
    }
}

/// A number and the one to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveChart {
    value: ChartNumber,
    objective: ChartNumber,
}

impl ObjectiveChart {
    /// The number, and the one to reach.
    pub fn new(value: impl Into<ChartNumber>, objective: impl Into<ChartNumber>) -> Self {
        Self {
            value: value.into(),
            objective: objective.into(),
        }
    }
}

impl IntoChart for ObjectiveChart {
    const TYPE: Option<&'static str> = Some("Objective");

    fn into_chart(self) -> Result<Value, ActionError> {
        Ok(json!({"value": self.value.into_json()?, "objective": self.objective.into_json()?}))
    }
}

/// A percentage.
#[derive(Debug, Clone, PartialEq)]
pub struct PercentageChart(ChartNumber);

impl PercentageChart {
    /// The percentage, such as 12.5.
    pub fn new(percentage: impl Into<ChartNumber>) -> Self {
        Self(percentage.into())
    }
}

impl IntoChart for PercentageChart {
    const TYPE: Option<&'static str> = Some("Percentage");

    fn into_chart(self) -> Result<Value, ActionError> {
        self.0.into_json()
    }
}

/// Shares of a whole.
///
/// ```
/// use forest_actions::charts::PieChart;
///
/// let by_status = PieChart::new([("open", 3), ("paid", 4)]);
/// # let _ = by_status;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PieChart(Vec<(String, ChartNumber)>);

impl PieChart {
    /// Labels with their numbers.
    pub fn new<L: Into<String>, N: Into<ChartNumber>>(slices: impl IntoIterator<Item = (L, N)>) -> Self {
        Self(pairs(slices))
    }
}

impl IntoChart for PieChart {
    const TYPE: Option<&'static str> = Some("Pie");

    fn into_chart(self) -> Result<Value, ActionError> {
        keyed(self.0)
    }
}

/// Numbers over time, or over any other order.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart(Vec<(String, ChartNumber)>);

impl LineChart {
    /// Labels with their numbers, in the order of the chart.
    pub fn new<L: Into<String>, N: Into<ChartNumber>>(points: impl IntoIterator<Item = (L, N)>) -> Self {
        Self(pairs(points))
    }
}

impl IntoChart for LineChart {
    const TYPE: Option<&'static str> = Some("Line");

    fn into_chart(self) -> Result<Value, ActionError> {
        let points = self.0.into_iter();
        points
            .map(|(label, number)| Ok(json!({"label": label, "values": {"value": number.into_json()?}})))
            .collect()
    }
}

/// The largest numbers first.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardChart(Vec<(String, ChartNumber)>);

impl LeaderboardChart {
    /// Labels with their numbers, in any order.
    pub fn new<L: Into<String>, N: Into<ChartNumber>>(rows: impl IntoIterator<Item = (L, N)>) -> Self {
        let mut rows = pairs(rows);
        rows.sort_by(|(_, left), (_, right)| right.to_f64().total_cmp(&left.to_f64()));
        Self(rows)
    }
}

impl IntoChart for LeaderboardChart {
    const TYPE: Option<&'static str> = Some("Leaderboard");

    fn into_chart(self) -> Result<Value, ActionError> {
        keyed(self.0)
    }
}

fn pairs<L: Into<String>, N: Into<ChartNumber>>(pairs: impl IntoIterator<Item = (L, N)>) -> Vec<(String, ChartNumber)> {
    let pairs = pairs.into_iter();
    pairs.map(|(label, number)| (label.into(), number.into())).collect()
}

fn keyed(rows: Vec<(String, ChartNumber)>) -> Result<Value, ActionError> {
    let rows = rows.into_iter();
    rows.map(|(key, number)| Ok(json!({"key": key, "value": number.into_json()?})))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chart_has_its_value_in_the_protocol() {
        let rows = [("a", 1), ("b", 3), ("c", 2)];
        for (value, expected) in [
            (ValueChart::new(2).into_chart(), json!({"countCurrent": 2})),
            (
                ValueChart::new(2.5).previous(1_u64).into_chart(),
                json!({"countCurrent": 2.5, "countPrevious": 1}),
            ),
            (
                ObjectiveChart::new(2, 3).into_chart(),
                json!({"value": 2, "objective": 3}),
            ),
            (PercentageChart::new(12.5).into_chart(), json!(12.5)),
            (
                PieChart::new(rows).into_chart(),
                json!([{"key": "a", "value": 1}, {"key": "b", "value": 3}, {"key": "c", "value": 2}]),
            ),
            (
                LineChart::new([("Jan", 1)]).into_chart(),
                json!([{"label": "Jan", "values": {"value": 1}}]),
            ),
            (
                LeaderboardChart::new(rows).into_chart(),
                json!([{"key": "b", "value": 3}, {"key": "c", "value": 2}, {"key": "a", "value": 1}]),
            ),
            (
                Ok::<_, ActionError>(json!({"any": [1]})).into_chart(),
                json!({"any": [1]}),
            ),
        ] {
            assert_eq!(value.unwrap(), expected);
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_an_error() {
        for number in [f64::NAN, f64::INFINITY] {
            assert!(ValueChart::new(number).into_chart().is_err());
            assert!(LeaderboardChart::new([("a", 1.0), ("b", number)]).into_chart().is_err());
        }
    }
}
