//! Instants, days and times of day, in the forms in which clients send them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde_json::Value;

use super::shape;
use super::value::{FieldInput, FieldValue, InvalidValue};

fn text_of<T>(input: FieldInput<'_>, what: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, InvalidValue> {
    let value = input.scalar()?;
    value
        .as_str()
        .and_then(read)
        .ok_or_else(|| InvalidValue::expected(what, &value))
}

/// The text of a message about a moment.
pub(crate) const INSTANT: &str = "a date and time such as 2024-05-15T10:30:00.000Z";

/// An instant in ISO 8601: RFC 3339, also without seconds, and with an offset of hours alone or without a colon. The offset is
/// required.
pub(crate) fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant);
    }
    let (day, time) = text.split_once('T')?;
    let (time, offset) = time.split_at(time.find(['Z', '+', '-'])?);
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let (hours, minutes) = match (offset.len(), offset.split_at_checked(3)) {
        (3, Some((hours, _))) => (hours, ":00".to_owned()),
        (5, Some((hours, minutes))) => (hours, format!(":{minutes}")),
        _ => (offset, String::new()),
    };
    DateTime::parse_from_rfc3339(&format!("{day}T{time}{seconds}{hours}{minutes}")).ok()
}

/// A time of day, with or without seconds and their fraction.
pub(crate) fn plain_time(text: &str) -> Option<NaiveTime> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'));
    let read = |format| NaiveTime::parse_from_str(text, format).ok().filter(|_| is_plain);
    read("%H:%M:%S%.f").or_else(|| read("%H:%M"))
}

impl FieldValue for DateTime<Utc> {
    type Shape = shape::Date;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        text_of(input, INSTANT, instant).map(|instant| instant.with_timezone(&Utc))
    }

    fn plain_json(instant: Self) -> Value {
        Value::String(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FieldValue for DateTime<FixedOffset> {
    type Shape = shape::Date;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        text_of(input, INSTANT, instant)
    }

    fn plain_json(instant: Self) -> Value {
        Value::String(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FieldValue for NaiveDate {
    type Shape = shape::Dateonly;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        // the day of an instant depends on a time zone
        text_of(input, "a day such as 2024-05-15, without a time", |day| {
            // the parser also takes signs and blanks, which do not survive being written
            NaiveDate::parse_from_str(day, "%Y-%m-%d")
                .ok()
                .filter(|read| read.to_string() == day)
        })
    }

    fn plain_json(day: Self) -> Value {
        Value::String(day.format("%Y-%m-%d").to_string())
    }
}

impl FieldValue for NaiveTime {
    type Shape = shape::Time;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        text_of(input, "a time such as 10:30 or 10:30:00", plain_time)
    }

    fn plain_json(time: Self) -> Value {
        Value::String(time.format("%H:%M:%S").to_string())
    }
}
