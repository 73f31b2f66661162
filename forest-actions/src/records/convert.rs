//! Conversion of the JSON of a filter's value to the type of its field.
//!
//! Moments without an offset are UTC, as in the reference agent, so that a shared link shows the same records to each user.
//! A moment that is sent for a day is converted to its day in UTC. The caller's time zone only affects date operators.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::distant;
use super::value::{Decimal, Value};
use super::value_type::ValueType;

/// The expected value, such as "a number".
pub(super) type Expected = &'static str;

const NUMBER: Expected = "a number";
const TEXT: Expected = "a text";
const BOOLEAN: Expected = "true or false";
const UUID: Expected = "a UUID";
const INSTANT: Expected = "a date and time such as 2024-05-15T10:30:00.000Z";
const DAY: Expected = "a date such as 2024-05-15";
const TIME: Expected = "a time such as 10:30 or 10:30:00";
const LIST: Expected = "a list";
const NOTHING: Expected = "no value, because values of this type cannot be compared";

/// Converts a JSON value that is not null. With `numbers_are_text`, a text field accepts numbers and booleans by their
/// JSON text.
pub(super) fn convert(value_type: &ValueType, json: &Json, numbers_are_text: bool) -> Result<Value, Expected> {
    match value_type {
        // an outdated list of enumeration values must not make a filter fail; an unlisted value matches no record
        ValueType::Text | ValueType::Enum => match json {
            Json::String(text) => Ok(Value::Text(text.clone())),
            Json::Number(_) | Json::Bool(_) if numbers_are_text => Ok(Value::Text(json.to_string())),
            _ => Err(TEXT),
        },
        ValueType::Integer => {
            let number = decimal(json).ok_or(NUMBER)?;
            Ok(number.to_i64().map_or(Value::Decimal(number), Value::Integer))
        }
        ValueType::Decimal => decimal(json).map(Value::Decimal).ok_or(NUMBER),
        ValueType::Boolean => boolean(json).map(Value::Boolean).ok_or(BOOLEAN),
        ValueType::Uuid => text_of(json).and_then(uuid).ok_or(UUID),
        ValueType::Instant => text_of(json)
            .and_then(|text| instant(text).map(Value::Instant).or_else(|| distant::moment(text)))
            .ok_or(INSTANT),
        ValueType::Day => text_of(json)
            .and_then(|text| day(text).map(Value::Day).or_else(|| distant::day(text)))
            .ok_or(DAY),
        ValueType::Time => text_of(json).and_then(time).map(Value::Time).ok_or(TIME),
        ValueType::Json => Ok(Value::Json(json.clone())),
        ValueType::List(element) => {
            let Json::Array(values) = json else { return Err(LIST) };
            values
                .iter()
                .map(|value| convert(element, value, numbers_are_text))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        ValueType::Point | ValueType::Binary => Err(NOTHING),
    }
}

fn text_of(json: &Json) -> Option<&str> {
    json.as_str().map(str::trim)
}

/// Texts keep integers of any size exact; JSON numbers are exact up to 64 bits.
fn decimal(json: &Json) -> Option<Decimal> {
    match json {
        Json::Number(number) => Decimal::parse(&number.to_string()),
        Json::String(text) => Decimal::parse(text.trim()),
        _ => None,
    }
}

fn boolean(json: &Json) -> Option<bool> {
    if let Json::Bool(flag) = json {
        return Some(*flag);
    }
    let text = text_of(json)?;
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A hyphenated UUID, in upper or lower case.
pub(super) fn uuid(text: &str) -> Option<Value> {
    // the crate also parses braces, URNs and bare hex, which have another length
    if text.len() != 36 {
        return None;
    }
    let value = Uuid::try_parse(text).ok()?;
    Some(Value::Uuid {
        value,
        sent: text.to_owned(),
    })
}

/// `2024-05-15T10:30:00.000Z`. The `T` may be a blank, a blank may precede the offset, and seconds, offset or the whole
/// time of day may be left out. Years are limited to 1 to 9999, which every store supports.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let moment = match day_text(text) {
        Some((date, "")) => date.and_time(NaiveTime::MIN).and_utc(),
        Some((date, rest)) => {
            let (time_of_day, offset) = clock_text(rest)?;
            let local = date.and_time(time_of_day);
            local
                .checked_sub_offset(chrono::FixedOffset::east_opt(offset)?)?
                .and_utc()
        }
        None => return None,
    };
    is_supported(moment.naive_utc()).then_some(moment)
}

