//! An origin in the settings that the browser may call from, checked to be one that a browser would send.

use std::fmt;

use url::Url;

/// An origin that is allowed besides the official ones: `https://admin.example.com`, or without scheme
/// `admin.example.com:8080`, which allows both `http` and `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CorsOrigin(Vec<String>);

/// An origin in the configuration that no browser would ever send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidCorsOrigin(pub(crate) String);

impl fmt::Display for InvalidCorsOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "has `{}`, which is not an origin: write `https://host`, `https://host:port` or `host:port`",
            self.0.escape_debug()
        )
    }
}

impl CorsOrigin {
    /// Reads one entry of the configuration.
    pub(crate) fn parse(entry: &str) -> Result<Self, InvalidCorsOrigin> {
        let entry = entry.trim().trim_end_matches('/');
        let invalid = || InvalidCorsOrigin(entry.to_owned());
        let with_scheme = if entry.contains("://") {
            entry.to_owned()
        } else {
            format!("https://{entry}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| invalid())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('*'))
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        if !plain {
            return Err(invalid());
        }
        // as a browser writes it: lower case, ASCII, without the scheme's own port
        let mut origins = vec![url.origin().ascii_serialization()];
        if !entry.contains("://") {
            let plain = Url::parse(&format!("http://{entry}")).map_err(|_| invalid())?;
            origins.push(plain.origin().ascii_serialization());
        }
        Ok(Self(origins))
    }

    /// The allowed origin, or both of its schemes, for messages.
    #[cfg(feature = "server")]
    pub(crate) fn origins(&self) -> &[String] {
        &self.0
    }

    /// Returns `true` for an allowed `Origin` of a browser.
    pub(crate) fn matches(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_03_configured_origins_match_exactly() {
        let entry = CorsOrigin::parse(" https://Admin.Example.com/ ");
        assert!(
            entry
                .as_ref()
                .is_ok_and(|entry| entry.matches("https://admin.example.com"))
        );
        assert!(entry.is_ok_and(|entry| !entry.matches("http://admin.example.com")));
        let any_scheme = CorsOrigin::parse("localhost:4200");
        assert!(
            any_scheme
                .as_ref()
                .is_ok_and(|entry| entry.matches("http://localhost:4200"))
        );
        assert!(any_scheme.is_ok_and(|entry| !entry.matches("http://localhost:42000")));
        for bad in [
            "*",
            "https://*.example.com",
            "https://a/b",
            "ftp://a",
            "",
            "https://u@a",
            "a b",
        ] {
            assert!(CorsOrigin::parse(bad).is_err(), "{bad:?}");
        }
    }
}
