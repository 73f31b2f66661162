//! Record ids: from the text of the request to the type of the key, and how many an action takes.

use forest_actions::prelude::*;
use forest_actions::{InvalidKey, KeyPart};
use serde_json::{Value, json};

use crate::support::{Agent, Call, Log, MARK_AS_LIVE, actions, companies};

#[smart_action(collection = "lines", name = "Pair", kind = "single")]
async fn pair(RecordId((account, line)): RecordId<(i64, String)>) -> String {
    format!("{account} and {line}")
}

#[smart_action(collection = "lines", name = "Triples", kind = "bulk")]
async fn triples(ids: RecordIds<(String, i32, bool)>) -> String {
    format!("{:?}", ids.into_inner())
}

#[smart_action(collection = "lines", name = "Texts", kind = "bulk")]
async fn texts(ids: RecordIds<String>) -> ActionResult {
    Ok(success("").html(serde_json::to_string(&ids.into_inner())?))
}

#[smart_action(collection = "lines", name = "Bytes", kind = "bulk")]
async fn bytes(ids: RecordIds<u8>) -> String {
    format!("{:?}", ids.into_inner())
}

/// A key of the team's own making.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sku(u32);

impl KeyPart for Sku {
    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        let number = text.strip_prefix("SKU-").and_then(|rest| rest.parse().ok());
        number
            .map(Self)
            .ok_or_else(|| InvalidKey::new("expected a SKU such as SKU-7"))
    }
}

#[smart_action(collection = "lines", name = "Own key", kind = "single")]
async fn own_key(id: RecordId<Sku>) -> String {
    id.0.0.to_string()
}

/// A bulk action whose handler can only work on one record.
#[smart_action(collection = "lines", name = "One of many", kind = "bulk")]
async fn one_of_many(id: RecordId<i64>) -> String {
    id.to_string()
}

#[smart_action(collection = "lines", name = "Where from", kind = "bulk")]
async fn where_from(request: ActionRequest, ids: RecordIds<String>) -> String {
    let parent = request
        .parent()
        .map(|parent| format!("{} {} {}", parent.collection, parent.id, parent.association));
    format!(
        "{} of {}",
        ids.join(","),
        parent.unwrap_or_else(|| "nothing".to_owned())
    )
}

fn all() -> [&'static forest_actions::ActionDescriptor; 7] {
    actions![pair, triples, texts, bytes, own_key, one_of_many, where_from]
}

#[actix_web::test]
async fn sel_05_composite_ids_are_pipe_joined_or_lists_in_key_order() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    for (id, expected) in [
        (json!("12|a"), "12 and a"),
        (json!("12|a-b-c"), "12 and a-b-c"),
        (json!("-12|"), "-12 and "),
        (json!([12, "a"]), "12 and a"),
        (json!(["12", "a|b"]), "12 and a|b"),
        (json!("[12,\"a|b\"]"), "12 and a|b"),
    ] {
        let answer = Call::post("/forest/actions/pair").ids([id.clone()]).send(&app).await;
        assert_eq!(answer.success(), expected, "{id}");
    }
    for id in [
        json!("12-a"),
        json!("12"),
        json!("12|a|b"),
        json!([12]),
        json!([12, "a", "b"]),
        json!([]),
        json!("a|12"),
    ] {
        let answer = Call::post("/forest/actions/pair").ids([id.clone()]).send(&app).await;
        assert!(answer.detail(400).contains("`ids`"), "{id}");
    }
    let answer = Call::post("/forest/actions/triples")
        .ids([json!("a-1|2|true"), json!(["b", 3, false])])
        .send(&app)
        .await;
    assert_eq!(answer.success(), r#"[("a-1", 2, true), ("b", 3, false)]"#);
}

