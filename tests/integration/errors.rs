//! Failures of actions: the neutral response and the complete log line.

use std::error::Error;
use std::fmt;

use forest_actions::prelude::*;
use forest_actions::{ActionError, ErrorKind};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{Agent, Answer, Call, Line, Log, MARK_AS_LIVE, OFFICIAL, companies};

/// An error with a cause, each with a text that must not be shown.
#[derive(Debug)]
struct Failed(&'static str, Option<Box<Failed>>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

fn database_is_down() -> Failed {
    let socket = Failed("connection refused (10.0.0.7:5432)", None);
    let pool = Failed("pool hunter2 timed out", Some(Box::new(socket)));
    Failed("could not load the invoice", Some(Box::new(pool)))
}

const CHAIN: &str = "could not load the invoice: pool hunter2 timed out: connection refused (10.0.0.7:5432)";

#[smart_action(collection = "errors", name = "Question mark", kind = "global")]
async fn question_mark() -> ActionResult {
    Err(database_is_down())?;
    Ok(success("unreachable"))
}

#[smart_action(collection = "errors", name = "Own result", kind = "global")]
async fn own_result() -> Result<&'static str, Failed> {
    Err(database_is_down())
}

#[smart_action(collection = "errors", name = "Boxed", kind = "global")]
async fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err(database_is_down().into())
}

#[smart_action(collection = "errors", name = "Panics", kind = "global")]
async fn panics() -> ActionResult {
    panic!("{CHAIN}")
}

#[smart_action(collection = "errors", name = "Business", kind = "global")]
async fn business(values: Values) -> ActionResult {
    let text = "The account is closed";
    Err(match values.required::<u16>("status")? {
        400 => ActionError::bad_request(text),
        403 => ActionError::forbidden(text),
        404 => ActionError::not_found(text),
        409 => ActionError::conflict(text),
        422 => ActionError::unprocessable(text),
        429 => ActionError::too_many_requests(text).header("retry-after", "30"),
        _ => ActionError::new(ErrorKind::Internal, CHAIN),
    })
}

#[smart_action(collection = "errors", name = "Detailed", kind = "global")]
async fn detailed() -> ActionResult {
    Err(ActionError::conflict("Already paid")
        .name("AlreadyPaid")
        .data(json!({"invoice": 7}))
        .because(database_is_down()))
}

#[smart_action(collection = "errors", name = "Failure", kind = "global")]
async fn plain_failure() -> ActionResult {
    Err(failure("The company was already live!").because(database_is_down()))
}

#[smart_action(collection = "errors", name = "Html failure", kind = "global")]
async fn html_failure() -> ActionResult {
    Err(failure("Declined").html("<p>Ask for another card.</p>"))
}

#[smart_action(collection = "errors", name = "Html conflict", kind = "global")]
async fn html_conflict() -> ActionResult {
    Err(ActionError::conflict("Declined").html("<p>Ask.</p>"))
}

#[smart_action(collection = "errors", name = "Needs a value", kind = "global")]
async fn needs_a_value(values: Values) -> ActionResult {
    let amount: f64 = values.required("amount")?;
    let note: Option<String> = values.optional("note")?;
    Ok(success(format!("{amount} {note:?}")))
}

#[smart_action(collection = "errors", name = "Needs data", kind = "global")]
async fn needs_data(_: web::Data<Vec<Failed>>) -> ActionResult {
    Ok(success("unreachable"))
}

async fn load_fails(_: FormState) -> HookResult {
    Err(database_is_down())?
}

#[smart_action(collection = "errors", name = "Hook fails", kind = "global", load = load_fails)]
async fn hook_fails() {}

async fn answer(action: &'static forest_actions::ActionDescriptor, values: Value) -> Answer {
    let agent = Agent::local([action]).await;
    let app = agent.serve().await;
    Call::post(action.endpoint).values(values).send(&app).await
}

/// The answer of an action.
macro_rules! answer {
    ($action:ident) => {
        answer!($action, {})
    };
    ($action:ident, $($values:tt)+) => {{
        let [action] = actions![$action];
        answer(action, json!($($values)+)).await
    }};
}

/// The user sees a neutral text with a reference, and the log has the reference with the whole chain.
fn assert_hidden(answer: &Answer, line: &Line) {
    assert_reference(&answer.detail(500), answer, line);
    assert!(answer.json()["errors"][0].get("data").is_none());
    assert_eq!(answer.name(), "InternalServerError");
}

/// The same for a hook, whose failures have the shape of their own that the protocol gives them.
fn assert_hidden_by_hook(answer: &Answer, line: &Line) {
    assert_eq!(answer.status(), 500);
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    assert_reference(body["message"].as_str().unwrap(), answer, line);
}

