//! Rules, questions and previews on the local page: refunds of transactions.

use crate::demo::Demo;

const REFUNDED: &str = "SELECT count(*) || '' FROM transactions WHERE refunded_at IS NOT NULL";

#[test]
fn a_refund_shows_what_it_does_and_asks_for_a_word() {
    let Some(demo) = Demo::start("refund") else { return };
    let page = demo.page(1);
    page.collection("transactions");
    page.tick("1");
    page.tick("2");
    page.action("Refund");
    demo.browser.find_with("dialog .form", "Refund 2 transactions?");
    page.control("Preview").click();
    demo.browser.find_with("dialog table", "TX-00002");
    page.control("Confirm").type_text("refund");
    page.submit();
    page.toast("error", "Type REFUND to go on.");
    assert_eq!(demo.value(REFUNDED), "0");
    page.control("Confirm").fill("REFUND");
    page.submit();
    page.until_form_closed();
    page.toast("success", "2 transactions refunded");
    assert_eq!(demo.value(REFUNDED), "2");
}

#[test]
fn refused_records_are_named_before_and_after_the_run() {
    let Some(demo) = Demo::start("refused") else { return };
    let page = demo.page(1);
    demo.sql("UPDATE transactions SET refunded_at = CURRENT_TIMESTAMP WHERE id = 2");
    page.collection("transactions");
    page.tick("1");
    page.tick("2");
    page.action("Refund");
    demo.browser
        .find_with("dialog .form", "1 of the 2 selected records would be refused");
    demo.browser.find_with("dialog .form", "1 already refunded: 2");
    page.control("Confirm").fill("REFUND");
    page.submit();
    page.until_form_closed();
    let html = page.panel();
    assert!(html.contains("1 already refunded: 2"), "{html}");
}
