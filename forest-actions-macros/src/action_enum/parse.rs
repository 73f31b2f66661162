//! The variants and their `#[option("…")]`, from tokens to raw values.

use crate::attributes::{self, Arguments, misplaced};
use crate::container::{kind, read_all};
use crate::errors::Errors;
use crate::keys::{self, Vocabulary};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Data, Fields, Ident, LitStr, Token};

/// The arguments of `#[form(…)]` on the enum.
pub(crate) const FORM: Vocabulary = Vocabulary {
    accepted: &["crate"],
    aliases: &[],
};

/// An option as it was written.
pub(crate) struct RawVariant {
    pub(crate) ident: Ident,
    /// The text of the attribute, where there is one that can be read.
    pub(crate) text: Option<LitStr>,
    pub(crate) attrs: Vec<Attribute>,
}

/// Reads the variants, and pushes errors; `None` when the type is not an enum.
pub(crate) fn parse(data: Data, errors: &mut Errors) -> Option<Vec<RawVariant>> {
    let (kind, keyword) = kind(&data);
    let Data::Enum(data) = data else {
        errors.on(
            keyword,
            format!("a choice is an enum whose variants are its options, found {kind}"),
        );
        return None;
    };
    let variants = data.variants.into_iter().map(|variant| {
        unit(&variant.ident, &variant.fields, errors);
        misplaced(&variant.attrs, "form", "a variant", "here it is `#[option(…)]`", errors);
        RawVariant {
            text: text(&variant.attrs, errors),
            ident: variant.ident,
            attrs: variant.attrs,
        }
    });
    Some(variants.collect())
}

fn unit(ident: &Ident, fields: &Fields, errors: &mut Errors) {
    let tokens = match fields {
        Fields::Named(fields) => fields.to_token_stream(),
        Fields::Unnamed(fields) => fields.to_token_stream(),
        Fields::Unit => return,
    };
    errors.on(
        tokens,
        format!("an option is a text and carries no values, found fields in the variant `{ident}`"),
    );
}

/// The text of `#[option("…")]`.
fn text(attrs: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut texts: Vec<LitStr> = Vec::new();
    for arguments in attributes::arguments(attrs, "option", "\"…\"", errors) {
        let text = read_text(arguments, errors)?;
        if !texts.is_empty() {
            errors.on(&text, "`#[option]` is given twice");
        }
        texts.push(text);
    }
    texts.into_iter().next()
}

fn read_text(arguments: Arguments, errors: &mut Errors) -> Option<LitStr> {
    const HELP: &str = "\n  help: write `#[option(\"Premium plan\")]`";
    read_all(arguments.tokens, errors, |input, errors| {
        let start = keys::found(input);
        let Ok(text) = input.parse::<LitStr>() else {
            let token = if start.token.is_empty() {
                arguments.path.to_token_stream()
            } else {
                start.token
            };
            errors.on(token, format!("`#[option]` takes a string, found {}{HELP}", start.text));
            return None;
        };
        let _comma = input.parse::<Option<Token![,]>>();
        if !input.is_empty() {
            let rest = keys::found(input);
            errors.on(
                &rest.token,
                format!("`#[option]` takes one string, found {} behind it", rest.text),
            );
        }
        Some(text)
    })
}

/// The name of a variant as its text: without the `r#` of a raw identifier.
pub(crate) fn default_text(ident: &Ident) -> String {
    ident.unraw().to_string()
}
