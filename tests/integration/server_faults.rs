//! What happens when the Forest server is slow, down, wrong or lying: the rows of the book's page on it, in its order,
//! but those of the login.
//!
//! Each row is a dependency and a fault, tried on an agent of its own: what the user sees, what the log says, and that
//! the next attempt succeeds once the fault is over. The page says the same in prose.

use std::time::Duration;

use actix_web::App;
use actix_web::test::init_service;
use forest_actions::ForestBuilder;
use forest_actions::prelude::*;
use futures_util::future::join;
use tokio::sync::Notify;
use tracing::Level;

use crate::support::connected::{
    ENVIRONMENT, EVENTS, HASH_CHECK, IP_RULES, RENDERINGS, SAM, UPLOAD, USERS, begin_login, come_back, log_in,
    login_start, pass, project, visit,
};
use crate::support::failure::{
    Endless, Error500, Failure, Garbage, HalfBody, Hung, MAINTENANCE, Maintenance503, REASON, Refused, Row, SlowDrip,
    TIMED_OUT, UNEXPECTED, UNKNOWN_SECRET, UNREACHABLE, Unknown404, assert_seen, impatient, is_either,
};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, Runs};

/// The page that these rows are from.
const PAGE: &str = include_str!("../../docs/when-the-forest-server-fails.md");

/// The permissions: environment, users, rendering.
const PERMISSIONS: &[Row] = &[
    (
        &[Refused, HalfBody],
        (503, "PermissionsUnavailableError", UNREACHABLE),
        "unreachable",
    ),
    (
        &[Hung, SlowDrip],
        (503, "PermissionsUnavailableError", TIMED_OUT),
        "timeout",
    ),
    (&[Error500], (503, "PermissionsUnavailableError", REASON), "status"),
    (
        &[Unknown404],
        (503, "PermissionsUnavailableError", UNKNOWN_SECRET),
        "unknown secret",
    ),
    (
        &[Maintenance503],
        (503, "PermissionsUnavailableError", MAINTENANCE),
        "maintenance",
    ),
    (
        &[Garbage],
        (503, "PermissionsUnavailableError", UNEXPECTED),
        "malformed",
    ),
    (
        &[Endless],
        (503, "PermissionsUnavailableError", UNEXPECTED),
        "too large",
    ),
];

async fn permissions_fail(route: &'static str) {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Mark as Live")
        .may_browse("companies");
    for (failures, seen, kind) in PERMISSIONS {
        for failure in *failures {
            let agent = Agent::of_with(&fake, impatient).await;
            let app = agent.serve().await;
            fake.fault(route, failure.fault());
            let log = Log::capture();
            let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
            let answer = call.send(&app).await;
            assert_seen(route, *failure, &answer, *seen);
            assert_eq!(answer.header("retry-after"), Some("5"));
            assert_eq!(
                agent.runs.count(),
                0,
                "{route} {failure:?}: no answer never means allowed"
            );
            let mut lines = log.lines();
            lines.retain(|line| line.level == Level::ERROR && !line.get("call").is_empty());
            assert_eq!(lines.len(), 1, "{route} {failure:?}: {lines:?}");
            assert!(is_either(*failure, lines[0].get("kind"), kind, "timeout"), "{lines:?}");
            assert!(!lines[0].get("cause").is_empty() && !lines[0].get("hint").is_empty());
            let browsed = Call::read("/forest/companies").by(&fake, SAM).send(&app).await;
            assert_seen(route, *failure, &browsed, *seen);
            // a hook fails as its action does
            let hook = Call::post(format!("{MARK_AS_LIVE}/hooks/load"))
                .by(&fake, SAM)
                .send(&app)
                .await;
            assert_seen(route, *failure, &hook, *seen);
            fake.heal_all();
            assert_eq!(
                call.send(&app).await.status(),
                200,
                "{route} {failure:?}: it heals by itself"
            );
        }
    }
}

#[actix_web::test]
async fn faults_01_the_rights_of_the_environment() {
    permissions_fail(ENVIRONMENT).await;
}

