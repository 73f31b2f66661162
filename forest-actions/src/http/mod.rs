//! The routes of the agent and the pipeline in front of every handler.
//!
//! The steps of a request are listed in [`dispatch::serve`], [`execute::execute`] and [`browse::serve`]; there is no
//! middleware.

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