fn assert_reference(detail: &str, answer: &Answer, line: &Line) {
    let reference = detail.split(' ').next_back().unwrap().trim_end_matches('.');
    assert!(
        reference.len() >= 8 && reference.chars().all(|c| c.is_ascii_alphanumeric()),
        "{detail}"
    );
    assert_eq!(line.get("reference"), reference);
    assert_eq!(line.level, Level::ERROR);
    assert!(line.get("error").contains(CHAIN), "{line:?}");
    let shown = format!("{answer:?}");
    for secret in ["invoice", "hunter2", "10.0.0.7"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[actix_web::test]
async fn res_05_an_unexpected_error_is_neutral_in_the_response_and_complete_in_the_log() {
    let [hook] = actions![hook_fails];
    for action in actions![question_mark, own_result, boxed, panics, business] {
        let log = Log::capture();
        let answer = answer(action, json!({"status": 500})).await;
        assert_hidden(&answer, &log.end());
    }
    let log = Log::capture();
    let agent = Agent::local([hook]).await;
    let answer = Call::post("/forest/actions/hook-fails/hooks/load")
        .send(&agent.serve().await)
        .await;
    assert_hidden_by_hook(&answer, &log.end());
}

#[actix_web::test]
async fn res_05_each_failure_has_a_unique_reference() {
    let agent = Agent::local(actions![question_mark]).await;
    let app = agent.serve().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        assert!(seen.insert(Call::post("/forest/actions/question-mark").send(&app).await.detail(500)));
    }
}

#[actix_web::test]
async fn res_05_a_failing_extractor_is_a_neutral_500() {
    let log = Log::capture();
    let answer = answer!(needs_data);
    assert!(answer.detail(500).starts_with("Unexpected error"));
    assert!(!answer.text().contains("Failed"), "{}", answer.text());
    assert!(
        log.end()
            .get("error")
            .contains("is registered: write `.app_data(web::Data::new(…))`")
    );
}

#[actix_web::test]
async fn res_05_the_cause_of_a_business_error_is_only_logged() {
    for (answer, status, log) in [
        {
            let log = Log::capture();
            (answer!(detailed), 409, log)
        },
        {
            let log = Log::capture();
            (answer!(plain_failure), 400, log)
        },
    ] {
        assert_eq!(answer.status(), status);
        assert!(!format!("{answer:?}").contains("hunter2"));
        let line = log.end();
        assert!(line.get("error").ends_with(CHAIN), "{line:?}");
        assert_eq!((line.level, line.get("reference")), (Level::WARN, ""));
    }
}

#[actix_web::test]
async fn res_06_business_errors_have_the_status_of_their_kind() {
    for (status, name) in [
        (400, "BadRequestError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableError"),
        (429, "TooManyRequestsError"),
    ] {
        let answer = answer!(business, { "status": status });
        assert_eq!(answer.status(), status);
        let entry = json!({"status": status, "detail": "The account is closed", "name": name});
        assert_eq!(answer.json(), json!({"errors": [entry]}));
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("30"));
        assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL));
    }
    let entry = json!({"status": 409, "detail": "Already paid", "name": "AlreadyPaid", "data": {"invoice": 7}});
    assert_eq!(answer!(detailed).json(), json!({"errors": [entry]}));
}

#[actix_web::test]
async fn res_03_a_failure_is_400_with_the_error_text() {
    let answer = answer!(plain_failure);
    assert_eq!(
        (answer.status(), answer.json()),
        (400, json!({"error": "The company was already live!"}))
    );
    let answer = answer!(html_failure);
    let members = json!({"error": "Declined", "html": "<p>Ask for another card.</p>"});
    assert_eq!((answer.status(), answer.json()), (400, members));
    let answer = answer!(html_conflict);
    assert_eq!(
        (answer.status(), &answer.json()["error"]),
        (409, &json!("Declined")),
        "html never travels alone"
    );
}

#[actix_web::test]
async fn missing_and_mistyped_values_are_400_with_the_field() {
    assert_eq!(
        answer!(needs_a_value, {"amount": 1.5, "note": null}).success(),
        "1.5 None"
    );
    for (answer, field) in [
        (answer!(needs_a_value), "`amount`"),
        (answer!(needs_a_value, {"amount": null}), "`amount`"),
        (answer!(needs_a_value, {"amount": "many"}), "`amount`"),
        (answer!(needs_a_value, {"amount": 1, "note": {"a": 1}}), "`note`"),
    ] {
        assert!(answer.detail(400).contains(field));
    }
}

