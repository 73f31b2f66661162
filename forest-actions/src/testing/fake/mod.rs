//! The fake Forest server: its state, the routes that answer from it, and the handles by which a test changes it.
//!
//! `server` runs it, `serve` is the one way in for requests, `state` is what it knows; each other module owns one
//! topic of the protocol (protocol: a fake Forest server for tests). It never calls the agent, and it shares
//! no code with the client side of the library, so that a mistake there cannot hide here.

#[cfg(feature = "server")]
mod agent_progress;
mod answer;
mod approval;
mod approval_routes;
mod builder;
mod command;
mod command_fields;
mod control;
mod control_login;
mod control_page;
mod error;
mod events;
mod fault;
mod html;
mod ip;
mod key;
mod login;
mod permissions;
mod provider;
mod provider_routes;
mod rendering;
mod requests;
mod rights;
mod role;
mod route;
mod schema;
mod serve;
mod server;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod token;
mod user;

pub use approval::{
    Approval, ApprovalComment, ApprovalEvent, ApprovalRequest, ApprovalStatus, ApprovalStep, ApprovedRequest,
};
pub use builder::FakeForestBuilder;
pub use error::FakeForestError;
pub use events::ForestEvent;
pub use fault::{Fault, Gate};
pub use ip::IpRule;
pub use provider::{LoginRefusal, RegisteredClient};
pub use rendering::FakeRendering;
pub use requests::RecordedRequest;
pub use rights::{ActionRight, CollectionRight, Right};
pub use role::FakeRole;
pub use schema::PublishedSchema;
pub use server::FakeForest;
pub use token::{TestToken, TokenAlgorithm};
pub use user::FakeUser;
