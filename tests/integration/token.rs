//! Session tokens of every kind: only a valid one reaches a handler.

use forest_actions::prelude::*;
use forest_actions::testing::Fault;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::connected::company_records;
use crate::support::{
    Agent, Call, Log, MARK_AS_LIVE, SECRET, actions, claims, companies, epoch, mint, mint_with, protected_routes, token,
};

/// Repeats the caller, so that tests can compare callers.
#[smart_action(collection = "companies", name = "Who am I", kind = "global", unprotected)]
async fn who_am_i(caller: Caller) -> String {
    let Caller {
        id,
        email,
        first_name,
        last_name,
        team,
        role,
        permission_level,
        tags,
        rendering_id,
        timezone,
        ..
    } = caller;
    format!("{id} {email} {first_name} {last_name} {team} {role} {permission_level} {tags:?} {rendering_id} {timezone}")
}

/// A token that is right but for an extension in its header.
fn mint_extended() -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["b64".to_owned()]);
    jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// Every way in which a token can be wrong, with the text that the UI gets.
fn bad_tokens() -> Vec<(&'static str, String, &'static str)> {
    let with = |key: &str, value: Value| {
        let mut claims = claims();
        claims[key] = value;
        mint(&claims)
    };
    let without = |key: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(key);
        mint(&claims)
    };
    let valid = token();
    let (head, signature) = valid.rsplit_once('.').unwrap();
    let (_, payload) = head.split_once('.').unwrap();
    let (other_head, _) = with("id", json!("1"))
        .rsplit_once('.')
        .map(|(head, _)| (head.to_owned(), ()))
        .unwrap();
    // {"alg":"none","typ":"JWT"} and {"alg":"RS256","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let rs256 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    let malformed = "jwt malformed";
    let old = "Your token format is invalid, please login again.";
    vec![
        ("one word", "nonsense".to_owned(), malformed),
        ("two parts", head.to_owned(), malformed),
        ("four parts", format!("{valid}.x"), malformed),
        ("only dots", "..".to_owned(), malformed),
        ("not base64", "###.###.###".to_owned(), malformed),
        ("a very long one", "a".repeat(20_000), malformed),
        ("algorithm none", format!("{none}.{payload}."), "invalid algorithm"),
        (
            "algorithm none, signed",
            format!("{none}.{payload}.{signature}"),
            "invalid algorithm",
        ),
        (
            "algorithm RS256",
            format!("{rs256}.{payload}.{signature}"),
            "invalid algorithm",
        ),
        (
            "algorithm HS384",
            mint_with(Algorithm::HS384, SECRET, &claims()),
            "invalid algorithm",
        ),
        (
            "algorithm HS512",
            mint_with(Algorithm::HS512, SECRET, &claims()),
            "invalid algorithm",
        ),
        (
            "another secret",
            mint_with(Algorithm::HS256, "another", &claims()),
            "invalid signature",
        ),
        (
            "an empty secret",
            mint_with(Algorithm::HS256, "", &claims()),
            "invalid signature",
        ),
        ("no signature", format!("{head}."), "invalid signature"),
        (
            "the signature of another",
            format!("{other_head}.{signature}"),
            "invalid signature",
        ),
        ("expired", with("exp", json!(epoch() - 1)), "jwt expired"),
        (
            "expired, as a fraction",
            with("exp", json!(epoch() as f64 - 0.5)),
            "jwt expired",
        ),
        ("expired long ago", with("exp", json!(0)), "jwt expired"),
        ("expired before the epoch", with("exp", json!(-5)), "jwt expired"),
        ("not yet active", with("nbf", json!(epoch() + 60)), "jwt not active"),
        ("an expiry that is text", with("exp", json!("tomorrow")), malformed),
        ("an expiry that is a list", with("exp", json!([1])), malformed),
        ("claims that are a number", mint(&json!(172)), malformed),
        ("claims that are a list", mint(&json!(["172", "a@b.c"])), malformed),
        ("an extension that must be understood", mint_extended(), malformed),
        ("no expiry", without("exp"), old),
        ("no user", without("id"), old),
        ("an empty user", with("id", json!("")), old),
        ("a user that is an object", with("id", json!({"$ne": null})), old),
        ("a refresh token", with("type", json!("refresh")), old),
        ("the older format", with("data", json!({"id": "172"})), old),
    ]
}

