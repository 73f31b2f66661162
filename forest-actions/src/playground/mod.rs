//! The local page: a small back office for the program's own actions, in a browser, without an account. Feature
//! `playground`, for development only.
//!
//! Records, forms and actions go through the agent's own routes. The routes of the page serve its files and the facts that
//! the agent's routes do not have: users, rights, schema, log lines, and the approvals of a fake Forest server.

mod agent;
mod assets;
mod builder;
mod document;
#[cfg(feature = "testing")]
mod fake;
mod log;
mod people;
mod rights;
mod serve;

pub use builder::Playground;
pub use log::PlaygroundLog;
