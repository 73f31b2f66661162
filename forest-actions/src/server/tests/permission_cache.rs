//! The permission caches over HTTP.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Received, Reply, TestServer, client};
use crate::decide::facts::RoleId;
use crate::server::cached::Freshness;
use crate::server::failure::FailureKind;
use crate::server::permission_cache::PermissionCache;

const LIFETIME: Duration = Duration::from_secs(900);

fn allowing(role: i64) -> String {
    format!(r#"{{"collections":{{"a":{{"actions":{{"x":{{"triggerEnabled":{{"roles":[{role}]}}}}}}}}}}}}"#)
}

fn cache(server: &TestServer) -> Arc<PermissionCache> {
    Arc::new(PermissionCache::new(client(&server.url), LIFETIME))
}

/// Decides for role 1, with one refresh before a refusal.
async fn may_trigger(cache: &PermissionCache) -> bool {
    let allowed = |facts: &crate::decide::facts::EnvironmentPermissions| {
        facts
            .action("a", "x")
            .is_some_and(|rights| rights.trigger.allows(Some(RoleId(1))))
    };
    let facts = cache.environment(Freshness::Cached).await.expect("facts");
    allowed(&facts) || allowed(&cache.environment(Freshness::After(facts.token())).await.expect("facts"))
}

#[tokio::test]
async fn per_05_sixty_four_first_requests_make_one_call() {
    let gate = Arc::new(Semaphore::new(0));
    let server = TestServer::always(Reply::Gated(Arc::clone(&gate), Box::new(Reply::json(allowing(1))))).await;
    let cache = cache(&server);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { may_trigger(&cache).await })
        })
        .collect();
    server.wait_for(1).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(64);
    for task in tasks {
        assert!(task.await.expect("task"));
    }
    assert!(may_trigger(&cache).await);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn per_01_a_new_right_is_found_by_one_shared_call() {
    let server = TestServer::start(|_, before| Reply::json(allowing(if before == 0 { 2 } else { 1 }))).await;
    let cache = cache(&server);
    let facts = cache.environment(Freshness::Cached).await.expect("facts");
    assert_eq!(server.count(), 1);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { may_trigger(&cache).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("task"));
    }
    assert_eq!(server.count(), 2);
    // a late refresh of the first reading finds the newer one
    let newer = cache.environment(Freshness::After(facts.token())).await.expect("facts");
    assert_ne!(newer.token(), facts.token());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn per_03_a_failure_is_not_kept() {
    let server = TestServer::start(|_, before| match before {
        0 => Reply::Json(500, String::new()),
        1 => Reply::json("garbage"),
        _ => Reply::json(allowing(1)),
    })
    .await;
    let cache = cache(&server);
    for kind in [FailureKind::Status(500), FailureKind::Malformed] {
        let failure = cache.environment(Freshness::Cached).await.expect_err("a failure");
        assert_eq!(failure.kind(), kind);
    }
    assert!(may_trigger(&cache).await);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn per_01_a_failed_refresh_does_not_affect_other_requests() {
    let server = TestServer::start(|_, before| match before {
        0 => Reply::json(allowing(1)),
        _ => Reply::Json(503, String::new()),
    })
    .await;
    let cache = cache(&server);
    let facts = cache.environment(Freshness::Cached).await.expect("facts");
    let refresh = cache.environment(Freshness::After(facts.token())).await;
    assert_eq!(refresh.expect_err("a failure").kind(), FailureKind::Maintenance);
    assert!(may_trigger(&cache).await);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn per_04_a_response_requested_before_an_invalidation_is_not_served_after_it() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = TestServer::start(move |_, before| match before {
        0 => Reply::Gated(Arc::clone(&held), Box::new(Reply::json(allowing(1)))),
        _ => Reply::json(allowing(2)),
    })
    .await;
    let cache = cache(&server);
    let reader = {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move { cache.environment(Freshness::Cached).await })
    };
    server.wait_for(1).await;
    cache.invalidate_environment();
    // a later request does not wait for the old response
    assert!(!allows(&cache, 1).await && allows(&cache, 2).await);
    gate.add_permits(1);
    // the earlier reader gets the response to its own request
    let facts = reader.await.expect("task").expect("facts");
    assert!(facts.action("a", "x").expect("x").trigger.allows(Some(RoleId(1))));
    assert!(allows(&cache, 2).await);
    assert_eq!(server.count(), 2);
}

async fn allows(cache: &PermissionCache, role: i64) -> bool {
    let facts = cache.environment(Freshness::Cached).await.expect("facts");
    facts.action("a", "x").expect("x").trigger.allows(Some(RoleId(role)))
}

