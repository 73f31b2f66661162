//! Successful action results: the members, statuses and headers that the UI reads.

use std::borrow::Cow;

use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::support::{Agent, Call, Log};

#[smart_action(collection = "answers", name = "Nothing", kind = "global")]
async fn nothing() {}

#[smart_action(collection = "answers", name = "No content", kind = "global")]
async fn no_body() -> ActionResponse {
    no_content()
}

#[smart_action(collection = "answers", name = "Text", kind = "global")]
pub(super) async fn text() -> &'static str {
    "Done \"quoted\" \u{e9} <b>"
}

#[smart_action(collection = "answers", name = "Owned", kind = "global")]
async fn owned() -> String {
    "Done".to_owned()
}

#[smart_action(collection = "answers", name = "Cow", kind = "global")]
async fn cow() -> Cow<'static, str> {
    Cow::Borrowed("Done")
}

#[smart_action(collection = "answers", name = "Result of nothing", kind = "global")]
async fn result_of_nothing() -> Result<(), std::io::Error> {
    Ok(())
}

#[smart_action(collection = "answers", name = "Html", kind = "global")]
async fn panel() -> ActionResult {
    Ok(html("<p class=\"c-clr-1-4\">$42 USD charged</p>"))
}

#[smart_action(collection = "answers", name = "Success and html", kind = "global")]
async fn success_and_html() -> ActionResult {
    Ok(success("Charged").html("<p>$42</p>"))
}

#[smart_action(collection = "answers", name = "Refresh", kind = "global")]
async fn refresh() -> ActionResult {
    Ok(success("Emitted").refresh(["emitted_transactions"]).refresh(["cards"]))
}

#[smart_action(collection = "answers", name = "Refresh nothing", kind = "global")]
async fn refresh_nothing() -> ActionResult {
    Ok(no_content().refresh([""; 0]))
}

#[smart_action(collection = "answers", name = "Redirect out", kind = "global")]
async fn redirect_out() -> ActionResult {
    Ok(success("Initiated").redirect_to("https://www.royalmail.com/track?n=1"))
}

#[smart_action(collection = "answers", name = "Redirect in", kind = "global")]
async fn redirect_in() -> ActionResult {
    let target = RedirectTarget::parse("/project/dev/team/data/orders/index/record/orders/1/summary")?;
    Ok(success("Found").redirect_to(target))
}

#[smart_action(collection = "answers", name = "Redirect to what was typed", kind = "global")]
async fn redirect_to_what_was_typed(values: Values) -> ActionResult {
    Ok(success("Found").redirect_to(values.required::<String>("target")?))
}

#[smart_action(collection = "answers", name = "Webhook", kind = "global")]
async fn webhook() -> ActionResult {
    let call = Webhook::post("https://example.com/hook")
        .header("x-team", "operations")
        .json(&json!({"id": [1]}));
    Ok(success("Shown").webhook(call).redirect_to("https://example.com"))
}

#[smart_action(collection = "answers", name = "Webhook get", kind = "global")]
async fn webhook_get() -> ActionResult {
    Ok(success("Shown").webhook(Webhook::get("http://localhost:3000/x")))
}

#[smart_action(collection = "answers", name = "Webhook to what was typed", kind = "global")]
async fn webhook_to_what_was_typed(values: Values) -> ActionResult {
    Ok(success("Shown").webhook(Webhook::post(values.required::<String>("target")?).header("authorization", "s3cret")))
}

#[smart_action(collection = "answers", name = "Own header", kind = "global")]
async fn own_header(values: Values) -> ActionResult {
    let (name, value): (String, String) = (values.required("name")?, values.required("value")?);
    Ok(success("Done").header(name, value))
}

#[smart_action(collection = "answers", name = "Many headers", kind = "global")]
async fn many_headers() -> ActionResult {
    Ok(success("Done")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .header("content-type", "application/problem+json")
        .header("vary", "accept-language")
        .header("access-control-allow-origin", "https://evil.example"))
}

/// Headers on each kind of answer that has any.
#[smart_action(collection = "answers", name = "Headers", kind = "global")]
async fn headers(values: Values) -> ActionResult {
    let kind: String = values.required("kind")?;
    Ok(match kind.as_str() {
        "success" => success("").header("x-own", "yes"),
        "html" => html("").header("x-own", "yes"),
        "nothing" => no_content().header("x-own", "yes"),
        "redirect" => success("").redirect_to("/a").header("x-own", "yes"),
        "webhook" => success("")
            .header("x-own", "yes")
            .webhook(Webhook::get("https://example.com")),
        "file" => ActionResponse::from(Download::new("a.txt", "a")).header("x-own", "yes"),
        "file itself" => Download::new("a.txt", "a").header("x-own", "yes").into(),
        "failure" => return Err(failure("no").header("x-own", "yes")),
        "error" => return Err(forest_actions::ActionError::conflict("no").header("x-own", "yes")),
        "unexpected" => return Err(forest_actions::ActionError::internal("no").header("x-own", "yes")),
        other => panic!("{other}"),
    })
}

async fn answer(action: &'static forest_actions::ActionDescriptor, values: Value) -> crate::support::Answer {
    let agent = Agent::local([action]).await;
    let app = agent.serve().await;
    Call::post(action.endpoint).values(values).send(&app).await
}

