//! Back, reload, and files that miss their place: what must not lose a form.

use forest_test_browser::Page;
use serde_json::json;

use crate::stage::Stage;

/// Whether a reload would be asked about.
const ASKED: &str = "const leaving = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(leaving);
    return leaving.defaultPrevented;";

fn back(stage: &Stage) {
    stage.browser.run("history.back();", &json!([]));
}

/// The list, then record 3, then the form of "Ask" on it.
fn opened(stage: &Stage) -> Page<'_> {
    let page = stage.page(1);
    page.go("/companies");
    page.go("/companies/3");
    page.action("Ask");
    page.control("told");
    page
}

#[test]
fn back_closes_a_form_and_leaves_the_view_behind_it() {
    let Some(stage) = Stage::local("back_closes") else {
        return;
    };
    let page = opened(&stage);
    assert_eq!(stage.browser.run(ASKED, &json!([])), false);
    back(&stage);
    page.until_form_closed();
    assert!(stage.browser.shows("[data-open-record='3']"));
    // a form that was closed otherwise leaves nothing in the way
    page.action("Ask");
    page.control("told");
    stage
        .browser
        .find_with("dialog#action-form footer button", "Cancel")
        .click();
    page.until_form_closed();
    stage.browser.until(
        "return history.state === null && !location.hash.includes('?');",
        &json!([]),
    );
    page.action("Nothing to say");
    page.toast("success", "Nothing to say");
    back(&stage);
    stage.browser.find(".list[data-list=companies]");
}

#[test]
fn back_asks_before_it_drops_what_was_entered() {
    let Some(stage) = Stage::local("back_asks") else { return };
    let page = opened(&stage);
    page.control("told").type_text("much");
    assert_eq!(stage.browser.run(ASKED, &json!([])), true);
    for _ in 0..2 {
        back(&stage);
        stage.browser.find_with("dialog#confirm", "What you entered is lost.");
        stage.browser.find_with("dialog#confirm button", "Cancel").click();
        stage.browser.until_gone("dialog#confirm");
        page.until_value("told", "much");
    }
    // another address is no way out either
    stage.browser.run("location.hash = '/companies';", &json!([]));
    stage.browser.find_with("dialog#confirm button", "Cancel").click();
    stage.browser.until_gone("dialog#confirm");
    assert!(stage.browser.shows("[data-open-record='3']") && stage.browser.shows("dialog#action-form"));
    // the question is what Back takes away first
    back(&stage);
    stage.browser.find("dialog#confirm");
    back(&stage);
    stage.browser.until_gone("dialog#confirm");
    back(&stage);
    stage.browser.find("dialog#confirm footer button.primary").click();
    page.until_form_closed();
    assert_eq!(stage.browser.run(ASKED, &json!([])), false);
}

#[test]
fn a_result_leads_on_from_a_form_and_back_leads_to_where_it_was_opened() {
    let Some(stage) = Stage::local("back_from_a_result") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Lead on from a form");
    page.control("told");
    page.submit();
    stage.browser.find("[data-open-record='5']");
    back(&stage);
    stage.browser.find("[data-open-record='3']");
}

#[test]
fn a_file_that_misses_its_place_is_not_opened_and_one_too_many_is_told() {
    let Some(stage) = Stage::local("missed_drop") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Take a film");
    page.field("film");
    let drop = "const [selector, names, types] = arguments;
        const transfer = new DataTransfer();
        for (const name of names) transfer.items.add(new File(['x'], name));
        return types.map((type) => {
            const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.querySelector(selector).dispatchEvent(event);
            return event.defaultPrevented;
        });";
    for place in ["body", "dialog#action-form h2"] {
        let held = stage
            .browser
            .run(drop, &json!([place, ["a.txt"], ["dragover", "drop"]]));
        assert_eq!(held, json!([true, true]), "{place}");
    }
    assert!(!stage.browser.shows(".field[data-field=film] .files li"));
    let zone = ".field[data-field=film] .drop";
    stage
        .browser
        .run(drop, &json!([zone, ["first.txt", "second.txt"], ["drop"]]));
    stage.browser.find_with(".field[data-field=film] .files", "first.txt");
    stage.browser.find_with(
        ".field[data-field=film] .field-error",
        "Only one file is taken here, without “second.txt”.",
    );
}
