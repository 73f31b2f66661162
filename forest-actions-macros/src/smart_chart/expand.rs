//! Generates the code of a chart: the function itself, its descriptor, its registration.

use super::Chart;
use crate::smart_action::expand::{invoke, lints, readers};
use crate::smart_action::model::Function;
use crate::spans::located;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// Expands `chart`; `item` is the annotated function, which comes out as it went in.
pub(super) fn expand(chart: &Chart, item: &TokenStream) -> TokenStream {
    let Chart {
        function,
        runtime,
        name,
        collection,
    } = chart;
    let Function {
        vis,
        cfgs,
        allows,
        ident,
        ..
    } = function;
    let mixed = Span::mixed_site();
    let static_name = format_ident!("__smart_chart_{}", ident.unraw(), span = ident.span());
    let collection = match collection {
        Some(collection) => quote_spanned!(mixed=> ::core::option::Option::Some(#collection)),
        None => quote_spanned!(mixed=> ::core::option::Option::None),
    };
    let (readers, invoke, lints) = (readers(function, runtime), invoke(function), lints(function));
    let ty = &function.answer;
    let answer = located(ty.span());
    let answer = quote_spanned! {answer=>
        const __FA_ANSWER: __fa::Answer<#ty, __fa::Value> = __fa::chart::<#ty>();
    };
    let registration = quote_spanned! {mixed=>
        #(#cfgs)*
        const _: () = {
            #runtime::__private::submit! { #runtime::__private::RegisteredChart(&#static_name) }
        };
    };
    let descriptor = quote_spanned! {mixed=>
        #(#cfgs)*
        #(#allows)*
        #lints
        #[doc(hidden)]
        #vis static #static_name: #runtime::__private::ChartDescriptor = {
            use #runtime::__private as __fa;
            #readers
            #answer
            __fa::ChartDescriptor::new(
                #name,
                #collection,
                __FA_ANSWER.chart_type,
                __fa::Origin::new(
                    ::core::env!("CARGO_PKG_NAME"),
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
                #invoke,
            )
        };
    };
    quote! {
        // A chart has to be async, whether it awaits anything or not.
        #[allow(clippy::unused_async)]
        #item
        #descriptor
        #registration
    }
}
