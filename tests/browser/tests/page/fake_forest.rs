//! The control page of the fake Forest server.

use forest_actions::testing::{ApprovalRequest, ApprovalStatus, FakeForest, FakeUser};
use forest_test_browser::Browser;
use serde_json::json;

#[test]
fn control_page_sends_commands_and_shows_names_as_text() {
    let Some(browser) = Browser::start("fake_forest") else {
        return;
    };
    let evil = "<script>document.title = 'run'</script>";
    let system = actix_web::rt::System::new();
    let fake = FakeForest::builder()
        .project(evil)
        .user(FakeUser::new(1, "ada@example.com").name("Ada", evil).role(evil))
        .role(evil, |role| role.may_not_trigger("orders", evil));
    let fake = system.block_on(fake.start()).unwrap();
    let filed = [(); 2].map(|()| fake.file_approval(1, ApprovalRequest::new("orders", evil).records([evil])));
    browser.open(&format!("{}/", fake.url()));
    browser.find_with("main", evil);
    // the right to trigger
    browser.find("td button[aria-pressed=false]").click();
    browser.find("td button[aria-pressed=true]");
    // newest first
    browser.find("select + button").click();
    let is_signed = "return document.querySelector('textarea')?.value.includes('signed_approval_request') ?? false;";
    browser.until(is_signed, &json!([]));
    browser.find("select + button + button").click();
    browser.until_gone("select");
    assert_eq!(fake.approval(filed[1]).unwrap().status(), ApprovalStatus::Approved);
    assert_eq!(fake.approval(filed[0]).unwrap().status(), ApprovalStatus::Rejected);
    assert_ne!(browser.run("return document.title;", &json!([])), "run");
}
