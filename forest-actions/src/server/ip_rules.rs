//! The IP rules in force: fetched at start and when somebody is refused, kept when a refresh fails (NET-07).
//!
//! Owns the compiled rules, one refresh at a time, and how often there may be one, so that a client that is refused
//! cannot make the agent hammer the server. What the rules mean is `decide::ip`'s; the pipeline asks after the login.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::client::{Call, SMALL, ServerClient};
use super::facts;
use super::failure::{FailureKind, ServerFailure};
use super::pace::{Pace, Spent};
use crate::ip::rules::IpRules;

const NAME: &str = "IP rules";

/// Rules that were removed take effect when they are this old, without anybody being refused.
const REFRESH_AFTER: Duration = Duration::from_secs(900);

/// The rules and how to renew them. One for all workers.
pub(crate) struct IpGate {
    client: Arc<ServerClient>,
    state: Mutex<State>,
    /// Held by the one who refreshes.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    rules: Option<(Arc<IpRules>, Instant)>,
    /// Counts refreshes, so that who has waited for one sees that it took place.
    refreshes: u64,
    failure: Option<Arc<ServerFailure>>,
    spent: Spent,
}

/// What the rules say of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IpVerdict {
    /// It may call.
    Allowed,
    /// It may not, and the rules were renewed for it, unless that failed.
    Refused,
    /// The rules were never retrieved. Until they are, the feature counts as on.
    NotRetrieved(Arc<ServerFailure>),
}

/// What the gate has, for a diagnosis.
#[derive(Debug, Clone)]
pub(crate) enum IpStatus {
    /// These rules; with the failure of the last refresh, when it failed.
    Retrieved(Arc<IpRules>, Option<Arc<ServerFailure>>),
    /// None yet, for this reason when one is known.
    NotRetrieved(Option<Arc<ServerFailure>>),
}

impl IpGate {
    /// A gate that knows no rules yet: until [`Self::refresh`] or the first question, it is closed.
    pub(crate) fn new(client: Arc<ServerClient>) -> Self {
        Self {
            client,
            state: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// The lock is held for a few assignments and never across an `await`, so a poisoned one is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this address may call; one that is unknown (`None`) only may when the rules are not in use. An address
    /// that the rules at hand refuse is checked once more against fresh ones.
    pub(crate) async fn check(self: &Arc<Self>, ip: Option<IpAddr>) -> IpVerdict {
        let allows = |rules: &IpRules| match ip {
            Some(ip) => rules.allows(ip),
            None => !rules.enabled(),
        };
        let (rules, seen) = {
            let state = self.state();
            (state.rules.clone(), state.refreshes)
        };
        if let Some((rules, fetched)) = rules
            && allows(&rules)
        {
            if fetched.elapsed() >= REFRESH_AFTER {
                let gate = Arc::clone(self);
                let upstream = self.client.upstream();
                upstream.spawn(async move { gate.refresh_since(seen).await });
            }
            return IpVerdict::Allowed;
        }
        // in a task of its own: a client that goes away cannot spend the budget for nothing
        let gate = Arc::clone(self);
        let refreshing = self
            .client
            .upstream()
            .spawn(async move { gate.refresh_since(seen).await });
        let _ = refreshing.await;
        let state = self.state();
        match (&state.rules, &state.failure) {
            (Some((rules, _)), _) if allows(rules) => IpVerdict::Allowed,
            (Some(_), _) => IpVerdict::Refused,
            (None, Some(failure)) => IpVerdict::NotRetrieved(Arc::clone(failure)),
            (None, None) => IpVerdict::NotRetrieved(Arc::new(ServerFailure::new(
                FailureKind::NotAsked,
                NAME,
                "they could not be asked for",
            ))),
        }
    }

    /// What a request would meet now. Rules that were never retrieved are asked for first, as a request would.
    pub(crate) async fn status(&self) -> IpStatus {
        let (missing, seen) = {
            let state = self.state();
            (state.rules.is_none(), state.refreshes)
        };
        if missing {
            self.refresh_since(seen).await;
        }
        let state = self.state();
        match &state.rules {
            Some((rules, _)) => IpStatus::Retrieved(Arc::clone(rules), state.failure.clone()),
            None => IpStatus::NotRetrieved(state.failure.clone()),
        }
    }

    /// Fetches the rules; to be called at start. A failure is logged and changes nothing.
    pub(crate) async fn refresh(&self) {
        let seen = self.state().refreshes;
        self.refresh_since(seen).await;
    }

    /// Fetches the rules at once, however often they were asked for: a test that has changed them wants them to hold.
    #[cfg(feature = "testing")]
    pub(crate) async fn refresh_anew(&self) {
        self.state().spent = Spent::default();
        self.refresh().await;
    }

    /// Fetches the rules, unless somebody else did since `seen`. Whoever comes too soon waits for a turn, since a refusal by
    /// old rules may be wrong; the lock lets one wait at a time, so a turn comes within the period of the pace.
    async fn refresh_since(&self, seen: u64) {
        let _turn = self.refreshing.lock().await;
        loop {
            let wait = {
                let mut state = self.state();
                if state.refreshes != seen {
                    return;
                }
                match state.spent.take(Pace::IP_RULES, Instant::now()) {
                    Ok(()) => break,
                    Err(wait) => wait,
                }
            };
            tokio::time::sleep(wait).await;
        }
        let fetched = fetch(&self.client).await;
        let mut state = self.state();
        state.refreshes += 1;
        match fetched {
            Ok(rules) => {
                for problem in rules.ignored() {
                    tracing::warn!("IP Whitelist: ignoring an invalid rule. {problem}");
                }
                state.rules = Some((Arc::new(rules), Instant::now()));
                state.failure = None;
            }
            Err(failure) => {
                tracing::error!(
                    kind = failure.kind().as_str(),
                    cause = failure.cause(),
                    hint = failure.kind().hint(),
                    kept = state.rules.is_some(),
                    "An error occured while retrieving your IP whitelist. Your Forest envSecret may be missing or unknown. \
                     Can you check that you properly set your Forest envSecret in the Forest initializer? {}",
                    failure.message()
                );
                state.failure = Some(Arc::new(failure));
            }
        }
    }
}

async fn fetch(client: &ServerClient) -> Result<IpRules, ServerFailure> {
    let answer = client
        .call(Call {
            name: NAME,
            method: Method::GET,
            path: &["liana", "v1", "ip-whitelist-rules"],
            body: None,
            limit: SMALL,
            timeout: None,
        })
        .await?;
    if answer.status != 200 {
        return Err(ServerFailure::status(NAME, answer.status, &answer.body));
    }
    facts::ip_rules(&answer.body).map_err(|problem| ServerFailure::malformed(NAME, &problem))
}
