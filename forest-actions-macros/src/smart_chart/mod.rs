//! `#[smart_chart(...)]`: parse → check → expand, as for actions, whose signature and calls it shares.

mod checks;
mod expand;
#[cfg(test)]
mod message_tests;
mod parse;

use crate::errors::Errors;
use crate::item;
use crate::smart_action::model::Function;
use crate::smart_action::signature::{self, Declared};
use proc_macro2::TokenStream;
use syn::Path;

const CHART: Declared = Declared {
    attribute: "smart_chart",
    one: "a chart",
    noun: "chart",
    answer: "ValueChart",
    answers: "a `ValueChart`",
};

/// One chart, ready to be expanded.
struct Chart {
    function: Function,
    /// The path of the runtime crate.
    runtime: Path,
    name: String,
    collection: Option<String>,
}

/// Expands the attribute with the arguments `args` on `item`: to `item` itself and its registration, or to `item` alone with
/// errors.
pub(crate) fn smart_chart(args: TokenStream, item: TokenStream) -> (TokenStream, Errors) {
    let subject = match item::name(&item) {
        Some(name) => format!("chart `{name}`"),
        None => "`#[smart_chart]`".to_owned(),
    };
    let mut errors = Errors::about(subject);

    let args = parse::parse(args, &mut errors);
    let function = item::function(&item, &mut errors);
    let function = function.map(|function| signature::check(function, CHART, &mut errors));
    let chart = checks::check(args, function, &mut errors);

    match chart {
        Some(chart) if errors.is_empty() => (expand::expand(&chart, &item), errors),
        _ => (item, errors),
    }
}