/// A day, or the day of a moment in UTC.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    instant(text).map(|moment| moment.date_naive())
}

fn is_supported(moment: NaiveDateTime) -> bool {
    (1..=9999).contains(&moment.year())
}

/// Splits `YYYY-MM-DD` from the rest of the text.
fn day_text(text: &str) -> Option<(NaiveDate, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    // the parser also accepts signs, blanks and shorter numbers
    let is_plain = date.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok().filter(|_| is_plain)?;
    Some((date, rest))
}

/// The time of day after a day, and its offset from UTC in seconds.
pub(super) fn clock_text(text: &str) -> Option<(NaiveTime, i32)> {
    let text = text.strip_prefix(['T', 't', ' '])?;
    let clock_length = text
        .bytes()
        .take_while(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'))
        .count();
    let (clock, offset) = text.split_at_checked(clock_length)?;
    Some((time(clock)?, offset_seconds(offset.trim_start())?))
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fff`.
fn time(text: &str) -> Option<NaiveTime> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'));
    let format = match text.len() {
        5 => "%H:%M",
        8.. => "%H:%M:%S%.f",
        _ => return None,
    };
    NaiveTime::parse_from_str(text, format)
        .ok()
        // not every store supports leap seconds
        .filter(|time| is_plain && time.nanosecond() < 1_000_000_000)
}

/// Nothing, `Z`, `+02`, `+0200` or `+02:00`.
fn offset_seconds(text: &str) -> Option<i32> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    let number = |digits: &str| {
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i32>().ok().filter(|_| is_plain)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(value_type: &ValueType, json: Json) -> Result<String, Expected> {
        convert(value_type, &json, false).map(|value| format!("{value:?}"))
    }

    fn instant_text(text: &str) -> Option<String> {
        instant(text).map(|moment| moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn sel_07_numbers_are_exact_from_json_and_from_text() {
        for (json, expected) in [
            (json!(42), "Integer(42)"),
            (json!("42"), "Integer(42)"),
            (json!(" 42 "), "Integer(42)"),
            (json!(15.0), "Integer(15)"),
            (json!("9007199254740993"), "Integer(9007199254740993)"),
            (json!(9_007_199_254_740_993_i64), "Integer(9007199254740993)"),
            (json!("1.5"), "Decimal(Decimal(\"1.5\"))"),
            (json!(u64::MAX), "Decimal(Decimal(\"18446744073709551615\"))"),
            (
                json!("99999999999999999999"),
                "Decimal(Decimal(\"99999999999999999999\"))",
            ),
        ] {
            assert_eq!(
                value(&ValueType::Integer, json.clone()),
                Ok(expected.to_owned()),
                "{json}"
            );
        }
        assert_eq!(
            value(&ValueType::Decimal, json!("10.00")).unwrap(),
            "Decimal(Decimal(\"10.00\"))"
        );
        assert_eq!(
            value(&ValueType::Decimal, json!(1e22)).unwrap(),
            "Decimal(Decimal(\"10000000000000000000000\"))"
        );
        for json in [
            json!("abc"),
            json!(""),
            json!(true),
            json!([1]),
            json!({}),
            json!("0x10"),
            json!("Infinity"),
            json!("1;DROP TABLE a"),
        ] {
            assert_eq!(value(&ValueType::Integer, json.clone()), Err(NUMBER), "{json}");
            assert_eq!(value(&ValueType::Decimal, json), Err(NUMBER));
        }
    }

    #[test]
    fn sel_07_texts_booleans_and_uuids_are_parsed_strictly() {
        let text = ValueType::Text;
        assert_eq!(value(&text, json!(" a ")).unwrap(), "Text(\" a \")");
        assert_eq!(value(&text, json!(42)), Err(TEXT));
        assert_eq!(convert(&text, &json!(42), true), Ok(Value::from("42")));
        assert_eq!(convert(&text, &json!([]), true), Err(TEXT));
        for (json, flag) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("TRUE"), true),
            (json!("1"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("0"), false),
        ] {
            assert_eq!(
                convert(&ValueType::Boolean, &json, false),
                Ok(Value::Boolean(flag)),
                "{json}"
            );
        }
        for json in [json!(1), json!(0), json!("yes"), json!(""), json!([])] {
            assert_eq!(value(&ValueType::Boolean, json), Err(BOOLEAN));
        }
        let upper = "C0000000-0000-4000-8000-00000000000A";
        let Ok(Value::Uuid { value: read, sent }) = convert(&ValueType::Uuid, &json!(upper), false) else {
            panic!("no UUID");
        };
        assert_eq!((read.to_string(), sent.as_str()), (upper.to_lowercase(), upper));
        for bad in [
            "",
            "c0000000000040008000000000000001",
            "{c0000000-0000-4000-8000-000000000001}",
            "c0000000-0000-4000-8000-00000000000g",
            "urn:uuid:c0000000-0000-4000-8000-000000000001",
            "c00000000-000-4000-8000-000000000001",
        ] {
            assert_eq!(value(&ValueType::Uuid, json!(bad)), Err(UUID), "{bad}");
        }
    }

    #[test]
    fn moments_are_parsed_in_every_usual_spelling() {
        for (text, expected) in [
            ("2024-05-15T10:30:00.000Z", "2024-05-15T10:30:00Z"),
            ("2024-05-15t10:30:00z", "2024-05-15T10:30:00Z"),
            ("2024-05-15T23:59:59.999+00:00", "2024-05-15T23:59:59.999Z"),
            ("2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00Z"),
            ("2024-05-15T01:00:00-0330", "2024-05-15T04:30:00Z"),
            ("2024-05-15 10:30:00.123 +00:00", "2024-05-15T10:30:00.123Z"),
            ("2024-05-15 10:30:00+02", "2024-05-15T08:30:00Z"),
            ("2024-05-15 10:30:00", "2024-05-15T10:30:00Z"),
            ("2024-05-15T10:30", "2024-05-15T10:30:00Z"),
            ("2024-05-15", "2024-05-15T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(instant_text(text).as_deref(), Some(expected), "{text}");
        }
        for bad in [
            "",
            "not a date",
            "2024",
            "2024-05",
            "2024-5-15",
            "2023-02-29",
            "2024-13-01",
            "+2024-05-15",
            "0000-01-01",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "12024-05-15",
            "2024-05-15T",
            "2024-05-15T24:00:00Z",
            "2024-05-15T10:30:60Z",
            "2024-05-15T10:30:00 Europe/Paris",
            "2024-05-15T10:30:00+99:00",
            "2024-05-15T10:30:00++2:00",
            "2024-05-15T10:30:00+1:000",
            "2024-05-15T1030Z",
            "2024-05-15Z",
            "2024-05-1é",
            "２０２４-05-15",
            "2024-05-15'; DROP TABLE companies; --",
        ] {
            assert_eq!(instant_text(bad), None, "{bad}");
        }
        assert_eq!(value(&ValueType::Instant, json!(1_715_769_000)), Err(INSTANT));
    }

    #[test]
    fn sel_14_a_moment_for_a_day_becomes_its_day_in_utc() {
        for (text, expected) in [
            ("2024-05-15", "2024-05-15"),
            ("2024-05-15T22:00:00.000Z", "2024-05-15"),
            ("2024-05-16T00:30:00+02:00", "2024-05-15"),
            ("2024-05-14T23:30:00-05:00", "2024-05-15"),
            ("2024-05-15 10:30:00", "2024-05-15"),
        ] {
            assert_eq!(
                day(text).map(|day| day.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for bad in [
            "",
            "15/05/2024",
            "2024-05-15T",
            "2024-05-15Tnoon",
            "2024-05-15 ",
            "0000-01-01",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_lists_and_json_are_parsed_by_type() {
        let time_text = |text: &str| time(text).map(|time| time.to_string());
        assert_eq!(time_text("10:30").as_deref(), Some("10:30:00"));
        assert_eq!(time_text("23:59:59.5").as_deref(), Some("23:59:59.500"));
        for bad in [
            "",
            "1:30",
            "24:00",
            "10:30:60",
            "10:30:0",
            "10.30",
            "+1:30",
            "10:30:00Z",
            "10:30:00.",
        ] {
            assert_eq!(time_text(bad), None, "{bad}");
        }
        let list = ValueType::List(Box::new(ValueType::Integer));
        assert_eq!(value(&list, json!(["1", 2])).unwrap(), "List([Integer(1), Integer(2)])");
        assert_eq!(value(&list, json!("1,2")), Err(LIST));
        assert_eq!(value(&list, json!([null])), Err(NUMBER));
        assert_eq!(
            value(&ValueType::Json, json!({"a": 1})).unwrap(),
            "Json(Object {\"a\": Number(1)})"
        );
        assert_eq!(value(&ValueType::Point, json!([1, 2])), Err(NOTHING));
    }
}
