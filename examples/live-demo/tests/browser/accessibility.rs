//! Accessibility: the checker of `FOREST_TEST_AXE`, on every view, in both themes.

use std::path::PathBuf;

use forest_test_browser::{Theme, skip};
use serde_json::{Value, json};

use crate::demo::Demo;
use crate::runs;

/// The checker, which is not part of this repository.
fn checker() -> Option<String> {
    let path = std::env::var_os("FOREST_TEST_AXE").map(PathBuf::from);
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        skip(
            "The accessibility checker is not there: run `.ci/browser`, or set FOREST_TEST_AXE to the path of axe.min.js.",
        );
    }
    text
}

/// Fails for every finding that is serious or critical.
fn check(demo: &Demo, checker: &str, view: &str) {
    demo.browser
        .run(&format!("if (!window.axe) {{ {checker} }}"), &json!([]));
    let found = demo.browser.run_to_its_end(
        "const done = arguments[arguments.length - 1];
        window.axe.run(document, { resultTypes: ['violations'], iframes: false }).then(
            ({ violations }) => done(violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 5).map(({ html, failureSummary }) => html.slice(0, 300) + ' :: ' + failureSummary) }))),
            (error) => done(String(error)));",
        &json!([]),
    );
    assert_eq!(found, Value::Array(Vec::new()), "{view}: {found:#}");
}

fn views(test: &str, theme: Theme) {
    let Some(checker) = checker() else { return };
    let Some(demo) = Demo::start(test) else { return };
    demo.browser.prefer(theme);
    demo.browser.open(&demo.url);
    demo.browser.find("button[data-person='1']");
    check(&demo, &checker, "who one is");
    let page = demo.page(1);
    page.collection("companies");
    page.tick(&page.records()[0]);
    check(&demo, &checker, "a list");
    page.menu();
    demo.browser.find("[role=menu] [data-action]");
    check(&demo, &checker, "a menu");
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    demo.browser.find("[data-filter]").click();
    demo.browser.find("dialog#filters [data-condition-field]");
    check(&demo, &checker, "the filter");
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    demo.browser.until_gone("dialog#filters");
    demo.browser.find_with("nav .apart a", "Charts").click();
    demo.browser.find("figure[aria-busy=false] polyline");
    check(&demo, &checker, "the charts");
    demo.grow(runs::MANY);
    runs::start(&demo, &page);
    demo.browser.find("dialog#run progress");
    check(&demo, &checker, "a run");
    demo.browser.find("dialog#run [data-cancel]").click();
    demo.browser.find("dialog#run [data-status=cancelled]");
    check(&demo, &checker, "a run that has ended");
    demo.browser.find_with("dialog#run footer a", "See the run").click();
    demo.browser.find("article [data-status=cancelled]");
    check(&demo, &checker, "a run by itself");
    demo.browser.find_with(".crumbs a", "Runs").click();
    demo.browser.find("[data-runs] [data-run]");
    check(&demo, &checker, "the runs");
    page.go("/companies/4/users");
    demo.browser.find("[data-charts] summary").click();
    demo.browser.find("figure[aria-busy=false]");
    check(&demo, &checker, "a record");
    page.action("Upload Legal Docs");
    demo.browser.find("dialog#action-form .field");
    page.submit();
    demo.browser.find("[data-error='Proof of address']");
    check(&demo, &checker, "a form with files and mistakes");
    demo.browser
        .find("dialog#action-form footer button[type=button]")
        .click();
    page.until_form_closed();
    page.go("/customers/3");
    page.action("Send invoice");
    demo.browser.find("dialog#action-form .field[data-field=email]");
    check(&demo, &checker, "a form with pages");
    demo.browser
        .find("dialog#action-form footer button[type=button]")
        .click();
    page.until_form_closed();
    demo.browser.find("[data-write='edit']").click();
    page.control("email")
        .fill(&demo.value("SELECT email FROM customers WHERE id = 4"));
    page.submit();
    demo.browser.find_with("[data-error='email']", "Already taken");
    check(&demo, &checker, "a record's form with a mistake");
    page.control("email")
        .fill(&demo.value("SELECT email FROM customers WHERE id = 3"));
    page.submit();
    page.until_form_closed();
    demo.browser.find("[data-write='delete']").click();
    demo.browser.find("dialog#confirm footer button.danger");
    check(&demo, &checker, "the question before a deletion");
    demo.browser.press(forest_test_browser::keys::ESCAPE);
    demo.browser.until_gone("dialog#confirm");
    page.collection("companies");
    page.action("Refresh statistics");
    demo.browser.find("dialog#html-panel iframe");
    check(&demo, &checker, "a panel and a toast");
    demo.browser.find("dialog#html-panel footer button").click();
    demo.browser.until_gone("dialog#html-panel");
    demo.browser.find("#inspect-button").click();
    demo.browser.find("[data-log-line]");
    check(&demo, &checker, "the inspector");
    demo.browser.find("[data-inspect=schema]").click();
    demo.browser.find_with("#inspector", "collections");
    check(&demo, &checker, "the schema");
}

#[test]
fn the_light_theme_has_no_serious_finding() {
    views("accessibility_light", Theme::Light);
}

#[test]
fn the_dark_theme_has_no_serious_finding() {
    views("accessibility_dark", Theme::Dark);
}
