//! `Records<T>` with numbers, which the stores give as numbers or as texts.

use forest_actions::Records;
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::json;

use super::{Database, Setup, Store, these};
use crate::support::{Agent, Log};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "printed")]
struct Numbers {
    big: i64,
    exact: f64,
    missing: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "printed")]
struct Others {
    big: u64,
    exact: String,
}

#[derive(Debug, Deserialize)]
struct Unfit {
    #[expect(dead_code, reason = "read to fail")]
    name: i64,
}

#[smart_action(collection = "items", name = "Numbers", kind = "bulk")]
async fn numbers(records: Records<Numbers>, others: Records<Others>) -> ActionResult {
    let records: Vec<Numbers> = records.chunks(2).try_concat().await?;
    let others: Vec<Others> = others.chunks(2).try_concat().await?;
    Ok(success(format!("{records:?} {others:?}")))
}

#[smart_action(collection = "items", name = "Unfit", kind = "bulk")]
async fn unfit(records: Records<Unfit>) -> ActionResult {
    let records: Vec<Unfit> = records.chunks(2).try_concat().await?;
    Ok(success(format!("{records:?}")))
}

const ITEMS: [&str; 2] = [
    "CREATE TABLE items (id INTEGER PRIMARY KEY, big BIGINT, exact NUMERIC(10, 2), missing BIGINT, name VARCHAR(20))",
    "INSERT INTO items VALUES (1, 9007199254740993, 10.50, NULL, 'secret')",
];

/// An agent over each store, and the text of its exact number.
async fn databases() -> Vec<(Database, &'static str)> {
    let mut databases = Vec::new();
    for (setup, exact) in [(Setup::sqlite(ITEMS), "10.5"), (Setup::postgres(ITEMS), "10.50")] {
        let setup = setup.agent(|builder| builder.actions(actions![numbers, unfit]));
        databases.extend(setup.start().await.map(|database| (database, exact)));
    }
    let model = CollectionModel::new("items")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("big", ValueType::Integer))
        .field(FieldModel::new("exact", ValueType::Decimal))
        .field(FieldModel::new("missing", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .key(["id"]);
    let row = json!({"id": 1, "big": 9_007_199_254_740_993_i64, "exact": "10.50", "name": "secret"});
    let records = MemoryRecords::new().collection(model, vec![row]);
    let actions = actions![numbers, unfit];
    let agent = Agent::with(|builder| builder.actions(actions).records(records).schema_file(false)).await;
    let store = Store::Other;
    databases.push((Database { agent, store }, "10.5"));
    databases
}

#[actix_web::test]
async fn numbers_are_read_into_numbers_and_texts_on_every_store() {
    for (database, exact) in databases().await {
        let answer = database.act("numbers", these(["1"])).await;
        assert_eq!(
            answer.success(),
            format!(
                "[Numbers {{ big: 9007199254740993, exact: 10.5, missing: None }}] \
                 [Others {{ big: 9007199254740993, exact: \"{exact}\" }}]"
            )
        );
    }
}

#[actix_web::test]
async fn an_unfit_record_is_logged_with_the_field_and_both_types() {
    for (database, _) in databases().await {
        let log = Log::capture();
        let answer = database.act("unfit", these(["1"])).await;
        assert_eq!(answer.status(), 500);
        let text = log.text();
        assert!(
            text.contains("`name`: expected i64, found a text") && !text.contains("secret"),
            "{text}"
        );
    }
}
