//! Keys that are missing, null or not unique: a selection has all of its records, or is refused.

use forest_actions::Forest;
use forest_actions::records::{
    CollectionModel, FieldModel, Key, MemoryRecords, Page, Record, RecordQuery, RecordSource, RelationModel,
    SourceFuture, SqlRecords, ValueType,
};
use serde_json::{Value, json};

use super::{Database, Setup, both, over, postgres, sqlite, these};
use crate::support::Log;
use crate::support::records::{all_of, excluding, inside};

const NO_ID: &str = "records of this collection have no id, and cannot be selected";
const NOT_UNIQUE: &str = "several records of `items` have the same id: its key is not unique";

fn all() -> Value {
    all_of(json!({}))
}

/// A collection of five records without ids: they are listed, counted and exported, and no action gets a part of them.
async fn has_no_ids(database: &Database, fields: &str) {
    assert_eq!(database.count(json!({})).await, 5);
    let listed = database.list(json!({})).await;
    assert_eq!(listed.len(), 5);
    for record in &listed {
        assert!(record.get("id").is_none(), "{record}");
        assert!(record.get("relationships").is_none(), "{record}");
    }
    assert_eq!(database.csv(fields).await.len(), 6);
    for action in ["rows", "dump", "dump-chunks"] {
        assert_eq!(database.act(action, all()).await.detail(422), NO_ID, "{action}");
        let given = database.act(action, these(["1"])).await.detail(400);
        assert!(given.contains("have no id"), "{action}: {given}");
    }
    assert!(
        database
            .act("one", these(["1"]))
            .await
            .detail(400)
            .contains("have no id")
    );
    assert!(database.record("1").await.detail(400).contains("have no id"));
}

#[actix_web::test]
async fn records_of_a_collection_without_a_key_have_no_id_and_are_not_selected() {
    let log = Log::capture();
    for database in both([
        "CREATE TABLE items (lat INTEGER, lon INTEGER)",
        "INSERT INTO items VALUES (0, 0), (1, 1), (2, 2), (3, 3), (4, 4)",
    ])
    .await
    {
        has_no_ids(&database, "lat,lon").await;
    }
    let warned = log.about("The table items has no key: its records have no id and cannot be selected");
    assert!(!warned.is_empty());
    let items = CollectionModel::new("items").field(FieldModel::new("lat", ValueType::Integer));
    let rows = (0..5).map(|lat| json!({"lat": lat})).collect();
    has_no_ids(&over(MemoryRecords::new().collection(items, rows)).await, "lat").await;
}

#[actix_web::test]
async fn a_record_whose_key_is_null_is_shown_without_an_id() {
    let items = "CREATE TABLE items (id VARCHAR(9) PRIMARY KEY, v INTEGER)";
    let rows = "INSERT INTO items VALUES (NULL, 1), ('a', 2), (NULL, 3), ('', 4)";
    let mut databases = vec![sqlite([items, rows]).await];
    let postgres = Setup::postgres([
        "CREATE TABLE items (id VARCHAR(9), v INTEGER)",
        "INSERT INTO items VALUES (NULL, 1), ('a', 2), (NULL, 3), ('', 4)",
    ]);
    let postgres = postgres.records(|records| records.collection("items", |items| items.key(["id"])));
    databases.extend(postgres.start().await);
    for database in databases {
        assert_eq!(database.count(json!({})).await, 4);
        let mut listed = database.list(json!({"sort": "v"})).await;
        // no request can name an empty text either
        let ids: Vec<Option<Value>> = listed.iter_mut().map(|record| record.get("id").cloned()).collect();
        assert_eq!(ids, [None, Some(json!("a")), None, None]);
        let mut exported = database.csv("v").await;
        exported.sort();
        assert_eq!(exported, ["1", "2", "3", "4", "v"]);
        for action in ["rows", "dump", "dump-chunks"] {
            let refused = database.act(action, all()).await.detail(422);
            assert!(refused.contains("`items` has no id"), "{action}: {refused}");
            let rest = database.act(action, excluding(all(), json!(["a"]))).await.detail(422);
            assert_eq!(rest, refused);
            // where no such record is selected, nothing is in the way
            let present = crate::support::records::filter("v", "equal", json!(2));
            assert_eq!(database.act(action, all_of(present)).await.status(), 200);
        }
        assert_eq!(database.act("one", these(["a"])).await.success(), "a");
    }
}

