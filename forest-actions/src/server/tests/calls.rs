//! Single calls and their failures.

use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;

use super::{Reply, SECRET, TestServer, client, client_with};
use crate::server::client::{ClientOptions, ServerClient};
use crate::server::failure::{FailureKind, ServerFailure};
use crate::server::permissions;

/// The result of a call for permissions.
async fn failure(reply: Reply) -> ServerFailure {
    let server = TestServer::always(reply).await;
    let client = client_with(&server.url, Duration::from_millis(300));
    permissions::environment(&client).await.expect_err("a failure")
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

#[tokio::test]
async fn a_call_carries_the_secret_and_extends_the_servers_path() {
    let server = TestServer::always(Reply::json("true")).await;
    for base in ["", "/", "/forest/api", "/forest/api/"] {
        let client = client(&format!("{}{base}", server.url));
        assert!(permissions::environment(&client).await.expect("facts").is_development());
    }
    let received = server.received();
    let lines: Vec<&str> = received.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(lines[0], "GET /liana/v4/permissions/environment");
    assert_eq!(lines[1], lines[0]);
    assert_eq!(lines[2], "GET /forest/api/liana/v4/permissions/environment");
    assert_eq!(lines[3], lines[2]);
    for request in &received {
        assert!(request.head.contains(&format!("forest-secret-key: {SECRET}\r\n")));
        assert!(request.head.contains("user-agent: forest-actions/"));
    }
}

#[tokio::test]
async fn per_02_each_status_is_a_failure_of_its_kind() {
    let body = r#"{"errors":[{"status":0,"name":"NotFoundError","detail":"environment not found"}]}"#;
    for (status, kind) in [
        (404, FailureKind::UnknownSecret),
        (503, FailureKind::Maintenance),
        (502, FailureKind::Unreachable),
        (500, FailureKind::Status(500)),
        (403, FailureKind::Status(403)),
        (204, FailureKind::Status(204)),
    ] {
        let failure = failure(Reply::Json(
            status,
            if status == 204 { String::new() } else { body.to_owned() },
        ))
        .await;
        assert_eq!(failure.kind(), kind, "{status}");
        if status != 204 {
            assert!(failure.cause().contains("environment not found"), "{failure}");
        }
    }
}

#[tokio::test]
async fn per_02_invalid_responses_are_failures() {
    let half = r#"HTTP/1.1 200 OK
content-length: 500

{"collections":{"#
        .replace('\n', "\r\n");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"col";
    let open_end = "HTTP/1.1 200 OK\r\n\r\n{\"collections\":{";
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{";
    for (reply, kind) in [
        (Reply::json("<html>Welcome to the hotel</html>"), FailureKind::Malformed),
        (Reply::json(""), FailureKind::Malformed),
        (Reply::json("{}"), FailureKind::Malformed),
        (Reply::json("{\"collections\":{}} trailing"), FailureKind::Malformed),
        (raw(&half), FailureKind::Unreachable),
        (raw(chunked), FailureKind::Unreachable),
        (raw(open_end), FailureKind::Malformed),
        (raw("220 mail.example ESMTP\r\n"), FailureKind::Unreachable),
        (raw(""), FailureKind::Unreachable),
        (raw(huge), FailureKind::TooLarge),
        (Reply::Hang, FailureKind::Timeout),
        (Reply::Drip(Duration::from_millis(20)), FailureKind::Timeout),
    ] {
        let failure = failure(reply).await;
        assert_eq!(failure.kind(), kind, "{failure}");
        let text = format!("{failure:?} {failure}");
        assert!(!text.contains(SECRET) && !text.contains("hotel"), "{text}");
    }
}

#[tokio::test]
async fn an_endless_response_is_cut_at_its_limit() {
    let server = TestServer::always(Reply::Endless).await;
    let failure = permissions::environment(&client(&server.url))
        .await
        .expect_err("a failure");
    assert_eq!(failure.kind(), FailureKind::TooLarge);
    assert!(failure.cause().contains("33554432 bytes"), "{failure}");
}

#[tokio::test]
async fn per_02_a_refused_connection_is_unreachable() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        listener.local_addr().expect("address").port()
    };
    let client = client(&format!("http://127.0.0.1:{port}"));
    let failure = permissions::users(&client).await.expect_err("a failure");
    assert_eq!(failure.kind(), FailureKind::Unreachable);
    assert!(
        failure.cause().contains("refused") && !failure.cause().contains("http"),
        "{failure}"
    );
    assert_eq!(
        failure.message(),
        "Failed to reach Forest Admin server. Are you online?"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_secret() {
    let elsewhere = TestServer::always(Reply::json("true")).await;
    let location = format!("{}/liana/v4/permissions/environment", elsewhere.url);
    for status in [301, 302, 303, 307, 308] {
        let reply = format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let failure = failure(raw(&reply)).await;
        assert_eq!(failure.kind(), FailureKind::Status(status));
        assert!(failure.kind().hint().contains("FOREST_URL"));
    }
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn a_server_without_tls_behind_an_https_address_is_a_tls_failure() {
    // a TLS greeting is not a complete HTTP head
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let port = listener.local_addr().expect("address").port();
    std::thread::spawn(move || {
        use std::io::Write as _;
        if let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    match ServerClient::new(&ClientOptions {
        base_url: format!("https://127.0.0.1:{port}"),
        env_secret: SecretString::from(SECRET),
        request_timeout: Duration::from_secs(20),
        schema_timeout: Duration::from_secs(20),
        runtime: crate::server::Runtime::current().unwrap(),
    }) {
        Ok(client) => {
            let failure = permissions::users(&client).await.expect_err("a failure");
            assert_eq!(failure.kind(), FailureKind::Tls, "{failure}");
            assert!(failure.message().contains("system time"));
        }
        // as on a machine without CA certificates
        Err(error) => assert!(error.to_string().contains("ca-certificates"), "{error}"),
    }
}

#[test]
fn invalid_server_addresses_are_refused_at_start() {
    let new = |url: &str| {
        ServerClient::new(&ClientOptions {
            base_url: url.to_owned(),
            env_secret: SecretString::from(SECRET),
            request_timeout: Duration::from_secs(1),
            schema_timeout: Duration::from_secs(1),
            runtime: crate::server::Runtime::current().unwrap(),
        })
    };
    for url in [
        "api.example.com",
        "ftp://api.example.com",
        "http://user:hunter2@localhost",
        "http://user@localhost",
        "http://localhost?x=1",
        "http://localhost#x",
        "",
    ] {
        let text = new(url).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            text.contains("FOREST_URL") && !text.contains("hunter2"),
            "{url}: {text}"
        );
    }
    let client = new("http://localhost:1/a/").expect("client");
    assert_eq!(
        client.url(&["b c", "../d?e#f%2f"]).as_str(),
        "http://localhost:1/a/b%20c/..%2Fd%3Fe%23f%252f"
    );
    assert!(!format!("{client:?}").contains(SECRET));
}

#[tokio::test]
async fn an_exchange_returns_every_status_and_sends_no_secret() {
    let server = TestServer::always(Reply::Json(400, r#"{"error":"invalid_grant"}"#.to_owned())).await;
    let client = client(&server.url);
    let request = client
        .request(Method::POST, client.url(&["oidc", "token"]))
        .body("a=b")
        .build()
        .expect("request");
    let answer = client.exchange("token", request, 1_000).await.expect("answer");
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (400, br#"{"error":"invalid_grant"}"#.as_slice())
    );
    assert!(answer.headers.contains_key("content-type"));
    let received = server.received().remove(0);
    assert_eq!(
        (received.line.as_str(), received.body.as_str()),
        ("POST /oidc/token", "a=b")
    );
    assert!(!received.head.contains(SECRET));
    let (name, value) = client.secret_header();
    assert!(name == "forest-secret-key" && value.is_sensitive() && value == SECRET);

    let request = client.request(Method::GET, client.url(&[])).build().expect("request");
    let failure = client.exchange("token", request, 5).await.expect_err("too large");
    assert_eq!(failure.kind(), FailureKind::TooLarge);
}

#[tokio::test]
async fn a_rendering_id_cannot_change_the_path() {
    for id in ["", "..", "1/2", "1?x", "é", &"1".repeat(41), "1 "] {
        assert_eq!(
            permissions::check_rendering_id(id).expect_err(id).kind(),
            FailureKind::NotAsked
        );
    }
    assert!(permissions::check_rendering_id("42").is_ok());
}

#[tokio::test]
async fn large_permissions_are_read() {
    let roles: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let actions: Vec<String> = (0..1_000)
        .map(|index| {
            format!(
                r#""action {index}":{{"triggerEnabled":{{"roles":[{}]}}}}"#,
                roles.join(",")
            )
        })
        .collect();
    let text = format!(r#"{{"collections":{{"a":{{"actions":{{{}}}}}}}}}"#, actions.join(","));
    let server = TestServer::always(Reply::json(text)).await;
    let facts = permissions::environment(&client(&server.url)).await.expect("facts");
    assert!(facts.action("a", "action 999").is_some());
}
