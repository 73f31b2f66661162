//! Refusals that are about runs.

use crate::runs::StoreError;

/// A request about a run that is refused.
#[derive(Debug)]
pub(crate) enum RunRefusal {
    /// It does not exist, or the caller may not see it.
    Unknown,
    /// Another run of the action has not ended.
    InProgress {
        action: &'static str,
        who: String,
        since: String,
    },
    /// It has ended, so it cannot be cancelled.
    Ended {
        status: String,
    },
    /// It has no records to try again, or its request is not kept.
    NothingToRetry,
    /// The request of a run cannot be read any more.
    Unreadable,
    /// The token of a status page is of another run, or too old.
    PageExpired,
    /// The right to cancel runs of others.
    NotYours,
    Unavailable(StoreError),
}

impl From<StoreError> for RunRefusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}
