//! A failed step of a login: the response for the browser, and the cause for the log.
//!
//! Texts of the provider and of query strings pass through [`Secrets`] before they get here.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;

use crate::request::RequestError;
use crate::response::{ActionError, ErrorKind};
use crate::server::{FOREIGN_ANSWER_HINT, ServerFailure};
use crate::text::excerpt;

/// The reference agent's text for a failed user lookup.
const AUTHORIZING: &str = "Error while authorizing the user on Forest Admin";
/// Minimum length of a secret; replacing shorter texts would garble words.
const MIN_SECRET: usize = 8;
/// Maximum length of a quoted text in a response, in characters.
const MAX_SHOWN: usize = 1000;
/// Maximum length of a quoted text in the log, in characters.
const MAX_LOGGED: usize = 300;

/// A failed step.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    body: Body,
    cause: String,
    hint: &'static str,
    blames_setup: bool,
}

/// The shapes of error bodies (protocol: authentication, errors).
#[derive(Debug, Clone)]
enum Body {
    /// `errors` with one entry.
    Errors { name: Cow<'static, str>, detail: String },
    /// `error`, `error_description` and `state`, for a login that comes back without success.
    Returned { error: String, description: Option<String> },
    /// The reference agent's response to an error of the provider.
    Provider { error: String, description: Option<String> },
    /// A refusal in the shape of the request pipeline.
    Refused(ActionError),
}

impl Problem {
    /// A problem with an own text or one of the protocol's.
    pub(super) fn errors(
        status: StatusCode,
        name: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
        cause: impl Into<String>,
    ) -> Self {
        let (name, detail) = (name.into(), detail.into());
        Self::new(status, Body::Errors { name, detail }, cause.into())
    }

    /// An invalid request: 400.
    pub(super) fn request(name: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::errors(StatusCode::BAD_REQUEST, name, detail.clone(), detail)
    }

    /// A login that came back without success: 401, so that the UI starts again (AUT-07).
    pub(super) fn returned(error: String, description: Option<String>, cause: impl Into<String>) -> Self {
        let body = Body::Returned { error, description };
        Self::new(StatusCode::UNAUTHORIZED, body, cause.into())
    }

    /// An error of the provider during the set-up: 403 or 400, as in the reference agent.
    pub(super) fn provider(error: String, description: Option<String>, cause: impl Into<String>) -> Self {
        let status = match error.as_str() {
            "access_denied" | "invalid_client" => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, Body::Provider { error, description }, cause.into()).blaming_setup()
    }

    /// A refusal with its own status, in the shape of the request pipeline.
    pub(super) fn refused(refusal: ActionError) -> Self {
        let cause = refusal.chain();
        let status = refusal.kind().status();
        Self::new(status, Body::Refused(refusal), cause)
    }

    /// No complete response from the Forest server.
    pub(super) fn outage(failure: &ServerFailure) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let cause = format!("{}: {}", failure.kind().as_str(), failure.cause());
        Self::errors(status, "Error", failure.message(), cause)
            .hinting(failure.kind().hint())
            .blaming_setup()
    }

    /// A response that does not follow the protocol.
    pub(super) fn server(error: &str, cause: impl Into<String>) -> Self {
        let detail = format!("Forest server request error: {error}");
        Self::errors(StatusCode::INTERNAL_SERVER_ERROR, "VError", detail, cause)
            .hinting(FOREIGN_ANSWER_HINT)
            .blaming_setup()
    }

    /// A user lookup without a usable response.
    pub(super) fn authorizing(cause: impl Into<String>) -> Self {
        Self::errors(StatusCode::INTERNAL_SERVER_ERROR, "Error", AUTHORIZING, cause).blaming_setup()
    }

    /// A bug of this library.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::errors(status, "Error", "The login is not available", cause.to_string())
    }

    /// Adds advice for the log.
    pub(super) fn hinting(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Marks the cached provider or client as a possible cause (AUT-02).
    pub(super) fn blaming_setup(mut self) -> Self {
        self.blames_setup = true;
        self
    }

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

    /// Builds the response; `state` is repeated in bodies that have it.
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
            Body::Provider { error, description } => serde_json::to_vec(&ProviderBody {
                error,
                error_description: description.as_deref(),
                name: "OPError",
            }),
        };
        HttpResponse::build(self.status)
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(body.unwrap_or_default())
    }

    fn new(status: StatusCode, body: Body, cause: String) -> Self {
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

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        ActionError::from(error).into()
    }
}

/// A request to the login that is answered in the shape of the pipeline's refusals.
#[derive(Debug)]
pub(crate) enum LoginRefusal {
    BodyLate,
    NoRoute,
    LocalMode,
    TooManyLogins,
}

impl From<LoginRefusal> for Problem {
    fn from(refusal: LoginRefusal) -> Self {
        ActionError::from(refusal).into()
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

/// All keys are always present: three agents send them, and the UI may read any.
#[derive(Serialize)]
struct Returned<'a> {
    error: &'a str,
    error_description: Option<&'a str>,
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct ProviderBody<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
    name: &'static str,
}

/// Removes secrets from quoted texts and shortens them. A server may quote its input, which contains secrets.
pub(super) struct Secrets<'a>(pub(super) Vec<&'a str>);

impl Secrets<'_> {
    /// For a response.
    pub(super) fn shown(&self, text: &str) -> String {
        let text = self.without(text);
        match text.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// For the log; escapes characters that could forge a line.
    pub(super) fn logged(&self, text: &str) -> String {
        excerpt(&self.without(text), MAX_LOGGED)
    }

    fn without(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.iter().filter(|secret| secret.len() >= MIN_SECRET) {
            if text.contains(secret) {
                text = text.replace(secret, "[…]");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aut_07_quoted_texts_contain_no_secrets_and_are_short() {
        let secrets = Secrets(vec!["0123456789abcdef", "code", ""]);
        assert_eq!(
            secrets.shown("bad code 0123456789abcdef, 0123456789abcdef"),
            "bad code […], […]"
        );
        assert_eq!(secrets.logged("a\n0123456789abcdef"), "a\\n[…]");
        let long = "é".repeat(5000);
        assert_eq!(secrets.shown(&long).chars().count(), MAX_SHOWN + 1);
        assert_eq!(secrets.logged(&long).chars().count(), MAX_LOGGED + 1);
    }
}
