//! An answer of the fake server, and how it travels: whole, or the way a fault wants it. The only place that writes
//! to a connection.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::events::EventStream;
use super::fault::Fault;

const JSON: &str = "application/json";

/// What is answered.
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

    pub(super) fn html(status: u16, page: String) -> Self {
        const POLICY: &str =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        Self::new(status, "text/html; charset=utf-8", page).header("content-security-policy", POLICY)
    }

    /// No body at all.
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

    /// The error body of the Forest server's own routes.
    pub(super) fn error(status: u16, name: &str, detail: &str) -> Self {
        Self::json(
            status,
            &json!({"errors": [{"status": status, "name": name, "detail": detail}]}),
        )
    }

    /// The error body of the OpenID Connect routes.
    pub(super) fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    /// The secret is missing or belongs to no environment.
    pub(super) fn unknown_environment() -> Self {
        Self::error(404, "NotFoundError", "environment not found")
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer that a fault puts in the place of the true one; none when nothing is ever answered.
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
            // its body is made while it is sent
            Fault::Endless => Some(Self::new(200, JSON, "")),
            _ => None,
        }
    }

    /// Sends the answer, in the way of the fault.
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
            // a piece of an event is what a cut event stream leaves
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

/// No answer, and the connection stays.
pub(super) async fn hang() -> HttpResponse {
    std::future::pending().await
}

/// No answer, and the connection is closed: a body that fails before the head is flushed takes the head with it.
pub(super) fn close() -> HttpResponse {
    HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, Cut>(Cut)]))
}

/// Why a connection is closed in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the test asked for this connection to be closed")]
pub(super) struct Cut;

impl actix_web::ResponseError for Cut {}

/// These bytes, then the connection is closed.
fn then_cut(bytes: Bytes) -> impl Stream<Item = Result<Bytes, Cut>> {
    stream::unfold(Some(bytes), |bytes| async move {
        match bytes {
            Some(bytes) if !bytes.is_empty() => Some((Ok(bytes), Some(Bytes::new()))),
            Some(_) => {
                // what was given before is flushed while this waits
                tokio::task::yield_now().await;
                Some((Err(Cut), None))
            }
            None => None,
        }
    })
}

/// A JSON list of zeros without end.
fn endless() -> impl Stream<Item = Result<Bytes, Cut>> {
    let zeros = Bytes::from("0,".repeat(8 * 1024));
    stream::unfold(Bytes::from_static(b"["), move |piece| {
        let zeros = zeros.clone();
        async move {
            // the other connections of the worker get their turn
            tokio::task::yield_now().await;
            Some((Ok(piece), zeros))
        }
    })
}