/// The answer of an action without values.
macro_rules! answer {
    ($action:ident) => {{
        let [action] = actions![$action];
        answer(action, json!({})).await
    }};
    ($action:ident, $($values:tt)+) => {{
        let [action] = actions![$action];
        answer(action, json!($($values)+)).await
    }};
}

#[actix_web::test]
async fn res_03_unit_is_an_empty_204() {
    for answer in [answer!(nothing), answer!(no_body), answer!(result_of_nothing)] {
        assert_eq!((answer.status(), answer.bytes()), (204, b"".as_slice()));
        assert_eq!(answer.header("content-type"), None);
    }
}

#[actix_web::test]
async fn res_03_text_is_a_success() {
    assert_eq!(answer!(text).json(), json!({"success": "Done \"quoted\" é <b>"}));
    for answer in [answer!(owned), answer!(cow)] {
        assert_eq!((answer.status(), answer.json()), (200, json!({"success": "Done"})));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[actix_web::test]
async fn res_03_success_has_exactly_the_members_read_by_the_ui() {
    for (answer, members) in [
        (
            answer!(panel),
            json!({"success": "", "html": "<p class=\"c-clr-1-4\">$42 USD charged</p>"}),
        ),
        (
            answer!(success_and_html),
            json!({"success": "Charged", "html": "<p>$42</p>"}),
        ),
        (
            answer!(refresh),
            json!({"success": "Emitted", "refresh": {"relationships": ["emitted_transactions", "cards"]}}),
        ),
        (
            answer!(refresh_nothing),
            json!({"success": "", "refresh": {"relationships": []}}),
        ),
        (
            answer!(redirect_out),
            json!({"success": "Initiated", "redirectTo": "https://www.royalmail.com/track?n=1"}),
        ),
        (
            answer!(redirect_in),
            json!({"success": "Found", "redirectTo": "/project/dev/team/data/orders/index/record/orders/1/summary"}),
        ),
        (
            answer!(webhook),
            json!({"success": "Shown", "redirectTo": "https://example.com", "webhook": {
                "url": "https://example.com/hook", "method": "POST", "headers": {"x-team": "operations"}, "body": {"id": [1]}}}),
        ),
        (
            answer!(webhook_get),
            json!({"success": "Shown", "webhook": {"url": "http://localhost:3000/x", "method": "GET", "headers": {}, "body": {}}}),
        ),
    ] {
        assert_eq!((answer.status(), answer.json()), (200, members));
    }
}

#[actix_web::test]
async fn unsafe_redirect_targets_are_rejected() {
    for target in [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "file:///etc/passwd",
        "relative",
        "",
    ] {
        let log = Log::capture();
        let answer = answer!(redirect_to_what_was_typed, {"target": target});
        assert!(answer.detail(500).starts_with("Unexpected error"), "{target:?}");
        assert!(answer.json().get("redirectTo").is_none());
        assert!(log.end().get("error").contains("redirect target"), "{target:?}");
    }
    assert_eq!(
        answer!(redirect_to_what_was_typed, {"target": "/ok?a=b#c"}).json()["redirectTo"],
        "/ok?a=b#c"
    );
}

#[actix_web::test]
async fn unsafe_webhook_targets_are_rejected_and_headers_not_logged() {
    for target in ["javascript:alert(1)", "/relative", "ftp://example.com", "", "https://"] {
        let log = Log::capture();
        let answer = answer!(webhook_to_what_was_typed, {"target": target});
        answer.detail(500);
        assert!(
            !answer.text().contains("s3cret") && !log.text().contains("s3cret"),
            "{target:?}"
        );
        assert!(log.end().get("error").contains("webhook"), "{target:?}");
    }
}

#[actix_web::test]
async fn res_04_headers_are_sent_with_every_result_type() {
    for (kind, status) in [
        ("success", 200),
        ("html", 200),
        ("nothing", 204),
        ("redirect", 200),
        ("webhook", 200),
        ("file", 200),
        ("file itself", 200),
        ("failure", 400),
        ("error", 409),
        ("unexpected", 500),
    ] {
        let answer = answer!(headers, { "kind": kind });
        assert_eq!(
            (answer.status(), answer.header("x-own")),
            (status, Some("yes")),
            "{kind}"
        );
    }
}

#[actix_web::test]
async fn res_04_handler_headers_replace_defaults_but_not_cors() {
    let answer = answer!(many_headers);
    assert_eq!(answer.all("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.all("vary"), ["accept-language", "Origin"]);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.forestadmin.com")
    );
}

#[actix_web::test]
async fn res_04_header_injection_is_an_unexpected_error() {
    for (name, value) in [
        ("x-a", "b\r\nset-cookie: evil=1"),
        ("x-a", "b\nc"),
        ("x-a", "b\0"),
        ("x-a\r\nset-cookie", "b"),
        ("x a", "b"),
        ("", "b"),
        ("x-\u{e9}", "b"),
    ] {
        let answer = answer!(own_header, {"name": name, "value": value});
        answer.detail(500);
        assert_eq!(answer.header("set-cookie"), None, "{name:?}: {value:?}");
    }
    assert_eq!(
        answer!(own_header, {"name": "X-A", "value": "tab\tand space"}).header("x-a"),
        Some("tab\tand space")
    );
}
