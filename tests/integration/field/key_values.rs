//! Keys of any type: what a list gives out as an id leads back to its record by every route, or the record has no id.

use std::collections::HashMap;

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, SqlRecords, ValueType};
use serde_json::{Value, json};

use super::{Database, Setup, both, over, postgres, sqlite, these};
use crate::support::Log;
use crate::support::records::{all_of, excluding, filter, inside};

/// The number 1e300, written out.
const BIG: &str = concat!(
    "1",
    "00000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000",
    "00000000000000000000000000000000000000000000000000"
);

/// Follows each listed id by every route. `name` differs between the records. Returns the ids by name.
async fn leads_back(database: &Database) -> HashMap<String, Option<String>> {
    let name_of = |record: &Value| record["attributes"]["name"].as_str().unwrap().to_owned();
    let records = database.list(json!({})).await;
    let ids: HashMap<String, Option<String>> = records
        .iter()
        .map(|record| {
            (
                name_of(record),
                record.get("id").map(|id| id.as_str().unwrap().to_owned()),
            )
        })
        .collect();
    let known: Vec<&String> = ids.values().flatten().collect();
    for (name, id) in &ids {
        let Some(id) = id else { continue };
        let record = database.record(id).await;
        assert_eq!(record.status(), 200, "{id}: {record:?}");
        assert_eq!(name_of(&record.json()["data"]), *name, "{id}");
        assert_eq!(database.act("one", these([id.as_str()])).await.success(), *id);
        let rows = database.acted("rows", these([id.as_str()])).await;
        assert_eq!(rows.as_array().unwrap().len(), 1, "{id}: {rows}");
        assert_eq!(rows[0]["name"], *name, "{id}");
        assert_eq!(database.acted("dump", these([id.as_str()])).await, json!([id]));
        let only = all_of(filter("name", "not_equal", json!("")));
        if known.len() == ids.len() {
            let rest = database.acted("dump", excluding(only, json!([id]))).await;
            let rest: Vec<&str> = rest.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            assert!(
                !rest.contains(&id.as_str()) && rest.len() == ids.len() - 1,
                "{id}: {rest:?}"
            );
        }
    }
    let pages = database.act("dump-chunks", all_of(json!({}))).await;
    let rows = database.act("rows", all_of(json!({}))).await;
    if known.len() == ids.len() {
        let pages: Vec<Vec<String>> = serde_json::from_str(&pages.success()).unwrap();
        let mut pages: Vec<String> = pages.concat();
        let mut known: Vec<String> = known.into_iter().cloned().collect();
        pages.sort();
        known.sort();
        assert_eq!(pages, known);
        let rows: Vec<Value> = serde_json::from_str(&rows.success()).unwrap();
        assert_eq!(rows.len(), ids.len());
    } else {
        assert!(pages.detail(422).contains("`items` has no id"), "{pages:?}");
        assert!(rows.detail(422).contains("`items` has no id"), "{rows:?}");
    }
    assert_eq!(database.count(json!({})).await, ids.len() as u64);
    ids
}

/// The ids of records that all have one.
async fn ids_of(database: &Database) -> Vec<String> {
    let ids = leads_back(database).await;
    let mut ids: Vec<String> = ids.into_values().map(Option::unwrap).collect();
    ids.sort();
    ids
}

