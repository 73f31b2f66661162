//! Successful logins.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::test::TestRequest;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::agent::{Agent, CALLBACK, config, parameter, send};
use super::log::Log;
use super::{DISCOVERY, EXCHANGE, KEYS, REGISTRATION, WHO, forest};
use crate::clock::seconds_since_epoch;
use crate::http::Cors;
use crate::login::Login;

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[actix_web::test]
async fn aut_06_a_login_ends_in_a_session_of_one_hour() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let before = seconds_since_epoch();
    let reply = agent.log_in().await;
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    let token = answer["token"].as_str().unwrap();
    assert_eq!(answer["tokenData"], payload(token));
    let issued = answer["tokenData"]["iat"].as_u64().unwrap();
    assert!((before..=seconds_since_epoch()).contains(&issued));
    assert_eq!(
        answer["tokenData"],
        json!({"id": "172", "email": "angelica@example.com", "firstName": "Angelica", "lastName": "Bengtsson",
            "team": "Operations", "role": "Manager", "tags": [{"key": "country", "value": "Canada"}],
            "permissionLevel": "admin", "renderingId": 42, "iat": issued, "exp": issued + 3600})
    );
    let caller = agent.login.tokens.verify(token, issued, Tz::UTC).unwrap();
    assert_eq!((caller.id.as_str(), caller.rendering_id.as_str()), ("172", "42"));
}

#[actix_web::test]
async fn the_calls_of_a_login_follow_the_protocol() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let started = agent.start().await;
    let client = fake.clients()[0].id().to_owned();
    let url = started.authorization_url();
    let raw = started.json()["authorizationUrl"].as_str().unwrap().to_owned();
    assert!(
        raw.starts_with(&format!(
            "{}/oidc/auth?client_id={client}&scope=openid%20email%20profile&response_type=code&redirect_uri=https%3A%2F%2Fagent.\
             example.com%2Fbase%2Fforest%2Fauthentication%2Fcallback&state=%7B%22renderingId%22%3A42%2C",
            fake.url()
        )),
        "{raw}"
    );
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id", "scope", "response_type", "redirect_uri", "state"]);

    let query = agent.visit(&url).await;
    assert_eq!(agent.callback(&query).await.status, 200);

    let secret = fake.env_secret();
    let discovery = &fake.requests_to(DISCOVERY)[0];
    assert_eq!(discovery.header("forest-secret-key"), Some(secret.as_str()));
    let registration = &fake.requests_to(REGISTRATION)[0];
    assert_eq!(
        registration.header("authorization"),
        Some(format!("Bearer {secret}").as_str())
    );
    assert_eq!(registration.header("forest-secret-key"), None);
    assert_eq!(
        registration.json(),
        Some(json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}))
    );
    let exchange = &fake.requests_to(EXCHANGE)[0];
    assert_eq!(
        exchange.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    for (name, value) in [
        ("grant_type", Some("authorization_code".to_owned())),
        ("code", parameter(&query, "code")),
        ("redirect_uri", Some(CALLBACK.to_owned())),
        ("client_id", Some(client)),
        ("client_secret", None),
    ] {
        assert_eq!(exchange.form_value(name), value, "{name}");
    }
    let who = &fake.requests_to(WHO)[0];
    assert_eq!(who.header("forest-secret-key"), Some(secret.as_str()));
    assert!(
        who.header("forest-token")
            .is_some_and(|token| token.starts_with("access-"))
    );
    // other calls do not carry the secret
    for route in [EXCHANGE, KEYS] {
        let request = &fake.requests_to(route)[0];
        let all: Vec<&str> = request.headers().map(|(_, value)| value).collect();
        assert!(!all.iter().any(|value| value.contains(&secret)), "{route} {all:?}");
    }
    // the second login uses the cached set-up
    assert_eq!(agent.log_in().await.status, 200);
    for (route, count) in [(DISCOVERY, 1), (REGISTRATION, 1), (KEYS, 1), (EXCHANGE, 2), (WHO, 2)] {
        assert_eq!(fake.count(route), count, "{route}");
    }
}

