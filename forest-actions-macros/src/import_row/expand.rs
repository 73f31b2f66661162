//! Generates the code of a row: the constant descriptions of its columns, and the reading of their cells.
//!
//! As in a form, each call of a builder is located where its error belongs, and what needs the type of a column shares one constant, so
//! that the compiler reports an invalid type once.

use super::model::{Column, Default, Row};
use crate::action_form::{Keyed, float, string_literal, without_self};
use crate::container::Container;
use crate::spans::located;
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

/// Expands `row` to its implementation of the runtime's trait.
pub(crate) fn expand(row: &Row) -> TokenStream {
    let mixed = Span::mixed_site();
    let count = row.columns.len();
    let named = |prefix: &str| -> Vec<Ident> {
        (0..count)
            .map(|position| format_ident!("{prefix}{position}", span = mixed))
            .collect()
    };
    let (constants, locals) = (named("__FA_COLUMN"), named("__fa_column"));
    let columns = row
        .columns
        .iter()
        .zip(&constants)
        .enumerate()
        .map(|(position, (column, constant))| declaration(column, constant, position));
    let columns = without_self(quote!(#(#columns)*), &row.container.ident);
    let idents = row.columns.iter().map(|column| &column.ident);
    let body = quote_spanned! {mixed=>
        const COLUMNS: &'static [__fa::ColumnSpec] = &[#(#constants.0),*];
        fn from_row(__fa_row: &mut __fa::RowReader<'_>) -> ::core::option::Option<Self> {
            #(let #locals = (#constants.1)(__fa_row);)*
            ::core::option::Option::Some(Self { #(#idents: #locals?),* })
        }
    };
    row.container.implement("ImportRow", &columns, &body)
}

/// The stub for a declaration with errors, so that the actual error is not lost among errors about a missing trait. It never runs.
pub(crate) fn fallback(container: &Container) -> TokenStream {
    let body = quote_spanned! {Span::mixed_site()=>
        const COLUMNS: &'static [__fa::ColumnSpec] = &[];
        fn from_row(_: &mut __fa::RowReader<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
    };
    container.implement("ImportRow", &TokenStream::new(), &body)
}

/// The constant that holds the description of a column, and the function that reads its cell.
fn declaration(column: &Column, constant: &Ident, position: usize) -> TokenStream {
    let ty = &column.ty;
    let description = description(column);
    let position = Literal::usize_unsuffixed(position);
    let read = match &column.default {
        None => {
            let read = quote_spanned!(located(ty.span())=> __fa_row.read::<#ty>);
            quote_spanned!(Span::mixed_site()=> #read(#position))
        }
        Some(Keyed { key, value }) => {
            let default = default(*key, value);
            let read = quote_spanned!(located(ty.span())=> __fa_row.read_or::<#ty>);
            quote_spanned!(Span::mixed_site()=> #read(#position, #default))
        }
    };
    quote_spanned! {Span::mixed_site()=>
        const #constant: (
            __fa::ColumnSpec,
            fn(&mut __fa::RowReader<'_>) -> ::core::option::Option<#ty>,
        ) = (#description, |__fa_row| #read);
    }
}

/// A function of the default, where a text may stand for anything that can be made of one.
fn default(key: Span, value: &Default) -> TokenStream {
    match value {
        Default::OfType => quote_spanned!(located(key)=> || ::core::default::Default::default()),
        Default::Value(value) => {
            let span = located(value.span());
            let value = match string_literal(value) {
                Some(literal) => quote_spanned!(span=> __fa::text_default(#literal)),
                None => value.to_token_stream(),
            };
            quote_spanned!(span=> || #value)
        }
    }
}

fn description(column: &Column) -> TokenStream {
    let Column { name, ty, .. } = column;
    let mut calls = TokenStream::new();
    let mut call = |key: Span, method: &str, argument: TokenStream| {
        let method = Ident::new(method, located(key));
        calls.extend(quote_spanned!(located(key)=> .#method(#argument)));
    };
    if !column.aliases.is_empty() {
        let aliases = &column.aliases;
        call(Span::mixed_site(), "aliases", quote!(&[#(#aliases),*]));
    }
    if column.default.is_some() {
        call(Span::mixed_site(), "optional", TokenStream::new());
    }
    for (method, bound) in [("min", &column.min), ("max", &column.max)] {
        if let Some(Keyed { key, value }) = bound {
            call(*key, method, float(value));
        }
    }
    for (method, bound) in [("min_length", &column.min_length), ("max_length", &column.max_length)] {
        if let Some(Keyed { key, value }) = bound {
            call(*key, method, value.to_token_stream());
        }
    }
    if let Some(Keyed { key, value }) = &column.pattern {
        call(*key, "pattern", quote!(#value));
    }
    let start = quote_spanned!(located(ty.span())=> __fa::column::<#ty, _>(#name));
    quote_spanned!(Span::mixed_site()=> #start #calls .build())
}
