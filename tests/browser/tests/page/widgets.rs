//! Every widget of the catalogue as a control that a person can use, and the value that arrives.

use forest_test_browser::{Page, keys};
use serde_json::json;

use crate::stage::Stage;

#[test]
fn every_widget_sends_what_was_entered() {
    let Some(stage) = Stage::local("every_widget") else {
        return;
    };
    let (browser, page) = (&stage.browser, stage.page(1));
    page.collection("companies");
    page.action("Every widget");
    page.control("name").type_text("Ünï");
    page.control("note").type_text("two");
    page.control("note").type_text(keys::ENTER);
    page.control("note").type_text("lines");
    browser
        .find(".field[data-field=letter] [contenteditable]")
        .type_text("Dear <all>");
    page.control("hours").type_text("1.5");
    page.control("price").type_text("12.34");
    browser
        .find(".field[data-field=urgent] input, .field[data-field=urgent] label")
        .click();
    page.control("days").type_text("month");
    browser.find_with("[role=option]", "One month").click();
    browser.find_with(".field[data-field=size] label", "Large").click();
    browser.find_with(".field[data-field=tags] label", "new").click();
    browser.find_with(".field[data-field=tags] label", "red").click();
    add(&page, &stage, "lines", &["first", "second"]);
    browser
        .find(".field[data-field=lines] li:last-child [aria-label='Move up']")
        .click();
    add(&page, &stage, "marks", &["0.5", "2"]);
    set(&stage, "day", "2024-05-14");
    set(&stage, "time", "13:30");
    browser
        .find(".field[data-field=color] [aria-label='Colour #00ff00']")
        .click();
    for name in ["a.txt", "b.txt"] {
        let path = browser.folder().join(name);
        std::fs::write(&path, name).unwrap();
        page.control("papers").choose_file(&path);
        browser.find_with(".field[data-field=papers] .files", name);
    }
    page.control("details").type_text(r#"{"deep": [1, null]}"#);
    page.control("address").type_text("1 Long Street");
    page.control("assigned to").type_text("ada");
    browser.find_with("[role=option]", "Ada Lovelace").click();
    page.control("company").type_text("Company 07");
    browser.find("[role=option][data-option='7']").click();
    page.control("other company").type_text("Company 12");
    browser.find("[role=option][data-option='12']").click();
    browser.find_with("dialog#action-form footer button", "Keep").click();
    page.toast("success", "Kept");
    let kept = stage.seen.last();
    let letter = kept["letter"].as_str().unwrap();
    assert!(letter.contains("Dear &lt;all&gt;"), "{letter}");
    let expected = json!({
        "name": "Ünï", "note": "two\nlines", "letter": letter, "hours": 1.5, "price": 1234, "urgent": true, "days": 30,
        "size": "Large", "tags": ["new", "red"], "lines": ["second", "first"], "marks": [0.5, 2.0], "day": "2024-05-14",
        "time": "13:30:00", "color": "#00ff00", "papers": [["a.txt", 5], ["b.txt", 5]], "details": {"deep": [1, null]},
        "address": "1 Long Street", "assignee": "ada@example.com", "company": 7, "other": 12,
    });
    assert_eq!(kept, expected);
}

#[test]
fn frm_every_problem_of_the_server_is_beside_its_field() {
    let Some(stage) = Stage::local("server_problems") else {
        return;
    };
    let (browser, page) = (&stage.browser, stage.page(1));
    page.collection("companies");
    page.action("Every widget");
    page.control("name").type_text("ab");
    page.control("hours").type_text("0.5");
    page.control("price").type_text("1");
    page.control("days").type_text("week");
    browser.find_with("[role=option]", "One week").click();
    browser.find_with(".field[data-field=size] label", "Small").click();
    browser.find_with(".field[data-field=tags] label", "new").click();
    add(&page, &stage, "lines", &["x"]);
    add(&page, &stage, "marks", &["1"]);
    let path = browser.folder().join("a.txt");
    std::fs::write(&path, "a").unwrap();
    page.control("papers").choose_file(&path);
    browser.find_with(".field[data-field=papers] .files", "a.txt");
    page.submit();
    browser.find_with("[data-error=name]", "3");
    browser.find_with("[data-error=hours]", "at least 1");
    assert_eq!(page.control("name").property("ariaInvalid"), "true");
    page.control("name").type_text("c");
    page.control("hours").fill("2");
    page.submit();
    page.toast("success", "Kept");
}

/// Adds values to a list of inputs.
fn add(page: &Page<'_>, stage: &Stage, field: &str, values: &[&str]) {
    let browser = &stage.browser;
    for value in values {
        let before = browser.run(
            "return document.querySelectorAll(`.field[data-field=${arguments[0]}] li`).length;",
            &json!([field]),
        );
        browser
            .find(&format!(
                ".field[data-field={field}] .stack > button, .field[data-field={field}] button[id]"
            ))
            .click();
        browser.until(
            "return document.querySelectorAll(`.field[data-field=${arguments[0]}] li`).length > arguments[1];",
            &json!([field, before]),
        );
        browser
            .find(&format!(".field[data-field={field}] li:last-child input"))
            .type_text(value);
    }
    page.field(field);
}

/// Sets what the browser's own picker sets: what is typed into it depends on the language of the browser.
fn set(stage: &Stage, field: &str, value: &str) {
    stage.browser.run(
        "const input = document.querySelector(`.field[data-field=${arguments[0]}] input`);
        input.value = arguments[1];
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new Event('change', { bubbles: true }));",
        &json!([field, value]),
    );
}
