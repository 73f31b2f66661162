//! Which results a handler may have.
//!
//! The marker parameter `M` lets a missing implementation be reported in the words of this crate: with
//! several candidate implementations the compiler names this trait, not the one inside a blanket
//! implementation. It is always inferred.

use std::borrow::Cow;

use super::answer::{ActionResponse, no_content, success};
use super::download::Download;
use super::error::{ActionError, IntoActionError};
use super::results::Results;

/// A result that a handler may have: `()` (204), text (success), [`ActionResponse`], [`Results`], [`Download`], or a
/// `Result` of one of these whose error is an [`ActionError`] or any error type.
///
/// `M` is inferred and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an answer that a smart action can give",
    label = "not an answer of a smart action",
    note = "answers are `()`, `&str`, `String`, `ActionResponse`, `Results`, `Download`, or a `Result` of one of these with `ActionError` or any error type",
    note = "to answer with a type of your own, implement `IntoActionResponse` for it"
)]
pub trait IntoActionResponse<M = ViaPlain> {
    /// `true` for a file; the default of the attribute's `download`.
    const IS_FILE: bool = false;

    /// The answer, or the error that the user is shown.
    ///
    /// # Errors
    /// The error with which the action ended.
    fn into_action_response(self) -> Result<ActionResponse, ActionError>;
}

/// Marks implementations for plain values.
#[derive(Debug)]
pub struct ViaPlain;

/// Marks the implementation for `Result`.
#[derive(Debug)]
pub struct ViaError<T, E>(std::marker::PhantomData<(T, E)>);

impl IntoActionResponse for ActionResponse {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(self)
    }
}

impl IntoActionResponse for Results {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(self.into())
    }
}

impl IntoActionResponse for () {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(no_content())
    }
}

impl IntoActionResponse for String {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(success(self))
    }
}

impl IntoActionResponse for &'static str {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(success(self))
    }
}

impl IntoActionResponse for Cow<'static, str> {
    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(success(self))
    }
}

impl IntoActionResponse for Download {
    const IS_FILE: bool = true;

    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        Ok(self.into())
    }
}

impl<T, E, MT, ME> IntoActionResponse<ViaError<MT, ME>> for Result<T, E>
where
    T: IntoActionResponse<MT>,
    E: IntoActionError<ME>,
{
    const IS_FILE: bool = T::IS_FILE;

    fn into_action_response(self) -> Result<ActionResponse, ActionError> {
        match self {
            Ok(answer) => answer.into_action_response(),
            Err(error) => Err(error.into_action_error()),
        }
    }
}
