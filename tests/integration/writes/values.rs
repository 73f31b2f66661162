//! Values of new and changed records.

use serde_json::{Value, json};

use super::club::{clubs, field, record, rows, send, writable};
use crate::support::{Call, token_of};

#[actix_web::test]
async fn a_new_record_is_answered_as_it_is_read() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let attributes = json!({
            "id": null, "name": "Eve O'Neil; DROP TABLE members; --", "email": "eve@example.com", "plan": "gold", "age": 41,
            "joined_on": "2024-05-15", "is_active": true, "seen_at": "2024-05-15T12:30:00.250+02:00", "score": "12.50",
            "details": {"tags": ["a", null], "n": 1.5}, "shout": null,
        });
        let mut body = record(attributes);
        body["data"]["relationships"] = json!({
            "team": {"data": {"type": "teams", "id": "1"}}, "profile": {"data": null}, "skills": {"data": []},
        });
        let created = send(&app, "Admin", "POST", "members", body).await;
        assert_eq!(created.status(), 200, "{} {created:?}", club.name());
        let document = created.json();
        let record = &document["data"];
        for (name, value) in [
            ("name", json!("Eve O'Neil; DROP TABLE members; --")),
            ("email", json!("eve@example.com")),
            ("plan", json!("gold")),
            ("age", json!(41)),
            ("joined_on", json!("2024-05-15")),
            ("is_active", json!(true)),
            ("seen_at", json!("2024-05-15T10:30:00.250Z")),
            ("details", json!({"tags": ["a", null], "n": 1.5})),
        ] {
            assert_eq!(record["attributes"][name], value, "{} {name}", club.name());
        }
        assert!(["12.5", "\"12.50\"", "12.50"].contains(&record["attributes"]["score"].to_string().as_str()));
        assert_eq!(record["relationships"]["team"]["data"]["id"], "1");
        let id = record["id"].as_str().unwrap();
        let path = format!("/forest/members/{id}");
        let read = Call::read(path).bearer(&token_of("Admin")).send(&app).await;
        assert_eq!(read.json(), document);
        // the text that looks like SQL is a text
        assert!(rows(&app).await.contains("Ann"));
    }
}

#[actix_web::test]
async fn null_in_a_new_record_is_the_default_and_in_a_change_clears() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let mut body = record(json!({"name": "Fay", "plan": null, "email": null, "age": null}));
        body["data"]["relationships"] = json!({"team": {"data": {"id": 1}}});
        let created = send(&app, "Admin", "POST", "members", body).await.json();
        assert_eq!(created["data"]["attributes"]["plan"], "free", "{created}");
        let id = created["data"]["id"].as_str().unwrap();
        let path = format!("members/{id}");
        let set = send(
            &app,
            "Admin",
            "PUT",
            &path,
            record(json!({"age": "7", "email": "fay@example.com"})),
        )
        .await;
        assert_eq!(set.json()["data"]["attributes"]["age"], 7);
        let cleared = send(&app, "Admin", "PUT", &path, record(json!({"age": null})))
            .await
            .json();
        assert_eq!(cleared["data"]["attributes"]["age"], Value::Null);
        assert_eq!(cleared["data"]["attributes"]["email"], "fay@example.com");
        let refused = send(&app, "Admin", "PUT", &path, record(json!({"name": null}))).await;
        assert_eq!(refused.detail(400), "“name”: is required");
    }
}

