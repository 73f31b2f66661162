//! Record documents: lists, records, related records, counts and filter capabilities.

use actix_web::{App, test, web};
use serde_json::{Value, json};

use crate::support::shop::{ALICE, ODD_IDS, agent, ask, filters, ids};
use crate::support::{Call, OFFICIAL};

#[actix_web::test]
async fn a_list_is_a_json_api_document() {
    let agent = agent().await;
    let app = agent.serve().await;
    let url = "/forest/transactions?timezone=Europe/Paris&fields[transactions]=id,label,amount,customer,emitter\
               &fields[customer]=first_name&fields[emitter]=name&page[number]=1&page[size]=2&sort=id&searchExtended=false";
    let answer = ask(&app, url).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL));
    let link = |id: &str, relation: &str| json!({"related": {"href": format!("/forest/transactions/{id}/relationships/{relation}")}});
    let emitter = |id: &str| json!({"data": {"type": "companies", "id": "1"}, "links": link(id, "emitter")});
    assert_eq!(
        answer.json(),
        json!({
            "data": [
                {
                    "type": "transactions", "id": "1",
                    "attributes": {"id": 1, "label": "Invoice 001", "amount": 10},
                    "relationships": {
                        "customer": {"data": {"type": "customers", "id": ALICE}, "links": link("1", "customer")},
                        "emitter": emitter("1"),
                    }
                },
                {
                    "type": "transactions", "id": "2",
                    "attributes": {"id": 2, "label": "=1+1", "amount": 0},
                    "relationships": {
                        "customer": {"data": null, "links": link("2", "customer")},
                        "emitter": emitter("2"),
                    }
                }
            ],
            "included": [
                {"type": "customers", "id": ALICE, "attributes": {"id": ALICE, "first_name": "Alice"}},
                {"type": "companies", "id": "1", "attributes": {"id": 1, "name": "Acme Corp"}}
            ]
        })
    );
}

#[actix_web::test]
async fn pages_sort_orders_and_counts_are_consistent() {
    let agent = agent().await;
    let app = agent.serve().await;
    let last = ask(&app, "/forest/transactions?sort=-id&page[number]=2&page[size]=2").await;
    assert_eq!(ids(&last), ["1"]);
    assert_eq!(ids(&ask(&app, "/forest/transactions").await), ["1", "2", "3"]);
    let beyond = ask(
        &app,
        "/forest/transactions?page[number]=99999999999999999999&page[size]=1000",
    )
    .await;
    assert_eq!(beyond.json(), json!({"data": []}));
    let count = ask(
        &app,
        "/forest/transactions/count?page[number]=2&page[size]=2&timezone=UTC",
    )
    .await;
    assert_eq!(count.json(), json!({"count": 3}));
    let deactivated = ask(&app, "/forest/documents/count").await;
    assert_eq!(deactivated.json(), json!({"meta": {"count": "deactivated"}}));
}

#[actix_web::test]
async fn sel_01_lists_counts_and_exports_have_the_same_records() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (query, expected) in [
        (filters("amount", "greater_than", json!(5)), vec!["1", "3"]),
        (filters("customer:first_name", "equal", json!("Bob")), vec!["3"]),
        ("search=invoice".to_owned(), vec!["1", "3"]),
        ("search=alice&searchExtended=1".to_owned(), vec!["1"]),
        ("search=alice&searchExtended=0".to_owned(), vec![]),
        ("segment=Large".to_owned(), vec!["3"]),
        (
            format!("segment=Large&search=001&{}", filters("id", "present", Value::Null)),
            vec![],
        ),
    ] {
        let list = ask(&app, format!("/forest/transactions?{query}")).await;
        assert_eq!(ids(&list), expected, "{query}");
        let count = ask(&app, format!("/forest/transactions/count?{query}")).await;
        assert_eq!(count.json(), json!({"count": expected.len()}), "{query}");
        let csv = ask(
            &app,
            format!("/forest/transactions.csv?{query}&fields[transactions]=id&header=x"),
        )
        .await;
        let lines: Vec<&str> = csv.text().lines().skip(1).collect();
        assert_eq!(lines, expected, "{query}");
    }
}

#[actix_web::test]
async fn a_search_is_highlighted() {
    let agent = agent().await;
    let app = agent.serve().await;
    let found = ask(&app, "/forest/transactions?search=INVOICE").await.json();
    assert_eq!(
        found["meta"],
        json!({"decorators": {"0": {"id": 1, "search": ["label"]}, "1": {"id": 3, "search": ["label"]}}})
    );
    // without displayed matches there is nothing to highlight
    let hidden = ask(&app, "/forest/transactions?search=INVOICE&fields[transactions]=amount")
        .await
        .json();
    assert!(hidden.get("meta").is_none(), "{hidden}");
    let related = ask(&app, "/forest/companies/1/relationships/emitted?search=invoice")
        .await
        .json();
    assert_eq!(related["meta"]["decorators"]["0"]["search"], json!(["label"]));
}

#[actix_web::test]
async fn one_record_is_complete_and_a_missing_one_is_404() {
    let agent = agent().await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/transactions/3?fields[transactions]=id").await.json();
    assert_eq!(
        answer["data"]["attributes"],
        json!({
            "id": 3, "label": "Invoice, \"003\"", "amount": 30, "is_paid": false,
            "created_at": "2024-05-15T22:30:00.000Z", "due_on": "2024-05-15"
        })
    );
    assert_eq!(answer["included"].as_array().unwrap().len(), 2);
    assert!(!answer.to_string().contains("classified"), "{answer}");
    let missing = ask(&app, "/forest/transactions/999").await;
    assert_eq!(missing.detail(404), "The transactions #999 does not exist.");
    assert_eq!(missing.name(), "NotFoundError");
    assert_eq!(missing.header("access-control-allow-origin"), Some(OFFICIAL));
    for id in ["abc", "1.0", "1%20OR%201=1", "%F0%9F%8D%BA"] {
        let bad = ask(&app, format!("/forest/transactions/{id}")).await;
        assert!(bad.detail(400).contains("transactions"), "{bad:?}");
    }
    ask(&app, "/forest/transactions/%FF").await.detail(400);
    ask(&app, "/forest/transactions/1%00").await.detail(400);
}

