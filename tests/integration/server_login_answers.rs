//! Login responses with missing or unusual members: accepted variants, and those that end the login.

use std::collections::HashMap;

use actix_web::web::Query;
use forest_actions::testing::{FakeForest, Fault};
use serde_json::{Value, json};

use crate::support::connected::{
    EXCHANGE, LOOKUP, REGISTRATION, SAM, begin_login, come_back, log_in, login_start, project, visit,
};
use crate::support::{Agent, Answer, Call, Log, TestService};

/// A project in which Sam is the one to log in.
async fn sams() -> FakeForest {
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake
}

/// A login in which the token endpoint answers this, with a true access token in it.
async fn exchanged(fake: &FakeForest, app: &impl TestService, members: &Value) -> Answer {
    let address = visit(&begin_login(app, "").await).await;
    let mut tokens = json!({"access_token": fake.access_token(SAM)});
    for (name, value) in members.as_object().unwrap() {
        tokens[name] = value.clone();
    }
    fake.fault_next(EXCHANGE, [Fault::json(200, &tokens)]);
    come_back(app, &address).await
}

#[actix_web::test]
async fn aut_07_a_token_exchange_requires_only_the_access_token() {
    let fake = sams().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for members in [
        json!({}),
        json!({"token_type": null, "expires_in": "3600"}),
        json!({"token_type": 7, "expires_in": 3600.5, "scope": ["openid"], "refresh_token": {}}),
    ] {
        let log = Log::capture();
        let answer = exchanged(&fake, &app, &members).await;
        assert_eq!(answer.status(), 200, "{members}: {answer:?}");
        let lines = log.about("login step ended");
        assert!(lines.iter().any(|line| line.get("identity") == "absent"), "{lines:?}");
    }
    for identity in [
        json!("opaque-token"),
        json!("a.b.c"),
        json!(7),
        json!({"a": 1}),
        json!(""),
    ] {
        let log = Log::capture();
        let answer = exchanged(&fake, &app, &json!({"id_token": identity})).await;
        assert_eq!(answer.status(), 200, "{identity}: {answer:?}");
        assert_eq!(log.about("cannot be read; it counts as absent").len(), 1);
    }
    // one that can be read and is wrong still ends the login: signed with a secret instead of the provider's key
    let claims = json!({"iss": fake.url(), "aud": "x", "sub": "2", "iat": 1, "exp": 4_000_000_000_u64});
    let key = jsonwebtoken::EncodingKey::from_secret(b"a secret of somebody");
    let forged = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let answer = exchanged(&fake, &app, &json!({"id_token": forged})).await;
    assert_eq!(
        (answer.status(), &answer.json()["error"]),
        (401, &json!("invalid_token"))
    );
    // but the access token is required
    let answer = exchanged(&fake, &app, &json!({"access_token": null})).await;
    assert!(answer.detail(500).contains("token endpoint is malformed"), "{answer:?}");
}

/// The return address of a login, after a registration with this response.
async fn registered(fake: &FakeForest, content_type: &str, body: &Value) -> Option<String> {
    fake.fault(
        REGISTRATION,
        Fault::StatusWithBody {
            status: 201,
            content_type: content_type.to_owned(),
            body: body.to_string(),
        },
    );
    let agent = Agent::of(fake).await;
    let url = begin_login(&agent.serve().await, "").await;
    fake.heal_all();
    let query = url.split_once('?').unwrap().1;
    let pairs = Query::<HashMap<String, String>>::from_query(query).unwrap();
    pairs.get("redirect_uri").cloned()
}

#[actix_web::test]
async fn a_registration_requires_only_the_client_id() {
    let fake = sams().await;
    let ours = "http://localhost:3310/forest/authentication/callback";
    let (one, two) = ("https://one.example/", "https://two.example/");
    for (members, expected) in [
        (json!({}), None),
        (json!({"redirect_uris": []}), None),
        (json!({"redirect_uris": null}), None),
        (json!({"redirect_uris": [one]}), Some(one)),
        (json!({"redirect_uris": [one, ours]}), Some(ours)),
        (json!({"redirect_uris": [one, two]}), None),
        (
            json!({"redirect_uris": [ours], "default_max_age": "x", "contacts": 7}),
            Some(ours),
        ),
    ] {
        let mut body = members.clone();
        body["client_id"] = json!("given");
        for content_type in ["application/json", "text/plain"] {
            let address = registered(&fake, content_type, &body).await;
            assert_eq!(address.as_deref(), expected, "{members} as {content_type}");
        }
    }
    // a client without an id is invalid
    fake.fault(REGISTRATION, Fault::json(201, &json!({"redirect_uris": [ours]})));
    let agent = Agent::of(&fake).await;
    let answer = login_start(&agent.serve().await, "").await;
    assert!(
        answer.detail(500).contains("registration's answer is malformed"),
        "{answer:?}"
    );
}

/// The callback with these parameters.
async fn callback(app: &impl TestService, pairs: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let path = format!("/forest/authentication/callback?{}", pairs.join("&"));
    Call::bare("GET", path).header("origin", "null").send(app).await
}

/// A parameter of an address.
fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').unwrap().1;
    let pairs = Query::<HashMap<String, String>>::from_query(query).unwrap();
    pairs.get(name).unwrap().clone()
}

