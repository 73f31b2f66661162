//! A shop on every store: customers, their orders, and the tags of orders.
//!
//! The role `Admin` sees the customers of the UK, their orders, and the tags that are not internal; `God` sees everything.

use chrono::{DateTime, Utc};
use forest_actions::records::{
    CollectionModel, FieldModel, Filter, MemoryRecords, Operator, RelationModel, SqlRecords, Through, ValueType,
};
use forest_actions::{ForestBuilder, LocalRole};
use forest_test_postgres::Database;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

use crate::support::{Agent, Answer, Call, TestService, escaped, token_of};

/// The tables, in a dialect that both databases speak.
const TABLES: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), status TEXT, amount NUMERIC(10, 2),
    quantity INTEGER, weight {double}, is_paid BOOLEAN, created_at {moment}, due_on DATE, margin INTEGER, details {json});
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders_tags (order_id INTEGER NOT NULL, tag_id INTEGER NOT NULL, note TEXT, PRIMARY KEY (order_id, tag_id, note));
";

/// The moment of all requests: a Wednesday.
pub(super) const NOW: &str = "2024-05-15T10:30:00Z";

/// Where the shop is stored.
enum Place {
    Memory,
    Sqlite,
    /// Lives as long as the test.
    Postgres(#[allow(dead_code, reason = "dropped at the end")] Database),
}

pub(super) struct Shop {
    pub(super) agent: Agent,
    place: Place,
}

impl Shop {
    pub(super) fn name(&self) -> &'static str {
        match self.place {
            Place::Memory => "memory",
            Place::Sqlite => "sqlite",
            Place::Postgres(_) => "postgres",
        }
    }
}

pub(super) fn customers() -> Vec<Value> {
    [
        (1, "Ann", "UK"),
        (2, "Bob", "FR"),
        (3, "Cid", "UK"),
        (4, "Dan", "DE"),
        (5, "Ann", "FR"),
    ]
    .map(|(id, name, country)| json!({"id": id, "name": name, "country": country}))
    .to_vec()
}

pub(super) fn orders() -> Vec<Value> {
    let order = |id: i64, customer: i64, status: Value, amount: Value, created_at: Value, due_on: Value| {
        json!({"id": id, "customer_id": customer, "status": status, "amount": amount, "quantity": id, "weight": id as f64 / 2.0,
            "is_paid": id % 2 == 0, "created_at": created_at, "due_on": due_on, "margin": 100, "details": {"n": id}})
    };
    vec![
        order(
            1,
            1,
            json!("open"),
            json!("10.10"),
            json!("2024-03-30T22:30:00.000Z"),
            json!("2024-03-31"),
        ),
        order(
            2,
            1,
            json!("open"),
            json!("20.20"),
            json!("2024-03-30T23:30:00.000Z"),
            json!("2024-04-01"),
        ),
        order(
            3,
            2,
            json!("paid"),
            json!("30.30"),
            json!("2024-03-31T21:59:59.999Z"),
            json!("2024-04-01"),
        ),
        order(
            4,
            3,
            json!("paid"),
            json!("40.40"),
            json!("2024-03-31T22:00:00.000Z"),
            json!(null),
        ),
        order(
            5,
            3,
            json!(null),
            json!(null),
            json!("2024-04-03T12:00:00.000Z"),
            json!("2024-06-30"),
        ),
        order(
            6,
            4,
            json!("paid"),
            json!("0.05"),
            json!("2024-05-14T22:30:00.000Z"),
            json!("2024-05-15"),
        ),
        order(
            7,
            1,
            json!("open"),
            json!("-5.00"),
            json!("2024-05-15T09:00:00.000Z"),
            json!("2024-05-15"),
        ),
        order(8, 2, json!("refused"), json!("1000000.00"), json!(null), json!(null)),
    ]
}

fn tags() -> Vec<Value> {
    [(1, "gift"), (2, "fragile"), (3, "internal")]
        .map(|(id, name)| json!({"id": id, "name": name}))
        .to_vec()
}

/// Order 1 has the tag `gift` twice.
fn links() -> Vec<Value> {
    [
        (1, 1, "a"),
        (1, 1, "b"),
        (2, 1, "a"),
        (3, 1, "a"),
        (3, 2, "a"),
        (4, 2, "a"),
        (4, 3, "a"),
        (1, 3, "a"),
    ]
    .map(|(order, tag, note)| json!({"order_id": order, "tag_id": tag, "note": note}))
    .to_vec()
}

