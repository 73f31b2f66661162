//! What is wrong with an agent, on one screen, and why a person cannot run an action.
//!
//! Owns the findings: what counts as a problem, in which words, and what is to be done about it. `probe` asks and gathers
//! facts, `agent`, `connected`, `address` and `actions` turn them into findings without any I/O, `explain` puts one
//! decision into words, `screen` prints. The decisions themselves are those of `decide` and `rights`: there is no second
//! opinion here. It changes nothing and never shows a secret. Called by [`Forest`](crate::Forest), on demand only.

mod actions;
#[cfg(feature = "server")]
mod address;
mod agent;
#[cfg(feature = "server")]
mod connected;
mod explain;
mod finding;
mod probe;
mod screen;
#[cfg(test)]
mod tests;

pub use explain::{Explanation, Outcome};
pub use finding::{Diagnosis, Finding, Severity, Topic};

pub(crate) use probe::{diagnose, explain};
