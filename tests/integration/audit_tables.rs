//! The audit trail in a table, on every database: what is written, what other programs find there, and what stays after the
//! process died.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use forest_actions::audit::{Audit, AuditOperation, AuditQuery, AuditRow, AuditStatus};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool};

use crate::field::these;
use crate::support::records::{action, all_of};
use crate::support::{Agent, Call};

#[smart_action(collection = "ledgers", name = "Book", kind = "bulk")]
async fn book(ledgers: Records<Value>, values: Values) -> Results {
    let _ = values;
    ledgers
        .each(500, async |ledger| {
            if ledger["id"] == 2 {
                refuse("already booked")
            } else {
                Ok(())
            }
        })
        .await
}

/// A database for one test.
pub(crate) enum Database {
    /// The file goes with its directory.
    Sqlite(SqlitePool, #[allow(dead_code, reason = "held")] tempfile::TempDir),
    Postgres(forest_test_postgres::Database),
}

impl Database {
    pub(crate) async fn each() -> Vec<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut all = vec![Self::Sqlite(
            file(&directory.path().join("audit.sqlite")).await,
            directory,
        )];
        all.extend(forest_test_postgres::database().await.map(Self::Postgres));
        all
    }

    pub(crate) fn audit(&self) -> Audit {
        match self {
            Self::Sqlite(pool, _) => Audit::sqlite(pool.clone()),
            Self::Postgres(pool) => Audit::postgres(PgPool::clone(pool)),
        }
    }

    async fn run(&self, sqlite: &str, postgres: &str) {
        match self {
            Self::Sqlite(pool, _) => drop(
                sqlx::query(AssertSqlSafe(sqlite.to_owned()))
                    .execute(pool)
                    .await
                    .unwrap(),
            ),
            Self::Postgres(pool) => {
                for statement in postgres.split(';') {
                    sqlx::query(AssertSqlSafe(statement.to_owned()))
                        .execute(&**pool)
                        .await
                        .unwrap();
                }
            }
        }
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = |table: &str| AssertSqlSafe(sql.replace("audit_logs", table));
        match self {
            Self::Sqlite(pool, _) => sqlx::query_scalar(sql("audit_logs")).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(sql("forest.audit_logs"))
                .fetch_all(&**pool)
                .await
                .unwrap(),
        }
    }
}

async fn file(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await
        .unwrap()
}

pub(crate) fn ledgers(count: i64) -> MemoryRecords {
    let model = CollectionModel::new("ledgers")
        .field(FieldModel::new("id", ValueType::Integer))
        .key(["id"]);
    MemoryRecords::new().collection(model, (1..=count).map(|id| json!({"id": id})).collect())
}

pub(crate) async fn agent(audit: Audit, count: i64) -> Agent {
    let source = ledgers(count);
    Agent::with(|builder| {
        builder
            .actions(actions![book])
            .records(source)
            .schema_file(false)
            .audit(audit)
    })
    .await
}

pub(crate) fn booked() -> Call {
    let mut attributes = these([1, 2]);
    attributes["values"] = json!({"a.b": "x\0y", "é": [1, {"deep": "Ünïcode % _ ~ '"}]});
    Call::post(action("book")).attributes(attributes)
}

#[actix_web::test]
async fn rows_are_stored_with_all_their_columns() {
    for database in Database::each().await {
        let agent = agent(database.audit(), 3).await;
        let answer = booked().send(&agent.serve().await).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let page = agent
            .forest
            .audit(&AuditQuery {
                oldest_first: true,
                ..AuditQuery::default()
            })
            .await
            .unwrap();
        assert_eq!(page.count, 2);
        let [one, two] = page.rows.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!(
            (one.operation.clone(), one.status),
            (AuditOperation::Action, AuditStatus::Done)
        );
        assert_eq!(two.operation, AuditOperation::ActionRefused);
        assert_eq!(two.reason.as_deref(), Some("already_booked: already booked"));
        assert_eq!(one.previous_values["a.b"], "x\u{fffd}y");
        assert_eq!(one.previous_values["é"], json!([1, {"deep": "Ünïcode % _ ~ '"}]));
        assert_eq!(one.selection, Some(json!({"count": 2})));
        assert_eq!(one.counts.as_ref().unwrap()["refused"], 1);
        assert_eq!(one.correlation_key.as_deref(), answer.header("x-forest-correlation-id"));
        assert_eq!((one.user_id, one.user_key.as_deref()), (Some(172), Some("172")));
        // as the vendor's agents read it
        let operations = database
            .texts("SELECT operation FROM audit_logs WHERE status = 'done' ORDER BY \"timestamp\", id")
            .await;
        assert_eq!(operations, ["action", "action_refused"]);
    }
}

