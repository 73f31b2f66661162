//! Changes of records in the audit trail.

use forest_actions::audit::{Audit, AuditMemory, AuditOperation, AuditQuery, AuditRow, AuditSink, AuditStatus};
use forest_actions::audit::{AuditUpdate, SinkError, SinkFuture};
use forest_actions::records::{SqlRecords, Writable};
use forest_actions::refuse;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use super::club::{clubs, corrected, linked, record, roles, rows, selection, send, tables, writable};
use crate::support::{Agent, Answer, Call, TestService, token_of};

/// A club whose trail is in its own database.
struct Shared {
    agent: Agent,
    store: Store,
}

enum Store {
    /// The file goes with its directory.
    Sqlite(SqlitePool, #[allow(dead_code, reason = "held")] tempfile::TempDir),
    Postgres(forest_test_postgres::Database),
}

impl Shared {
    async fn each() -> Vec<Self> {
        let directory = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new()
            .filename(directory.path().join("club.sqlite"))
            .create_if_missing(true);
        let pool = SqlitePool::connect_with(file).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(tables("sqlite")))
            .execute(&pool)
            .await
            .unwrap();
        let records = corrected(SqlRecords::sqlite(pool.clone()).await.unwrap());
        let mut all = vec![Self {
            agent: Self::agent(records, Audit::sqlite(pool.clone())).await,
            store: Store::Sqlite(pool, directory),
        }];
        if let Some(database) = forest_test_postgres::database().await {
            sqlx::raw_sql(AssertSqlSafe(tables("postgres")))
                .execute(&*database)
                .await
                .unwrap();
            let pool = PgPool::clone(&database);
            let records = corrected(SqlRecords::postgres(pool.clone()).await.unwrap());
            all.push(Self {
                agent: Self::agent(records, Audit::postgres(pool)).await,
                store: Store::Postgres(database),
            });
        }
        all
    }

    async fn agent(records: SqlRecords, audit: Audit) -> Agent {
        Agent::with(|builder| {
            roles(writable(builder.schema_file(false).actions([])))
                .records(records)
                .audit(audit.strict())
        })
        .await
    }

    fn table(&self) -> &'static str {
        match self.store {
            Store::Sqlite(..) => "audit_logs",
            Store::Postgres(_) => "forest.audit_logs",
        }
    }

    async fn execute(&self, sql: String) {
        match &self.store {
            Store::Sqlite(pool, _) => drop(sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap()),
            Store::Postgres(pool) => drop(sqlx::query(AssertSqlSafe(sql)).execute(&**pool).await.unwrap()),
        }
    }

    async fn rows(&self) -> Vec<AuditRow> {
        let query = AuditQuery {
            oldest_first: true,
            limit: 1_000,
            ..AuditQuery::default()
        };
        self.agent.forest.audit(&query).await.unwrap().rows
    }
}

/// The operation, collection, record and values of rows.
fn told(rows: &[AuditRow]) -> Vec<Value> {
    let told = rows.iter().map(|row| {
        json!([
            row.operation.as_str(),
            row.collection,
            row.record_id,
            row.previous_values,
            row.new_values
        ])
    });
    told.collect()
}

async fn changed(app: &impl TestService, method: &str, path: &str, body: Value) -> Answer {
    let answer = send(app, "God", method, path, body).await;
    assert!((200..300).contains(&answer.status()), "{method} {path}: {answer:?}");
    answer
}

