//! The filter builder: which control a value gets, where a condition starts, and how it reads above the list.

use serde_json::json;

use crate::demo::Demo;

const VALUE: &str = "#filters .condition-value";

/// Chooses the field and the operator of the last condition.
fn ask(demo: &Demo, field: &str, operator: &str) {
    demo.browser.run(
        "const row = [...document.querySelectorAll('#filters .condition')].at(-1);
        for (const [name, value] of [['field', arguments[0]], ['operator', arguments[1]]]) {
            const select = row.querySelector(`[data-condition-${name}]`);
            select.value = value;
            select.dispatchEvent(new Event('change'));
        }",
        &json!([field, operator]),
    );
}

#[test]
fn a_new_condition_uses_the_name_field_and_its_default_operator() {
    let Some(demo) = Demo::start("filter_start") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.find("[data-filter]").click();
    let field = demo.browser.find("[data-condition-field]");
    let operator = demo.browser.find("[data-condition-operator]");
    assert_eq!(field.property("value"), "name");
    assert_eq!(operator.property("value"), "i_contains");
    for (name, first) in [("status", "equal"), ("created_at", "after"), ("id", "equal")] {
        demo.browser
            .find(&format!("[data-condition-field] option[value={name}]"))
            .click();
        assert_eq!(operator.property("value"), first, "{name}");
    }
}

#[test]
fn the_control_of_a_value_fits_the_field_and_the_operator() {
    let Some(demo) = Demo::start("filter_values") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.find("[data-filter]").click();
    demo.browser.find("[data-condition-field]");
    for (field, operator, control) in [
        ("status", "equal", "select"),
        ("status", "starts_with", "input[type=text]"),
        ("status", "in", "input[type=checkbox][value=pending]"),
        ("created_at", "equal", "input[type=datetime-local]"),
        ("created_at", "in", "li input[type=datetime-local]"),
        ("created_at", "previous_x_days", "input[type=number]"),
        ("name", "in", "input[type=text]"),
    ] {
        ask(&demo, field, operator);
        assert!(
            demo.browser.shows(&format!("{VALUE} {control}")),
            "{field} {operator}: {control}"
        );
    }
    ask(&demo, "created_at", "in");
    demo.browser.find("[data-add-value]").click();
    let dates = "return document.querySelectorAll('#filters li li input[type=datetime-local]').length;";
    assert_eq!(demo.browser.run(dates, &json!([])), json!(2));
}

#[test]
fn conditions_are_displayed_in_plain_english() {
    let Some(demo) = Demo::start("filter_words") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.find("[data-filter]").click();
    demo.browser.find("[data-condition-field]");
    ask(&demo, "status", "in");
    for status in ["pending", "live"] {
        demo.browser.find(&format!("{VALUE} input[value={status}]")).click();
    }
    demo.browser.find("[data-add-condition]").click();
    ask(&demo, "created_at", "previous_x_days");
    demo.browser.find(&format!("{VALUE} input[type=number]")).fill("9000");
    demo.browser.find("[data-add-condition]").click();
    ask(&demo, "created_at", "after");
    demo.browser.run(
        "document.querySelector('#filters input[type=datetime-local]').value = '2001-02-03T04:05';",
        &json!([]),
    );
    let loads = page.loads();
    demo.browser.find("#filters footer .primary").click();
    page.loaded_after(loads);
    let chips = demo.browser.find(".chips").text();
    for part in [
        "Status is one of pending, live",
        "Created at is in the 9000 days before today",
        "2001",
    ] {
        assert!(chips.contains(part), "{chips}");
    }
    assert!(!chips.contains('…') && !chips.contains("2001-02-03T"), "{chips}");
    let expected = demo.value("SELECT CAST(count(*) AS text) FROM companies WHERE status IN ('pending', 'live')");
    assert_eq!(demo.browser.find("[data-count]").text(), expected);
}
