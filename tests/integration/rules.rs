//! Rules over records (`can_run`): what is refused never reaches a handler.

use std::collections::BTreeSet;

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, Filter, MemoryRecords, Operator, ValueType};
use forest_actions::testing::ApprovalRequest;
use forest_actions::{ActionDescriptor, Forest, ForestBuilder, LocalRole, NotDone, Selection, refuse};
use futures_util::TryStreamExt as _;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::field::{Database, Setup, these};
use crate::support::connected::{OLGA, SAM, project};
use crate::support::records::all_of;
use crate::support::{Agent, Answer, Call, Runs};

#[derive(serde::Deserialize)]
struct Item {
    id: i64,
    state: String,
}

fn may_run(item: &Item, caller: &Caller) -> Result<(), NotDone> {
    assert!(!caller.id.is_empty());
    match item.state.as_str() {
        "paid" => refuse("already paid"),
        "silent" => refuse("no address"),
        "broken" => Err(std::io::Error::other("smtp.internal is down").into()),
        "odd" => panic!("the rule met smtp.internal"),
        _ => Ok(()),
    }
}

fn is_open() -> Filter {
    Filter::leaf("state", Operator::Equal, "open")
}

macro_rules! rules {
    ($($name:ident $label:literal ($($rule:tt)*) $kind:literal ($arg:ident: $type:ty) $body:expr;)*) => {$(
        #[smart_action(collection = "items", name = $label, kind = $kind, can_run = $($rule)*)]
        async fn $name($arg: $type, runs: web::Data<Runs>) -> ActionResult {
            runs.add();
            let ids: Vec<i64> = $body;
            Ok(success(json!(ids).to_string()))
        }
    )*};
}

rules! {
    ids "Ids" (may_run) "bulk" (ids: RecordIds<i64>) ids.into_inner();
    stream "Stream" (may_run) "bulk" (selection: Selection) selection.stream::<i64>().try_collect().await?;
    chunks "Chunks" (may_run) "bulk" (selection: Selection) selection.chunks::<i64>(2).try_concat().await?;
    records "Records" (may_run) "bulk" (items: Records<Item>)
        items.chunks(2).try_concat().await?.into_iter().map(|item: Item| item.id).collect();
    only_one "Only one" (may_run) "bulk" (id: RecordId<i64>) vec![*id];
    single "Single" (may_run) "single" (id: RecordId<i64>) vec![*id];
    count "Count" (may_run) "bulk" (selection: Selection) vec![selection.count().await? as i64];
    stops "Stops" (may_run, on_refusal = "stop") "bulk" (ids: RecordIds<i64>) ids.into_inner();
    skips "Skips" (may_run, on_refusal = "skip") "single" (ids: RecordIds<i64>) ids.into_inner();
    open_ids "Open ids" (filter(is_open(), "not open")) "bulk" (ids: RecordIds<i64>) ids.into_inner();
    open_stream "Open stream" (filter(is_open(), "not open")) "bulk" (selection: Selection)
        selection.stream::<i64>().try_collect().await?;
    open_records "Open records" (filter(is_open(), "not open")) "bulk" (items: Records<Item>)
        items.stream().map_ok(|item| item.id).try_collect().await?;
    open_count "Open count" (filter(is_open(), "not open")) "bulk" (selection: Selection)
        vec![selection.count().await? as i64];
    open_stops "Open stops" (filter(is_open(), "not open"), on_refusal = "stop") "bulk" (ids: RecordIds<i64>)
        ids.into_inner();
}

/// Reads the records twice, and counts in between.
#[smart_action(collection = "items", name = "Twice", kind = "bulk", can_run = may_run)]
async fn twice(items: Records<Item>) -> ActionResult {
    let first = items.stream().try_next().await?.map(|item| item.id);
    let count = items.selection().count().await?;
    let all: Vec<Item> = items.chunks(3).try_concat().await?;
    let again: Vec<Item> = items.chunks(1).try_concat().await?;
    Ok(success(format!("{first:?} {count} {} {}", all.len(), again.len())))
}

#[smart_action(collection = "items", name = "Each", kind = "bulk", can_run = may_run)]
async fn each(items: Records<Item>) -> Results {
    let done = items.each(2, async |item| match item.state.as_str() {
        "declined" => Err(failure("declined").into()),
        _ => Ok(()),
    });
    done.await
        .message(|results| format!("{} reminders sent", results.done_count()))
}

#[smart_action(collection = "items", name = "Silent", kind = "bulk", can_run = may_run)]
async fn silent(_ids: RecordIds<i64>) {}