#[actix_web::test]
async fn aut_05_login_routes_read_no_token_and_set_no_cookie() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    for token in ["Bearer expired.token.here", "Basic eA==", "Bearer"] {
        let dressed = |request: TestRequest| {
            request
                .insert_header((header::AUTHORIZATION, token))
                .insert_header((header::COOKIE, "forest_session_token=expired.token.here; other=1"))
        };
        let start = dressed(TestRequest::post()).set_payload(r#"{"renderingId":42}"#);
        let started = agent.send(start, "").await;
        let query = agent.visit(&started.authorization_url()).await;
        let callback = dressed(TestRequest::get()).uri(&format!("/?{query}"));
        let reply = agent.send(callback, "/callback").await;
        assert_eq!(reply.status, 200);
        assert_eq!((started.header("set-cookie"), reply.header("set-cookie")), (None, None));
        assert_eq!(agent.send(dressed(TestRequest::post()), "/logout").await.status, 204);
    }
}

#[actix_web::test]
async fn aut_12_no_address_contains_a_session_token() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let reply = agent.log_in().await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    assert_eq!((reply.header("location"), reply.header("refresh")), (None, None));
    let again = agent.start().await;
    assert!(!again.authorization_url().as_str().contains(&token));
    assert!(fake.requests().iter().all(|request| !request.query().contains(&token)));
    // parameters of the address are not valid sessions
    let state = parameter(again.authorization_url().query().unwrap(), "state").unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let proof = state["proof"].as_str().unwrap();
    assert!(
        agent
            .login
            .tokens
            .verify(proof, seconds_since_epoch(), Tz::UTC)
            .is_err()
    );
}

#[actix_web::test]
async fn aut_04_settings_in_code_are_used_everywhere() {
    let fake = forest().await;
    fake.register_client("from-code", ["https://code.example.com/forest/authentication/callback"]);
    let mut settings = crate::config::Settings::from_env(|name| {
        let value = match name {
            "FOREST_ENV_SECRET" => "0".repeat(64),
            "FOREST_AUTH_SECRET" => "from the environment".to_owned(),
            "FOREST_URL" => "http://127.0.0.1:1".to_owned(),
            "APPLICATION_URL" => "https://environment.example.com".to_owned(),
            "FOREST_CLIENT_ID" => "from-environment".to_owned(),
            _ => return None,
        };
        Some(value)
    })
    .unwrap();
    settings.env_secret = Some(fake.env_secret().into());
    settings.auth_secret = Some("from code".to_owned().into());
    settings.server_url = Some(fake.url().to_owned());
    settings.application_url = Some("https://code.example.com".to_owned());
    settings.client_id = Some("from-code".to_owned());
    let agent = Agent::configured(&settings.check().unwrap());
    let url = agent.start().await.authorization_url();
    assert_eq!(
        parameter(url.query().unwrap(), "client_id").as_deref(),
        Some("from-code")
    );
    let redirect = parameter(url.query().unwrap(), "redirect_uri").unwrap();
    assert_eq!(redirect, "https://code.example.com/forest/authentication/callback");
    let request = agent.login.server.request(reqwest::Method::GET, url);
    let back = agent
        .login
        .server
        .exchange("browser", request.build().unwrap(), 100_000)
        .await;
    let location = back.unwrap().headers["location"].to_str().unwrap().to_owned();
    let reply = agent.callback(location.split_once('?').unwrap().1).await;
    assert_eq!(reply.status, 200);
    let keys = crate::request::TokenKeys::new(b"from code");
    assert!(
        keys.verify(reply.json()["token"].as_str().unwrap(), seconds_since_epoch(), Tz::UTC)
            .is_ok()
    );
    assert_eq!(fake.count(REGISTRATION), 0);
}

#[actix_web::test]
async fn a_fixed_client_id_is_not_registered() {
    let fake = forest().await;
    fake.register_client("fixed", [CALLBACK]);
    let agent = Agent::with(&fake, &[("FOREST_CLIENT_ID", " fixed ")]);
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!((fake.count(REGISTRATION), fake.count(DISCOVERY)), (0, 1));
    let config = config(&fake, &[("FOREST_CLIENT_ID", "no id")]);
    let refused = Login::new(&config, super::agent::client(&config)).unwrap_err();
    assert!(refused.to_string().contains("FOREST_CLIENT_ID"));
}

#[actix_web::test]
async fn a_logout_expires_the_cookie() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let reply = agent.send(TestRequest::post(), "/logout").await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(
        reply.header("set-cookie"),
        Some(
            "forest_session_token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=None"
        )
    );
}

