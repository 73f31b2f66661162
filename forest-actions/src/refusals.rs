//! The answer to every refusal: status, name, text, data, and the part that only the log gets.
//!
//! The modules below this one refuse with types of their own, which know nothing of HTTP. Each such type has one list here,
//! and this file is the only one that turns them into an [`ActionError`]; `docs/errors.md` is tested against it.
//!
//! A line of a list reads
//!
//! ```text
//! pattern => Both BadRequest "ValidationError" "The {name} is {}" [detail(name)], log "…", because cause, data value, retry seconds;
//! ```
//!
//! with the members of the body ([`Members`]), the [`ErrorKind`], the name, and the text, which may use the variables of the
//! pattern and arguments in brackets. The rest is optional and comes in this order: another text for the log where the text
//! quotes a user, a cause for the log, `data` of the body, `Retry-After`. A variant that holds another refusal goes last:
//! `@via Self::Query(error) => error;`.
//!
//! A refusal must not implement `std::error::Error`: `?` would then take it for an unexpected error and answer 500. Without
//! that trait, a refusal that is missing here does not compile.

use std::fmt;

use serde::Serialize;

use crate::audit::AuditUnavailable;
#[cfg(feature = "server")]
use crate::connection::AddressDenied;
#[cfg(feature = "server")]
use crate::decide::{Refusal, facts::RoleId};
use crate::form::{FieldProblem, FormError, HookMistake, LayoutProblem};
use crate::http::{BrowseError, ChartError, HistoryError, RunRefusal, WriteError};
use crate::import::ImportError;
#[cfg(feature = "server")]
use crate::login::LoginRefusal;
use crate::records::{FilterFormat, QueryError, Violation};
#[cfg(feature = "server")]
use crate::request::InvalidRenderingId;
use crate::request::{RequestError, TokenError, ValueError};
use crate::response::{ActionError, ErrorKind, Members, NotDone, OwnError};
use crate::rights::{Denied, DeniedInCode, ServerDenied};
use crate::text::{listed, nearest, shortened};

macro_rules! refusals {
    ($error:ty {
        $($pattern:pat => $members:ident $kind:ident $name:literal $text:literal $([$($arg:expr),+])?
            $(, log $log:literal $([$($log_arg:expr),+])?)? $(, because $cause:expr)? $(, data $data:expr)? $(, retry $seconds:literal)?;)*
        $(@via $outer:pat => $inner:ident;)*
    }) => {
        impl From<$error> for ActionError {
            fn from(error: $error) -> Self {
                error.into_answer()
            }
        }

        impl From<$error> for NotDone {
            fn from(error: $error) -> Self {
                Self::Failed(error.into())
            }
        }

        impl OwnError for $error {}

        /// The text for the user.
        impl fmt::Display for $error {
            #[allow(unused_variables)]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($pattern => write!(f, $text $($(, $arg)+)?),)*
                    $($outer => fmt::Display::fmt($inner, f),)*
                }
            }
        }

        impl $error {
            /// The text for the log, where it differs from the text for the user.
            #[allow(unused_variables)]
            fn logged(&self) -> Option<String> {
                match self {
                    $($pattern => None $(.or_else(|| Some(format!($log $($(, $log_arg)+)?))))?,)*
                    $($outer => $inner.logged(),)*
                }
            }

            #[allow(unused_variables)]
            fn into_answer(self) -> ActionError {
                let (text, logged) = (self.to_string(), self.logged());
                match self {
                    $($pattern => {
                        let answer = ActionError::refusal(Members::$members, ErrorKind::$kind, $name, text, logged);
                        $(let answer = answer.because($cause);)?
                        $(let answer = match $data {
                            Some(data) => answer.data(data),
                            None => answer,
                        };)?
                        $(let answer = answer.header("retry-after", $seconds);)?
                        answer
                    })*
                    $($outer => $inner.into(),)*
                }
            }

            #[cfg(all(test, feature = "server"))]
            const LISTED: &'static [tests::Listed] = &[
                $(tests::Listed { members: Members::$members, kind: ErrorKind::$kind, name: $name, text: $text },)*
            ];
        }
    };
}

refusals! { TokenError {
    Self::Missing => Errors Unauthorized "Unauthorized" "Forest cannot authenticate the user for this request.";
    Self::Malformed => Errors Unauthorized "UnauthorizedError" "jwt malformed";
    Self::Algorithm => Errors Unauthorized "UnauthorizedError" "invalid algorithm";
    Self::Signature => Errors Unauthorized "UnauthorizedError" "invalid signature";
    Self::NotYet => Errors Unauthorized "UnauthorizedError" "jwt not active";
    Self::Expired => Errors Unauthorized "UnauthorizedError" "jwt expired";
    Self::OldFormat => Errors Unauthorized "Unauthorized" "Your token format is invalid, please login again.";
} }

