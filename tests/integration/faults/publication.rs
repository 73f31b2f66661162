//! The rows about the publication of the schema: failures are logged, and the next start publishes.

use tracing::Level;

use super::rows::{
    Endless, Error500, Garbage, HalfBody, Hung, Logged, MAINTENANCE, Maintenance503, Refused, SlowDrip, Unknown404,
    impatient, is_either,
};
use crate::support::connected::{HASH_CHECK, SAM, UPLOAD, project};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE};

/// The publication: level and text in the log; no effect on users.
pub(super) const PUBLISHED: &[Logged] = &[
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

/// Unknown responses matter only where a response is parsed: for the hash check.
pub(super) const MISREAD: &[Logged] = &[
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

async fn publication_fails(route: &'static str, rows: &[Logged]) {
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