#[actix_web::test]
async fn res_07_every_request_is_logged_with_its_outcome() {
    let actions = || companies().into_iter().chain(actions![business]);
    let agent = Agent::with(|builder| builder.actions(actions()).body_limit(5_000)).await;
    let app = agent.serve().await;
    let call = || Call::post(MARK_AS_LIVE);
    for (status, level, call) in [
        (200, Level::INFO, call()),
        (400, Level::WARN, call().body("not json")),
        (400, Level::WARN, call().ids(["x"])),
        (401, Level::WARN, call().without("authorization")),
        (405, Level::WARN, call().method("PUT")),
        (413, Level::WARN, call().body(vec![b'x'; 6_000])),
        (415, Level::WARN, call().header("content-type", "text/plain")),
        (
            422,
            Level::WARN,
            call().attributes(json!({"ids": ["1"], "requester_id": 3})),
        ),
    ] {
        let log = Log::capture();
        assert_eq!(call.send(&app).await.status(), status);
        let line = log.end();
        assert_eq!(line.get("status"), status.to_string(), "the status really sent");
        assert_eq!(line.get("method"), if status == 405 { "PUT" } else { "POST" });
        assert_eq!((line.get("route"), line.get("hook")), (MARK_AS_LIVE, ""));
        assert_eq!(
            (line.get("collection"), line.get("action")),
            ("companies", "Mark as Live")
        );
        assert!(line.get("duration_us").parse::<u64>().is_ok(), "{line:?}");
        assert_eq!(line.get("error").is_empty(), status == 200, "{line:?}");
        assert_eq!(line.level, level, "{status}");
        let authenticated = !matches!(status, 401 | 415);
        assert_eq!(line.get("caller"), if authenticated { "172" } else { "" }, "{status}");
    }
    for (path, hook) in [("/hooks/load", "load"), ("/hooks/change", "change")] {
        let log = Log::capture();
        let answer = Call::post(format!("{MARK_AS_LIVE}{path}")).send(&app).await;
        let line = log.end();
        assert_eq!(
            (line.get("hook"), line.get("status")),
            (hook, answer.status().to_string().as_str())
        );
    }
    let log = Log::capture();
    Call::post("/forest/actions/mark-as-lives?a=b")
        .send(&app)
        .await
        .detail(404);
    let line = log.end();
    assert_eq!(
        (line.get("status"), line.get("path")),
        ("404", "/forest/actions/mark-as-lives")
    );
    assert_eq!(
        line.get("nearest"),
        MARK_AS_LIVE,
        "the log says what was probably meant"
    );
}

#[actix_web::test]
async fn res_07_values_and_records_are_not_logged() {
    let log = Log::capture();
    let agent = Agent::local(actions![business, needs_a_value]).await;
    let app = agent.serve().await;
    for values in [
        json!({"amount": "4242-4242-4242"}),
        json!({"amount": 1, "note": ["4242-4242-4242"]}),
        json!({"amount": 1, "note": "4242-4242-4242"}),
    ] {
        Call::post("/forest/actions/needs-a-value")
            .values(values)
            .send(&app)
            .await;
    }
    assert!(!log.text().contains("4242-4242-4242"), "{}", log.text());
}

#[actix_web::test]
async fn client_text_cannot_forge_a_log_line() {
    let log = Log::capture();
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    Call::post("/forest/a%0A%0DERROR%20forged%1b[31m")
        .send(&app)
        .await
        .detail(404);
    let forged = "1\nERROR forged\u{1b}[31m";
    Call::post(MARK_AS_LIVE).ids([forged]).send(&app).await.detail(400);
    for attributes in [
        json!({"ids": ["1"], "collection_name": forged}),
        json!({"ids": forged}),
        json!({"ids": ["1"], "values": forged}),
        json!({"ids": ["1"], "smart_action_id": format!("companies-{forged}")}),
    ] {
        Call::post(MARK_AS_LIVE)
            .attributes(attributes)
            .send(&app)
            .await
            .detail(400);
    }
    Call::post(MARK_AS_LIVE)
        .header("content-type", "text/plain\tforged")
        .send(&app)
        .await
        .detail(415);
    assert!(log.lines().len() > 7);
    for line in log.lines() {
        for field in ["path", "error"] {
            assert!(!line.get(field).contains(char::is_control), "{line:?}");
        }
    }
}

#[actix_web::test]
async fn client_text_is_truncated_in_log_and_response() {
    let log = Log::capture();
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let long = "x".repeat(1_000_000);
    for attributes in [
        json!({"ids": [long]}),
        json!({"ids": long}),
        json!({"ids": ["1"], "values": long}),
        json!({"ids": ["1"], "collection_name": long}),
    ] {
        let answer = Call::post(MARK_AS_LIVE).attributes(attributes).send(&app).await;
        assert!(answer.detail(400).len() < 1_000);
    }
    let path = Call::bare("POST", format!("/forest/actions/mark-as-live{}", "%0A".repeat(20_000)));
    let answer = path.send(&app).await;
    assert!(answer.detail(404).len() < 1_000);
    assert!(log.text().len() < 20_000);
}

#[actix_web::test]
async fn long_paths_get_no_suggestions() {
    let [action] = actions![plain_failure];
    for (length, compared) in [(100, true), (300, false)] {
        let log = Log::capture();
        let endpoint: &'static str = format!("/forest/{}", "long".repeat(length / 4)).leak();
        let mut long = action.clone();
        long.endpoint = endpoint;
        let agent = Agent::local([&*Box::leak(Box::new(long))]).await;
        let slip = Call::bare("POST", format!("{endpoint}s"));
        slip.send(&agent.serve().await).await.detail(404);
        assert_eq!(log.end().get("nearest"), if compared { endpoint } else { "" });
    }
}
