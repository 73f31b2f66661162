//! Files as answers: the name reaches the browser, the bytes are untouched, and a stream is never held in memory.

use std::io;
use std::rc::Rc;

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Call, Log, Socket, listen};

/// Every byte there is, twice.
fn every_byte() -> Vec<u8> {
    (0..=255).chain(0..=255).collect()
}

#[smart_action(collection = "files", name = "Named", kind = "global")]
async fn named(values: Values) -> Result<Download, forest_actions::ActionError> {
    Ok(Download::new(values.required::<String>("name")?, every_byte()))
}

#[smart_action(collection = "files", name = "Encoded", kind = "global")]
async fn encoded() -> Download {
    Download::new("a.csv", every_byte())
        .header("content-encoding", "gzip")
        .header("cache-control", "max-age=60")
        .header("last-modified", "Thu, 29 Feb 2024 10:00:00 GMT")
        .header("not a header", "x")
        .media_type("text/csv; charset=utf-8")
        .media_type("not\na type")
}

#[smart_action(collection = "files", name = "Stream", kind = "global")]
async fn streamed(values: Values) -> ActionResult<Download> {
    let chunks: usize = values.required("chunks")?;
    let chunks = stream::iter((0..chunks).map(|index| Ok::<_, io::Error>(Bytes::from(format!("line {index}\n")))));
    Ok(Download::stream("lines.csv", chunks))
}

#[smart_action(collection = "files", name = "Breaks off", kind = "global")]
async fn breaks_off() -> Download {
    let chunks = [
        Ok(Bytes::from_static(b"first")),
        Err(io::Error::other("the disk went away")),
    ];
    Download::stream("half.csv", stream::iter(chunks))
}

#[smart_action(collection = "files", name = "Large", kind = "global")]
async fn large() -> Download {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    Download::stream("large.bin", stream::repeat(chunk).take(800).map(Ok::<_, io::Error>))
}

#[smart_action(collection = "files", name = "From disk", kind = "global")]
async fn from_disk(values: Values) -> ActionResult<Download> {
    Ok(Download::path(values.required::<String>("path")?).await?)
}

#[smart_action(collection = "files", name = "Under another name", kind = "global")]
async fn under_another_name(values: Values) -> ActionResult<Download> {
    Ok(Download::path(values.required::<String>("path")?)
        .await?
        .named("report.pdf"))
}

#[smart_action(collection = "files", name = "File and text", kind = "global", download = true)]
async fn file_and_text() -> ActionResult {
    Ok(ActionResponse::from(Download::new("a.txt", "a")).html("<p>and this</p>"))
}

#[smart_action(collection = "files", name = "Sometimes a file", kind = "global", download = true)]
async fn sometimes_a_file() -> ActionResult {
    Err(failure("There is no invoice yet"))
}

fn all() -> [&'static forest_actions::ActionDescriptor; 9] {
    actions![
        named,
        encoded,
        streamed,
        breaks_off,
        large,
        from_disk,
        under_another_name,
        file_and_text,
        sometimes_a_file
    ]
}

async fn answer(endpoint: &str, values: Value) -> Answer {
    let agent = Agent::local(all()).await;
    let app = agent.serve().await;
    Call::post(format!("/forest/actions/{endpoint}"))
        .values(values)
        .send(&app)
        .await
}

