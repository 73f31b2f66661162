//! Cross-origin access: the allowed origins and the CORS headers.
//!
//! Functions instead of a middleware, because every answer leaves through one place, errors included (NET-04), and because
//! the protocol has details that no ready-made layer has: `204` for a pre-flight, `null` on the login routes only, requested
//! headers reflected even for a refused origin. The host can write the headers instead (NET-05).

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

use crate::config::CorsOrigin;

const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
/// One day, in seconds (NET-01).
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const TRUE: HeaderValue = HeaderValue::from_static("true");
/// The headers that scripts may read: the name of a file (RES-01), and the id of the request.
const EXPOSED: HeaderValue = HeaderValue::from_static("Content-Disposition, X-Forest-Correlation-Id");
/// Where the handler itself exposes the name of a file.
const ALSO_EXPOSED: HeaderValue = HeaderValue::from_static("X-Forest-Correlation-Id");
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The domain of the vendor's UI, with its sub-domains.
const OFFICIAL: &str = "forestadmin.com";
const OFFICIAL_UI: &str = "https://app.forestadmin.com";

#[derive(Debug)]
pub(crate) struct Cors {
    /// The origins besides the official ones; `None` when the host writes the headers.
    origins: Option<Vec<CorsOrigin>>,
}

impl Cors {
    /// Allows these origins besides the official ones; `None` writes no headers, because the host does.
    pub(crate) fn new(origins: Option<Vec<CorsOrigin>>) -> Self {
        Self { origins }
    }

    /// Writes the headers of an answer. `is_login`: redirects of the login turn the origin into `null` (NET-03).
    pub(crate) fn write(&self, asked: &HeaderMap, is_login: bool, is_preflight: bool, answer: &mut HeaderMap) {
        let Some(extra) = &self.origins else { return };
        vary(
            answer,
            if is_preflight {
                "Origin, Access-Control-Request-Headers"
            } else {
                "Origin"
            },
        );
        let origin = asked.get(header::ORIGIN);
        let allowed = origin.filter(|origin| {
            origin.to_str().is_ok_and(|origin| {
                is_official(origin) || (is_login && origin == "null") || extra.iter().any(|entry| entry.matches(origin))
            })
        });
        if let Some(origin) = allowed {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if asked.contains_key(REQUEST_PRIVATE_NETWORK) {
                answer.insert(ALLOW_PRIVATE_NETWORK, TRUE);
            }
        }
        if origin.is_some() {
            answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        if is_preflight {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            if let Some(headers) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
            }
        } else if origin.is_some() {
            expose(answer);
        }
    }

    /// Decides whether a request with a cookie comes from a trusted page. A request without `Origin` is not from a script of
    /// another site; `Sec-Fetch-Site` reveals an image or a frame of another site.
    pub(crate) fn trusts(&self, asked: &HeaderMap, own_host: Option<&str>) -> bool {
        let Some(origin) = asked.get(header::ORIGIN) else {
            return asked
                .get("sec-fetch-site")
                .is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"same-site" | b"none"));
        };
        let Ok(origin) = origin.to_str() else { return false };
        let same_host = own_host.is_some_and(|host| {
            origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"))
                == Some(host)
        });
        let extra = self.origins.as_deref().unwrap_or_default();
        same_host || is_official(origin) || extra.iter().any(|entry| entry.matches(origin))
    }
}

/// Accepts `https` pages of the vendor's domain. The reference agent compares the end of the text, which would accept
/// `https://evilforestadmin.com` without its dot.
fn is_official(origin: &str) -> bool {
    // nearly every request; parsing a URL costs as much as all other headers together
    if origin == OFFICIAL_UI {
        return true;
    }
    let Ok(url) = Url::parse(origin) else { return false };
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    url.scheme() == "https"
        && url.port().is_none()
        && host
            .strip_suffix(OFFICIAL)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        // browsers send origins without path, user and capitals
        && url.origin().ascii_serialization() == origin
}

/// Exposes the name of a file and the id of the request besides the headers that the handler exposes.
fn expose(answer: &mut HeaderMap) {
    let has = |wanted: &str| {
        answer.get_all(header::ACCESS_CONTROL_EXPOSE_HEADERS).any(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').any(|name| name.trim().eq_ignore_ascii_case(wanted)))
        })
    };
    let exposed = match (has("content-disposition"), has("x-forest-correlation-id")) {
        (_, true) => return,
        (true, false) => ALSO_EXPOSED,
        (false, false) => EXPOSED,
    };
    answer.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

/// Adds the names to `Vary` unless it has them.
fn vary(answer: &mut HeaderMap, names: &'static str) {
    let present = answer.get_all(header::VARY).any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value == "*" || value.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin")))
    });
    if !present {
        answer.append(header::VARY, HeaderValue::from_static(names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_03_official_domains_pass_and_look_alikes_do_not() {
        for origin in [
            "https://app.forestadmin.com",
            "https://forestadmin.com",
            "https://a.b.forestadmin.com",
        ] {
            assert!(is_official(origin), "{origin}");
        }
        for origin in [
            "https://evilforestadmin.com",
            "https://forestadmin.com.evil.example",
            "https://app.forestadmin.com:8443",
            "http://app.forestadmin.com",
            "null",
            "",
            "https://app.forestadmin.com@evil.example",
            "https://app.forestadmin.com/",
            "https://user@app.forestadmin.com",
            "https://APP.forestadmin.com",
            "chrome-extension://app.forestadmin.com",
        ] {
            assert!(!is_official(origin), "{origin}");
        }
    }
}
