//! Every request that came, kept for the assertions of tests. The control pages' own requests are not among them.
//!
//! Kept within bounds, since the server may also run for days as a program.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use url::form_urlencoded;

use super::route::Route;

/// How many requests are kept, and how many bytes of their bodies together.
const MAX_REQUESTS: usize = 10_000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A request as it came, secrets included; only `Debug` leaves out the values of headers.
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
    /// The method, in capitals.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path, as it was sent, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, as it was sent, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// A parameter of the query, decoded.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<String> {
        pair(self.query.as_bytes(), name)
    }

    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, when it is.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A value of a body that is a form, decoded.
    #[must_use]
    pub fn form_value(&self, name: &str) -> Option<String> {
        pair(&self.body, name)
    }

    /// The status that it was answered with; none when it was not answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The word after `Bearer` in the `Authorization` header.
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

/// The requests, oldest first.
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