#[actix_web::test]
async fn aut_09_an_invalid_token_is_401() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for (what, token, detail) in bad_tokens() {
        let answer = Call::post(MARK_AS_LIVE).bearer(&token).send(&app).await;
        assert_eq!(answer.detail(401), detail, "{what}");
        let cookie = Call::post(MARK_AS_LIVE)
            .without("authorization")
            .header("cookie", format!("forest_session_token={token}"));
        assert_eq!(cookie.send(&app).await.detail(401), detail, "{what}, in a cookie");
    }
    let list = mint(&json!(["172", "ada@example.com", "Ada", "Lovelace"]));
    assert_eq!(
        Call::post(MARK_AS_LIVE).bearer(&list).send(&app).await.status(),
        401,
        "claims that are a list"
    );
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn aut_09_a_missing_token_is_401() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let missing = "Forest cannot authenticate the user for this request.";
    let call = || Call::post(MARK_AS_LIVE).without("authorization");
    let valid = token();
    for authorization in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Basic YTpi".to_owned(),
        valid.clone(),
        format!("bearer {valid}"),
        format!("Bearer  {valid}"),
        format!("Token {valid}"),
    ] {
        let answer = call().header("authorization", &authorization).send(&app).await;
        assert_eq!(answer.detail(401), missing, "{authorization:?}");
        assert_eq!(answer.name(), "Unauthorized");
    }
    assert_eq!(call().send(&app).await.detail(401), missing);
    for cookie in ["", "forest_session_token=", "other=1; session=2", "=", ";;;"] {
        assert_eq!(
            call().header("cookie", cookie).send(&app).await.detail(401),
            missing,
            "{cookie:?}"
        );
    }
    let not_text = call().header("authorization", b"Bearer \xff\xfe").send(&app).await;
    assert_eq!(not_text.detail(401), missing);
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn aut_09_unauthenticated_requests_get_a_neutral_401() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let stranger = || Call::post(MARK_AS_LIVE).without("authorization");
    for call in [
        stranger().body("not json"),
        stranger().body("{}"),
        stranger().header("content-type", "text/plain"),
        stranger().header("content-encoding", "gzip"),
        stranger().header("content-length", "999999999999"),
        stranger().ids(["no number"]),
        Call::post(format!("{MARK_AS_LIVE}?timezone=Mars/Olympus")).without("authorization"),
    ] {
        assert_eq!(call.send(&app).await.status(), 401, "{call:?}");
    }
}

#[actix_web::test]
async fn aut_09_a_valid_token_runs_the_action() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    assert_eq!(
        Call::post(MARK_AS_LIVE).ids(["7"]).send(&app).await.success(),
        "Company 7 is now live!"
    );
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn the_session_cookie_is_accepted_only_from_trusted_origins() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE)
        .without("authorization")
        .header("cookie", format!("a=b; forest_session_token={}; c=d", token()));
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(call.clone().without("origin").send(&app).await.status(), 200);
    for origin in [
        "https://evil.example",
        "null",
        "https://app.forestadmin.com.evil.example",
    ] {
        assert_eq!(
            call.clone().header("origin", origin).send(&app).await.status(),
            401,
            "{origin}"
        );
    }
    // requests that a cross-site form can send without a preflight
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = call.clone().header("content-type", media_type).send(&app).await;
        assert_eq!(answer.status(), 415, "{media_type}");
    }
    assert_eq!(call.without("content-type").send(&app).await.status(), 415);
    assert_eq!(agent.runs.count(), 2);
}

