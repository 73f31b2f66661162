//! Cross-origin requests: allowed origins, headers, and CORS headers on every response.

use forest_actions::prelude::*;
use forest_actions::{ActionError, Forest};
use serde_json::json;

use crate::support::{Agent, Answer, Call, MARK_AS_LIVE, OFFICIAL, companies};

const OPERATOR: &str = "https://admin.example.com";

#[smart_action(collection = "companies", name = "Break", kind = "global")]
async fn break_down() -> ActionResult {
    Err(ActionError::internal("the printer is on fire"))
}

fn lets(answer: &Answer, origin: &str) -> bool {
    answer.header("access-control-allow-origin") == Some(origin)
        && answer.header("access-control-allow-credentials") == Some("true")
}

#[actix_web::test]
async fn net_01_a_preflight_is_allowed_without_a_token_on_every_path() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for path in [
        "/forest",
        "/forest/",
        "/forest/healthcheck",
        "/forest/authentication",
        MARK_AS_LIVE,
        "/forest/actions/mark-as-live/hooks/load",
        "/forest/actions/nowhere",
    ] {
        let asked =
            Call::preflight(path, OFFICIAL).header("access-control-request-headers", "authorization,content-type");
        let answer = asked.send(&app).await;
        assert_eq!(answer.status(), 204, "{path}");
        assert!(answer.bytes().is_empty() && lets(&answer, OFFICIAL), "{path}");
        assert_eq!(
            answer.header("access-control-allow-methods"),
            Some("GET,HEAD,PUT,PATCH,POST,DELETE")
        );
        assert_eq!(
            answer.header("access-control-allow-headers"),
            Some("authorization,content-type")
        );
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
        assert_eq!(answer.header("vary"), Some("Origin, Access-Control-Request-Headers"));
        assert_eq!(
            answer.header("access-control-allow-private-network"),
            None,
            "nobody asked"
        );
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn net_01_private_network_access_is_granted_on_request() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let asked = |origin| Call::preflight(MARK_AS_LIVE, origin).header("access-control-request-private-network", "true");
    let answer = asked(OFFICIAL).send(&app).await;
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
    let answer = asked("https://evil.example").send(&app).await;
    assert_eq!(answer.header("access-control-allow-private-network"), None);
}

#[actix_web::test]
async fn net_01_the_base_path_returns_the_health_document() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for path in ["/forest", "/forest/"] {
        let answer = Call::bare("GET", path).header("origin", OFFICIAL).send(&app).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(
            answer.json(),
            json!({"error": null, "message": "Agent is running"}),
            "{path}"
        );
        assert!(lets(&answer, OFFICIAL), "{path}");
        assert_eq!(Call::bare("HEAD", path).send(&app).await.status(), 200, "{path}");
        assert_eq!(Call::bare("POST", path).send(&app).await.status(), 404, "{path}");
    }
    let health = Call::bare("GET", "/forest/healthcheck").send(&app).await;
    assert_eq!((health.status(), health.bytes()), (200, b"".as_slice()));
    assert_eq!(health.header("access-control-allow-origin"), Some("*"));
}

#[actix_web::test]
async fn net_02_all_requested_headers_are_allowed() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for headers in [
        "forest-context-url",
        "Forest-Projection, X-Not-Invented-Yet",
        "authorization",
    ] {
        let asked = Call::preflight(MARK_AS_LIVE, OFFICIAL).header("access-control-request-headers", headers);
        let answer = asked.send(&app).await;
        assert_eq!(answer.header("access-control-allow-headers"), Some(headers));
    }
    let none = Call::preflight(MARK_AS_LIVE, OFFICIAL).send(&app).await;
    assert_eq!(none.header("access-control-allow-headers"), None);
    let sent = Call::post(MARK_AS_LIVE)
        .header("forest-context-url", "https://app.forestadmin.com/p/d/t/data/companies")
        .header("forest-projection", "id");
    assert_eq!(sent.send(&app).await.status(), 200);
}