#[actix_web::test]
async fn an_export_of_many_records_includes_those_whose_key_is_null() {
    let items = sqlite([
        "CREATE TABLE items (id TEXT, part TEXT, v INTEGER, PRIMARY KEY (id, part))",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
         INSERT INTO items SELECT 'k' || (i / 3), iif(i % 3 = 0, NULL, 'p' || i), i FROM n",
    ])
    .await;
    assert_eq!(items.count(json!({})).await, 2500);
    let mut lines = items.csv("v").await;
    assert_eq!(lines.remove(0), "v");
    let mut numbers: Vec<u32> = lines.iter().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=2500).collect::<Vec<u32>>());
}

#[actix_web::test]
async fn a_column_is_no_key_without_a_unique_index_over_all_records() {
    let log = Log::capture();
    let rows = "INSERT INTO items VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 2)";
    for index in [
        "SELECT 1",
        "CREATE UNIQUE INDEX part ON items (id) WHERE version > 9",
        "CREATE UNIQUE INDEX expression ON items ((id + version * 10))",
        "CREATE INDEX plain ON items (id)",
    ] {
        let items = "CREATE TABLE items (id INTEGER NOT NULL, version INTEGER NOT NULL)";
        for database in both([items, rows, index]).await {
            has_no_ids(&database, "id,version").await;
        }
    }
    // unique, but null for some
    for database in both([
        "CREATE TABLE items (id INTEGER UNIQUE, v INTEGER)",
        "INSERT INTO items VALUES (1, 1)",
    ])
    .await
    {
        assert!(database.list(json!({})).await[0].get("id").is_none());
    }
    assert!(!log.about("The table items has no key").is_empty());
    for database in both([
        "CREATE TABLE items (id INTEGER NOT NULL, version INTEGER NOT NULL, UNIQUE (version, id))",
        rows,
    ])
    .await
    {
        assert_eq!(database.ids(json!({})).await, ["1|1", "1|2", "1|3", "2|1", "2|2"]);
        assert_eq!(database.acted("rows", all()).await.as_array().unwrap().len(), 5);
    }
}

/// A collection whose key `id` several of its six records share: 1 three times, 2 twice, 3 once.
async fn refuses_shared_ids(database: &Database) {
    assert_eq!(database.count(json!({})).await, 6);
    for action in ["rows", "dump", "dump-chunks"] {
        assert_eq!(database.act(action, all()).await.detail(422), NOT_UNIQUE, "{action}");
        assert_eq!(
            database.act(action, these(["1"])).await.detail(422),
            NOT_UNIQUE,
            "{action}"
        );
        assert_eq!(
            database.act(action, these(["2", "3"])).await.detail(422),
            NOT_UNIQUE,
            "{action}"
        );
        // neighbours on two pages
        let rest = excluding(all(), json!(["1", "3"]));
        assert_eq!(database.act(action, rest).await.detail(422), NOT_UNIQUE, "{action}");
    }
    assert_eq!(database.act("one", these(["2"])).await.detail(422), NOT_UNIQUE);
    assert_eq!(database.record("1").await.detail(422), NOT_UNIQUE);
    assert_eq!(
        database
            .get("items.csv", json!({"fields[items]": "id"}))
            .await
            .detail(422),
        NOT_UNIQUE
    );
    // an id of one record is that record
    assert_eq!(database.act("one", these(["3"])).await.success(), "3");
    assert_eq!(database.record("3").await.json()["data"]["id"], "3");
}

const VERSIONS: &str = "INSERT INTO versions VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)";

#[actix_web::test]
async fn a_guessed_key_of_a_view_is_logged_and_refused_where_it_is_shared() {
    let log = Log::capture();
    for database in both([
        "CREATE TABLE versions (id INTEGER NOT NULL, version INTEGER NOT NULL)",
        VERSIONS,
        "CREATE VIEW items AS SELECT id, version FROM versions",
    ])
    .await
    {
        refuses_shared_ids(&database).await;
    }
    assert!(!log.about("The view items is taken to have the key id").is_empty());
}

#[actix_web::test]
async fn a_key_declared_in_code_is_refused_where_it_is_shared() {
    let statements = || {
        let items = "CREATE TABLE versions (id INTEGER NOT NULL, version INTEGER NOT NULL)";
        [items, VERSIONS, "ALTER TABLE versions RENAME TO items"]
    };
    let keyed = |records: SqlRecords| records.collection("items", |items| items.key(["id"]));
    for setup in [Setup::sqlite(statements()), Setup::postgres(statements())] {
        if let Some(database) = setup.records(keyed).start().await {
            refuses_shared_ids(&database).await;
        }
    }
}

#[actix_web::test]
async fn a_source_of_the_program_is_refused_where_its_keys_are_shared() {
    refuses_shared_ids(&over(Versions).await).await;
}

/// Six records, of which several have one key.
struct Versions;

