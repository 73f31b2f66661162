//! Moments, days and truth values of SQLite in the spellings of other programs.

use serde_json::{Value, json};

use super::{Database, Setup, sqlite};
use crate::support::Log;
use crate::support::records::{all_of, filter};

/// The ids that a filter finds; list, count and "select all" agree.
async fn found(database: &Database, field: &str, operator: &str, value: Value) -> Vec<String> {
    let mut parameters = filter(field, operator, value);
    parameters["page[size]"] = json!("50");
    parameters["page[number]"] = json!("1");
    let ids = database.ids(parameters.clone()).await;
    assert_eq!(
        database.count(parameters.clone()).await,
        ids.len() as u64,
        "{parameters}"
    );
    let mut sorted = ids.clone();
    sorted.sort();
    assert_eq!(database.acted("dump", all_of(parameters)).await, json!(sorted));
    sorted
}

async fn at_noon(statements: &[&str]) -> Database {
    let setup = Setup::sqlite(statements.iter().copied());
    let setup = setup.agent(|builder| builder.clock(|| "2024-05-15T12:00:00Z".parse().unwrap()));
    setup.start().await.unwrap()
}

/// The moment 2024-05-15T10:30:00.000Z in each spelling, then the second after it, no value, and texts that are no moment.
const MOMENTS: &[&str] = &[
    "CREATE TABLE items (id INTEGER PRIMARY KEY, at DATETIME)",
    "INSERT INTO items VALUES (10, 1715769000), (11, 1715769000000), (12, 1715769000000000), (13, 1715769000000000000),
        (14, 1715769000.0004), (15, 2460445.9375), (16, '2024-05-15 10:30:00'), (17, '2024-05-15T12:30:00.000+0200'),
        (18, '2024-05-15 12:30:00+02'), (19, '2024-05-15 10:30:00 UTC'), (20, '2024-05-15T10:30Z'),
        (21, '2024-05-15t10:30:00z'),
        (30, 1715769001000), (31, '2024-05-15 10:30:01'), (40, NULL), (50, '15/05/2024'), (51, 'May 15 2024'),
        (52, 20240515), (53, 'now')",
];

#[actix_web::test]
async fn sel_14_moments_are_read_in_each_unit_and_format() {
    let database = at_noon(MOMENTS).await;
    let all = || json!({"page[size]": "50", "page[number]": "1", "sort": "id"});
    let shown = database.column("at", all()).await;
    assert_eq!(shown[..12], vec![json!("2024-05-15T10:30:00.000Z"); 12]);
    assert_eq!(shown[12..14], ["2024-05-15T10:30:01.000Z", "2024-05-15T10:30:01.000Z"]);
    assert_eq!(
        shown[14..],
        [
            json!(null),
            json!("15/05/2024"),
            json!("May 15 2024"),
            json!(20_240_515),
            json!("now")
        ]
    );
    let same: Vec<String> = (10..=21).map(|id| id.to_string()).collect();
    let later: Vec<String> = ["30", "31"].map(str::to_owned).to_vec();
    let both = [same.clone(), later.clone()].concat();
    let moment = || json!("2024-05-15T10:30:00Z");
    for (operator, value, expected) in [
        ("equal", moment(), &same),
        ("not_equal", moment(), &later),
        ("before", json!("2024-05-15T10:30:01Z"), &same),
        ("after", moment(), &later),
        ("in", json!([moment(), "2024-01-01T00:00:00Z"]), &same),
        ("greater_than_or_equal", moment(), &both),
        ("past", json!(null), &both),
        ("today", json!(null), &both),
        ("before_x_hours_ago", json!(1), &both),
        ("previous_x_days_to_date", json!(2), &both),
        ("previous_year", json!(null), &Vec::new()),
        ("future", json!(null), &Vec::new()),
    ] {
        assert_eq!(&found(&database, "at", operator, value).await, expected, "{operator}");
    }
    assert_eq!(found(&database, "at", "blank", json!(null)).await, ["40"]);
    let csv = database.csv("id,at").await;
    assert!(
        csv[1..13]
            .iter()
            .all(|line| line.ends_with(",2024-05-15T12:30:00+02:00")),
        "{csv:?}"
    );
    let rows = database.acted("rows", json!({"ids": ["11", "15"]})).await;
    assert_eq!(rows[0]["at"], "2024-05-15T10:30:00.000Z");
    assert_eq!(rows[1]["at"], "2024-05-15T10:30:00.000Z");
}

