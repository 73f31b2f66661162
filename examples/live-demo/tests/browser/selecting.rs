//! Selecting by hand and by keyboard: an open menu, rows that stay where they are, the focus, and the same on a phone.

use forest_test_browser::keys;
use serde_json::json;

use crate::demo::Demo;

#[test]
fn an_open_menu_does_not_run_on_a_stale_selection() {
    let Some(demo) = Demo::start("menu_selection") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    page.tick("2");
    // faster than the search begins
    let offered = demo.browser.run(
        "const search = document.querySelector('#app input[type=search]');
        search.value = 'zzz';
        search.dispatchEvent(new Event('input'));
        document.querySelector('[data-actions]').click();
        return document.querySelector('.menu:popover-open').innerText;",
        &json!([]),
    );
    assert!(offered.to_string().contains("Nothing selected"), "{offered}");
    demo.browser.press(keys::ESCAPE);
    page.go("/companies?page=1");
    page.tick("2");
    page.menu();
    demo.browser.find_with("[role=menu]", "1 record");
    demo.browser
        .run("document.querySelector('[data-tick=\"3\"]').click();", &json!([]));
    demo.browser.until_gone("[role=menu]");
    page.menu();
    demo.browser.find_with("[role=menu]", "2 records");
}

#[test]
fn selecting_a_row_does_not_shift_the_layout() {
    let Some(demo) = Demo::start("still_rows") else { return };
    let page = demo.page(1);
    page.collection("companies");
    let place = || {
        demo.browser.run(
            "return document.querySelector('[data-record=\"2\"]').getBoundingClientRect().top;",
            &json!([]),
        )
    };
    for width in [1280, 390] {
        demo.browser.resize(width, 844);
        let before = place();
        page.tick("2");
        demo.browser.find_with(".list .selection", "1 record selected");
        assert_eq!(place(), before, "{width}");
        let one_line = "const [all, none] = ['all', 'none'].map((name) =>
                document.querySelector(`[data-select-${name}]`).getBoundingClientRect());
            return all.top === none.top && none.bottom <= innerHeight && none.right <= innerWidth;";
        assert_eq!(demo.browser.run(one_line, &json!([])), json!(true), "{width}");
        demo.browser.find("[data-select-none]").click();
        demo.browser.until_gone(".list .selection");
    }
}

#[test]
fn list_controls_keep_keyboard_focus() {
    let Some(demo) = Demo::start("kept_focus") else { return };
    let page = demo.page(1);
    page.collection("companies");
    let press = |selector: &str, key: &str| {
        let focused = "const control = document.querySelector(arguments[0]); control.focus();
            return document.activeElement === control;";
        assert_eq!(demo.browser.run(focused, &json!([selector])), json!(true), "{selector}");
        demo.browser.press(key);
    };
    let expect = |selector: &str, why: &str| {
        let is_there = "return document.activeElement.matches(arguments[0]);";
        let at = demo
            .browser
            .run("return document.activeElement.outerHTML.slice(0, 200);", &json!([]));
        assert_eq!(
            demo.browser.run(is_there, &json!([selector])),
            json!(true),
            "{why}: {at}"
        );
    };
    for selector in [
        "[aria-label='Next page']",
        "[aria-label='Next page']",
        "[aria-label='Previous page']",
        "th[data-field=name] button",
        "[data-segment=Live]",
        "[data-segment='']",
    ] {
        let loads = page.loads();
        press(selector, keys::ENTER);
        page.loaded_after(loads);
        expect(selector, selector);
    }
    // on the last page the button stays, and does nothing
    let loads = page.loads();
    demo.browser.find(".pager select").type_text("100");
    page.loaded_after(loads);
    expect(".pager select", "the size of a page");
    press("[aria-label='Next page']", keys::ENTER);
    expect("[aria-label='Next page'][aria-disabled=true]", "the last page");
    page.go("/companies?size=10");
    press("thead [data-select-page]", keys::SPACE);
    press("[data-select-all]", keys::ENTER);
    expect("[data-select-none]", "everything is selected");
    demo.browser.press(keys::ENTER);
    expect("thead [data-select-page]", "nothing is selected");
    // conditions are removed one after the other
    let filters = "%7B%22conditions%22%3A%5B%7B%22field%22%3A%22name%22%2C%22operator%22%3A%22present%22%7D%2C\
        %7B%22field%22%3A%22id%22%2C%22operator%22%3A%22present%22%7D%5D%7D";
    page.go(&format!("/companies?filters={filters}"));
    let loads = page.loads();
    press(".chip button", keys::ENTER);
    page.loaded_after(loads);
    expect(".chip button[aria-label*=Id]", "one condition is left");
    let loads = page.loads();
    demo.browser.press(keys::ENTER);
    page.loaded_after(loads);
    expect("[data-filter]", "no condition is left");
    page.become_somebody(2);
    expect(".person-button", "somebody else");
}

#[test]
fn removing_a_file_keeps_keyboard_focus() {
    let Some(demo) = Demo::start("kept_focus_files") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/3");
    page.action("Upload Legal Docs");
    page.control("Proof of address")
        .choose_file(&demo.file("one.pdf", b"%PDF-1.4"));
    demo.browser.find(".files button");
    demo.browser
        .run("document.querySelector('.files button').focus();", &json!([]));
    demo.browser.press(keys::ENTER);
    demo.browser.until_gone(".files button");
    assert_eq!(demo.browser.focused().property("type"), "file");
}

#[test]
fn a_list_can_be_sorted_and_selected_on_a_phone() {
    let Some(demo) = Demo::start("phone_list") else { return };
    demo.browser.resize(390, 844);
    let page = demo.page(1);
    page.go("/companies");
    let loads = page.loads();
    demo.browser.find("[data-sort] option[value='-name']").click();
    page.loaded_after(loads);
    let first = demo.value("SELECT CAST(id AS text) FROM companies ORDER BY name DESC LIMIT 1");
    assert_eq!(page.records().first(), Some(&first));
    assert_eq!(demo.browser.focused().property("value"), "-name");
    demo.browser.find("[data-select-page]").click();
    demo.browser.find_with(".list .selection", "15 records selected");
    // hidden controls are not focusable
    let hidden =
        "return [...document.querySelectorAll('thead button, thead input')].every((one) => !one.checkVisibility());";
    assert_eq!(demo.browser.run(hidden, &json!([])), json!(true));
}