refusals! { RequestError {
    Self::BodyTooLarge { limit } =>
        Both PayloadTooLarge "PayloadTooLargeError" "the request body is larger than the limit of {limit} bytes";
    Self::BodyEncoded { encoding } =>
        Both UnsupportedMediaType "UnsupportedMediaTypeError"
        "the request body is encoded as `{}`; send it plain" [encoding.escape_debug()];
    Self::BodyNotJsonType { found } =>
        Both UnsupportedMediaType "UnsupportedMediaTypeError"
        "the request body must be `application/json`, found `{}`" [found.escape_debug()];
    Self::BodyStalled => Both RequestTimeout "RequestTimeoutError" "the request body stopped arriving";
    Self::BodyBroken(cause) =>
        Both BadRequest "BadRequestError" "the request body could not be read", because cause;
    Self::BodyConsumed =>
        Errors Internal "InternalServerError"
        "the body was read by a middleware in front of forest-actions; let it pass, or put its `Bytes` into the request's extensions";
    Self::NotJson { reason } => Both BadRequest "SyntaxError" "invalid request body: not JSON ({reason})";
    Self::NoAttributes => Both BadRequest "BadRequestError" "invalid request body: `data.attributes` is missing";
    Self::InvalidBody { reason } => Both BadRequest "BadRequestError" "invalid request body: {reason}";
    Self::InvalidAttribute { place, reason } =>
        Both BadRequest "BadRequestError" "invalid request body: `{place}`: {reason}";
    Self::MissingIds => Both BadRequest "BadRequestError" "`ids` is missing";
    Self::NotOneRecord { sent } =>
        Both BadRequest "BadRequestError" "`ids`: this action runs on exactly one record, {sent} were sent";
    Self::NoRecordSelected => Both BadRequest "BadRequestError" "Select at least one record.";
    Self::SelectAllOfSingle =>
        Both BadRequest "BadRequestError" "this action runs on one record, and “select all” was sent";
    Self::IncompleteParent =>
        Both BadRequest "BadRequestError"
        "`parent_collection_name`, `parent_collection_id` and `parent_association_name` go together";
    Self::OtherCollection { expected } =>
        Both BadRequest "BadRequestError"
        "`collection_name`: this action belongs to `{expected}`, not to the collection that was sent";
    Self::OtherAction => Both BadRequest "BadRequestError" "`smart_action_id`: it belongs to another action";
    Self::RequesterInPlainRequest =>
        Errors Unprocessable "UnprocessableError" "Unprocessable", because "a plain request names a requester";
    Self::InvalidSignedRequest(problem) =>
        Errors BadRequest "BadRequestError" "Invalid signed action parameters", because problem;
    Self::ApprovalOfAllRecords =>
        Both BadRequest "BadRequestError"
        "an approval is for a list of records, and this one is for all: ask for it again";
    Self::ApprovalExecuted =>
        Both Conflict "ConflictError" "this approval has been executed: request the action again";
    Self::ApprovalRunning => Both Conflict "ConflictError" "this approval is being executed";
    Self::TooManyApprovals =>
        Both Unavailable "TooManyApprovalsError" "this agent cannot remember more approvals until it is restarted";
    Self::PreviewTooLarge { selected, at_most } =>
        Both Unprocessable "UnprocessableError"
        "a preview reads at most {at_most} records, and {selected} are selected";
    Self::PreviewRequired =>
        Both BadRequest "PreviewRequiredError"
        "This action runs on what a preview has shown: send its token as the value `$preview`.";
    Self::InvalidPreview =>
        Both BadRequest "BadRequestError" "`$preview`: not a token of this action for this user";
    Self::PreviewOutdated =>
        Both Conflict "PreviewOutdatedError" "The records or values have changed since the preview. Look again.";
    Self::MissingHookAttribute { name } => Both BadRequest "BadRequestError" "`{name}` is missing";
    Self::RecordRequired => Both BadRequest "BadRequestError" "`ids`: a record is needed, none was sent";
    Self::SingleRecordRequired { sent } =>
        Both BadRequest "BadRequestError" "`ids`: exactly one record is needed, {sent} were sent";
    Self::RecordGone =>
        Both NotFound "RecordNotFoundError" "this record no longer exists, or you may not see it";
    Self::RecordsGone { requested } =>
        Both NotFound "RecordNotFoundError"
        "none of the {requested} selected records exist any more, or you may not see them";
    Self::InvalidId { place, id, problem } =>
        Both BadRequest "BadRequestError" "`{place}`: `{}` is not a valid id: {problem}" [shortened(id)];
    Self::UnknownParentCollection { name } =>
        Both BadRequest "BadRequestError" "`parent_collection_name`: there is no collection `{}`" [shortened(name)];
    Self::UnknownParentRelation { parent, name, collection } =>
        Both BadRequest "BadRequestError"
        "`parent_association_name`: `{parent}` has no list `{}` of `{collection}`" [shortened(name)];
    Self::NotServed { method, path } =>
        Both NotFound "NotFoundError" "nothing is served at {method} {path}",
        because "an action was renamed or removed, its crate is not linked (see `forest_actions::link!`), or the schema in use \
            is older than the program";
    Self::MethodNotAllowed { allowed } =>
        Both MethodNotAllowed "MethodNotAllowedError" "this route only takes {allowed}";
    Self::NotThisMachine { reason } =>
        Errors Forbidden "ForbiddenError"
        "forest-actions runs in local mode, which only serves the machine it runs on",
        because format!("{reason}; bind to 127.0.0.1 and call a loopback address or name, or set FOREST_ENV_SECRET");
    @via Self::Query(error) => error;
} }

