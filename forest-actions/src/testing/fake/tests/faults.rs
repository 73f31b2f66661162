//! Faults, recorded requests, and a server that is away.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::{FakeForest, FakeForestError, Fault, Gate};
use super::client::{Connection, ENVIRONMENT, Reply, agent};

const USERS: &str = "/liana/v4/permissions/users";

fn ask(fake: &FakeForest) -> Connection {
    let secret = fake.env_secret();
    Connection::send(fake, "GET", USERS, &[("forest-secret-key", &secret)], "")
}

fn faulty(fake: &FakeForest, fault: Fault) -> Option<Reply> {
    fake.fault_next(USERS, [fault]);
    ask(fake).finish()
}

#[test]
fn server_is_send_and_sync() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<FakeForest>();
}

#[actix_web::test]
async fn debug_output_has_no_secrets() {
    let fake = FakeForest::start().await.unwrap();
    agent(&fake, "GET", ENVIRONMENT, "");
    let token = fake.user_token(1);
    let role = fake.role("Admin");
    let printed = format!(
        "{fake:?} {role:?} {:?} {token:?} {:?}",
        fake.rendering(1),
        fake.requests()
    );
    assert!(
        !printed.contains(&fake.env_secret()) && !printed.contains(&fake.auth_secret()),
        "{printed}"
    );
}

#[actix_web::test]
async fn faults_change_the_answer_as_documented() {
    let fake = FakeForest::start().await.unwrap();
    let truth = ask(&fake).finish().unwrap();
    assert!(truth.is_complete);

    let status = faulty(&fake, Fault::Status(503)).unwrap();
    assert_eq!(
        (status.status, &status.json()["errors"][0]["status"]),
        (503, &json!(503))
    );
    assert_eq!(faulty(&fake, Fault::Status(204)).unwrap().text(), "");
    let body = faulty(&fake, Fault::json(403, &json!({"a": 1}))).unwrap();
    assert_eq!((body.status, body.json()), (403, json!({"a": 1})));
    let redirect = faulty(&fake, Fault::Redirect("/elsewhere".to_owned())).unwrap();
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (302, Some("/elsewhere"))
    );
    let garbage = faulty(&fake, Fault::Garbage).unwrap();
    assert_eq!(
        (garbage.status, garbage.header("content-type")),
        (200, Some("application/json"))
    );
    assert!(serde_json::from_str::<serde_json::Value>(&garbage.text()).is_err());

    let half = faulty(&fake, Fault::HalfBody).unwrap();
    assert_eq!((half.status, half.is_complete), (200, false));
    let truth = truth.text();
    assert_eq!(half.text(), truth[..truth.len() / 2]);
    assert!(faulty(&fake, Fault::Close).is_none());

    let (bytes, every) = (truth.len() / 4 + 1, Duration::from_millis(5));
    let begun = Instant::now();
    assert_eq!(faulty(&fake, Fault::SlowDrip { bytes, every }).unwrap().text(), truth);
    assert!(begun.elapsed() >= every * 4);
    let begun = Instant::now();
    assert_eq!(faulty(&fake, Fault::Delay(every * 4)).unwrap().text(), truth);
    assert!(begun.elapsed() >= every * 4);
    assert_eq!(ask(&fake).finish().unwrap().text(), truth, "all faults are used up");
}

#[actix_web::test]
async fn endless_answer_does_not_block_other_requests() {
    let fake = FakeForest::start().await.unwrap();
    fake.fault_next(USERS, [Fault::Endless]);
    let mut endless = ask(&fake);
    endless.read_until(&"0,".repeat(5_000));
    assert!(ask(&fake).finish().unwrap().is_complete);
}

#[actix_web::test]
async fn hung_request_ends_with_its_server() {
    let fake = FakeForest::start().await.unwrap();
    fake.fault_next(USERS, [Fault::Hang]);
    let hung = ask(&fake);
    let requests = fake.wait_for(USERS, 1).await.unwrap();
    assert_eq!(requests[0].status(), None);
    drop(fake);
    assert!(hung.finish().is_none());
}

