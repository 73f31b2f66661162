//! Lists: pages, order, search, filter, segments, and their state in the URL.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn list_state_is_restored_from_the_url() {
    let Some(demo) = Demo::start("lists") else { return };
    let page = demo.page(1);
    page.collection("customers");
    let first = page.records();
    assert_eq!(first.len(), 15);
    page.next_page();
    let second = page.records();
    assert!(second.iter().all(|id| !first.contains(id)));
    let loads = page.loads();
    demo.browser.find("th[data-field=lastname] button").click();
    page.loaded_after(loads);
    let expected = demo.sql("SELECT CAST(id AS text) FROM customers ORDER BY lastname, id LIMIT 15");
    assert_eq!(page.records().len(), 15);
    let names = demo.browser.run(
        "return [...document.querySelectorAll('td[data-field=lastname]')].map((cell) => cell.innerText);",
        &json!([]),
    );
    let mut sorted: Vec<String> = serde_json::from_value(names.clone()).unwrap();
    sorted.sort();
    assert_eq!(names, json!(sorted), "{expected:?}");
    let name = demo.value("SELECT lastname FROM customers WHERE id = 40");
    page.search(&name);
    assert!(page.records().contains(&"40".to_owned()));
    let found = page.records();
    let address = demo.browser.address();
    assert!(
        address.contains("search=") && address.contains("sort=lastname"),
        "{address}"
    );
    demo.browser.open("about:blank");
    demo.browser.open(&address);
    page.settled();
    assert_eq!(
        page.records(),
        found,
        "the address keeps what was looked at, and the page who looked"
    );
}

#[test]
fn a_segment_shows_its_records() {
    let Some(demo) = Demo::start("segments") else { return };
    let page = demo.page(1);
    page.collection("companies");
    let names = demo.browser.run(
        "return [...document.querySelectorAll('[data-segment]')].map((one) => one.dataset.segment);",
        &json!([]),
    );
    let names: Vec<String> = serde_json::from_value(names).unwrap();
    let total = demo.browser.find("[data-count]").text();
    let segment = names.iter().find(|name| !name.is_empty()).expect("a segment");
    let loads = page.loads();
    demo.browser.find(&format!("[data-segment='{segment}']")).click();
    page.loaded_after(loads);
    assert_ne!(demo.browser.find("[data-count]").text(), total);
    assert!(
        demo.browser
            .shows(&format!("[data-segment='{segment}'][aria-pressed=true]"))
    );
}

#[test]
fn lists_and_records_have_their_own_url_and_title() {
    let Some(demo) = Demo::start("come_back") else { return };
    let page = demo.page(1);
    page.collection("companies");
    let name = demo.value("SELECT name FROM companies WHERE id = 2");
    page.search(&name);
    page.collection("customers");
    page.collection("companies");
    assert_eq!(demo.browser.find("#app input[type=search]").property("value"), name);
    assert!(demo.browser.address().contains("search="), "{}", demo.browser.address());
    page.go("/companies/2");
    demo.browser
        .until("return document.title.startsWith(arguments[0]);", &json!([name]));
    page.go("/companies?size=20");
    assert_eq!(demo.browser.find(".pager select").property("value"), "20");
}

#[test]
fn an_overflowing_table_shows_a_scroll_hint() {
    let Some(demo) = Demo::start("cut_table") else { return };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.until(
        "const table = document.querySelector('.table-scroll');
        return table.scrollWidth > table.clientWidth && getComputedStyle(table, '::after').content !== 'none';",
        &json!([]),
    );
    demo.browser.run(
        "const table = document.querySelector('.table-scroll'); table.scrollLeft = table.scrollWidth;",
        &json!([]),
    );
    demo.browser.until(
        "return getComputedStyle(document.querySelector('.table-scroll'), '::after').content === 'none';",
        &json!([]),
    );
}

#[test]
fn slow_requests_show_progress() {
    let Some(demo) = Demo::start("slow") else { return };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.run(
        "const plain = window.fetch;
        const gate = new Promise((resolve) => (window.release = resolve));
        window.fetch = async (...request) => {
            await gate;
            return plain(...request);
        };",
        &json!([]),
    );
    page.action("Refresh statistics");
    demo.browser
        .find_with("#running[role=status]", "Refresh statistics is running…");
    demo.browser.find("[aria-label='Next page']").click();
    demo.browser.until(
        "return [...document.querySelectorAll('.list [role=status]')].some((one) => one.textContent === 'Reading the records…');",
        &json!([]),
    );
    demo.browser.run("window.release();", &json!([]));
    page.settled();
    demo.browser.until(
        "return document.querySelector('#running').textContent === ''
            && !document.querySelector('.list').textContent.includes('Reading the records');",
        &json!([]),
    );
}
