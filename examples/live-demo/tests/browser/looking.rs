//! Looking inside, and the frame around everything: the inspector, the policy, other sites, the keyboard, a phone.

use forest_test_browser::{Theme, keys};
use serde_json::json;

use crate::demo::Demo;

#[test]
fn the_last_call_is_shown_with_its_log_line() {
    let Some(demo) = Demo::start("inspect") else { return };
    let id = demo.value("SELECT CAST(id AS text) FROM companies WHERE status = 'pending' ORDER BY id LIMIT 1");
    let page = demo.page(1);
    page.go(&format!("/companies/{id}"));
    page.action("Mark as Live");
    page.toast("success", "Company is now live!");
    demo.browser.find("#inspect-button").click();
    let line = demo.browser.find_with("[data-log-line]", "smart action ended").text();
    for part in ["Mark as Live", "/forest/actions/mark-as-live", "status=200"] {
        assert!(line.contains(part), "{line}");
        assert!(demo.log().contains(part), "the log has the same: {}", demo.log());
    }
    let shown = demo.browser.find("#inspector").text();
    assert!(
        shown.contains("/forest/actions/mark-as-live") && shown.contains("Company is now live!"),
        "{shown}"
    );
    demo.browser.find_with("#inspector summary", "curl").click();
    let curl = demo.browser.find("[data-curl]").text();
    assert!(
        curl.starts_with("curl -X POST 'http://127.0.0.1") && curl.contains("Authorization: Bearer"),
        "{curl}"
    );
    demo.browser.find("[data-inspect=schema]").click();
    demo.browser.find_with("#inspector", "\"name\": \"Mark as Live\"");
}

#[test]
fn no_external_resources_are_loaded_and_the_csp_is_respected() {
    let Some(demo) = Demo::start("policy") else { return };
    let page = demo.page(1);
    page.collection("companies");
    page.collection("transactions");
    page.go("/customers/3");
    page.action("Charge credit card");
    demo.browser.find("dialog#action-form .field[data-field=amount]");
    demo.browser.press(keys::ESCAPE);
    demo.browser.find("#inspect-button").click();
    page.collection("companies");
    page.action("Refresh statistics");
    assert!(page.panel().contains("highest"));
    let foreign = demo.browser.run(
        "return performance.getEntriesByType('resource').map(({ name }) => name)
            .filter((name) => !name.startsWith(location.origin) && !/^(data|blob):/.test(name));",
        &json!([]),
    );
    assert_eq!(foreign, json!([]));
    let said = demo.browser.console();
    assert!(!said.iter().any(|(level, _)| level == "SEVERE"), "{said:?}");
    // the panel's frame is sandboxed
    let sandbox = demo.browser.find("dialog#html-panel iframe").property("sandbox");
    assert!(
        !sandbox.to_string().contains("allow-scripts") && !sandbox.to_string().contains("allow-same-origin"),
        "{sandbox}"
    );
}

#[test]
fn the_page_is_small_and_cached() {
    let Some(demo) = Demo::start("speed") else { return };
    demo.browser.open(&demo.url);
    demo.browser.find("button[data-person='1']");
    let transferred =
        "return performance.getEntriesByType('resource').reduce((sum, { transferSize }) => sum + transferSize, 0);";
    let first = demo.browser.run(transferred, &json!([])).as_u64().unwrap();
    // the browser counts 300 bytes for the head of each answer
    assert!(first < 112 * 1024, "{first} bytes");
    demo.browser.open(&demo.url);
    demo.browser.find("button[data-person='1']");
    let second = demo.browser.run(transferred, &json!([])).as_u64().unwrap();
    assert!(second < first / 2, "{first} bytes, then {second}");
}