#[actix_web::test]
async fn faults_02_the_users() {
    permissions_fail(USERS).await;
}

#[actix_web::test]
async fn faults_03_the_renderings() {
    permissions_fail(RENDERINGS).await;
}

/// The IP rules, as long as there are none.
const ADDRESSES: &[(&[Failure], &str)] = &[
    (&[Refused, HalfBody], "unreachable"),
    (&[Hung, SlowDrip], "timeout"),
    (&[Error500], "status"),
    (&[Unknown404], "unknown secret"),
    (&[Maintenance503], "maintenance"),
    (&[Garbage], "malformed"),
    (&[Endless], "too large"),
];

#[actix_web::test]
async fn faults_04_the_rules_about_addresses() {
    let fake = project().await;
    for (failures, kind) in ADDRESSES {
        for failure in *failures {
            fake.fault(IP_RULES, failure.fault());
            let log = Log::capture();
            let agent = Agent::of_with(&fake, impatient).await;
            let app = agent.serve().await;
            let call = Call::post("/forest/actions/ping").by(&fake, SAM).peer("192.0.2.1");
            let answer = call.send(&app).await;
            let seen = (403, "ForbiddenError", "IP whitelist not retrieved");
            assert_seen(IP_RULES, *failure, &answer, seen);
            assert_eq!(agent.runs.count(), 0);
            let line = log
                .about("An error occured while retrieving your IP whitelist")
                .remove(0);
            assert_eq!(line.level, Level::ERROR);
            assert!(
                is_either(*failure, line.get("kind"), kind, "timeout"),
                "{failure:?} {line:?}"
            );
            fake.heal_all();
            assert_eq!(call.send(&app).await.status(), 200, "{failure:?}: it heals by itself");
            // rules that were retrieved stay in force
            fake.fault(IP_RULES, failure.fault());
            assert_eq!(call.send(&app).await.status(), 200, "{failure:?}");
            fake.heal_all();
        }
    }
}

/// The publication: level and text in the log; the user sees nothing.
const PUBLISHED: &[(&[Failure], Level, &str, &str)] = &[
    (
        &[Refused, HalfBody],
        Level::WARN,
        "Cannot send the apimap to Forest. Are you online?",
        "unreachable",
    ),
    (
        &[Hung, SlowDrip],
        Level::WARN,
        "Cannot send the apimap to Forest. Are you online?",
        "timeout",
    ),
    (
        &[Error500],
        Level::ERROR,
        "An error occured with the apimap sent to Forest.",
        "status",
    ),
    (
        &[Unknown404],
        Level::ERROR,
        "Cannot find the project related to the envSecret",
        "unknown secret",
    ),
    (&[Maintenance503], Level::WARN, MAINTENANCE, "maintenance"),
];

/// What is none of the protocol's matters where an answer is read: that of the hash check.
const MISREAD: &[(&[Failure], Level, &str, &str)] = &[
    (
        &[Garbage],
        Level::ERROR,
        "An error occured with the apimap sent to Forest.",
        "malformed",
    ),
    (
        &[Endless],
        Level::ERROR,
        "An error occured with the apimap sent to Forest.",
        "too large",
    ),
];

async fn publication_fails(route: &'static str, rows: &[(&[Failure], Level, &str, &str)]) {
    let texts = [PUBLISHED, MISREAD].concat();
    let texts: Vec<&str> = texts.into_iter().map(|(_, _, text, _)| text).collect();
    for (failures, level, text, kind) in rows {
        for failure in *failures {
            let fake = project().await;
            fake.grant("Support", "companies", "Mark as Live");
            fake.fault(route, failure.fault());
            let log = Log::capture();
            let agent = Agent::of_with(&fake, |builder| impatient(builder).schema_upload(true)).await;
            let app = agent.serve().await;
            let answer = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
            assert_eq!(answer.status(), 200, "{route} {failure:?}: nobody notices");
            let line = log.wait_for_any(&texts).await;
            assert!(
                is_either(*failure, line.get("kind"), kind, "timeout"),
                "{route} {failure:?} {line:?}"
            );
            if line.get("kind") == *kind {
                assert!(
                    line.level == *level && line.message().contains(text),
                    "{route} {failure:?} {line:?}"
                );
            }
            assert!(!line.get("hint").is_empty(), "{line:?}");
            fake.heal_all();
            let log = Log::capture();
            let _next = Agent::of_with(&fake, |builder| impatient(builder).schema_upload(true)).await;
            // half an answer to the upload comes after the upload
            log.wait_for_any(&["Schema file sent.", "No change in apimap"]).await;
            assert_eq!(fake.schemas().len(), 1, "{route} {failure:?}: the next start publishes");
        }
    }
}