#[smart_action(collection = "items", name = "Download", kind = "bulk", can_run = may_run, on_refusal = "stop")]
async fn download(ids: RecordIds<i64>) -> Download {
    Download::new("ids.txt", format!("{:?}", ids.into_inner()))
}

fn all() -> Vec<&'static ActionDescriptor> {
    actions![
        ids,
        stream,
        chunks,
        records,
        only_one,
        single,
        count,
        stops,
        skips,
        open_ids,
        open_stream,
        open_records,
        open_count,
        open_stops,
        twice,
        each,
        silent,
        download
    ]
    .into()
}

/// Actions that read ids, with the rule that they have.
const READERS: [(&str, bool); 7] = [
    ("ids", false),
    ("stream", false),
    ("chunks", false),
    ("records", false),
    ("open-ids", true),
    ("open-stream", true),
    ("open-records", true),
];

fn table(states: &[&str]) -> Vec<String> {
    let mut statements = vec!["CREATE TABLE items (id INTEGER PRIMARY KEY, state TEXT, team TEXT)".to_owned()];
    for (state, id) in states.iter().zip(1..) {
        let team = if id % 3 == 0 { "b" } else { "a" };
        statements.push(format!("INSERT INTO items VALUES ({id}, '{state}', '{team}')"));
    }
    statements
}

async fn databases(states: &[&str]) -> Vec<Database> {
    let with_actions = |setup: Setup| setup.agent(|builder| builder.actions(all())).start();
    let sqlite = with_actions(Setup::sqlite(table(states))).await;
    let postgres = with_actions(Setup::postgres(table(states))).await;
    sqlite.into_iter().chain(postgres).collect()
}

async fn sqlite(states: &[&str]) -> Database {
    let setup = Setup::sqlite(table(states)).agent(|builder| builder.actions(all()));
    setup.start().await.unwrap()
}

/// The numbers of done, refused, failed and not attempted records.
fn numbers(body: &Value) -> [u64; 4] {
    ["succeeded", "refused", "failed", "notAttempted"].map(|name| body["results"][name].as_u64().unwrap())
}

#[actix_web::test]
async fn a_refused_record_reaches_no_extractor() {
    for database in databases(&["open", "paid", "open", "silent", "open", "paid"]).await {
        for (name, is_filter) in READERS {
            for (attributes, given) in [(these(1..=6), true), (all_of(json!({})), false)] {
                let answer = database.act(name, attributes).await;
                let body = answer.json();
                assert_eq!(answer.status(), 200, "{name}: {answer:?}");
                assert_eq!(body["success"], "[1,3,5], 3 refused", "{name}");
                assert_eq!(numbers(&body), [3, 3, 0, 0], "{name}: {body}");
                let reasons = body["results"]["reasons"].as_array().unwrap();
                let reasons: Vec<_> = reasons.iter().map(|reason| (&reason["code"], &reason["ids"])).collect();
                match (is_filter, given) {
                    (false, _) => {
                        let expected = [
                            (&json!("already_paid"), &json!(["2", "6"])),
                            (&json!("no_address"), &json!(["4"])),
                        ];
                        assert_eq!(reasons, expected, "{name}");
                    }
                    (true, true) => assert_eq!(reasons, [(&json!("not_open"), &json!(["2", "4", "6"]))], "{name}"),
                    // counted by one query, which reads no ids
                    (true, false) => assert_eq!(reasons, [(&json!("not_open"), &json!([]))], "{name}"),
                }
            }
        }
        for name in ["count", "open-count"] {
            for attributes in [these(1..=6), all_of(json!({}))] {
                assert_eq!(database.act(name, attributes).await.json()["success"], "[3], 3 refused");
            }
        }
        assert_eq!(
            database.act("only-one", these([1, 2])).await.json()["success"],
            "[1], 1 refused"
        );
    }
}

#[actix_web::test]
async fn an_allowed_selection_is_answered_as_without_a_rule() {
    let database = sqlite(&["open", "open"]).await;
    for (name, _) in READERS {
        for attributes in [these([1, 2]), all_of(json!({}))] {
            assert_eq!(
                database.act(name, attributes).await.json(),
                json!({"success": "[1,2]"}),
                "{name}"
            );
        }
    }
    assert_eq!(
        database.act("single", these([2])).await.json(),
        json!({"success": "[2]"})
    );
    assert_eq!(database.act("silent", these([2])).await.status(), 204);
}

