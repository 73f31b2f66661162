use actix_web::error::PayloadError;

use super::signed_request::SignedRequestProblem;
use crate::records::{InvalidKey, QueryError};

/// The body of an invalidation does not name a rendering.
#[cfg(feature = "server")]
#[derive(Debug)]
pub(crate) struct InvalidRenderingId;

/// A request that does not fit the protocol, the route or the action. `refusals.rs` has the texts.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// A preview of more records than can be read.
    PreviewTooLarge {
        selected: u64,
        at_most: u64,
    },
    /// A run without the preview that the action requires.
    PreviewRequired,
    /// The token of a preview is malformed, or of another action or user.
    InvalidPreview,
    /// The records or values differ from those of the preview, or it is too old.
    PreviewOutdated,
    BodyTooLarge {
        limit: usize,
    },
    BodyEncoded {
        encoding: String,
    },
    BodyNotJsonType {
        found: String,
    },
    BodyStalled,
    BodyBroken(PayloadError),
    /// A middleware has read the body.
    BodyConsumed,
    NotJson {
        reason: String,
    },
    NoAttributes,
    /// The body as a whole has another shape.
    InvalidBody {
        reason: String,
    },
    InvalidAttribute {
        place: String,
        reason: String,
    },
    MissingIds,
    NotOneRecord {
        sent: usize,
    },
    /// A bulk action without a record.
    NoRecordSelected,
    SelectAllOfSingle,
    IncompleteParent,
    OtherCollection {
        expected: &'static str,
    },
    OtherAction,
    /// A plain request that names a requester (APP-03).
    RequesterInPlainRequest,
    InvalidSignedRequest(SignedRequestProblem),
    ApprovalOfAllRecords,
    /// A signed request that has run with success.
    ApprovalExecuted,
    /// A signed request whose handler runs.
    ApprovalRunning,
    /// The memory for signed requests is full.
    TooManyApprovals,
    /// The request of a change or search hook lacks this attribute.
    MissingHookAttribute {
        name: &'static str,
    },
    /// `RecordId` in a request without a record.
    RecordRequired,
    /// `RecordId` in a request with several records.
    SingleRecordRequired {
        sent: usize,
    },
    RecordGone,
    RecordsGone {
        requested: usize,
    },
    InvalidId {
        place: &'static str,
        id: String,
        problem: InvalidKey,
    },
    UnknownParentCollection {
        name: String,
    },
    UnknownParentRelation {
        parent: String,
        name: String,
        collection: String,
    },
    NotServed {
        method: String,
        path: String,
    },
    MethodNotAllowed {
        allowed: &'static str,
    },
    /// Local mode was reached from another machine; the reason is for the log.
    NotThisMachine {
        reason: String,
    },
    /// The records that the request selects cannot be read.
    Query(QueryError),
}

impl From<SignedRequestProblem> for RequestError {
    fn from(problem: SignedRequestProblem) -> Self {
        Self::InvalidSignedRequest(problem)
    }
}

impl From<QueryError> for RequestError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}
