//! The rows about logins: failures when a login starts and ends, and the success of the next login.

use forest_actions::testing::FakeForest;

use super::rows::{
    Endless, Error500, Failure, Garbage, HalfBody, Hung, Maintenance503, Refused, Row, SlowDrip, TIMED_OUT, UNEXPECTED,
    UNREACHABLE, Unknown404, assert_seen, impatient, is_either,
};
use crate::support::connected::{
    DISCOVERY, EXCHANGE, LOOKUP, REGISTRATION, SAM, begin_login, come_back, log_in, login_start, project, visit,
};
use crate::support::{Agent, Log};

/// A project in which Sam has logged in before: the provider's key is made by then, which takes longer than the agents of
/// these tests wait.
async fn rehearsed() -> FakeForest {
    let fake = project().await;
    fake.login_as(Some(SAM));
    let agent = Agent::of(&fake).await;
    assert_eq!(log_in(&agent.serve().await).await.status(), 200);
    fake
}

// these have the same outcome in every step of a login
const GONE: Row = (&[Refused, HalfBody], (500, "Error", UNREACHABLE), "unreachable");
const LATE: Row = (&[Hung, SlowDrip], (500, "Error", TIMED_OUT), "timeout");
const TOO_LARGE: Row = (&[Endless], (500, "Error", UNEXPECTED), "too large");

pub(super) const DISCOVERED: &[Row] = &[
    GONE,
    LATE,
    (
        &[Error500],
        (500, "VError", "Forest server request error: 500 Internal Server Error"),
        "status 500",
    ),
    (
        &[Unknown404],
        (
            403,
            "SecretNotFoundError",
            "Cannot retrieve the data from the Forest server.",
        ),
        "status 404",
    ),
    (
        &[Maintenance503],
        (500, "VError", "Forest server request error: 503 Service Unavailable"),
        "status 503",
    ),
    (
        &[Garbage],
        (500, "VError", "the discovery document is malformed"),
        "not as expected",
    ),
    TOO_LARGE,
];

pub(super) const REGISTERED: &[Row] = &[
    GONE,
    LATE,
    (
        &[Error500],
        (400, "OPError", "expected 201 Created, got: 500"),
        "status 500",
    ),
    (
        &[Unknown404],
        (400, "OPError", "expected 201 Created, got: 404"),
        "status 404",
    ),
    (
        &[Maintenance503],
        (400, "OPError", "expected 201 Created, got: 503"),
        "status 503",
    ),
    (
        &[Garbage],
        (400, "OPError", "expected 201 Created, got: 200"),
        "status 200",
    ),
    TOO_LARGE,
];

/// Requests at the start of a login.
async fn beginning_fails(route: &'static str, rows: &[Row]) {
    let fake = rehearsed().await;
    for (failures, seen, cause) in rows {
        for failure in *failures {
            fake.fault(route, failure.fault());
            let log = Log::capture();
            let agent = Agent::of_with(&fake, impatient).await;
            let app = agent.serve().await;
            let answer = login_start(&app, "").await;
            assert_seen(route, *failure, &answer, *seen);
            assert_step(&log, route, *failure, seen.0, cause);
            log.wait_for("the login could not be set up; the next login tries again")
                .await;
            fake.heal_all();
            let answer = log_in(&app).await;
            assert_eq!(
                answer.status(),
                200,
                "{route} {failure:?}: the next login succeeds: {answer:?}"
            );
        }
    }
}

/// One log line of the login has the cause and no secret.
fn assert_step(log: &Log, route: &str, failure: Failure, status: u16, cause: &str) {
    let message = if status >= 500 {
        "login step failed"
    } else {
        "login step refused"
    };
    let lines = log.about(message);
    assert_eq!(lines.len(), 1, "{route} {failure:?}: {:?}", log.about("login"));
    assert!(
        is_either(failure, lines[0].get("cause"), cause, "timeout"),
        "{route} {failure:?} {lines:?}"
    );
}

#[actix_web::test]
async fn faults_05_the_discovery_document() {
    beginning_fails(DISCOVERY, DISCOVERED).await;
}

#[actix_web::test]
async fn faults_06_the_registration() {
    beginning_fails(REGISTRATION, REGISTERED).await;
}

pub(super) const EXCHANGED: &[Row] = &[
    GONE,
    LATE,
    (
        &[Error500],
        (500, "VError", "Forest server request error: 500 Internal Server Error"),
        "status 500",
    ),
    (
        &[Unknown404],
        (500, "VError", "Forest server request error: 404 Not Found"),
        "status 404",
    ),
    (
        &[Maintenance503],
        (500, "VError", "Forest server request error: 503 Service Unavailable"),
        "status 503",
    ),
    (
        &[Garbage],
        (500, "VError", "the answer of the token endpoint is malformed"),
        "no access token",
    ),
    TOO_LARGE,
];

pub(super) const LOOKED_UP: &[Row] = &[
    GONE,
    LATE,
    (
        &[Error500],
        (500, "Error", "Error while authorizing the user on Forest Admin"),
        "status 500",
    ),
    (
        &[Unknown404],
        (
            403,
            "SecretNotFoundError",
            "Cannot retrieve the project you're trying to unlock.",
        ),
        "status 404",
    ),
    (
        &[Maintenance503],
        (500, "Error", "Error while authorizing the user on Forest Admin"),
        "status 503",
    ),
    (
        &[Garbage],
        (500, "Error", "Error while authorizing the user on Forest Admin"),
        "not a user",
    ),
    TOO_LARGE,
];

/// Requests at the end of a login.
async fn ending_fails(route: &'static str, rows: &[Row]) {
    let fake = rehearsed().await;
    for (failures, seen, cause) in rows {
        for failure in *failures {
            let agent = Agent::of_with(&fake, impatient).await;
            let app = agent.serve().await;
            let address = visit(&begin_login(&app, "").await).await;
            fake.fault(route, failure.fault());
            let log = Log::capture();
            let answer = come_back(&app, &address).await;
            assert_seen(route, *failure, &answer, *seen);
            assert_step(&log, route, *failure, seen.0, cause);
            assert!(!answer.text().contains("\"token\""), "{answer:?}");
            fake.heal_all();
            let answer = log_in(&app).await;
            assert_eq!(
                answer.status(),
                200,
                "{route} {failure:?}: the next login succeeds: {answer:?}"
            );
        }
    }
}

#[actix_web::test]
async fn faults_07_the_exchange_of_the_code() {
    ending_fails(EXCHANGE, EXCHANGED).await;
}

#[actix_web::test]
async fn faults_08_the_user_info_request() {
    ending_fails(LOOKUP, LOOKED_UP).await;
}
