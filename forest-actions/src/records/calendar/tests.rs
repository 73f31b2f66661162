//! Intervals in different time zones, and the limits of the calendar.

use serde_json::json;

use super::super::operator::every_operator;
use super::*;

/// An interval as text, with `[` and `]` for inclusive ends and `)` for an exclusive one.
fn interval(now: &str, zone: &str, operator: &str, x: i64, is_day: bool) -> String {
    let calendar = Calendar::new(now.parse().unwrap(), zone.parse().unwrap());
    interval_of(calendar, operator, x, is_day)
}

fn interval_of(calendar: Calendar, operator: &str, x: i64, is_day: bool) -> String {
    let tests = calendar.tests(Operator::parse(operator).unwrap(), x, is_day).unwrap();
    let bounds: Vec<String> = tests
        .iter()
        .map(|test| match test {
            Test::GreaterOrEqual(value) => format!("[{value}"),
            Test::LessOrEqual(value) => format!("{value}]"),
            Test::Less(value) => format!("{value})"),
            other => panic!("{other:?}"),
        })
        .collect();
    bounds.join(" ")
}

fn moments(now: &str, zone: &str, operator: &str) -> String {
    interval(now, zone, operator, 0, false)
}

const NOW: &str = "2024-05-15T10:30:00Z";

#[test]
fn every_operator_in_utc() {
    for (operator, x, expected) in [
        ("today", 0, "[2024-05-15T00:00:00Z 2024-05-16T00:00:00Z)"),
        ("yesterday", 0, "[2024-05-14T00:00:00Z 2024-05-15T00:00:00Z)"),
        ("previous_week", 0, "[2024-05-06T00:00:00Z 2024-05-13T00:00:00Z)"),
        ("previous_month", 0, "[2024-04-01T00:00:00Z 2024-05-01T00:00:00Z)"),
        ("previous_quarter", 0, "[2024-01-01T00:00:00Z 2024-04-01T00:00:00Z)"),
        ("previous_year", 0, "[2023-01-01T00:00:00Z 2024-01-01T00:00:00Z)"),
        (
            "previous_week_to_date",
            0,
            "[2024-05-13T00:00:00Z 2024-05-15T10:30:00Z]",
        ),
        (
            "previous_month_to_date",
            0,
            "[2024-05-01T00:00:00Z 2024-05-15T10:30:00Z]",
        ),
        (
            "previous_quarter_to_date",
            0,
            "[2024-04-01T00:00:00Z 2024-05-15T10:30:00Z]",
        ),
        (
            "previous_year_to_date",
            0,
            "[2024-01-01T00:00:00Z 2024-05-15T10:30:00Z]",
        ),
        ("previous_x_days", 3, "[2024-05-12T00:00:00Z 2024-05-15T00:00:00Z)"),
        ("previous_x_days", 0, "[2024-05-15T00:00:00Z 2024-05-15T00:00:00Z)"),
        (
            "previous_x_days_to_date",
            3,
            "[2024-05-13T00:00:00Z 2024-05-15T10:30:00Z]",
        ),
        ("past", 0, "2024-05-15T10:30:00Z]"),
        ("future", 0, "[2024-05-15T10:30:00Z"),
        ("before_x_hours_ago", 3, "2024-05-15T07:30:00Z]"),
        ("after_x_hours_ago", 12, "[2024-05-14T22:30:00Z"),
        ("after_x_hours_ago", -12, "[2024-05-15T22:30:00Z"),
    ] {
        assert_eq!(interval(NOW, "UTC", operator, x, false), expected, "{operator}");
    }
}

