//! Files as data URIs: the recorded vectors of the vendor's package, properties over any content and any text, and the types of
//! files that a form accepts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use forest_actions::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Agent, Call};

fn vectors(kind: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/data-uri.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vectors = vectors[kind].as_array().unwrap().clone();
    assert!(!vectors.is_empty());
    vectors
}

/// The bytes of a vector, whose base64 the file itself reads.
fn bytes(base64: &Value) -> Vec<u8> {
    FormFile::parse(format!("data:;base64,{}", base64.as_str().unwrap()))
        .unwrap()
        .bytes()
        .to_vec()
}

#[test]
fn res_09_data_uris_are_written_like_the_reference_agent() {
    for vector in vectors("make") {
        let given = &vector["file"];
        let uri = vector["uri"].as_str().unwrap();
        let file = FormFile::parse(uri).unwrap();
        assert_eq!(file.to_data_uri(), uri);
        assert_eq!(file.bytes(), bytes(&given["base64"]));
        assert_eq!(file.name().unwrap_or_default(), given["name"].as_str().unwrap());
        // a file made by the program has no charset of its own
        if given["charset"].is_null() {
            let made = FormFile::new(
                given["name"].as_str().unwrap(),
                given["mimeType"].as_str().unwrap(),
                bytes(&given["base64"]),
            );
            assert_eq!(made.to_data_uri(), uri);
        }
    }
}

#[test]
fn res_09_data_uris_are_parsed_like_the_reference_agent() {
    for vector in vectors("parse") {
        let uri = vector["uri"].as_str().unwrap();
        let read = FormFile::parse(uri);
        match vector.get("file") {
            Some(expected) => {
                let file = read.unwrap();
                assert_eq!(file.media_type(), expected["mimeType"].as_str().unwrap(), "{uri}");
                assert_eq!(
                    file.name(),
                    expected.get("name").map(|name| name.as_str().unwrap()),
                    "{uri}"
                );
                assert_eq!(
                    file.charset(),
                    expected.get("charset").map(|charset| charset.as_str().unwrap()),
                    "{uri}"
                );
                assert_eq!(file.bytes(), bytes(&expected["base64"]), "{uri}");
            }
            None => assert_eq!(
                read.unwrap_err().to_string(),
                vector["error"].as_str().unwrap(),
                "{uri}"
            ),
        }
    }
}

#[test]
fn res_09_base64_is_read_leniently() {
    for (base64, expected) in [
        ("aGk=", "hi"),
        ("aGk", "hi"),
        ("aGl=", "hi"),
        ("aG k=", "hi"),
        ("aG\nk=", "hi"),
        ("aGk=aGk=", "hi"),
        ("aGkaGk", "hi\u{1a}\u{1a}"),
        ("_-_-", ""),
        ("a", ""),
        ("=", ""),
        ("", ""),
        ("%", ""),
    ] {
        let file = FormFile::parse(format!("data:text/plain;base64,{base64}")).unwrap();
        let content = file.bytes();
        assert!(file.size() >= content.len(), "{base64}");
        if base64 != "_-_-" {
            assert_eq!(content, expected, "{base64}");
        } else {
            assert_eq!(content, [0xff, 0xef, 0xfe][..].to_vec());
        }
    }
}

#[test]
fn debug_output_of_a_file_omits_its_content() {
    let printed = format!("{:?}", FormFile::new("secret.txt", "text/plain", "the content"));
    assert!(printed.contains("secret.txt") && printed.contains("11"), "{printed}");
    assert!(!printed.contains("content\""), "{printed}");
}

proptest! {
    #[test]
    fn res_09_any_name_and_content_round_trip(
        name in "\\PC{0,40}|[\\x00-\\x7f]{0,40}",
        content in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let file = FormFile::new(name.clone(), "application/x-thing", &content);
        let read = FormFile::parse(file.to_data_uri()).unwrap();
        prop_assert_eq!(read.name(), Some(name.as_str()).filter(|name| !name.is_empty()));
        prop_assert_eq!(read.bytes(), content.clone());
        prop_assert_eq!(read.size(), content.len());
        prop_assert_eq!(read, file);
    }

    #[test]
    fn res_09_parsing_any_text_does_not_panic(text in "\\PC{0,80}") {
        if let Ok(file) = FormFile::parse(text) {
            prop_assert!(file.size() >= file.bytes().len());
        }
    }

    #[test]
    fn res_09_parsing_data_uri_like_text_does_not_panic(
        header in "[a-z/;=%é]{0,30}",
        payload in "[A-Za-z0-9+/=,_é \\n-]{0,60}",
    ) {
        let uri = format!("data:{header};base64,{payload}");
        if let Ok(file) = FormFile::parse(uri) {
            prop_assert!(file.size() >= file.bytes().len());
            let again = FormFile::parse(file.to_data_uri()).unwrap();
            prop_assert_eq!(again.bytes(), file.bytes());
        }
    }
}

#[derive(ActionForm)]
struct Upload {
    #[field(media_types = ["text/csv", "image/*", ".dat"])]
    file: FormFile,
}

#[smart_action(collection = "form tests", name = "Upload", kind = "global")]
async fn upload(form: Form<Upload>) -> String {
    form.file.name().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn a_file_is_accepted_by_its_extension_and_a_csv_as_windows_declares_it() {
    let agent = Agent::local(actions![upload]).await;
    let app = agent.serve().await;
    for (file, is_accepted) in [
        ("data:text/csv;name=a.csv;base64,", true),
        ("data:application/vnd.ms-excel;name=a.csv;base64,", true),
        ("data:Application/vnd.ms-Excel;name=a.CSV;base64,", true),
        ("data:application/vnd.ms-excel;name=a.xls;base64,", false),
        ("data:application/vnd.ms-excel;name=.csv;base64,", false),
        ("data:application/vnd.ms-excel;base64,", false),
        ("data:;name=a.csv;base64,", false),
        ("data:;name=a.dat;base64,", true),
        ("data:x/y;name=a.csv.DAT;base64,", true),
        ("data:x/y;name=dat;base64,", false),
        ("data:x/y;name=%E2%82%ACat;base64,", false),
    ] {
        let answer = Call::submit("upload", json!({"file": file})).send(&app).await;
        match is_accepted {
            true => assert_eq!(answer.status(), 200, "{file}: {answer:?}"),
            false => {
                let problem = answer.problems()["file"].to_string();
                assert!(
                    problem.contains("expected text/csv, image/*, .dat"),
                    "{file}: {problem}"
                );
            }
        }
    }
}
