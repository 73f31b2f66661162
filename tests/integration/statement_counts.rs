//! The number of statements of each kind of request, on both engines.

use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator, RecordSource as _, SqlRecords};
use forest_actions::testing::FakeForest;
use forest_actions::{ActionDescriptor, Records, Selection};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::connected::{SAM, condition, project};
use crate::support::{Agent, Call, TestService, statements};

#[smart_action(collection = "parcels", name = "Send", kind = "single", load = open)]
async fn send(id: RecordId<i64>) -> String {
    id.to_string()
}

#[smart_action(collection = "parcels", name = "Sort", kind = "bulk", load = open_for_ids)]
async fn sort(ids: RecordIds<i64>) -> String {
    format!("{:?}", ids.into_inner())
}

#[smart_action(collection = "parcels", name = "Weigh", kind = "single", load = open_for_id)]
async fn weigh() {}

#[smart_action(collection = "parcels", name = "Wash", kind = "global")]
async fn wash() {}

#[smart_action(collection = "parcels", name = "Read", kind = "bulk", load = open_for_records)]
async fn read(parcels: Records<Parcel>) -> ActionResult {
    Ok(success(names(parcels).await?.join(",")))
}

#[smart_action(collection = "lines", name = "Post", kind = "single")]
async fn post(RecordId((parcel, code)): RecordId<(i64, String)>) -> String {
    format!("{parcel} {code}")
}

#[smart_action(collection = "parcels", name = "Judge", kind = "bulk", can_run = is_named)]
async fn judge(parcels: Records<Parcel>) -> ActionResult {
    Ok(success(names(parcels).await?.join(",")))
}

#[smart_action(collection = "parcels", name = "Filter", kind = "bulk", can_run = filter(is_heavy(), "light"))]
async fn filter(parcels: Records<Parcel>) -> ActionResult {
    Ok(success(names(parcels).await?.join(",")))
}

#[derive(Deserialize)]
struct Parcel {
    name: String,
}

fn is_named(parcel: &Parcel, _: &Caller) -> Result<(), NotDone> {
    match parcel.name.is_empty() {
        true => refuse("no name"),
        false => Ok(()),
    }
}

fn is_heavy() -> Filter {
    Filter::leaf("weight", Operator::GreaterThan, 5)
}

async fn names(parcels: Records<Parcel>) -> Result<Vec<String>, ActionError> {
    use futures_util::TryStreamExt as _;

    Ok(parcels.stream().map_ok(|parcel| parcel.name).try_collect().await?)
}

async fn open(form: FormState) -> HookResult {
    Ok(form)
}

async fn open_for_id(form: FormState, _: RecordId<i64>, selection: Selection) -> HookResult {
    assert_eq!(selection.count().await?, 1);
    Ok(form)
}

async fn open_for_ids(form: FormState, ids: RecordIds<i64>) -> HookResult {
    assert_eq!(*ids, [2, 1]);
    Ok(form)
}

async fn open_for_records(form: FormState, parcels: Records<Parcel>) -> HookResult {
    assert_eq!(names(parcels).await?, ["b", "a"]);
    Ok(form)
}

fn all() -> [&'static ActionDescriptor; 8] {
    actions![send, sort, weigh, wash, read, post, judge, filter]
}

/// An agent on a table of parcels, of which 1 and 2 are heavy, and its lines.
struct Stage {
    agent: Agent,
    fake: FakeForest,
    /// In the names of its tables.
    name: &'static str,
    /// The value has to outlive the pool.
    _database: Option<forest_test_postgres::Database>,
}

const PARCELS: &str = "
CREATE TABLE counted_NAME (id INTEGER PRIMARY KEY, name TEXT NOT NULL, weight INTEGER NOT NULL);
INSERT INTO counted_NAME VALUES (1, 'a', 10), (2, 'b', 10), (3, 'c', 1);
CREATE TABLE counted_NAME_lines (parcel INTEGER NOT NULL, code TEXT NOT NULL, PRIMARY KEY (parcel, code));
INSERT INTO counted_NAME_lines VALUES (1, 'x'), (1, 'y|z');
";

async fn stages(sqlite: &'static str, postgres: &'static str) -> Vec<Stage> {
    statements::watch();
    let tables = |name: &str| sqlx::AssertSqlSafe(PARCELS.replace("NAME", name));
    // a database in memory is that of its one connection
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(tables(sqlite)).execute(&pool).await.unwrap();
    let mut stages = vec![stage(sqlite, SqlRecords::sqlite(pool).await.unwrap(), None).await];
    if let Some(database) = forest_test_postgres::database().await {
        sqlx::raw_sql(tables(postgres)).execute(&*database).await.unwrap();
        let records = SqlRecords::postgres((*database).clone()).await.unwrap();
        stages.push(stage(postgres, records, Some(database)).await);
    }
    stages
}

