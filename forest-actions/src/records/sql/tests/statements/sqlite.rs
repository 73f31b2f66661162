//! Particularities of SQLite: spellings, storage classes, and plans.

use serde_json::json;
use sqlx::AssertSqlSafe;

use super::dataset::{self, collection, records};
use super::engines::{
    assert_finds, contains, customer, day, ids, moment, number, of, own, plan, starts_with, text_of, uuid,
};
use super::pages::attributes;
use crate::records::condition::{Condition, Test};
use crate::records::key::Key;
use crate::records::model::{CollectionModel, FieldModel};
use crate::records::source::RecordQuery;
use crate::records::sql::sqlite::{Sqlite, SqlitePoolEngine};
use crate::records::sql::statement::Statements;
use crate::records::sql::tests::catalogue::sqlite::pool;
use crate::records::sql::{SqlRecords, Storage};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

pub(super) async fn things(sql: &str, columns: &[(&str, ValueType, Storage)]) -> SqlRecords {
    let mut model = CollectionModel::new("things").key(["id"]);
    for (name, value_type, _) in columns {
        let mut field = FieldModel::new(*name, value_type.clone());
        // as the catalogue says of every column but a row number
        field.is_dynamic = !(*name == "id" && sql.contains("INTEGER PRIMARY KEY"));
        model = model.field(field);
    }
    let casts = vec![""; columns.len()];
    let mut collection = collection(&Sqlite, model, &casts);
    for (name, _, storage) in columns {
        collection.columns.get_mut(*name).unwrap().storage = *storage;
    }
    let pool = pool("").await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&pool)
        .await
        .unwrap();
    records(SqlitePoolEngine(pool), vec![collection])
}

async fn finds(source: &SqlRecords, cases: Vec<(Condition, Vec<&str>)>) {
    for (condition, expected) in cases {
        assert_finds(source, "things", condition, &expected).await;
    }
}

#[tokio::test]
async fn instants_are_found_in_every_spelling() {
    let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY, at TEXT, seconds INTEGER);
        INSERT INTO things VALUES
            (1, '2024-05-15 10:30:00.000 +00:00', 1715769000),
            (2, '2024-05-15T10:30:00Z', 1715769000.0),
            (3, '2024-05-15T12:30:00+02:00', 1715769001),
            (4, '2024-05-15 10:30:00', NULL),
            (5, '2024-05-15T10:30:00.001Z', 0),
            (6, 'soon', 'soon');";
    let columns = [
        ("id", ValueType::Integer, Storage::Text),
        ("at", ValueType::Instant, Storage::Text),
        ("seconds", ValueType::Instant, Storage::Number),
    ];
    let source = things(sql, &columns).await;
    let at = || moment("2024-05-15T10:30:00Z");
    let later = || moment("2024-05-15T10:30:00.001Z");
    finds(
        &source,
        vec![
            (own("at", Test::Equal(at())), vec!["1", "2", "3", "4"]),
            (own("at", Test::In(vec![at(), later()])), vec!["1", "2", "3", "4", "5"]),
            (own("at", Test::Greater(at())), vec!["5"]),
            (own("seconds", Test::Equal(at())), vec!["1", "2"]),
            (own("seconds", Test::In(vec![at(), later()])), vec!["1", "2"]),
            // `soon` is not a moment, although a text is larger than any number of SQLite
            (
                own("seconds", Test::Greater(moment("2024-05-15T10:30:00.5Z"))),
                vec!["3"],
            ),
        ],
    )
    .await;
    let same = "2024-05-15T10:30:00.000Z";
    assert_eq!(
        attributes(&source, "things", &["at", "seconds"]).await,
        [
            json!({"at": same, "seconds": same}),
            json!({"at": same, "seconds": same}),
            json!({"at": same, "seconds": "2024-05-15T10:30:01.000Z"}),
            json!({"at": same, "seconds": null}),
            json!({"at": "2024-05-15T10:30:00.001Z", "seconds": "1970-01-01T00:00:00.000Z"}),
            json!({"at": "soon", "seconds": "soon"}),
        ]
    );
}

