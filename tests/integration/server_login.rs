//! The login through the whole program: routes, instances, prefixes, outages, refusals (AUT-*).

use actix_web::{App, test, web};
use forest_actions::testing::LoginRefusal;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tracing::Level;

use crate::support::connected::{
    ADA, DISCOVERY, ENVIRONMENT, EXCHANGE, IP_RULES, LOOKUP, REGISTRATION, SAM, begin_login, come_back, log_in,
    login_start, project, visit,
};
use crate::support::{Agent, Call, ENV_SECRET, Log, MARK_AS_LIVE, SECRET, TestService, protected_routes};

const PING: &str = "/forest/actions/ping";

async fn is_let_in(app: &impl TestService, answer: &Value) -> bool {
    let call = Call::post(PING).bearer(answer["token"].as_str().unwrap());
    call.send(app).await.status() == 200
}

#[actix_web::test]
async fn aut_01_a_login_that_one_instance_started_is_finished_by_another() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let (first, second) = (Agent::of(&fake).await, Agent::of(&fake).await);
    let (first_app, second_app) = (first.serve().await, second.serve().await);
    let address = visit(&begin_login(&first_app, "").await).await;
    let answer = come_back(&second_app, &address).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(answer.json()["tokenData"]["email"], "sam@example.com");
    for app in [&first_app, &second_app] {
        assert!(
            is_let_in(app, &answer.json()).await,
            "a session is good at every instance"
        );
    }
    // an instance that restarted meanwhile, which has never seen a login
    let address = visit(&begin_login(&first_app, "").await).await;
    let third = Agent::of(&fake).await;
    assert_eq!(come_back(&third.serve().await, &address).await.status(), 200);
}

#[actix_web::test]
async fn aut_02_a_client_of_another_secret_is_dropped_at_the_first_failure() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(log_in(&app).await.status(), 200);
    assert_eq!(fake.clients().len(), 1);
    // the server forgets the client in the middle of a login
    let address = visit(&begin_login(&app, "").await).await;
    fake.forget_clients();
    let answer = come_back(&app, &address).await;
    assert_eq!(answer.status(), 401, "{answer:?}");
    assert_eq!(answer.json()["error"], "invalid_client");
    // the next login registers again and succeeds
    assert_eq!(log_in(&app).await.status(), 200);
    assert_eq!(fake.clients().len(), 1);
    // the same code under another secret does not reuse the client
    fake.change_env_secret("11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee");
    let other = Agent::of(&fake).await;
    assert_eq!(log_in(&other.serve().await).await.status(), 200);
    let last = fake.requests_to(REGISTRATION).pop().unwrap();
    assert!(last.header("authorization").unwrap().ends_with("11c0ffee"));
    // and logins are not valid across environments
    fake.change_env_secret(ENV_SECRET);
    let address = visit(&begin_login(&Agent::of(&fake).await.serve().await, "").await).await;
    assert_eq!(come_back(&other.serve().await, &address).await.status(), 401);
}

#[actix_web::test]
async fn aut_03_the_prefix_occurs_once_in_every_login_url() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let settings = |builder: forest_actions::ForestBuilder| builder.application_url("https://agent.example.com/api/");
    let agent = Agent::of_with(&fake, settings).await;
    let app = App::new()
        .app_data(agent.runs.clone())
        .service(web::scope("/api").configure(agent.forest.routes()));
    let app = test::init_service(app).await;
    let address = visit(&begin_login(&app, "/api").await).await;
    assert!(
        address.starts_with("https://agent.example.com/api/forest/authentication/callback?"),
        "{address}"
    );
    let answer = come_back(&app, &address).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let call = |path: &str| Call::post(path).bearer(&token);
    assert_eq!(call("/api/forest/actions/ping").send(&app).await.success(), "pong");
    let hook = call("/api/forest/actions/ping/hooks/load").send(&app).await;
    assert_eq!(hook.status(), 200, "{hook:?}");
    assert_eq!(
        call(PING).send(&app).await.status(),
        404,
        "nothing is served without it"
    );
}

