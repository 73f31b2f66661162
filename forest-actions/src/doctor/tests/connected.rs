use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::super::Topic;
use super::super::connected::{EventsFacts, PublicationFacts, ServerFacts, env_secret_known, findings, shown};
use super::{about, lines};
use crate::connection::EventsState;
use crate::server::facts;
use crate::server::{FailureKind, IpStatus, Publication, ServerFailure};

fn failure(kind: FailureKind) -> ServerFailure {
    ServerFailure::new(kind, "users", "the cause")
}

fn rules(enabled: bool, rules: serde_json::Value) -> IpStatus {
    let payload = json!({"data": {"attributes": {"use_ip_whitelist": enabled, "rules": rules}}}).to_string();
    IpStatus::Retrieved(Arc::new(facts::ip_rules(payload.as_bytes()).unwrap()), None)
}

fn facts() -> ServerFacts {
    ServerFacts {
        url: "https://api.forestadmin.com".to_owned(),
        failure: None,
        is_development: false,
        took: Duration::from_millis(40),
        request_timeout: Duration::from_secs(10),
        clock: Some(TimeDelta::zero()),
        users: Ok(3),
        ip: rules(false, json!([])),
        trusts_proxies: false,
        events: EventsFacts {
            is_wanted: false,
            state: None,
            lifetime: Duration::from_secs(900),
        },
        publication: PublicationFacts {
            is_there: Some(Ok(true)),
            is_empty: false,
            is_enabled: true,
            is_started: true,
            recorded: None,
        },
    }
}

#[test]
fn a_healthy_server_has_ok_findings() {
    assert_eq!(
        lines(&findings(&facts())),
        [
            "ok server: https://api.forestadmin.com answers, in 40 ms",
            "ok clock: agrees with the Forest server's",
            "ok IP rules: off: any address may call",
            "ok events: off; permissions are kept for 15 min",
            "ok published: the Forest server has this schema",
            "ok permissions: read; 3 users",
        ]
    );
}

#[test]
fn consequences_of_a_failing_server_are_reported_once() {
    for kind in [
        FailureKind::Unreachable,
        FailureKind::Timeout,
        FailureKind::Tls,
        FailureKind::Maintenance,
        FailureKind::Status(500),
        FailureKind::Malformed,
        FailureKind::TooLarge,
        FailureKind::UnknownSecret,
    ] {
        let found = findings(&ServerFacts {
            failure: Some(failure(kind)),
            clock: None,
            users: Err(failure(kind)),
            ip: IpStatus::NotRetrieved(failure(kind)),
            publication: PublicationFacts {
                is_there: Some(Err(failure(kind))),
                ..facts().publication
            },
            ..facts()
        });
        let topics: Vec<Topic> = found.iter().map(|finding| finding.topic).collect();
        assert_eq!(topics, [Topic::Server, Topic::Events], "{kind:?}");
        let line = about(&found, Topic::Server);
        if kind == FailureKind::UnknownSecret {
            // it answers: the secret is the problem, and a finding of its own
            assert_eq!(line, "ok server: https://api.forestadmin.com answers, in 40 ms");
            assert_eq!(env_secret_known(Some(&failure(kind))), Some(false));
        } else {
            assert!(line.starts_with("PROBLEM") && line.contains("the cause"), "{line}");
            assert_eq!(found[0].advice.as_deref(), Some(kind.hint()));
            assert_eq!(env_secret_known(Some(&failure(kind))), None);
        }
    }
    assert_eq!(env_secret_known(None), Some(true));
}

#[test]
fn a_slow_server_is_a_warning() {
    for (took, timeout, slow) in [(1_999, 10_000, false), (2_000, 10_000, true), (300, 500, true)] {
        let found = findings(&ServerFacts {
            took: Duration::from_millis(took),
            request_timeout: Duration::from_millis(timeout),
            ..facts()
        });
        assert_eq!(
            about(&found, Topic::Server).starts_with("warning"),
            slow,
            "{took} of {timeout}"
        );
    }
}

#[test]
fn aut_06_a_wrong_clock_is_reported_with_its_direction() {
    for (seconds, expected) in [
        (30, "ok clock: agrees with the Forest server's"),
        (-30, "ok clock: agrees with the Forest server's"),
        (
            31,
            "warning clock: this machine's clock is 31 s behind the Forest server's, so logins and sessions fail",
        ),
        (
            -7_200,
            "warning clock: this machine's clock is 2 h ahead of the Forest server's, so logins and sessions fail",
        ),
    ] {
        let found = findings(&ServerFacts {
            clock: Some(TimeDelta::seconds(seconds)),
            ..facts()
        });
        assert_eq!(about(&found, Topic::Clock), expected);
    }
}

