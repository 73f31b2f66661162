//! Slips of the hand and of the network: pressed twice, held, typed and not chosen, answered by nobody.

use chrono::{DateTime, Utc};
use forest_actions::ActionDescriptor;
use forest_actions::form::layout::{input, page};
use forest_actions::prelude::*;
use forest_test_browser::Theme;
use serde_json::json;

use crate::stage::{Seen, Stage};

/// Fields with values that a browser's own controls do not hold to the last.
#[derive(ActionForm)]
struct Precise {
    at: Option<DateTime<Utc>>,
    note: Option<String>,
    #[field(widget = rich_text)]
    letter: Option<String>,
    #[field(reference = "companies.id")]
    company: Option<i64>,
    #[field(label = "last word")]
    last_word: Option<String>,
}

async fn filled_in(mut form: FormState) -> HookResult {
    form.field("at").set_value("2024-05-15T10:30:12.345Z");
    form.field("note").set_value("one\ntwo");
    form.field("letter").set_value("<p class=\"x\">Dear</p>");
    form.field("company").set_value(3);
    Ok(form.layout([
        page(["at", "note", "letter", "company"].map(input)),
        page([input("last word")]),
    ]))
}

#[smart_action(collection = "companies", name = "On two pages", kind = "single", load = filled_in)]
async fn on_two_pages(form: Form<Precise>, seen: web::Data<Seen>) -> &'static str {
    let form = form.0;
    let at = form
        .at
        .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    seen.keep(json!({
        "at": at, "note": form.note, "letter": form.letter, "company": form.company, "last word": form.last_word,
    }));
    "Kept as it was"
}

pub(crate) fn all() -> Vec<&'static ActionDescriptor> {
    actions![on_two_pages].to_vec()
}

const NEXT: &str = "dialog#action-form footer [data-step=next]";

#[test]
fn a_double_click_sends_no_page_that_nobody_has_seen_and_no_value_that_nobody_has_touched() {
    let Some(stage) = Stage::local("double_click") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("On two pages");
    stage.browser.find(NEXT);
    stage.browser.run(
        "for (let press = 0; press < 2; press++)
            document.querySelector('dialog#action-form footer [type=submit]').click();",
        &json!([]),
    );
    let last = page.control("last word");
    // the second press falls on the page that has just been turned to
    stage.browser.run(
        "document.querySelector('dialog#action-form footer [type=submit]').click();",
        &json!([]),
    );
    last.type_text("end");
    assert!(stage.seen.values.lock().unwrap().is_empty());
    page.submit();
    page.toast("success", "Kept as it was");
    assert_eq!(
        stage.seen.last(),
        json!({
            "at": "2024-05-15T10:30:12.345Z", "note": "one\ntwo", "letter": "<p class=\"x\">Dear</p>", "company": 3,
            "last word": "end",
        })
    );
}

#[test]
fn enter_in_a_search_for_a_record_never_sends_the_record_of_before() {
    let Some(stage) = Stage::local("typed_reference") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("On two pages");
    page.until_value("company", "Company 03");
    page.control("company").fill("Company 07");
    // before the search has begun, and when it has found
    stage.browser.press("\u{e007}");
    stage.browser.find_with("[role=option]", "Company 07");
    assert!(stage.browser.shows(NEXT), "still on the first page");
    stage.browser.press("\u{e007}");
    page.until_value("company", "Company 07");
    stage.browser.find(NEXT).click();
    let last = page.control("last word");
    last.type_text("x");
    page.submit();
    page.toast("success", "Kept as it was");
    assert_eq!(stage.seen.last()["company"], 7);
}

#[test]
fn rows_of_another_query_do_not_stay_when_a_list_cannot_be_read() {
    let Some(stage) = Stage::local("unread_list") else {
        return;
    };
    let page = stage.page(1);
    page.collection("companies");
    page.tick("1");
    stage.browser.run(
        "const plain = window.fetch;
        window.fetch = (input, options) => String(input).includes('search=nothing') && !window.works
            ? Promise.resolve(new Response(JSON.stringify({ errors: [{ detail: 'No search today' }] }), {
                status: 500, headers: { 'content-type': 'application/json' } }))
            : plain(input, options);",
        &json!([]),
    );
    stage.browser.find("input[type=search]").type_text("nothing");
    stage.browser.find_with(".list-message[role=alert]", "No search today");
    assert!(!stage.browser.shows("tr[data-record]"));
    assert!(!stage.browser.shows("[data-select-all]") && !stage.browser.shows(".list .selection"));
    stage.browser.run("window.works = true;", &json!([]));
    stage.browser.find("[data-reload]").click();
    stage.browser.find_with(".list-message[role=status]", "No records");
}

#[test]
fn what_is_ticked_survives_that_somebody_signs_in_again() {
    let Some(stage) = Stage::local("ticks_survive") else {
        return;
    };
    let page = stage.page(1);
    page.collection("companies");
    page.tick("2");
    let loads = page.loads();
    page.become_somebody(1);
    page.loaded_after(loads);
    stage.browser.find_with(".list .selection", "1 record selected");
    assert_eq!(stage.browser.find("[data-tick='2']").property("checked"), json!(true));
}

#[test]
fn html_of_an_action_is_readable_in_light_and_dark_and_its_toast_can_be_dismissed() {
    let Some(stage) = Stage::local("readable_panel") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    for (theme, colour) in [(Theme::Light, "rgb(27, 32, 29)"), (Theme::Dark, "rgb(230, 235, 231)")] {
        stage.browser.prefer(theme);
        page.action("Fail");
        let frame = stage.browser.find("dialog#html-panel iframe");
        stage.browser.inside(&frame, || {
            stage.browser.find_with("p", "The long reason");
            let shown = stage
                .browser
                .run("return getComputedStyle(document.body).color;", &json!([]));
            assert_eq!(shown, json!(colour));
        });
        // beside an open dialog nothing can be pressed
        stage.browser.find("[data-toast=error] button").click();
        stage.browser.until_gone("[data-toast=error]");
        stage.browser.find("dialog#html-panel footer button").click();
        stage.browser.until_gone("dialog#html-panel");
    }
}