#[actix_web::test]
async fn results_of_the_handler_and_refusals_of_the_rule_are_one_answer() {
    let database = sqlite(&["open", "paid", "declined", "silent", "open"]).await;
    for attributes in [these(1..=5), all_of(json!({}))] {
        let body = database.act("each", attributes).await.json();
        assert_eq!(body["success"], "2 reminders sent, 2 refused, 1 failed");
        assert_eq!(numbers(&body), [2, 2, 1, 0]);
        let html = "<div class=\"c-clr-1-4 l-mt l-mb\"><p><b>2</b> done, <b>2</b> refused, <b>1</b> failed</p><ul>\
            <li>1 already paid: 2</li><li>1 no address: 4</li><li>1 declined: 3</li></ul></div>";
        assert_eq!(body["html"], html);
    }
    let body = database.act("silent", these([1, 2])).await.json();
    assert_eq!(body["success"], "1 record done, 1 refused");
    let gone = database.act("each", these([1, 2, 77])).await.json();
    assert_eq!(
        gone["success"],
        "1 reminders sent, 1 refused (2 of the 3 selected records were found)"
    );
}

#[actix_web::test]
async fn nothing_runs_when_every_record_is_refused() {
    for database in databases(&["paid", "silent", "paid"]).await {
        for name in ["ids", "open-ids", "stops", "open-stops", "records"] {
            let answer = database.act(name, these(1..=3)).await;
            assert_eq!(answer.status(), 400, "{name}: {answer:?}");
            assert_eq!(answer.json()["error"], "Nothing was done: 3 refused");
            assert_eq!(numbers(&answer.json()), [0, 3, 0, 0]);
            assert_eq!(database.agent.runs.take(), 0, "{name}");
        }
        // the records of "select all" are judged as they are read
        let answer = database.act("records", all_of(json!({}))).await;
        assert_eq!(
            (answer.status(), numbers(&answer.json())),
            (400, [0, 3, 0, 0]),
            "{answer:?}"
        );
    }
}

#[actix_web::test]
async fn one_refused_record_stops_an_action_that_stops() {
    for database in databases(&["open", "paid", "open"]).await {
        for name in ["stops", "open-stops"] {
            for attributes in [these(1..=3), all_of(json!({}))] {
                let answer = database.act(name, attributes).await;
                assert_eq!(answer.status(), 400, "{name}: {answer:?}");
                assert_eq!(answer.json()["error"], "Nothing was done: 1 refused");
            }
        }
        let answer = database.act("single", these([2])).await;
        assert_eq!(answer.status(), 400, "{answer:?}");
        assert_eq!(answer.json()["error"], "Nothing was done: already paid");
        let answer = database.act("skips", these([2])).await;
        assert_eq!(answer.status(), 400, "{answer:?}");
        assert_eq!(database.act("download", these([1, 2])).await.status(), 400);
        assert_eq!(database.agent.runs.take(), 0);
        assert_eq!(database.act("stops", these([1, 3])).await.success(), "[1,3]");
        assert_eq!(database.act("download", these([1, 3])).await.text(), "[1, 3]");
    }
}

#[actix_web::test]
async fn a_rule_that_fails_runs_nothing() {
    for state in ["broken", "odd"] {
        let database = sqlite(&["open", state, "open"]).await;
        for (name, attributes) in [
            ("ids", these(1..=3)),
            ("ids", all_of(json!({}))),
            ("stops", all_of(json!({}))),
            ("single", these([2])),
        ] {
            let answer = database.act(name, attributes).await;
            assert_eq!(answer.status(), 500, "{name}: {answer:?}");
            assert!(!answer.text().contains("smtp"), "{answer:?}");
            assert_eq!(database.agent.runs.take(), 0, "{name}");
        }
    }
    // a record that does not fit the type of the rule
    let database = sqlite(&["open"]).await;
    database.sql("UPDATE items SET state = NULL").await;
    assert_eq!(database.act("ids", these([1])).await.status(), 500);
    assert_eq!(database.agent.runs.take(), 0);
}

#[actix_web::test]
async fn reading_a_selection_several_times_counts_each_refusal_once() {
    let database = sqlite(&["open", "paid", "open", "silent", "open"]).await;
    for attributes in [these(1..=5), all_of(json!({}))] {
        let body = database.act("twice", attributes).await.json();
        assert_eq!(body["success"], "Some(1) 3 3 3, 2 refused");
        assert_eq!(numbers(&body), [3, 2, 0, 0]);
    }
}

