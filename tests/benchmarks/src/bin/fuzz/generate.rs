//! Requests as a client sends them, some of them mutated.

use serde_json::{Map, Value, json};

use crate::agent::{Agents, LIVE_QUERY};
use crate::mutate::{mutate, mutated_text, visible};
use crate::random::Random;
use crate::request::Request;
use crate::words::{ACTIONS, COLLECTIONS, FIELDS, OPERATORS, RELATIONS, TEXTS, ZONES};

/// The request of this number.
pub(crate) fn generate(random: &mut Random, agents: &Agents) -> Request {
    let is_connected = random.chance(20);
    let mut request = match random.below(100) {
        0..45 => browse(random),
        45..50 => capabilities(random),
        50..75 => action(random),
        75..88 => hook(random),
        88..96 => approval(random, agents),
        _ => other(random),
    };
    request.is_connected = is_connected;
    let tokens = if is_connected {
        &agents.connected_tokens
    } else {
        &agents.tokens
    };
    let token = &tokens[random.below(tokens.len())];
    let authorization = match random.below(50) {
        0 => format!("Bearer {}", mutated_text(random, token)),
        1 => String::new(),
        _ => format!("Bearer {token}"),
    };
    request.headers.push(("authorization", authorization));
    headers(random, &mut request);
    if random.chance(25) {
        mutate(random, &mut request);
    }
    request
}

fn read(method: &'static str, target: String) -> Request {
    Request {
        method,
        target,
        headers: Vec::new(),
        body: None,
        chunk: None,
        is_connected: false,
    }
}

fn post(target: String, body: &Value) -> Request {
    Request {
        method: "POST",
        body: Some(body.to_string().into_bytes()),
        headers: vec![("content-type", "application/json".to_owned())],
        ..read("POST", target)
    }
}

fn browse(random: &mut Random) -> Request {
    let collection = random.pick(COLLECTIONS);
    let path = match random.below(9) {
        0..3 => collection.to_owned(),
        3 => format!("{collection}/count"),
        4 => format!("{collection}.csv"),
        5 => format!("{collection}/{}", escaped(&id(random, collection))),
        end => {
            let end = ["", "/count", ".csv"][end - 6];
            let relation = random.pick(RELATIONS);
            format!(
                "{collection}/{}/relationships/{relation}{end}",
                escaped(&id(random, collection))
            )
        }
    };
    let mut pairs = Vec::new();
    list_parameters(random, collection, &mut pairs);
    let query: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", escaped(key), escaped(value)))
        .collect();
    let method = if random.chance(3) { "HEAD" } else { "GET" };
    read(method, format!("/forest/{path}?{}", query.join("&")))
}

fn list_parameters(random: &mut Random, collection: &str, pairs: &mut Vec<(String, String)>) {
    pairs.push(("timezone".to_owned(), random.pick(ZONES).to_owned()));
    if random.chance(50) {
        let fields: Vec<&str> = (0..random.below(6)).map(|_| random.pick(FIELDS)).collect();
        pairs.push((format!("fields[{collection}]"), fields.join(",")));
    }
    if random.chance(20) {
        pairs.push((
            format!("fields[{}]", random.pick(RELATIONS)),
            random.pick(FIELDS).to_owned(),
        ));
    }
    if random.chance(50) {
        let depth = random.below(5);
        pairs.push(("filters".to_owned(), filter(random, depth).to_string()));
    }
    if random.chance(25) {
        pairs.push(("search".to_owned(), text(random)));
        pairs.push((
            "searchExtended".to_owned(),
            random.pick(&["0", "1", "true", ""]).to_owned(),
        ));
    }
    if random.chance(40) {
        let minus = random.pick(&["", "-", "--"]);
        let field = random.pick(FIELDS).replace(':', random.pick(&[":", "."]));
        pairs.push(("sort".to_owned(), format!("{minus}{field}")));
    }
    for name in ["page[size]", "page[number]"] {
        if random.chance(40) {
            let number = random.pick(&[
                "1",
                "2",
                "10",
                "100",
                "1000",
                "1001",
                "0",
                "-1",
                "1e3",
                "x",
                "18446744073709551616",
                "9223372036854775807",
            ]);
            pairs.push((name.to_owned(), number.to_owned()));
        }
    }
    if random.chance(5) {
        pairs.push((
            "segment".to_owned(),
            random.pick(&["Live", "live", "", "nope"]).to_owned(),
        ));
    }
    if random.chance(5) {
        pairs.push((
            "segmentQuery".to_owned(),
            random.pick(&[LIVE_QUERY, "SELECT 1", "", ";"]).to_owned(),
        ));
        pairs.push((
            "connectionName".to_owned(),
            random.pick(&["default", "main", "x", ""]).to_owned(),
        ));
    }
    if random.chance(10) {
        pairs.push(("filename".to_owned(), text(random)));
        pairs.push((
            "header".to_owned(),
            random.pick(&["a,b", "[\"a\",\"b\"]", "", "\u{0}"]).to_owned(),
        ));
    }
}