#[cfg(feature = "server")]
refusals! { LoginRefusal {
    Self::BodyLate => Both RequestTimeout "RequestTimeoutError" "the request body did not arrive in time";
    Self::NoRoute => Both NotFound "NotFoundError" "nothing of the login is served here";
    Self::LocalMode =>
        Both NotFound "NotFoundError"
        "local mode has no login: open a session as one of its users, or set FOREST_ENV_SECRET to connect the program to Forest Admin";
    Self::TooManyLogins =>
        Errors TooManyRequests "TooManyRequestsError" "Too many people are logging in at once. Please try again.", retry "2";
} }

refusals! { BrowseError {
    Self::InvalidPath =>
        Errors BadRequest "BadRequestError" "the path has characters in it that are not UTF-8, or NUL";
    Self::QueryTooLong { bytes, at_most } =>
        Errors BadRequest "BadRequestError" "the query string has {bytes} bytes, and may have {at_most}";
    Self::TooManyFields { at_most } =>
        Errors BadRequest "BadRequestError" "`fields` names more than {at_most} fields";
    Self::FieldTwice { collection, field } =>
        Errors BadRequest "BadRequestError" "`fields[{collection}]` names `{}` twice" [shortened(field)];
    Self::PageTooLarge { at_most } => Errors BadRequest "BadRequestError" "`page[size]` may be {at_most} at most";
    Self::InvalidBody =>
        Errors BadRequest "BadRequestError"
        "the request body must be a JSON object, such as {{\"collectionNames\": []}}";
    Self::InvalidCollectionNames =>
        Errors BadRequest "BadRequestError" "`collectionNames` must be a list of names of collections";
    Self::InvalidId { collection, id, problem } =>
        Errors BadRequest "BadRequestError" "`{}` is not an id of `{collection}`: {problem}" [shortened(id)],
        log "not an id of `{collection}`: {problem}";
    Self::NoRecord { collection, id } =>
        Errors NotFound "NotFoundError" "The {collection} #{} does not exist." [shortened(id)],
        log "there is no record of that id, or not in the caller's scope";
    Self::NoRelation { collection, relation, available } =>
        Errors NotFound "NotFoundError"
        "relation not found: `{collection}` has no relation `{}` to any number of records.{} Available relations are: [{}]"
        [shortened(relation), did_you_mean(relation, available), listed(available, MAX_LISTED)],
        log "`{collection}` has no relation of that name to any number of records";
    Self::ReadOnly =>
        Errors MethodNotAllowed "MethodNotAllowedError"
        "this route only takes GET: the records of this agent are read here, and changed by its actions";
    Self::OtherMethod { allowed } => Errors MethodNotAllowed "MethodNotAllowedError" "this route only takes {allowed}";
} }

refusals! { ChartError {
    Self::OtherCollection { expected } =>
        Errors BadRequest "ValidationError" "`sourceCollectionName` must be '{expected}', the collection of the path";
    Self::Missing { name } => Errors BadRequest "ValidationError" "`{name}` is missing";
    Self::WrongMember { name, expected } => Errors BadRequest "ValidationError" "`{name}` must be {expected}";
    Self::UnknownWord { name, found, known } =>
        Errors BadRequest "ValidationError" "`{name}` is '{}', and must be one of: {known}" [shortened(found)];
    Self::NotNumbers { collection, field } =>
        Errors BadRequest "ValidationError" "the values of '{collection}.{}' are not numbers: they can only be counted"
        [shortened(field)];
    Self::NotGroupable { collection, field } =>
        Errors BadRequest "ValidationError" "the values of '{collection}.{}' cannot be grouped" [shortened(field)];
    Self::NotDates { collection, field } =>
        Errors BadRequest "ValidationError" "the values of '{collection}.{}' are not dates" [shortened(field)];
    Self::NoRelation { collection, relation, available } =>
        Errors BadRequest "ValidationError"
        "'{collection}' has no relation '{}' to any number of records.{} Available relations are: [{}]"
        [shortened(relation), did_you_mean(relation, available), listed(available, MAX_LISTED)];
    Self::TooManyGroups { field, at_most } =>
        Errors Unprocessable "UnprocessableError"
        "'{field}' has more than {at_most} different values, which is the limit of a chart: filter the records, or group by another field";
    Self::TooManyPoints { at_most, first, last } =>
        Errors Unprocessable "UnprocessableError"
        "the records lie between {first} and {last}, and a chart has at most {at_most} points: filter the records, or choose a longer time range";
    Self::NotFinite => Errors Unprocessable "UnprocessableError" "the value of the chart is not a finite number";
} }

