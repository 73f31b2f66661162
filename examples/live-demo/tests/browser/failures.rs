//! Failures around the page: an expired session, and a server that stops and returns.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn aut_an_expired_session_is_renewed_and_form_values_are_kept() {
    let Some(demo) = Demo::start("expired_session") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/4");
    page.action("Add new transaction");
    page.control("Amount").type_text("7");
    page.control("Beneficiary company")
        .type_text(&demo.value("SELECT name FROM companies WHERE id = 9"));
    demo.browser.find("[role=listbox] [data-option='9']").click();
    // the token that the page sends from now on is one that has ended
    demo.browser.run(
        "const plain = window.fetch;
        window.fetch = (input, options) => {
            const headers = new Headers(options?.headers);
            if (!window.renewed && headers.has('authorization')) headers.set('authorization', 'Bearer e30.e30.e30');
            return plain(input, { ...options, headers });
        };",
        &json!([]),
    );
    page.submit();
    let choice = demo.browser.find("dialog#session-ended button[data-person='3']");
    demo.browser.run("window.renewed = true;", &json!([]));
    choice.click();
    demo.browser.until_gone("dialog#session-ended");
    page.until_value("Amount", "7");
    page.submit();
    page.toast("success", "New transaction emitted");
    let written =
        demo.value("SELECT beneficiary_company_id || ' ' || amount_cents FROM transactions ORDER BY id DESC LIMIT 1");
    assert_eq!(written, "9 700");
}

#[test]
fn a_lost_server_is_reported_and_reconnected() {
    let Some(mut demo) = Demo::start("server_gone") else {
        return;
    };
    demo.page(1).collection("companies");
    demo.stop();
    demo.browser.find("nav a[data-collection=customers]").click();
    demo.browser.find_with("[data-banner=offline]", "does not answer");
    demo.start_again();
    // without any user input
    demo.browser.until_gone("[data-banner=offline]");
    demo.browser.find(".list[data-list=customers] tr[data-record]");
    demo.browser.find("[data-select-page]");
}

#[test]
fn a_lost_server_during_a_form_keeps_its_values() {
    let Some(mut demo) = Demo::start("server_gone_form") else {
        return;
    };
    let id = demo.value("SELECT CAST(count(*) AS text) FROM transactions");
    {
        let page = demo.page(1);
        page.go("/companies/4");
        page.action("Add new transaction");
        page.control("Beneficiary company")
            .type_text(&demo.value("SELECT name FROM companies WHERE id = 9"));
        demo.browser.find("[role=listbox] [data-option='9']").click();
        page.control("Amount").type_text("8");
    }
    demo.stop();
    demo.browser
        .find("dialog#action-form footer button[type=submit]")
        .click();
    demo.browser
        .find_with("dialog#action-form [role=alert]", "The action may have run");
    demo.start_again();
    // `PORT` is the one of before, and so is the key that signs sessions
    demo.browser.until_gone("[data-banner=offline]");
    demo.browser
        .find("dialog#action-form footer button[type=submit]")
        .click();
    demo.browser
        .find_with("[data-toast=success]", "New transaction emitted");
    assert_ne!(demo.value("SELECT CAST(count(*) AS text) FROM transactions"), id);
}