#[actix_web::test]
async fn sel_06_ids_may_contain_any_character() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let odd = [
        "a/b",
        "a b",
        " a ",
        "é",
        "日本",
        "🌲",
        "a%2Fb",
        "100%",
        "a+b",
        "a&b=c?d#e",
        "\"quoted\"",
        "a\\b",
        "'; DROP TABLE x;--",
        "a,b",
        "a|b",
        "[1]",
        "[\"a\"]",
        "{}",
        "null",
        "../../etc/passwd",
        "a\nb\tc",
        "\u{202e}abc",
        "-",
        "0",
        "true",
    ];
    let answer = Call::post("/forest/actions/texts").ids(odd).send(&app).await;
    assert_eq!(answer.status(), 200);
    let html = answer.json()["html"].as_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Vec<String>>(&html).unwrap(), odd);
    let nul = Call::post("/forest/actions/texts").ids(["a\0b"]).send(&app).await;
    assert!(nul.detail(400).contains("NUL"), "no database takes one");
}

#[actix_web::test]
async fn sel_07_ids_are_converted_to_the_key_type_or_are_400() {
    let log = Log::capture();
    let agent = Agent::local(companies().into_iter().chain(all())).await;
    let app = agent.serve().await;
    for id in [
        json!("9223372036854775807"),
        json!(9_223_372_036_854_775_807_i64),
        json!(-1),
        json!("-1"),
        json!("0"),
    ] {
        assert_eq!(
            Call::post(MARK_AS_LIVE).ids([id.clone()]).send(&app).await.status(),
            200,
            "{id}"
        );
    }
    for bad in [
        "one",
        " 1",
        "1 ",
        "+1",
        "1.0",
        "1e3",
        "0x1",
        "9223372036854775808",
        "٣",
        "-",
        "1;2",
        "NaN",
    ] {
        let detail = Call::post(MARK_AS_LIVE).ids([bad]).send(&app).await.detail(400);
        assert!(
            detail.contains(&format!("`{bad}`")) && detail.contains("whole number"),
            "{detail}"
        );
    }
    let detail = Call::post("/forest/actions/bytes")
        .ids(["255", "256"])
        .send(&app)
        .await
        .detail(400);
    assert!(detail.contains("`256`") && detail.contains("from 0 to 255"), "{detail}");
    let detail = Call::post("/forest/actions/own-key")
        .ids(["7"])
        .send(&app)
        .await
        .detail(400);
    assert!(detail.contains("`7`") && detail.contains("expected a SKU"), "{detail}");
    assert_eq!(
        Call::post("/forest/actions/own-key")
            .ids(["SKU-7"])
            .send(&app)
            .await
            .success(),
        "7"
    );
    let long = "x\u{7}".repeat(100_000);
    let detail = Call::post(MARK_AS_LIVE).ids([long]).send(&app).await.detail(400);
    assert!(
        detail.len() < 1_000 && !detail.contains('\u{7}'),
        "a long id is shortened and escaped"
    );
    assert_eq!(agent.runs.count(), 5);
    assert_eq!(log.about("panicked").len(), 0);
}

#[actix_web::test]
async fn sel_08_a_global_action_ignores_the_selection() {
    let agent = Agent::local(actions![actions::recount]).await;
    let app = agent.serve().await;
    for attributes in [
        json!({}),
        json!({"ids": []}),
        json!({"ids": null}),
        json!({"ids": ["1", "2"]}),
        json!({"ids": ["1"], "all_records": true, "all_records_subset_query": {"search": "x"}}),
        json!({"all_records": true, "all_records_ids_excluded": ["3"]}),
    ] {
        let answer = Call::post("/forest/actions/recount")
            .attributes(attributes.clone())
            .send(&app)
            .await;
        assert_eq!(answer.success(), "0 ids", "{attributes}");
    }
}

