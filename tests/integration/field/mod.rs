//! Databases of odd shapes, as they are found in the field, behind an agent in local mode.
//!
//! Each topic has a file. A test starts an agent over the tables that it needs, sends requests, and may run SQL in between.

mod encodings;
mod key_values;
mod keys;
mod names;
mod postgres_moments;
mod postgres_types;
mod relations;
mod schema_changes;
mod sqlite_values;
mod typed_records;

use forest_actions::prelude::*;
use forest_actions::records::{RecordSource, SqlRecords};
use forest_actions::{ForestBuilder, Records, Selection};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tempfile::TempDir;

use crate::support::records::{action, list};
use crate::support::{Agent, Answer, Call, escaped};

/// The selected ids, as a JSON list.
#[smart_action(collection = "items", name = "Dump", kind = "bulk")]
async fn dump(selection: Selection) -> ActionResult {
    let ids: Vec<String> = selection.stream().try_collect().await?;
    Ok(success(json!(ids).to_string()))
}

/// The selected ids in chunks of two.
#[smart_action(collection = "items", name = "Dump Chunks", kind = "bulk")]
async fn dump_chunks(selection: Selection) -> ActionResult {
    let chunks: Vec<Vec<String>> = selection.chunks(2).try_collect().await?;
    Ok(success(json!(chunks).to_string()))
}

/// The selected records, which are read two at a time.
#[smart_action(collection = "items", name = "Rows", kind = "bulk")]
async fn rows(records: Records<Value>) -> ActionResult {
    let rows: Vec<Value> = records.chunks(2).try_concat().await?;
    Ok(success(json!(rows).to_string()))
}

/// The id of one record.
#[smart_action(collection = "items", name = "One", kind = "single")]
async fn one(id: RecordId<String>) -> String {
    id.0
}

/// A database, and settings of the agent over it.
pub(crate) struct Setup {
    engine: Engine,
    statements: Vec<String>,
    encoding: Option<&'static str>,
    role: Option<&'static str>,
    pool: u32,
    records: Box<dyn FnOnce(SqlRecords) -> SqlRecords>,
    agent: Box<dyn FnOnce(ForestBuilder) -> ForestBuilder>,
}

enum Engine {
    Sqlite,
    Postgres,
}

