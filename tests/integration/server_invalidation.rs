//! How a changed scope takes effect.

use std::time::Duration;

use forest_actions::testing::Fault;
use serde_json::json;

use crate::server_scopes::{all, archived, listed, scope_of, scoped};
use crate::support::connected::{RENDERINGS, SAM, condition, pass, project};
use crate::support::{Agent, Call};

#[actix_web::test]
async fn per_13_a_new_scope_applies_to_the_next_request() {
    let fake = project().await;
    let silent = json!({"team": {"id": 7, "name": "Ops"}, "collections": {}});
    fake.fault(RENDERINGS, Fault::json(200, &silent));
    scope_of(&fake, json!(null));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(archived(&app, &fake, all(json!({}))).await, "1,2,3,4,5");
    assert_eq!(fake.count(RENDERINGS), 1);
    let scope = condition("country", "equal", "UK");
    let scopes = json!({"team": {"id": 7, "name": "Ops"}, "collections": {"companies": {"scope": scope}}});
    fake.heal(RENDERINGS);
    fake.fault(RENDERINGS, Fault::json(200, &scopes));
    assert_eq!(archived(&app, &fake, all(json!({}))).await, "1,5");
    assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
    assert_eq!(fake.count(RENDERINGS), 2, "what is there is not asked for again");
    // concurrent requests share one fetch
    fake.heal(RENDERINGS);
    fake.fault(RENDERINGS, Fault::json(200, &silent));
    assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
    let call = Call::read("/forest/companies").by(&fake, SAM);
    let answers = futures_util::future::join_all((0..32).map(|_| call.send(&app))).await;
    assert!(answers.iter().all(|answer| answer.status() == 200));
    assert!(fake.count(RENDERINGS) <= 4, "{}", fake.count(RENDERINGS));
}

#[actix_web::test]
async fn per_04_an_invalidation_by_another_session_is_no_outage() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
    for fault in [Fault::Status(503), Fault::Close] {
        fake.fault(RENDERINGS, fault);
        for _ in 0..2 {
            // any session may name any rendering
            assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
            assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
            assert_eq!(archived(&app, &fake, json!({"ids": ["1", "2"]})).await, "1");
        }
    }
    // the next answer takes its place
    let scope = condition("country", "equal", "US");
    let scopes = json!({"team": {"id": 7, "name": "Ops"}, "collections": {"companies": {"scope": scope}}});
    fake.heal(RENDERINGS);
    fake.fault(RENDERINGS, Fault::json(200, &scopes));
    let replaced = async {
        while listed(&app, &fake, &[]).await != ["4"] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), replaced)
        .await
        .expect("the new scope");
}

#[actix_web::test]
async fn per_04_an_outdated_scope_ends_with_its_lifetime() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
    fake.fault(RENDERINGS, Fault::Status(503));
    assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
    assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
    pass(Duration::from_secs(901)).await;
    let answer = Call::read("/forest/companies").by(&fake, SAM).send(&app).await;
    assert_eq!(answer.status(), 503);
}
