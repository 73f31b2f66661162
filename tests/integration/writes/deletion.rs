//! Deletion of one record, of named ones, and of "select all".

use forest_actions::records::Writable;
use serde_json::{Value, json};

use super::club::{clubs, record, rows, selection, send, writable};

fn all(list: Value, excluded: &[&str]) -> Value {
    let mut body = selection(&[]);
    body["data"]["attributes"]["all_records"] = true.into();
    body["data"]["attributes"]["all_records_subset_query"] = list;
    body["data"]["attributes"]["all_records_ids_excluded"] = excluded.into();
    body
}

#[actix_web::test]
async fn one_record_is_deleted_and_a_second_time_not_found() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let deleted = send(&app, "Admin", "DELETE", "members/4", Value::Null).await;
        assert_eq!((deleted.status(), deleted.bytes()), (204, &b""[..]), "{deleted:?}");
        let again = send(&app, "Admin", "DELETE", "members/4", Value::Null).await;
        assert_eq!(again.detail(404), "The members #4 does not exist.");
        assert!(!rows(&app).await.contains("Dan"));
    }
}

#[actix_web::test]
async fn named_records_are_deleted_within_the_scope() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        // 2 is in France, and 9 does not exist
        let deleted = send(
            &app,
            "Admin",
            "DELETE",
            "members",
            selection(&["2", "3", "4", "9", "4"]),
        )
        .await;
        assert_eq!(deleted.status(), 204, "{deleted:?}");
        assert_eq!(deleted.header("x-forest-deleted"), Some("2"));
        let left = rows(&app).await;
        assert!(left.contains("Ann") && left.contains("Bob") && !left.contains("Cid") && !left.contains("Dan"));
        // the older form
        let older = json!({"data": [{"id": "2"}, {"id": "7"}]});
        let none = send(&app, "Admin", "DELETE", "members", older).await;
        assert_eq!(none.header("x-forest-deleted"), Some("0"));
        assert!(rows(&app).await.contains("Bob"));
    }
}

#[actix_web::test]
async fn select_all_deletes_the_list_within_the_scope() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let list = json!({"search": "d", "timezone": "UTC"});
        let deleted = send(&app, "Admin", "DELETE", "members", all(list, &["3"])).await;
        assert_eq!(deleted.status(), 204, "{deleted:?}");
        assert_eq!(deleted.header("x-forest-deleted"), Some("1"), "{}", club.name());
        let left = rows(&app).await;
        assert!(
            left.contains("Cid") && left.contains("Bob") && !left.contains("Dan"),
            "{left}"
        );
    }
}

#[actix_web::test]
async fn more_records_than_the_bound_are_refused() {
    let settings = |builder| super::club::writable(builder).writable("notes", Writable::all().max_records(1));
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        for text in ["two", "three"] {
            send(&app, "God", "POST", "notes", record(json!({"body": text})))
                .await
                .json();
        }
        let before = rows(&app).await;
        for body in [selection(&["1", "2"]), all(json!({}), &[])] {
            let refused = send(&app, "God", "DELETE", "notes", body).await;
            let text = "at most 1 records can be changed at once, and more are selected";
            assert_eq!(refused.detail(422), text);
        }
        assert_eq!(rows(&app).await, before);
    }
}

#[actix_web::test]
async fn a_deletion_that_selects_nothing_is_refused() {
    for club in clubs(writable).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        let attributes = |attributes: Value| json!({"data": {"attributes": attributes}});
        for body in [
            attributes(json!({})),
            attributes(json!({"ids": []})),
            attributes(json!({"all_records": "true"})),
            attributes(json!({"all_records": 1})),
            attributes(json!({"ids": null})),
            attributes(json!({"all_records": true, "parent_collection_name": "teams"})),
            attributes(json!({"all_records": true, "all_records_subset_query": {"filters": "{"}})),
            attributes(json!({"ids": ["1 OR 1=1"]})),
        ] {
            let refused = send(&app, "God", "DELETE", "members", body.clone()).await;
            assert!([400, 422].contains(&refused.status()), "{body}: {refused:?}");
        }
        assert_eq!(rows(&app).await, before);
    }
}

#[actix_web::test]
async fn a_deletion_is_undone_as_a_whole() {
    for club in clubs(writable).await {
        if club.is_memory() {
            continue;
        }
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        // Ann has a profile and a skill
        let refused = send(&app, "Admin", "DELETE", "members", selection(&["4", "3", "1"])).await;
        assert!(refused.detail(409).starts_with("still used by"), "{refused:?}");
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}
