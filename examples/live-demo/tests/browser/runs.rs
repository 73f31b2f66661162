//! Runs in the background: followed where they were started, cancelled, and found again in their list.

use forest_test_browser::Page;
use serde_json::json;

use crate::demo::Demo;

/// So many companies that a run over them is still going on when somebody has looked twice.
pub(crate) const MANY: u32 = 40_000;

/// Starts a run over all companies, from their list.
pub(crate) fn start(demo: &Demo, page: &Page<'_>) {
    page.collection("companies");
    demo.browser.find("[data-select-page]").click();
    demo.browser.find("[data-select-all]").click();
    page.action("Recalculate balances");
    demo.browser.find("dialog#confirm footer button.primary").click();
    demo.browser.find("dialog#run [data-run]");
}

fn leave(demo: &Demo) {
    demo.browser.find_with("dialog#run footer button", "Close").click();
    demo.browser.until_gone("dialog#run");
}

#[test]
fn a_run_is_followed_cancelled_and_found_again() {
    let Some(demo) = Demo::start("run") else { return };
    demo.grow(MANY);
    let page = demo.page(1);
    start(&demo, &page);
    let bar = demo.browser.find("dialog#run progress");
    assert_eq!(
        (bar.role(), bar.label()),
        ("progressbar".to_owned(), "Progress of Recalculate balances".to_owned())
    );
    let moved = "const bar = document.querySelector('dialog#run progress');
        return bar && bar.value > arguments[0] && bar.value < bar.max && bar.value;";
    let first = demo.browser.until(moved, &json!([0]));
    demo.browser.until(moved, &json!([first]));
    demo.browser.find_with("dialog#run", "of 40,000 records");
    demo.browser.find_with("dialog#run", "up to company");
    demo.browser.find("dialog#run [data-cancel]").click();
    demo.browser.find("dialog#run [data-status=cancelled]");
    page.toast("info", "Stopped: the other companies keep the balances that they had.");
    let processed = demo.value("SELECT processed || '' FROM forest_runs");
    let processed: u32 = processed.parse().unwrap();
    assert!((200..MANY).contains(&processed), "{processed}");
    let counts = format!("{},{:03} of 40,000 records", processed / 1_000, processed % 1_000);
    let counts = counts.strip_prefix("0,").unwrap_or(&counts).to_owned();
    demo.browser.find_with("dialog#run", "cancelled by Ada Lovelace");
    demo.browser.find_with("dialog#run .count", &counts);
    assert!(!demo.browser.shows("dialog#run progress") && !demo.browser.shows("dialog#run [data-cancel]"));
    leave(&demo);

    demo.sql("DELETE FROM companies WHERE id > 20000");
    start(&demo, &page);
    leave(&demo);
    // who has left it finds it again, also in a page that was opened anew
    demo.browser.open(&demo.url);
    demo.browser.find_with("nav .apart a", "Runs").click();
    demo.browser.find("[data-runs] li:first-child [data-cancel]");
    demo.browser
        .find_with("[data-runs] li:first-child h2 a", "Recalculate balances")
        .click();
    demo.browser.find_with(
        "article [data-status=done]",
        "The balances of 20000 companies are up to date.",
    );
    demo.browser.find_with("article .count", "20,000 of 20,000 records");
    demo.browser.find_with(".crumbs a", "Runs").click();
    demo.browser.find("[data-runs] li:first-child[data-status=done]");
    demo.browser
        .find_with("[data-runs] li:last-child[data-status=cancelled]", &counts);
}

#[test]
fn a_run_that_ends_where_it_was_started_says_what_it_did() {
    let Some(demo) = Demo::start("run_done") else { return };
    demo.grow(MANY / 2);
    let page = demo.page(1);
    start(&demo, &page);
    page.toast("success", "The balances of 20000 companies are up to date.");
    demo.browser
        .find_with("dialog#run [data-status=done] .count", "20,000 of 20,000 records");
    demo.browser.find_with("dialog#run footer a", "See the run").click();
    demo.browser.until_gone("dialog#run");
    demo.browser
        .find_with("article [data-status=done] h1", "Recalculate balances");
}

