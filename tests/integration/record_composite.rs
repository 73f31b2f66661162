//! Relations over foreign keys of several columns, on every source.

use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, MemoryRecords, RecordSource, RelationModel, SqlRecords, ValueType, Writable,
};
use forest_actions::{ForestBuilder, Selection};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::support::records::{all_of, filter, inside, list, listed};
use crate::support::{Agent, Call, TestService, dataset};

/// The key of a loan repeats a branch, and a number, so that comparing one of the two finds too much.
const TABLES: &str = "
    CREATE TABLE loans (branch TEXT NOT NULL, number INT NOT NULL, status TEXT, PRIMARY KEY (branch, number));
    CREATE TABLE payments (id INTEGER PRIMARY KEY, loan_branch TEXT, loan_number INT,
        FOREIGN KEY (loan_branch, loan_number) REFERENCES loans (branch, number));
    CREATE TABLE contracts (branch TEXT NOT NULL, number INT NOT NULL, paper TEXT, PRIMARY KEY (branch, number),
        FOREIGN KEY (number, branch) REFERENCES loans (number, branch));
    INSERT INTO loans VALUES ('BRE', 1, 'open'), ('BRE', 2, 'paid'), ('PAR', 1, 'paid');
    INSERT INTO payments VALUES (1, 'BRE', 1), (2, 'BRE', 2), (3, 'PAR', 1), (4, 'BRE', 1), (5, 'BRE', NULL), (6, NULL, NULL);
    INSERT INTO contracts VALUES ('BRE', 2, 'A4');";

#[smart_action(collection = "payments", name = "Ids of payments")]
async fn ids_of_payments(selection: Selection) -> ActionResult {
    let ids: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success(format!("{ids:?}")))
}

/// What the databases say, by hand.
fn memory() -> MemoryRecords {
    let text = |name: &str| FieldModel::new(name, ValueType::Text);
    let number = |name: &str| FieldModel::new(name, ValueType::Integer);
    let loans = CollectionModel::new("loans")
        .field(text("branch"))
        .field(number("number"))
        .field(text("status"))
        .key(["branch", "number"])
        .relation(RelationModel::has_many("payments", "payments", "branch", "loan_branch").and("number", "loan_number"))
        .relation(RelationModel::has_one("contract", "contracts", "number", "number").and("branch", "branch"));
    let payments = CollectionModel::new("payments")
        .field(number("id"))
        .field(text("loan_branch"))
        .field(number("loan_number"))
        .key(["id"])
        .relation(RelationModel::belongs_to("loan", "loans", "loan_branch", "branch").and("loan_number", "number"));
    let contracts = CollectionModel::new("contracts")
        .field(text("branch"))
        .field(number("number"))
        .field(text("paper"))
        .key(["branch", "number"])
        .relation(RelationModel::belongs_to("loan", "loans", "number", "number").and("branch", "branch"));
    let loan = |branch: &str, number: i64, status: &str| json!({"branch": branch, "number": number, "status": status});
    let payment =
        |id: i64, branch: Value, number: Value| json!({"id": id, "loan_branch": branch, "loan_number": number});
    MemoryRecords::new()
        .collection(
            loans,
            vec![loan("BRE", 1, "open"), loan("BRE", 2, "paid"), loan("PAR", 1, "paid")],
        )
        .collection(
            payments,
            vec![
                payment(1, json!("BRE"), json!(1)),
                payment(2, json!("BRE"), json!(2)),
                payment(3, json!("PAR"), json!(1)),
                payment(4, json!("BRE"), json!(1)),
                payment(5, json!("BRE"), Value::Null),
                payment(6, Value::Null, Value::Null),
            ],
        )
        .collection(contracts, vec![json!({"branch": "BRE", "number": 2, "paper": "A4"})])
}

async fn agent(records: impl RecordSource) -> Agent {
    agent_with(records, |builder| builder).await
}

