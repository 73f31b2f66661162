//! Starts without success, and their responses.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::agent::Agent;
use super::log::Log;
use super::{DISCOVERY, REGISTRATION, errors, forest};
use crate::testing::Fault;

fn provider_error(error: &str, description: Option<&str>) -> Value {
    match description {
        Some(description) => json!({"error": error, "error_description": description, "name": "OPError"}),
        None => json!({"error": error, "name": "OPError"}),
    }
}

#[actix_web::test]
async fn a_body_without_a_rendering_is_refused_without_a_call() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let missing = "Authentication request must contain a renderingId";
    let invalid = "The parameter renderingId is not valid";
    for (body, detail) in [
        ("{}", missing),
        (r#"{"renderingId":null}"#, missing),
        (r#"{"renderingId":""}"#, missing),
        ("[]", missing),
        ("", missing),
        (r#"{"renderingId":0}"#, missing),
        (r#"{"renderingId":"abc"}"#, invalid),
        (r#"{"renderingId":true}"#, invalid),
        (r#"{"renderingId":[42]}"#, invalid),
        (r#"{"renderingId":-1}"#, invalid),
        (r#"{"renderingId":"42/../43"}"#, invalid),
    ] {
        let reply = agent.start_with(body).await;
        assert_eq!(
            (reply.status, reply.json()),
            (400, errors(400, "ValidationError", detail)),
            "{body}"
        );
    }
    for body in ["{", "renderingId=42", "\u{feff}{}"] {
        let reply = agent.start_with(body).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["name"]),
            (400, &json!("SyntaxError")),
            "{body}"
        );
    }
    let large = format!(r#"{{"renderingId":42,"x":"{}"}}"#, "x".repeat(20_000));
    assert_eq!(agent.start_with(&large).await.status, 413);
    assert_eq!(fake.requests().len(), 0);
    for body in [
        r#"{"renderingId":42}"#,
        r#"{"renderingId":"42","other":{}}"#,
        r#"{"renderingId":42.0}"#,
    ] {
        let url = agent.start_with(body).await.authorization_url();
        assert!(url.as_str().contains("%22renderingId%22%3A42%2C"), "{body}");
    }
}

#[actix_web::test]
async fn a_body_needs_no_content_type() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let request = TestRequest::post().set_payload(r#"{"renderingId":42}"#);
    assert_eq!(agent.send(request, "").await.status, 200);
}

#[actix_web::test]
async fn discovery_failures_have_their_responses() {
    let secret = "Cannot retrieve the data from the Forest server. Can you check that you properly copied the Forest envSecret in the Liana initializer?";
    let inconsistent = "Cannot retrieve the project you're trying to unlock. The envSecret and renderingId seems to be missing or inconsistent.";
    let malformed = "Forest server request error: the discovery document is malformed";
    let unreachable = "Failed to reach Forest Admin server. Are you online?";
    let fake = forest().await;
    for (fault, status, name, detail) in [
        (Fault::Status(404), 403, "SecretNotFoundError", secret),
        (
            Fault::Status(422),
            403,
            "InconsistentSecretAndRenderingError",
            inconsistent,
        ),
        (
            Fault::Status(500),
            500,
            "VError",
            "Forest server request error: 500 Internal Server Error",
        ),
        (
            Fault::Status(503),
            500,
            "VError",
            "Forest server request error: 503 Service Unavailable",
        ),
        (
            Fault::Status(401),
            500,
            "VError",
            "Forest server request error: 401 Unauthorized",
        ),
        (
            Fault::Redirect(format!("{}/oidc/elsewhere", fake.url())),
            500,
            "VError",
            "Forest server request error: 302 Found",
        ),
        (Fault::Garbage, 500, "VError", malformed),
        (Fault::json(200, &json!({})), 500, "VError", malformed),
        (Fault::json(200, &json!([1])), 500, "VError", malformed),
        (Fault::HalfBody, 500, "Error", unreachable),
        (Fault::Close, 500, "Error", unreachable),
    ] {
        fake.fault(DISCOVERY, fault.clone());
        let reply = Agent::of(&fake).start().await;
        assert_eq!(
            (reply.status, reply.json()),
            (status, errors(status, name, detail)),
            "{fault:?}"
        );
        fake.heal_all();
    }
    assert_eq!(fake.count("GET /oidc/elsewhere"), 0, "a redirect is not followed");
}

#[actix_web::test]
async fn discovery_is_limited_in_time_and_size() {
    let fake = forest().await;
    let agent = Agent::impatient(&fake);
    let drip = Fault::SlowDrip {
        bytes: 1,
        every: std::time::Duration::from_millis(50),
    };
    for fault in [Fault::Hang, drip] {
        fake.fault(DISCOVERY, fault);
        let reply = agent.start().await;
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert_eq!(reply.status, 500);
        assert!(
            detail
                .starts_with("The request to Forest Admin server has timed out while trying to reach http://127.0.0.1"),
            "{detail}"
        );
        fake.heal_all();
    }
    fake.fault(DISCOVERY, Fault::Endless);
    assert_eq!(Agent::of(&fake).start().await.status, 500);
}

#[actix_web::test]
async fn registration_failures_have_their_responses() {
    let fake = forest().await;
    let oauth = |status: u16, error: &str| Fault::json(status, &json!({"error": error, "error_description": "no"}));
    let malformed = errors(
        500,
        "VError",
        "Forest server request error: the registration's answer is malformed",
    );
    let long_id = json!({"client_id": "x".repeat(3000), "redirect_uris": []});
    for (fault, status, body) in [
        (
            oauth(400, "invalid_redirect_uri"),
            400,
            provider_error("invalid_redirect_uri", Some("no")),
        ),
        (
            oauth(401, "invalid_token"),
            400,
            provider_error("invalid_token", Some("no")),
        ),
        (
            oauth(400, "access_denied"),
            403,
            provider_error("access_denied", Some("no")),
        ),
        (
            oauth(403, "invalid_client"),
            403,
            provider_error("invalid_client", Some("no")),
        ),
        (
            oauth(500, "server_error"),
            400,
            provider_error("server_error", Some("no")),
        ),
        (
            Fault::json(500, &json!({"x": 1})),
            400,
            provider_error("expected 201 Created, got: 500 Internal Server Error", None),
        ),
        (
            Fault::json(400, &json!({})),
            400,
            provider_error("expected 201 Created, got: 400 Bad Request", None),
        ),
        (
            Fault::json(200, &json!({"client_id": "c", "redirect_uris": []})),
            400,
            provider_error("expected 201 Created, got: 200 OK", None),
        ),
        (
            Fault::Redirect("http://127.0.0.1:1/".to_owned()),
            400,
            provider_error("expected 201 Created, got: 302 Found", None),
        ),
        (Fault::json(201, &json!({"redirect_uris": []})), 500, malformed.clone()),
        (Fault::json(201, &json!("text")), 500, malformed.clone()),
        (Fault::json(201, &long_id), 500, malformed.clone()),
        (
            Fault::Close,
            500,
            errors(500, "Error", "Failed to reach Forest Admin server. Are you online?"),
        ),
    ] {
        let agent = Agent::of(&fake);
        fake.fault_next(REGISTRATION, [fault.clone()]);
        let reply = agent.start().await;
        assert_eq!((reply.status, reply.json()), (status, body), "{fault:?}");
        assert!(fake.clients().is_empty(), "{fault:?}");
    }
}

#[actix_web::test]
async fn aut_02_a_failed_registration_starts_again_from_discovery() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    for tries in 1..=3 {
        fake.fault_next(REGISTRATION, [Fault::Status(500)]);
        assert_eq!(agent.start().await.status, 400);
        assert_eq!((fake.count(DISCOVERY), fake.count(REGISTRATION)), (tries, tries));
    }
    assert_eq!(agent.start().await.status, 200);
}

#[actix_web::test]
async fn the_secret_is_only_sent_to_the_forest_server() {
    let (fake, evil) = (forest().await, forest().await);
    let document = |registration: Value| {
        Fault::json(
            200,
            &json!({"issuer": fake.url(), "authorization_endpoint": format!("{}/oidc/auth", fake.url()),
                "token_endpoint": format!("{}/oidc/token", fake.url()), "registration_endpoint": registration}),
        )
    };
    for registration in [json!(format!("{}/oidc/reg", evil.url())), Value::Null] {
        fake.fault(DISCOVERY, document(registration));
        let reply = Agent::of(&fake).start().await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["name"]),
            (500, &json!("VError"))
        );
        // a configured client needs no registration
        assert_eq!(
            Agent::with(&fake, &[("FOREST_CLIENT_ID", "fixed")])
                .start()
                .await
                .status,
            200
        );
        fake.heal_all();
    }
    assert_eq!(evil.requests().len(), 0);
}

#[actix_web::test]
async fn aut_07_the_secret_is_removed_from_quoted_errors() {
    let log = Log::capture();
    let fake = forest().await;
    let secret = fake.env_secret();
    let body = json!({"error": "invalid_token", "error_description": format!("unknown secret\n{secret}")});
    fake.fault(REGISTRATION, Fault::json(401, &body));
    let reply = Agent::of(&fake).start().await;
    assert_eq!(reply.json()["error_description"], "unknown secret\n[…]");
    assert!(
        log.about("unknown secret").len() == 1 && !log.text().contains(&secret),
        "{}",
        log.text()
    );
}
