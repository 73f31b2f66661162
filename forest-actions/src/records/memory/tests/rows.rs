//! Pages, and changes of rows.

use serde_json::json;

use super::{field, keys_of, now, records};
use crate::records::{
    CollectionModel, Condition, FieldModel, FieldPath, Key, MemoryRecords, Page, Projection, Record, RecordError,
    RecordQuery, RecordSource as _, Sort, Test, ValueType,
};

#[test]
fn sel_12_pages_by_key_contain_each_record_once_despite_changes() {
    let numbers = CollectionModel::new("numbers")
        .field(field("id", ValueType::Integer))
        .field(field("open", ValueType::Boolean))
        .key(["id"]);
    let rows = (0..100).map(|id| json!({"id": id, "open": true})).collect();
    let records = MemoryRecords::new().collection(numbers, rows);
    let open = Condition::Field(FieldPath::own("open"), Test::Equal(true.into()));
    let query = RecordQuery::new("numbers", open);
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let page = now(records.keys(&query, after.as_ref(), 7)).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        for key in page {
            let row = json!({"id": key.to_string(), "open": false});
            records.replace("numbers", &row).unwrap();
            met.push(key.to_string().parse::<i32>().unwrap());
        }
    }
    assert_eq!(met, (0..100).collect::<Vec<_>>());
    assert_eq!(now(records.count(&query, None)).unwrap(), 0);
    let all = RecordQuery::new("numbers", Condition::always());
    assert_eq!(now(records.count(&all, Some(5))).unwrap(), 5);
}

fn page(records: &MemoryRecords, collection: &str, page: &Page) -> Vec<Record> {
    let query = RecordQuery::new(collection, Condition::always());
    now(records.records(&query, page)).unwrap()
}

fn sorted(collection: &str, field: FieldPath, descending: bool) -> Vec<String> {
    let sort = vec![Sort { field, descending }];
    let all = Page {
        sort,
        limit: 100,
        ..Page::default()
    };
    let records = page(&records(), collection, &all);
    records.iter().map(|record| record.key.to_string()).collect()
}

#[test]
fn missing_values_are_last_in_ascending_order_and_keys_break_ties() {
    assert_eq!(
        sorted("companies", FieldPath::own("revenue"), false),
        ["2", "9", "10", "1"]
    );
    assert_eq!(
        sorted("companies", FieldPath::own("revenue"), true),
        ["1", "10", "9", "2"]
    );
    assert_eq!(
        sorted("companies", FieldPath::own("active"), false),
        ["9", "10", "1", "2"]
    );
    let company = || FieldPath::of_relation("company", "name");
    assert_eq!(sorted("customers", company(), false), ["c", "a", "b", "d", "e"]);
    assert_eq!(sorted("customers", company(), true), ["d", "e", "a", "b", "c"]);
}

#[test]
fn a_page_has_the_requested_fields() {
    let records = records();
    let projection = Projection {
        fields: vec!["name".to_owned(), "company_id".to_owned()],
        relations: vec![("company".to_owned(), vec!["created_at".to_owned(), "tags".to_owned()])],
    };
    let asked = Page {
        offset: 1,
        limit: 3,
        projection,
        ..Page::default()
    };
    let found = page(&records, "customers", &asked);
    let attributes = |record: &Record| serde_json::Value::Object(record.attributes.clone());
    assert_eq!(
        found.iter().map(|record| record.key.to_string()).collect::<Vec<_>>(),
        ["b", "c", "d"]
    );
    assert_eq!(attributes(&found[0]), json!({"name": "Bob", "company_id": 10}));
    let (name, company) = &found[0].related[0];
    let company = company.as_ref().unwrap();
    assert_eq!((name.as_str(), company.key.to_string().as_str()), ("company", "10"));
    assert_eq!(
        attributes(company),
        json!({"created_at": "2024-05-15T10:30:00.000Z", "tags": ["red", "blue"]})
    );
    assert_eq!(found[1].attributes["name"], json!(null));
    assert_eq!(found[2].related, [("company".to_owned(), None)]);

    let after = Page {
        limit: 9,
        after: Some(Key::one("d")),
        ..Page::default()
    };
    assert_eq!(page(&records, "customers", &after).len(), 1);
    let beyond = Page {
        limit: u64::MAX,
        offset: u64::MAX,
        ..Page::default()
    };
    assert_eq!(page(&records, "customers", &beyond), []);
}

