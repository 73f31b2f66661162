//! `#[derive(ActionEnum)]`: parse → check → expand.
//!
//! `parse` reads the variants, `checks` validates them into the `model`, `expand` generates code and cannot fail, and
//! `fallback` is the code for a declaration with errors.

mod checks;
mod expand;
mod fallback;
mod model;
mod parse;

#[cfg(test)]
mod tests;

use crate::attributes;
use crate::container::{self, Container};
use crate::errors::Errors;
use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Expands the derive on `input`: implementations of the runtime's traits, or stubs of them when there are errors.
pub(crate) fn action_enum(input: TokenStream) -> (TokenStream, Errors) {
    let subject = match container::name(&input) {
        Some(name) => format!("choice `{name}`"),
        None => "`#[derive(ActionEnum)]`".to_owned(),
    };
    let mut errors = Errors::about(subject);
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.syntax(&error);
            return (TokenStream::new(), errors);
        }
    };
    let DeriveInput {
        attrs,
        ident,
        generics,
        data,
        ..
    } = input;
    attributes::misplaced(
        &attrs,
        "option",
        "a choice",
        "it names one variant: put it there",
        &mut errors,
    );
    let mut container = Container::read(ident, generics, &attrs, ("form", &parse::FORM), "a choice", &mut errors);

    let variants = parse::parse(data, &mut errors);
    for variant in variants.iter().flatten() {
        container.note_part(&variant.attrs);
    }
    // Made before the check, which uses the container up.
    let fallback = fallback::expand(&container);
    match checks::check(container, variants, &mut errors) {
        Some(choice) => (expand::expand(&choice), errors),
        None => (fallback, errors),
    }
}
