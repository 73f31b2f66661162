//! The call that the user's own browser makes after an action (protocol: responses, webhook).
//!
//! Owns the shape and its checks: an absolute `http(s)` URL, a method, headers a browser may send and
//! a JSON body. All four members are always sent, because real clients read them without asking.

use std::fmt;

use actix_web::http::header::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

/// An HTTP call that the browser of the user performs when the action has succeeded.
///
/// ```
/// use forest_actions::{Webhook, success};
/// use serde_json::json;
///
/// let _ = success("Activity shown").webhook(
///     Webhook::post("https://example.com/hook").header("x-team", "operations").json(&json!({"id": 1})),
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use]
pub struct Webhook {
    url: String,
    method: &'static str,
    headers: Map<String, Value>,
    body: Value,
    #[serde(skip)]
    problem: Option<InvalidWebhook>,
}

impl Webhook {
    /// A `POST` to an absolute `http` or `https` URL.
    ///
    /// A mistake (here or in the setters) is kept and turns the whole answer into an unexpected error
    /// with the cause in the log: nothing wrong ever reaches the browser. [`Webhook::check`] tells it
    /// earlier.
    pub fn post(url: impl Into<String>) -> Self {
        Self::with_method("POST", url.into())
    }

    /// A `GET` to an absolute `http` or `https` URL. See [`Webhook::post`].
    pub fn get(url: impl Into<String>) -> Self {
        Self::with_method("GET", url.into())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    fn with_method(method: &'static str, url: String) -> Self {
        let allowed = Url::parse(&url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        Self {
            url,
            method,
            headers: Map::new(),
            body: Value::Object(Map::new()),
            problem: (!allowed).then_some(InvalidWebhook("its URL is not an absolute `http` or `https` URL")),
        }
    }

    /// Adds a request header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        if HeaderName::try_from(name.as_str()).is_err() || HeaderValue::try_from(value.as_str()).is_err() {
            self.problem
                .get_or_insert(InvalidWebhook("one of its headers is not a valid HTTP header"));
        }
        self.headers.insert(name, Value::String(value));
        self
    }

    /// Sets the JSON body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_value(body) {
            Ok(body) => self.body = body,
            Err(_) => {
                self.problem
                    .get_or_insert(InvalidWebhook("its body cannot be written as JSON"));
            }
        }
        self
    }

    /// Tells whether the call can be sent as it is.
    ///
    /// # Errors
    /// [`InvalidWebhook`] with the first mistake made while building it.
    pub fn check(&self) -> Result<(), InvalidWebhook> {
        self.problem.clone().map_or(Ok(()), Err)
    }
}

/// A webhook that was refused when it was built. It names neither URL nor header, which may hold
/// credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidWebhook(&'static str);

impl fmt::Display for InvalidWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused webhook: {}", self.0)
    }
}

impl std::error::Error for InvalidWebhook {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_four_members_are_always_sent() {
        let hook = Webhook::get("https://example.com");
        assert_eq!(
            serde_json::to_value(&hook).ok(),
            Some(json!({"url": "https://example.com", "method": "GET", "headers": {}, "body": {}}))
        );
    }

    #[test]
    fn mistakes_are_kept_and_told() {
        assert!(Webhook::post("https://example.com").header("x", "y").check().is_ok());
        assert!(Webhook::post("ftp://example.com").check().is_err());
        assert!(Webhook::post("/relative").check().is_err());
        assert!(
            Webhook::post("https://example.com")
                .header("bad header", "y")
                .check()
                .is_err()
        );
        assert!(
            Webhook::post("https://example.com")
                .header("x", "a\nb")
                .check()
                .is_err()
        );
    }
}
