//! The IP gate over HTTP.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;

use super::{Reply, TestServer, client};
use crate::server::failure::FailureKind;
use crate::server::ip_rules::{IpGate, IpVerdict};

fn rules(enabled: bool, ip: &str) -> Reply {
    Reply::json(format!(
        r#"{{"data":{{"attributes":{{"use_ip_whitelist":{enabled},"rules":[{{"type":0,"ip":"{ip}"}},{{"type":7}}]}}}}}}"#
    ))
}

fn gate(server: &TestServer) -> Arc<IpGate> {
    Arc::new(IpGate::new(client(&server.url)))
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().expect(text))
}

#[tokio::test]
async fn net_07_a_refused_address_triggers_one_refresh() {
    let server = TestServer::start(|_, before| rules(true, if before == 0 { "192.0.2.1" } else { "192.0.2.2" })).await;
    let gate = gate(&server);
    gate.refresh().await;
    assert_eq!(server.received()[0].line, "GET /liana/v1/ip-whitelist-rules");
    assert_eq!(gate.check(ip("192.0.2.1")).await, IpVerdict::Allowed);
    assert_eq!(gate.check(ip("::ffff:192.0.2.1")).await, IpVerdict::Allowed);
    assert_eq!(server.count(), 1);
    // the refresh adds this address and removes the other
    assert_eq!(gate.check(ip("192.0.2.2")).await, IpVerdict::Allowed);
    assert_eq!(server.count(), 2);
    assert_eq!(gate.check(ip("192.0.2.1")).await, IpVerdict::Refused);
    assert_eq!(gate.check(None).await, IpVerdict::Refused);
}

#[tokio::test]
async fn net_07_refused_clients_cannot_flood_the_server() {
    let held = Arc::new(Semaphore::new(0));
    let hold = Arc::clone(&held);
    let server = TestServer::start(move |_, before| match before {
        0 => rules(true, "192.0.2.1"),
        _ => Reply::Gated(Arc::clone(&hold), Box::new(rules(true, "192.0.2.1"))),
    })
    .await;
    let gate = gate(&server);
    let started = Instant::now();
    gate.refresh().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.check(ip("198.51.100.1")).await })
        })
        .collect();
    server.wait_for(2).await;
    held.add_permits(100);
    for task in tasks {
        assert_eq!(task.await.expect("task"), IpVerdict::Refused);
    }
    assert_eq!(server.count(), 2);
    // sequential checks are limited to ten at once, then one per second
    for _ in 0..10 {
        assert_eq!(gate.check(ip("198.51.100.1")).await, IpVerdict::Refused);
    }
    assert_eq!(server.count(), 12);
    assert!(started.elapsed().as_secs() >= 1, "{:?}", started.elapsed());
    assert_eq!(gate.check(ip("192.0.2.1")).await, IpVerdict::Allowed);
}

#[tokio::test]
async fn net_07_a_failed_refresh_keeps_the_rules() {
    let server = TestServer::start(|_, before| match before {
        0 => rules(true, "192.0.2.1"),
        1 => Reply::Json(500, String::new()),
        _ => Reply::json("garbage"),
    })
    .await;
    let gate = gate(&server);
    gate.refresh().await;
    for _ in 0..2 {
        assert_eq!(gate.check(ip("198.51.100.1")).await, IpVerdict::Refused);
        assert_eq!(gate.check(ip("192.0.2.1")).await, IpVerdict::Allowed);
    }
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn without_retrieved_rules_every_address_is_refused() {
    let server = TestServer::start(|_, before| match before {
        0 | 1 => Reply::Json(404, String::new()),
        _ => rules(false, "192.0.2.1"),
    })
    .await;
    let gate = gate(&server);
    gate.refresh().await;
    match gate.check(ip("192.0.2.1")).await {
        IpVerdict::NotRetrieved(failure) => assert_eq!(failure.kind(), FailureKind::UnknownSecret),
        other => panic!("{other:?}"),
    }
    assert_eq!(gate.check(ip("198.51.100.1")).await, IpVerdict::Allowed);
    assert_eq!(gate.check(None).await, IpVerdict::Allowed);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn old_rules_are_refreshed_in_the_background() {
    let server = TestServer::start(|_, before| rules(true, if before == 0 { "192.0.2.1" } else { "192.0.2.2" })).await;
    let gate = gate(&server);
    gate.refresh().await;
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(901)).await;
    tokio::time::resume();
    assert_eq!(gate.check(ip("192.0.2.1")).await, IpVerdict::Allowed);
    server.wait_for(2).await;
    // the removal takes effect without a refused request
    while gate.check(ip("192.0.2.1")).await == IpVerdict::Allowed {
        tokio::task::yield_now().await;
    }
}