#[actix_web::test]
async fn sel_06_record_links_resolve_for_any_id() {
    let agent = agent().await;
    let app = agent.serve().await;
    let list = ask(&app, "/forest/documents?page[number]=1&page[size]=50").await.json();
    let data = list["data"].as_array().unwrap();
    assert_eq!(data.len(), ODD_IDS.len());
    for object in data {
        let href = object["relationships"]["notes"]["links"]["related"]["href"]
            .as_str()
            .unwrap();
        let one = ask(&app, href.strip_suffix("/relationships/notes").unwrap())
            .await
            .json();
        assert_eq!(one["data"]["id"], object["id"]);
        assert_eq!(one["data"]["attributes"], object["attributes"]);
        let notes = ask(&app, href).await;
        assert_eq!(ids(&notes), [object["attributes"]["version"].to_string()]);
        let count = ask(&app, format!("{href}/count")).await;
        assert_eq!(count.json(), json!({"count": 1}));
        // as clients escape it that are more thorough
        let id = object["id"].as_str().unwrap();
        let path: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let again = ask(&app, format!("/forest/documents/{path}")).await.json();
        assert_eq!(again["data"]["id"], object["id"]);
    }
}

#[actix_web::test]
async fn related_records_belong_to_the_parent() {
    let agent = agent().await;
    let app = agent.serve().await;
    let base = "/forest/companies/1/relationships/emitted";
    assert_eq!(ids(&ask(&app, base).await), ["1", "2"]);
    assert_eq!(ask(&app, format!("{base}/count")).await.json(), json!({"count": 2}));
    let csv = ask(
        &app,
        format!("{base}.csv?fields[transactions]=id,emitter&header=%5B%22a%22,%22b%22%5D"),
    )
    .await;
    assert_eq!(csv.text(), "a,b\n1,1\n2,1\n");
    let sorted = ask(&app, format!("{base}?sort=-id&page[number]=1&page[size]=1")).await;
    assert_eq!(ids(&sorted), ["2"]);
    let filtered = ask(&app, format!("{base}?{}", filters("amount", "equal", json!(10)))).await;
    assert_eq!(ids(&filtered), ["1"]);
    let nobody = "/forest/companies/999/relationships/emitted";
    assert_eq!(ask(&app, nobody).await.json(), json!({"data": []}));
    assert_eq!(ask(&app, format!("{nobody}/count")).await.json(), json!({"count": 0}));
    // a relation to one record is not a list, nor is an unknown one
    for path in [
        "transactions/1/relationships/customer",
        "companies/1/relationships/nope",
        "companies/1/relationships/nope.csv",
    ] {
        let refused = ask(&app, format!("/forest/{path}")).await;
        assert!(refused.detail(404).contains("relation"), "{refused:?}");
    }
    ask(&app, "/forest/companies/x/relationships/emitted").await.detail(400);
}

#[actix_web::test]
async fn rte_05_records_are_served_below_a_host_prefix() {
    let agent = agent().await;
    let scope = web::scope("/back office").configure(agent.forest.routes());
    let app = test::init_service(App::new().service(scope)).await;
    for path in [
        "/back%20office/forest/documents/a%2Fb%7C0",
        "/back%20office/forest//documents/a%2Fb|0/",
        "/back%20office/f%6Frest/documents/a%2fb%7c0",
    ] {
        let answer = ask(&app, path).await;
        assert_eq!(
            answer.json()["data"]["attributes"],
            json!({"path": "a/b", "version": 0}),
            "{path}"
        );
    }
    let app = agent.serve().await;
    assert_eq!(ids(&ask(&app, "//forest/companies").await), ["1", "2"]);
}

#[actix_web::test]
async fn actions_and_record_routes_coexist() {
    let agent = agent().await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/mark-as-live").send(&app).await;
    assert_eq!(answer.success(), "Company 1 is now live!");
    assert_eq!(ask(&app, "/forest").await.status(), 200);
}

#[actix_web::test]
async fn capabilities_list_the_filter_operators() {
    let agent = agent().await;
    let app = agent.serve().await;
    let call = Call::post("/forest/_internal/capabilities").json(&json!({"collectionNames": ["companies"]}));
    let answer = call.send(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let collection = &answer.json()["collections"][0];
    assert_eq!(collection["name"], "companies");
    let fields = collection["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 2, "{fields:?}");
    assert_eq!(fields[1]["name"], "name");
    assert_eq!(fields[1]["type"], "String");
    let operators = fields[1]["operators"].as_array().unwrap();
    for operator in ["equal", "present", "blank", "contains", "starts_with", "in"] {
        assert!(operators.contains(&json!(operator)), "{operator}: {operators:?}");
    }
    let unknown = call
        .clone()
        .json(&json!({"collectionNames": ["orders"]}))
        .send(&app)
        .await;
    assert!(unknown.detail(404).contains("orders"));
    call.clone().without("authorization").send(&app).await.detail(401);
    call.clone()
        .header("content-type", "text/plain")
        .send(&app)
        .await
        .detail(415);
    call.body("[").send(&app).await.detail(400);
    ask(&app, "/forest/_internal/capabilities").await.detail(405);
}
