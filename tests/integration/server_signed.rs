//! What a signed request may stand for: a list of records, and nothing that was not signed (APP-01, APP-05).

use forest_actions::prelude::*;
use forest_actions::testing::{ApprovalRequest, FakeForest};
use serde_json::{Value, json};

use crate::support::connected::{ADA, OLGA, SAM, company_records, project};
use crate::support::{Agent, Call, Runs};

#[smart_action(
    collection = "companies",
    name = "Count them",
    kind = "bulk",
    endpoint = "/forest/actions/count-them"
)]
async fn count_them(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(selection.count().await?.to_string()))
}

const COUNT: &str = "/forest/actions/count-them";

async fn agent(fake: &FakeForest) -> Agent {
    let settings = |builder: forest_actions::ForestBuilder| {
        builder
            .actions(actions![count_them])
            .records(company_records())
            .schema_upload(false)
            .schema_file(false)
    };
    Agent::connected_to(fake.clone(), settings).await
}

/// A signed request with these attributes besides its own.
fn signed(fake: &FakeForest, attributes: &[(&str, Value)]) -> forest_actions::testing::TestToken {
    let request = ApprovalRequest::new("companies", "Count them").records(["1", "2"]);
    attributes
        .iter()
        .fold(fake.approval_token(SAM, &request), |token, (name, value)| {
            token.attribute(name, value.clone())
        })
}

#[actix_web::test]
async fn app_05_an_approval_never_stands_for_all_records() {
    let fake = project().await;
    fake.role("Operations").may_approve("companies", "Count them");
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    let send = |token: String| {
        Call::post(COUNT)
            .by(&fake, OLGA)
            .attributes(json!({ "signed_approval_request": token }))
    };
    let all = [
        ("all_records", json!(true)),
        ("all_records_subset_query", json!({"timezone": "UTC"})),
        ("ids", json!([])),
    ];
    let refused = send(signed(&fake, &all).sign()).send(&app).await;
    assert!(refused.detail(400).contains("for a list of records"), "{refused:?}");
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(send(signed(&fake, &[]).sign()).send(&app).await.success(), "2");
}

#[actix_web::test]
async fn app_01_the_url_adds_nothing_to_what_was_signed() {
    let fake = project().await;
    fake.role("Admin").may_trigger("companies", "Count them");
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    let query = "?segmentQuery=SELECT%20id%20FROM%20companies&connectionName=main";
    let all = json!({"all_records": true, "all_records_subset_query": {"timezone": "UTC"}, "ids": []});
    // unsigned, the live query of the URL belongs to the list, and nobody has granted it
    let plain = Call::post(format!("{COUNT}{query}"))
        .by(&fake, ADA)
        .attributes(all.clone());
    let refused = plain.send(&app).await;
    assert!(refused.detail(403).contains("not authorized to browse"), "{refused:?}");
    let attributes: Vec<(&str, Value)> = ["all_records", "all_records_subset_query", "ids"]
        .into_iter()
        .map(|name| (name, all[name].clone()))
        .collect();
    let token = signed(&fake, &attributes).without_requester();
    let call = Call::post(format!("{COUNT}{query}"))
        .by(&fake, ADA)
        .attributes(json!({"signed_approval_request": token.sign()}));
    assert_eq!(call.send(&app).await.success(), "5");
}
