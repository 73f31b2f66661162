//! Generates the code of a choice: the option texts and the conversion between text and position.
//!
//! The field type is implemented by a macro of the runtime, because an implementation for every `T: ActionEnum` would
//! overlap with those of other types.

use super::model::Choice;
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

/// Expands `choice` to its implementation of the runtime's traits.
pub(crate) fn expand(choice: &Choice) -> TokenStream {
    let mixed = Span::mixed_site();
    let texts = choice.variants.iter().map(|variant| &variant.text);
    let idents: Vec<_> = choice.variants.iter().map(|variant| &variant.ident).collect();
    let positions: Vec<_> = (0..idents.len()).map(Literal::usize_unsuffixed).collect();
    let body = quote_spanned! {mixed=>
        const OPTIONS: &'static [&'static str] = &[#(#texts),*];
        fn from_index(__fa_index: usize) -> ::core::option::Option<Self> {
            match __fa_index {
                #(#positions => ::core::option::Option::Some(Self::#idents),)*
                _ => ::core::option::Option::None,
            }
        }
        fn index(&self) -> usize {
            match self {
                #(Self::#idents => #positions,)*
            }
        }
    };
    let ident = &choice.container.ident;
    let field = quote_spanned!(mixed=> __fa::enum_field!(#ident););
    choice.container.implement("ActionEnum", &field, &body)
}
