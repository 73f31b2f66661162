//! Charts over time: periods in the caller's time zone, with those that have no records.

use serde_json::{Value, json};

use super::shop::{ask_in, chart, shops};

fn line(field: &str, range: &str, members: Value) -> Value {
    let mut chart = chart("Line", members);
    chart["groupByFieldName"] = field.into();
    chart["timeRange"] = range.into();
    chart
}

/// The points as `label=value`.
fn points(document: &Value) -> Vec<String> {
    let points = document["data"]["attributes"]["value"].as_array().unwrap().iter();
    points
        .map(|point| format!("{}={}", point["label"].as_str().unwrap(), point["values"]["value"]))
        .collect()
}

#[actix_web::test]
async fn the_days_are_those_of_the_callers_zone_on_a_clock_change() {
    let april = json!({"filter": {"field": "created_at", "operator": "before", "value": "2024-04-10T00:00:00Z"}});
    for shop in shops().await {
        let app = shop.agent.serve().await;
        // in Paris, 31 March has 23 hours, from 23:00 to 22:00 UTC
        for (zone, expected) in [
            (
                "Europe/Paris",
                [
                    "30/03/2024=1",
                    "31/03/2024=2",
                    "01/04/2024=1",
                    "02/04/2024=0",
                    "03/04/2024=1",
                ]
                .as_slice(),
            ),
            (
                "UTC",
                [
                    "30/03/2024=2",
                    "31/03/2024=2",
                    "01/04/2024=0",
                    "02/04/2024=0",
                    "03/04/2024=1",
                ]
                .as_slice(),
            ),
            (
                "Asia/Kolkata",
                ["31/03/2024=2", "01/04/2024=2", "02/04/2024=0", "03/04/2024=1"].as_slice(),
            ),
            (
                "America/New_York",
                [
                    "30/03/2024=2",
                    "31/03/2024=2",
                    "01/04/2024=0",
                    "02/04/2024=0",
                    "03/04/2024=1",
                ]
                .as_slice(),
            ),
            (
                "+02:00",
                ["31/03/2024=3", "01/04/2024=1", "02/04/2024=0", "03/04/2024=1"].as_slice(),
            ),
        ] {
            let answer = ask_in(&app, zone, "God", &line("created_at", "Day", april.clone())).await;
            assert_eq!(points(&answer.json()), expected, "{} {zone}", shop.name());
        }
    }
}

#[actix_web::test]
async fn each_range_has_its_labels_and_gaps() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (range, expected) in [
            (
                "Week",
                [
                    "W13-2024=3",
                    "W14-2024=2",
                    "W15-2024=0",
                    "W16-2024=0",
                    "W17-2024=0",
                    "W18-2024=0",
                    "W19-2024=0",
                    "W20-2024=2",
                ]
                .as_slice(),
            ),
            ("Month", ["Mar 24=3", "Apr 24=2", "May 24=2"].as_slice()),
            ("Quarter", ["Q1-2024=3", "Q2-2024=4"].as_slice()),
            ("Year", ["2024=7"].as_slice()),
        ] {
            let answer = ask_in(&app, "Europe/Paris", "God", &line("created_at", range, json!({}))).await;
            assert_eq!(points(&answer.json()), expected, "{} {range}", shop.name());
        }
    }
}

#[actix_web::test]
async fn days_have_no_zone() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
            let chart = line(
                "due_on",
                "Month",
                json!({"aggregator": "Sum", "aggregateFieldName": "quantity"}),
            );
            let answer = ask_in(&app, zone, "God", &chart).await;
            assert_eq!(
                points(&answer.json()),
                ["Mar 24=1", "Apr 24=5", "May 24=13", "Jun 24=5"],
                "{} {zone}",
                shop.name()
            );
        }
    }
}

#[actix_web::test]
async fn every_function_can_be_drawn_and_a_gap_is_zero() {
    for shop in shops().await {
        let app = shop.agent.serve().await;
        for (aggregator, expected) in [
            ("Sum", ["Mar 24=60.6", "Apr 24=40.4", "May 24=-4.95"]),
            ("Max", ["Mar 24=30.3", "Apr 24=40.4", "May 24=0.05"]),
            ("Min", ["Mar 24=10.1", "Apr 24=40.4", "May 24=-5"]),
            ("Avg", ["Mar 24=20.2", "Apr 24=40.4", "May 24=-2.475"]),
        ] {
            let members = json!({"aggregator": aggregator, "aggregateFieldName": "amount"});
            let answer = ask_in(&app, "Europe/Paris", "God", &line("created_at", "Month", members)).await;
            assert_eq!(points(&answer.json()), expected, "{} {aggregator}", shop.name());
        }
        let none = json!({"filter": {"field": "id", "operator": "equal", "value": 8}});
        let answer = ask_in(&app, "UTC", "God", &line("created_at", "Day", none)).await;
        assert_eq!(points(&answer.json()), [""; 0]);
    }
}