#[actix_web::test]
async fn faults_09_the_hash_check_of_the_schema() {
    publication_fails(HASH_CHECK, PUBLISHED).await;
    publication_fails(HASH_CHECK, MISREAD).await;
}

#[actix_web::test]
async fn faults_10_the_upload_of_the_schema() {
    publication_fails(UPLOAD, PUBLISHED).await;
    publication_fails(UPLOAD, &MISREAD[1..]).await;
    // of a success only the status counts
    let fake = project().await;
    fake.fault(UPLOAD, Garbage.fault());
    let log = Log::capture();
    let _agent = Agent::of_with(&fake, |builder| impatient(builder).schema_upload(true)).await;
    log.wait_for("Schema file sent.").await;
}

/// The stream of events: level and kind in the log.
const LISTENED: &[(&[Failure], Level, &str)] = &[
    (&[Refused], Level::DEBUG, "unreachable"),
    (&[Error500], Level::DEBUG, "status"),
    (&[Unknown404], Level::ERROR, ""),
    (&[Maintenance503], Level::DEBUG, "maintenance"),
    (&[Garbage, Endless], Level::WARN, "malformed"),
];

/// The stream that is opened, and then fails: level and text in the log.
const LISTENING: &[(Failure, Level, &str)] = &[
    (HalfBody, Level::DEBUG, "the stream of events ended"),
    (Hung, Level::ERROR, "Unable to detect ServerSentEvents Heartbeat."),
    (SlowDrip, Level::INFO, "events of the Forest server flow"),
];

#[actix_web::test]
async fn faults_11_the_stream_of_events() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let listening = |builder: ForestBuilder| impatient(builder).events(true);
    for (failures, level, kind) in LISTENED {
        for failure in *failures {
            fake.fault(EVENTS, failure.fault());
            let log = Log::capture();
            let agent = Agent::of_with(&fake, listening).await;
            let app = agent.serve().await;
            let line = log.wait_for_any(&["no stream of events", "no events will come"]).await;
            assert_eq!((line.level, line.get("kind")), (*level, *kind), "{failure:?} {line:?}");
            let answer = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
            assert_eq!(answer.status(), 200, "{failure:?}: events only make changes quicker");
            fake.heal_all();
        }
    }
    for (failure, level, text) in LISTENING {
        fake.fault(EVENTS, failure.fault());
        let before = fake.count(EVENTS);
        let log = Log::capture();
        let agent = Agent::of_with(&fake, listening).await;
        let app = agent.serve().await;
        fake.wait_for(EVENTS, before + 1).await.unwrap();
        let answer = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
        assert_eq!(answer.status(), 200, "{failure:?}: nobody waits for it");
        if *failure == Hung {
            pass(Duration::from_secs(46)).await;
        }
        assert_eq!(log.wait_for(text).await.level, *level, "{failure:?}");
        fake.heal_all();
    }
}