fn filter(random: &mut Random, depth: usize) -> Value {
    if depth == 0 || random.chance(40) {
        return json!({"field": random.pick(FIELDS), "operator": random.pick(OPERATORS), "value": value(random, 2)});
    }
    let conditions: Vec<Value> = (0..random.below(4)).map(|_| filter(random, depth - 1)).collect();
    json!({"aggregator": random.pick(&["and", "or", "And", "xor"]), "conditions": conditions})
}

pub(crate) fn text(random: &mut Random) -> String {
    match random.below(20) {
        0 => random.pick(TEXTS).repeat(random.below(200)),
        1 => format!("{}{}", random.pick(TEXTS), random.pick(TEXTS)),
        2 => char::from_u32((random.next() % 0x11_0000) as u32)
            .map(String::from)
            .unwrap_or_default(),
        _ => random.pick(TEXTS).to_owned(),
    }
}

pub(crate) fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 8 } else { 11 }) {
        0..4 => json!(text(random)),
        4 => json!(random.below(400)),
        5 => random
            .pick(&[
                "null",
                "true",
                "false",
                "-1",
                "1.5",
                "1e308",
                "9007199254740993",
                "18446744073709551615",
                "-9223372036854775808",
            ])
            .parse()
            .unwrap_or(Value::Null),
        6 => json!(random.next() as i64),
        7 => json!(f64::from_bits(random.next())),
        8 => Value::Array((0..random.below(5)).map(|_| value(random, depth - 1)).collect()),
        9 => Value::Array((0..random.below(3)).map(|_| json!(random.below(300))).collect()),
        _ => Value::Object(
            (0..random.below(3))
                .map(|_| (text(random), value(random, depth - 1)))
                .collect(),
        ),
    }
}

fn id(random: &mut Random, collection: &str) -> String {
    if random.chance(25) {
        return text(random);
    }
    let number = random.below(60);
    match collection {
        "customers" => format!("a0000000-0000-4000-8000-{number:012}"),
        "assignments" => format!("{number}|a0000000-0000-4000-8000-{number:012}"),
        "places" => random
            .pick(&["a/b", "a|b", "50% é", "[\"x\"]", "count", "x.csv"])
            .to_owned(),
        _ => number.to_string(),
    }
}

fn ids(random: &mut Random, collection: &str) -> Vec<String> {
    let count = if random.chance(3) { 300 } else { random.below(5) };
    (0..count).map(|_| id(random, collection)).collect()
}

/// The attributes of an action or hook.
fn attributes(random: &mut Random, (name, collection): (&str, &str)) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut set = |name: &str, value: Value| attributes.insert(name.to_owned(), value);
    set("collection_name", json!(collection));
    if random.chance(60) {
        set("ids", json!(ids(random, collection)));
    } else {
        set("all_records", json!(true));
        set("all_records_ids_excluded", json!(ids(random, collection)));
        let mut pairs = Vec::new();
        list_parameters(random, collection, &mut pairs);
        let mut subset: Map<String, Value> = pairs.into_iter().map(|(key, value)| (key, json!(value))).collect();
        if random.chance(30) {
            let depth = random.below(4);
            subset.insert("filters".to_owned(), filter(random, depth));
        }
        set("all_records_subset_query", Value::Object(subset));
    }
    if random.chance(20) {
        set("parent_collection_name", json!(random.pick(COLLECTIONS)));
        set("parent_collection_id", json!(id(random, "companies")));
        set("parent_association_name", json!(random.pick(RELATIONS)));
    }
    let mut values = Map::new();
    for field in [
        "amount", "ratio", "title", "is_sure", "names", "company", "data", "file", "more", "nope",
    ] {
        if random.chance(60) {
            let value = match (field, random.chance(50)) {
                ("amount" | "company", true) => json!(random.below(900)),
                ("title", true) => json!("abc"),
                ("names", true) => json!(["a", "b"]),
                ("file", true) => json!("data:text/plain;name=a.txt;base64,YQ=="),
                _ => value(random, 3),
            };
            values.insert(field.to_owned(), value);
        }
    }
    set("values", Value::Object(values));
    if random.chance(50) {
        set("smart_action_id", json!(format!("{collection}-{name}")));
    }
    if random.chance(5) {
        set("requester_id", value(random, 1));
    }
    attributes
}

fn enveloped(attributes: Map<String, Value>) -> Value {
    json!({"data": {"attributes": attributes, "type": "custom-action-requests"}})
}

fn action_target(random: &mut Random, name: &str) -> String {
    let mut pairs = vec![format!("timezone={}", escaped(random.pick(ZONES)))];
    if random.chance(10) {
        pairs.push(format!("segmentQuery={}", escaped(LIVE_QUERY)));
    }
    format!("/forest/actions/{name}?{}", pairs.join("&"))
}

fn action(random: &mut Random) -> Request {
    let action = random.pick(ACTIONS);
    let target = action_target(random, action.0);
    post(target, &enveloped(attributes(random, action)))
}

