//! Why the fake Forest server could not do what a test asked of it.

use std::io;

/// An error of the fake Forest server's own methods. What it answers over HTTP is never one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FakeForestError {
    /// Its port cannot be listened on.
    #[error("the fake Forest server cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port; 0 when any would have done.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// It was asked for something that only a running server can do.
    #[error("the fake Forest server does not run")]
    Stopped,
    /// What was waited for did not happen.
    #[error("waited {seconds} s for {expected}; {seen}")]
    Timeout {
        /// How long.
        seconds: u64,
        /// What was waited for.
        expected: String,
        /// What there was instead.
        seen: String,
    },
    /// No user has this id.
    #[error("the fake Forest server has no user {0}")]
    UnknownUser(u64),
    /// No approval request has this id.
    #[error("the fake Forest server has no approval request {0}")]
    UnknownApproval(u64),
    /// The approval request has been decided.
    #[error("approval request {id} is already {status}")]
    AlreadyReviewed {
        /// Which one.
        id: u64,
        /// `approved` or `rejected`.
        status: &'static str,
    },
}
