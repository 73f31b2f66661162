//! From bytes to types: who calls, what the body asks for, which records it names.
//!
//! Pure parsing: nothing here reads a socket, a clock or a database. Every refusal is an
//! [`ActionError`](crate::ActionError) that names what is wrong. Called by the pipeline in `http`.

mod action_request;
#[cfg(test)]
mod attacks;
mod body;
mod caller;
mod record_id;
mod record_key;
mod signed_request;
mod smart_action_id;
mod token;
mod values;

pub use action_request::{ActionRequest, ParentRecord};
pub use caller::Caller;
pub use record_id::{RecordId, RecordIds};
pub use record_key::{InvalidKey, KeyPart, RecordKey};
pub use values::Values;

pub(crate) use action_request::{Purpose, SelectAll, Selected};
pub(crate) use body::{Attributes, parse_body};
pub(crate) use caller::text_or_number;
pub(crate) use record_key::split_packed;
pub(crate) use signed_request::{ApprovalKeys, SignedRequest, signed_in};
pub(crate) use token::{LIFETIME, TokenError, TokenKeys, TokenSource, token_of};
