//! A client for tests of actions: people of a project trigger them, open their forms and approve each other's requests.
//!
//! Owns what a browser does between a click and an answer: the session, the form, the body, the approval. Every step is a
//! request through the whole pipeline of the user's own application, so that no check can be skipped (PER-19). Rights are
//! the business of the fake Forest server; nothing in the library calls this.

// a test fails by panicking, at the line that expected something else
#![allow(clippy::panic)]

mod answer;
mod approval;
mod fields;
mod form;
mod nearest;
mod project;
mod received;
mod sent;
mod start;
mod trigger;
mod user;

pub use answer::{TestAnswer, TestFile, TestWebhook};
pub use approval::TestApproval;
pub use form::{TestForm, TestOpening};
pub use project::TestForest;
pub use start::TestForestError;
pub use trigger::TestTrigger;
pub use user::TestUser;
