//! Callbacks without success, and their responses.

use serde_json::{Value, json};

use super::agent::{Agent, parameter, with_parameter};
use super::log::Log;
use super::{EXCHANGE, WHO, errors, forest};
use crate::testing::{Fault, LoginRefusal};

fn query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

#[actix_web::test]
async fn aut_07_errors_of_the_provider_are_a_401_with_error_description_and_state() {
    let log = Log::capture();
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let state = parameter(&agent.until_callback().await, "state").unwrap();
    for (error, description) in [
        ("access_denied", Some("no")),
        ("invalid_client", Some("no")),
        ("TrialBlockedError", Some("Your free trial has ended")),
        ("server_error", None),
    ] {
        let mut pairs = vec![("error", error), ("state", state.as_str())];
        pairs.extend(description.map(|text| ("error_description", text)));
        let reply = agent.callback(&query(&pairs)).await;
        assert_eq!(reply.status, 401, "{error}");
        assert_eq!(
            reply.json(),
            json!({"error": error, "error_description": description, "state": state})
        );
    }
    // an error is answered for any state, with all keys
    let reply = agent.callback("error=access_denied").await;
    assert_eq!(
        (reply.status, reply.json()),
        (
            401,
            json!({"error": "access_denied", "error_description": null, "state": null})
        )
    );
    let reply = agent.callback(&query(&[("error", "x"), ("state", "not json")])).await;
    assert_eq!(reply.json()["state"], "not json");
    assert_eq!(fake.count(EXCHANGE), 0);
    let lines = log.about("the provider returned");
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|line| !line.contains(&state)));

    // and as the provider sends it
    fake.fail_logins("TrialBlockedError", "Your free trial has ended");
    let reply = agent.log_in().await;
    assert_eq!(
        (reply.status, &reply.json()["error"]),
        (401, &json!("TrialBlockedError"))
    );
}

#[actix_web::test]
async fn errors_in_a_query_are_shortened_and_escaped() {
    let log = Log::capture();
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let long = "é".repeat(3000);
    let reply = agent
        .callback(&query(&[("error", "a\nWARN forged"), ("error_description", &long)]))
        .await;
    assert_eq!(reply.status, 401);
    assert!(reply.json()["error_description"].as_str().unwrap().chars().count() < 1100);
    let lines = log.about("forged");
    assert!(lines.len() == 1 && !lines[0].contains("\nWARN"), "{lines:?}");
    assert!(lines[0].chars().count() < 1000);
    for (bad, text) in [
        (query(&[("error", "a"), ("error", "b")]), "twice"),
        (query(&[("state", &"a".repeat(30_000))]), "longer than"),
    ] {
        let reply = agent.callback(&bad).await;
        assert_eq!(reply.status, 400);
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(text), "{detail}");
    }
}

#[actix_web::test]
async fn a_forged_state_ends_the_login() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let good = agent.until_callback().await;
    let text = |rest: &str| format!("Invalid response from the authentication server: {rest}");
    for (state, detail) in [
        (None, text("the state parameter is missing")),
        (Some(""), text("the state parameter is missing")),
        (Some("42"), text("the state parameter is not at the right format")),
        (Some("{"), text("the state parameter is not at the right format")),
        (Some("{}"), text("the state does not contain a renderingId")),
        (
            Some(r#"{"renderingId":null}"#),
            text("the state does not contain a renderingId"),
        ),
    ] {
        let mut pairs = vec![("code", "some-code")];
        pairs.extend(state.map(|state| ("state", state)));
        let reply = agent.callback(&query(&pairs)).await;
        assert_eq!(
            (reply.status, reply.json()),
            (401, errors(401, "UnauthorizedError", &detail)),
            "{state:?}"
        );
    }
    let state = parameter(&good, "state").unwrap();
    let other = state.replace("\"renderingId\":42", "\"renderingId\":43");
    assert_ne!(state, other);
    for forged in [r#"{"renderingId":42,"proof":"x.y.z"}"#, &other] {
        let reply = agent.callback(&with_parameter(&good, "state", forged)).await;
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.json(),
            json!({"error": "invalid_state", "state": forged,
                "error_description": "This login was not started here, or too long ago. Please log in again."})
        );
    }
    assert_eq!((fake.count(EXCHANGE), fake.count(WHO)), (0, 0));
    assert_eq!(agent.callback(&good).await.status, 200);
}

