//! Moments and days of PostgreSQL outside of the usual calendar: infinities, years before Christ, years after 9999.

use serde_json::{Value, json};

use super::{postgres, these};
use crate::support::records::{all_of, filter};

const ITEMS: [&str; 2] = [
    "CREATE TABLE items (id int PRIMARY KEY, valid_to timestamptz NOT NULL, local timestamp, d date, days date[],
        moments timestamptz[])",
    "INSERT INTO items VALUES
        (1, 'infinity', 'infinity', 'infinity', '{infinity,2024-05-15}', '{infinity}'),
        (2, '0044-03-15 10:00:00Z BC', '0044-03-15 10:00:00 BC', '0044-03-15 BC', '{0044-03-15 BC}',
            '{0044-03-15 10:00:00Z BC}'),
        (3, '12000-12-12 00:00Z', '12000-12-12', '12000-12-12', '{12000-12-12}', '{12000-12-12 00:00Z}'),
        (4, '-infinity', '-infinity', '-infinity', NULL, NULL),
        (5, '2024-05-15 10:30Z', '2024-05-15 10:30', '2024-05-15', NULL, NULL),
        (6, '294276-12-31 23:59:59.999999Z', '294276-12-31 23:59:59.999999', '5874897-12-31', NULL, NULL),
        (7, '4713-11-24 00:00Z BC', '4713-11-24 00:00 BC', '4713-11-24 BC', NULL, NULL)",
];

const MOMENTS: [&str; 7] = [
    "infinity",
    "0044-03-15 10:00:00 BC",
    "12000-12-12T00:00:00.000Z",
    "-infinity",
    "2024-05-15T10:30:00.000Z",
    "294276-12-31T23:59:59.999Z",
    "4713-11-24 00:00:00 BC",
];

const DAYS: [&str; 7] = [
    "infinity",
    "0044-03-15 BC",
    "12000-12-12",
    "-infinity",
    "2024-05-15",
    "5874897-12-31",
    "4713-11-24 BC",
];

#[actix_web::test]
async fn distant_moments_are_shown_found_sorted_and_exported() {
    let Some(database) = postgres(ITEMS).await else {
        return;
    };
    let by_id = || json!({"sort": "id"});
    assert_eq!(database.column("valid_to", by_id()).await, MOMENTS);
    assert_eq!(database.column("local", by_id()).await, MOMENTS);
    assert_eq!(database.column("d", by_id()).await, DAYS);
    assert_eq!(
        database.column("days", by_id()).await[..3],
        [
            json!(["infinity", "2024-05-15"]),
            json!(["0044-03-15 BC"]),
            json!(["12000-12-12"])
        ]
    );
    assert_eq!(
        database.column("moments", by_id()).await[..3],
        [
            json!(["infinity"]),
            json!(["0044-03-15 10:00:00 BC"]),
            json!(["12000-12-12T00:00:00.000Z"])
        ]
    );
    let rows = database.acted("rows", these(["1", "2"])).await;
    assert_eq!(rows[0]["valid_to"], "infinity");
    assert_eq!(rows[1]["d"], "0044-03-15 BC");
    let csv = database.csv("id,valid_to,d").await;
    assert_eq!(
        csv[1..6],
        [
            "1,infinity,infinity",
            "2,0044-03-15 10:00:00 BC,0044-03-15 BC",
            "3,12000-12-12T01:00:00+01:00,12000-12-12",
            "4,'-infinity,'-infinity",
            "5,2024-05-15T12:30:00+02:00,2024-05-15"
        ]
    );
    for field in ["valid_to", "local", "d"] {
        assert_eq!(database.count(filter(field, "blank", json!(null))).await, 0);
        assert_eq!(
            database.ids(json!({"sort": field})).await,
            ["4", "7", "2", "5", "3", "6", "1"]
        );
        let since = |operator: &str| filter(field, operator, json!("2024-01-01"));
        assert_eq!(database.ids(since("after")).await, ["1", "3", "5", "6"], "{field}");
        assert_eq!(database.ids(since("before")).await, ["2", "4", "7"], "{field}");
    }
    assert_eq!(
        database.ids(filter("d", "equal", json!("0044-03-15"))).await,
        Vec::<String>::new()
    );
}

