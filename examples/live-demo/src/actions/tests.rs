//! The actions through the whole pipeline: request in, answer out, rows changed. Over HTTP, in memory, as the browser
//! would; how forms open and change is in `form_tests.rs`.

use actix_web::http::{StatusCode, header};
use actix_web::{App, test as http, web};
use forest_actions::Forest;
use serde_json::{Value, json};

use crate::collections;
use crate::database::{Database, testing, without_rows};
use crate::impersonations::Impersonations;
use crate::runs::kept;
use crate::settings::{declared, with_records};

/// The demo with a database of its own.
pub(super) struct Demo {
    pub(super) db: web::Data<Database>,
    forest: Forest,
}

impl Demo {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = web::Data::new(testing::fresh().await);
        let agent = declared(Forest::builder()).schema_path(directory.path().join("schema.json"));
        let agent = with_records(agent, collections::records(db.engine()).await.unwrap(), "sqlite");
        let agent = kept(agent, db.engine()).await.unwrap();
        Self {
            db,
            forest: agent.start().await.unwrap(),
        }
    }

    /// Sends a request below `/forest/actions/` as a user and gives status, headers and body.
    async fn send(&self, user: u64, path: &str, attributes: Value) -> (StatusCode, header::HeaderMap, web::Bytes) {
        let application = web::Data::new(Impersonations::default());
        let app = App::new().app_data(self.db.clone()).app_data(application);
        let app = http::init_service(app.configure(self.forest.routes())).await;
        let token = self.forest.local_token(user).unwrap();
        let request = http::TestRequest::post()
            .uri(&format!("/forest/actions/{path}?timezone=Europe/Paris"))
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
            .set_json(json!({ "data": { "attributes": attributes } }));
        let response = http::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, http::read_body(response).await)
    }

    /// Runs an action.
    async fn run(
        &self,
        user: u64,
        collection: &str,
        slug: &str,
        ids: &[i64],
        values: Value,
    ) -> (StatusCode, header::HeaderMap, web::Bytes) {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let attributes = json!({ "collection_name": collection, "ids": ids, "values": values });
        self.send(user, slug, attributes).await
    }

    /// Runs an action as Ada, on one record.
    pub(super) async fn json(&self, collection: &str, slug: &str, id: i64, values: Value) -> (u16, Value) {
        let (status, _, body) = self.run(1, collection, slug, &[id], values).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    /// Sends attributes to a path below `/forest/actions/`.
    pub(super) async fn answer(&self, path: &str, attributes: Value) -> (u16, Value) {
        let (status, _, body) = self.send(1, path, attributes).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    /// Opens the form of an action.
    pub(super) async fn load(&self, user: u64, collection: &str, slug: &str, id: i64) -> (u16, Value) {
        let attributes = json!({ "collection_name": collection, "ids": [id.to_string()] });
        let (status, _, body) = self.send(user, &format!("{slug}/hooks/load"), attributes).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    /// Sends a field change to the form of an action.
    pub(super) async fn change(
        &self,
        collection: &str,
        slug: &str,
        id: i64,
        changed: &str,
        fields: &Value,
    ) -> (u16, Value) {
        let attributes = json!({ "collection_name": collection, "ids": [id.to_string()], "changed_field": changed,
                                 "fields": fields });
        let (status, _, body) = self.send(1, &format!("{slug}/hooks/change"), attributes).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    /// Sends what the user has typed so far into a field that searches.
    pub(super) async fn search(
        &self,
        collection: &str,
        slug: &str,
        id: i64,
        field: &str,
        fields: &Value,
    ) -> (u16, Value) {
        let attributes = json!({ "collection_name": collection, "ids": [id.to_string()], "search_field": field,
                                 "fields": fields });
        let (status, _, body) = self.send(1, &format!("{slug}/hooks/search"), attributes).await;
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        testing::count(&self.db, sql).await
    }
}

fn legal_docs() -> Value {
    let file = "data:application/pdf;name=proof%20(1).pdf;base64,JVBERg==";
    json!({
        "Certificate of Incorporation": file,
        "Proof of address": file,
        "Company bank statement": file,
        "Valid proof of ID": file,
    })
}

#[actix_web::test]
async fn a_charge_is_stored_and_returns_html() {
    let demo = Demo::new().await;
    let values = json!({ "amount": 42, "description": "<b>Late</b> fee" });
    let (status, answer) = demo.json("customers", "charge-credit-card", 3, values).await;
    let html = answer.get("html").and_then(Value::as_str).unwrap();
    assert_eq!(status, 200);
    assert!(html.starts_with(r#"<p class="c-clr-1-4 l-mt l-mb">$42.00 USD has been successfully charged.</p>"#));
    assert!(
        html.contains("&lt;b&gt;Late&lt;/b&gt; fee") && html.contains("•••• "),
        "{html}"
    );
    let written = "SELECT count(*) FROM transactions WHERE customer_id = 3 AND amount_cents = 4200 \
                   AND beneficiary_company_id = 1 AND note = '<b>Late</b> fee'";
    assert_eq!(demo.count(written).await, 1);
}

#[actix_web::test]
async fn a_charge_above_the_limit_is_declined_and_not_stored() {
    let demo = Demo::new().await;
    let before = demo.count("SELECT count(*) FROM transactions").await;
    for (amount, needle) in [
        (json!(5000.01), "declined"),
        (json!(0.49), "“amount”: expected a number of at least 0.5, found 0.49"),
        (json!(-1), "at least 0.5"),
        (json!("lots"), "expected an amount such as 42.50, found"),
        (json!(1.005), "two decimals"),
        (Value::Null, "“amount”: a value is required"),
    ] {
        let values = json!({ "amount": amount, "description": "x" });
        let (status, answer) = demo.json("customers", "charge-credit-card", 3, values).await;
        assert_eq!(status, 400, "{amount}");
        assert!(answer.to_string().contains(needle), "{amount}: {answer}");
        assert_eq!(answer.get("html").is_some(), needle == "declined");
    }
    assert_eq!(demo.count("SELECT count(*) FROM transactions").await, before);
}

#[actix_web::test]
async fn support_role_can_send_invoices_but_not_charge() {
    let demo = Demo::new().await;
    let values = json!({ "amount": 1, "description": "x" });
    let (status, ..) = demo
        .run(2, "customers", "charge-credit-card", &[3], values.clone())
        .await;
    assert_eq!(status, 403);
    let (status, ..) = demo.run(3, "customers", "charge-credit-card", &[3], values).await;
    assert_eq!(status, 200);
    let values = json!({ "firstname": "Zoë", "lastname": "Costa", "email": "zoe@example.com", "country": "Portugal",
                         "city": "Porto", "zip code": "4000-322" });
    let (status, ..) = demo.run(2, "customers", "send-invoice", &[3], values).await;
    assert_eq!(status, 200);
}

#[actix_web::test]
async fn legal_documents_are_stored_once_per_kind_and_await_a_review() {
    let demo = Demo::new().await;
    let id = demo
        .count("SELECT id FROM companies WHERE status = 'signed_up' ORDER BY id")
        .await;
    for _ in 0..2 {
        let (status, answer) = demo.json("companies", "upload-legal-docs", id, legal_docs()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer.get("refresh"), Some(&json!({ "relationships": ["documents"] })));
    }
    let stored: Vec<(i64, String, Vec<u8>, String)> =
        sqlx::query_as("SELECT company_id, file_name, content, uploaded_by FROM documents WHERE uploaded_by <> 'seed'")
            .fetch_all(demo.db.pool())
            .await
            .unwrap();
    let expected = (
        id,
        "proof (1).pdf".to_owned(),
        b"%PDF".to_vec(),
        "ada@example.com".to_owned(),
    );
    assert_eq!(stored, [expected.clone(), expected.clone(), expected.clone(), expected]);
    assert!(
        demo.count("SELECT count(*) FROM companies WHERE status = 'pending'")
            .await
            > 0
    );
}

#[actix_web::test]
async fn a_missing_document_is_reported_by_name_and_nothing_is_stored() {
    let demo = Demo::new().await;
    let mut values = legal_docs();
    values.as_object_mut().unwrap().remove("Proof of address");
    let (status, answer) = demo.json("companies", "upload-legal-docs", 2, values).await;
    assert_eq!(status, 400);
    assert!(
        answer.to_string().contains("“Proof of address”: a value is required"),
        "{answer}"
    );
    let stored = demo
        .count("SELECT count(*) FROM documents WHERE uploaded_by <> 'seed'")
        .await;
    assert_eq!(stored, 0);
}

#[actix_web::test]
async fn a_new_transaction_reaches_both_companies() {
    let demo = Demo::new().await;
    // browsers send a chosen record as text, other clients as a number
    for beneficiary in [json!("5"), json!(5)] {
        let values = json!({ "Beneficiary company": beneficiary, "Amount": "10.25", "Note": "  " });
        let (status, answer) = demo.json("companies", "add-new-transaction", 4, values).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            answer.get("refresh"),
            Some(&json!({ "relationships": ["emitted_transactions"] }))
        );
    }
    let written = "SELECT count(*) FROM transactions WHERE emitter_company_id = 4 AND beneficiary_company_id = 5 \
                   AND amount_cents = 1025 AND reference = 'TX-00' || id";
    assert_eq!(demo.count(written).await, 2);
}

#[actix_web::test]
async fn a_transaction_requires_two_existing_companies() {
    let demo = Demo::new().await;
    for (id, beneficiary, status) in [(4, "4", 400), (4, "9999", 404), (9999, "4", 404), (4, "four", 400)] {
        let values = json!({ "Beneficiary company": beneficiary, "Amount": 1 });
        let (answered, answer) = demo.json("companies", "add-new-transaction", id, values).await;
        assert_eq!(answered, status, "{id} to {beneficiary}: {answer}");
    }
}

#[actix_web::test]
async fn responses_have_the_members_read_by_the_browser() {
    let demo = Demo::new().await;
    let (_, answer) = demo.json("companies", "return-and-track", 7, json!({})).await;
    let target = "https://www.royalmail.com/portal/rm/track?trackNumber=RM100000007GB";
    assert_eq!(answer.get("redirectTo"), Some(&json!(target)));
    let (_, answer) = demo.json("companies", "show-some-activity", 7, json!({})).await;
    assert!(
        answer
            .get("redirectTo")
            .and_then(Value::as_str)
            .is_some_and(|path| path.starts_with('/'))
    );
    let (_, answer) = demo.json("users", "impersonate", 7, json!({})).await;
    assert_eq!(answer.pointer("/webhook/method"), Some(&json!("POST")));
    assert_eq!(
        answer.pointer("/webhook/body/asked_by"),
        Some(&json!("ada@example.com"))
    );
    assert!(answer.get("success").is_some() && answer.get("redirectTo").is_some());
    let (status, _, body) = demo.run(1, "companies", "refresh-statistics", &[], json!({})).await;
    assert!(status == 200 && body.starts_with(b"{\"success\":\"The balances of 40 companies"));
}

#[actix_web::test]
async fn downloads_have_file_names() {
    let demo = Demo::new().await;
    let (status, headers, body) = demo.run(1, "customers", "generate-invoice", &[7], json!({})).await;
    assert!(status == 200 && body.starts_with(b"%PDF-"));
    assert_eq!(
        headers.get("content-disposition").unwrap(),
        "attachment; filename=\"invoice-7.pdf\""
    );
    let (status, headers, body) = demo.run(1, "transactions", "export-to-csv", &[9, 3], json!({})).await;
    assert!(status == 200 && body.starts_with(b"id,reference,"));
    assert_eq!(headers.get("content-type").unwrap(), "text/csv; charset=utf-8");
    assert_eq!(String::from_utf8_lossy(&body).lines().count(), 3);
}

/// "Select all" of a list that is filtered, without some of its records.
fn select_all(collection: &str, filters: &Value, excluded: &[&str]) -> Value {
    json!({
        "collection_name": collection,
        "ids": [],
        "all_records": true,
        "all_records_ids_excluded": excluded,
        "all_records_subset_query": { "filters": filters.to_string(), "timezone": "Europe/Paris" },
        "values": {},
    })
}

fn first_cells(body: &web::Bytes) -> Vec<i64> {
    let text = String::from_utf8_lossy(body);
    let ids = text.lines().skip(1).map(|line| line.split(',').next().unwrap());
    ids.map(|id| id.parse().unwrap()).collect()
}

#[actix_web::test]
async fn select_all_exports_the_list_without_excluded_records() {
    let demo = Demo::new().await;
    let filters = json!({ "field": "beneficiary:id", "operator": "equal", "value": 1 });
    let attributes = select_all("transactions", &filters, &["3"]);
    let (status, _, body) = demo.send(1, "export-to-csv", attributes).await;
    assert_eq!(status, 200);
    let expected: Vec<i64> = sqlx::query_scalar(
        "SELECT CAST(id AS bigint) FROM transactions WHERE beneficiary_company_id = 1 AND id <> 3 ORDER BY id",
    )
    .fetch_all(demo.db.pool())
    .await
    .unwrap();
    assert!(!expected.is_empty());
    assert_eq!(first_cells(&body), expected);

    let nothing = json!({ "field": "note", "operator": "equal", "value": "no such note" });
    let (status, ..) = demo
        .send(1, "export-to-csv", select_all("transactions", &nothing, &[]))
        .await;
    assert_eq!(status, 400);
}

#[actix_web::test]
async fn thousands_of_companies_are_exported_without_duplicates() {
    let demo = Demo::new().await;
    demo.db.grow_to(2_500).await.unwrap();
    let filters = json!({ "field": "status", "operator": "equal", "value": "live" });
    let (status, headers, body) = demo
        .send(1, "export-companies", select_all("companies", &filters, &["1"]))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        headers.get("content-disposition").unwrap(),
        "attachment; filename=\"companies.csv\""
    );
    let expected: Vec<i64> =
        sqlx::query_scalar("SELECT CAST(id AS bigint) FROM companies WHERE status = 'live' AND id <> 1 ORDER BY id")
            .fetch_all(demo.db.pool())
            .await
            .unwrap();
    assert_eq!(first_cells(&body), expected);
    let line = String::from_utf8_lossy(&body).lines().nth(1).unwrap().to_owned();
    assert!(line.starts_with("3,") && line.ends_with(".000Z"), "{line}");

    let (_, _, body) = demo.run(1, "companies", "export-companies", &[4, 2], json!({})).await;
    assert_eq!(first_cells(&body).len(), 2);
}

#[actix_web::test]
async fn the_schema_lists_every_action_with_its_form() {
    let engine = without_rows().await.unwrap();
    let records = collections::records(&engine).await.unwrap();
    let agent = with_records(declared(Forest::builder()), records, "sqlite");
    let schema = kept(agent, &engine).await.unwrap().schema().unwrap();
    for (collection, action, fields) in [
        ("companies", "Mark as Live", 0),
        ("companies", "Upload Legal Docs", 4),
        ("companies", "Add new transaction", 3),
        ("companies", "Return and track", 0),
        ("companies", "Show some activity", 0),
        ("companies", "Refresh statistics", 0),
        ("companies", "Export companies", 0),
        ("companies", "Import companies", 1),
        ("companies", "Recalculate balances", 0),
        ("customers", "Charge credit card", 3),
        ("customers", "Generate invoice", 0),
        ("customers", "Send invoice", 7),
        ("customers", "Send reminder", 0),
        ("transactions", "Export to CSV", 0),
        ("transactions", "Refund", 0),
        ("users", "Reset password", 0),
        ("users", "Impersonate", 0),
    ] {
        let found = schema
            .find_action(collection, action)
            .unwrap_or_else(|| panic!("{collection}/{action}"));
        assert_eq!(found.fields().len(), fields, "{action}");
    }
    assert!(
        schema
            .find_action("customers", "Generate invoice")
            .unwrap()
            .is_download()
    );
    // five of the shop, and the runs with their records
    assert_eq!(schema.collections().len(), 7);
}
