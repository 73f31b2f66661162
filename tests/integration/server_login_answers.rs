//! What the Forest server and the browser may leave out or write in another way without ending a login, and what ends
//! one all the same.

use std::collections::HashMap;

use actix_web::web::Query;
use forest_actions::testing::{FakeForest, Fault};
use serde_json::{Value, json};

use crate::support::connected::{
    EXCHANGE, REGISTRATION, SAM, begin_login, come_back, log_in, login_start, project, visit,
};
use crate::support::{Agent, Answer, Log, TestService};

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
async fn aut_07_only_the_access_token_is_needed_of_an_exchange() {
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
        assert_eq!(log.about("login step ended")[0].get("identity"), "absent");
    }
    for identity in [json!("opaque-token"), json!("a.b.c"), json!(7), json!({"a": 1}), json!("")] {
        let log = Log::capture();
        let answer = exchanged(&fake, &app, &json!({"id_token": identity})).await;
        assert_eq!(answer.status(), 200, "{identity}: {answer:?}");
        assert_eq!(log.about("cannot be read as one: it counts as absent").len(), 1);
    }
    // one that can be read and is wrong still ends the login: signed with a secret instead of the provider's key
    let claims = json!({"iss": fake.url(), "aud": "x", "sub": "2", "iat": 1, "exp": 4_000_000_000_u64});
    let key = jsonwebtoken::EncodingKey::from_secret(b"a secret of somebody");
    let forged = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let answer = exchanged(&fake, &app, &json!({"id_token": forged})).await;
    assert_eq!((answer.status(), &answer.json()["error"]), (401, &json!("invalid_token")));
    // and nothing stands in for the access token
    let answer = exchanged(&fake, &app, &json!({"access_token": null})).await;
    assert!(answer.detail(500).contains("token endpoint is malformed"), "{answer:?}");
}

/// The address to which a login is told to come back, after a registration that answers this.
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
    let mut pairs = Query::<HashMap<String, String>>::from_query(query).unwrap().into_inner();
    pairs.remove("redirect_uri")
}

#[actix_web::test]
async fn only_the_client_id_is_needed_of_a_registration() {
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
        (json!({"redirect_uris": [ours], "default_max_age": "x", "contacts": 7}), Some(ours)),
    ] {
        let mut body = members.clone();
        body["client_id"] = json!("given");
        for content_type in ["application/json", "text/plain"] {
            let address = registered(&fake, content_type, &body).await;
            assert_eq!(address.as_deref(), expected, "{members} as {content_type}");
        }
    }
    // a client without an id is none
    fake.fault(REGISTRATION, Fault::json(201, &json!({"redirect_uris": [ours]})));
    let agent = Agent::of(&fake).await;
    let answer = login_start(&agent.serve().await, "").await;
    assert!(answer.detail(500).contains("registration's answer is malformed"), "{answer:?}");
}
