//! The event stream.

use serde_json::json;

use super::super::{FakeForest, FakeUser, ForestEvent};
use super::client::{Connection, agent};

fn subscribe(fake: &FakeForest) -> Connection {
    let secret = fake.env_secret();
    let headers = [("forest-secret-key", secret.as_str()), ("accept", "text/event-stream")];
    Connection::send(fake, "GET", "/liana/v4/subscribe-to-events", &headers, "")
}

#[actix_web::test]
async fn subscriber_gets_a_heartbeat_then_pushed_events() {
    let fake = FakeForest::start().await.unwrap();
    let mut stream = subscribe(&fake);
    let first = stream.read_until("event: heartbeat\ndata: {}\n\n");
    assert!(first.contains("content-type: text/event-stream"), "{first}");
    assert_eq!(fake.subscribers(), 1);
    for (event, text) in [
        (ForestEvent::RefreshUsers, "event: refresh-users\ndata: {}\n\n"),
        (ForestEvent::RefreshRoles, "event: refresh-roles\ndata: {}\n\n"),
        (
            ForestEvent::RefreshRenderings(vec![13, 24]),
            "event: refresh-renderings\ndata: {\"renderingIds\":[\"13\",\"24\"]}\n\n",
        ),
        (
            ForestEvent::Raw(":comment\nretry: 10\n\n".to_owned()),
            ":comment\nretry: 10\n\n",
        ),
    ] {
        assert_eq!(fake.push(&event), 1);
        stream.read_until(text);
    }
}

#[actix_web::test]
async fn streams_are_cut_ended_and_silenced() {
    let fake = FakeForest::start().await.unwrap();
    for (is_cut, is_complete) in [(true, false), (false, true)] {
        let stream = subscribe(&fake);
        fake.wait_for_subscribers(1).await.unwrap();
        assert_eq!(if is_cut { fake.cut_events() } else { fake.end_events() }, 1);
        let reply = stream.finish().unwrap();
        assert_eq!((reply.status, reply.is_complete), (200, is_complete));
        assert!(reply.text().starts_with("event: heartbeat"));
        assert_eq!(fake.subscribers(), 0);
    }

    fake.silence_events(true);
    let stream = subscribe(&fake);
    fake.wait_for_subscribers(1).await.unwrap();
    assert_eq!(fake.push(&ForestEvent::Heartbeat), 0);
    fake.end_events();
    assert_eq!(stream.finish().unwrap().text(), "");
}

#[actix_web::test]
async fn closed_connection_is_no_longer_counted() {
    let fake = FakeForest::start().await.unwrap();
    let mut stream = subscribe(&fake);
    stream.read_until("heartbeat");
    drop(stream);
    fake.wait_for_subscribers(0).await.unwrap();
}

#[actix_web::test]
async fn changes_send_events_when_switched_on() {
    let fake = FakeForest::start().await.unwrap();
    let mut stream = subscribe(&fake);
    stream.read_until("heartbeat");
    fake.grant("Support", "customers", "Charge");
    fake.push(&ForestEvent::Raw(":only this\n".to_owned()));
    assert!(!stream.read_until(":only this").contains("refresh"));

    fake.grant("Support", "customers", "Refund").push();
    stream.read_until("event: refresh-roles");
    fake.push_events(true);
    fake.deny("Support", "customers", "Charge");
    stream.read_until("event: refresh-roles");
    fake.add_user(FakeUser::new(9, "new@example.com"));
    stream.read_until("event: refresh-users");
    fake.rendering(42).scope("orders", json!({}));
    stream.read_until("\"42\"");
    let schema = json!({"data": [], "meta": {"liana": "l", "liana_version": "1"}}).to_string();
    agent(&fake, "POST", "/forest/apimaps", &schema);
    stream.read_until("event: refresh-roles");
}
