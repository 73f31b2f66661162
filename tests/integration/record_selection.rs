//! "Select all": the records of the list, inside a parent, without exclusions, on every store.

use std::sync::{Arc, Mutex};

use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, Key, MemoryRecords, Page, Record, RecordQuery, RecordSource, SourceFuture, ValueType,
};
use forest_actions::{LocalRole, Selection};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool};

use crate::support::records::{
    Store, action, all_of, excluding, filter, ids_in, ids_of_each, inside, list, listed, select, selected, stages,
};
use crate::support::{Agent, Call, query_string};

const ALICE: &str = "c0000000-0000-4000-8000-000000000001";

#[actix_web::test]
async fn sel_01_select_all_matches_the_list() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let today = filter("created_at", "today", json!(null));
        let mut tokyo = today.clone();
        tokyo["timezone"] = json!("Asia/Tokyo");
        for (collection, parameters) in [
            ("transactions", json!({})),
            ("transactions", json!({"search": "order"})),
            ("transactions", json!({"search": "acme", "searchExtended": "1"})),
            ("transactions", json!({"search": "acme", "searchExtended": true})),
            ("transactions", json!({"segment": "Open", "search": "order"})),
            ("transactions", today),
            ("transactions", tokyo),
            ("customers", filter("company:name", "starts_with", json!("A"))),
            ("companies", json!({"search": "7c9e6679-7425-40de-944b-e07fc1f90ae7"})),
            ("companies", json!({"search": "1e2"})),
            ("companies", json!({"search": "   "})),
            ("assignments", filter("role", "equal", json!("lead"))),
        ] {
            let on_screen = listed(&app, collection, &parameters).await;
            let ids = selected(&app, collection, all_of(parameters.clone())).await;
            assert_eq!(ids, on_screen, "{:?} {collection} {parameters}", stage.store);
            let count = list(&app, &format!("{collection}/count"), &parameters).await.json();
            assert_eq!(count["count"], ids.len(), "{parameters}");
        }
        let everything = json!({
            "filters": {"field": "amount", "operator": "greater_than", "value": 1}, "search": "order",
            "segment": "Open", "timezone": "UTC", "sort": "-id", "page[size]": "1",
        });
        let ids = selected(&app, "transactions", excluding(all_of(everything), json!(["23"]))).await;
        assert_eq!(ids, ["22", "26"]);
    }
}

#[actix_web::test]
async fn sel_02_a_live_query_in_body_or_url_selects_records() {
    const LARGE: &str = "SELECT id FROM transactions WHERE amount > 100";
    let role = || LocalRole::new("Admin").live_query("transactions", LARGE);
    for stage in stages(|builder| builder.actions(ids_of_each()).local_role(role())).await {
        let app = stage.serve().await;
        if stage.is_memory() {
            let refused = select(&app, "transactions", all_of(json!({"segmentQuery": LARGE}))).await;
            assert!(refused.detail(422).contains("live queries"), "{refused:?}");
            continue;
        }
        let ids = selected(&app, "transactions", all_of(json!({"segmentQuery": LARGE}))).await;
        assert_eq!(ids, ["8", "10", "12", "15"]);
        let url = format!(
            "{}&{}",
            action("ids-of-transactions"),
            query_string(&[("segmentQuery", LARGE)])
        );
        let answer = Call::post(url).attributes(all_of(json!({}))).send(&app).await;
        assert_eq!(ids_in(&answer), ["8", "10", "12", "15"]);
        let elsewhere = json!({"segmentQuery": LARGE, "connectionName": "elsewhere"});
        let refused = select(&app, "transactions", all_of(elsewhere)).await;
        assert!((400..500).contains(&refused.status()), "{refused:?}");
    }
}