#[actix_web::test]
async fn sel_14_days_are_read_in_each_unit_and_format() {
    let database = at_noon(&[
        "CREATE TABLE items (id INTEGER PRIMARY KEY, made DATE)",
        "INSERT INTO items VALUES (10, 1715731200), (11, 1715769000123), (12, '2024-05-15'), (13, '2024-05-15T23:00:00Z'),
            (14, 2460445.9375), (20, '2024-05-16'), (21, 1715817600000), (30, NULL), (40, 19858), (41, 20240515),
            (42, '15/05/2024')",
    ])
    .await;
    let shown = database
        .column("made", json!({"page[size]": "20", "page[number]": "1", "sort": "id"}))
        .await;
    assert_eq!(shown[..5], vec![json!("2024-05-15"); 5]);
    assert_eq!(shown[5..7], ["2024-05-16", "2024-05-16"]);
    assert_eq!(shown[8..], [json!(19_858), json!(20_240_515), json!("15/05/2024")]);
    let same = ["10", "11", "12", "13", "14"];
    assert_eq!(found(&database, "made", "equal", json!("2024-05-15")).await, same);
    assert_eq!(found(&database, "made", "today", json!(null)).await, same);
    assert_eq!(
        found(&database, "made", "in", json!(["2024-05-15", "2020-01-01"])).await,
        same
    );
    assert_eq!(
        found(&database, "made", "greater_than", json!("2024-05-15")).await,
        ["20", "21"]
    );
    assert_eq!(found(&database, "made", "before", json!("2024-05-16")).await, same);
    assert_eq!(
        database.csv("id,made").await[1..6],
        same.map(|id| format!("{id},2024-05-15"))
    );
}

#[actix_web::test]
async fn moments_are_sorted_by_meaning_in_a_column_of_texts_and_numbers() {
    let database = sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, at DATETIME, made DATE)",
        "CREATE INDEX by_at ON items(at)",
        "INSERT INTO items VALUES (1, '2024-05-15 10:30:00', '2024-05-15'), (2, '2022-05-15 10:30:00', '2022-05-15')",
    ])
    .await;
    let by = |field: &str| json!({"sort": field});
    assert_eq!(database.ids(by("at")).await, ["2", "1"]);
    // as another program writes later
    database
        .sql("INSERT INTO items VALUES (3, 1684146600000, 1684146600)")
        .await;
    for field in ["at", "made"] {
        assert_eq!(database.ids(by(field)).await, ["2", "3", "1"], "{field}");
        assert_eq!(database.ids(by(&format!("-{field}"))).await, ["1", "3", "2"], "{field}");
    }
    let since = filter("at", "after", json!("2023-01-01T00:00:00Z"));
    assert_eq!(database.ids(since).await, ["1", "3"]);
}

/// Milliseconds of 1970 are as small as seconds of today.
#[actix_web::test]
async fn small_numbers_are_in_the_unit_of_their_column() {
    let milliseconds = sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, born DATETIME)",
        "INSERT INTO items VALUES (1, 10713600000), (2, 1715769000123), (3, -146000000000), (4, 0), (5, 86400000)",
    ])
    .await;
    let shown = ["1970-05-05", "2024-05-15", "1965-05-17", "1970-01-01", "1970-01-02"];
    let days = |values: Vec<Value>| {
        values
            .iter()
            .map(|value| value.as_str().unwrap()[..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(days(milliseconds.column("born", json!({"sort": "id"})).await), shown);
    let seconds = filter("born", "before", json!("1970-06-01T00:00:00Z"));
    assert_eq!(milliseconds.ids(seconds).await, ["1", "3", "4", "5"]);
    assert_eq!(
        milliseconds.ids(json!({"sort": "born"})).await,
        ["3", "4", "5", "1", "2"]
    );

    let mixed = sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, at DATETIME)",
        "INSERT INTO items VALUES (1, 1715769000), (2, 1715769000123), (3, 253402300799)",
    ])
    .await;
    let shown = ["2024-05-15", "2024-05-15", "9999-12-31"];
    assert_eq!(days(mixed.column("at", json!({"sort": "id"})).await), shown);
    assert_eq!(mixed.ids(json!({"sort": "-at"})).await, ["3", "2", "1"]);

    // as the program declares it
    let setup = Setup::sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, born DATETIME)",
        "INSERT INTO items VALUES (1, 10713600000)",
    ]);
    let declared = |items: forest_actions::records::CollectionSetup| {
        items.storage("born", forest_actions::records::Storage::Milliseconds)
    };
    let database = setup
        .records(move |records| records.collection("items", declared))
        .start()
        .await
        .unwrap();
    assert_eq!(database.column("born", json!({})).await, ["1970-05-05T00:00:00.000Z"]);
}

