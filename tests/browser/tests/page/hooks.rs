//! Forms whose hooks and searches do not go as they should.

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;
use forest_test_browser::keys;
use serde_json::json;

use crate::stage::{Seen, Stage};

#[derive(ActionForm)]
struct Moody {
    #[field(change = never)]
    first: String,
    second: Option<String>,
}

async fn never(form: FormState) -> HookResult {
    drop(form);
    Err(failure("The directory is closed"))
}

#[smart_action(collection = "companies", name = "Moody", kind = "single")]
async fn moody(form: Form<Moody>, seen: web::Data<Seen>) -> &'static str {
    seen.keep(json!({"first": form.first, "second": form.second}));
    "Taken all the same"
}

pub(crate) fn all() -> Vec<&'static ActionDescriptor> {
    actions![moody].to_vec()
}

/// What the form says of itself.
const SAID: &str = "dialog#action-form .form > .banner";

#[test]
fn a_hook_that_always_fails_keeps_what_was_entered_and_blocks_nobody() {
    let Some(stage) = Stage::local("failing_hook") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Moody");
    page.control("first").type_text("one");
    stage.browser.find_with(SAID, "The directory is closed");
    page.control("second").type_text("two");
    page.submit();
    // tried once more, and said once more
    stage.browser.find_with(SAID, "Press “Moody” again");
    assert!(stage.seen.values.lock().unwrap().is_empty());
    // whoever changes something is asked again
    page.control("second").type_text(" and a half");
    page.submit();
    stage.browser.find_with(SAID, "Press “Moody” again");
    page.submit();
    page.toast("success", "Taken all the same");
    assert_eq!(stage.seen.last(), json!({"first": "one", "second": "two and a half"}));
    page.until_form_closed();
    // and it can be closed
    page.action("Moody");
    page.control("first").type_text("one");
    stage.browser.find_with(SAID, "The directory is closed");
    stage
        .browser
        .find_with("dialog#action-form footer button", "Cancel")
        .click();
    page.until_form_closed();
}

#[test]
fn a_search_that_is_typed_over_is_given_up() {
    let Some(stage) = Stage::local("cancelled_search") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Ask");
    page.control("word");
    stage.browser.run(
        "const plain = window.fetch;
        window.given_up = 0;
        window.fetch = (input, options) => {
            const text = String(input).includes('/hooks/search') && JSON.parse(options.body).data.attributes.fields
                .find(({ field }) => field === 'word').searchValue;
            if (text !== 't') return plain(input, options);
            window.asked = true;
            return new Promise((_, reject) => options.signal.addEventListener('abort', () => {
                window.given_up++;
                reject(options.signal.reason);
            }));
        };",
        &json!([]),
    );
    page.control("word").type_text("t");
    stage.browser.until("return window.asked;", &json!([]));
    page.control("word").type_text("hr");
    stage.browser.find_with("[role=option]", "THREE");
    assert_eq!(stage.browser.run("return window.given_up;", &json!([])), json!(1));
    assert!(!stage.browser.shows(SAID) && !stage.browser.shows("[data-toast]"));
}

#[test]
fn enter_that_is_held_turns_one_page_and_sends_nothing() {
    let Some(stage) = Stage::local("held_enter") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("On two pages");
    page.control("at").type_text(keys::TAB);
    stage.browser.run(
        "document.querySelector('dialog#action-form footer [type=submit]').focus();",
        &json!([]),
    );
    let enter = |kind: &str, is_repeated: bool| {
        stage.browser.developer_tools(
            "Input.dispatchKeyEvent",
            &json!({
                "type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13,
                "autoRepeat": is_repeated,
            }),
        );
    };
    enter("keyDown", false);
    stage.browser.find(".field[data-field='last word']");
    // longer than a page that was turned takes no press
    stage
        .browser
        .find("dialog#action-form:not(.turning) footer [data-step=submit]");
    stage.browser.run(
        "document.querySelector('dialog#action-form footer [type=submit]').focus();",
        &json!([]),
    );
    for _ in 0..5 {
        enter("keyDown", true);
    }
    assert!(stage.browser.shows("dialog#action-form:not(.sending)"));
    enter("keyUp", false);
    assert!(stage.seen.values.lock().unwrap().is_empty());
    enter("keyDown", false);
    page.toast("success", "Kept as it was");
    assert_eq!(stage.seen.values.lock().unwrap().len(), 1);
}

#[test]
fn a_webhook_without_an_answer_is_given_up_and_said() {
    let Some(stage) = Stage::local("webhook_timeout") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    // the clock of the test does not run for ten seconds
    stage.browser.run(
        "const [plain, limit] = [window.fetch, AbortSignal.timeout.bind(AbortSignal)];
        AbortSignal.timeout = (milliseconds) => ((window.limit = milliseconds), limit(1));
        window.fetch = (input, options) => String(input).includes('/hook') && !String(input).includes('/forest/')
            ? new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)))
            : plain(input, options);",
        &json!([]),
    );
    page.action("Call the hook");
    page.toast("success", "Called");
    page.toast("error", "did not answer within 10 seconds");
    assert_eq!(stage.browser.run("return window.limit;", &json!([])), json!(10_000));
}
