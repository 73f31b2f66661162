//! The local page: a small back office for the program's own actions, in a browser, without an account. Feature
//! `playground`.
//!
//! Owns the document, its assets, and the few routes that tell it what the agent's own do not: who one can be, what one may do,
//! the schema, the line of a call, the approvals of a fake Forest server. It has no private door: records, forms and actions
//! go through the agent's routes, and what it tells itself needs the same session. It stands on top of everything but
//! `testing`; nothing below knows it. For development only: `serve` refuses to exist anywhere else.

#[cfg(feature = "testing")]
mod approvals;
mod assets;
mod builder;
mod document;
mod headers;
mod people;
mod rights;
mod serve;
mod session;

pub use builder::Playground;
