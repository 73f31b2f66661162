//! Generates the code of a form: the constant descriptions of its fields, and the parsing of its values.
//!
//! A field is described by a chain of `const` builder methods whose bounds check that an argument fits the type of the
//! field. So each call is *located* where its error belongs: the field's type, the key, or the widget's name. Locals
//! are made at `Span::mixed_site()`, so that user expressions cannot refer to them, and have unusual names: a pattern
//! `x` where a constant `x` is in scope would match that constant, despite hygiene.

use super::model::{Field, Form, Keyed, Options, Size, Widget};
use super::parse::string_literal;
use crate::spans::located;
use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Ident, Type};

/// Expands `form` to its implementation of the runtime's trait.
pub(crate) fn expand(form: &Form) -> TokenStream {
    let mixed = Span::mixed_site();
    let constants: Vec<Ident> = (0..form.fields.len())
        .map(|position| format_ident!("__FA_FIELD{position}", span = mixed))
        .collect();
    let fields = form
        .fields
        .iter()
        .zip(&constants)
        .map(|(field, constant)| declaration(field, constant, &form.container.ident));
    let layout = form.container.layout.as_ref().map(layout);
    let from_values = from_values(&form.fields, &constants);
    let into_values = into_values(&form.fields, &constants);
    let names = names(form);
    let body = quote_spanned! {mixed=>
        const FIELDS: &'static [__fa::FieldSpec] = &[#(#constants.0),*];
        #layout
        #from_values
        #into_values
    };
    let fields = without_self(quote!(#(#fields)* #names), &form.container.ident);
    form.container.implement("ActionForm", &fields, &body)
}

/// `tokens` with the type's name for `Self`, as the constants of the fields stand outside of the implementation.
///
/// The type has no generics, so that `default = Self::DEFAULT` still works.
pub(crate) fn without_self(tokens: TokenStream, ident: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(own) if own == "Self" => {
                let mut name = ident.clone();
                name.set_span(own.span());
                TokenTree::Ident(name)
            }
            // Others stay as they are: a copy has one span where the original has one for each bracket.
            TokenTree::Group(group) if mentions_self(group.stream()) => {
                let mut copy = Group::new(group.delimiter(), without_self(group.stream(), ident));
                copy.set_span(group.span());
                TokenTree::Group(copy)
            }
            other => other,
        })
        .collect()
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// The constant that holds the description of a field, and the function that reads its value.
///
/// Both require a field type. They share one constant because the compiler reports an error once per body; separately,
/// an invalid type would be reported twice.
fn declaration(field: &Field, constant: &Ident, form: &Ident) -> TokenStream {
    let ty = &field.ty;
    let description = description(field, form);
    let read = quote_spanned!(located(ty.span())=> __fa_reader.read::<#ty>);
    let write = quote_spanned!(located(ty.span())=> __fa::field_json::<#ty>);
    quote_spanned! {Span::mixed_site()=>
        const #constant: (
            __fa::FieldSpec,
            fn(&mut __fa::FormReader<'_>, &'static __fa::FieldSpec) -> ::core::option::Option<#ty>,
            fn(#ty) -> __fa::Value,
        ) = (
            #description,
            |__fa_reader, __fa_field| #read(__fa_field),
            #write,
        );
    }
}

/// The description of one field.
fn description(field: &Field, form: &Ident) -> TokenStream {
    let Field { name, ty, .. } = field;
    let mut calls = TokenStream::new();
    let mut call = |key: Span, method: &str, argument: TokenStream| {
        let method = Ident::new(method, located(key));
        calls.extend(quote_spanned!(located(key)=> .#method(#argument)));
    };
    let ident = field.ident.unraw().to_string();
    if ident != *name {
        call(Span::mixed_site(), "rust_name", quote!(#ident));
    }
    if let Some(text) = &field.description {
        call(Span::mixed_site(), "description", quote!(#text));
    }
    if let Some(Keyed { key, value }) = &field.required {
        call(*key, "required", quote!(#value));
    }
    if let Some(Keyed { key, value: () }) = &field.read_only {
        call(*key, "read_only", TokenStream::new());
    }
    if let Some(Keyed { key, value: () }) = &field.secret {
        call(*key, "secret", TokenStream::new());
    }
    if let Some(Keyed { key, value }) = &field.reference {
        call(*key, "reference", quote!(#value));
    }
    for (method, bound) in [("min", &field.min), ("max", &field.max)] {
        if let Some(Keyed { key, value }) = bound {
            call(*key, method, float(value));
        }
    }
    for (method, bound) in [("min_length", &field.min_length), ("max_length", &field.max_length)] {
        if let Some(Keyed { key, value }) = bound {
            call(*key, method, value.to_token_stream());
        }
    }
    if let Some(Keyed { key, value }) = &field.pattern {
        call(*key, "pattern", quote!(#value));
    }
    if let Some(Keyed { key, value }) = &field.max_size {
        call(*key, "max_size", size(value));
    }
    for (method, bound) in [("min_count", &field.min_count), ("max_count", &field.max_count)] {
        if let Some(Keyed { key, value }) = bound {
            call(*key, method, value.to_token_stream());
        }
    }
    if let Some(Keyed { key, value }) = &field.media_types {
        call(*key, "media_types", quote!(&[#(#value),*]));
    }
    match &field.options {
        Some(Keyed {
            key,
            value: Options::Dynamic,
        }) => call(*key, "dynamic_options", TokenStream::new()),
        Some(Keyed {
            key,
            value: Options::Function(path),
        }) => call(*key, "options", options(path)),
        None => {}
    }
    if let Some(Keyed { key, value }) = &field.widget {
        call(*key, "widget", widget(ty, value));
    }
    if let Some(value) = &field.default {
        call(value.span(), "default_value", default_value(ty, value));
    }
    if let Some(Keyed { key, value }) = &field.change {
        call(*key, "change", hook(value, form));
    }
    if let Some(Keyed { key, value }) = &field.search {
        call(*key, "search", hook(value, form));
    }
    let start = quote_spanned!(located(ty.span())=> __fa::field::<#ty, _>(#name));
    quote_spanned!(Span::mixed_site()=> #start #calls .build())
}

/// A number as the `f64` that it is on the wire.
pub(crate) fn float(value: &Expr) -> TokenStream {
    let span = located(value.span());
    quote_spanned!(span=> (#value) as f64)
}

fn size(size: &Size) -> TokenStream {
    match size {
        Size::Bytes(bytes) => Literal::u64_unsuffixed(*bytes).into_token_stream(),
        Size::Expression(value) => value.to_token_stream(),
    }
}

fn options(path: &ExprPath) -> TokenStream {
    let span = located(path.span());
    quote_spanned!(span=> || __fa::options(#path()))
}

fn widget(ty: &Type, widget: &Widget) -> TokenStream {
    let Widget { name, parameters } = widget;
    let parameters = parameters.iter().map(|(key, value)| {
        // The key is the user's own token, so that editors find the method behind it.
        quote_spanned!(located(key.span())=> .#key(#value))
    });
    let span = located(name.span());
    quote_spanned!(span=> || __fa::widget::<#ty, _>(__fa::widgets::#name() #(#parameters)*))
}

/// The default, where a text may stand for anything that can be made of one.
fn default_value(ty: &Type, value: &Expr) -> TokenStream {
    let span = located(value.span());
    let value = match string_literal(value) {
        Some(literal) => quote_spanned!(span=> __fa::text_default(#literal)),
        None => value.to_token_stream(),
    };
    // at the type, where the compiler suppresses the repeated error
    let function = quote_spanned!(located(ty.span())=> __fa::default_value::<#ty>);
    quote_spanned!(span=> || #function(#value))
}

fn hook(path: &ExprPath, form: &Ident) -> TokenStream {
    let span = located(path.span());
    quote_spanned!(span=> |__fa_call| <__fa::HookOf<#form>>::run(__fa_call, #path))
}

fn layout(path: &ExprPath) -> TokenStream {
    let call = quote_spanned!(located(path.span())=> #path());
    quote_spanned! {Span::mixed_site()=>
        fn layout() -> ::core::option::Option<__fa::Layout> {
            let __fa_layout: __fa::Layout = #call;
            ::core::option::Option::Some(__fa_layout)
        }
    }
}

/// Writes all fields, for a hook that fills the form.
fn into_values(fields: &[Field], constants: &[Ident]) -> TokenStream {
    let names = fields.iter().map(|field| &field.name);
    let idents = fields.iter().map(|field| &field.ident);
    quote_spanned! {Span::mixed_site()=>
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([#((#names, (#constants.2)(self.#idents))),*])
        }
    }
}

/// A constant for the name of each field: `AMOUNT` for `amount`.
fn names(form: &Form) -> TokenStream {
    let ident = &form.container.ident;
    let mut seen = HashSet::new();
    let constants = form.fields.iter().filter_map(|field| {
        let Field { name, vis, ty, .. } = field;
        let upper = field.ident.unraw().to_string().to_uppercase();
        // two fields may differ in case only
        let constant = syn::parse_str::<Ident>(&upper).ok().filter(|_| seen.insert(upper))?;
        let constant = Ident::new(&constant.to_string(), located(field.ident.span()));
        let doc = format!("The name of the field `{}`.", field.ident);
        Some(quote_spanned! {Span::mixed_site()=>
            #[doc = #doc]
            #vis const #constant: __fa::FieldName<Self, #ty> = __fa::FieldName::new(#name);
        })
    });
    quote_spanned! {Span::mixed_site()=>
        #[allow(dead_code, non_upper_case_globals)]
        impl #ident {
            #(#constants)*
        }
    }
}

/// Reads all fields before it gives up on any, so that every problem ends up in one message.
fn from_values(fields: &[Field], constants: &[Ident]) -> TokenStream {
    let mixed = Span::mixed_site();
    let locals: Vec<Ident> = (0..fields.len())
        .map(|position| format_ident!("__fa_field{position}", span = mixed))
        .collect();
    let positions = (0..fields.len()).map(Literal::usize_unsuffixed);
    let idents = fields.iter().map(|field| &field.ident);
    quote_spanned! {mixed=>
        fn from_values(__fa_reader: &mut __fa::FormReader<'_>) -> ::core::option::Option<Self> {
            #(let #locals = (#constants.1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[#positions]);)*
            ::core::option::Option::Some(Self { #(#idents: #locals?),* })
        }
    }
}
