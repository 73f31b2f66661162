//! Texts of a request that reach no statement.

use serde_json::{Value, json};

use super::shop::{ask, ask_in, chart, shops, value};

const TEXTS: [&str; 9] = [
    "'; DROP TABLE orders; --",
    "\"; DROP TABLE orders; --",
    "created_at'), (SELECT 1) --",
    "orders\".\"margin",
    "id) FROM orders; DELETE FROM orders; --",
    "UTC' OR '1'='1",
    "$1",
    "?",
    "a\u{0}b",
];

#[actix_web::test]
async fn names_and_zones_are_never_part_of_a_statement() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for text in TEXTS {
            let line = json!({"groupByFieldName": "created_at", "timeRange": "Day"});
            let zone = ask_in(&app, text, "God", &chart("Line", line)).await;
            assert_eq!(zone.status(), 400, "{text}: {}", zone.text());
            for (kind, members) in [
                ("Value", json!({"aggregator": text})),
                ("Value", json!({"aggregator": "Sum", "aggregateFieldName": text})),
                ("Value", json!({"aggregateFieldName": text})),
                ("Pie", json!({"groupByFieldName": text})),
                ("Pie", json!({"groupByFieldName": format!("customer:{text}")})),
                ("Line", json!({"groupByFieldName": text, "timeRange": "Day"})),
                ("Line", json!({"groupByFieldName": "created_at", "timeRange": text})),
                (
                    "Leaderboard",
                    json!({"relationshipFieldName": text, "labelFieldName": "id"}),
                ),
                (
                    "Leaderboard",
                    json!({"relationshipFieldName": "tags", "labelFieldName": text}),
                ),
                (
                    "Value",
                    json!({"filter": {"field": text, "operator": "equal", "value": 1}}),
                ),
                (
                    "Value",
                    json!({"filter": {"field": "id", "operator": "equal", "value": text}}),
                ),
            ] {
                let answer = ask(&app, "God", &chart(kind, members.clone())).await;
                assert_eq!(
                    answer.status(),
                    400,
                    "{} {kind} {members}: {}",
                    shop.name(),
                    answer.text()
                );
            }
            let filter = json!({"field": "status", "operator": "equal", "value": text});
            let answer = ask(
                &app,
                "God",
                &chart("Pie", json!({"groupByFieldName": "status", "filter": filter})),
            )
            .await;
            let expected = if text.contains('\0') { 400 } else { 200 };
            assert_eq!(answer.status(), expected, "{} {text}: {}", shop.name(), answer.text());
        }
        assert_eq!(value(&app, chart("Value", json!({}))).await, json!({"countCurrent": 8}));
    }
}

#[actix_web::test]
async fn values_of_variables_are_not_scanned_again() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let filter = json!({"field": "status", "operator": "equal", "value": "{{recordId}}"});
        for (id, status) in [
            (json!("open"), 200),
            (json!("{{currentUser.email}}"), 200),
            (json!("' OR 1=1 --"), 200),
            (Value::Null, 403),
            (json!({"a": 1}), 400),
        ] {
            let asked = chart("Value", json!({"filter": filter, "contextVariables": {"recordId": id}}));
            let answer = ask(&app, "God", &asked).await;
            assert_eq!(answer.status(), status, "{} {id}: {}", shop.name(), answer.text());
            let expected = if id == "open" { 3 } else { 0 };
            if status == 200 {
                assert_eq!(answer.json()["data"]["attributes"]["value"]["countCurrent"], expected);
            }
        }
    }
}

#[actix_web::test]
async fn the_screen_cannot_speak_for_the_user() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let filter = json!({"field": "customer:country", "operator": "equal", "value": "{{currentUser.tags.country}}"});
        let variables = json!({"currentUser.tags.country": "FR", "currentUser": {"tags": {"country": "FR"}}});
        let asked = chart("Value", json!({"filter": filter, "contextVariables": variables}));
        let answer = ask(&app, "God", &asked).await;
        assert_eq!(
            answer.json()["data"]["attributes"]["value"]["countCurrent"],
            5,
            "{}",
            shop.name()
        );
    }
}
