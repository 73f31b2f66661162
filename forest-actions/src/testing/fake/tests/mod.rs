//! Tests of the fake server over real sockets, with a plain HTTP client.

mod approvals;
mod client;
mod control;
mod events;
mod faults;
mod login;
mod oauth;
mod permissions;
mod schema;
