//! Hostile selections and lists: SQL in every position, NUL characters, and excessive sizes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::records::{all_of, filter, ids_in, ids_of_each, list, select, stages};
use crate::support::{Answer, Call, TestService, query_string};

const ATTACKS: [&str; 16] = [
    "'; DROP TABLE transactions; --",
    "\"; DROP TABLE transactions; --",
    "`; DROP TABLE transactions; --",
    "1; DELETE FROM transactions",
    "1 OR 1=1",
    "') OR ('1'='1",
    "id\" = \"id",
    "id' = 'id",
    "\\'; DROP TABLE transactions; --",
    "x' UNION SELECT name FROM sqlite_master --",
    "x' UNION SELECT usename FROM pg_user --",
    "(SELECT 1 FROM pg_sleep(9))",
    "$1",
    "?1",
    ":a",
    "{{currentUser.id}}",
];

/// Filters by a day, which depends on the zone.
fn in_zone(zone: &str) -> Value {
    let mut parameters = filter("due_on", "today", Value::Null);
    parameters["timezone"] = json!(zone);
    parameters
}

/// An empty list, or a refusal.
fn is_harmless(answer: &Answer) -> bool {
    match answer.status() {
        200 => {
            let body = answer.json();
            match (body.get("html"), body.get("data"), body.get("count")) {
                (Some(_), _, _) => ids_in(answer).is_empty(),
                (_, Some(data), _) => data.as_array().is_some_and(Vec::is_empty),
                (_, _, Some(count)) => count == 0,
                _ => false,
            }
        }
        status => (400..500).contains(&status),
    }
}

/// Sends the attack as each parameter of a list: to the list, its count, its export, and as a selection.
async fn as_parameter(app: &impl TestService, parameters: &Value) {
    let mut answers = vec![
        list(app, "transactions", parameters).await,
        list(app, "transactions/count", parameters).await,
        list(app, "companies/1/relationships/emitted", parameters).await,
    ];
    // neither a selection nor a count is sorted
    if parameters.get("sort").is_none() {
        answers.push(select(app, "transactions", all_of(parameters.clone())).await);
    } else {
        answers.remove(1);
    }
    for answer in answers {
        assert!(is_harmless(&answer), "{parameters}: {answer:?}");
    }
    let export = list(app, "transactions.csv", parameters).await;
    assert!(export.status() < 500, "{parameters}: {export:?}");
}

#[actix_web::test]
async fn sel_16_request_text_is_never_interpolated_into_sql() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let before = stage.rows().await;
        let begun = Instant::now();
        for attack in ATTACKS {
            for field in [
                "label",
                "status",
                "amount",
                "created_at",
                "due_on",
                "customer_id",
                "emitter:name",
            ] {
                for (operator, value) in [
                    ("equal", json!(attack)),
                    ("in", json!([attack])),
                    ("in", json!(attack)),
                    ("contains", json!(attack)),
                    ("like", json!(attack)),
                ] {
                    as_parameter(&app, &filter(field, operator, value)).await;
                }
            }
            for filters in [
                filter(attack, "equal", json!("1")),
                filter(&format!("emitter:{attack}"), "equal", json!("1")),
                filter(&format!("{attack}:name"), "equal", json!("1")),
                filter("label", attack, json!("1")),
                json!({"filters": {"aggregator": attack, "conditions": []}}),
                json!({"filters": attack}),
            ] {
                as_parameter(&app, &filters).await;
            }
            for parameters in [
                json!({"search": attack}),
                json!({"search": attack, "searchExtended": "1"}),
                json!({"segment": attack}),
                json!({"segmentQuery": attack}),
                json!({"segmentQuery": "SELECT id FROM transactions", "connectionName": attack}),
                in_zone(attack),
                json!({"sort": attack}),
                json!({"sort": format!("-{attack}")}),
                json!({"sort": format!("emitter.{attack}")}),
            ] {
                as_parameter(&app, &parameters).await;
            }
            for attributes in [
                json!({"ids": [attack]}),
                json!({"ids": [[attack]]}),
                json!({"all_records": true, "all_records_ids_excluded": [attack]}),
                json!({"all_records": true, "collection_name": attack}),
                json!({"all_records": true, "parent_collection_name": attack, "parent_collection_id": "1",
                       "parent_association_name": "emitted"}),
                json!({"all_records": true, "parent_collection_name": "companies", "parent_collection_id": attack,
                       "parent_association_name": "emitted"}),
                json!({"all_records": true, "parent_collection_name": "companies", "parent_collection_id": "1",
                       "parent_association_name": attack}),
            ] {
                let answer = select(&app, "transactions", attributes.clone()).await;
                assert!(is_harmless(&answer), "{attributes}: {answer:?}");
            }
            let escaped = &query_string(&[("", attack)])[1..];
            for path in [
                escaped.to_owned(),
                format!("transactions/{escaped}"),
                format!("{escaped}/count"),
                format!("companies/{escaped}/relationships/emitted"),
                format!("companies/1/relationships/{escaped}"),
            ] {
                let answer = list(&app, &path, &json!({})).await;
                assert!((400..500).contains(&answer.status()), "{path}: {answer:?}");
            }
            // parameters that a list ignores may have any value
            for parameters in [
                json!({"fields[transactions]": attack}),
                json!({"fields[emitter]": attack}),
                json!({format!("fields[{attack}]"): "id"}),
                json!({"page[size]": attack, "page[number]": attack}),
                // of a number, the digits at the beginning count
                filter("created_at", "previous_x_days", json!(attack)),
            ] {
                let answer = list(&app, "transactions", &parameters).await;
                assert!(answer.status() < 500, "{parameters}: {answer:?}");
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing sleeps");
        assert_eq!(stage.rows().await, before, "{:?}", stage.store);
    }
}

