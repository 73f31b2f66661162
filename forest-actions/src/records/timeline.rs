//! Consecutive periods of a time zone, for charts over time.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::calendar::{self, day_of, start_of};
use super::condition::{Condition, FieldPath, Test};
use super::value::Value;

/// The length of the periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeRange {
    Day,
    /// From Monday on.
    Week,
    Month,
    Quarter,
    Year,
}

impl TimeRange {
    /// The range of that name in the protocol, in any case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The first day of the period of a day.
    fn first(self, day: NaiveDate) -> NaiveDate {
        let month = |month: u32| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
        match self {
            Self::Day => day,
            Self::Week => {
                let days = Days::new(day.weekday().num_days_from_monday().into());
                day.checked_sub_days(days).unwrap_or(day)
            }
            Self::Month => month(day.month()),
            Self::Quarter => month(day.month0() / 3 * 3 + 1),
            Self::Year => month(1),
        }
    }

    /// The first day of the period after the one that begins on this day.
    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
            Self::Year => first.checked_add_months(Months::new(12)),
        }
    }

    /// The label of the period that begins on this day (protocol: charts).
    fn label(self, first: NaiveDate) -> String {
        let format = match self {
            Self::Day => "%d/%m/%Y",
            // the week and the year that it belongs to
            Self::Week => return format!("W{}-{}", first.iso_week().week(), first.iso_week().year()),
            Self::Month => "%b %y",
            Self::Quarter => return format!("Q{}-{}", first.month0() / 3 + 1, first.year()),
            Self::Year => "%Y",
        };
        first.format(format).to_string()
    }
}

/// The number of periods exceeds the limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyPeriods {
    /// The days of the first and the last value.
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
}

/// All periods from the one of a first value to the one of a last value.
#[derive(Debug)]
pub(crate) struct Timeline {
    range: TimeRange,
    zone: Tz,
    is_of_days: bool,
    /// The first days of the periods, and the day after the last one.
    days: Vec<NaiveDate>,
}

impl Timeline {
    /// The periods between two moments or days; `None` for other values.
    ///
    /// # Errors
    /// There are more than `at_most`.
    pub(crate) fn new(
        range: TimeRange,
        zone: Tz,
        (first, last): (&Value, &Value),
        at_most: usize,
    ) -> Option<Result<Self, TooManyPeriods>> {
        let (is_of_days, first, last) = match (first, last) {
            (Value::Instant(first), Value::Instant(last)) => (false, day_of(zone, *first), day_of(zone, *last)),
            (Value::Day(first), Value::Day(last)) => (true, *first, *last),
            _ => return None,
        };
        let mut days = vec![range.first(first)];
        while let Some(begun) = days.last().copied() {
            let next = range.next(begun)?;
            days.push(next);
            if next > last {
                break;
            }
            if days.len() > at_most {
                return Some(Err(TooManyPeriods { first, last }));
            }
        }
        Some(Ok(Self {
            range,
            zone,
            is_of_days,
            days,
        }))
    }

    /// The condition that a value is in the years that every store supports, which a timeline needs.
    pub(crate) fn condition(field: &FieldPath, is_of_days: bool) -> Condition {
        let (first, last) = match is_of_days {
            true => (Value::Day(calendar::first_day()), Value::Day(calendar::last_day())),
            false => {
                let instant = |moment: DateTime<Utc>| Value::Instant(moment);
                (instant(calendar::first_moment()), instant(calendar::last_moment()))
            }
        };
        let test = |test| Condition::Field(field.clone(), test);
        Condition::All(vec![test(Test::GreaterOrEqual(first)), test(Test::LessOrEqual(last))])
    }

    /// The first value of each period, and the one after the last period.
    pub(crate) fn bounds(&self) -> Vec<Value> {
        let bound = |day: &NaiveDate| match self.is_of_days {
            true => Value::Day(*day),
            false => Value::Instant(start_of(self.zone, *day)),
        };
        self.days.iter().map(bound).collect()
    }