#[actix_web::test]
async fn sel_02_the_live_query_connection_is_accepted_in_body_and_url() {
    const LARGE: &str = "SELECT id FROM transactions WHERE amount > 100";
    const OTHER: &str = "SELECT id FROM transactions WHERE amount > 1000";
    let role = || {
        LocalRole::new("Admin")
            .live_query_on("transactions", "main", LARGE)
            .live_query_on("transactions", "elsewhere", LARGE)
            .live_query_on("transactions", "elsewhere", OTHER)
    };
    let query = ("segmentQuery", LARGE);
    let main = ("connectionName", "main");
    let elsewhere = ("connectionName", "elsewhere");
    let unknown = ("connectionName", "unknown");
    for stage in stages(|builder| builder.actions(ids_of_each()).local_role(role())).await {
        let app = stage.serve().await;
        let send = async |body: &[(&str, &str)], url: &[(&str, &str)]| {
            let subset: serde_json::Map<_, _> = body.iter().map(|(key, value)| ((*key).into(), json!(value))).collect();
            let url = format!("{}&{}", action("ids-of-transactions"), query_string(url));
            Call::post(url).attributes(all_of(json!(subset))).send(&app).await
        };
        if stage.is_memory() {
            let refused = send(&[query, main], &[]).await;
            assert!(refused.detail(400).contains("no connection `main`"), "{refused:?}");
            continue;
        }
        for (body, url) in [
            ([query, main].as_slice(), [].as_slice()),
            (&[], &[query, main]),
            (&[query], &[main]),
            (&[main], &[query]),
            // the body takes precedence over the URL
            (&[query, main], &[("segmentQuery", OTHER), elsewhere]),
            // empty means absent
            (&[query, ("connectionName", "")], &[main]),
        ] {
            let answer = send(body, url).await;
            assert_eq!(answer.status(), 200, "{body:?} {url:?} {answer:?}");
            assert_eq!(ids_in(&answer), ["8", "10", "12", "15"], "{body:?} {url:?}");
        }
        stage.runs();
        for (body, url, status, named) in [
            // permitted on a connection, which is missing or wrong in the request
            ([query].as_slice(), [].as_slice(), 403, "not authorized to browse"),
            (&[], &[query], 403, "not authorized to browse"),
            (&[query, unknown], &[], 403, "not authorized to browse"),
            (&[], &[query, unknown], 403, "not authorized to browse"),
            (&[query], &[unknown], 403, "not authorized to browse"),
            (&[query, unknown], &[query, main], 403, "not authorized to browse"),
            // granted on a connection that is not there
            (&[query, elsewhere], &[], 400, "no connection `elsewhere`"),
            (&[query], &[elsewhere], 400, "no connection `elsewhere`"),
            (&[query, elsewhere], &[main], 400, "no connection `elsewhere`"),
            // granted on the other connection only
            (
                &[("segmentQuery", OTHER), main],
                &[elsewhere],
                403,
                "not authorized to browse",
            ),
        ] {
            let refused = send(body, url).await;
            assert!(refused.detail(status).contains(named), "{body:?} {url:?}: {refused:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
    }
}

#[actix_web::test]
async fn sel_03_select_all_of_a_relation_is_limited_to_the_parent() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let parent = ["companies", "1", "received"];
        let all = || all_of(json!({}));
        let ids = selected(&app, "transactions", inside(parent, all())).await;
        assert_eq!(ids, ["3", "8", "15", "25", "26", "34", "35"]);
        assert_eq!(
            ids,
            listed(&app, "companies/1/relationships/received", &json!({})).await
        );
        let paid = filter("status", "equal", json!("paid"));
        let ids = selected(&app, "transactions", inside(parent, all_of(paid))).await;
        assert_eq!(ids, ["8", "15", "25", "35"]);
        let through = ["companies", "1", "advisors"];
        let ids = selected(&app, "customers", excluding(inside(through, all()), json!([ALICE]))).await;
        assert_eq!(ids.len(), 3);
        assert_eq!(
            selected(&app, "transactions", inside(["companies", "999", "emitted"], all())).await,
            [""; 0]
        );

        stage.runs();
        for (parent, named) in [
            (["companies", "", "received"], "go together"),
            (["", "1", "received"], "go together"),
            (["companies", "1", ""], "go together"),
            (["nothing", "1", "received"], "nothing"),
            (["companies", "1", "nothing"], "nothing"),
            (["companies", "1", "advisors"], "advisors"),
            (["customers", ALICE, "company"], "company"),
            (["companies", "one", "received"], "one"),
        ] {
            let refused = select(&app, "transactions", inside(parent, all())).await;
            assert!(refused.detail(400).contains(named), "{parent:?}: {refused:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
    }
}

#[actix_web::test]
async fn sel_04_unticked_records_are_never_selected() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let refunded = || all_of(filter("status", "equal", json!("refunded")));
        for excluded in [json!([4, 5]), json!(["4", "5"]), json!([4, "5", 404])] {
            assert_eq!(
                selected(&app, "transactions", excluding(refunded(), excluded)).await,
                ["24"]
            );
        }
        let in_france = || all_of(filter("country", "equal", json!("FR")));
        let customer = |number: u8| format!("c0000000-0000-4000-8000-{number:012}");
        for excluded in [ALICE.to_owned(), ALICE.to_uppercase()] {
            let ids = selected(&app, "customers", excluding(in_france(), json!([excluded]))).await;
            assert_eq!(ids, [customer(3), customer(6)]);
        }
        let leads = || all_of(filter("role", "equal", json!("lead")));
        for excluded in [
            json!([format!("{ALICE}|2"), format!("{}|4", customer(4))]),
            json!([format!("{}|2", ALICE.to_uppercase()), [customer(4), 4]]),
            json!([format!("[\"{ALICE}\",2]"), [customer(4), "4"]]),
        ] {
            let ids = selected(&app, "assignments", excluding(leads(), excluded)).await;
            assert_eq!(ids, [format!("{}|1", customer(3)), format!("{}|13", customer(9))]);
        }
        stage.runs();
        let refused = select(&app, "transactions", excluding(refunded(), json!(["4", "five"]))).await;
        assert!(refused.detail(400).contains("five"), "{refused:?}");
        for bad in [format!("{ALICE}|2|3"), "[1]".to_owned(), "x".to_owned(), "|".to_owned()] {
            let refused = select(&app, "assignments", excluding(leads(), json!([bad]))).await;
            assert!(
                refused.detail(400).contains("all_records_ids_excluded"),
                "{bad}: {refused:?}"
            );
        }
        let refused = select(&app, "transactions", excluding(refunded(), json!(["4", null]))).await;
        assert_eq!(
            refused.detail(400),
            "invalid request body: `all_records_ids_excluded[1]`: expected an id (text, a number, or a list of these)"
        );
        assert_eq!(stage.runs(), 0);
    }
}

