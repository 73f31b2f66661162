//! Requests that look harmless and were not: each of these once came through, or was wrongly turned away.

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::stream;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::support::{Agent, Call, MARK_AS_LIVE, Socket, claims, companies, listen, mint, token};

#[smart_action(collection = "hardening", name = "By uuid")]
async fn by_uuid(ids: RecordIds<Uuid>) -> String {
    ids.len().to_string()
}

#[smart_action(collection = "hardening", name = "By parts")]
async fn by_parts(ids: RecordIds<(String, String)>) -> String {
    ids.len().to_string()
}

#[smart_action(collection = "hardening", name = "Streamed", kind = "global")]
async fn streamed() -> Download {
    let chunks = [Bytes::from("first "), Bytes::from("second")];
    Download::stream("two.txt", stream::iter(chunks.map(Ok::<_, std::io::Error>)))
}

#[smart_action(collection = "hardening", name = "Exposes", kind = "global")]
async fn exposes() -> ActionResponse {
    success("")
        .header("x-total", "3")
        .header("access-control-expose-headers", "X-Total")
}

#[actix_web::test]
async fn one_record_id_in_two_spellings_selects_one_record() {
    let agent = Agent::local(actions![by_uuid, by_parts]).await;
    let app = agent.serve().await;
    let ids = [
        "C0000000-0000-4000-8000-000000000001",
        "c0000000-0000-4000-8000-000000000001",
    ];
    let answer = Call::post("/forest/actions/by-uuid").ids(ids).send(&app).await;
    assert_eq!(answer.success(), "1");
    let ids = [json!("a|b"), json!(["a", "b"])];
    let answer = Call::post("/forest/actions/by-parts").ids(ids).send(&app).await;
    assert_eq!(answer.success(), "1");
    for id in [json!(["a\u{0}", "b"]), json!("[\"a\\u0000\",\"b\"]")] {
        let answer = Call::post("/forest/actions/by-parts")
            .ids([id.clone()])
            .send(&app)
            .await;
        assert_eq!(answer.status(), 400, "{id}");
    }
}

#[actix_web::test]
async fn res_02_a_client_of_http_1_0_gets_a_stream_without_chunk_sizes() {
    let agent = Agent::local(actions![streamed]).await;
    let server = listen(&agent, "127.0.0.1");
    let mut socket = Socket::connect(server.address).await;
    let body = r#"{"data":{"attributes":{}}}"#;
    let request = format!(
        "POST /forest/actions/streamed HTTP/1.0\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        token(),
        body.len()
    );
    socket.0.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.0.read_to_string(&mut answer).await.unwrap();
    let (head, content) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("chunked"), "{head}");
    assert_eq!(content, "first second");
}

#[actix_web::test]
async fn res_04_headers_exposed_by_a_handler_stay_exposed() {
    let agent = Agent::local(actions![exposes]).await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/exposes").send(&app).await;
    assert_eq!(
        answer.all("access-control-expose-headers"),
        ["X-Total", "Content-Disposition, X-Forest-Correlation-Id"]
    );
}

#[actix_web::test]
async fn net_03_a_configured_origin_without_scheme_is_normalized() {
    let agent = Agent::with(|builder| {
        builder
            .actions(companies())
            .cors_origins(["ui.example.com:443", "M\u{fc}nchen.example"])
    })
    .await;
    let app = agent.serve().await;
    for origin in [
        "https://ui.example.com",
        "https://xn--mnchen-3ya.example",
        "http://xn--mnchen-3ya.example",
    ] {
        let answer = Call::preflight(MARK_AS_LIVE, origin).send(&app).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    }
}