#[actix_web::test]
async fn aut_01_a_protocol_state_uses_the_client_of_this_instance() {
    let fake = sams().await;
    fake.register_client("fixed", ["http://localhost:3310/forest/authentication/callback"]);
    for fixed in [false, true] {
        let agent = Agent::of_with(&fake, |builder| match fixed {
            true => builder.client_id("fixed"),
            false => builder,
        })
        .await;
        let app = agent.serve().await;
        for state in [r#"{"renderingId":1}"#, r#"{"renderingId":"1"}"#] {
            let address = visit(&begin_login(&app, "").await).await;
            let code = parameter(&address, "code");
            let answer = callback(&app, &[("code", &code), ("state", state)]).await;
            assert_eq!(answer.status(), 200, "{state}: {answer:?}");
            assert_eq!(answer.json()["tokenData"]["renderingId"], 1);
            // the code was good once
            let answer = callback(&app, &[("code", &code), ("state", state)]).await;
            assert_eq!(
                (answer.status(), &answer.json()["error"]),
                (401, &json!("invalid_grant"))
            );
        }
    }
    // a code belongs to the client that it was made for
    let (one, two) = (Agent::of(&fake).await, Agent::of(&fake).await);
    let (one, two) = (one.serve().await, two.serve().await);
    let address = visit(&begin_login(&one, "").await).await;
    let code = parameter(&address, "code");
    let answer = callback(&two, &[("code", &code), ("state", r#"{"renderingId":1}"#)]).await;
    assert_eq!(answer.status(), 401, "{answer:?}");
    // a proof that is there has to be ours
    for state in [
        r#"{"renderingId":1,"proof":"x.y.z"}"#,
        r#"{"renderingId":1,"proof":null}"#,
    ] {
        let answer = callback(&one, &[("code", &code), ("state", state)]).await;
        assert_eq!(
            (answer.status(), &answer.json()["error"]),
            (401, &json!("invalid_state"))
        );
    }
}

#[actix_web::test]
async fn aut_07_an_invalid_state_is_401_with_the_reference_text() {
    let fake = sams().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for (state, text) in [
        (None, "the state parameter is missing"),
        (Some("not JSON"), "the state parameter is not at the right format"),
        (Some("{}"), "the state does not contain a renderingId"),
    ] {
        let mut pairs = vec![("code", "some-code")];
        pairs.extend(state.map(|state| ("state", state)));
        let answer = callback(&app, &pairs).await;
        let expected = format!("Invalid response from the authentication server: {text}");
        assert_eq!(answer.detail(401), expected, "{state:?}");
    }
    assert_eq!(fake.count(EXCHANGE), 0);
}

#[actix_web::test]
async fn a_login_without_a_rendering_id_is_rejected() {
    let fake = sams().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let missing = "Authentication request must contain a renderingId";
    for (body, text) in [
        ("", missing),
        (" ", missing),
        ("{}", missing),
        (r#"{"renderingId":0}"#, missing),
        (r#"{"renderingId":""}"#, missing),
        (r#"{"renderingId":"four"}"#, "The parameter renderingId is not valid"),
        (r#"{"renderingId":[1]}"#, "The parameter renderingId is not valid"),
    ] {
        let call = Call::bare("POST", "/forest/authentication").header("content-type", "application/json");
        let answer = call.body(body).send(&app).await;
        assert_eq!(answer.detail(400), text, "{body}");
    }
}

#[actix_web::test]
async fn aut_02_a_client_is_dropped_when_reported_unknown() {
    let fake = sams().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let under_way = visit(&begin_login(&app, "").await).await;
    let state = parameter(&under_way, "state");
    for (reports, registrations) in [(1, 2), (2, 2)] {
        let answer = callback(&app, &[("error", "invalid_client"), ("state", &state)]).await;
        assert_eq!(
            (answer.status(), &answer.json()["error"]),
            (401, &json!("invalid_client"))
        );
        assert_eq!(login_start(&app, "").await.status(), 200);
        assert_eq!(
            fake.count(REGISTRATION),
            registrations,
            "{reports}: the second report is about the old client"
        );
    }
    // the login that was under way is not disturbed
    assert_eq!(come_back(&app, &under_way).await.status(), 200);
    // repeated invalid requests do not lock out others
    for _ in 0..3 {
        callback(&app, &[("error", "invalid_client"), ("state", r#"{"renderingId":1}"#)]).await;
        assert_eq!(log_in(&app).await.status(), 200);
    }
    assert_eq!(fake.count(REGISTRATION), 5);
}

#[actix_web::test]
async fn aut_07_login_errors_use_the_status_of_the_error_body() {
    let fake = sams().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let refusal = |status: u16| json!({"errors": [{"status": status, "name": "ForbiddenError", "detail": "no"}]});
    for (status, stated, seen, name, detail) in [
        (500, 403, 403, "AuthorizationError", "no"),
        (400, 403, 403, "AuthorizationError", "no"),
        (403, 403, 403, "AuthorizationError", "no"),
        (
            500,
            500,
            500,
            "Error",
            "Error while authorizing the user on Forest Admin",
        ),
    ] {
        fake.fault_next(LOOKUP, [Fault::json(status, &refusal(stated))]);
        let answer = log_in(&app).await;
        assert_eq!(
            (answer.detail(seen), answer.name()),
            (detail.to_owned(), name.to_owned()),
            "{status}"
        );
    }
}
