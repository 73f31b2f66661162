//! A collection that has another name than its table, in front of a Forest server and a database (PER-11).

use forest_actions::prelude::*;
use forest_actions::records::RecordSource as _;
use forest_actions::testing::{CollectionRight, FakeForest};
use serde_json::{Value, json};

use crate::support::connected::{OLGA, SAM, condition, done, project};
use crate::support::records::{all_of, inside};
use crate::support::{Agent, Answer, Call, Runs, TestService, dataset, query_string};

#[smart_action(collection = "Companies", name = "File", kind = "bulk")]
async fn file(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(ids.into_inner().join(",")))
}

const FILE: &str = "/forest/actions/file";
const ALICE: &str = "c0000000-0000-4000-8000-000000000001";
/// The text of SQL names the table.
const LARGE: &str = "SELECT id FROM companies WHERE employees > 100";

/// An agent on the table `companies`, called `Companies` in the back office.
async fn renamed(fake: &FakeForest) -> Agent {
    let records = dataset::sqlite_records(&dataset::sqlite().await).await;
    let records = records.collection("companies", |companies| companies.rename("Companies"));
    assert_eq!(records.problems(), []);
    let settings = |builder: forest_actions::ForestBuilder| builder.actions(actions![file]).records(records);
    Agent::connected_to(fake.clone(), settings).await
}

/// All that a role and a rendering may say of a collection, under this name.
fn allow(fake: &FakeForest, name: &str) {
    let role = fake.role("Support").may_trigger(name, "File").may_browse(name);
    role.may(CollectionRight::Read, name).may(CollectionRight::Export, name);
    fake.rendering(1)
        .scope(name, condition("city", "equal", "Paris"))
        .live_query_segment(name, "main", LARGE);
}

/// The relations to companies.
fn browse_the_others(fake: &FakeForest) {
    for name in ["customers", "transactions", "assignments"] {
        fake.role("Support").may_browse(name);
    }
}

async fn send(app: &impl TestService, fake: &FakeForest, call: Call) -> Answer {
    call.by(fake, SAM).send(app).await
}

fn ids(answer: &Answer) -> String {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let document = answer.json();
    let rows = document["data"].as_array().unwrap().iter();
    let ids: Vec<&str> = rows.map(|row| row["id"].as_str().unwrap()).collect();
    ids.join(",")
}

/// "Select all" of the live query.
fn live() -> Value {
    all_of(json!({"segmentQuery": LARGE, "connectionName": "main"}))
}

/// "Select all" of the companies that Alice advises: 2 and 3.
fn advised() -> Value {
    inside(["customers", ALICE, "advised"], all_of(json!({})))
}

