//! Collections that are not writable, and what the schema says.

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType, Writable};
use forest_actions::{Forest, ForestBuilder};
use serde_json::{Value, json};

use super::club::{clubs, record, rows, selection, send, writable};
use crate::support::{Call, token_of};

/// A path of each route, with its method.
const ROUTES: [(&str, &str, &str); 8] = [
    ("POST", "notes", "GET, HEAD, OPTIONS"),
    ("DELETE", "notes", "GET, HEAD, OPTIONS"),
    ("PUT", "notes/1", "GET, HEAD, OPTIONS"),
    ("DELETE", "notes/1", "GET, HEAD, OPTIONS"),
    ("PUT", "notes/1/relationships/any", "GET, HEAD, OPTIONS"),
    ("POST", "notes/1/relationships/any", "GET, HEAD, OPTIONS"),
    ("DELETE", "notes/1/relationships/any", "GET, HEAD, OPTIONS"),
    ("PUT", "notes/1/relationships/body/0", "OPTIONS"),
];

#[actix_web::test]
async fn collections_are_read_only_unless_code_makes_them_writable() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path, allow) in ROUTES {
            let refused = send(&app, "God", method, path, record(json!({"body": "changed"}))).await;
            refused.detail(405);
            assert_eq!(refused.header("allow"), Some(allow), "{method} {path}");
            let stranger = Call::bare(method, format!("/forest/{path}"));
            assert_eq!(stranger.send(&app).await.status(), 401, "{method} {path}");
        }
        // other methods of a writable collection
        for (method, path, allow) in [
            ("PATCH", "teams", "GET, HEAD, POST, DELETE, OPTIONS"),
            ("PATCH", "teams/1", "GET, HEAD, PUT, DELETE, OPTIONS"),
            (
                "PUT",
                "teams/1/relationships/members",
                "GET, HEAD, POST, DELETE, OPTIONS",
            ),
            ("POST", "members/1/relationships/team", "GET, HEAD, PUT, OPTIONS"),
            ("PUT", "members/1/relationships/shout/0", "OPTIONS"),
        ] {
            let refused = send(&app, "God", method, path, selection(&["1"])).await;
            refused.detail(405);
            assert_eq!(refused.header("allow"), Some(allow), "{method} {path}");
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn the_schema_says_what_is_writable() {
    for club in clubs(|builder| {
        writable(builder).writable("notes", Writable::all().fields(["body"]).create(false).delete(false))
    })
    .await
    {
        let schema: Value = serde_json::from_str(&club.agent.forest.schema().to_file_text()).unwrap();
        let field = |collection: &str, field: &str| {
            let collections = schema["collections"].as_array().unwrap();
            let collection = collections.iter().find(|known| known["name"] == collection).unwrap();
            let fields = collection["fields"].as_array().unwrap();
            fields.iter().find(|known| known["field"] == field).unwrap()["isReadOnly"].clone()
        };
        for (collection, name, is_read_only) in [
            ("members", "id", true),
            ("members", "shout", true),
            ("members", "name", false),
            ("members", "team", false),
            ("members", "skills", false),
            ("members", "profile", false),
            ("teams", "members", false),
            ("badges", "code", false),
        ] {
            assert_eq!(
                field(collection, name),
                is_read_only,
                "{} {collection}.{name}",
                club.name()
            );
        }
    }
    let clubs = clubs(|builder| builder.writable("teams", Writable::all().except(["region"]))).await;
    for club in clubs {
        let schema: Value = serde_json::from_str(&club.agent.forest.schema().to_file_text()).unwrap();
        for collection in schema["collections"].as_array().unwrap() {
            let is_writable = collection["name"] == "teams";
            assert_eq!(collection["isReadOnly"], !is_writable, "{}", collection["name"]);
            for field in collection["fields"].as_array().unwrap() {
                // the members are not writable, so they cannot be linked either
                let is_open = is_writable && field["field"] == "name";
                assert_eq!(field["isReadOnly"], !is_open, "{} {field}", collection["name"]);
            }
        }
    }
}

#[actix_web::test]
async fn changes_can_be_switched_off_one_by_one() {
    let settings = |builder: ForestBuilder| {
        builder
            .writable("teams", Writable::all().create(false).delete(false))
            .writable("skills", Writable::all().update(false))
    };
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path) in [
            ("POST", "teams"),
            ("DELETE", "teams"),
            ("DELETE", "teams/1"),
            ("PUT", "skills/1"),
        ] {
            let refused = send(&app, "God", method, path, record(json!({"name": "x"}))).await;
            assert_eq!(refused.status(), 405, "{method} {path}");
        }
        assert_eq!(rows(&app).await, before);
        let changed = send(&app, "God", "PUT", "teams/1", record(json!({"name": "Cats"}))).await;
        assert_eq!(changed.json()["data"]["attributes"]["name"], "Cats");
    }
}

#[actix_web::test]
async fn a_start_is_refused_for_what_cannot_be_writable() {
    let id = || FieldModel::new("id", ValueType::Integer);
    let records = MemoryRecords::new()
        .collection(CollectionModel::new("teams").field(id()).key(["id"]), Vec::new())
        .collection(CollectionModel::new("logs").field(id()), Vec::new())
        .collection(
            CollectionModel::new("views").field(id()).key(["id"]).read_only(true),
            Vec::new(),
        );
    let builder = Forest::builder()
        .actions([])
        .records(records)
        .writable("team", Writable::all())
        .writable("teams", Writable::all().fields(["nam"]).links(["members"]))
        .writable("logs", Writable::all())
        .writable("views", Writable::all());
    let refused = builder.schema().unwrap_err().to_string();
    for problem in [
        "`team` is to be writable, and the record source has no such collection; did you mean `teams`?",
        "`teams` has no field `nam` to write",
        "`teams` has no relation `members` to link",
        "`logs` is to be writable, and has no key that the store keeps unique",
        "`views` is to be writable, and is read-only in the record source",
    ] {
        assert!(refused.contains(problem), "{problem}: {refused}");
    }
    let without = Forest::builder().actions([]).writable("teams", Writable::all());
    assert!(without.schema().unwrap_err().to_string().contains("there is none"));
}

#[actix_web::test]
async fn a_role_that_may_not_browse_may_not_write() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path) in [
            ("POST", "teams"),
            ("PUT", "teams/1"),
            ("DELETE", "teams/1"),
            ("DELETE", "teams"),
        ] {
            let call = send(&app, "Blind", method, path, record(json!({"name": "x"}))).await;
            assert_eq!(call.status(), 403, "{method} {path}");
        }
        let token = token_of("Blind");
        let hidden = Call::read("/forest/teams/1").bearer(&token).send(&app).await;
        assert_eq!(hidden.status(), 403);
        assert_eq!(rows(&app).await, before);
    }
}
