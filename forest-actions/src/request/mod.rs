//! From bytes to types: who calls, what the body asks for, which records it names.
//!
//! Parsing is pure; only [`read_body`] waits for a socket. Every refusal is an
//! [`ActionError`](crate::ActionError) that names what is wrong.

mod action_request;
#[cfg(test)]
mod attack_tests;
mod body;
mod error;
mod lazy;
mod read_body;
mod record_id;
mod sent_ids;
mod signed_request;
mod smart_action_id;
mod token;
mod values;
mod weight;

pub use action_request::{ActionRequest, ParentRecord};
pub use record_id::{RecordId, RecordIds};
pub use values::{ValueError, Values};

pub(crate) use action_request::{PREVIEW_TOKEN, Purpose, SelectAll, Selected, selected_in};
pub(crate) use body::{Attributes, parse_body, with_whole_characters};
#[cfg(feature = "server")]
pub(crate) use error::InvalidRenderingId;
pub(crate) use error::RequestError;
pub(crate) use read_body::read_body;
pub(crate) use sent_ids::id_of;
pub(crate) use signed_request::{ApprovalKeys, Digest, SignedRequest, SignedRequestProblem, signed_in};
pub(crate) use smart_action_id::{KnownActions, indistinct};
pub(crate) use token::{LIFETIME, TokenError, TokenKeys, TokenSource, token_of};
