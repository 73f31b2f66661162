//! Approvals, from the one who asks to the one who decides.

use forest_actions::testing::{ApprovalStatus, FakeForest, FakeUser};

use crate::stage::Stage;

fn fake() -> FakeForest {
    let fake = FakeForest::builder()
        .user(
            FakeUser::new(1, "ada@example.com")
                .name("Ada", "Lovelace")
                .role("Admin"),
        )
        .user(
            FakeUser::new(2, "sam@example.com")
                .name("Sam", "Porter")
                .role("Support"),
        )
        .role("Admin", |role| role.may_do_everything().may_approve("companies", "Ask"))
        .role("Support", |role| {
            role.may_browse("companies")
                .may_trigger("companies", "Ask")
                .requires_approval("companies", "Ask")
        });
    actix_web::rt::System::new().block_on(fake.start()).unwrap()
}

/// Approves a request, with a message.
fn approve(stage: &Stage, id: u64, message: &str) {
    stage.browser.find(&format!("[data-approve='{id}']:enabled")).click();
    stage
        .browser
        .find("dialog#approve-approval textarea")
        .type_text(message);
    stage
        .browser
        .find("dialog#approve-approval footer button.primary")
        .click();
}

/// Sam asks for an approval of "Ask" on company 3.
fn asked(stage: &Stage) -> forest_test_browser::Page<'_> {
    let page = stage.page(2);
    page.collection("companies");
    page.tick("3");
    page.action("Ask");
    page.control("word").type_text("two");
    stage.browser.find_with("[role=option]", "TWO").click();
    page.submit();
    stage
        .browser
        .find("dialog#ask-approval textarea")
        .type_text("<i>Please</i>");
    stage.browser.find("dialog#ask-approval footer button.primary").click();
    page.toast("success", "Your request was filed");
    page.until_form_closed();
    page
}

#[test]
fn app_03_what_one_asks_for_another_approves_and_it_runs() {
    let fake = fake();
    let Some(stage) = Stage::connected("approved", fake.clone()) else {
        return;
    };
    let page = asked(&stage);
    assert_eq!(stage.seen.values.lock().unwrap().len(), 0);
    stage
        .browser
        .run("location.hash = '/approvals';", &serde_json::json!([]));
    stage.browser.find("[data-approval='1'][data-status=pending]");
    for button in ["approve", "reject"] {
        let button = stage.browser.find(&format!("[data-{button}='1']"));
        assert_eq!(
            button.property("disabled"),
            serde_json::json!(true),
            "nobody approves their own"
        );
    }
    let reason = stage.browser.find("[data-approval='1'] [data-reason]").text();
    assert!(
        reason.contains("You asked for this yourself.") && reason.contains("permission"),
        "{reason}"
    );
    assert_eq!(fake.approval(1).unwrap().status(), ApprovalStatus::Pending);
    page.become_somebody(1);
    stage.browser.find_with("[data-approval='1']", "<i>Please</i>");
    approve(&stage, 1, "Go on");
    page.toast("success", "Asked");
    stage
        .browser
        .find_with("[data-approval='1'][data-status=approved]", "Go on");
    stage.browser.find("[data-approval='1'] summary").click();
    stage
        .browser
        .find_with("[data-approval='1'] details li", "Ada Lovelace approved");
    stage.browser.find("[data-approval='1'] details time[datetime]");
    let ran = stage.seen.last();
    assert_eq!((&ran["word"], &ran["ids"]), (&"two".into(), &serde_json::json!([3])));
    assert_eq!(fake.approval(1).unwrap().reviewer(), Some(1));
}