impl Setup {
    pub(crate) fn sqlite<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self {
            engine: Engine::Sqlite,
            statements: statements.into_iter().map(Into::into).collect(),
            encoding: None,
            role: None,
            pool: 3,
            records: Box::new(|records| records),
            agent: Box::new(|builder| builder),
        }
    }

    pub(crate) fn postgres<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self {
            engine: Engine::Postgres,
            ..Self::sqlite(statements)
        }
    }

    /// PostgreSQL: the encoding of the database, such as `LATIN1`.
    pub(crate) fn encoding(mut self, encoding: &'static str) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// PostgreSQL: the role that the agent acts in. It exists before the statements run, and owns nothing.
    pub(crate) fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    /// Maximum number of connections of the agent; three by default.
    pub(crate) fn pool(mut self, connections: u32) -> Self {
        self.pool = connections;
        self
    }

    /// Corrections of the record source.
    pub(crate) fn records(mut self, correct: impl FnOnce(SqlRecords) -> SqlRecords + 'static) -> Self {
        self.records = Box::new(correct);
        self
    }

    /// Further settings of the agent.
    pub(crate) fn agent(mut self, settings: impl FnOnce(ForestBuilder) -> ForestBuilder + 'static) -> Self {
        self.agent = Box::new(settings);
        self
    }

    /// Runs the statements, and starts the agent; `None` without a PostgreSQL server.
    pub(crate) async fn start(self) -> Option<Database> {
        let (store, records) = match self.engine {
            Engine::Sqlite => {
                let directory = tempfile::tempdir().unwrap();
                let file = SqliteConnectOptions::new()
                    .filename(directory.path().join("items.db"))
                    .create_if_missing(true);
                let pool = SqlitePoolOptions::new().max_connections(self.pool);
                let pool = pool.connect_with(file).await.unwrap();
                let store = Store::Sqlite {
                    pool: pool.clone(),
                    _directory: directory,
                };
                store.run(&self.statements).await;
                (store, SqlRecords::sqlite(pool).await)
            }
            Engine::Postgres => {
                let database = match self.encoding {
                    None => forest_test_postgres::database().await?,
                    Some(encoding) => forest_test_postgres::database_in(encoding).await?,
                };
                let store = Store::Postgres(database);
                if let Some(role) = self.role {
                    // roles belong to the server, which other tests share
                    store
                        .sql(&format!(
                            "DO $$ BEGIN CREATE ROLE {role}; \
                             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                        ))
                        .await;
                }
                store.run(&self.statements).await;
                let pool = store.postgres().connect_options().as_ref().clone();
                let role = self.role;
                let pool = PgPoolOptions::new()
                    .max_connections(self.pool)
                    .after_connect(move |connection, _| {
                        Box::pin(async move {
                            if let Some(role) = role {
                                let set = AssertSqlSafe(format!("SET ROLE {role}"));
                                sqlx::raw_sql(set).execute(connection).await?;
                            }
                            Ok(())
                        })
                    })
                    .connect_with(pool)
                    .await
                    .unwrap();
                (store, SqlRecords::postgres(pool).await)
            }
        };
        let records = (self.records)(records.unwrap());
        Some(Database {
            agent: agent_over(records, self.agent).await,
            store,
        })
    }
}

async fn agent_over(
    source: impl RecordSource + 'static,
    settings: impl FnOnce(ForestBuilder) -> ForestBuilder,
) -> Agent {
    let actions = actions![dump, dump_chunks, rows, one];
    Agent::with(|builder| settings(builder.actions(actions).records(source).schema_file(false))).await
}

/// An agent over an SQLite database after these statements.
pub(crate) async fn sqlite<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Database {
    Setup::sqlite(statements).start().await.unwrap()
}

/// An agent over a PostgreSQL database after these statements; `None` without a server.
pub(crate) async fn postgres<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Option<Database> {
    Setup::postgres(statements).start().await
}

/// An agent over each database after the same statements.
pub(crate) async fn both<const N: usize>(statements: [&str; N]) -> Vec<Database> {
    let sqlite = Some(sqlite(statements).await);
    sqlite.into_iter().chain(postgres(statements).await).collect()
}

/// An agent over records in memory, or any other source.
pub(crate) async fn over(source: impl RecordSource + 'static) -> Database {
    Database {
        agent: agent_over(source, |builder| builder).await,
        store: Store::Other,
    }
}

/// A database with an agent over it.
pub(crate) struct Database {
    pub(crate) agent: Agent,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Sqlite { pool: SqlitePool, _directory: TempDir },
    Postgres(forest_test_postgres::Database),
    Other,
}

impl Store {
    async fn run(&self, statements: &[String]) {
        for statement in statements {
            self.sql(statement).await;
        }
    }

    async fn sql(&self, statement: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(statement));
        let done = match self {
            Self::Sqlite { pool, .. } => sql.execute(pool).await.map(|_| ()),
            Self::Postgres(database) => sql.execute(&**database).await.map(|_| ()),
            Self::Other => panic!("without SQL"),
        };
        done.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }

    fn postgres(&self) -> &PgPool {
        match self {
            Self::Postgres(database) => database,
            other => panic!("{other:?}"),
        }
    }
}

impl Database {
    /// Runs a statement, as another program might.
    pub(crate) async fn sql(&self, statement: &str) {
        self.store.sql(statement).await;
    }

    pub(crate) async fn send(&self, call: Call) -> Answer {
        call.send(&self.agent.serve().await).await
    }

    /// The answer of a path below `/forest/`, with these parameters.
    pub(crate) async fn get(&self, path: &str, parameters: Value) -> Answer {
        list(&self.agent.serve().await, path, &parameters).await
    }

    /// The records of `items`, as the list shows them.
    pub(crate) async fn list(&self, parameters: Value) -> Vec<Value> {
        let answer = self.get("items", parameters).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()["data"].as_array().unwrap().clone()
    }

    /// One attribute of each listed record.
    pub(crate) async fn column(&self, field: &str, parameters: Value) -> Vec<Value> {
        let records = self.list(parameters).await;
        records
            .iter()
            .map(|record| record["attributes"][field].clone())
            .collect()
    }

    /// The ids of the listed records.
    pub(crate) async fn ids(&self, parameters: Value) -> Vec<String> {
        let records = self.list(parameters).await;
        records
            .iter()
            .map(|record| record["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn count(&self, parameters: Value) -> u64 {
        let answer = self.get("items/count", parameters).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.json()["count"].as_u64().unwrap()
    }

    /// The lines of the CSV of these columns, which are joined by commas.
    pub(crate) async fn csv(&self, fields: &str) -> Vec<String> {
        let answer = self.get("items.csv", json!({"fields[items]": fields})).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        answer.text().lines().map(str::to_owned).collect()
    }

    /// The answer for one record of `items`.
    pub(crate) async fn record(&self, id: &str) -> Answer {
        self.get(&format!("items/{}", escaped(id)), json!({})).await
    }

    /// The answer of `dump`, `dump-chunks`, `rows` or `one` for these records: see [`these`] and
    /// [`all_of`](crate::support::records::all_of).
    pub(crate) async fn act(&self, name: &str, attributes: Value) -> Answer {
        self.send(Call::post(action(name)).attributes(attributes)).await
    }

    /// The ids or records that a bulk action answered.
    pub(crate) async fn acted(&self, name: &str, attributes: Value) -> Value {
        serde_json::from_str(&self.act(name, attributes).await.success()).unwrap()
    }
}

/// A selection of these ids.
pub(crate) fn these<S: Into<Value>>(ids: impl IntoIterator<Item = S>) -> Value {
    json!({"ids": ids.into_iter().map(Into::into).collect::<Vec<Value>>()})
}

mod harness {
    use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};

    use super::*;
    use crate::support::records::{all_of, filter};

    #[actix_web::test]
    async fn an_agent_reads_the_database_and_sees_its_changes() {
        for database in both([
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
            "INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        ])
        .await
        {
            database.sql("INSERT INTO items VALUES (4, 'd')").await;
            assert_eq!(database.ids(json!({})).await, ["1", "2", "3", "4"]);
            assert_eq!(database.column("name", json!({})).await, ["a", "b", "c", "d"]);
            assert_eq!(database.count(filter("name", "equal", json!("b"))).await, 1);
            assert_eq!(database.record("2").await.json()["data"]["id"], "2");
            let csv = ["id,name", "1,a", "2,b", "3,c", "4,d"];
            assert_eq!(database.csv("id,name").await, csv);
            assert_eq!(
                database.acted("dump", all_of(json!({}))).await,
                json!(["1", "2", "3", "4"])
            );
            assert_eq!(
                database.acted("dump-chunks", these(["3", "1", "2"])).await,
                json!([["3", "1"], ["2"]])
            );
            assert_eq!(database.acted("rows", these(["2"])).await[0]["name"], "b");
            assert_eq!(database.act("one", these(["4"])).await.success(), "4");
        }
    }

    #[actix_web::test]
    async fn an_agent_acts_in_the_role_and_encoding_of_the_test() {
        let setup = Setup::postgres([
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE hidden (id INTEGER PRIMARY KEY)",
            "INSERT INTO items VALUES (1, 'é')",
            "GRANT SELECT ON items TO field_reader",
        ]);
        let setup = setup.encoding("LATIN1").role("field_reader").pool(1);
        let Some(database) = setup.start().await else {
            return;
        };
        assert_eq!(database.column("name", json!({})).await, ["é"]);
        assert_eq!(database.get("hidden", json!({})).await.status(), 404);
    }

    #[actix_web::test]
    async fn an_agent_has_the_settings_and_corrections_of_the_test() {
        let setup = Setup::sqlite([
            "CREATE TABLE items (id INTEGER PRIMARY KEY, made DATE, secret TEXT)",
            "INSERT INTO items VALUES (1, '2024-05-14', 'a'), (2, '2024-05-15', 'b')",
        ]);
        let setup = setup
            .records(|records| records.collection("items", |items| items.hide("secret")))
            .agent(|builder| builder.clock(|| "2024-05-15T10:30:00Z".parse().unwrap()));
        let database = setup.start().await.unwrap();
        assert_eq!(database.ids(filter("made", "today", json!(null))).await, ["2"]);
        assert_eq!(database.column("secret", json!({})).await, [json!(null), json!(null)]);
    }

    #[actix_web::test]
    async fn an_agent_reads_records_in_memory() {
        let items = CollectionModel::new("items").field(FieldModel::new("id", ValueType::Integer));
        let database = over(MemoryRecords::new().collection(items.key(["id"]), vec![json!({"id": 7})])).await;
        assert_eq!(database.ids(json!({})).await, ["7"]);
    }
}
