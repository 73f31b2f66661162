//! Answers of the fake server, and their delivery: whole, or as a fault demands.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::events::EventStream;
use super::fault::Fault;

const JSON: &str = "application/json";

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Bytes),
    Events(EventStream),
}

impl Answer {
    fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: Body::Whole(body.into()),
        }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, JSON, body.to_string())
    }

    /// A page. Its scripts and requests may only go to this server.
    pub(super) fn html(status: u16, page: impl Into<Bytes>) -> Self {
        const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; \
                              form-action 'self'; frame-ancestors 'none'";
        Self::new(status, "text/html; charset=utf-8", page).header("content-security-policy", POLICY)
    }

    pub(super) fn script(text: &'static str) -> Self {
        Self::new(200, "text/javascript; charset=utf-8", text)
    }

    /// No body.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Whole(Bytes::new()),
        }
    }

    pub(super) fn redirect(status: u16, location: &str) -> Self {
        Self::empty(status).header("location", location)
    }

    pub(super) fn events(events: EventStream) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream".to_owned())],
            body: Body::Events(events),
        }
        .header("cache-control", "no-cache")
    }

    /// An error of the Forest server's own routes.
    pub(super) fn error(status: u16, name: &str, detail: &str) -> Self {
        Self::json(
            status,
            &json!({"errors": [{"status": status, "name": name, "detail": detail}]}),
        )
    }

    /// An error of the OpenID Connect routes.
    pub(super) fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    /// The answer to a code or refresh token that is not valid.
    pub(super) fn bad_grant() -> Self {
        Self::oauth_error(400, "invalid_grant", "grant request is invalid")
    }

    /// The answer to a missing or unknown secret.
    pub(super) fn unknown_environment() -> Self {
        Self::error(404, "NotFoundError", "environment not found")
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer that a fault puts in place of the real one; `None` for a fault without an answer.
    pub(super) fn of_fault(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::Status(status @ (204 | 304)) => Some(Self::empty(*status)),
            Fault::Status(status) => Some(Self::error(*status, "FakeError", "the test asked for this answer")),
            Fault::StatusWithBody {
                status,
                content_type,
                body,
            } => Some(Self::new(*status, content_type, body.clone())),
            Fault::Redirect(location) => Some(Self::redirect(302, location)),
            Fault::Garbage => Some(Self::new(200, JSON, "<html>this is {no JSON")),
            // the body is generated on delivery
            Fault::Endless => Some(Self::new(200, JSON, "")),
            _ => None,
        }
    }

    /// Sends the answer as the fault demands.
    pub(super) async fn deliver(self, fault: Fault) -> HttpResponse {
        match fault {
            Fault::Delay(time) => {
                tokio::time::sleep(time).await;
                self.whole()
            }
            Fault::Hold(gate) => {
                gate.passed().await;
                self.whole()
            }
            Fault::Endless => {
                let mut response = self.head();
                response.streaming(endless())
            }
            Fault::HalfBody => self.half(),
            Fault::SlowDrip { bytes, every } => self.slowly(bytes.max(1), every),
            _ => self.whole(),
        }
    }

    fn head(&self) -> actix_web::HttpResponseBuilder {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for (name, value) in &self.headers {
            response.append_header((*name, value.as_str()));
        }
        response
    }

    fn whole(self) -> HttpResponse {
        let mut response = self.head();
        match self.body {
            Body::Whole(body) => response.body(body),
            Body::Events(events) => response.streaming(events.into_stream()),
        }
    }

    fn half(self) -> HttpResponse {
        let mut response = self.head();
        match self.body {
            Body::Whole(body) => {
                let half = body.slice(..body.len() / 2);
                response.no_chunking(body.len() as u64);
                response.streaming(then_cut(half))
            }
            // a cut event stream leaves a piece of an event
            Body::Events(_) => response.streaming(then_cut(Bytes::from_static(b"event: heart"))),
        }
    }

    fn slowly(self, bytes: usize, every: Duration) -> HttpResponse {
        let mut response = self.head();
        match self.body {
            Body::Whole(body) => {
                response.no_chunking(body.len() as u64);
                response.streaming(stream::unfold(body, move |mut rest| async move {
                    if rest.is_empty() {
                        return None;
                    }
                    tokio::time::sleep(every).await;
                    let piece = rest.split_to(bytes.min(rest.len()));
                    Some((Ok::<_, Cut>(piece), rest))
                }))
            }
            Body::Events(events) => response.streaming(events.into_stream()),
        }
    }
}

/// Never answers, and keeps the connection open.
pub(super) async fn hang() -> HttpResponse {
    std::future::pending().await
}

/// Closes the connection without an answer: the body fails before the head is flushed.
pub(super) fn close() -> HttpResponse {
    HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, Cut>(Cut)]))
}

/// The error that closes a connection in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the test asked for this connection to be closed")]
pub(super) struct Cut;

impl actix_web::ResponseError for Cut {}

/// Sends these bytes, then closes the connection.
fn then_cut(bytes: Bytes) -> impl Stream<Item = Result<Bytes, Cut>> {
    stream::unfold(Some(bytes), |bytes| async move {
        match bytes {
            Some(bytes) if !bytes.is_empty() => Some((Ok(bytes), Some(Bytes::new()))),
            Some(_) => {
                // lets the bytes be flushed
                tokio::task::yield_now().await;
                Some((Err(Cut), None))
            }
            None => None,
        }
    })
}

/// An endless JSON list of zeros.
fn endless() -> impl Stream<Item = Result<Bytes, Cut>> {
    let zeros = Bytes::from("0,".repeat(8 * 1024));
    stream::unfold(Bytes::from_static(b"["), move |piece| {
        let zeros = zeros.clone();
        async move {
            // lets the other connections of the worker proceed
            tokio::task::yield_now().await;
            Some((Ok(piece), zeros))
        }
    })
}
