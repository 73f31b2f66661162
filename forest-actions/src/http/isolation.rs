//! Running a handler so that neither its panic nor the end of the connection does harm.
//!
//! Called by the pipeline once every check has passed; knows nothing of requests.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::call_log::CallLog;
use crate::response::ActionError;

/// Runs the handler and waits for its answer.
///
/// It runs in place, because a task of its own costs a tenth of a request. Only when whoever waits for it goes away,
/// it moves into one, and runs to its end there.
pub(super) fn isolated(
    log: CallLog,
    handler: impl Future<Output = Result<HttpResponse, ActionError>> + 'static,
) -> impl Future<Output = HttpResponse> {
    let span = log.span().clone();
    let run = async move {
        let outcome = AssertUnwindSafe(handler).catch_unwind().await;
        log.end(outcome.unwrap_or_else(|panic| Err(of_panic(panic.as_ref()))))
    };
    ToItsEnd(Some(Box::pin(run.instrument(span))))
}

/// A future that is never dropped half-way: what is left of it goes on in a task.
struct ToItsEnd(Option<Pin<Box<dyn Future<Output = HttpResponse>>>>);

impl Future for ToItsEnd {
    type Output = HttpResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HttpResponse> {
        let Some(run) = &mut self.0 else {
            // polled after its end, which no caller does
            return Poll::Ready(ActionError::internal("a handler was asked for its answer twice").to_http("-"));
        };
        let outcome = run.as_mut().poll(context);
        if outcome.is_ready() {
            self.0 = None;
        }
        outcome
    }
}

impl Drop for ToItsEnd {
    fn drop(&mut self) {
        let Some(run) = self.0.take() else { return };
        // a runtime that is being taken down has no tasks any more
        let moved = catch_unwind(AssertUnwindSafe(|| {
            actix_web::rt::spawn(async move {
                run.await;
            });
        }));
        if moved.is_err() {
            tracing::error!("the program is stopping: a handler was cut short");
        }
    }
}

/// What a panic says, for the log.
pub(super) fn of_panic(panic: &(dyn std::any::Any + Send)) -> ActionError {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    ActionError::internal(format!("the handler panicked: {text}"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use actix_web::test::TestRequest;

    use super::super::call_log::Subject;
    use super::*;
    use crate::declare::{ActionDescriptor, ActionKind, HttpMethod, Origin};

    static ACTION: ActionDescriptor = ActionDescriptor {
        collection: "companies",
        name: "Mark as Live",
        kind: ActionKind::Global,
        endpoint: "/forest/actions/mark-as-live",
        http_method: HttpMethod::Post,
        description: None,
        submit_button_label: None,
        base_url: None,
        redirect: None,
        download: false,
        form: None,
        load: None,
        change: &[],
        max_records: None,
        protected: true,
        origin: Origin {
            crate_name: "x",
            module: "x",
            file: "x.rs",
            line: 1,
        },
        invoke: |_| Box::pin(async { Err(ActionError::bad_request("not called")) }),
    };

    fn run(
        handler: impl Future<Output = Result<HttpResponse, ActionError>> + 'static,
    ) -> impl Future<Output = HttpResponse> {
        let log = CallLog::begin(
            &TestRequest::default().to_http_request(),
            Subject::Action(&ACTION, None),
        );
        isolated(log, handler)
    }

    #[test]
    fn a_handler_that_waits_ends_even_when_its_caller_goes_away() {
        actix_web::rt::System::new().block_on(async {
            let ended = Rc::new(Cell::new(false));
            let seen = ended.clone();
            let mut call = Box::pin(run(async move {
                tokio::task::yield_now().await;
                ended.set(true);
                Ok(HttpResponse::Ok().finish())
            }));
            let begun = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
            assert!(begun.is_pending());
            drop(call);
            for _ in 0..9 {
                tokio::task::yield_now().await;
            }
            assert!(seen.get());
        });
    }

    #[test]
    fn a_panic_costs_one_answer_before_and_after_the_first_wait() {
        actix_web::rt::System::new().block_on(async {
            let at_once = run(async { panic!("at once") }).await;
            assert_eq!(at_once.status().as_u16(), 500);
            let later = run(async {
                tokio::task::yield_now().await;
                panic!("later")
            });
            assert_eq!(later.await.status().as_u16(), 500);
        });
    }
}
