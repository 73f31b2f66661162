//! Charts in code: their routes, rights, records and results.

use actix_web::App;
use forest_actions::charts::{ChartResult, LineChart, ValueChart};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, Filter, MemoryRecords, Operator, ValueType};
use forest_actions::testing::TestForest;
use forest_actions::{Forest, LocalRole};
use serde_json::{Value, json};

use crate::support::page::mounted;
use crate::support::{Agent, Call, token_of};

#[smart_chart(name = "open orders")]
async fn open_orders(caller: Caller) -> ChartResult<ValueChart> {
    if caller.role == "Intern" {
        return Err(failure("Not for interns"));
    }
    Ok(ValueChart::new(42).previous(40))
}

#[smart_chart(collection = "chart_plants")]
async fn growth(id: RecordId<i64>) -> LineChart {
    LineChart::new([("Monday", *id), ("Tuesday", 2)])
}

#[smart_chart(collection = "chart_plants", name = "anything")]
async fn anything(req: HttpRequest) -> Value {
    json!({"query": req.query_string(), "rows": [1, "two", null]})
}

#[smart_chart]
async fn panicking_chart() -> Value {
    panic!("as a bug would")
}

#[smart_chart]
async fn infinite_chart() -> ValueChart {
    ValueChart::new(f64::INFINITY)
}

fn plants() -> MemoryRecords {
    let plants = CollectionModel::new("chart_plants")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("owner", ValueType::Text))
        .key(["id"]);
    let rows = [(1, "ada@example.com"), (2, "eve@example.com")];
    let rows = rows.map(|(id, owner)| json!({"id": id, "owner": owner}));
    MemoryRecords::new().collection(plants, rows.to_vec())
}

async fn agent() -> Agent {
    let own = Filter::leaf("owner", Operator::Equal, "{{currentUser.email}}");
    Agent::with(|builder| {
        let builder = builder.schema_file(false).actions([]).records(plants());
        builder
            .local_role(LocalRole::new("Gardener").scope("chart_plants", own))
            .local_role(LocalRole::new("Visitor").deny_browsing("chart_plants"))
    })
    .await
}

#[actix_web::test]
async fn a_post_has_the_document_and_a_get_the_value() {
    let agent = agent().await;
    let app = agent.serve().await;
    let line = |first: i64| json!([{"label": "Monday", "values": {"value": first}}, {"label": "Tuesday", "values": {"value": 2}}]);
    for (path, body, expected) in [
        (
            "open%20orders",
            json!({}),
            json!({"countCurrent": 42, "countPrevious": 40}),
        ),
        ("chart_plants/growth", json!({"record_id": 1}), line(1)),
        ("chart_plants/growth", json!({"record_id": "2"}), line(2)),
        ("chart_plants/growth?record_id=1", json!({}), line(1)),
        ("chart_plants/growth?record_id=1", json!({"record_id": 2}), line(2)),
        (
            "chart_plants/anything?a=b",
            json!({}),
            json!({"query": "a=b", "rows": [1, "two", null]}),
        ),
    ] {
        let call = Call::post(format!("/forest/_charts/{path}")).json(&body);
        let answer = call.send(&app).await;
        assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
        let mut document = answer.json();
        document["data"]["id"].take();
        let attributes = json!({"value": expected});
        assert_eq!(
            document,
            json!({"data": {"type": "stats", "id": null, "attributes": attributes}}),
            "{path}"
        );
    }
    let raw = Call::read("/forest/_charts/chart_plants/growth?record_id=2")
        .send(&app)
        .await;
    assert_eq!(raw.json(), line(2));
    let empty = Call::post("/forest/_charts/open%20orders")
        .body("")
        .without("content-type");
    assert_eq!(empty.send(&app).await.status(), 200);
}