#[actix_web::test]
async fn queries_filter_in_the_database() {
    for database in Database::each().await {
        let agent = agent(database.audit(), 3).await;
        booked().send(&agent.serve().await).await;
        let all = AuditQuery::default;
        for (query, count) in [
            (
                AuditQuery {
                    record_id: Some("2".to_owned()),
                    ..all()
                },
                1,
            ),
            (
                AuditQuery {
                    collection: Some("other".to_owned()),
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    user_ids: vec![172, 2],
                    ..all()
                },
                2,
            ),
            (
                AuditQuery {
                    user_ids: vec![2],
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    operations: vec![AuditOperation::ActionRefused],
                    ..all()
                },
                1,
            ),
            (
                AuditQuery {
                    status: Some(AuditStatus::Pending),
                    ..all()
                },
                0,
            ),
            // a dot is a part of the name
            (
                AuditQuery {
                    fields: vec!["a.b".to_owned()],
                    ..all()
                },
                2,
            ),
            (
                AuditQuery {
                    fields: vec!["a".to_owned(), "deep".to_owned()],
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    search: Some("BOOK".to_owned()),
                    ..all()
                },
                2,
            ),
            (
                AuditQuery {
                    search: Some("% _ ~ '".to_owned()),
                    ..all()
                },
                2,
            ),
            (
                AuditQuery {
                    search: Some("%nothing%".to_owned()),
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    correlation_keys: vec!["x' OR 1=1 --".to_owned()],
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    to: "2020-01-01T00:00:00Z".parse().ok(),
                    ..all()
                },
                0,
            ),
            (
                AuditQuery {
                    from: "2020-01-01T00:00:00Z".parse().ok(),
                    ..all()
                },
                2,
            ),
        ] {
            let page = agent.forest.audit(&query).await.unwrap();
            assert_eq!(page.count, count, "{query:?}");
        }
        let last = agent
            .forest
            .audit(&AuditQuery {
                offset: 1,
                limit: 1,
                ..all()
            })
            .await
            .unwrap();
        assert_eq!((last.count, last.rows[0].record_id.as_deref()), (2, Some("1")));
    }
}

/// The vendor's table, with a row of the vendor's agent.
async fn vendor_table(database: &Database) {
    let columns = "operation VARCHAR(255) NOT NULL, collection VARCHAR(255) NOT NULL, record_id TEXT, user_id INTEGER, \
                   user_first_name TEXT, user_last_name TEXT, user_email TEXT, action_name TEXT, correlation_key VARCHAR(255), \
                   previous_values JSON NOT NULL DEFAULT '{}', new_values JSON NOT NULL DEFAULT '{}', \
                   status VARCHAR(255) NOT NULL DEFAULT 'done'";
    let row = "(\"timestamp\", operation, collection, record_id, user_id, previous_values, new_values) VALUES \
               ('2026-08-20 10:00:00.123 +00:00', 'update', 'ledgers', '1', 3, '{\"a\":1}', '{\"a\":2}')";
    database
        .run(
            &format!("CREATE TABLE audit_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, \"timestamp\" DATETIME NOT NULL, {columns})"),
            &format!(
                "CREATE SCHEMA forest; CREATE TABLE forest.audit_logs (id BIGSERIAL PRIMARY KEY, \"timestamp\" TIMESTAMPTZ NOT NULL, {columns})"
            ),
        )
        .await;
    database
        .run(
            &format!("INSERT INTO audit_logs {row}"),
            &format!("INSERT INTO forest.audit_logs {row}"),
        )
        .await;
}

#[actix_web::test]
async fn the_table_of_another_agent_is_taken_over_with_its_rows() {
    for database in Database::each().await {
        vendor_table(&database).await;
        // twice: the second start finds everything
        drop(agent(database.audit(), 3).await);
        let agent = agent(database.audit(), 3).await;
        booked().send(&agent.serve().await).await;
        let page = agent
            .forest
            .audit(&AuditQuery {
                oldest_first: true,
                ..AuditQuery::default()
            })
            .await
            .unwrap();
        let first: &AuditRow = &page.rows[0];
        assert_eq!(page.count, 3);
        assert_eq!(first.timestamp.to_rfc3339(), "2026-08-20T10:00:00.123+00:00");
        assert_eq!(
            (first.operation.clone(), first.user_id),
            (AuditOperation::Update, Some(3))
        );
        assert_eq!(Value::from(first.new_values.clone()), json!({"a": 2}));
        assert_eq!(first.reason, None);
    }
}

#[actix_web::test]
async fn a_table_of_another_layout_or_a_store_that_is_down_refuses_the_start() {
    for database in Database::each().await {
        database
            .run(
                "CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, what TEXT)",
                "CREATE SCHEMA forest; CREATE TABLE forest.audit_logs (id BIGINT, what TEXT)",
            )
            .await;
        let start = Forest::builder()
            .actions([])
            .schema_file(false)
            .audit(database.audit())
            .start()
            .await;
        let text = start.err().unwrap().to_string();
        assert!(
            text.contains("\"audit_logs\" already exists but is missing column(s) timestamp, operation"),
            "{text}"
        );
    }
    let down = sqlx::postgres::PgPoolOptions::new()
        .connect_lazy("postgres://me:hunter2@127.0.0.1:1/none")
        .unwrap();
    let start = Forest::builder()
        .actions([])
        .schema_file(false)
        .audit(Audit::postgres(down))
        .start()
        .await;
    let text = start.err().unwrap().to_string();
    assert!(
        text.starts_with("the audit trail cannot be used: ") && !text.contains("hunter2"),
        "{text}"
    );
}