fn rows() -> [(&'static str, Vec<Value>); 4] {
    [
        ("customers", customers()),
        ("orders", orders()),
        ("tags", tags()),
        ("orders_tags", links()),
    ]
}

fn tables(engine: &str) -> String {
    let (moment, json, double) = match engine {
        "sqlite" => ("TIMESTAMP", "JSON", "REAL"),
        _ => ("TIMESTAMPTZ", "JSONB", "DOUBLE PRECISION"),
    };
    let tables = TABLES.replace("{moment}", moment).replace("{json}", json);
    let mut script = tables.replace("{double}", double);
    for (table, rows) in rows() {
        for row in rows {
            let members = row.as_object().unwrap();
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            let values = members.iter().map(|(name, value)| match value {
                Value::Null => "NULL".to_owned(),
                Value::String(text) if name == "amount" => text.clone(),
                Value::String(text) => format!("'{text}'"),
                Value::Object(_) => format!("'{value}'"),
                other => other.to_string(),
            });
            let values: Vec<String> = values.collect();
            script.push_str(&format!(
                "INSERT INTO {table} ({}) VALUES ({});\n",
                names.join(", "),
                values.join(", ")
            ));
        }
    }
    script
}

pub(super) fn memory() -> MemoryRecords {
    let field = FieldModel::new;
    let customers = CollectionModel::new("customers")
        .field(field("id", ValueType::Integer))
        .field(field("name", ValueType::Text))
        .field(field("country", ValueType::Text))
        .key(["id"])
        .relation(RelationModel::has_many("orders", "orders", "id", "customer_id"));
    let orders = CollectionModel::new("orders")
        .field(field("id", ValueType::Integer))
        .field(field("customer_id", ValueType::Integer).foreign_key(true))
        .field(field("status", ValueType::Text))
        .field(field("amount", ValueType::Decimal))
        .field(field("quantity", ValueType::Integer))
        .field(field("weight", ValueType::Decimal))
        .field(field("is_paid", ValueType::Boolean))
        .field(field("created_at", ValueType::Instant))
        .field(field("due_on", ValueType::Day))
        .field(field("margin", ValueType::Integer).hidden(true))
        .field(field("details", ValueType::Json))
        .key(["id"])
        .relation(RelationModel::belongs_to("customer", "customers", "customer_id", "id"))
        .relation(RelationModel::belongs_to_many(
            "tags",
            "tags",
            "id",
            "id",
            Through::new("orders_tags", "order_id", "tag_id"),
        ));
    let tags = CollectionModel::new("tags")
        .field(field("id", ValueType::Integer))
        .field(field("name", ValueType::Text))
        .key(["id"])
        .relation(RelationModel::belongs_to_many(
            "orders",
            "orders",
            "id",
            "id",
            Through::new("orders_tags", "tag_id", "order_id"),
        ));
    let links = CollectionModel::new("orders_tags")
        .field(field("order_id", ValueType::Integer))
        .field(field("tag_id", ValueType::Integer))
        .field(field("note", ValueType::Text))
        .key(["order_id", "tag_id", "note"]);
    let models = [customers, orders, tags, links];
    models
        .into_iter()
        .zip(rows())
        .fold(MemoryRecords::new(), |records, (model, (_, rows))| {
            records.collection(model, rows)
        })
}

fn corrected(records: SqlRecords) -> SqlRecords {
    let through = |here: &'static str, there: &'static str| Through::new("orders_tags", here, there);
    records
        .collection("orders", |orders| {
            orders.hide("margin").relation(RelationModel::belongs_to_many(
                "tags",
                "tags",
                "id",
                "id",
                through("order_id", "tag_id"),
            ))
        })
        .collection("tags", |tags| {
            tags.relation(RelationModel::belongs_to_many(
                "orders",
                "orders",
                "id",
                "id",
                through("tag_id", "order_id"),
            ))
        })
}

pub(super) async fn sqlite() -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(tables("sqlite")))
        .execute(&pool)
        .await
        .unwrap();
    pool
}

fn settings(builder: ForestBuilder) -> ForestBuilder {
    let is = |field: &str, value: &str| Filter::leaf(field, Operator::Equal, value);
    let country = "{{currentUser.tags.country}}";
    let admin = LocalRole::new("Admin")
        .scope("customers", is("country", country))
        .scope("orders", is("customer:country", country))
        .scope("tags", Filter::leaf("name", Operator::NotEqual, "internal"));
    builder
        .schema_file(false)
        .actions([])
        .clock(|| NOW.parse::<DateTime<Utc>>().unwrap())
        .local_role(admin)
        .local_role(LocalRole::new("No orders").deny_browsing("orders"))
        .local_role(LocalRole::new("No customers").deny_browsing("customers"))
}

/// The shop on each store.
pub(super) async fn shops() -> Vec<Shop> {
    let mut shops = vec![Shop {
        agent: Agent::with(|builder| settings(builder).records(memory())).await,
        place: Place::Memory,
    }];
    let records = corrected(SqlRecords::sqlite(sqlite().await).await.unwrap());
    shops.push(Shop {
        agent: Agent::with(|builder| settings(builder).records(records)).await,
        place: Place::Sqlite,
    });
    if let Some(database) = forest_test_postgres::database().await {
        let rows = sqlx::AssertSqlSafe(tables("postgres"));
        sqlx::raw_sql(rows).execute(&*database).await.unwrap();
        let records = corrected(SqlRecords::postgres((*database).clone()).await.unwrap());
        shops.push(Shop {
            agent: Agent::with(|builder| settings(builder).records(records)).await,
            place: Place::Postgres(database),
        });
    }
    shops
}

/// Asks for a chart of the collection that it names, in a time zone.
pub(super) async fn ask_in(app: &impl TestService, zone: &str, role: &str, chart: &Value) -> Answer {
    let collection = chart["sourceCollectionName"].as_str().unwrap_or("orders");
    let call = Call::post(format!("/forest/stats/{collection}?timezone={}", escaped(zone)));
    call.json(chart).bearer(&token_of(role)).send(app).await
}

pub(super) async fn ask(app: &impl TestService, role: &str, chart: &Value) -> Answer {
    ask_in(app, "Europe/Paris", role, chart).await
}

/// The value of a chart of orders, as the role `God` sees it.
pub(super) async fn value(app: &impl TestService, mut chart: Value) -> Value {
    if chart["sourceCollectionName"].is_null() {
        chart["sourceCollectionName"] = "orders".into();
    }
    let answer = ask(app, "God", &chart).await;
    assert_eq!(answer.status(), 200, "{chart}: {}", answer.text());
    answer.json()["data"]["attributes"]["value"].clone()
}

/// A chart of orders.
pub(super) fn chart(kind: &str, members: Value) -> Value {
    let mut chart = json!({"type": kind, "sourceCollectionName": "orders", "aggregator": "Count", "filter": null});
    for (name, member) in members.as_object().unwrap() {
        chart[name] = member.clone();
    }
    chart
}