#[actix_web::test]
async fn aut_05_public_and_login_routes_never_read_a_token() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let expired = mint(&json!({"id": "1", "exp": 1}));
    for (method, path) in [
        ("GET", "/forest"),
        ("GET", "/forest/"),
        ("GET", "/forest/healthcheck"),
        ("POST", "/forest/authentication"),
        ("GET", "/forest/authentication/callback"),
        ("POST", "/forest/authentication/logout"),
    ] {
        let plain = Call::bare(method, path).send(&app).await;
        for bad in [expired.as_str(), "garbage"] {
            let header = Call::bare(method, path).bearer(bad).send(&app).await;
            let cookie = Call::bare(method, path).header("cookie", format!("forest_session_token={bad}"));
            let cookie = cookie.send(&app).await;
            assert_ne!(header.status(), 401, "{method} {path}");
            assert_eq!(
                (header.status(), header.bytes()),
                (plain.status(), plain.bytes()),
                "{method} {path}"
            );
            assert_eq!(
                (cookie.status(), cookie.bytes()),
                (plain.status(), plain.bytes()),
                "{method} {path}"
            );
        }
    }
}

#[actix_web::test]
async fn aut_06_a_session_lasts_one_hour_in_whole_epoch_seconds() {
    let agent = Agent::local(companies()).await;
    let before = epoch();
    let token = agent.forest.local_token(1).unwrap();
    let after = epoch();
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &jsonwebtoken::Validation::new(Algorithm::HS256));
    let claims = claims.unwrap().claims;
    let (issued, expires) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert!((before..=after).contains(&issued));
    assert_eq!(expires - issued, 3600);
}

#[actix_web::test]
async fn aut_06_expiry_is_checked_without_leeway_in_utc() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let at = |exp: Value| {
        let mut claims = claims();
        claims["exp"] = exp;
        Call::post(format!("{MARK_AS_LIVE}?timezone=Pacific/Kiritimati")).bearer(&mint(&claims))
    };
    assert_eq!(at(json!(epoch() - 1)).send(&app).await.status(), 401);
    assert_eq!(at(json!(epoch() + 30)).send(&app).await.status(), 200);
    assert_eq!(at(json!(epoch() as f64 + 30.25)).send(&app).await.status(), 200);
}

#[actix_web::test]
async fn aut_10_claims_of_every_agent_identify_the_same_caller() {
    let agent = Agent::local(actions![who_am_i]).await;
    let app = agent.serve().await;
    let exp = epoch() + 600;
    let list = json!([{"key": "country", "value": "UK"}]);
    let map = json!({"country": "UK"});
    let camel = |id: Value, rendering: Value, tags: &Value| {
        json!({"id": id, "email": "a@b.c", "firstName": "Ada", "lastName": "L", "team": "Ops", "role": "Admin",
            "permissionLevel": "admin", "renderingId": rendering, "tags": tags, "exp": exp})
    };
    let snake = json!({"id": "172", "email": "a@b.c", "first_name": "Ada", "last_name": "L", "team": "Ops",
        "role": "Admin", "permission_level": "admin", "rendering_id": "42", "tags": list, "exp": exp as f64 + 0.75});
    let mut both = snake.clone();
    for (key, value) in camel(json!(172), json!("42"), &map).as_object().unwrap() {
        both[key] = value.clone();
    }
    both["scope"] = "step-execution".into();
    both["serverToken"] = "x".into();
    for claims in [
        camel(json!("172"), json!(42), &list),
        camel(json!(172), json!("42"), &map),
        snake,
        both,
    ] {
        let call = Call::post("/forest/actions/who-am-i?timezone=Europe/Paris").bearer(&mint(&claims));
        let seen = call.send(&app).await.success();
        assert_eq!(
            seen, r#"172 a@b.c Ada L Ops Admin admin {"country": "UK"} 42 Europe/Paris"#,
            "{claims}"
        );
    }
    let least = mint(&json!({"id": 1, "exp": exp, "tags": null, "team": null}));
    let seen = Call::post("/forest/actions/who-am-i")
        .bearer(&least)
        .send(&app)
        .await
        .success();
    assert_eq!(seen.split_whitespace().collect::<Vec<_>>(), ["1", "{}", "UTC"]);
}

