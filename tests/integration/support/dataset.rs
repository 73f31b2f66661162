//! The dataset of the record vectors as collections, in all three stores.
//!
//! `schema.json` defines fields, relations and segments, and `dataset.sql` the rows, for SQLite and PostgreSQL.
//! Introspection results are corrected, so that all stores have the same description.

use std::collections::HashMap;

use forest_actions::records::{
    CollectionModel, FieldModel, Filter, MemoryRecords, Operator, RecordSource as _, RelationModel, SqlRecords,
    Through, ValueType,
};
use forest_test_postgres::Database;
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

const SCHEMA: &str = include_str!("../../vectors/records/schema.json");
const ROWS: &str = include_str!("../../vectors/records/dataset.sql");

/// Fields that are numbers in `schema.json`, and decimals or floats in the tables.
const DECIMALS: [&str; 3] = ["revenue", "amount", "score"];

/// The columns that `schema.json` leaves out because relations stand for them.
const FOREIGN_KEYS: [(&str, &str, ValueType); 4] = [
    ("customers", "company_id", ValueType::Integer),
    ("transactions", "customer_id", ValueType::Uuid),
    ("transactions", "emitter_id", ValueType::Integer),
    ("transactions", "beneficiary_id", ValueType::Integer),
];

/// The collections of `schema.json`.
pub(crate) fn models() -> Vec<CollectionModel> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let collections = schema["collections"].as_object().unwrap();
    collections
        .iter()
        .map(|(name, described)| model(&schema, name, described))
        .collect()
}

fn model(schema: &Value, name: &str, described: &Value) -> CollectionModel {
    let mut model = CollectionModel::new(name).key(texts(&described["primary_key"]));
    for field in described["fields"].as_array().unwrap() {
        let field_name = text(&field["name"]);
        let mut built = FieldModel::new(field_name, value_type(field_name, &field["type"]));
        if field["enums"].is_array() {
            built = built.enum_values(texts(&field["enums"]));
        }
        model = model.field(built);
    }
    for (_, field, value_type) in FOREIGN_KEYS.iter().filter(|(collection, ..)| *collection == name) {
        let mut field = FieldModel::new(*field, value_type.clone());
        field.is_foreign_key = true;
        model = model.field(field);
    }
    for described in described["relations"].as_array().unwrap() {
        model = model.relation(relation(described));
    }
    for segment in schema["segments"][name].as_array().into_iter().flatten() {
        model = model.segment(text(&segment["name"]), segment_filter(&segment["where_sql"]));
    }
    model
}

fn value_type(field: &str, described: &Value) -> ValueType {
    match described {
        Value::Array(element) => ValueType::List(Box::new(value_type(field, &element[0]))),
        described => match text(described) {
            "Number" if DECIMALS.contains(&field) => ValueType::Decimal,
            "Number" => ValueType::Integer,
            "String" | "Enum" => ValueType::Text,
            "Boolean" => ValueType::Boolean,
            "Uuid" => ValueType::Uuid,
            "Date" => ValueType::Instant,
            "Dateonly" => ValueType::Day,
            "Json" => ValueType::Json,
            other => panic!("a new type: {other}"),
        },
    }
}

/// All keys that relations lead to are called `id`.
fn relation(described: &Value) -> RelationModel {
    let (name, target) = (text(&described["name"]), text(&described["target"]));
    match text(&described["kind"]) {
        "BelongsTo" => RelationModel::belongs_to(name, target, text(&described["foreign_key"]), "id"),
        "HasMany" => RelationModel::has_many(name, target, "id", text(&described["target_foreign_key"])),
        "BelongsToMany" => {
            let keys = (text(&described["origin_key"]), text(&described["foreign_key"]));
            let through = Through::new(text(&described["through"]), keys.0, keys.1);
            RelationModel::belongs_to_many(name, target, "id", "id", through)
        }
        other => panic!("a new kind of relation: {other}"),
    }
}

