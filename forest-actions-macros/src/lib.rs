//! The macros of [`forest-actions`](https://docs.rs/forest-actions): use that crate, which re-exports and documents
//! them.
//!
//! Only this file uses `proc_macro`; everything else works on `proc_macro2`, so that unit tests run without a compiler.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a panic is how a test fails"))]

mod action_enum;
mod action_form;
mod action_list;
mod attributes;
mod container;
mod docs;
mod errors;
mod import_row;
mod item;
mod keys;
mod names;
mod smart_action;
mod smart_chart;
mod spans;
mod transliteration;

#[cfg(test)]
mod testing;

use proc_macro::TokenStream;

/// Declares an async function as a Forest Admin action: see `forest_actions::smart_action`.
#[proc_macro_attribute]
pub fn smart_action(args: TokenStream, item: TokenStream) -> TokenStream {
    let (mut expansion, errors) = smart_action::smart_action(args.into(), item.into());
    expansion.extend(errors.into_compile_errors());
    finish("#[smart_action]", expansion)
}

/// Declares an async function as a chart of a Forest Admin back office: see `forest_actions::smart_chart`.
#[proc_macro_attribute]
pub fn smart_chart(args: TokenStream, item: TokenStream) -> TokenStream {
    let (mut expansion, errors) = smart_chart::smart_chart(args.into(), item.into());
    expansion.extend(errors.into_compile_errors());
    finish("#[smart_chart]", expansion)
}

/// Lists actions by the paths of their functions: see `forest_actions::actions`.
#[proc_macro]
pub fn actions(input: TokenStream) -> TokenStream {
    let (list, errors) = action_list::actions(input.into());
    let expansion = if errors.is_empty() {
        list
    } else {
        // The macro stands where an expression is expected: the errors come first, then the entries that are
        // right, so that the caller's types still fit.
        let errors = errors.into_compile_errors();
        quote::quote!({ #errors #list })
    };
    finish("actions!", expansion)
}

/// Makes a struct the form of an action: see `forest_actions::ActionForm`.
#[proc_macro_derive(ActionForm, attributes(field, form))]
pub fn action_form(input: TokenStream) -> TokenStream {
    let (mut expansion, errors) = action_form::action_form(input.into());
    expansion.extend(errors.into_compile_errors());
    finish("#[derive(ActionForm)]", expansion)
}

/// Makes an enum the options of a form's field: see `forest_actions::ActionEnum`.
#[proc_macro_derive(ActionEnum, attributes(option, form))]
pub fn action_enum(input: TokenStream) -> TokenStream {
    let (mut expansion, errors) = action_enum::action_enum(input.into());
    expansion.extend(errors.into_compile_errors());
    finish("#[derive(ActionEnum)]", expansion)
}

/// Makes a struct the row of an import: see `forest_actions::ImportRow`.
#[proc_macro_derive(ImportRow, attributes(column, import))]
pub fn import_row(input: TokenStream) -> TokenStream {
    let (mut expansion, errors) = import_row::import_row(input.into());
    expansion.extend(errors.into_compile_errors());
    finish("#[derive(ImportRow)]", expansion)
}

/// Returns the expansion, after printing it when `FOREST_ACTIONS_DEBUG=1` is set.
#[allow(clippy::print_stderr, reason = "printing is what the variable asks for")]
fn finish(macro_name: &str, expansion: proc_macro2::TokenStream) -> TokenStream {
    if std::env::var_os("FOREST_ACTIONS_DEBUG").is_some_and(|value| value == "1") {
        eprintln!("{macro_name} expands to:\n{expansion}\n");
    }
    expansion.into()
}