refusals! { WriteError {
    Self::NotWritable { collection, field, available } =>
        Errors BadRequest "ValidationError" "'{collection}.{field}' cannot be written. The writable fields are: [{}]"
        [listed(available, MAX_LISTED)];
    Self::Unrecorded =>
        Both Unavailable "AuditUnavailableError"
        "This change was not made because it could not be recorded. Try again.", retry "5";
    Self::OutOfScope =>
        Errors Forbidden "OutOfScopeError" "After this change you could no longer see the record.";
    Self::TooMany { at_most } =>
        Errors Unprocessable "UnprocessableError" "at most {at_most} records can be changed at once, and more are selected";
    Self::ByRule(refusal) =>
        Errors Unprocessable "RefusedError" "{}" [refusal.text()], data Some(RefusalData { code: refusal.code().to_owned() });
    Self::InvalidFlag => Errors BadRequest "BadRequestError" "`delete` must be `true` or `false`";
    Self::NothingToReferTo { collection, field } =>
        Errors Conflict "ConflictError" "this record of `{collection}` has no `{field}` that another one could refer to";
    Self::PlaceTaken { relation } =>
        Errors Conflict "ConflictError" "`{relation}` is taken by a record that you may not change";
    Self::NotAList { field } => Errors BadRequest "BadRequestError" "`{field}` is not a list";
    Self::IndexOutOfBounds { field, length } =>
        Errors BadRequest "BadRequestError" "`{field}` has {length} elements: the index may be {length} at most";
} }

refusals! { ValueError {
    Self::Missing { field } => Both BadRequest "BadRequestError" "field `{field}`: is required";
    Self::Invalid { field, reason } => Both BadRequest "BadRequestError" "field `{field}`: {reason}";
} }

refusals! { FormError {
    Self::InvalidValues { reason } => Both BadRequest "BadRequestError" "invalid request body: `values`: {reason}";
    Self::Fields(fields) =>
        Both BadRequest "ValidationError" "{}" [joined(fields, "\n", |field| format!("“{}”: {}", field.label, field.text))],
        log "the form was refused: {}" [joined(fields, ", ", |field| format!("`{}`", field.label))],
        data Some(RefusedForm::new(fields));
    Self::NoForm => Errors Internal "InternalServerError" "a form was refused without a problem";
} }

refusals! { ImportError {
    Self::Empty => Both BadRequest "ImportError" "the file is empty";
    Self::Workbook => Both BadRequest "ImportError" "the file is a workbook: save it as CSV";
    Self::Encoding { name } => Both BadRequest "ImportError" "the file is not valid {name}: save it as CSV in UTF-8";
    Self::Nul { line } =>
        Both BadRequest "ImportError" "line {line} has a NUL character: the file is not text, or UTF-16 without a byte order mark";
    Self::Separator { found } =>
        Both BadRequest "ImportError" "the delimiter of the line `sep={}` is not a comma, semicolon, tab or vertical bar" [found.escape_debug()],
        log "the delimiter of the line `sep=` is not read";
    Self::Header(problems) =>
        Both BadRequest "ImportError" "the first line does not fit: {problems}",
        log "the header of an import does not fit";
    Self::TooManyColumns { max } =>
        Both BadRequest "ImportError" "the first line is too long: at most {max} columns with short names";
    Self::UnclosedQuote { line } => Both BadRequest "ImportError" "line {line} opens a quotation mark that is never closed";
    Self::NoRows => Both BadRequest "ImportError" "the file has no rows below its first line";
    Self::TooManyRows { max } => Both BadRequest "ImportError" "the file has more than {max} rows";
    Self::Pattern { column } => Errors Internal "InternalServerError" "the pattern of the column `{column}` is no regular expression";
} }

refusals! { HookMistake {
    Self::UnknownField { name, known } =>
        Error BadRequest "BadRequestError" "the form has no field `{name}`; it has {}"
        [joined(known, ", ", |name| format!("`{name}`"))];
    Self::Layout(LayoutProblem::UnknownField(field)) =>
        Error BadRequest "BadRequestError" "its layout places the field `{field}`, which the form does not have";
    Self::Layout(LayoutProblem::PlacedTwice(field)) =>
        Error BadRequest "BadRequestError" "its layout places the field `{field}` twice";
    Self::FieldWithoutName { action } =>
        Error BadRequest "BadRequestError" "field attribute inside fields array on the smart action \"{action}\" must be defined.";
    Self::FieldNameNotText { action } =>
        Error BadRequest "BadRequestError" "field attribute inside fields array on the smart action \"{action}\" must be a string.";
    Self::WrongProperty { action, field, property, expected } =>
        Error BadRequest "BadRequestError" "{property} of \"{field}\" on the smart action \"{action}\" must be {expected}.";
    Self::NullOption { action, field } =>
        Error BadRequest "BadRequestError" "Invalid null or undefined option inside \"{field}\" on the smart action \"{action}\".";
    Self::UnknownHook { action, field, hook } =>
        Error BadRequest "BadRequestError" "The hook \"{hook}\" of \"{field}\" field on the smart action \"{action}\" is not defined.";
    Self::Sent(mistake) => Both BadRequest "BadRequestError" "invalid request body: `fields`: {mistake}";
} }

