//! Findings about the Forest server. The consequences of a server that does not answer are part of the finding about the
//! server, and left out of the others.

use std::time::Duration;

use chrono::TimeDelta;

use super::finding::{Finding, Topic};
use super::screen::plural;
use crate::connection::EventsState;
use crate::server::{FailureKind, IpStatus, Publication, ServerFailure};

/// Above this difference, logins and sessions begin to fail.
const MOST_APART: TimeDelta = TimeDelta::seconds(30);
/// Slower answers are noticeable in the back office.
const SLOW: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct ServerFacts {
    /// Contains no user name and no password.
    pub(super) url: String,
    /// The reason why the server sent no permissions.
    pub(super) failure: Option<ServerFailure>,
    /// A development environment has no permissions.
    pub(super) is_development: bool,
    pub(super) took: Duration,
    pub(super) request_timeout: Duration,
    /// The lead of the server's clock.
    pub(super) clock: Option<TimeDelta>,
    /// The number of users.
    pub(super) users: Result<usize, ServerFailure>,
    pub(super) ip: IpStatus,
    pub(super) trusts_proxies: bool,
    pub(super) events: EventsFacts,
    pub(super) publication: PublicationFacts,
}

#[derive(Debug)]
pub(super) struct EventsFacts {
    pub(super) is_wanted: bool,
    /// `None` for an agent that was not started.
    pub(super) state: Option<EventsState>,
    /// The lifetime of cached permissions without events.
    pub(super) lifetime: Duration,
}

#[derive(Debug)]
pub(super) struct PublicationFacts {
    /// `None` without a schema to publish.
    pub(super) is_there: Option<Result<bool, ServerFailure>>,
    pub(super) is_empty: bool,
    pub(super) is_enabled: bool,
    pub(super) is_started: bool,
    /// The outcome of the publication at start, once it has ended.
    pub(super) recorded: Option<Publication>,
}

/// Returns one finding per topic at most.
pub(super) fn findings(facts: &ServerFacts) -> Vec<Finding> {
    let mut found = vec![server(facts)];
    found.extend(facts.clock.map(clock));
    let answers = facts.failure.is_none();
    found.extend(ip_rules(facts, answers));
    found.push(events(&facts.events, answers));
    found.extend(publication(&facts.publication, answers));
    if answers {
        found.push(permissions(facts));
    }
    found
}

/// Derives from the server's answer whether it accepts the environment secret; `None` when the answer does not show it.
pub(super) fn env_secret_known(failure: Option<&ServerFailure>) -> Option<bool> {
    match failure.map(ServerFailure::kind) {
        None => Some(true),
        Some(FailureKind::UnknownSecret) => Some(false),
        Some(_) => None,
    }
}

fn server(facts: &ServerFacts) -> Finding {
    let (url, took) = (&facts.url, shown(facts.took));
    match &facts.failure {
        // reported with the secrets
        Some(failure) if failure.kind() == FailureKind::UnknownSecret => {
            Finding::ok(Topic::Server, format!("{url} answers, in {took}"))
        }
        Some(failure) => Finding::problem(
            Topic::Server,
            format!(
                "{url} gave no permissions ({}: {}) in {took}; until it does, nobody new logs in, and actions are refused as soon as \
                 what is known has expired",
                failure.kind().as_str(),
                failure.cause()
            ),
            failure.kind().hint(),
        ),
        None if facts.took >= SLOW.min(facts.request_timeout / 2) => Finding::warning(
            Topic::Server,
            format!(
                "{url} is slow: it took {took} of the {} that it may",
                shown(facts.request_timeout)
            ),
            "check the network between this program and the Forest server",
        ),
        None => Finding::ok(Topic::Server, format!("{url} answers, in {took}")),
    }
}

fn clock(ahead: TimeDelta) -> Finding {
    if ahead.abs() <= MOST_APART {
        return Finding::ok(Topic::Clock, "agrees with the Forest server's");
    }
    // the server is ahead when this machine is behind
    let direction = if ahead > TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    Finding::warning(
        Topic::Clock,
        format!(
            "this machine's clock is {} {direction} the Forest server's, so logins and sessions fail",
            shown(ahead.abs().to_std().unwrap_or_default())
        ),
        "set this machine's clock by a time server",
    )
}