#[actix_web::test]
async fn each_request_passes_the_same_checks() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (role, method, path, status) in [
        ("Intern", "GET", "open%20orders", 400),
        ("Visitor", "GET", "open%20orders", 200),
        ("Gardener", "GET", "chart_plants/growth?record_id=1", 200),
        // of another user, missing, malformed, and none
        ("Gardener", "GET", "chart_plants/growth?record_id=2", 404),
        ("Gardener", "GET", "chart_plants/growth?record_id=99", 404),
        ("Gardener", "GET", "chart_plants/growth?record_id=abc", 400),
        ("Gardener", "GET", "chart_plants/growth", 400),
        // the record is checked for a chart that does not read it
        ("Gardener", "GET", "chart_plants/anything?record_id=2", 404),
        ("Gardener", "GET", "chart_plants/anything", 200),
        ("Visitor", "GET", "chart_plants/growth?record_id=1", 403),
        ("Visitor", "GET", "chart_plants/anything", 403),
        ("God", "DELETE", "open%20orders", 405),
        ("God", "PUT", "chart_plants/growth", 405),
        ("God", "GET", "growth", 404),
        ("God", "GET", "other_plants/growth", 404),
        ("God", "GET", "chart_plants/open%20orders", 404),
        ("God", "GET", "", 404),
        ("God", "GET", "panicking_chart", 500),
        ("God", "GET", "infinite_chart", 500),
    ] {
        let call = Call::read(format!("/forest/_charts/{path}")).method(method);
        let answer = call.bearer(&token_of(role)).send(&app).await;
        assert_eq!(answer.status(), status, "{role} {method} {path}: {}", answer.text());
    }
    for path in ["open%20orders", "chart_plants/anything"] {
        let uri = format!("/forest/_charts/{path}");
        assert_eq!(Call::bare("GET", &uri).send(&app).await.status(), 401);
        assert_eq!(Call::bare("POST", &uri).send(&app).await.status(), 401);
        let broken = Call::post(&uri).body("{").send(&app).await;
        let expected = if path.contains('/') { 400 } else { 200 };
        assert_eq!(broken.status(), expected, "{path}");
    }
    let missing = Call::read("/forest/_charts/chart_plants/growth").send(&app).await;
    assert_eq!(missing.detail(400), "`record_id` is missing");
}

#[actix_web::test]
async fn connected_charts_of_a_collection_need_its_browse_right() {
    let builder = Forest::builder().actions([]).records(plants());
    let forest = TestForest::start(builder, |forest| App::new().configure(forest.routes()))
        .await
        .unwrap();
    let clerk = forest.user("Clerk");
    let status = async |path: &str| clerk.get(&format!("/forest/_charts/{path}")).await.status();
    assert_eq!(status("open%20orders").await, 200);
    assert_eq!(status("chart_plants/anything").await, 403);
    forest.fake().role("Clerk").may_browse("chart_plants");
    assert_eq!(status("chart_plants/anything").await, 200);
    let scope = json!({"field": "id", "operator": "equal", "value": 1});
    forest.fake().rendering(1).scope("chart_plants", scope);
    assert_eq!(status("chart_plants/growth?record_id=1").await, 200);
    assert_eq!(status("chart_plants/growth?record_id=2").await, 404);
}

#[actix_web::test]
async fn the_local_page_lists_the_charts_of_collections_that_the_caller_may_browse() {
    let agent = agent().await;
    let app = mounted(&agent, |page| page).await;
    let chart = |collection: Value, name: &str, chart_type: Value| json!({"collection": collection, "name": name, "type": chart_type});
    let growth = chart("chart_plants".into(), "growth", "Line".into());
    let anything = chart("chart_plants".into(), "anything", Value::Null);
    let open_orders = chart(Value::Null, "open orders", "Value".into());
    for (role, may_browse) in [("Gardener", true), ("Visitor", false)] {
        let rights = Call::bare("GET", "/playground/rights").header("host", "127.0.0.1:3310");
        let rights = rights.bearer(&token_of(role)).send(&app).await.json();
        let charts = rights["charts"].as_array().unwrap();
        assert!(charts.contains(&open_orders), "{rights:#}");
        for chart in [&growth, &anything] {
            assert_eq!(charts.contains(chart), may_browse, "{role}: {chart}");
        }
    }
}

#[actix_web::test]
async fn a_builder_may_serve_some_charts() {
    let agent = Agent::with(|builder| {
        let builder = builder.schema_file(false).actions([]).records(plants());
        builder.only_charts(|chart| chart.name == "growth")
    })
    .await;
    let app = agent.serve().await;
    let status = async |path: &str| Call::read(format!("/forest/_charts/{path}")).send(&app).await.status();
    assert_eq!(status("chart_plants/growth?record_id=1").await, 200);
    assert_eq!(status("open%20orders").await, 404);
}

#[actix_web::test]
async fn a_key_of_another_type_stops_the_start() {
    let plants = CollectionModel::new("chart_plants")
        .field(FieldModel::new("id", ValueType::Uuid))
        .key(["id"]);
    let builder = Forest::builder().schema_file(false).actions([]);
    let refused = builder
        .records(MemoryRecords::new().collection(plants, Vec::new()))
        .start()
        .await;
    let text = refused.map(|_| ()).unwrap_err().to_string();
    assert!(
        text.starts_with("a chart cannot be served:\n  - chart \"growth\" at "),
        "{text}"
    );
    assert!(
        text.ends_with("reads a key of type `i64`, and the key of `chart_plants` is `id` (Uuid)"),
        "{text}"
    );
}
