//! What stands for a choice whose declaration is wrong: an implementation with no options.
//!
//! Without it, every form with such a field would fail as well, and the one mistake that matters would be lost
//! among errors about a missing trait. Nothing of it ever runs. `action_enum/mod.rs` calls it.

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
