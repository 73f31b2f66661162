//! Deletions that the database would carry into other rows, without regard to rights and scopes.

use forest_actions::records::{SqlRecords, Writable};
use serde_json::{Value, json};

use crate::field::{Database, Setup};
use crate::support::{Answer, Call};

const TABLES: [&str; 8] = [
    "CREATE TABLE items (id INTEGER PRIMARY KEY, code TEXT NOT NULL, parent_id INTEGER REFERENCES items (id) ON DELETE CASCADE, UNIQUE (id, code))",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items (id) ON DELETE CASCADE)",
    "CREATE TABLE tags (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items (id) ON DELETE SET NULL)",
    "CREATE TABLE parts (id INTEGER PRIMARY KEY, item_id INTEGER, code TEXT, FOREIGN KEY (item_id, code) REFERENCES items (id, code) ON DELETE CASCADE)",
    "INSERT INTO items VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL), (4, 'd', NULL), (5, 'e', 4), (6, 'f', NULL)",
    "INSERT INTO notes VALUES (1, 1)",
    "INSERT INTO tags VALUES (1, 2)",
    "INSERT INTO parts VALUES (1, 3, 'c')",
];

async fn databases(correct: fn(SqlRecords) -> SqlRecords) -> Vec<Database> {
    let start = |setup: Setup| {
        let writable = Setup::agent(setup.records(correct), |builder| {
            builder.writable("items", Writable::all())
        });
        writable.start()
    };
    let sqlite = start(Setup::sqlite(TABLES)).await;
    let postgres = start(Setup::postgres(TABLES)).await;
    sqlite.into_iter().chain(postgres).collect()
}

async fn delete(database: &Database, ids: &[&str]) -> Answer {
    let call = match ids {
        [id] => Call::read(format!("/forest/items/{id}")).method("DELETE"),
        _ => Call::post("/forest/items")
            .method("DELETE")
            .json(&json!({"data": {"attributes": {"ids": ids}}})),
    };
    database.send(call).await
}

async fn left(database: &Database) -> Vec<Value> {
    database.column("id", json!({})).await
}

#[actix_web::test]
async fn a_deletion_that_reaches_other_rows_is_refused() {
    for database in databases(|records| records).await {
        for (id, table) in [("1", "notes"), ("2", "tags"), ("3", "parts"), ("4", "items")] {
            let answer = delete(&database, &[id]).await;
            assert_eq!(answer.status(), 409, "{id}: {answer:?}");
            assert!(answer.text().contains(table), "{answer:?}");
        }
        assert_eq!(delete(&database, &["6", "1"]).await.status(), 409);
        assert_eq!(left(&database).await, [1, 2, 3, 4, 5, 6]);
        // a row that is deleted as well is no other row
        assert_eq!(delete(&database, &["4", "5"]).await.status(), 204);
        assert_eq!(delete(&database, &["6"]).await.status(), 204);
        assert_eq!(left(&database).await, [1, 2, 3]);
    }
}

#[actix_web::test]
async fn a_table_outside_of_the_back_office_counts_as_well() {
    for database in databases(|records| records.only(["items"])).await {
        let answer = delete(&database, &["1"]).await;
        assert_eq!(answer.status(), 409, "{answer:?}");
        assert!(!answer.text().contains("notes"), "{answer:?}");
    }
}

#[actix_web::test]
async fn code_allows_the_database_to_change_other_rows() {
    for database in databases(|records| records.collection("items", |items| items.cascading())).await {
        for id in ["1", "2", "3", "4"] {
            assert_eq!(delete(&database, &[id]).await.status(), 204, "{id}");
        }
        assert_eq!(left(&database).await, [6]);
    }
}
