//! Creates and fills the tables once, and checks that an existing database belongs to this demo and version.

use anyhow::{Context as _, bail};
use sqlx::AnyConnection;
use sqlx::sqlite::SqlitePoolOptions;

use super::{Database, Engine, insert, seed};

/// Written by both schemas at their end. Raise it there and here, so that the database of an older demo is recognised
/// instead of failing in the middle of an action.
const VERSION: i64 = 3;

const SQLITE: &str = include_str!("schema.sqlite.sql");
const POSTGRES: &str = include_str!("schema.postgres.sql");

/// State of the existing tables.
enum Found {
    Nothing,
    ThisVersion,
    Other,
}

/// Creates and fills the tables unless they are there.
///
/// One transaction that locks first: of two concurrent starts, one fills the tables and the other waits; an interrupted
/// start is rolled back.
pub(super) async fn tables(database: &Database) -> anyhow::Result<()> {
    create(database)
        .await
        .with_context(|| format!("cannot use the database: {}", database.place))
}

async fn create(database: &Database) -> anyhow::Result<()> {
    let mut transaction = database.begin_alone().await?;
    let (found, schema) = match &database.engine {
        Engine::Sqlite(_) => (found_in_sqlite(&mut transaction).await?, SQLITE),
        Engine::Postgres { .. } => (found_in_postgres(&mut transaction).await?, POSTGRES),
    };
    match found {
        Found::Nothing => {}
        Found::ThisVersion => return Ok(transaction.rollback().await?),
        Found::Other => {
            bail!("it was made by another program or another version of this demo; delete it, or set DATABASE_URL")
        }
    }
    sqlx::raw_sql(schema).execute(&mut *transaction).await?;
    insert::all(&mut transaction, &database.engine, &seed::data()).await?;
    transaction.commit().await?;
    tracing::info!("created and filled the database");
    Ok(())
}

/// The tables without rows, in memory, for the export of the schema.
///
/// # Errors
/// SQLite errors.
pub(crate) async fn without_rows() -> sqlx::Result<Engine> {
    // each connection to memory would be a database of its own
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await?;
    sqlx::raw_sql(SQLITE).execute(&pool).await?;
    Ok(Engine::Sqlite(pool))
}

async fn found_in_sqlite(connection: &mut AnyConnection) -> sqlx::Result<Found> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *connection)
        .await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(connection)
        .await?;
    Ok(match (version, tables) {
        (VERSION, _) => Found::ThisVersion,
        (0, 0) => Found::Nothing,
        _ => Found::Other,
    })
}

async fn found_in_postgres(connection: &mut AnyConnection) -> sqlx::Result<Found> {
    // tables of every kind, views and sequences: what others keep in the schema is theirs
    let (tables, comment): (i64, Option<String>) = sqlx::query_as(
        "SELECT count(*), max(obj_description(oid, 'pg_class')) FILTER (WHERE relname = 'companies') \
         FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace)",
    )
    .fetch_one(connection)
    .await?;
    let version = comment
        .as_deref()
        .and_then(|comment| comment.strip_prefix("forest-actions live demo, version "))
        .and_then(|version| version.parse().ok());
    Ok(match (version, tables) {
        (Some(VERSION), _) => Found::ThisVersion,
        (None, 0) => Found::Nothing,
        _ => Found::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{count, execute, place};
    use super::*;

    #[actix_web::test]
    async fn restart_keeps_the_data() {
        let place = place().await;
        let database = Database::open(&place.url).await.unwrap();
        let before = count(&database, "SELECT count(*) FROM transactions").await;
        execute(&database, "DELETE FROM transactions WHERE id = 1").await;
        database.close().await;
        let database = Database::open(&place.url).await.unwrap();
        assert_eq!(count(&database, "SELECT count(*) FROM transactions").await, before - 1);
    }

    #[actix_web::test]
    async fn concurrent_starts_seed_the_tables_once() {
        let place = place().await;
        let (first, second) = futures_util::future::join(Database::open(&place.url), Database::open(&place.url)).await;
        for database in [first.unwrap(), second.unwrap()] {
            assert_eq!(count(&database, "SELECT count(*) FROM companies").await, 40);
        }
    }

    #[actix_web::test]
    async fn a_database_of_another_program_or_version_is_not_modified() {
        let own = match Database::open(&place().await.url).await.unwrap().engine {
            Engine::Sqlite(_) => "PRAGMA user_version = 1",
            Engine::Postgres { .. } => "COMMENT ON TABLE companies IS 'forest-actions live demo, version 1'",
        };
        for table in [
            "CREATE TABLE companies (x INTEGER)",
            "CREATE TABLE theirs (x INTEGER)",
            own,
        ] {
            let place = place().await;
            if table == own {
                Database::open(&place.url).await.unwrap().close().await;
            }
            let other = super::super::connect::to(&place.url).await.unwrap();
            execute(&other, table).await;
            other.close().await;
            let message = format!("{:#}", Database::open(&place.url).await.err().unwrap());
            assert!(message.contains("another program or another version"), "{message}");
        }
    }

    #[actix_web::test]
    async fn foreign_keys_are_valid_and_the_operator_is_live() {
        let database = super::super::testing::fresh().await;
        if let Engine::Sqlite(pool) = &database.engine {
            let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(pool).await.unwrap();
            assert!(broken.is_empty());
        }
        let operator = "SELECT count(*) FROM companies WHERE id = 1 AND status = 'live'";
        assert_eq!(count(&database, operator).await, 1);
        assert!(count(&database, "SELECT count(*) FROM companies WHERE status <> 'live'").await > 5);
    }
}