    /// The labels of the periods.
    pub(crate) fn labels(&self) -> impl ExactSizeIterator<Item = String> {
        let starts = self.days.split_last().map_or([].as_slice(), |(_, starts)| starts);
        starts.iter().map(|day| self.range.label(*day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Value {
        Value::Instant(text.parse::<DateTime<Utc>>().unwrap())
    }

    fn timeline(range: TimeRange, zone: Tz, first: &str, last: &str) -> Timeline {
        Timeline::new(range, zone, (&moment(first), &moment(last)), 1_000)
            .unwrap()
            .unwrap()
    }

    fn labels(range: TimeRange, zone: Tz, first: &str, last: &str) -> Vec<String> {
        timeline(range, zone, first, last).labels().collect()
    }

    #[test]
    fn periods_without_values_have_labels_too() {
        let (first, last) = ("2023-12-30T12:00:00Z", "2024-01-02T12:00:00Z");
        let days = ["30/12/2023", "31/12/2023", "01/01/2024", "02/01/2024"];
        assert_eq!(labels(TimeRange::Day, Tz::UTC, first, last), days);
        assert_eq!(labels(TimeRange::Week, Tz::UTC, first, last), ["W52-2023", "W1-2024"]);
        assert_eq!(labels(TimeRange::Month, Tz::UTC, first, last), ["Dec 23", "Jan 24"]);
        assert_eq!(labels(TimeRange::Quarter, Tz::UTC, first, last), ["Q4-2023", "Q1-2024"]);
        assert_eq!(labels(TimeRange::Year, Tz::UTC, first, last), ["2023", "2024"]);
    }

    #[test]
    fn the_week_of_new_year_belongs_to_one_year() {
        let label = |day| labels(TimeRange::Week, Tz::UTC, day, day);
        assert_eq!(label("2021-01-03T00:00:00Z"), ["W53-2020"]);
        assert_eq!(label("2024-12-30T00:00:00Z"), ["W1-2025"]);
    }

    #[test]
    fn the_day_is_that_of_the_zone() {
        let moment = "2024-05-14T22:30:00Z";
        assert_eq!(labels(TimeRange::Day, Tz::UTC, moment, moment), ["14/05/2024"]);
        assert_eq!(
            labels(TimeRange::Day, Tz::Europe__Paris, moment, moment),
            ["15/05/2024"]
        );
        assert_eq!(
            labels(TimeRange::Day, Tz::Pacific__Kiritimati, moment, moment),
            ["15/05/2024"]
        );
        assert_eq!(
            labels(TimeRange::Day, Tz::America__Los_Angeles, moment, moment),
            ["14/05/2024"]
        );
    }

    #[test]
    fn days_of_a_clock_change_have_23_and_25_hours() {
        let hours = |first, last| -> Vec<i64> {
            let bounds = timeline(TimeRange::Day, Tz::Europe__Paris, first, last).bounds();
            let moments = bounds.iter().filter_map(|bound| match bound {
                Value::Instant(moment) => Some(*moment),
                _ => None,
            });
            let moments: Vec<_> = moments.collect();
            moments.windows(2).map(|pair| (pair[1] - pair[0]).num_hours()).collect()
        };
        assert_eq!(hours("2024-03-30T12:00:00Z", "2024-04-01T12:00:00Z"), [24, 23, 24]);
        assert_eq!(hours("2024-10-26T12:00:00Z", "2024-10-28T12:00:00Z"), [24, 25, 24]);
    }

    #[test]
    fn a_midnight_that_a_clock_change_skips_begins_with_the_change() {
        let day = ("2018-11-04T12:00:00Z", "2018-11-04T12:00:00Z");
        let bounds = timeline(TimeRange::Day, Tz::America__Sao_Paulo, day.0, day.1).bounds();
        assert_eq!(bounds, [moment("2018-11-04T03:00:00Z"), moment("2018-11-05T02:00:00Z")]);
    }

    #[test]
    fn the_number_of_periods_is_bounded() {
        let ends = (moment("0001-01-01T00:00:00Z"), moment("2024-01-01T00:00:00Z"));
        let timeline = |range, at_most| Timeline::new(range, Tz::UTC, (&ends.0, &ends.1), at_most).unwrap();
        assert!(timeline(TimeRange::Day, 2_000).is_err());
        assert!(timeline(TimeRange::Year, 2_023).is_err());
        assert_eq!(timeline(TimeRange::Year, 2_024).unwrap().labels().len(), 2_024);
        let day = Value::Day(calendar::last_day());
        let last = Timeline::new(TimeRange::Year, Tz::UTC, (&day, &day), 1)
            .unwrap()
            .unwrap();
        assert_eq!(last.labels().collect::<Vec<_>>(), ["9999"]);
        assert!(Timeline::new(TimeRange::Day, Tz::UTC, (&day, &ends.0), 1).is_none());
    }
}