#[test]
fn every_period_has_one_before_it() {
    let before = Calendar::new(NOW.parse().unwrap(), Tz::UTC).before();
    for (operator, x, expected) in [
        ("today", 0, "[2024-05-14T00:00:00Z 2024-05-15T00:00:00Z)"),
        ("yesterday", 0, "[2024-05-13T00:00:00Z 2024-05-14T00:00:00Z)"),
        ("previous_week", 0, "[2024-04-29T00:00:00Z 2024-05-06T00:00:00Z)"),
        ("previous_month", 0, "[2024-03-01T00:00:00Z 2024-04-01T00:00:00Z)"),
        ("previous_quarter", 0, "[2023-10-01T00:00:00Z 2024-01-01T00:00:00Z)"),
        ("previous_year", 0, "[2022-01-01T00:00:00Z 2023-01-01T00:00:00Z)"),
        (
            "previous_week_to_date",
            0,
            "[2024-05-06T00:00:00Z 2024-05-08T10:30:00Z]",
        ),
        (
            "previous_month_to_date",
            0,
            "[2024-04-01T00:00:00Z 2024-04-15T10:30:00Z]",
        ),
        (
            "previous_quarter_to_date",
            0,
            "[2024-01-01T00:00:00Z 2024-02-15T10:30:00Z]",
        ),
        (
            "previous_year_to_date",
            0,
            "[2023-01-01T00:00:00Z 2023-05-15T10:30:00Z]",
        ),
        ("previous_x_days", 3, "[2024-05-09T00:00:00Z 2024-05-12T00:00:00Z)"),
        (
            "previous_x_days_to_date",
            3,
            "[2024-05-10T00:00:00Z 2024-05-12T10:30:00Z]",
        ),
        ("past", 0, "2024-05-15T10:30:00Z]"),
        ("after_x_hours_ago", 12, "[2024-05-14T22:30:00Z"),
    ] {
        assert_eq!(interval_of(before, operator, x, false), expected, "{operator}");
    }
    for operator in every_operator().filter(|operator| operator.is_period()) {
        let days = interval_of(before, operator.as_str(), 2, true);
        assert!(days.starts_with('[') && days.len() > 12, "{operator:?}: {days}");
    }
}

#[test]
fn the_period_before_ends_at_the_same_time_of_a_day_that_exists() {
    for (now, zone, operator, expected) in [
        // February has no 31st
        (
            "2024-03-31T10:00:00Z",
            "UTC",
            "previous_month_to_date",
            "[2024-02-01T00:00:00Z 2024-02-29T10:00:00Z]",
        ),
        // noon of Paris, in winter and in summer
        (
            "2024-04-15T10:00:00Z",
            "Europe/Paris",
            "previous_month_to_date",
            "[2024-02-29T23:00:00Z 2024-03-15T11:00:00Z]",
        ),
        // half past two of the day before did not exist
        (
            "2024-04-01T00:30:00Z",
            "Europe/Paris",
            "previous_x_days_to_date",
            "[2024-03-30T23:00:00Z 2024-03-31T01:00:00Z]",
        ),
    ] {
        let before = Calendar::new(now.parse().unwrap(), zone.parse().unwrap()).before();
        assert_eq!(
            interval_of(before, operator, 1, false),
            expected,
            "{now} {zone} {operator}"
        );
    }
}

#[test]
fn sel_14_days_are_compared_with_the_days_of_the_caller() {
    // one in the morning in Paris, and the day before in New York and UTC
    let now = "2024-05-14T23:00:00Z";
    for (zone, operator, x, expected) in [
        ("Europe/Paris", "today", 0, "[2024-05-15 2024-05-16)"),
        ("UTC", "today", 0, "[2024-05-14 2024-05-15)"),
        ("America/New_York", "today", 0, "[2024-05-14 2024-05-15)"),
        ("Europe/Paris", "previous_month", 0, "[2024-04-01 2024-05-01)"),
        ("Europe/Paris", "previous_week_to_date", 0, "[2024-05-13 2024-05-15]"),
        ("Europe/Paris", "past", 0, "2024-05-15]"),
        ("Europe/Paris", "future", 0, "[2024-05-15"),
        ("UTC", "future", 0, "[2024-05-14"),
        ("Europe/Paris", "before_x_hours_ago", 1, "2024-05-15]"),
        ("Europe/Paris", "before_x_hours_ago", 2, "2024-05-14]"),
        ("UTC", "after_x_hours_ago", 24, "[2024-05-13"),
        ("Asia/Tokyo", "after_x_hours_ago", 24, "[2024-05-14"),
        ("Europe/Paris", "previous_x_days", 1, "[2024-05-14 2024-05-15)"),
        ("Europe/Paris", "previous_x_days_to_date", 1, "[2024-05-15 2024-05-15]"),
    ] {
        assert_eq!(interval(now, zone, operator, x, true), expected, "{zone} {operator}");
    }
}

