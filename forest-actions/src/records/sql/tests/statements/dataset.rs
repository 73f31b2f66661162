//! The shared dataset: models, and databases with its records.

use crate::records::model::{CollectionModel, FieldModel, RelationModel, Through, ValueType};
use crate::records::sql::engine::{Dialect, Engine};
use crate::records::sql::postgres::{Postgres, PostgresPoolEngine};
use crate::records::sql::sqlite::{Sqlite, SqlitePoolEngine};
use crate::records::sql::tests::catalogue::sqlite::{DATASET, pool};
use crate::records::sql::{SqlCollection, SqlColumn, SqlRecords, Storage};

/// A column: its name, its type, and the type on PostgreSQL.
type ColumnOf = (&'static str, ValueType, &'static str);

pub(super) fn collection(dialect: &dyn Dialect, model: CollectionModel, casts: &[&str]) -> SqlCollection {
    let column = |(field, cast): (&FieldModel, &&str)| {
        let cast = match dialect.cast_for(&field.value_type).is_empty() {
            true => String::new(),
            false => (*cast).to_owned(),
        };
        let storage = Storage::Text;
        (field.name.clone(), SqlColumn { cast, storage })
    };
    let columns = model.fields.iter().zip(casts).map(column).collect();
    SqlCollection {
        model,
        schema: None,
        columns,
    }
}

fn table(
    dialect: &dyn Dialect,
    name: &str,
    key: &[&str],
    columns: &[ColumnOf],
    relations: &[RelationModel],
) -> SqlCollection {
    let mut model = CollectionModel::new(name).key(key.iter().copied());
    for (name, value_type, _) in columns {
        let mut field = FieldModel::new(*name, value_type.clone());
        field.is_nullable = !key.contains(name);
        model = model.field(field);
    }
    for relation in relations {
        model = model.relation(relation.clone());
    }
    let casts: Vec<&str> = columns.iter().map(|(_, _, cast)| *cast).collect();
    collection(dialect, model, &casts)
}

fn advisors(origin: &str, foreign: &str) -> Through {
    Through::new("assignments", origin, foreign)
}

pub(super) fn collections(dialect: &dyn Dialect) -> Vec<SqlCollection> {
    use ValueType::{Boolean, Day, Decimal, Instant, Integer, Json, List, Text, Uuid};

    let companies: &[ColumnOf] = &[
        ("id", Integer, "int4"),
        ("name", Text, "varchar"),
        ("industry", Text, "varchar"),
        ("city", Text, "character varying"),
        ("employees", Integer, "int4"),
        ("revenue", Decimal, "numeric"),
        ("is_active", Boolean, "bool"),
        ("external_ref", Uuid, "uuid"),
        ("founded_on", Day, "date"),
        ("created_at", Instant, "timestamptz"),
        ("tags", List(Box::new(Text)), "text[]"),
        ("metadata", Json, "jsonb"),
    ];
    let customers: &[ColumnOf] = &[
        ("id", Uuid, "uuid"),
        ("first_name", Text, "varchar"),
        ("last_name", Text, "varchar"),
        ("email", Text, "varchar"),
        ("age", Integer, "int4"),
        ("vip", Boolean, "bool"),
        ("score", Decimal, "float8"),
        ("country", Text, "varchar"),
        ("notes", Text, "text"),
        ("registered_at", Instant, "timestamptz"),
        ("birth_date", Day, "date"),
        ("company_id", Integer, "int4"),
    ];
    let transactions: &[ColumnOf] = &[
        ("id", Integer, "int4"),
        ("label", Text, "varchar"),
        ("status", Text, "varchar"),
        ("amount", Decimal, "numeric"),
        ("reference_number", Integer, "int8"),
        ("created_at", Instant, "timestamptz"),
        ("due_on", Day, "date"),
        ("customer_id", Uuid, "uuid"),
        ("emitter_id", Integer, "int4"),
        ("beneficiary_id", Integer, "int4"),
    ];
    let assignments: &[ColumnOf] = &[
        ("customer_id", Uuid, "uuid"),
        ("company_id", Integer, "int4"),
        ("role", Text, "varchar"),
    ];
    let mut all = vec![
        table(
            dialect,
            "companies",
            &["id"],
            companies,
            &[
                RelationModel::has_many("employees_list", "customers", "id", "company_id"),
                RelationModel::has_many("emitted", "transactions", "id", "emitter_id"),
                RelationModel::has_many("namesakes", "companies", "employees", "employees"),
                RelationModel::has_one("first_emitted", "transactions", "id", "emitter_id"),
                RelationModel::has_one("sibling", "companies", "employees", "employees"),
                RelationModel::belongs_to_many(
                    "advisors",
                    "customers",
                    "id",
                    "id",
                    advisors("company_id", "customer_id"),
                ),
            ],
        ),
        table(
            dialect,
            "customers",
            &["id"],
            customers,
            &[
                RelationModel::belongs_to("company", "companies", "company_id", "id"),
                RelationModel::has_many("purchases", "transactions", "id", "customer_id"),
                RelationModel::has_one("assignment", "assignments", "id", "customer_id"),
                RelationModel::belongs_to_many(
                    "advised",
                    "companies",
                    "id",
                    "id",
                    advisors("customer_id", "company_id"),
                ),
            ],
        ),
        table(
            dialect,
            "transactions",
            &["id"],
            transactions,
            &[
                RelationModel::belongs_to("customer", "customers", "customer_id", "id"),
                RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"),
                RelationModel::belongs_to("beneficiary", "companies", "beneficiary_id", "id"),
            ],
        ),
        table(dialect, "assignments", &["customer_id", "company_id"], assignments, &[]),
    ];
    let mut shout = FieldModel::new("shout", ValueType::Text);
    shout.is_computed = true;
    shout.stored_as = Some("upper(name) || '?' -- loud".to_owned());
    let mut doubled = FieldModel::new("doubled", ValueType::Integer);
    doubled.is_computed = true;
    doubled.stored_as = Some("companies.employees * 2.0".to_owned());
    let companies = all.first_mut().unwrap();
    for field in [shout, doubled] {
        let column = SqlColumn {
            cast: dialect.cast_for(&field.value_type),
            storage: Storage::Text,
        };
        companies.columns.insert(field.name.clone(), column);
        companies.model.fields.push(field);
    }
    all
}

pub(super) fn records(engine: impl Engine + 'static, collections: Vec<SqlCollection>) -> SqlRecords {
    let mut records = SqlRecords::new(engine, Vec::new());
    records.collections = collections;
    records
}

/// The dataset in an SQLite database of its own.
pub(super) async fn sqlite() -> SqlRecords {
    let pool = pool(DATASET).await;
    records(SqlitePoolEngine(pool), collections(&Sqlite))
}

/// The dataset in a schema of its own.
pub(super) async fn postgres(schema: &str) -> Option<SqlRecords> {
    let pool = postgres_with(schema, DATASET).await?;
    let mut collections = collections(&Postgres);
    for collection in &mut collections {
        collection.schema = Some(schema.to_owned());
    }
    Some(records(PostgresPoolEngine(pool), collections))
}

pub(super) async fn postgres_with(schema: &str, sql: &'static str) -> Option<sqlx::PgPool> {
    use std::str::FromStr as _;

    use sqlx::AssertSqlSafe;
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    let url = forest_test_postgres::url()?;
    let options = PgConnectOptions::from_str(url)
        .unwrap()
        .options([("search_path", schema)]);
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await
        .unwrap();
    let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&pool).await.unwrap();
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    Some(pool)
}
