//! The intervals of date operators such as `today` and `previous_month`.
//!
//! They are computed in the caller's IANA time zone, so that clock changes are respected; weeks start on Monday (protocol:
//! date operators). Intervals are half-open, `[start, next start)`; a period that runs until now includes now.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value as Json;

use super::condition::Test;
use super::operator::Operator;
use super::value::Value;

/// Maximum absolute X of "X days" and "X hours".
const MAX_X: i64 = 1_000_000;

/// The expected value of an operator that takes X.
pub(super) const X: &str = "a whole number between -1000000 and 1000000";

/// The moment of the request in the caller's zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    now: DateTime<Utc>,
    zone: Tz,
    /// An operator of a period stands for the period before it.
    is_before: bool,
}

/// Finds a time zone by its IANA name, ignoring case, or by an offset such as `+05:30`, `-0800` or `UTC+2`.
pub(crate) fn zone_named(name: &str) -> Option<Tz> {
    // the name that browsers give without a zone
    if name.eq_ignore_ascii_case("Etc/Unknown") {
        tracing::debug!("the time zone of a request is unknown to its browser, so it is UTC");
        return Some(Tz::UTC);
    }
    let in_another_case = || {
        let mut zones = chrono_tz::TZ_VARIANTS.iter();
        zones.find(|zone| zone.name().eq_ignore_ascii_case(name)).copied()
    };
    name.parse().ok().or_else(in_another_case).or_else(|| zone_at(name))
}

/// The zones without clock changes whose offsets are no whole hours, with their minutes from UTC.
const PARTIAL_HOURS: [(i32, Tz); 8] = [
    (-9 * 60 - 30, Tz::Pacific__Marquesas),
    (3 * 60 + 30, Tz::Asia__Tehran),
    (4 * 60 + 30, Tz::Asia__Kabul),
    (5 * 60 + 30, Tz::Asia__Kolkata),
    (5 * 60 + 45, Tz::Asia__Kathmandu),
    (6 * 60 + 30, Tz::Asia__Yangon),
    (8 * 60 + 45, Tz::Australia__Eucla),
    (9 * 60 + 30, Tz::Australia__Darwin),
];

/// The zone that has this offset all year.
fn zone_at(offset: &str) -> Option<Tz> {
    let prefix = offset.get(..3).filter(|prefix| {
        let names = ["UTC", "GMT"];
        names.iter().any(|name| name.eq_ignore_ascii_case(prefix))
    });
    let offset = offset.get(prefix.map_or(0, str::len)..)?;
    let (is_behind, digits) = match offset.split_at_checked(1)? {
        // a `+` that was not escaped in a URL is a blank
        ("+" | " ", digits) => (false, digits),
        ("-", digits) => (true, digits),
        _ => return None,
    };
    let (hours, minutes) = match (digits.len(), digits.split_once(':')) {
        (_, Some((hours, minutes))) if minutes.len() == 2 => (hours, minutes),
        (4, None) => digits.split_at_checked(2)?,
        (1 | 2, None) => (digits, "00"),
        _ => return None,
    };
    let number = |digits: &str| -> Option<i32> {
        let is_plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_plain)
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    if minutes == 0 {
        // the signs of these names are the other way round
        let sign = if is_behind { '+' } else { '-' };
        return match hours {
            0 => Some(Tz::UTC),
            _ => format!("Etc/GMT{sign}{hours}").parse().ok(),
        };
    }
    let total = (hours * 60 + minutes) * if is_behind { -1 } else { 1 };
    let known = PARTIAL_HOURS.iter().find(|(minutes, _)| *minutes == total);
    known.map(|(_, zone)| *zone)
}

/// The number X: the leading integer of a text or a number, such as `3` of `"3 days"` and `1` of `1.9`.
pub(super) fn x_of(json: &Json) -> Option<i64> {
    let written;
    let text = match json {
        Json::String(text) => text.trim_start(),
        Json::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            // its text may have an exponent
            Some(float) if float.abs() <= MAX_X as f64 => {
                written = format!("{:.0}", float.trunc());
                &written
            }
            Some(_) => return None,
            None => {
                written = number.to_string();
                &written
            }
        },
        _ => return None,
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let end = text.len() - unsigned.len() + digits;
    let number: i64 = text.get(..end)?.parse().ok()?;
    (number.unsigned_abs() <= MAX_X.unsigned_abs()).then_some(number)
}

