//! Where the UI may be sent after an action: one type that only a harmless target can have.
//!
//! A redirect is text that ends in the browser's location, so `javascript:`, `data:` and
//! protocol-relative targets are refused here, when the answer is built, and nowhere else.

use std::fmt;

use serde::Serialize;
use url::Url;

/// A target the UI may navigate to: a path of the back office, or an absolute `http(s)` URL, which
/// opens in a new tab (protocol: responses, `redirectTo`).
///
/// ```
/// use forest_actions::RedirectTarget;
///
/// assert!(RedirectTarget::parse("https://www.royalmail.com/track?n=1").is_ok());
/// assert!(RedirectTarget::parse("/my-project/dev/team/data/orders/index").is_ok());
/// assert!(RedirectTarget::parse("javascript:alert(1)").is_err());
/// assert!(RedirectTarget::parse("//evil.example").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RedirectTarget(String);

impl RedirectTarget {
    /// Checks a target.
    ///
    /// # Errors
    /// [`InvalidRedirect`] when it is neither a path that starts with exactly one `/` nor an absolute
    /// `http` or `https` URL with a host, or when it holds control characters or backslashes, which
    /// browsers rewrite into slashes.
    pub fn parse(target: impl Into<String>) -> Result<Self, InvalidRedirect> {
        let target = target.into();
        let refuse = |reason| Err(InvalidRedirect { reason });
        if target.chars().any(|c| c.is_control()) || target.trim() != target {
            return refuse("it holds control characters or surrounding blanks");
        }
        if target.contains('\\') {
            return refuse("it holds a backslash, which browsers read as a slash");
        }
        if target.starts_with('/') {
            return if target.starts_with("//") {
                refuse("it starts with `//`, which leaves the back office")
            } else {
                Ok(Self(target))
            };
        }
        match Url::parse(&target) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self(target)),
            Ok(_) => refuse("only `http` and `https` URLs are allowed"),
            Err(_) => refuse("it is neither an absolute URL nor a path that starts with `/`"),
        }
    }

    /// The target as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for RedirectTarget {
    type Error = InvalidRedirect;
    fn try_from(target: &str) -> Result<Self, InvalidRedirect> {
        Self::parse(target)
    }
}

impl TryFrom<String> for RedirectTarget {
    type Error = InvalidRedirect;
    fn try_from(target: String) -> Result<Self, InvalidRedirect> {
        Self::parse(target)
    }
}

impl TryFrom<&String> for RedirectTarget {
    type Error = InvalidRedirect;
    fn try_from(target: &String) -> Result<Self, InvalidRedirect> {
        Self::parse(target.as_str())
    }
}

impl From<std::convert::Infallible> for InvalidRedirect {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// A redirect that was refused when it was built. The target itself is left out of the text, because
/// it may come from outside and ends in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRedirect {
    reason: &'static str,
}

impl fmt::Display for InvalidRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused redirect target: {}", self.reason)
    }
}

impl std::error::Error for InvalidRedirect {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_and_internal_paths_are_targets() {
        for good in [
            "/",
            "/project/env/team/data/companies/index/record/companies/1/summary",
            "/a?b=c#d",
            "http://localhost:3000/x",
            "https://example.com",
            "HTTPS://EXAMPLE.COM/é",
        ] {
            assert!(RedirectTarget::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.com",
            "//evil.example/x",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "relative/path",
            "example.com",
            "https://",
            "mailto:a@b.c",
        ] {
            assert!(RedirectTarget::parse(bad).is_err(), "{bad:?}");
        }
    }
}