#[test]
fn rows_change_and_their_keys_stay_unique() {
    let records = records();
    let shared = records.clone();
    records.insert("customers", &json!({"id": "f", "name": "Fay"})).unwrap();
    assert_eq!(keys_of(&shared, "customers", Condition::always()).len(), 6);
    let refused = |outcome: Result<(), RecordError>| match outcome {
        Err(RecordError::Failed(cause)) => cause.to_string(),
        other => panic!("{other:?}"),
    };
    for (outcome, problem) in [
        (
            records.insert("customers", &json!({"id": "f"})),
            "collection `customers`: there is a record `f` already",
        ),
        (
            records.replace("customers", &json!({"id": "g"})),
            "collection `customers`: there is no record `g`",
        ),
        (
            records.insert("customers", &json!({"name": "Nobody"})),
            "collection `customers`: field `id`: the key cannot be null",
        ),
        (
            records.insert("customers", &json!({"id": "g", "nam": ""})),
            "collection `customers`: there is no field `nam`",
        ),
        (
            records.insert("customers", &json!([])),
            "collection `customers`: expected a JSON object",
        ),
        (
            records.insert("nothing", &json!({})),
            "there is no collection `nothing`",
        ),
    ] {
        assert_eq!(refused(outcome), problem);
    }
    assert!(records.remove("customers", &Key::one("f")).unwrap());
    assert!(!records.remove("customers", &Key::one("f")).unwrap());
    assert_eq!(keys_of(&shared, "customers", Condition::always()).len(), 5);
}

#[test]
fn rows_and_models_that_do_not_fit_are_problems() {
    let broken = CollectionModel::new("broken")
        .field(FieldModel {
            is_nullable: false,
            ..field("id", ValueType::Integer)
        })
        .field(FieldModel {
            default_value: json!("none"),
            ..field("note", ValueType::Text)
        })
        .key(["id"]);
    let rows = vec![
        json!({"id": 1}),
        json!({"id": "x"}),
        json!({"id": 1}),
        json!({}),
        json!(7),
    ];
    let records = MemoryRecords::new()
        .collection(broken.clone(), rows)
        .collection(broken, Vec::new())
        .collection(CollectionModel::new("keyless").key(["nothing"]), Vec::new());
    let problems: Vec<String> = records.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "collection `broken`, row 2: field `id`: expected a whole number",
            "collection `broken`, row 3: there is a record `1` already",
            "collection `broken`, row 4: field `id`: it cannot be null",
            "collection `broken`, row 5: expected a JSON object",
            "collection `broken` is given twice",
            "collection `keyless`: its key names no field: `nothing`",
        ]
    );
    let projection = Projection {
        fields: vec!["note".to_owned()],
        ..Projection::default()
    };
    let found = page(
        &records,
        "broken",
        &Page {
            limit: 9,
            projection,
            ..Page::default()
        },
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes["note"], json!("none"), "the default");
}

#[test]
fn per_10_records_without_a_key_are_listed_but_have_no_id() {
    let log = CollectionModel::new("log").field(field("line", ValueType::Text));
    let rows = vec![json!({"line": "b"}), json!({"line": "a"}), json!({"line": "b"})];
    let records = MemoryRecords::new().collection(log, rows);
    assert_eq!(records.problems(), []);
    let projection = Projection {
        fields: vec!["line".to_owned()],
        ..Projection::default()
    };
    let found = page(
        &records,
        "log",
        &Page {
            limit: 9,
            projection,
            ..Page::default()
        },
    );
    let lines: Vec<_> = found.iter().map(|record| record.attributes["line"].clone()).collect();
    assert_eq!(lines, ["b", "a", "b"]);
    assert!(found.iter().all(|record| record.key.parts().is_empty()));
    let query = RecordQuery::new("log", Condition::always());
    assert!(matches!(
        now(records.keys(&query, None, 9)),
        Err(RecordError::Unsupported(_))
    ));
    let keyed = RecordQuery::new("log", Condition::KeyIn(vec![Key::one(0)]));
    assert_eq!(
        now(records.count(&keyed, None)).unwrap(),
        0,
        "the number of a row is no id"
    );
    assert!(!records.remove("log", &Key::one(0)).unwrap());
}

#[test]
fn a_shared_source_that_gets_a_collection_becomes_its_own() {
    let first = records();
    let second = first.clone().collection(CollectionModel::new("more"), Vec::new());
    assert_eq!((first.collections().len(), second.collections().len()), (3, 4));
    assert!(first.remove("customers", &Key::one("a")).unwrap());
    assert_eq!(keys_of(&second, "customers", Condition::always()).len(), 5);
}