#[actix_web::test]
async fn per_11_a_renamed_collection_uses_its_new_name_everywhere() {
    let fake = project().await;
    allow(&fake, "Companies");
    browse_the_others(&fake);
    let agent = renamed(&fake).await;
    let app = agent.serve().await;

    // the schema, and the relations to the collection
    fake.wait_for("POST /forest/apimaps", 1).await.unwrap();
    let schema = &fake.schemas()[0];
    let mut collections = schema.collections();
    collections.sort_unstable();
    assert_eq!(collections, ["Companies", "assignments", "customers", "transactions"]);
    let actions: Vec<(&str, &str)> = schema.actions().iter().map(|action| (action.0, action.1)).collect();
    assert_eq!(actions, [("Companies", "File")]);
    let text = schema.document().to_string();
    assert!(
        text.contains("Companies.id") && !text.contains("companies.id"),
        "{text}"
    );

    // the lists
    let list = send(&app, &fake, Call::read("/forest/Companies")).await;
    assert_eq!(ids(&list), "1,3,7");
    assert_eq!(list.json()["data"][0]["type"], "Companies");
    let count = send(&app, &fake, Call::read("/forest/Companies/count")).await;
    assert_eq!(count.json()["count"], 3);
    let csv = send(
        &app,
        &fake,
        Call::read("/forest/Companies.csv?fields%5BCompanies%5D=id&header=id"),
    )
    .await;
    assert_eq!(csv.text().lines().skip(1).collect::<Vec<_>>(), ["1", "3", "7"]);
    assert_eq!(send(&app, &fake, Call::read("/forest/Companies/1")).await.status(), 200);
    assert_eq!(send(&app, &fake, Call::read("/forest/Companies/2")).await.status(), 404);
    let uri = format!(
        "/forest/Companies?{}",
        query_string(&[("segmentQuery", LARGE), ("connectionName", "main")])
    );
    assert_eq!(ids(&send(&app, &fake, Call::read(uri)).await), "1,7");
    let uri = format!("/forest/customers/{ALICE}/relationships/advised");
    assert_eq!(ids(&send(&app, &fake, Call::read(uri)).await), "3");
    let uri = "/forest/Companies/1/relationships/received";
    assert_eq!(ids(&send(&app, &fake, Call::read(uri)).await), "3,8,15,25,26,34,35");

    // the action, on given records and on all
    for (attributes, expected) in [
        (json!({"ids": ["1", "2", "3"], "collection_name": "Companies"}), "1,3"),
        (all_of(json!({})), "1,3,7"),
        (live(), "1,7"),
        (advised(), "3"),
    ] {
        let answer = send(&app, &fake, Call::post(FILE).attributes(attributes.clone())).await;
        assert_eq!(done(&answer), expected, "{attributes}");
    }
    // the condition of a role reads the same table
    fake.role("Support")
        .may_trigger_if("Companies", "File", condition("employees", "greater_than", 100));
    let agent = renamed(&fake).await;
    let app = agent.serve().await;
    let given = |ids: [&str; 2]| Call::post(FILE).ids(ids);
    assert_eq!(done(&send(&app, &fake, given(["1", "7"])).await), "1,7");
    assert_eq!(send(&app, &fake, given(["1", "3"])).await.status(), 403);
    assert_eq!(agent.runs.count(), 1);
    let answer = given(["1", "7"]).by(&fake, OLGA).send(&app).await;
    assert_eq!(answer.status(), 403, "another role");
}

#[actix_web::test]
async fn per_11_the_table_name_grants_nothing() {
    let fake = project().await;
    allow(&fake, "companies");
    browse_the_others(&fake);
    let agent = renamed(&fake).await;
    let app = agent.serve().await;
    // no right under the name of the table is one to the collection
    for call in [
        Call::post(FILE).ids(["1"]),
        Call::post(FILE).attributes(all_of(json!({}))),
        Call::post(format!("{FILE}/hooks/load")).ids(["1"]),
        Call::read("/forest/Companies"),
        Call::read("/forest/Companies/1"),
        Call::read("/forest/Companies.csv"),
    ] {
        let refused = send(&app, &fake, call).await;
        assert_eq!(refused.status(), 403, "{refused:?}");
    }
    // a relation to a forbidden collection is hidden
    let uri = format!("/forest/customers/{ALICE}/relationships/advised");
    assert_eq!(send(&app, &fake, Call::read(uri)).await.status(), 404);
    assert_eq!(agent.runs.count(), 0);
    // the table's name is not a collection, regardless of permissions
    for path in [
        "/forest/companies",
        "/forest/companies/1",
        "/forest/companies/1/relationships/received",
    ] {
        assert_eq!(send(&app, &fake, Call::read(path)).await.status(), 404, "{path}");
    }
    // with the rights, its scope and its live queries are still those of another collection
    fake.role("Support").may_trigger("Companies", "File");
    let answer = send(&app, &fake, Call::post(FILE).ids(["1", "2", "3"])).await;
    assert_eq!(done(&answer), "1,2,3");
    let refused = send(&app, &fake, Call::post(FILE).attributes(live())).await;
    assert!(refused.detail(403).contains("not authorized to browse"), "{refused:?}");
    let inside_table = inside(["companies", "1", "received"], all_of(json!({})));
    let refused = send(&app, &fake, Call::post(FILE).attributes(inside_table)).await;
    assert!(refused.detail(400).contains("companies"), "{refused:?}");
    let named = json!({"ids": ["1"], "collection_name": "companies"});
    let refused = send(&app, &fake, Call::post(FILE).attributes(named)).await;
    assert_eq!(refused.status(), 400, "{refused:?}");
    assert_eq!(agent.runs.count(), 1);
}
