//! Bodies that are no records.

use super::club::{clubs, rows, writable};
use crate::support::{Call, token_of};

#[actix_web::test]
async fn malformed_bodies_are_400_and_change_nothing() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let deep = format!("{{\"data\":{{\"attributes\":{}", "{\"a\":".repeat(2_000));
        let wide = format!(
            "{{\"data\":{{\"attributes\":{{\"details\":[{}1]}}}}}}",
            "1,".repeat(60_000)
        );
        for body in [
            "",
            "{",
            "null",
            "[]",
            "7",
            "{}",
            "{\"data\":null}",
            "{\"data\":7}",
            "{\"data\":[7]}",
            "{\"data\":{\"attributes\":[1]}}",
            "{\"data\":{\"attributes\":\"name\"}}",
            "\u{0}",
            "{\"data\":{\"attributes\":{\"name\":\"\\ud800\"}}}",
            &deep,
            &wide,
        ] {
            for (method, path) in [
                ("POST", "members"),
                ("PUT", "members/1"),
                ("DELETE", "members"),
                ("POST", "members/1/relationships/skills"),
                ("DELETE", "members/1/relationships/skills"),
                ("PUT", "members/1/relationships/profile/x"),
            ] {
                let call = Call::post(format!("/forest/{path}"))
                    .method(method)
                    .body(body.to_owned());
                let answer = call.bearer(&token_of("Admin")).send(&app).await;
                let status = answer.status();
                assert!((400..500).contains(&status), "{method} {path} {body:.40}: {status}");
            }
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn a_body_has_to_be_json_and_within_the_limit() {
    for club in clubs(|builder| writable(builder).body_limit(1_000)).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let body = "{\"data\":{\"attributes\":{\"name\":\"x\"}}}";
        let form = Call::post("/forest/members")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        assert_eq!(form.send(&app).await.status(), 415);
        let large = Call::post("/forest/members").body(format!("{body}{}", " ".repeat(1_000)));
        assert_eq!(large.send(&app).await.status(), 413);
        assert_eq!(rows(&app).await, before);
    }
}
