//! The body of a request: accepted shapes, refusals and size limits.

use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::support::{Agent, Call, MARK_AS_LIVE, OFFICIAL, Socket, companies, listen, mint};

const ARCHIVE: &str = "/forest/actions/archive";

#[actix_web::test]
async fn sel_10_the_documented_shapes_are_accepted() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let seen_in_the_field = json!({"data": {"attributes": {
        "collection_name": "companies", "values": {}, "ids": ["7", "8"],
        "parent_collection_name": null, "parent_collection_id": null, "parent_association_name": null,
        "all_records": false, "all_records_subset_query": {"fields[companies]": "id,name", "page[number]": 1,
            "page[size]": 15, "sort": "-id", "searchExtended": 0, "timezone": "Europe/Paris"},
        "all_records_ids_excluded": ["9"], "smart_action_id": "companies-Archive",
        "signed_approval_request": null, "action_intent_params": null}, "type": "custom-action-requests"}});
    for (body, ids) in [
        (seen_in_the_field, "7,8"),
        (json!({"data": {"attributes": {"ids": ["7", 8]}}}), "7,8"),
        (
            json!({"data": {"id": "1", "type": "x", "attributes": {"ids": ["7"], "unknown": {"a": 1}}}}),
            "7",
        ),
        (
            json!({"data": {"attributes": {"ids": ["7"], "values": null}, "type": null}}),
            "7",
        ),
        (json!({"data": [{"id": "7", "type": "companies"}, {"id": 8}]}), "7,8"),
        (json!({"recordIds": ["70"], "collectionName": "companies"}), "70"),
        (json!({"ids": ["70"]}), "70"),
    ] {
        assert_eq!(
            Call::post(ARCHIVE).json(&body).send(&app).await.success(),
            ids,
            "{body}"
        );
    }
}

#[actix_web::test]
async fn sel_10_undocumented_shapes_are_400_with_the_location() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let attributes = |attributes: Value| json!({"data": {"attributes": attributes}});
    for (body, place) in [
        (json!({}), "data.attributes"),
        (json!([]), "data.attributes"),
        (json!(3), "data.attributes"),
        (json!(null), "data.attributes"),
        (json!("text"), "data.attributes"),
        (json!({"data": null}), "data.attributes"),
        (json!({"data": 3}), "`data`"),
        (json!({"data": {}}), "data.attributes"),
        (json!({"data": {"attributes": null}}), "data.attributes"),
        (json!({"data": {"attributes": []}}), "`data.attributes`"),
        (json!({"data": [{"no": "id"}]}), "id"),
        (attributes(json!({})), "`ids` is missing"),
        (attributes(json!({"ids": null})), "`ids` is missing"),
        (attributes(json!({"ids": "1"})), "`ids`"),
        (attributes(json!({"ids": {"0": "1"}})), "`ids`"),
        (attributes(json!({"ids": ["1", null]})), "`ids[1]`"),
        (attributes(json!({"ids": [true]})), "`ids[0]`"),
        (attributes(json!({"ids": [1.5]})), "`ids[0]`"),
        (attributes(json!({"ids": [""]})), "an id cannot be empty"),
        (
            attributes(json!({"ids": ["1"], "values": [1]})),
            "`data.attributes.values`",
        ),
        (
            attributes(json!({"ids": ["1"], "values": "x"})),
            "`data.attributes.values`",
        ),
        (
            attributes(json!({"ids": ["1"], "all_records": "true"})),
            "`data.attributes.all_records`",
        ),
    ] {
        for path in [ARCHIVE, MARK_AS_LIVE] {
            let answer = Call::post(path).json(&body).send(&app).await;
            let detail = answer.detail(400);
            assert!(detail.contains(place), "{body}: {detail}");
            assert_eq!(answer.json()["error"], detail.as_str(), "the UI reads `error`");
        }
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn sel_10_equivalent_json_notations_are_accepted() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for body in [
        "\u{feff}{\"data\":{\"attributes\":{\"ids\":[\"1\"]}}}",
        r#"{"data":{"attributes":{"ids":[3.0],"ids":[1e0],"signed_approval_request":false}}}"#,
        r#"{"data":{"attributes":{"ids":[["1"]],"signed_approval_request":0}}}"#,
        r#"{"recordIds":["2"],"ids":["1"],"collectionName":"other","collection_name":"companies"}"#,
        r#"{"data":{"attributes":{"ids":["1"],"action_intent_params":{"note":"cut \ud83d"}}}}"#,
    ] {
        let answer = Call::post(ARCHIVE).body(body.as_bytes().to_vec()).send(&app).await;
        assert_eq!(answer.success(), "1", "{body}");
    }
    let too_large = r#"{"data":{"attributes":{"ids":["1"],"action_intent_params":{"n":1e999}}}}"#;
    let answer = Call::post(ARCHIVE).body(too_large.as_bytes().to_vec()).send(&app).await;
    assert_eq!(
        answer.detail(400),
        "invalid request body: `data.attributes.action_intent_params.n`: number out of range"
    );
    // present members are parsed
    let signed = json!({"ids": ["1"], "signed_approval_request": true});
    let answer = Call::post(ARCHIVE).attributes(signed).send(&app).await;
    assert_eq!(answer.detail(400), "Invalid signed action parameters");
}

