//! The stream of events over HTTP; `events::tests` covers its behaviour over time.

use std::sync::Arc;
use std::time::Duration;

use super::{Reply, TestServer, client};
use crate::server::cached::Freshness;
use crate::server::events::subscribe;
use crate::server::failure::FailureKind;
use crate::server::permission_cache::PermissionCache;

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n";

fn open(events: &str) -> Reply {
    Reply::Open(format!("{STREAM}{events}").into_bytes())
}

async fn until(what: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !what() {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok());
}

#[tokio::test]
async fn evt_04_one_subscription_serves_the_cache_of_all_workers() {
    let server = TestServer::start(|request, _| {
        if request.line.ends_with("subscribe-to-events") {
            open("event: heartbeat\ndata: {}\n\n")
        } else {
            Reply::json("true")
        }
    })
    .await;
    let client = client(&server.url);
    let cache = Arc::new(PermissionCache::new(Arc::clone(&client), Duration::from_secs(900)));
    cache.environment(Freshness::Cached).await.expect("facts");
    let subscription = subscribe(client, Arc::clone(&cache));
    until(|| cache.events_flow()).await;
    // the connection has dropped the earlier value
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move {
                cache
                    .environment(Freshness::Cached)
                    .await
                    .expect("facts")
                    .is_development()
            })
        })
        .collect();
    for worker in workers {
        assert!(worker.await.expect("task"));
    }
    let lines: Vec<String> = server.received().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /liana/v4/permissions/environment",
            "GET /liana/v4/subscribe-to-events",
            "GET /liana/v4/permissions/environment"
        ]
    );
    let head = &server.received()[1].head;
    for header in [
        "accept: text/event-stream",
        "cache-control: no-cache",
        "forest-secret-key: ",
    ] {
        assert!(head.contains(header), "{header}");
    }
    assert!(!subscription.has_ended());
}

#[tokio::test]
async fn evt_03_an_unknown_secret_ends_the_subscription() {
    let server = TestServer::always(Reply::Json(404, "{}".to_owned())).await;
    let client = client(&server.url);
    let cache = Arc::new(PermissionCache::new(Arc::clone(&client), Duration::from_secs(900)));
    let subscription = subscribe(client, cache);
    until(|| subscription.has_ended()).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_response_other_than_an_event_stream_is_a_failure() {
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>";
    for (reply, kind) in [
        (Reply::Open(html.as_bytes().to_vec()), FailureKind::Malformed),
        (Reply::Json(204, String::new()), FailureKind::Status(204)),
        (Reply::Json(503, String::new()), FailureKind::Maintenance),
        (Reply::Json(302, String::new()), FailureKind::Status(302)),
        (Reply::Raw(Vec::new()), FailureKind::Unreachable),
    ] {
        let server = TestServer::always(reply).await;
        let failure = client(&server.url)
            .open_events(Some("e-7"))
            .await
            .expect_err("a failure");
        assert_eq!(failure.kind(), kind);
        assert!(server.received()[0].head.contains("last-event-id: e-7\r\n"));
    }
    let server = TestServer::always(open("")).await;
    // an id that is not a valid header is left out
    assert!(client(&server.url).open_events(Some("a\nb")).await.is_ok());
    assert!(!server.received()[0].head.contains("last-event-id"));
}
