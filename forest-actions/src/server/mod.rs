//! The client of the Forest server, and the caches of its answers: permissions, IP rules, the schema upload, events.

mod cached;
mod client;
mod events;
pub(crate) mod facts;
mod failure;
mod ip_rules;
mod permission_cache;
mod permissions;
mod probe;
mod rate_limit;
mod runtime;
mod schema_upload;
mod sse;
#[cfg(test)]
mod tests;

pub(crate) use cached::{CacheOptions, Cached, FetchError, Freshness, Lifetime, Reading};
pub(crate) use client::{ClientOptions, ServerClient};
pub(crate) use events::{EventSubscription, subscribe};
pub(crate) use failure::{FOREIGN_ANSWER_HINT, FailureKind, ServerFailure};
pub(crate) use ip_rules::{IpGate, IpStatus, IpVerdict};
pub(crate) use permission_cache::PermissionCache;
pub(crate) use probe::{OwnAddress, Preflight, UI, probe_environment, probe_own_address, probe_schema, probe_users};
pub(crate) use rate_limit::RateLimit;
pub(crate) use runtime::Runtime;
pub(crate) use schema_upload::{Publication, publish};
