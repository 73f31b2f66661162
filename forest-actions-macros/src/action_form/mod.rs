//! `#[derive(ActionForm)]`: parse → check → expand.
//!
//! `parse` reads the attributes of each field, `checks` and `values` validate them into the `model`, `expand` generates
//! code and cannot fail, and `fallback` is the code for a declaration with errors.

mod checks;
mod expand;
mod fallback;
mod model;
mod parse;
mod values;

// the limits of a column are written and checked as those of a field
pub(crate) use checks::{ordered, whole};
pub(crate) use expand::{float, without_self};
pub(crate) use model::Keyed;
pub(crate) use parse::string_literal;

#[cfg(test)]
mod expand_tests;
#[cfg(test)]
mod message_tests;

use crate::attributes;
use crate::container::{self, Container};
use crate::errors::Errors;
use parse::RawField;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident};

/// Expands the derive on `input`: an implementation of the runtime's trait, or a stub of one when there are errors.
pub(crate) fn action_form(input: TokenStream) -> (TokenStream, Errors) {
    let subject = match container::name(&input) {
        Some(name) => format!("form `{name}`"),
        None => "`#[derive(ActionForm)]`".to_owned(),
    };
    let mut errors = Errors::about(&subject);
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
        "field",
        "a form",
        "it describes one field: put it there",
        &mut errors,
    );
    let mut container = Container::read(ident, generics, &attrs, ("form", &parse::FORM), "a form", &mut errors);
    let fields = raw_fields(data, &container.ident, &subject, &mut errors);
    for (field, _) in &fields {
        container.note_part(&field.attrs);
    }
    // Made before the check, which uses the container up.
    let fallback = fallback::expand(&container);
    match checks::check(container, fields, &mut errors) {
        Some(form) => (expand::expand(&form), errors),
        None => (fallback, errors),
    }
}

/// The fields with their errors, or the error for a type without named fields.
fn raw_fields(data: Data, ident: &Ident, subject: &str, errors: &mut Errors) -> Vec<(RawField, Errors)> {
    let (kind, keyword) = container::kind(&data);
    let fields = match data {
        Data::Struct(data) => data.fields,
        _ => {
            let help = match data {
                Data::Enum(_) => "\n  help: derive `ActionEnum` to make it the type of a field",
                _ => "",
            };
            errors.on(
                keyword,
                format!("a form is a struct with named fields, found {kind}{help}"),
            );
            return Vec::new();
        }
    };
    match fields {
        Fields::Named(fields) => fields
            .named
            .into_iter()
            .filter_map(|field| {
                let ident = field.ident?;
                let mut errors = Errors::about(format!("{subject}, field `{}`", ident.unraw()));
                let args = parse::parse(&field.attrs, &mut errors);
                let raw = RawField {
                    ident,
                    vis: field.vis,
                    ty: field.ty,
                    attrs: field.attrs,
                    args,
                };
                Some((raw, errors))
            })
            .collect(),
        Fields::Unnamed(fields) => {
            errors.on(
                fields,
                "a form is a struct with named fields, found a tuple struct\n  help: give each field a name, which is \
                 also its label",
            );
            Vec::new()
        }
        Fields::Unit => {
            errors.on(
                ident,
                format!(
                    "a form is a struct with named fields, found a unit struct\n  help: write `struct {ident} {{}}` for \
                     a form without fields"
                ),
            );
            Vec::new()
        }
    }
}
