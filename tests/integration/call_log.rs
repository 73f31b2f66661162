//! RES-07 for every kind of route: one line, with all that is known, whether the request goes well, is refused, fails, or
//! is dropped because its client went away.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use forest_actions::testing::{FakeForest, Fault, Gate, IpRule};
use serde_json::json;
use tracing::Level;

use crate::support::connected::{ADA, ENVIRONMENT, INVALIDATION, IP_RULES, SAM, project};
use crate::support::{Agent, Call, Line, Log, MARK_AS_LIVE, companies};

const COMPANIES: &str = "/forest/:collection";

/// Members of a request's line besides status, duration and cause.
struct Expected {
    call: Call,
    method: &'static str,
    message: &'static str,
    route: &'static str,
    hook: &'static str,
    collection: &'static str,
    action: &'static str,
}

/// One request for each kind of route that depends on the Forest server.
fn routes() -> [Expected; 4] {
    let action = |call, hook| Expected {
        call,
        method: "POST",
        message: "smart action",
        route: MARK_AS_LIVE,
        hook,
        collection: "companies",
        action: "Mark as Live",
    };
    let other = |call, method, message, route, collection| Expected {
        call,
        method,
        message,
        route,
        hook: "",
        collection,
        action: "",
    };
    let invalidation = Call::post(INVALIDATION).json(&json!({"renderingId": 42}));
    [
        action(Call::post(MARK_AS_LIVE), ""),
        action(Call::post(format!("{MARK_AS_LIVE}/hooks/load")), "load"),
        other(
            Call::read("/forest/companies"),
            "GET",
            "records",
            COMPANIES,
            "companies",
        ),
        other(invalidation, "POST", "request", INVALIDATION, ""),
    ]
}

impl Expected {
    fn check(&self, line: &Line) {
        assert!(line.message().starts_with(self.message), "{line:?}");
        assert_eq!(line.get("method"), self.method, "{line:?}");
        assert_eq!(
            (line.get("route"), line.get("hook")),
            (self.route, self.hook),
            "{line:?}"
        );
        assert_eq!(line.get("collection"), self.collection, "{line:?}");
        assert_eq!(line.get("action"), self.action, "{line:?}");
        assert!(line.get("duration_us").parse::<u64>().is_ok(), "{line:?}");
    }
}

/// An agent that fetches the IP rules first, as every route does.
async fn agent(fake: &FakeForest) -> Agent {
    fake.set_ip_rules([IpRule::Address("127.0.0.1".to_owned())]);
    Agent::of(fake).await
}

#[actix_web::test]
async fn res_07_each_route_kind_logs_one_line_on_success() {
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    for expected in routes() {
        let log = Log::capture();
        let answer = expected.call.clone().by(&fake, ADA).peer("127.0.0.1").send(&app).await;
        let line = log.end();
        expected.check(&line);
        assert_eq!(line.get("status"), answer.status().to_string());
        assert_eq!(line.get("caller"), ADA.to_string(), "{line:?}");
    }
    for (call, route) in [
        (Call::bare("GET", "/forest"), "/forest"),
        (Call::bare("GET", "/forest/healthcheck"), "/forest/healthcheck"),
        (Call::preflight(MARK_AS_LIVE, "https://app.forestadmin.com"), "OPTIONS"),
    ] {
        let log = Log::capture();
        assert!(call.send(&app).await.status() < 300);
        let line = log.end();
        assert_eq!(
            (line.level, line.get("route")),
            (Level::DEBUG, route),
            "asked all the time"
        );
    }
}

#[actix_web::test]
async fn res_07_each_route_kind_logs_the_cause_of_a_blocked_address() {
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    for expected in routes() {
        let log = Log::capture();
        let call = expected.call.clone().by(&fake, ADA).peer("203.0.113.9");
        assert_eq!(call.send(&app).await.status(), 403);
        let line = log.end();
        expected.check(&line);
        assert_eq!((line.level, line.get("status")), (Level::WARN, "403"));
        assert!(line.get("error").contains("203.0.113.9"), "{line:?}");
    }
}

