use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::super::probe::{OwnAddress, UI, ahead_by, probe_environment, probe_own_address, probe_schema};
use super::{Reply, SECRET, TestServer, client, client_with};
use crate::server::FailureKind;

fn dated(status: u16, date: DateTime<Utc>, body: &str) -> Reply {
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
    let length = body.len();
    Reply::Raw(
        format!("HTTP/1.1 {status} X\r\ndate: {date}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

#[test]
fn aut_06_a_date_header_stands_for_its_whole_second() {
    let at = |milliseconds: i64| DateTime::from_timestamp_millis(1_000_000_000_000 + milliseconds).unwrap();
    for (date, asked, answered, seconds) in [
        // within the call, or in the second of its start
        (0, 0, 100, 0),
        (0, 900, 950, 0),
        (1_000, 900, 1_100, 0),
        (5_000, 0, 9_000, 0),
        (60_000, 0, 1_000, 59),
        (0, 60_000, 61_000, -59),
    ] {
        let ahead = ahead_by(at(date), at(asked), at(answered));
        assert_eq!(ahead, TimeDelta::seconds(seconds), "{date} {asked} {answered}");
    }
}

#[tokio::test]
async fn aut_06_the_servers_clock_is_read_from_any_response() {
    for (status, body) in [(200, "true"), (404, ""), (503, "maintenance")] {
        for minutes in [-90, 0, 90] {
            let reply = dated(status, Utc::now() + TimeDelta::minutes(minutes), body);
            let server = TestServer::always(reply).await;
            let probe = probe_environment(&client(&server.url)).await;
            let ahead = probe.clock.unwrap() - TimeDelta::minutes(minutes);
            assert!(ahead.abs() < TimeDelta::seconds(30), "{minutes}: {ahead}");
            assert_eq!(probe.outcome.is_ok(), status == 200);
        }
    }
}

#[tokio::test]
async fn a_missing_or_malformed_date_is_ignored() {
    for head in ["", "date: yesterday\r\n", "date: \u{1}\r\n"] {
        let reply = format!("HTTP/1.1 200 X\r\n{head}content-length: 4\r\nconnection: close\r\n\r\ntrue");
        let server = TestServer::always(Reply::Raw(reply.into_bytes())).await;
        assert_eq!(probe_environment(&client(&server.url)).await.clock, None, "{head}");
    }
}

#[tokio::test]
async fn sch_09_a_probe_is_limited_in_time_and_size() {
    for (reply, kind) in [
        (Reply::Hang, FailureKind::Timeout),
        (Reply::Endless, FailureKind::TooLarge),
        (Reply::json("garbage"), FailureKind::Malformed),
        (Reply::Json(404, String::new()), FailureKind::UnknownSecret),
    ] {
        let timeout = if matches!(reply, Reply::Hang) { 50 } else { 20_000 };
        let server = TestServer::always(reply).await;
        let client = client_with(&server.url, Duration::from_millis(timeout));
        let failure = probe_environment(&client).await.outcome.unwrap_err();
        assert_eq!(failure.kind(), kind);
    }
}

#[tokio::test]
async fn sch_04_a_schema_probe_sends_the_hash_only() {
    let server = TestServer::always(Reply::json(r#"{"sendSchema":false}"#)).await;
    assert!(probe_schema(&client(&server.url), "abc").await.unwrap());
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].line, "POST /forest/apimaps/hashcheck");
    assert_eq!(received[0].body, r#"{"schemaFileHash":"abc"}"#);
    for body in ["{}", "", "[]"] {
        let server = TestServer::always(Reply::json(body)).await;
        assert!(probe_schema(&client(&server.url), "abc").await.is_err(), "{body}");
    }
}

fn mount(server: &TestServer) -> Url {
    Url::parse(&format!("{}/forest", server.url)).unwrap()
}

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn net_01_the_own_address_is_probed_like_a_browser_without_the_secret() {
    let server = TestServer::start(|request, _| match request.line.split(' ').next() {
        Some("GET") => Reply::json(r#"{"error":null,"message":"Agent is running"}"#),
        _ => Reply::Raw(
            format!(
                "HTTP/1.1 204 X\r\naccess-control-allow-origin: {UI}\r\naccess-control-allow-origin: *\r\n\
                 access-control-allow-methods: GET, POST\r\naccess-control-allow-headers: Authorization\r\n\
                 access-control-allow-credentials: true\r\nconnection: close\r\n\r\n"
            )
            .into_bytes(),
        ),
    })
    .await;
    let (own, preflight) = probe_own_address(&mount(&server), PATIENCE).await;
    assert_eq!(own, OwnAddress::Agent);
    let preflight = preflight.unwrap();
    assert_eq!((preflight.status, preflight.credentials), (204, true));
    assert_eq!(preflight.origins, [UI, "*"]);
    assert_eq!(preflight.methods, ["get", "post"]);
    assert_eq!(preflight.headers, ["authorization"]);
    let received = server.received();
    let asked: Vec<&str> = received.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(asked, ["GET /forest", "OPTIONS /forest/authentication"]);
    assert!(received[1].head.contains("access-control-request-method: post"));
    assert!(received.iter().all(|request| !request.head.contains(SECRET)));
}

#[tokio::test]
async fn another_server_is_reported_by_its_status_and_gets_no_pre_flight() {
    let redirect = b"HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (reply, status) in [
        (Reply::json("{}"), 200),
        (Reply::json("<html>"), 200),
        (Reply::json(format!("{{\"message\":\"{}\"}}", "x".repeat(10_000))), 200),
        (Reply::Endless, 200),
        (Reply::Json(404, String::new()), 404),
        (Reply::Raw(redirect.to_vec()), 302),
    ] {
        let server = TestServer::always(reply).await;
        let found = probe_own_address(&mount(&server), PATIENCE).await;
        assert_eq!(found, (OwnAddress::Other(status), None));
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn an_unreachable_own_address_is_reported() {
    let server = TestServer::always(Reply::Hang).await;
    let hung = probe_own_address(&mount(&server), Duration::from_millis(50)).await;
    assert!(matches!(hung, (OwnAddress::Nothing(_), None)), "{hung:?}");
    let closed = mount(&server);
    drop(server);
    let refused = probe_own_address(&closed, PATIENCE).await;
    assert!(matches!(refused, (OwnAddress::Nothing(_), None)), "{refused:?}");
}