#[test]
fn a_rejection_is_told_with_its_message() {
    let fake = fake();
    let Some(stage) = Stage::connected("rejected", fake) else {
        return;
    };
    let page = asked(&stage);
    stage
        .browser
        .run("location.hash = '/approvals';", &serde_json::json!([]));
    stage.browser.find("[data-approval='1'][data-status=pending]");
    page.become_somebody(1);
    stage.browser.find("[data-reject='1']").click();
    stage
        .browser
        .find("dialog#reject-approval textarea")
        .type_text("Not today");
    stage
        .browser
        .find("dialog#reject-approval footer button.primary")
        .click();
    page.toast("info", "rejected");
    page.become_somebody(2);
    stage
        .browser
        .find_with("[data-approval='1'][data-status=rejected]", "Not today");
    assert_eq!(stage.seen.values.lock().unwrap().len(), 0);
}

#[test]
fn app_05_of_everything_that_is_selected_a_request_names_every_record() {
    let fake = fake();
    let Some(stage) = Stage::connected("approve_all", fake.clone()) else {
        return;
    };
    let page = stage.page(2);
    page.collection("companies");
    stage.browser.find("[data-select-page]").click();
    stage.browser.find("[data-select-all]").click();
    page.tick("7");
    page.action("Ask");
    page.control("word").type_text("two");
    stage.browser.find_with("[role=option]", "TWO").click();
    page.submit();
    stage.browser.find("dialog#ask-approval [data-count='29']");
    // a double click files one request
    stage.browser.run(
        "for (let press = 0; press < 2; press++)
            document.querySelector('dialog#ask-approval footer button.primary').click();",
        &serde_json::json!([]),
    );
    page.toast("success", "Your request was filed");
    assert_eq!(fake.approvals().len(), 1);
    assert_eq!(fake.approval(1).unwrap().record_ids().len(), 29);
    stage
        .browser
        .run("location.hash = '/approvals';", &serde_json::json!([]));
    page.become_somebody(1);
    // what was signed is not lost with the answer
    stage.browser.run(
        "const plain = window.fetch;
        window.fetch = (input, options) => String(input).includes('/forest/actions/') && !window.works
            ? Promise.reject(new TypeError('gone'))
            : plain(input, options);",
        &serde_json::json!([]),
    );
    stage
        .browser
        .find_with("[data-approval='1'] [data-more]", "and 24 more")
        .click();
    stage.browser.find_with("[data-approval='1'] a", "#30");
    approve(&stage, 1, "");
    page.toast("error", "The action may have run");
    let again = stage.browser.find("[data-send-again='1']");
    stage.browser.run("window.works = true;", &serde_json::json!([]));
    again.click();
    page.toast("success", "Asked");
    stage.browser.until_gone("[data-send-again]");
    let ran = stage.seen.last();
    let ids: Vec<u64> = ran["ids"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|id| id.as_u64())
        .collect();
    assert_eq!(ids.len(), 29);
    assert!(!ids.contains(&7), "{ids:?}");
}

#[test]
fn what_others_ask_for_appears_and_what_is_there_stays_under_the_pointer() {
    let fake = fake();
    let Some(stage) = Stage::connected("appearing", fake.clone()) else {
        return;
    };
    let page = stage.page(1);
    stage
        .browser
        .run("location.hash = '/approvals';", &serde_json::json!([]));
    stage.browser.find_with(".list-message", "Nothing to approve");
    let ways = [
        "window.dispatchEvent(new Event('focus'));",
        "document.querySelector('nav a[href=\"#/approvals\"]').click();",
        "document.querySelector('[data-approvals] [data-reload]').click();",
    ];
    for (index, way) in ways.into_iter().enumerate() {
        let request = forest_actions::testing::ApprovalRequest::new("companies", "Ask").records(["3"]);
        let id = fake.file_approval(2, request);
        stage.browser.run(
            "window.known = document.querySelector('[data-approve]');",
            &serde_json::json!([]),
        );
        stage.browser.run(way, &serde_json::json!([]));
        stage.browser.find(&format!("[data-approve='{id}']"));
        let stays = stage
            .browser
            .run("return window.known?.isConnected ?? null;", &serde_json::json!([]));
        assert_eq!(stays, serde_json::json!((index > 0).then_some(true)), "{way}");
    }
    page.become_somebody(2);
    stage.browser.find("[data-approve='1']:disabled");
}
