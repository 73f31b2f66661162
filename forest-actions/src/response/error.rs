//! The error of an action: shown to the user if it is meant for them, otherwise hidden and logged.
//!
//! [`ActionError`] carries a kind, mapped once to a status; a message for the operator's screen; and,
//! for the unexpected, a source that is only logged (RES-05, RES-06). It is not a `std::error::Error`
//! itself, so that `?` can turn every error type into one.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;

use super::answer::{append_all, header_pair};
use super::results::{Listed, Results, Tally, Texts};
use crate::text::one_line;

/// The result of most handlers.
pub type ActionResult<T = super::ActionResponse> = Result<T, ActionError>;

/// Any error that is not ours, before it is hidden.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The end of an action that did not go well.
///
/// * [`failure`] is what the guide calls an error: 400 `{"error": "…"}`, a red toast with the text.
/// * The constructors of this type ([`ActionError::not_found`] and so on) are business errors with another status:
///   `{"errors": [{"status", "detail", "name", "data"}]}`.
/// * Everything that `?` brings in is unexpected: the user sees a neutral text with a reference, the log
///   has the reference and the whole chain of causes.
///
/// ```
/// use forest_actions::{ActionError, ActionResult, failure, success};
///
/// fn check(live: bool, stock: Option<&str>) -> ActionResult {
///     if live {
///         return Err(failure("The company was already live!"));
///     }
///     let stock = stock.ok_or_else(|| ActionError::conflict("There is no stock left"))?;
///     let count: u32 = stock.parse()?; // unexpected: 500, neutral text, cause in the log
///     Ok(success(format!("{count} left")))
/// }
/// # assert!(check(false, Some("3")).is_ok());
/// ```
#[derive(Clone)]
pub struct ActionError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    name: Option<&'static str>,
    message: String,
    html: Option<String>,
    data: Option<Value>,
    /// Shared, because the error of an extractor passes through actix, which only lends it.
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    headers: HeaderMap,
    /// What became of each record; shared, because the words may be translated after the handler.
    results: Option<Arc<Results>>,
    /// Of log lines that were written before the answer.
    reference: Option<String>,
    /// Replaces the message in the log when that quotes what a user typed.
    logged: Option<String>,
    /// The agent refuses, and not the handler.
    is_refusal: bool,
    members: Members,
    /// The position of the handler's argument that could not be read.
    position: Option<usize>,
}

/// The members of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// `error` only: the plain failure of an action.
    Error,
    /// `errors` only: business errors, and refusals that the UI recognises by name.
    Errors,
    /// Both: the UI shows `error`, programs read `errors`.
    Both,
}

/// The kind of an error, in the terms of the protocol; each kind has one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 400: the request cannot be carried out as it is.
    BadRequest,
    /// 401: no valid session; the UI logs in again.
    Unauthorized,
    /// 403: the caller may not do this.
    Forbidden,
    /// 404: the record or route does not exist.
    NotFound,
    /// 405: the path exists, with another method.
    MethodNotAllowed,
    /// 408: the body stopped arriving.
    RequestTimeout,
    /// 409: the state of the record does not allow it.
    Conflict,
    /// 413: the body is over the limit.
    PayloadTooLarge,
    /// 415: the body is in a format that is not read.
    UnsupportedMediaType,
    /// 422: understood, and refused.
    Unprocessable,
    /// 429: too often.
    TooManyRequests,
    /// 500: unexpected; the text is never shown.
    Internal,
    /// 503: something that is needed does not answer; trying again may help.
    Unavailable,
}

impl ErrorKind {
    /// The HTTP status of this kind.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The default name of errors of this kind.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestError",
            Self::Unauthorized => "UnauthorizedError",
            Self::Forbidden => "ForbiddenError",
            Self::NotFound => "NotFoundError",
            Self::MethodNotAllowed => "MethodNotAllowedError",
            Self::RequestTimeout => "RequestTimeoutError",
            Self::Conflict => "ConflictError",
            Self::PayloadTooLarge => "PayloadTooLargeError",
            Self::UnsupportedMediaType => "UnsupportedMediaTypeError",
            Self::Unprocessable => "UnprocessableError",
            Self::TooManyRequests => "TooManyRequestsError",
            Self::Internal => "InternalServerError",
            Self::Unavailable => "ServiceUnavailableError",
        }
    }
}

