//! Unusual stored values: several spellings of one value, hidden digits, null keys, and dangling links. Lists, filters,
//! "select all", counts and exports agree.

use forest_actions::Selection;
use forest_actions::prelude::*;
use forest_actions::records::{RecordSource, SqlRecords};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool};

use crate::support::records::{all_of, excluding, filter, inside, list, listed, select, selected};
use crate::support::{Agent, Answer, TestService, dataset};

const UPPER: &str = "C0000000-0000-4000-8000-00000000000A";
const LOWER: &str = "c0000000-0000-4000-8000-00000000000b";

#[smart_action(collection = "things", name = "Ids of things", kind = "bulk")]
async fn ids_of_things(selection: Selection) -> ActionResult {
    let ids: Vec<String> = selection.stream::<String>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

#[smart_action(collection = "parts", name = "Ids of parts", kind = "bulk")]
async fn ids_of_parts(selection: Selection) -> ActionResult {
    let ids: Vec<String> = selection.stream::<String>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

#[smart_action(collection = "pairs", name = "Ids of pairs", kind = "bulk")]
async fn ids_of_pairs(selection: Selection) -> ActionResult {
    let ids: Vec<(String, i64)> = selection.stream::<(String, i64)>().try_collect().await?;
    Ok(success("").html(serde_json::to_string(&ids)?))
}

async fn agent(records: impl RecordSource) -> Agent {
    Agent::with(|builder| {
        builder
            .schema_file(false)
            .clock(|| "2024-05-15T10:30:00Z".parse().unwrap())
            .actions(actions![ids_of_things, ids_of_parts, ids_of_pairs])
            .records(records)
    })
    .await
}

/// An agent on SQLite with these tables.
async fn on_sqlite(sql: &str) -> Agent {
    let pool: SqlitePool = dataset::sqlite().await;
    let tables = format!("{sql} CREATE TABLE IF NOT EXISTS parts (id TEXT NOT NULL PRIMARY KEY); {PAIRS}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(tables)).execute(&pool).await.unwrap();
    agent(SqlRecords::sqlite(pool).await.unwrap()).await
}

/// An agent on PostgreSQL with these tables; `None` without a server.
async fn on_postgres(sql: &str) -> Option<Agent> {
    let database = forest_test_postgres::database().await?;
    let pool: &PgPool = &database;
    let tables = format!("{sql} CREATE TABLE IF NOT EXISTS parts (id TEXT NOT NULL PRIMARY KEY); {PAIRS}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(tables)).execute(pool).await.unwrap();
    Some(agent(SqlRecords::postgres(pool.clone()).await.unwrap()).await)
}

const PAIRS: &str =
    "CREATE TABLE IF NOT EXISTS pairs (name TEXT NOT NULL, number INT NOT NULL, PRIMARY KEY (name, number));";

async fn get(app: &impl TestService, path: &str) -> Answer {
    list(app, path, &json!({})).await
}

/// Number of rows of an export, without the header.
fn lines_of(export: &Answer) -> usize {
    export.text().lines().count().saturating_sub(1)
}

/// The ids of a list; count, "select all" and export have to have the same records.
async fn found(app: &impl TestService, collection: &str, parameters: Value) -> Vec<String> {
    let ids = listed(app, collection, &parameters).await;
    let count = list(app, &format!("{collection}/count"), &parameters).await;
    assert_eq!(count.json(), json!({"count": ids.len()}), "{parameters}");
    let export = list(app, &format!("{collection}.csv"), &parameters).await;
    assert_eq!(export.status(), 200, "{export:?}");
    assert_eq!(lines_of(&export), ids.len(), "{}", export.text());
    if collection != "pairs" {
        let mut chosen = selected(app, collection, all_of(parameters.clone())).await;
        let mut sorted = ids.clone();
        chosen.sort();
        sorted.sort();
        assert_eq!(chosen, sorted, "{parameters}");
    }
    ids
}

/// The ids that a filter finds.
async fn finds(app: &impl TestService, field: &str, operator: &str, value: Value) -> Vec<String> {
    found(app, "things", filter(field, operator, value)).await
}

/// A field's displayed values, by id.
async fn shown(app: &impl TestService, field: &str) -> Vec<Value> {
    let document = list(
        app,
        "things",
        &json!({"page[size]": "100", "page[number]": "1", "sort": "id"}),
    )
    .await;
    let document = document.json();
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["attributes"][field].clone()).collect()
}

/// Each value that the list shows is found by a filter with it, alone and in a list.
async fn what_is_shown_is_found(app: &impl TestService, leave_out: &[&str]) {
    let document = list(app, "things", &json!({"page[size]": "100", "page[number]": "1"}))
        .await
        .json();
    let mut tried = 0;
    for row in document["data"].as_array().unwrap() {
        let id = row["id"].as_str().unwrap().to_owned();
        for (field, value) in row["attributes"].as_object().unwrap() {
            if leave_out.contains(&field.as_str()) {
                continue;
            }
            let operator = if value.is_null() { "blank" } else { "equal" };
            let equal = finds(app, field, operator, value.clone()).await;
            assert!(equal.contains(&id), "{field} {operator} {value}: {equal:?}");
            tried += 1;
            if value.is_null() {
                continue;
            }
            let other = finds(app, field, "not_equal", value.clone()).await;
            assert!(!other.contains(&id), "{field} not_equal {value}: {other:?}");
            if !value.is_array() && !value.is_object() {
                let listed = finds(app, field, "in", json!([value, value])).await;
                assert!(listed.contains(&id), "{field} in {value}: {listed:?}");
            }
        }
        assert_eq!(
            get(
                app,
                &format!("things/{}", crate::support::query_string(&[("", &id)]).split_off(1))
            )
            .await
            .status(),
            200,
            "{id}"
        );
        assert_eq!(selected(app, "things", json!({"ids": [id]})).await, [id.as_str()]);
    }
    assert!(tried > 0);
}

const WITHOUT_KEYS: &str = "
    CREATE TABLE things (id VARCHAR(9) PRIMARY KEY, v INTEGER);
    INSERT INTO things VALUES (NULL, 1), ('a', 2), (NULL, 3);
    CREATE TABLE pairs (name TEXT, number INTEGER, PRIMARY KEY (name, number));
    INSERT INTO pairs VALUES ('y', 1), ('z', NULL), (NULL, 2);";

#[actix_web::test]
async fn sel_01_records_with_a_null_key_are_not_selected() {
    let agent = on_sqlite(WITHOUT_KEYS).await;
    let app = agent.serve().await;
    assert_eq!(finds(&app, "id", "present", json!(null)).await, ["a"]);
    assert_eq!(finds(&app, "v", "equal", json!(2)).await, ["a"]);
    let both = json!({"filters": {"aggregator": "and", "conditions": [
        {"field": "name", "operator": "present", "value": null},
        {"field": "number", "operator": "present", "value": null},
    ]}});
    assert_eq!(found(&app, "pairs", both.clone()).await, ["y|1"]);
    let pairs = select(&app, "pairs", all_of(both)).await.json();
    assert_eq!(pairs["html"], "[[\"y\",1]]");

    // "select all" of a list that shows one is refused
    for collection in ["things", "pairs"] {
        let count = list(&app, &format!("{collection}/count"), &json!({})).await.json();
        assert_eq!(count["count"], 3);
        let refused = select(&app, collection, all_of(json!({}))).await.detail(422);
        assert!(refused.contains(&format!("`{collection}` has no id")), "{refused}");
    }
}

#[actix_web::test]
async fn sel_07_uuids_are_case_insensitive_and_shown_as_stored() {
    let sql = format!(
        "CREATE TABLE things (id UUID NOT NULL PRIMARY KEY, other UUID);
        INSERT INTO things VALUES ('{UPPER}', '{UPPER}'), ('{LOWER}', '{LOWER}');
        CREATE TABLE parts (id TEXT NOT NULL PRIMARY KEY, thing_id UUID REFERENCES things (id));
        INSERT INTO parts VALUES ('of upper', '{UPPER}'), ('of lower', '{LOWER}');"
    );
    let mut agents = vec![(on_sqlite(&sql).await, UPPER.to_owned())];
    agents.extend(on_postgres(&sql).await.map(|agent| (agent, UPPER.to_lowercase())));
    for (agent, first) in agents {
        let app = agent.serve().await;
        assert_eq!(shown(&app, "id").await, [first.as_str(), LOWER]);
        assert_eq!(shown(&app, "other").await, [first.as_str(), LOWER]);
        what_is_shown_is_found(&app, &[]).await;
        assert_eq!(found(&app, "things", json!({"search": first})).await, [first.as_str()]);
        // the other case of an id in the usual spelling
        let shouted = LOWER.to_uppercase();
        for id in [LOWER, &shouted] {
            assert_eq!(get(&app, &format!("things/{id}")).await.json()["data"]["id"], LOWER);
            let related = listed(&app, &format!("things/{id}/relationships/parts"), &json!({})).await;
            assert_eq!(related, ["of lower"]);
            let parts = inside(["things", id, "parts"], all_of(json!({})));
            assert_eq!(selected(&app, "parts", parts).await, ["of lower"]);
            assert_eq!(selected(&app, "things", json!({"ids": [id]})).await, [LOWER]);
            let others = excluding(all_of(json!({})), json!([id]));
            assert_eq!(selected(&app, "things", others).await, [first.as_str()]);
        }
        let related = listed(&app, &format!("things/{first}/relationships/parts"), &json!({})).await;
        assert_eq!(related, ["of upper"]);
    }
}

#[actix_web::test]
async fn sel_14_a_timestamp_with_more_digits_matches_its_displayed_value() {
    let sqlite = "
        CREATE TABLE things (id INTEGER PRIMARY KEY, at TIMESTAMP, seconds TIMESTAMP);
        INSERT INTO things VALUES
            (1, '2024-06-01 10:30:00.1239', 1717237800.1239),
            (2, '2024-06-01T10:30:00.123Z', 1717237800.123),
            (3, '2024-06-01T12:30:59.9996+02:00', 1717237800),
            (4, '2024-06-01 10:30:59.9996', 1717237800.9996),
            (5, '9999-12-31T23:59:59.999Z', 253402300799.999),
            (6, 'soon', NULL),
            (7, NULL, 1717237800.5);";
    let postgres = "
        CREATE TABLE things (id INTEGER PRIMARY KEY, at TIMESTAMPTZ(6), local TIMESTAMP(6));
        INSERT INTO things VALUES
            (1, '2024-06-01 10:30:00.1239Z', '2024-06-01 10:30:00.1239'),
            (2, '2024-06-01T10:30:00.123Z', '2024-06-01T10:30:00.123'),
            (3, '2024-06-01T12:30:59.9996+02:00', '2024-06-01 10:30:59.9996'),
            (4, '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999999'),
            (5, NULL, NULL);";
    let agent = on_sqlite(sqlite).await;
    let app = agent.serve().await;
    what_is_shown_is_found(&app, &["at", "seconds"]).await;
    for field in ["at", "seconds"] {
        for (value, id) in shown(&app, field).await.into_iter().zip(1..) {
            if value.is_null() || value == "soon" {
                continue;
            }
            let found = finds(&app, field, "equal", value.clone()).await;
            assert!(found.contains(&id.to_string()), "{field} {value}: {found:?}");
            let others = finds(&app, field, "not_equal", value.clone()).await;
            assert!(!others.contains(&id.to_string()), "{field} {value}: {others:?}");
            let later = finds(&app, field, "after", value.clone()).await;
            assert!(!later.contains(&id.to_string()), "{field} {value}: {later:?}");
            let earlier = finds(&app, field, "before", value.clone()).await;
            assert!(!earlier.contains(&id.to_string()), "{field} {value}: {earlier:?}");
        }
    }
    let Some(agent) = on_postgres(postgres).await else {
        return;
    };
    let app = agent.serve().await;
    assert_eq!(shown(&app, "at").await[0], "2024-06-01T10:30:00.123Z");
    what_is_shown_is_found(&app, &[]).await;
    for field in ["at", "local"] {
        let moment = || json!("2024-06-01T10:30:00.123Z");
        assert_eq!(finds(&app, field, "equal", moment()).await, ["1", "2"], "{field}");
        assert_eq!(finds(&app, field, "in", json!([moment()])).await, ["1", "2"]);
        assert_eq!(finds(&app, field, "not_equal", moment()).await, ["3", "4"]);
        assert_eq!(finds(&app, field, "not", moment()).await, ["3", "4"]);
        assert_eq!(finds(&app, field, "after", moment()).await, ["3", "4"]);
        assert_eq!(
            finds(&app, field, "greater_than_or_equal", moment()).await,
            ["1", "2", "3", "4"]
        );
        assert_eq!(finds(&app, field, "less_than_or_equal", moment()).await, ["1", "2"]);
        assert_eq!(finds(&app, field, "before", moment()).await, Vec::<String>::new());
    }
}

#[actix_web::test]
async fn sel_14_a_date_matches_in_columns_with_mixed_contents() {
    let sql = "
        CREATE TABLE things (id INTEGER PRIMARY KEY, due_on DATE);
        INSERT INTO things VALUES
            (1, '2024-05-15'), (2, '2024-05-15 00:00:00'), (3, '2024-05-15T00:00:00.000Z'), (4, '2024-05-15 13:00:00'),
            (5, '2024-05-14'), (6, '2024-05-16T01:00:00+02:00'), (7, 'soon'), (8, NULL), (9, '2024-05-16');";
    let agent = on_sqlite(sql).await;
    let app = agent.serve().await;
    let same = ["1", "2", "3", "4", "6"];
    let days = shown(&app, "due_on").await;
    assert_eq!(days[..4], ["2024-05-15", "2024-05-15", "2024-05-15", "2024-05-15"]);
    assert_eq!(days[5], "2024-05-15");
    assert_eq!(days[6], "soon");
    what_is_shown_is_found(&app, &["due_on"]).await;
    assert_eq!(finds(&app, "due_on", "equal", json!("2024-05-15")).await, same);
    assert_eq!(
        finds(&app, "due_on", "in", json!("2024-05-15,2024-05-14")).await,
        ["1", "2", "3", "4", "5", "6"]
    );
    assert_eq!(
        finds(&app, "due_on", "greater_than", json!("2024-05-14")).await[..5],
        same
    );
    assert_eq!(finds(&app, "due_on", "less_than", json!("2024-05-15")).await, ["5"]);
    assert_eq!(finds(&app, "due_on", "today", json!(null)).await, same);
    assert_eq!(finds(&app, "due_on", "yesterday", json!(null)).await, ["5"]);
}

#[actix_web::test]
async fn sel_14_a_timestamp_is_compared_with_dates_in_utc() {
    let sql = "
        CREATE TABLE things (id INTEGER PRIMARY KEY, due_on DATE);
        INSERT INTO things VALUES (1, '2024-05-14'), (2, '2024-05-15'), (3, '2024-05-16');";
    let mut agents = vec![on_sqlite(sql).await];
    agents.extend(on_postgres(sql).await);
    for agent in agents {
        let app = agent.serve().await;
        for moment in [
            "2024-05-15",
            "2024-05-16T00:30:00+02:00",
            "2024-05-14T23:30:00-05:00",
            "2024-05-15 23:59",
        ] {
            assert_eq!(finds(&app, "due_on", "equal", json!(moment)).await, ["2"], "{moment}");
        }
    }
}

#[actix_web::test]
async fn sel_03_a_missing_parent_has_no_related_records() {
    let rows = "
        CREATE TABLE things (id INTEGER PRIMARY KEY);
        CREATE TABLE parts (id VARCHAR(9) PRIMARY KEY, thing_id INTEGER);
        INSERT INTO things VALUES (1);
        INSERT INTO parts VALUES ('a', 1), ('b', 999);";
    // neither of them checks the rows that are there
    let sqlite = rows.replace("thing_id INTEGER", "thing_id INTEGER REFERENCES things (id)");
    let sqlite = format!("PRAGMA foreign_keys = OFF; {sqlite} PRAGMA foreign_keys = ON;");
    let postgres = format!("{rows} ALTER TABLE parts ADD FOREIGN KEY (thing_id) REFERENCES things (id) NOT VALID;");
    let mut agents = vec![on_sqlite(&sqlite).await];
    agents.extend(on_postgres(&postgres).await);
    for agent in agents {
        let app = agent.serve().await;
        for (parent, expected) in [("1", vec!["a"]), ("999", vec![])] {
            let path = format!("things/{parent}/relationships/parts");
            assert_eq!(listed(&app, &path, &json!({})).await, expected);
            let count = get(&app, &format!("{path}/count")).await.json();
            assert_eq!(count, json!({"count": expected.len()}));
            assert_eq!(lines_of(&get(&app, &format!("{path}.csv")).await), expected.len());
            let parts = inside(["things", parent, "parts"], all_of(json!({})));
            assert_eq!(selected(&app, "parts", parts).await, expected);
        }
    }
}

#[actix_web::test]
async fn sel_13_not_equal_with_a_boolean_text_excludes_null() {
    let sql = "
        CREATE TABLE things (id INTEGER PRIMARY KEY, flag BOOLEAN);
        INSERT INTO things VALUES (1, true), (2, false), (3, NULL);";
    let mut agents = vec![on_sqlite(sql).await];
    agents.extend(on_postgres(sql).await);
    for agent in agents {
        let app = agent.serve().await;
        assert_eq!(finds(&app, "flag", "not", json!(true)).await, ["2", "3"]);
        assert_eq!(finds(&app, "flag", "not", json!(false)).await, ["1", "3"]);
        assert_eq!(finds(&app, "flag", "not", json!("true")).await, ["2"]);
        assert_eq!(finds(&app, "flag", "not", json!("false")).await, ["1"]);
        assert_eq!(finds(&app, "flag", "not", json!(null)).await, ["1", "2"]);
    }
}

#[actix_web::test]
async fn files_are_included_in_a_record_only_when_requested() {
    for (bytes, on_postgres_only) in [("BLOB", false), ("BYTEA", true)] {
        let sql = format!("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, bl {bytes});");
        let agent = if on_postgres_only {
            let Some(agent) = on_postgres(&format!("{sql} INSERT INTO things VALUES (1, 'a', '\\x00ff');")).await
            else {
                return;
            };
            agent
        } else {
            on_sqlite(&format!("{sql} INSERT INTO things VALUES (1, 'a', x'00ff');")).await
        };
        let app = agent.serve().await;
        let attributes =
            async |fields: Value| list(&app, "things/1", &fields).await.json()["data"]["attributes"].clone();
        assert_eq!(attributes(json!({})).await, json!({"id": 1, "name": "a"}));
        assert_eq!(
            attributes(json!({"fields[things]": "name"})).await,
            json!({"id": 1, "name": "a"})
        );
        let named = attributes(json!({"fields[things]": "bl"})).await;
        assert_eq!(named, json!({"id": 1, "name": "a", "bl": "AP8="}));
    }
}

#[actix_web::test]
async fn sel_01_only_lists_have_pages() {
    let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY);
        CREATE TABLE parts (id VARCHAR(9) PRIMARY KEY, thing_id INTEGER REFERENCES things (id));
        INSERT INTO things VALUES (1); INSERT INTO parts VALUES ('a', 1);";
    let agent = on_sqlite(sql).await;
    let app = agent.serve().await;
    let page = json!({"page[number]": "2", "page[size]": "2000"});
    for path in [
        "things/count",
        "things.csv",
        "things/1",
        "things/1/relationships/parts/count",
    ] {
        assert_eq!(list(&app, path, &page).await.status(), 200, "{path}");
    }
    assert_eq!(list(&app, "things/count", &page).await.json(), json!({"count": 1}));
    assert_eq!(
        list(&app, "things/1/relationships/parts.csv", &page).await.text(),
        "id\na\n"
    );
    assert_eq!(selected(&app, "things", all_of(page.clone())).await, ["1"]);
    for path in ["things", "things/1/relationships/parts"] {
        assert!(list(&app, path, &page).await.detail(400).contains("page[size]"));
    }
}

#[actix_web::test]
async fn time_zones_are_case_insensitive_and_may_be_empty() {
    let sql = "CREATE TABLE things (id INTEGER PRIMARY KEY, at TIMESTAMP);
        INSERT INTO things VALUES (1, '2024-05-14 22:30:00'), (2, '2024-05-15 22:30:00');";
    let agent = on_sqlite(sql).await;
    let app = agent.serve().await;
    let today = |zone: &str| {
        let mut parameters = filter("at", "today", json!(null));
        parameters["timezone"] = json!(zone);
        parameters
    };
    for (zone, expected) in [("europe/paris", "1"), ("EUROPE/PARIS", "1"), ("utc", "2")] {
        assert_eq!(found(&app, "things", today(zone)).await, [expected], "{zone}");
    }
    let today = crate::support::shop::filters("at", "today", json!(null));
    for (zone, status) in [("", 200), ("europe%2Fparis", 200), ("mars%2Fbase", 400)] {
        let answer = crate::support::Call::read(format!("/forest/things?timezone={zone}&{today}"))
            .send(&app)
            .await;
        assert_eq!(answer.status(), status, "{zone}");
    }
}

#[actix_web::test]
async fn sel_01_values_displayed_by_postgres_are_found() {
    let sql = "
        CREATE EXTENSION IF NOT EXISTS citext;
        CREATE TYPE mood AS ENUM ('happy', 'it''s fine', 'Ö');
        CREATE DOMAIN percent AS numeric(5, 2);
        CREATE TABLE things (
            id CHAR(6) PRIMARY KEY, ci CITEXT, u UUID, n NUMERIC(20, 6), p PERCENT, t TIME(6), d DATE, b BPCHAR, m MOOD,
            f4 REAL, f8 DOUBLE PRECISION, i8 BIGINT, i2 SMALLINT, flag BOOLEAN, v VARCHAR(20), nm NAME, one \"char\",
            j JSON, jb JSONB, ints INT[], texts TEXT[], uuids UUID[], days DATE[], numbers NUMERIC[], moods MOOD[], wide BIGINT[]
        );
        INSERT INTO things VALUES
            ('a', 'Ada', 'C0000000-0000-4000-8000-00000000000A', 1.5, 12.30, '10:30:00.123456', '2024-05-15', 'x  ', 'happy',
             0.1, 0.1, 9007199254740993, -3, true, 'ß ', 'name', 'c', '{\"a\": [1, 2.50]}', '{\"a\": [1, 2.50]}',
             '{1,2}', '{a,\"b,c\",\"\"}', '{C0000000-0000-4000-8000-00000000000A}', '{2024-05-15}', '{1.50}', '{happy,Ö}', '{9007199254740993}'),
            ('b b', 'ada', NULL, -0.000001, NULL, '23:59:59', '0044-03-15', '', 'it''s fine',
             1e-20, 1e300, -1, 0, false, '', '', '', '[]', 'null', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
            ('c', '', NULL, 99999999999999.999999, 0, '00:00:00', '9999-12-31', NULL, 'Ö',
             3.4e38, 5e-324, 0, NULL, NULL, '%_\\', NULL, NULL, NULL, '\"x\"', NULL, NULL, NULL, NULL, NULL, NULL, NULL);";
    let Some(agent) = on_postgres(sql).await else { return };
    let app = agent.serve().await;
    // JSON cannot be compared
    what_is_shown_is_found(&app, &["j", "jb"]).await;
}