#[actix_web::test]
async fn aut_04_settings_in_code_apply_to_every_login_url() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake.grant("Support", "companies", "Mark as Live");
    let settings = |builder: forest_actions::ForestBuilder| builder.schema_upload(true).events(true);
    let agent = Agent::of_with(&fake, settings).await;
    let app = agent.serve().await;
    let answer = log_in(&app).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(Call::post(MARK_AS_LIVE).bearer(&token).send(&app).await.status(), 200);
    fake.wait_for("POST /forest/apimaps", 1).await.unwrap();
    fake.wait_for_subscribers(1).await.unwrap();
    fake.wait_for(IP_RULES, 1).await.unwrap();
    let mut seen = 0;
    for request in fake.requests() {
        match request.path() {
            // the browser's own, and the exchange of a public client
            "/oidc/auth" | "/oidc/token" | "/oidc/jwks" => continue,
            "/oidc/reg" => assert_eq!(
                request.header("authorization"),
                Some(format!("Bearer {ENV_SECRET}").as_str())
            ),
            path => assert_eq!(request.header("forest-secret-key"), Some(ENV_SECRET), "{path}"),
        }
        seen += 1;
    }
    assert!(seen >= 9, "{seen}");
    // the session is signed with the secret that was given in code
    assert!(is_let_in(&app, &answer.json()).await);
    assert!(
        !format!("{:?}", fake.requests()).contains(SECRET),
        "which the server never sees"
    );
}

#[actix_web::test]
async fn aut_05_login_ignores_expired_tokens_and_blocked_cookies() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let expired = fake.user_token(SAM).expired().sign();
    let stale = |call: Call| {
        call.bearer(&expired)
            .header("cookie", format!("forest_session_token={expired}"))
    };
    let start = Call::bare("POST", "/forest/authentication").json(&json!({"renderingId": "1"}));
    let started = stale(start.header("content-type", "application/json")).send(&app).await;
    assert_eq!(started.status(), 200, "{started:?}");
    let address = visit(started.json()["authorizationUrl"].as_str().unwrap()).await;
    let path = address.splitn(4, '/').nth(3).unwrap();
    let answer = stale(Call::bare("GET", format!("/{path}"))).send(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(answer.all("set-cookie").is_empty() && started.all("set-cookie").is_empty());
    assert!(is_let_in(&app, &answer.json()).await, "the token is in the body");
    let out = stale(Call::bare("POST", "/forest/authentication/logout"))
        .send(&app)
        .await;
    assert_eq!(out.status(), 204);
}

#[actix_web::test]
async fn aut_06_a_login_session_lasts_one_hour_in_whole_seconds() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    let answer = log_in(&agent.serve().await).await.json();
    let data = &answer["tokenData"];
    assert_eq!(data["exp"].as_u64().unwrap() - data["iat"].as_u64().unwrap(), 3600);
    assert!(data["iat"].as_u64().unwrap().abs_diff(crate::support::epoch()) <= 5);
}

#[actix_web::test]
async fn aut_07_login_errors_have_status_reason_and_one_log_line() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    // the provider sends the browser back with an error
    fake.fail_logins("TrialBlockedError", "Your trial is over");
    let log = Log::capture();
    let address = visit(&begin_login(&app, "").await).await;
    let answer = come_back(&app, &address).await;
    assert_eq!(answer.status(), 401);
    let body = answer.json();
    assert_eq!(body["error"], "TrialBlockedError");
    assert_eq!(body["error_description"], "Your trial is over");
    assert!(body["state"].as_str().is_some_and(|state| !state.is_empty()), "{body}");
    let lines = log.about("login step refused");
    assert!(
        lines.len() == 1 && lines[0].get("cause").contains("Your trial is over"),
        "{lines:?}"
    );
    fake.accept_logins();
    // the Forest server refuses the person
    for (refusal, name, detail) in [
        (LoginRefusal::NoAccess, "AuthorizationError", ""),
        (
            LoginRefusal::TwoFactorRequired,
            "TwoFactorAuthenticationRequiredError",
            "Two factor authentication required",
        ),
        (
            LoginRefusal::UnknownProject,
            "SecretNotFoundError",
            "Cannot retrieve the project",
        ),
        (
            LoginRefusal::InconsistentRendering,
            "InconsistentSecretAndRenderingError",
            "missing or inconsistent",
        ),
    ] {
        fake.refuse_login(SAM, refusal);
        let log = Log::capture();
        let answer = log_in(&app).await;
        assert!(answer.detail(403).contains(detail), "{refusal:?} {answer:?}");
        assert_eq!(answer.name(), name);
        assert_eq!(log.about("login step refused").len(), 1, "{refusal:?}");
        let (text, shown) = (log.text(), answer.text());
        for secret in [ENV_SECRET, SECRET] {
            assert!(!text.contains(secret) && !shown.contains(secret), "{refusal:?}");
        }
    }
    fake.accept_logins();
    assert_eq!(log_in(&app).await.status(), 200);
}

