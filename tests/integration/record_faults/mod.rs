//! A database that cannot be reached, is too busy or too slow: 503 in bounded time, for everything that reads records.

mod slow;
mod unreachable;

use std::time::Duration;

use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, Key, Page, Record, RecordError, RecordQuery, RecordSource, SourceFuture, SqlRecords,
    ValueType,
};
use forest_actions::{FormState, HookResult, Selection};
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::records::all_of;
use crate::support::{Agent, Answer, Call, Log, TestService};

async fn count_on_load(form: FormState, selection: Selection) -> HookResult {
    selection.count().await?;
    Ok(form)
}

#[smart_action(collection = "items", name = "Read items", kind = "bulk", load = count_on_load)]
async fn read_items(selection: Selection) -> ActionResult {
    let ids: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success(format!("{} items", ids.len())))
}

#[smart_action(collection = "items", name = "Read one item", kind = "single")]
async fn read_one_item(id: RecordId<i64>) -> String {
    format!("item {}", *id)
}

/// An agent over the collection `items`.
async fn agent(records: impl RecordSource) -> Agent {
    Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(actions![read_items, read_one_item])
            .records(records)
    })
    .await
}

fn list() -> Call {
    Call::read("/forest/items?fields[items]=id&timezone=UTC")
}

/// Requests that read the collection in each way.
fn reads() -> Vec<(&'static str, Call)> {
    let action = |name: &str| Call::post(format!("/forest/actions/{name}?timezone=UTC"));
    vec![
        ("list", list()),
        ("count", Call::read("/forest/items/count?timezone=UTC")),
        ("export", Call::read("/forest/items.csv?fields[items]=id&timezone=UTC")),
        ("record", Call::read("/forest/items/1?timezone=UTC")),
        ("given ids", action("read-items").ids(["1", "2"])),
        ("one id", action("read-one-item").ids(["1"])),
        ("select all", action("read-items").attributes(all_of(json!({})))),
        ("hook", action("read-items/hooks/load").attributes(all_of(json!({})))),
    ]
}

const AWAY: &str = "cannot be read at the moment";

const TOO_SLOW: &str = "took too long";

fn assert_unavailable(label: &str, answer: &Answer, text: &str) {
    let detail = answer.detail(503);
    assert_eq!(answer.name(), "RecordsUnavailableError", "{label}: {detail}");
    assert!(answer.header("retry-after").is_some(), "{label}");
    assert!(detail.contains(text), "{label}: {detail}");
}

async fn assert_all_unavailable(app: &impl TestService, text: &str) {
    // at once, because each waits for a limit
    let answers = reads()
        .into_iter()
        .map(|(label, call)| async move { (label, call.send(app).await) });
    for (label, answer) in join_all(answers).await {
        assert_unavailable(label, &answer, text);
    }
}

async fn assert_all_readable(app: &impl TestService) {
    for (label, call) in reads() {
        let answer = call.send(app).await;
        assert_eq!(answer.status(), 200, "{label}: {answer:?}");
    }
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

/// Waits until the number of statements of this database that contain a text is this one.
async fn until_running(pool: &PgPool, text: &str, expected: i64) {
    let counted = async {
        loop {
            let running: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() \
                 AND strpos(query, $1) > 0",
            )
            .bind(text)
            .fetch_one(pool)
            .await
            .unwrap();
            if running == expected {
                return;
            }
        }
    };
    let in_time = actix_web::rt::time::timeout(Duration::from_secs(20), counted).await;
    assert!(in_time.is_ok(), "{expected} statements with {text}");
}

/// A source whose store is never there.
struct Away;

impl RecordSource for Away {
    fn collections(&self) -> Vec<CollectionModel> {
        let id = FieldModel::new("id", ValueType::Integer);
        vec![CollectionModel::new("items").field(id).key(["id"])]
    }

    fn count<'a>(&'a self, _: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async { Err(RecordError::unavailable("the shop is closed", "password=hunter2")) })
    }

    fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async { Err(RecordError::unavailable("the shop is closed", "password=hunter2")) })
    }

    fn records<'a>(&'a self, _: &'a RecordQuery, _: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async { Err(RecordError::unavailable("the shop is closed", "password=hunter2")) })
    }
}

#[actix_web::test]
async fn a_source_of_the_program_can_be_unavailable() {
    let agent = agent(Away).await;
    let app = agent.serve().await;
    assert_all_unavailable(&app, "the shop is closed").await;
    let log = Log::capture();
    let answer = list().send(&app).await;
    assert!(!answer.text().contains("hunter2"), "{answer:?}");
    assert!(log.end().get("error").contains("hunter2"), "{:?}", log.end());
}
