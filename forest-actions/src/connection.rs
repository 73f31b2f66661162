//! What a connected program has besides a local one: the Forest server's client and everything that is built on it.
//!
//! Owns when the server is asked without a request: at start, for the IP rules, the login's set-up, the publication and the
//! events. Each in a task that the start does not wait for, so a server that is down stops nobody (AUT-08, SCH-08). Built by
//! the start, held by the state that all workers share.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

use crate::config::Config;
use crate::error::Error;
use crate::ip::client::{ClientAddress, ForwardingHeaders, client_address};
use crate::login::Login;
use crate::response::ActionError;
use crate::schema::Schema;
use crate::server::{
    ClientOptions, EventSubscription, IpGate, IpVerdict, PermissionCache, Publication, ServerClient, Upstream, publish,
    subscribe,
};

/// The connection to the Forest server. One for the whole program.
pub(crate) struct Connection {
    pub(crate) client: Arc<ServerClient>,
    pub(crate) cache: Arc<PermissionCache>,
    pub(crate) login: Arc<Login>,
    pub(crate) ip: Arc<IpGate>,
    /// What became of the schema at start; empty until that is known.
    pub(crate) publication: Arc<OnceLock<Publication>>,
    trusted_proxies: Vec<IpNet>,
    /// Held for its end: dropping it closes the stream (EVT-01).
    events: OnceLock<EventSubscription>,
}

impl Connection {
    /// The connection of this program; none in local mode. Nothing is sent. `calls_here` is for tests.
    ///
    /// # Errors
    /// [`Error::Config`] for an address or an id that cannot be used.
    pub(crate) fn new(config: &Config, calls_here: bool) -> Result<Option<Self>, Error> {
        let Some(env_secret) = config.env_secret.clone().filter(|_| !config.is_local()) else {
            return Ok(None);
        };
        let client = Arc::new(ServerClient::new(&ClientOptions {
            base_url: config.server_url.clone(),
            env_secret,
            request_timeout: config.server.request_timeout,
            schema_timeout: config.server.schema_timeout,
            upstream: if calls_here {
                Upstream::here()?
            } else {
                Upstream::start()?
            },
        })?);
        let Some(login) = Login::new(config, Arc::clone(&client))? else {
            return Ok(None);
        };
        Ok(Some(Self {
            cache: Arc::new(PermissionCache::new(
                Arc::clone(&client),
                config.server.permissions_lifetime,
            )),
            login: Arc::new(login),
            ip: Arc::new(IpGate::new(Arc::clone(&client))),
            publication: Arc::default(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            events: OnceLock::new(),
            client,
        }))
    }

    /// Asks for what is needed soon, without waiting for it; publishes this schema when there is one.
    pub(crate) fn begin(&self, config: &Config, schema: Option<Schema>) {
        let (ip, login) = (Arc::clone(&self.ip), Arc::clone(&self.login));
        let upstream = self.client.upstream();
        upstream.spawn(async move { ip.refresh().await });
        upstream.spawn(async move { login.warm_up().await });
        match schema {
            Some(schema) if schema.collections.is_empty() => {
                // whatever the project has now would be replaced by nothing (SCH-03)
                tracing::error!("the schema has no collection and no action, so it is not sent to Forest Admin");
            }
            Some(schema) => {
                let (client, publication) = (Arc::clone(&self.client), Arc::clone(&self.publication));
                let is_enabled = config.server.schema_upload;
                upstream.spawn(async move {
                    let outcome = publish(&client, &schema.document(), is_enabled).await;
                    // the only writer
                    let _ = publication.set(outcome);
                });
            }
            None => {}
        }
        if config.server.events {
            self.events
                .get_or_init(|| subscribe(Arc::clone(&self.client), Arc::clone(&self.cache)));
        }
    }

    /// How the events are doing; `None` when they were not subscribed to.
    pub(crate) fn events(&self) -> Option<EventsState> {
        let subscription = self.events.get()?;
        Some(if self.cache.events_flow() {
            EventsState::Flowing
        } else if subscription.has_ended() {
            EventsState::Ended
        } else {
            EventsState::Silent
        })
    }

    /// Whether any proxy is believed about a caller's address.
    pub(crate) fn trusts_proxies(&self) -> bool {
        !self.trusted_proxies.is_empty()
    }

    /// Whether the IP rules let the caller of this request in (NET-06, NET-07).
    ///
    /// # Errors
    /// 403 when they do not, or were never retrieved.
    pub(crate) async fn demand_address(&self, req: &HttpRequest) -> Result<(), ActionError> {
        let address = self.address(req);
        let ip = address.and_then(ClientAddress::ip);
        match self.ip.check(ip).await {
            IpVerdict::Allowed => Ok(()),
            IpVerdict::Refused => {
                match address {
                    None => tracing::warn!(
                        "IP rules are in use, and this socket has no addresses that they could be checked against"
                    ),
                    Some(ClientAddress::Known {
                        ignored_headers: true, ..
                    }) => tracing::warn!(
                        "a refused caller came with forwarding headers that were not read: if a proxy of yours sent them, name \
                         it in FOREST_TRUSTED_PROXIES"
                    ),
                    Some(_) => {}
                }
                Err(refused(ip))
            }
            IpVerdict::NotRetrieved(failure) => Err(ActionError::forbidden("IP whitelist not retrieved")
                .name("ForbiddenError")
                .because((*failure).clone())),
        }
    }

    /// Where the request comes from; `None` for a socket without addresses.
    fn address(&self, req: &HttpRequest) -> Option<ClientAddress> {
        const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
        const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
        let lines = |name| req.headers().get_all(name).map(|line| line.as_bytes());
        let headers = ForwardingHeaders::new(lines(X_FORWARDED_FOR), lines(FORWARDED));
        Some(client_address(req.peer_addr()?.ip(), &headers, &self.trusted_proxies))
    }
}

/// How a subscription to events is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventsState {
    /// They say when something changes.
    Flowing,
    /// Not yet, or not any more; it is tried again.
    Silent,
    /// Refused for good.
    Ended,
}

fn refused(ip: Option<IpAddr>) -> ActionError {
    let shown = ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string());
    ActionError::forbidden(format!("IP address rejected ({shown})")).name("ForbiddenError")
}