#[test]
fn an_action_can_be_run_by_keyboard_alone() {
    let Some(demo) = Demo::start("keyboard") else { return };
    let id = demo.value("SELECT CAST(id AS text) FROM companies WHERE status = 'pending' ORDER BY id LIMIT 1");
    demo.browser.open(&demo.url);
    demo.browser.find("button[data-person='1']");
    let reach = |selector: &str| {
        for _ in 0..120 {
            let is_there = "return document.activeElement?.matches(arguments[0]) ?? false;";
            if demo.browser.run(is_there, &json!([selector])) == json!(true) {
                let ring = "const style = getComputedStyle(document.activeElement);
                    return style.outlineStyle !== 'none' || style.boxShadow !== 'none';";
                assert_eq!(
                    demo.browser.run(ring, &json!([])),
                    json!(true),
                    "{selector} shows its focus"
                );
                return;
            }
            demo.browser.press(keys::TAB);
        }
        panic!("{selector} is not reached by Tab");
    };
    reach("button[data-person='1']");
    demo.browser.press(keys::ENTER);
    demo.browser.find(&format!("input[data-tick='{id}']"));
    reach(&format!("input[data-tick='{id}']"));
    demo.browser.press(keys::SPACE);
    demo.browser.run(
        "document.activeElement.blur(); document.querySelector('#app h1').focus();",
        &json!([]),
    );
    reach("[data-actions]");
    demo.browser.press(keys::ENTER);
    demo.browser.until("return document.activeElement?.role === 'menuitem' || document.activeElement?.getAttribute('role') === 'menuitem';", &json!([]));
    for _ in 0..20 {
        let current = demo
            .browser
            .run("return document.activeElement?.dataset.action ?? '';", &json!([]));
        if current == "Mark as Live" {
            break;
        }
        demo.browser.press(keys::DOWN);
    }
    demo.browser.press(keys::ENTER);
    demo.browser.find_with("[data-toast=success]", "Company is now live!");
}

#[test]
fn a_dialog_traps_and_restores_focus() {
    let Some(demo) = Demo::start("focus") else { return };
    let page = demo.page(1);
    page.go("/companies/4");
    page.action("Add new transaction");
    demo.browser.find("dialog#action-form .field[data-field=Amount]");
    for _ in 0..15 {
        demo.browser.press(keys::TAB);
        let inside = "const at = document.activeElement;
            return at === document.body || at === document.documentElement || at.closest('dialog#action-form') !== null;";
        assert_eq!(demo.browser.run(inside, &json!([])), json!(true));
    }
    demo.browser
        .find("dialog#action-form .field[data-field=Amount] input")
        .click();
    demo.browser.press(keys::ESCAPE);
    page.until_form_closed();
    assert_eq!(demo.browser.focused().property("type"), "button");
}

#[test]
fn the_phone_layout_is_not_clipped_and_runs_an_action() {
    let Some(demo) = Demo::start("phone") else { return };
    let id = demo.value("SELECT CAST(id AS text) FROM companies WHERE status = 'pending' ORDER BY id LIMIT 1");
    demo.browser.resize(390, 844);
    demo.browser.prefer(Theme::Dark);
    let page = demo.page(1);
    let fits = || {
        let width = demo
            .browser
            .run("return [document.documentElement.scrollWidth, innerWidth];", &json!([]));
        assert!(width[0].as_u64() <= width[1].as_u64(), "{width}");
    };
    fits();
    page.go(&format!("/companies/{id}"));
    fits();
    page.action("Mark as Live");
    page.toast("success", "Company is now live!");
    page.go("/customers/3");
    page.action("Charge credit card");
    demo.browser.find("dialog#action-form .field[data-field=amount]");
    fits();
    demo.browser.press(keys::ESCAPE);
    page.until_form_closed();
    page.go("/companies/7");
    page.action("Return and track");
    demo.browser.find_with("[data-toast=info]", "royalmail.com");
    let right = demo.browser.run(
        "return Math.max(...[...document.querySelectorAll('.toast, .toast button')]
            .map((one) => one.getBoundingClientRect().right)) <= innerWidth;",
        &json!([]),
    );
    assert_eq!(right, json!(true), "a toast with a long address");
}