/// The ordinary failure of an action: 400 `{"error": "…"}`, shown to the user as it is.
///
/// ```
/// use forest_actions::failure;
///
/// let _ = failure("The card was declined").html("<p>Ask for another card.</p>");
/// ```
pub fn failure(message: impl Into<String>) -> ActionError {
    let mut error = ActionError::new(ErrorKind::BadRequest, message);
    error.0.members = Members::Error;
    error
}

impl ActionError {
    /// An error of the given kind whose text is shown to the user, except for [`ErrorKind::Internal`],
    /// whose text is only logged.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            name: None,
            message: message.into(),
            html: None,
            data: None,
            source: None,
            headers: HeaderMap::new(),
            results: None,
            reference: None,
            logged: None,
            is_refusal: false,
            members: Members::Errors,
            position: None,
        }))
    }

    /// 400 with an `errors` list. For the guide's plain error use [`failure`].
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// 409.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// 422.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unprocessable, message)
    }

    /// 429.
    pub fn too_many_requests(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooManyRequests, message)
    }

    /// An unexpected error: 500 with a neutral text; the cause is only logged. This is what `?` does; call
    /// it for types that are no `std::error::Error`, such as `anyhow::Error` or a text.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        let mut error = Self::new(ErrorKind::Internal, String::new());
        error.0.source = Some(cause.into().into());
        error
    }

    /// A refusal by the agent itself; `refusals.rs` lists them all. `logged` replaces the message in the log.
    pub(crate) fn refusal(
        members: Members,
        kind: ErrorKind,
        name: &'static str,
        message: String,
        logged: Option<String>,
    ) -> Self {
        let mut error = Self::new(kind, message);
        error.0.name = Some(name);
        error.0.members = members;
        error.0.logged = logged;
        error.0.is_refusal = true;
        error
    }

    /// The error of a panic, with its message.
    pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Self::internal(format!("the handler panicked: {text}"))
    }

    /// No record was done, or all was rolled back: 400 with the reasons.
    pub(crate) fn of_results(results: Results, texts: &dyn Texts) -> Self {
        let mut error = failure(String::new());
        error.0.results = Some(Arc::new(results));
        error.in_words(texts)
    }

    /// Adds the records that a rule refused before the handler got the others.
    pub(crate) fn with_refused(mut self, refused: Results) -> Self {
        if let Some(results) = self.0.results.as_mut().and_then(Arc::get_mut) {
            results.absorb(refused);
        }
        self
    }

    /// The error with its results in these words.
    pub(crate) fn in_words(mut self, texts: &dyn Texts) -> Self {
        if let Some(results) = &self.0.results {
            let summary = results.summary(texts);
            self.0.message = summary.text;
            self.0.html = summary.html;
        }
        self
    }

    /// The error with the reference of log lines that were written before.
    pub(crate) fn referenced(mut self, reference: String) -> Self {
        self.0.reference = Some(reference);
        self
    }

    /// The numbers of records, when none was done or all was rolled back.
    pub(crate) fn tally(&self) -> Option<Tally> {
        self.0.results.as_deref().map(Results::tally)
    }

    /// Returns whether the agent itself refuses, and not the handler.
    pub(crate) fn is_refusal(&self) -> bool {
        self.0.is_refusal
    }

    /// The code of the error: its name, and a text for people without what a user typed.
    pub(crate) fn code(&self) -> &'static str {
        self.0.name.unwrap_or_else(|| self.0.kind.name())
    }

    /// The text that may be kept: it quotes nothing that a user typed.
    pub(crate) fn kept_text(&self) -> Option<&str> {
        match (&self.0.logged, self.0.kind) {
            (Some(logged), _) => Some(logged),
            // texts about malformed input quote it
            (None, ErrorKind::BadRequest) if self.0.is_refusal => None,
            (None, ErrorKind::Internal) => None,
            (None, _) => Some(&self.0.message),
        }
    }

    pub(crate) fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// The error of the argument at this position.
    pub(crate) fn reading_at(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    pub(crate) fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// An unexpected error while an argument was read, with the argument or function in the log.
    pub(crate) fn reading_for(mut self, reader: &str) -> Self {
        if self.0.kind == ErrorKind::Internal {
            self.0.message = format!("an argument could not be read ({reader})");
        }
        self
    }

    /// The `name` of the error in its body; programs tell errors apart by it.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        self.0.name = Some(name);
        self.with_entry()
    }

    /// Structured details: `data` in the body. A value that cannot be written as JSON is left out.
    #[must_use]
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.0.data = serde_json::to_value(data).ok();
        self.with_entry()
    }

    /// A plain failure has no place for a name or details: with one of them it gets the `errors` list as well.
    fn with_entry(mut self) -> Self {
        if self.0.members == Members::Error {
            self.0.members = Members::Both;
        }
        self
    }

    /// An HTML panel next to the text. The HTML is shown as it is: escape what comes from outside.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.0.html = Some(html.into());
        self
    }

    /// Keeps a cause for the log; the user never sees it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.source = Some(cause.into().into());
        self
    }

    /// Adds a response header. One that is not a valid HTTP header is ignored and logged.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Some((name, value)) => self.0.headers.append(name, value),
            None => tracing::warn!(
                header = one_line(name.as_ref()),
                "ignored an invalid header of an error"
            ),
        }
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The text that the user is shown; empty for an unexpected error.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cause, for the log.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }

    /// The text and every cause behind it, joined by `: `, for the log.
    pub(crate) fn chain(&self) -> String {
        let mut chain = Chain::default();
        chain.push(self.0.logged.as_deref().unwrap_or(&self.0.message));
        if let Some(source) = self.source() {
            chain.push_causes(source);
        }
        one_line(chain.text)
    }

    /// The HTTP answer. `reference` replaces the text of an unexpected error.
    pub(crate) fn to_http(&self, reference: &str) -> HttpResponse {
        let inner = &*self.0;
        let status = inner.kind.status();
        let message = self.shown(reference);
        self.respond(
            status,
            &ErrorBody {
                error: (inner.members != Members::Errors || inner.html.is_some()).then_some(&*message),
                errors: (inner.members != Members::Error).then(|| {
                    [ErrorEntry {
                        status: status.as_u16(),
                        detail: &message,
                        name: inner.name.unwrap_or_else(|| inner.kind.name()),
                        data: inner.data.as_ref(),
                    }]
                }),
                html: inner.html.as_deref(),
                results: inner.results.as_deref().map(Results::listed),
                message: None,
            },
        )
    }

    /// The HTTP answer of a hook: 500 `{"message": …}` for a plain failure and for an unexpected error (protocol: hooks,
    /// errors).
    pub(crate) fn to_hook_http(&self, reference: &str) -> HttpResponse {
        let inner = &*self.0;
        if inner.members != Members::Error && inner.kind != ErrorKind::Internal {
            return self.to_http(reference);
        }
        let message = self.shown(reference);
        self.respond(
            StatusCode::INTERNAL_SERVER_ERROR,
            &ErrorBody {
                message: Some(&message),
                error: inner.html.is_some().then_some(&*message),
                html: inner.html.as_deref(),
                results: None,
                errors: None,
            },
        )
    }

    fn shown(&self, reference: &str) -> Cow<'_, str> {
        if self.0.kind == ErrorKind::Internal {
            let text = format!("Unexpected error. Please contact your administrator with the reference {reference}.");
            return text.into();
        }
        Cow::Borrowed(&self.0.message)
    }

    fn respond(&self, status: StatusCode, body: &ErrorBody<'_>) -> HttpResponse {
        let body = serde_json::to_vec(body).unwrap_or_default();
        let mut response = HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(body);
        append_all(response.headers_mut(), self.0.headers.clone());
        response
    }
}

