//! What generated code names. Not public API: anything here may change in any release.

pub use inventory::submit;

pub use crate::declare::{ActionDescriptor, ActionForm, ActionKind, FormField, HttpMethod, Origin, Registered};
pub use crate::http::invoke::*;
pub use crate::http::{ActionCall, Answer, AnyArgument, Argument, Extract, HookFn, answer, extract, hook};

/// The fields of a form type.
#[must_use]
pub fn form<T: ActionForm>() -> Vec<FormField> {
    T::fields()
}
