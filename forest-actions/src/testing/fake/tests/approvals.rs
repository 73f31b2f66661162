//! Approval requests: filed, discussed, decided, signed.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::super::{ApprovalRequest, ApprovalStatus, FakeForest, FakeForestError, TokenAlgorithm};
use super::client::{Reply, send};

/// The claims of a token that was signed with this secret.
fn claims(token: &str, secret: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.leeway = 0;
    let key = DecodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::decode(token, &key, &validation)?.claims)
}

fn call(fake: &FakeForest, method: &str, path: &str, user: u64, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", fake.access_token(user));
    send(
        fake,
        method,
        path,
        &[("authorization", &bearer), ("forest-rendering-id", "42")],
        &body.to_string(),
    )
}

fn filed() -> Value {
    json!({"data": {"type": "action-approvals", "attributes": {
        "status": null, "action_name": "Refund order", "collection_name": "orders", "record_ids": ["1", 2],
        "inputs": [{"name": "amount", "type": "Number", "value": 5}],
        "parent_collection_name": "customers", "parent_collection_id": "9", "parent_association_name": "orders",
        "requester_id": 99,
    }}})
}

#[actix_web::test]
async fn request_is_filed_approved_and_signed() {
    let fake = FakeForest::start().await.unwrap();
    let reply = call(&fake, "POST", "/api/action-approvals", 2, &filed());
    assert_eq!(reply.status, 201);
    let id: u64 = reply.json()["data"]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(fake.approval(id).unwrap().status(), ApprovalStatus::Pending);
    assert!(fake.approval(id).unwrap().approved_request().is_none());

    let approved = fake.approve(id, 1).unwrap();
    let claims = claims(approved.token(), &fake.env_secret()).unwrap();
    assert_eq!(claims["data"]["type"], "custom-action-requests");
    assert_eq!(
        claims["data"]["attributes"],
        json!({
            "requester_id": 2, "ids": ["1", "2"], "collection_name": "orders", "smart_action_id": "orders-refund-order",
            "values": {"amount": 5}, "parent_collection_name": "customers", "parent_collection_id": "9",
            "parent_association_name": "orders", "all_records": false, "all_records_subset_query": null,
        })
    );
    let attributes = &approved.body()["data"]["attributes"];
    assert_eq!(attributes["signed_approval_request"], approved.token());
    assert!(
        attributes.get("requester_id").is_none(),
        "the requester is in the signed part only"
    );

    let approval = fake.approval(id).unwrap();
    assert_eq!(
        (approval.status(), approval.reviewer()),
        (ApprovalStatus::Approved, Some(1))
    );
    assert_eq!(approval.approved_request(), Some(&approved));
    assert!(matches!(
        fake.approve(id, 1),
        Err(FakeForestError::AlreadyReviewed { .. })
    ));
    assert!(matches!(
        fake.reject(id, 1, ""),
        Err(FakeForestError::AlreadyReviewed { .. })
    ));
}

#[actix_web::test]
async fn request_is_commented_rejected_and_listed() {
    let fake = FakeForest::start().await.unwrap();
    let id = fake.file_approval(2, ApprovalRequest::new("orders", "Refund order").records(["1"]));
    let said = json!({"data": {"attributes": {"comment": "why?"}}});
    let path = format!("/api/action-approvals/{id}");
    assert_eq!(call(&fake, "POST", &format!("{path}/comments"), 3, &said).status, 201);
    fake.reject(id, 1, "too much").unwrap();
    let approval = fake.approval(id).unwrap();
    let texts: Vec<&str> = approval
        .comments()
        .iter()
        .map(|comment| comment.text.as_str())
        .collect();
    assert_eq!(
        (approval.status(), texts),
        (ApprovalStatus::Rejected, vec!["why?", "too much"])
    );
    assert_eq!(approval.history()[0].to_string(), "user 2 requested");

    let listed = call(&fake, "GET", "/api/action-approvals", 2, &Value::Null).json();
    assert_eq!(listed["data"][0]["attributes"]["status"], "rejected");
    assert_eq!(
        call(&fake, "GET", &path, 2, &Value::Null).json()["data"],
        listed["data"][0]
    );
    assert_eq!(
        call(&fake, "GET", "/api/action-approvals/9", 2, &Value::Null).status,
        404
    );
}

#[actix_web::test]
async fn only_known_users_file_and_decide() {
    let fake = FakeForest::start().await.unwrap();
    let body = filed().to_string();
    // a session of the agent is not valid at the Forest server
    let session = format!("Bearer {}", fake.user_token(2).sign());
    for headers in [
        &[] as &[(&str, &str)],
        &[("authorization", "Bearer x")],
        &[("authorization", &session)],
    ] {
        assert_eq!(send(&fake, "POST", "/api/action-approvals", headers, &body).status, 401);
    }
    for body in [
        json!(1),
        json!({"data": {"attributes": {}}}),
        json!({"data": {"attributes": {
        "action_name": "a", "collection_name": "c", "record_ids": [null]}}}),
    ] {
        assert_eq!(
            call(&fake, "POST", "/api/action-approvals", 2, &body).status,
            400,
            "{body}"
        );
    }
    assert!(fake.approvals().is_empty());
    let id = fake.file_approval(2, ApprovalRequest::new("c", "a"));
    assert!(matches!(fake.approve(id, 99), Err(FakeForestError::UnknownUser(99))));
    assert!(matches!(fake.approve(99, 1), Err(FakeForestError::UnknownApproval(99))));
    assert_eq!(fake.approval(id).unwrap().status(), ApprovalStatus::Pending);
}

#[actix_web::test]
async fn approval_tokens_can_be_made_invalid() {
    let fake = FakeForest::builder();
    let fake = fake.approval_lifetime(Duration::from_secs(60)).start().await.unwrap();
    let request = ApprovalRequest::new("orders", "Refund order").records(["1"]);
    let token = fake.approval_token(2, &request);
    let secret = fake.env_secret();
    let good = claims(&token.sign(), &secret).unwrap();
    assert_eq!(good["exp"].as_u64().unwrap() - good["iat"].as_u64().unwrap(), 60);
    for bad in [
        token.clone().signed_with(&fake.auth_secret()),
        token.clone().expired(),
        token.clone().algorithm(TokenAlgorithm::Hs512),
        token.clone().algorithm(TokenAlgorithm::None),
        token.clone().header("alg", "RS256"),
    ] {
        assert!(claims(&bad.sign(), &secret).is_err());
    }
    let other = claims(
        &token.clone().without_requester().attribute("ids", json!(["9"])).sign(),
        &secret,
    )
    .unwrap();
    let attributes = &other["data"]["attributes"];
    assert_eq!(
        (&attributes["ids"], attributes.get("requester_id")),
        (&json!(["9"]), None)
    );
}
