//! Implements the trait, without fields, for a type whose declaration has errors.
//!
//! Otherwise the actual error would be lost among errors about a missing trait. The code never runs.

use crate::container::Container;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// The stub for `container`, which may have generics here.
pub(crate) fn expand(container: &Container) -> TokenStream {
    let body = quote_spanned! {Span::mixed_site()=>
        const FIELDS: &'static [__fa::FieldSpec] = &[];
        fn from_values(_: &mut __fa::FormReader<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
    };
    container.implement("ActionForm", &TokenStream::new(), &body)
}
