//! `#[smart_action(...)]`: parse → check → expand.
//!
//! `parse` reads the arguments, `signature` and `checks` validate them into the `model`, and `expand` generates code
//! and cannot fail. The user's function is always part of the output.

mod background;
mod checks;
mod confirm;
pub(crate) mod expand;
pub(crate) mod model;
mod parse;
mod rule;
pub(crate) mod signature;
mod values;

#[cfg(test)]
mod expand_tests;
#[cfg(test)]
mod message_tests;

use crate::errors::Errors;
use crate::item;
use proc_macro2::TokenStream;

/// Expands the attribute with the arguments `args` on `item`.
///
/// The result is `item` itself, token for token, followed by its registration; or, when there are errors, `item`
/// alone, so that one mistake in the declaration does not make every call of the function fail as well.
pub(crate) fn smart_action(args: TokenStream, item: TokenStream) -> (TokenStream, Errors) {
    let subject = match item::name(&item) {
        Some(name) => format!("action `{name}`"),
        None => "`#[smart_action]`".to_owned(),
    };
    let mut errors = Errors::about(subject);

    let args = parse::parse(args, &mut errors);
    let function = item::function(&item, &mut errors);
    let function = function.map(|function| signature::check(function, signature::ACTION, &mut errors));
    let action = checks::check(args, function, &mut errors);

    match action {
        Some(action) if errors.is_empty() => (expand::expand(&action, &item), errors),
        _ => (item, errors),
    }
}
