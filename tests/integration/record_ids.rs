//! The ids of a request with a record source behind them: their types, their spellings, and whether they exist.

use forest_actions::prelude::*;
use forest_actions::records::{MemoryRecords, RecordSource, SqlRecords};
use forest_actions::{ActionDescriptor, Selection};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool};
use uuid::Uuid;

use crate::support::records::{action, all_of, excluding, ids_of_each, inside, list, listed, select, selected, stages};
use crate::support::{Agent, Call, Log, Runs, dataset, query_string};

const ALICE: &str = "c0000000-0000-4000-8000-000000000001";

#[smart_action(collection = "transactions", name = "One transaction", kind = "single")]
async fn one_transaction(id: RecordId<i64>, runs: web::Data<Runs>) -> String {
    runs.add();
    format!("ran on {}", *id)
}

#[smart_action(collection = "transactions", name = "Some transactions", kind = "bulk")]
async fn some_transactions(ids: RecordIds<i64>, runs: web::Data<Runs>) -> String {
    runs.add();
    format!("ran on {:?}", ids.into_inner())
}

#[smart_action(collection = "transactions", name = "No transaction", kind = "global")]
async fn no_transaction(ids: RecordIds<i64>, selection: Selection) -> ActionResult {
    Ok(success(format!("{} {}", ids.len(), selection.count().await?)))
}

#[smart_action(collection = "assignments", name = "One assignment", kind = "single")]
async fn one_assignment(RecordId((customer, company)): RecordId<(Uuid, i64)>) -> String {
    format!("{customer} and {company}")
}

fn all() -> Vec<&'static ActionDescriptor> {
    let mut all = ids_of_each().to_vec();
    all.extend(actions![
        one_transaction,
        some_transactions,
        no_transaction,
        one_assignment
    ]);
    all
}

#[actix_web::test]
async fn sel_05_composite_ids_are_accepted_in_both_spellings() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        let expected = format!("{ALICE} and 2");
        for id in [
            json!(format!("{ALICE}|2")),
            json!(format!("[\"{ALICE}\",2]")),
            json!([ALICE, 2]),
            json!([ALICE, "2"]),
        ] {
            let answer = Call::post(action("one-assignment")).ids([id]).send(&app).await;
            assert_eq!(answer.success(), expected);
        }
        for bad in [
            format!("{ALICE}-2"),
            ALICE.to_owned(),
            format!("{ALICE}|2|3"),
            format!("2|{ALICE}"),
        ] {
            let answer = Call::post(action("one-assignment")).ids([bad]).send(&app).await;
            assert!(answer.detail(400).contains("not a valid id"), "{answer:?}");
        }
    }
}

/// Keys of text that need care in JSON, in SQL, in a list of ids, or in a path.
const ODD_KEYS: [&str; 14] = [
    "a/b",
    "a b",
    "a|b",
    "[\"a\",\"b\"]",
    "50%",
    "%2F",
    "?x=1&y#z",
    "O'Brien \"Bob\"",
    "back\\slash",
    "日本 ü 🍺",
    "{{currentUser.id}}",
    "count",
    "x.csv",
    "$1 ?1 :a",
];

#[smart_action(collection = "places", name = "Ids of places", kind = "bulk")]
async fn ids_of_places(selection: Selection) -> ActionResult {
    let ids: Vec<String> = selection.stream::<String>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

#[smart_action(collection = "visits", name = "Ids of visits", kind = "bulk")]
async fn ids_of_visits(selection: Selection) -> ActionResult {
    let ids: Vec<(String, String)> = selection.stream::<(String, String)>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

const ODD_TABLES: &str = "
    CREATE TABLE places (name VARCHAR(255) NOT NULL PRIMARY KEY);
    CREATE TABLE visits (
        place VARCHAR(255) NOT NULL REFERENCES places (name), visitor VARCHAR(255) NOT NULL, PRIMARY KEY (place, visitor)
    );";

/// Every key survives the way to the back office and back: in ids, in exclusions, and in paths.
async fn odd_keys_survive(records: impl RecordSource) {
    let agent = Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(actions![ids_of_places, ids_of_visits])
            .records(records)
    })
    .await;
    let app = agent.serve().await;
    let places = selected(&app, "places", all_of(json!({}))).await;
    assert_eq!(places.len(), ODD_KEYS.len());
    for place in &places {
        assert!(ODD_KEYS.contains(&place.as_str()), "{place}");
        let ids = json!({"ids": [place]});
        assert_eq!(selected(&app, "places", ids).await, [place.as_str()]);
        let others = excluding(all_of(json!({})), json!([place]));
        assert_eq!(selected(&app, "places", others).await.len(), ODD_KEYS.len() - 1);
        let escaped = query_string(&[("", place)]);
        let path = format!("places/{}", &escaped[1..]);
        // clients that do not escape them mean these
        if !["count", "x.csv"].contains(&place.as_str()) {
            let one = list(&app, &path, &json!({})).await;
            assert_eq!(one.status(), 200, "{path}: {one:?}");
            assert_eq!(one.json()["data"]["id"], *place);
        }
        let related = listed(&app, &format!("{path}/relationships/visits"), &json!({})).await;
        assert_eq!(related.len(), ODD_KEYS.len(), "{path}");
        let parent = inside(["places", place, "visits"], all_of(json!({})));
        let visits = select(&app, "visits", parent).await.json();
        let visits: Vec<(String, String)> = serde_json::from_str(visits["html"].as_str().unwrap()).unwrap();
        assert!(visits.iter().all(|(of, _)| of == place), "{visits:?}");
        assert_eq!(visits.len(), ODD_KEYS.len());
        // the packed ids of a list are the ids of a selection
        let answer = select(&app, "visits", json!({"ids": related})).await.json();
        let mut again: Vec<(String, String)> = serde_json::from_str(answer["html"].as_str().unwrap()).unwrap();
        again.sort();
        let mut visits = visits;
        visits.sort();
        assert_eq!(again, visits);
    }
}

