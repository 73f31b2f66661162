//! Memory use of a large upload, in a process of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use actix_web::App;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use forest_actions::LocalUser;
use forest_actions::prelude::*;

const MIB: usize = 1024 * 1024;
const START: &str = r#"{"data":{"attributes":{"ids":["7"],"values":{"file":"data:a/b;name=big.bin;base64,"#;
const END: &str = r#""}}}}"#;
const HOOK_START: &str = r#"{"data":{"attributes":{"ids":["7"],"changed_field":"file","fields":[{"field":"file","type":"File","hook":"file","value":"data:a/b;base64,"#;
const HOOK_END: &str = r#""}]}}}"#;

#[derive(ActionForm)]
struct Upload {
    #[field(max_size = "50 MiB", media_types = ["a/b"], change = add_note)]
    file: FormFile,
}

async fn add_note(mut form: FormState<Upload>) -> HookResult<Upload> {
    form.push(FormField::string("note"));
    Ok(form)
}

#[smart_action(collection = "documents", name = "Keep", kind = "single")]
async fn keep(form: Form<Upload>) -> ActionResult {
    Ok(success(format!("{}", form.file.size())))
}

#[derive(ImportRow)]
struct Line {
    name: String,
}

#[smart_action(collection = "documents", name = "Import", kind = "single")]
async fn import(form: Form<Upload>) -> ActionResult<ImportReport> {
    let rows = form.file.import::<Line>().max_rows(1_000_000);
    rows.each(async |line| match line.name.len() {
        299 => Ok(()),
        _ => refuse("cut"),
    })
    .await
}

#[smart_action(collection = "documents", name = "Decode", kind = "single")]
async fn decode(form: Form<Upload>) -> ActionResult {
    Ok(success(format!("{}", form.file.bytes().len())))
}

/// A number of kB from the status of this process.
fn status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Sends a body of exactly `size` bytes without ever holding it, and gives the answer.
fn upload(address: std::net::SocketAddr, token: &str, path: &str, size: usize) -> String {
    let (start, end) = if path.ends_with("/change") {
        (HOOK_START, HOOK_END)
    } else {
        (START, END)
    };
    let mut socket = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {size}\r\nconnection: close\r\n\r\n{start}"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut left = size - start.len() - end.len();
    let chunk = match path.ends_with("/import") {
        true => {
            let lines = BASE64_STANDARD.encode(format!("{}\n", "x".repeat(299))).repeat(40);
            let header = BASE64_STANDARD.encode("name\n\n");
            socket.write_all(header.as_bytes()).unwrap();
            left -= header.len();
            lines.into_bytes()
        }
        false => vec![b'A'; 16 * 1024],
    };
    while left > 0 {
        let part = &chunk[..left.min(chunk.len())];
        socket.write_all(part).unwrap();
        left -= part.len();
    }
    socket.write_all(end.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// Peak memory growth while a body is sent.
fn peak(address: std::net::SocketAddr, token: &str, path: &str, size: usize) -> usize {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    let answer = upload(address, token, path, size);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    status("VmHWM").saturating_sub(before)
}

#[actix_web::test]
async fn res_08_res_09_a_large_file_costs_its_size_once_until_it_is_decoded() {
    let directory = tempfile::tempdir().unwrap();
    let forest = Forest::builder()
        .schema_path(directory.path().join("schema.json"))
        .local_user(LocalUser::new(1, "ada@example.com"))
        .start()
        .await
        .unwrap();
    let token = forest.local_token(1).unwrap();
    // a debug build decodes for seconds, and the server's clock stands still meanwhile: the next connection would look slow
    let patient = actix_test::config().client_request_timeout(std::time::Duration::from_secs(60));
    let server = actix_test::start_with(patient, move || App::new().configure(forest.routes()));
    let address = server.addr();
    let (kept, imported, decoded, hook) = actix_web::rt::task::spawn_blocking(move || {
        // the first requests allocate shared state
        for path in [
            "/forest/actions/keep",
            "/forest/actions/decode",
            "/forest/actions/import",
            "/forest/actions/keep/hooks/change",
        ] {
            upload(address, &token, path, MIB);
        }
        let kept = peak(address, &token, "/forest/actions/keep", 50 * MIB);
        let imported = peak(address, &token, "/forest/actions/import", 50 * MIB);
        let decoded = peak(address, &token, "/forest/actions/decode", 50 * MIB);
        (
            kept,
            imported,
            decoded,
            peak(address, &token, "/forest/actions/keep/hooks/change", 50 * MIB),
        )
    })
    .await
    .unwrap();
    let shown = format!(
        "kept {} MiB, imported {} MiB, decoded {} MiB, hook {} MiB",
        kept / MIB,
        imported / MIB,
        decoded / MIB,
        hook / MIB
    );
    // the body once; the decoded bytes are three quarters of it
    assert!(kept < 60 * MIB, "{shown}");
    assert!(imported < 60 * MIB, "{shown}");
    assert!(decoded < 105 * MIB, "{shown}");
    // the body, the fields that are read from it, and the answer that carries them back
    assert!(hook < 165 * MIB, "{shown}");
}