#[actix_web::test]
async fn keys_of_postgres_lead_back_to_their_records() {
    for (key, rows, expected) in [
        (
            "id BYTEA PRIMARY KEY",
            vec![r"'\xab00ff'", r"'\xcd'", r"'\xabab'"],
            vec!["ab00ff", "abab", "cd"],
        ),
        (
            "id TIME PRIMARY KEY",
            vec!["'10:30'", "'23:59:59.5'", "'00:00:00.000001'"],
            vec!["00:00:00.000001", "10:30:00", "23:59:59.500"],
        ),
        (
            "id NUMERIC PRIMARY KEY",
            vec!["'NaN'", "1.50", "-3", "12345678901234567890.5"],
            vec!["-3", "1.50", "12345678901234567890.5", "NaN"],
        ),
        (
            "id DOUBLE PRECISION PRIMARY KEY",
            vec!["'NaN'", "'Infinity'", "'-Infinity'", "0.1", "1e300"],
            vec!["-Infinity", "0.1", BIG, "Infinity", "NaN"],
        ),
        (
            "id REAL PRIMARY KEY",
            vec!["0.1", "'NaN'", "16777217"],
            vec!["0.1", "16777216", "NaN"],
        ),
        (
            "id BIGINT PRIMARY KEY",
            vec!["9007199254740993", "9223372036854775807", "-1"],
            vec!["-1", "9007199254740993", "9223372036854775807"],
        ),
        (
            "id TIMESTAMPTZ PRIMARY KEY",
            vec!["'2024-05-15 10:30:00.000001+00'", "'2024-05-15 10:30:00.000002+00'"],
            vec!["2024-05-15T10:30:00.000001Z", "2024-05-15T10:30:00.000002Z"],
        ),
        (
            "id DATE PRIMARY KEY",
            vec!["'2024-05-15'", "'0044-03-15'"],
            vec!["0044-03-15", "2024-05-15"],
        ),
        ("id BOOLEAN PRIMARY KEY", vec!["true", "false"], vec!["false", "true"]),
        (
            "id TEXT PRIMARY KEY",
            vec!["'a|b'", "'[1]'", "' '", "'a/b?c#%2F'", "'x.csv'"],
            vec![" ", "[1]", "a/b?c#%2F", "a|b", "x.csv"],
        ),
    ] {
        let rows = rows.iter().enumerate();
        let rows = rows.map(|(index, value)| format!("INSERT INTO items VALUES ({value}, 'n{index}')"));
        let table = format!("CREATE TABLE items ({key}, name TEXT)");
        let Some(database) = postgres(std::iter::once(table).chain(rows)).await else {
            return;
        };
        assert_eq!(ids_of(&database).await, expected, "{key}");
    }
}