refusals! { AuditUnavailable {
    Self =>
        Both Unavailable "AuditUnavailableError"
        "This action was not run because it could not be recorded. Try again.", retry "5";
} }

refusals! { RunRefusal {
    Self::Unknown => Errors NotFound "NotFoundError" "This run does not exist.";
    Self::InProgress { action, who, since } =>
        Both Conflict "RunInProgressError" "{action} is running already: {who} started it at {since}. Only one run may go on at a time.";
    Self::Ended { status } => Both Conflict "RunEndedError" "This run has ended already ({status}).";
    Self::NothingToRetry => Both Conflict "NothingToRetryError" "This run has no such records, or its request is not kept.";
    Self::Unreadable =>
        Both Conflict "UnreadableRunError" "The request of this run cannot be read any more: the secret that sealed it has changed.";
    Self::PageExpired => Errors Unauthorized "UnauthorizedError" "This link is too old: open the run in the back office.";
    Self::NotYours => Errors Forbidden "ForbiddenError" "You may not cancel runs of others.";
    Self::Unavailable(cause) =>
        Both Unavailable "RunsUnavailableError" "The database of the runs does not answer. Try again.", because cause, retry "5";
} }

refusals! { HistoryError {
    Self::Hidden => Errors NotFound "NotFoundError" "Record does not exists";
    Self::InvalidDate { text } =>
        Errors BadRequest "ValidationError"
        "Invalid date: \"{}\" (expected YYYY-MM-DD, YYYY-MM-DDTHH:mm, or an ISO 8601 instant)" [shortened(text)];
    Self::MissingCollection => Errors BadRequest "ValidationError" "Missing collection";
    Self::MissingRecord => Errors BadRequest "ValidationError" "Missing recordId";
    Self::MissingMoment => Errors BadRequest "ValidationError" "Missing \"at\" query parameter";
    Self::NotYet => Errors NotFound "NotFoundError" "Record did not exist at this timestamp";
    Self::TooManyChanges { at_most } =>
        Errors Unprocessable "UnprocessableError" "The record has changed more than {at_most} times since then.";
    Self::Unreadable(cause) =>
        Both Unavailable "AuditUnavailableError"
        "The audit trail cannot be read at the moment. Please try again in a few seconds.", because cause, retry "5";
} }

refusals! { DeniedInCode {
    Self =>
        Errors Forbidden "CustomActionTriggerForbiddenError" "You don't have permission to trigger this action.",
        because DeniedInCode::CAUSE.to_owned();
} }

refusals! { Denied {
    Self::Browse { right, cause } =>
        Errors Forbidden "ForbiddenError" "You don't have permission to {right} this collection.", because cause;
    Self::Chart => Errors Forbidden "ForbiddenError" "User is not authorized to view this chart";
    @via Self::InCode(denied) => denied;
    @via Self::Server(denied) => denied;
} }

#[cfg(feature = "server")]
refusals! { ServerDenied {
    Self::Unavailable { message, failure } =>
        Both Unavailable "PermissionsUnavailableError" "{message}", because failure, retry "5";
    Self::NoRendering(failure) =>
        Errors Unauthorized "Unauthorized" "Your token format is invalid, please login again.", because failure;
    @via Self::Refused(refusal) => refusal;
} }

#[cfg(not(feature = "server"))]
impl From<ServerDenied> for ActionError {
    fn from(denied: ServerDenied) -> Self {
        match denied {}
    }
}

#[cfg(not(feature = "server"))]
impl ServerDenied {
    fn logged(&self) -> Option<String> {
        match *self {}
    }
}

#[cfg(feature = "server")]
refusals! { InvalidRenderingId {
    Self => Both BadRequest "ValidationError" "Malformed body: `renderingId` is missing, or not an id";
} }

#[cfg(feature = "server")]
refusals! { AddressDenied {
    Self::Refused { address } => Errors Forbidden "ForbiddenError" "IP address rejected ({address})";
    Self::NotRetrieved(failure) => Errors Forbidden "ForbiddenError" "IP whitelist not retrieved", because failure;
} }