#[tokio::test]
async fn uuids_are_compared_as_they_are_stored() {
    let upper = "C0000000-0000-4000-8000-00000000000A";
    let lower = "c0000000-0000-4000-8000-00000000000a";
    let other = "c0000000-0000-4000-8000-00000000000b";
    let sql = format!("CREATE TABLE things (id UUID PRIMARY KEY); INSERT INTO things VALUES ('{upper}'), ('{other}');");
    let texts = things(&sql, &[("id", ValueType::Uuid, Storage::Text)]).await;
    let key = |text: &str| vec![Key::one(uuid(text))];
    finds(
        &texts,
        vec![
            (own("id", Test::Equal(uuid(upper))), vec![upper]),
            (own("id", Test::Equal(uuid(lower))), vec![]),
            (Condition::KeyIn(key(upper)), vec![upper]),
            // an exclusion never misses
            (Condition::KeyNotIn(key(lower)), vec![other]),
            (Condition::KeyNotIn(key(upper)), vec![other]),
        ],
    )
    .await;
    // it is shown as it can be found
    assert_eq!(attributes(&texts, "things", &["id"]).await[0], json!({"id": upper}));
    let sql = "CREATE TABLE things (id BLOB PRIMARY KEY);
        INSERT INTO things VALUES (x'C000000000004000800000000000000A'), (x'C000000000004000800000000000000B');";
    let bytes = things(sql, &[("id", ValueType::Uuid, Storage::Bytes)]).await;
    finds(
        &bytes,
        vec![
            (own("id", Test::Equal(uuid(upper))), vec![lower]),
            (own("id", Test::In(vec![uuid(upper), uuid(other)])), vec![lower, other]),
            (Condition::KeyIn(key(lower)), vec![lower]),
            (Condition::KeyNotIn(key(upper)), vec![other]),
            (Condition::always(), vec![lower, other]),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_of_another_storage_class_are_given_as_stored() {
    let columns = [
        ("id", ValueType::Integer, Storage::Text),
        ("number", ValueType::Integer, Storage::Text),
        ("flag", ValueType::Boolean, Storage::Text),
        ("text", ValueType::Text, Storage::Text),
        ("json", ValueType::Json, Storage::Text),
        ("bytes", ValueType::Binary, Storage::Bytes),
        ("time", ValueType::Time, Storage::Text),
    ];
    let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY, number, flag, text, json, bytes, time);
        INSERT INTO things VALUES
            (1, 'many', 'maybe', 7, '{\"a\":1}', x'00ff', '10:30'),
            (2, 1.5, 1, CAST(x'ff' AS TEXT), '{', 'text', '10:30:00.000'),
            (3, NULL, 0, x'ff', NULL, NULL, 3);";
    let source = things(sql, &columns).await;
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        attributes(&source, "things", &names).await,
        [
            json!({
                "id": 1, "number": "many", "flag": "maybe", "text": 7, "json": {"a": 1}, "bytes": "AP8=", "time": "10:30",
            }),
            json!({
                "id": 2, "number": 1.5, "flag": true, "text": "\u{fffd}", "json": "{", "bytes": "text",
                "time": "10:30:00.000",
            }),
            json!({
                "id": 3, "number": null, "flag": false, "text": "/w==", "json": null, "bytes": null, "time": 3,
            }),
        ]
    );
    let bytes = |bytes: &[u8]| Value::Binary(bytes.to_vec());
    finds(
        &source,
        vec![
            (
                own("time", Test::Equal(Value::Time("10:30:00".parse().unwrap()))),
                vec!["1", "2"],
            ),
            (own("json", Test::Equal(Value::Json(json!({"a": 1})))), vec!["1"]),
            (own("bytes", Test::Equal(bytes(&[0, 255]))), vec!["1"]),
            (own("bytes", Test::In(vec![bytes(&[0, 255]), bytes(&[1])])), vec!["1"]),
            (own("number", Test::Equal(number("1.5"))), vec!["2"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn keys_of_all_types_are_paged_and_selected() {
    for (declared, value_type, values, one, expected) in [
        (
            "TEXT",
            ValueType::Text,
            "('b'), ('a|c'), ('10'), ('9')",
            Value::from("10"),
            vec!["10", "9", "a|c", "b"],
        ),
        (
            "DATE",
            ValueType::Day,
            "('2024-05-16'), ('2024-05-15')",
            day("2024-05-15"),
            vec!["2024-05-15", "2024-05-16"],
        ),
        (
            "INT",
            ValueType::Integer,
            "(-1), ('x'), (1.5), (9223372036854775807)",
            Value::from(i64::MAX),
            vec!["-1", "1.5", "9223372036854775807", "x"],
        ),
        (
            "NUMERIC",
            ValueType::Decimal,
            "(10), (9.5)",
            number("9.50"),
            vec!["9.5", "10"],
        ),
        (
            "BOOLEAN",
            ValueType::Boolean,
            "(1), (0)",
            Value::from(true),
            vec!["false", "true"],
        ),
        (
            "DATETIME",
            ValueType::Instant,
            "('2024-05-15 10:30:00'), ('2024-05-15T09:00:00Z'), ('2024-05-15T08:00:00Z'), ('2024-05-15 07:00')",
            moment("2024-05-15T10:30:00Z"),
            vec![
                "2024-05-15T07:00:00Z",
                "2024-05-15T08:00:00Z",
                "2024-05-15T09:00:00Z",
                "2024-05-15T10:30:00Z",
            ],
        ),
    ] {
        // SQLite lets a key be null: such a record has no id
        let sql =
            format!("CREATE TABLE things (id {declared} PRIMARY KEY); INSERT INTO things VALUES {values}, (NULL);");
        let source = things(&sql, &[("id", value_type, Storage::Text)]).await;
        let count = expected.len();
        finds(&source, vec![(own("id", Test::IsNotNull), expected)]).await;
        let only = Condition::KeyIn(vec![Key::one(one.clone())]);
        assert_eq!(ids(&source, "things", only).await.unwrap().len(), 1, "{declared}");
        let others = Condition::KeyNotIn(vec![Key::one(one)]).and(own("id", Test::IsNotNull));
        assert_eq!(
            ids(&source, "things", others).await.unwrap().len(),
            count - 1,
            "{declared}"
        );
    }
}

#[tokio::test]
async fn too_long_patterns_are_refused() {
    let source = dataset::sqlite().await;
    let text = "a".repeat(60_000);
    let error = ids(&source, "companies", own("name", contains(&text)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("too long"));
}

#[tokio::test]
async fn case_is_ignored_for_ascii_only() {
    let source = dataset::sqlite().await;
    for (text, expected) in [
        ("ACME", vec!["1", "2"]),
        ("ÉCLAIR", vec!["3", "12"]),
        ("éCLAIR", vec![]),
    ] {
        for ignores_case in [true, false] {
            let test = starts_with(text, ignores_case);
            let found = ids(&source, "companies", own("name", test)).await.unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[tokio::test]
async fn pages_of_keys_use_the_index_of_the_key() {
    let source = dataset::sqlite().await;
    for (collection, condition, after) in [
        ("companies", Condition::always(), Key::one(3)),
        ("companies", Condition::KeyNotIn(vec![Key::one(5)]), Key::one(3)),
        ("customers", Condition::always(), Key::one(customer(3))),
        ("customers", of("company", "name", contains("a")), Key::one(customer(3))),
        ("companies", of("sibling", "name", contains("a")), Key::one(3)),
        (
            "assignments",
            Condition::always(),
            Key::from_parts(vec![customer(3), 1.into()]),
        ),
    ] {
        let label = format!("{condition:?}");
        let plan = plan(&source, ("EXPLAIN QUERY PLAN", 3), (collection, condition, after)).await;
        assert!(plan.contains(&format!("SEARCH {collection} USING")), "{label}\n{plan}");
        assert!(
            !plan.contains("FOR ORDER BY") && !plan.contains("MATERIALIZE"),
            "{label}\n{plan}"
        );
    }
}

/// Filters use the index of a column of truth values or numbers, although its values may have other spellings.
#[tokio::test]
async fn filters_of_booleans_and_numeric_instants_use_an_index() {
    let sql =
        "CREATE TABLE things (id INTEGER PRIMARY KEY, active BOOLEAN, seconds DATETIME, millis DATETIME, day DATE);
        CREATE INDEX by_active ON things(active);
        CREATE INDEX by_seconds ON things(seconds);
        CREATE INDEX by_millis ON things(millis);
        CREATE INDEX by_day ON things(day);";
    let columns = [
        ("id", ValueType::Integer, Storage::Text),
        ("active", ValueType::Boolean, Storage::Text),
        ("seconds", ValueType::Instant, Storage::Number),
        ("millis", ValueType::Instant, Storage::Milliseconds),
        ("day", ValueType::Day, Storage::Number),
    ];
    let source = things(sql, &columns).await;
    let at = || moment("2024-05-15T10:30:00Z");
    for (name, test) in [
        ("active", Test::Equal(true.into())),
        ("active", Test::Equal(false.into())),
        ("seconds", Test::Greater(at())),
        ("seconds", Test::Less(at())),
        ("millis", Test::GreaterOrEqual(at())),
        ("day", Test::Equal(day("2024-05-15"))),
        ("day", Test::LessOrEqual(day("2024-05-15"))),
    ] {
        let statements = Statements {
            dialect: &Sqlite,
            collections: &source.collections,
            live_columns: None,
        };
        let query = RecordQuery::new("things", own(name, test));
        let mut statement = statements.count(&query, None).unwrap().unwrap();
        statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql).into();
        let rows = source.engine.fetch(statement, Default::default()).await.unwrap();
        let plan: Vec<String> = (0..rows.len()).map(|row| text_of(&*rows, row, 3)).collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains(&format!("INDEX by_{name}")) && !plan.contains("SCAN things"),
            "{name}\n{plan}"
        );
    }
}