enum Period {
    /// From the first day to the second, exclusive.
    Days(NaiveDate, NaiveDate),
    /// From a day until a moment.
    Through(NaiveDate, DateTime<Utc>),
    Until(DateTime<Utc>),
    From(DateTime<Utc>),
}

impl Calendar {
    /// The calendar at a moment, which is clamped to the years that every store supports.
    pub(super) fn new(now: DateTime<Utc>, zone: Tz) -> Self {
        let day = TimeDelta::days(1);
        Self {
            // one day from the ends, so that the moment exists in every zone
            now: now.clamp(first_moment() + day, last_moment() - day),
            zone,
            is_before: false,
        }
    }

    /// The calendar in which `today` is yesterday, and each other period the one before it.
    pub(super) fn before(self) -> Self {
        Self {
            is_before: true,
            ..self
        }
    }

    /// The tests that a field must pass; `None` if the operator is not a date operator. `is_day` selects tests for a
    /// field of days instead of moments.
    pub(super) fn tests(&self, operator: Operator, x: i64, is_day: bool) -> Option<Vec<Test>> {
        let period = self.period(operator, x)?;
        Some(if is_day {
            self.tests_of_days(&period)
        } else {
            self.tests_of_moments(&period)
        })
    }

    fn tests_of_moments(&self, period: &Period) -> Vec<Test> {
        let instant = |moment: DateTime<Utc>| Value::Instant(moment.clamp(first_moment(), last_moment()));
        match *period {
            Period::Days(first, end) => vec![
                Test::GreaterOrEqual(instant(self.start_of(first))),
                Test::Less(instant(self.start_of(end))),
            ],
            Period::Through(first, last) => vec![
                Test::GreaterOrEqual(instant(self.start_of(first))),
                Test::LessOrEqual(instant(last)),
            ],
            Period::Until(end) => vec![Test::LessOrEqual(instant(end))],
            Period::From(start) => vec![Test::GreaterOrEqual(instant(start))],
        }
    }

    fn tests_of_days(&self, period: &Period) -> Vec<Test> {
        match *period {
            Period::Days(first, end) => vec![Test::GreaterOrEqual(Value::Day(first)), Test::Less(Value::Day(end))],
            Period::Through(first, last) => vec![
                Test::GreaterOrEqual(Value::Day(first)),
                Test::LessOrEqual(Value::Day(self.day_of(last))),
            ],
            Period::Until(end) => vec![Test::LessOrEqual(Value::Day(self.day_of(end)))],
            Period::From(start) => vec![Test::GreaterOrEqual(Value::Day(self.day_of(start)))],
        }
    }

    fn period(&self, operator: Operator, x: i64) -> Option<Period> {
        let today = self.day_of(self.now);
        let week = days_before(today, today.weekday().num_days_from_monday().into());
        let month = first_of_month(today, 0);
        // the first month of the quarter
        let quarter = first_of_month(today, today.month0() % 3);
        let year = first_of_month(today, today.month0());
        // the number of periods by which they are moved into the past
        let back = u32::from(self.is_before);
        let days = i64::from(back);
        let whole = |start: NaiveDate, months: u32| {
            Period::Days(
                first_of_month(start, months * (1 + back)),
                first_of_month(start, months * back),
            )
        };
        let to_date = |start: NaiveDate, months: u32| {
            Period::Through(first_of_month(start, months * back), self.months_ago(months * back))
        };
        Some(match operator {
            Operator::Today => Period::Days(days_before(today, days), days_before(today, days - 1)),
            Operator::Yesterday => Period::Days(days_before(today, 1 + days), days_before(today, days)),
            Operator::PreviousWeek => Period::Days(days_before(week, 7 * (1 + days)), days_before(week, 7 * days)),
            Operator::PreviousMonth => whole(month, 1),
            Operator::PreviousQuarter => whole(quarter, 3),
            Operator::PreviousYear => whole(year, 12),
            Operator::PreviousWeekToDate => Period::Through(days_before(week, 7 * days), self.days_ago(7 * days)),
            Operator::PreviousMonthToDate => to_date(month, 1),
            Operator::PreviousQuarterToDate => to_date(quarter, 3),
            Operator::PreviousYearToDate => to_date(year, 12),
            Operator::PreviousXDays => Period::Days(
                days_before(today, x.saturating_mul(1 + days)),
                days_before(today, x.saturating_mul(days)),
            ),
            Operator::PreviousXDaysToDate => Period::Through(
                days_before(today, x.saturating_mul(1 + days).saturating_sub(1)),
                self.days_ago(x.saturating_mul(days)),
            ),
            Operator::Past => Period::Until(self.now),
            Operator::Future => Period::From(self.now),
            Operator::BeforeXHoursAgo => Period::Until(self.hours_ago(x)),
            Operator::AfterXHoursAgo => Period::From(self.hours_ago(x)),
            _ => return None,
        })
    }