#[actix_web::test]
async fn parts_of_a_composite_key_may_have_any_of_these_types() {
    let Some(database) = postgres([
        "CREATE TABLE items (hash BYTEA, starts TIME, n NUMERIC, code TEXT, name TEXT, PRIMARY KEY (hash, starts, n, code))",
        r"INSERT INTO items VALUES ('\xab', '10:30', 'NaN', 'a|b', 'first'), ('\x', '10:30', 1, '', 'second'),
            ('\xab', '10:31', 1, '[', 'third')",
    ])
    .await
    else {
        return;
    };
    let ids = ids_of(&database).await;
    assert_eq!(
        ids,
        [r#"["ab","10:30:00","NaN","a|b"]"#, "ab|10:31:00|1|[", "|10:30:00|1|"]
    );
}

#[actix_web::test]
async fn keys_of_bytes_work_in_relations() {
    let statements = |bytes: &str, first: &str, second: &str| {
        [
            format!("CREATE TABLE shelves (id {bytes} PRIMARY KEY, name TEXT)"),
            format!("INSERT INTO shelves VALUES ({first}, 'a'), ({second}, 'b')"),
            format!("CREATE TABLE items (id INTEGER PRIMARY KEY, shelf_id {bytes} REFERENCES shelves, name TEXT)"),
            format!("INSERT INTO items VALUES (1, {first}, 'x'), (2, {second}, 'y'), (3, {first}, 'z')"),
        ]
    };
    let mut databases = vec![sqlite(statements("BLOB", "x'abab'", "x'cdcd'")).await];
    databases.extend(postgres(statements("BYTEA", r"'\xabab'", r"'\xcdcd'")).await);
    for database in databases {
        let related = database.get("shelves/abab/relationships/items", json!({})).await.json();
        let ids: Vec<&Value> = related["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| &record["id"])
            .collect();
        assert_eq!(ids, ["1", "3"]);
        let parent = ["shelves", "abab", "items"];
        assert_eq!(
            database.acted("dump", inside(parent, all_of(json!({})))).await,
            json!(["1", "3"])
        );
        let record = database.record("2").await.json();
        assert_eq!(record["data"]["relationships"]["shelf"]["data"]["id"], "cdcd");
        for wrong in ["ABAB", "aba", "zz", "\\xabab"] {
            let path = format!("shelves/{}", crate::support::escaped(wrong));
            let refused = database.get(&path, json!({})).await.detail(400);
            assert!(refused.contains("hexadecimal"), "{refused}");
        }
    }
}

#[actix_web::test]
async fn a_key_of_a_type_that_no_id_can_have_is_no_key() {
    for (key, value) in [
        ("INTEGER[]", "'{1,2}'"),
        ("JSONB", "'{\"a\": 1}'"),
        ("INTERVAL", "'1 day'"),
        ("MONEY", "1"),
        ("BIT(3)", "B'101'"),
        ("INT4RANGE", "'[1,2)'"),
    ] {
        let log = Log::capture();
        let Some(database) = postgres([
            format!("CREATE TABLE items (id {key} PRIMARY KEY, name TEXT)"),
            format!("INSERT INTO items VALUES ({value}, 'a')"),
        ])
        .await
        else {
            return;
        };
        let listed = database.list(json!({})).await;
        assert!(listed[0].get("id").is_none(), "{key}: {listed:?}");
        assert_eq!(database.act("rows", all_of(json!({}))).await.status(), 422, "{key}");
        let reason = log.about("The table items has no key, since id of type");
        assert_eq!(reason.len(), 1, "{key}: {:?}", log.lines());
        assert_eq!(database.csv("name").await, ["name", "a"]);
    }
}

#[actix_web::test]
async fn values_of_any_type_in_a_key_of_sqlite_lead_back_or_have_no_id() {
    for (key, rows, without) in [
        (
            "id INT PRIMARY KEY",
            vec!["1", "'abc'", "9007199254740993", "1.5", "1e30", "'a|b'"],
            0,
        ),
        ("id INT PRIMARY KEY", vec!["2", "x'abab'", "'x'"], 1),
        (
            "id REAL PRIMARY KEY",
            vec!["1.0", "1e3", "0.1", "-2.5", "1e300", "'text'"],
            0,
        ),
        ("id NUMERIC PRIMARY KEY", vec!["1", "1.5", "'1e3'", "'abc'"], 0),
        (
            "id TEXT PRIMARY KEY",
            vec!["'a|b'", "'[\"x\"]'", "12", "1.5", "'007'", "'null'"],
            0,
        ),
        ("id TEXT PRIMARY KEY", vec!["'abab'", "x'abab'"], 1),
        ("id BLOB PRIMARY KEY", vec!["x'abab'", "x'00ff'", "x'41'"], 0),
        ("id BLOB PRIMARY KEY", vec!["x'abab'", "'abab'", "7"], 2),
        ("id PRIMARY KEY", vec!["1", "'1'", "'a'", "2.5"], 1),
        ("id PRIMARY KEY", vec!["'a'", "1", "'1'"], 1),
        (
            "id UUID PRIMARY KEY",
            vec![
                "'c0000000-0000-4000-8000-00000000000a'",
                "'c000000000004000800000000000000b'",
                "'legacy'",
            ],
            2,
        ),
        (
            "id UUID PRIMARY KEY",
            vec![
                "'c0000000-0000-4000-8000-00000000000a'",
                "x'c000000000004000800000000000000a'",
            ],
            1,
        ),
        (
            "id DATETIME PRIMARY KEY",
            vec!["'2024-05-15 10:30:00'", "1715769000", "'2024-05-15T10:30:00Z'"],
            0,
        ),
        ("id DATE PRIMARY KEY", vec!["'2024-05-15'", "'soon'"], 0),
        ("id TIME PRIMARY KEY", vec!["'10:30'", "'10:30:00'"], 0),
        ("id BOOLEAN PRIMARY KEY", vec!["0", "1", "7"], 1),
        ("id TEXT COLLATE NOCASE PRIMARY KEY", vec!["'a'", "'B'"], 0),
    ] {
        let rows = rows.iter().enumerate();
        let rows = rows.map(|(index, value)| format!("INSERT INTO items VALUES ({value}, 'n{index}')"));
        let table = format!("CREATE TABLE items ({key}, name TEXT)");
        let database = sqlite(std::iter::once(table).chain(rows)).await;
        let ids = leads_back(&database).await;
        let found = ids.values().filter(|id| id.is_none()).count();
        assert_eq!(found, without, "{key}: {ids:?}");
    }
}

#[actix_web::test]
async fn an_empty_text_is_no_id_that_a_request_can_name() {
    let rows = "INSERT INTO items VALUES ('', 'empty'), ('a', 'a')";
    for database in both([
        "CREATE TABLE items (id VARCHAR(9) NOT NULL PRIMARY KEY, name TEXT)",
        rows,
    ])
    .await
    {
        let listed = database.list(json!({})).await;
        assert!(listed[0].get("id").is_none(), "{listed:?}");
        assert_eq!(listed[1]["id"], "a");
        assert!(
            database
                .act("one", these([""]))
                .await
                .detail(400)
                .contains("cannot be empty")
        );
        // "select all" names no ids
        assert_eq!(database.acted("dump", all_of(json!({}))).await, json!(["", "a"]));
        assert_eq!(database.acted("rows", all_of(json!({}))).await[0]["name"], "empty");
    }
}

#[actix_web::test]
async fn another_spelling_of_a_number_is_no_id() {
    let rows = "INSERT INTO items VALUES (7, 'a'), (1000, 'b'), ('abc', 'c')";
    let database = sqlite(["CREATE TABLE items (id INT PRIMARY KEY, name TEXT)", rows]).await;
    for id in ["007", "+7", " 7", "7.0", "1e3", "7e0"] {
        database.record(id).await.detail(400);
        assert!(
            database
                .act("one", these([id]))
                .await
                .detail(400)
                .contains("whole number"),
            "{id}"
        );
    }
    assert_eq!(database.act("one", these(["def"])).await.status(), 404);
}

#[actix_web::test]
async fn uuids_that_differ_in_case_only_are_their_own_records() {
    let (upper, lower) = (
        "C0000000-0000-4000-8000-00000000000A",
        "c0000000-0000-4000-8000-00000000000a",
    );
    let database = sqlite([
        "CREATE TABLE items (id UUID PRIMARY KEY, name TEXT)".to_owned(),
        format!("INSERT INTO items VALUES ('{upper}', 'upper'), ('{lower}', 'lower')"),
    ])
    .await;
    for (id, name) in [(upper, "upper"), (lower, "lower")] {
        assert_eq!(database.act("one", these([id])).await.success(), id);
        assert_eq!(database.acted("rows", these([id])).await[0]["name"], name);
        assert_eq!(database.record(id).await.json()["data"]["attributes"]["name"], name);
    }
    assert_eq!(
        database.acted("dump", these([upper, lower])).await,
        json!([upper, lower])
    );
    // a third spelling is of one of them, and nothing says of which
    let third = "C0000000-0000-4000-8000-00000000000a";
    assert_eq!(database.acted("dump", these([third])).await, json!([lower]));
}

#[actix_web::test]
async fn keys_in_memory_lead_back_to_their_records() {
    for (value_type, values, expected) in [
        (
            ValueType::Binary,
            vec![json!("q80="), json!("AP8=")],
            vec!["00ff", "abcd"],
        ),
        (
            ValueType::Time,
            vec![json!("10:30:00"), json!("10:30:00.5")],
            vec!["10:30:00", "10:30:00.500"],
        ),
        (ValueType::Decimal, vec![json!("1.50"), json!(2)], vec!["1.50", "2"]),
        (ValueType::Text, vec![json!("a|b"), json!("[1]")], vec!["[1]", "a|b"]),
    ] {
        let items = CollectionModel::new("items")
            .field(FieldModel::new("id", value_type))
            .field(FieldModel::new("name", ValueType::Text))
            .key(["id"]);
        let rows = values.into_iter().enumerate();
        let rows = rows
            .map(|(index, id)| json!({"id": id, "name": format!("n{index}")}))
            .collect();
        let database = over(MemoryRecords::new().collection(items, rows)).await;
        assert_eq!(ids_of(&database).await, expected);
    }
}

#[actix_web::test]
async fn a_key_declared_in_code_of_a_type_that_no_id_can_have_is_refused_at_the_start() {
    let pool = crate::support::dataset::sqlite().await;
    let records = SqlRecords::sqlite(pool).await.unwrap();
    let records = records.collection("companies", |companies| companies.key(["metadata"]));
    let start = forest_actions::Forest::builder()
        .actions([])
        .schema_file(false)
        .records(records)
        .start();
    let refused = start.await.unwrap_err().to_string();
    assert!(
        refused.contains("the key of `companies` has `metadata`, whose values cannot be part of an id"),
        "{refused}"
    );
    // moments of SQLite are keys as they are stored
    let setup = Setup::sqlite([
        "CREATE TABLE items (made DATETIME NOT NULL, name TEXT)",
        "INSERT INTO items VALUES ('2024-05-15 10:30:00', 'a'), ('2024-05-15T10:30:00Z', 'b')",
    ]);
    let setup = setup.records(|records| records.collection("items", |items| items.key(["made"])));
    let ids = ids_of(&setup.start().await.unwrap()).await;
    assert_eq!(ids, ["2024-05-15 10:30:00", "2024-05-15T10:30:00Z"]);
}
