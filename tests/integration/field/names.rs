//! Names that parameters, paths and catalogues have a meaning for.

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use serde_json::{Value, json};

use super::{Database, both, over, sqlite};
use crate::support::Call;
use crate::support::records::{all_of, filter};

const ODD: [&str; 12] = [
    "Name, first",
    "a,b",
    "a",
    "b",
    "-minus",
    "with:colon",
    "with.dot",
    "with[brackets]",
    "@at",
    "padded ",
    "per%cent",
    "Case",
];

async fn odd_databases() -> Vec<Database> {
    let columns: Vec<String> = ODD.iter().map(|name| format!("\"{name}\" TEXT")).collect();
    let values: Vec<String> = (0..ODD.len()).map(|place| format!("'v{place}'")).collect();
    let create = format!("CREATE TABLE items (id INTEGER PRIMARY KEY, {})", columns.join(", "));
    let first = format!("INSERT INTO items VALUES (1, {})", values.join(", "));
    let second = first.replace("(1,", "(2,").replace("'v", "'w");
    let mut databases = both([create.as_str(), first.as_str(), second.as_str()]).await;
    let mut model = CollectionModel::new("items").field(FieldModel::new("id", ValueType::Integer));
    for name in ODD {
        model = model.field(FieldModel::new(name, ValueType::Text));
    }
    let record = |id: i64, letter: char| {
        let mut record = json!({"id": id});
        for (place, name) in ODD.iter().enumerate() {
            record[*name] = json!(format!("{letter}{place}"));
        }
        record
    };
    let records = vec![record(1, 'v'), record(2, 'w')];
    databases.push(over(MemoryRecords::new().collection(model.key(["id"]), records)).await);
    databases
}

#[actix_web::test]
async fn columns_with_odd_names_are_listed_exported_sorted_and_filtered() {
    for database in odd_databases().await {
        let all = format!("id,{}", ODD.join(","));
        let records = database.list(json!({"fields[items]": all})).await;
        for (place, name) in ODD.iter().enumerate() {
            assert_eq!(records[0]["attributes"][name], json!(format!("v{place}")), "{name}");
        }
        for (place, name) in ODD.iter().enumerate() {
            let fields = format!("id,{name},Case");
            let records = database.list(json!({"fields[items]": fields})).await;
            assert_eq!(records[0]["attributes"][name], json!(format!("v{place}")), "{name}");
            if *name != "Case" {
                let lines = database.csv(&fields).await;
                assert_eq!(lines[1], format!("1,v{place},v11"), "{name}");
            }
            assert_eq!(database.ids(json!({"sort": name})).await, ["1", "2"], "{name}");
            assert_eq!(
                database.ids(json!({"sort": format!("-{name}")})).await,
                ["2", "1"],
                "{name}"
            );
            assert_eq!(
                database.ids(json!({"sort": format!("-{name},id")})).await,
                ["2", "1"],
                "{name}"
            );
            let found = database.ids(filter(name, "equal", json!(format!("w{place}")))).await;
            assert_eq!(found, ["2"], "{name}");
        }
    }
}

#[actix_web::test]
async fn fields_of_relations_with_odd_names_are_read_and_sorted_by() {
    for database in both([
        "CREATE TABLE \"o, w:n.er\" (id INTEGER PRIMARY KEY, \"Name, first\" TEXT, \"a:b\" TEXT)",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, \"o, w:n.er_id\" INTEGER REFERENCES \"o, w:n.er\" (id))",
        "INSERT INTO \"o, w:n.er\" VALUES (1, 'Zoe', 'x'), (2, 'Ada', 'y')",
        "INSERT INTO items VALUES (1, 1), (2, 2)",
    ])
    .await
    {
        let one = database.record("1").await.json();
        let relations = one["data"]["relationships"].as_object().unwrap();
        let relation = relations.keys().next().unwrap().clone();
        for separator in [':', '.'] {
            for field in ["Name, first", "a:b"] {
                let sorted = database
                    .ids(json!({"sort": format!("{relation}{separator}{field}")}))
                    .await;
                let expected = if field == "a:b" { ["1", "2"] } else { ["2", "1"] };
                assert_eq!(sorted, expected, "{relation}{separator}{field}");
            }
        }
        assert_eq!(
            database
                .ids(filter(&format!("{relation}:a:b"), "equal", json!("y")))
                .await,
            ["2"]
        );
        let fields = json!({"fields[items]": format!("id,{relation}"), format!("fields[{relation}]"): "Name, first"});
        let answer = database.get("items", fields).await.json();
        let names: Vec<&Value> = answer["included"]
            .as_array()
            .unwrap()
            .iter()
            .map(|owner| &owner["attributes"]["Name, first"])
            .collect();
        assert_eq!(names, ["Zoe", "Ada"]);
    }
}

const OWN_PATHS: [&str; 6] = [
    "authentication",
    "scope-cache-invalidation",
    "actions",
    "_internal",
    "healthcheck",
    "forest",
];