#[actix_web::test]
async fn net_03_only_official_and_configured_origins_are_allowed() {
    let agent = Agent::with(|builder| builder.actions(companies()).cors_origins([OPERATOR, "localhost:4200"])).await;
    let app = agent.serve().await;
    for origin in [
        OFFICIAL,
        "https://forestadmin.com",
        "https://a.b.forestadmin.com",
        OPERATOR,
        "http://localhost:4200",
        "https://localhost:4200",
    ] {
        assert!(
            lets(&Call::preflight(MARK_AS_LIVE, origin).send(&app).await, origin),
            "{origin}"
        );
        let answer = Call::post(MARK_AS_LIVE).header("origin", origin).send(&app).await;
        assert!(lets(&answer, origin), "{origin}");
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    for origin in [
        "https://evil.example",
        "https://evilforestadmin.com",
        "https://app.forestadmin.com.evil.example",
        "http://app.forestadmin.com",
        "https://admin.example.com:8443",
        "http://admin.example.com",
        "https://admin.example.com.evil.example",
        "http://localhost:42000",
        "null",
        "",
        "*",
    ] {
        let answer = Call::preflight(MARK_AS_LIVE, origin).send(&app).await;
        assert_eq!(
            (answer.status(), answer.header("access-control-allow-origin")),
            (204, None),
            "{origin:?}"
        );
        let answer = Call::post(MARK_AS_LIVE).header("origin", origin).send(&app).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin:?}");
        assert_eq!(answer.header("vary"), Some("Origin"), "a cache must not mix them up");
    }
    let odd = Call::preflight(MARK_AS_LIVE, OFFICIAL).header("origin", b"https://\xff.forestadmin.com");
    assert_eq!(odd.send(&app).await.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn net_03_the_null_origin_is_allowed_only_on_login_routes() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for (path, passes) in [
        ("/forest/authentication", true),
        ("/forest/authentication/callback", true),
        ("/forest/authentication/logout", true),
        ("/forest/authentication-and-more", false),
        ("/forest/actions/authentication", false),
        ("/forest", false),
        (MARK_AS_LIVE, false),
    ] {
        let answer = Call::preflight(path, "null").send(&app).await;
        assert_eq!(lets(&answer, "null"), passes, "{path}");
    }
}

#[actix_web::test]
async fn net_03_an_impossible_origin_is_rejected_at_start() {
    for origin in ["*", "https://*.example.com", "https://a/b", "ftp://a.example", "a b"] {
        let started = Forest::builder()
            .actions(companies())
            .cors_origins([origin])
            .start()
            .await;
        let text = started.unwrap_err().to_string();
        assert!(text.contains("CORS_ORIGINS") && text.contains(origin), "{text}");
    }
}

#[actix_web::test]
async fn net_04_every_error_has_cors_headers() {
    let actions = companies().into_iter().chain(actions![break_down]);
    let agent = Agent::with(|builder| builder.actions(actions).body_limit(2_000)).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE);
    for (status, call) in [
        (401, call.clone().without("authorization")),
        (400, call.clone().body("not json")),
        (404, Call::post("/forest/actions/nowhere")),
        (405, call.clone().method("PUT")),
        (413, call.clone().body(vec![b' '; 2_001])),
        (415, call.clone().header("content-type", "text/plain")),
        (
            422,
            Call::post("/forest/actions/archive").attributes(json!({"all_records": true, "ids": []})),
        ),
        (500, Call::post("/forest/actions/break")),
    ] {
        let answer = call.send(&app).await;
        answer.detail(status);
        assert!(lets(&answer, OFFICIAL), "{status}");
        assert_eq!(
            answer.header("access-control-expose-headers"),
            Some("Content-Disposition, X-Forest-Correlation-Id"),
            "{status}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json"), "{status}");
    }
    let connected = Agent::connected(companies()).await;
    let app = connected.serve().await;
    let refused = call.send(&app).await;
    assert!(refused.status() == 403 && lets(&refused, OFFICIAL));
    let local = Agent::local(companies()).await;
    let remote = call.peer("203.0.113.9").send(&local.serve().await).await;
    assert!(remote.status() == 403 && lets(&remote, OFFICIAL));
}

#[actix_web::test]
async fn net_05_disabled_cors_sets_no_headers() {
    let agent = Agent::with(|builder| builder.actions(companies()).cors(false)).await;
    let app = agent.serve().await;
    for call in [
        Call::preflight(MARK_AS_LIVE, OFFICIAL).header("access-control-request-private-network", "true"),
        Call::post(MARK_AS_LIVE),
        Call::post(MARK_AS_LIVE).without("authorization"),
        Call::bare("GET", "/forest").header("origin", OFFICIAL),
        Call::bare("GET", "/forest/healthcheck").header("origin", OFFICIAL),
    ] {
        let answer = call.send(&app).await;
        assert_eq!(answer.names("access-control"), [""; 0], "{call:?}");
        assert_eq!(answer.header("vary"), None);
    }
}