#[actix_web::test]
async fn sel_16_nul_characters_and_broken_utf_8_are_refused() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        for parameters in [
            filter("label", "equal", json!("a\0b")),
            filter("label", "contains", json!("\0")),
            filter("label", "in", json!(["a", "\0"])),
            filter("emitter:name", "i_like", json!("\0%")),
            filter("metadata\0", "equal", json!("x")),
            filter("label", "equal\0", json!("x")),
            json!({"search": "a\0b"}),
            json!({"search": "a\0b", "searchExtended": "1"}),
            json!({"segment": "Large\0"}),
            json!({"segmentQuery": "SELECT id FROM\0transactions"}),
            in_zone("UTC\0"),
            json!({"sort": "id\0"}),
        ] {
            as_parameter(&app, &parameters).await;
        }
        for attributes in [
            json!({"ids": ["1\0"]}),
            json!({"all_records": true, "all_records_ids_excluded": ["1\0"]}),
            json!({"all_records": true, "parent_collection_name": "companies\0", "parent_collection_id": "1",
                   "parent_association_name": "emitted"}),
        ] {
            let answer = select(&app, "transactions", attributes.clone()).await;
            assert!((400..500).contains(&answer.status()), "{attributes}: {answer:?}");
        }
        let bytes: &[u8] = b"{\"data\":{\"attributes\":{\"ids\":[\"\xff\"]}}}";
        let answer = Call::post("/forest/actions/ids-of-transactions")
            .body(bytes)
            .send(&app)
            .await;
        assert_eq!(answer.status(), 400, "{answer:?}");
        for uri in [
            "/forest/transactions?search=%FF%FE",
            "/forest/transactions/%FF",
            "/forest/%FF",
            "/forest/transactions?filters=%FF",
        ] {
            let answer = Call::read(uri).send(&app).await;
            assert!(is_harmless(&answer), "{uri}: {answer:?}");
        }
    }
}

#[actix_web::test]
async fn sel_13_deep_and_huge_trees_are_bounded() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let leaf = r#"{"field":"id","operator":"equal","value":1}"#;
        let nested = |depth: usize| {
            let open = r#"{"aggregator":"and","conditions":["#.repeat(depth);
            format!("{open}{leaf}{}", "]}".repeat(depth))
        };
        let wide = |count: usize| {
            format!(
                r#"{{"aggregator":"or","conditions":[{}]}}"#,
                vec![leaf; count].join(",")
            )
        };
        let values = |count: usize| {
            let values: Vec<String> = (0..count).map(|value| value.to_string()).collect();
            format!(r#"{{"field":"id","operator":"in","value":[{}]}}"#, values.join(","))
        };
        for fine in [nested(8), wide(500), values(5_000)] {
            let answer = select(&app, "transactions", all_of(json!({ "filters": fine }))).await;
            assert_eq!(answer.status(), 200, "{answer:?}");
        }
        let begun = Instant::now();
        for filters in [
            nested(20),
            nested(200),
            nested(100_000),
            "[".repeat(1_000_000),
            wide(1_001),
            wide(50_000),
            values(10_001),
            values(1_000_000),
            // each list is short enough, and all together are not
            format!(
                r#"{{"aggregator":"or","conditions":[{}]}}"#,
                vec![values(300); 67].join(",")
            ),
            format!(
                r#"{{"aggregator":"or","conditions":[{}]}}"#,
                vec![
                    r#"{"field":"id","operator":"in","value":"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21"}"#;
                    950
                ]
                .join(",")
            ),
        ] {
            let answer = select(&app, "transactions", all_of(json!({ "filters": filters }))).await;
            assert!((400..500).contains(&answer.status()), "{answer:?}");
            // as JSON, not as a text; the depth limit of the body parser applies
            let body = format!(
                r#"{{"data":{{"attributes":{{"all_records":true,"all_records_subset_query":{{"filters":{filters}}}}}}}}}"#
            );
            let answer = Call::post("/forest/actions/ids-of-transactions")
                .body(body)
                .send(&app)
                .await;
            assert!((400..500).contains(&answer.status()), "{answer:?}");
        }
        let long = list(&app, "transactions", &json!({"search": "x".repeat(5_000)})).await;
        assert!((400..500).contains(&long.status()), "{long:?}");
        let long = select(&app, "transactions", all_of(json!({"search": "x".repeat(1_000_000)}))).await;
        assert!((400..500).contains(&long.status()), "{long:?}");
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert_eq!(stage.runs(), 3);
    }
}

#[actix_web::test]
async fn sel_11_a_million_ids_are_rejected_and_a_hundred_thousand_accepted() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let ids = |count: u32| (1..=count).map(|id| id.to_string()).collect::<Vec<_>>();
        let many = select(&app, "transactions", json!({"ids": ids(100_000)})).await;
        assert_eq!(ids_in(&many).len(), 40);
        assert!(many.text().contains("40 of the 100000"), "{many:?}");
        let except = json!({"all_records": true, "all_records_ids_excluded": ids(100_000)});
        assert_eq!(ids_in(&select(&app, "transactions", except).await), [""; 0]);
        stage.runs();
        for attributes in [
            json!({"ids": ids(1_000_000)}),
            json!({"all_records": true, "all_records_ids_excluded": ids(1_000_000)}),
        ] {
            let refused = select(&app, "transactions", attributes).await;
            assert!(
                refused.detail(400).contains("at most 100000 ids"),
                "{:?}",
                refused.status()
            );
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
    }
}
