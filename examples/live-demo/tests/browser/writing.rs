//! Records that are created, changed, linked and deleted on the local page.

use forest_test_browser::Page;
use serde_json::json;

use crate::demo::Demo;

/// Presses one of the buttons that write, named by `data-write`.
fn press(demo: &Demo, name: &str) {
    demo.browser.find(&format!("[data-write='{name}']")).click();
}

/// Goes on in the confirmation, which has this text.
fn confirm(demo: &Demo, text: &str) {
    demo.browser.find_with("dialog#confirm", text);
    demo.browser.find("dialog#confirm footer button.danger").click();
}

/// Chooses a record in a field that refers to another collection.
fn refer(demo: &Demo, page: &Page<'_>, field: &str, text: &str, id: &str) {
    page.control(field).fill(text);
    demo.browser
        .find(&format!("[role=listbox] [data-option='{id}']"))
        .click();
}

#[test]
fn a_customer_is_created_after_an_error_beside_its_field() {
    let Some(demo) = Demo::start("create") else { return };
    let taken = demo.value("SELECT email FROM customers WHERE id = 3");
    let company = demo.value("SELECT name FROM companies WHERE id = 9");
    let page = demo.page(1);
    page.collection("customers");
    press(&demo, "new");
    page.submit();
    demo.browser.find_with("[data-error='company']", "required");
    page.control("firstname").fill("Rosa");
    page.control("lastname").fill("<b>Costa</b>");
    page.control("email").fill(&taken);
    page.control("card_brand").fill("Visa");
    page.control("card_last4").fill("4242");
    refer(&demo, &page, "company", &company, "9");
    page.submit();
    demo.browser.find_with("[data-error='email']", "Already taken");
    assert_eq!(demo.value("SELECT count(*) || '' FROM customers"), "90");

    // nothing that was entered is lost
    page.until_value("lastname", "<b>Costa</b>");
    page.control("email").fill("rosa@example.com");
    page.submit();
    page.toast("success", "Created “Rosa <b>Costa</b>”.");
    page.until_form_closed();
    demo.browser.find("[data-open-record='91']");
    let written = demo.value("SELECT company_id || ' ' || email || ' ' || card_last4 FROM customers WHERE id = 91");
    assert_eq!(written, "9 rosa@example.com 4242");
}

#[test]
fn a_change_sends_only_the_changed_fields() {
    let Some(demo) = Demo::start("change") else { return };
    let page = demo.page(1);
    page.go("/companies/2");
    press(&demo, "edit");
    // somebody else is faster, with another field
    page.until_value("industry", &demo.value("SELECT industry FROM companies WHERE id = 2"));
    demo.sql("UPDATE companies SET headquarters = 'Elsewhere' WHERE id = 2");
    page.control("tracking_number").fill("RM1");
    page.choose("status", "live");
    page.submit();
    page.toast("success", "The changes are saved.");
    page.until_form_closed();
    demo.browser.find_with("[data-field='tracking_number'] dd", "RM1");
    let written =
        demo.value("SELECT status || ' ' || tracking_number || ' ' || headquarters FROM companies WHERE id = 2");
    assert_eq!(written, "live RM1 Elsewhere");
    demo.browser.find("#inspect-button").click();
    let body = demo
        .browser
        .find_with("#inspector [aria-label='Request body']", "RM1")
        .text();
    assert!(body.contains("\"status\"") && !body.contains("industry"), "{body}");
}

#[test]
fn a_relation_is_changed_by_its_own_request_before_the_rest() {
    let Some(demo) = Demo::start("change_relation") else {
        return;
    };
    let taken = demo.value("SELECT email FROM customers WHERE id = 3");
    let company = demo.value("SELECT name FROM companies WHERE id = 9");
    demo.sql("UPDATE customers SET company_id = 5 WHERE id = 2");
    let page = demo.page(1);
    page.go("/customers/2");
    press(&demo, "edit");
    refer(&demo, &page, "company", &company, "9");
    page.control("email").fill(&taken);
    page.submit();
    demo.browser.find_with("[data-error='email']", "Already taken");
    // the relation is kept, and not sent again
    assert_eq!(demo.value("SELECT company_id || '' FROM customers WHERE id = 2"), "9");
    demo.sql("UPDATE customers SET company_id = 5 WHERE id = 2");
    page.control("email").fill("wendy@example.com");
    page.submit();
    page.until_form_closed();
    let written = demo.value("SELECT company_id || ' ' || email FROM customers WHERE id = 2");
    assert_eq!(written, "5 wendy@example.com");
}

