//! The routes of the agent and the pipeline in front of every handler.
//!
//! The steps of a request are listed in [`dispatch::serve`], [`execute::execute`], [`browse::serve`] and [`charts::serve`];
//! there is no middleware.

pub(crate) mod admission;
mod browse;
mod call_log;
mod charts;
mod confirm;
mod context;
mod cors;
mod dispatch;
mod execute;
mod executed;
mod form;
mod history;
mod hook;
#[cfg(feature = "server")]
mod invalidation;
mod isolation;
mod preview;
mod readiness;
mod record;
mod refresh;
mod routes;
mod rules;
mod running;
mod runs;
mod select;
pub(crate) mod this_machine;

#[cfg(feature = "playground")]
pub(crate) use browse::link_rights;
pub(crate) use browse::{BrowseError, WriteError};
pub(crate) use charts::ChartError;
pub(crate) use context::{Setup, Shared};
#[cfg(all(test, feature = "server"))]
pub(crate) use cors::Cors;
pub(crate) use history::HistoryError;
pub(crate) use isolation::Within;
pub(crate) use routes::{ForestRoutes, MountedLast};
pub(crate) use runs::{RunRefusal, own_actions, work};
