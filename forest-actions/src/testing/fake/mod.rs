//! The fake Forest server: the state of an invented project, the routes that answer from it, and the handle by which a
//! test changes it.
//!
//! The methods of [`FakeForest`] stand next to the data that they change. Nothing here uses code of the agent, so that a
//! mistake in one side cannot hide behind the same mistake in the other.

mod activity_logs;
mod answer;
mod approval;
mod approval_routes;
#[cfg(feature = "server")]
mod client_access;
mod control;
mod events;
mod facts;
mod fault;
mod login;
mod oauth;
mod provider;
mod requests;
mod rights;
mod role;
mod schema;
mod serve;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod token;
mod user;

pub use activity_logs::ActivityLog;
pub use approval::{
    Approval, ApprovalComment, ApprovalEvent, ApprovalRequest, ApprovalStatus, ApprovalStep, ApprovedRequest,
};
pub use events::ForestEvent;
pub use facts::{FakeRendering, IpRule};
pub use fault::{Fault, Gate};
pub use provider::{LoginRefusal, RegisteredClient};
pub use requests::RecordedRequest;
pub use rights::{ActionRight, CollectionRight, Right};
pub use role::FakeRole;
pub use schema::PublishedSchema;
pub use server::{FakeForest, FakeForestBuilder, FakeForestError};
pub use token::{TestToken, TokenAlgorithm};
pub use user::FakeUser;
