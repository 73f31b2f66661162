//! Lists: pages, order, search, filter, segments, and what the address keeps of them.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn lists_are_paged_sorted_searched_and_come_back_by_their_address() {
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
