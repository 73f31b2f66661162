//! The shared dataset: models, and databases with its records.

use crate::records::model::{CollectionModel, FieldModel};
use crate::records::relation::{RelationModel, Through};
use crate::records::sql::engine::{Dialect, Engine};
use crate::records::sql::postgres::{Postgres, PostgresPoolEngine};
use crate::records::sql::sqlite::{Sqlite, SqlitePoolEngine};
use crate::records::sql::tests::catalogue::sqlite::{DATASET, pool};
use crate::records::sql::{SqlCollection, SqlColumn, SqlRecords, Storage};
use crate::records::value_type::ValueType;

/// A column: its name, its type, and the type on PostgreSQL.
type ColumnOf = (&'static str, ValueType, &'static str);

pub(super) fn collection(dialect: &dyn Dialect, model: CollectionModel, casts: &[&str]) -> SqlCollection {
    let column = |(field, cast): (&FieldModel, &&str)| {
        let cast = match dialect.cast_for(&field.value_type).is_empty() {
            true => String::new(),
            false => (*cast).to_owned(),
        };
        let storage = Storage::Text;
        let column = SqlColumn {
            cast,
            storage,
            ..SqlColumn::default()
        };
        (field.name.clone(), column)
    };
    let columns = model.fields.iter().zip(casts).map(column).collect();
    SqlCollection {
        model,
        schema: None,
        columns,
        cascades: Vec::new(),
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
    let (to_one, one, many) = (
        RelationModel::belongs_to,
        RelationModel::has_one,
        RelationModel::has_many,
    );
    let through = |name: &str, target: &str, origin: &str, foreign: &str| {
        let assignments = Through::new("assignments", origin, foreign);
        RelationModel::belongs_to_many(name, target, "id", "id", assignments)
    };
    let of_companies = [
        many("employees_list", "customers", "id", "company_id"),
        many("emitted", "transactions", "id", "emitter_id"),
        many("namesakes", "companies", "employees", "employees"),
        one("first_emitted", "transactions", "id", "emitter_id"),
        one("sibling", "companies", "employees", "employees"),
        through("advisors", "customers", "company_id", "customer_id"),
    ];
    let of_customers = [
        to_one("company", "companies", "company_id", "id"),
        many("purchases", "transactions", "id", "customer_id"),
        one("assignment", "assignments", "id", "customer_id"),
        through("advised", "companies", "customer_id", "company_id"),
    ];
    let of_transactions = [
        to_one("customer", "customers", "customer_id", "id"),
        to_one("emitter", "companies", "emitter_id", "id"),
        to_one("beneficiary", "companies", "beneficiary_id", "id"),
    ];
    let both = ["customer_id", "company_id"];
    let mut all = vec![
        table(dialect, "companies", &["id"], companies, &of_companies),
        table(dialect, "customers", &["id"], customers, &of_customers),
        table(dialect, "transactions", &["id"], transactions, &of_transactions),
        table(dialect, "assignments", &both, assignments, &[]),
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
            ..SqlColumn::default()
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