#[actix_web::test]
async fn res_07_failed_record_requests_are_logged_as_errors_with_their_cause() {
    let fake = project().await;
    fake.fault(ENVIRONMENT, Fault::Status(500));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for call in [Call::post(MARK_AS_LIVE), Call::read("/forest/companies")] {
        let log = Log::capture();
        assert_eq!(call.by(&fake, SAM).send(&app).await.status(), 503);
        let line = log.end();
        assert_eq!((line.level, line.get("status")), (Level::ERROR, "503"), "{line:?}");
        assert!(line.get("error").contains("500"), "{line:?}");
    }
}

#[actix_web::test]
async fn res_07_each_route_kind_logs_one_line_when_the_client_disconnects() {
    let fake = project().await;
    fake.fault(IP_RULES, Fault::Hold(Gate::new()));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for expected in routes() {
        let log = Log::capture();
        let call = expected.call.clone().by(&fake, ADA);
        {
            let mut sent = pin!(call.send(&app));
            let waits = poll_fn(|context| Poll::Ready(sent.as_mut().poll(context).is_pending())).await;
            assert!(waits, "nobody comes in before the IP rules are known");
        }
        let mut lines = log.lines();
        lines.retain(|line| line.message().ends_with("not answered"));
        assert_eq!(lines.len(), 1, "{:?}", log.lines());
        expected.check(&lines[0]);
        assert_eq!((lines[0].level, lines[0].get("status")), (Level::INFO, ""));
        assert!(lines[0].get("error").contains("the client went away"), "{lines:?}");
    }
    let log = Log::capture();
    assert_eq!(Call::bare("GET", "/forest").send(&app).await.status(), 200);
    assert_eq!(
        log.about("not answered").len(),
        0,
        "a line that is written is not written again"
    );
}

#[actix_web::test]
async fn res_07_unserved_paths_are_logged_with_path_and_duration() {
    let agent = Agent::with(|builder| {
        let id = FieldModel::new("id", ValueType::Integer);
        let model = CollectionModel::new("companies").field(id).key(["id"]);
        let records = MemoryRecords::new().collection(model, Vec::new());
        builder.actions(companies()).records(records)
    })
    .await;
    let app = agent.serve().await;
    for (call, status, route, collection, caller) in [
        (
            Call::read("/forest/companies/1").method("DELETE"),
            405,
            "/forest/:collection/:id",
            "companies",
            "172",
        ),
        (
            Call::read("/forest/companies/1")
                .method("DELETE")
                .without("authorization"),
            401,
            "/forest/:collection/:id",
            "companies",
            "",
        ),
        (
            Call::read("/forest/companies/%FF"),
            400,
            "/forest/:collection/...",
            "",
            "172",
        ),
        (Call::read("/forest/nope"), 404, "", "", ""),
    ] {
        let log = Log::capture();
        assert_eq!(call.send(&app).await.status(), status);
        let line = log.end();
        assert_eq!((line.level, line.get("route")), (Level::WARN, route), "{line:?}");
        assert_eq!(
            (line.get("collection"), line.get("caller")),
            (collection, caller),
            "{line:?}"
        );
        assert!(line.get("duration_us").parse::<u64>().is_ok(), "{line:?}");
        assert!(!line.get("error").is_empty(), "{line:?}");
    }
}

#[actix_web::test]
async fn res_07_each_login_step_is_logged_with_method_and_route() {
    let fake = project().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for (method, path, status) in [
        ("POST", "", 400),
        ("GET", "/callback", 400),
        ("POST", "/logout", 204),
        ("PUT", "/logout", 405),
    ] {
        let log = Log::capture();
        let route = format!("/forest/authentication{path}");
        let answer = Call::bare(method, route.as_str()).send(&app).await;
        let line = log.end();
        assert_eq!(line.get("status"), answer.status().to_string());
        assert_eq!(line.get("method"), method);
        let known = if status == 405 { "" } else { route.as_str() };
        assert_eq!(line.get("route"), known, "{line:?}");
    }
}
