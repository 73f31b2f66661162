//! The future of an argument, which costs no allocation when the argument is ready at once.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{Either, LocalBoxFuture};

use crate::response::ActionError;

/// An argument that is being read.
///
/// A type of its own instead of an `Either`, because it marks the extractors of this crate: no other one can have it as
/// its `FromRequest::Future`.
#[doc(hidden)]
pub struct Reading<A>(Either<Ready<Argument<A>>, LocalBoxFuture<'static, Argument<A>>>);

type Argument<A> = Result<A, ActionError>;

impl<A> Reading<A> {
    pub(super) fn later(reading: impl Future<Output = Result<A, ActionError>> + 'static) -> Self {
        Self(Either::Right(Box::pin(reading)))
    }
}

impl<A> From<Result<A, ActionError>> for Reading<A> {
    fn from(argument: Result<A, ActionError>) -> Self {
        Self(Either::Left(ready(argument)))
    }
}

impl<A> Future for Reading<A> {
    type Output = Result<A, ActionError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<A> fmt::Debug for Reading<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}
