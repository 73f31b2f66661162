//! Events of the Forest server, through the whole program: immediate invalidation, and the fallback without events
//! (EVT-*).
//!
//! Long times pass by moving the clock of the test's runtime, not by waiting.

use std::time::Duration;

use actix_web::{App, HttpServer};
use forest_actions::ForestBuilder;
use forest_actions::testing::{FakeForest, Fault, ForestEvent};
use tracing::Level;

use crate::support::connected::{
    ARCHIVE, ENVIRONMENT, EVENTS, RENDERINGS, SAM, USERS, asked, condition, done, pass, project,
};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, TestService};

const FLOW: &str = "events of the Forest server flow";
const UNKNOWN_EVENT: &str = "an event of an unknown type";

fn listening(builder: ForestBuilder) -> ForestBuilder {
    builder.events(true)
}

/// An agent to which events flow.
async fn subscribed(fake: &FakeForest, log: &Log) -> Agent {
    let agent = Agent::of_with(fake, listening).await;
    log.wait_for(FLOW).await;
    agent
}

/// Sends an event until the agent has acted on it: it is read by another task.
async fn until_dropped(fake: &FakeForest, app: &impl TestService, route: &str, call: &Call) {
    let before = fake.count(route);
    for _ in 0..10_000 {
        assert_eq!(call.send(app).await.status(), 200);
        if fake.count(route) > before {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing was dropped: {route}");
}

#[actix_web::test]
async fn evt_01_program_exit_closes_the_stream_immediately() {
    let fake = project().await;
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let app = agent.serve().await;
    assert_eq!(fake.subscribers(), 1);
    drop(app);
    drop(agent);
    fake.wait_for_subscribers(0).await.unwrap();
    assert_eq!(fake.count(EVENTS), 1, "nobody connects again");
}

#[actix_web::test]
async fn evt_01_graceful_shutdown_finishes_requests_and_closes_the_stream() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let (forest, runs) = (agent.forest.clone(), agent.runs.clone());
    let server = HttpServer::new(move || App::new().app_data(runs.clone()).configure(forest.routes()))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(5)
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    // an action waits for its permissions during shutdown
    let gate = forest_actions::testing::Gate::new();
    fake.fault_next(USERS, [Fault::Hold(gate.clone())]);
    let request = awc::Client::default()
        .post(format!("http://{address}{ARCHIVE}"))
        .insert_header(("authorization", format!("Bearer {}", fake.user_token(SAM).sign())))
        .send_json(&serde_json::json!({"data": {"attributes": {"ids": ["1"]}}}));
    let stopped = async {
        fake.wait_for(USERS, 1).await.unwrap();
        let stopping = actix_web::rt::spawn(async move { handle.stop(true).await });
        gate.open();
        stopping.await.unwrap();
    };
    let (answer, ()) = futures_util::future::join(request, stopped).await;
    assert_eq!(answer.unwrap().status().as_u16(), 200);
    running.await.unwrap().unwrap();
    assert_eq!(agent.runs.count(), 1);
    drop(agent);
    fake.wait_for_subscribers(0).await.unwrap();
}

#[actix_web::test]
async fn evt_02_without_heartbeats_caches_expire_by_time() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    fake.silence_events(true);
    let log = Log::capture();
    let agent = Agent::of_with(&fake, |builder| {
        listening(builder).permissions_lifetime(Duration::from_secs(60))
    })
    .await;
    let app = agent.serve().await;
    fake.wait_for_subscribers(1).await.unwrap();
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_eq!(call.send(&app).await.status(), 200);
    // the stream is open and silent
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    pass(Duration::from_secs(46)).await;
    let line = log.wait_for("Unable to detect ServerSentEvents Heartbeat").await;
    assert_eq!(line.level, Level::ERROR);
    assert!(line.message().contains("proxy"), "{line:?}");
    // without events a right is kept for its time, and no longer
    pass(Duration::from_secs(61)).await;
    fake.deny("Support", "companies", "Mark as Live");
    assert_eq!(call.send(&app).await.status(), 403);
}

#[actix_web::test]
async fn evt_02_with_a_live_stream_caches_do_not_expire() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    // a rendering without the collection would be refetched
    fake.rendering(1).no_scope("companies");
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_eq!(call.send(&app).await.status(), 200);
    let before = asked(&fake);
    // longer than permissions are kept without events, shorter than a heartbeat may be missing each time
    for number in 1..=30 {
        pass(Duration::from_secs(40)).await;
        fake.push(&ForestEvent::Heartbeat);
        // the heartbeat is there before the clock moves again
        fake.push(&ForestEvent::Other {
            event: "tick".to_owned(),
            data: "{}".to_owned(),
        });
        log.wait_for_number(UNKNOWN_EVENT, number).await;
    }
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(asked(&fake), before);
}