/// The body of every error (protocol: responses, framework errors). Key order is the reference agent's.
#[derive(Serialize)]
struct ErrorBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Listed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<[ErrorEntry<'a>; 1]>,
}

#[derive(Serialize)]
struct ErrorEntry<'a> {
    status: u16,
    detail: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

/// An error and its causes, outermost first, joined by `: `, as [`Chain`] has them.
pub(crate) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut chain = Chain::default();
    chain.push_causes(error);
    one_line(chain.text)
}

/// Texts of errors, outermost first, without repetition: a cause that its parent already printed is left out, and one that begins
/// with the text before it replaces it.
#[derive(Default)]
struct Chain {
    text: String,
    /// Where the last of them begins.
    last: usize,
}

impl Chain {
    fn push(&mut self, part: &str) {
        if self.text.ends_with(part) {
            return;
        }
        let last = self.text.get(self.last..).unwrap_or_default();
        if !last.is_empty() && part.starts_with(last) {
            self.text.truncate(self.last);
        } else if !self.text.is_empty() {
            // a sentence for the user ends with a full stop
            if self.text.ends_with('.') && !self.text.ends_with("..") {
                self.text.pop();
            }
            self.text.push_str(": ");
            self.last = self.text.len();
        }
        self.text.push_str(part);
    }