#[actix_web::test]
async fn a_missing_or_overlong_code_is_refused() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let good = agent.until_callback().await;
    let state = parameter(&good, "state").unwrap();
    let missing = "Invalid response from the authentication server: the code parameter is missing";
    for pairs in [
        vec![("state", state.as_str())],
        vec![("state", state.as_str()), ("code", "")],
    ] {
        let reply = agent.callback(&query(&pairs)).await;
        assert_eq!(
            (reply.status, reply.json()),
            (400, errors(400, "BadRequestError", missing))
        );
    }
    assert_eq!(
        agent
            .callback(&with_parameter(&good, "code", &"a".repeat(5000)))
            .await
            .status,
        400
    );
    assert_eq!(fake.count(EXCHANGE), 0);
}

#[actix_web::test]
async fn aut_07_errors_of_the_token_endpoint_are_a_401_with_error_description_and_state() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let good = agent.until_callback().await;
    let state = parameter(&good, "state").unwrap();
    let reply = agent.callback(&with_parameter(&good, "code", "nobodys-code")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(
        reply.json(),
        json!({"error": "invalid_grant", "error_description": "grant request is invalid", "state": state})
    );
    for (status, body, error, description) in [
        (
            401,
            json!({"error": "invalid_client", "error_description": "who?"}),
            "invalid_client",
            Some("who?"),
        ),
        (400, json!({"error": "access_denied"}), "access_denied", None),
        (500, json!({"error": "server_error"}), "server_error", None),
    ] {
        fake.fault_next(EXCHANGE, [Fault::json(status, &body)]);
        let reply = agent.callback(&good).await;
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.json(),
            json!({"error": error, "error_description": description, "state": state})
        );
    }
}

#[actix_web::test]
async fn an_unreachable_token_endpoint_is_an_outage() {
    let fake = forest().await;
    let malformed = "Forest server request error: the answer of the token endpoint is malformed";
    let unreachable = "Failed to reach Forest Admin server. Are you online?";
    for (fault, name, detail) in [
        (
            Fault::Status(500),
            "VError",
            "Forest server request error: 500 Internal Server Error",
        ),
        (
            Fault::json(404, &json!({})),
            "VError",
            "Forest server request error: 404 Not Found",
        ),
        (
            Fault::Redirect(fake.url().to_owned()),
            "VError",
            "Forest server request error: 302 Found",
        ),
        (Fault::Garbage, "VError", malformed),
        (Fault::json(200, &json!({"token_type": "Bearer"})), "VError", malformed),
        (
            Fault::json(200, &json!({"access_token": "", "id_token": "no token"})),
            "VError",
            malformed,
        ),
        (Fault::HalfBody, "Error", unreachable),
        (Fault::Close, "Error", unreachable),
    ] {
        let agent = Agent::of(&fake);
        let query = agent.until_callback().await;
        fake.fault_next(EXCHANGE, [fault.clone()]);
        let reply = agent.callback(&query).await;
        assert_eq!(
            (reply.status, reply.json()),
            (500, errors(500, name, detail)),
            "{fault:?}"
        );
    }
    let agent = Agent::impatient(&fake);
    let query = agent.until_callback().await;
    fake.fault_next(EXCHANGE, [Fault::Hang]);
    let reply = agent.callback(&query).await.json();
    let detail = reply["errors"][0]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("The request to Forest Admin server has timed out"),
        "{detail}"
    );
}