/// Answers the action and the reading of its run in place of the program.
const TOLD: &str = "const plain = window.fetch;
    const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
    window.asked = 0;
    window.fetch = async (input, options) => {
        const { pathname } = new URL(input, location);
        if (pathname.endsWith('/actions/recalculate-balances')) return json(200, { success: 'Started', run: { id: 'a-run', status: 'queued' } });
        if (!pathname.endsWith('/_runs/a-run')) return plain(input, options);
        window.asked++;
        return json(...window.told);
    };";

#[test]
fn trouble_with_following_a_run_is_told_and_passes() {
    let Some(demo) = Demo::start("run_trouble") else { return };
    let page = demo.page(1);
    demo.browser.run(TOLD, &json!([]));
    let tell = |status: u16, body: serde_json::Value| {
        demo.browser.run("window.told = arguments;", &json!([status, body]));
    };
    let run = json!({
        "id": "a-run", "action": "Recalculate balances", "status": "running", "total": 1_234, "processed": 700, "refused": 2,
        "failed": 1, "progress": "half", "message": null, "userName": "Ada Lovelace", "cancelledBy": null,
        "createdAt": "2026-01-02T03:04:05Z", "startedAt": "2026-01-02T03:04:06Z", "finishedAt": null,
    });
    let with = |changes: serde_json::Value| {
        let mut run = run.clone();
        run.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        run
    };
    tell(
        503,
        json!({"errors": [{"detail": "The database of the runs does not answer."}]}),
    );
    start_small(&demo, &page);
    demo.browser
        .find_with("dialog#run [role=alert]", "The database of the runs does not answer.");
    tell(200, run.clone());
    demo.browser
        .find_with("dialog#run .count", "700 of 1,234 records, 2 refused, 1 failed");
    assert!(!demo.browser.shows("dialog#run [role=alert]"));
    // the end, with a panel
    tell(
        200,
        with(
            json!({"status": "partial", "processed": 1_234, "message": "1231 done", "finishedAt": "2026-01-02T03:05:00Z",
            "reasons": [{"outcome": "refused", "code": "locked", "text": "locked", "count": 2}],
            "answer": {"status": 200, "body": {"success": "1231 done", "html": "<p>2 locked: 3, 4</p>"}}}),
        ),
    );
    page.toast("success", "1231 done");
    let panel = demo.browser.find("dialog#run iframe").property("srcdoc");
    assert!(panel.as_str().unwrap().contains("<p>2 locked: 3, 4</p>"), "{panel}");
    demo.browser
        .find_with("dialog#run a[href='#/forest_runs/a-run']", "not done");
    let asked = demo.browser.run("return window.asked;", &json!([]));
    leave(&demo);

    // without an answer of its own, the reasons; and an error is a toast
    tell(
        200,
        with(
            json!({"status": "failed", "message": "All locked", "reasons": [{"outcome": "refused", "text": "locked", "count": 2}],
            "answer": {"status": 422, "body": {"error": "All locked"}}}),
        ),
    );
    start_small(&demo, &page);
    page.toast("error", "All locked");
    demo.browser
        .find_with("dialog#run [data-status=failed]", "2 refused: locked");
    leave(&demo);
    let since = demo.browser.run("return window.asked;", &json!([]));
    assert_eq!(since.as_u64().unwrap(), asked.as_u64().unwrap() + 1);

    // what is refused is not asked again
    tell(404, json!({"errors": [{"detail": "There is no such run."}]}));
    start_small(&demo, &page);
    demo.browser
        .find_with("dialog#run [role=alert]", "There is no such run.");
    assert!(!demo.browser.shows("dialog#run [data-run]"));
}

/// Starts a run over one company.
fn start_small(demo: &Demo, page: &Page<'_>) {
    page.collection("companies");
    page.tick("1");
    page.action("Recalculate balances");
    demo.browser.find("dialog#run");
}
