//! A run whose rows and effects are committed together.

use actix_web::{App, test};
use forest_actions::audit::{Audit, AuditOperation, AuditQuery, AuditRow, AuditStatus};
use forest_actions::prelude::*;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::audit_tables::ledgers;
use crate::field::these;
use crate::support::records::action;
use crate::support::{Agent, Answer, Call};

/// The statuses in the table, in the order of the rows.
const STATUSES: &str = "SELECT status || ' ' || operation FROM audit_logs ORDER BY id";

#[derive(ActionForm)]
struct End {
    /// Whether the transaction is committed.
    commit: bool,
    /// Whether the run fails afterwards.
    fail: bool,
}

/// Books in one transaction with its rows, and answers with the statuses that others see before the run has ended.
macro_rules! book_in_tx {
    ($pool:ident, $ids:ident, $form:ident, $trail:ident, $table:literal, $statuses:expr) => {{
        let mut transaction = $pool.begin().await?;
        for id in $ids.iter() {
            let insert = AssertSqlSafe(format!("INSERT INTO bookings VALUES ({id})"));
            sqlx::query(insert).execute(&mut *transaction).await?;
            $trail.changed(*id, json!({"booked": false}), json!({"booked": true}));
        }
        $trail.in_tx(&mut transaction).await?;
        match $form.commit {
            true => transaction.commit().await?,
            false => transaction.rollback().await?,
        }
        let statuses: Vec<String> = sqlx::query_scalar(AssertSqlSafe(STATUSES.replace("audit_logs", $table)))
            .fetch_all($statuses)
            .await?;
        match $form.fail {
            true => Err(failure(statuses.join(", ")).into()),
            false => Ok(success(statuses.join(", "))),
        }
    }};
}

#[smart_action(collection = "ledgers", name = "Book on sqlite", kind = "bulk")]
async fn book_on_sqlite(
    ids: RecordIds<i64>,
    form: Form<End>,
    trail: Trail,
    pool: web::Data<SqlitePool>,
) -> ActionResult {
    book_in_tx!(pool, ids, form, trail, "audit_logs", &**pool)
}

#[smart_action(collection = "ledgers", name = "Book on postgres", kind = "bulk")]
async fn book_on_postgres(ids: RecordIds<i64>, form: Form<End>, trail: Trail, pool: web::Data<PgPool>) -> ActionResult {
    book_in_tx!(pool, ids, form, trail, "forest.audit_logs", &**pool)
}

/// A program whose trail is in the database of its handlers.
struct Program {
    agent: Agent,
    endpoint: &'static str,
    sqlite: SqlitePool,
    postgres: Option<forest_test_postgres::Database>,
    _directory: tempfile::TempDir,
}

impl Program {
    async fn each() -> Vec<Self> {
        let mut all = vec![Self::new(None, false).await];
        if let Some(database) = forest_test_postgres::database().await {
            all.push(Self::new(Some(database), false).await);
        }
        all
    }

    async fn new(postgres: Option<forest_test_postgres::Database>, elsewhere: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let file = SqliteConnectOptions::new()
                .filename(directory.path().join(name))
                .create_if_missing(true);
            SqlitePoolOptions::new().max_connections(4).connect_lazy_with(file)
        };
        let sqlite = file("program.sqlite");
        let create = "CREATE TABLE bookings (ledger INTEGER NOT NULL)";
        sqlx::query(create).execute(&sqlite).await.unwrap();
        let (audit, endpoint) = match &postgres {
            None if elsewhere => (Audit::sqlite(file("audit.sqlite")), "book-on-sqlite"),
            None => (Audit::sqlite(sqlite.clone()), "book-on-sqlite"),
            Some(pool) => {
                sqlx::query(create).execute(&**pool).await.unwrap();
                (Audit::postgres(PgPool::clone(pool)), "book-on-postgres")
            }
        };
        let source = ledgers(3);
        let agent = Agent::with(|builder| {
            builder
                .actions(actions![book_on_sqlite, book_on_postgres])
                .records(source)
                .schema_file(false)
                .audit(audit)
        })
        .await;
        Self {
            agent,
            endpoint,
            sqlite,
            postgres,
            _directory: directory,
        }
    }

    async fn book(&self, commit: bool, fail: bool) -> Answer {
        let app = App::new().app_data(web::Data::new(self.sqlite.clone()));
        let app = match &self.postgres {
            Some(pool) => app.app_data(web::Data::new(PgPool::clone(pool))),
            None => app,
        };
        let app = test::init_service(app.configure(self.agent.forest.routes())).await;
        let mut attributes = these([1, 2]);
        attributes["values"] = json!({"commit": commit, "fail": fail});
        Call::post(action(self.endpoint))
            .attributes(attributes)
            .send(&app)
            .await
    }

    async fn rows(&self) -> Vec<AuditRow> {
        let query = AuditQuery {
            oldest_first: true,
            ..AuditQuery::default()
        };
        self.agent.forest.audit(&query).await.unwrap().rows
    }
}

#[actix_web::test]
async fn a_committed_run_is_done_before_it_answers() {
    for program in Program::each().await {
        let answer = program.book(true, false).await;
        assert_eq!(answer.success(), "done action, done action, done update, done update");
        let rows = program.rows().await;
        assert_eq!(rows.len(), 4, "the changes are written once");
        assert!(rows.iter().all(|row| row.status == AuditStatus::Done));
        // the answer is added afterwards
        assert_eq!(rows[0].new_values["message"], answer.success());
        assert_eq!(rows[2].new_values["booked"], true);
    }
}

#[actix_web::test]
async fn a_run_that_is_rolled_back_leaves_its_rows_pending_until_its_end() {
    for program in Program::each().await {
        let answer = program.book(false, true).await;
        assert_eq!(answer.json()["error"], "pending action, pending action");
        let operations: Vec<AuditOperation> = program.rows().await.into_iter().map(|row| row.operation).collect();
        assert_eq!(operations, [AuditOperation::ActionFailed, AuditOperation::ActionFailed]);
    }
}

#[actix_web::test]
async fn a_transaction_of_another_database_is_refused() {
    let program = Program::new(None, true).await;
    let answer = program.book(true, false).await;
    assert_eq!(answer.status(), 500, "{answer:?}");
    let booked: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM bookings")
        .fetch_one(&program.sqlite)
        .await
        .unwrap();
    assert_eq!(booked, 0, "the transaction was dropped");
}
