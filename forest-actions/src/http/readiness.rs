//! The readiness of the agent: whether a load balancer should send requests to this instance.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::header;
use tokio::sync::Mutex;

use super::context::Shared;
use crate::response::{ActionError, ErrorKind};

/// Lifetime of an answer of the record source: the route is public, and must not become a way to load the database.
const LIFETIME: Duration = Duration::from_secs(1);

/// The last answer of the record source.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Result<(), ActionError>)>>);

impl Readiness {
    /// Checks that the program is not stopping and that the record source answers, which is asked once a second at most.
    ///
    /// # Errors
    /// 503, with the cause for the log.
    pub(super) async fn check(&self, shared: &Shared) -> Result<(), ActionError> {
        if shared.handlers.is_stopping() {
            return Err(ActionError::new(ErrorKind::Unavailable, "The agent is stopping."));
        }
        let Some(store) = &shared.setup.records else {
            return Ok(());
        };
        // held while the source is asked, so that requests at the same time share the answer
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < LIFETIME
        {
            return answer.clone();
        }
        let answer = store.source.ping().await.map_err(|error| {
            ActionError::new(ErrorKind::Unavailable, "The record source does not answer.")
                .because(ActionError::from(error).chain())
        });
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// The answer of a ready agent.
pub(super) fn document() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(r#"{"ready":true}"#)
}
