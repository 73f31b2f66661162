//! A client for tests of actions. It does what a browser does between a click and an answer, and every step is a request
//! through the whole pipeline of the user's application, so that no check is skipped (PER-19).

// expectations panic at the line of the test
#![allow(clippy::panic)]

mod answer;
mod approval;
mod form;
mod project;
mod request;
mod results;
mod trigger;
mod user;

pub use answer::{TestAnswer, TestFile, TestWebhook};
pub use approval::TestApproval;
pub use form::{TestForm, TestOpening};
pub use project::{TestForest, TestForestError};
pub use results::TestResults;
pub use trigger::TestTrigger;
pub use user::TestUser;