#[actix_web::test]
async fn aut_11_every_route_needs_a_token_unless_it_is_public() {
    let agent = Agent::with(|builder| builder.actions(companies()).records(company_records())).await;
    let app = agent.serve().await;
    let forged = mint_with(Algorithm::HS256, "another-secret-than-that-of-the-agent", &claims());
    for (method, path) in protected_routes(&agent.forest) {
        let call = Call::post(&path).method(method);
        for stranger in [call.clone().without("authorization"), call.bearer(&forged)] {
            assert_eq!(stranger.send(&app).await.status(), 401, "{method} {path}");
        }
    }
    assert_eq!(agent.runs.count(), 0);
    for public in ["/forest", "/forest/", "/forest/healthcheck"] {
        assert_eq!(Call::bare("GET", public).send(&app).await.status(), 200, "{public}");
    }
    // all other paths below the mount point require a session
    for path in [
        "/forest/actions",
        "/forest/companies",
        "/forest/scope-cache-invalidation",
        "/forest/_internal/x",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] {
            let answer = Call::bare(method, path).send(&app).await;
            assert!(
                matches!(answer.status(), 401 | 404 | 405),
                "{method} {path}: {}",
                answer.status()
            );
        }
    }
}

#[actix_web::test]
async fn aut_12_a_token_in_the_url_is_ignored() {
    let log = Log::capture();
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let token = token();
    for name in ["token", "access_token", "authorization", "forest_session_token", "jwt"] {
        let call = Call::post(format!("{MARK_AS_LIVE}?{name}={token}")).without("authorization");
        assert_eq!(call.send(&app).await.status(), 401, "{name}");
    }
    assert_eq!(agent.runs.count(), 0);
    assert!(!log.text().contains(&token));
}

#[actix_web::test]
async fn tokens_and_secrets_are_never_logged_or_returned() {
    let log = Log::capture();
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let valid = token();
    let mut sent = vec![valid.clone()];
    sent.extend(
        bad_tokens()
            .into_iter()
            .map(|(_, token, _)| token)
            .filter(|token| token.len() > 20),
    );
    for token in &sent {
        let answer = Call::post(MARK_AS_LIVE).bearer(token).send(&app).await;
        let parts = token.split('.').filter(|part| part.len() > 20);
        let answer = format!("{answer:?}");
        assert!(parts.into_iter().all(|part| !answer.contains(part)), "{answer}");
    }
    // unauthenticated paths and bodies are no place to smuggle one into the log either
    Call::bare("GET", format!("/forest/nowhere?token={valid}"))
        .send(&app)
        .await;
    let text = log.text();
    assert!(!text.is_empty() && !text.contains(SECRET));
    for part in sent
        .iter()
        .flat_map(|token| token.split('.'))
        .filter(|part| part.len() > 20)
    {
        assert!(!text.contains(part), "the log holds {part}");
    }
}

#[actix_web::test]
async fn per_18_an_action_without_a_setting_is_protected() {
    let agent = Agent::connected(actions![actions::mark_as_live, actions::ping]).await;
    let protected: Vec<_> = agent
        .forest
        .actions()
        .iter()
        .map(|action| (action.name, action.protected))
        .collect();
    assert_eq!(protected, [("Mark as Live", true), ("Ping", false)]);
    let app = agent.serve().await;
    assert_eq!(Call::post(MARK_AS_LIVE).send(&app).await.status(), 403);
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(Call::post("/forest/actions/ping").send(&app).await.success(), "pong");
    let stranger = Call::post("/forest/actions/ping").without("authorization");
    assert_eq!(stranger.send(&app).await.status(), 401, "unprotected is not public");
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn per_02_unknown_rights_are_denied() {
    let log = Log::capture();
    let agent = Agent::connected(companies()).await;
    agent.fake().fault("/liana/v4/permissions/**", Fault::Close);
    let app = agent.serve().await;
    let mut claims = claims();
    // the token's permission level is ignored
    claims["permissionLevel"] = "admin".into();
    for path in [MARK_AS_LIVE, "/forest/actions/archive", "/forest/actions/recount"] {
        for hook in ["", "/hooks/load"] {
            let answer = Call::post(format!("{path}{hook}"))
                .bearer(&mint(&claims))
                .send(&app)
                .await;
            assert!(
                answer.detail(503).contains("Failed to reach Forest Admin server"),
                "{path}{hook}"
            );
            assert_eq!(answer.name(), "PermissionsUnavailableError");
            assert_eq!(answer.header("retry-after"), Some("5"));
        }
    }
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(log.about("smart action failed").len(), 6);
}