#[test]
fn net_07_ip_rules_are_reported_by_their_effect_on_callers() {
    let one = json!([{"type": 0, "ip": "10.0.0.1"}]);
    let with_bad = json!([{"type": 0, "ip": "10.0.0.1"}, {"type": 9}]);
    for (ip, trusts_proxies, expected) in [
        (
            rules(true, one.clone()),
            false,
            "ok IP rules: on, 1 range; no proxy is trusted, so a caller's address is that of the connection",
        ),
        (
            rules(true, one),
            true,
            "ok IP rules: on, 1 range; a caller's address comes from the trusted proxies",
        ),
        (
            rules(true, json!([])),
            false,
            "PROBLEM IP rules: on, and no address is listed, so every caller is refused",
        ),
        (
            rules(true, with_bad),
            false,
            "warning IP rules: on, 1 range; 1 rule left out as invalid",
        ),
        (
            IpStatus::NotRetrieved(failure(FailureKind::Malformed)),
            false,
            "PROBLEM IP rules: not retrieved (the cause), so every caller is refused",
        ),
    ] {
        let found = findings(&ServerFacts {
            ip,
            trusts_proxies,
            ..facts()
        });
        assert_eq!(about(&found, Topic::IpRules), expected);
    }
}

#[test]
fn evt_02_events_are_reported_by_their_state() {
    for (state, expected) in [
        (
            None,
            "ok events: on, from the start of the program; permissions are kept for 15 min",
        ),
        (
            Some(EventsState::Flowing),
            "ok events: on: changed permissions take effect at once",
        ),
        (
            Some(EventsState::Silent),
            "warning events: on, but none flow yet; permissions are kept for 15 min",
        ),
        (
            Some(EventsState::Ended),
            "warning events: on, but the Forest server has refused them for good; permissions are kept for 15 min",
        ),
    ] {
        let events = EventsFacts {
            is_wanted: true,
            state,
            ..facts().events
        };
        assert_eq!(
            about(&findings(&ServerFacts { events, ..facts() }), Topic::Events),
            expected
        );
    }
}

#[test]
fn sch_08_the_publication_is_reported_by_the_state_of_the_server_and_of_the_upload() {
    let sent = Some(Publication::Sent { job: None });
    let failed = Some(Publication::Failed(failure(FailureKind::Status(500))));
    for (is_there, enabled, started, recorded, expected) in [
        (
            Ok(true),
            false,
            false,
            None,
            "ok published: the Forest server has this schema",
        ),
        (
            Ok(false),
            false,
            true,
            Some(Publication::Off),
            "warning published: the Forest server does not have this schema, and publication is switched off",
        ),
        (
            Ok(false),
            true,
            false,
            None,
            "warning published: the Forest server does not have this schema yet",
        ),
        (
            Ok(false),
            true,
            true,
            None,
            "warning published: the schema is on its way to the Forest server",
        ),
        (
            Ok(false),
            true,
            true,
            sent,
            "warning published: the schema is on its way to the Forest server",
        ),
        (
            Ok(false),
            true,
            true,
            failed,
            "PROBLEM published: the Forest server did not take this schema (the cause)",
        ),
        (
            Ok(false),
            true,
            true,
            Some(Publication::Unchanged),
            "warning published: the Forest server has another schema by now: another program published it since this one started",
        ),
        (
            Err(failure(FailureKind::Malformed)),
            true,
            true,
            None,
            "warning published: cannot check whether the Forest server has this schema (the cause)",
        ),
    ] {
        let publication = PublicationFacts {
            is_there: Some(is_there),
            is_empty: false,
            is_enabled: enabled,
            is_started: started,
            recorded,
        };
        let found = findings(&ServerFacts { publication, ..facts() });
        assert_eq!(about(&found, Topic::Publication), expected);
    }
    let publication = PublicationFacts {
        is_there: None,
        is_empty: true,
        ..facts().publication
    };
    let found = findings(&ServerFacts { publication, ..facts() });
    assert!(about(&found, Topic::Publication).starts_with("PROBLEM published: the schema has no collection"));
}

#[test]
fn per_08_an_environment_for_development_has_no_permissions() {
    let found = findings(&ServerFacts {
        is_development: true,
        ..facts()
    });
    assert!(about(&found, Topic::Permissions).contains("everybody may run everything"));
    let found = findings(&ServerFacts {
        users: Err(failure(FailureKind::Timeout)),
        ..facts()
    });
    assert!(about(&found, Topic::Permissions).starts_with("PROBLEM permissions: the users"));
}

#[test]
fn durations_have_a_readable_unit() {
    for (milliseconds, expected) in [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1 s"),
        (1_500, "1.5 s"),
        (59_000, "59 s"),
        (300_000, "5 min"),
        (7_200_000, "2 h"),
        (864_000_000, "10 days"),
    ] {
        assert_eq!(shown(Duration::from_millis(milliseconds)), expected);
    }
}