#[actix_web::test]
async fn a_body_that_is_not_json_is_400_and_a_syntax_error() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for body in [
        b"".as_slice(),
        b" ",
        b"{",
        b"nope",
        b"{\"data\":",
        b"{\"data\":\"\xff\"}",
        b"\xef\xbb\xbf",
        b"{\"data\":{\"attributes\":{\"ids\":[\"1\"]}}} trailing",
        b"{\"data\":{\"attributes\":{\"ids\":[\"1\"],\"values\":{\"a\":[1,]}}}}",
    ] {
        let answer = Call::post(ARCHIVE).body(body.to_vec()).send(&app).await;
        let detail = answer.detail(400);
        assert!(detail.len() < 500, "{detail}");
        assert_eq!(answer.name(), "SyntaxError", "{detail}");
    }
    let deep = Call::post(ARCHIVE).body("[".repeat(200_000)).send(&app).await;
    assert!(deep.detail(400).contains("data.attributes"));
    assert_eq!(agent.runs.count(), 0);
}

#[smart_action(collection = "bodies", name = "Reads values", kind = "bulk")]
async fn reads_values(values: Values) -> ActionResult {
    Ok(success(values.optional::<Value>("b")?.unwrap_or_default().to_string()))
}

/// Values are parsed on demand, and skipped without recursion until then.
#[actix_web::test]
async fn deeply_nested_values_are_400_without_a_stack_overflow() {
    let deep = format!(
        r#"{{"data":{{"attributes":{{"ids":["1"],"values":{{"a":{}{}}}}}}}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let agent = Agent::local(companies().into_iter().chain(actions![reads_values])).await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/reads-values")
        .body(deep.clone())
        .send(&app)
        .await;
    let detail = answer.detail(400);
    assert!(detail.contains("`values`") && detail.len() < 500, "{detail}");
    assert_eq!(Call::post(ARCHIVE).body(deep).send(&app).await.success(), "1");
}

#[actix_web::test]
async fn a_body_in_another_format_is_415() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for media_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
    ] {
        let answer = Call::post(ARCHIVE).header("content-type", media_type).send(&app).await;
        assert_eq!(answer.status(), 200, "{media_type}");
    }
    assert_eq!(
        Call::post(ARCHIVE).without("content-type").send(&app).await.status(),
        200
    );
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "",
    ] {
        let answer = Call::post(ARCHIVE).header("content-type", media_type).send(&app).await;
        assert!(answer.detail(415).contains("application/json"), "{media_type}");
    }
    for encoding in ["gzip", "br", "deflate"] {
        let answer = Call::post(ARCHIVE)
            .header("content-encoding", encoding)
            .send(&app)
            .await;
        assert!(answer.detail(415).contains(encoding), "{encoding}");
    }
    assert_eq!(
        Call::post(ARCHIVE)
            .header("content-encoding", "identity")
            .send(&app)
            .await
            .status(),
        200
    );
    assert_eq!(agent.runs.count(), 5);
}

#[actix_web::test]
async fn an_unknown_time_zone_is_400() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for (zone, shown) in [
        ("Mars/Olympus", "Mars/Olympus"),
        ("%00%0A", "\\0\\n"),
        ("Europe%2FNowhere", "Europe/Nowhere"),
    ] {
        let answer = Call::post(format!("{ARCHIVE}?timezone={zone}")).send(&app).await;
        assert_eq!(answer.detail(400), format!("Invalid timezone: \"{shown}\""));
    }
    // browsers accept a zone in any case, and an empty one means none
    for zone in [
        "",
        "europe/paris",
        "Europe/Paris",
        "Europe%2FParis",
        "UTC",
        "America/Argentina/Buenos_Aires",
    ] {
        assert_eq!(
            Call::post(format!("{ARCHIVE}?timezone={zone}"))
                .send(&app)
                .await
                .status(),
            200,
            "{zone}"
        );
    }
}

#[actix_web::test]
async fn a_requester_in_a_plain_body_is_422() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for requester in [json!(1), json!("1"), json!([]), json!({}), json!(true)] {
        let answer = Call::post(ARCHIVE)
            .attributes(json!({"ids": ["1"], "requester_id": requester}))
            .send(&app)
            .await;
        assert_eq!(
            (answer.detail(422), answer.name()),
            ("Unprocessable".to_owned(), "UnprocessableError".to_owned())
        );
    }
    let forged = Call::post(ARCHIVE).attributes(json!({"ids": ["1"], "signed_approval_request": "a.b.c"}));
    assert_eq!(forged.send(&app).await.detail(400), "Invalid signed action parameters");
    assert_eq!(agent.runs.count(), 0);
    let absent = Call::post(ARCHIVE).attributes(json!({"ids": ["1"], "requester_id": null}));
    assert_eq!(absent.send(&app).await.status(), 200);
}

