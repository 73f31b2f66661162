//! Every kind of answer, as the page shows it.

use serde_json::json;

use crate::stage::Stage;

#[test]
fn every_answer_is_shown_for_what_it_is() {
    let Some(stage) = Stage::local("every_answer") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Nothing to say");
    page.toast("success", "Nothing to say");
    page.action("Conflict");
    page.toast("error", "Somebody was faster");
    for name in ["Break", "Panic"] {
        page.action(name);
        let toast = stage.browser.find("[data-toast=error]").text();
        assert!(
            !toast.contains("not a number") && !toast.contains("on purpose"),
            "{toast}"
        );
        page.toast("error", "");
    }
    // the panel alone says that it went well
    page.action("Only HTML");
    assert!(page.panel().contains("<p>Look here</p>"));
    assert!(!stage.browser.shows("[data-toast]"));
    stage.browser.find("dialog#html-panel footer button").click();
    stage.browser.until_gone("dialog#html-panel");
    page.action("Fail");
    page.toast("error", "<b>It</b> cannot be done");
    assert!(page.panel().contains("<p>The long reason</p>"));
    stage.browser.find("dialog#html-panel footer button").click();
    stage.browser.until_gone("dialog#html-panel");
}

#[test]
fn html_of_an_action_can_do_nothing_to_the_page() {
    let Some(stage) = Stage::local("hostile_html") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Hostile HTML");
    page.toast("success", "Shown");
    let frame = stage.browser.find("dialog#html-panel iframe");
    stage.browser.inside(&frame, || {
        assert_eq!(stage.browser.find("#title").text(), "Result");
        stage.browser.find("button").click();
        stage.browser.find("#out").click();
    });
    assert_eq!(
        stage.browser.run("return window.hacked ?? null;", &json!([])),
        json!(null)
    );
    // the link opened a tab of nothing at most, and the form was not sent
    assert!(stage.browser.address().starts_with(&stage.url));
    assert!(stage.browser.shows("dialog#html-panel"));
}

#[test]
fn a_webhook_is_really_sent_and_its_outcome_said() {
    let Some(stage) = Stage::local("webhook") else { return };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Call the hook");
    page.toast("success", "Called");
    page.toast("success", "answered 200");
    let sent = stage.seen.webhooks.lock().unwrap().clone();
    assert_eq!(sent, [("operations".to_owned(), r#"{"company":3}"#.to_owned())]);
}

#[test]
fn redirects_lead_to_what_the_page_has_and_say_what_it_has_not() {
    let Some(stage) = Stage::local("redirects") else { return };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Go to a dashboard");
    stage.browser.find_with(
        "[data-toast=info] [data-redirect=internal]",
        "/project/environment/team/dashboard",
    );
    assert!(stage.browser.shows("[data-open-record='3']"));
    page.action("Go to a record");
    stage.browser.find("[data-open-record='5']");
    assert_eq!(stage.browser.tabs().len(), 1);
}

#[test]
fn res_01_a_download_keeps_its_name() {
    let Some(stage) = Stage::local("download_name") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Download");
    page.toast("success", "Downloaded Übersicht \"1\".txt");
    // the file system's own rules may change a quote
    let names = stage.browser.downloads(1);
    assert!(names[0].starts_with("Übersicht"), "{names:?}");
}