#[actix_web::test]
async fn values_that_cannot_be_read_are_logged_with_an_example() {
    let log = Log::capture();
    let _database = at_noon(&[
        "CREATE TABLE items (id INTEGER PRIMARY KEY, at DATETIME, made DATE, born DATE, active BOOLEAN, good DATETIME)",
        "INSERT INTO items VALUES (1, '2024-05-15 10:30:00', 20240515, 10713600000, 'maybe', '2024-05-15'),
            (2, 'May 15 2024', '2024-05-15', '2024-05-15', 'true', 1715769000123)",
    ])
    .await;
    let lines: Vec<String> = log
        .about("The column items.")
        .iter()
        .map(|line| line.message().to_owned())
        .collect();
    for (column, example) in [
        ("items.at has values that are not moments", "May 15 2024"),
        ("items.made has values that are not days", "20240515"),
        ("items.born has values after the year 2200", "10713600000"),
        ("items.active has values that are neither true nor false", "maybe"),
    ] {
        assert!(
            lines
                .iter()
                .any(|line| line.contains(column) && line.contains(&format!("such as \"{example}\""))),
            "{column}: {lines:?}"
        );
    }
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[actix_web::test]
async fn sel_07_truth_values_are_read_in_each_spelling() {
    let trues = ["1", "'true'", "'TRUE'", "'True'", "'t'", "'T'", "'yes'", "'Y'", "'on'"];
    let falses = [
        "0", "'false'", "'FALSE'", "'False'", "'f'", "'F'", "'no'", "'N'", "'off'",
    ];
    let values = |first: usize, values: [&str; 9]| {
        let rows = values.iter().enumerate();
        rows.map(|(index, value)| format!("({}, {value})", first + index))
            .collect::<Vec<_>>()
            .join(", ")
    };
    for declared in ["BOOLEAN", "TINYINT(1)", "BIT"] {
        let database = sqlite([
            format!("CREATE TABLE items (id INTEGER PRIMARY KEY, active {declared})"),
            format!("INSERT INTO items VALUES {}, {}", values(10, trues), values(30, falses)),
            "INSERT INTO items VALUES (50, NULL), (60, 'maybe'), (61, 7), (62, '')".to_owned(),
        ])
        .await;
        let shown = database
            .column("active", json!({"page[size]": "50", "page[number]": "1", "sort": "id"}))
            .await;
        assert_eq!(shown[..9], vec![json!(true); 9], "{declared}");
        assert_eq!(shown[9..18], vec![json!(false); 9], "{declared}");
        assert_eq!(shown[18..], [json!(null), json!("maybe"), json!(7), json!("")]);
        let ids = |first: usize| (first..first + 9).map(|id| id.to_string()).collect::<Vec<_>>();
        let neither = ["60", "61", "62"].map(str::to_owned).to_vec();
        for (operator, value, expected) in [
            ("equal", json!(true), ids(10)),
            ("equal", json!(false), ids(30)),
            ("equal", json!("true"), ids(10)),
            ("not_equal", json!(true), [ids(30), neither.clone()].concat()),
            ("not_equal", json!(false), [ids(10), neither.clone()].concat()),
            ("in", json!([true]), ids(10)),
            ("in", json!([true, false]), [ids(10), ids(30)].concat()),
            ("not_in", json!([true, null]), [ids(30), neither.clone()].concat()),
            ("blank", json!(null), vec!["50".to_owned()]),
        ] {
            let found = found(&database, "active", operator, value.clone()).await;
            assert_eq!(found, expected, "{declared} {operator} {value}");
        }
        assert_eq!(found(&database, "active", "present", json!(null)).await.len(), 21);
    }
}

#[actix_web::test]
async fn truth_values_are_sorted_exported_and_given_to_handlers_as_such() {
    let database = sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, active BOOLEAN NOT NULL)",
        "INSERT INTO items VALUES (1, 1), (2, 'f'), (3, 't'), (4, 0)",
    ])
    .await;
    assert_eq!(database.ids(json!({"sort": "active"})).await, ["2", "4", "1", "3"]);
    assert_eq!(
        database.csv("id,active").await[1..],
        ["1,true", "2,false", "3,true", "4,false"]
    );
    let rows = database.acted("rows", all_of(json!({}))).await;
    let flags: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["active"]).collect();
    assert_eq!(flags, [&json!(true), &json!(false), &json!(true), &json!(false)]);
    // as another program writes later
    database.sql("INSERT INTO items VALUES (5, 'true')").await;
    assert_eq!(found(&database, "active", "equal", json!(true)).await, ["1", "3", "5"]);
    assert_eq!(found(&database, "active", "equal", json!("0")).await, ["2", "4"]);
    assert_eq!(found(&database, "active", "not_equal", json!(true)).await, ["2", "4"]);
}
