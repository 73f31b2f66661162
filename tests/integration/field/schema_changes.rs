//! Databases that are changed while the agent runs, or that refuse to be read.

use forest_actions::records::{SqlRecords, ValueType};
use serde_json::json;

use super::{Database, Setup, sqlite, these};
use crate::support::records::{all_of, filter};

async fn database(pool: u32) -> Option<Database> {
    let setup = Setup::postgres([
        "CREATE TYPE state AS ENUM ('open', 'closed')",
        "CREATE TABLE items (id int PRIMARY KEY, qty int, state state)",
        "INSERT INTO items VALUES (1, 1, 'open'), (2, 2, 'open'), (3, 3, 'closed')",
    ]);
    setup.pool(pool).start().await
}

/// Sends each kind of request, so that the connections have prepared its statement.
async fn read_all(database: &Database) {
    for _ in 0..4 {
        assert_eq!(database.ids(json!({})).await, ["1", "2", "3"]);
        assert_eq!(database.column("qty", json!({"sort": "-qty"})).await.len(), 3);
        assert_eq!(database.record("2").await.status(), 200);
        assert_eq!(database.csv("id,qty").await.len(), 4);
        assert_eq!(
            database
                .acted("rows", these(["1", "2"]))
                .await
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(database.acted("dump", all_of(json!({}))).await, json!(["1", "2", "3"]));
        assert_eq!(database.count(filter("state", "equal", json!("open"))).await, 2);
    }
}

#[actix_web::test]
async fn a_column_that_changes_its_type_is_read_on() {
    for pool in [1, 3] {
        let Some(database) = database(pool).await else { return };
        for change in [
            "ALTER TABLE items ALTER COLUMN qty TYPE bigint",
            "ALTER TABLE items ALTER COLUMN qty TYPE numeric",
            "ALTER TABLE items ALTER COLUMN id TYPE bigint",
            "ALTER TABLE items ALTER COLUMN qty TYPE text",
            "ALTER TYPE state ADD VALUE 'new' BEFORE 'open'",
            "ALTER TABLE items ADD COLUMN more text",
        ] {
            read_all(&database).await;
            database.sql(change).await;
        }
        read_all(&database).await;
    }
}

#[actix_web::test]
async fn a_table_that_is_made_anew_is_read_on() {
    let Some(database) = database(1).await else { return };
    read_all(&database).await;
    database.sql("ALTER TABLE items RENAME TO former").await;
    let refused = database.get("items", json!({})).await;
    assert_eq!(refused.status(), 503, "{refused:?}");
    database
        .sql("CREATE TABLE items AS SELECT id::bigint, qty::numeric, state FROM former")
        .await;
    read_all(&database).await;
    database.sql("DROP TABLE items, former; DROP TYPE state").await;
    database
        .sql("CREATE TYPE state AS ENUM ('open', 'closed'); CREATE TABLE items (id int, qty int, state state)")
        .await;
    database
        .sql("INSERT INTO items VALUES (1, 1, 'open'), (2, 2, 'open'), (3, 3, 'closed')")
        .await;
    read_all(&database).await;
}

#[actix_web::test]
async fn a_column_or_table_that_is_gone_is_named_and_the_rest_is_read_on() {
    for change in [
        "ALTER TABLE items DROP COLUMN qty",
        "ALTER TABLE items RENAME COLUMN qty TO quantity",
        "DROP TABLE items",
    ] {
        let sqlite = sqlite([
            "CREATE TABLE items (id INTEGER PRIMARY KEY, qty INTEGER, state TEXT)",
            "INSERT INTO items VALUES (1, 1, 'open'), (2, 2, 'open'), (3, 3, 'closed')",
        ]);
        for database in [Some(sqlite.await), database(1).await].into_iter().flatten() {
            read_all(&database).await;
            database.sql(change).await;
            for answer in [
                database.get("items", json!({})).await,
                database.get("items/count", filter("qty", "equal", json!(1))).await,
                database.act("rows", these(["1"])).await,
            ] {
                assert_eq!(answer.status(), 503, "{change}: {answer:?}");
                let text = answer.text();
                assert!(
                    text.contains("`items` cannot be read") && text.contains("restart the program"),
                    "{text}"
                );
            }
            if !change.starts_with("DROP") {
                assert_eq!(
                    database.ids(json!({"fields[items]": "id,state"})).await,
                    ["1", "2", "3"]
                );
            }
        }
    }
}

#[actix_web::test]
async fn statements_that_were_discarded_are_prepared_again() {
    let setup = Setup::postgres([
        "CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN 1; END $$",
        "CREATE TABLE items (id int PRIMARY KEY)",
        "INSERT INTO items VALUES (1)",
    ]);
    let computed =
        |records: SqlRecords| records.collection("items", |items| items.computed("f", ValueType::Integer, "forget()"));
    let Some(database) = setup.pool(1).records(computed).start().await else {
        return;
    };
    for _ in 0..3 {
        assert_eq!(database.ids(json!({"fields[items]": "id"})).await, ["1"]);
        assert_eq!(database.column("f", json!({})).await, [1]);
    }
}

#[actix_web::test]
async fn a_view_without_data_and_a_forbidden_table_say_so() {
    let setup = Setup::postgres([
        "CREATE TABLE orders (id int PRIMARY KEY)",
        "INSERT INTO orders VALUES (1)",
        "CREATE MATERIALIZED VIEW items AS SELECT id FROM orders WITH NO DATA",
        "GRANT SELECT ON items, orders TO field_reader",
    ]);
    let Some(database) = setup.role("field_reader").start().await else {
        return;
    };
    let empty = database.get("items", json!({})).await;
    assert_eq!(empty.status(), 503, "{empty:?}");
    assert!(
        empty.text().contains("\\\"items\\\" has not been populated"),
        "{}",
        empty.text()
    );
    database.sql("REFRESH MATERIALIZED VIEW items").await;
    assert_eq!(database.ids(json!({})).await, ["1"]);
    database.sql("REVOKE SELECT ON orders FROM field_reader").await;
    let forbidden = database.get("orders", json!({})).await;
    assert_eq!(forbidden.status(), 503, "{forbidden:?}");
    assert!(
        forbidden.text().contains("`orders` cannot be read: the role"),
        "{}",
        forbidden.text()
    );
}

#[actix_web::test]
async fn a_computed_field_that_fails_for_its_values_is_a_refusal() {
    let setup = Setup::postgres([
        "CREATE TABLE items (id int PRIMARY KEY, qty int)",
        "INSERT INTO items VALUES (1, 0)",
    ]);
    let setup = setup.records(|records| {
        records.collection("items", |items| {
            items.computed("share", ValueType::Integer, "100 / qty")
        })
    });
    let Some(database) = setup.start().await else { return };
    let refused = database.get("items", json!({})).await;
    assert_eq!(refused.status(), 422, "{refused:?}");
    assert!(
        refused.text().contains("divides by zero (code 22012)"),
        "{}",
        refused.text()
    );
}