async fn agent_with(records: impl RecordSource, settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Agent {
    let actions = actions![ids_of_payments];
    Agent::with(|builder| settings(builder.schema_file(false).actions(actions).records(records))).await
}

async fn sqlite() -> SqlRecords {
    let pool = dataset::sqlite().await;
    for table in ["loans", "payments", "contracts"] {
        let drop = sqlx::AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"));
        sqlx::raw_sql(drop).execute(&pool).await.unwrap();
    }
    sqlx::raw_sql(TABLES).execute(&pool).await.unwrap();
    SqlRecords::sqlite(pool).await.unwrap()
}

/// Runs the test on records in memory, on SQLite, and on PostgreSQL where there is a server.
async fn on_each(test: impl AsyncFn(&Agent)) {
    test(&agent(memory()).await).await;
    test(&agent(sqlite().await).await).await;
    if let Some(database) = forest_test_postgres::database().await {
        sqlx::raw_sql(TABLES).execute(&*database).await.unwrap();
        test(&agent(SqlRecords::postgres(database.clone()).await.unwrap()).await).await;
    }
}

async fn ids(app: &impl TestService, path: &str, parameters: Value) -> Vec<String> {
    let ids = listed(app, path, &parameters).await;
    let count = list(app, &format!("{path}/count"), &parameters).await;
    assert_eq!(count.json(), json!({"count": ids.len()}), "{path} {parameters}");
    ids
}

#[actix_web::test]
async fn a_foreign_key_of_several_columns_is_a_relation_in_both_directions() {
    on_each(async |agent| {
        let app = &agent.serve().await;
        for (loan, expected) in [("BRE|1", vec!["1", "4"]), ("BRE|2", vec!["2"]), ("PAR|1", vec!["3"])] {
            let path = format!("loans/{}/relationships/payments", loan.replace('|', "%7C"));
            assert_eq!(ids(app, &path, json!({"sort": "id"})).await, expected, "{loan}");
            let inside = inside(["loans", loan, "payments"], all_of(json!({})));
            let call = Call::post("/forest/actions/ids-of-payments").attributes(inside);
            let all = call.send(app).await.success();
            assert_eq!(all, format!("[{}]", expected.join(", ")));
        }
        // to one, in lists: filtered and sorted by, and included
        let mut sorted = filter("loan:status", "present", Value::Null);
        sorted["sort"] = json!("-loan.status");
        let sorted = ids(app, "payments", sorted).await;
        let place = |id: &str| sorted.iter().position(|listed| listed == id).unwrap();
        assert!(
            sorted.len() == 4 && place("2").max(place("3")) < place("1").min(place("4")),
            "{sorted:?}"
        );
        let mut paid = filter("loan:status", "equal", json!("paid"));
        paid["sort"] = json!("id");
        assert_eq!(ids(app, "payments", paid).await, ["2", "3"]);
        let document = list(
            app,
            "payments",
            &json!({"sort": "id", "fields[payments]": "id,loan", "fields[loan]": "status"}),
        )
        .await;
        let document = document.json();
        let loans: Vec<&Value> = document["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| &row["relationships"]["loan"]["data"]["id"])
            .collect();
        assert_eq!(
            loans,
            [
                &json!("BRE|1"),
                &json!("BRE|2"),
                &json!("PAR|1"),
                &json!("BRE|1"),
                &Value::Null,
                &Value::Null
            ]
        );
        // the other end of a key that is a foreign key
        let signed = filter("contract:paper", "equal", json!("A4"));
        assert_eq!(ids(app, "loans", signed).await, ["BRE|2"]);
    })
    .await;
}

#[actix_web::test]
async fn the_schema_keeps_the_columns_and_does_not_offer_to_link() {
    on_each(async |agent| {
        let text = agent.forest.schema().to_file_text();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let collections = schema["collections"].as_array().unwrap();
        let payments = collections
            .iter()
            .find(|collection| collection["name"] == "payments")
            .unwrap();
        let fields = payments["fields"].as_array().unwrap();
        let field = |name: &str| fields.iter().find(|field| field["field"] == name).unwrap();
        let loan = field("loan");
        assert_eq!(
            (&loan["reference"], &loan["relationship"]),
            (&json!("loans.branch"), &json!("BelongsTo"))
        );
        assert_eq!(loan["isReadOnly"], true);
        assert_eq!(field("loan_branch")["type"], "String");
        assert_eq!(field("loan_number")["type"], "Number");
    })
    .await;
}

#[actix_web::test]
async fn the_columns_are_written_and_refer_to_a_visible_record_together() {
    let scope = forest_actions::records::Filter::leaf("status", forest_actions::records::Operator::Equal, "paid");
    let role = forest_actions::LocalRole::new("Admin").scope("loans", scope);
    let settings = |builder: ForestBuilder| builder.writable("payments", Writable::all()).local_role(role);
    let agent = agent_with(sqlite().await, settings).await;
    let app = &agent.serve().await;
    // of the loans of BRE and of the loans with number 1 some are paid, and BRE|1 is not
    for (branch, number, status) in [
        ("BRE", json!(1), 404),
        ("BRE", json!(2), 200),
        ("PAR", json!(2), 404),
        // refers to nothing
        ("ROM", Value::Null, 200),
    ] {
        let body = json!({"data": {"attributes": {"loan_branch": branch, "loan_number": number}}});
        let answer = Call::post("/forest/payments").json(&body).send(app).await;
        assert_eq!(answer.status(), status, "{branch} {number}: {answer:?}");
    }
    // a column that is not written keeps its value
    for (id, attributes, status) in [
        (2, json!({"loan_number": 1}), 404),
        (3, json!({"loan_branch": "BRE"}), 404),
        (5, json!({"loan_branch": "PAR"}), 200),
        (5, json!({"loan_number": 1}), 200),
        (5, json!({"loan_branch": "BRE"}), 404),
        (5, json!({"loan_branch": null}), 200),
    ] {
        let body = json!({"data": {"attributes": attributes}});
        let call = Call::post(format!("/forest/payments/{id}")).method("PUT");
        let answer = call.json(&body).send(app).await;
        assert_eq!(answer.status(), status, "{id} {attributes}: {answer:?}");
    }
}

#[actix_web::test]
async fn a_leaderboard_counts_the_records_that_all_columns_refer_to() {
    on_each(async |agent| {
        let app = &agent.serve().await;
        let chart = json!({"type": "Leaderboard", "sourceCollectionName": "loans", "relationshipFieldName": "payments",
            "labelFieldName": "status", "aggregator": "Count", "filter": null, "limit": 5});
        let answer = Call::post("/forest/stats/loans?timezone=UTC")
            .json(&chart)
            .send(app)
            .await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let rows = answer.json()["data"]["attributes"]["value"].clone();
        assert_eq!(rows, json!([{"key": "open", "value": 2}, {"key": "paid", "value": 2}]));
    })
    .await;
}

#[actix_web::test]
async fn renamed_fields_are_compared_under_their_new_names() {
    let records = sqlite().await;
    let records = records
        .collection("loans", |loans| {
            loans.rename_field("branch", "office").rename("credits")
        })
        .collection("payments", |payments| payments.rename_field("loan_number", "credit"));
    let agent = agent(records).await;
    let app = &agent.serve().await;
    let payments = ids(app, "credits/BRE%7C1/relationships/payments", json!({"sort": "id"})).await;
    assert_eq!(payments, ["1", "4"]);
    let paris = filter("loan:office", "equal", json!("PAR"));
    assert_eq!(ids(app, "payments", paris).await, ["3"]);
}
