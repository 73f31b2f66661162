//! Requests of the vendor's own programs, which leave out more than the back office does.

use forest_actions::LocalRole;
use forest_actions::records::{Filter, Operator};
use serde_json::{Value, json};

use crate::support::records::{all_of, ids_of_each, list, listed, selected, stages};
use crate::support::shop::{agent, agent_with_role, ask};
use crate::support::{Call, MARK_AS_LIVE};

#[actix_web::test]
async fn foreign_keys_are_returned_when_they_are_named() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let attributes = |document: Value| document["data"][0]["attributes"].clone();
        let fields = json!({"fields[transactions]": "id,emitter_id", "page[size]": "1"});
        for path in ["transactions", "companies/1/relationships/emitted"] {
            let document = list(&app, path, &fields).await.json();
            assert_eq!(attributes(document), json!({"id": 1, "emitter_id": 1}), "{path}");
        }
        let unnamed = list(&app, "transactions", &json!({})).await.json();
        assert!(attributes(unnamed).get("emitter_id").is_none());

        let one = list(&app, "transactions/1", &json!({"fields[transactions]": "emitter_id"})).await;
        assert_eq!(one.json()["data"]["attributes"]["emitter_id"], 1);
        let one = list(&app, "transactions/1", &json!({})).await.json();
        assert!(one["data"]["attributes"].get("emitter_id").is_none());

        let behind = json!({"fields[transactions]": "id,customer", "fields[customer]": "company_id", "sort": "id"});
        let document = list(&app, "transactions", &behind).await.json();
        let related = &document["included"][0];
        assert!(related["attributes"]["company_id"].is_i64(), "{related}");

        let csv = list(
            &app,
            "transactions.csv",
            &json!({"fields[transactions]": "id,emitter_id"}),
        )
        .await;
        assert!(csv.text().starts_with("id,emitter_id\n1,1\n"), "{}", csv.text());
        let csv = list(&app, "transactions.csv", &json!({})).await;
        assert!(!csv.text().lines().next().unwrap().contains("emitter_id"));
    }
}

#[actix_web::test]
async fn sel_01_value_may_be_absent_where_the_operator_takes_none() {
    let scope = Filter::leaf("label", Operator::Present, Value::Null);
    let role = || LocalRole::new("Admin").scope("transactions", scope.clone());
    for stage in stages(|builder| builder.actions(ids_of_each()).local_role(role())).await {
        let app = stage.serve().await;
        for (field, operator) in [
            ("customer:email", "Blank"),
            ("label", "present"),
            ("label", "missing"),
            ("created_at", "previous_month"),
            ("created_at", "PreviousYearToDate"),
            ("created_at", "Future"),
        ] {
            let absent = json!({"filters": {"field": field, "operator": operator}});
            let null = json!({"filters": {"field": field, "operator": operator, "value": null}});
            let expected = listed(&app, "transactions", &null).await;
            assert_eq!(listed(&app, "transactions", &absent).await, expected, "{operator}");
            assert_eq!(selected(&app, "transactions", all_of(absent.clone())).await, expected);
            let count = list(&app, "transactions/count", &absent).await;
            assert_eq!(count.json(), json!({"count": expected.len()}));
            let csv = list(&app, "transactions.csv", &absent).await;
            assert_eq!(csv.text().lines().count(), expected.len() + 1);
        }
        for operator in [
            "equal",
            "not",
            "in",
            "contains",
            "like",
            "previous_x_days",
            "AfterXHoursAgo",
        ] {
            let absent = json!({"filters": {"field": "created_at", "operator": operator}});
            let refused = list(&app, "transactions", &absent).await;
            assert_eq!(refused.detail(422), "Invalid condition format", "{operator}");
        }
    }
}

#[actix_web::test]
async fn size_and_number_of_a_page_have_a_default_each() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        for path in ["transactions", "companies/1/relationships/emitted"] {
            let ids = async |parameters: Value| {
                let answer = list(&app, path, &parameters).await;
                let document = answer.json();
                let rows = document["data"]
                    .as_array()
                    .unwrap_or_else(|| panic!("{answer:?}"))
                    .clone();
                let ids: Vec<Value> = rows.iter().map(|row| row["id"].clone()).collect();
                ids
            };
            let all = ids(json!({"page[size]": "100"})).await;
            assert_eq!(ids(json!({"page[size]": "3"})).await, all[..3]);
            assert_eq!(
                ids(json!({"page[number]": "2"})).await,
                all[all.len().min(10)..all.len().min(20)]
            );
            assert_eq!(ids(json!({})).await, all[..all.len().min(10)]);
        }
    }
}

#[actix_web::test]
async fn an_unknown_relation_is_answered_with_those_that_the_caller_may_see() {
    let agent = agent().await;
    let app = agent.serve().await;
    for path in ["emited", "emited/count", "emited.csv"] {
        let refused = ask(&app, format!("/forest/companies/1/relationships/{path}")).await;
        assert_eq!(
            refused.detail(404),
            "relation not found: `companies` has no relation `emited` to any number of records. Did you mean 'emitted'? \
             Available relations are: [emitted]"
        );
    }
    let agent = agent_with_role(LocalRole::new("Admin").deny_browsing("transactions")).await;
    let app = agent.serve().await;
    for relation in ["emited", "emitted"] {
        let refused = ask(&app, format!("/forest/companies/1/relationships/{relation}")).await;
        assert!(
            refused.detail(404).ends_with("Available relations are: []"),
            "{refused:?}"
        );
    }
    let agent = agent_with_role(LocalRole::new("Admin").deny_browsing("companies")).await;
    let app = agent.serve().await;
    for relation in ["emited", "emitted"] {
        let refused = ask(&app, format!("/forest/companies/1/relationships/{relation}")).await;
        assert!(!refused.detail(403).contains("relation"), "{refused:?}");
    }
}

#[actix_web::test]
async fn sel_10_an_empty_list_is_an_empty_map() {
    for stage in stages(|builder| builder.actions(ids_of_each())).await {
        let app = stage.serve().await;
        let all = selected(&app, "companies", all_of(json!({}))).await;
        let mut attributes = all_of(json!([]));
        attributes["values"] = json!([]);
        attributes["action_intent_params"] = json!([]);
        assert_eq!(selected(&app, "companies", attributes).await, all);
    }
    let agent = agent().await;
    let app = agent.serve().await;
    let flat = json!({"ids": ["1"], "collection_name": "companies", "values": []});
    let answer = Call::post(MARK_AS_LIVE).json(&flat).send(&app).await;
    assert_eq!(answer.success(), "Company 1 is now live!");
}
