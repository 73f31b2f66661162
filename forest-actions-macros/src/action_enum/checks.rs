//! From raw variants to a validated [`Choice`].
//!
//! Option texts must be present, non-empty and distinct (FRM-16); otherwise every agent with such a form would fail at
//! start.

use super::model::{Choice, Variant};
use super::parse::{RawVariant, default_text};
use crate::container::Container;
use crate::errors::Errors;
use crate::keys;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

/// Validates the declaration; returns a choice when there were no errors.
pub(crate) fn check(container: Container, variants: Option<Vec<RawVariant>>, errors: &mut Errors) -> Option<Choice> {
    let variants = variants?;
    if variants.is_empty() {
        errors.on(&container.ident, "a choice has at least one option, found no variants");
    }
    let mut checked: Vec<Variant> = Vec::with_capacity(variants.len());
    for RawVariant { ident, text, .. } in variants {
        let (text, token) = match text {
            Some(literal) => (keys::not_blank("option", &literal, errors), literal.into_token_stream()),
            None => (default_text(&ident), ident.to_token_stream()),
        };
        unique(&checked, &ident, &text, &token, errors);
        checked.push(Variant { ident, text });
    }
    errors.is_empty().then_some(Choice {
        container,
        variants: checked,
    })
}

/// Texts have to be unique, to identify the chosen variant.
fn unique(before: &[Variant], ident: &Ident, text: &str, token: &TokenStream, errors: &mut Errors) {
    if let Some(other) = before
        .iter()
        .find(|other| other.text == text && !text.trim().is_empty())
    {
        errors.on(
            token,
            format!(
                "the variants `{}` and `{ident}` are both the option `{text}`",
                other.ident
            ),
        );
    }
}