#[actix_web::test]
async fn creations_changes_and_deletions_have_their_values() {
    let trail = AuditMemory::new();
    let settings = |builder| writable(builder).audit(Audit::sink(trail.clone()).redact("members", ["email"]));
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let seen = trail.rows().len();
        let created = changed(
            &app,
            "POST",
            "members",
            record(json!({"name": "Eve", "email": "eve@example.com"})),
        )
        .await;
        let id = created.json()["data"]["id"].as_str().unwrap().to_owned();
        let path = format!("members/{id}");
        changed(
            &app,
            "PUT",
            &path,
            record(json!({"name": "Eva", "details": {"city": "Rome", "zip": 1}})),
        )
        .await;
        changed(
            &app,
            "PUT",
            &path,
            record(json!({"details": {"city": "Oslo", "zip": 1}})),
        )
        .await;
        // nothing changes
        changed(&app, "PUT", &path, record(json!({"name": "Eva"}))).await;
        changed(&app, "PUT", &path, record(json!({}))).await;
        changed(&app, "DELETE", &path, Value::Null).await;
        let all = trail.rows();
        let [create, update, nested, delete] = &all[seen..] else {
            panic!("{}: {:?}", club.name(), told(&all[seen..]))
        };
        assert!(
            all.iter()
                .all(|row| row.status == AuditStatus::Done && row.action_name.is_none())
        );
        assert_eq!(create.operation, AuditOperation::Create);
        assert_eq!(create.record_id.as_deref(), Some(&*id));
        assert_eq!(create.new_values["name"], "Eve");
        assert_eq!(create.new_values["plan"], "free");
        assert_eq!(create.new_values["email"], "[redacted]");
        assert!(!create.new_values.contains_key("token"), "hidden");
        assert!(!create.new_values.contains_key("shout"), "computed");
        assert_eq!(
            create.correlation_key.as_deref(),
            created.header("x-forest-correlation-id")
        );
        assert_eq!((create.user_id, create.surface.as_deref()), (Some(172), Some("ui")));
        assert!(create.duration_ms.is_some() && create.ip.is_none());
        assert_eq!(
            Value::from(update.previous_values.clone()),
            json!({"name": "Eve", "details": null})
        );
        assert_eq!(
            Value::from(update.new_values.clone()),
            json!({"name": "Eva", "details": {"city": "Rome", "zip": 1}})
        );
        assert_eq!(
            Value::from(nested.previous_values.clone()),
            json!({"details": {"city": "Rome"}})
        );
        assert_eq!(
            Value::from(nested.new_values.clone()),
            json!({"details": {"city": "Oslo"}})
        );
        assert_eq!(
            (&delete.operation, delete.new_values.len()),
            (&AuditOperation::Delete, 0)
        );
        assert_eq!(delete.previous_values["name"], "Eva");
    }
}

#[actix_web::test]
async fn links_are_changes_of_the_records_on_both_sides() {
    let trail = AuditMemory::new();
    for club in clubs(|builder| writable(builder).audit(Audit::sink(trail.clone()))).await {
        let app = club.agent.serve().await;
        let seen = trail.rows().len();
        changed(
            &app,
            "PUT",
            "members/1/relationships/team",
            json!({"data": {"id": "2"}}),
        )
        .await;
        changed(&app, "POST", "members/1/relationships/skills", linked(&["1", "2"])).await;
        changed(&app, "DELETE", "members/1/relationships/skills", linked(&["2"])).await;
        let told = told(&trail.rows()[seen..]);
        let skills = |change: &str| json!(["update", "members", "1", {}, {"skills": {change: ["2"]}}]);
        assert_eq!(
            told[0],
            json!(["update", "members", "1", {"team_id": 1}, {"team_id": 2}]),
            "{}",
            club.name()
        );
        assert_eq!(
            told[1],
            json!(["create", "members_skills", "1|2", {}, {"member_id": 1, "skill_id": 2}])
        );
        assert!(told.contains(&skills("added")), "{told:?}");
        assert!(told.contains(&skills("removed")), "{told:?}");
        if !club.is_memory() {
            assert!(
                told.contains(&json!(["update", "skills", "2", {}, {"members": {"added": ["1"]}}])),
                "{told:?}"
            );
        }
        let removed = json!(["delete", "members_skills", "1|2", {"member_id": 1, "skill_id": 2}, {}]);
        assert!(told.contains(&removed), "{told:?}");
    }
}

