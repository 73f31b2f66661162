//! The IP rules of the Forest server, fetched at start and when a caller is refused; a failed refresh keeps them (NET-07).

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;

use super::cached::{CacheOptions, Cached, Freshness, Lifetime, Reading};
use super::client::{Call, SMALL, ServerClient};
use super::facts;
use super::failure::ServerFailure;
use super::rate_limit::RateLimit;
use crate::ip::rules::IpRules;
use crate::text::one_line;

const NAME: &str = "IP rules";

/// Age at which an allowed request starts a refresh, so that removed rules take effect.
const REFRESH_AFTER: Duration = Duration::from_secs(900);

/// Checks callers against the IP rules. One for all workers.
pub(crate) struct IpGate {
    client: Arc<ServerClient>,
    rules: Cached<IpRules, ServerFailure>,
}

/// The verdict on a caller's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IpVerdict {
    Allowed,
    /// Refused by rules that were refreshed for this caller, unless the refresh failed.
    Refused,
    /// The rules were never retrieved, so every address is refused.
    NotRetrieved(ServerFailure),
}

/// The state of the gate, for the doctor.
#[derive(Debug, Clone)]
pub(crate) enum IpStatus {
    /// The rules in use, and the failure of the last refresh if it failed.
    Retrieved(Arc<IpRules>, Option<ServerFailure>),
    NotRetrieved(ServerFailure),
}

impl IpGate {
    /// A gate without rules: it is closed until they are retrieved.
    pub(crate) fn new(client: Arc<ServerClient>) -> Self {
        let options = CacheOptions {
            name: NAME,
            lifetime: Arc::new(Lifetime::new(Duration::MAX)),
            limit: RateLimit::DEFAULT,
            runtime: client.runtime().clone(),
        };
        Self {
            client,
            rules: Cached::new(options),
        }
    }

    /// Checks an address, after a refresh if the rules in use refuse it. An unknown address (`None`) is only allowed while the
    /// rules are not enabled.
    pub(crate) async fn check(&self, ip: Option<IpAddr>) -> IpVerdict {
        let verdict = |rules: &IpRules| {
            let allowed = match ip {
                Some(ip) => rules.allows(ip),
                None => !rules.enabled(),
            };
            if allowed {
                IpVerdict::Allowed
            } else {
                IpVerdict::Refused
            }
        };
        let seen = self.rules.peek();
        if let Some(rules) = &seen
            && verdict(rules) == IpVerdict::Allowed
        {
            if rules.age() >= REFRESH_AFTER {
                self.rules.refresh(rules.token(), self.fetch());
            }
            return IpVerdict::Allowed;
        }
        // boxed, because the future of every request would have room for it
        match Box::pin(self.newer_than(seen)).await {
            Ok(rules) => verdict(&rules),
            Err(failure) => match self.rules.peek() {
                Some(rules) => verdict(&rules),
                None => IpVerdict::NotRetrieved(failure),
            },
        }
    }

    /// Returns whether the rules that were retrieved are enabled.
    pub(crate) fn is_enabled(&self) -> bool {
        self.rules.peek().is_some_and(|rules| rules.enabled())
    }

    /// Returns the rules that a request would meet now; retrieves them first if they never were.
    pub(crate) async fn status(&self) -> IpStatus {
        match self.rules.get(Freshness::Cached, self.fetch()).await {
            Ok(rules) => IpStatus::Retrieved(Arc::clone(rules.value()), self.rules.failure()),
            Err(failure) => IpStatus::NotRetrieved(failure),
        }
    }

    /// Fetches the rules. A failure is logged and keeps the rules in use.
    pub(crate) async fn refresh(&self) {
        let _ = self.newer_than(self.rules.peek()).await;
    }

    /// Fetches the rules regardless of the rate limit, for a test that has just changed them.
    #[cfg(feature = "testing")]
    pub(crate) async fn refresh_at_once(&self) {
        self.rules.refill_budget();
        if self.rules.is_fetching() {
            // the fetch of the start may have begun before the change
            self.refresh().await;
        }
        self.refresh().await;
    }

    async fn newer_than(&self, seen: Option<Reading<IpRules>>) -> Result<Reading<IpRules>, ServerFailure> {
        let freshness = seen.map_or(Freshness::Cached, |rules| Freshness::After(rules.token()));
        self.rules.get(freshness, self.fetch()).await
    }

    fn fetch(&self) -> impl Future<Output = Result<IpRules, ServerFailure>> + Send + use<> {
        let client = Arc::clone(&self.client);
        let kept = self.rules.peek().is_some();
        async move {
            let fetched = request(&client).await;
            match &fetched {
                Ok(rules) => {
                    for problem in rules.ignored() {
                        tracing::warn!("IP Whitelist: ignoring an invalid rule. {}", one_line(problem));
                    }
                }
                Err(failure) => tracing::error!(
                    kind = failure.kind().as_str(),
                    cause = failure.cause(),
                    hint = failure.kind().hint(),
                    kept,
                    "An error occured while retrieving your IP whitelist. Your Forest envSecret may be missing or unknown. \
                     Can you check that you properly set your Forest envSecret in the Forest initializer? {}",
                    failure.message()
                ),
            }
            fetched
        }
    }
}

async fn request(client: &ServerClient) -> Result<IpRules, ServerFailure> {
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
