//! The `openidconnect` crate's requests over the one HTTP client of the program: its timeouts, its bounds, no redirects.
//!
//! Owns the translation between the two, nothing else. Called by `client`, `exchange` and `discovery`.

use std::sync::atomic::{AtomicU16, Ordering};

use futures_util::future::BoxFuture;
use openidconnect::http::StatusCode;
use openidconnect::http::header::AUTHORIZATION;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::server::{FailureKind, ServerClient, ServerFailure};

/// The most that is read of an answer.
pub(super) const LIMIT: usize = 256 * 1024;

/// A client for the calls of one kind.
///
/// A type of its own rather than a closure, whose future could not be proven to be `Send`.
pub(super) struct ProviderHttp<'s> {
    server: &'s ServerClient,
    name: &'static str,
    status: AtomicU16,
}

impl<'s> ProviderHttp<'s> {
    /// `name` is for the log.
    pub(super) fn new(server: &'s ServerClient, name: &'static str) -> Self {
        Self {
            server,
            name,
            status: AtomicU16::new(0),
        }
    }

    /// The status of the last answer, which the crate does not always hand on; 0 before there is one.
    pub(super) fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ServerFailure> {
        let not_asked = |error: String| ServerFailure::new(FailureKind::NotAsked, self.name, error);
        let (mut parts, body) = request.into_parts();
        if let Some(secret) = parts.headers.get_mut(AUTHORIZATION) {
            secret.set_sensitive(true);
        }
        let url = url::Url::parse(&parts.uri.to_string()).map_err(|error| not_asked(error.to_string()))?;
        let request = self
            .server
            .request(parts.method, url)
            .headers(parts.headers)
            .body(body)
            .build()
            .map_err(|error| not_asked(error.to_string()))?;
        let answer = self.server.exchange(self.name, request, LIMIT).await?;
        self.status.store(answer.status, Ordering::Relaxed);
        let mut response = HttpResponse::new(answer.body);
        *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|error| not_asked(error.to_string()))?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp<'_> {
    type Error = ServerFailure;
    type Future = BoxFuture<'c, Result<HttpResponse, ServerFailure>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
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
