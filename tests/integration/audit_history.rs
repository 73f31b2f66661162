//! The history of a record, on the routes of the vendor's agents.

use forest_actions::audit::{Audit, AuditMemory, AuditOperation, AuditRow, AuditSink};
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::audit_tables::{Database, agent, booked};
use crate::server_scopes::scoped;
use crate::support::connected::{SAM, condition};
use crate::support::{Agent, Call, TestService};

async fn get(app: &impl TestService, path: &str) -> Value {
    let answer = Call::read(format!("/forest/_audit-trail/{path}")).send(app).await;
    assert_eq!(answer.status(), 200, "{path}: {answer:?}");
    answer.json()
}

#[actix_web::test]
async fn a_history_has_the_members_of_the_vendor() {
    for database in Database::each().await {
        let agent = agent(database.audit(), 3).await;
        let app = agent.serve().await;
        let key = booked()
            .send(&app)
            .await
            .header("x-forest-correlation-id")
            .unwrap()
            .to_owned();
        let answer = Call::read("/forest/_audit-trail/ledgers/2").send(&app).await;
        let history = answer.json();
        let row = &history["data"][0];
        let (id, timestamp) = (row["id"].as_i64().unwrap(), row["timestamp"].as_str().unwrap());
        assert!(
            timestamp.ends_with('Z') && timestamp.len() == "2026-08-20T10:00:00.000Z".len(),
            "{timestamp}"
        );
        let expected = format!(
            "{{\"data\":[{{\"id\":{id},\"timestamp\":\"{timestamp}\",\"operation\":\"action_refused\",\"collection\":\"ledgers\",\
             \"recordId\":\"2\",\"userId\":172,\"userFirstName\":\"Ada\",\"userLastName\":\"Lovelace\",\
             \"userEmail\":\"ada@example.com\",\"actionName\":\"Book\",\"correlationKey\":\"{key}\",\
             \"previousValues\":{{\"a.b\":\"x\u{fffd}y\",\"é\":[1,{{\"deep\":\"Ünïcode % _ ~ '\"}}]}},\
             \"newValues\":{{\"message\":\"already booked\",\"type\":\"Refused\"}},\"status\":\"done\"}}],\
             \"meta\":{{\"count\":1,\"availableUsers\":[{{\"id\":172,\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\
             \"email\":\"ada@example.com\"}}]}}}}"
        );
        assert_eq!(answer.text(), expected);
        // only the first fetch names the users
        let paged = get(&app, "ledgers/2?page[number]=2&page[size]=1").await;
        assert_eq!(paged, json!({"data": [], "meta": {"count": 1}}));
        for (query, count) in [
            ("userIds=172,x", 1),
            ("userIds=4", 0),
            ("userIds=x", 1),
            ("fields=a.b", 1),
            ("fields=a", 0),
            ("search=BOOKED", 1),
            ("search=nowhere", 0),
            ("endDate=2020-01-01", 0),
            ("endDate=2020-01-01T00:00:00Z&timezone=Mars", 0),
            ("startDate=2020-01-01&timezone=Europe/Paris", 1),
            ("page[size]=many&page[number]=-1", 1),
        ] {
            let found = get(&app, &format!("ledgers/2?{query}")).await;
            assert_eq!(found["meta"]["count"], count, "{query}");
        }
        let one = get(&app, &format!("correlation/{key}?collection=ledgers&recordId=2")).await;
        assert_eq!(one, json!({"data": history["data"]}));
        let several = Call::post("/forest/_audit-trail/correlations")
            .json(&json!({"correlationKeys": [key, "other"], "collection": "ledgers", "recordId": "1"}))
            .send(&app)
            .await;
        assert_eq!(several.json()["data"][0]["operation"], "action");
        for (path, text) in [
            ("ledgers/2?startDate=soon", "Invalid date: \"soon\""),
            (
                "ledgers/2?timezone=Mars&endDate=2020-01-01",
                "Invalid timezone: \"Mars\"",
            ),
            ("correlation/x?recordId=1", "Missing collection"),
            ("correlations?collection=ledgers", "Missing recordId"),
        ] {
            let refused = Call::read(format!("/forest/_audit-trail/{path}")).send(&app).await;
            assert_eq!(refused.status(), 400, "{path}");
            assert!(refused.text().contains(&text.replace('"', "\\\"")), "{refused:?}");
        }
        assert_eq!(
            Call::read("/forest/_audit-trail/nowhere/1").send(&app).await.status(),
            404
        );
        assert_eq!(
            Call::read("/forest/_audit-trail/ledgers/1")
                .without("authorization")
                .send(&app)
                .await
                .status(),
            401
        );
        let capabilities = Call::post("/forest/_internal/capabilities")
            .json(&json!({}))
            .send(&app)
            .await;
        assert_eq!(capabilities.json()["agentCapabilities"]["canUseAuditTrail"], true);
    }
}

#[actix_web::test]
async fn a_history_stays_within_the_scope() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    let trail = AuditMemory::new();
    let rows = (1..=9).map(|id| {
        let mut row = AuditRow::new(AuditOperation::Action, "companies");
        row.record_id = Some(id.to_string());
        row.new_values.insert("secret".to_owned(), "of the record".into());
        row
    });
    trail.prepare(rows.collect()).await.unwrap();
    let audit = Audit::sink(trail);
    let source = crate::support::connected::company_records();
    let agent = Agent::connected_to(fake.clone(), |builder| {
        builder
            .actions(actions![])
            .records(source)
            .schema_upload(false)
            .schema_file(false)
            .audit(audit)
    })
    .await;
    let app = agent.serve().await;
    let get = async |id: u32| {
        Call::read(format!("/forest/_audit-trail/companies/{id}"))
            .by(&fake, SAM)
            .send(&app)
            .await
    };
    let mut seen = Vec::new();
    for id in 1..=9 {
        let answer = get(id).await;
        seen.push(match answer.status() {
            200 if answer.json()["data"][0]["newValues"] == json!({}) => "withheld",
            200 => "shown",
            404 => {
                assert!(answer.text().contains("Record does not exists"));
                "hidden"
            }
            status => panic!("{status}: {answer:?}"),
        });
    }
    assert!(seen.contains(&"shown") && seen.contains(&"hidden"), "{seen:?}");
    assert_eq!(seen[8], "withheld", "a record that is gone");
}

#[actix_web::test]
async fn without_a_readable_trail_the_routes_are_not_there() {
    let agent = Agent::with(|builder| builder.actions(actions![]).schema_file(false)).await;
    let answer = Call::read("/forest/_audit-trail/ledgers/1")
        .send(&agent.serve().await)
        .await;
    assert_eq!(answer.status(), 404);
}