#[actix_web::test]
async fn a_change_of_a_key_names_the_former_one() {
    let trail = AuditMemory::new();
    for club in clubs(|builder| writable(builder).audit(Audit::sink(trail.clone()))).await {
        let app = club.agent.serve().await;
        changed(&app, "PUT", "badges/2%7Cx", record(json!({"code": "y"}))).await;
        let row = trail.rows().pop().unwrap();
        assert_eq!(row.record_id.as_deref(), Some("2|y"), "{}", club.name());
        assert_eq!(row.previous_record_id.as_deref(), Some("2|x"));
        assert_eq!(Value::from(row.new_values), json!({"code": "y"}));
    }
}

#[actix_web::test]
async fn refusals_are_recorded_and_malformed_requests_are_not() {
    let trail = AuditMemory::new();
    let settings = |builder: forest_actions::ForestBuilder| {
        writable(builder)
            .writable(
                "notes",
                Writable::all().on_delete(async |_, _| refuse("Notes are kept")),
            )
            .audit(Audit::sink(trail.clone()))
    };
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let seen = trail.rows().len();
        let before = rows(&app).await;
        for (role, method, path, body, status) in [
            ("No add", "POST", "members", record(json!({"name": "Eve"})), 403),
            ("No edit", "PUT", "members/1", record(json!({"name": "Eve"})), 403),
            ("No delete", "DELETE", "members", selection(&["1", "3"]), 403),
            ("Admin", "PUT", "members/2", record(json!({"name": "Eve"})), 404),
            (
                "Admin",
                "PUT",
                "members/1/relationships/team",
                json!({"data": {"id": "2"}}),
                404,
            ),
            ("God", "DELETE", "notes", selection(&["1", "7"]), 422),
            // no refusals
            ("God", "POST", "members", record(json!({"age": "old"})), 400),
            ("God", "POST", "members", json!([]), 400),
            ("God", "DELETE", "members", selection(&[]), 400),
        ] {
            let answer = send(&app, role, method, path, body).await;
            assert_eq!(answer.status(), status, "{role} {method} {path}: {answer:?}");
        }
        assert_eq!(rows(&app).await, before);
        let all = trail.rows();
        let of = |row: &AuditRow| {
            let reason = row.reason.as_deref().unwrap_or_default();
            let code = reason.split(':').next().unwrap_or_default().to_owned();
            json!([row.operation.as_str(), row.collection, row.record_id, code])
        };
        let expected = json!([
            ["create_refused", "members", "", "ForbiddenError"],
            ["update_refused", "members", "1", "ForbiddenError"],
            // the body of a caller without the right is not read
            ["delete_refused", "members", "", "ForbiddenError"],
            ["update_refused", "members", "2", "NotFoundError"],
            ["update_refused", "members", "1", "NotFoundError"],
            ["delete_refused", "notes", "1", "RefusedError"],
            ["delete_refused", "notes", "7", "RefusedError"],
        ]);
        let told: Vec<Value> = all[seen..].iter().map(of).collect();
        assert_eq!(Value::from(told), expected, "{}", club.name());
        assert_eq!(all.last().unwrap().new_values["message"], "Notes are kept");
    }
}

/// A store that cannot be written.
struct Full;

impl AuditSink for Full {
    fn prepare(&self, _: Vec<AuditRow>) -> SinkFuture<'_, Vec<i64>> {
        Box::pin(async { Err(SinkError::failed("the disk is full")) })
    }

    fn confirm(&self, _: Vec<AuditUpdate>) -> SinkFuture<'_, ()> {
        Box::pin(async { Err(SinkError::failed("the disk is full")) })
    }
}

