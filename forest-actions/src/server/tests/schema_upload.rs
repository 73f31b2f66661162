//! The publication of the schema.

use std::time::Duration;

use serde_json::json;

use super::{Reply, TestServer, client, client_with};
use crate::schema::SchemaDocument;
use crate::schema::tests::schema;
use crate::server::failure::FailureKind;
use crate::server::schema_upload::{Publication, publish};

fn document() -> SchemaDocument {
    schema(json!([{"name": "a"}])).document()
}

/// A server that requests the schema and responds to it with `reply`.
async fn taking(status: u16, body: &'static str) -> TestServer {
    TestServer::start(move |request, _| {
        if request.line.ends_with("hashcheck") {
            Reply::json(r#"{"sendSchema":true}"#)
        } else {
            Reply::Json(status, body.to_owned())
        }
    })
    .await
}

async fn kind_of(reply: Reply) -> FailureKind {
    let server = TestServer::always(reply).await;
    let client = client_with(&server.url, Duration::from_millis(300));
    match publish(&client, &document(), true).await {
        Publication::Failed(failure) => failure.kind(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sch_04_a_known_schema_is_not_sent() {
    let server = TestServer::always(Reply::json(r#"{"sendSchema":false}"#)).await;
    let document = document();
    assert_eq!(
        publish(&client(&server.url), &document, true).await,
        Publication::Unchanged
    );
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].line, "POST /forest/apimaps/hashcheck");
    assert_eq!(
        received[0].body,
        format!(r#"{{"schemaFileHash":"{}"}}"#, document.hash())
    );
    assert!(received[0].head.contains("content-type: application/json"));
}

#[tokio::test]
async fn a_new_schema_is_sent_unchanged() {
    for (status, body, job) in [
        (202, r#"{"meta":{"job_id":1}}"#, Some("1".to_owned())),
        (200, r#"{"warning":"a collection\nis odd"}"#, None),
        (200, "", None),
        (204, "", None),
    ] {
        let server = taking(status, body).await;
        let document = document();
        assert_eq!(
            publish(&client(&server.url), &document, true).await,
            Publication::Sent { job }
        );
        let received = server.received();
        assert_eq!(received[1].line, "POST /forest/apimaps");
        assert_eq!(received[1].body, document.as_str());
        assert!(received[1].head.contains("forest-secret-key"));
    }
}

#[tokio::test]
async fn sch_05_a_disabled_upload_makes_no_call() {
    let server = TestServer::always(Reply::Hang).await;
    assert_eq!(
        publish(&client(&server.url), &document(), false).await,
        Publication::Off
    );
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn sch_08_failures_are_logged_and_not_raised() {
    for (status, kind) in [
        (404, FailureKind::UnknownSecret),
        (503, FailureKind::Maintenance),
        (400, FailureKind::Status(400)),
        (500, FailureKind::Status(500)),
        (201, FailureKind::Status(201)),
    ] {
        let server = taking(status, "{}").await;
        match publish(&client(&server.url), &document(), true).await {
            Publication::Failed(failure) => assert_eq!(failure.kind(), kind),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            kind_of(Reply::Json(status, "{}".to_owned())).await,
            kind,
            "hash check: {status}"
        );
    }
    for body in ["", "{}", r#"{"sendSchema":"yes"}"#, "<html>"] {
        assert_eq!(kind_of(Reply::json(body)).await, FailureKind::Malformed, "{body}");
    }
    assert_eq!(kind_of(Reply::Raw(Vec::new())).await, FailureKind::Unreachable);
}

#[tokio::test]
async fn sch_09_a_hanging_server_times_out() {
    assert_eq!(kind_of(Reply::Hang).await, FailureKind::Timeout);
    assert_eq!(
        kind_of(Reply::Drip(Duration::from_millis(20))).await,
        FailureKind::Timeout
    );
}
