//! Moments and days outside of the years 1 to 9999, as PostgreSQL prints them: `infinity`, `0044-03-15 10:00:00 BC`, and
//! years of more than four digits.
//!
//! The last moment of `chrono` stands for infinity, and the first for its opposite. Years that `chrono` does not have stay
//! texts.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

use super::convert::clock_text;
use super::value::Value;

const INFINITY: &str = "infinity";
const MINUS_INFINITY: &str = "-infinity";

pub(crate) fn is_infinite(moment: DateTime<Utc>) -> bool {
    moment == DateTime::<Utc>::MAX_UTC || moment == DateTime::<Utc>::MIN_UTC
}

pub(crate) fn is_infinite_day(day: NaiveDate) -> bool {
    day == NaiveDate::MAX || day == NaiveDate::MIN
}

/// Parses a moment outside of the years 1 to 9999.
pub(crate) fn moment(text: &str) -> Option<Value> {
    match text {
        INFINITY => return Some(Value::Instant(DateTime::<Utc>::MAX_UTC)),
        MINUS_INFINITY => return Some(Value::Instant(DateTime::<Utc>::MIN_UTC)),
        _ => {}
    }
    let (date, rest) = date_text(text)?;
    let (rest, is_before) = without_era(rest);
    let (time_of_day, offset) = clock_text(rest)?;
    match date.of_era(is_before) {
        Some(day) => {
            let local = day.and_time(time_of_day);
            let moment = local.checked_sub_offset(chrono::FixedOffset::east_opt(offset)?)?;
            Some(Value::Instant(moment.and_utc())).filter(|_| date.is_distant(is_before))
        }
        // the last moment of PostgreSQL
        None => (!is_before && date.year <= 294_276 && offset == 0).then(|| Value::Text(text.to_owned())),
    }
}

/// Parses a moment of a year after 9999.
pub(crate) fn moment_after_9999(text: &str) -> Option<DateTime<Utc>> {
    match moment(text)? {
        Value::Instant(moment) if !is_infinite(moment) && moment.year() > 9999 => Some(moment),
        _ => None,
    }
}

/// Parses a day outside of the years 1 to 9999.
pub(crate) fn day(text: &str) -> Option<Value> {
    match text {
        INFINITY => return Some(Value::Day(NaiveDate::MAX)),
        MINUS_INFINITY => return Some(Value::Day(NaiveDate::MIN)),
        _ => {}
    }
    let (date, rest) = date_text(text)?;
    let ("", is_before) = without_era(rest) else {
        return None;
    };
    match date.of_era(is_before) {
        Some(day) => Some(Value::Day(day)).filter(|_| date.is_distant(is_before)),
        // the last day of PostgreSQL
        None => (!is_before && date.year <= 5_874_897).then(|| Value::Text(text.to_owned())),
    }
}

/// The text of a moment.
pub(crate) fn moment_text(moment: DateTime<Utc>, digits: SecondsFormat) -> String {
    if moment == DateTime::<Utc>::MAX_UTC {
        return INFINITY.to_owned();
    }
    if moment == DateTime::<Utc>::MIN_UTC {
        return MINUS_INFINITY.to_owned();
    }
    let usual = moment.to_rfc3339_opts(digits, true);
    match moment.year_ce() {
        (true, ..=9999) => usual,
        (true, _) => usual.trim_start_matches('+').to_owned(),
        (false, year) => format!("{year:04}-{} BC", moment.format("%m-%d %H:%M:%S%.f")),
    }
}

/// The text of a day.
pub(crate) fn day_text(day: NaiveDate) -> String {
    if day == NaiveDate::MAX {
        return INFINITY.to_owned();
    }
    if day == NaiveDate::MIN {
        return MINUS_INFINITY.to_owned();
    }
    let (is_common, year) = day.year_ce();
    let era = if is_common { "" } else { " BC" };
    format!("{year:04}-{}{era}", day.format("%m-%d"))
}

/// A date of any era.
struct Date {
    year: i32,
    month: u32,
    day: u32,
}

impl Date {
    /// `None` for a year that `chrono` does not have.
    fn of_era(&self, is_before: bool) -> Option<NaiveDate> {
        let year = if is_before { 1 - self.year } else { self.year };
        NaiveDate::from_ymd_opt(year, self.month, self.day)
    }

    fn is_distant(&self, is_before: bool) -> bool {
        is_before || self.year > 9999
    }
}

/// Splits `YYYY-MM-DD`, whose year has four to seven digits, from the rest of the text.
fn date_text(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = text.split_once('-')?;
    let (month_and_day, rest) = rest.split_at_checked(5)?;
    let (month, day) = month_and_day.split_once('-').filter(|(month, _)| month.len() == 2)?;
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = year.len() > 4 && year.starts_with('0');
    if !(4..=7).contains(&year.len()) || has_zeros || ![year, month, day].into_iter().all(is_number) {
        return None;
    }
    let date = Date {
        year: year.parse().ok().filter(|year| *year > 0)?,
        month: month.parse().ok()?,
        day: day.parse().ok()?,
    };
    // the calendar repeats after 400 years
    let is_before = rest.ends_with(BEFORE);
    let year = if is_before { 1 - date.year } else { date.year };
    NaiveDate::from_ymd_opt(2000 + year.rem_euclid(400), date.month, date.day)?;
    // the calendar of PostgreSQL begins in November 4713 BC
    let is_too_early = is_before && (-date.year, date.month, date.day) < (-4713, 11, 24);
    (!is_too_early).then_some((date, rest))
}

const BEFORE: &str = " BC";

fn without_era(text: &str) -> (&str, bool) {
    match text.strip_suffix(BEFORE) {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment_again(text: &str) -> Option<String> {
        moment(text).map(|value| value.to_string())
    }

    #[test]
    fn moments_are_parsed_as_postgres_prints_them() {
        for text in [
            "infinity",
            "-infinity",
            "0044-03-15 10:00:00 BC",
            "0001-12-31 23:59:59.500 BC",
            "4713-12-01 00:00:00 BC",
            "0005-02-29 00:00:00 BC",
            "10000-01-01T00:00:00Z",
            "12000-12-12T00:00:00.123456Z",
            "294276-12-31T23:59:59.999999Z",
        ] {
            assert_eq!(moment_again(text).as_deref(), Some(text));
        }
        assert_eq!(
            moment_again("0044-03-15T10:00:00+00:00 BC").as_deref(),
            Some("0044-03-15 10:00:00 BC")
        );
        for bad in [
            "",
            "Infinity",
            "infinity ",
            "2024-05-15T10:30:00Z",
            "0044-03-15",
            "0044-03-15 BC",
            "0000-03-15 10:00:00 BC",
            "0004-02-29 00:00:00 BC",
            "4713-11-01 00:00:00 BC",
            "9999-01-01 00:00:00 BC",
            "294277-01-01T00:00:00Z",
            "12000-13-12T00:00:00Z",
            "012000-12-12T00:00:00Z",
            "12000-12-12T00:00:00Z; DROP TABLE a",
            "99999999-12-12T00:00:00Z",
        ] {
            assert_eq!(moment_again(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_parsed_as_postgres_prints_them() {
        for text in ["infinity", "-infinity", "0044-03-15 BC", "12000-12-12", "5874897-12-31"] {
            assert_eq!(day(text).map(|value| value.to_string()).as_deref(), Some(text));
        }
        for bad in [
            "",
            "2024-05-15",
            "0044-03-15 bc",
            "5874898-01-01",
            "10000-02-30",
            "12000-12-12T00:00:00Z",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }
}
