//! Particularities of PostgreSQL: types and plans.

use serde_json::json;

use super::dataset::{self, collection, postgres_with, records};
use super::engines::{assert_finds, contains, customer, day, ends_with, moment, number, of, own, plan, run, uuid};
use super::pages::{attributes, page};
use crate::records::condition::{Condition, FieldPath, Test};
use crate::records::key::Key;
use crate::records::model::{CollectionModel, FieldModel};
use crate::records::source::{RecordQuery, RecordSource as _, Sort};
use crate::records::sql::SqlRecords;
use crate::records::sql::postgres::{Postgres, PostgresPoolEngine};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

const TYPES: &str = r#"
    CREATE TYPE "the mood" AS ENUM ('sad', 'fine');
    CREATE TABLE things (
        id bigint PRIMARY KEY, small smallint, mood "the mood", moods "the mood"[], padded char(5), named name,
        single real, double double precision, numbers integer[], large bigint[], exact numeric(10,2)[],
        at timestamp, moments timestamptz[], day date, time time, bytes bytea, plain json, place point,
        spelled text, words varchar(10)[], digits text
    );
    INSERT INTO things VALUES
        (1, 7, 'fine', '{sad,fine}', 'ab', 'n', 0.1, 0.1, '{1,2}', '{9007199254740993}', '{1.50}',
         '2024-05-15 10:30:00', '{2024-05-15 10:30:00+00}', '2024-05-15', '10:30', '\x00ff', '{"a": [1]}', '(1.5,2)',
         '7C9E6679-7425-40de-944b-e07fc1f90ae7', '{a,b}', '42'),
        (2, NULL, NULL, NULL, NULL, NULL, 'NaN', 'Infinity', NULL, NULL, NULL, 'infinity', NULL, 'infinity', NULL, NULL,
         NULL, NULL, NULL, NULL, NULL);
"#;

fn columns() -> Vec<(&'static str, ValueType, &'static str)> {
    use ValueType::{Binary, Day, Decimal, Instant, Integer, Json, List, Point, Text, Time, Uuid};

    let list = |value_type: ValueType| List(Box::new(value_type));
    vec![
        ("id", Integer, "bigint"),
        ("small", Integer, "smallint"),
        ("mood", Text, "\"the mood\""),
        ("moods", list(Text), "\"the mood\"[]"),
        ("padded", Text, "character"),
        ("named", Text, "name"),
        ("single", Decimal, "real"),
        ("double", Decimal, "double precision"),
        ("numbers", list(Integer), "integer[]"),
        ("large", list(Integer), "bigint[]"),
        ("exact", list(Decimal), "numeric[]"),
        ("at", Instant, "timestamp without time zone"),
        ("moments", list(Instant), "timestamp with time zone[]"),
        ("day", Day, "date"),
        ("time", Time, "time without time zone"),
        ("bytes", Binary, "bytea"),
        ("plain", Json, "json"),
        ("place", Point, "point"),
        ("spelled", Uuid, "text"),
        ("words", list(Text), "character varying[]"),
        ("digits", Integer, "text"),
    ]
}

async fn things(schema: &str) -> Option<SqlRecords> {
    let pool = postgres_with(schema, TYPES).await?;
    let columns = columns();
    let mut model = CollectionModel::new("things").key(["id"]);
    for (name, value_type, _) in &columns {
        let mut field = FieldModel::new(*name, value_type.clone());
        if name.starts_with("mood") {
            field = field.enum_values(["sad", "fine"]);
        }
        model = model.field(field);
    }
    let casts: Vec<&str> = columns.iter().map(|(_, _, cast)| *cast).collect();
    let mut collection = collection(&Postgres, model, &casts);
    collection.schema = Some(schema.to_owned());
    Some(records(PostgresPoolEngine(pool), vec![collection]))
}

