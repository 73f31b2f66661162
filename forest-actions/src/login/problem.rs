//! How a step of the login fails: the answer for the browser, and the cause for the log.
//!
//! Owns the shapes of error bodies (protocol: authentication, errors) and the three kinds of blame: the request, the
//! Forest server, or what this program remembers of it. Texts that come from outside arrive here shortened
//! and without secrets (`redact`). Built by every step, answered and logged by `step`.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;

use crate::response::{ActionError, ErrorKind};
use crate::server::{FOREIGN_ANSWER_HINT, ServerFailure};

/// What the reference agent says when it cannot ask who logged in.
const AUTHORIZING: &str = "Error while authorizing the user on Forest Admin";

/// A step that failed.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    body: Body,
    cause: String,
    hint: &'static str,
    blames_setup: bool,
}

#[derive(Debug, Clone)]
enum Body {
    /// `errors` with one entry.
    Errors { name: Cow<'static, str>, detail: String },
    /// What the UI of all agents but one receives when a login comes back without success: `error`, `error_description`,
    /// `state`.
    Returned { error: String, description: Option<String> },
    /// What the reference agent makes of an error of the provider.
    Provider { error: String, description: Option<String> },
    /// A refusal in the shape of the pipeline's.
    Refused(ActionError),
}

impl Problem {
    /// An error with a text of ours or the protocol's. `cause` is for the log.
    pub(super) fn errors(
        status: StatusCode,
        name: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
        cause: impl Into<String>,
    ) -> Self {
        let (name, detail) = (name.into(), detail.into());
        Self::of(status, Body::Errors { name, detail }, cause.into())
    }

    /// A request that makes no sense: 400.
    pub(super) fn request(name: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::errors(StatusCode::BAD_REQUEST, name, detail.clone(), detail)
    }

    /// A login that came back without success: 401, so that the UI begins again (AUT-07).
    pub(super) fn returned(error: String, description: Option<String>, cause: impl Into<String>) -> Self {
        let body = Body::Returned { error, description };
        Self::of(StatusCode::UNAUTHORIZED, body, cause.into())
    }

    /// An error of the provider before anybody could log in: 403 or 400, as the reference agent answers it.
    pub(super) fn provider(error: String, description: Option<String>, cause: impl Into<String>) -> Self {
        let status = match error.as_str() {
            "access_denied" | "invalid_client" => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::of(status, Body::Provider { error, description }, cause.into()).blaming_setup()
    }

    /// A refusal in the shape of the pipeline's, with its own status.
    pub(super) fn refused(refusal: ActionError) -> Self {
        let cause = refusal.chain();
        let status = refusal.kind().status();
        Self::of(status, Body::Refused(refusal), cause)
    }

    /// The Forest server gave no whole answer.
    pub(super) fn outage(failure: &ServerFailure) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let cause = format!("{}: {}", failure.kind().as_str(), failure.cause());
        Self::errors(status, "Error", failure.message(), cause)
            .hinting(failure.kind().hint())
            .blaming_setup()
    }

    /// The Forest server answered something else than the protocol's.
    pub(super) fn server(what: &str, cause: impl Into<String>) -> Self {
        let detail = format!("Forest server request error: {what}");
        Self::errors(StatusCode::INTERNAL_SERVER_ERROR, "VError", detail, cause)
            .hinting(FOREIGN_ANSWER_HINT)
            .blaming_setup()
    }

    /// It cannot be told who logged in.
    pub(super) fn authorizing(cause: impl Into<String>) -> Self {
        Self::errors(StatusCode::INTERNAL_SERVER_ERROR, "Error", AUTHORIZING, cause).blaming_setup()
    }

    /// A mistake of this library.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::errors(status, "Error", "The login is not available", cause.to_string())
    }

    /// What to look at first.
    pub(super) fn hinting(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// What is remembered of the Forest server may be what is wrong (AUT-02).
    pub(super) fn blaming_setup(mut self) -> Self {
        self.blames_setup = true;
        self
    }

    /// Whether what is remembered of the Forest server may be what is wrong.
    pub(super) fn blames_setup(&self) -> bool {
        self.blames_setup
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn cause(&self) -> &str {
        &self.cause
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(self.hint).filter(|hint| !hint.is_empty())
    }

    /// The answer. `state` is repeated where the UI expects it.
    pub(super) fn to_http(&self, state: Option<&str>) -> HttpResponse {
        let body = match &self.body {
            Body::Refused(refusal) => return refusal.to_http(""),
            Body::Errors { name, detail } => serde_json::to_vec(&Errors {
                errors: [Entry {
                    status: self.status.as_u16(),
                    detail,
                    name,
                }],
            }),
            Body::Returned { error, description } => serde_json::to_vec(&Returned {
                error,
                error_description: description.as_deref(),
                state,
            }),
            Body::Provider { error, description } => serde_json::to_vec(&ProviderError {
                error,
                error_description: description.as_deref(),
                name: "OPError",
            }),
        };
        HttpResponse::build(self.status)
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(body.unwrap_or_default())
    }

    fn of(status: StatusCode, body: Body, cause: String) -> Self {
        Self {
            status,
            body,
            cause,
            hint: "",
            blames_setup: false,
        }
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        if error.kind() == ErrorKind::Internal {
            return Self::internal(error.chain());
        }
        Self::refused(error)
    }
}

#[derive(Serialize)]
struct Errors<'a> {
    errors: [Entry<'a>; 1],
}

#[derive(Serialize)]
struct Entry<'a> {
    status: u16,
    detail: &'a str,
    name: &'a str,
}

/// All three keys are always there, since three agents send them and the UI may read any.
#[derive(Serialize)]
struct Returned<'a> {
    error: &'a str,
    error_description: Option<&'a str>,
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct ProviderError<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
    name: &'static str,
}
