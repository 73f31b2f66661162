//! Publication of a schema.

use serde_json::{Value, json};

use super::client::{ENVIRONMENT, agent, facts};
use crate::schema::{Action, Collection, Meta, Schema, SchemaDocument};
use crate::testing::{FakeForest, Fault};

fn document(action: &str) -> SchemaDocument {
    let action = Action::new(action, "/forest/actions/charge");
    Schema::new(Meta::new("forest-actions", "0.1.0"))
        .collection(Collection::new("customers").action(action))
        .collection(Collection::new("orders"))
        .document()
}

fn is_wanted(fake: &FakeForest, document: &SchemaDocument) -> Value {
    let body = json!({"schemaFileHash": document.hash()}).to_string();
    agent(fake, "POST", "/forest/apimaps/hashcheck", &body).json()["sendSchema"].clone()
}

#[actix_web::test]
async fn a_schema_is_wanted_until_it_was_sent() {
    let fake = FakeForest::start().await.unwrap();
    let one = document("Charge");
    assert_eq!(is_wanted(&fake, &one), true);
    let reply = agent(&fake, "POST", "/forest/apimaps", one.as_str());
    assert_eq!((reply.status, reply.json()), (202, json!({"meta": {"job_id": 1}})));
    assert_eq!(is_wanted(&fake, &one), false);
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", one.as_str()).status, 204);

    let published = fake.schemas();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].hash(), Some(one.hash()));
    assert_eq!(published[0].collections(), ["customers", "orders"]);
    assert_eq!(
        published[0].actions(),
        [("customers", "Charge", "/forest/actions/charge")]
    );

    assert_eq!(is_wanted(&fake, &document("Refund")), true);
    fake.forget_schemas();
    assert_eq!(is_wanted(&fake, &one), true);
}

#[actix_web::test]
async fn a_published_action_is_known_to_the_roles() {
    let fake = FakeForest::start().await.unwrap();
    agent(&fake, "POST", "/forest/apimaps", document("Charge").as_str());
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
async fn what_is_no_schema_is_refused_and_not_kept() {
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
    assert_eq!(
        agent(&fake, "POST", "/forest/apimaps", document("Charge").as_str()).status,
        503
    );
    assert!(fake.schemas().is_empty());
    // an agent that knows no hash
    let body = json!({"data": [], "meta": meta}).to_string();
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &body).status, 202);
    assert_eq!(agent(&fake, "POST", "/forest/apimaps", &body).status, 204);
}
