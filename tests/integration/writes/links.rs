//! Links between records.

use forest_actions::records::Writable;
use serde_json::{Value, json};

use super::club::{clubs, field, linked, record, rows, selection, send, writable};

fn one(id: &str) -> Value {
    json!({"data": {"id": id, "type": "whatever"}})
}

#[actix_web::test]
async fn a_relation_to_one_is_set_and_cleared() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let path = "members/1/relationships/team";
        assert_eq!(send(&app, "Admin", "PUT", path, one("3")).await.status(), 204);
        assert_eq!(field(&app, "members", "1", "team_id").await, json!(3));
        // without a team, the member would be out of scope
        let refused = send(&app, "Admin", "PUT", path, json!({"data": null})).await;
        assert_eq!(refused.name(), "OutOfScopeError", "{refused:?}");
        assert_eq!(
            send(&app, "God", "PUT", path, json!({"data": null})).await.status(),
            204
        );
        assert_eq!(field(&app, "members", "1", "team_id").await, Value::Null);
    }
}

#[actix_web::test]
async fn a_one_to_one_relation_moves_its_place() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let path = "members/1/relationships/profile";
        let moved = send(&app, "Admin", "PUT", path, one("2")).await;
        assert_eq!(moved.status(), 204, "{} {moved:?}", club.name());
        assert_eq!(field(&app, "profiles", "1", "member_id").await, Value::Null);
        assert_eq!(field(&app, "profiles", "2", "member_id").await, json!(1));
        // the same again
        assert_eq!(send(&app, "Admin", "PUT", path, one("2")).await.status(), 204);
        assert_eq!(
            send(&app, "Admin", "PUT", path, json!({"data": null})).await.status(),
            204
        );
        assert_eq!(field(&app, "profiles", "2", "member_id").await, Value::Null);
        // the profile of another one, out of scope
        let before = rows(&app).await;
        let spy = send(&app, "Admin", "PUT", path, one("3")).await;
        spy.detail(404);
        assert_eq!(rows(&app).await, before);
    }
}

#[actix_web::test]
async fn a_place_that_is_taken_out_of_scope_is_not_freed() {
    let settings = |builder| writable(builder);
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let set = send(&app, "God", "PUT", "members/1/relationships/profile", one("3")).await;
        assert_eq!(set.status(), 204, "{set:?}");
        let before = rows(&app).await;
        let refused = send(&app, "Admin", "PUT", "members/1/relationships/profile", one("1")).await;
        assert_eq!(
            refused.detail(409),
            "`profile` is taken by a record that you may not change"
        );
        assert_eq!(rows(&app).await, before);
    }
}

#[actix_web::test]
async fn records_are_linked_to_many_and_unlinked() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let path = "teams/3/relationships/members";
        // 4 is linked already
        let added = send(&app, "Admin", "POST", path, linked(&["1", "4", "1"])).await;
        assert_eq!(added.status(), 204, "{added:?}");
        assert_eq!(field(&app, "members", "1", "team_id").await, json!(3));
        let before = rows(&app).await;
        // all or nothing: Bob is in France
        let refused = send(&app, "Admin", "POST", path, linked(&["3", "2"])).await;
        assert_eq!(refused.detail(404), "The members #2 does not exist.");
        assert_eq!(rows(&app).await, before);
        // without a team, a member is out of scope
        let refused = send(&app, "Admin", "DELETE", path, selection(&["1"])).await;
        assert_eq!(refused.name(), "OutOfScopeError");
        assert_eq!(rows(&app).await, before);
        let removed = send(&app, "God", "DELETE", path, selection(&["1", "3"])).await;
        assert_eq!(removed.status(), 204, "{removed:?}");
        assert_eq!(field(&app, "members", "1", "team_id").await, Value::Null);
        // 3 is not linked to this team
        assert_eq!(field(&app, "members", "3", "team_id").await, json!(1));
    }
}

#[actix_web::test]
async fn many_to_many_links_are_records_in_between() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let path = "members/1/relationships/skills";
        // 1 is linked already
        let added = send(&app, "Admin", "POST", path, linked(&["1", "2"])).await;
        assert_eq!(added.status(), 204, "{} {added:?}", club.name());
        assert!(rows(&app).await.contains("members_skills \"1|2\""));
        let secret = send(&app, "Admin", "POST", path, linked(&["3"])).await;
        secret.detail(404);
        let removed = send(&app, "Admin", "DELETE", path, json!({"data": [{"id": "1"}]})).await;
        assert_eq!(removed.status(), 204, "{removed:?}");
        let left = rows(&app).await;
        assert!(
            !left.contains("members_skills \"1|1\"") && left.contains("members_skills \"2|1\""),
            "{left}"
        );
        assert!(left.contains("chess"));
        let deleted = send(
            &app,
            "Admin",
            "DELETE",
            &format!("{path}?delete=true"),
            selection(&["2"]),
        )
        .await;
        assert_eq!(deleted.header("x-forest-deleted"), Some("1"), "{deleted:?}");
        assert!(!rows(&app).await.contains("judo"));
    }
}