#[actix_web::test]
async fn an_approved_run_stops_at_a_refused_record() {
    let fake = project().await;
    fake.role("Operations").may_approve("offices", "Rename");
    let settings = |builder: ForestBuilder| {
        let builder = builder.actions(actions![rename]).records(offices());
        builder.schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    let send = async |ids: &[&str]| -> Answer {
        let request = ApprovalRequest::new("offices", "Rename").records(ids.iter().copied());
        let token = fake.approval_token(SAM, &request).sign();
        let call = Call::post("/forest/actions/rename").by(&fake, OLGA);
        call.attributes(json!({"signed_approval_request": token}))
            .send(&app)
            .await
    };
    let answer = send(&["1", "2"]).await;
    assert_eq!(answer.status(), 400, "{answer:?}");
    assert_eq!((agent.runs.take(), numbers(&answer.json())), (0, [0, 1, 0, 0]));
    assert_eq!(send(&["1"]).await.success(), "1");
}

#[smart_action(collection = "offices", name = "Rename", kind = "bulk", can_run = only_the_first)]
async fn rename(ids: RecordIds<String>, runs: web::Data<Runs>) -> String {
    runs.add();
    ids.into_inner().join(",")
}

#[derive(serde::Deserialize)]
struct Office {
    id: Value,
}

fn only_the_first(office: &Office, _: &Caller) -> Result<(), forest_actions::Refusal> {
    match office.id == json!(1) {
        true => Ok(()),
        false => Err("not the first".into()),
    }
}

#[smart_action(collection = "nowhere", name = "Judge", kind = "bulk", can_run = may_run)]
async fn judge() {}

#[smart_action(collection = "offices", name = "Misspelt", kind = "bulk",
    can_run = filter(Filter::leaf("nmae", Operator::Equal, "a"), "not a"))]
async fn misspelt() {}

#[actix_web::test]
async fn a_rule_that_cannot_be_evaluated_stops_the_start() {
    let start = async |action: &'static ActionDescriptor| {
        let builder = Forest::builder()
            .actions([action])
            .records(offices())
            .schema_file(false);
        builder.start().await.unwrap_err().to_string()
    };
    let problem = start(actions![judge][0]).await;
    assert!(
        problem.contains("needs the records of `nowhere`, and no record source has"),
        "{problem}"
    );
    let problem = start(actions![misspelt][0]).await;
    assert!(
        problem.contains("'offices.nmae' field was not found. Did you mean 'name'?"),
        "{problem}"
    );
}

fn offices() -> MemoryRecords {
    let model = CollectionModel::new("offices")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .key(["id"]);
    let rows = (1..=3).map(|id| json!({"id": id, "name": "x"}));
    MemoryRecords::new().collection(model, rows.collect())
}

/// A random table, and a selection of it.
#[derive(Debug, Clone)]
struct Case {
    states: Vec<usize>,
    ids: BTreeSet<usize>,
    all: bool,
    scoped: bool,
    reader: usize,
}

#[test]
fn no_refused_record_is_given_to_a_handler() {
    const STATES: [&str; 3] = ["open", "paid", "silent"];
    let case = (
        vec(0..3_usize, 1..12),
        btree_set(1..14_usize, 1..6),
        any::<bool>(),
        any::<bool>(),
        0..READERS.len(),
    );
    let case = case.prop_map(|(states, ids, all, scoped, reader)| Case {
        states,
        ids,
        all,
        scoped,
        reader,
    });
    let system = actix_web::rt::System::new();
    let config = Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&case, |case| {
        let states: Vec<&str> = case.states.iter().map(|state| STATES[*state]).collect();
        let (name, _) = READERS[case.reader];
        let (expected, answer) = system.block_on(async {
            let scoped = case.scoped;
            let setup = Setup::sqlite(table(&states)).agent(move |builder| {
                let role = LocalRole::new("Admin");
                let team = Filter::leaf("team", Operator::Equal, "a");
                let role = if scoped { role.scope("items", team) } else { role };
                builder.actions(all()).local_role(role)
            });
            let database = setup.start().await.unwrap();
            let attributes = if case.all {
                let mut attributes = all_of(json!({}));
                let excluded: Vec<String> = case.ids.iter().map(ToString::to_string).collect();
                attributes["all_records_ids_excluded"] = json!(excluded);
                attributes
            } else {
                these(case.ids.iter().copied())
            };
            let selected = (1..=states.len()).filter(|id| case.ids.contains(id) != case.all);
            let selected = selected.filter(|id| !scoped || id % 3 != 0);
            let allowed: Vec<usize> = selected.filter(|id| states[id - 1] == "open").collect();
            (allowed, database.act(name, attributes).await)
        });
        if expected.is_empty() {
            assert!([200, 400, 404].contains(&answer.status()), "{answer:?}");
            let text = answer.json()["success"].as_str().unwrap_or("[]").to_owned();
            assert!(text.starts_with("[]"), "{answer:?}");
        } else {
            let text = answer.json()["success"].as_str().unwrap_or_default().to_owned();
            assert!(
                text.starts_with(&json!(expected).to_string()),
                "{case:?} {expected:?} {answer:?}"
            );
        }
        Ok(())
    });
    outcome.unwrap();
}
