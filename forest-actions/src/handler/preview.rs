//! The function of a `preview`, with its arguments and result made uniform.

use futures_util::future::LocalBoxFuture;

use super::hook::{HookArgs, HookFuture, HookHandler};
use crate::call::ActionCall;
use crate::response::{ActionError, IntoActionError, Preview};

/// The result of a preview: a [`Preview`], or a `Result` of it. `X` is inferred and never written.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what the `preview` of a smart action returns",
    label = "does not return a `Preview`",
    note = "a preview is an `async fn` that takes extractors and returns `ActionResult<Preview>`"
)]
pub trait IntoPreview<X> {
    /// The preview itself.
    ///
    /// # Errors
    /// The error with which the function ended.
    fn into_preview(self) -> Result<Preview, ActionError>;
}

impl IntoPreview<()> for Preview {
    fn into_preview(self) -> Result<Preview, ActionError> {
        Ok(self)
    }
}

impl<E: IntoActionError<X>, X> IntoPreview<(X,)> for Result<Preview, E> {
    fn into_preview(self) -> Result<Preview, ActionError> {
        self.map_err(IntoActionError::into_action_error)
    }
}

/// Runs a preview.
#[doc(hidden)]
pub fn preview<F, A, M, O, X>(call: ActionCall, run: F) -> LocalBoxFuture<'static, Result<Preview, ActionError>>
where
    F: HookHandler<A>,
    A: HookArgs<M>,
    F::Future: HookFuture<O>,
    O: IntoPreview<X> + 'static,
{
    Box::pin(async move {
        let args = A::from_call(call).await?;
        run.call(args).boxed().await.into_preview()
    })
}