/// Tests, and whether the first record passes them; the second passes none.
fn tests() -> Vec<(&'static str, Test, bool)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let huge = number(&format!("1{}", "0".repeat(60)));
    let at = || moment("2024-05-15T10:30:00Z");
    vec![
        ("small", Test::Equal(7.into()), true),
        ("small", Test::Less(40_000.into()), true),
        ("small", Test::In(vec![7.into(), 40_000.into()]), true),
        ("small", Test::Equal(number("99999999999999999999")), false),
        ("mood", Test::Equal(text("fine")), true),
        ("mood", Test::Equal(text("angry")), false),
        ("mood", Test::NotEqual(text("angry")), true),
        ("mood", Test::In(vec![text("angry"), text("fine")]), true),
        ("mood", Test::NotIn(vec![text("angry"), text("sad")]), true),
        ("mood", contains("in"), true),
        ("mood", Test::LongerThan(3), true),
        ("moods", Test::HasAll(vec![text("sad")]), true),
        ("moods", Test::HasAll(vec![text("sad"), text("angry")]), false),
        ("moods", Test::HasNone(vec![text("angry")]), true),
        ("moods", Test::HasNone(vec![text("sad"), text("angry")]), false),
        ("moods", Test::HasAll(Vec::new()), true),
        ("padded", Test::Equal(text("ab")), true),
        ("padded", Test::In(vec![text("ab"), text("cd")]), true),
        ("padded", ends_with("b", false), true),
        ("named", Test::Equal(text("n")), true),
        ("named", Test::In(vec![text("n"), text("m")]), true),
        ("single", Test::Equal(number("0.1")), true),
        ("single", Test::In(vec![number("0.1"), 5.into()]), true),
        ("single", Test::Less(huge), true),
        ("double", Test::Equal(number("0.1")), true),
        ("numbers", Test::HasAll(vec![2.into(), number("1.0")]), true),
        ("numbers", Test::HasAll(vec![Value::Integer(i64::MAX)]), false),
        ("numbers", Test::HasNone(vec![Value::Integer(i64::MAX), 3.into()]), true),
        ("large", Test::HasAll(vec![Value::Integer(9_007_199_254_740_993)]), true),
        ("exact", Test::HasAll(vec![number("1.5")]), true),
        ("words", Test::HasAll(vec![text("a"), text("b")]), true),
        ("words", Test::HasNone(vec![text("a\0")]), true),
        ("at", Test::Equal(at()), true),
        ("at", Test::In(vec![at(), moment("2000-01-01T00:00:00Z")]), true),
        ("moments", Test::HasAll(vec![at()]), true),
        ("day", Test::Equal(day("2024-05-15")), true),
        ("time", Test::Equal(Value::Time("10:30:00".parse().unwrap())), true),
        ("bytes", Test::Equal(Value::Binary(vec![0, 255])), true),
        ("plain", Test::Equal(Value::Json(json!({"a": [1]}))), true),
        ("plain", Test::Equal(Value::Json(json!({"a": "\0"}))), false),
        ("plain", Test::HasAll(vec![Value::Json(json!({"a": [1]}))]), true),
        ("plain", Test::HasNone(vec![Value::Json(json!({"a": [2]}))]), true),
        (
            "spelled",
            Test::Equal(uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
            true,
        ),
        ("digits", Test::Equal(42.into()), true),
        ("digits", Test::Greater(number("41.5")), true),
    ]
}

#[tokio::test]
async fn every_type_is_compared() {
    let Some(source) = things("statements_types").await else {
        return;
    };
    for (field, test, holds) in tests() {
        let expected: &[&str] = if holds { &["1"] } else { &[] };
        assert_finds(&source, "things", own(field, test), expected).await;
    }
}

#[tokio::test]
async fn every_type_is_read_and_sorted() {
    let Some(source) = things("statements_read").await else {
        return;
    };
    let names: Vec<&str> = columns().iter().map(|(name, ..)| *name).collect();
    let found = attributes(&source, "things", &names).await;
    assert_eq!(
        found[0],
        json!({
            "id": "1", "small": 7, "mood": "fine", "moods": ["sad", "fine"], "padded": "ab   ", "named": "n",
            "single": 0.1, "double": 0.1, "numbers": [1, 2], "large": ["9007199254740993"], "exact": ["1.50"],
            "at": "2024-05-15T10:30:00.000Z", "moments": ["2024-05-15T10:30:00.000Z"], "day": "2024-05-15",
            "time": "10:30:00", "bytes": "AP8=", "plain": {"a": [1]}, "place": [1.5, 2],
            "spelled": "7C9E6679-7425-40de-944b-e07fc1f90ae7", "words": ["a", "b"], "digits": "42",
        })
    );
    // no value of a column makes the page fail
    assert_eq!(found[1]["single"], "NaN");
    assert_eq!(found[1]["double"], "Infinity");
    assert_eq!(found[1]["at"], "infinity");
    let query = RecordQuery::new("things", Condition::always());
    for name in names {
        let mut page = page(&[], &[]);
        page.sort = vec![Sort {
            field: FieldPath::own(name),
            descending: true,
        }];
        let found = source.records(&query, &page).await;
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{name}: {error:?}")).len(),
            2,
            "{name}"
        );
    }
}

const MANY_ROWS: [&str; 6] = [
    "INSERT INTO companies (id, name, created_at) SELECT n, 'x' || n, now() FROM generate_series(100, 20000) AS n",
    "INSERT INTO assignments SELECT 'c0000000-0000-4000-8000-000000000005', n FROM generate_series(100, 20000) AS n",
    "INSERT INTO customers (id, first_name, company_id)
        SELECT gen_random_uuid(), 'x' || n, n FROM generate_series(100, 20000) AS n",
    "ANALYZE companies",
    "ANALYZE assignments",
    "ANALYZE customers",
];

#[tokio::test]
async fn pages_of_keys_use_the_index_of_the_key() {
    let Some(source) = dataset::postgres("statements_plans").await else {
        return;
    };
    for statement in MANY_ROWS {
        run(&source, statement).await.unwrap();
    }
    let hundred = || (300..400).map(Key::one).collect();
    for (collection, condition, after) in [
        ("companies", Condition::always(), Key::one(300)),
        ("companies", Condition::KeyNotIn(hundred()), Key::one(300)),
        ("companies", own("name", contains("7")), Key::one(300)),
        ("customers", Condition::always(), Key::one(customer(1))),
        ("customers", of("company", "name", contains("7")), Key::one(customer(1))),
        (
            "assignments",
            Condition::always(),
            Key::from_parts(vec![customer(5), 300.into()]),
        ),
    ] {
        let label = format!("{condition:?}");
        let plan = plan(&source, ("EXPLAIN", 0), (collection, condition, after)).await;
        let index = format!("using {collection}_pkey on {collection}");
        assert!(plan.contains(&index) && plan.contains("Index Cond"), "{label}\n{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("Seq Scan"), "{label}\n{plan}");
    }
    let page = ("companies", Condition::KeyIn(hundred()), Key::one(300));
    let plan = plan(&source, ("EXPLAIN", 0), page).await;
    assert!(plan.contains("companies_pkey") && !plan.contains("Seq Scan"), "{plan}");
}