#[actix_web::test]
async fn without_a_row_nothing_is_changed_where_the_trail_is_strict() {
    let changes = || {
        [
            ("POST", "members", record(json!({"name": "Eve"}))),
            ("PUT", "members/1", record(json!({"name": "Eve"}))),
            ("DELETE", "members/4", Value::Null),
            ("DELETE", "members", selection(&["4"])),
            ("POST", "members/1/relationships/skills", linked(&["2"])),
        ]
    };
    for club in clubs(|builder| writable(builder).audit(Audit::sink(Full).strict())).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path, body) in changes() {
            let answer = send(&app, "God", method, path, body).await;
            assert_eq!(
                answer.detail(503),
                "This change was not made because it could not be recorded. Try again.",
                "{method} {path}"
            );
            assert_eq!(
                (answer.name(), answer.header("retry-after")),
                ("AuditUnavailableError".into(), Some("5"))
            );
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
    for club in clubs(|builder| writable(builder).audit(Audit::sink(Full))).await {
        let app = club.agent.serve().await;
        for (method, path, body) in changes() {
            changed(&app, method, path, body).await;
        }
        assert!(rows(&app).await.contains("Eve"), "{}", club.name());
    }
}

#[actix_web::test]
async fn in_one_database_the_rows_are_part_of_the_transaction() {
    for club in Shared::each().await {
        let app = club.agent.serve().await;
        changed(&app, "POST", "members", record(json!({"name": "Eve"}))).await;
        let rows = club.rows().await;
        assert_eq!(told(&rows).len(), 1);
        assert_eq!(rows[0].status, AuditStatus::Done);
        if let Store::Postgres(_) = &club.store {
            // the database refuses the change at the commit
            club.execute("ALTER TABLE members ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED".to_owned())
                .await;
            let taken = send(&app, "God", "PUT", "members/1", record(json!({"name": "Bob"}))).await;
            assert_eq!(taken.status(), 409, "{taken:?}");
            let rows = club.rows().await;
            let operations: Vec<&str> = rows.iter().map(|row| row.operation.as_str()).collect();
            assert_eq!(operations, ["create", "update_refused"]);
        }
        // the trail cannot be written any more
        club.execute(format!("DROP TABLE {}", club.table())).await;
        let refused = send(&app, "God", "PUT", "members/1", record(json!({"name": "Eve"}))).await;
        assert_eq!((refused.status(), &*refused.name()), (503, "AuditUnavailableError"));
        let name = Call::read("/forest/members/1")
            .bearer(&token_of("God"))
            .send(&app)
            .await
            .json();
        assert_eq!(name["data"]["attributes"]["name"], "Ann", "undone");
    }
}

#[actix_web::test]
async fn a_failed_row_does_not_spoil_the_transaction_of_a_change() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    sqlx::raw_sql(AssertSqlSafe(tables("postgres")))
        .execute(&*database)
        .await
        .unwrap();
    let pool = PgPool::clone(&database);
    let records = corrected(SqlRecords::postgres(pool.clone()).await.unwrap());
    let agent = Agent::with(|builder| {
        roles(writable(builder.schema_file(false).actions([])))
            .records(records)
            .audit(Audit::postgres(pool.clone()))
    })
    .await;
    let app = agent.serve().await;
    changed(&app, "PUT", "members/1", record(json!({"name": "Eve"}))).await;
    sqlx::raw_sql("DROP TABLE forest.audit_logs")
        .execute(&pool)
        .await
        .unwrap();
    changed(&app, "PUT", "members/1", record(json!({"name": "Eva"}))).await;
    let name: String = sqlx::query_scalar("SELECT name FROM members WHERE id = 1")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(name, "Eva");
}

async fn state(app: &impl TestService, role: &str, path: &str) -> Answer {
    Call::read(format!("/forest/_audit-trail/{path}"))
        .bearer(&token_of(role))
        .send(app)
        .await
}