#[actix_web::test]
async fn gate_holds_the_answer_as_of_the_request() {
    let fake = FakeForest::start().await.unwrap();
    let gate = Gate::new();
    fake.fault(USERS, Fault::Hold(gate.clone()));
    let early: Vec<Connection> = (0..3).map(|_| ask(&fake)).collect();
    fake.wait_for(USERS, 3).await.unwrap();
    assert!(fake.remove_user(3));
    gate.open();
    for connection in early {
        assert_eq!(connection.finish().unwrap().json().as_array().unwrap().len(), 3);
    }
    assert_eq!(ask(&fake).finish().unwrap().json().as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn fault_applies_to_its_route_and_call_only() {
    let fake = FakeForest::start().await.unwrap();
    fake.fault_call("GET /liana/v4/permissions/:what", 3, Fault::Status(500));
    fake.fault("POST /liana/**", Fault::Status(501));
    let statuses = |fake: &FakeForest| [(); 4].map(|()| ask(fake).finish().unwrap().status);
    assert_eq!(statuses(&fake), [200, 200, 500, 200]);
    assert_eq!(agent(&fake, "POST", USERS, "").status, 501);
    fake.heal_all();
    assert_eq!(agent(&fake, "POST", USERS, "").status, 404);
    fake.fault(USERS, Fault::Status(500));
    fake.heal(USERS);
    assert_eq!(statuses(&fake), [200; 4]);
}

#[actix_web::test]
async fn requests_are_recorded_unchanged() {
    let fake = FakeForest::start().await.unwrap();
    agent(&fake, "GET", ENVIRONMENT, "");
    agent(
        &fake,
        "POST",
        "/forest/apimaps/hashcheck?a=b%20c",
        r#"{"schemaFileHash":"x"}"#,
    );
    assert_eq!(
        (fake.count(&format!("GET {ENVIRONMENT}")), fake.count("POST /**")),
        (1, 1)
    );
    let requests = fake.requests_to("/forest/**");
    assert_eq!(
        (requests[0].method(), requests[0].path()),
        ("POST", "/forest/apimaps/hashcheck")
    );
    assert_eq!(requests[0].query_value("a").as_deref(), Some("b c"));
    assert_eq!(
        requests[0].header("Forest-Secret-Key"),
        Some(fake.env_secret().as_str())
    );
    assert_eq!(requests[0].json(), Some(json!({"schemaFileHash": "x"})));
    assert_eq!(requests[0].status(), Some(400));
    assert_eq!(fake.requests().len(), 2);
    fake.forget_requests();
    assert_eq!(fake.count("**"), 0);
}

#[actix_web::test]
async fn timeout_lists_the_last_requests() {
    let fake = FakeForest::builder()
        .patience(Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    agent(&fake, "GET", ENVIRONMENT, "");
    let error = fake.wait_for("GET /oidc/jwks", 1).await.unwrap_err().to_string();
    assert!(
        error.contains("1 requests to GET /oidc/jwks") && error.contains(ENVIRONMENT),
        "{error}"
    );
}

#[actix_web::test]
async fn offline_server_refuses_and_returns_with_its_state() {
    let fake = FakeForest::start().await.unwrap();
    let (url, address) = (
        fake.url().to_owned(),
        fake.url().strip_prefix("http://").unwrap().to_owned(),
    );
    fake.grant("Support", "orders", "Refund");
    fake.go_offline().await;
    assert!(TcpStream::connect(&address).is_err());
    assert!(matches!(fake.wait_for(USERS, 1).await, Err(FakeForestError::Stopped)));
    fake.go_offline().await;
    fake.go_online().await.unwrap();
    fake.go_online().await.unwrap();
    assert_eq!(fake.url(), url);
    assert!(agent(&fake, "GET", ENVIRONMENT, "").text().contains("Refund"));

    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    let taken = FakeForest::builder().port(port).start().await;
    assert!(matches!(taken, Err(FakeForestError::Listen { .. })));
    let clone = fake.clone();
    drop(fake);
    assert_eq!(ask(&clone).finish().unwrap().status, 200);
    assert_ne!(clone.env_secret(), FakeForest::start().await.unwrap().env_secret());
}