#[test]
fn records_are_deleted_after_a_question_that_names_their_number() {
    let Some(demo) = Demo::start("delete") else { return };
    demo.sql(
        "INSERT INTO companies (name, industry, headquarters, status, created_at)
         SELECT 'Spare ' || value, 'Food', 'Lyon', CASE value WHEN 5 THEN 'live' ELSE 'pending' END, '2031-05-15 08:00:00'
         FROM json_each('[1, 2, 3, 4, 5]')",
    );
    let left = || {
        demo.sql("SELECT name FROM companies WHERE name LIKE 'Spare%' ORDER BY id")
            .join(", ")
    };
    let page = demo.page(1);
    // one
    page.go("/companies/41");
    press(&demo, "delete");
    confirm(&demo, "1 record of Companies");
    page.toast("success", "Deleted “Spare 1”.");
    demo.browser.find(".list[data-list='companies']");
    page.settled();
    assert_eq!(left(), "Spare 2, Spare 3, Spare 4, Spare 5");

    // all that a search finds, of which a rule refuses one
    page.search("Spare");
    demo.browser.find("[data-select-page]").click();
    press(&demo, "delete-selected");
    confirm(&demo, "Delete 4 records?");
    page.toast("error", "A company that is live cannot be deleted");
    assert_eq!(left(), "Spare 2, Spare 3, Spare 4, Spare 5");

    page.tick("45");
    press(&demo, "delete-selected");
    demo.browser.find_with("dialog#confirm", "3 records of Companies");
    demo.browser.find_with("dialog#confirm footer button", "Cancel").click();
    demo.browser.until_gone("dialog#confirm");
    assert_eq!(left(), "Spare 2, Spare 3, Spare 4, Spare 5");
    press(&demo, "delete-selected");
    confirm(&demo, "3 records of Companies");
    page.toast("success", "Deleted 3 records.");
    assert_eq!(left(), "Spare 5");
}

#[test]
fn select_all_deletes_beyond_the_page_and_not_what_was_taken_out() {
    let Some(demo) = Demo::start("delete_all") else { return };
    demo.sql(
        "INSERT INTO companies (name, industry, headquarters, status, created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
         SELECT 'Spare ' || i, 'Food', 'Lyon', 'pending', '2031-05-15 08:00:00' FROM n",
    );
    let page = demo.page(1);
    page.collection("companies");
    page.search("Spare");
    demo.browser.find("[data-select-page]").click();
    demo.browser.find("[data-select-all]").click();
    let kept = page.records()[0].clone();
    page.tick(&kept);
    press(&demo, "delete-selected");
    confirm(&demo, "19 records of Companies");
    page.toast("success", "Deleted 19 records.");
    let left = demo.sql("SELECT CAST(id AS text) FROM companies WHERE name LIKE 'Spare%'");
    assert_eq!(left, [kept]);
    assert_eq!(demo.value("SELECT count(*) || '' FROM companies"), "41");
}

#[test]
fn records_are_linked_and_created_in_a_related_list() {
    let Some(demo) = Demo::start("link") else { return };
    demo.sql("UPDATE customers SET company_id = 5 WHERE id IN (2, 3)");
    let lastname = demo.value("SELECT lastname FROM customers WHERE id = 3");
    let page = demo.page(1);
    page.go("/companies/6/customers");
    // a customer has a company: it can be given another one, and none is no choice
    assert!(!demo.browser.shows("[data-write='unlink']"));
    demo.browser
        .find(".list[data-list='customers'] [data-write='link']")
        .click();
    refer(&demo, &page, "records", &lastname, "3");
    page.submit();
    page.toast("success", "Linked 1 record.");
    page.until_form_closed();
    demo.browser.find(".list[data-list='customers'] tr[data-record='3']");
    let companies = demo.sql("SELECT CAST(company_id AS text) FROM customers WHERE id IN (2, 3) ORDER BY id");
    assert_eq!(companies, ["5", "6"]);

    demo.browser
        .find(".list[data-list='customers'] [data-write='new']")
        .click();
    // the record that the list belongs to is chosen already
    page.until_value("company", &demo.value("SELECT name FROM companies WHERE id = 6"));
    for (field, text) in [
        ("firstname", "Rosa"),
        ("lastname", "Costa"),
        ("email", "rosa@example.com"),
    ] {
        page.control(field).fill(text);
    }
    page.control("card_brand").fill("Visa");
    page.control("card_last4").fill("4242");
    page.submit();
    page.until_form_closed();
    demo.browser.find(".list[data-list='customers'] tr[data-record='91']");
    assert_eq!(demo.value("SELECT company_id || '' FROM customers WHERE id = 91"), "6");
}

#[test]
fn buttons_follow_the_rights_of_the_role() {
    let Some(demo) = Demo::start("write_rights") else {
        return;
    };
    let page = demo.page(2);
    let shown = || {
        let names = "return [...document.querySelectorAll('[data-write]')].filter((one) => one.checkVisibility())
            .map((one) => one.dataset.write).join();";
        demo.browser.run(names, &json!([])).as_str().unwrap().to_owned()
    };
    page.collection("companies");
    page.tick("2");
    assert_eq!(shown(), "");
    page.go("/companies/2/users");
    assert_eq!(shown(), "");
    page.go("/customers/2");
    assert_eq!(shown(), "edit");
    page.collection("transactions");
    page.tick(&page.records()[0]);
    assert_eq!(shown(), "");

    page.become_somebody(1);
    assert_eq!(shown(), "");
    page.collection("companies");
    page.tick("2");
    assert_eq!(shown(), "new,delete-selected");
    page.go("/companies/2/customers");
    assert_eq!(shown(), "edit,delete,link,new");
}