fn hook(random: &mut Random) -> Request {
    let action = random.pick(ACTIONS);
    let kind = random.pick(&["load", "change", "change", "search", "nope"]);
    let mut attributes = attributes(random, action);
    let names = [
        "amount", "ratio", "title", "is_sure", "names", "company", "data", "file", "more",
    ];
    let fields: Vec<Value> = (0..random.below(10))
        .map(|_| {
            let name = random.pick(&names);
            json!({
                "field": name, "value": value(random, 2), "previousValue": value(random, 1), "hook": random.pick(&["title", "retitled", "nope"]),
                "type": random.pick(&["String", "Number", "Boolean", "Json", "File", "Nope"]), "isRequired": random.chance(50),
                "enums": if random.chance(20) { value(random, 2) } else { Value::Null },
                "widgetEdit": if random.chance(20) { value(random, 2) } else { Value::Null },
                "reference": if random.chance(20) { value(random, 0) } else { Value::Null },
            })
        })
        .collect();
    attributes.insert("fields".to_owned(), json!(fields));
    attributes.insert("record_id".to_owned(), json!(id(random, action.1)));
    let changed = if random.chance(80) {
        "title"
    } else {
        random.pick(&names)
    };
    attributes.insert("changed_field".to_owned(), json!(changed));
    attributes.insert("search_field".to_owned(), json!(random.pick(&names)));
    attributes.insert("search_value".to_owned(), json!(text(random)));
    let target = action_target(random, &format!("{}/hooks/{kind}", action.0));
    post(target, &enveloped(attributes))
}

/// A signed request, whose content may be anything.
fn approval(random: &mut Random, agents: &Agents) -> Request {
    let sent = attributes(random, ("some", "companies"));
    let changed: Vec<(String, Value)> = match random.chance(50) {
        true => sent.into_iter().filter(|_| random.chance(50)).collect(),
        false => Vec::new(),
    };
    let token = agents.approval(&ids(random, "companies"), changed);
    let token = if random.chance(20) {
        mutated_text(random, &token)
    } else {
        token
    };
    let mut outer = attributes(random, ("some", "companies"));
    outer.insert("signed_approval_request".to_owned(), json!(token));
    let name = random.pick(&["some", "some", "many", "none"]);
    let target = action_target(random, name);
    post(target, &enveloped(outer))
}

fn capabilities(random: &mut Random) -> Request {
    let names: Vec<Value> = (0..random.below(5))
        .map(|_| {
            if random.chance(80) {
                json!(random.pick(COLLECTIONS))
            } else {
                value(random, 1)
            }
        })
        .collect();
    post(
        "/forest/_internal/capabilities?timezone=UTC".to_owned(),
        &json!({"collectionNames": names}),
    )
}

fn other(random: &mut Random) -> Request {
    let path = random.pick(&[
        "/forest",
        "/forest/",
        "/forest/healthcheck",
        "/forest/authentication",
        "/forest/authentication/callback",
        "/forest/authentication/callback?code=x&state=%7B%7D",
        "/forest/authentication/logout",
        "/forest/scope-cache-invalidation",
        "/",
        "/forest//",
        "/forest/nope",
        "/forest/actions",
        "/forest/actions/",
        "/forest/companies/1/relationships",
        "/forest/companies/",
        "/forest/%ff",
        "/forest/%00",
        "/forest/companies/%2e%2e/1",
        "/nope",
    ]);
    let method = random.pick(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"]);
    match method {
        "POST" | "PUT" | "PATCH" => Request {
            method,
            ..post(
                path.to_owned(),
                &json!({"renderingId": value(random, 1), "x": value(random, 3)}),
            )
        },
        _ => read(method, path.to_owned()),
    }
}

fn headers(random: &mut Random, request: &mut Request) {
    const ORIGINS: &[&str] = &[
        "https://app.forestadmin.com",
        "null",
        "http://evil.example",
        "https://app.forestadmin.com.evil.example",
        "",
    ];
    if random.chance(50) {
        request.headers.push(("origin", random.pick(ORIGINS).to_owned()));
    }
    if random.chance(10) {
        request.headers.push(("x-request-id", visible(&text(random))));
    }
    if random.chance(10) {
        request.headers.push((
            "accept-encoding",
            random
                .pick(&["gzip", "br, gzip;q=0.1", "identity", "*;q=0", "x"])
                .to_owned(),
        ));
    }
    if random.chance(5) {
        request.headers.push(("forwarded", visible(&text(random))));
        request.headers.push(("x-forwarded-for", visible(&text(random))));
    }
    if random.chance(5) {
        request
            .headers
            .push(("access-control-request-method", "POST".to_owned()));
        request
            .headers
            .push(("access-control-request-private-network", "true".to_owned()));
    }
    if request.body.is_some() && random.chance(5) {
        let media = random.pick(&[
            "text/plain",
            "application/json; charset=latin1",
            "application/vnd.api+json",
            "",
            "multipart/form-data",
            "a/b",
        ]);
        request.headers.retain(|(name, _)| *name != "content-type");
        request.headers.push(("content-type", media.to_owned()));
    }
    if random.chance(2) {
        request
            .headers
            .push(("content-encoding", random.pick(&["gzip", "identity", "br"]).to_owned()));
    }
    if request.body.is_some() && random.chance(10) {
        request.chunk = Some(1 + random.below(200));
    }
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
