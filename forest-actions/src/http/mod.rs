//! The only part that speaks actix-web: routes, the pipeline in front of every handler, extractors, CORS.
//!
//! One request goes through one list of steps, which [`dispatch::serve`], [`execute::execute`] and
//! [`browse::serve`] spell out; no step hides in a middleware. Decisions, parsing and answers are made by the layers above and only called here.

mod admission;
mod browse;
mod call_log;
mod context;
mod cors;
mod dispatch;
mod execute;
mod hook;
#[cfg(feature = "server")]
mod invalidation;
mod isolation;
#[cfg(all(feature = "playground", feature = "testing"))]
mod needs_approval;
#[cfg(feature = "playground")]
mod recent_lines;
mod routes;
mod running;
mod select;
mod this_machine;

#[cfg(feature = "playground")]
pub(crate) use admission::{BodyKind, admit};
pub(crate) use context::{Setup, Shared};
#[cfg(all(test, feature = "server"))]
pub(crate) use cors::Cors;
#[cfg(all(feature = "playground", feature = "testing"))]
pub(crate) use needs_approval::demand_needs_approval;
pub(crate) use routes::{ForestRoutes, MountedLast};
#[cfg(feature = "playground")]
pub(crate) use this_machine::require_this_machine;