#[tokio::test]
async fn a_missing_user_is_refreshed_once() {
    let server = TestServer::start(|_, before| match before {
        0 => Reply::json(r#"[{"id":1}]"#),
        _ => Reply::json(r#"[{"id":1},{"id":2,"roleId":7}]"#),
    })
    .await;
    let cache = cache(&server);
    assert!(cache.users_with("1").await.expect("users").get("1").is_some());
    assert_eq!(server.count(), 1);
    let users = cache.users_with("2").await.expect("users");
    assert_eq!(users.get("2").expect("the second user").role, Some(RoleId(7)));
    assert_eq!(server.count(), 2);
    assert!(cache.users_with("3").await.expect("users").get("3").is_none());
    assert_eq!(server.count(), 3);
    assert_eq!(server.received()[0].line, "GET /liana/v4/permissions/users");
}

#[tokio::test]
async fn a_user_missing_from_a_fresh_response_is_not_refreshed() {
    let server = TestServer::always(Reply::json("[]")).await;
    let cache = cache(&server);
    assert!(cache.users_with("1").await.expect("users").get("1").is_none());
    assert_eq!(server.count(), 1);
}

fn rendering_of(request: &Received) -> &str {
    request.line.rsplit('/').next().unwrap_or_default()
}

#[tokio::test]
async fn renderings_are_kept_and_dropped_one_by_one() {
    let server = TestServer::start(|_, before| {
        Reply::json(format!(
            r#"{{"team":{{"id":{before},"name":"t"}},"collections":{{"a":{{"scope":null}}}}}}"#
        ))
    })
    .await;
    let cache = cache(&server);
    let team = async |id: &str| {
        let facts = cache.rendering(id, "a", None).await.expect("facts");
        facts.team.as_ref().map(|team| team.id.to_string()).unwrap_or_default()
    };
    assert_eq!(
        (team("13").await, team("24").await, team("13").await),
        ("0".into(), "1".into(), "0".into())
    );
    cache.invalidate_rendering("13");
    cache.invalidate_rendering("never seen");
    assert_eq!((team("13").await, team("24").await), ("2".into(), "1".into()));
    cache.invalidate_renderings();
    assert_eq!((team("13").await, team("24").await), ("3".into(), "4".into()));
    let received = server.received();
    let asked: Vec<&str> = received.iter().map(rendering_of).collect();
    assert_eq!(asked, ["13", "24", "13", "13", "24"]);
    assert_eq!(
        cache.rendering("", "a", None).await.expect_err("no id").kind(),
        FailureKind::NotAsked
    );
}

#[tokio::test]
async fn a_missing_collection_is_refreshed_once() {
    let server = TestServer::start(|_, before| match before {
        0 | 1 => Reply::json(r#"{"collections":{"b":{}}}"#),
        _ => Reply::json(r#"{"collections":{"a":{"scope":{"x":1}},"b":{}}}"#),
    })
    .await;
    let cache = cache(&server);
    let facts = cache.rendering("1", "b", None).await.expect("facts");
    assert!(facts.collection("b").is_some());
    assert_eq!(server.count(), 1);
    let facts = cache.rendering("1", "b", Some("a")).await.expect("facts");
    assert!(facts.collection("a").is_none());
    assert_eq!(server.count(), 2, "it may have been added a moment ago");
    for _ in 0..20 {
        let facts = cache.rendering("1", "a", None).await.expect("facts");
        assert!(facts.collection("a").is_none());
    }
    assert_eq!(server.count(), 2, "it is known to be missing");
    let facts = cache.rendering("1", "a", Some("c")).await.expect("facts");
    assert!(facts.collections["a"].scope.is_some());
    assert_eq!(server.count(), 3, "once for both");
    cache.invalidate_rendering("1");
    for _ in 0..2 {
        assert!(cache.rendering("1", "c", None).await.is_ok());
    }
    assert_eq!(server.count(), 4, "an answer of the same request is fresh enough");
    assert!(cache.rendering("2", "c", None).await.is_ok());
    assert_eq!(server.count(), 5, "renderings are apart");
}

#[tokio::test]
async fn evt_02_a_missing_collection_is_not_refreshed_while_events_flow() {
    let server = TestServer::always(Reply::json(r#"{"collections":{}}"#)).await;
    let cache = cache(&server);
    cache.set_events_flow(true);
    for name in ["a", "b"] {
        assert!(cache.rendering("1", name, None).await.is_ok());
    }
    assert_eq!(server.count(), 1);
    cache.invalidate_rendering("1");
    assert!(cache.rendering("1", "a", None).await.is_ok());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn invalidate_all_drops_everything() {
    let server = TestServer::start(|request, _| {
        Reply::json(match rendering_of(request) {
            "environment" => "true",
            "users" => r#"[{"id":1}]"#,
            _ => r#"{"collections":{"a":{}}}"#,
        })
    })
    .await;
    let cache = cache(&server);
    for round in 1..=2 {
        for _ in 0..2 {
            cache.environment(Freshness::Cached).await.expect("facts");
            cache.users_with("1").await.expect("users");
            cache.rendering("1", "a", None).await.expect("facts");
        }
        assert_eq!(server.count(), 3 * round);
        cache.invalidate_all();
    }
    cache.users_with("1").await.expect("users");
    cache.invalidate_users();
    cache.users_with("1").await.expect("users");
    assert_eq!(server.count(), 8);
    assert!(!cache.events_flow());
}