#[actix_web::test]
async fn a_single_action_takes_exactly_one_record() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for ids in [vec![], vec!["1", "2"]] {
        let answer = Call::post(MARK_AS_LIVE).ids(ids).send(&app).await;
        assert!(answer.detail(400).contains("exactly one record"));
    }
    let all = Call::post(MARK_AS_LIVE)
        .attributes(json!({"ids": ["1"], "all_records": true}))
        .send(&app)
        .await;
    assert!(all.detail(400).contains("select all"));
    assert_eq!(agent.runs.count(), 0);
    // the same record twice is one record
    assert_eq!(Call::post(MARK_AS_LIVE).ids(["1", "1"]).send(&app).await.status(), 200);
}

#[actix_web::test]
async fn a_bulk_action_gets_each_record_once_in_the_order_of_the_request() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let sent: Vec<Value> = vec![json!("3"), json!(1), json!("2"), json!(3), json!("1"), json!("03")];
    assert_eq!(
        Call::post("/forest/actions/archive")
            .ids(sent)
            .send(&app)
            .await
            .success(),
        "3,1,2,03"
    );
    let many: Vec<String> = (0..20_000).map(|id| id.to_string()).collect();
    assert_eq!(
        Call::post("/forest/actions/archive")
            .ids(many.clone())
            .send(&app)
            .await
            .success(),
        many.join(",")
    );
}

#[actix_web::test]
async fn a_single_record_handler_rejects_several_records() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let call = |ids: &[&str]| Call::post("/forest/actions/one-of-many").ids(ids.iter().copied());
    assert_eq!(call(&["4"]).send(&app).await.success(), "4");
    assert!(call(&["4", "5"]).send(&app).await.detail(400).contains("2 were sent"));
}

#[actix_web::test]
async fn a_bulk_action_needs_a_record() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for body in [
        json!({"data": {"attributes": {"ids": []}}}),
        json!({"data": {"attributes": {"ids": [], "all_records": false, "all_records_ids_excluded": ["1"]}}}),
        json!({"data": []}),
        json!({"recordIds": []}),
        json!({"ids": []}),
    ] {
        let answer = Call::post("/forest/actions/archive").json(&body).send(&app).await;
        assert_eq!(answer.detail(400), "Select at least one record.", "{body}");
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn select_all_without_a_record_source_is_rejected() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for attributes in [
        json!({"ids": ["1", "2"], "all_records": true, "all_records_subset_query": {"page[size]": 15}}),
        json!({"ids": [], "all_records": true, "all_records_ids_excluded": ["1"]}),
        json!({"all_records": true}),
    ] {
        let answer = Call::post("/forest/actions/archive")
            .attributes(attributes)
            .send(&app)
            .await;
        assert!(answer.detail(422).contains("record source"));
    }
    assert_eq!(agent.runs.count(), 0);
    // excluded ids are ignored without "select all"
    let excluded = json!({"ids": ["1", "2"], "all_records": false, "all_records_ids_excluded": ["1"]});
    assert_eq!(
        Call::post("/forest/actions/archive")
            .attributes(excluded)
            .send(&app)
            .await
            .success(),
        "1,2"
    );
}

#[actix_web::test]
async fn the_parent_requires_all_its_attributes() {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    let with = |parent: Value| {
        let mut attributes = json!({"ids": ["1"]});
        attributes
            .as_object_mut()
            .unwrap()
            .extend(parent.as_object().unwrap().clone());
        Call::post("/forest/actions/where-from").attributes(attributes)
    };
    let whole =
        json!({"parent_collection_name": "accounts", "parent_collection_id": 5, "parent_association_name": "lines"});
    assert_eq!(with(whole).send(&app).await.success(), "1 of accounts 5 lines");
    let none = json!({"parent_collection_name": null, "parent_collection_id": null, "parent_association_name": null});
    assert_eq!(with(none).send(&app).await.success(), "1 of nothing");
    // half a parent must not turn a related list into the whole collection
    let half = json!({"all_records": true, "parent_collection_name": "accounts", "parent_collection_id": "5"});
    assert!(
        with(half)
            .send(&app)
            .await
            .detail(400)
            .contains("parent_association_name")
    );
}
