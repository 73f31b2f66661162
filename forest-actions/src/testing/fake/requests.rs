//! The log of received requests, for the assertions of tests, and the route patterns that select from it. Requests of the
//! control page are not recorded.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use url::form_urlencoded;

use super::activity_logs::ActivityLog;
use super::server::{FakeForest, FakeForestError};

/// Limits of the log, for a server that runs for days as a program.
const MAX_REQUESTS: usize = 10_000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A received request, secrets included; `Debug` leaves out the values of headers.
#[derive(Clone)]
pub struct RecordedRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) status: Option<u16>,
}

impl RecordedRequest {
    /// The method, in upper case.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as sent, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query as sent, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// A decoded parameter of the query.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<String> {
        pair(self.query.as_bytes(), name)
    }

    /// The first header of this name, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers, with names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The bytes of the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `None` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A decoded value of a form body.
    #[must_use]
    pub fn form_value(&self, name: &str) -> Option<String> {
        pair(&self.body, name)
    }

    /// The status of the answer; `None` if there was no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The token in the `Authorization` header.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    pub(super) fn is_form(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &names)
            .field("body", &self.body)
            .field("status", &self.status)
            .finish()
    }
}

fn pair(pairs: &[u8], name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(pairs);
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The recorded requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    bytes: usize,
}

impl RequestLog {
    pub(super) fn record(&mut self, request: RecordedRequest) {
        self.bytes += request.body.len();
        self.requests.push_back(request);
        while self.requests.len() > MAX_REQUESTS || (self.bytes > MAX_BYTES && self.requests.len() > 1) {
            if let Some(oldest) = self.requests.pop_front() {
                self.bytes -= oldest.body.len();
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &RecordedRequest> {
        self.requests.iter()
    }

    pub(super) fn of<'a>(&'a self, route: &'a Route) -> impl Iterator<Item = &'a RecordedRequest> {
        let requests = self.requests.iter();
        requests.filter(|request| route.matches(&request.method, &request.path))
    }
}

/// A pattern such as `GET /liana/v4/permissions/renderings/:id`.
///
/// A pattern without a method matches every method. A segment `*` or `:name` matches any one segment, a last segment `**`
/// any number of them. The query is ignored.
#[derive(Debug, Clone)]
pub(super) struct Route {
    method: Option<String>,
    segments: Vec<String>,
}

impl Route {
    /// Every text is a pattern; one that is not a route never matches.
    pub(super) fn new(pattern: &str) -> Self {
        let pattern = pattern.trim();
        let (method, path) = match pattern.split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim_start()),
            None => (None, pattern),
        };
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Self {
            method: method.filter(|method| method != "*"),
            segments: segments(path).map(str::to_owned).collect(),
        }
    }

    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_deref().is_some_and(|expected| expected != method) {
            return false;
        }
        let mut actual = segments(path);
        let mut expected = self.segments.iter();
        loop {
            match (expected.next().map(String::as_str), actual.next()) {
                (Some("**"), _) | (None, None) => return true,
                (Some(pattern), Some(segment)) if pattern == "*" || pattern.starts_with(':') || pattern == segment => {}
                _ => return false,
            }
        }
    }
}

/// The segments of a path. Only one leading slash is removed, so that a doubled one is a difference.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Received requests: the last ten thousand, without those of the control page.
impl FakeForest {
    /// All requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared().requests().all().cloned().collect()
    }

    /// The requests to a route.
    #[must_use]
    pub fn requests_to(&self, route: &str) -> Vec<RecordedRequest> {
        self.shared().requests().of(&Route::new(route)).cloned().collect()
    }

    /// The number of requests to a route, including those with faults.
    #[must_use]
    pub fn count(&self, route: &str) -> usize {
        self.shared().requests().of(&Route::new(route)).count()
    }

    /// The entries of the activity log, oldest first: the last ten thousand.
    #[must_use]
    pub fn activity_logs(&self) -> Vec<ActivityLog> {
        self.shared().state().activity_logs.clone()
    }

    /// Clears the log; counts start at 0 again.
    pub fn forget_requests(&self) {
        self.shared().requests().clear();
    }

    /// Waits until a route has had at least `number` requests, and returns them. Their effects on the server are complete by
    /// then; their answers may still be on their way.
    ///
    /// # Errors
    /// It does not happen in time, or the server is offline.
    pub async fn wait_for(&self, route: &str, number: usize) -> Result<Vec<RecordedRequest>, FakeForestError> {
        let pattern = Route::new(route);
        self.until(
            format!("{number} requests to {route}"),
            move |shared| {
                let requests = shared.requests();
                let is_enough = requests.of(&pattern).count() >= number;
                is_enough.then(|| requests.of(&pattern).cloned().collect())
            },
            |shared| {
                let requests = shared.requests();
                let lines: Vec<String> = requests
                    .all()
                    .rev()
                    .take(20)
                    .map(|request| format!("{} {}", request.method, request.path))
                    .collect();
                format!("the last requests, newest first, were [{}]", lines.join(", "))
            },
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn route_patterns() {
        for (pattern, method, path, expected) in [
            ("GET /a/b", "GET", "/a/b", true),
            ("get /a/b", "GET", "/a/b", true),
            ("GET /a/b", "POST", "/a/b", false),
            ("/a/b", "POST", "/a/b", true),
            ("GET /a/b", "GET", "/a/b/c", false),
            ("GET /a/b", "GET", "/a", false),
            ("GET /a/b", "GET", "//a/b", false),
            ("GET /a/:id/b", "GET", "/a/42/b", true),
            ("GET /a/*", "GET", "/a/42", true),
            ("GET /a/*", "GET", "/a/42/b", false),
            ("GET /a/**", "GET", "/a/42/b", true),
            ("* /a?x=1", "PUT", "/a", true),
            ("**", "PUT", "/anything/at/all", true),
            ("", "GET", "/", true),
        ] {
            assert_eq!(
                Route::new(pattern).matches(method, path),
                expected,
                "{pattern} {method} {path}"
            );
        }
    }
}
