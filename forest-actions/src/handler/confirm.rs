//! The function of a `confirm`, with its result made uniform.

use futures_util::future::LocalBoxFuture;

use crate::caller::Caller;
use crate::declare::Confirm;
use crate::records::Selection;
use crate::response::{ActionError, IntoActionError};

/// The result of a `confirm` function: `Option<Confirm>`, or a `Result` of it. `X` is inferred and never written.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what the `confirm` of a smart action returns",
    label = "does not return a question",
    note = "it is an `async fn(&Selection, &Caller) -> Option<Confirm>`, or returns an `ActionResult<Option<Confirm>>`"
)]
pub trait IntoConfirm<X> {
    /// The question, if there is one.
    ///
    /// # Errors
    /// The error with which the function ended.
    fn into_confirm(self) -> Result<Option<Confirm>, ActionError>;
}

impl IntoConfirm<()> for Option<Confirm> {
    fn into_confirm(self) -> Result<Option<Confirm>, ActionError> {
        Ok(self)
    }
}

impl<E: IntoActionError<X>, X> IntoConfirm<(X,)> for Result<Option<Confirm>, E> {
    fn into_confirm(self) -> Result<Option<Confirm>, ActionError> {
        self.map_err(IntoActionError::into_action_error)
    }
}

/// Calls a `confirm` function.
#[doc(hidden)]
pub fn ask<F, O, X>(
    selection: Selection,
    caller: Caller,
    ask: F,
) -> LocalBoxFuture<'static, Result<Option<Confirm>, ActionError>>
where
    F: AsyncFn(&Selection, &Caller) -> O + 'static,
    O: IntoConfirm<X>,
{
    Box::pin(async move { ask(&selection, &caller).await.into_confirm() })
}
