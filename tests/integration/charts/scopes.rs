//! Every chart shows the records of the caller's scope only.

use serde_json::{Value, json};

use super::shop::{ask, chart, shops};

#[actix_web::test]
async fn no_chart_shows_more_than_the_scope() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let everything = json!({"aggregator": "or", "conditions": [
            {"field": "id", "operator": "greater_than", "value": 0}, {"field": "id", "operator": "missing", "value": null},
        ]});
        for filter in [Value::Null, everything] {
            for (kind, members, expected) in [
                ("Value", json!({}), json!({"countCurrent": 5})),
                (
                    "Value",
                    json!({"aggregator": "Max", "aggregateFieldName": "amount"}),
                    json!({"countCurrent": 40.4}),
                ),
                (
                    "Objective",
                    json!({"aggregator": "Sum", "aggregateFieldName": "quantity"}),
                    json!({"value": 19}),
                ),
                (
                    "Pie",
                    json!({"groupByFieldName": "customer:country"}),
                    json!([{"key": "UK", "value": 5}]),
                ),
                (
                    "Line",
                    json!({"groupByFieldName": "created_at", "timeRange": "Year"}),
                    json!([{"label": "2024", "values": {"value": 5}}]),
                ),
            ] {
                let mut asked = chart(kind, members);
                asked["filter"] = filter.clone();
                let answer = ask(&app, "Admin", &asked).await;
                assert_eq!(
                    answer.json()["data"]["attributes"]["value"],
                    expected,
                    "{} {asked}",
                    shop.name()
                );
            }
        }
        let period = json!({"field": "created_at", "operator": "previous_month", "value": null});
        let answer = ask(&app, "Admin", &chart("Value", json!({"filter": period}))).await;
        // order 3 is out of scope
        let expected = json!({"countCurrent": 2, "countPrevious": 2});
        assert_eq!(
            answer.json()["data"]["attributes"]["value"],
            expected,
            "{}",
            shop.name()
        );
    }
}

#[actix_web::test]
async fn local_roles_need_the_right_to_browse() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let orders = chart("Value", json!({}));
        let customers = json!({"type": "Value", "aggregator": "Count", "sourceCollectionName": "customers"});
        let board = json!({"type": "Leaderboard", "sourceCollectionName": "customers", "relationshipFieldName": "orders",
            "labelFieldName": "name", "aggregator": "Count"});
        let by_country = chart("Pie", json!({"groupByFieldName": "customer:country"}));
        for (role, asked, status) in [
            ("God", &orders, 200),
            ("No orders", &orders, 403),
            ("No orders", &customers, 200),
            ("No orders", &board, 403),
            ("No customers", &orders, 200),
            ("No customers", &board, 403),
            ("No customers", &by_country, 400),
        ] {
            let answer = ask(&app, role, asked).await;
            assert_eq!(answer.status(), status, "{role} {asked}: {}", answer.text());
        }
    }
}
