//! Single values, objectives and pies.

use serde_json::{Value, json};

use super::shop::{ask, chart, shops, value};

#[actix_web::test]
async fn values_are_aggregated_by_each_function() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (aggregator, field, expected) in [
            ("Count", Value::Null, json!(8)),
            ("Count", json!("amount"), json!(7)),
            ("Count", json!("details"), json!(8)),
            ("Count", json!("customer:country"), json!(8)),
            ("Sum", json!("amount"), json!(1_000_096.05)),
            ("Sum", json!("quantity"), json!(36)),
            ("Sum", json!("weight"), json!(18)),
            ("Avg", json!("quantity"), json!(4.5)),
            ("Max", json!("amount"), json!(1_000_000)),
            ("Min", json!("amount"), json!(-5)),
            ("Max", json!("weight"), json!(4)),
            ("sum", json!("customer:id"), json!(17)),
        ] {
            let members = json!({"aggregator": aggregator, "aggregateFieldName": field});
            let found = value(&app, chart("Value", members)).await;
            assert_eq!(
                found,
                json!({"countCurrent": expected}),
                "{} {aggregator} {field}",
                shop.name()
            );
        }
        let avg = value(
            &app,
            chart("Value", json!({"aggregator": "Avg", "aggregateFieldName": "amount"})),
        )
        .await;
        let avg = avg["countCurrent"].as_f64().unwrap();
        assert!((avg - 142_870.864_285_714_3).abs() < 1e-6, "{} {avg}", shop.name());
    }
}

#[actix_web::test]
async fn the_document_has_exactly_the_members_of_the_protocol() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let answer = ask(&app, "God", &chart("Value", json!({}))).await;
        let mut document = answer.json();
        let id = document["data"]["id"].take();
        assert_eq!(id.as_str().map(str::len), Some(36));
        assert_eq!(
            document,
            json!({"data": {"type": "stats", "id": null, "attributes": {"value": {"countCurrent": 8}}}})
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[actix_web::test]
async fn filters_are_those_of_lists_and_no_value_is_zero() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let leaf =
            |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
        let none = leaf("id", "greater_than", json!(1000));
        for (filter, expected) in [
            (leaf("status", "equal", json!("open")), 3),
            (
                json!({"aggregator": "and", "conditions": [leaf("status", "equal", json!("paid")), leaf("customer:country", "equal", json!("UK"))]}),
                1,
            ),
            (json!(leaf("status", "missing", Value::Null).to_string()), 1),
            (leaf("is_paid", "equal", json!(true)), 4),
            (none.clone(), 0),
            (json!(""), 8),
        ] {
            let found = value(&app, chart("Value", json!({"filter": filter}))).await;
            assert_eq!(found["countCurrent"], expected, "{} {filter}", shop.name());
        }
        for aggregator in ["Sum", "Avg", "Max", "Min"] {
            let members = json!({"aggregator": aggregator, "aggregateFieldName": "amount", "filter": none});
            assert_eq!(
                value(&app, chart("Value", members)).await,
                json!({"countCurrent": 0}),
                "{aggregator}"
            );
        }
    }
}

#[actix_web::test]
async fn a_filter_on_a_period_has_the_value_of_the_one_before() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let leaf = |operator: &str, value: Value| json!({"field": "created_at", "operator": operator, "value": value});
        let paid = json!({"field": "status", "operator": "equal", "value": "paid"});
        let and = |conditions: Value| json!({"aggregator": "and", "conditions": conditions});
        let or = |conditions: Value| json!({"aggregator": "or", "conditions": conditions});
        for (filter, current, previous) in [
            (leaf("today", Value::Null), 2, Some(0)),
            (leaf("Yesterday", Value::Null), 0, Some(0)),
            (leaf("previous_month", Value::Null), 2, Some(3)),
            (leaf("previous_month_to_date", Value::Null), 2, Some(2)),
            (leaf("previous_x_days", json!(30)), 0, Some(5)),
            (leaf("previous_x_days_to_date", json!(1)), 2, Some(0)),
            (leaf("previous_quarter", Value::Null), 3, Some(0)),
            (and(json!([leaf("previous_month", Value::Null), paid])), 1, Some(1)),
            (
                and(json!([and(json!([leaf("previous_month", Value::Null)])), paid])),
                1,
                Some(1),
            ),
            (or(json!([leaf("previous_month", Value::Null), paid])), 4, None),
            (leaf("past", Value::Null), 7, None),
            (leaf("before_x_hours_ago", json!(2)), 6, None),
            (paid.clone(), 3, None),
        ] {
            let found = value(&app, chart("Value", json!({"filter": filter}))).await;
            let mut expected = json!({"countCurrent": current});
            if let Some(previous) = previous {
                expected["countPrevious"] = previous.into();
            }
            assert_eq!(found, expected, "{} {filter}", shop.name());
        }
    }
}

#[actix_web::test]
async fn an_objective_has_its_value_alone() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let members = json!({"aggregator": "Sum", "aggregateFieldName": "quantity", "objective": 100});
        assert_eq!(value(&app, chart("Objective", members)).await, json!({"value": 36}));
    }
}

#[actix_web::test]
async fn pies_have_a_slice_for_each_value() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        let slices = |pairs: Value| -> Value {
            let pairs = pairs.as_array().unwrap().iter();
            pairs.map(|pair| json!({"key": pair[0], "value": pair[1]})).collect()
        };
        for (members, expected) in [
            (
                json!({"groupByFieldName": "is_paid"}),
                json!([["false", 4], ["true", 4]]),
            ),
            (
                json!({"groupByFieldName": "customer:country"}),
                json!([["UK", 5], ["FR", 2], ["DE", 1]]),
            ),
            (
                json!({"groupByFieldName": "customer:country", "aggregator": "Sum", "aggregateFieldName": "quantity"}),
                json!([["UK", 19], ["FR", 11], ["DE", 6]]),
            ),
            (
                json!({"groupByFieldName": "status", "filter": {"field": "status", "operator": "equal", "value": "none"}}),
                json!([]),
            ),
        ] {
            let found = value(&app, chart("Pie", members.clone())).await;
            assert_eq!(found, slices(expected), "{} {members}", shop.name());
        }
        let found = value(&app, chart("Pie", json!({"groupByFieldName": "status"}))).await;
        let mut keys: Vec<String> = found.as_array().unwrap().iter().map(Value::to_string).collect();
        keys.sort();
        let expected = [
            r#"{"key":"open","value":3}"#,
            r#"{"key":"paid","value":3}"#,
            r#"{"key":"refused","value":1}"#,
            r#"{"key":null,"value":1}"#,
        ];
        assert_eq!(keys, expected, "{}", shop.name());
        let dates = value(
            &app,
            chart(
                "Pie",
                json!({"groupByFieldName": "created_at", "filter": {"field": "id", "operator": "equal", "value": 1}}),
            ),
        )
        .await;
        assert_eq!(
            dates[0]["key"].as_str().map(|key| &key[..19]),
            Some("2024-03-30T22:30:00"),
            "{}",
            shop.name()
        );
        let days = value(
            &app,
            chart(
                "Pie",
                json!({"groupByFieldName": "due_on", "filter": {"field": "id", "operator": "equal", "value": 1}}),
            ),
        )
        .await;
        assert_eq!(days, slices(json!([["2024-03-31", 1]])), "{}", shop.name());
    }
}
