//! The rows about permissions and the rules about addresses: an action, a list and a hook are refused alike.

use tracing::Level;

use super::rows::{
    Endless, Error500, Failure, Garbage, HalfBody, Hung, MAINTENANCE, Maintenance503, REASON, Refused, Row, SlowDrip,
    TIMED_OUT, UNEXPECTED, UNKNOWN_SECRET, UNREACHABLE, Unknown404, assert_seen, impatient, is_either,
};
use crate::support::connected::{ENVIRONMENT, IP_RULES, RENDERINGS, SAM, USERS, project};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE};

/// The permissions: environment, users, rendering.
pub(super) const PERMISSIONS: &[Row] = &[
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
pub(super) const ADDRESSES: &[(&[Failure], &str)] = &[
    (&[Refused, HalfBody], "unreachable"),
    (&[Hung, SlowDrip], "timeout"),
    (&[Error500], "status"),
    (&[Unknown404], "unknown secret"),
    (&[Maintenance503], "maintenance"),
    (&[Garbage], "malformed"),
    (&[Endless], "too large"),
];

#[actix_web::test]
async fn faults_04_the_ip_rules() {
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
