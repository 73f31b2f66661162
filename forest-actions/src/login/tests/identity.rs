//! Identity tokens and signing keys.

use serde_json::{Value, json};

use super::agent::Agent;
use super::log::Log;
use super::{EXCHANGE, KEYS, WHO, forest};
use crate::testing::{FakeForest, Fault};

/// Runs a login whose token endpoint returns a valid access token and this identity token.
async fn with_identity(fake: &FakeForest, agent: &Agent, id_token: Value) -> (u16, Value) {
    let query = agent.until_callback().await;
    let mut tokens = json!({"access_token": fake.access_token(172), "token_type": "Bearer", "expires_in": 60});
    if !id_token.is_null() {
        tokens["id_token"] = id_token;
    }
    fake.fault_next(EXCHANGE, [Fault::json(200, &tokens)]);
    let reply = agent.callback(&query).await;
    (reply.status, reply.json())
}

#[actix_web::test]
async fn an_access_token_alone_is_enough() {
    let log = Log::capture();
    let fake = forest().await;
    let agent = Agent::of(&fake);
    assert_eq!(with_identity(&fake, &agent, Value::Null).await.0, 200);
    assert_eq!(fake.count(KEYS), 0);
    assert_eq!(log.about("identity=\"absent\"").len(), 1);
}

#[actix_web::test]
async fn replaced_keys_are_fetched_again_and_foreign_keys_are_refused() {
    let (fake, other) = (forest().await, forest().await);
    let agent = Agent::of(&fake);
    assert_eq!(agent.log_in().await.status, 200);
    fake.rotate_signing_key();
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!(fake.count(KEYS), 2);

    // keys of another server with another key id
    let request = agent.login.server.request(
        reqwest::Method::GET,
        format!("{}/oidc/jwks", other.url()).parse().unwrap(),
    );
    let keys = agent
        .login
        .server
        .exchange("keys", request.build().unwrap(), 100_000)
        .await
        .unwrap();
    let keys: Value = serde_json::from_slice(&keys.body).unwrap();
    let fresh = Agent::of(&fake);
    fake.fault(KEYS, Fault::json(200, &keys));
    let reply = fresh.log_in().await;
    assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("invalid_token")));
    assert!(
        reply.json()["error_description"]
            .as_str()
            .unwrap()
            .contains("does not publish")
    );

    // and with the key id of ours
    fake.heal_all();
    let agent = Agent::of(&fake);
    let request = agent.login.server.request(
        reqwest::Method::GET,
        format!("{}/oidc/jwks", fake.url()).parse().unwrap(),
    );
    let ours = agent
        .login
        .server
        .exchange("keys", request.build().unwrap(), 100_000)
        .await
        .unwrap();
    let ours: Value = serde_json::from_slice(&ours.body).unwrap();
    let mut forged = keys.clone();
    forged["keys"][0]["kid"] = ours["keys"][0]["kid"].clone();
    fake.fault(KEYS, Fault::json(200, &forged));
    let before = fake.count(WHO);
    let reply = agent.log_in().await;
    assert_eq!(reply.status, 401);
    assert!(
        reply.json()["error_description"]
            .as_str()
            .unwrap()
            .contains("signature is wrong"),
        "{}",
        reply.json()
    );
    assert_eq!(fake.count(WHO), before, "the user is not looked up");
}

#[actix_web::test]
async fn without_keys_the_claims_are_checked_with_a_warning() {
    let log = Log::capture();
    let fake = forest().await;
    for fault in [
        Fault::Status(500),
        Fault::Garbage,
        Fault::Close,
        Fault::json(200, &json!({"keys": "none"})),
        Fault::Redirect(fake.url().to_owned()),
    ] {
        fake.fault(KEYS, fault);
        assert_eq!(Agent::of(&fake).log_in().await.status, 200);
        fake.heal_all();
    }
    assert_eq!(log.about("the signature of an identity token was not checked").len(), 5);
    assert_eq!(log.about("identity=\"unsigned\"").len(), 5);
    // missing keys are fetched again
    let agent = Agent::of(&fake);
    fake.fault_next(KEYS, [Fault::Status(503)]);
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!(log.about("identity=\"verified\"").len(), 1);
}

#[actix_web::test]
async fn an_identity_token_of_another_client_is_refused_with_and_without_keys() {
    let fake = forest().await;
    let (agent, other) = (Agent::of(&fake), Agent::of(&fake));
    let stolen = |fake: &FakeForest| {
        let fake = fake.clone();
        let other = &other;
        async move {
            // a valid token of the provider for the other client
            let query = other.until_callback().await;
            let provider = other.login.provider().await.unwrap();
            let state = other.login.states.verify(
                super::agent::parameter(&query, "state").as_deref(),
                crate::clock::seconds_since_epoch(),
            );
            let start = other.login.start_of(&provider, state.unwrap()).await;
            let code = super::agent::parameter(&query, "code").unwrap();
            let tokens = crate::login::tokens::exchange(&other.login, &provider, &start.unwrap(), &code, &[]).await;
            let _ = fake;
            tokens.map(|tokens| tokens.identity).unwrap_or_default()
        }
    };
    for keys in [Fault::None, Fault::Status(500)] {
        fake.fault(KEYS, keys);
        let token = stolen(&fake).await;
        let (status, body) = with_identity(&fake, &agent, token).await;
        assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
        assert!(
            body["error_description"].as_str().unwrap().contains("another client"),
            "{body}"
        );
        fake.heal_all();
    }
}
