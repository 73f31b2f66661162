//! The error of a call to the Forest server: the vendor's text (protocol: caching and refetch), a short cause and a hint.
//!
//! It never contains a secret, and of a response only the server's reason, shortened and escaped.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use serde::Deserialize;
use tokio::task::JoinError;

use super::cached::FetchError;
use super::facts::Malformed;
use crate::setting::{UNKNOWN_SECRET_HINT, server_url};
use crate::text::excerpt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum FailureKind {
    /// No connection, or a broken one.
    Unreachable,
    /// No complete response in time.
    Timeout,
    /// An invalid certificate, or a failed handshake.
    Tls,
    /// 404: no environment has this secret.
    UnknownSecret,
    /// 503.
    Maintenance,
    /// Another status.
    Status(u16),
    /// A response that does not follow the protocol.
    Malformed,
    /// A response above the size limit.
    TooLarge,
    /// An invalid request that was not sent.
    NotAsked,
}

impl FailureKind {
    /// The name in logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::UnknownSecret => "unknown secret",
            Self::Maintenance => "maintenance",
            Self::Status(_) => "status",
            Self::Malformed => "malformed",
            Self::TooLarge => "too large",
            Self::NotAsked => "not asked",
        }
    }

    /// Advice for the operator.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Unreachable => concat!("check the network, the proxy settings, and ", server_url!()),
            Self::Timeout => "check the network; FOREST_REQUEST_TIMEOUT is how long an answer may take",
            Self::Tls => concat!(
                "check the system's time, its certificates, and whether ",
                server_url!(),
                " names the right server"
            ),
            Self::UnknownSecret => UNKNOWN_SECRET_HINT,
            Self::Maintenance => "nothing to do: the call is repeated",
            Self::Status(300..=399) => concat!(
                "redirects are not followed, because the secret would travel along: set ",
                server_url!(),
                " to the final address"
            ),
            Self::Status(500..) => "the Forest server has a problem: nothing has to be changed here",
            Self::Status(_) => concat!(
                "the Forest server refuses the request: compare FOREST_ENV_SECRET with the environment's, and check ",
                server_url!()
            ),
            Self::Malformed | Self::TooLarge => FOREIGN_ANSWER_HINT,
            Self::NotAsked => "a session of a new login names its rendering",
        }
    }
}

/// A failed call. `Display` is the vendor's text with the call and the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerFailure {
    kind: FailureKind,
    call: &'static str,
    message: String,
    cause: String,
}

impl ServerFailure {
    /// A failure with the text of its kind.
    pub(crate) fn new(kind: FailureKind, call: &'static str, cause: impl Into<String>) -> Self {
        let cause = cause.into();
        let message = match kind {
            FailureKind::UnknownSecret => UNKNOWN_SECRET.to_owned(),
            FailureKind::Maintenance => MAINTENANCE.to_owned(),
            FailureKind::Unreachable => UNREACHABLE.to_owned(),
            FailureKind::Tls => format!(
                "Forest Admin server TLS certificate cannot be verified. Please check that your system time is set properly. Original error: {cause}"
            ),
            _ => UNEXPECTED.to_owned(),
        };
        Self {
            kind,
            call,
            message,
            cause,
        }
    }

    pub(super) fn timeout(call: &'static str, url: &url::Url, cause: impl Into<String>) -> Self {
        let cause = cause.into();
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        Self {
            kind: FailureKind::Timeout,
            call,
            message: format!(
                "The request to Forest Admin server has timed out while trying to reach {url} at {now}. Message: {cause}"
            ),
            cause,
        }
    }

    /// A response with an error status. `body` may be incomplete.
    pub(crate) fn status(call: &'static str, status: u16, body: &[u8]) -> Self {
        let detail = detail_of(body);
        let cause = match &detail {
            Some(detail) => format!("status {status}: {detail}"),
            None => format!("status {status}"),
        };
        let kind = match status {
            404 => FailureKind::UnknownSecret,
            503 => FailureKind::Maintenance,
            502 => FailureKind::Unreachable,
            other => FailureKind::Status(other),
        };
        let mut failure = Self::new(kind, call, cause);
        if let (FailureKind::Status(_), Some(detail)) = (kind, detail) {
            failure.message = detail;
        }
        failure
    }

    pub(super) fn malformed(call: &'static str, problem: &Malformed) -> Self {
        Self::new(FailureKind::Malformed, call, problem.to_string())
    }

    /// An error of the HTTP client. Its own text only adds the address, so the cause is its innermost source.
    pub(super) fn of_client(call: &'static str, url: &url::Url, error: &reqwest::Error) -> Self {
        let innermost = excerpt(&innermost(error), 200);
        if error.is_timeout() {
            Self::timeout(call, url, innermost)
        } else if is_tls(error) {
            Self::new(FailureKind::Tls, call, innermost)
        } else {
            Self::new(FailureKind::Unreachable, call, innermost)
        }
    }

    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The vendor's text.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The short technical cause.
    pub(crate) fn cause(&self) -> &str {
        &self.cause
    }