#[actix_web::test]
async fn distant_moments_are_found_by_their_text() {
    let Some(database) = postgres(ITEMS).await else {
        return;
    };
    for (field, texts) in [("valid_to", MOMENTS), ("local", MOMENTS), ("d", DAYS)] {
        for (index, text) in texts.iter().enumerate() {
            let id = (index + 1).to_string();
            // shown without its microseconds
            if text.ends_with("999Z") {
                continue;
            }
            assert_eq!(
                database.ids(filter(field, "equal", json!(text))).await,
                [id.as_str()],
                "{field} {text}"
            );
            let others = database.ids(filter(field, "not_equal", json!(text))).await;
            assert!(others.len() == 6 && !others.contains(&id), "{field} {text} {others:?}");
            let listed = filter(field, "in", json!([text, "2020-01-01", "infinity"]));
            assert!(database.ids(listed).await.contains(&id), "{field} {text}");
        }
        assert_eq!(
            database.count(filter(field, "less_than", json!("infinity"))).await,
            6,
            "{field}"
        );
        assert_eq!(
            database.count(filter(field, "greater_than", json!("-infinity"))).await,
            6,
            "{field}"
        );
    }
    let days = filter("days", "includes_all", json!(["infinity"]));
    assert_eq!(database.ids(days).await, ["1"]);
    for bad in [
        "Infinit",
        "0000-03-15 BC",
        "5000-01-01 BC",
        "294277-01-01T00:00:00Z",
        "12000-02-30",
    ] {
        let answer = database.get("items", filter("valid_to", "equal", json!(bad))).await;
        assert_eq!(answer.status(), 400, "{bad}: {answer:?}");
    }
}

#[actix_web::test]
async fn distant_keys_lead_back_to_their_records() {
    for (declared, texts) in [("timestamptz", MOMENTS), ("timestamp", MOMENTS), ("date", DAYS)] {
        let column = match declared {
            "timestamptz" => "valid_to",
            "timestamp" => "local",
            _ => "d",
        };
        let [create, insert] = ITEMS.map(|sql| sql.replace("items", "source"));
        let statements = [
            create,
            insert,
            format!("CREATE TABLE items (at {declared} PRIMARY KEY, number int)"),
            format!("INSERT INTO items SELECT {column}, id FROM source"),
        ];
        let Some(database) = postgres(statements).await else {
            return;
        };
        let records = database.list(json!({"sort": "number"})).await;
        let mut ids: Vec<Value> = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let id = record["id"].as_str().unwrap();
            assert_eq!(record["attributes"]["at"], texts[index]);
            let one = database.record(id).await;
            assert_eq!(one.json()["data"]["attributes"]["number"], index + 1, "{id}");
            assert_eq!(database.acted("dump", these([id])).await, json!([id]));
            ids.push(json!(id));
        }
        let everything = database.acted("dump-chunks", all_of(json!({}))).await;
        let everything: Vec<Vec<String>> = serde_json::from_value(everything).unwrap();
        assert_eq!(everything.concat().len(), 7, "{everything:?}");
        let rest = json!({"ids": [], "all_records": true, "all_records_ids_excluded": ids[..6]});
        assert_eq!(database.acted("dump", rest).await, json!([ids[6]]));
    }
}

#[actix_web::test]
async fn numbers_that_are_not_finite_are_shown_and_identify_records() {
    let Some(database) = postgres([
        "CREATE TABLE items (n numeric PRIMARY KEY, f float8, r float4)",
        "INSERT INTO items VALUES ('NaN', 'NaN', 'NaN'), (1.5, 'Infinity', '-Infinity')",
    ])
    .await
    else {
        return;
    };
    assert_eq!(database.column("n", json!({})).await, ["1.5", "NaN"]);
    assert_eq!(database.column("f", json!({})).await, ["Infinity", "NaN"]);
    assert_eq!(database.column("r", json!({})).await, ["-Infinity", "NaN"]);
    assert_eq!(database.record("NaN").await.status(), 200);
    assert_eq!(
        database.acted("dump", these(["NaN", "1.5"])).await,
        json!(["NaN", "1.5"])
    );
}
