//! Values, names, ids and parameters that are meant to be read as something else.

use serde_json::{Value, json};

use super::club::{clubs, linked, record, rows, selection, send, writable};
use crate::support::escaped;

const CORPUS: [&str; 18] = [
    "'; DROP TABLE members; --",
    "\" OR 1=1 --",
    "1; DELETE FROM teams",
    "1 OR 1=1",
    "') RETURNING token --",
    "\\'; SELECT 1; --",
    "name\" = 'x' --",
    "id = id",
    "$1",
    "?",
    "{{currentUser.id}}",
    "${jndi:ldap://x}",
    "../../teams/1",
    "%27%20OR%201",
    "\u{202e}gnirts",
    "constructor",
    "__proto__",
    "🍺\u{1}",
];

#[actix_web::test]
async fn hostile_values_are_stored_as_texts() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        for text in CORPUS {
            let path = "members/1";
            let changed = send(
                &app,
                "Admin",
                "PUT",
                path,
                record(json!({"name": text, "details": {text: text}})),
            )
            .await;
            assert_eq!(
                changed.json()["data"]["attributes"]["name"],
                text,
                "{} {changed:?}",
                club.name()
            );
            assert_eq!(changed.json()["data"]["attributes"]["details"], json!({text: text}));
        }
        send(
            &app,
            "Admin",
            "PUT",
            "members/1",
            record(json!({"name": "Ann", "details": null})),
        )
        .await
        .json();
        let left = rows(&app).await;
        for name in ["Lions", "Tigers", "Ann", "Bob", "Cid", "Dan"] {
            assert!(left.contains(name), "{left}");
        }
    }
}

#[actix_web::test]
async fn hostile_names_ids_and_parameters_are_refused_and_change_nothing() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for text in CORPUS {
            let id = escaped(text);
            for (method, path, body) in [
                ("POST", "members".to_owned(), record(json!({text: "x", "name": "x"}))),
                ("PUT", "members/1".to_owned(), record(json!({text: "x"}))),
                ("PUT", format!("members/{id}"), record(json!({"name": "x"}))),
                ("PUT", format!("badges/1%7C{id}"), record(json!({"label": "x"}))),
                ("DELETE", format!("members/{id}"), Value::Null),
                ("DELETE", "members".to_owned(), selection(&[text])),
                ("PUT", format!("members/1/relationships/{id}"), json!({"data": null})),
                ("POST", format!("members/1/relationships/{id}"), linked(&["1"])),
                ("POST", "members/1/relationships/skills".to_owned(), linked(&[text])),
                (
                    "PUT",
                    "members/1/relationships/team".to_owned(),
                    json!({"data": {"id": text}}),
                ),
                ("PUT", format!("members/1/relationships/{id}/0"), record(json!("x"))),
                ("PUT", format!("members/1?timezone={id}"), record(json!({"name": "x"}))),
                (
                    "DELETE",
                    format!("teams/1/relationships/members?delete={id}"),
                    selection(&["1"]),
                ),
                (
                    "PUT",
                    "members/1".to_owned(),
                    record(json!({"age": text, "joined_on": text, "plan": text})),
                ),
            ] {
                // the last of several time zones counts
                let path = path.replace("members/1?timezone=", "members/1?x=1&timezone=");
                if path.contains("&timezone=") {
                    let call = crate::support::Call::post(format!("/forest/{path}"))
                        .method(method)
                        .json(&body);
                    assert_eq!(call.send(&app).await.status(), 400, "{method} {path}");
                    continue;
                }
                let answer = send(&app, "Admin", method, &path, body).await;
                let status = answer.status();
                assert!(
                    (400..500).contains(&status),
                    "{} {method} {path} {text}: {answer:?}",
                    club.name()
                );
            }
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}
