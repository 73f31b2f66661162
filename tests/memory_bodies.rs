//! Memory use of bodies that are large as trees of values, in a process of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use actix_web::App;
use forest_actions::prelude::*;
use forest_actions::{LocalRole, LocalUser};

const MIB: usize = 1024 * 1024;

#[smart_action(collection = "documents", name = "Tag", kind = "bulk", load = open_tags)]
async fn tag(_values: Values, _form: Form<Tags>) {}

#[derive(ActionForm)]
struct Tags {
    #[field(change = same)]
    #[allow(dead_code, reason = "only read by the derive")]
    any: Option<serde_json::Value>,
}

async fn open_tags(form: FormState<Tags>) -> HookResult<Tags> {
    Ok(form)
}

async fn same(form: FormState<Tags>) -> HookResult<Tags> {
    Ok(form)
}

/// A number of kB from the status of this process.
fn status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Sends a body, and gives the status of the answer.
fn post(address: std::net::SocketAddr, token: &str, path: &str, body: &str) -> u16 {
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Bodies of about `size` bytes with a part that is many times larger as a tree of values.
fn bodies(size: usize) -> Vec<(&'static str, String)> {
    let objects = format!("[{}]", vec![r#"{"":0}"#; size / 7].join(","));
    let parts = format!("[{}]", vec!["1"; size / 2].join(","));
    let text = serde_json::Value::from(objects.as_str()).to_string();
    let run = "/forest/actions/tag";
    let change = "/forest/actions/tag/hooks/change";
    let mut bodies = Vec::new();
    for (path, attributes) in [
        (run, format!(r#""ids":["1"],"requester_id":{objects}"#)),
        (run, format!(r#""ids":["1"],"requester_id":{parts}"#)),
        (run, format!(r#""ids":["1"],"signed_approval_request":{objects}"#)),
        (run, format!(r#""ids":["1"],"smart_action_id":{objects}"#)),
        (run, format!(r#""ids":["1"],"smart_action_id":{parts}"#)),
        (run, format!(r#""ids":["1"],"parent_collection_id":{parts}"#)),
        (run, format!(r#""ids":["1"],"action_intent_params":{{"a":{objects}}}"#)),
        (run, format!(r#""ids":["1"],"values":{{"any":{objects}}}"#)),
        (run, format!(r#""ids":["1"],"values":{{"any":{text}}}"#)),
        (run, format!(r#""ids":[{parts}]"#)),
        (run, format!(r#""ids":{objects}"#)),
        (
            run,
            format!(r#""all_records":true,"all_records_subset_query":{{"filters":{objects}}}"#),
        ),
        (
            run,
            format!(r#""all_records":true,"all_records_subset_query":{{"filters":{text}}}"#),
        ),
        (
            run,
            format!(r#""all_records":true,"all_records_ids_excluded":{objects}"#),
        ),
        (
            change,
            format!(r#""ids":["1"],"changed_field":"any","fields":{objects}"#),
        ),
        (
            change,
            format!(r#""ids":["1"],"changed_field":"any","fields":[{{"field":"any","value":{objects}}}]"#),
        ),
    ] {
        bodies.push((path, format!(r#"{{"data":{{"attributes":{{{attributes}}}}}}}"#)));
    }
    bodies.push((run, format!(r#"{{"data":[{{"id":"1","more":{objects}}}]}}"#)));
    bodies
}

#[actix_web::test]
async fn a_body_costs_a_small_multiple_of_its_size_with_and_without_the_right() {
    const SIZE: usize = 2 * MIB;
    let directory = tempfile::tempdir().unwrap();
    let forest = Forest::builder()
        .schema_path(directory.path().join("schema.json"))
        .local_user(LocalUser::new(1, "ada@example.com").role("Admin"))
        .local_user(LocalUser::new(2, "sam@example.com").role("Support"))
        .local_role(LocalRole::new("Support").deny("documents", "Tag"))
        .start()
        .await
        .unwrap();
    let tokens = [1, 2].map(|user| forest.local_token(user).unwrap());
    let patient = actix_test::config().client_request_timeout(std::time::Duration::from_secs(60));
    let server = actix_test::start_with(patient, move || App::new().configure(forest.routes()));
    let address = server.addr();
    actix_web::rt::task::spawn_blocking(move || {
        for token in &tokens {
            for (path, body) in bodies(MIB / 4) {
                post(address, token, path, &body);
            }
        }
        for (path, body) in bodies(SIZE) {
            for (token, may_run) in tokens.iter().zip([true, false]) {
                std::fs::write("/proc/self/clear_refs", "5").unwrap();
                let before = status("VmRSS");
                let answered = post(address, token, path, &body);
                let grown = status("VmHWM").saturating_sub(before);
                let shown = body.get(..80).unwrap();
                assert!((200..500).contains(&answered), "{answered} {shown}");
                assert!(grown < 10 * SIZE, "{} MiB, {may_run}, {answered}: {shown}", grown / MIB);
            }
        }
    })
    .await
    .unwrap();
}
