//! The rows about the stream of events: failures are logged and block no request.

use std::time::Duration;

use forest_actions::ForestBuilder;
use tracing::Level;

use super::rows::{
    Endless, Error500, Failure, Garbage, HalfBody, Hung, Maintenance503, Refused, SlowDrip, Unknown404, impatient,
};
use crate::support::connected::{EVENTS, SAM, pass, project};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE};

/// The stream of events: level and kind in the log.
pub(super) const LISTENED: &[(&[Failure], Level, &str)] = &[
    (&[Refused], Level::DEBUG, "unreachable"),
    (&[Error500], Level::DEBUG, "status"),
    (&[Unknown404], Level::ERROR, ""),
    (&[Maintenance503], Level::DEBUG, "maintenance"),
    (&[Garbage, Endless], Level::WARN, "malformed"),
];

/// The stream that is opened, and then fails: level and text in the log.
pub(super) const LISTENING: &[(Failure, Level, &str)] = &[
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
