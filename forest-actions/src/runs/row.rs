//! A run as its row has it, and the changes of that row.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunStatus {
    /// No worker has it: it has just been submitted, waits for its next attempt, or was handed over.
    Queued,
    /// A worker has it.
    Running,
    /// A worker has it, and stops at the next chunk because it was cancelled.
    Stopping,
    /// Every record was done.
    Done,
    /// Some records were done, and others were refused, failed, or not attempted.
    Partial,
    /// It ended with an error, and nothing was done.
    Failed,
    /// It was cancelled. What was done by then stays.
    Cancelled,
}

impl RunStatus {
    pub(super) const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Stopping,
        Self::Done,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name in the table and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Returns whether the run has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Stopping)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The numbers of records of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Records that the handler has got and asked to go on from.
    pub(crate) processed: i64,
    pub(crate) succeeded: i64,
    pub(crate) refused: i64,
    pub(crate) failed: i64,
}

impl Counts {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            processed: self.processed + other.processed,
            succeeded: self.succeeded + other.succeeded,
            refused: self.refused + other.refused,
            failed: self.failed + other.failed,
        }
    }
}

/// A run, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunRow {
    /// The id: a UUID that sorts by the time of the submission.
    pub id: String,
    /// The collection of the action.
    pub collection: String,
    /// The name of the action.
    pub action: String,
    /// The state.
    pub status: RunStatus,
    /// The number of selected records at the submission; `None` for a global action.
    pub total: Option<u64>,
    /// Records that were taken on. At most `total`.
    pub processed: u64,
    /// Records that were done.
    pub succeeded: u64,
    /// Records that were refused.
    pub refused: u64,
    /// Records that failed.
    pub failed: u64,
    /// The last words of the handler about its progress, or why the run waits.
    pub progress: Option<String>,
    /// The text of the answer, once the run has ended.
    pub message: Option<String>,
    /// The attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// The id of the user who submitted it.
    pub user_id: String,
    /// The name of the user who submitted it.
    pub user_name: String,
    /// The id of the user who requested it, if it was approved.
    pub requester_id: Option<String>,
    /// The run whose records this one tries again.
    pub retry_of: Option<String>,
    /// The id of the request, as in the log and in the audit trail.
    pub correlation_id: String,
    /// The reference of an unexpected error, as in the log.
    pub reference: Option<String>,
    /// The user who cancelled it.
    pub cancelled_by: Option<String>,
    /// The time of the submission.
    pub created_at: Option<DateTime<Utc>>,
    /// The time of the first attempt.
    pub started_at: Option<DateTime<Utc>>,
    /// The time of the end.
    pub finished_at: Option<DateTime<Utc>>,
    /// The parts that are for the program alone.
    #[serde(skip)]
    pub(crate) inner: Inner,
}

/// The columns that are not shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Inner {
    pub(crate) endpoint: String,
    /// The path of the request, with the prefix of the application.
    pub(crate) path: String,
    pub(crate) form_version: String,
    pub(crate) caller: String,
    pub(crate) surface: String,
    /// The sealed body of the request; `None` once it is not needed any more.
    pub(crate) request: Option<String>,
    pub(crate) is_all: bool,
    pub(crate) last_key: Option<String>,
    /// The id of the record that the next attempt goes on after.
    pub(crate) cursor: Option<String>,
    /// Attempts that ended at this place.
    pub(crate) stalled: u32,
    /// Records in a row that could not be done, and were skipped.
    pub(crate) skipped: u32,
    /// JSON: `{"status": …, "body": …}`.
    pub(crate) answer: Option<String>,
    pub(crate) waits_since: Option<DateTime<Utc>>,
}

impl RunRow {
    pub(crate) fn counts(&self) -> Counts {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Counts {
            processed: number(self.processed),
            succeeded: number(self.succeeded),
            refused: number(self.refused),
            failed: number(self.failed),
        }
    }

    /// The answer of the handler, once the run has ended.
    pub(crate) fn answer(&self) -> Option<StoredAnswer> {
        serde_json::from_str(self.inner.answer.as_deref()?).ok()
    }
}

/// The answer of a handler, as it would have been sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredAnswer {
    pub(crate) status: u16,
    /// `None` for 204.
    pub(crate) body: Option<Value>,
}

/// A run that is submitted.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewRun {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) collection: String,
    pub(crate) endpoint: String,
    pub(crate) path: String,
    pub(crate) form_version: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    pub(crate) caller: String,
    pub(crate) requester_id: Option<String>,
    pub(crate) surface: String,
    pub(crate) correlation_id: String,
    pub(crate) request: String,
    pub(crate) is_all: bool,
    pub(crate) last_key: Option<String>,
    /// The record that the first attempt goes on after.
    pub(crate) cursor: Option<String>,
    pub(crate) total: Option<u64>,
    /// Unique among the runs that have not ended.
    pub(crate) dedup_key: String,
    /// Unique among the runs that have not ended.
    pub(crate) exclusive_key: Option<String>,
    /// Unique for ever.
    pub(crate) approval_key: Option<String>,
    pub(crate) retry_of: Option<String>,
    pub(crate) keep: Duration,
}

/// The outcome of a submission.
#[derive(Debug)]
pub(crate) enum Submitted {
    New,
    /// The same request runs already, or was approved and has run.
    Same(Box<RunRow>),
    /// Another run of the action has not ended, and only one may.
    Busy(Box<RunRow>),
}

/// A run that a worker has claimed, with the fence of all that it writes.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) run: RunRow,
    pub(crate) lease: String,
}

/// A record that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotDoneRecord {
    pub(crate) id: String,
    /// `refused` or `failed`.
    pub(crate) outcome: &'static str,
    pub(crate) code: String,
    pub(crate) reason: String,
}

/// A checkpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// `None` keeps the place.
    pub(crate) cursor: Option<String>,
    pub(crate) counts: Counts,
    /// `None` keeps the words.
    pub(crate) words: Option<String>,
    pub(crate) records: Vec<NotDoneRecord>,
}

/// The answer to a checkpoint or a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Go,
    /// The run was cancelled.
    Cancelled,
    /// Another worker has it, or it has ended.
    Lost,
}

/// The end of a run.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) status: RunStatus,
    pub(crate) counts: Counts,
    pub(crate) records: Vec<NotDoneRecord>,
    pub(crate) message: Option<String>,
    pub(crate) answer: Option<StoredAnswer>,
    pub(crate) reference: Option<String>,
    /// Whether the request is kept, so that records can be tried again.
    pub(crate) keeps_request: bool,
}

/// A run that is given back.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Released<'a> {
    /// Time until it may be claimed.
    pub(crate) wait: Duration,
    /// Attempts that ended at this place.
    pub(crate) stalled: u32,
    pub(crate) skipped: u32,
    /// The attempt was a real one.
    pub(crate) counts: bool,
    /// What the run waits for, in words.
    pub(crate) waiting_for: Option<&'a str>,
}