    /// Logs one line at the level error.
    pub(super) fn log(&self) {
        tracing::error!(
            call = self.call,
            kind = self.kind.as_str(),
            cause = self.cause,
            hint = self.kind.hint(),
            "{}",
            self.message
        );
    }
}

impl FetchError for ServerFailure {
    fn interrupted(name: &'static str, error: &JoinError) -> Self {
        let cause = if error.is_panic() {
            "the task panicked"
        } else {
            "the program is stopping"
        };
        Self::new(FailureKind::Unreachable, name, cause)
    }
}

impl fmt::Display for ServerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // some texts contain the cause, and some causes the text
        let cause = match self.cause.strip_suffix(&self.message) {
            _ if self.message.contains(&self.cause) => "",
            Some(before) => before.trim_end_matches(": "),
            None => &self.cause,
        };
        let separator = if cause.is_empty() { "" } else { ": " };
        write!(f, "{} ({}{separator}{cause})", self.message, self.call)
    }
}

impl StdError for ServerFailure {}

/// Advice for a response that does not look like the Forest server's.
pub(crate) const FOREIGN_ANSWER_HINT: &str = concat!(
    "something else may answer in the Forest server's place: check ",
    server_url!(),
    " and the proxies"
);

const UNKNOWN_SECRET: &str = "Forest Admin server failed to find the project related to the envSecret you configured. Can you check that you copied it properly in the Forest initialization?";
const MAINTENANCE: &str = "Forest is in maintenance for a few minutes. We are upgrading your experience in the forest. We just need a few more minutes to get it right.";
const UNREACHABLE: &str = "Failed to reach Forest Admin server. Are you online?";
const UNEXPECTED: &str = "An unexpected error occurred while contacting the Forest Admin server. Please contact support@forestadmin.com for further investigations.";

/// `errors[0].detail`, shortened and escaped.
fn detail_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<OneError>,
    }
    #[derive(Deserialize)]
    struct OneError {
        detail: Option<String>,
    }
    let errors: Errors = serde_json::from_slice(body).ok()?;
    let detail = errors.errors.into_iter().next()?.detail?;
    let detail = excerpt(&detail, 300);
    (!detail.trim().is_empty()).then_some(detail)
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // an I/O error forwards `source` to its inner error, which it hides
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    sources(error).any(|source| source.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_vendors_texts() {
        let text = |status, body: &str| ServerFailure::status("users", status, body.as_bytes());
        let detail = r#"{"errors":[{"status":403,"detail":"Not\nyours"}]}"#;
        assert_eq!(text(404, detail).message(), UNKNOWN_SECRET);
        assert_eq!(text(404, detail).cause(), "status 404: Not\\nyours");
        assert_eq!(text(503, "<html>").message(), MAINTENANCE);
        assert_eq!(text(502, "").message(), UNREACHABLE);
        assert_eq!(text(403, detail).message(), "Not\\nyours");
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"errors":[]}"#,
            r#"{"errors":[{"detail":null}]}"#,
            r#"{"errors":[{"detail":" "}]}"#,
        ] {
            assert_eq!(text(500, body).message(), UNEXPECTED, "{body}");
        }
        assert_eq!(text(500, "").kind(), FailureKind::Status(500));
        assert!(text(302, "").kind().hint().contains("redirects"));
    }

    #[test]
    fn res_07_display_contains_the_cause_once() {
        let text = |status, body: &str| ServerFailure::status("users", status, body.as_bytes()).to_string();
        assert_eq!(
            text(500, r#"{"errors":[{"detail":"broken"}]}"#),
            "broken (users: status 500)"
        );
        assert_eq!(text(503, ""), format!("{MAINTENANCE} (users: status 503)"));
        let tls = ServerFailure::new(FailureKind::Tls, "users", "expired");
        assert!(tls.to_string().ends_with("Original error: expired (users)"), "{tls}");
        for status in [400, 404, 500, 502, 503] {
            let hint = ServerFailure::status("users", status, b"").kind().hint();
            assert!(!hint.contains("see the cause") && !hint.is_empty(), "{status} {hint}");
        }
    }

    #[test]
    fn quoted_reasons_are_shortened() {
        let body = serde_json::json!({"errors": [{"detail": "x".repeat(100_000)}]}).to_string();
        let failure = ServerFailure::status("users", 500, body.as_bytes());
        assert!(failure.to_string().len() < 1_000, "{}", failure.to_string().len());
    }

    #[test]
    fn a_refused_certificate_is_found_below_other_errors() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused));
        assert!(is_tls(&wrapped) && !is_tls(&io::Error::other("broken pipe")));
        assert!(innermost(&wrapped).contains("UnknownIssuer"), "{}", innermost(&wrapped));
    }
}