#[actix_web::test]
async fn aut_07_a_refused_user_gets_the_servers_reason_with_403() {
    let log = Log::capture();
    let fake = forest().await;
    for (refusal, name, detail) in [
        (LoginRefusal::NoAccess, "AuthorizationError", None),
        (
            LoginRefusal::TwoFactorRequired,
            "TwoFactorAuthenticationRequiredError",
            Some("Two factor authentication required"),
        ),
        (
            LoginRefusal::UnknownProject,
            "SecretNotFoundError",
            Some(
                "Cannot retrieve the project you're trying to unlock. Please check that you're using the right environment secret regarding your project and environment.",
            ),
        ),
        (
            LoginRefusal::InconsistentRendering,
            "InconsistentSecretAndRenderingError",
            Some(
                "Cannot retrieve the project you're trying to unlock. The envSecret and renderingId seems to be missing or inconsistent.",
            ),
        ),
    ] {
        let agent = Agent::of(&fake);
        fake.refuse_login(172, refusal);
        let reply = agent.log_in().await;
        assert_eq!(reply.status, 403, "{refusal:?}");
        let error = reply.json()["errors"][0].clone();
        assert_eq!((&error["name"], &error["status"]), (&json!(name), &json!(403)));
        if let Some(detail) = detail {
            assert_eq!(error["detail"], detail);
        }
        assert!(!error["detail"].as_str().unwrap().is_empty());
        fake.accept_logins();
        assert_eq!(agent.log_in().await.status, 200);
    }
    let lines = log.about("status=403");
    assert_eq!(lines.len(), 4);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("WARN") && line.contains("cause=\"authorization: status"))
    );
}

#[actix_web::test]
async fn an_unreachable_user_lookup_is_an_outage() {
    let log = Log::capture();
    let fake = forest().await;
    let authorizing = "Error while authorizing the user on Forest Admin";
    let unreachable = "Failed to reach Forest Admin server. Are you online?";
    for (fault, detail) in [
        (Fault::Status(500), authorizing),
        (Fault::Status(503), authorizing),
        (Fault::Redirect(fake.url().to_owned()), authorizing),
        (Fault::Garbage, authorizing),
        (Fault::json(200, &json!({"data": {"id": null}})), authorizing),
        (Fault::HalfBody, unreachable),
        (Fault::Close, unreachable),
    ] {
        let agent = Agent::of(&fake);
        let query = agent.until_callback().await;
        fake.fault_next(WHO, [fault.clone()]);
        let reply = agent.callback(&query).await;
        assert_eq!(
            (reply.status, reply.json()),
            (500, errors(500, "Error", detail)),
            "{fault:?}"
        );
    }
    fake.revoke_access_tokens();
    let lines = log.about("step=\"callback\"");
    assert!(
        lines.len() == 7 && lines.iter().all(|line| line.starts_with("ERROR")),
        "{lines:?}"
    );
}

#[actix_web::test]
async fn aut_07_codes_and_tokens_are_removed_from_quoted_errors() {
    let log = Log::capture();
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    let (code, state) = (parameter(&query, "code").unwrap(), parameter(&query, "state").unwrap());
    let quoting = json!({"error": "invalid_grant", "error_description": format!("bad code {code} for {state}")});
    fake.fault_next(EXCHANGE, [Fault::json(400, &quoting)]);
    assert_eq!(
        agent.callback(&query).await.json()["error_description"],
        "bad code […] for […]"
    );

    let access = fake.access_token(172);
    let tokens = json!({"access_token": access, "token_type": "Bearer"});
    fake.fault_next(EXCHANGE, [Fault::json(200, &tokens)]);
    let detail = format!("token {access} of {} is bad", fake.env_secret());
    let refusal: Value = errors(403, "ForbiddenError", &detail);
    fake.fault_next(WHO, [Fault::json(403, &refusal)]);
    let reply = agent.callback(&query).await;
    assert_eq!(
        reply.json(),
        errors(403, "AuthorizationError", "token […] of […] is bad")
    );
    for secret in [code, state, access, fake.env_secret()] {
        assert!(!log.text().contains(&secret), "{secret}\n{}", log.text());
    }
}
