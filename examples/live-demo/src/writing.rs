//! The two collections that the back office writes, with their rules.

use chrono::Utc;
use forest_actions::ForestBuilder;
use forest_actions::prelude::*;
use forest_actions::records::Writable;
use uuid::Uuid;

/// The agent with its writable collections. The others stay read-only.
pub(crate) fn writable(agent: ForestBuilder) -> ForestBuilder {
    let companies = Writable::all()
        .fields(["name", "industry", "headquarters", "status", "tracking_number"])
        .on_create(async |draft, _| {
            draft.set("created_at", Utc::now());
            Ok(())
        })
        .on_delete(async |company, _| match company.attributes.get("status") {
            Some(status) if status == "live" => refuse("A company that is live cannot be deleted"),
            _ => Ok(()),
        });
    let customers = Writable::all()
        .except(["stripe_id"])
        .optional(["created_at"])
        .on_create(async |draft, _| {
            // the payment provider would give it
            draft.set("stripe_id", format!("cus_{:014x}", Uuid::new_v4().as_u128() >> 72));
            if !draft.has("created_at") {
                draft.set("created_at", Utc::now());
            }
            Ok(())
        })
        .on_delete(async |customer, _| match customer.attributes.get("invoice_sent_at") {
            Some(sent) if !sent.is_null() => refuse("A customer with an invoice cannot be deleted"),
            _ => Ok(()),
        });
    agent.writable("companies", companies).writable("customers", customers)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::{Method, header};
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use forest_actions::Forest;
    use serde_json::{Value, json};

    use crate::collections;
    use crate::database::{Database, testing};
    use crate::settings::{declared, with_records};

    const ADA: u64 = 1;
    const SAM: u64 = 2;

    struct Demo {
        db: Database,
        forest: Forest,
    }

    impl Demo {
        async fn new() -> Self {
            let db = testing::fresh().await;
            let records = collections::records(db.engine()).await.unwrap();
            let agent = with_records(declared(Forest::builder()), records, "sqlite").schema_file(false);
            let agent = crate::runs::kept(agent, db.engine()).await.unwrap();
            let forest = agent.start().await.unwrap();
            Self { db, forest }
        }

        /// Sends a request below `/forest/` as a user, and returns the status and the body.
        async fn send(&self, user: u64, method: Method, path: &str, body: Value) -> (u16, Value) {
            let app = init_service(App::new().configure(self.forest.routes())).await;
            let request = TestRequest::with_uri(&format!("/forest/{path}?timezone=Europe/Paris"))
                .method(method)
                .insert_header((
                    header::AUTHORIZATION,
                    format!("Bearer {}", self.forest.local_token(user).unwrap()),
                ))
                .set_json(json!({ "data": body }));
            let response = call_service(&app, request.to_request()).await;
            let status = response.status().as_u16();
            let body = read_body(response).await;
            (status, serde_json::from_slice(&body).unwrap_or_default())
        }

        async fn create(&self, user: u64, collection: &str, attributes: Value) -> (u16, Value) {
            let body = json!({"type": collection, "attributes": attributes});
            self.send(user, Method::POST, collection, body).await
        }
    }

    fn company(name: &str) -> Value {
        json!({"name": name, "industry": "Food", "headquarters": "Lyon", "tracking_number": null})
    }

    fn detail(answer: &Value) -> &str {
        answer["errors"][0]["detail"].as_str().unwrap_or_default()
    }

    #[actix_web::test]
    async fn a_company_is_created_changed_and_deleted() {
        let demo = Demo::new().await;
        let (status, created) = demo.create(ADA, "companies", company("Ålesund Fish")).await;
        assert_eq!(status, 200, "{created}");
        let made = &created["data"]["attributes"];
        assert_eq!(
            (&made["name"], &made["status"]),
            (&json!("Ålesund Fish"), &json!("signed_up"))
        );
        let year = chrono::Utc::now().format("%Y-").to_string();
        assert!(made["created_at"].as_str().unwrap().starts_with(&year), "{made}");
        let path = format!("companies/{}", created["data"]["id"].as_str().unwrap());

        let body = json!({"attributes": {"status": "live"}});
        let (status, changed) = demo.send(ADA, Method::PUT, &path, body).await;
        assert_eq!(
            (status, &changed["data"]["attributes"]["status"]),
            (200, &json!("live"))
        );
        let (status, refused) = demo.send(ADA, Method::DELETE, &path, json!(null)).await;
        assert_eq!(
            (status, detail(&refused)),
            (422, "A company that is live cannot be deleted")
        );

        let body = json!({"attributes": {"status": "rejected"}});
        assert_eq!(demo.send(ADA, Method::PUT, &path, body).await.0, 200);
        assert_eq!(demo.send(ADA, Method::DELETE, &path, json!(null)).await.0, 204);
        assert_eq!(demo.send(ADA, Method::GET, &path, json!(null)).await.0, 404);
    }

    #[actix_web::test]
    async fn problems_of_a_company_name_their_fields() {
        let demo = Demo::new().await;
        let attributes = json!({"name": "Acme", "status": "asleep"});
        let (status, refused) = demo.create(ADA, "companies", attributes).await;
        let fields = &refused["errors"][0]["data"]["fields"];
        assert_eq!((status, &fields["industry"]), (400, &json!("is required")));
        assert!(
            fields["headquarters"].is_string() && fields["status"].is_string(),
            "{fields}"
        );
        let (_, taken) = demo.create(ADA, "companies", company("Acme")).await;
        let (status, again) = demo.create(ADA, "companies", company("Acme")).await;
        assert_eq!(taken["data"]["type"], "companies");
        assert_eq!((status, detail(&again)), (409, "name: already taken"));
        let (status, _) = demo
            .send(
                ADA,
                Method::PUT,
                "companies/2",
                json!({"attributes": {"balance_cents": 1}}),
            )
            .await;
        assert_eq!(status, 400);
    }

    #[actix_web::test]
    async fn customers_get_what_the_payment_provider_gives() {
        let demo = Demo::new().await;
        let attributes = json!({"firstname": "Rosa", "lastname": "Costa", "email": "rosa@example.com",
            "card_brand": "Visa", "card_last4": "4242"});
        let body = json!({"type": "customers", "attributes": attributes,
            "relationships": {"company": {"data": {"type": "companies", "id": "4"}}}});
        let (status, created) = demo.send(ADA, Method::POST, "customers", body).await;
        assert_eq!(status, 200, "{created}");
        let made = &created["data"]["attributes"];
        assert!(
            made["stripe_id"]
                .as_str()
                .is_some_and(|id| id.starts_with("cus_") && id.len() == 18)
        );
        let path = format!("customers/{}", created["data"]["id"].as_str().unwrap());

        // another company, as the link of either side
        let company = json!({"type": "companies", "id": "5"});
        let (status, _) = demo
            .send(ADA, Method::PUT, &format!("{path}/relationships/company"), company)
            .await;
        assert_eq!(status, 204);
        let linked = json!([{"type": "customers", "id": created["data"]["id"]}]);
        let (status, _) = demo
            .send(ADA, Method::POST, "companies/6/relationships/customers", linked)
            .await;
        assert_eq!(status, 204);
        let of_six = "SELECT count(*) FROM customers WHERE company_id = 6 AND firstname = 'Rosa'";
        assert_eq!(testing::count(&demo.db, of_six).await, 1);

        let body = json!({"attributes": {"invoice_sent_at": "2031-05-15T08:00:00Z"}});
        assert_eq!(demo.send(ADA, Method::PUT, &path, body).await.0, 200);
        let (status, refused) = demo.send(ADA, Method::DELETE, &path, json!(null)).await;
        assert_eq!(
            (status, detail(&refused)),
            (422, "A customer with an invoice cannot be deleted")
        );
    }

    #[actix_web::test]
    async fn other_collections_are_read_only_and_support_writes_less() {
        let demo = Demo::new().await;
        for collection in ["users", "transactions", "documents"] {
            assert_eq!(demo.create(ADA, collection, json!({})).await.0, 405, "{collection}");
            let path = format!("{collection}/1");
            for method in [Method::PUT, Method::DELETE] {
                assert_eq!(demo.send(ADA, method, &path, json!({})).await.0, 405, "{collection}");
            }
        }
        assert_eq!(demo.create(SAM, "companies", company("Acme")).await.0, 403);
        let body = json!({"attributes": {"lastname": "Costa"}});
        assert_eq!(demo.send(SAM, Method::PUT, "companies/2", body.clone()).await.0, 403);
        assert_eq!(demo.send(SAM, Method::PUT, "customers/2", body).await.0, 200);
        assert_eq!(demo.send(SAM, Method::DELETE, "customers/2", json!(null)).await.0, 403);
    }
}
