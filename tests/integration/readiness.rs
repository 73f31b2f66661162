//! The readiness of an instance, as a load balancer and the doctor see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use forest_actions::doctor::{Severity, Topic};
use forest_actions::records::{
    CollectionModel, FieldModel, Key, MemoryRecords, Page, Record, RecordError, RecordQuery, RecordSource,
    SourceFuture, ValueType,
};

use crate::support::{Agent, Call, Log};

const READY: &str = "/forest/healthcheck/ready";

/// Records whose store can go away.
#[derive(Clone, Default)]
struct Store {
    is_away: Arc<AtomicBool>,
    pings: Arc<AtomicUsize>,
}

impl RecordSource for Store {
    fn collections(&self) -> Vec<CollectionModel> {
        let id = FieldModel::new("id", ValueType::Integer);
        vec![CollectionModel::new("companies").field(id).key(["id"])]
    }

    fn ping(&self) -> SourceFuture<'_, ()> {
        self.pings.fetch_add(1, Ordering::Relaxed);
        let is_away = self.is_away.load(Ordering::Relaxed);
        Box::pin(async move {
            match is_away {
                true => Err(RecordError::unavailable(
                    "The records are away.",
                    "connection refused by 10.0.0.7",
                )),
                false => Ok(()),
            }
        })
    }

    fn count<'a>(&'a self, _: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }

    fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn records<'a>(&'a self, _: &'a RecordQuery, _: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

async fn agent(store: Store) -> Agent {
    Agent::with(|builder| builder.actions([]).records(store)).await
}

#[actix_web::test]
async fn an_agent_is_ready_while_its_records_answer() {
    for agent in [
        Agent::local([]).await,
        agent(Store::default()).await,
        Agent::with(|builder| builder.actions([]).records(MemoryRecords::new())).await,
    ] {
        let answer = Call::bare("GET", READY).send(&agent.serve().await).await;
        assert_eq!((answer.status(), answer.text()), (200, r#"{"ready":true}"#));
        assert!(agent.forest.is_ready().await);
    }
}

#[actix_web::test]
async fn an_agent_is_not_ready_while_its_records_do_not_answer() {
    let store = Store::default();
    store.is_away.store(true, Ordering::Relaxed);
    let agent = agent(store.clone()).await;
    let log = Log::capture();
    let app = agent.serve().await;
    for _ in 0..20 {
        let answer = Call::bare("GET", READY).send(&app).await;
        assert_eq!(answer.status(), 503);
        assert!(
            !answer.text().contains("10.0.0.7"),
            "the cause is only logged: {}",
            answer.text()
        );
    }
    assert!(!agent.forest.is_ready().await);
    assert_eq!(
        store.pings.load(Ordering::Relaxed),
        1,
        "the source is asked once a second at most"
    );
    let line = log.about("request failed").pop().unwrap();
    assert!(line.get("error").contains("10.0.0.7"), "{line:?}");
    assert_eq!(line.level, tracing::Level::WARN);
    // the program itself runs
    assert_eq!(Call::bare("GET", "/forest/healthcheck").send(&app).await.status(), 200);

    let diagnosis = agent.forest.doctor().await;
    let records = diagnosis
        .findings()
        .iter()
        .find(|finding| finding.topic == Topic::Records)
        .unwrap();
    assert_eq!(records.severity, Severity::Problem, "{diagnosis}");
    assert!(records.text.contains("connection refused by 10.0.0.7"), "{diagnosis}");
}

#[actix_web::test]
async fn an_agent_that_stops_is_not_ready() {
    let agent = agent(Store::default()).await;
    let forest = agent.forest.clone();
    let server = actix_web::HttpServer::new(move || actix_web::App::new().configure(forest.routes()));
    let server = server
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap()
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    assert!(agent.forest.is_ready().await);
    agent.forest.stop(&handle, std::time::Duration::from_secs(5)).await;
    assert!(!agent.forest.is_ready().await);
}
