//! Relations between columns that are equal by the rule of one of them only.

use forest_actions::records::{RelationModel, SqlRecords, Through};
use serde_json::json;

use super::{Database, Setup, postgres};
use crate::support::records::{all_of, inside};

/// Checks that the related records of `customers` are those whose `customer` it is, in each way to read them.
async fn assert_both_sides_agree(database: &Database, label: &str) {
    let parents = database
        .get("customers", json!({"page[number]": "1", "page[size]": "100"}))
        .await;
    assert_eq!(parents.status(), 200, "{label}: {parents:?}");
    let parents = parents.json()["data"].as_array().unwrap().clone();
    let items = database.list(json!({"fields[items]": "id,customer"})).await;
    let mut links = 0;
    for parent in parents {
        let id = parent["id"].as_str().unwrap();
        let is_child = |item: &&serde_json::Value| item["relationships"]["customer"]["data"]["id"] == id;
        let children: Vec<&str> = items
            .iter()
            .filter(is_child)
            .map(|item| item["id"].as_str().unwrap())
            .collect();
        links += children.len();
        let path = format!("customers/{}/relationships/items", crate::support::escaped(id));
        let listed = database.get(&path, json!({})).await;
        assert_eq!(listed.status(), 200, "{label}: {listed:?}");
        let listed = listed.json()["data"].as_array().unwrap().clone();
        let listed: Vec<&str> = listed.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(listed, children, "{label}: {id}");
        let count = database.get(&format!("{path}/count"), json!({})).await;
        assert_eq!(count.json()["count"], children.len(), "{label}: {id}");
        let lines = database.get(&format!("{path}.csv"), json!({})).await;
        assert_eq!(lines.text().lines().count(), children.len() + 1, "{label}: {id}");
        let all = inside(["customers", id, "items"], all_of(json!({})));
        assert_eq!(database.acted("dump", all).await, json!(children), "{label}: {id}");
    }
    assert!(links > 0, "{label}");
}

fn correct(records: SqlRecords) -> SqlRecords {
    let has_relation = |name: &str| {
        use forest_actions::records::RecordSource as _;
        let collections = records.collections();
        let collection = collections.iter().find(|collection| collection.name == name);
        collection.is_some_and(|collection| !collection.relations.is_empty())
    };
    if has_relation("items") {
        return records;
    }
    records
        .collection("items", |items| {
            items.relation(RelationModel::belongs_to(
                "customer",
                "customers",
                "customer_code",
                "code",
            ))
        })
        .collection("customers", |customers| {
            customers.relation(RelationModel::has_many("items", "items", "code", "customer_code"))
        })
}

/// Items with these codes of customers, which are joined by commas.
fn insert_items(codes: &str) -> String {
    let items = codes.split(", ").zip(1..).map(|(code, id)| format!("({id}, {code})"));
    format!("INSERT INTO items VALUES {}", items.collect::<Vec<_>>().join(", "))
}

#[actix_web::test]
async fn related_records_are_those_that_lead_back_on_postgresql() {
    for (code, customer_code, codes, values) in [
        ("char(5)", "varchar(5)", "('AB'), ('CD')", "'AB', 'AB', 'AB   ', 'ABC'"),
        ("varchar(5)", "char(5)", "('AB'), ('CD')", "'AB', 'AB', 'CD'"),
        ("char(5)", "char(8)", "('AB'), ('CD')", "'AB', 'AB', 'CD'"),
        ("text", "varchar(5)", "('AB'), ('AB  ')", "'AB', 'AB  '"),
        ("bigint", "int", "(1), (2)", "1, 1, 2"),
        ("int", "bigint", "(1), (2)", "1, 2, 40000000000"),
        ("numeric", "int", "(1.0), (2)", "1, 2, 2"),
        ("int", "numeric", "(1), (2)", "1.0, 2, 2.5"),
        ("numeric(10, 2)", "double precision", "(1.5), (2)", "1.5, 2"),
        (
            "uuid",
            "text",
            "('7c9e6679-7425-40de-944b-e07fc1f90ae7')",
            "'7c9e6679-7425-40de-944b-e07fc1f90ae7', 'x'",
        ),
        ("int", "text", "(1), (2)", "'1', '2', 'x', '01'"),
        ("short_text", "text", "('a'), ('b')", "'a', 'b', 'c'"),
        ("whole", "int", "(1), (2)", "1, 2, 3"),
        ("mood", "own_mood", "('ok'), ('sad')", "'ok', 'ok', 'sad'"),
        ("own_mood", "text", "('ok'), ('sad')", "'ok', 'angry', 'sad'"),
        ("mood", "other_mood", "('ok'), ('sad')", "'ok', 'sad', 'angry'"),
        ("text COLLATE ci", "text", "('ab'), ('cd')", "'AB', 'ab', 'x'"),
        ("text", "text COLLATE ci", "('ab'), ('AB')", "'AB', 'ab', 'x'"),
        (
            "text COLLATE ci",
            "text COLLATE \"C\"",
            "('ab'), ('cd')",
            "'AB', 'ab', 'x'",
        ),
        (
            "text COLLATE \"C\"",
            "text COLLATE ci",
            "('ab'), ('AB')",
            "'AB', 'ab', 'x'",
        ),
        (
            "text COLLATE \"C\"",
            "text COLLATE \"POSIX\"",
            "('ab'), ('AB')",
            "'AB', 'ab'",
        ),
        (
            "date",
            "timestamp",
            "('2024-05-15')",
            "'2024-05-15 00:00', '2024-05-15 10:00'",
        ),
        (
            "timestamptz",
            "timestamptz",
            "('2024-05-15 10:00:00.123456'), ('2024-05-15 10:00:00.123457')",
            "'2024-05-15 10:00:00.123456', '2024-05-15 10:00:00.123457'",
        ),
    ] {
        let label = format!("{code}, {customer_code}");
        let setup = Setup::postgres([
            "CREATE COLLATION ci (provider = icu, locale = 'en-u-ks-level2', deterministic = false)".to_owned(),
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'angry'); CREATE TYPE other_mood AS ENUM ('ok', 'sad', 'angry')"
                .to_owned(),
            "CREATE DOMAIN own_mood AS mood; CREATE DOMAIN short_text AS text; CREATE DOMAIN whole AS int".to_owned(),
            format!("CREATE TABLE customers (code {code} PRIMARY KEY)"),
            format!("INSERT INTO customers VALUES {codes}"),
            format!("CREATE TABLE items (id int PRIMARY KEY, customer_code {customer_code})"),
            insert_items(values),
        ]);
        let Some(database) = setup.records(correct).start().await else {
            return;
        };
        assert_both_sides_agree(&database, &label).await;
    }
}

