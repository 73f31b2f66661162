//! From raw columns to a validated [`Row`]: names, and rules that concern several values.

use super::model::{Column, Row};
use super::parse::{RawArgs, RawColumn};
use crate::action_form::{ordered, string_literal, whole};
use crate::container::Container;
use crate::errors::Errors;
use crate::keys;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;

/// Validates the declaration; returns a row when there were no errors.
pub(crate) fn check(container: Container, columns: Vec<(RawColumn, Errors)>, errors: &mut Errors) -> Option<Row> {
    let mut checked = Vec::with_capacity(columns.len());
    let mut names: Vec<Name> = Vec::new();
    for (raw, mut found) in columns {
        let column = column(raw, &mut names, &mut found);
        checked.push(column);
        errors.append(found);
    }
    errors.is_empty().then_some(Row {
        container,
        columns: checked,
    })
}

/// A name that a header may have.
struct Name {
    folded: String,
    text: String,
    column: String,
}

/// A name as headers are compared: without regard to case; spaces, hyphens and underscores are alike.
fn folded(name: &str) -> String {
    let is_space = |character: char| character.is_whitespace() || matches!(character, '_' | '-');
    let words = name.split(is_space).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// Notes a name, or refuses one that the header could not tell from another.
fn note(text: &str, token: TokenStream, column: &str, names: &mut Vec<Name>, errors: &mut Errors) {
    let folded = folded(text);
    if text.trim().is_empty() {
        return;
    }
    if folded.is_empty() {
        errors.on(
            token,
            format!("`{text}` has no letter or digit, by which a header is compared"),
        );
        return;
    }
    match names.iter().find(|name| name.folded == folded) {
        Some(name) => errors.on(
            token,
            format!(
                "the name `{text}` is taken by `{}` of the column `{}`\n  note: case, spaces, hyphens and underscores do not tell names apart",
                name.text, name.column
            ),
        ),
        None => names.push(Name {
            folded,
            text: text.to_owned(),
            column: column.to_owned(),
        }),
    }
}

fn column(raw: RawColumn, names: &mut Vec<Name>, errors: &mut Errors) -> Column {
    let RawColumn { ident, ty, args, .. } = raw;
    let RawArgs {
        name,
        aliases,
        default,
        min,
        max,
        min_length,
        max_length,
        pattern,
    } = args;
    let own = ident.unraw().to_string();
    let (name, token) = match &name {
        Some(literal) => (keys::not_blank("name", literal, errors), literal.to_token_stream()),
        None => (own.clone(), ident.to_token_stream()),
    };
    note(&name, token, &own, names, errors);
    let aliases: Vec<String> = aliases
        .iter()
        .map(|alias| {
            let text = keys::not_blank("aliases", alias, errors);
            note(&text, alias.to_token_stream(), &own, names, errors);
            text
        })
        .collect();
    for (key, bound) in [("min", &min), ("max", &max)] {
        if let Some(literal) = bound.as_ref().and_then(|bound| string_literal(&bound.value)) {
            errors.on(literal, format!("`{key}` is a number, found a string"));
        }
    }
    ordered("min", min.as_ref(), "max", max.as_ref(), errors);
    for (key, bound) in [("min_length", &min_length), ("max_length", &max_length)] {
        if let Some(bound) = bound {
            whole(key, &bound.value, errors);
        }
    }
    ordered(
        "min_length",
        min_length.as_ref(),
        "max_length",
        max_length.as_ref(),
        errors,
    );
    Column {
        ident,
        ty,
        name,
        aliases,
        default,
        min,
        max,
        min_length,
        max_length,
        pattern: pattern.map(|pattern| {
            if pattern.value.value().is_empty() {
                errors.on(&pattern.value, "`pattern` is empty");
            }
            pattern.with(pattern.value.value())
        }),
    }
}
