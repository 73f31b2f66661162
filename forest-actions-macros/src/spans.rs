//! The one span that generated code has where the compiler may have something to say about it.
//!
//! Owns that rule and nothing else; every `expand` module calls it.

use proc_macro2::Span;

/// The hygiene of generated code at the user's place: moves the message there and leaves names as they are.
pub(crate) fn located(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