#[actix_web::test]
async fn related_records_are_those_that_lead_back_on_sqlite() {
    for (code, customer_code, codes, values) in [
        ("TEXT", "TEXT", "('ab'), ('AB')", "'AB', 'ab', 'x'"),
        ("TEXT COLLATE NOCASE", "TEXT", "('ab'), ('cd')", "'AB', 'ab', 'x'"),
        ("TEXT", "TEXT COLLATE NOCASE", "('ab'), ('AB')", "'AB', 'ab', 'x'"),
        ("TEXT COLLATE RTRIM", "TEXT", "('ab'), ('cd')", "'ab  ', 'ab', 'x'"),
        ("INTEGER", "TEXT", "(1), (2)", "'1', '01', '2', 'x'"),
        ("TEXT", "INTEGER", "('1'), ('x')", "1, 1, 2"),
        ("INTEGER", "REAL", "(1), (2)", "1.0, 2, 2.5"),
        ("INTEGER", "BIGINT", "(1), (2)", "1, 2, 3"),
        ("STRING", "VARCHAR(5)", "(1), (2)", "'1', '001', '2'"),
        (
            "UUID",
            "TEXT",
            "('7c9e6679-7425-40de-944b-e07fc1f90ae7')",
            "'7c9e6679-7425-40de-944b-e07fc1f90ae7', 'x'",
        ),
    ] {
        let label = format!("{code}, {customer_code}");
        let setup = Setup::sqlite([
            format!("CREATE TABLE customers (code {code} PRIMARY KEY NOT NULL)"),
            format!("INSERT INTO customers VALUES {codes}"),
            format!("CREATE TABLE items (id INTEGER PRIMARY KEY, customer_code {customer_code})"),
            insert_items(values),
        ]);
        let database = setup.records(correct).start().await.unwrap();
        assert_both_sides_agree(&database, &label).await;
    }
}

#[actix_web::test]
async fn the_id_of_a_parent_is_read_by_the_rule_of_its_key() {
    let database = postgres([
        "CREATE TABLE customers (code char(5) PRIMARY KEY, name text)",
        "INSERT INTO customers VALUES ('AB', 'x')",
        "CREATE TABLE items (id serial PRIMARY KEY, customer_code varchar(5) REFERENCES customers (code))",
        "INSERT INTO items (customer_code) VALUES ('AB'), ('AB'), ('AB   ')",
    ]);
    let Some(database) = database.await else { return };
    for id in ["AB", "AB   "] {
        let path = format!("customers/{}/relationships/items", crate::support::escaped(id));
        assert_eq!(
            database.get(&path, json!({})).await.json()["data"]
                .as_array()
                .unwrap()
                .len(),
            3,
            "{id:?}"
        );
        let all = inside(["customers", id, "items"], all_of(json!({})));
        assert_eq!(database.acted("dump", all).await, json!(["1", "2", "3"]), "{id:?}");
    }
}

#[actix_web::test]
async fn many_to_many_follows_the_rules_of_both_ends() {
    let setup = Setup::postgres([
        "CREATE COLLATION ci (provider = icu, locale = 'en-u-ks-level2', deterministic = false)",
        "CREATE TABLE items (id text COLLATE ci PRIMARY KEY)",
        "CREATE TABLE tags (code char(5) PRIMARY KEY)",
        "CREATE TABLE links (item_id text COLLATE \"C\", tag_code varchar(5), PRIMARY KEY (item_id, tag_code))",
        "INSERT INTO items VALUES ('one'), ('two'), ('three')",
        "INSERT INTO tags VALUES ('a'), ('b')",
        "INSERT INTO links VALUES ('ONE', 'a'), ('two', 'a  '), ('three', 'b')",
    ]);
    let setup = setup.records(|records| {
        records.collection("tags", |tags| {
            let through = Through::new("links", "tag_code", "item_id");
            tags.relation(RelationModel::belongs_to_many("items", "items", "code", "id", through))
        })
    });
    let Some(database) = setup.start().await else { return };
    let listed = database.get("tags/a/relationships/items", json!({})).await;
    let listed = listed.json()["data"].as_array().unwrap().clone();
    let ids: Vec<&str> = listed.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["one", "two"]);
}
