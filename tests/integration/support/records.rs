//! The dataset behind an agent, on every store that there is: the stage of the tests about records.

use forest_actions::prelude::*;
use forest_actions::{ActionDescriptor, ForestBuilder, Selection};
use forest_test_postgres::Database;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::SqlitePool;

use super::{Agent, Answer, Call, Runs, TestService, dataset, query_string};

#[smart_action(collection = "companies", name = "Ids of companies", kind = "bulk")]
async fn ids_of_companies(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    ids_of(selection, &runs).await
}

#[smart_action(collection = "customers", name = "Ids of customers", kind = "bulk")]
async fn ids_of_customers(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    ids_of(selection, &runs).await
}

#[smart_action(collection = "transactions", name = "Ids of transactions", kind = "bulk")]
async fn ids_of_transactions(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    ids_of(selection, &runs).await
}

#[smart_action(collection = "assignments", name = "Ids of assignments", kind = "bulk")]
async fn ids_of_assignments(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    ids_of(selection, &runs).await
}

async fn ids_of(selection: Selection, runs: &Runs) -> ActionResult {
    runs.add();
    let ids: Vec<String> = selection.stream::<String>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

/// One bulk action for each collection; it answers the ids that it got, as JSON.
pub(crate) fn ids_of_each() -> [&'static ActionDescriptor; 4] {
    actions![
        ids_of_companies,
        ids_of_customers,
        ids_of_transactions,
        ids_of_assignments
    ]
}

/// A store with the dataset.
#[derive(Debug)]
pub(crate) enum Store {
    Memory,
    Sqlite(SqlitePool),
    Postgres(Database),
}

/// An agent on a store.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) store: Store,
}

/// An agent with these settings on each store, with the clock of the vectors: a Wednesday in May, half past ten in UTC.
pub(crate) async fn stages(settings: impl Fn(ForestBuilder) -> ForestBuilder) -> Vec<Stage> {
    let settings = |builder: ForestBuilder| {
        settings(builder)
            .schema_file(false)
            .clock(|| "2024-05-15T10:30:00Z".parse().unwrap())
    };
    let memory = dataset::memory(&dataset::rows().await, |model| model);
    let mut stages = vec![Stage {
        agent: Agent::with(|builder| settings(builder).records(memory)).await,
        store: Store::Memory,
    }];
    let pool = dataset::sqlite().await;
    let records = dataset::sqlite_records(&pool).await;
    stages.push(Stage {
        agent: Agent::with(|builder| settings(builder).records(records)).await,
        store: Store::Sqlite(pool),
    });
    if let Some(database) = dataset::postgres().await {
        let records = dataset::postgres_records(&database).await;
        stages.push(Stage {
            agent: Agent::with(|builder| settings(builder).records(records)).await,
            store: Store::Postgres(database),
        });
    }
    stages
}

impl Stage {
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.store, Store::Memory)
    }

    pub(crate) async fn serve(&self) -> impl TestService {
        self.agent.serve().await
    }

    /// Number of handler runs since the last call.
    pub(crate) fn runs(&self) -> usize {
        self.agent.runs.take()
    }

    /// All rows of the dataset as one text, to see whether something has changed them.
    pub(crate) async fn rows(&self) -> String {
        const TABLES: [&str; 4] = ["companies", "customers", "transactions", "assignments"];
        let mut rows = String::new();
        for table in TABLES {
            let select = match self.store {
                Store::Memory => continue,
                Store::Sqlite(_) => format!(
                    "SELECT coalesce(group_concat(id || '/' || t, ';'), '') \
                     FROM (SELECT rowid AS id, json_array({}) AS t FROM {table} ORDER BY rowid)",
                    columns(table)
                ),
                Store::Postgres(_) => {
                    format!("SELECT coalesce(string_agg(t::text, ';' ORDER BY t::text), '') FROM {table} AS t")
                }
            };
            let select = sqlx::AssertSqlSafe(select);
            rows += &match &self.store {
                Store::Memory => String::new(),
                Store::Sqlite(pool) => sqlx::query_scalar::<_, String>(select).fetch_one(pool).await.unwrap(),
                Store::Postgres(pool) => sqlx::query_scalar::<_, String>(select)
                    .fetch_one(&**pool)
                    .await
                    .unwrap(),
            };
        }
        rows
    }
}

fn columns(table: &str) -> String {
    let models = dataset::models();
    let model = models.iter().find(|model| model.name == table).unwrap();
    let names: Vec<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
    names.join(", ")
}

/// The ids that the bulk action of a collection gets for these attributes.
pub(crate) async fn selected(app: &impl TestService, collection: &str, attributes: Value) -> Vec<String> {
    let answer = select(app, collection, attributes).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    ids_in(&answer)
}

/// The ids that the action answered.
pub(crate) fn ids_in(answer: &Answer) -> Vec<String> {
    serde_json::from_str(answer.json()["html"].as_str().unwrap()).unwrap()
}

/// The answer of the bulk action of a collection.
pub(crate) async fn select(app: &impl TestService, collection: &str, attributes: Value) -> Answer {
    let call = Call::post(action(&format!("ids-of-{collection}")));
    call.attributes(attributes).send(app).await
}

/// "Select all" of a list with these parameters.
pub(crate) fn all_of(subset: Value) -> Value {
    json!({"all_records": true, "all_records_subset_query": subset, "all_records_ids_excluded": []})
}

/// Endpoint of an action for a caller in Paris.
pub(crate) fn action(name: &str) -> String {
    format!("/forest/actions/{name}?timezone=Europe%2FParis")
}

/// The attributes of a "select all" inside the list of a parent.
pub(crate) fn inside(parent: [&str; 3], mut attributes: Value) -> Value {
    let [collection, id, association] = parent;
    attributes["parent_collection_name"] = json!(collection);
    attributes["parent_collection_id"] = json!(id);
    attributes["parent_association_name"] = json!(association);
    attributes
}

/// The same without these records.
pub(crate) fn excluding(mut attributes: Value, excluded: Value) -> Value {
    attributes["all_records_ids_excluded"] = excluded;
    attributes
}

/// A filter, as the parameter of a list.
pub(crate) fn filter(field: &str, operator: &str, value: Value) -> Value {
    json!({"filters": json!({"field": field, "operator": operator, "value": value}).to_string()})
}

/// The answer of the list of a path, with these parameters.
pub(crate) async fn list(app: &impl TestService, path: &str, parameters: &Value) -> Answer {
    let mut pairs = vec![("timezone".to_owned(), "Europe/Paris".to_owned())];
    for (key, value) in parameters.as_object().unwrap() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        pairs.push((key.clone(), value));
    }
    Call::read(format!("/forest/{path}?{}", query_string(&pairs)))
        .send(app)
        .await
}

/// The ids of a list, all of them, in key order.
pub(crate) async fn listed(app: &impl TestService, path: &str, parameters: &Value) -> Vec<String> {
    let mut parameters = parameters.clone();
    parameters["page[size]"] = json!("100");
    parameters["page[number]"] = json!("1");
    let answer = list(app, path, &parameters).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let document = answer.json();
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}