fn ip_rules(facts: &ServerFacts, answers: bool) -> Option<Finding> {
    let (rules, failure) = match &facts.ip {
        IpStatus::Retrieved(rules, failure) => (rules, failure),
        IpStatus::NotRetrieved(_) if !answers => return None,
        IpStatus::NotRetrieved(failure) => {
            let text = format!("not retrieved ({}), so every caller is refused", failure.cause());
            return Some(Finding::problem(Topic::IpRules, text, failure.kind().hint()));
        }
    };
    if !rules.enabled() {
        return Some(Finding::ok(Topic::IpRules, "off: any address may call"));
    }
    let ranges = plural(rules.ranges(), "range");
    Some(if rules.ranges() == 0 {
        Finding::problem(
            Topic::IpRules,
            "on, and no address is listed, so every caller is refused",
            "list the addresses in the project's security settings, or switch the rules off",
        )
    } else if !rules.ignored().is_empty() {
        Finding::warning(
            Topic::IpRules,
            format!(
                "on, {ranges}; {} left out as invalid",
                plural(rules.ignored().len(), "rule")
            ),
            "correct the rules in the project's security settings; the log quotes them",
        )
    } else if let (Some(failure), true) = (failure, answers) {
        Finding::warning(
            Topic::IpRules,
            format!(
                "on, {ranges}, as they were: the last refresh failed ({})",
                failure.cause()
            ),
            failure.kind().hint(),
        )
    } else if facts.trusts_proxies {
        Finding::ok(
            Topic::IpRules,
            format!("on, {ranges}; a caller's address comes from the trusted proxies"),
        )
    } else {
        Finding::ok(
            Topic::IpRules,
            format!("on, {ranges}; no proxy is trusted, so a caller's address is that of the connection"),
        )
    })
}

fn events(facts: &EventsFacts, answers: bool) -> Finding {
    let kept = shown(facts.lifetime);
    let text = |text: &str| format!("{text}; permissions are kept for {kept}");
    match (facts.is_wanted, facts.state) {
        (false, _) => Finding::ok(Topic::Events, text("off")),
        (true, Some(EventsState::Flowing)) => Finding::ok(Topic::Events, "on: changed permissions take effect at once"),
        (true, None) => Finding::ok(Topic::Events, text("on, from the start of the program")),
        (true, Some(_)) if !answers => Finding::ok(Topic::Events, text("on, and waiting for the Forest server")),
        (true, Some(EventsState::Silent)) => Finding::warning(
            Topic::Events,
            text("on, but none flow yet"),
            "if that lasts, let proxies pass `/liana/v4/subscribe-to-events` on without buffering",
        ),
        (true, Some(EventsState::Ended)) => Finding::warning(
            Topic::Events,
            text("on, but the Forest server has refused them for good"),
            "see the log for its answer; then start the program again, or switch events off",
        ),
    }
}

fn publication(facts: &PublicationFacts, answers: bool) -> Option<Finding> {
    if facts.is_empty {
        return Some(Finding::problem(
            Topic::Publication,
            "the schema has no collection and no action, so it is never sent",
            "link the crate that has the actions with `forest_actions::link!`, or list them with `.actions(…)`",
        ));
    }
    // an unreadable file in production is a finding about the file
    let is_there = facts.is_there.as_ref()?;
    match (is_there, &facts.recorded) {
        (Ok(true), _) => Some(Finding::ok(Topic::Publication, "the Forest server has this schema")),
        (Err(_), _) if !answers => None,
        (Err(failure), _) => Some(Finding::warning(
            Topic::Publication,
            format!(
                "cannot check whether the Forest server has this schema ({})",
                failure.cause()
            ),
            failure.kind().hint(),
        )),
        (Ok(false), _) if !facts.is_enabled => Some(Finding::warning(
            Topic::Publication,
            "the Forest server does not have this schema, and publication is switched off",
            "publish it from where that is meant to happen, or unset FOREST_DISABLE_AUTO_SCHEMA_APPLY",
        )),
        (Ok(false), _) if !facts.is_started => Some(Finding::warning(
            Topic::Publication,
            "the Forest server does not have this schema yet",
            "start the program: it publishes the schema",
        )),
        (Ok(false), Some(Publication::Failed(failure))) => Some(Finding::problem(
            Topic::Publication,
            format!("the Forest server did not take this schema ({})", failure.cause()),
            failure.kind().hint(),
        )),
        (Ok(false), None | Some(Publication::Sent { .. })) => Some(Finding::warning(
            Topic::Publication,
            "the schema is on its way to the Forest server",
            "look again in a minute",
        )),
        (Ok(false), Some(_)) => Some(Finding::warning(
            Topic::Publication,
            "the Forest server has another schema by now: another program published it since this one started",
            "run one version of the program per environment, then start this one again",
        )),
    }
}

fn permissions(facts: &ServerFacts) -> Finding {
    match &facts.users {
        Err(failure) => Finding::problem(
            Topic::Permissions,
            format!(
                "the users of the project cannot be read ({}), so protected actions are refused",
                failure.cause()
            ),
            failure.kind().hint(),
        ),
        Ok(_) if facts.is_development => Finding::ok(
            Topic::Permissions,
            "none: in an environment for development everybody may run everything, without approvals",
        ),
        Ok(users) => Finding::ok(Topic::Permissions, format!("read; {}", plural(*users, "user"))),
    }
}

/// Formats a duration with the unit that suits its size.
pub(super) fn shown(time: Duration) -> String {
    let (seconds, milliseconds) = (time.as_secs(), time.as_millis());
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..10 if !milliseconds.is_multiple_of(1000) => format!("{:.1} s", time.as_secs_f64()),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
