//! What the provider's answers have in common: how much of one is read, an error in OAuth's shape, a status in words.
//!
//! Answers are read leniently: a member that nobody here needs may be missing or odd without ending a login. Knows nothing of
//! what an error means for one. Called by `client`, `exchange`, `discovery` and `user`.

use actix_web::http::StatusCode;
use serde_json::Value;

/// The most that is read of an answer.
pub(super) const LIMIT: usize = 256 * 1024;

/// An error in the shape of OAuth, whatever its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProviderError {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

impl ProviderError {
    /// The error of a body; none when it names none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| {
            let text = body.get(name)?.as_str()?;
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        Some(Self {
            error: text("error")?,
            description: text("error_description"),
        })
    }
}

/// `404 Not Found`.
pub(super) fn status_text(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_needs_a_name_and_nothing_else() {
        let error = |body: &str| ProviderError::read(body.as_bytes()).map(|error| (error.error, error.description));
        let named = |description: Option<&str>| Some(("x".to_owned(), description.map(str::to_owned)));
        assert_eq!(error(r#"{"error":"x","error_description":"why"}"#), named(Some("why")));
        assert_eq!(
            error(r#"{"error":"x","error_description":7,"error_uri":[]}"#),
            named(None)
        );
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"error":""}"#,
            r#"{"error":{"a":1}}"#,
            r#""error""#,
        ] {
            assert_eq!(error(body), None, "{body}");
        }
    }
}