impl Versions {
    fn of(query: &RecordQuery) -> Vec<i64> {
        let text = format!("{:?}", query.condition);
        let named = |id: &i64| text.contains(&format!("Integer({id})"));
        let mut ids = vec![1, 1, 1, 2, 2, 3];
        if text.contains("KeyIn") {
            ids.retain(named);
        } else if text.contains("KeyNotIn") {
            ids.retain(|id| !named(id));
        }
        ids
    }

    fn after(query: &RecordQuery, after: Option<&Key>, limit: usize) -> Vec<Key> {
        let after = after.map_or(0, |key| key.to_string().parse().unwrap());
        let ids = Self::of(query).into_iter().filter(|id| *id > after);
        ids.take(limit).map(Key::one).collect()
    }
}

impl RecordSource for Versions {
    fn collections(&self) -> Vec<CollectionModel> {
        let id = FieldModel::new("id", ValueType::Integer);
        vec![CollectionModel::new("items").field(id).key(["id"])]
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async { Ok(Self::of(query).len() as u64) })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move { Ok(Self::after(query, after, limit)) })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async {
            let limit = usize::try_from(page.limit).unwrap();
            let mut keys = Self::after(query, page.after.as_ref(), usize::MAX);
            if page.sort.iter().any(|step| step.descending) {
                keys.reverse();
            }
            let attributes = |key: &Key| json!({"id": key.to_string()}).as_object().unwrap().clone();
            let record = |key: Key| Record::new(key.clone(), attributes(&key));
            Ok(keys.into_iter().take(limit).map(record).collect())
        })
    }
}

#[actix_web::test]
async fn a_parent_whose_id_several_records_have_is_refused() {
    for database in both([
        "CREATE TABLE shelves (id INTEGER NOT NULL, code INTEGER NOT NULL UNIQUE)",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, shelf INTEGER REFERENCES shelves (code))",
        "CREATE VIEW racks AS SELECT id, code FROM shelves",
        "INSERT INTO shelves VALUES (1, 10), (1, 20), (2, 30)",
        "INSERT INTO items VALUES (1, 10), (2, 20), (3, 30)",
    ])
    .await
    {
        // the relation of a table leads by its unique column
        let parent = ["shelves", "10", "items"];
        assert_eq!(database.acted("dump", inside(parent, all())).await, json!(["1"]));
    }
    let setup = Setup::sqlite([
        "CREATE TABLE shelves (id INTEGER NOT NULL, code INTEGER NOT NULL)",
        "CREATE VIEW racks AS SELECT id, code FROM shelves",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, shelf INTEGER)",
        "INSERT INTO shelves VALUES (1, 10), (1, 20), (2, 30)",
        "INSERT INTO items VALUES (1, 10), (2, 20), (3, 30)",
    ]);
    let relation = || RelationModel::has_many("items", "items", "code", "shelf");
    let setup = setup.records(move |records| records.collection("racks", |racks| racks.relation(relation())));
    let database = setup.start().await.unwrap();
    let refused = database
        .act("dump", inside(["racks", "1", "items"], all()))
        .await
        .detail(422);
    assert!(refused.contains("`racks`"), "{refused}");
    let refused = database.get("racks/1/relationships/items", json!({})).await.detail(422);
    assert!(refused.contains("`racks`"), "{refused}");
    assert_eq!(
        database.acted("dump", inside(["racks", "2", "items"], all())).await,
        json!(["3"])
    );
}

#[actix_web::test]
async fn a_key_of_postgres_that_is_not_enforced_over_children_or_partitions_is_no_key() {
    let log = Log::capture();
    let inherited = postgres([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, v INTEGER)",
        "CREATE TABLE special_items () INHERITS (items)",
        "INSERT INTO items VALUES (1, 1), (2, 2), (3, 3)",
        "INSERT INTO special_items VALUES (1, 4), (2, 5)",
        "CREATE TABLE lines (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items)",
        "INSERT INTO lines VALUES (1, 1), (2, 2)",
    ])
    .await;
    let Some(inherited) = inherited else { return };
    has_no_ids(&inherited, "id,v").await;
    assert!(
        !log.about("The table items has no key, since the tables that inherit from it")
            .is_empty()
    );
    let lines = inherited.get("lines/count", json!({})).await.json();
    assert_eq!(lines["count"], 2, "no line is repeated");
    let partitioned = [
        "CREATE TABLE items (id INTEGER NOT NULL, v INTEGER NOT NULL) PARTITION BY LIST (v)",
        "CREATE TABLE items_low PARTITION OF items FOR VALUES IN (1, 2)",
        "CREATE TABLE items_high PARTITION OF items FOR VALUES IN (3, 4, 5)",
        "CREATE UNIQUE INDEX ON items_low (id)",
        "INSERT INTO items VALUES (1, 1), (2, 2), (1, 3), (2, 4), (3, 5)",
    ];
    has_no_ids(&postgres(partitioned).await.unwrap(), "id,v").await;
    let keyed = partitioned
        .into_iter()
        .chain(["ALTER TABLE items ADD PRIMARY KEY (id, v)"]);
    assert_eq!(postgres(keyed).await.unwrap().ids(json!({})).await.len(), 5);
}