#[actix_web::test]
async fn all_wrong_values_are_named_at_once_and_nothing_is_written() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let wrong = json!({
            "age": 1.5, "plan": "platinum", "joined_on": "15/05/2024", "is_active": "perhaps", "seen_at": 7,
            "score": "a lot", "email": ["x"],
        });
        for (method, path, named) in [("POST", "members", 8), ("PUT", "members/1", 7)] {
            let refused = send(&app, "Admin", method, path, record(wrong.clone())).await;
            let text = refused.detail(400);
            assert!(text.contains("“plan”: expected one of free, paid, gold"), "{text}");
            let fields = refused.json()["errors"][0]["data"]["fields"]
                .as_object()
                .cloned()
                .unwrap();
            // a new record also lacks its name
            assert_eq!(fields.len(), named, "{} {fields:?}", club.name());
        }
        for (attributes, text) in [
            (json!({"nam": "x"}), "Did you mean 'name'?"),
            (json!({"token": "stolen"}), "field was not found"),
            (json!({"id": 7}), "'members.id' cannot be written"),
            (json!({"shout": "HEY"}), "'members.shout' cannot be written"),
            (json!({"team": 1}), "field was not found"),
        ] {
            for (method, path) in [("POST", "members"), ("PUT", "members/1")] {
                let refused = send(&app, "Admin", method, path, record(attributes.clone())).await;
                let detail = refused.detail(400);
                assert!(detail.contains(text), "{method} {attributes}: {detail}");
                assert!(!detail.contains("token,") && !detail.contains(", token"), "{detail}");
            }
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn broken_rules_of_the_database_are_sentences_without_sql() {
    for club in clubs(writable).await {
        if club.is_memory() {
            continue;
        }
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let long = "x".repeat(41);
        let is_postgres = club.name() == "postgres";
        for (method, path, attributes, status, detail) in [
            (
                "PUT",
                "members/1",
                json!({"email": "bob@example.com"}),
                409,
                "email: already taken",
            ),
            ("POST", "teams", json!({"name": "Lions"}), 409, "name: already taken"),
            (
                "PUT",
                "members/1",
                json!({"age": -1}),
                400,
                "age: does not meet a condition of the database",
            ),
            ("DELETE", "teams/1", Value::Null, 409, "still used by "),
            ("PUT", "members/1", json!({"name": long}), 400, "longer than its column"),
            (
                "PUT",
                "members/1",
                json!({"age": 99_999_999_999_i64}),
                400,
                "out of the range of its column",
            ),
        ] {
            // SQLite has neither lengths of texts nor ranges of integers
            if !is_postgres && (detail.contains("column")) {
                continue;
            }
            let body = if attributes.is_null() {
                Value::Null
            } else {
                record(attributes)
            };
            let refused = send(&app, "Admin", method, path, body).await;
            let text = refused.detail(status);
            assert!(text.contains(detail), "{} {path}: {text}", club.name());
            for leak in ["constraint", "INSERT", "UPDATE", "bob@", "SELECT", "members_"] {
                assert!(!text.contains(leak), "{text}");
            }
        }
        let taken = send(
            &app,
            "Admin",
            "PUT",
            "members/1",
            record(json!({"email": "bob@example.com"})),
        )
        .await;
        assert_eq!(
            taken.json()["errors"][0]["data"]["fields"],
            json!({"email": "already taken"})
        );
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn an_update_without_attributes_is_the_record() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let same = send(&app, "Admin", "PUT", "members/1", record(json!({}))).await;
        assert_eq!(same.json()["data"]["attributes"]["name"], "Ann");
        assert_eq!(rows(&app).await, before);
    }
}

/// The back office changes a relation first, and then sends the record with the relations that it did not touch as null.
#[actix_web::test]
async fn relationships_of_an_update_are_ignored() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let company = json!({"data": {"id": "3", "type": "teams"}});
        let linked = send(&app, "Admin", "PUT", "members/1/relationships/team", company).await;
        assert_eq!(linked.status(), 204, "{linked:?}");
        let mut body = record(json!({"name": "Anna"}));
        body["data"]["relationships"] = json!({"team": {"data": null}, "profile": {"data": {"id": "x"}}, "no": 7});
        let updated = send(&app, "Admin", "PUT", "members/1", body).await;
        assert_eq!(updated.json()["data"]["relationships"]["team"]["data"]["id"], "3");
        assert_eq!(field(&app, "members", "1", "team_id").await, json!(3));
    }
}

#[actix_web::test]
async fn keys_are_written_where_code_says_so() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let badge = json!({"team_id": 3, "code": "new/one", "label": "l"});
        let created = send(&app, "Admin", "POST", "badges", record(badge)).await;
        assert_eq!(created.json()["data"]["id"], "3|new/one", "{} {created:?}", club.name());
        let path = "badges/3%7Cnew%2Fone";
        let renamed = send(&app, "Admin", "PUT", path, record(json!({"code": "other"}))).await;
        assert_eq!(renamed.json()["data"]["id"], "3|other", "{} {renamed:?}", club.name());
        let gone = send(&app, "Admin", "PUT", path, record(json!({"label": "x"}))).await;
        gone.detail(404);
        let taken = send(
            &app,
            "Admin",
            "PUT",
            "badges/3%7Cother",
            record(json!({"team_id": 1, "code": "x"})),
        )
        .await;
        assert_eq!(taken.detail(409), "team_id, code: already taken");
        let deleted = send(
            &app,
            "Admin",
            "DELETE",
            "badges/%5B%221%22%2C%22a%7Cb%22%5D",
            Value::Null,
        )
        .await;
        assert_eq!(deleted.status(), 204, "{deleted:?}");
        assert!(!rows(&app).await.contains("odd"));
    }
}