#[actix_web::test]
async fn unlinking_deletes_only_if_it_is_told_to() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let path = "teams/3/relationships/members";
        for flag in ["yes", "TRUE", "2", "%00"] {
            let refused = send(
                &app,
                "God",
                "DELETE",
                &format!("{path}?delete={flag}"),
                selection(&["4"]),
            )
            .await;
            assert_eq!(refused.detail(400), "`delete` must be `true` or `false`", "{flag}");
        }
        // not linked to this team, so it is left alone
        let none = send(&app, "God", "DELETE", &format!("{path}?delete=true"), selection(&["1"])).await;
        assert_eq!(none.header("x-forest-deleted"), Some("0"));
        assert_eq!(rows(&app).await, before);
        let deleted = send(&app, "God", "DELETE", &format!("{path}?delete=1"), selection(&["4"])).await;
        assert_eq!(deleted.header("x-forest-deleted"), Some("1"));
        assert!(!rows(&app).await.contains("Dan"));
    }
}

#[actix_web::test]
async fn select_all_of_a_related_list_stays_inside_it() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let mut body = selection(&["4"]);
        body["data"]["attributes"]["all_records"] = true.into();
        let removed = send(&app, "God", "DELETE", "teams/1/relationships/members", body).await;
        assert_eq!(removed.status(), 204, "{removed:?}");
        assert_eq!(field(&app, "members", "1", "team_id").await, Value::Null);
        assert_eq!(field(&app, "members", "2", "team_id").await, json!(2));
        assert_eq!(field(&app, "members", "4", "team_id").await, json!(3));
    }
}

#[actix_web::test]
async fn a_new_record_is_created_with_its_links() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let mut body = record(json!({"name": "Gil"}));
        body["data"]["relationships"] = json!({
            "team": {"data": {"id": "3"}}, "profile": {"data": {"id": "2"}},
            "skills": {"data": [{"id": "1"}, {"id": "2"}]},
        });
        let created = send(&app, "Admin", "POST", "members", body.clone()).await;
        let id = created.json()["data"]["id"].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            field(&app, "profiles", "2", "member_id").await.to_string(),
            id,
            "{created:?}"
        );
        assert!(rows(&app).await.contains(&format!("members_skills \"{id}|2\"")));
        let before = rows(&app).await;
        body["data"]["relationships"]["skills"] = json!({"data": [{"id": "3"}]});
        let refused = send(&app, "Admin", "POST", "members", body).await;
        refused.detail(404);
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn a_link_has_to_fit_the_kind_of_its_relation() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path, body) in [
            ("PUT", "members/1/relationships/team", linked(&["3"])),
            ("PUT", "members/1/relationships/team", json!({"data": {"id": null}})),
            ("PUT", "members/1/relationships/team", json!({"data": {"id": "three"}})),
            ("POST", "teams/1/relationships/members", one("4")),
            (
                "POST",
                "teams/1/relationships/members",
                json!({"data": [{"type": "members"}]}),
            ),
            ("POST", "teams/1/relationships/members", json!({"data": null})),
        ] {
            let refused = send(&app, "God", method, path, body.clone()).await;
            refused.detail(400);
        }
        assert_eq!(rows(&app).await, before);
    }
}

#[actix_web::test]
async fn an_element_of_a_list_is_set_in_both_forms() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let set = |index: usize, value: Value| {
            let app = &app;
            async move {
                let path = format!("members/1/relationships/details/{index}");
                send(app, "Admin", "PUT", &path, json!({"data": {"attributes": value}})).await
            }
        };
        assert_eq!(set(0, json!("first")).await.status(), 204, "{}", club.name());
        assert_eq!(set(1, json!({"value": {"deep": 2}})).await.status(), 204);
        assert_eq!(
            field(&app, "members", "1", "details").await,
            json!(["first", {"deep": 2}])
        );
        assert_eq!(set(0, json!("changed")).await.status(), 204);
        let beyond = set(7, json!("x")).await;
        assert_eq!(
            beyond.detail(400),
            "`details` has 2 elements: the index may be 2 at most"
        );
        assert_eq!(
            field(&app, "members", "1", "details").await,
            json!(["changed", {"deep": 2}])
        );
        let text = json!({"data": {"attributes": "x"}});
        let no_list = send(&app, "Admin", "PUT", "members/1/relationships/name/0", text.clone()).await;
        assert_eq!(no_list.detail(400), "`name` is not a list");
        let hidden = send(&app, "Admin", "PUT", "members/1/relationships/token/0", text).await;
        assert_eq!(hidden.status(), 405);
    }
}

#[actix_web::test]
async fn links_can_be_limited() {
    let settings = |builder: forest_actions::ForestBuilder| {
        builder
            .writable("teams", Writable::all().links(Vec::<String>::new()))
            .writable("members", Writable::all())
    };
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let refused = send(&app, "God", "POST", "teams/1/relationships/members", linked(&["4"])).await;
        assert_eq!(refused.status(), 405);
        let other_side = send(&app, "God", "PUT", "members/4/relationships/team", one("1")).await;
        assert_eq!(other_side.status(), 204);
        // the records in between are not writable
        let refused = send(&app, "God", "POST", "members/1/relationships/skills", linked(&["2"])).await;
        assert_eq!(refused.status(), 405);
    }
}
