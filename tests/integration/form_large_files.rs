//! Large bodies: the default limit and its refusal. `memory.rs` measures their memory.

use forest_actions::prelude::*;

use crate::support::{Agent, Call, OFFICIAL};

const MIB: usize = 1024 * 1024;

#[derive(ActionForm)]
struct Upload {
    file: FormFile,
}

#[smart_action(collection = "form tests", name = "Upload file", kind = "single")]
async fn upload_file(form: Form<Upload>) -> ActionResult {
    let content = form.file.bytes();
    Ok(success(format!(
        "{:?} {} {}",
        form.file.name(),
        form.file.size(),
        content.len()
    )))
}

/// A request of exactly `size` bytes with one file in it.
fn body_of(size: usize) -> Vec<u8> {
    let start = br#"{"data":{"attributes":{"ids":["7"],"values":{"file":"data:a/b;name=big.bin;base64,"#;
    let end = br#""}}}}"#;
    let mut body = start.to_vec();
    body.resize(size - end.len(), b'A');
    body.extend_from_slice(end);
    body
}

/// A request with a body of this size, which it announces.
fn upload(path: &str, size: usize) -> Call {
    Call::post(path)
        .header("content-length", size.to_string())
        .body(body_of(size))
}

const PATH: &str = "/forest/actions/upload-file";

#[actix_web::test]
async fn res_08_a_body_at_the_default_limit_passes_and_one_beyond_is_413_with_cors_headers() {
    let agent = Agent::local(actions![upload_file]).await;
    let app = agent.serve().await;
    let answer = upload(PATH, 50 * MIB).send(&app).await;
    assert!(
        answer.success().starts_with("Some(\"big.bin\") 39"),
        "{}",
        answer.json()
    );
    for path in [PATH.to_owned(), format!("{PATH}/hooks/load")] {
        let answer = upload(&path, 50 * MIB + 1).send(&app).await;
        assert_eq!(answer.status(), 413);
        let text = "the request body is larger than the limit of 52428800 bytes";
        assert_eq!(answer.json()["error"], text);
        assert_eq!(answer.json()["errors"][0]["detail"], text);
        assert_eq!(answer.header("access-control-allow-origin").unwrap(), OFFICIAL);
    }
}

#[actix_web::test]
async fn res_08_the_limit_is_configurable() {
    let agent = Agent::with(|builder| builder.actions(actions![upload_file]).body_limit(1000)).await;
    let app = agent.serve().await;
    upload(PATH, 1000).send(&app).await.success();
    let answer = upload(PATH, 1001).send(&app).await;
    assert_eq!(answer.status(), 413);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .ends_with("the limit of 1000 bytes")
    );
}

#[derive(ActionForm)]
struct Several {
    files: Vec<FormFile>,
}

#[smart_action(collection = "form tests", name = "Upload several", kind = "single")]
async fn upload_several(form: Form<Several>) -> ActionResult {
    let shown = form.files.iter().map(|file| {
        format!(
            "{}|{}|{}|{:?}",
            file.name().unwrap_or("-"),
            file.media_type(),
            file.charset().unwrap_or("-"),
            file.bytes()
        )
    });
    Ok(success(shown.collect::<Vec<_>>().join("\n")))
}

#[actix_web::test]
async fn res_09_several_files_arrive_with_name_type_charset_and_bytes() {
    let agent = Agent::local(actions![upload_several]).await;
    let app = agent.serve().await;
    let values = serde_json::json!({"files": [
        "data:text/plain;name=re%C3%A7u%20%F0%9F%9A%80.txt;charset=utf-8;base64,aGk=",
        "data:;base64,",
        "data:application/pdf;base64,/w==",
    ]});
    let answer = Call::submit("upload-several", values).send(&app).await;
    assert_eq!(
        answer.success(),
        "reçu 🚀.txt|text/plain|utf-8|b\"hi\"\n-||-|b\"\"\n-|application/pdf|-|b\"\\xff\""
    );
}