/// A record source that records its calls.
#[derive(Clone)]
struct Spy {
    records: MemoryRecords,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Spy {
    fn note(&self, asked: String) {
        self.asked.lock().unwrap().push(asked);
    }
}

impl RecordSource for Spy {
    fn collections(&self) -> Vec<CollectionModel> {
        self.records.collections()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        self.note("count".to_owned());
        self.records.count(query, at_most)
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        self.note(format!("{limit} keys"));
        self.records.keys(query, after, limit)
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        self.note("records".to_owned());
        self.records.records(query, page)
    }
}

#[smart_action(collection = "numbers", name = "Chunks", kind = "bulk")]
async fn chunks(selection: Selection) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(1_000);
    let (mut sizes, mut last, mut total) = (Vec::new(), -1, 0);
    while let Some(chunk) = chunks.try_next().await? {
        for id in &chunk {
            assert!(*id > last, "in ascending order, each once");
            last = *id;
        }
        total += chunk.len();
        sizes.push(chunk.len());
    }
    Ok(success(format!(
        "{total} in {} chunks of at most {:?}",
        sizes.len(),
        sizes.iter().max()
    )))
}

#[actix_web::test]
async fn sel_11_many_records_are_loaded_as_keys_in_bounded_batches() {
    let model = CollectionModel::new("numbers")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("text", ValueType::Text))
        .key(["id"]);
    let rows = (0..10_500).map(|id| json!({"id": id, "text": "wide"})).collect();
    let spy = Spy {
        records: MemoryRecords::new().collection(model, rows),
        asked: Arc::default(),
    };
    let source = spy.clone();
    let agent = Agent::with(|builder| builder.actions(actions![chunks]).records(source)).await;
    let app = agent.serve().await;
    let wide = all_of(filter("text", "equal", json!("wide")));
    let answer = Call::post(action("chunks")).attributes(wide).send(&app).await;
    assert_eq!(answer.success(), "10500 in 11 chunks of at most Some(1000)");
    let asked = std::mem::take(&mut *spy.asked.lock().unwrap());
    // after the first page, once, where the selection ends
    let mut expected = vec!["1001 keys"; 11];
    expected.insert(1, "records");
    assert_eq!(
        asked, expected,
        "only keys, and never more than a chunk and the key after it"
    );

    let one = Call::post(action("chunks")).ids(["7"]).send(&app).await;
    assert_eq!(one.success(), "1 in 1 chunks of at most Some(1)");
    let asked = std::mem::take(&mut *spy.asked.lock().unwrap());
    assert_eq!(asked, ["2 keys"], "one question for given ids");
}

