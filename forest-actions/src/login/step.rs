//! The end of each step of a login: one line in the log (AUT-07), and the headers of the response.
//!
//! The line never contains a secret, a code, a token or a state.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::{Method, header};

use super::problem::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Start,
    Callback,
    Logout,
    /// A wrong path or method.
    Elsewhere,
}

/// The facts about a login that its steps collect.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) rendering: Option<u64>,
    pub(super) user: Option<String>,
    /// Repeated in responses that have it, never in the log.
    pub(super) state: Option<String>,
    /// The extent to which the identity token was checked.
    pub(super) identity: Option<&'static str>,
}

/// A running step. Dropped before its end, it logs that the client went away.
pub(super) struct StepLog {
    step: Step,
    method: Method,
    started: Instant,
    has_ended: bool,
}

impl Step {
    pub(super) fn log(self, method: &Method) -> StepLog {
        StepLog {
            step: self,
            method: method.clone(),
            started: Instant::now(),
            has_ended: false,
        }
    }

    /// The route; a path of [`Step::Elsewhere`] is the client's text and not logged.
    fn route(self) -> Option<&'static str> {
        match self {
            Self::Start => Some("/forest/authentication"),
            Self::Callback => Some("/forest/authentication/callback"),
            Self::Logout => Some("/forest/authentication/logout"),
            Self::Elsewhere => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Callback => "callback",
            Self::Logout => "logout",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl StepLog {
    /// Turns the result into the response and writes the line.
    pub(super) fn end(mut self, outcome: Outcome, result: Result<HttpResponse, Problem>) -> HttpResponse {
        let (mut response, problem) = match result {
            Ok(response) => (response, None),
            Err(problem) => (problem.to_http(outcome.state.as_deref()), Some(problem)),
        };
        // a response contains tokens and states, so that no cache may keep it
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        self.has_ended = true;
        let status = response.status().as_u16();
        debug_assert!(
            problem
                .as_ref()
                .is_none_or(|problem| problem.status() == response.status())
        );
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    step = self.step.as_str(),
                    method = self.method.as_str(),
                    route = self.step.route(),
                    status,
                    rendering = outcome.rendering,
                    user = outcome.user,
                    identity = outcome.identity,
                    duration_us = self.duration_us(),
                    cause = problem.as_ref().map(Problem::cause),
                    hint = problem.as_ref().and_then(Problem::hint),
                    $message
                )
            };
        }
        match problem {
            None => line!(info, "login step ended"),
            Some(_) if status >= 500 => line!(error, "login step failed"),
            Some(_) => line!(warn, "login step refused"),
        }
        response
    }

    fn duration_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for StepLog {
    fn drop(&mut self) {
        if !self.has_ended {
            tracing::info!(
                step = self.step.as_str(),
                method = self.method.as_str(),
                route = self.step.route(),
                duration_us = self.duration_us(),
                cause = "the client went away, or the program is stopping",
                "login step not answered"
            );
        }
    }
}