#[actix_web::test]
async fn a_former_state_is_the_record_without_its_later_changes() {
    for club in Shared::each().await {
        let app = club.agent.serve().await;
        changed(
            &app,
            "PUT",
            "members/1",
            record(json!({"name": "Eve", "details": {"a": 1, "b": 1}})),
        )
        .await;
        changed(&app, "PUT", "members/1", record(json!({"details": {"a": 2}}))).await;
        changed(&app, "POST", "members/1/relationships/skills", linked(&["2"])).await;
        let created = changed(&app, "POST", "members", record(json!({"name": "New"})))
            .await
            .json();
        let new = created["data"]["id"].as_str().unwrap().to_owned();
        // moments between the changes
        for minute in [1, 2] {
            let at = format!("2026-01-01 10:0{minute}:00.000 +00:00");
            club.execute(format!(
                "UPDATE {} SET \"timestamp\" = '{at}' WHERE id = {minute}",
                club.table()
            ))
            .await;
        }
        let at = |minute: &str| format!("members/1/state?at=2026-01-01T10:{minute}:00.000Z");
        let first = state(&app, "God", &at("00")).await;
        assert_eq!(first.status(), 200, "{first:?}");
        let first = first.json();
        assert_eq!(
            (&first["data"]["name"], &first["data"]["details"]),
            (&json!("Ann"), &Value::Null),
            "{first}"
        );
        assert_eq!(first["data"]["team_id"], 1);
        assert!(first["data"].get("token").is_none() && first["data"].get("skills").is_none());
        // a change at the moment itself is part of it
        let second = state(&app, "God", &at("01")).await.json();
        assert_eq!(
            (&second["data"]["name"], &second["data"]["details"]),
            (&json!("Eve"), &json!({"a": 1, "b": 1}))
        );
        let now = state(&app, "God", "members/1/state?timestamp=2100-01-01T00:00:00Z")
            .await
            .json();
        assert_eq!(now["data"]["details"], json!({"a": 2}));
        let unborn = state(&app, "God", &format!("members/{new}/state?at=2026-01-01")).await;
        assert_eq!(unborn.detail(404), "Record did not exist at this timestamp");
        changed(&app, "DELETE", &format!("members/{new}"), Value::Null).await;
        let gone = state(&app, "God", &format!("members/{new}/state?at=2100-01-01")).await;
        assert_eq!(gone.detail(404), "Record did not exist at this timestamp");
        // a scope cannot be judged any more
        let withheld = state(&app, "Admin", &format!("members/{new}/state?at=2026-01-01")).await;
        assert_eq!(withheld.json(), json!({"data": null}));
        // and a search would tell about the values that are withheld
        for query in ["search=New", "search=nothing", "fields=name", "fields=nothing"] {
            let rows = state(&app, "Admin", &format!("members/{new}?{query}")).await.json();
            assert_eq!(rows["meta"]["count"], 2, "{query}: {rows}");
            assert_eq!(rows["data"][0]["previousValues"], json!({}));
        }
        let outside = state(&app, "Admin", "members/2/state?at=2026-01-01").await;
        assert_eq!(outside.detail(404), "Record does not exists");
        for (path, status, text) in [
            ("members/1/state", 400, "Missing \"at\" query parameter"),
            ("members/1/state?at=soon", 400, "Invalid date: \"soon\""),
            ("members/x/state?at=2026-01-01", 404, ""),
            ("nowhere/1/state?at=2026-01-01", 404, ""),
        ] {
            let answer = state(&app, "God", path).await;
            assert!(answer.detail(status).contains(text), "{path}: {answer:?}");
        }
        assert_eq!(
            state(&app, "Blind", "members/1/state?at=2026-01-01").await.status(),
            403
        );
    }
}