    fn hours_ago(&self, hours: i64) -> DateTime<Utc> {
        let distant = if hours > 0 { first_moment() } else { last_moment() };
        TimeDelta::try_hours(hours)
            .and_then(|hours| self.now.checked_sub_signed(hours))
            .unwrap_or(distant)
    }

    /// The same time of an earlier day.
    fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.at_this_time(days_before(self.day_of(self.now), days))
    }

    /// The same time of an earlier month: on the same day, or the last one of a shorter month.
    fn months_ago(&self, months: u32) -> DateTime<Utc> {
        let today = self.day_of(self.now);
        let day = today.checked_sub_months(chrono::Months::new(months));
        self.at_this_time(day.unwrap_or_else(first_day).max(first_day()))
    }

    /// The moment of this time of day on a day, or the first one after a clock change that skips it.
    fn at_this_time(&self, day: NaiveDate) -> DateTime<Utc> {
        let local = self.now.with_timezone(&self.zone).naive_local();
        if day == local.date() {
            return self.now;
        }
        first_from(self.zone, day.and_time(local.time()))
    }

    /// The day of a moment in the caller's zone.
    fn day_of(&self, moment: DateTime<Utc>) -> NaiveDate {
        day_of(self.zone, moment)
    }

    /// The first moment of a day in the caller's zone.
    fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        start_of(self.zone, day)
    }
}

/// The day of a moment in a zone.
pub(super) fn day_of(zone: Tz, moment: DateTime<Utc>) -> NaiveDate {
    let day = TimeDelta::days(1);
    let moment = moment.clamp(first_moment() + day, last_moment() - day);
    moment.with_timezone(&zone).date_naive()
}

/// The first moment of a day in a zone: midnight, or the clock change that skips it.
pub(super) fn start_of(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    first_from(zone, day.and_time(NaiveTime::MIN))
}

/// The first moment of a local time in a zone, or the clock change that skips it.
fn first_from(zone: Tz, time: NaiveDateTime) -> DateTime<Utc> {
    let local = |moment: NaiveDateTime| moment.and_utc().with_timezone(&zone).naive_local();
    let candidate = zone.from_local_datetime(&time).earliest();
    if let Some(moment) = candidate.map(|moment| moment.to_utc())
        && local(moment.naive_utc()) == time
    {
        return moment;
    }
    // beyond the largest offset from UTC plus the longest gap
    let (mut before, mut after) = (-50 * 3600, 50 * 3600);
    let at = |seconds: i64| time + TimeDelta::seconds(seconds);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if local(at(middle)) >= time {
            after = middle;
        } else {
            before = middle;
        }
    }
    at(after).and_utc()
}

/// The first moment that every store supports.
pub(super) fn first_moment() -> DateTime<Utc> {
    first_day().and_time(NaiveTime::MIN).and_utc()
}

/// The last millisecond that every store supports.
pub(super) fn last_moment() -> DateTime<Utc> {
    (last_day().and_time(NaiveTime::MIN) + TimeDelta::milliseconds(86_400_000 - 1)).and_utc()
}

pub(super) fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default()
}

pub(super) fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default()
}

/// Moves a day into the past, or into the future for a negative number, within the calendar.
fn days_before(day: NaiveDate, days: i64) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs());
    let moved = if days >= 0 {
        day.checked_sub_days(distance).unwrap_or_else(first_day)
    } else {
        day.checked_add_days(distance).unwrap_or_else(last_day)
    };
    moved.clamp(first_day(), last_day())
}

fn first_of_month(day: NaiveDate, months_before: u32) -> NaiveDate {
    day.with_day(1)
        .and_then(|first| first.checked_sub_months(chrono::Months::new(months_before)))
        .unwrap_or_else(first_day)
        .max(first_day())
}

#[cfg(test)]
mod tests;
