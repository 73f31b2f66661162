//! Publication of a schema.

use serde_json::{Value, json};

use super::super::{FakeForest, Fault};
use super::client::{ENVIRONMENT, agent, facts};

fn hash(action: &str) -> String {
    format!("{:0<40x}", action.len())
}

fn document(action: &str) -> String {
    let id = format!("customers.{action}");
    json!({
        "meta": {"liana": "forest-actions", "liana_version": "0.1.0", "schemaFileHash": hash(action)},
        "data": [
            {"type": "collections", "id": "customers", "relationships": {"actions": {"data": [{"type": "actions", "id": id}]}}},
            {"type": "collections", "id": "orders"},
        ],
        "included": [
            {"type": "actions", "id": id, "attributes": {"name": action, "endpoint": "/forest/actions/charge"}},
        ],
    })
    .to_string()
}

fn is_requested(fake: &FakeForest, action: &str) -> Value {
    let body = json!({"schemaFileHash": hash(action)}).to_string();
    agent(fake, "POST", "/forest/apimaps/hashcheck", &body).json()["sendSchema"].clone()
}

#[actix_web::test]
async fn schema_is_requested_until_it_was_sent() {
    let fake = FakeForest::start().await.unwrap();
    let document = document("Charge");
    assert_eq!(is_requested(&fake, "Charge"), true);
    let reply = agent(&fake, "POST", "/forest/apimaps", &document);
    assert_eq!((reply.status, reply.json()), (202, json!({"meta": {"job_id": 1}})));
    assert_eq!(is_requested(&fake, "Charge"), false);
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &document).status, 204);

    let published = fake.schemas();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].hash(), Some(hash("Charge").as_str()));
    assert_eq!(published[0].collections(), ["customers", "orders"]);
    assert_eq!(
        published[0].actions(),
        [("customers", "Charge", "/forest/actions/charge")]
    );

    assert_eq!(is_requested(&fake, "Refund order"), true);
    fake.forget_schemas();
    assert_eq!(is_requested(&fake, "Charge"), true);
}

#[actix_web::test]
async fn published_action_appears_in_the_permissions() {
    let fake = FakeForest::start().await.unwrap();
    agent(&fake, "POST", "/forest/apimaps", &document("Charge"));
    let admin = fake.role("Admin").id();
    let customers = &facts(&fake, ENVIRONMENT)["collections"]["customers"];
    assert_eq!(
        customers["actions"]["Charge"]["triggerEnabled"],
        json!({"roles": [admin]})
    );
    assert_eq!(customers["collection"]["browseEnabled"], json!({"roles": [admin]}));
    let rendering = facts(&fake, "/liana/v4/permissions/renderings/42");
    assert_eq!(
        rendering["collections"]["customers"]["scope"],
        json!(null),
        "and every rendering lists its collection"
    );
    assert!(rendering["collections"].get("customers").is_some());
}

#[actix_web::test]
async fn invalid_schema_is_refused_and_not_kept() {
    let fake = FakeForest::start().await.unwrap();
    for body in [
        "",
        "[]",
        "{}",
        r#"{"schemaFileHash": 1}"#,
        r#"{"schemaFileHash": "ABC"}"#,
    ] {
        assert_eq!(
            agent(&fake, "POST", "/forest/apimaps/hashcheck", body).status,
            400,
            "{body}"
        );
    }
    let meta = json!({"liana": "l", "liana_version": "1"});
    for body in [
        json!([]),
        json!({"data": []}),
        json!({"data": [], "meta": {"liana": "l"}}),
        json!({"data": {}, "meta": meta}),
        json!({"data": [], "meta": {"liana": "l", "liana_version": "1", "schemaFileHash": "x"}}),
    ] {
        assert_eq!(
            agent(&fake, "POST", "/forest/apimaps", &body.to_string()).status,
            400,
            "{body}"
        );
    }
    fake.fault_next("POST /forest/apimaps", [Fault::Status(503)]);
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &document("Charge")).status, 503);
    assert!(fake.schemas().is_empty());
    // an agent that knows no hash
    let body = json!({"data": [], "meta": meta}).to_string();
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &body).status, 202);
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &body).status, 204);
}