#[actix_web::test]
async fn res_01_the_file_name_is_sent() {
    for (name, disposition) in [
        ("invoice-2342.pdf", r#"attachment; filename="invoice-2342.pdf""#),
        ("my file (1).pdf", r#"attachment; filename="my file (1).pdf""#),
        (
            "reçu.pdf",
            r#"attachment; filename="re_u.pdf"; filename*=UTF-8''re%C3%A7u.pdf"#,
        ),
        (
            "日本.csv",
            r#"attachment; filename="__.csv"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.csv"#,
        ),
        (
            "a\"b.pdf",
            r#"attachment; filename="a\"b.pdf"; filename*=UTF-8''a%22b.pdf"#,
        ),
        (
            "50%.pdf",
            r#"attachment; filename="50%.pdf"; filename*=UTF-8''50%25.pdf"#,
        ),
        ("../../etc/passwd", r#"attachment; filename=".._.._etc_passwd""#),
        ("a\r\nset-cookie: x=1", r#"attachment; filename="a__set-cookie: x=1""#),
        ("", r#"attachment; filename="download""#),
    ] {
        let answer = answer("named", json!({"name": name})).await;
        assert_eq!(
            (answer.status(), answer.header("content-disposition")),
            (200, Some(disposition)),
            "{name:?}"
        );
        assert_eq!(
            answer.header("access-control-expose-headers"),
            Some("Content-Disposition, X-Forest-Correlation-Id")
        );
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[actix_web::test]
async fn res_01_the_media_type_follows_from_the_name() {
    for (name, media_type) in [
        ("a.pdf", "application/pdf"),
        ("a.CSV", "text/csv"),
        ("a.html", "text/html"),
        ("a", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
    ] {
        let answer = answer("named", json!({"name": name})).await;
        assert_eq!(answer.header("content-type"), Some(media_type));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
    }
}

#[actix_web::test]
async fn res_02_bytes_and_content_encoding_are_unchanged() {
    let plain = answer("named", json!({"name": "a.bin"})).await;
    assert_eq!(
        (plain.bytes(), plain.header("content-encoding")),
        (every_byte().as_slice(), None)
    );
    let log = Log::capture();
    let encoded = answer("encoded", json!({})).await;
    assert_eq!(
        (encoded.bytes(), encoded.header("content-encoding")),
        (every_byte().as_slice(), Some("gzip"))
    );
    assert_eq!(encoded.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(encoded.header("cache-control"), Some("max-age=60"));
    assert_eq!(encoded.header("last-modified"), Some("Thu, 29 Feb 2024 10:00:00 GMT"));
    assert_eq!(log.about("invalid header").len(), 1);
}

#[actix_web::test]
async fn a_stream_is_sent_chunk_by_chunk() {
    let answer = answer("stream", json!({"chunks": 1000})).await;
    assert_eq!(answer.text().lines().count(), 1000);
    assert!(answer.text().ends_with("line 999\n"));
    assert_eq!(answer.header("content-length"), None);
    let empty = self::answer("stream", json!({"chunks": 0})).await;
    assert_eq!((empty.status(), empty.bytes()), (200, b"".as_slice()));
}

#[actix_web::test]
async fn a_failing_stream_is_a_client_error_and_is_logged() {
    let log = Log::capture();
    let answer = answer("breaks-off", json!({})).await;
    assert_eq!(answer.status(), 200, "the status had been sent");
    assert!(!answer.break_off().is_empty());
    let lines = log.about("broke off");
    assert!(
        lines.len() == 1 && lines[0].get("error").contains("the disk went away"),
        "{lines:?}"
    );
    assert_eq!(lines[0].get("file"), "half.csv");
}

#[actix_web::test]
async fn a_failing_stream_is_truncated_on_the_wire() {
    let agent = Agent::local(all()).await;
    let server = listen(&agent, "127.0.0.1");
    let mut socket = Socket::connect(server.address).await;
    let body = r#"{"data":{"attributes":{}}}"#;
    let length = format!("content-length: {}", body.len());
    socket
        .send("/forest/actions/breaks-off", &[&length], body.as_bytes())
        .await;
    let answer = socket.read_to_end().await;
    assert!(
        !answer.contains("content-length") && !answer.ends_with("0\r\n\r\n"),
        "a whole file: {answer}"
    );
}

#[actix_web::test]
async fn a_large_stream_is_complete_over_a_real_socket() {
    let agent = Rc::new(Agent::local(all()).await);
    let server = listen(&agent, "127.0.0.1");
    let mut socket = Socket::connect(server.address).await;
    let body = r#"{"data":{"attributes":{}}}"#;
    let length = format!("content-length: {}", body.len());
    socket
        .send(
            "/forest/actions/large",
            &[&length, "connection: close"],
            body.as_bytes(),
        )
        .await;
    let answer = socket.read_to_end().await;
    assert!(answer.contains("content-disposition: attachment; filename=\"large.bin\"\r\n"));
    assert_eq!(answer.bytes().filter(|byte| *byte == b'x').count() / (64 * 1024), 800);
    assert!(answer.ends_with("0\r\n\r\n"));
}

#[actix_web::test]
async fn a_file_on_disk_is_sent_with_its_length_and_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("reçu.pdf");
    let content = vec![7_u8; 200_000];
    std::fs::write(&path, &content).unwrap();
    let sent = answer("from-disk", json!({ "path": path })).await;
    assert_eq!((sent.status(), sent.bytes() == content), (200, true));
    assert_eq!(sent.header("content-type"), Some("application/pdf"));
    assert!(
        sent.header("content-disposition")
            .unwrap()
            .ends_with("filename*=UTF-8''re%C3%A7u.pdf")
    );
    let renamed = answer("under-another-name", json!({ "path": path })).await;
    assert_eq!(
        renamed.header("content-disposition"),
        Some(r#"attachment; filename="report.pdf""#)
    );
}

#[actix_web::test]
async fn a_missing_file_is_a_neutral_500() {
    let directory = tempfile::tempdir().unwrap();
    for path in [directory.path().join("secret-name.pdf"), directory.path().to_owned()] {
        let log = Log::capture();
        let answer = answer("from-disk", json!({ "path": path })).await;
        assert!(answer.detail(500).starts_with("Unexpected error"));
        assert!(!answer.text().contains("secret-name") && answer.header("content-disposition").is_none());
        assert!(!log.end().get("error").is_empty());
    }
}

#[actix_web::test]
async fn a_file_response_has_no_other_members() {
    let log = Log::capture();
    answer("file-and-text", json!({})).await.detail(500);
    assert!(log.end().get("error").contains("a file answer cannot carry"));
}

#[actix_web::test]
async fn a_failed_download_is_an_ordinary_error() {
    let answer = answer("sometimes-a-file", json!({})).await;
    assert_eq!(
        (answer.status(), answer.json()),
        (400, json!({"error": "There is no invoice yet"}))
    );
    assert_eq!(answer.header("content-disposition"), None);
}

#[actix_web::test]
async fn a_handler_that_returns_a_file_is_declared_as_a_download() {
    let agent = Agent::local(all()).await;
    let schema = agent.forest.schema();
    for (name, download) in [
        ("Named", true),
        ("Stream", true),
        ("From disk", true),
        ("File and text", true),
    ] {
        assert_eq!(
            schema.find_action("files", name).unwrap().is_download(),
            download,
            "{name}"
        );
    }
    let [plain] = actions![super::answers::text];
    assert!(!plain.download);
}
