//! Leaderboards over to-many relations.

use serde_json::{Value, json};

use super::shop::{ask, shops};

fn leaderboard(collection: &str, members: Value) -> Value {
    let mut chart = json!({"type": "Leaderboard", "sourceCollectionName": collection, "relationshipFieldName": "orders",
        "labelFieldName": "name", "aggregator": "Count", "filter": null, "limit": 5});
    for (name, member) in members.as_object().unwrap() {
        chart[name] = member.clone();
    }
    chart
}

fn rows(document: &Value) -> Vec<(String, f64)> {
    let rows = document["data"]["attributes"]["value"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["key"].as_str().unwrap_or("null").to_owned(),
            row["value"].as_f64().unwrap(),
        )
    })
    .collect()
}

fn row(label: &str, value: f64) -> (String, f64) {
    (label.to_owned(), value)
}

#[actix_web::test]
async fn the_largest_values_come_first() {
    let sum = json!({"aggregator": "Sum", "aggregateFieldName": "quantity"});
    let uk = json!({"field": "country", "operator": "equal", "value": "UK"});
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (chart, expected) in [
            (
                leaderboard("customers", json!({})),
                vec![row("Ann", 3.0), row("Bob", 2.0), row("Cid", 2.0), row("Dan", 1.0)],
            ),
            (
                leaderboard("customers", json!({"limit": "2"})),
                vec![row("Ann", 3.0), row("Bob", 2.0)],
            ),
            (
                leaderboard("customers", sum.clone()),
                vec![row("Bob", 11.0), row("Ann", 10.0), row("Cid", 9.0), row("Dan", 6.0)],
            ),
            (
                leaderboard("customers", json!({"labelFieldName": "country"})),
                vec![row("UK", 5.0), row("FR", 2.0), row("DE", 1.0)],
            ),
            (
                leaderboard("customers", json!({"filter": uk.clone()})),
                vec![row("Ann", 3.0), row("Cid", 2.0)],
            ),
            // an order that has a tag twice counts once
            (
                leaderboard("tags", json!({"aggregator": "Sum", "aggregateFieldName": "quantity"})),
                vec![row("fragile", 7.0), row("gift", 6.0), row("internal", 5.0)],
            ),
            (
                leaderboard(
                    "orders",
                    json!({"relationshipFieldName": "tags", "labelFieldName": "status"}),
                ),
                vec![row("paid", 4.0), row("open", 3.0)],
            ),
            (
                leaderboard(
                    "customers",
                    json!({"filter": {"field": "id", "operator": "equal", "value": 99}}),
                ),
                vec![],
            ),
        ] {
            let answer = ask(&app, "God", &chart).await;
            assert_eq!(rows(&answer.json()), expected, "{} {chart}", shop.name());
        }
    }
}

#[actix_web::test]
async fn records_out_of_scope_do_not_count_on_either_side() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (chart, expected) in [
            (
                leaderboard("customers", json!({})),
                vec![row("Ann", 3.0), row("Cid", 2.0)],
            ),
            // order 3 is of a customer in France, and one tag is internal
            (
                leaderboard("tags", json!({"aggregator": "Sum", "aggregateFieldName": "quantity"})),
                vec![row("fragile", 4.0), row("gift", 3.0)],
            ),
            (
                leaderboard(
                    "orders",
                    json!({"relationshipFieldName": "tags", "labelFieldName": "id"}),
                ),
                vec![row("1", 1.0), row("2", 1.0), row("4", 1.0)],
            ),
        ] {
            let answer = ask(&app, "Admin", &chart).await;
            assert_eq!(rows(&answer.json()), expected, "{} {chart}", shop.name());
        }
    }
}
