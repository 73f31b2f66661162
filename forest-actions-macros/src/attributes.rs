//! The attributes of an item that affect generated code: lint levels, deprecation, and the derives' own helper
//! attributes.

use crate::errors::Errors;
use crate::keys::{self, Key};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Meta, Path};

/// The attribute if it is an `#[allow]`, or an `#[expect]` as one: the item meets the expectation, and the
/// generated code would not have to.
pub(crate) fn allow(attr: &Attribute) -> Option<TokenStream> {
    if !attr.path().is_ident("allow") && !attr.path().is_ident("expect") {
        return None;
    }
    let Meta::List(list) = &attr.meta else {
        return None;
    };
    let lints = &list.tokens;
    Some(quote!(#[allow(#lints)]))
}

pub(crate) fn is_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
}

/// One `#[name(…)]`.
pub(crate) struct Arguments {
    /// The attribute's name, for errors.
    pub(crate) path: Path,
    /// The tokens in the parentheses.
    pub(crate) tokens: TokenStream,
}

/// The arguments of each `#[name(…)]`; `example` is shown in errors.
pub(crate) fn arguments(attrs: &[Attribute], name: &str, example: &str, errors: &mut Errors) -> Vec<Arguments> {
    let mut arguments = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            // `#[field]` is allowed, because a `macro_rules!` that forwards arguments may produce it
            Meta::Path(path) => arguments.push(Arguments {
                path: path.clone(),
                tokens: TokenStream::new(),
            }),
            Meta::List(list) => arguments.push(Arguments {
                path: list.path.clone(),
                tokens: list.tokens.clone(),
            }),
            Meta::NameValue(pair) => errors.on(
                pair.eq_token,
                format!("`#[{name}]` takes its arguments in parentheses\n  help: write `#[{name}({example})]`"),
            ),
        }
    }
    arguments
}

/// Rejects a misplaced `#[name(…)]`, which the compiler allows for helper attributes; `help` names the correct place.
pub(crate) fn misplaced(attrs: &[Attribute], name: &str, here: &str, help: &str, errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        errors.on(
            attr.path(),
            format!("`#[{name}]` does nothing on {here}\n  help: {help}"),
        );
    }
}

/// Reads the entries of one attribute as [`keys::read_entries`] does.
pub(crate) fn read_entries(
    arguments: TokenStream,
    errors: &mut Errors,
    example: &str,
    is_key: impl Fn(&str) -> bool,
    mut entry: impl FnMut(&Key, ParseStream, &mut Errors) -> Option<()>,
) {
    let read = |input: ParseStream| {
        keys::read_entries(input, errors, example, is_key, &mut entry);
        Ok(())
    };
    if let Err(error) = read.parse2(arguments) {
        errors.syntax(&error);
    }
}

/// The text of `tokens` without the spaces that printing puts between them, for messages.
pub(crate) fn compact(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
