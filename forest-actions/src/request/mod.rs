//! From bytes to types: who calls, what the body asks for, which records it names.
//!
//! Pure parsing: nothing here reads a socket, a clock or a database. Every refusal is an
//! [`ActionError`](crate::ActionError) that names what is wrong. Called by the pipeline in `http`.

mod action_request;
#[cfg(test)]
mod attack_tests;
mod body;
mod caller;
mod record_id;
mod record_key;
mod sent_ids;
mod signed_request;
mod smart_action_id;
mod token;
mod unread;
mod values;

pub use action_request::{ActionRequest, ParentRecord};
pub use caller::Caller;
pub use record_id::{RecordId, RecordIds};
pub use record_key::{InvalidKey, KeyPart, RecordKey};
pub use values::Values;

pub(crate) use action_request::{Purpose, SelectAll, Selected};
pub(crate) use body::{Attributes, parse_body, with_whole_characters};
pub(crate) use caller::is_truthy;
pub(crate) use caller::text_or_number;
pub(crate) use record_key::{number_text, part_text, split_packed};
pub(crate) use signed_request::{ApprovalKeys, SignedRequest, signed_in};
pub(crate) use smart_action_id::Known;
pub(crate) use token::{LIFETIME, TokenError, TokenKeys, TokenSource, token_of};
