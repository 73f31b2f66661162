//! Which addresses may call, and which address a call comes from.
//!
//! `rules` compiles what the Forest server says (protocol: IP whitelist), `client` finds the address of a caller behind
//! proxies. Both are pure; the server's client fetches and keeps the rules, the pipeline asks after the login.

mod block;
mod client;
mod rules;

pub(crate) use block::Block;
pub(crate) use client::{ClientAddress, Hops, client_address};
pub(crate) use rules::IpRules;
