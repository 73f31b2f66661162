//! Contents that must not pass although their signature holds.

use super::*;

/// What is tried on sessions only.
pub(super) fn sessions() -> Vec<(&'static str, String)> {
    let session = |members| valid(Kind::Session, Kind::Session.with(members));
    vec![
        ("a refresh token", session(json!({"type": "refresh"}))),
        ("a session of an older format", session(json!({"data": {"id": "172"}}))),
        ("a session of nobody", session(json!({"id": null}))),
        ("a session of an empty id", session(json!({"id": ""}))),
        ("a session of everybody", session(json!({"id": ["1", "172"]}))),
        ("a session of true", session(json!({"id": true}))),
    ]
}

/// What is tried on signed requests only: their content, under the right secret.
pub(super) fn requests() -> Vec<(&'static str, String)> {
    let attributes = |members: Value| {
        let mut payload = Kind::Request.payload();
        let Value::Object(members) = members else {
            panic!("members")
        };
        payload["data"]["attributes"].as_object_mut().unwrap().extend(members);
        valid(Kind::Request, payload)
    };
    let data = |data: Value| valid(Kind::Request, Kind::Request.with(json!({"data": data})));
    let text = Kind::Request.payload().to_string();
    let twice = |member: &str, again: &str| {
        let changed = text.replacen(member, &format!("{again},{member}"), 1);
        assert_ne!(changed, text);
        valid(Kind::Request, changed)
    };
    let header = |header: &str| signed(header, &text, ENV_SECRET, Algorithm::HS256);
    let inner = valid(Kind::Request, &text);
    // where no reader looks
    let mut not_text = text.replacen('{', "{\"note\":\"?\",", 1).into_bytes();
    let mark = not_text.iter().position(|byte| *byte == b'?').unwrap();
    not_text[mark] = 0xff;
    vec![
        (
            "another collection",
            attributes(json!({"collection_name": "customers"})),
        ),
        (
            "the collection in capitals",
            attributes(json!({"collection_name": "ORDERS"})),
        ),
        ("no collection", attributes(json!({"collection_name": null}))),
        (
            "a collection that is a list",
            attributes(json!({"collection_name": ["orders"]})),
        ),
        (
            "a collection under its other spelling",
            attributes(json!({"collection_name": null, "collectionName": "orders"})),
        ),
        ("a requester that is true", attributes(json!({"requester_id": true}))),
        ("a requester that is false", attributes(json!({"requester_id": false}))),
        ("a requester that is a list", attributes(json!({"requester_id": [42]}))),
        (
            "a requester that is an empty list",
            attributes(json!({"requester_id": []})),
        ),
        (
            "a requester that is an object",
            attributes(json!({"requester_id": {"id": 42}})),
        ),
        ("half a requester", attributes(json!({"requester_id": 42.5}))),
        (
            "a requester beyond exact numbers",
            attributes(json!({"requester_id": 1e300})),
        ),
        (
            "an endless requester",
            attributes(json!({"requester_id": "9".repeat(65)})),
        ),
        (
            "a requester with a line break",
            attributes(json!({"requester_id": "42\nadmin"})),
        ),
        (
            "a signed request inside",
            attributes(json!({"signed_approval_request": inner})),
        ),
        (
            "anything for a signed request inside",
            attributes(json!({"signed_approval_request": {}})),
        ),
        ("no data", data(json!(null))),
        ("data that is a text", data(json!("orders"))),
        ("data that is a list of records", data(json!([{"id": "1"}]))),
        (
            "data that is a list of attributes",
            data(json!([Kind::Request.payload()["data"]["attributes"]])),
        ),
        ("no attributes", data(json!({}))),
        ("attributes that are null", data(json!({"attributes": null}))),
        (
            "attributes that are a list",
            data(json!({"attributes": ["orders", 42]})),
        ),
        (
            "data twice",
            twice(r#""data":"#, r#""data":{"attributes":{"collection_name":"orders"}}"#),
        ),
        (
            "attributes twice",
            twice(r#""attributes":"#, r#""attributes":{"collection_name":"orders"}"#),
        ),
        (
            "the requester twice",
            twice(r#""requester_id":"#, r#""requester_id":43"#),
        ),
        (
            "the requester twice, once escaped",
            twice(r#""requester_id":"#, r#""requester\u005fid":43"#),
        ),
        (
            "the collection twice",
            twice(r#""collection_name":"#, r#""collection_name":"customers""#),
        ),
        (
            "an extension that must be understood",
            header(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
        ),
        (
            "an extension that must be understood, and is null",
            header(r#"{"alg":"HS256","crit":null}"#),
        ),
        (
            "bytes that are no UTF-8 in a member that nobody reads",
            signed(HEADER, &not_text, ENV_SECRET, Algorithm::HS256),
        ),
        (
            "a header that is long",
            header(&format!(r#"{{"alg":"HS256","x":"{}"}}"#, "x".repeat(1024))),
        ),
    ]
}
