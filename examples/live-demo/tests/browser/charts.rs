//! The demo's charts, and the notice of an action that is still running.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn charts_are_drawn_beside_the_collections_and_on_a_company() {
    let Some(demo) = Demo::start("charts") else { return };
    let page = demo.page(1);
    demo.browser.find_with("nav .apart a", "Charts").click();
    let chart = "figure[data-chart=payments][aria-busy=false]";
    demo.browser.find(&format!("{chart} polyline"));
    let month = demo.value("SELECT min(substr(emitted_at, 1, 7)) FROM transactions WHERE refunded_at IS NULL");
    demo.browser.find_with(&format!("{chart} .chart-ends"), &month);
    page.go("/companies/1");
    demo.browser
        .find_with("[data-charts=companies] summary", "Charts")
        .click();
    let best = "figure[data-chart=best-customers][aria-busy=false]";
    demo.browser.find(&format!("{best} li progress"));
    // a chart that cannot be read says so in its place
    demo.browser.run(
        "window.fetch = async () => new Response('{\"error\": \"No money today\"}', { status: 500, headers: { 'content-type': 'application/json' } });
        const section = document.querySelector('[data-charts]');
        section.open = false;
        setTimeout(() => (section.open = true), 50);",
        &json!([]),
    );
    demo.browser
        .find_with("figure[data-chart=best-customers] [data-chart-error]", "No money today");
}

#[test]
fn an_action_does_not_start_again_on_a_record_on_which_it_runs() {
    let Some(demo) = Demo::start("lock") else { return };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.run(
        "const plain = window.fetch;
        const gate = new Promise((resolve) => (window.release = resolve));
        window.fetch = async (...request) => {
            if (String(request[0]).includes('/actions/')) await gate;
            return plain(...request);
        };",
        &json!([]),
    );
    let id = demo.value("SELECT CAST(id AS text) FROM companies WHERE status = 'pending' ORDER BY id LIMIT 1");
    let other = page.records().into_iter().find(|other| *other != id).unwrap();
    let entry = "[role=menu] [data-action='Mark as Live']";
    page.tick(&id);
    page.action("Mark as Live");
    demo.browser.find_with("#running", "Mark as Live is running…");
    page.menu();
    demo.browser.find_with(
        &format!("{entry}[aria-disabled=true]"),
        "“Mark as Live” is still running.",
    );
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    page.tick(&id);
    page.tick(&other);
    page.menu();
    demo.browser.find(&format!("{entry}:not([aria-disabled=true])"));
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    demo.browser.run("window.release();", &json!([]));
    // the list is read again, without a selection
    page.until_cell(&id, "status", "live");
    page.tick(&id);
    page.menu();
    demo.browser.find(&format!("{entry}:not([aria-disabled=true])"));
}