#[actix_web::test]
async fn sel_06_unusual_keys_round_trip() {
    let pairs = || {
        ODD_KEYS
            .iter()
            .flat_map(|place| ODD_KEYS.iter().map(move |visitor| (*place, *visitor)))
    };
    let pool: SqlitePool = dataset::sqlite().await;
    sqlx::raw_sql(ODD_TABLES).execute(&pool).await.unwrap();
    for place in ODD_KEYS {
        sqlx::query("INSERT INTO places VALUES ($1)")
            .bind(place)
            .execute(&pool)
            .await
            .unwrap();
    }
    for (place, visitor) in pairs() {
        let insert = sqlx::query("INSERT INTO visits VALUES ($1, $2)")
            .bind(place)
            .bind(visitor);
        insert.execute(&pool).await.unwrap();
    }
    let records = SqlRecords::sqlite(pool).await.unwrap();
    let models = records.collections();
    odd_keys_survive(records).await;

    let rows = |name: &str| match name {
        "places" => ODD_KEYS.iter().map(|name| json!({"name": name})).collect(),
        "visits" => pairs()
            .map(|(place, visitor)| json!({"place": place, "visitor": visitor}))
            .collect(),
        _ => Vec::new(),
    };
    let memory = models.into_iter().fold(MemoryRecords::new(), |memory, model| {
        let rows = rows(&model.name);
        memory.collection(model, rows)
    });
    odd_keys_survive(memory).await;

    let Some(database) = forest_test_postgres::database().await else {
        return;
    };
    let pool: &PgPool = &database;
    sqlx::raw_sql(ODD_TABLES).execute(pool).await.unwrap();
    let keys: Vec<String> = ODD_KEYS.map(str::to_owned).to_vec();
    let insert = sqlx::query("INSERT INTO places SELECT unnest($1::text[])").bind(&keys);
    insert.execute(pool).await.unwrap();
    sqlx::query("INSERT INTO visits SELECT one.name, other.name FROM places AS one, places AS other")
        .execute(pool)
        .await
        .unwrap();
    odd_keys_survive(SqlRecords::postgres(pool.clone()).await.unwrap()).await;
}

#[actix_web::test]
async fn sel_07_ids_have_the_key_type_and_an_invalid_one_is_reported() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        assert_eq!(
            selected(&app, "transactions", json!({"ids": [3, "1"]})).await,
            ["3", "1"],
            "in their order"
        );
        let upper = json!({"ids": [ALICE.to_uppercase(), ALICE]});
        assert_eq!(selected(&app, "customers", upper).await, [ALICE], "one record once");
        stage.runs();
        for (collection, bad) in [
            ("transactions", "three"),
            ("transactions", "1.0"),
            ("transactions", " 1"),
            ("transactions", "01"),
            ("transactions", "1 OR 1=1"),
            ("transactions", "9223372036854775808"),
            ("transactions", ALICE),
            ("customers", "1"),
            ("customers", "c0000000000040008000000000000001"),
            ("assignments", "1|2"),
        ] {
            let refused = select(&app, collection, json!({"ids": [bad]})).await;
            assert!(refused.detail(400).contains(bad), "{collection} {bad}: {refused:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
        // a number that the column cannot hold is a record that does not exist
        let beyond = select(&app, "transactions", json!({"ids": ["4294967297"]})).await;
        assert_eq!(beyond.status(), 404, "{beyond:?}");
    }
}

#[actix_web::test]
async fn sel_08_a_global_action_takes_no_ids() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        for attributes in [
            json!({"ids": ["1", "2"]}),
            json!({"ids": ["404"]}),
            // ignored
            json!({"ids": "5"}),
            json!({"ids": [null, "", {}]}),
            json!({"ids": vec!["1"; 100_001]}),
            all_of(json!({})),
            all_of(json!({"segment": "none such"})),
            json!({}),
        ] {
            let answer = Call::post(action("no-transaction"))
                .attributes(attributes)
                .send(&app)
                .await;
            assert_eq!(answer.success(), "0 0");
        }
    }
}