#[cfg(feature = "server")]
refusals! { Refusal {
    Self::Trigger(cause) =>
        Errors Forbidden "CustomActionTriggerForbiddenError" "You don't have permission to trigger this action.",
        because cause.to_string();
    Self::RequiresApproval { roles, records } =>
        Errors Forbidden "CustomActionRequiresApprovalError" "This action requires to be approved.",
        data Some(ApprovalData::new(&roles, records));
    Self::Approve { cause, roles } =>
        Errors Forbidden "ApprovalNotAllowedError" "You don't have permission to approve this action.",
        because cause.to_string(), data Some(ApprovalData::new(&roles, None));
    Self::ApprovalSelectionTooLarge { at_most } =>
        Errors Unprocessable "ApprovalSelectionTooLargeError"
        "This action requires to be approved, and an approval covers at most {at_most} records. Please select fewer.";
    Self::NothingSelected => Both BadRequest "BadRequestError" "Select at least one record.";
    Self::UnsupportedCondition =>
        Errors Unprocessable "UnsupportedConditionalsFeatureError"
        "The roles conditions (conditional smart actions) are not supported with Smart Collection. Please contact an administrator.";
    Self::InvalidCondition(problem) =>
        Errors Unprocessable "InvalidActionConditionError"
        "The conditions to trigger this action cannot be verified. Please contact an administrator.",
        because problem.cause, data problem.reason.map(|reason| ConditionData { reason });
    Self::RecordsUnavailable { text, cause } =>
        Both Unavailable "RecordsUnavailableError" "{text}", because cause, retry "5";
} }

