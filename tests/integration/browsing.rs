//! The browsing routes over HTTP: what the back office shows is what its actions act on, and nothing else is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, test, web};
use forest_actions::records::{
    CollectionModel, FieldModel, Filter, Key, MemoryRecords, Operator, Page, Record, RecordError, RecordQuery,
    RecordSource, RelationModel, SourceFuture, ValueType,
};
use forest_actions::{ForestBuilder, LocalRole};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{Agent, Answer, Call, Log, OFFICIAL, TestService, companies, token};

const ALICE: &str = "c0000000-0000-4000-8000-000000000001";
const BOB: &str = "c0000000-0000-4000-8000-000000000002";

fn field(name: &str, value_type: ValueType) -> FieldModel {
    FieldModel::new(name, value_type)
}

fn foreign_key(name: &str, value_type: ValueType) -> FieldModel {
    let mut field = FieldModel::new(name, value_type);
    field.is_foreign_key = true;
    field
}

fn hidden(name: &str) -> FieldModel {
    let mut field = FieldModel::new(name, ValueType::Text);
    field.is_hidden = true;
    field
}

/// Companies, their transactions, the customers of these, and documents with ids of any kind.
fn records() -> MemoryRecords {
    let companies = CollectionModel::new("companies")
        .field(field("id", ValueType::Integer))
        .field(field("name", ValueType::Text))
        .field(hidden("secret"))
        .key(["id"])
        .relation(RelationModel::has_many("emitted", "transactions", "id", "emitter_id"));
    let customers = CollectionModel::new("customers")
        .field(field("id", ValueType::Uuid))
        .field(field("first_name", ValueType::Text))
        .field(field("country", ValueType::Text))
        .key(["id"])
        .relation(RelationModel::has_many(
            "purchases",
            "transactions",
            "id",
            "customer_id",
        ));
    let transactions = CollectionModel::new("transactions")
        .field(field("id", ValueType::Integer))
        .field(field("label", ValueType::Text))
        .field(field("amount", ValueType::Integer))
        .field(field("is_paid", ValueType::Boolean))
        .field(field("created_at", ValueType::Instant))
        .field(field("due_on", ValueType::Day))
        .field(foreign_key("customer_id", ValueType::Uuid))
        .field(foreign_key("emitter_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("customer", "customers", "customer_id", "id"))
        .relation(RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"))
        .segment("Large", Filter::leaf("amount", Operator::GreaterThanOrEqual, 20));
    let documents = CollectionModel::new("documents")
        .field(field("path", ValueType::Text))
        .field(field("version", ValueType::Integer))
        .key(["path", "version"])
        .relation(RelationModel::has_many("notes", "notes", "version", "document_version"))
        .countable(false);
    let notes = CollectionModel::new("notes")
        .field(field("id", ValueType::Integer))
        .field(foreign_key("document_version", ValueType::Integer))
        .key(["id"]);
    let row = |id: i64, label: &str, amount: i64, customer: Option<&str>, emitter: i64| {
        json!({
            "id": id, "label": label, "amount": amount, "is_paid": amount == 0, "created_at": "2024-05-15T22:30:00Z",
            "due_on": "2024-05-15", "customer_id": customer, "emitter_id": emitter,
        })
    };
    MemoryRecords::new()
        .collection(
            companies,
            vec![
                json!({"id": 1, "name": "Acme Corp", "secret": "classified"}),
                json!({"id": 2, "name": "Globex", "secret": "classified"}),
            ],
        )
        .collection(
            customers,
            vec![
                json!({"id": ALICE, "first_name": "Alice", "country": "UK"}),
                json!({"id": BOB, "first_name": "Bob", "country": "FR"}),
            ],
        )
        .collection(
            transactions,
            vec![
                row(1, "Invoice 001", 10, Some(ALICE), 1),
                row(2, "=1+1", 0, None, 1),
                row(3, "Invoice, \"003\"", 30, Some(BOB), 2),
            ],
        )
        .collection(
            documents,
            ODD_IDS
                .iter()
                .enumerate()
                .map(|(version, path)| json!({"path": path, "version": version}))
                .collect(),
        )
        .collection(
            notes,
            (0..ODD_IDS.len())
                .map(|version| json!({"id": version, "document_version": version}))
                .collect(),
        )
}

const ODD_IDS: [&str; 9] = [
    "a/b",
    "a b+c",
    "a|b",
    "50% é 🍺",
    "%2F",
    "?x=1#y",
    "[\"x\"]",
    "count",
    "x.csv",
];

async fn agent() -> Agent {
    Agent::with(|builder| builder.actions(companies()).records(records())).await
}

async fn agent_with_role(role: LocalRole) -> Agent {
    let settings = |builder: ForestBuilder| builder.actions(companies()).records(records()).local_role(role);
    Agent::with(settings).await
}

/// A question as the UI asks it: no body, and no media type of one.
fn get(uri: impl Into<String>) -> Call {
    Call::bare("GET", uri)
        .header("authorization", format!("Bearer {}", token()))
        .header("origin", OFFICIAL)
}

async fn ask(app: &impl TestService, uri: impl Into<String>) -> Answer {
    get(uri).send(app).await
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let document = answer.json();
    let data = document["data"].as_array().unwrap().iter();
    data.map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

fn filters(field: &str, operator: &str, value: Value) -> String {
    let filter = json!({"field": field, "operator": operator, "value": value}).to_string();
    let encoded: String = url_encoded(&filter);
    format!("filters={encoded}")
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[actix_web::test]
async fn a_list_is_the_document_that_the_back_office_reads() {
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
async fn pages_orders_and_counts_agree() {
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
    // the page does not show why a record was found, so there is nothing to highlight
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
async fn one_record_is_complete_and_a_missing_one_is_named() {
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
async fn sel_06_records_are_found_by_their_own_links_whatever_their_id() {
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
        let path = url_encoded(object["id"].as_str().unwrap());
        let again = ask(&app, format!("/forest/documents/{path}")).await.json();
        assert_eq!(again["data"]["id"], object["id"]);
    }
}

#[actix_web::test]
async fn related_records_are_those_of_the_parent() {
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
    // a relation to one record is no list, and one that does not exist neither
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
async fn an_export_is_a_file_for_a_spreadsheet() {
    let agent = agent().await;
    let app = agent.serve().await;
    let fields = "fields[transactions]=id,label,amount,is_paid,created_at,due_on,customer&fields[customer]=first_name";
    let header = url_encoded(r#"["Id","The label","Amount","Paid","At","Due","Customer"]"#);
    let url = format!("/forest/transactions.csv?{fields}&header={header}&filename=my%20sales&timezone=Europe/Paris");
    let answer = get(&url).header("accept", "text/csv").send(&app).await;
    assert_eq!(
        answer.text(),
        "Id,The label,Amount,Paid,At,Due,Customer\n\
         1,Invoice 001,10,false,2024-05-16T00:30:00+02:00,2024-05-15,Alice\n\
         2,'=1+1,0,true,2024-05-16T00:30:00+02:00,2024-05-15,\n\
         3,\"Invoice, \"\"003\"\"\",30,false,2024-05-16T00:30:00+02:00,2024-05-15,Bob\n"
    );
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"my sales.csv\"")
    );
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(
        answer
            .header("last-modified")
            .is_some_and(|moment| moment.ends_with(" GMT"))
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("Content-Disposition")
    );
    let hostile = ask(&app, "/forest/transactions.csv?filename=..%2F%0D%0AX-Evil:%201").await;
    assert_eq!(
        hostile.header("content-disposition"),
        Some("attachment; filename=\"..___X-Evil: 1.csv\"")
    );
    assert_eq!(hostile.header("x-evil"), None);
}

#[actix_web::test]
async fn an_export_follows_a_plain_link_with_the_session_cookie() {
    let agent = agent().await;
    let app = agent.serve().await;
    let cookie = format!("other=1; forest_session_token={}", token());
    let link = Call::bare("GET", "/forest/transactions.csv?fields[transactions]=id").header("cookie", &cookie);
    assert_eq!(link.send(&app).await.text(), "id\n1\n2\n3\n");
    let foreign = link.header("origin", "https://evil.example");
    foreign.send(&app).await.detail(401);
}

#[actix_web::test]
async fn aut_09_nobody_browses_without_a_session() {
    let agent = agent().await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
        "transactions/abc",
        "companies/1/relationships/emitted",
        "companies/1/relationships/nope",
    ] {
        let refused = Call::bare("GET", format!("/forest/{path}")).header("origin", OFFICIAL);
        let refused = refused.send(&app).await;
        assert_eq!(
            refused.detail(401),
            "Forest cannot authenticate the user for this request.",
            "{path}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), Some(OFFICIAL));
    }
}

#[actix_web::test]
async fn per_13_a_scope_hides_records_on_every_route() {
    let scope = Filter::leaf("country", Operator::Equal, "{{currentUser.tags.country}}");
    let role = LocalRole::new("Admin")
        .scope("customers", scope)
        .scope("transactions", Filter::leaf("amount", Operator::GreaterThan, 5));
    let agent = agent_with_role(role).await;
    let app = agent.serve().await;
    // the user of these tests is tagged `country: UK`
    assert_eq!(ids(&ask(&app, "/forest/customers").await), [ALICE]);
    assert_eq!(ask(&app, "/forest/customers/count").await.json(), json!({"count": 1}));
    let csv = ask(&app, "/forest/customers.csv?fields[customers]=first_name").await;
    assert_eq!(csv.text(), "first_name\nAlice\n");
    assert_eq!(ask(&app, format!("/forest/customers/{ALICE}")).await.status(), 200);
    let gone = ask(&app, format!("/forest/customers/{BOB}")).await;
    assert_eq!(gone.detail(404), format!("The customers #{BOB} does not exist."));
    // the scope of the related collection
    assert_eq!(
        ids(&ask(&app, "/forest/companies/1/relationships/emitted").await),
        ["1"]
    );
    let count = ask(&app, "/forest/companies/1/relationships/emitted/count").await;
    assert_eq!(count.json(), json!({"count": 1}));
    // nothing in a request takes a scope away
    let any = filters("country", "present", Value::Null);
    assert_eq!(
        ids(&ask(&app, format!("/forest/customers?{any}&scope=false")).await),
        [ALICE]
    );
}

#[actix_web::test]
async fn per_16_a_scope_that_cannot_be_applied_shows_nothing() {
    let scope = Filter::leaf("country", Operator::Equal, "{{currentUser.tags.nope}}");
    let agent = agent_with_role(LocalRole::new("Admin").scope("customers", scope)).await;
    let app = agent.serve().await;
    for path in [
        "customers".to_owned(),
        "customers/count".to_owned(),
        "customers.csv".to_owned(),
        format!("customers/{ALICE}"),
    ] {
        let refused = ask(&app, format!("/forest/{path}")).await;
        assert!(refused.detail(403).contains("nope"), "{refused:?}");
    }
}

#[actix_web::test]
async fn per_02_a_collection_that_may_not_be_browsed_is_refused_on_every_route() {
    let agent = agent_with_role(LocalRole::new("Admin").deny_browsing("transactions")).await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
    ] {
        ask(&app, format!("/forest/{path}")).await.detail(403);
    }
    // for somebody who may not know of the records, the relation is not there
    for path in ["emitted", "emitted/count", "emitted.csv"] {
        let path = format!("/forest/companies/1/relationships/{path}");
        ask(&app, path).await.detail(404);
    }
    assert_eq!(ask(&app, "/forest/companies").await.status(), 200);
}

#[actix_web::test]
async fn per_02_a_connected_agent_shows_nothing_while_rights_are_unknown() {
    let connect = |builder: ForestBuilder| {
        builder
            .env_secret(crate::support::ENV_SECRET)
            .environment(forest_actions::Environment::Development)
            .actions(companies())
            .records(records())
    };
    let agent = Agent::with(connect).await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
    ] {
        ask(&app, format!("/forest/{path}")).await.detail(403);
    }
}

#[actix_web::test]
async fn records_are_not_written_here_and_the_refusal_says_by_what() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (method, path) in [
        ("POST", "transactions"),
        ("PUT", "transactions/1"),
        ("DELETE", "transactions/1"),
        ("DELETE", "transactions"),
        ("POST", "companies/1/relationships/emitted"),
        ("DELETE", "companies/1/relationships/emitted?delete=true"),
    ] {
        let refused = get(format!("/forest/{path}")).method(method).send(&app).await;
        assert!(refused.detail(405).contains("actions"), "{refused:?}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(refused.header("access-control-allow-origin"), Some(OFFICIAL));
    }
    assert_eq!(ids(&ask(&app, "/forest/transactions").await), ["1", "2", "3"]);
}

#[actix_web::test]
async fn bad_parameters_are_refused_by_name() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (query, status, word) in [
        ("page[number]=1&page[size]=1001".to_owned(), 400, "page[size]"),
        ("sort=nope".to_owned(), 400, "nope"),
        ("sort=secret%27;--".to_owned(), 400, "secret"),
        ("timezone=Mars/Base".to_owned(), 400, "Mars/Base"),
        ("segment=Nope".to_owned(), 400, "Nope"),
        ("filters=%7B".to_owned(), 422, "JSON"),
        (filters("nope", "equal", json!(1)), 400, "nope"),
        (filters("id", "resembles", json!(1)), 422, "operator"),
        (format!("search={}", "x".repeat(40_000)), 400, "query string"),
    ] {
        for path in ["transactions", "transactions.csv", "companies/1/relationships/emitted"] {
            let is_order = query.starts_with("sort") || query.starts_with("page");
            if is_order && path.ends_with(".csv") && !query.contains("1001") {
                // an export has an order of its own
                continue;
            }
            let refused = ask(&app, format!("/forest/{path}?{query}")).await;
            assert!(refused.detail(status).contains(word), "{query}: {refused:?}");
        }
    }
}

#[actix_web::test]
async fn rte_03_paths_that_lead_to_no_collection_are_not_found() {
    let agent = agent().await;
    let app = agent.serve().await;
    for path in [
        "orders",
        "orders/1",
        "orders.csv",
        "actions/nope",
        "transactions/1/2",
        "Transactions",
    ] {
        let missing = ask(&app, format!("/forest/{path}")).await;
        assert!(
            missing.detail(404).starts_with("nothing is served at GET"),
            "{missing:?}"
        );
    }
    // without a record source there is nothing to browse
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    ask(&app, "/forest/companies").await.detail(404);
    get("/forest/companies/1").method("DELETE").send(&app).await.detail(404);
}

#[actix_web::test]
async fn actions_go_on_beside_the_records() {
    let agent = agent().await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/mark-as-live").send(&app).await;
    assert_eq!(answer.success(), "Company 1 is now live!");
    assert_eq!(ask(&app, "/forest").await.status(), 200);
}

#[actix_web::test]
async fn rte_05_records_are_found_below_the_host_s_own_prefix() {
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
async fn capabilities_tell_what_can_be_filtered() {
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

#[actix_web::test]
async fn res_07_each_request_is_logged_without_what_it_asked_for() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (path, status, route, level) in [
        (
            "transactions?search=topsecret",
            "200",
            "/forest/:collection",
            Level::INFO,
        ),
        ("transactions/987654", "404", "/forest/:collection/:id", Level::WARN),
        ("transactions/topsecret", "400", "/forest/:collection/:id", Level::WARN),
        (
            "transactions.csv?filename=topsecret",
            "200",
            "/forest/:collection.csv",
            Level::INFO,
        ),
        (
            "transactions/1/relationships/topsecret",
            "404",
            "/forest/:collection/:id/relationships/:relation",
            Level::WARN,
        ),
    ] {
        let log = Log::capture();
        ask(&app, format!("/forest/{path}")).await;
        let line = log.end();
        assert_eq!(line.get("status"), status, "{path}");
        assert_eq!(line.get("route"), route);
        assert_eq!(line.get("collection"), "transactions");
        assert_eq!(line.get("caller"), "172");
        assert_eq!(line.get("method"), "GET");
        assert_eq!(line.level, level);
        assert!(!line.get("duration_us").is_empty());
        assert_eq!(line.get("error").is_empty(), status == "200", "{line:?}");
        let text = log.text();
        assert!(!text.contains("topsecret") && !text.contains("987654"), "{text}");
    }
}

/// A source of one large collection that counts how often it is read, and fails or panics when it is told to.
#[derive(Clone)]
struct Large {
    size: i64,
    fault: Option<&'static str>,
    reads: Arc<AtomicUsize>,
}

impl Large {
    fn new(size: i64, fault: Option<&'static str>) -> Self {
        Self {
            size,
            fault,
            reads: Arc::default(),
        }
    }

    async fn agent(&self) -> Agent {
        Agent::with(|builder| builder.actions(companies()).records(self.clone())).await
    }
}

impl RecordSource for Large {
    fn collections(&self) -> Vec<CollectionModel> {
        let id = field("id", ValueType::Integer);
        vec![
            CollectionModel::new("companies").field(id.clone()).key(["id"]),
            CollectionModel::new("rows").field(id).key(["id"]),
        ]
    }

    fn count<'a>(&'a self, _: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async { Ok(self.size.unsigned_abs()) })
    }

    fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn records<'a>(&'a self, _: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            self.reads.fetch_add(1, Ordering::SeqCst);
            match self.fault {
                Some("panic") => panic!("the source fell over"),
                Some(told) => return Err(RecordError::unsupported(told)),
                None => {}
            }
            let after = page.after.as_ref().map_or(0, |key| key.to_string().parse().unwrap());
            let limit = i64::try_from(page.limit).unwrap();
            let row = |id: i64| {
                let attributes = json!({ "id": id }).as_object().unwrap().clone();
                Record::new(Key::one(id), attributes)
            };
            Ok((after + 1..=self.size.min(after + limit)).map(row).collect())
        })
    }
}

#[actix_web::test]
async fn a_large_export_is_read_in_batches_and_complete() {
    let source = Large::new(12_345, None);
    let agent = source.agent().await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/rows.csv?sort=-id").await;
    let lines: Vec<&str> = answer.text().lines().collect();
    assert_eq!(lines.len(), 12_346);
    assert_eq!(lines.last(), Some(&"12345"));
    assert_eq!(source.reads.load(Ordering::SeqCst), 13);
}

#[actix_web::test]
async fn res_05_a_source_that_fails_costs_one_answer() {
    let panics = Large::new(1, Some("panic"));
    let agent = panics.agent().await;
    let app = agent.serve().await;
    let log = Log::capture();
    for path in ["rows", "rows/1", "rows.csv"] {
        let answer = ask(&app, format!("/forest/{path}")).await;
        assert!(answer.detail(500).starts_with("Unexpected error."), "{answer:?}");
    }
    assert!(log.text().contains("the source fell over"));
    drop(log);
    let refuses = Large::new(1, Some("This store has no such comparison"));
    let agent = refuses.agent().await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/rows").await;
    assert_eq!(answer.detail(422), "This store has no such comparison");
}