async fn stage(name: &'static str, records: SqlRecords, database: Option<forest_test_postgres::Database>) -> Stage {
    let records = records
        .collection(&format!("counted_{name}"), |parcels| parcels.rename("parcels"))
        .collection(&format!("counted_{name}_lines"), |lines| lines.rename("lines"));
    assert_eq!(records.problems(), []);
    let fake = project().await;
    for name in ["Send", "Sort", "Weigh", "Wash", "Read", "Judge", "Filter"] {
        fake.role("Support").may_trigger("parcels", name);
    }
    fake.role("Support").may_trigger("lines", "Post").may_browse("parcels");
    let settings = |builder: forest_actions::ForestBuilder| {
        builder
            .actions(all())
            .records(records)
            .schema_upload(false)
            .schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    Stage {
        agent,
        fake,
        name,
        _database: database,
    }
}

impl Stage {
    /// The statements of a request, after the same request once before; the answer has this status.
    async fn statements(&self, app: &impl TestService, call: Call, status: u16) -> Vec<String> {
        let call = call.by(&self.fake, SAM);
        for _ in 0..2 {
            statements::take(self.name);
            let answer = call.send(app).await;
            assert_eq!(answer.status(), status, "{answer:?}");
        }
        statements::take(self.name)
    }

    async fn count(&self, app: &impl TestService, call: Call, status: u16) -> usize {
        self.statements(app, call, status).await.len()
    }
}

fn on(action: &str, ids: &[&str]) -> Call {
    let collection = if action.starts_with("post") { "lines" } else { "parcels" };
    Call::post(format!("/forest/actions/{action}")).attributes(json!({"collection_name": collection, "ids": ids}))
}

fn all_but(action: &str, excluded: &[&str]) -> Call {
    Call::post(format!("/forest/actions/{action}"))
        .attributes(json!({"all_records": true, "all_records_ids_excluded": excluded}))
}

#[actix_web::test]
async fn an_action_takes_one_statement_to_look_its_records_up() {
    let many: Vec<String> = (1..=40).map(|id| id.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for stage in stages("sent", "sent_there").await {
        let app = stage.agent.serve().await;
        for scope in [Value::Null, condition("weight", "greater_than", 5)] {
            if !scope.is_null() {
                stage.fake.rendering(1).scope("parcels", scope);
            }
            for (call, status, expected) in [
                (on("send", &["1"]), 200, 1),
                (on("send", &["77"]), 404, 1),
                (on("sort", &["2", "1"]), 200, 1),
                (on("sort", &["2", "1", "77"]), 200, 1),
                (on("sort", &many), 200, 1),
                (on("weigh", &["1"]), 204, 1),
                (on("read", &["2", "1"]), 200, 2),
                (on("wash", &["1"]), 204, 0),
                (on("post", &["1|x"]), 200, 1),
                (on("post", &[r#"["1","y|z"]"#]), 200, 1),
                (on("post", &["2|x"]), 404, 1),
                (on("send", &["x"]), 400, 0),
                (all_but("sort", &["3"]), 200, 1),
            ] {
                let label = format!("{call:?} on {}", stage.name);
                assert_eq!(stage.count(&app, call, status).await, expected, "{label}");
            }
        }
    }
}

#[actix_web::test]
async fn a_rule_takes_the_read_of_the_handler_or_one_statement_for_each_count() {
    for stage in stages("judged", "judged_there").await {
        let app = stage.agent.serve().await;
        for (call, expected) in [
            // the look-up, and the read that the handler takes over
            (on("judge", &["2", "1"]), 2),
            (all_but("judge", &["3"]), 1),
            // the look-up, the allowed keys, and the read of the handler
            (on("filter", &["3", "1"]), 3),
            // the refused, the allowed, and the read of the handler
            (all_but("filter", &["1"]), 3),
        ] {
            let label = format!("{call:?} on {}", stage.name);
            assert_eq!(stage.count(&app, call, 200).await, expected, "{label}");
        }
    }
}

#[actix_web::test]
async fn a_hook_takes_as_many_statements_as_its_arguments() {
    for stage in stages("opened", "opened_there").await {
        let app = stage.agent.serve().await;
        for (call, status, expected) in [
            (on("send/hooks/load", &["1"]), 200, 0),
            (on("send/hooks/load", &["77"]), 200, 0),
            (on("send/hooks/load", &["x"]), 400, 0),
            (on("weigh/hooks/load", &["1"]), 200, 1),
            (on("sort/hooks/load", &["2", "1"]), 200, 1),
            (on("read/hooks/load", &["2", "1"]), 200, 2),
        ] {
            let label = format!("{call:?} on {}", stage.name);
            assert_eq!(stage.count(&app, call, status).await, expected, "{label}");
        }
    }
}

#[actix_web::test]
async fn a_list_and_a_count_take_one_statement_each() {
    for stage in stages("listed", "listed_there").await {
        let app = stage.agent.serve().await;
        for (path, status) in [
            ("parcels?page%5Bsize%5D=15", 200),
            ("parcels/count", 200),
            ("parcels/1", 200),
            ("parcels/77", 404),
            ("parcels.csv?fields%5Bparcels%5D=id&header=id", 200),
        ] {
            let count = stage.count(&app, Call::read(format!("/forest/{path}")), status).await;
            assert_eq!(count, 1, "{path} on {}", stage.name);
        }
    }
}

/// A connection prepares a statement by its text.
#[actix_web::test]
async fn look_ups_of_other_records_have_the_same_text() {
    for stage in stages("prepared", "prepared_there").await {
        let app = stage.agent.serve().await;
        for [first, second] in [
            [on("send", &["1"]), on("send", &["2"])],
            [on("sort", &["1", "2", "3"]), on("sort", &["3", "2", "77", "78"])],
            [on("post", &["1|x"]), on("post", &[r#"["1","y|z"]"#])],
        ] {
            let label = format!("{first:?} on {}", stage.name);
            let first = stage.statements(&app, first, 200).await;
            assert_eq!(first, stage.statements(&app, second, 200).await, "{label}");
            assert!(
                !first[0].contains("json_each") && !first[0].contains("ANY"),
                "{first:?}"
            );
        }
    }
}