#[actix_web::test]
async fn app_03_rte_06_every_body_shape_is_validated() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for (body, status) in [
        (json!({"ids": ["3"], "requester_id": 5}), 422),
        (json!({"data": [{"id": "3"}], "requester_id": 5}), 422),
        (json!({"ids": ["3"], "signed_approval_request": "x.y.z"}), 400),
        (json!({"data": [{"id": "3"}], "signed_approval_request": "x.y.z"}), 400),
        (json!({"ids": ["3"], "all_records": true}), 400),
        (json!({"data": [{"id": "3"}], "all_records": true}), 400),
        (json!({"ids": ["3"], "smart_action_id": "companies-Archive"}), 400),
        (json!({"data": [{"id": "3"}], "collection_name": "users"}), 400),
    ] {
        let answer = Call::post(MARK_AS_LIVE).json(&body).send(&app).await;
        assert_eq!(answer.status(), status, "{body}");
    }
    assert_eq!(agent.runs.count(), 0);
    // select all beside ids never means the ids
    let body = json!({"ids": ["1"], "all_records": true});
    let answer = Call::post("/forest/actions/archive").json(&body).send(&app).await;
    assert_eq!(answer.status(), 422);
    for body in [
        json!({"ids": ["3"]}),
        json!({"data": [{"id": "3"}], "values": {"a": 1}}),
    ] {
        assert_eq!(
            Call::post(MARK_AS_LIVE).json(&body).send(&app).await.status(),
            200,
            "{body}"
        );
    }
}

#[actix_web::test]
async fn rte_06_an_empty_optional_id_is_absent() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let attributes =
        json!({"ids": ["1"], "smart_action_id": "", "parent_collection_id": "", "parent_collection_name": ""});
    let answer = Call::post(MARK_AS_LIVE).attributes(attributes).send(&app).await;
    assert_eq!(answer.status(), 200);
}

#[actix_web::test]
async fn the_session_cookie_is_found_beside_any_other() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let session = format!("forest_session_token={}", token());
    let awkward = [b"name=\xc3\xa9; ".to_vec(), session.clone().into_bytes()].concat();
    let empty_first = format!("forest_session_token=; {session}");
    let bare = || Call::post(MARK_AS_LIVE).without("authorization");
    for call in [
        bare().header("cookie", "a=b").header("cookie", &session),
        bare().header("cookie", awkward),
        bare().header("cookie", empty_first),
    ] {
        assert_eq!(call.send(&app).await.status(), 200, "{call:?}");
    }
}

#[actix_web::test]
async fn rte_02_a_path_is_decoded_once() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let decoded_once = Call::post("/forest/actions/%6Dark-as-live").send(&app).await;
    assert_eq!(decoded_once.status(), 200);
    for path in ["/forest/actions/%256Dark-as-live", "/forest/actions/%%36%44ark-as-live"] {
        assert_eq!(Call::post(path).send(&app).await.status(), 404, "{path}");
    }
}

#[actix_web::test]
async fn rte_03_repeated_slashes_before_the_mount_are_merged() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let answer = Call::post("//forest/actions/mark-as-live").send(&app).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.header("access-control-allow-origin").is_some());
    assert_eq!(
        Call::post("//forestry/actions/mark-as-live").send(&app).await.status(),
        404
    );
}

#[actix_web::test]
async fn sel_07_non_canonical_ids_are_rejected() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for id in ["03", "-0", "-01", "00"] {
        assert_eq!(
            Call::post(MARK_AS_LIVE).ids([id]).send(&app).await.status(),
            400,
            "{id}"
        );
    }
    assert_eq!(Call::post(MARK_AS_LIVE).ids(["0"]).send(&app).await.status(), 200);
}

#[actix_web::test]
async fn aut_10_invalid_optional_claims_are_ignored() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let mut odd = claims();
    odd["role"] = json!(5);
    odd["email"] = json!(false);
    odd["team"] = json!({"id": 1});
    odd["firstName"] = json!([1]);
    odd["id"] = json!(172.0);
    let answer = Call::post(MARK_AS_LIVE).bearer(&mint(&odd)).send(&app).await;
    assert_eq!(answer.status(), 200);
}
