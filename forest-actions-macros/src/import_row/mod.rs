//! `#[derive(ImportRow)]`: parse → check → expand, as `action_form` does it.

mod checks;
mod expand;
mod model;
mod parse;

#[cfg(test)]
mod tests;

use crate::attributes;
use crate::container::{self, Container};
use crate::errors::Errors;
use parse::RawColumn;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident};

/// Expands the derive on `input`: an implementation of the runtime's trait, or a stub of one when there are errors.
pub(crate) fn import_row(input: TokenStream) -> (TokenStream, Errors) {
    let subject = match container::name(&input) {
        Some(name) => format!("import `{name}`"),
        None => "`#[derive(ImportRow)]`".to_owned(),
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
        "column",
        "the row of an import",
        "it describes one column: put it on a field",
        &mut errors,
    );
    let vocabulary = ("import", &parse::IMPORT);
    let mut container = Container::read(ident, generics, &attrs, vocabulary, "the row of an import", &mut errors);
    let columns = raw_columns(data, &container.ident, &subject, &mut errors);
    for (column, _) in &columns {
        container.note_part(&column.attrs);
    }
    // Made before the check, which uses the container up.
    let fallback = expand::fallback(&container);
    match checks::check(container, columns, &mut errors) {
        Some(row) => (expand::expand(&row), errors),
        None => (fallback, errors),
    }
}

/// The columns with their errors, or the error for a type without named fields.
fn raw_columns(data: Data, ident: &Ident, subject: &str, errors: &mut Errors) -> Vec<(RawColumn, Errors)> {
    const EXPECTED: &str = "the row of an import is a struct with named fields, found";
    const HELP: &str = "\n  help: give each column a field, whose name is that of the column";
    let (kind, keyword) = container::kind(&data);
    let Data::Struct(data) = data else {
        let help = match data {
            Data::Enum(_) => "\n  help: derive `ActionEnum` to make it the type of a column",
            _ => "",
        };
        errors.on(keyword, format!("{EXPECTED} {kind}{help}"));
        return Vec::new();
    };
    match data.fields {
        Fields::Named(fields) if fields.named.is_empty() => {
            errors.on(ident, format!("the row of an import has at least one column{HELP}"));
            Vec::new()
        }
        Fields::Named(fields) => fields
            .named
            .into_iter()
            .filter_map(|field| {
                let ident = field.ident?;
                let mut errors = Errors::about(format!("{subject}, column `{}`", ident.unraw()));
                let args = parse::parse(&field.attrs, &mut errors);
                let raw = RawColumn {
                    ident,
                    ty: field.ty,
                    attrs: field.attrs,
                    args,
                };
                Some((raw, errors))
            })
            .collect(),
        Fields::Unnamed(fields) => {
            errors.on(fields, format!("{EXPECTED} a tuple struct{HELP}"));
            Vec::new()
        }
        Fields::Unit => {
            errors.on(ident, format!("{EXPECTED} a unit struct{HELP}"));
            Vec::new()
        }
    }
}