#[actix_web::test]
async fn sel_08_select_all_ignores_ids() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        for ids in [json!([null]), json!("all"), json!([{}]), json!(["x"])] {
            let mut attributes = all_of(json!({}));
            attributes["ids"] = ids;
            let all = selected(&app, "companies", attributes).await;
            assert!(all.len() > 1, "{all:?}");
        }
    }
}

#[actix_web::test]
async fn rte_06_an_id_of_a_collection_without_actions_is_rejected() {
    for stage in stages(|builder| builder.actions(actions![some_transactions])).await {
        let app = stage.serve().await;
        let with =
            |id: &str| Call::post(action("some-transactions")).attributes(json!({"ids": ["1"], "smart_action_id": id}));
        let refused = with("customers-Archive").send(&app).await;
        assert!(refused.detail(400).contains("smart_action_id"), "{refused:?}");
        assert_eq!(stage.runs(), 0);
        assert_eq!(
            with("transactions-Some@@@transactions").send(&app).await.success(),
            "ran on [1]"
        );
    }
}

#[smart_action(collection = "transactions", name = "Export of some", kind = "bulk", download = true)]
async fn export_of_some(ids: RecordIds<i64>) -> Download {
    Download::new("ids.txt", format!("{ids:?}"))
}

/// A file has no message, so the log has the count.
#[actix_web::test]
async fn sel_09_the_number_of_found_records_is_logged() {
    for stage in stages(|builder| builder.actions(actions![export_of_some])).await {
        let log = Log::capture();
        let app = stage.serve().await;
        let answer = Call::post(action("export-of-some")).ids([1, 404, 3]).send(&app).await;
        assert_eq!(answer.status(), 200);
        let lines = log.about("smart action ended");
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].get("requested"), lines[0].get("found")), ("3", "2"));
    }
}

#[actix_web::test]
async fn sel_09_missing_records_are_reported() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        let ids = |name: &str, ids: &[i64]| Call::post(action(name)).ids(ids.to_vec());
        let gone = ids("one-transaction", &[404]).send(&app).await;
        assert!(gone.detail(404).contains("no longer exists"), "{gone:?}");
        let gone = ids("some-transactions", &[404, 405]).send(&app).await;
        assert!(gone.detail(404).contains("none of the 2"), "{gone:?}");
        assert_eq!(stage.runs(), 0);
        let partly = ids("some-transactions", &[1, 404, 3]).send(&app).await.success();
        assert!(
            partly.starts_with("ran on [1, 3]") && partly.contains("2 of the 3"),
            "{partly}"
        );
        let whole = ids("some-transactions", &[1, 3]).send(&app).await.success();
        assert_eq!(whole, "ran on [1, 3]");
    }
}

#[actix_web::test]
async fn sel_10_only_documented_bodies_select_records() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        let send = |body: Value| Call::post(action("some-transactions")).json(&body);
        for body in [
            json!({"data": {"attributes": {"ids": ["1", "3"]}, "type": "custom-action-requests"}}),
            json!({"data": {"attributes": {"ids": [1, 3], "collection_name": "transactions"}}}),
            json!({"data": {"attributes": {"ids": ["1", "3"], "all_records": false, "all_records_subset_query": null}}}),
            json!({"data": [{"id": "1", "type": "transactions"}, {"id": "3"}]}),
            json!({"recordIds": ["1", "3"], "collectionName": "transactions"}),
            json!({"ids": ["1", "3"]}),
        ] {
            assert_eq!(send(body.clone()).send(&app).await.success(), "ran on [1, 3]", "{body}");
        }
        stage.runs();
        for body in [
            json!(null),
            json!({}),
            json!([]),
            json!("ids"),
            json!({"data": null}),
            json!({"data": {}}),
            json!({"data": {"attributes": null}}),
            json!({"data": {"attributes": {}}}),
            json!({"data": {"attributes": {"ids": null}}}),
            json!({"data": {"attributes": {"ids": "1"}}}),
            json!({"data": {"attributes": {"ids": {"0": "1"}}}}),
            json!({"data": {"attributes": {"ids": [null]}}}),
            json!({"data": {"attributes": {"ids": [{"id": "1"}]}}}),
            json!({"data": {"attributes": {"all_records": "true"}}}),
            json!({"data": {"attributes": {"all_records": 1, "ids": ["1"]}}}),
            json!({"data": {"attributes": {"all_records": true, "all_records_subset_query": "all"}}}),
            json!({"data": {"attributes": {"all_records": true, "all_records_subset_query": [1]}}}),
            json!({"data": {"attributes": {"all_records": true, "all_records_ids_excluded": "1"}}}),
        ] {
            let answer = send(body.clone()).send(&app).await;
            assert!((400..500).contains(&answer.status()), "{body}: {answer:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
    }
}