#[actix_web::test]
async fn collections_with_the_names_of_the_agents_own_paths_are_read() {
    let mut statements = vec!["CREATE TABLE items (id INTEGER PRIMARY KEY)".to_owned()];
    for name in OWN_PATHS {
        statements.push(format!(
            "CREATE TABLE \"{name}\" (id TEXT PRIMARY KEY NOT NULL, name TEXT)"
        ));
        statements.push(format!(
            "INSERT INTO \"{name}\" VALUES ('1', 'a'), ('dump', 'b'), ('capabilities', 'c'), ('logout', 'd')"
        ));
    }
    let database = sqlite(statements).await;
    for name in OWN_PATHS {
        let listed = database.get(name, json!({})).await;
        assert_eq!(listed.status(), 200, "{name}: {listed:?}");
        assert_eq!(listed.json()["data"].as_array().unwrap().len(), 4, "{name}");
        let count = database.get(&format!("{name}/count"), json!({})).await;
        assert_eq!(count.json()["count"], 4, "{name}: {count:?}");
        let lines = database
            .get(&format!("{name}.csv"), json!({"fields[authentication]": "id"}))
            .await;
        assert_eq!(lines.text().lines().count(), 5, "{name}");
        for id in ["1", "dump", "capabilities", "logout"] {
            let one = database.get(&format!("{name}/{id}"), json!({})).await;
            assert_eq!(one.json()["data"]["id"], id, "{name}: {one:?}");
        }
    }
    // and the paths themselves
    assert_eq!(database.acted("dump", all_of(json!({}))).await, json!([]));
    let probe = database.send(Call::bare("GET", "/forest/healthcheck")).await;
    assert_eq!((probe.status(), probe.text()), (200, ""));
    let capabilities = Call::post("/forest/_internal/capabilities").body(r#"{"collectionNames": ["items"]}"#);
    assert_eq!(
        database.send(capabilities).await.json()["collections"][0]["name"],
        "items"
    );
    let invalidation = Call::post("/forest/scope-cache-invalidation").body(r#"{"renderingId": "1"}"#);
    assert_eq!(database.send(invalidation).await.status(), 204);
    let login = database.send(Call::post("/forest/authentication").body("{}")).await;
    assert!(login.text().contains("local mode has no login"), "{login:?}");
    let callback = database.send(Call::read("/forest/authentication/callback")).await;
    assert!(callback.text().contains("local mode has no login"), "{callback:?}");
}

#[actix_web::test]
async fn a_page_of_an_unknown_origin_reads_no_collection_that_has_the_name_of_the_login() {
    let database = sqlite([
        "CREATE TABLE authentication (id INTEGER PRIMARY KEY)",
        "CREATE TABLE items (id INTEGER PRIMARY KEY)",
    ])
    .await;
    for (path, is_open) in [
        ("/forest/authentication", false),
        ("/forest/authentication/callback", true),
    ] {
        let answer = database.send(Call::read(path).header("origin", "null")).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed.is_some(), is_open, "{path}: {answer:?}");
    }
}

#[actix_web::test]
async fn what_has_no_name_is_left_out() {
    let database = sqlite([
        "CREATE TABLE imported (\"\" TEXT, name TEXT)",
        "INSERT INTO imported VALUES ('0', 'a')",
        "CREATE TABLE keyed (\"\" TEXT PRIMARY KEY, name TEXT)",
        "INSERT INTO keyed VALUES ('0', 'a')",
        "CREATE TABLE \"\" (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (id INTEGER PRIMARY KEY, parent TEXT REFERENCES keyed(\"\"), _id INTEGER REFERENCES items(id))",
        "CREATE TABLE items (id INTEGER PRIMARY KEY)",
        "INSERT INTO items VALUES (1)",
    ])
    .await;
    assert_eq!(database.ids(json!({})).await, ["1"]);
    for name in ["imported", "keyed"] {
        let lines = database.get(&format!("{name}.csv"), json!({})).await;
        assert_eq!(lines.text(), "name\na\n", "{lines:?}");
    }
    assert_eq!(database.get("children", json!({})).await.status(), 200);
}

#[actix_web::test]
async fn tables_with_odd_names_are_read() {
    let names = [
        "a/b",
        "per%cent",
        "with.dot",
        "with blank ",
        "report.csv",
        "count",
        "Case",
        "case",
        "relationships",
        "null",
        "%2F",
        "é",
        "-",
        "..",
    ];
    let long = "n".repeat(70);
    let mut statements = vec!["CREATE TABLE items (id INTEGER PRIMARY KEY)".to_owned()];
    for name in names
        .iter()
        .copied()
        .filter(|name| *name != "case")
        .chain([long.as_str()])
    {
        statements.push(format!("CREATE TABLE \"{name}\" (id TEXT PRIMARY KEY NOT NULL)"));
        statements.push(format!("INSERT INTO \"{name}\" VALUES ('1')"));
    }
    let database = sqlite(statements).await;
    for name in names
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "case" | ".."))
        .chain([long.as_str()])
    {
        let path = crate::support::escaped(name);
        let listed = database.get(&path, json!({})).await;
        assert_eq!(listed.json()["data"][0]["id"], "1", "{name}: {listed:?}");
        let count = database.get(&format!("{path}/count"), json!({})).await;
        assert_eq!(count.json()["count"], 1, "{name}");
        let one = database.get(&format!("{path}/1"), json!({})).await;
        assert_eq!(one.json()["data"]["id"], "1", "{name}");
        let lines = database.get(&format!("{path}.csv"), json!({})).await;
        assert_eq!(lines.text(), "id\n1\n", "{name}");
    }
}
