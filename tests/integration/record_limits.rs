//! Indirect access to records: through relations, user attributes, actions that create records, timestamps with several
//! SQLite spellings, and cross-site pages.

use std::sync::OnceLock;

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, ValueType};
use forest_actions::records::{Filter, MemoryRecords, Operator, SqlRecords};
use forest_actions::{ActionDescriptor, LocalRole, Selection};
use futures_util::TryStreamExt as _;
use serde_json::json;
use sqlx::sqlite::SqlitePoolOptions;

use crate::support::records::{all_of, ids_of_each, list, listed, selected, stages};
use crate::support::{Agent, Call, claims, mint};

fn all() -> Vec<&'static ActionDescriptor> {
    ids_of_each().to_vec()
}

#[actix_web::test]
async fn a_forbidden_collection_is_not_reachable_through_a_relation() {
    let role = || LocalRole::new("Admin").deny_browsing("customers");
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        let app = stage.serve().await;
        list(&app, "customers", &json!({})).await.detail(403);
        let one = list(&app, "transactions/1", &json!({})).await;
        let with_fields = json!({"fields[transactions]": "id,customer", "fields[customer]": "last_name,email"});
        let page = list(&app, "transactions", &with_fields).await;
        let file = list(
            &app,
            "transactions.csv",
            &json!({"fields[transactions]": "id,customer", "fields[customer]": "email"}),
        )
        .await;
        for answer in [one, page, file] {
            assert_eq!(answer.status(), 200, "{answer:?}");
            let text = String::from_utf8_lossy(answer.bytes()).into_owned();
            assert!(!text.contains("alice.martin") && !text.contains("Martin"), "{text}");
        }
        let by_name = json!({"field": "customer:last_name", "operator": "starts_with", "value": "M"}).to_string();
        list(&app, "transactions/count", &json!({"filters": by_name}))
            .await
            .detail(400);
        list(&app, "transactions", &json!({"sort": "customer.last_name"}))
            .await
            .detail(400);
        let found = listed(
            &app,
            "transactions",
            &json!({"search": "martin", "searchExtended": "1"}),
        )
        .await;
        assert!(found.is_empty(), "{found:?}");
        let asked = all_of(json!({"filters": by_name}));
        Call::post("/forest/actions/ids-of-transactions")
            .attributes(asked)
            .send(&app)
            .await
            .detail(400);
    }
}

#[actix_web::test]
async fn user_attributes_cannot_widen_a_scope() {
    let in_name = Filter::leaf("first_name", Operator::In, "{{currentUser.firstName}}");
    let by_tag = Filter::leaf("name", Operator::StartsWith, "{{currentUser.tags.start}}");
    let role = || {
        LocalRole::new("Admin")
            .scope("customers", in_name.clone())
            .scope("companies", by_tag.clone())
    };
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        let app = stage.serve().await;
        let mut claims = claims();
        claims["firstName"] = json!("Alice,Bob,Eve");
        claims["tags"] = json!([{"key": "start", "value": ""}]);
        let token = mint(&claims);
        let many = Call::read("/forest/customers?timezone=UTC")
            .bearer(&token)
            .send(&app)
            .await;
        assert_eq!(
            many.json()["data"],
            json!([]),
            "one name with commas in it, which nobody has"
        );
        let nothing = Call::read("/forest/companies?timezone=UTC")
            .bearer(&token)
            .send(&app)
            .await;
        assert!(nothing.detail(403).contains("tags.start"), "an empty tag is none");
    }
}

static NOTES: OnceLock<MemoryRecords> = OnceLock::new();

fn five_notes() -> MemoryRecords {
    let model = CollectionModel::new("notes")
        .field(FieldModel::new("id", ValueType::Integer))
        .key(["id"]);
    MemoryRecords::new().collection(model, (1..=5).map(|id| json!({"id": id})).collect::<Vec<_>>())
}

#[smart_action(collection = "notes", name = "Duplicate", kind = "bulk")]
async fn duplicate(selection: Selection) -> ActionResult {
    let notes = NOTES.get_or_init(five_notes);
    let mut copied = 0;
    let mut chunks = selection.chunks::<i64>(2);
    while let Some(ids) = chunks.try_next().await? {
        for id in ids {
            copied += 1;
            if copied > 20 {
                return Err(failure("it does not end"));
            }
            notes.insert("notes", &json!({"id": id + 100}))?;
        }
    }
    Ok(success(format!("{copied} copied")))
}

#[actix_web::test]
async fn sel_12_records_copied_by_an_action_are_not_selected() {
    let notes = NOTES.get_or_init(five_notes).clone();
    let agent = Agent::with(|builder| builder.actions(actions![duplicate]).records(notes)).await;
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/duplicate")
        .attributes(all_of(json!({})))
        .send(&app)
        .await;
    assert_eq!(answer.success(), "5 copied");
}

#[smart_action(collection = "readings", name = "Readings", kind = "bulk")]
async fn readings(selection: Selection) -> ActionResult {
    let ids: Vec<Vec<(i64, String)>> = selection.chunks(1).try_collect().await?;
    Ok(success(format!("{}", ids.len())))
}

#[actix_web::test]
async fn sel_05_sqlite_timestamp_keys_are_distinguished_below_a_millisecond() {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(
        "CREATE TABLE readings (sensor INTEGER NOT NULL, at DATETIME NOT NULL, v INTEGER, PRIMARY KEY (sensor, at)); \
         INSERT INTO readings VALUES (1, '2024-05-15 10:30:00.123000', 1), (1, '2024-05-15 10:30:00.123400', 2), \
         (1, '2024-05-15 10:30:00.123450', 9), (1, 'soon', 3)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let records = SqlRecords::sqlite(pool).await.unwrap();
    let agent = Agent::with(|builder| builder.actions(actions![readings]).records(records)).await;
    let app = agent.serve().await;
    let all = Call::post("/forest/actions/readings")
        .attributes(all_of(json!({})))
        .send(&app)
        .await;
    assert_eq!(all.success(), "4");
    let excluded = json!({
        "all_records": true, "all_records_subset_query": {},
        "all_records_ids_excluded": ["1|2024-05-15 10:30:00.123400"],
    });
    let rest = Call::post("/forest/actions/readings")
        .attributes(excluded)
        .send(&app)
        .await;
    assert_eq!(rest.success(), "3");
    let one = json!({"ids": ["1|2024-05-15 10:30:00.123450"]});
    let one = Call::post("/forest/actions/readings").attributes(one).send(&app).await;
    assert_eq!(one.success(), "1");
}

#[actix_web::test]
async fn a_cross_site_page_cannot_read_records() {
    for stage in stages(|builder| builder.actions(all())).await {
        let app = stage.serve().await;
        let token = mint(&claims());
        let with_cookie = |site: Option<&str>| {
            let call = Call::read("/forest/companies?timezone=UTC")
                .without("authorization")
                .without("origin")
                .header("cookie", format!("forest_session_token={token}"));
            match site {
                Some(site) => call.header("sec-fetch-site", site),
                None => call,
            }
        };
        assert_eq!(with_cookie(Some("cross-site")).send(&app).await.status(), 401);
        for site in [None, Some("same-origin"), Some("none")] {
            assert_eq!(with_cookie(site).send(&app).await.status(), 200, "{site:?}");
        }
        assert!(!selected(&app, "companies", all_of(json!({}))).await.is_empty());
    }
}
