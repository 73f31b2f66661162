//! PostgreSQL, with a schema for each test.

use std::future::Future;

use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::assert_send;
use crate::records::sql::SqlRecords;
use crate::records::sql::catalogue::quoted;
use crate::records::value_type::ValueType;

async fn pool() -> Option<PgPool> {
    let url = forest_test_postgres::url()?;
    Some(PgPoolOptions::new().max_connections(2).connect(url).await.unwrap())
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// Runs a test with the name of a new schema.
async fn in_schema<F: Future>(name: &str, test: impl FnOnce(PgPool, String) -> F) {
    let Some(pool) = pool().await else { return };
    let schema = format!("cat {name} \"{}\"", std::process::id());
    execute(&pool, format!("CREATE SCHEMA {}", quoted(&schema))).await;
    test(pool.clone(), schema.clone()).await;
    execute(&pool, format!("DROP SCHEMA {} CASCADE", quoted(&schema))).await;
}

async fn execute(pool: &PgPool, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

/// Runs `sql` with `S` for the schema, then reads the catalogue.
async fn records(pool: &PgPool, schema: &str, sql: &str) -> SqlRecords {
    execute(pool, sql.replace("S.", &format!("{}.", quoted(schema)))).await;
    let records = assert_send(SqlRecords::postgres_schema(pool.clone(), schema))
        .await
        .unwrap();
    assert_eq!(records.checked(), Vec::<String>::new());
    records
}

macro_rules! in_new_schemas {
    ($($test:ident),+ $(,)?) => {
        mod in_a_new_schema {
            $(#[tokio::test]
            async fn $test() {
                super::in_schema(stringify!($test), super::$test).await;
            })+
        }
    };
}

in_new_schemas! {
    types_casts_and_defaults,
    per_09_tables_views_keys_and_relations,
    a_read_only_role_sees_keys_and_its_columns,
    the_dataset_is_read,
}

async fn types_casts_and_defaults(pool: PgPool, schema: String) {
    let records = records(
        &pool,
        &schema,
        r#"
        CREATE TYPE S."the status" AS ENUM ('pending', 'live', 'it''s');
        CREATE DOMAIN S.email AS varchar(255) NOT NULL DEFAULT 'nobody' CHECK (VALUE <> '');
        CREATE DOMAIN S.work_email AS S.email;
        CREATE TYPE S.pair AS (a int, b int);
        CREATE TABLE S."all types" (
            id bigserial PRIMARY KEY,
            small smallint, i int, big bigint, n numeric(14,2), r real, d double precision,
            t text, v varchar(20), c char(3), nm name, b boolean, u uuid, j json, jb jsonb, by bytea,
            ts timestamp(3), tz timestamptz, day date, tm time,
            status S."the status" NOT NULL DEFAULT 'live', statuses S."the status"[],
            numbers numeric(5,1)[], names text[] NOT NULL DEFAULT '{}',
            mail S.work_email, doubled int GENERATED ALWAYS AS (i * 2) STORED, flag boolean DEFAULT false,
            made timestamptz NOT NULL DEFAULT now(), label varchar NOT NULL DEFAULT 'it''s',
            iv interval, mo money, x xml, ip inet, ttz timetz, p point, bits bit(1), pr S.pair, rng int4range
        );
        CREATE TABLE S.identities (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int NOT NULL);
        "#,
    )
    .await;
    let table = records.at("all types");
    assert_eq!(table.schema.as_deref(), Some(schema.as_str()));
    let status = format!("{}.\"the status\"", quoted(&schema));
    let list = |element| ValueType::List(Box::new(element));
    for (name, value_type, cast) in [
        ("id", ValueType::Integer, "int8"),
        ("small", ValueType::Integer, "int2"),
        ("i", ValueType::Integer, "int4"),
        ("big", ValueType::Integer, "int8"),
        ("n", ValueType::Decimal, "numeric"),
        ("r", ValueType::Decimal, "float4"),
        ("d", ValueType::Decimal, "float8"),
        ("t", ValueType::Text, "text"),
        ("v", ValueType::Text, "varchar"),
        ("c", ValueType::Text, "bpchar"),
        ("nm", ValueType::Text, "name"),
        ("b", ValueType::Boolean, "bool"),
        ("u", ValueType::Uuid, "uuid"),
        ("j", ValueType::Json, "json"),
        ("jb", ValueType::Json, "jsonb"),
        ("by", ValueType::Binary, "bytea"),
        ("ts", ValueType::Instant, "timestamp"),
        ("tz", ValueType::Instant, "timestamptz"),
        ("day", ValueType::Day, "date"),
        ("tm", ValueType::Time, "time"),
        ("status", ValueType::Enum, status.as_str()),
        ("statuses", list(ValueType::Enum), &format!("{status}[]")),
        ("numbers", list(ValueType::Decimal), "numeric[]"),
        ("names", list(ValueType::Text), "text[]"),
        ("mail", ValueType::Text, "varchar"),
    ] {
        assert_eq!(table.field(name).value_type, value_type, "{name}");
        assert_eq!(table.column(name).cast, cast, "{name}");
        // the cast names a type
        let statement = format!("SELECT CAST(NULL::text AS {cast}) IS NULL");
        let is_null: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&pool)
            .await
            .unwrap();
        assert!(is_null);
    }
    for skipped in ["iv", "mo", "x", "ip", "ttz", "p", "bits", "pr", "rng"] {
        assert!(table.model.find_field(skipped).is_none(), "{skipped}");
    }
    assert_eq!(table.field("status").enum_values, ["it's", "live", "pending"]);
    assert_eq!(table.field("statuses").enum_values, ["it's", "live", "pending"]);
    assert_eq!(table.field("status").default_value, json!("live"));
    assert!(table.field("status").is_required);
    assert_eq!(table.field("mail").default_value, json!("nobody"));
    assert!(!table.field("mail").is_nullable, "its domain says so");
    assert_eq!(table.field("label").default_value, json!("it's"));
    assert_eq!(table.field("flag").default_value, json!(false));
    assert_eq!(
        table.field("b").default_value,
        json!(null),
        "no default is made up for a boolean"
    );
    assert!(!table.field("made").is_required && table.field("label").is_required);
    assert!(table.field("id").is_read_only && !table.field("id").is_required);
    assert!(table.field("doubled").is_read_only);
    let identities = records.at("identities");
    assert!(identities.field("a").is_read_only && !identities.field("a").is_required);
    assert!(identities.field("b").is_required);
}

async fn per_09_tables_views_keys_and_relations(pool: PgPool, schema: String) {
    let other = format!("{schema} other");
    execute(&pool, format!("CREATE SCHEMA {}", quoted(&other))).await;
    let sql = r#"
        CREATE TABLE S."order" (id int PRIMARY KEY, "user" text NOT NULL);
        CREATE TABLE S.odd (c text, b int, a int, PRIMARY KEY (a, b));
        CREATE TABLE S.profiles (id int PRIMARY KEY, order_id int UNIQUE REFERENCES S."order");
        CREATE TABLE S.transfers (
            id int PRIMARY KEY,
            from_id int CONSTRAINT same REFERENCES S."order",
            to_id int REFERENCES S."order",
            odd_a int, odd_b int, away_id int REFERENCES O.away,
            FOREIGN KEY (odd_a, odd_b) REFERENCES S.odd (a, b)
        );
        CREATE TABLE S.more (id int PRIMARY KEY, order_id int CONSTRAINT same REFERENCES S."order");
        CREATE TABLE S.tags (id int PRIMARY KEY);
        CREATE TABLE S.order_tags (tag_id int REFERENCES S.tags, order_id int REFERENCES S."order", note text,
                                   PRIMARY KEY (order_id, tag_id));
        CREATE TABLE S.guessed (code text NOT NULL, x int NOT NULL, y int NOT NULL, lower_code text);
        CREATE UNIQUE INDEX ON S.guessed (x, y);
        CREATE UNIQUE INDEX ON S.guessed (code) WHERE code <> '';
        CREATE UNIQUE INDEX ON S.guessed (lower(lower_code));
        CREATE UNIQUE INDEX ON S.guessed (x) INCLUDE (code, y);
        CREATE TABLE S.events (id int, made date NOT NULL, order_id int REFERENCES S."order",
                               PRIMARY KEY (id, made)) PARTITION BY RANGE (made);
        CREATE TABLE S.events_2024 PARTITION OF S.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE S.notes (id int PRIMARY KEY, event_id int, made date,
                              FOREIGN KEY (event_id, made) REFERENCES S.events);
        CREATE VIEW S.seen AS SELECT id, "user" FROM S."order";
        CREATE MATERIALIZED VIEW S.counted AS SELECT count(*) AS total FROM S."order";
        CREATE TABLE S._sqlx_migrations (version bigint PRIMARY KEY);
    "#
    .replace("O.", &format!("{}.", quoted(&other)));
    execute(
        &pool,
        format!("CREATE TABLE {}.away (id int PRIMARY KEY)", quoted(&other)),
    )
    .await;
    let records = records(&pool, &schema, &sql).await;
    assert_eq!(
        records.names(),
        [
            "counted",
            "events",
            "guessed",
            "more",
            "notes",
            "odd",
            "order",
            "order_tags",
            "profiles",
            "seen",
            "tags",
            "transfers"
        ]
    );
    assert_eq!(records.at("odd").model.key, ["b", "a"]);
    assert_eq!(records.at("guessed").model.key, ["x"]);
    assert_eq!(records.at("events").model.key, ["id", "made"]);
    assert_eq!(records.at("seen").model.key, ["id"]);
    assert!(records.at("counted").model.key.is_empty());
    assert!(records.at("seen").model.is_read_only && records.at("counted").model.is_read_only);
    assert!(records.at("seen").field("user").is_read_only);
    assert_eq!(
        records.at("transfers").relations(),
        ["from BelongsTo order", "to BelongsTo order", "odd BelongsTo odd"]
    );
    assert!(!records.at("transfers").field("away_id").is_foreign_key);
    // over several columns, which stay fields
    assert!(!records.at("transfers").field("odd_a").is_foreign_key);
    let odd = records.at("transfers").model.find_relation("odd").unwrap();
    assert_eq!(odd.pairs().collect::<Vec<_>>(), [("odd_a", "a"), ("odd_b", "b")]);
    assert_eq!(records.at("odd").relations(), ["transfers HasMany transfers"]);
    assert_eq!(records.at("notes").relations(), ["event BelongsTo events"]);
    assert_eq!(
        records.at("events").relations(),
        ["order BelongsTo order", "notes HasMany notes"]
    );
    assert_eq!(
        records.at("order").relations(),
        [
            "events HasMany events",
            "mores HasMany more",
            "tags BelongsToMany tags",
            "profile HasOne profiles",
            "transfers_through_order_from_id HasMany transfers",
            "transfers_through_order_to_id HasMany transfers"
        ]
    );
    execute(&pool, format!("DROP SCHEMA {} CASCADE", quoted(&other))).await;
}

async fn a_read_only_role_sees_keys_and_its_columns(pool: PgPool, schema: String) {
    let role = format!("reader {}", std::process::id());
    let sql = r#"
        CREATE TABLE S.users (id int PRIMARY KEY, name text, secret text);
        CREATE TABLE S.orders (id int PRIMARY KEY, user_id int REFERENCES S.users);
        CREATE TABLE S.closed (id int PRIMARY KEY);
        CREATE ROLE R;
        GRANT SELECT ON S.orders TO R;
        GRANT SELECT (id, name) ON S.users TO R;
    "#
    .replace(" R;", &format!(" {};", quoted(&role)));
    execute(&pool, sql.replace("S.", &format!("{}.", quoted(&schema)))).await;
    execute(
        &pool,
        format!("GRANT USAGE ON SCHEMA {} TO {}", quoted(&schema), quoted(&role)),
    )
    .await;
    let set_role = format!("SET ROLE {}", quoted(&role));
    let restricted = PgPoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            let set_role = set_role.clone();
            Box::pin(async move {
                sqlx::raw_sql(sqlx::AssertSqlSafe(set_role)).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    let records = SqlRecords::postgres_schema(restricted.clone(), &schema).await.unwrap();
    assert_eq!(records.names(), ["orders", "users"]);
    assert_eq!(records.at("users").fields(), ["id", "name"]);
    assert_eq!(records.at("users").model.key, ["id"]);
    assert_eq!(records.at("orders").relations(), ["user BelongsTo users"]);
    restricted.close().await;
    execute(
        &pool,
        format!("DROP OWNED BY {role}; DROP ROLE {role}", role = quoted(&role)),
    )
    .await;
}

async fn the_dataset_is_read(pool: PgPool, schema: String) {
    let dataset = include_str!("../../../../../../tests/vectors/records/dataset.sql");
    let mut connection = pool.acquire().await.unwrap();
    let sql = format!("SET search_path TO {}; {dataset}; RESET search_path", quoted(&schema));
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    let records = records(&pool, &schema, "").await;
    assert_eq!(
        records.names(),
        ["assignments", "companies", "customers", "transactions"]
    );
    let companies = records.at("companies");
    assert_eq!(
        companies.field("tags").value_type,
        ValueType::List(Box::new(ValueType::Text))
    );
    assert_eq!(companies.column("revenue").cast, "numeric");
    assert!(companies.field("id").is_required);
    let mut relations = records.at("customers").relations();
    relations.sort();
    assert_eq!(
        relations,
        [
            "companies BelongsToMany companies",
            "company BelongsTo companies",
            "transactions HasMany transactions"
        ]
    );
}

#[tokio::test]
async fn an_unknown_schema_is_named() {
    let Some(pool) = pool().await else { return };
    let refused = SqlRecords::postgres_schema(pool, "no such schema").await.unwrap_err();
    assert_eq!(refused.to_string(), "the database has no schema `no such schema`");
}

#[tokio::test]
async fn citext_is_text_and_tables_of_extensions_are_left_out() {
    let Some(pool) = pool().await else { return };
    // extensions belong to the whole database, so the test rolls back
    let mut transaction = pool.begin().await.unwrap();
    let created = sqlx::raw_sql("CREATE EXTENSION IF NOT EXISTS citext")
        .execute(&mut *transaction)
        .await;
    drop(transaction);
    if created.is_err() {
        skipped("the server has no citext");
        return;
    }
    in_schema("citext", |pool, schema| async move {
        let created = sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "CREATE EXTENSION citext SCHEMA {}",
            quoted(&schema)
        )))
        .execute(&pool)
        .await;
        if created.is_err() {
            skipped("citext is installed already");
            return;
        }
        let records = records(
            &pool,
            &schema,
            "CREATE TABLE S.people (id int PRIMARY KEY, mail S.citext)",
        )
        .await;
        let people = records.at("people");
        assert_eq!(people.field("mail").value_type, ValueType::Text);
        assert_eq!(people.column("mail").cast, format!("{}.\"citext\"", quoted(&schema)));
    })
    .await;
}