#[actix_web::test]
async fn a_new_key_is_recorded_as_it_is_stored() {
    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let create = "CREATE TABLE codes (code CHAR(5) PRIMARY KEY, label TEXT);
                  CREATE TABLE rates (rate NUMERIC(6, 3) PRIMARY KEY, label TEXT);
                  INSERT INTO codes VALUES ('a'); INSERT INTO rates VALUES (1);";
    sqlx::raw_sql(create).execute(&*database).await.unwrap();
    let pool = PgPool::clone(&database);
    let records = SqlRecords::postgres(pool.clone()).await.unwrap();
    let agent = Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions([])
            .records(records)
            .writable("codes", Writable::all().fields(["code", "label"]))
            .writable("rates", Writable::all().fields(["rate", "label"]))
            .audit(Audit::postgres(pool).strict())
    })
    .await;
    let app = agent.serve().await;
    let id = |answer: Answer| answer.json()["data"]["id"].as_str().unwrap().trim().to_owned();
    let code = changed(&app, "PUT", "codes/a", record(json!({"code": "xy"}))).await;
    assert_eq!(id(code), "xy");
    let rate = changed(&app, "PUT", "rates/1.000", record(json!({"rate": "2.5"}))).await;
    assert_eq!(id(rate), "2.500");
    // whatever the spelling of the id
    let rate = state(&app, "God", "rates/2.5/state?at=2020-01-01").await;
    assert_eq!(rate.json()["data"]["rate"], "1.000", "{rate:?}");
    let rows = state(&app, "God", "rates/2.5").await.json();
    assert_eq!(rows["meta"]["count"], 1, "{rows}");
    let query = AuditQuery {
        oldest_first: true,
        ..AuditQuery::default()
    };
    let rows = agent.forest.audit(&query).await.unwrap().rows;
    let ids: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.record_id.as_deref())
        .map(str::trim)
        .collect();
    assert_eq!(ids, ["xy", "2.500"]);
}

#[actix_web::test]
async fn files_and_hidden_fields_have_a_row_without_their_values() {
    for club in Shared::each().await {
        let kind = if matches!(club.store, Store::Sqlite(..)) {
            "BLOB"
        } else {
            "BYTEA"
        };
        club.execute(format!(
            "CREATE TABLE files (id INTEGER PRIMARY KEY, photo {kind}, pin TEXT)"
        ))
        .await;
        club.execute("INSERT INTO files (id) VALUES (1)".to_owned()).await;
        let records = match &club.store {
            Store::Sqlite(pool, _) => SqlRecords::sqlite(pool.clone()).await.unwrap(),
            Store::Postgres(pool) => SqlRecords::postgres(PgPool::clone(pool)).await.unwrap(),
        };
        let trail = AuditMemory::new();
        let files = Writable::all().on_update(async |draft, _, _| {
            draft.set("pin", "1234");
            Ok(())
        });
        let agent = Agent::with(|builder| {
            builder
                .schema_file(false)
                .actions([])
                .records(records.only(["files"]).collection("files", |files| files.hide("pin")))
                .writable("files", files)
                .audit(Audit::sink(trail.clone()))
        })
        .await;
        let app = agent.serve().await;
        let photo = "data:application/octet-stream;base64,aGVsbG8=";
        changed(&app, "PUT", "files/1", record(json!({"photo": photo}))).await;
        let row = trail.rows().pop().unwrap();
        let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(
            Value::from(row.new_values),
            json!({"photo": {"size": 5, "sha256": hello}})
        );
        assert_eq!(Value::from(row.previous_values), json!({}));
    }
}

#[actix_web::test]
async fn a_record_that_is_named_twice_is_linked_once() {
    let trail = AuditMemory::new();
    for club in clubs(|builder| writable(builder).audit(Audit::sink(trail.clone()))).await {
        let app = club.agent.serve().await;
        // the second time in another statement
        let mut ids: Vec<String> = vec!["4".to_owned(); 600];
        ids.push("3".to_owned());
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let seen = trail.rows().len();
        changed(&app, "POST", "teams/1/relationships/members", linked(&ids)).await;
        assert_eq!(trail.rows().len() - seen, 1, "{}: 3 is linked already", club.name());
    }
}