refusals! { QueryError {
    Self::MalformedFilter(FilterFormat::NotJson) =>
        Both Unprocessable "InvalidFiltersFormat" "Invalid filters JSON format";
    Self::MalformedFilter(FilterFormat::RawValue) =>
        Both Unprocessable "InvalidFiltersFormat" "Filters cannot be a raw value";
    Self::MalformedFilter(FilterFormat::RawArray) =>
        Both Unprocessable "InvalidFiltersFormat" "Filters cannot be a raw array";
    Self::MalformedFilter(FilterFormat::Empty) =>
        Both Unprocessable "InvalidFiltersFormat" "Empty condition in filter";
    Self::MalformedFilter(FilterFormat::ConditionsNotAnArray) =>
        Both Unprocessable "InvalidFiltersFormat" "Filters' conditions must be an array";
    Self::MalformedFilter(FilterFormat::InvalidLeaf) =>
        Both Unprocessable "InvalidFiltersFormat" "Invalid condition format";
    Self::UnknownOperator => Both Unprocessable "NoMatchingOperatorError" "The given operator is not handled.";
    Self::FilterTooDeep(at_most) =>
        Both BadRequest "ValidationError" "The filters are nested too deeply: at most {at_most} levels";
    Self::FilterTooLarge(at_most) =>
        Both BadRequest "ValidationError" "The filters have too many conditions: at most {at_most}";
    Self::TooManyFilterValues(at_most) =>
        Both BadRequest "ValidationError" "The filters have too many conditions and values: at most {at_most}";
    Self::UnknownField { collection, field, available } =>
        Both BadRequest "ValidationError"
        "The '{collection}.{}' field was not found.{} Available fields are: [{}]"
        [shortened(field), did_you_mean(field, available), listed(available, MAX_LISTED)];
    Self::UnknownRelation { collection, relation, available } =>
        Both BadRequest "ValidationError"
        "The relation '{}' of '{collection}' was not found.{} Available relations are: [{}]"
        [shortened(relation), did_you_mean(relation, available), listed(available, MAX_LISTED)];
    Self::ToManyRelation { collection, relation, available } =>
        Both BadRequest "ValidationError"
        "The relation '{relation}' of '{collection}' leads to several records: only relations to one record can be used here. They are: [{}]"
        [listed(available, MAX_LISTED)];
    Self::RelationWithoutField { collection, relation } =>
        Both BadRequest "ValidationError"
        "'{relation}' is a relation of '{collection}': name one of its fields too, as '{relation}:id'";
    Self::UnknownTarget { collection, relation, target } =>
        Both BadRequest "ValidationError"
        "The relation '{relation}' of '{collection}' leads to the collection '{target}', which does not exist";
    Self::PathTooLong(field) =>
        Both BadRequest "ValidationError" "'{}' has too many parts: a field is 'field' or 'relation:field'" [shortened(field)];
    Self::UnsupportedOperator { field, operator, allowed } =>
        Both BadRequest "ValidationError"
        "The given operator '{}' is not supported by the field '{}'. The allowed operators are: [{}]"
        [operator.as_str(), shortened(field), listed(allowed.iter().map(|operator| operator.as_str()), allowed.len())];
    Self::WrongValue { field, expected, found } =>
        Both BadRequest "ValidationError"
        "The given value has a wrong type for '{}': expected {expected}, found {found}" [shortened(field)],
        log "The given value has a wrong type for '{}': expected {expected}" [shortened(field)];
    Self::NulInValue(field) =>
        Both BadRequest "ValidationError" "The value for '{}' has a NUL character in it" [shortened(field)];
    Self::ListTooLong { field, at_most } =>
        Both BadRequest "ValidationError" "The list for '{}' is too long: at most {at_most} values" [shortened(field)];
    Self::PatternTooLong { field, at_most } =>
        Both BadRequest "ValidationError" "The pattern for '{}' is too long: at most {at_most} characters" [shortened(field)];
    Self::TooManyWildcards { field, at_most } =>
        Both BadRequest "ValidationError" "The pattern for '{}' is too long: at most {at_most} times `%`" [shortened(field)];
    Self::SearchTooLong(at_most) =>
        Both BadRequest "ValidationError" "The search text is too long: at most {at_most} characters";
    Self::NulInSearch => Both BadRequest "ValidationError" "The search text has a NUL character in it";
    Self::UnknownSegment(name) => Both BadRequest "ValidationError" "Invalid segment: \"{}\"" [shortened(name)];
    Self::TooManySortFields(at_most) => Both BadRequest "ValidationError" "Invalid sort: at most {at_most} fields";
    Self::Unsortable(field) =>
        Both BadRequest "ValidationError" "Invalid sort: values of the field '{}' have no order" [shortened(field)];
    Self::UnknownTimeZone(name) => Both BadRequest "ValidationError" "Invalid timezone: \"{}\"" [shortened(name)];
    Self::InvalidParameter(name) =>
        Both BadRequest "ValidationError" "The '{name}' of the subset query must be a text, a number or a boolean";
    Self::EmptyLiveQuery => Both Unprocessable "UnprocessableError" "You cannot execute an empty SQL query.";
    Self::ChainedLiveQuery => Both Unprocessable "UnprocessableError" "You cannot chain SQL queries.";
    Self::NotASelect => Both Unprocessable "UnprocessableError" "Only SELECT queries are allowed.";
    Self::LiveQueryNotGranted { user, collection } =>
        Both Forbidden "ForbiddenError" "User {user} is not authorized to browse on collection {collection}";
    Self::QuotedVariable(name) =>
        Both Unprocessable "UnprocessableError"
        "The variable {} of the query must stand alone, outside of quotes and comments: write = {} instead of = '{}'"
        [braced(name), braced(name), braced(name)];
    Self::NotASingleValue(name) =>
        Both Unprocessable "UnprocessableError" "The variable {} of the query does not hold a single value" [braced(name)];
    Self::UnknownConnection(name) => Errors BadRequest "BadRequestError" "there is no connection `{}`" [shortened(name)];
    Self::NoLiveQueries => Errors Unprocessable "UnprocessableError" "this record source has no live queries";
    Self::UnknownVariable(name) =>
        Both Forbidden "ForbiddenError" "The variable '{}' does not exist, or has no value for this user" [shortened(name)];
    Self::VariableInText(name) =>
        Both Forbidden "ForbiddenError" "The variable '{name}' holds more than one value, and cannot be a part of a text";
    Self::InapplicableScope { collection, cause } =>
        Errors Forbidden "InvalidScopeError"
        "The records that you may see cannot be told, so none are shown. Please contact an administrator.",
        because format!("the scope of `{collection}` cannot be applied: {}", cause.log_text());
    Self::UnreadableScope { collection, cause } =>
        Errors Forbidden "InvalidScopeError"
        "The records that you may see cannot be told, so none are shown. Please contact an administrator.",
        because format!("the scope of `{collection}` cannot be read: {cause}");
    Self::UnknownCollection(name) => Errors NotFound "NotFoundError" "there is no collection `{}`" [shortened(name)];
    Self::InvalidId { id, problem } =>
        Both BadRequest "BadRequestError" "`ids`: `{}` is not a valid id: {problem}" [shortened(id)];
    Self::SelectAllWithoutSource =>
        Both Unprocessable "UnprocessableError"
        "“select all” needs a record source, and this collection has none: select the records one by one";
    Self::NoRecordSource =>
        Both Unprocessable "UnprocessableError" "the records of this collection cannot be read: it has no record source";
    Self::TooManyRecords(at_most) =>
        Both Unprocessable "UnprocessableError" "this action takes at most {at_most} records, and more are selected";
    Self::Unsupported(text) => Both Unprocessable "UnprocessableError" "{text}";
    Self::Unavailable { text, cause } =>
        Both Unavailable "RecordsUnavailableError" "{text}", because cause, retry "5";
    Self::Violated(Violation::Taken(fields)) =>
        Both Conflict "ConflictError" "{}: already taken" [names_or(fields, "a value that has to be unique")],
        data fields_with(&fields, "already taken");
    Self::Violated(Violation::StillUsed(by)) =>
        Both Conflict "ConflictError" "still used by {}" [by.as_deref().unwrap_or("other records")];
    Self::Violated(Violation::NoTarget(field)) =>
        Both Conflict "ConflictError" "{}: there is no such record" [field.as_deref().unwrap_or("a reference")],
        data fields_with(field.as_slice(), "there is no such record");
    Self::Violated(Violation::Required(field)) =>
        Both BadRequest "ValidationError" "{}: is required" [field.as_deref().unwrap_or("a field")],
        data fields_with(field.as_slice(), "is required");
    Self::Violated(Violation::Unmet(field)) =>
        Both BadRequest "ValidationError" "{}: does not meet a condition of the database" [field.as_deref().unwrap_or("a value")],
        data fields_with(field.as_slice(), "does not meet a condition of the database");
    Self::Violated(Violation::Unstorable { field, reason }) =>
        Both BadRequest "ValidationError" "{}: cannot be stored: {reason}" [field.as_deref().unwrap_or("a value")],
        data fields_with(field.as_slice(), &format!("cannot be stored: {reason}"));
    Self::Failed(cause) => Errors Internal "InternalServerError" "the records cannot be read", log "{cause}", because cause;
    Self::Unrecorded =>
        Both Unavailable "AuditUnavailableError"
        "The rest of the records was not acted on because it could not be recorded. Try again.", retry "5";
    Self::Interrupted =>
        Both Unavailable "RunInterruptedError" "This run was interrupted, and goes on by itself.", retry "5";
    Self::ReadTwice =>
        Errors Internal "InternalServerError"
        "the handler of a run in the background reads its selection twice, and a run that goes on elsewhere could not";
    Self::NotPagedByKey(collection) =>
        Errors Internal "InternalServerError"
        "the keys of `{collection}` do not go on: its record source does not page by key";
    Self::NoKey =>
        Both Unprocessable "UnprocessableError" "records of this collection have no id, and cannot be selected";
    Self::KeyNotUnique(collection) =>
        Both Unprocessable "UnprocessableError" "several records of `{collection}` have the same id: its key is not unique";
    Self::RecordWithoutId(collection) =>
        Both Unprocessable "UnprocessableError"
        "a record of `{collection}` has no id, and cannot be selected: its key is null, or has a value that no id can have";
    Self::RuleFailed(cause) => Errors Internal "InternalServerError" "the rule `can_run` failed: {cause}";
    Self::UnfitRecord { collection, type_name, path, expected, found } =>
        Errors Internal "InternalServerError"
        "a record of `{collection}` does not fit `{type_name}`: `{path}`: expected {expected}, found {found}";
} }