#[actix_web::test]
async fn old_rows_are_deleted_and_pending_ones_are_kept() {
    for database in Database::each().await {
        vendor_table(&database).await;
        let set = "UPDATE audit_logs SET status = 'pending'";
        let insert = "INSERT INTO audit_logs (\"timestamp\", operation, collection) VALUES ('2020-01-01 00:00:00.000 +00:00', 'action', 'a')";
        database.run(set, &set.replace("audit_logs", "forest.audit_logs")).await;
        database
            .run(insert, &insert.replace("audit_logs", "forest.audit_logs"))
            .await;
        let agent = agent(database.audit().keep(Duration::from_secs(1)), 3).await;
        for _ in 0..1_000 {
            if database.texts("SELECT status FROM audit_logs").await == ["pending"] {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(database.texts("SELECT status FROM audit_logs").await, ["pending"]);
        drop(agent);
    }
}

#[actix_web::test]
async fn select_all_of_many_records_has_a_row_for_each() {
    const COUNT: i64 = 5_000;
    for database in Database::each().await {
        let agent = agent(database.audit(), COUNT).await;
        let answer = Call::post(action("book"))
            .attributes(all_of(json!({})))
            .send(&agent.serve().await)
            .await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let counts = "SELECT operation || ' ' || CAST(COUNT(*) AS TEXT) || ' ' || CAST(COUNT(DISTINCT record_id) AS TEXT) \
                      FROM audit_logs WHERE status = 'done' GROUP BY operation ORDER BY operation";
        // with the row of the run
        assert_eq!(database.texts(counts).await, ["action 5000 5000", "action_refused 1 1"]);
    }
}

#[actix_web::test]
async fn the_trail_can_be_browsed_as_a_read_only_collection() {
    for database in Database::each().await {
        let agent = agent(database.audit().browsable().await.unwrap(), 3).await;
        let app = agent.serve().await;
        booked().send(&app).await;
        let list = Call::read(
            "/forest/forest_audit?segment=Refused&sort=-timestamp&fields[forest_audit]=id,recordId,operation,newValues,reason",
        );
        let list = list.send(&app).await;
        assert_eq!(list.status(), 200, "{list:?}");
        let document = list.json();
        assert_eq!(document["data"].as_array().unwrap().len(), 1, "{document}");
        let attributes = &document["data"][0]["attributes"];
        assert_eq!(attributes["recordId"], "2");
        assert_eq!(attributes["newValues"]["message"], "already booked");
        let count = Call::read("/forest/forest_audit/count?search=book").send(&app).await;
        assert_eq!(count.json(), json!({"count": 2}));
        // the collections of the program are still there
        assert_eq!(
            Call::read("/forest/ledgers/count").send(&app).await.json(),
            json!({"count": 3})
        );
        let schema: Value = serde_json::from_str(&agent.forest.schema().to_file_text()).unwrap();
        let collections = schema["collections"].as_array().unwrap();
        let collection = collections
            .iter()
            .find(|known| known["name"] == "forest_audit")
            .unwrap();
        assert_eq!(collection["isReadOnly"], true);
    }
}

#[smart_action(collection = "ledgers", name = "Die", kind = "bulk")]
async fn die(ids: RecordIds<i64>) -> &'static str {
    if ids.contains(&1) {
        std::process::abort();
    }
    "done"
}

const CHILD: &str = "FOREST_TEST_AUDIT_CHILD";

/// Runs in a process of its own, which dies in the handler.
#[actix_web::test]
async fn a_process_that_dies() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let audit = Audit::sqlite(file(Path::new(&path)).await);
    let source = ledgers(3);
    let agent = Agent::with(|builder| {
        builder
            .actions(actions![die])
            .records(source)
            .schema_file(false)
            .audit(audit)
    })
    .await;
    let app = agent.serve().await;
    let done = Call::post(action("die")).attributes(these([2, 3])).send(&app).await;
    assert_eq!(done.success(), "done");
    Call::post(action("die")).attributes(these([1])).send(&app).await;
}

#[actix_web::test]
async fn a_process_that_dies_in_a_handler_leaves_a_pending_row() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.sqlite");
    let mut child = Command::new(std::env::current_exe().unwrap());
    let child = child
        .args(["--exact", "audit_tables::a_process_that_dies"])
        .env(CHILD, &path);
    assert!(!child.output().unwrap().status.success());
    let rows = sqlx::query("SELECT record_id, status, operation FROM audit_logs ORDER BY id")
        .fetch_all(&file(&path).await)
        .await
        .unwrap();
    let rows: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let of = |id: &str, status: &str| (id.to_owned(), status.to_owned());
    assert_eq!(rows, [of("2", "done"), of("3", "done"), of("1", "pending")]);
}