/// The host's own pool, as a handler of a team would have it.
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[smart_action(collection = "transactions", name = "Pay", kind = "bulk")]
async fn pay(selection: Selection, pool: web::Data<Pool>) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(2);
    let mut met = Vec::new();
    while let Some(ids) = chunks.try_next().await? {
        for id in ids {
            const PAY: &str = "UPDATE transactions SET status = 'paid' WHERE id = $1";
            let paid = match &**pool {
                Pool::Sqlite(pool) => sqlx::query(PAY).bind(id).execute(pool).await?.rows_affected(),
                Pool::Postgres(pool) => sqlx::query(PAY).bind(id).execute(pool).await?.rows_affected(),
            };
            assert_eq!(paid, 1, "{id}");
            met.push(id);
        }
    }
    Ok(success(format!("{met:?}")))
}

#[actix_web::test]
async fn sel_12_changing_the_filtered_column_still_visits_each_record_once() {
    for stage in stages(|builder| builder.actions(actions![pay])).await {
        let pool = match &stage.store {
            Store::Memory => continue,
            Store::Sqlite(pool) => Pool::Sqlite(pool.clone()),
            Store::Postgres(database) => Pool::Postgres((**database).clone()),
        };
        let app = App::new()
            .app_data(web::Data::new(pool))
            .configure(stage.agent.forest.routes());
        let app = test::init_service(app).await;
        let pending = || filter("status", "equal", json!("pending"));
        let except = excluding(all_of(pending()), json!(["17", "40"]));
        let answer = Call::post(action("pay")).attributes(except).send(&app).await;
        assert_eq!(answer.success(), "[2, 9, 12, 13, 18, 22, 26, 30, 33, 34]");
        assert_eq!(listed(&app, "transactions", &pending()).await, ["17", "40"]);
    }
}

#[actix_web::test]
async fn sel_13_filters_are_accepted_in_every_spelling() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let leaf = |operator: &str, value: Value| json!({"field": "status", "operator": operator, "value": value});
        let tree = |and: &str, or: &str, equal: &str, less: &str| {
            json!({"aggregator": and, "conditions": [
                {"aggregator": or, "conditions": [leaf(equal, json!("refused")), leaf("blank", json!(null))]},
                {"field": "amount", "operator": less, "value": 30},
            ]})
        };
        let expected = ["6", "14", "19", "23", "29"];
        for filters in [
            tree("and", "or", "equal", "less_than"),
            tree("And", "Or", "Equal", "LessThan"),
        ] {
            let text = filters.to_string();
            for filters in [filters, json!(text)] {
                let ids = selected(&app, "transactions", all_of(json!({ "filters": filters }))).await;
                assert_eq!(ids, expected);
            }
        }
        for value in [json!(["refused", "refunded"]), json!("refused, refunded")] {
            let ids = selected(&app, "transactions", all_of(json!({"filters": leaf("in", value)}))).await;
            assert_eq!(ids.len(), 9);
        }
        let days = json!({"field": "created_at", "operator": "PreviousXDays", "value": "3"});
        let days = json!({"filters": days, "timezone": "UTC"});
        assert_eq!(selected(&app, "transactions", all_of(days)).await.len(), 13);
        // several fields of an order, and a segment that does not exist
        let sorted = json!({"segment": "Open", "sort": "status,-id", "page[size]": "2", "page[number]": "1"});
        let sorted = list(&app, "transactions", &sorted).await.json();
        assert_eq!(
            (&sorted["data"][0]["id"], &sorted["data"][1]["id"]),
            (&json!("40"), &json!("34"))
        );
        let unknown = select(&app, "transactions", all_of(json!({"segment": "Nothing"}))).await;
        assert_eq!(unknown.detail(400), "Invalid segment: \"Nothing\"");
    }
}