#[test]
fn days_that_clock_changes_make_longer_or_shorter() {
    for (now, zone, operator, expected) in [
        // 23 hours: the change is at two
        (
            "2024-03-31T10:00:00Z",
            "Europe/Paris",
            "today",
            "[2024-03-30T23:00:00Z 2024-03-31T22:00:00Z)",
        ),
        // 25 hours
        (
            "2024-10-27T10:00:00Z",
            "Europe/Paris",
            "today",
            "[2024-10-26T22:00:00Z 2024-10-27T23:00:00Z)",
        ),
        // a year whose first day has another offset than today
        (
            NOW,
            "Europe/Paris",
            "previous_year",
            "[2022-12-31T23:00:00Z 2023-12-31T23:00:00Z)",
        ),
        (
            NOW,
            "Europe/Paris",
            "previous_month",
            "[2024-03-31T22:00:00Z 2024-04-30T22:00:00Z)",
        ),
        (
            "2024-03-10T12:00:00Z",
            "America/New_York",
            "today",
            "[2024-03-10T05:00:00Z 2024-03-11T04:00:00Z)",
        ),
        (
            "2024-11-03T12:00:00Z",
            "America/New_York",
            "today",
            "[2024-11-03T04:00:00Z 2024-11-04T05:00:00Z)",
        ),
        // half an hour, and never a change
        (
            NOW,
            "Asia/Kolkata",
            "today",
            "[2024-05-14T18:30:00Z 2024-05-15T18:30:00Z)",
        ),
        // changes by half an hour
        (
            "2024-04-07T02:00:00Z",
            "Australia/Lord_Howe",
            "today",
            "[2024-04-06T13:00:00Z 2024-04-07T13:30:00Z)",
        ),
        (
            "2024-10-06T02:00:00Z",
            "Australia/Lord_Howe",
            "today",
            "[2024-10-05T13:30:00Z 2024-10-06T13:00:00Z)",
        ),
        // no midnight: the day begins at one
        (
            "2018-11-04T12:00:00Z",
            "America/Sao_Paulo",
            "today",
            "[2018-11-04T03:00:00Z 2018-11-05T02:00:00Z)",
        ),
        // the last hour of the 17th comes twice, and midnight once
        (
            "2018-02-18T12:00:00Z",
            "America/Sao_Paulo",
            "today",
            "[2018-02-18T03:00:00Z 2018-02-19T03:00:00Z)",
        ),
        (
            "2018-02-18T12:00:00Z",
            "America/Sao_Paulo",
            "yesterday",
            "[2018-02-17T02:00:00Z 2018-02-18T03:00:00Z)",
        ),
        // midnight comes twice: the first one begins the day
        (
            "2023-11-05T12:00:00Z",
            "America/Havana",
            "today",
            "[2023-11-05T04:00:00Z 2023-11-06T05:00:00Z)",
        ),
        // Samoa had no 30 December 2011
        (
            "2011-12-30T12:00:00Z",
            "Pacific/Apia",
            "today",
            "[2011-12-30T10:00:00Z 2011-12-31T10:00:00Z)",
        ),
        (
            "2011-12-30T12:00:00Z",
            "Pacific/Apia",
            "yesterday",
            "[2011-12-30T10:00:00Z 2011-12-30T10:00:00Z)",
        ),
    ] {
        assert_eq!(moments(now, zone, operator), expected, "{now} {zone} {operator}");
    }
}

