//! The fake server against itself, over real sockets, with a client that knows nothing of it.

mod approvals;
mod client;
mod control;
mod events;
mod faults;
mod login;
mod permissions;
mod schema;
