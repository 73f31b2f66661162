//! Requests that are refused, with the wrong member in the text.

use serde_json::{Value, json};

use super::shop::{ask, ask_in, chart, shops};
use crate::support::{Call, token_of};

#[actix_web::test]
async fn a_refusal_names_what_is_wrong() {
    let board = |members: Value| {
        let mut board = json!({"type": "Leaderboard", "sourceCollectionName": "customers", "relationshipFieldName": "orders",
            "labelFieldName": "name", "aggregator": "Count"});
        for (name, member) in members.as_object().unwrap() {
            board[name] = member.clone();
        }
        board
    };
    let sum = |field: Value| chart("Value", json!({"aggregator": "Sum", "aggregateFieldName": field}));
    let pie = |field: Value| chart("Pie", json!({"groupByFieldName": field}));
    let line = |field: Value, range: Value| chart("Line", json!({"groupByFieldName": field, "timeRange": range}));
    let filter = |filter: Value| chart("Value", json!({"filter": filter}));
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (asked, status, text) in [
            (
                json!({"aggregator": "Count", "sourceCollectionName": "orders"}),
                400,
                "`type` is missing",
            ),
            (
                chart("Donut", json!({})),
                400,
                "`type` is 'Donut', and must be one of: Value, Objective, Pie, Line, Leaderboard",
            ),
            (chart("Percentage", json!({})), 400, "`type` is 'Percentage'"),
            (
                json!({"type": 7, "sourceCollectionName": "orders"}),
                400,
                "`type` must be a text",
            ),
            (
                chart("Value", json!({"aggregator": "Median"})),
                400,
                "`aggregator` is 'Median', and must be one of: Count, Sum",
            ),
            (
                chart("Value", json!({"aggregator": null})),
                400,
                "`aggregator` is missing",
            ),
            (sum(Value::Null), 400, "`aggregateFieldName` is missing"),
            (sum(json!("nothing")), 400, "The 'orders.nothing' field was not found."),
            (sum(json!("margin")), 400, "The 'orders.margin' field was not found."),
            (
                chart("Value", json!({"aggregateFieldName": "margin"})),
                400,
                "The 'orders.margin' field was not found.",
            ),
            (
                sum(json!("status")),
                400,
                "the values of 'orders.status' are not numbers: they can only be counted",
            ),
            (
                sum(json!("created_at")),
                400,
                "the values of 'orders.created_at' are not numbers",
            ),
            (
                sum(json!("is_paid")),
                400,
                "the values of 'orders.is_paid' are not numbers",
            ),
            (sum(json!("customer")), 400, "'customer' is a relation of 'orders'"),
            (pie(Value::Null), 400, "`groupByFieldName` is missing"),
            (pie(json!("margin")), 400, "The 'orders.margin' field was not found."),
            (
                pie(json!("details")),
                400,
                "the values of 'orders.details' cannot be grouped",
            ),
            (
                pie(json!("tags:name")),
                400,
                "The relation 'tags' of 'orders' leads to several records",
            ),
            (
                line(json!("status"), json!("Day")),
                400,
                "the values of 'orders.status' are not dates",
            ),
            (line(json!("created_at"), Value::Null), 400, "`timeRange` is missing"),
            (
                line(json!("created_at"), json!("Hour")),
                400,
                "`timeRange` is 'Hour', and must be one of: Day, Week, Month, Quarter, Year",
            ),
            (
                filter(json!({"field": "margin", "operator": "equal", "value": 1})),
                400,
                "The 'orders.margin' field was not found.",
            ),
            (
                filter(json!({"field": "id", "operator": "is", "value": 1})),
                422,
                "The given operator is not handled.",
            ),
            (filter(json!([])), 422, "Empty condition in filter"),
            (
                filter(json!({"field": "id", "operator": "equal", "value": "{{recordId}}"})),
                403,
                "The variable 'recordId' does not exist",
            ),
            (
                board(json!({"relationshipFieldName": "customer"})),
                400,
                "'customers' has no relation 'customer' to any number of records. ",
            ),
            (
                board(json!({"relationshipFieldName": null})),
                400,
                "`relationshipFieldName` is missing",
            ),
            (
                board(json!({"labelFieldName": null})),
                400,
                "`labelFieldName` is missing",
            ),
            (
                board(json!({"labelFieldName": "margin"})),
                400,
                "The 'customers.margin' field was not found.",
            ),
            (
                board(json!({"aggregator": "Sum", "aggregateFieldName": "margin"})),
                400,
                "The 'orders.margin' field was not found.",
            ),
            (
                board(json!({"limit": 0})),
                400,
                "`limit` must be a whole number from 1 to 1000",
            ),
            (board(json!({"limit": -1})), 400, "`limit` must be"),
            (board(json!({"limit": 1001})), 400, "`limit` must be"),
            (board(json!({"limit": "all"})), 400, "`limit` must be"),
        ] {
            let answer = ask(&app, "God", &asked).await;
            assert_eq!(answer.status(), status, "{} {asked}: {}", shop.name(), answer.text());
            let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with(text), "{} {asked}: {detail}", shop.name());
        }
    }
}

#[actix_web::test]
async fn the_collection_of_the_path_is_the_one_of_the_chart() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let send = async |path: &str, method: &str, body: &str| {
            let call = Call::post(format!("/forest/{path}"))
                .method(method)
                .body(body.to_owned());
            call.bearer(&token_of("God")).send(&app).await
        };
        let orders = chart("Value", json!({})).to_string();
        for (path, method, body, status) in [
            ("stats/orders", "POST", orders.as_str(), 200),
            ("stats/customers", "POST", &orders, 400),
            ("stats/orders", "POST", r#"{"type":"Value","aggregator":"Count"}"#, 400),
            ("stats/orders", "POST", "[]", 400),
            ("stats/orders", "POST", "{", 400),
            ("stats/nothing", "POST", &orders, 404),
            // live queries
            ("stats", "POST", r#"{"type":"Value","query":"SELECT 1"}"#, 404),
            (
                "_internal/native_query",
                "POST",
                r#"{"type":"Value","query":"SELECT 1"}"#,
                404,
            ),
            ("stats/orders/1", "POST", &orders, 404),
            ("stats/orders", "GET", "", 405),
            ("stats/orders", "DELETE", "", 405),
        ] {
            let answer = send(path, method, body).await;
            assert_eq!(answer.status(), status, "{method} {path} {body}: {}", answer.text());
        }
        let bare = Call::bare("POST", "/forest/stats/orders").body(orders);
        assert_eq!(bare.send(&app).await.status(), 401);
        let line = chart("Line", json!({"groupByFieldName": "created_at", "timeRange": "Day"}));
        for (chart, status) in [(chart("Value", json!({})), 200), (line, 400)] {
            assert_eq!(
                ask_in(&app, "Mars/Olympus", "God", &chart).await.status(),
                status,
                "{chart}"
            );
        }
    }
}
