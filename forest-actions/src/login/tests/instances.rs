//! Several instances, several environments, and outages.

use futures_util::future::join_all;

use super::agent::{Agent, parameter};
use super::log::Log;
use super::{DISCOVERY, EXCHANGE, REGISTRATION, WHO, errors, forest};
use crate::testing::{Fault, Gate};

#[actix_web::test]
async fn aut_01_another_instance_finishes_a_login() {
    let fake = forest().await;
    let (one, two) = (Agent::of(&fake), Agent::of(&fake));
    let query = one.until_callback().await;
    assert_eq!(two.callback(&query).await.status, 200);
    // the second instance registers only for a login that it starts
    assert_eq!((fake.count(REGISTRATION), fake.count(DISCOVERY)), (1, 2));
    let query = two.until_callback().await;
    assert_eq!(fake.clients().len(), 2);
    assert_eq!(one.callback(&query).await.status, 200);
    assert_eq!(fake.count(REGISTRATION), 2);
}

#[actix_web::test]
async fn aut_01_a_login_survives_a_restart() {
    let fake = forest().await;
    let query = Agent::of(&fake).until_callback().await;
    assert_eq!(Agent::of(&fake).callback(&query).await.status, 200);
}

#[actix_web::test]
async fn aut_01_instances_may_have_different_clients_and_addresses() {
    let fake = forest().await;
    fake.register_client("fixed", [super::agent::CALLBACK]);
    let fixed = Agent::with(&fake, &[("FOREST_CLIENT_ID", "fixed")]);
    let registering = Agent::with(&fake, &[("APPLICATION_URL", "https://elsewhere.example.com")]);
    let query = fixed.until_callback().await;
    assert_eq!(registering.callback(&query).await.status, 200);
    let exchange = &fake.requests_to(EXCHANGE)[0];
    assert_eq!(
        exchange.form_value("redirect_uri").as_deref(),
        Some(super::agent::CALLBACK)
    );
    // another secret is another agent
    let stranger = Agent::with(&fake, &[("FOREST_AUTH_SECRET", "another")]);
    let reply = stranger.callback(&fixed.until_callback().await).await;
    assert_eq!((reply.status, &reply.json()["error"]), (401, &"invalid_state".into()));
    assert_eq!(fake.count(EXCHANGE), 1);
}

#[actix_web::test]
async fn aut_01_the_providers_own_address_is_used_by_every_instance() {
    let fake = forest().await;
    let (one, two) = (Agent::of(&fake), Agent::of(&fake));
    for uris in [
        serde_json::json!(["https://agent.example.com/base/forest/authentication/callback?own=1"]),
        serde_json::json!([]),
    ] {
        let first = uris[0].as_str().map(str::to_owned);
        fake.register_client("given", [first.as_deref().unwrap_or(super::agent::CALLBACK)]);
        let body = serde_json::json!({"client_id": "given", "redirect_uris": uris});
        fake.fault_next(REGISTRATION, [Fault::json(201, &body)]);
        let url = one.start().await.authorization_url();
        assert_eq!(parameter(url.query().unwrap(), "redirect_uri"), first);
        let query = one.visit(&url).await;
        assert_eq!(two.callback(&query).await.status, 200);
        let sent = fake.requests_to(EXCHANGE).last().unwrap().form_value("redirect_uri");
        assert_eq!(sent, first);
        let provider = one.login.provider().await.unwrap();
        one.login.invalidate(&provider, "given");
    }
}

#[actix_web::test]
async fn aut_02_a_forgotten_client_is_registered_again() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    fake.forget_clients();
    let reply = agent.callback(&query).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.json()["error"], "invalid_client");
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!((fake.count(REGISTRATION), fake.count(DISCOVERY)), (2, 2));
}

#[actix_web::test]
async fn aut_02_another_environment_secret_starts_from_discovery() {
    let fake = forest().await;
    let old = Agent::of(&fake);
    let query = old.until_callback().await;
    fake.change_env_secret("f".repeat(64));
    // under the new secret, the old state is invalid
    let new = Agent::of(&fake);
    assert_eq!(new.callback(&query).await.status, 401);
    assert_eq!(new.log_in().await.status, 200);
    assert_eq!(fake.count(REGISTRATION), 2);
    // the old agent reports the refusal
    assert_eq!(old.callback(&query).await.json()["error"], "invalid_client");
    let reply = old.start().await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json(),
        errors(
            403,
            "SecretNotFoundError",
            "Cannot retrieve the data from the Forest server. Can you check that you properly copied the Forest envSecret in the Liana initializer?"
        )
    );
}

