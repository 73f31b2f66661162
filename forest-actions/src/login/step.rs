//! One line in the log for each step of a login, however it ends (AUT-07), and the headers that every answer has.
//!
//! The line has the step, the method and route, the rendering, the user, the status, the duration, and on a failure the
//! cause and what to look at. A step that nobody waits for any more has its line as well, without a status.
//! It never holds a secret, a code, a token or a state. Called by each step when it is done.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::{Method, header};

use super::problem::Problem;

/// What a request asks of the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Start,
    Callback,
    Logout,
    /// No step at all: a wrong path or method.
    Elsewhere,
}

/// What is known of a login when a step ends.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) rendering: Option<u64>,
    pub(super) user: Option<String>,
    /// Repeated in answers that say so, never in the log.
    pub(super) state: Option<String>,
    /// What was checked of the identity token.
    pub(super) identity: Option<&'static str>,
}

/// A step that has begun.
pub(super) struct StepLog {
    step: Step,
    method: Method,
    started: Instant,
    has_ended: bool,
}

impl Step {
    /// Begins.
    pub(super) fn log(self, method: &Method) -> StepLog {
        StepLog {
            step: self,
            method: method.clone(),
            started: Instant::now(),
            has_ended: false,
        }
    }

    /// The route; what is no step has a path that anybody may have written.
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
    /// Turns the result into the answer and writes the line.
    pub(super) fn end(mut self, outcome: Outcome, result: Result<HttpResponse, Problem>) -> HttpResponse {
        let (mut response, problem) = match result {
            Ok(response) => (response, None),
            Err(problem) => (problem.to_http(outcome.state.as_deref()), Some(problem)),
        };
        // the answers hold tokens and states: they are for this browser, once
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        self.has_ended = true;
        let (step, method, route) = (self.step.as_str(), self.method.as_str(), self.step.route());
        let status = response.status().as_u16();
        let duration_us = self.duration_us();
        let Outcome {
            rendering,
            user,
            identity,
            ..
        } = outcome;
        match &problem {
            None => tracing::info!(
                step,
                method,
                route,
                status,
                rendering,
                user,
                identity,
                duration_us,
                "login step ended"
            ),
            Some(problem) => {
                debug_assert_eq!(problem.status().as_u16(), status);
                let (cause, hint) = (problem.cause(), problem.hint());
                if status >= 500 {
                    tracing::error!(
                        step,
                        method,
                        route,
                        status,
                        rendering,
                        user,
                        duration_us,
                        cause,
                        hint,
                        "login step failed"
                    );
                } else {
                    tracing::warn!(
                        step,
                        method,
                        route,
                        status,
                        rendering,
                        user,
                        duration_us,
                        cause,
                        hint,
                        "login step refused"
                    );
                }
            }
        }
        response
    }

    fn duration_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A step is dropped before its end when its client goes away while the step waits for the Forest server.
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