impl QueryError {
    /// The text for the log, without values that a user typed.
    pub(crate) fn log_text(&self) -> String {
        self.logged().unwrap_or_else(|| self.to_string())
    }
}

/// For streams, whose errors are only logged.
impl From<QueryError> for Box<dyn std::error::Error> {
    fn from(error: QueryError) -> Self {
        ActionError::from(error).into()
    }
}

/// Maximum number of names that a text lists.
const MAX_LISTED: usize = 20;

/// A sentence with the nearest name, after a blank; empty if no name is near.
fn did_you_mean(wrong: &str, names: &[String]) -> String {
    nearest(wrong, names.iter().map(String::as_str)).map_or_else(String::new, |name| format!(" Did you mean '{name}'?"))
}

/// The names, or these words without any.
fn names_or(names: &[String], words: &'static str) -> String {
    match names {
        [] => words.to_owned(),
        names => listed(names, MAX_LISTED),
    }
}

/// `data` of a change that the store refuses: the reason, by the field; `None` if no field is known.
fn fields_with(names: &[String], reason: &str) -> Option<RefusedForm> {
    let fields: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), reason.into())).collect();
    (!fields.is_empty()).then_some(RefusedForm { fields })
}

/// A template variable as it is written.
fn braced(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

/// The texts of all items, between separators.
fn joined<T>(items: &[T], separator: &str, text: impl FnMut(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(separator)
}

/// `data` of a refused form: the problems by the label of the field.
#[derive(Serialize)]
struct RefusedForm {
    fields: serde_json::Map<String, serde_json::Value>,
}

impl RefusedForm {
    fn new(problems: Vec<FieldProblem>) -> Self {
        let fields = problems.into_iter().map(|field| (field.label, field.text.into()));
        Self {
            fields: fields.collect(),
        }
    }
}

/// `data` of a refusal by a rule of the program.
#[derive(Serialize)]
struct RefusalData {
    code: String,
}

/// `data` of the answers about approvals.
#[cfg(feature = "server")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalData {
    role_ids_allowed_to_approve: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_ids: Option<Vec<String>>,
}

#[cfg(feature = "server")]
impl ApprovalData {
    fn new(roles: &[RoleId], record_ids: Option<Vec<String>>) -> Self {
        Self {
            role_ids_allowed_to_approve: roles.iter().map(|role| role.0).collect(),
            record_ids,
        }
    }
}

/// `data` of a condition that the attributes of the user cannot satisfy.
#[cfg(feature = "server")]
#[derive(Serialize)]
struct ConditionData {
    reason: String,
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests;
