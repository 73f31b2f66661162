//! Rules of the program.

use forest_actions::ForestBuilder;
use forest_actions::records::{Value as Stored, Writable};
use forest_actions::refuse;
use serde_json::{Value, json};

use super::club::{clubs, field, linked, record, rows, selection, send};

fn ruled(builder: ForestBuilder) -> ForestBuilder {
    let members = Writable::all()
        .except(["email"])
        .optional(["name"])
        .on_create(async |draft, caller| {
            if draft.text("plan") == Some("gold") {
                return refuse("Gold is by invitation only");
            }
            if !draft.has("name") {
                draft.set("name", "Anonymous");
            }
            draft.set("email", format!("{}@example.com", caller.id));
            Ok(())
        })
        .on_update(async |draft, member, _| {
            if member.attributes.get("name") == Some(&json!("Cid")) {
                return refuse("Cid stays as he is");
            }
            if let Some(Stored::Integer(age)) = draft.get("age")
                && *age > 150
            {
                let _: u8 = "300".parse()?;
            }
            Ok(())
        })
        .on_delete(async |member, _| match member.attributes["plan"].as_str() {
            Some("free") => Ok(()),
            _ => refuse("Only members without a plan can be deleted"),
        });
    builder.writable("teams", Writable::all()).writable("members", members)
}

#[actix_web::test]
async fn rules_complete_and_refuse_changes() {
    for club in clubs(ruled).await {
        let app = club.agent.serve().await;
        let created = send(&app, "God", "POST", "members", record(json!({"team_id": 1})))
            .await
            .json();
        assert_eq!(created["data"]["attributes"]["name"], "Anonymous", "{created}");
        assert_eq!(created["data"]["attributes"]["email"], "172@example.com");
        let before = rows(&app).await;
        let gold = send(&app, "God", "POST", "members", record(json!({"plan": "gold"}))).await;
        assert_eq!(gold.detail(422), "Gold is by invitation only");
        assert_eq!(gold.json()["errors"][0]["data"]["code"], "gold_is_by_invitation_only");
        let cid = send(&app, "God", "PUT", "members/3", record(json!({"age": 7}))).await;
        assert_eq!(cid.detail(422), "Cid stays as he is");
        // a link is a change of the linked record, and one refusal undoes them all
        let linked = send(
            &app,
            "God",
            "POST",
            "teams/3/relationships/members",
            linked(&["1", "3"]),
        )
        .await;
        assert_eq!(linked.detail(422), "Cid stays as he is");
        let element = json!({"data": {"attributes": 1}});
        let element = send(&app, "God", "PUT", "members/3/relationships/details/0", element).await;
        assert_eq!(element.detail(422), "Cid stays as he is");
        let failed = send(&app, "God", "PUT", "members/1", record(json!({"age": 200}))).await;
        assert_eq!(failed.status(), 500);
        assert!(!failed.text().contains("number too large"));
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
}

#[actix_web::test]
async fn one_refused_deletion_keeps_all_records() {
    for club in clubs(ruled).await {
        let app = club.agent.serve().await;
        send(&app, "God", "PUT", "members/4", record(json!({"plan": "paid"})))
            .await
            .json();
        let before = rows(&app).await;
        for (path, body) in [("members/4", Value::Null), ("members", selection(&["3", "4"]))] {
            let refused = send(&app, "God", "DELETE", path, body).await;
            assert_eq!(refused.detail(422), "Only members without a plan can be deleted");
        }
        assert_eq!(rows(&app).await, before);
        assert_eq!(
            send(&app, "God", "DELETE", "members/3", Value::Null).await.status(),
            204
        );
        assert_eq!(field(&app, "members", "4", "plan").await, "paid");
    }
}