#[actix_web::test]
async fn aut_02_a_used_code_does_not_drop_the_client() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    assert_eq!(agent.callback(&query).await.status, 200);
    for _ in 0..3 {
        assert_eq!(agent.callback(&query).await.json()["error"], "invalid_grant");
    }
    assert_eq!(agent.log_in().await.status, 200);
    assert_eq!((fake.count(REGISTRATION), fake.count(DISCOVERY)), (1, 1));
}

#[actix_web::test]
async fn aut_02_a_refused_client_is_dropped_at_the_first_report() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    // an error without a login does not affect the client
    agent.callback("error=invalid_client&state={}").await;
    agent.callback("error=invalid_client").await;
    agent.callback("error=access_denied&state={%22renderingId%22:42}").await;
    assert!(agent.start().await.status == 200 && fake.count(REGISTRATION) == 1);
    let state = parameter(&query, "state").unwrap();
    let report = super::agent::with_parameter("error=invalid_client", "state", &state);
    assert_eq!(agent.callback(&report).await.status, 401);
    assert!(agent.start().await.status == 200 && fake.count(REGISTRATION) == 2);
    // by now, the other client is in use
    assert_eq!(agent.callback(&report).await.status, 401);
    assert!(agent.start().await.status == 200 && fake.count(REGISTRATION) == 2);
    // the login that began with the first one is not disturbed
    assert_eq!(agent.callback(&query).await.status, 200);
}

#[actix_web::test]
async fn aut_08_an_outage_at_start_is_a_warning_and_the_next_login_retries() {
    let log = Log::capture();
    let fake = forest().await;
    fake.go_offline().await;
    let agent = Agent::of(&fake);
    agent.login.warm_up().await;
    let warning = log.about("could not be set up");
    assert!(warning.len() == 1 && warning[0].starts_with("WARN"), "{warning:?}");
    let down = agent.start().await;
    assert_eq!(
        (down.status, down.json()),
        (
            500,
            errors(500, "Error", "Failed to reach Forest Admin server. Are you online?")
        )
    );
    assert_eq!(log.about("step=\"start\"").len(), 1);
    fake.go_online().await.unwrap();
    assert_eq!(agent.log_in().await.status, 200);
}

#[actix_web::test]
async fn aut_08_logins_recover_from_an_outage_of_each_endpoint() {
    let fake = forest().await;
    for route in [DISCOVERY, REGISTRATION, EXCHANGE, WHO] {
        let agent = Agent::of(&fake);
        fake.fault(route, Fault::Status(503));
        let reply = match agent.start().await {
            started if started.status == 200 => {
                let query = agent.visit(&started.authorization_url()).await;
                agent.callback(&query).await
            }
            failed => failed,
        };
        assert!(reply.status >= 400, "{route}");
        fake.heal_all();
        assert_eq!(agent.log_in().await.status, 200, "{route}");
    }
}

#[actix_web::test]
async fn concurrent_logins_share_one_registration() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let gate = Gate::new();
    fake.fault(DISCOVERY, Fault::Hold(gate.clone()));
    let logins = join_all((0..20).map(|_| agent.start()));
    let opening = async {
        fake.wait_for(DISCOVERY, 1).await.unwrap();
        gate.open();
    };
    let (replies, ()) = futures_util::future::join(logins, opening).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(
        (fake.count(DISCOVERY), fake.count(REGISTRATION), fake.clients().len()),
        (1, 1, 1)
    );
}

#[actix_web::test]
async fn concurrent_logins_share_one_failure() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let gate = Gate::new();
    fake.fault(DISCOVERY, Fault::Hold(gate.clone()));
    fake.fault_next(REGISTRATION, [Fault::Status(500)]);
    let logins = join_all((0..20).map(|_| agent.start()));
    let opening = async {
        fake.wait_for(DISCOVERY, 1).await.unwrap();
        gate.open();
    };
    let (replies, ()) = futures_util::future::join(logins, opening).await;
    assert!(replies.iter().all(|reply| reply.status == 400), "{replies:?}");
    assert_eq!(fake.count(REGISTRATION), 1);
    assert_eq!(agent.start().await.status, 200);
}

#[actix_web::test]
async fn concurrent_callbacks_are_limited() {
    let fake = forest().await;
    let agent = Agent::of(&fake);
    let query = agent.until_callback().await;
    let gate = Gate::new();
    fake.fault(EXCHANGE, Fault::Hold(gate.clone()));
    let waiting = join_all((0..64).map(|_| agent.callback(&query)));
    let refused = async {
        fake.wait_for(EXCHANGE, 64).await.unwrap();
        let refused = (agent.callback(&query).await, agent.start().await);
        gate.open();
        refused
    };
    let (replies, (callback, start)) = futures_util::future::join(waiting, refused).await;
    assert_eq!((callback.status, callback.header("retry-after")), (429, Some("2")));
    assert_eq!(start.status, 200, "starts need no slot");
    // a code is valid once
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 0);
    assert_eq!(agent.log_in().await.status, 200);
}
