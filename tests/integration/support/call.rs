//! A request to write down in one line, and its answer to look at.

use std::error::Error;
use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test;
use actix_web::web::Bytes;
use serde_json::{Value, json};

use super::TestService;
use super::token::token;

/// The endpoint that most tests call.
pub(crate) const MARK_AS_LIVE: &str = "/forest/actions/mark-as-live";

/// The origin of the vendor's UI.
pub(crate) const OFFICIAL: &str = "https://app.forestadmin.com";

/// A request under construction. It starts as the UI would send it: a valid token, the UI's origin, JSON, one record.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
    peer: Option<SocketAddr>,
}

impl Call {
    pub(crate) fn post(uri: impl Into<String>) -> Self {
        Self {
            method: Method::POST,
            uri: uri.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            peer: None,
        }
        .header("authorization", format!("Bearer {}", token()))
        .header("origin", OFFICIAL)
        .header("content-type", "application/json")
        .ids(["1"])
    }

    /// A request for records, as the UI sends it: without a body.
    pub(crate) fn read(uri: impl Into<String>) -> Self {
        Self::post(uri).method("GET").body("").without("content-type")
    }

    /// A request with only a method and path.
    pub(crate) fn bare(method: &str, uri: impl Into<String>) -> Self {
        Self {
            method: method.parse().unwrap(),
            uri: uri.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            peer: None,
        }
    }

    /// The preflight of a request of this method from this page.
    pub(crate) fn preflight(uri: &str, origin: &str) -> Self {
        Self::bare("OPTIONS", uri)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
    }

    pub(crate) fn method(mut self, method: &str) -> Self {
        self.method = method.parse().unwrap();
        self
    }

    /// Replaces a header.
    pub(crate) fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.as_ref().to_vec()));
        call
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    pub(crate) fn attributes(self, attributes: Value) -> Self {
        self.json(&json!({"data": {"attributes": attributes, "type": "custom-action-requests"}}))
    }

    pub(crate) fn ids<I: Into<Value>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids: Vec<Value> = ids.into_iter().map(Into::into).collect();
        self.attributes(json!({"ids": ids}))
    }

    pub(crate) fn values(self, values: Value) -> Self {
        self.attributes(json!({"ids": ["1"], "values": values}))
    }

    pub(crate) fn peer(mut self, address: &str) -> Self {
        self.peer = Some(format!("{address}:40000").parse().unwrap());
        self
    }

    pub(crate) async fn send<B: MessageBody>(&self, app: &impl TestService<B>) -> Answer
    where
        B::Error: Into<Box<dyn Error>>,
    {
        let mut request = test::TestRequest::with_uri(&self.uri)
            .method(self.method.clone())
            .set_payload(self.body.clone());
        for (name, value) in &self.headers {
            request = request.insert_header((name.as_str(), value.as_slice()));
        }
        if let Some(peer) = self.peer {
            request = request.peer_addr(peer);
        }
        let (_, response) = test::call_service(app, request.to_request()).await.into_parts();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = actix_web::body::to_bytes(response.into_body()).await;
        Answer {
            status,
            headers,
            body: body.map_err(|error| error.into().to_string()),
        }
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Result<Bytes, String>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The one value of a header; a header that is sent twice is a mistake.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is sent {} times: {all:?}", all.len());
        all.first().copied()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(|value| value.as_bytes())
    }

    /// The names of the headers that start with this.
    pub(crate) fn names(&self, prefix: &str) -> Vec<&str> {
        let names = self.headers.keys().map(|name| name.as_str());
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.body.as_ref().unwrap()
    }

    /// Why the body broke off.
    pub(crate) fn break_off(&self) -> &str {
        self.body.as_ref().unwrap_err()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.bytes()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `success` text of a 200.
    pub(crate) fn success(&self) -> String {
        assert_eq!(self.status(), 200, "{self:?}");
        self.json()["success"].as_str().unwrap().to_owned()
    }

    /// The `detail` of an error; checks that status, name and members are those of an error.
    pub(crate) fn detail(&self, status: u16) -> String {
        assert_eq!(self.status(), status, "{self:?}");
        let body = self.json();
        assert_eq!(body["errors"][0]["status"], status, "{body}");
        assert!(
            body["errors"][0]["name"].as_str().is_some_and(|name| !name.is_empty()),
            "{body}"
        );
        assert!(body.get("success").is_none() && body.get("data").is_none(), "{body}");
        body["errors"][0]["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn name(&self) -> String {
        self.json()["errors"][0]["name"].as_str().unwrap().to_owned()
    }
}

/// These parameters, escaped.
pub(crate) fn query_string(parameters: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let pairs = parameters.iter();
    let pairs = pairs.map(|(key, value)| format!("{}={}", escaped(key.as_ref()), escaped(value.as_ref())));
    pairs.collect::<Vec<_>>().join("&")
}

/// A text as one segment of a path, or one part of a query.
pub(crate) fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
