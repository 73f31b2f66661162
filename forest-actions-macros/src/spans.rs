//! The span of generated code that may cause a compiler message.

use proc_macro2::Span;

/// The hygiene of generated code at the user's place: moves the message there and leaves names as they are.
pub(crate) fn located(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