#[test]
fn boundaries_of_weeks_months_and_years() {
    for (now, operator, expected) in [
        // a Sunday belongs to the week that began on Monday
        (
            "2024-05-12T12:00:00Z",
            "previous_week",
            "[2024-04-29T00:00:00Z 2024-05-06T00:00:00Z)",
        ),
        (
            "2024-05-13T00:00:00Z",
            "previous_week",
            "[2024-05-06T00:00:00Z 2024-05-13T00:00:00Z)",
        ),
        (
            "2024-05-31T12:00:00Z",
            "previous_month",
            "[2024-04-01T00:00:00Z 2024-05-01T00:00:00Z)",
        ),
        (
            "2024-03-31T12:00:00Z",
            "previous_month",
            "[2024-02-01T00:00:00Z 2024-03-01T00:00:00Z)",
        ),
        (
            "2024-01-10T12:00:00Z",
            "previous_month",
            "[2023-12-01T00:00:00Z 2024-01-01T00:00:00Z)",
        ),
        (
            "2024-01-10T12:00:00Z",
            "previous_quarter",
            "[2023-10-01T00:00:00Z 2024-01-01T00:00:00Z)",
        ),
        (
            "2024-12-31T23:59:59.999Z",
            "previous_quarter_to_date",
            "[2024-10-01T00:00:00Z 2024-12-31T23:59:59.999Z]",
        ),
        (
            "2025-01-01T00:00:00Z",
            "previous_year",
            "[2024-01-01T00:00:00Z 2025-01-01T00:00:00Z)",
        ),
        (
            "2025-01-01T00:00:00Z",
            "previous_week_to_date",
            "[2024-12-30T00:00:00Z 2025-01-01T00:00:00Z]",
        ),
        (
            "2024-02-29T12:00:00Z",
            "today",
            "[2024-02-29T00:00:00Z 2024-03-01T00:00:00Z)",
        ),
        (
            "2024-02-29T12:00:00Z",
            "previous_year",
            "[2023-01-01T00:00:00Z 2024-01-01T00:00:00Z)",
        ),
        (
            "2023-03-01T12:00:00Z",
            "yesterday",
            "[2023-02-28T00:00:00Z 2023-03-01T00:00:00Z)",
        ),
    ] {
        assert_eq!(moments(now, "UTC", operator), expected, "{now} {operator}");
    }
}

#[test]
fn x_is_the_leading_integer() {
    for (json, expected) in [
        (json!(3), Some(3)),
        (json!("3"), Some(3)),
        (json!("3abc"), Some(3)),
        (json!(" 3 days"), Some(3)),
        (json!(1.9), Some(1)),
        (json!("1.9"), Some(1)),
        (json!(-2), Some(-2)),
        (json!(-2.5), Some(-2)),
        (json!("+4"), Some(4)),
        (json!(1e3), Some(1000)),
        (json!(1_000_000), Some(1_000_000)),
        (json!(1_000_001), None),
        (json!(i64::MIN), None),
        (json!(u64::MAX), None),
        (json!(1e300), None),
        (json!("99999999999999999999"), None),
        (json!("abc"), None),
        (json!(""), None),
        (json!("-"), None),
        (json!("é3"), None),
        (json!(null), None),
        (json!(true), None),
        (json!([3]), None),
    ] {
        assert_eq!(x_of(&json), expected, "{json}");
    }
}