#[actix_web::test]
async fn evt_03_an_event_invalidates_only_its_cache_immediately() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_eq!(call.send(&app).await.status(), 200);
    let start = asked(&fake);
    for (event, route, more) in [
        (ForestEvent::RefreshRoles, ENVIRONMENT, [1, 0, 0]),
        (ForestEvent::RefreshUsers, USERS, [1, 1, 0]),
        (ForestEvent::RefreshRenderings(vec![1]), RENDERINGS, [1, 1, 1]),
    ] {
        assert_eq!(fake.push(&event), 1);
        until_dropped(&fake, &app, route, &call).await;
        let expected: Vec<usize> = start.iter().zip(more).map(|(start, more)| start + more).collect();
        assert_eq!(asked(&fake).to_vec(), expected, "{event:?}");
    }
    // of another rendering, of another topic, of none
    for event in [
        ForestEvent::RefreshRenderings(vec![2]),
        ForestEvent::RefreshCustomizations,
        ForestEvent::Raw(": a comment\n\n".to_owned()),
        ForestEvent::Other {
            event: "tick".to_owned(),
            data: "{}".to_owned(),
        },
    ] {
        fake.push(&event);
    }
    log.wait_for_number(UNKNOWN_EVENT, 1).await;
    let before = asked(&fake);
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(asked(&fake), before);
    // a right that is taken away is gone with its event
    fake.deny("Support", "companies", "Mark as Live").push();
    for _ in 0..10_000 {
        if call.send(&app).await.status() == 403 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the right is still there");
}

#[actix_web::test]
async fn evt_03_a_dropped_stream_reconnects_and_invalidates_every_cache() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let app = agent.serve().await;
    let call = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2"]);
    assert_eq!(done(&call.send(&app).await), "1,2");
    let before = asked(&fake);
    // changes while disconnected
    assert_eq!(fake.cut_events(), 1);
    fake.rendering(1)
        .scope("companies", condition("country", "equal", "FR"));
    log.wait_for("the stream of events ended").await;
    assert_eq!(fake.subscribers(), 0, "not at once");
    pass(Duration::from_secs(5)).await;
    fake.wait_for_subscribers(1).await.unwrap();
    for _ in 0..10_000 {
        if done(&call.send(&app).await) == "2" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(done(&call.send(&app).await), "2");
    assert_eq!(asked(&fake).map(|count| count - 1), before);
    assert_eq!(fake.count(EVENTS), 2);
    let mut lines = log.about("stream of events");
    lines.retain(|line| line.level <= Level::WARN);
    assert!(lines.is_empty(), "a lost connection is every day's business: {lines:?}");
}

#[actix_web::test]
async fn evt_03_gateway_errors_are_retried_quietly_and_an_unknown_secret_is_final() {
    let fake = project().await;
    fake.fault_next(EVENTS, [502, 503, 504, 404].map(Fault::Status));
    let log = Log::capture();
    let agent = Agent::of_with(&fake, listening).await;
    for number in 1..=3 {
        fake.wait_for(EVENTS, number).await.unwrap();
        log.wait_for_number("the stream of events ended", number).await;
        let lines = log.about("no stream of events");
        let expected = if number == 3 { Level::WARN } else { Level::DEBUG };
        assert!(
            lines.len() == number && lines[number - 1].level == expected,
            "{number} {lines:?}"
        );
        // delays grow: twice as long each time
        pass(Duration::from_secs(5 << (number - 1))).await;
    }
    let line = log.wait_for("no events will come").await;
    assert_eq!(line.level, Level::ERROR);
    assert!(line.get("hint").contains("FOREST_ENV_SECRET"), "{line:?}");
    pass(Duration::from_secs(3_600)).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fake.count(EVENTS), 4);
    drop(agent);
}

#[actix_web::test]
async fn evt_04_one_stream_serves_all_workers() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let log = Log::capture();
    let agent = subscribed(&fake, &log).await;
    let (forest, runs) = (agent.forest.clone(), agent.runs.clone());
    let server = HttpServer::new(move || App::new().app_data(runs.clone()).configure(forest.routes()))
        .workers(3)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    // each client has a connection of its own, so several workers answer
    for _ in 0..6 {
        let answer = awc::Client::default()
            .post(format!("http://{address}{ARCHIVE}"))
            .insert_header(("authorization", format!("Bearer {}", fake.user_token(SAM).sign())))
            .send_json(&serde_json::json!({"data": {"attributes": {"ids": ["1"]}}}))
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
    assert_eq!((fake.subscribers(), fake.count(EVENTS)), (1, 1));
    assert_eq!(asked(&fake), [1, 1, 1], "and what is kept is kept for all of them");
    handle.stop(false).await;
}
