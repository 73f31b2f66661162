//! The rows of the trail.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::values::plain;
use crate::caller::Caller;

/// A row of the trail: one operation on one record.
///
/// The first part of its fields are the columns of the vendor's table, the rest are additional ones.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AuditRow {
    /// The number of the row, given by the sink; 0 before.
    pub id: i64,
    /// The time before the operation, to the millisecond.
    pub timestamp: DateTime<Utc>,
    /// The operation.
    pub operation: AuditOperation,
    /// The collection of the record.
    pub collection: String,
    /// The packed id of the record; `None` for a record that is being created, empty for a row about no single record.
    pub record_id: Option<String>,
    /// The id of the user, if it is a 32-bit number.
    pub user_id: Option<i32>,
    /// The first name of the user, at the time.
    pub user_first_name: Option<String>,
    /// The last name of the user, at the time.
    pub user_last_name: Option<String>,
    /// The e-mail address of the user, at the time.
    pub user_email: Option<String>,
    /// The name of the action.
    pub action_name: Option<String>,
    /// The id of the request.
    pub correlation_key: Option<String>,
    /// The submitted form of an action, or the values before a change. Secrets are redacted.
    pub previous_values: Map<String, Value>,
    /// The answer of an action, or the values after a change. Secrets are redacted.
    pub new_values: Map<String, Value>,
    /// Whether the operation has ended.
    pub status: AuditStatus,
    /// The id of the record before a change of its key.
    pub previous_record_id: Option<String>,
    /// The id of the user as text.
    pub user_key: Option<String>,
    /// The id of the user who asked for an approved run; the user of the row is the one who approved it.
    pub requester_id: Option<String>,
    /// Where the run was started: `ui` (a page of another origin), `page` (a page of the agent's own origin), or `api`.
    pub surface: Option<String>,
    /// The id of the background run.
    pub run_id: Option<String>,
    /// The selection of the run: the number of records, or the list of a "select all".
    pub selection: Option<Value>,
    /// The numbers of records of the run.
    pub counts: Option<Value>,
    /// Why the record was refused, failed, or was not attempted: a code, a colon, and a sentence.
    pub reason: Option<String>,
    /// The reference of an unexpected error, which the user was shown.
    pub reference: Option<String>,
    /// Duration of the run until the row was confirmed, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The address of the client, when the project has IP rules.
    pub ip: Option<String>,
}

impl AuditRow {
    /// A row of an operation that has ended, at the current time, without a user.
    pub fn new(operation: AuditOperation, collection: impl Into<String>) -> Self {
        Self {
            id: 0,
            timestamp: now(),
            operation,
            collection: collection.into(),
            record_id: None,
            user_id: None,
            user_first_name: None,
            user_last_name: None,
            user_email: None,
            action_name: None,
            correlation_key: None,
            previous_values: Map::new(),
            new_values: Map::new(),
            status: AuditStatus::Done,
            previous_record_id: None,
            user_key: None,
            requester_id: None,
            surface: None,
            run_id: None,
            selection: None,
            counts: None,
            reason: None,
            reference: None,
            duration_ms: None,
            ip: None,
        }
    }

    /// The row for each of these records.
    pub(super) fn of_each(&self, ids: Vec<String>) -> Vec<Self> {
        let of = |id: String| Self {
            record_id: Some(plain(&id)),
            ..self.clone()
        };
        ids.into_iter().map(of).collect()
    }

    /// Makes it the row of this user.
    pub(crate) fn by(mut self, caller: &Caller) -> Self {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.user_id = caller.id.parse().ok();
        self.user_key = Some(caller.id.clone());
        self.user_first_name = text(&caller.first_name);
        self.user_last_name = text(&caller.last_name);
        self.user_email = text(&caller.email);
        self
    }
}

/// The current time, to the millisecond, as the vendor's table stores it.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOperation {
    /// A record was created.
    Create,
    /// A record was changed.
    Update,
    /// A record was deleted.
    Delete,
    /// A record was not created: refused by a right, a scope, a rule, or the database.
    CreateRefused,
    /// A record was not changed, for one of these reasons.
    UpdateRefused,
    /// A record was not deleted, for one of these reasons.
    DeleteRefused,
    /// An action ran.
    Action,
    /// An action failed.
    ActionFailed,
    /// An action was refused: by a right, an approval, a scope or a rule.
    ActionRefused,
    /// An action did not come to this record.
    ActionCancelled,
    /// An operation of another program.
    Other(String),
}

impl AuditOperation {
    /// The text in the table.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::CreateRefused => "create_refused",
            Self::UpdateRefused => "update_refused",
            Self::DeleteRefused => "delete_refused",
            Self::Action => "action",
            Self::ActionFailed => "action_failed",
            Self::ActionRefused => "action_refused",
            Self::ActionCancelled => "action_cancelled",
            Self::Other(text) => text,
        }
    }

    /// The operation of a text in the table.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "update" => Self::Update,
            "delete" => Self::Delete,
            "create_refused" => Self::CreateRefused,
            "update_refused" => Self::UpdateRefused,
            "delete_refused" => Self::DeleteRefused,
            "action" => Self::Action,
            "action_failed" => Self::ActionFailed,
            "action_refused" => Self::ActionRefused,
            "action_cancelled" => Self::ActionCancelled,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns whether it is about a run of an action, and not about a change of a record.
    #[must_use]
    pub fn is_action(&self) -> bool {
        !matches!(
            self,
            Self::Create
                | Self::Update
                | Self::Delete
                | Self::CreateRefused
                | Self::UpdateRefused
                | Self::DeleteRefused
        )
    }
}

impl fmt::Display for AuditOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether an operation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditStatus {
    /// Written before the operation, and not confirmed: it runs, or its program died.
    Pending,
    /// The operation has ended, or was never begun.
    Done,
}

impl AuditStatus {
    /// The text in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
        }
    }

    /// The status of a text in the table; done unless it is `pending`.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            _ => Self::Done,
        }
    }
}

/// The end of the operation of some rows: they become done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AuditUpdate {
    /// The numbers of the rows.
    pub ids: Vec<i64>,
    /// The operation, by how it ended.
    pub operation: AuditOperation,
    /// The new values.
    pub new_values: Map<String, Value>,
    /// The id of the record that was created; `None` keeps it.
    pub record_id: Option<String>,
    /// The values before the change; `None` keeps them.
    pub previous_values: Option<Map<String, Value>>,
    /// As in [`AuditRow`].
    pub counts: Option<Value>,
    /// As in [`AuditRow`].
    pub reason: Option<String>,
    /// As in [`AuditRow`].
    pub reference: Option<String>,
    /// As in [`AuditRow`].
    pub duration_ms: Option<i64>,
}

impl AuditUpdate {
    /// The end of these rows.
    #[must_use]
    pub fn new(ids: Vec<i64>, operation: AuditOperation) -> Self {
        Self {
            ids,
            operation,
            new_values: Map::new(),
            record_id: None,
            previous_values: None,
            counts: None,
            reason: None,
            reference: None,
            duration_ms: None,
        }
    }
}