    fn push_causes(&mut self, error: &(dyn std::error::Error + 'static)) {
        let mut next = Some(error);
        while let Some(cause) = next {
            self.push(&cause.to_string());
            next = cause.source();
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for ActionError {
    fn from(error: E) -> Self {
        Self::internal(error)
    }
}

/// For streams, whose errors only reach the log: the text and the whole chain of causes.
impl From<ActionError> for Box<dyn std::error::Error> {
    fn from(error: ActionError) -> Self {
        error.chain().into()
    }
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.kind == ErrorKind::Internal {
            "unexpected error"
        } else {
            &self.0.message
        })
    }
}

impl fmt::Debug for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

/// So that the extractors of this crate also work in a plain actix-web handler.
impl ResponseError for ActionError {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.to_http("-")
    }
}

/// Errors a handler's `Result` may carry: [`ActionError`], and everything that can be boxed as an error
/// (`std::error::Error` types, `anyhow::Error`, `Box<dyn Error + Send + Sync>`), which is unexpected.
///
/// `M` is inferred and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a smart action can end with",
    label = "not an error type",
    note = "to show a text to the user, end with an `ActionError`: `Err(failure(\"…\"))`",
    note = "to hide and log it, use a type that implements `std::error::Error + Send + Sync + 'static`"
)]
pub trait IntoActionError<M> {
    /// The error as the pipeline answers it.
    fn into_action_error(self) -> ActionError;
}

/// Marks the implementation for [`ActionError`] itself.
#[derive(Debug)]
pub struct ViaOwn;

/// Marks the implementation for everything that boxes as an error.
#[derive(Debug)]
pub struct ViaBox;

impl<E: Into<ActionError> + OwnError> IntoActionError<ViaOwn> for E {
    fn into_action_error(self) -> ActionError {
        self.into()
    }
}

impl<E: Into<BoxError>> IntoActionError<ViaBox> for E {
    fn into_action_error(self) -> ActionError {
        ActionError::internal(self)
    }
}

/// Keeps the two implementations of [`IntoActionError`] apart.
pub trait OwnError {}
impl OwnError for ActionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn res_07_a_chain_says_nothing_twice() {
        let because = |text: &str, cause: &str| ActionError::bad_request(text).because(cause.to_owned()).chain();
        assert_eq!(because("refused", "the disk is full"), "refused: the disk is full");
        assert_eq!(
            because("Are you online?", "Are you online? (users: closed)"),
            "Are you online? (users: closed)"
        );
        assert_eq!(because("refused: closed", "closed"), "refused: closed");
        assert_eq!(because("", "closed"), "closed");
        assert_eq!(because("Not allowed.", "no right"), "Not allowed: no right");
        assert_eq!(ActionError::bad_request("refused").chain(), "refused");
        let nested = std::io::Error::other(std::io::Error::other("full"));
        assert_eq!(ActionError::conflict("no").because(nested).chain(), "no: full");
    }
}
