//! The Forest server: the only outbound HTTP.
//!
//! One client (`client`) and its failures (`failure`); on top of it one module for each thing that the server is asked
//! for: permissions with their caches, IP rules, the publication of the schema, events. What the answers mean for a
//! request is decided in `decide`; when to ask is decided by the start and the pipeline.

mod cache;
mod client;
mod events;
pub(crate) mod facts;
mod failure;
mod ip_rules;
mod own_thread;
mod pace;
mod permissions;
mod probe;
mod schema_upload;
mod shared_fetch;
mod sse;
#[cfg(test)]
mod tests;

pub(crate) use cache::PermissionCache;
pub(crate) use client::{ClientOptions, ServerClient};
pub(crate) use events::{EventSubscription, subscribe};
pub(crate) use failure::{FOREIGN_ANSWER_HINT, FailureKind, ServerFailure};
pub(crate) use ip_rules::{IpGate, IpStatus, IpVerdict};
pub(crate) use own_thread::Upstream;
pub(crate) use pace::{Pace, Spent};
pub(crate) use probe::{OwnAddress, Preflight, UI, probe_environment, probe_own_address, probe_schema, probe_users};
pub(crate) use schema_upload::{Publication, publish};
pub(crate) use shared_fetch::{Freshness, Reading};
