//! The parts of a connected program that a local one does not have.
//!
//! The calls at start run in tasks of their own, so that an outage of the Forest server does not delay it (AUT-08, SCH-08).

use std::sync::{Arc, OnceLock};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

use crate::config::Config;
use crate::error::Error;
use crate::ip::client::{ClientAddress, ForwardingHeaders, client_address};
use crate::login::Login;
use crate::schema::Schema;
use crate::server::{
    ClientOptions, EventSubscription, IpGate, IpVerdict, PermissionCache, Publication, Runtime, ServerClient,
    ServerFailure, publish, subscribe,
};

/// The connection to the Forest server, shared by all workers.
pub(crate) struct Connection {
    pub(crate) client: Arc<ServerClient>,
    pub(crate) cache: Arc<PermissionCache>,
    pub(crate) login: Arc<Login>,
    pub(crate) ip: Arc<IpGate>,
    /// The outcome of the publication at start; empty while it runs.
    pub(crate) publication: Arc<OnceLock<Publication>>,
    trusted_proxies: Vec<IpNet>,
    /// Dropping it closes the stream (EVT-01).
    events: OnceLock<EventSubscription>,
}

impl Connection {
    /// The connection of this program, or `None` in local mode. Nothing is sent. Tests set `calls_here` to control the clock.
    ///
    /// # Errors
    /// [`Error::Setting`] for an invalid address or client id.
    pub(crate) fn new(config: &Config, calls_here: bool) -> Result<Option<Self>, Error> {
        let Some(env_secret) = config.env_secret.clone().filter(|_| !config.is_local()) else {
            return Ok(None);
        };
        let client = Arc::new(ServerClient::new(&ClientOptions {
            base_url: config.server_url.clone(),
            env_secret,
            request_timeout: config.server.request_timeout,
            schema_timeout: config.server.schema_timeout,
            runtime: if calls_here {
                Runtime::current()?
            } else {
                Runtime::start()?
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

    /// Starts the tasks of the start: IP rules, login, events, and the publication of `schema`.
    pub(crate) fn begin(&self, config: &Config, schema: Option<Schema>) {
        let (ip, login) = (Arc::clone(&self.ip), Arc::clone(&self.login));
        let runtime = self.client.runtime();
        runtime.spawn(async move { ip.refresh().await });
        runtime.spawn(async move { login.warm_up().await });
        match schema {
            Some(schema) if schema.collections.is_empty() => {
                // an empty schema would delete that of the project (SCH-03)
                tracing::error!("the schema has no collection and no action, so it is not sent to Forest Admin");
            }
            Some(schema) => {
                let (client, publication) = (Arc::clone(&self.client), Arc::clone(&self.publication));
                let is_enabled = config.server.schema_upload;
                runtime.spawn(async move {
                    let outcome = publish(&client, &schema.document(), is_enabled).await;
                    // this is the only writer
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

    /// The state of the events; `None` without a subscription.
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

    /// Returns `true` if forwarding headers of any proxy are used.
    pub(crate) fn trusts_proxies(&self) -> bool {
        !self.trusted_proxies.is_empty()
    }

    /// Checks the caller's address against the IP rules (NET-06, NET-07).
    ///
    /// # Errors
    /// The rules refuse it, or were never retrieved.
    pub(crate) async fn require_allowed_address(&self, req: &HttpRequest) -> Result<(), AddressDenied> {
        let address = self.address(req);
        let ip = address.and_then(ClientAddress::ip);
        match self.ip.check(ip).await {
            IpVerdict::Allowed => Ok(()),
            IpVerdict::Refused => {
                match address {
                    None => tracing::warn!("IP rules are enabled, and this socket has no peer address to check"),
                    Some(ClientAddress::Known {
                        ignored_headers: true, ..
                    }) => tracing::warn!(
                        "a refused request has forwarding headers that were not used: if your proxy sent them, list it in \
                         FOREST_TRUSTED_PROXIES"
                    ),
                    Some(_) => {}
                }
                Err(AddressDenied::Refused {
                    address: ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string()),
                })
            }
            IpVerdict::NotRetrieved(failure) => Err(AddressDenied::NotRetrieved(failure)),
        }
    }

    /// The client address that the IP rules were compared with; `None` without rules.
    pub(crate) fn checked_address(&self, req: &HttpRequest) -> Option<String> {
        let ip = self.address(req).and_then(ClientAddress::ip)?;
        self.ip.is_enabled().then(|| ip.to_string())
    }

    /// The client address; `None` for a socket without addresses.
    fn address(&self, req: &HttpRequest) -> Option<ClientAddress> {
        const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
        const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
        let lines = |name| req.headers().get_all(name).map(|line| line.as_bytes());
        let headers = ForwardingHeaders::new(lines(X_FORWARDED_FOR), lines(FORWARDED));
        Some(client_address(req.peer_addr()?.ip(), &headers, &self.trusted_proxies))
    }
}

/// The state of the subscription to events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventsState {
    /// Events report changes.
    Flowing,
    /// No events at present; the connection is retried.
    Silent,
    /// Refused by the server for good.
    Ended,
}

/// The refusal of a caller's address.
#[derive(Debug)]
pub(crate) enum AddressDenied {
    Refused { address: String },
    NotRetrieved(ServerFailure),
}