#[actix_web::test]
async fn aut_08_discovery_is_retried_by_the_next_login() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake.go_offline().await;
    let log = Log::capture();
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let line = log.wait_for("the login could not be set up").await;
    assert_eq!(line.level, Level::WARN);
    assert_eq!(
        Call::bare("GET", "/forest").send(&app).await.status(),
        200,
        "the program runs"
    );
    let answer = login_start(&app, "").await;
    assert!(
        answer.detail(500).contains("Failed to reach Forest Admin server"),
        "{answer:?}"
    );
    fake.go_online().await.unwrap();
    let answer = log_in(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
}

#[actix_web::test]
async fn aut_09_an_invalid_token_is_401_without_server_requests() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let good = fake.user_token(SAM);
    for (name, token) in [
        ("none", String::new()),
        ("no token", "nonsense".to_owned()),
        ("forged", good.clone().signed_with("another secret").sign()),
        (
            "signed with the environment's",
            good.clone().signed_with(ENV_SECRET).sign(),
        ),
        ("expired", good.clone().expired().sign()),
        ("not yet", good.clone().not_yet().sign()),
        ("of a refresh", good.clone().claim("type", "refresh").sign()),
        ("without an expiry", good.clone().without("exp").sign()),
    ] {
        for path in [MARK_AS_LIVE, "/forest/actions/mark-as-live/hooks/load"] {
            let answer = Call::post(path).bearer(&token).send(&app).await;
            assert_eq!(answer.status(), 401, "{name}");
        }
        let answer = Call::read("/forest/companies").bearer(&token).send(&app).await;
        assert_eq!(answer.status(), 401, "{name}");
    }
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(fake.count(ENVIRONMENT), 0);
    assert_eq!(
        Call::post(MARK_AS_LIVE).bearer(&good.sign()).send(&app).await.status(),
        200
    );
}

#[actix_web::test]
async fn aut_10_claims_of_every_agent_version_identify_the_same_user() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let token = || fake.user_token(SAM);
    for token in [
        token(),
        token().snake_case(),
        token().both_cases(),
        token().numeric_id().tags_as_object(),
        token().claim("renderingId", "1").without("tags"),
        token().claim("scope", "step-execution").without("role"),
    ] {
        let answer = Call::post(MARK_AS_LIVE).bearer(&token.sign()).send(&app).await;
        assert_eq!(answer.status(), 200, "{token:?} {answer:?}");
    }
    // claims about an unknown user are ignored
    let stranger = fake
        .user_token(99)
        .claim("role", "Support")
        .claim("permissionLevel", "admin");
    let answer = Call::post(MARK_AS_LIVE).bearer(&stranger.sign()).send(&app).await;
    assert_eq!(answer.status(), 403);
}

#[actix_web::test]
async fn aut_11_every_non_public_route_requires_a_session_and_an_allowed_address() {
    let fake = project().await;
    fake.set_ip_rules([forest_actions::testing::IpRule::Address("203.0.113.7".to_owned())]);
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    // concurrently: each refused address needs a refetch, which they share
    let refusals = protected_routes(&agent.forest).into_iter().map(async |(method, path)| {
        let call = Call::post(&path).by(&fake, ADA).method(method).peer("198.51.100.1");
        for stranger in [
            call.clone().without("authorization"),
            call.clone().bearer("no.token.atall"),
        ] {
            assert_eq!(stranger.send(&app).await.status(), 401, "{method} {path}");
        }
        let answer = call.send(&app).await;
        assert_eq!(
            answer.detail(403),
            "IP address rejected (198.51.100.1)",
            "{method} {path}"
        );
    });
    join_all(refusals).await;
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(fake.count(ENVIRONMENT), 0, "an address is judged before any right");
    for (method, path, status) in [
        ("GET", "/forest", 200),
        ("GET", "/forest/", 200),
        ("GET", "/forest/healthcheck", 200),
        ("POST", "/forest/authentication/logout", 204),
    ] {
        let answer = Call::bare(method, path).peer("198.51.100.1").send(&app).await;
        assert_eq!(answer.status(), status, "{path}");
    }
    let started = Call::bare("POST", "/forest/authentication")
        .peer("198.51.100.1")
        .header("content-type", "application/json")
        .json(&json!({"renderingId": 1}));
    assert_eq!(started.send(&app).await.status(), 200);
}

#[actix_web::test]
async fn aut_12_login_urls_never_contain_the_session() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let sent = begin_login(&app, "").await;
    let back = visit(&sent).await;
    let answer = come_back(&app, &back).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(!sent.contains(&token) && !back.contains(&token));
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for request in fake.requests() {
        assert!(!format!("{}?{}", request.path(), request.query()).contains(&token));
    }
    for route in [DISCOVERY, REGISTRATION, EXCHANGE, LOOKUP] {
        assert!(fake.count(route) >= 1, "{route}");
    }
}