#[actix_web::test]
async fn aut_11_three_routes_are_public_and_no_others() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    for (method, rest, status, allow) in [
        (Method::GET, "", 405, Some("POST, OPTIONS")),
        (Method::DELETE, "", 405, Some("POST, OPTIONS")),
        (Method::POST, "/callback", 405, Some("GET, OPTIONS")),
        (Method::HEAD, "/callback", 405, Some("GET, OPTIONS")),
        (Method::GET, "/logout", 405, Some("POST, OPTIONS")),
        (Method::POST, "/other", 404, None),
        (Method::GET, "/callback/x", 404, None),
        (Method::GET, "/CALLBACK", 404, None),
    ] {
        let reply = agent.send(TestRequest::default().method(method.clone()), rest).await;
        assert_eq!(
            (reply.status, reply.header("allow")),
            (status, allow),
            "{method} {rest}"
        );
    }
    assert_eq!(fake.requests().len(), 0);
}

#[actix_web::test]
async fn local_mode_refuses_logins_with_the_reason() {
    let local = crate::config::Settings::default().check().unwrap();
    let fake = forest().await;
    assert!(
        Login::new(&local, super::agent::client(&config(&fake, &[])))
            .unwrap()
            .is_none()
    );
    for (request, rest) in [
        (TestRequest::post(), ""),
        (TestRequest::get(), "/callback"),
        (TestRequest::post(), "/logout"),
    ] {
        let reply = send(None, request, rest).await;
        assert_eq!(reply.status, 404);
        let text = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(text.contains("local mode has no login"), "{text}");
    }
}

/// The redirect makes the browser's origin `null`; the dispatch sets `is_login` for these routes.
#[test]
fn net_03_a_redirected_browser_may_read_the_answer() {
    let cors = Cors::new(Some(Vec::new()));
    let mut asked = HeaderMap::new();
    asked.insert(header::ORIGIN, HeaderValue::from_static("null"));
    let mut answer = HeaderMap::new();
    cors.write(&asked, true, false, &mut answer);
    let text = |name: header::HeaderName| answer.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(text(header::ACCESS_CONTROL_ALLOW_ORIGIN), Some("null"));
    assert_eq!(text(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), Some("true"));
    let mut elsewhere = HeaderMap::new();
    cors.write(&asked, false, false, &mut elsewhere);
    assert!(!elsewhere.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[actix_web::test]
async fn aut_07_each_step_logs_one_line_without_secrets() {
    let log = Log::capture();
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    let reply = agent.callback(&query).await;
    agent.send(TestRequest::post(), "/logout").await;
    let (start, callback) = (log.about("step=\"start\""), log.about("step=\"callback\""));
    assert_eq!(
        (start.len(), callback.len(), log.about("step=\"logout\"").len()),
        (1, 1, 1)
    );
    assert!(
        start[0].contains("status=200") && start[0].contains("rendering=42"),
        "{}",
        start[0]
    );
    assert!(
        callback[0].contains("user=\"172\"") && callback[0].contains("identity=\"verified\""),
        "{}",
        callback[0]
    );
    assert_eq!(log.about("registered").len(), 1);
    // a code that was used before
    assert_eq!(agent.callback(&query).await.status, 401);
    let refused = &log.about("step=\"callback\"")[1];
    assert!(
        refused.starts_with("WARN") && refused.contains("invalid_grant"),
        "{refused}"
    );

    let token = fake.requests_to(WHO)[0].header("forest-token").unwrap().to_owned();
    let state = parameter(&query, "state").unwrap();
    let proof: Value = serde_json::from_str(&state).unwrap();
    for secret in [
        fake.env_secret(),
        fake.auth_secret(),
        parameter(&query, "code").unwrap(),
        proof["proof"].as_str().unwrap().to_owned(),
        state,
        token,
        reply.json()["token"].as_str().unwrap().to_owned(),
        fake.clients()[0].id().to_owned(),
    ] {
        assert!(!log.text().contains(&secret), "{secret}\n{}", log.text());
    }
}

#[test]
fn all_workers_share_one_login() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Login>();
}

#[test]
fn the_debug_output_of_the_login_contains_no_secret() {
    let settings = crate::config::Settings {
        env_secret: Some("0".repeat(64).into()),
        auth_secret: Some("hunter2-hunter2".to_owned().into()),
        ..Default::default()
    };
    let config = settings.check().unwrap();
    let login = Login::new(&config, super::agent::client(&config)).unwrap();
    let text = format!("{login:?}");
    assert!(!text.contains("hunter2") && !text.contains("0000"), "{text}");
}