#[actix_web::test]
async fn sel_14_dates_use_the_caller_time_zone() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let at = |zone: &str, field: &str, operator: &str, value: Value| {
            let mut parameters = filter(field, operator, value);
            parameters["timezone"] = json!(zone);
            parameters
        };
        for (parameters, expected) in [
            // the written day, in any zone: the UI sends the start of a day
            (
                at("Europe/Paris", "due_on", "equal", json!("2024-05-15T22:00:00.000Z")),
                &["1"][..],
            ),
            (at("UTC", "due_on", "equal", json!("2024-05-15T22:00:00.000Z")), &["1"]),
            (at("Europe/Paris", "due_on", "today", json!(null)), &["1"]),
            (at("Asia/Tokyo", "due_on", "today", json!(null)), &["1"]),
            (at("Pacific/Kiritimati", "due_on", "today", json!(null)), &["3"]),
            (at("Asia/Tokyo", "created_at", "yesterday", json!(null)), &["12", "13"]),
            (
                at("Europe/Paris", "created_at", "after_x_hours_ago", json!(0)),
                &["1", "3", "8", "9", "10", "11", "34"],
            ),
            (
                at("Asia/Kolkata", "created_at", "after_x_hours_ago", json!("0")),
                &["1", "3", "8", "9", "10", "11", "34"],
            ),
        ] {
            let ids = selected(&app, "transactions", all_of(parameters.clone())).await;
            assert_eq!(ids, expected, "{:?} {parameters}", stage.store);
            assert_eq!(
                listed(&app, "transactions", &parameters).await,
                expected,
                "the list is the same"
            );
        }
        let unknown = select(
            &app,
            "transactions",
            all_of(at("Mars/Base", "due_on", "today", json!(null))),
        )
        .await;
        assert_eq!(unknown.detail(400), "Invalid timezone: \"Mars/Base\"");
    }
}

#[actix_web::test]
async fn sel_15_unknown_fields_and_operators_are_reported_before_the_handler_runs() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        for (field, operator, value, named) in [
            ("nothing", "equal", json!(1), "nothing"),
            ("nothing:name", "equal", json!(1), "nothing"),
            ("emitter:nothing", "equal", json!(1), "nothing"),
            ("emitter", "equal", json!(1), "emitter"),
            ("emitter:name:city", "equal", json!(1), "emitter:name:city"),
            ("amount", "contains", json!("1"), "amount"),
            ("amount", "today", json!(null), "amount"),
            ("label", "previous_x_days", json!(1), "label"),
            ("created_at", "equal", json!("not a date"), "created_at"),
            ("created_at", "previous_x_days", json!("soon"), "created_at"),
            ("amount", "greater_than", json!("many"), "amount"),
            ("amount", "in", json!(["1", "two"]), "amount"),
            ("customer_id", "equal", json!("alice"), "customer_id"),
        ] {
            let parameters = filter(field, operator, value.clone());
            let refused = select(&app, "transactions", all_of(parameters.clone())).await;
            assert!(
                refused.detail(400).contains(named),
                "{field} {operator} {value}: {refused:?}"
            );
            let refused = list(&app, "transactions", &parameters).await;
            assert!(refused.detail(400).contains(named), "{refused:?}");
        }
        let to_many = filter("emitted:label", "equal", json!("x"));
        assert!(
            select(&app, "companies", all_of(to_many))
                .await
                .detail(400)
                .contains("emitted")
        );
        for sort in ["nothing", "-nothing", "emitter.nothing", "id,nothing"] {
            let refused = list(&app, "transactions", &json!({"sort": sort})).await;
            assert!(refused.detail(400).contains("nothing"), "{refused:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
    }
}
