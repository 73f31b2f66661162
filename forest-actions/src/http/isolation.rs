//! Runs a handler so that it survives the end of the connection, and its panic costs one answer.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tracing::{Instrument as _, Span};

use super::call_log::CallLog;
use super::running::Running;
use crate::response::ActionError;

/// Longest time in which a handler may neither wait nor end, in development.
const MAX_BLOCKING: Duration = Duration::from_millis(100);

/// Runs the handler and waits for its answer.
///
/// It runs in place, because a task of its own costs a tenth of a request. Only when the caller drops the future it is moved
/// into a task, and ends there.
pub(super) fn isolated(
    log: CallLog,
    running: Running,
    handler: impl Future<Output = Result<HttpResponse, ActionError>> + 'static,
) -> impl Future<Output = HttpResponse> {
    log.handler_begins();
    let span = log.span().clone();
    let watched = running.warns_of_blocking().then(|| span.clone());
    let run = async move {
        let _running = running;
        let outcome = AssertUnwindSafe(handler).catch_unwind().await;
        log.end(outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref()))))
    };
    let run = run.instrument(span);
    // only development pays for the clock
    Uncancelled(Some(match watched {
        Some(span) => Box::pin(Watched {
            run: Box::pin(run),
            span,
        }),
        None => Box::pin(run),
    }))
}

/// The rest of a handler, with its line in the log.
type Rest = Pin<Box<dyn Future<Output = HttpResponse>>>;

/// A handler that is watched for code that blocks its worker.
struct Watched {
    run: Rest,
    span: Span,
}

impl Future for Watched {
    type Output = HttpResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HttpResponse> {
        let begun = Instant::now();
        let outcome = self.run.as_mut().poll(context);
        let blocked = begun.elapsed();
        if blocked > MAX_BLOCKING {
            let _inside = self.span.enter();
            tracing::warn!(
                blocked_ms = u64::try_from(blocked.as_millis()).unwrap_or(u64::MAX),
                "the handler blocked its worker, and every other request of that worker waited: move the work to `web::block`, or await it"
            );
        }
        outcome
    }
}

/// A future that continues in a task when it is dropped before its end.
struct Uncancelled(Option<Rest>);

impl Future for Uncancelled {
    type Output = HttpResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HttpResponse> {
        let Some(run) = &mut self.0 else {
            // unreachable: polled after its end
            return Poll::Ready(ActionError::internal("a handler was asked for its answer twice").to_http("-"));
        };
        let outcome = run.as_mut().poll(context);
        if outcome.is_ready() {
            self.0 = None;
        }
        outcome
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        let Some(run) = self.0.take() else { return };
        // a runtime that shuts down spawns no tasks
        match Handle::try_current() {
            Ok(runtime) => {
                let detached = Within {
                    run: Some(run),
                    runtime,
                };
                let _ = catch_unwind(AssertUnwindSafe(|| actix_web::rt::spawn(detached)));
            }
            Err(_) => cut_short(run),
        }
    }
}

/// What is dropped inside of its runtime, also when the runtime ends before it: values of a handler, such as a transaction, need
/// that.
pub(crate) struct Within<F> {
    run: Option<F>,
    runtime: Handle,
}

impl<T> Within<Pin<Box<dyn Future<Output = T>>>> {
    /// # Panics
    /// Outside of a runtime.
    pub(crate) fn current(run: impl Future<Output = T> + 'static) -> Self {
        Self {
            run: Some(Box::pin(run)),
            runtime: Handle::current(),
        }
    }
}

impl<F: Future + Unpin> Future for Within<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(run) = &mut self.run else {
            return Poll::Ready(());
        };
        let outcome = Pin::new(run).poll(context);
        if outcome.is_ready() {
            self.run = None;
        }
        outcome.map(drop)
    }
}

impl<F> Drop for Within<F> {
    fn drop(&mut self) {
        if let Some(run) = self.run.take() {
            let _inside = self.runtime.enter();
            cut_short(run);
        }
    }
}

/// Drops a handler before its end, when the program ends.
fn cut_short<F>(run: F) {
    // the line of the call names the handler
    if catch_unwind(AssertUnwindSafe(|| drop(run))).is_err() {
        tracing::error!("a handler that was cut short panicked");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::Arc;

    use actix_web::test::TestRequest;

    use super::super::call_log::Subject;
    use super::super::running::Handlers;
    use super::*;
    use crate::declare::{ActionDescriptor, ActionKind};

    static ACTION: ActionDescriptor = ActionDescriptor::for_test(
        "companies",
        "Mark as Live",
        ActionKind::Global,
        "/forest/actions/mark-as-live",
    );

    fn run(
        handler: impl Future<Output = Result<HttpResponse, ActionError>> + 'static,
    ) -> impl Future<Output = HttpResponse> {
        let log = CallLog::begin(
            &TestRequest::default().to_http_request(),
            Subject::Action(&ACTION, None),
        );
        isolated(log, Arc::<Handlers>::default().begin(), handler)
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

    /// Notes, when it is dropped, whether that happened inside of the runtime, as a transaction needs it.
    struct LetsGo(std::rc::Rc<Cell<Option<bool>>>);

    impl Drop for LetsGo {
        fn drop(&mut self) {
            self.0.set(Some(Handle::try_current().is_ok()));
        }
    }

    #[test]
    fn evt_01_a_handler_that_the_end_of_the_program_cuts_short_lets_go_inside_of_the_runtime() {
        let handlers = Arc::<Handlers>::default();
        let let_go = Rc::new(Cell::new(None));
        let (held, running) = (LetsGo(let_go.clone()), handlers.begin());
        let system = actix_web::rt::System::new();
        system.block_on(async {
            let log = CallLog::begin(
                &TestRequest::default().to_http_request(),
                Subject::Action(&ACTION, None),
            );
            let mut call = Box::pin(isolated(log, running, async move {
                let _held = held;
                std::future::pending().await
            }));
            let begun = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
            assert!(begun.is_pending());
            drop(call);
            tokio::task::yield_now().await;
        });
        assert_eq!(let_go.get(), None, "it goes on");
        drop(system);
        assert_eq!(let_go.get(), Some(true));
        actix_web::rt::System::new().block_on(handlers.until_none());
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
