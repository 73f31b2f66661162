//! Deliberate mistakes that the program knows of before, or at, the first call. Those that the compiler finds are in `tests/ui`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::{App, HttpRequest, web};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, RelationModel, SqlRecords, ValueType};
use forest_actions::testing::TestForest;
use forest_actions::{ActionDescriptor, ForestBuilder};
use futures_util::FutureExt as _;
use serde_json::json;

use crate::support::{Agent, Log};

/// Loans have a key of branch and number, audit notes refer to them, and customers have a number.
fn records() -> MemoryRecords {
    let text = |name: &str| FieldModel::new(name, ValueType::Text);
    let integer = |name: &str| FieldModel::new(name, ValueType::Integer);
    let loans = CollectionModel::new("loans")
        .field(text("branch"))
        .field(integer("number"))
        .field(text("ref"))
        .key(["branch", "number"])
        .relation(RelationModel::has_many("audit_notes", "audit_notes", "ref", "loan_ref"));
    let notes = CollectionModel::new("audit_notes")
        .field(text("id"))
        .field(text("loan_ref"))
        .key(["id"]);
    let customers = CollectionModel::new("customers")
        .field(integer("id"))
        .field(text("name"))
        .key(["id"]);
    MemoryRecords::new()
        .collection(loans, vec![json!({"branch": "BRE", "number": 1, "ref": "BRE-1"})])
        .collection(notes, Vec::new())
        .collection(customers, Vec::new())
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only the declarations matter")]
struct Reassign {
    #[field(reference = "customers.name")]
    customer: String,
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only the declarations matter")]
struct Amount {
    amount: f64,
}

async fn unchanged(form: FormState) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "loans", name = "One", kind = "single")]
async fn one_number(id: RecordId<i64>) -> String {
    id.to_string()
}

#[smart_action(collection = "loans", name = "Swapped", kind = "single")]
async fn swapped(id: RecordId<(i32, String)>) -> String {
    id.1.clone()
}

#[smart_action(collection = "audit_notes", name = "Number", kind = "single")]
async fn number_from_text(id: RecordId<i64>) -> String {
    id.to_string()
}

#[smart_action(collection = "loans", name = "Reassign", kind = "global")]
async fn reassign(_form: Form<Reassign>) {}

#[smart_action(collection = "loans", name = "Slip", kind = "global", load = unchanged, change(amont = unchanged))]
async fn slip(_form: Form<Amount>) {}

#[smart_action(collection = "customer", name = "Read", kind = "bulk")]
async fn read(_customers: Records<serde_json::Value>) {}

#[smart_action(collection = "loans", name = "Refresh", kind = "single")]
async fn refresh(_id: RecordId<(String, i32)>) -> ActionResult {
    Ok(success("Done").refresh(["audit_nots"]))
}

struct Mailer;

#[smart_action(collection = "loans", name = "Mail", kind = "global")]
async fn mail(_req: HttpRequest, _mailer: web::Data<Mailer>) {}

async fn needs_mailer(form: FormState, _mailer: web::Data<Mailer>) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "loans", name = "Open mail", kind = "global", load = needs_mailer)]
async fn open_mail(_form: Form<Amount>) {}

#[smart_action(collection = "loans", name = "Sleep", kind = "global")]
async fn sleep() {
    std::thread::sleep(std::time::Duration::from_millis(150));
}

fn builder(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> ForestBuilder {
    Forest::builder().schema_file(false).records(records()).actions(actions)
}

#[actix_web::test]
async fn sel_07_what_no_request_can_satisfy_stops_the_start() {
    for (action, expected) in [
        (
            actions![one_number],
            "its argument `id: RecordId<i64>` reads a key of type `i64`, and the key of `loans` is `branch` (Text), `number` (Integer)",
        ),
        (
            actions![swapped],
            "its argument `id: RecordId<(i32, String)>` reads a key of type `(i32, String)`, and the key of `loans` is `branch` (Text), \
             `number` (Integer)",
        ),
        (
            actions![reassign],
            "its field `customer` refers to `customers.name`, which is not the key: the back office sends the id of the record, so \
             write `customers.id`",
        ),
    ] {
        let text = builder(action).start().await.err().unwrap().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("tests/integration/mistakes.rs:"), "{text}");
    }
}

#[actix_web::test]
async fn what_is_probably_a_mistake_is_a_warning_at_start_and_in_the_doctor() {
    let read_alone = Forest::builder().schema_file(false).actions(actions![read]);
    for (builder, expected) in [
        (
            builder(actions![number_from_text]),
            "its argument `id: RecordId<i64>` reads a number from a text: the key of `audit_notes` is `id` (Text), and other texts than \
             numbers are refused",
        ),
        (
            builder(actions![slip]),
            "it has a change hook for `amont`, and its form has no such field unless a hook adds it; did you mean `amount`?",
        ),
        (
            builder(actions![read]),
            "its argument `_customers: Records<serde_json::Value>` reads records, and the record source has no collection `customer`; did \
             you mean `customers`?",
        ),
        (
            read_alone,
            "its argument `_customers: Records<serde_json::Value>` reads records, and the agent has no record source: add one with \
             `.records(…)`",
        ),
    ] {
        let log = Log::capture();
        let forest = builder.start().await.unwrap();
        let lines = log.about(expected);
        assert_eq!(lines.len(), 1, "{expected}: {:#?}", log.lines());
        assert_eq!(lines[0].level, tracing::Level::WARN);
        let diagnosis = forest.doctor().await;
        assert!(diagnosis.is_healthy());
        assert!(
            diagnosis.findings().iter().any(|finding| finding.text == expected),
            "{diagnosis}"
        );
    }
}

