//! Implements the traits, without options, for a type whose declaration has errors.
//!
//! Otherwise the actual error would be lost among errors about a missing trait. The code never runs.

use crate::container::Container;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// The stub for `container`, which may have generics here.
pub(crate) fn expand(container: &Container) -> TokenStream {
    let mixed = Span::mixed_site();
    let body = quote_spanned! {mixed=>
        const OPTIONS: &'static [&'static str] = &[];
        fn from_index(_: usize) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
        fn index(&self) -> usize {
            0
        }
    };
    // The runtime's macro takes a name, which for a generic type is not the whole of it.
    let ident = &container.ident;
    let is_plain = container.generics.params.is_empty() && container.generics.where_clause.is_none();
    let field = is_plain.then(|| quote_spanned!(mixed=> __fa::enum_field!(#ident);));
    container.implement("ActionEnum", &field.unwrap_or_default(), &body)
}
