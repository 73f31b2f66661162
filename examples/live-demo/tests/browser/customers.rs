//! The actions of customers: a form that a hook fills in, HTML answers, a file, and a form on two pages whose fields follow each
//! other.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn charge_credit_card_stores_the_transaction_and_shows_its_html() {
    let Some(demo) = Demo::start("charge_credit_card") else {
        return;
    };
    let page = demo.page(1);
    page.go("/customers/3");
    page.action("Charge credit card");
    page.until_value("stripe_id", &demo.value("SELECT stripe_id FROM customers WHERE id = 3"));
    assert_eq!(page.control("stripe_id").property("disabled"), true);
    page.control("amount").type_text("42.5");
    page.control("description").type_text("A <script>alert(1)</script>");
    page.submit();
    page.until_form_closed();
    let html = page.panel();
    assert!(html.contains("42.50 USD has been successfully charged."), "{html}");
    let written = demo
        .value("SELECT amount_cents || ' ' || note FROM transactions WHERE customer_id = 3 ORDER BY id DESC LIMIT 1");
    assert_eq!(written, "4250 A <script>alert(1)</script>");
}

#[test]
fn a_declined_card_shows_its_html_and_returns_to_the_form() {
    let Some(demo) = Demo::start("declined_card") else {
        return;
    };
    let page = demo.page(1);
    page.go("/customers/3");
    page.action("Charge credit card");
    page.until_value("stripe_id", &demo.value("SELECT stripe_id FROM customers WHERE id = 3"));
    page.control("amount").type_text("9999");
    page.control("description").type_text("Too much");
    page.submit();
    page.toast("error", "The card was declined");
    assert!(page.panel().contains("could not be charged"));
    demo.browser
        .find_with("dialog#html-panel footer button", "Back to the form")
        .click();
    demo.browser.until_gone("dialog#html-panel");
    assert_eq!(page.control("description").property("value"), "Too much");
    page.control("amount").fill("10");
    page.submit();
    page.until_form_closed();
    assert_eq!(
        demo.value("SELECT CAST(amount_cents AS text) FROM transactions WHERE note = 'Too much'"),
        "1000"
    );
}

#[test]
fn per_02_an_action_forbidden_to_the_role_is_disabled_with_a_reason() {
    let Some(demo) = Demo::start("denied_action") else {
        return;
    };
    let page = demo.page(2);
    page.go("/customers/3");
    page.menu();
    let item = demo
        .browser
        .find("[data-action='Charge credit card'][aria-disabled=true]");
    assert!(item.text().contains("permission"), "{}", item.text());
    item.click();
    assert!(!demo.browser.shows("dialog#action-form"));
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    page.become_somebody(1);
    page.action("Charge credit card");
    demo.browser.find("dialog#action-form");
}

#[test]
fn generate_invoice_downloads_a_named_file() {
    let Some(demo) = Demo::start("generate_invoice") else {
        return;
    };
    let page = demo.page(1);
    page.go("/customers/3");
    page.action("Generate invoice");
    page.toast("success", "Downloaded invoice-3.pdf");
    assert!(demo.browser.downloaded("invoice-3.pdf").starts_with(b"%PDF-"));
}

#[test]
fn send_invoice_updates_fields_on_two_pages() {
    let Some(demo) = Demo::start("send_invoice") else {
        return;
    };
    let page = demo.page(1);
    page.go("/customers/3");
    page.action("Send invoice");
    page.until_value("email", &demo.value("SELECT email FROM customers WHERE id = 3"));
    demo.browser.find_with("dialog#action-form h3", "Invoice for");
    page.control("email").fill("nobody");
    page.control("firstname").fill("Léa");
    demo.browser
        .find_with("dialog#action-form footer button", "Go to the address")
        .click();
    page.until_value(
        "city",
        &demo.value(
            "SELECT headquarters FROM companies JOIN customers ON company_id = companies.id WHERE customers.id = 3",
        ),
    );
    page.control("city").fill("Lyon");
    page.until_value("zip code", "69002");
    page.until_value("country", "France");
    demo.browser
        .find_with("dialog#action-form footer button", "Back to the customer")
        .click();
    page.until_value("firstname", "Léa");
    page.submit();
    demo.browser
        .find_with("dialog#action-form:not(.turning) footer button", "Send")
        .click();
    // the server refuses the address, and the page goes to its field
    demo.browser.find("[data-error='email']");
    page.control("email").fill("lea@example.com");
    page.submit();
    demo.browser
        .find_with("dialog#action-form:not(.turning) footer button", "Send")
        .click();
    page.toast("success", "Invoice sent to lea@example.com: Léa");
    let sent = demo.value("SELECT CAST(invoice_sent_at IS NOT NULL AS text) FROM customers WHERE id = 3");
    assert_eq!(sent, "1");
}

#[test]
fn plan_a_delivery_is_filled_in_on_three_pages() {
    let Some(demo) = Demo::start("plan_a_delivery") else {
        return;
    };
    let (browser, page) = (&demo.browser, demo.page(1));
    let press = |button: &str| {
        browser
            .find_with("dialog#action-form:not(.turning) footer button", button)
            .click();
    };
    page.go("/customers/3");
    page.action("Plan a delivery");
    page.control("city").type_text("gen");
    browser.find_with("[role=option]", "Geneva, Switzerland").click();
    // what is typed into a date field depends on the language of the browser
    browser.run(
        "const input = document.querySelector('.field[data-field=day] input');
        input.value = '2031-05-15';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new Event('change', { bubbles: true }));",
        &json!([]),
    );
    press("The parcels");
    browser.find_with(".field[data-field=speed] label", "today").click();
    browser
        .find_with(".field[data-field=handling] label", "keep cold")
        .click();
    press("The papers");
    page.control("customs declaration").type_text(r#"{"goods": ["tea"]}"#);
    press("Plan");
    page.until_form_closed();
    page.toast("success", "Same day ×1 to Geneva, Switzerland, on 2031-05-15.");
    let html = page.panel();
    assert!(html.contains("Cold") && html.contains("[&quot;tea&quot;]"), "{html}");
}

#[test]
fn only_the_newest_change_hook_response_is_applied() {
    let Some(demo) = Demo::start("hook_race") else { return };
    let page = demo.page(1);
    page.go("/customers/3");
    page.action("Send invoice");
    page.until_value("email", &demo.value("SELECT email FROM customers WHERE id = 3"));
    page.submit();
    page.control("zip code");
    // the first answer of a change hook comes when everything is over, unless it is given up before
    demo.browser.run(
        "const plain = window.fetch;
        window.calls = 0;
        window.fetch = async (input, options) => {
            if (!String(input).includes('/hooks/change')) return plain(input, options);
            const number = ++window.calls;
            const answer = await plain(input, options);
            if (number > 1) return answer;
            return new Promise((resolve, reject) => {
                window.late = () => resolve(answer);
                options.signal.addEventListener('abort', () => reject(options.signal.reason));
            });
        };",
        &json!([]),
    );
    page.control("city").fill("Lyon");
    demo.browser.until("return window.late !== undefined;", &json!([]));
    page.control("city").fill("Berlin");
    page.until_value("zip code", "10115");
    demo.browser.run("window.late();", &json!([]));
    demo.browser.until(
        "return window.calls === 2
            && document.querySelector('dialog#action-form form').getAttribute('aria-busy') !== 'true';",
        &json!([]),
    );
    page.until_value("city", "Berlin");
    page.until_value("zip code", "10115");
    page.until_value("country", "Germany");
}
