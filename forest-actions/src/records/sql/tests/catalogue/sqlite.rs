//! SQLite: the dataset, and unusual schemas.

use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

use super::assert_send;
use crate::records::sql::{SqlRecords, Storage};
use crate::records::value_type::ValueType;

pub(in crate::records::sql::tests) const DATASET: &str =
    include_str!("../../../../../../tests/vectors/records/dataset.sql");

pub(in crate::records::sql::tests) async fn pool(sql: &'static str) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    pool
}

pub(super) async fn records(sql: &'static str) -> SqlRecords {
    let records = assert_send(SqlRecords::sqlite(pool(sql).await)).await.unwrap();
    assert_eq!(records.checked(), Vec::<String>::new());
    records
}

pub(super) async fn dataset() -> SqlRecords {
    records(DATASET).await
}

#[tokio::test]
async fn per_09_the_dataset_is_read() {
    let records = dataset().await;
    assert_eq!(
        records.names(),
        ["companies", "customers", "transactions", "assignments"]
    );
    let companies = records.at("companies");
    let types: Vec<&ValueType> = companies.model.fields.iter().map(|field| &field.value_type).collect();
    assert_eq!(
        types,
        [
            &ValueType::Integer,
            &ValueType::Text,
            &ValueType::Text,
            &ValueType::Text,
            &ValueType::Integer,
            &ValueType::Decimal,
            &ValueType::Boolean,
            &ValueType::Uuid,
            &ValueType::Day,
            &ValueType::Instant,
            &ValueType::Text,
            &ValueType::Json,
        ]
    );
    assert_eq!(companies.model.key, ["id"]);
    assert_eq!(records.at("customers").model.key, ["id"]);
    assert_eq!(records.at("assignments").model.key, ["customer_id", "company_id"]);
    assert!(!companies.field("id").is_required, "a row number is given by the store");
    assert!(companies.field("created_at").is_required && !companies.field("name").is_required);
    assert!(records.at("customers").field("id").is_required);
    assert!(records.at("customers").field("company_id").is_foreign_key);
    assert!(!records.at("assignments").field("company_id").is_foreign_key);
    assert_eq!(
        records.at("customers").relations(),
        [
            "company BelongsTo companies",
            "transactions HasMany transactions",
            "companies BelongsToMany companies"
        ]
    );
    assert!(companies.columns.values().all(|column| column.cast.is_empty()));
    assert!(companies.columns.values().all(|column| column.storage == Storage::Text));
}

