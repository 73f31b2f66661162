//! The actions of users, also from a company's related users.

use serde_json::json;

use crate::demo::Demo;

#[test]
fn reset_password_runs_on_a_related_record() {
    let Some(demo) = Demo::start("reset_password") else {
        return;
    };
    let user = demo.value("SELECT CAST(min(id) AS text) FROM users WHERE company_id = 6");
    let page = demo.page(2);
    page.go("/companies/6/users");
    demo.browser
        .find(&format!(".list[data-list=users] input[data-tick='{user}']"))
        .click();
    demo.browser.find(".list[data-list=users] [data-actions]").click();
    demo.browser.find("[role=menu] [data-action='Reset password']").click();
    page.toast("success", "must choose a new password");
    assert_eq!(
        demo.sql("SELECT CAST(id AS text) FROM users WHERE must_change_password"),
        [user]
    );
}

#[test]
fn impersonate_sends_its_webhook_and_opens_the_user_session() {
    let Some(demo) = Demo::start("impersonate") else { return };
    let page = demo.page(1);
    page.go("/users/5");
    page.action("Impersonate");
    page.toast("success", "You are now");
    page.toast("success", "/impersonations answered 204");
    demo.browser.find_with("[data-toast=info]", "/impersonations");
    let email = demo.value("SELECT email FROM users WHERE id = 5");
    let [_, opened] = <[String; 2]>::try_from(demo.browser.tabs()).unwrap();
    demo.browser.look_at(&opened);
    demo.browser.find_with("h1", &format!("You are {email}"));
}

#[test]
fn hostile_record_contents_are_escaped() {
    let Some(demo) = Demo::start("hostile_contents") else {
        return;
    };
    for statement in [
        "UPDATE users SET firstname = '<script>window.hacked=1</script><img src=x onerror=window.hacked=1>', lastname = '</td>&amp;' WHERE id = 1",
        "UPDATE users SET firstname = char(8238) || 'evil' || char(8294), lastname = 'مرحبا' WHERE id = 2",
        "UPDATE users SET firstname = '👩‍👩‍👧‍👦 Zoë', lastname = '{{currentUser.id}} ${1+1}' WHERE id = 3",
        "UPDATE users SET firstname = replace(hex(zeroblob(50000)), '0', 'W'), email = 'javascript:window.hacked=1' WHERE id = 4",
    ] {
        demo.sql(statement);
    }
    let page = demo.page(1);
    page.collection("users");
    demo.browser.find_with(
        "tr[data-record='1']",
        "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    );
    demo.browser.find_with("tr[data-record='3']", "👩‍👩‍👧‍👦 Zoë");
    demo.browser.find_with("tr[data-record='3']", "${1+1}");
    // bidirectional control characters do not affect neighbours, and a long text does not break the table
    let width = demo
        .browser
        .run("return [document.documentElement.scrollWidth, innerWidth];", &json!([]));
    assert!(width[0].as_u64() <= width[1].as_u64(), "{width}");
    for id in 1..=4 {
        page.go(&format!("/users/{id}"));
        demo.browser.find(&format!("[data-open-record='{id}'] dd"));
        let links = "return [...document.querySelectorAll('#app a')].filter((a) => /^(javascript|data):/i.test(a.href)).length;";
        assert_eq!(demo.browser.run(links, &json!([])), 0);
    }
    page.action("Reset password");
    page.toast("success", "must choose a new password");
    assert_eq!(
        demo.browser.run("return window.hacked ?? null;", &json!([])),
        json!(null)
    );
}
