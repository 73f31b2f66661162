//! The demo's story with a Forest server: a user logs in, is refused, gets the permission, then needs an approval from
//! another user, and the database has the result.
//!
//! The demo listens on its own port; each person's browser is an HTTP client that does not follow redirects. Effects of
//! events are polled, without fixed delays.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt, web};
use awc::Client;
use forest_actions::testing::{ApprovalRequest, FakeForest};
use forest_actions::{Forest, ForestBuilder};
use serde_json::{Value, json};

use crate::collections;
use crate::database::{Database, testing};
use crate::fake_forest::{CHARGE, connected, project, url};
use crate::settings::{declared, with_records};

const ADA: u64 = 1;
const SAM: u64 = 2;
const OLGA: u64 = 3;

/// The demo, served, and its Forest server.
struct Demo {
    fake: FakeForest,
    db: web::Data<Database>,
    address: SocketAddr,
    agent: ForestBuilder,
    handle: ServerHandle,
}

/// A logged-in user.
struct Browser<'a> {
    demo: &'a Demo,
    token: String,
}

/// The status and the body of an answer.
type Answer = (u16, Value);

impl Demo {
    async fn serve() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let fake = project().agent_url(url(address)).start().await.unwrap();
        let db = web::Data::new(testing::fresh().await);
        let records = collections::records(db.engine()).await.unwrap();
        let agent = with_records(declared(Forest::builder()), records, "sqlite").schema_file(false);
        let agent = crate::runs::kept(agent, db.engine()).await.unwrap();
        let agent = connected(agent, &fake, address);
        let (forest, data) = (agent.clone().start().await.unwrap(), db.clone());
        let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(forest.routes()))
            .workers(1)
            .disable_signals()
            .shutdown_timeout(0)
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        rt::spawn(server);
        fake.wait_for_subscribers(1).await.unwrap();
        Self {
            fake,
            db,
            address,
            agent,
            handle,
        }
    }

    /// A second start of the same program.
    async fn start_again(&self) {
        let _second = self.agent.clone().events(false).start().await.unwrap();
        self.fake.wait_for("POST /forest/apimaps/hashcheck", 2).await.unwrap();
    }

    fn times_published(&self) -> usize {
        self.fake.count("POST /forest/apimaps")
    }

    /// Through the login of the Forest server, as a browser goes through it: to the agent, to the provider, and back.
    async fn log_in(&self, user: u64) -> Browser<'_> {
        let start = format!("{}/forest/authentication", url(self.address));
        let (status, answer) = post(&start, None, &json!({"renderingId": 1})).await;
        assert_eq!(status, 200, "{answer}");
        let provider = answer["authorizationUrl"].as_str().unwrap();
        assert!(provider.starts_with(self.fake.url()), "{provider}");
        let client = Client::builder().disable_redirects().finish();
        let picked = client.get(format!("{provider}&user={user}")).send().await.unwrap();
        assert_eq!(picked.status(), 302);
        let back = picked.headers().get("location").unwrap().to_str().unwrap();
        assert!(back.starts_with(&url(self.address)), "{back}");
        let mut session = client.get(back).send().await.unwrap();
        assert_eq!(session.status(), 200);
        let session: Value = serde_json::from_slice(&session.body().await.unwrap()).unwrap();
        Browser {
            demo: self,
            token: session["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Of charges to customer 4 of this amount, in the database.
    async fn charges_in_the_database(&self) -> i64 {
        let written = "SELECT count(*) FROM transactions WHERE customer_id = 4 AND amount_cents = 4242";
        testing::count(&self.db, written).await
    }

    /// The approval request that the UI files for a charge.
    fn ask_for_an_approval(&self, requester: u64) -> u64 {
        let (collection, action) = CHARGE;
        let request = ApprovalRequest::new(collection, action).records(["4"]);
        let request = request.value("amount", 42.42).value("description", "Late fee");
        self.fake.file_approval(requester, request)
    }

    fn role_id(&self, role: &str) -> u64 {
        self.fake.role(role).id()
    }
}

impl Browser<'_> {
    async fn charge(&self, amount: f64) -> Answer {
        let values = json!({"amount": amount, "description": "Late fee"});
        self.send(&json!({"data": {"attributes": {"collection_name": "customers", "ids": ["4"], "values": values}}}))
            .await
    }

    async fn send(&self, body: &Value) -> Answer {
        let action = format!("{}/forest/actions/charge-credit-card", url(self.demo.address));
        post(&action, Some(&self.token), body).await
    }

    /// Sends a charge that can never run, because it is too small, until it is refused by this name.
    async fn is_refused_by(&self, name: &str) {
        let mut last = Value::Null;
        for _ in 0..1_000 {
            let (_, answer) = self.charge(0.0).await;
            if answer["errors"][0]["name"] == name {
                return;
            }
            last = answer;
        }
        panic!("still not refused by {name}: {last}");
    }
}

