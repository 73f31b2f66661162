//! Databases of PostgreSQL in other encodings than UTF-8.

use serde_json::{Value, json};

use super::{Database, Setup, these};
use crate::support::records::{all_of, filter, inside};

async fn database(encoding: &'static str) -> Option<Database> {
    let setup = Setup::postgres([
        "CREATE TYPE size AS ENUM ('small', 'large')",
        "CREATE TABLE owners (code text PRIMARY KEY)",
        "INSERT INTO owners VALUES ('a')",
        "CREATE TABLE items (id text PRIMARY KEY, name text, tags text[], data jsonb, size size, \
         owner_code text REFERENCES owners (code))",
        "INSERT INTO items VALUES ('1', 'caf' || U&'\\00e9', '{a}', '{\"a\": 1}', 'small', 'a'), ('2', 'b', '{b}', NULL, NULL, 'a')",
    ]);
    setup.encoding(encoding).start().await
}

#[actix_web::test]
async fn no_record_has_a_text_that_the_encoding_lacks() {
    for encoding in ["LATIN1", "WIN1252", "LATIN9", "EUC_JIS_2004"] {
        let Some(database) = database(encoding).await else {
            return;
        };
        // of a Cyrillic, a Latin and a supplementary plane
        for lacking in ["😀", "a😀b", "꙰", "😀😁😂 and 🤣"] {
            for (field, operator, value, expected) in [
                ("name", "equal", json!(lacking), 0),
                ("name", "not_equal", json!(lacking), 2),
                ("name", "in", json!([lacking, "b"]), 1),
                ("name", "not_in", json!([lacking, "b"]), 1),
                ("name", "contains", json!(lacking), 0),
                ("name", "not_contains", json!(lacking), 2),
                ("name", "starts_with", json!(lacking), 0),
                ("name", "i_contains", json!(lacking), 0),
                ("name", "like", json!(lacking), 0),
                ("tags", "includes_all", json!([lacking]), 0),
                ("size", "in", json!(["small"]), 1),
                ("owner:code", "not_equal", json!(lacking), 2),
                ("owner:code", "equal", json!(lacking), 0),
            ] {
                let count = database.count(filter(field, operator, value)).await;
                assert_eq!(count, expected, "{encoding} {field} {operator} {lacking}");
            }
            assert_eq!(database.count(json!({"search": lacking})).await, 0, "{encoding}");
            let extended = json!({"search": lacking, "searchExtended": "1"});
            assert_eq!(database.count(extended).await, 0, "{encoding}");
            assert_eq!(database.record(lacking).await.status(), 404, "{encoding}");
            let found = database.act("dump", these(["2", lacking])).await.success();
            assert!(found.starts_with("[\"2\"]"), "{encoding}: {found}");
            let spared = json!({"all_records": true, "all_records_ids_excluded": [lacking, "1"]});
            assert_eq!(database.acted("dump", spared).await, json!(["2"]), "{encoding}");
            let child_of_none = inside(["owners", lacking, "items"], all_of(json!({})));
            assert_eq!(database.acted("dump", child_of_none).await, json!([]), "{encoding}");
        }
        assert_eq!(database.count(json!({"search": "CAFé"})).await, 1, "{encoding}");
    }
}

#[actix_web::test]
async fn texts_that_lack_more_characters_than_are_looked_for_are_refused() {
    let Some(database) = database("LATIN1").await else {
        return;
    };
    let texts = |count: u32| -> Vec<Value> {
        let letters = (0x4e00..0x4e00 + count).filter_map(char::from_u32);
        letters.map(|letter| json!(letter)).collect()
    };
    assert_eq!(database.count(filter("name", "not_in", json!(texts(30)))).await, 2);
    let refused = database
        .get("items/count", filter("name", "not_in", json!(texts(100))))
        .await;
    assert_eq!(refused.status(), 422, "{refused:?}");
    assert!(
        refused.text().contains("the encoding of the database lacks"),
        "{refused:?}"
    );
}

#[actix_web::test]
async fn a_stored_text_that_is_no_text_is_no_failure() {
    let setup = Setup::postgres([
        "CREATE TABLE items (id int PRIMARY KEY, name text)",
        "INSERT INTO items VALUES (1, 'a'), (2, E'caf\\xe9')",
    ]);
    let Some(database) = setup.encoding("SQL_ASCII").start().await else {
        return;
    };
    assert_eq!(database.count(filter("name", "equal", json!("€"))).await, 0);
    assert_eq!(database.count(filter("name", "not_equal", json!("€"))).await, 2);
    assert_eq!(database.column("name", filter("id", "equal", json!(1))).await, ["a"]);
    let refused = database.get("items", json!({})).await;
    assert_eq!(refused.status(), 422, "{refused:?}");
}