#[tokio::test]
async fn unusual_names_are_read() {
    let records = records(
        r#"
        CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "order" TEXT NOT NULL);
        CREATE TABLE "it's ""quoted""; DROP TABLE x" ("a ""b"" 'c'" TEXT PRIMARY KEY, "東京 è" DATETIME);
        CREATE TABLE [spaced table] (id INTEGER PRIMARY KEY, [select ref] INTEGER REFERENCES "select");
        CREATE TABLE CamelCase (Id INTEGER PRIMARY KEY, SelectId INTEGER REFERENCES "SELECT" ("FROM"));
        "#,
    )
    .await;
    assert_eq!(
        records.names(),
        ["select", r#"it's "quoted"; DROP TABLE x"#, "spaced table", "CamelCase"]
    );
    let quoted = records.at(r#"it's "quoted"; DROP TABLE x"#);
    assert_eq!(quoted.fields(), [r#"a "b" 'c'"#, "東京 è"]);
    assert_eq!(quoted.model.key, [r#"a "b" 'c'"#]);
    // the names of tables and columns ignore case, and a key without columns leads to the key
    let relation = &records.at("CamelCase").model.relations[0];
    assert_eq!((relation.name.as_str(), relation.target.as_str()), ("Select", "select"));
    assert_eq!(relation.target_key, "from");
    let relation = &records.at("spaced table").model.relations[0];
    assert_eq!(
        (relation.name.as_str(), relation.target_key.as_str()),
        ("select", "from")
    );
}

#[tokio::test]
async fn per_09_keys_are_declared_guessed_or_missing() {
    let records = records(
        "
        CREATE TABLE without_rowid (b TEXT, a INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TABLE odd (c TEXT, b TEXT NOT NULL, a TEXT NOT NULL, PRIMARY KEY (a, b));
        CREATE TABLE guessed (name TEXT, code TEXT NOT NULL UNIQUE, x TEXT NOT NULL, y TEXT NOT NULL, UNIQUE (x, y));
        CREATE TABLE partial (code TEXT NOT NULL, low TEXT NOT NULL);
        CREATE UNIQUE INDEX some ON partial (code) WHERE code <> '';
        CREATE UNIQUE INDEX lower_case ON partial (lower(low));
        CREATE TABLE keyless (a TEXT, b TEXT);
        CREATE TABLE descending (id INTEGER PRIMARY KEY DESC);
        CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE TABLE plain (id INTEGER PRIMARY KEY);
        CREATE TABLE small (id INT PRIMARY KEY NOT NULL);
        ",
    )
    .await;
    assert_eq!(records.at("without_rowid").model.key, ["b", "a"]);
    assert_eq!(records.at("odd").model.key, ["b", "a"]);
    assert_eq!(records.at("guessed").model.key, ["code"]);
    assert!(records.at("partial").model.key.is_empty());
    assert!(records.at("keyless").model.key.is_empty());
    assert!(!records.at("without_rowid").field("a").is_nullable);
    let id = |table: &str| {
        let id = records.at(table).field("id");
        (id.is_required, id.is_read_only)
    };
    assert_eq!(id("descending"), (true, false));
    assert_eq!(id("numbered"), (false, true));
    assert_eq!(id("plain"), (false, false));
    assert_eq!(id("small"), (true, false));
    assert!(!records.names().contains(&"sqlite_sequence"));
}

#[tokio::test]
async fn per_10_views_are_read_only_and_broken_ones_left_out() {
    let records = records(
        "
        CREATE TABLE orders (id INTEGER PRIMARY KEY, amount DECIMAL(10,2) NOT NULL, placed DATETIME);
        INSERT INTO orders VALUES (1, 10.5, '2024-05-15 10:30:00');
        CREATE VIEW totals AS SELECT id, amount * 2 AS doubled, placed, 'x' || id AS label, 7 AS seven FROM orders;
        CREATE VIEW without_id AS SELECT amount FROM orders;
        CREATE TABLE going (a);
        CREATE VIEW broken AS SELECT a FROM going;
        DROP TABLE going;
        CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY);
        ",
    )
    .await;
    assert_eq!(records.names(), ["orders", "totals", "without_id"]);
    let totals = records.at("totals");
    assert!(totals.model.is_read_only);
    assert!(
        totals
            .model
            .fields
            .iter()
            .all(|field| field.is_read_only && !field.is_required)
    );
    assert_eq!(totals.model.key, ["id"]);
    let type_of = |name: &str| totals.field(name).value_type.clone();
    assert_eq!(type_of("id"), ValueType::Integer);
    assert_eq!(type_of("doubled"), ValueType::Decimal);
    assert_eq!(type_of("placed"), ValueType::Instant);
    assert_eq!(type_of("label"), ValueType::Text);
    assert_eq!(type_of("seven"), ValueType::Integer);
    assert!(records.at("without_id").model.key.is_empty());
}

#[tokio::test]
async fn storage_is_found_from_the_first_value() {
    let records = records(
        "
        CREATE TABLE kept (id INTEGER PRIMARY KEY, texts DATETIME, numbers DATETIME, reals TIMESTAMP, days DATE,
                           bytes UUID, letters UUID, empty DATETIME, any_value, flexible ANY, unset);
        INSERT INTO kept (id) VALUES (1);
        INSERT INTO kept VALUES (2, '2024-05-15 10:30:00', 1715769000, 1715769000.5, 19858,
                                 x'7c9e6679742540de944be07fc1f90ae7', '7c9e6679-7425-40de-944b-e07fc1f90ae7', NULL,
                                 x'00', 1, NULL);
        ",
    )
    .await;
    let kept = records.at("kept");
    let storage = |name: &str| kept.column(name).storage;
    assert_eq!(storage("texts"), Storage::Text);
    assert_eq!(storage("numbers"), Storage::Number);
    assert_eq!(storage("reals"), Storage::Number);
    assert_eq!(storage("days"), Storage::Number);
    assert_eq!(storage("bytes"), Storage::Bytes);
    assert_eq!(storage("letters"), Storage::Text);
    assert_eq!(storage("empty"), Storage::Text);
    assert_eq!(kept.field("any_value").value_type, ValueType::Binary);
    assert_eq!(kept.field("unset").value_type, ValueType::Text);
    assert!(kept.model.find_field("flexible").is_none(), "a type that is not known");
}

#[tokio::test]
async fn defaults_generated_columns_and_virtual_tables() {
    let records = records(
        "
        CREATE TABLE things (
            id INTEGER PRIMARY KEY,
            status TEXT NOT NULL DEFAULT 'it''s new',
            counted INTEGER NOT NULL DEFAULT (-1),
            made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
            is_open BOOLEAN NOT NULL DEFAULT TRUE,
            is_shut BOOLEAN,
            doubled INTEGER GENERATED ALWAYS AS (counted * 2) STORED,
            halved INTEGER AS (counted / 2)
        );
        CREATE VIRTUAL TABLE boxes USING rtree (id, low, high);
        ",
    )
    .await;
    let things = records.at("things");
    let default = |name: &str| things.field(name).default_value.clone();
    assert_eq!(default("status"), json!("it's new"));
    assert_eq!(default("counted"), json!(-1));
    assert_eq!(default("made"), json!(null));
    assert_eq!(default("is_open"), json!(true));
    assert_eq!(default("is_shut"), json!(null));
    assert!(things.field("status").is_required);
    assert!(!things.field("made").is_required, "the store fills it");
    assert!(things.field("doubled").is_read_only && things.field("halved").is_read_only);
    assert_eq!(records.names(), ["things", "boxes"], "shadow tables are left out");
}

#[tokio::test]
async fn relations_of_every_kind_are_found() {
    let records = records(
        "
        CREATE TABLE users (id INTEGER PRIMARY KEY, boss_id INTEGER REFERENCES users);
        CREATE TABLE profiles (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE REFERENCES users (id));
        CREATE TABLE teams (id INTEGER PRIMARY KEY);
        CREATE TABLE members (user_id INTEGER REFERENCES users, team_id INTEGER REFERENCES teams, since DATE,
                              PRIMARY KEY (team_id, user_id)) WITHOUT ROWID;
        CREATE TABLE messages (id INTEGER PRIMARY KEY, from_id INTEGER REFERENCES users, to_id INTEGER REFERENCES users,
                               lost_id INTEGER REFERENCES nowhere (id),
                               a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES members);
        ",
    )
    .await;
    assert_eq!(
        records.at("users").relations(),
        [
            "boss BelongsTo users",
            "users_through_users_boss_id HasMany users",
            "profile HasOne profiles",
            "teams BelongsToMany teams",
            "messages_through_users_from_id HasMany messages",
            "messages_through_users_to_id HasMany messages",
        ]
    );
    assert_eq!(
        records.at("messages").relations(),
        ["from BelongsTo users", "to BelongsTo users", "member BelongsTo members"]
    );
    // over several columns, those of the key without naming them
    let member = records.at("messages").model.find_relation("member").unwrap();
    assert_eq!(member.pairs().collect::<Vec<_>>(), [("a", "team_id"), ("b", "user_id")]);
    assert!(!records.at("messages").field("a").is_foreign_key);
    assert!(!records.at("messages").field("lost_id").is_foreign_key);
    assert_eq!(records.at("teams").relations(), ["users BelongsToMany users"]);
    let through = records.at("teams").model.relations[0].through.clone().unwrap();
    assert_eq!(
        (through.local_key.as_str(), through.target_key.as_str()),
        ("team_id", "user_id")
    );
}

#[tokio::test]
async fn a_database_without_tables_has_no_collections() {
    assert!(records("").await.names().is_empty());
}