async fn post(url: &str, token: Option<&str>, body: &Value) -> Answer {
    let mut request = Client::new()
        .post(url)
        .insert_header(("content-type", "application/json"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let mut answer = request.send_body(body.to_string()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.body().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn name_of(answer: &Answer) -> (u16, &str) {
    (answer.0, answer.1["errors"][0]["name"].as_str().unwrap_or_default())
}

#[actix_web::test]
async fn the_story_of_a_charge_from_the_login_to_the_database() {
    let (collection, action) = CHARGE;
    let demo = Demo::serve().await;

    // sch_04: the schema is published once, however often the program starts
    demo.fake.wait_for("POST /forest/apimaps", 1).await.unwrap();
    demo.start_again().await;
    assert_eq!(demo.times_published(), 1);
    let published = demo.fake.schemas();
    assert!(
        published[0]
            .actions()
            .iter()
            .any(|(of, name, _)| (*of, *name) == CHARGE)
    );

    // Sam comes in through the Forest server, and may not charge
    let sam = demo.log_in(SAM).await;
    let refused = sam.charge(42.42).await;
    assert_eq!(name_of(&refused), (403, "CustomActionTriggerForbiddenError"));
    assert_eq!(demo.charges_in_the_database().await, 0);

    // Support is granted it: it holds at once
    demo.fake.grant("Support", collection, action).push();
    let (status, answer) = sam.charge(42.42).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(demo.charges_in_the_database().await, 1);

    // and revoked again: permissions are cached for 15 minutes, unless an event invalidates them
    demo.fake.deny("Support", collection, action).push();
    sam.is_refused_by("CustomActionTriggerForbiddenError").await;

    // Support may again, and needs an approval from now on
    demo.fake.role("Support").requires_approval(collection, action);
    demo.fake.grant("Support", collection, action).push();
    sam.is_refused_by("CustomActionRequiresApprovalError").await;
    let gated = sam.charge(42.42).await;
    assert_eq!(name_of(&gated), (403, "CustomActionRequiresApprovalError"));
    let approvers = &gated.1["errors"][0]["data"]["roleIdsAllowedToApprove"];
    assert_eq!(approvers, &json!([demo.role_id("Admin")]));

    // Sam requests; neither Sam nor Olga, whose role may not approve, can run the signed request
    let approval = demo.ask_for_an_approval(SAM);
    let signed = demo.fake.approve(approval, ADA).unwrap();
    let olga = demo.log_in(OLGA).await;
    for colleague in [&sam, &olga] {
        let refused = colleague.send(signed.body()).await;
        assert_eq!(name_of(&refused), (403, "ApprovalNotAllowedError"));
    }
    // Ada may approve, but not her own request
    let ada = demo.log_in(ADA).await;
    let own = demo.fake.approve(demo.ask_for_an_approval(ADA), ADA).unwrap();
    let refused = ada.send(own.body()).await;
    assert_eq!(name_of(&refused), (403, "ApprovalNotAllowedError"));
    assert_eq!(demo.charges_in_the_database().await, 1);

    // Ada runs Sam's request
    let (status, answer) = ada.send(signed.body()).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["html"].as_str().unwrap().contains("$42.42 USD"), "{answer}");
    assert_eq!(demo.charges_in_the_database().await, 2);

    demo.handle.stop(false).await;
}