fn segment_filter(sql: &Value) -> Filter {
    match sql.as_str() {
        None => Filter::and([]),
        Some("amount >= 100") => Filter::leaf("amount", Operator::GreaterThanOrEqual, 100),
        Some("status IN ('pending', 'refused')") => Filter::leaf("status", Operator::In, json!(["pending", "refused"])),
        Some(other) => panic!("a new segment: {other}"),
    }
}

/// The rows in an SQLite database in memory, over one connection: two would be two databases.
pub(crate) async fn sqlite() -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
    pool
}

/// The rows in a PostgreSQL database of the test's own, if there is a server.
pub(crate) async fn postgres() -> Option<Database> {
    let database = forest_test_postgres::database().await?;
    sqlx::raw_sql(ROWS).execute(&*database).await.unwrap();
    Some(database)
}

/// An SQLite database as a source, described as `schema.json` does.
pub(crate) async fn sqlite_records(pool: &SqlitePool) -> SqlRecords {
    corrected(SqlRecords::sqlite(pool.clone()).await.unwrap())
}

/// The same for PostgreSQL.
pub(crate) async fn postgres_records(pool: &PgPool) -> SqlRecords {
    corrected(SqlRecords::postgres(pool.clone()).await.unwrap())
}

/// Renames relations, and adds information that databases lack.
fn corrected(mut records: SqlRecords) -> SqlRecords {
    let found = records.collections();
    // removes all old relations before adding new ones, so that none is dangling in between
    for collection in &found {
        for relation in &collection.relations {
            records = records.collection(&collection.name, |setup| setup.remove_relation(&relation.name));
        }
    }
    for model in models() {
        records = records.collection(&model.name, |mut setup| {
            for field in model.fields.iter().filter(|field| field.value_type == ValueType::Enum) {
                setup = setup.enum_values(&field.name, &field.enum_values);
            }
            for relation in model.relations.clone() {
                setup = setup.relation(relation);
            }
            for (name, filter) in model.segments.clone() {
                setup = setup.segment(name, filter);
            }
            setup
        });
    }
    assert_eq!(records.problems(), []);
    records
}

/// The rows as `MemoryRecords` reads them, by collection.
pub(crate) async fn rows() -> HashMap<String, Vec<Value>> {
    let pool = sqlite().await;
    let mut rows = HashMap::new();
    for model in models() {
        let members: Vec<String> = model
            .fields
            .iter()
            .map(|field| format!("'{0}', \"{0}\"", field.name))
            .collect();
        let select = format!("SELECT json_object({}) FROM {}", members.join(", "), model.name);
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select))
            .fetch_all(&pool)
            .await
            .unwrap();
        let found = found.iter().map(|row| {
            let mut row: Value = serde_json::from_str(row).unwrap();
            for field in &model.fields {
                let value = row[&field.name].take();
                row[&field.name] = of_sqlite(&field.value_type, value);
            }
            row
        });
        rows.insert(model.name.clone(), found.collect());
    }
    rows
}

/// A value as SQLite keeps it, as its type is written in JSON.
fn of_sqlite(value_type: &ValueType, value: Value) -> Value {
    match (value_type, &value) {
        (ValueType::Boolean, Value::Number(number)) => json!(number.as_i64() != Some(0)),
        (ValueType::Instant, Value::String(text)) => {
            let (day, rest) = text.split_once(' ').unwrap();
            json!(format!("{day}T{}", rest.replace(' ', "")))
        }
        (ValueType::Json, Value::String(text)) => serde_json::from_str(text).unwrap(),
        (ValueType::List(_), Value::String(text)) => {
            let elements = text.trim_matches(['{', '}']).split(',');
            elements.filter(|element| !element.is_empty()).collect()
        }
        _ => value,
    }
}

/// These rows in memory, after a test's changes to a collection.
pub(crate) fn memory(
    rows: &HashMap<String, Vec<Value>>,
    change: impl Fn(CollectionModel) -> CollectionModel,
) -> MemoryRecords {
    let records = models().into_iter().fold(MemoryRecords::new(), |records, model| {
        let rows = rows[&model.name].clone();
        records.collection(change(model), rows)
    });
    assert_eq!(records.problems(), []);
    records
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(text).collect()
}