#[test]
fn the_page_has_every_text_of_these_rows() {
    // what the server says of itself is its own
    let permissions = PERMISSIONS.iter().filter(|(_, (_, _, text), _)| *text != REASON);
    let permissions = permissions.flat_map(|(_, (_, name, text), kind)| [*name, text, kind]);
    let addresses = ADDRESSES.iter().map(|(_, kind)| *kind);
    let published = [PUBLISHED, MISREAD].concat();
    let published = published.into_iter().flat_map(|(_, _, text, kind)| [text, kind]);
    for text in permissions.chain(addresses).chain(published) {
        assert!(PAGE.contains(text), "{text}");
    }
    for (_, level, kind) in LISTENED {
        let level = match *level {
            Level::DEBUG => "debug: ",
            Level::WARN => "warning: ",
            _ => "error: ",
        };
        assert!(PAGE.contains(level) && PAGE.contains(kind), "{kind}");
    }
    for (_, _, text) in LISTENING {
        assert!(PAGE.contains(text), "{text}");
    }
}

#[smart_action(collection = "companies", name = "Wait for the outage", kind = "global")]
async fn wait_for_the_outage(outage: web::Data<Outage>, runs: web::Data<Runs>) -> ActionResult {
    outage.started.notify_one();
    outage.over.notified().await;
    runs.add();
    Ok(success("done"))
}

/// What a running handler and its test tell each other.
#[derive(Default)]
struct Outage {
    started: Notify,
    over: Notify,
}

#[actix_web::test]
async fn a_server_that_is_gone_stops_no_start_and_no_handler_and_lets_nobody_in() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake.role("Support")
        .may_trigger("companies", "Mark as Live")
        .may_trigger("companies", "Wait for the outage");
    // the provider's key takes longer to make than the agents of these tests wait
    let patient = Agent::of(&fake).await;
    assert_eq!(log_in(&patient.serve().await).await.status(), 200);
    let waiting = |builder: ForestBuilder| impatient(builder).actions(actions![wait_for_the_outage]);
    let agent = Agent::of_with(&fake, waiting).await;
    let outage = web::Data::new(Outage::default());
    let app = App::new()
        .app_data(agent.runs.clone())
        .app_data(outage.clone())
        .configure(agent.forest.routes());
    let app = init_service(app).await;
    let address = visit(&begin_login(&app, "").await).await;
    let call = Call::post("/forest/actions/wait-for-the-outage").by(&fake, SAM);
    let during = async {
        outage.started.notified().await;
        // what a global action has no use for is asked for by another
        assert_eq!(Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await.status(), 200);
        fake.go_offline().await;
        // what is known goes on being known
        let known = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
        assert_eq!(known.status(), 200, "{known:?}");
        // what is not known is refused: a right that is missing in what is kept
        let unknown = Call::post("/forest/actions/archive").by(&fake, SAM).send(&app).await;
        assert!(unknown.detail(503).contains(UNREACHABLE), "{unknown:?}");
        let finished = come_back(&app, &address).await;
        assert!(finished.detail(500).contains(UNREACHABLE), "{finished:?}");
        // a program that starts now runs, and lets nobody in
        let log = Log::capture();
        let late = Agent::of_with(&fake, |builder| impatient(builder).schema_upload(true).events(true)).await;
        let late_app = late.serve().await;
        log.wait_for("Are you online?").await;
        assert_eq!(Call::bare("GET", "/forest").send(&late_app).await.status(), 200);
        let remote = Call::post(MARK_AS_LIVE).by(&fake, SAM).peer("192.0.2.1");
        let local = Call::post(MARK_AS_LIVE).by(&fake, SAM).peer("127.0.0.1");
        assert_eq!(local.send(&late_app).await.detail(403), "IP whitelist not retrieved");
        assert_eq!(login_start(&late_app, "").await.status(), 500);
        assert_eq!(late.runs.count(), 0);
        fake.go_online().await.unwrap();
        // everything heals by itself
        assert_eq!(remote.send(&late_app).await.status(), 200);
        assert_eq!(log_in(&late_app).await.status(), 200);
        assert_eq!(log_in(&app).await.status(), 200);
        outage.over.notify_one();
    };
    let (answer, ()) = join(call.send(&app), during).await;
    assert_eq!(answer.success(), "done", "what runs is not touched");
    assert_eq!(agent.runs.count(), 3);
}