/// A body for the bulk action that is exactly so long.
fn body_of(length: usize) -> String {
    let empty = r#"{"data":{"attributes":{"ids":["1"],"values":{"file":""}}}}"#;
    let (start, end) = empty.split_at(empty.len() - 5);
    format!("{start}{}{end}", "a".repeat(length - empty.len()))
}

#[actix_web::test]
async fn res_08_a_body_over_the_limit_is_413_with_the_limit() {
    let agent = Agent::with(|builder| builder.actions(companies()).body_limit(1_000)).await;
    let app = agent.serve().await;
    assert_eq!(Call::post(ARCHIVE).body(body_of(1_000)).send(&app).await.status(), 200);
    for path in [
        ARCHIVE,
        "/forest/actions/archive/hooks/load",
        "/forest/actions/archive/hooks/change",
    ] {
        for call in [
            Call::post(path).body(body_of(1_001)),
            Call::post(path).body(body_of(100_000)),
            Call::post(path).header("content-length", "1001"),
            Call::post(path).header("content-length", "18446744073709551615"),
        ] {
            let answer = call.send(&app).await;
            assert!(answer.detail(413).contains("1000 bytes"), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL), "{path}");
        }
    }
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn res_08_the_default_limit_allows_files() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    assert_eq!(
        Call::post(ARCHIVE).body(body_of(20_000_000)).send(&app).await.status(),
        200
    );
    let announced = Call::post(ARCHIVE).header("content-length", (50 * 1024 * 1024 + 1).to_string());
    assert!(announced.send(&app).await.detail(413).contains("52428800"));
}

#[actix_web::test]
async fn res_08_an_oversized_body_gets_413_over_a_real_socket() {
    let agent = Agent::with(|builder| builder.actions(companies()).body_limit(1_000)).await;
    let server = listen(&agent, "127.0.0.1");
    let body = body_of(300_000);
    let announced = format!("content-length: {}", body.len());
    let mut chunked = format!("{:x}\r\n{body}\r\n", body.len());
    chunked.push_str("0\r\n\r\n");
    for (header, body) in [
        (announced.as_str(), body.as_str()),
        ("transfer-encoding: chunked", &chunked),
    ] {
        let mut socket = Socket::connect(server.address).await;
        socket
            .send(ARCHIVE, &[header, "connection: close"], body.as_bytes())
            .await;
        let answer = socket.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{header}: {answer}");
        assert!(
            answer.contains("access-control-allow-origin: https://app.forestadmin.com\r\n"),
            "{answer}"
        );
        assert!(answer.contains("the limit of 1000 bytes"), "{answer}");
    }
    assert_eq!(agent.runs.count(), 0);
    assert!(
        Socket::connect(server.address)
            .await
            .mark_as_live()
            .await
            .contains("Company 7")
    );
}

#[actix_web::test]
async fn aut_09_an_expired_session_with_a_large_body_gets_401() {
    let agent = Agent::local(companies()).await;
    let server = listen(&agent, "127.0.0.1");
    let body = body_of(3_000_000);
    let length = format!("content-length: {}", body.len());
    let mut socket = Socket::connect(server.address).await;
    let ended = mint(&json!({"id": "1", "exp": 1}));
    socket.send_as(&ended, ARCHIVE, &[&length], body.as_bytes()).await;
    let answer = socket.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.contains("jwt expired"),
        "{answer}"
    );
    assert!(
        answer.contains("access-control-allow-origin: https://app.forestadmin.com\r\n"),
        "{answer}"
    );
}

#[actix_web::test]
async fn a_chunked_body_is_read_completely_over_a_real_socket() {
    let agent = Agent::local(companies()).await;
    let server = listen(&agent, "127.0.0.1");
    let body = body_of(200_000);
    let mut chunked = String::new();
    for piece in body.as_bytes().chunks(1_000) {
        chunked.push_str(&format!(
            "{:x}\r\n{}\r\n",
            piece.len(),
            std::str::from_utf8(piece).unwrap()
        ));
    }
    chunked.push_str("0\r\n\r\n");
    let mut socket = Socket::connect(server.address).await;
    socket
        .send(
            ARCHIVE,
            &["transfer-encoding: chunked", "connection: close"],
            chunked.as_bytes(),
        )
        .await;
    let answer = socket.read_to_end().await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(r#"{"success":"1"}"#),
        "{answer}"
    );
}