#[test]
fn extreme_clocks_zones_and_numbers_stay_within_the_calendar() {
    let moments = [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        first_moment(),
        last_moment(),
        DateTime::UNIX_EPOCH,
        NOW.parse().unwrap(),
    ];
    let (first, last) = (first_moment(), last_moment());
    let mut checked = 0;
    for zone in chrono_tz::TZ_VARIANTS {
        for now in moments {
            let calendar = Calendar::new(now, zone);
            for operator in every_operator() {
                for x in [0, 1, -1, MAX_X, -MAX_X, i64::MAX, i64::MIN] {
                    for is_day in [false, true] {
                        for test in calendar.tests(operator, x, is_day).unwrap_or_default() {
                            let (Test::GreaterOrEqual(value) | Test::LessOrEqual(value) | Test::Less(value)) = test
                            else {
                                panic!("another test");
                            };
                            match value {
                                Value::Instant(moment) => assert!((first..=last).contains(&moment)),
                                Value::Day(day) => assert!((first_day()..=last_day()).contains(&day)),
                                other => panic!("{other:?}"),
                            }
                            checked += 1;
                        }
                    }
                    if !operator.needs_x() {
                        break;
                    }
                }
            }
        }
    }
    assert!(checked > 100_000);
}

#[test]
fn days_begin_in_order_in_every_zone() {
    for zone in [
        "Europe/Paris",
        "America/Sao_Paulo",
        "America/Havana",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Monrovia",
        "Asia/Tehran",
        "America/Scoresbysund",
        "Pacific/Kiritimati",
        "Antarctica/Troll",
    ] {
        let zone: Tz = zone.parse().unwrap();
        let local = |moment: DateTime<Utc>| moment.with_timezone(&zone).naive_local();
        let calendar = Calendar::new(DateTime::UNIX_EPOCH, zone);
        let mut day = NaiveDate::from_ymd_opt(1899, 12, 1).unwrap();
        let mut start = calendar.start_of(day);
        while day.year() < 2040 {
            day = day.succ_opt().unwrap();
            let next = calendar.start_of(day);
            let hours = (next - start).num_hours();
            assert!((0..=48).contains(&hours), "{zone} {day}: {hours}");
            assert!(local(next).date() >= day, "{zone} {day}");
            let just_before = local(next - TimeDelta::seconds(1));
            assert!(just_before.date() < day, "{zone} {day}: {just_before}");
            start = next;
        }
    }
}

#[test]
fn zones_are_found_by_name_and_by_offset() {
    for (name, zone) in [
        ("Europe/Paris", Tz::Europe__Paris),
        ("europe/paris", Tz::Europe__Paris),
        ("UTC", Tz::UTC),
        ("Etc/Unknown", Tz::UTC),
        ("+05:30", Tz::Asia__Kolkata),
        (" 05:30", Tz::Asia__Kolkata),
        ("+0530", Tz::Asia__Kolkata),
        ("UTC+05:45", Tz::Asia__Kathmandu),
        ("-09:30", Tz::Pacific__Marquesas),
        ("-08:00", Tz::Etc__GMTPlus8),
        ("UTC+2", Tz::Etc__GMTMinus2),
        ("gmt-3", Tz::Etc__GMTPlus3),
        ("+14", Tz::Etc__GMTMinus14),
        ("+00:00", Tz::UTC),
        ("UTC+0", Tz::UTC),
    ] {
        assert_eq!(zone_named(name), Some(zone), "{name}");
    }
    // these zones do not change their clocks
    let winter: DateTime<Utc> = "2025-01-15T12:00:00Z".parse().unwrap();
    let summer: DateTime<Utc> = "2025-07-15T12:00:00Z".parse().unwrap();
    for (minutes, zone) in PARTIAL_HOURS {
        for moment in [winter, summer] {
            let local = moment.with_timezone(&zone).naive_local();
            assert_eq!((local - moment.naive_utc()).num_minutes(), i64::from(minutes), "{zone}");
        }
    }
    for bad in [
        "",
        "+",
        "UTC+",
        "Mars/Base",
        "+15:00",
        "-13",
        "+05:17",
        "+5:3",
        "+05:60",
        "+123",
        "+12:345",
        "05:30",
        "+٣",
        "UTC+2; DROP",
        "é+2",
    ] {
        assert_eq!(zone_named(bad), None, "{bad}");
    }
}
