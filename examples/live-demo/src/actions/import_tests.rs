//! "Import companies" through the whole pipeline.

use forest_actions::FormFile;
use serde_json::{Value, json};

use super::tests::Demo;
use crate::database::testing::count;

async fn import(demo: &Demo, content: impl AsRef<[u8]>) -> (u16, Value) {
    let file = FormFile::new("companies.csv", "text/csv", content).to_data_uri();
    let attributes = json!({ "collection_name": "companies", "ids": [], "values": { "File": file } });
    demo.answer("import-companies", attributes).await
}

#[actix_web::test]
async fn companies_of_a_file_are_added() {
    let demo = Demo::new().await;
    let before = count(&demo.db, "SELECT count(*) FROM companies").await;
    let text = "name,industry,headquarters,status\r\nÅlesund Fish,Food,Ålesund,live\r\n\"Bolt, Inc.\",Tools,Lyon,\r\n";
    let answer = import(&demo, text).await;
    assert_eq!(answer, (200, json!({"success": "2 rows imported"})));
    assert_eq!(count(&demo.db, "SELECT count(*) FROM companies").await, before + 2);
    let added = "SELECT count(*) FROM companies WHERE (name = 'Ålesund Fish' AND CAST(status AS text) = 'live') \
                 OR (name = 'Bolt, Inc.' AND CAST(status AS text) = 'signed_up')";
    assert_eq!(count(&demo.db, added).await, 2);
}

#[actix_web::test]
async fn refused_rows_are_reported_with_their_lines() {
    let demo = Demo::new().await;
    // as a spreadsheet in France writes it, in Windows-1252
    let text = b"Company;Industry;City;Status\r\nCaf\xE9 Noir;Food;Lyon;Pending\r\n;Food;Lyon;asleep\r\nCaf\xE9 Noir;Food;Nice;\r\n";
    let (status, answer) = import(&demo, text).await;
    assert_eq!((status, &answer["success"]), (200, &json!("1 row imported, 2 refused")));
    let reasons = &answer["results"]["reasons"];
    assert_eq!(reasons[0]["ids"], json!(["3"]));
    assert_eq!(
        reasons[0]["text"],
        "“name”: a value is required; “status”: expected one of \"signed_up\", \"pending\", \"live\", \"rejected\", found \"asleep\""
    );
    assert_eq!(reasons[1]["text"], "“name”: already taken");
    let html = answer["html"].as_str().unwrap();
    assert!(
        html.contains("data:text/csv") && html.contains("Download the 2 rows"),
        "{html}"
    );
    assert_eq!(
        count(&demo.db, "SELECT count(*) FROM companies WHERE name = 'Café Noir'").await,
        1
    );
}

#[actix_web::test]
async fn a_file_of_another_kind_adds_nothing() {
    let demo = Demo::new().await;
    let before = count(&demo.db, "SELECT count(*) FROM companies").await;
    let (status, answer) = import(&demo, "name,city,turnover\nAcme,Lyon,5\n").await;
    let text = "the first line does not fit: “industry” is missing, “turnover” is unknown; the columns are “name”, \
                “industry”, “headquarters”, “status”";
    assert_eq!((status, &answer["error"]), (400, &json!(text)));
    assert_eq!(count(&demo.db, "SELECT count(*) FROM companies").await, before);
}
