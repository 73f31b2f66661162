//! Rules, questions and previews on the rows of the demo.

use serde_json::{Value, json};

use super::tests::Demo;

const REMINDED: &str = "SELECT count(*) FROM customers WHERE reminded_at IS NOT NULL";
const REFUNDED: &str = "SELECT count(*) FROM transactions WHERE refunded_at IS NOT NULL";

fn selecting(ids: &[i64], values: Value) -> Value {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    json!({ "ids": ids, "values": values })
}

#[actix_web::test]
async fn a_reminder_reaches_invoiced_customers_after_a_tick() {
    let demo = Demo::new().await;
    let (status, form) = demo
        .answer("send-reminder/hooks/load", selecting(&[1, 61, 62], json!({})))
        .await;
    assert_eq!(status, 200, "{form}");
    let layout = form["layout"].to_string();
    assert!(
        layout.contains("<b>1</b> of the <b>3</b> selected records would be refused"),
        "{layout}"
    );
    assert!(layout.contains("Remind 2 customers of their invoice?"), "{layout}");
    assert_eq!(form["fields"][0]["field"], "Confirm");

    let (status, answer) = demo.answer("send-reminder", selecting(&[61], json!({}))).await;
    assert_eq!(
        (status, &answer),
        (400, &json!({ "error": "Tick \"Confirm\" to go on." }))
    );
    let (status, answer) = demo
        .answer("send-reminder", selecting(&[1, 2], json!({ "Confirm": true })))
        .await;
    assert_eq!(
        (status, &answer["results"]["reasons"][0]["code"]),
        (400, &json!("no_invoice"))
    );
    assert_eq!(demo.count(REMINDED).await, 0);

    let (_, answer) = demo
        .answer("send-reminder", selecting(&[1, 61, 62], json!({ "Confirm": true })))
        .await;
    assert_eq!(answer["success"], "2 reminders sent, 1 refused");
    assert_eq!(demo.count(REMINDED).await, 2);
    let all = json!({ "all_records": true, "all_records_subset_query": {}, "values": { "Confirm": true } });
    let (_, answer) = demo.answer("send-reminder", all).await;
    assert_eq!(answer["success"], "30 reminders sent, 60 refused");
}

#[actix_web::test]
async fn a_transaction_is_refunded_once_as_its_preview_says() {
    let demo = Demo::new().await;
    let (status, preview) = demo.answer("refund/preview", selecting(&[1, 2], json!({}))).await;
    assert_eq!(status, 200, "{preview}");
    let total = demo
        .count("SELECT CAST(sum(amount_cents) AS bigint) FROM transactions WHERE id IN (1, 2)")
        .await;
    let total = crate::money::Cents(total).shown();
    assert_eq!(
        preview["success"],
        format!("2 transactions, {total} in total, will be refunded.")
    );
    let typed = |word: &str| json!({ "Confirm": word, "$preview": preview["previewToken"] });
    let (status, answer) = demo.answer("refund", selecting(&[1, 2], typed("refund"))).await;
    assert_eq!((status, &answer["error"]), (400, &json!("Type REFUND to go on.")));
    let (status, _) = demo.answer("refund", selecting(&[1, 2, 3], typed("REFUND"))).await;
    assert_eq!((status, demo.count(REFUNDED).await), (409, 0));

    let (_, answer) = demo.answer("refund", selecting(&[1, 2], typed("REFUND"))).await;
    assert_eq!(answer, json!({ "success": "2 transactions refunded" }));
    let (status, answer) = demo
        .answer("refund", selecting(&[2], json!({ "Confirm": "REFUND" })))
        .await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(answer["results"]["reasons"][0]["code"], "already_refunded");
    assert_eq!(demo.count(REFUNDED).await, 2);
}