#[actix_web::test]
async fn a_relation_that_does_not_exist_is_named_when_it_is_refreshed() {
    let log = Log::capture();
    let forest = TestForest::start(builder(actions![refresh]), |forest| {
        App::new().configure(forest.routes())
    });
    let forest = forest.await.unwrap();
    let answer = forest.admin().trigger("loans", "Refresh").ids(["BRE|1"]).await;
    assert_eq!(answer.success(), "Done");
    let line = log
        .about("refreshes a relation that the collection does not have")
        .pop()
        .unwrap();
    assert_eq!(
        (line.get("relation"), line.get("did_you_mean")),
        ("audit_nots", "audit_notes")
    );
}

#[actix_web::test]
async fn state_that_is_not_registered_is_named_in_the_log_and_in_the_test() {
    let log = Log::capture();
    let forest = TestForest::start(builder(actions![mail, open_mail]), |forest| {
        App::new().configure(forest.routes())
    });
    let forest = forest.await.unwrap();
    let answer = forest.admin().trigger("loans", "Mail").await;
    let missing =
        "no `web::Data<forest_actions_tests::mistakes::Mailer>` is registered: write `.app_data(web::Data::new(…))`";
    // the name of this binary's crate is that of its file
    let missing = missing.replace("forest_actions_tests::mistakes", module_path!());
    let argument = "`_mailer: web::Data<Mailer>` of `mail`, tests/integration/mistakes.rs:";
    let shown = answer.to_string();
    assert!(
        shown.contains("the cause, as logged") && shown.contains(&missing),
        "{shown}"
    );
    assert!(shown.contains(argument), "{shown}");
    let line = log.about("smart action failed").pop().unwrap();
    assert!(
        line.get("error").contains(&missing) && line.get("error").contains(argument),
        "{line:?}"
    );
    // the user of the back office still reads nothing about the inside
    assert!(!answer.json().to_string().contains("Mailer"), "{answer}");

    let opening = AssertUnwindSafe(async { forest.admin().trigger("loans", "Open mail").await });
    let failure = opening.catch_unwind().await.err().unwrap();
    let failure = failure.downcast_ref::<String>().unwrap();
    assert!(
        failure.contains(&missing) && failure.contains("needs_mailer"),
        "{failure}"
    );
}

#[actix_web::test]
async fn a_handler_that_blocks_its_worker_is_named_in_development() {
    let log = Log::capture();
    let agent = Agent::local(actions![sleep]).await;
    let app = agent.serve().await;
    crate::support::Call::post("/forest/actions/sleep").send(&app).await;
    let line = log.about("blocked its worker").pop().unwrap();
    assert_eq!((line.get("action"), line.level), ("Sleep", tracing::Level::WARN));
    assert!(line.get("blocked_ms").parse::<u64>().unwrap() >= 150, "{line:?}");
}

#[actix_web::test]
async fn a_misspelt_name_of_a_right_fails_the_test() {
    let forest = TestForest::start(builder(actions![refresh, mail]), |forest| {
        App::new().configure(forest.routes())
    });
    let forest = forest.await.unwrap();
    for (collection, action, expected) in [
        (
            "loans",
            "Refesh",
            "no action `Refesh` of `loans`; did you mean `Refresh`?",
        ),
        (
            "loan",
            "Refresh",
            "no action `Refresh`, nor any other of the collection `loan`; did you mean `loans`?",
        ),
    ] {
        let grant = || forest.fake().grant("Support", collection, action);
        let failure = catch_unwind(AssertUnwindSafe(grant)).err().unwrap();
        let failure = failure.downcast_ref::<String>().unwrap();
        assert!(failure.contains(expected), "{failure}");
    }
    forest.fake().grant("Support", "loans", "Refresh");
}

#[actix_web::test]
async fn the_sql_of_a_computed_field_is_prepared_at_start() {
    let pool = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let create = "CREATE TABLE loans (id integer PRIMARY KEY, ref text NOT NULL)";
    sqlx::raw_sql(create).execute(&pool).await.unwrap();
    for (sql, problem) in [
        ("upper(ref)", None),
        ("no_such_column", Some("no such column: no_such_column")),
        ("(SELECT", Some("syntax error")),
    ] {
        let records = SqlRecords::sqlite(pool.clone()).await.unwrap();
        let records = records.collection("loans", |loans| loans.computed("label", ValueType::Text, sql));
        let started = Forest::builder()
            .schema_file(false)
            .actions([])
            .records(records)
            .start()
            .await;
        match problem {
            None => assert!(started.is_ok()),
            Some(problem) => {
                let text = started.err().unwrap().to_string();
                assert!(
                    text.contains("the SQL of the computed field `loans.label` does not work: "),
                    "{text}"
                );
                assert!(text.contains(problem), "{text}");
            }
        }
    }
}
