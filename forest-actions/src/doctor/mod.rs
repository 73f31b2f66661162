//! The doctor: problems of an agent on one screen, and the reason why a user can or cannot run an action.
//!
//! [`Forest::doctor`](crate::Forest::doctor) returns a [`Diagnosis`], [`Forest::explain_access`](crate::Forest::explain_access) an
//! [`Explanation`]. Decisions come from the functions that every request goes through. Nothing is changed, and no text holds
//! a secret.

mod actions;
#[cfg(feature = "server")]
mod address;
mod agent;
mod audit;
mod code;
#[cfg(feature = "server")]
mod connected;
mod explain;
mod finding;
mod probe;
#[cfg(feature = "server")]
mod roles;
mod screen;
#[cfg(test)]
mod tests;
mod zone;

pub use explain::{Explanation, Outcome};
pub use finding::{Diagnosis, Finding, Severity, Topic};

pub(crate) use probe::{diagnose, explain};