#[actix_web::test]
async fn a_unique_index_that_compares_otherwise_than_its_column_is_no_proof() {
    let database = sqlite([
        "CREATE TABLE items (code TEXT NOT NULL COLLATE NOCASE, v INTEGER)",
        "CREATE UNIQUE INDEX items_code ON items (code COLLATE BINARY)",
        "INSERT INTO items VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4), ('c', 5)",
    ])
    .await;
    has_no_ids(&database, "code,v").await;
    let database = postgres([
        "CREATE COLLATION ci (provider = icu, locale = 'en-u-ks-level2', deterministic = false)",
        "CREATE TABLE items (code TEXT COLLATE ci NOT NULL, v INTEGER)",
        "CREATE UNIQUE INDEX ON items (code COLLATE \"C\")",
        "INSERT INTO items VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4), ('c', 5)",
    ])
    .await;
    if let Some(database) = database {
        has_no_ids(&database, "code,v").await;
    }
}

#[actix_web::test]
async fn a_relation_to_one_record_that_may_lead_to_several_is_refused_at_the_start() {
    let records = async |unique: &str| {
        let pool = crate::support::dataset::sqlite().await;
        let sql = format!(
            "CREATE TABLE shelves (id INTEGER PRIMARY KEY, code INTEGER {unique});
             CREATE TABLE items (id INTEGER PRIMARY KEY, shelf INTEGER);"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        let relation = RelationModel::belongs_to("shelved", "shelves", "shelf", "code");
        let records = SqlRecords::sqlite(pool).await.unwrap();
        records.collection("items", |items| items.relation(relation))
    };
    let start = |records| {
        Forest::builder()
            .actions([])
            .schema_file(false)
            .records(records)
            .start()
    };
    let refused = start(records("").await).await.unwrap_err().to_string();
    let expected = "the relation `items.shelved` compares `code` of `shelves`, which is neither its key nor unique";
    assert!(refused.contains(expected), "{refused}");
    start(records("UNIQUE").await).await.unwrap();
    // a key that is declared in code is trusted
    let keyed = records("").await.collection("shelves", |shelves| shelves.key(["code"]));
    start(keyed).await.unwrap();
}

#[actix_web::test]
async fn a_unique_reference_of_a_table_without_a_key_leads_back_to_a_list() {
    for database in both([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE labels (id INTEGER, item_id INTEGER UNIQUE REFERENCES items (id))",
        "INSERT INTO items VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO labels VALUES (7, 1), (8, NULL)",
    ])
    .await
    {
        let labels = database.get("items/1/relationships/labels", json!({})).await.json();
        assert_eq!(labels["data"].as_array().unwrap().len(), 1, "{labels}");
        assert!(labels["data"][0].get("id").is_none(), "{labels}");
        assert_eq!(database.get("labels/count", json!({})).await.json()["count"], 2);
    }
}

#[actix_web::test]
async fn records_have_the_order_of_the_selection() {
    let rows = "INSERT INTO items VALUES (3, 'c'), (1, 'a'), (5, 'e'), (2, 'b'), (4, 'd')";
    let mut databases = both(["CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)", rows]).await;
    let items = CollectionModel::new("items")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .key(["id"]);
    let row = |(id, name): (i64, &str)| json!({"id": id, "name": name});
    let rows = [(3, "c"), (1, "a"), (5, "e"), (2, "b"), (4, "d")].map(row).to_vec();
    databases.push(over(MemoryRecords::new().collection(items, rows)).await);
    let names = |rows: Value| -> String {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    for database in databases {
        let given = || these(["4", "2", "5", "1", "3", "2"]);
        assert_eq!(names(database.acted("rows", given()).await), "dbeac");
        assert_eq!(database.acted("dump", given()).await, json!(["4", "2", "5", "1", "3"]));
        let sorted = || all_of(json!({"sort": "-name"}));
        assert_eq!(names(database.acted("rows", sorted()).await), "abcde");
        assert_eq!(database.acted("dump", sorted()).await, json!(["1", "2", "3", "4", "5"]));
        assert_eq!(database.csv("name").await, ["name", "a", "b", "c", "d", "e"]);
    }
}
